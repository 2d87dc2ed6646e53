package app

var englishTipWords = tipWords{
	TipMore:     "More",
	TipNext:     "Next",
	TipPrevious: "Previous",
	TipStop:     "Stop",
	TipPin:      "Show it to viewers now, or no more",
	TipSetBack:  "Set back",
	TipDark:     "Switch the guest's camera off",
	TipBright:   "Let the guest's camera on again",
	TipStrip:    "How the guest sounds",
	TipTakeAway: "Take it away from viewers",
	TipHide:     "Hide it from viewers, or let them see it",
}
