package app

// keyWords are the texts about keys and about the sounds that tell the host of something; they belong to words.
type keyWords struct {
	TabKeys       string
	KeysHint      string
	KeysFind      string
	KeysNone      string
	KeysReset     string
	KeysResetSure string
	KeyPress      string
	KeyTaken      string
	KeySwap       string
	KeySet        string
	KeyCleared    string
	KeyEditsText  string
	KeyMoves      string
	KeySystems    string
	KeyHeld       string
	KeyNameless   string

	MenuPicture      string
	MenuShowSource   string
	MenuPads         string
	MenuBackground   string
	KeySource        string
	KeyMoveUp        string
	KeyMoveDown      string
	KeyPreset        string
	KeyBackground    string
	KeyMusic         string
	KeyMusicNext     string
	KeyMusicPrevious string
	KeyMusicStop     string
	KeyMusicMute     string
	KeyDuck          string
	KeyPad           string
	KeyPadsStop      string
	KeyPublish       string
	KeyRefuse        string
	KeyEscalate      string
	KeyGuests        string
	KeyBattles       string
	KeyAdmit         string
	KeyMuteGuests    string
	KeyLayout        string
	KeyAgree         string
	KeyHear          string
	KeyAway          string
	KeyDark          string

	CuesHeading   string
	CueOrder      string
	CueApplied    string
	CueCalled     string
	CueChallenged string
	CueCountdown  string
	CuePush       string
	CueWon        string
	CueLost       string
}
