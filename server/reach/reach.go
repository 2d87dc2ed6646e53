// Package reach is what the server sends out: e-mails, and webhooks signed by the Standard Webhooks specification. It also has
// the Guard, which every address passes that somebody else chose and the server connects to.
//
// It owns the sending, not the letters: those lie in an outbox, written by store in the same transaction as what they tell
// about. So nothing is told that did not happen, and nothing that happened is forgotten when the server is killed in between.
// The price is that a letter may go out twice, when the server ends between the sending and the note that it was sent.
// Receivers know the second one by its id: the header webhook-id, the mail's Message-ID.
//
// Queues: the outbox is the only one. A Courier has one loop a kind of letter, so that a mail server that hangs holds up no
// webhook, and in it one lane a receiver. At most 32 webhooks and 4 mails are under way, the rest waits in the outbox. One letter
// of a lane is under way at a time, the one that is due longest; a letter that waits for its next try is overtaken, because a
// receiver that refuses one letter for days would otherwise get none. A lane whose try took long rests four times as long:
// endpoints that always hang, or answer at the last moment, take a fifth of a place each and leave the others to those that answer.
//
// Decisions. What a letter says is sealed in the outbox and opened just before it is sent; so is the address of a mail, which is
// why Letter.To is no address. Reasons of failures are written here in words, never taken from the errors of libraries or
// the answers of servers, which hold addresses. A courier assumes that it is the only one that is given letters: where servers
// share an outbox, the outbox sees to that.
package reach

import (
	"context"
	"time"
)

// Kind is how a letter travels.
type Kind string

// Kinds of letters.
const (
	ByMail    Kind = "mail"
	ByWebhook Kind = "webhook"
)

// Letter is something to be sent.
type Letter struct {
	// ID names it for good, to the receiver too: 1 to 64 letters, digits, "-" or "_".
	ID   string
	Kind Kind
	// To names its lane: the id of an Endpoint, or of the person that a mail is for. It is never an e-mail address.
	To string
	// Type says what it tells about, as "order.paid".
	Type string
	// Body is sealed. Opened it is the JSON of a Mail, or what is posted to the endpoint.
	Body []byte
	// Tries is how often it was tried in vain.
	Tries int
	// Due is when it may be sent.
	Due time.Time
}

// Outbox is the need for letters that survive the server. A letter waits in it until it is sent or dead; what is said about a
// letter that does not wait changes nothing.
type Outbox interface {
	// Due returns letters of the kind that wait and are due at now: of every receiver the one that is due longest, and the one
	// written first if there are several; those due longest first, at most limit. Of the couriers of several servers one at a time
	// is told of a kind's letters: the others are told of none until 70 s after it was last, which no try outlasts.
	Due(ctx context.Context, kind Kind, now time.Time, limit int) ([]Letter, error)
	// Sent notes that the letter was sent.
	Sent(ctx context.Context, id string) error
	// Again counts a try in vain and says when the next one is due.
	Again(ctx context.Context, id string, due time.Time, reason string) error
	// Dead gives the letter up. The reason is for an operator.
	Dead(ctx context.Context, id string, reason string) error
}

// failure is a try in vain, in words that an operator may read. The zero final may be tried again.
type failure struct {
	reason string
	final  bool
}

func (f *failure) Error() string { return f.reason }
