package chat

import (
	"context"
	"encoding/json"
	"errors"

	"vitrine/server/wire"
)

// Why a batch was not stored. Nothing of it was then.
var (
	// ErrBehind says that the room has another home now, or events that this one does not know.
	ErrBehind = errors.New("the room has events that this home does not know")
	// ErrShort says that a wallet would have less than nothing: coins were spent in another room meanwhile.
	ErrShort = errors.New("a wallet has too few coins")
)

// Storage keeps rooms. It is safe for concurrent use.
type Storage interface {
	// RoomHead tells where a room's log ends; the zero Head for a room that nobody has been in.
	RoomHead(ctx context.Context, show wire.ShowID) (Head, error)
	// TakeRoom begins a new epoch: homes before it can write no more. Answers that are older than forget (Unix ms) are forgotten.
	// ErrBehind says that another was faster.
	TakeRoom(ctx context.Context, show wire.ShowID, forget int64) (Head, error)
	// LoadRoom reads what a home needs to go on, all of one moment.
	LoadRoom(ctx context.Context, show wire.ShowID) (*Saved, error)
	// AskRoom looks up what a batch needs besides.
	AskRoom(ctx context.Context, show wire.ShowID, q Questions) (Answers, error)
	// CommitRoom stores a batch whole or not at all: it is durable when this returns nil. ErrBehind and ErrShort say that it was
	// not stored; after other errors it may have been.
	CommitRoom(ctx context.Context, b *Batch) error
	// ReadRoom reads events, by their numbers upwards.
	ReadRoom(ctx context.Context, show wire.ShowID, s Span) ([]wire.RoomEvent, error)
	// RoomsOf lists the rooms in which somebody has left something, by what they are called in each, and all of open shows.
	RoomsOf(ctx context.Context, alias func(wire.ShowID) wire.Alias) ([]wire.ShowID, error)
	// Forget forgets how somebody's reports were judged, since when they are known and whether they follow the shop.
	Forget(ctx context.Context, p wire.PersonID) error
	// CoinLines are an account's, in their order in time.
	CoinLines(ctx context.Context, a Account) ([]CoinLine, error)
	// Credit stores a transfer. The same name again changes nothing, and is a Conflict if it moves anything else.
	Credit(ctx context.Context, lines [2]CoinLine) error
}

// Head is where a room's log ends. Turn counts commits, Epoch homes.
type Head struct{ Turn, Epoch, N int64 }

// Saved is a room as it was stored: its head, records, its newest recentOf events, and votes about what is open.
type Saved struct {
	Head    Head
	Records []Record
	Recent  []wire.RoomEvent
	Votes   []VoteRow
}

// Record is something that is so in a room. Kind and Key name it; an empty Doc, which is JSON, takes it away.
type Record struct {
	Kind, Key string
	Doc       json.RawMessage
}

// Open says whether votes about a record's number are taken.
func (r Record) Open() bool { return r.Kind == pollKind || r.Kind == questionKind }

// VoteRow is a vote about the event About, or with 0 for the host.
type VoteRow struct {
	About  int64      `json:"about"`
	Alias  wire.Alias `json:"alias"`
	Choice int        `json:"choice"`
	At     int64      `json:"at"`
}

// RequestKey names a request: an alias's, or a process's.
type RequestKey struct{ Who, ID string }

// AnswerRow is what a request was answered.
type AnswerRow struct {
	RequestKey
	N, At int64
}

// Account is one of the ledger of coins: a person's, a show's host's, or Issue, where coins come from.
type Account string

// Issue is the only account that may have less than nothing.
const Issue Account = "issue"

// PersonAccount is a person's wallet, HostAccount what a show was given.
func PersonAccount(p wire.PersonID) Account { return Account("person:" + p) }

// HostAccount is what a show was given.
func HostAccount(s wire.ShowID) Account { return Account("host:" + s) }

// CoinLine is one of the two lines of a transfer, which sum to zero.
type CoinLine struct {
	Transfer string  `json:"transfer"`
	Account  Account `json:"account"`
	Coins    int64   `json:"coins"`
	At       int64   `json:"at"`
}

// ReporterRow is how many of a person's reports were upheld and refused.
type ReporterRow struct {
	Person  wire.PersonID `json:"person,omitempty"`
	Upheld  int64         `json:"upheld"`
	Refused int64         `json:"refused"`
}

// Questions are what a batch must know.
type Questions struct {
	Requests  []RequestKey
	Events    []int64
	Votes     []int64
	Wallets   []Account
	Reporters []wire.PersonID
	Holding   []string // all events whose JSON holds one of these, in whatever case
	VotesOf   []wire.Alias
}

// Answers answer them. What is not there is left out.
type Answers struct {
	Requests  []AnswerRow
	Events    []wire.RoomEvent
	Votes     []VoteRow
	Wallets   map[Account]int64
	Reporters []ReporterRow
}

// Batch is what one commit stores.
type Batch struct {
	Show          wire.ShowID
	Before, After Head
	Events        []wire.RoomEvent // new ones
	Changed       []wire.RoomEvent // old ones: removed or highlighted
	Records       []Record
	Votes         []VoteRow
	Answers       []AnswerRow
	Lines         []CoinLine
	Reporters     []ReporterRow // to be added
	Erased        []ErasedRow   // after all else
	Letters       []Letter
}

// ErasedRow is somebody who was erased: their votes become Votes', their answers are forgotten, and letters that wait are sent without
// what they said and the names that they had.
type ErasedRow struct {
	Erasure
	Votes wire.Alias
}

// Letter is an escalation, to be sent to those who listen to the shop.
type Letter struct {
	ID   string
	Kind string
	At   int64
	Body Escalation
}

// Escalation is a message that a moderator asks others to judge, with evidence: what was said before it.
type Escalation struct {
	Show   wire.ShowID      `json:"show"`
	Held   wire.RoomEvent   `json:"held"`
	By     wire.Member      `json:"by"`
	Reason string           `json:"reason,omitempty"`
	Before []wire.RoomEvent `json:"before"`
}

// Span says which events to read: of those after After and up to Through the first Most; with Newest, the last. Lines leaves out all
// but messages that everybody may read.
type Span struct {
	After, Through int64
	Most           int
	Newest, Lines  bool
}

// PublicLine says whether an event is a message that everybody may read.
func PublicLine(e wire.RoomEvent) bool { return e.Said != nil && !e.Staff && e.Said.Text != "" }
