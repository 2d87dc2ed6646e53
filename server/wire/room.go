package wire

import "encoding/json"

// A room is what people in a show say and do, as one log: its events are numbered 1, 2, 3 … and everybody sees them in that order.
// It is joined over a WebSocket at /api/shows/{show}/room; after=N asks for what came after event N. The server sends a RoomJoined
// first, then RoomFrames, and a RoomAnswer for each RoomRequest that has an ID. All are JSON objects with a "type", in text messages.

// Limits of a room.
const (
	// MaxLine is the longest text of a chat message, an announcement, a question or an answer, MaxName of a display name, MaxOption
	// of a poll's option, in characters.
	MaxLine, MaxName, MaxOption = 500, 32, 80
	// MaxOptions is how many options a poll has at most; it has two at least.
	MaxOptions = 8
	// MaxRequest is the longest message that a client may send, in bytes.
	MaxRequest = 8 << 10
	// MaxLikes is how many likes one request may carry.
	MaxLikes = 50
	// ShortestPause and LongestPause bound how long one must wait between two messages, in seconds; UsualPause is what rooms have.
	ShortestPause, UsualPause, LongestPause = 1, 2, 120
)

// How the server closes a room's WebSocket (RFC 6455 §7.4). Clients come back after RoomRestart and RoomSlow, with after=; after
// RoomRestart when the reason says so, a number of ms.
const (
	RoomFlood   = 1008 // far more messages than are allowed, for long
	RoomRestart = 1012 // the server ends or starts anew
	RoomSlow    = 1013 // what was sent was not read in time
	RoomBanned  = 4403 // this person may not be here
	RoomOver    = 4410 // the room is closed
)

// Alias names a person within one show; it tells nothing about who that is elsewhere.
type Alias string

// Member is somebody in a room.
type Member struct {
	Alias Alias  `json:"alias"`
	Name  string `json:"name"`
	// Role is host, producer, moderator, support or owner; "" for viewers.
	Role string `json:"role,omitempty"`
}

// RoomEvent is an entry of a room's log. Beside its stamps it has exactly one of the fields from Said on, which says what happened.
type RoomEvent struct {
	N int64 `json:"n"`
	// At is the server's time, Unix ms. Media is the media time, in ms: when the picture that it belongs to was captured, on the
	// publisher's clock as the media carries it; 0 for none.
	At    int64 `json:"at"`
	Media int64 `json:"media,omitempty"`
	// By is who did it; nil for the room itself.
	By *Member `json:"by,omitempty"`
	// Staff says that only the staff sees it.
	Staff bool `json:"staff,omitempty"`

	Said    *Said    `json:"said,omitempty"`
	Removed *Removed `json:"removed,omitempty"`
	// Highlighted lifts a message out, from then on.
	Highlighted *Numbered  `json:"highlighted,omitempty"`
	Pinned      *Pinned    `json:"pinned,omitempty"`
	Announced   *Announced `json:"announced,omitempty"`
	Showing     *Showing   `json:"showing,omitempty"`
	Polled      *Poll      `json:"polled,omitempty"`
	PollEnded   *PollEnded `json:"pollEnded,omitempty"`
	Asked       *Asked     `json:"asked,omitempty"`
	Answered    *Answered  `json:"answered,omitempty"`
	Gifted      *Gifted    `json:"gifted,omitempty"`
	Modes       *Modes     `json:"modes,omitempty"`
	Held        *Withheld  `json:"held,omitempty"`
	Judged      *Judged    `json:"judged,omitempty"`
	Silenced    *Silenced  `json:"silenced,omitempty"`
	Reported    *Reported  `json:"reported,omitempty"`
	Staged      *Staged    `json:"staged,omitempty"`
	Battled     *Battled   `json:"battled,omitempty"`
}

// Said is a chat message.
type Said struct {
	Text string `json:"text"`
	// Reply is the number of the message that it answers, Mentions are those whom it names with @.
	Reply    int64   `json:"reply,omitempty"`
	Mentions []Alias `json:"mentions,omitempty"`
	// Highlight says that the staff or a gift lifted it out.
	Highlight bool `json:"highlight,omitempty"`
}

// Removed takes a message or question back: its text is to be shown no more, and is left out of the log from then on.
type Removed struct {
	Line   int64  `json:"line"`
	Reason string `json:"reason,omitempty"`
}

// Pinned puts a message above the chat; 0 takes it down.
type Pinned struct {
	Line int64 `json:"line"`
}

// Announced is an announcement of the staff; an empty text takes it down.
type Announced struct {
	Text string `json:"text"`
}

// Showing is the product or offer that the host shows now; both empty for none.
type Showing struct {
	Product ProductID `json:"product,omitempty"`
	Offer   OfferID   `json:"offer,omitempty"`
}

// Poll is a question with options, known by the number of its event. Each person has one vote.
type Poll struct {
	Question string   `json:"question"`
	Options  []string `json:"options"`
	// Until is when it ends, Unix ms; 0 for by hand.
	Until int64 `json:"until,omitempty"`
}

// PollEnded is a poll's result: votes for each option.
type PollEnded struct {
	Poll   int64   `json:"poll"`
	Counts []int64 `json:"counts"`
}

// Asked is a question to the host, known by the number of its event. One that is near another is joined to it: Like is that one's
// number, and it counts as a vote for it.
type Asked struct {
	Text string `json:"text"`
	Like int64  `json:"like,omitempty"`
}

// Answered says that the host answers a question: with a text, or aloud at the event's media time.
type Answered struct {
	Question int64  `json:"question"`
	Text     string `json:"text,omitempty"`
}

// Gifted is a gift to the host. Combo counts the same gift by the same person in a row.
type Gifted struct {
	Gift  GiftID `json:"gift"`
	Count int    `json:"count"`
	Combo int    `json:"combo,omitempty"`
	Coins int64  `json:"coins"`
}

// GiftID names a kind of gift.
type GiftID string

// Gift is a kind of gift: what it costs, and how it looks.
type Gift struct {
	ID    GiftID `json:"id"`
	Name  string `json:"name"`
	Emoji string `json:"emoji"`
	Coins int64  `json:"coins"`
}

// Modes are the rules for who may say what, how often.
type Modes struct {
	// Pause is how long one must wait between two messages, in seconds.
	Pause int `json:"pause"`
	// Followers lets only those speak who follow the shop, Emoji only emoji be said, Paused nobody but the staff speak.
	Followers bool `json:"followers,omitempty"`
	Emoji     bool `json:"emoji,omitempty"`
	Paused    bool `json:"paused,omitempty"`
}

// Withheld is a message that waits for a moderator, known by the number of its event. Only the staff sees it.
type Withheld struct {
	Text  string `json:"text"`
	Class string `json:"class,omitempty"`
	// Why says which rule or likeness held it, Score how sure the classifier is, 0 to 1.
	Why   string  `json:"why,omitempty"`
	Score float64 `json:"score,omitempty"`
	// Line is the published message that was reported; 0 for one that was held before it was published.
	Line int64 `json:"line,omitempty"`
}

// Judged is a moderator's decision about a held message: published (then a Said follows), refused or escalated.
type Judged struct {
	Held     int64    `json:"held"`
	Decision Decision `json:"decision"`
	Reason   string   `json:"reason,omitempty"`
}

// Decision is what a moderator decides about a held message.
type Decision string

// Decisions.
const (
	Publish  Decision = "publish"
	Refuse   Decision = "refuse"
	Escalate Decision = "escalate"
)

// Silenced says that somebody may not speak, until a time (Unix ms; 0 for ever), or may again (Lifted). With Shadow they do not
// notice. Only the staff and, without Shadow, the person see it.
type Silenced struct {
	Who    Member `json:"who"`
	Until  int64  `json:"until,omitempty"`
	Ban    bool   `json:"ban,omitempty"` // also out of the room
	Shadow bool   `json:"shadow,omitempty"`
	Lifted bool   `json:"lifted,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// Reported is a viewer's report of a message. Only the staff sees it.
type Reported struct {
	Line   int64  `json:"line"`
	Reason string `json:"reason"`
}

// RoomRequest is what a client sends. Beside its ID it has exactly one of the other fields. The ID is made by the client, 1 to 64
// letters, digits and hyphens, once for each wish: the same ID again gets the same answer and does nothing twice.
type RoomRequest struct {
	ID string `json:"id,omitempty"`

	Name   *string     `json:"name,omitempty"` // be called so
	Say    *Say        `json:"say,omitempty"`
	Like   *Like       `json:"like,omitempty"` // needs no ID and has no answer
	Ask    *AskHost    `json:"ask,omitempty"`
	Second *Numbered   `json:"second,omitempty"` // a vote for somebody's question
	Vote   *Vote       `json:"vote,omitempty"`   // in a poll
	Cheer  *struct{}   `json:"cheer,omitempty"`  // a vote for the host, one a person a show
	Gift   *GiveGift   `json:"gift,omitempty"`
	Report *ReportLine `json:"report,omitempty"`
	Stage  *StageWish  `json:"stage,omitempty"` // of the show's stage; see there who may wish what

	// For the staff:
	Pin       *Numbered   `json:"pin,omitempty"`
	Highlight *Numbered   `json:"highlight,omitempty"`
	Remove    *Removed    `json:"remove,omitempty"`
	Announce  *Announced  `json:"announce,omitempty"`
	Show      *Showing    `json:"show,omitempty"`
	Poll      *StartPoll  `json:"poll,omitempty"`
	EndPoll   *Numbered   `json:"endPoll,omitempty"`
	Answer    *Answered   `json:"answer,omitempty"`
	Modes     *Modes      `json:"modes,omitempty"`
	Judge     *Judged     `json:"judge,omitempty"`
	Silence   *SilenceOne `json:"silence,omitempty"`
}

// Say asks to say something.
type Say struct {
	Text  string `json:"text"`
	Reply int64  `json:"reply,omitempty"`
}

// Like carries so many likes.
type Like struct {
	Count int `json:"count"`
}

// AskHost asks the host a question.
type AskHost struct {
	Text string `json:"text"`
}

// Numbered names an event by its number; 0 for none where that makes sense.
type Numbered struct {
	N int64 `json:"n"`
}

// Vote is a vote for an option of a poll, counted from 0.
type Vote struct {
	Poll   int64 `json:"poll"`
	Option int   `json:"option"`
}

// GiveGift gives the host so many of a gift.
type GiveGift struct {
	Gift  GiftID `json:"gift"`
	Count int    `json:"count"`
}

// ReportLine tells the staff of a message that breaks the rules.
type ReportLine struct {
	Line   int64  `json:"line"`
	Reason string `json:"reason"`
}

// StartPoll starts a poll that lasts so many seconds; 0 for until it is ended by hand.
type StartPoll struct {
	Question string   `json:"question"`
	Options  []string `json:"options"`
	Seconds  int      `json:"seconds,omitempty"`
}

// SilenceOne keeps somebody from speaking for so many seconds, 0 for ever, or lets them speak again.
type SilenceOne struct {
	Who     Alias  `json:"who"`
	Seconds int    `json:"seconds,omitempty"`
	Ban     bool   `json:"ban,omitempty"` // also their address and device, and out of the room
	Shadow  bool   `json:"shadow,omitempty"`
	Lift    bool   `json:"lift,omitempty"`
	Reason  string `json:"reason,omitempty"`
}

// RoomJoined is the first thing that a client hears.
type RoomJoined struct {
	Me Member `json:"me"`
	// Moderates says that this is one of the staff, who sees everything.
	Moderates bool `json:"moderates,omitempty"`
	// State is the room as it was after event Through. Events are what came after the event that the client named, or the newest;
	// Whole says that they go on from there without a gap.
	State   RoomState   `json:"state"`
	Through int64       `json:"through"`
	Events  []RoomEvent `json:"events"`
	Whole   bool        `json:"whole"`
	Now     RoomNow     `json:"now"`
	// Stage is how far one is on the way to the stage; nil for not at all.
	Stage *StageMine `json:"stage,omitempty"`
	// Coins is what is in one's wallet, Gifts what can be given.
	Coins int64  `json:"coins"`
	Gifts []Gift `json:"gifts"`
	// Clock is the server's time, Unix ms.
	Clock int64 `json:"clock"`
}

// RoomState is what is so in a room until an event changes it.
type RoomState struct {
	Pinned    *RoomEvent     `json:"pinned,omitempty"`
	Announced string         `json:"announced,omitempty"`
	Showing   Showing        `json:"showing"`
	ShowingAt int64          `json:"showingAt,omitempty"` // media time
	Modes     Modes          `json:"modes"`
	Polls     []OpenPoll     `json:"polls"`
	Questions []OpenQuestion `json:"questions"` // the most wanted first, at most 50
	// Stage is nil as long as nothing has happened on it.
	Stage *StageNow `json:"stage,omitempty"`
	// Held are the messages that wait for a moderator, Silenced who may not speak; for the staff only.
	Held     []RoomEvent `json:"held,omitempty"`
	Silenced []Silenced  `json:"silenced,omitempty"`
}

// OpenPoll is a poll that has not ended.
type OpenPoll struct {
	Poll
	N      int64   `json:"n"`
	Counts []int64 `json:"counts"`
	// Mine is the option that this person voted for; -1 for none.
	Mine int `json:"mine"`
}

// OpenQuestion is a question that was not answered. Votes are how many ask it.
type OpenQuestion struct {
	N     int64  `json:"n"`
	By    Member `json:"by"`
	Text  string `json:"text"`
	Votes int    `json:"votes"`
	Mine  bool   `json:"mine,omitempty"` // this person asks it or voted for it
}

// RoomNow is what changes all the time and is not in the log. In a frame it has only what has changed.
type RoomNow struct {
	Viewers *int   `json:"viewers,omitempty"` // people in the room, without the staff
	Likes   *int64 `json:"likes,omitempty"`   // in all
	Cheers  *int64 `json:"cheers,omitempty"`
	Given   *int64 `json:"given,omitempty"`  // coins, in all
	Typing  *int   `json:"typing,omitempty"` // lines a second, when there are more than are shown
	// Polls are counts of open polls, Questions votes of open questions.
	Polls     []Tally `json:"polls,omitempty"`
	Questions []Asks  `json:"questions,omitempty"`
}

// Tally is the counts of an open poll.
type Tally struct {
	Poll   int64   `json:"poll"`
	Counts []int64 `json:"counts"`
}

// Asks is how many ask a question.
type Asks struct {
	N     int64 `json:"n"`
	Votes int   `json:"votes"`
}

// RoomFrame is what happened in a room since the frame before. Through is the newest number that it takes note of: where events are
// left out, because there are more lines than one can read, Skipped is how many.
//
// What concerns one person and is left out of the frame of all — their own lines, those that name them or answer theirs — comes in a
// frame of its own before it, with the Through of before. So a client puts events in the order of their numbers, each number once,
// whichever frame brings it, and keeps the greatest Through, with which it comes back (after=). Gaps between numbers are what it is
// not to see.
type RoomFrame struct {
	Through int64       `json:"through"`
	Events  []RoomEvent `json:"events,omitempty"`
	Skipped int         `json:"skipped,omitempty"`
	Now     *RoomNow    `json:"now,omitempty"`
	// Coins is what is in one's wallet, Stage how far one is on the way to the stage, in a frame to one person.
	Coins *int64     `json:"coins,omitempty"`
	Stage *StageMine `json:"stage,omitempty"`
	Clock int64      `json:"clock,omitempty"`
}

// RoomAnswer answers a request: N is the number of the event that it made, 0 for none; Error says why it was refused.
type RoomAnswer struct {
	ID    string     `json:"id"`
	N     int64      `json:"n,omitempty"`
	Error *RoomError `json:"error,omitempty"`
}

// RoomError is why a request was refused.
type RoomError struct {
	Code Code   `json:"code"`
	Text string `json:"text"`
	// Wait is after how many ms it makes sense to try again; 0 where it does not.
	Wait int64 `json:"wait,omitempty"`
	// Why names what stands against it in a word, for those who tell it in another language.
	Why string `json:"why,omitempty"`
}

func (RoomJoined) event() {}
func (RoomFrame) event()  {}
func (RoomAnswer) event() {}

// MarshalJSON writes the event with its type.
func (e RoomJoined) MarshalJSON() ([]byte, error) {
	type plain RoomJoined
	return json.Marshal(struct {
		Type string `json:"type"`
		plain
	}{"joined", plain(e)})
}

// MarshalJSON writes the event with its type.
func (e RoomFrame) MarshalJSON() ([]byte, error) {
	type plain RoomFrame
	return json.Marshal(struct {
		Type string `json:"type"`
		plain
	}{"frame", plain(e)})
}

// MarshalJSON writes the event with its type.
func (e RoomAnswer) MarshalJSON() ([]byte, error) {
	type plain RoomAnswer
	return json.Marshal(struct {
		Type string `json:"type"`
		plain
	}{"answer", plain(e)})
}

// readRoomEvent reads an event of a room; nil for a type that is none.
func readRoomEvent(kind string, message []byte) (Event, error) {
	switch kind {
	case "joined":
		return readAs[RoomJoined](message)
	case "frame":
		return readAs[RoomFrame](message)
	case "answer":
		return readAs[RoomAnswer](message)
	case "left":
		return readAs[RoomLeft](message)
	case "piece":
		return readAs[Piece](message)
	}
	return nil, nil
}
