package app

// stageWords are the texts about the stage and its guests; they belong to words.
type stageWords struct {
	// The panel and its tabs.
	TabStage      string
	TabGuests     string
	TabLayout     string
	TabBattle     string
	StageNone     string
	StageNoneHint string
	StageYou      string

	// Guests.
	StageOpen         string
	StageInvite       string
	StageInviteNobody string
	StageInviteMenu   string
	StageAdmitMenu    string
	StageCount        string
	StageWaitMore     string
	StageApplied      string
	StageOn           string
	StageEmpty        string
	StageEmptyHint    string
	StageWaits        string
	StageAdmit        string
	StageTurn         string
	StageTakeBack     string
	StageIsInvited    string
	StageConnects     string
	StageNothing      string
	StageIsAway       string
	StageFeedFails    string
	StageFeedOpens    string
	StageLive         string
	StageIsLive       string
	StageMuted        string
	StageSelfMuted    string
	StageDark         string
	StageSelfDark     string
	StageSilent       string
	StageTooLarge     string
	StageNoCodec      string
	StageSolo         string
	StageGain         string
	StageLeft         string
	StageRight        string
	StageNear         string
	StageFar          string
	StageLarge        string
	StageRemove       string
	StageRemoveTitle  string
	StageRemoveText   string
	StageReason       string
	StageReasonHint   string
	StageRemoveYes    string

	// A deal.
	StageDeal       string
	StageDealTitle  string
	StageDealWhat   string
	StageDealUsual  string
	StageDealHint   string
	StageDealYes    string
	StageDealTaken  string
	StageDealOver   string
	StageDealStands string

	// Layout.
	LayoutGrid        string
	LayoutSide        string
	LayoutPicture     string
	LayoutSpotlight   string
	LayoutFree        string
	LayoutComputed    string
	LayoutFreeHint    string
	LayoutRaise       string
	LayoutLarger      string
	LayoutLargerTitle string
	LayoutKeys        string
	LayoutLarge       string
	LayoutFade        string
	LayoutFadeValue   string
	LayoutProgram     string
	LayoutProgramHint string

	// In somebody else's show.
	TabAway          string
	AwayNone         string
	AwayNoneHint     string
	AwayJoin         string
	AwayJoinTitle    string
	AwayJoinText     string
	AwayPage         string
	AwayPageHint     string
	AwayName         string
	AwayGo           string
	AwayNoPage       string
	AwayLocked       string
	AwayNoteHint     string
	AwayApply        string
	AwayWithdraw     string
	AwayAccept       string
	AwayRefuse       string
	AwayDark         string
	AwayLight        string
	AwayLeave        string
	AwayWatches      string
	AwayShut         string
	AwayInLine       string
	AwayIsInvited    string
	AwayConnects     string
	AwayLost         string
	AwayLive         string
	AwayMuted        string
	AwayTakenSound   string
	AwayTakenPicture string
	AwayTakenBoth    string
	AwayTurned       string
	AwayRemoved      string
	AwayLapsed       string

	// What is new.
	NewsShow        string
	NewsCall        string
	NewsChallenge   string
	NewsApplied     string
	NewsAppliedMany string
	NewsTooLarge    string
	NewsNoCodec     string
	NewsSilent      string
	NewsLeft        string
	NewsUnlinked    string
}
