package wire

// A battle (PK) is a contest of the hosts of two to nine shows, on one server or on several that trust each other. Its hosts are linked
// first: then both audiences see and hear all. What it is about is agreed before: its terms. The room that called is the referee: it
// numbers what happens, its clock counts, and it signs results. What it numbered is told in every room in that order.

// BattleID names a link of hosts, and the battles while it lasts.
type BattleID string

// CornerID names a host in a battle: a show's ID, and with another server's, "@" and its host name.
type CornerID string

// BattleRoom is where a host is found: a show on this server, or with Server (https://…, without a path) on another.
type BattleRoom struct {
	Show   ShowID `json:"show"`
	Server string `json:"server,omitempty"`
	Name   string `json:"name,omitempty"`  // the host's or the shop's
	Title  string `json:"title,omitempty"` // of the show
}

// BattlePhase is how far a battle is.
type BattlePhase string

// Phases: linked without a battle; challenged, all have AnswerWithin to agree; the countdown; the fight; the final push; the result, which is
// shown for the lap, in which the penalty is paid. Then they are linked, or the next of several rounds counts down.
const (
	BattleLinked     BattlePhase = "linked"
	BattleChallenged BattlePhase = "challenged"
	BattleCounting   BattlePhase = "countdown"
	BattleFight      BattlePhase = "fight"
	BattlePush       BattlePhase = "push"
	BattleLap        BattlePhase = "lap"
)

// BattleTerms are what a battle is about. Hosts agree to them before.
type BattleTerms struct {
	// Fight, Push and Lap are how long each phase lasts, in seconds: 30 to 1800, 0 to 120, 0 to 600. 0, 0 and 0 together mean 300, 30 and 180.
	Fight int `json:"fight"`
	Push  int `json:"push"`
	Lap   int `json:"lap"`
	// Rounds is 1, 3 or 5: who has won more than half of them has won.
	Rounds int `json:"rounds"`
	// Penalty is what the losers do.
	Penalty string        `json:"penalty,omitempty"`
	Weights BattleWeights `json:"weights"`
	// Teams says in which team each corner is, in the order of corners; nil for each on their own.
	Teams []int `json:"teams,omitempty"`
}

// BattleWeights are how many points things give. All 0 means the usual: 10 a coin, 20 a vote, 1 a like up to 5000 a side, 2 a whole unit of
// currency that was paid.
type BattleWeights struct {
	Coin      int64 `json:"coin"`
	Vote      int64 `json:"vote"`
	Like      int64 `json:"like"`
	LikesMost int64 `json:"likesMost"` // points of likes a side at most
	Paid      int64 `json:"paid"`      // a hundred minor units
}

// Battle is a link of hosts and what they fight about, as it is.
type Battle struct {
	ID BattleID `json:"id"`
	// Seq is the number of the newest thing in it that the referee has numbered.
	Seq     int64          `json:"seq"`
	Phase   BattlePhase    `json:"phase"`
	Corners []BattleCorner `json:"corners"` // the referee's first
	// Us is this room's corner; it differs from room to room.
	Us CornerID `json:"us"`
	// Round counts challenges, and the further rounds of a series, from 1; 0 before the first. Terms are those of the challenge.
	Round int          `json:"round,omitempty"`
	Terms *BattleTerms `json:"terms,omitempty"`
	// Since is when the phase began, Until when it ends, by this server's clock, Unix ms; 0 for not by itself.
	Since int64 `json:"since"`
	Until int64 `json:"until,omitempty"`
	// Result is that of the newest round, from the lap on.
	Result *BattleResult `json:"result,omitempty"`
	// Wins are the rounds won of this series, by team.
	Wins []int `json:"wins,omitempty"`
	// Apart says since when, Unix ms, the referee has not been heard of; 0 for not at all.
	Apart int64 `json:"apart,omitempty"`
}

// CornerState is how a host in a battle is.
type CornerState string

// States of a corner. Away is a host of whom nothing has come, until Until; forfeit is one who was away for too long, or gave up.
const (
	CornerHere    CornerState = "here"
	CornerAway    CornerState = "away"
	CornerForfeit CornerState = "forfeit"
)

// BattleCorner is a host in a battle.
type BattleCorner struct {
	ID    CornerID    `json:"id"`
	Room  BattleRoom  `json:"room"`
	State CornerState `json:"state"`
	Until int64       `json:"until,omitempty"`
	Team  int         `json:"team"`
	// Agreed says that the host has agreed to the challenge.
	Agreed bool  `json:"agreed,omitempty"`
	Score  int64 `json:"score"`
	// Media is where the host is watched from this room's server, /whep/{Media}; "" as long as that is not known. Heard is how it is
	// heard here.
	Media string  `json:"media,omitempty"`
	Heard Hearing `json:"heard,omitempty"`
	// Best are those who gave most points in the round, the first first, at most three; without those who do not want to be named.
	Best []BattleFan `json:"best,omitempty"`
}

// Hearing is how an opponent is heard: "" for in full.
type Hearing string

// How an opponent is heard.
const (
	HearAll  Hearing = ""
	HearLess Hearing = "ducked"
	HearNone Hearing = "muted"
)

// BattleFan is who gave points. Their name is of their own room.
type BattleFan struct {
	Name   string `json:"name"`
	Points int64  `json:"points"`
}

// BattleOutcome is how a round ended.
type BattleOutcome string

// Outcomes of a round.
const (
	BattleWon       BattleOutcome = "won"
	BattleDrawn     BattleOutcome = "drawn"
	BattleForfeited BattleOutcome = "forfeited" // all but the winners were away or gave up
	BattleVoid      BattleOutcome = "void"      // nobody was left, or the referee was lost: it counts for nobody
)

// BattleResult is how a round ended, as the referee signed it: every room has the very same.
type BattleResult struct {
	Battle  BattleID      `json:"battle"`
	Round   int           `json:"round"`
	Outcome BattleOutcome `json:"outcome"`
	// Winner is the team that won; -1 for none.
	Winner int                `json:"winner"`
	Scores map[CornerID]int64 `json:"scores"`
	At     int64              `json:"at"` // by the referee's clock, Unix ms
	// Final says that the series is over.
	Final bool `json:"final"`
	// Signer is the referee's key, Signature is over all of the above (Ed25519, RFC 8032, base64); "" on a server without a key.
	Signer    string `json:"signer,omitempty"`
	Signature string `json:"signature,omitempty"`
}

// BattleWhat is what happened in a battle.
type BattleWhat string

// What happens in a battle. Called, CallDropped and CallLapsed are for the staff only.
const (
	BattleCalled       BattleWhat = "called"
	BattleCallDropped  BattleWhat = "callDropped"
	BattleCallLapsed   BattleWhat = "callLapsed"
	BattleHasLinked    BattleWhat = "linked"
	BattleHasBegun     BattleWhat = "challenged"
	BattleAgreed       BattleWhat = "agreed"
	BattleDeclined     BattleWhat = "declined"
	BattleLapsed       BattleWhat = "lapsed"
	BattleCounts       BattleWhat = "countdown"
	BattleFights       BattleWhat = "fight"
	BattlePushes       BattleWhat = "push"
	BattleScored       BattleWhat = "scored"
	BattleResulted     BattleWhat = "result"
	BattleLapOver      BattleWhat = "lapOver"
	BattleCornerAway   BattleWhat = "away"
	BattleCornerBack   BattleWhat = "back"
	BattleCornerGone   BattleWhat = "forfeit"
	BattleHeardChanged BattleWhat = "heard"
	BattleUnlinked     BattleWhat = "unlinked"
)

// Battled says what happened in a battle, and how it is since; Now is nil once it is over. Scores, which change all the time, come with
// Scores alone: what each corner has, in the order of the corners. Seq is the referee's number, the same in every room.
type Battled struct {
	ID     BattleID   `json:"id"`
	Seq    int64      `json:"seq,omitempty"`
	What   BattleWhat `json:"what"`
	Corner CornerID   `json:"corner,omitempty"` // whom it is about
	Scores []int64    `json:"scores,omitempty"`
	Reason string     `json:"reason,omitempty"`
	Now    *Battle    `json:"now,omitempty"`
}

// BattleInvite calls the hosts of other shows to be linked.
type BattleInvite struct {
	To []BattleRoom `json:"to"`
}

// BattleNamed names a battle or a call.
type BattleNamed struct {
	ID BattleID `json:"id"`
}

// BattleRound names a challenge.
type BattleRound struct {
	ID    BattleID `json:"id"`
	Round int      `json:"round"`
}

// BattleSeek looks for a random opponent among those who do too, or no more.
type BattleSeek struct {
	On bool `json:"on"`
}

// BattleHear says how an opponent is heard in this room.
type BattleHear struct {
	Corner CornerID `json:"corner"`
	How    Hearing  `json:"how,omitempty"`
}

// BattleHonour says whether somebody of this room may be named among those who gave most.
type BattleHonour struct {
	Named bool `json:"named"`
}

// BattleCall is an invitation to be linked that waits for answers.
type BattleCall struct {
	ID    BattleID     `json:"id"`
	From  BattleRoom   `json:"from"`
	To    []BattleRoom `json:"to"`
	Ours  bool         `json:"ours,omitempty"`
	Until int64        `json:"until"`
}

// BattleDesk is whom a host fights with: friends are at hand, who is blocked cannot call, and nobody can while Busy (do not disturb).
// Found lets strangers find the host.
type BattleDesk struct {
	Friends []BattleRoom `json:"friends,omitempty"`
	Blocked []BattleRoom `json:"blocked,omitempty"`
	Busy    bool         `json:"busy,omitempty"`
	Found   bool         `json:"found,omitempty"`
}

// BattleHosts are hosts who can be called now.
type BattleHosts struct {
	Hosts []BattleHost `json:"hosts"`
}

// BattleHost is a host who can be called.
type BattleHost struct {
	BattleRoom
	Viewers  int  `json:"viewers"`
	Fighting bool `json:"fighting,omitempty"`
}
