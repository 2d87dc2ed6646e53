// Package pay asks outside companies for buyers' money, all of them through one need, Provider: the built-in Test, which moves no
// money and fails as planned; Manual, for cash on delivery and bank transfers; and Stripe.
//
// It owns nothing that must outlive the process. Who owes what is the shop's to know, what was paid the provider's; between the two
// stands Payment, which says what is so now and never what to add. So the caller settles a Payment as often as it likes, from an
// answer, from a notice (webhook) or from Look, in any order.
//
// Queues: Test keeps its notices until Run delivers them, without bound, as an outside company would. The others have none: who
// calls waits for the provider, or for its context.
//
// Decisions. Start only asks for a promise (authorisation) and Capture takes the money, so that a unit that lapsed meanwhile costs
// the buyer nothing. A payment is captured once, in full or in part, and what is left of the promise is void; Cancel ends what is
// not captured and is refused afterwards, when Refund is right. No type here has a field for a card number: buyers type it into the
// provider's own fields, in the provider's frame (PCI DSS, self-assessment A). The errors' texts are sentences for people; a
// provider's own words are shown only where it means them for buyers.
package pay

import (
	"context"
	"net/http"
	"time"

	"vitrine/server/wire"
)

// Provider is a company, or a person with a cash box, that takes buyers' money. It is safe for concurrent use.
//
// Errors have these codes. Declined: the payment is refused; try another way to pay, as a further attempt. Unavailable: nobody knows
// whether it was done, and RetryAfter says when to ask the same again, with the same key. Invalid: the amount or its currency cannot
// be, or is more than there is to take or to give back. KeyReused: the key stands for another request. Conflict: the payment is not
// in a state for it. NotFound: there is no such payment. A context's end is Unavailable too, and is also found by errors.Is.
//
// key makes a request idempotent: 1 to 100 letters, digits and "._:-", unique among a payment's requests. The same again answers with
// the payment as it is now and moves no money. What was refused for good, with any code but Unavailable, is wished anew with a new key.
type Provider interface {
	// Start asks for the promise of an amount. The same order and attempt are the same payment, however often it is called: when an
	// answer was lost, Start is how to find it. With Declined it returns the payment too.
	Start(ctx context.Context, c Charge) (Payment, error)
	// Look returns what the provider knows now.
	Look(ctx context.Context, ref string) (Payment, error)
	// Capture takes promised money, once; less than the promise voids the rest. What comes by hand stays authorised until staff
	// says that it came (Manual.Paid): Payment.Captured says what is ours.
	Capture(ctx context.Context, ref, key string, amount wire.Money) (Payment, error)
	// Cancel voids what is not captured. Cancelling what is cancelled already is no error; what is captured is a Conflict.
	Cancel(ctx context.Context, ref, key string) (Payment, error)
	// Refund gives captured money back, in parts if wished.
	Refund(ctx context.Context, ref, key string, amount wire.Money) (Payment, error)
	// Webhook reads what the provider sent by itself. The error has code Unauthenticated if anybody else could have sent it, Invalid
	// if it is more than 5 minutes old or cannot be read. A notice about something else has no Ref.
	Webhook(header http.Header, body []byte) (Notice, error)
}

// The words of payments are the wire contract's.
type (
	Charge  = wire.Charge
	Payment = wire.Payment
	Status  = wire.PayStatus
	Action  = wire.PayAction
)

// Where payments stand. Failed ones may still succeed when the buyer tries another card in the same form; cancelled ones never.
const (
	Pending    = wire.PayPending
	Authorised = wire.PayAuthorised
	Captured   = wire.PayCaptured
	Failed     = wire.PayFailed
	Cancelled  = wire.PayCancelled
)

// Notice is a webhook that is genuine and fresh. A notice that comes again has the same ID. Payment is what was so when it was made:
// notices come late, twice and in any order, so what they say may be older than what is known already, and Look decides. A Payment
// without Status says only that something changed.
type Notice struct {
	ID, Ref string
	Order   wire.OrderID
	Payment Payment
}

const (
	// maxAge is how old a notice may be, and how far ahead its clock.
	maxAge = 5 * time.Minute
	// maxNotice bounds the body of a notice, in bytes.
	maxNotice = 256 << 10
	maxKey    = 100
)
