package app

// roomWords are the texts about the room and its audience; they belong to words.
type roomWords struct {
	TabRoom      string
	TabChat      string
	TabQuestions string
	TabPolls     string
	TabPeople    string
	TabQueue     string
	MenuRoom     string
	Counted      string // a tab and how many wait in it

	// The way in.
	RoomNone      string
	RoomNoneHint  string
	RoomJoining   string
	RoomLost      string
	RoomNoAnswer  string
	RoomRefused   string
	WaitSeconds   string
	RoomNotStaff  string
	RoleHost      string
	RoleProducer  string
	RoleModerator string
	RoleSupport   string
	RoleOwner     string

	// Chat.
	ChatEmpty     string
	SayHint       string
	Send          string
	NewLines      string
	TextLong      string
	NameAndRole   string
	ReplyTo       string
	About         string
	TakenBack     string
	SaysAnnounced string
	SaysAsked     string
	SaysAnswered  string
	SaysAloud     string
	SaysPoll      string
	SaysResult    string
	SaysGift      string
	SaysCombo     string
	SaysSilenced  string
	SaysForGood   string
	SaysBanned    string
	SaysLifted    string
	Pinned        string
	Announced     string
	Reply         string
	Pin           string
	Unpin         string
	Highlight     string
	TakeBack      string
	Silence       string
	SilenceTimes  string // in the order of silences
	SilenceShadow string
	Ban           string
	Lift          string
	Announce      string
	AnnounceTitle string
	AnnounceText  string
	YourName      string
	YourNameTitle string
	YourNameText  string
	YourNameWrong string
	ModePause     string
	ModePauses    string
	ModeFollowers string
	ModeEmoji     string
	ModePaused    string

	// Questions.
	NoQuestions     string
	NoQuestionsHint string
	Aloud           string
	AnswerText      string
	MakePoll        string
	AnswerTitle     string
	AnswerField     string
	AnswerNone      string
	Asked           string

	// Polls.
	PollHint      string
	PollYesNo     string
	PollAB        string
	PollOwn       string
	PollAskYesNo  string
	PollAskAB     string
	Yes           string
	No            string
	PollTimes     string // in the order of pollTimes
	PollEnd       string
	PollLeft      string
	PollOpen      string
	PollVotes     string
	PollShare     string
	PollResults   string
	PollTitle     string
	PollQuestion  string
	PollOption    string
	PollWrong     string
	PollStart     string
	NoPolls       string
	PollOptionOpt string

	// People.
	PeopleHere      string
	Staff           string
	SpokeLast       string
	SilencedHeading string
	SilencedUntil   string
	SilencedForGood string
	SilencedShadow  string
	BannedUntil     string
	BannedForGood   string

	// Moderation queue.
	QueueEmpty     string
	QueueEmptyHint string
	Publish        string
	Refuse         string
	Escalate       string
	Escalated      string
	HeldClasses    string // class=name, …
	HeldScore      string
	HeldReported   string

	// Dashboard.
	DashViewers   string
	DashLikes     string
	DashGifts     string
	DashQuestions string
	DashHeld      string
	ViewersFell   string

	// Big type.
	BigType      string
	BigTitle     string
	BigQuestions string
	BigWatching  string

	ShortcutBig   string
	ShortcutSay   string
	ShortcutQueue string

	// What viewers see.
	TruthHeading       string
	TruthDelay         string
	TruthPictures      string
	TruthFrozen        string
	TruthSound         string
	HopCapture         string
	HopEncode          string
	HopUplink          string
	HopServer          string
	HopLastMile        string
	TruthDelays        string
	TruthFPS           string
	TruthFreezes       string
	TruthUplink        string
	TruthServer        string
	TruthLastMile      string
	TruthWay           string
	FoundWell          string
	FoundNobody        string
	FoundCaptureSlow   string
	FoundCaptureGone   string
	FoundEncodeSlow    string
	FoundEncodeReduced string
	FoundEncodeLate    string
	FoundUplinkLoss    string
	FoundUplinkSlow    string
	FoundUplinkGone    string
	FoundServerLate    string
	FoundServerDrops   string
	FoundServerLink    string
	FoundLinkLoss      string
	FoundLinkSlow      string
	FoundDeviceSlow    string
	FoundUnexplained   string
	FoundUnsettled     string
}
