// Package chat is the conversation of a show: who says what, polls, questions, gifts, and what the staff does about it, as one log
// of numbered events that everybody sees in the same order. It promises that what was acknowledged is durable, that no event is lost,
// doubled or out of order for anybody who comes back by number, and that the same request is done once.
//
// A Hub has the rooms of this process. What a process has of a room is its crowd (who listens here), a cursor into the log, and
// maybe the room's home. A room has one home in all processes: a writer, one goroutine, that takes all requests that wait, decides
// one after the other on the state in memory, and commits what they change in one transaction (group commit). Nobody gets an answer,
// and nobody hears of an event, before that is durable. Then the home tells its own crowd and publishes on the bus; a process that
// finds a gap in the numbers, or may have missed something, reads the log.
//
// Who is home is decided by the store alone: a process that finds nobody who answers raises the room's epoch there, and every
// commit says from which epoch and turn it goes on. So an old home that was cut off cannot write; it steps down when it notices,
// and who had asked it asks the new one, with the same request ID. Answers are stored with what they answer for a day. A refusal
// is not stored, since it did nothing: the same request later is decided again.
//
// The home holds the stage of the show too, and has it decide in the same transactions: who is on it, and the battles that gifts and votes
// give points in.
//
// The state is loaded from records, a row a thing that is so now, and the newest events; the log itself is never replayed. Limits
// (limit.go), near questions (near.go) and what is typed (clean.go) are pure.
//
// Queues: a home has queueOf requests; when it is full a request waits up to busyAfter and is then told to try again. A crowd's
// subscribers have theirs (crowd.go). Likes are summed up here and handed to the home a few times a second, so that a process
// that is killed loses at most those of a moment, which nobody was told had counted.
package chat

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"log/slog"
	"strings"
	"time"

	"vitrine/server/wire"
)

// Who is somebody in a room, as the edge knows them. Role is "" for viewers. Device and Network are names by which somebody who is
// banned is known again; equal ones are the same, and empty ones nobody's. Since is since when the account is known; Follows
// says that they follow the shop.
type Who struct {
	Person  wire.PersonID `json:"person"`
	Name    string        `json:"name,omitempty"`
	Role    string        `json:"role,omitempty"`
	Device  string        `json:"device,omitempty"`
	Network string        `json:"network,omitempty"`
	Since   time.Time     `json:"since"`
	Follows bool          `json:"follows,omitempty"`
}

// Staff says whether they moderate.
func (w Who) Staff() bool {
	switch w.Role {
	case "host", "producer", "moderator", "owner":
		return true
	}
	return false
}

// AliasOf is what a person is called in a show: the same in every process, and nothing by which they would be known in another
// one, since names of people are random.
func AliasOf(show wire.ShowID, p wire.PersonID) wire.Alias {
	sum := sha256.Sum256([]byte("vitrine alias\x00" + string(show) + "\x00" + string(p)))
	return wire.Alias(strings.ToLower(base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:10])))
}

// ErrNobody says that nobody serves a subject.
var ErrNobody = errors.New("nobody serves this room")

// Bus carries what crosses processes. It is safe for concurrent use.
type Bus interface {
	Publish(subject string, payload []byte) error
	// Request returns the answer of who serves the subject. If nobody does, the error wraps ErrNobody.
	Request(ctx context.Context, subject string, payload []byte) ([]byte, error)
	// Follow calls got with what is published until ctx ends, and lost whenever something may have been missed, also at the start.
	Follow(ctx context.Context, subject string, got func([]byte), lost func()) error
	// Serve calls take with requests until ctx ends, and back when requests can come. take must not wait.
	Serve(ctx context.Context, subject string, take func(request []byte, reply func([]byte) error), back func()) error
}

// Text is something that somebody wants to say.
type Text struct {
	Show      wire.ShowID
	Author    wire.Alias
	Text      string
	Known     time.Duration // how long the author's account has been known
	EmojiOnly bool
}

// Outcome is what is to happen with a text.
type Outcome string

// Outcomes: everybody reads it; a moderator decides; only its author and the staff read it; nobody does, and its author is told why.
const (
	Publish Outcome = "publish"
	Hold    Outcome = "hold"
	Shadow  Outcome = "shadow"
	Block   Outcome = "block"
)

// Judgement is a decision about a text. Words tell the author what to do, Key names that for other languages; Why tells the staff which
// rule or likeness it was.
type Judgement struct {
	Outcome    Outcome
	Class, Why string
	Score      float64
	Words, Key string
}

// Judge decides about texts, and learns from what moderators decide. It does not block and is safe for concurrent use.
type Judge interface {
	Judge(t Text, now time.Time) Judgement
	Learn(show wire.ShowID, text string, publish bool)
}

// Config is what a Hub needs. Storage and Bus must be set.
type Config struct {
	Storage Storage
	Bus     Bus
	// Subject names what is said about a show on the bus.
	Subject func(show wire.ShowID, words ...string) string
	// Judge judges what is typed; nil publishes everything.
	Judge Judge
	// Media is the media time that is on air now, ms; 0 for unknown.
	Media func(wire.ShowID) int64
	// Gifts can be given; nil means UsualGifts.
	Gifts []wire.Gift
	// Stage makes the stage of a show of what was stored of it; nil for a server without stages.
	Stage func(ctx context.Context, show wire.ShowID, stored []byte) (Stage, error)
	// Staged is told how a stage is when its home comes to be here and whenever it has changed since, and nil when its home is here no more;
	// nil for nobody. It must not block, and leaves what it gets as it is.
	Staged func(wire.ShowID, *Staging)
	// Now is the clock of events and limits.
	Now func() time.Time
	// Quiet is after how long without people and requests a process lets go of a room; 0 means five minutes.
	Quiet time.Duration
	Log   *slog.Logger
}

// UsualGifts are the gifts of a shop that has made none.
func UsualGifts() []wire.Gift {
	return []wire.Gift{
		{ID: "rose", Name: "Rose", Emoji: "🌹", Coins: 1},
		{ID: "coffee", Name: "Coffee", Emoji: "☕", Coins: 5},
		{ID: "cake", Name: "Cake", Emoji: "🎂", Coins: 20},
		{ID: "crown", Name: "Crown", Emoji: "👑", Coins: 100},
		{ID: "rocket", Name: "Rocket", Emoji: "🚀", Coins: 500},
	}
}
