package app

// battleWords are the texts about battles; they belong to words.
type battleWords struct {
	// Calls.
	BattleCalls    string
	BattleCallsToo string
	BattleCalling  string
	BattleTake     string
	BattleRefuse   string
	BattleBlock    string
	BattleTakeBack string

	// The desk.
	BattleFindHint string
	BattleFind     string
	BattleFriends  string
	BattleFound    string
	BattleNone     string
	BattleNoneHint string
	BattleNobody   string
	BattleMost     string
	BattleCall     string
	BattleCallMany string
	BattleSeek     string
	BattleSeeking  string
	BattleBusy     string
	BattleOpen     string
	BattleBlocked  string
	BattleUnblock  string
	BattleBefriend string
	BattleUnfriend string
	BattleFighting string

	// The link.
	PhaseLinked       string
	PhaseChallenged   string
	PhaseCounting     string
	PhaseFight        string
	PhasePush         string
	PhaseLap          string
	SeriesBest        string
	SeriesWins        string
	BattleApart       string
	BattleWaits       string
	BattleAgain       string
	BattleAgree       string
	BattleDecline     string
	BattleChallenge   string
	BattleRematch     string
	BattleGiveUp      string
	BattleGiveUpTitle string
	BattleGiveUpText  string
	BattleGiveUpYes   string
	BattleGoOn        string
	BattleUnlink      string
	BattleUnlinkTitle string
	BattleUnlinkText  string
	BattleStay        string
	CornerAway        string
	CornerForfeit     string
	CornerFan         string
	CornerBest        string
	HearAll           string
	HearLess          string
	HearNone          string

	// How it ended.
	ResultWon       string
	ResultLost      string
	ResultDrawn     string
	ResultVoid      string
	ResultForfeited string
	ResultPenalty   string
	ResultMore      string
	ResultSigned    string
	ResultUnsigned  string

	// A challenge.
	TermsTitle       string
	TermsRematch     string
	TermsSend        string
	TermsFight       string
	TermsPush        string
	TermsLap         string
	TermsRounds      string
	TermsPenalty     string
	TermsPenaltyHint string
	TermsTeams       string
	TermsTeam        string
	TermsPoints      string
	TermsCoin        string
	TermsVote        string
	TermsPaid        string
	TermsLike        string
	TermsMost        string
	TermsNumber      string
	TermsNoPoints    string
	TermsOneTeam     string
	RoundsOne        string
	RoundsBest       string
	LengthNone       string
	LengthMinutes    string
	LengthSeconds    string
}
