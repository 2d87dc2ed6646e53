// Package prove proves a shop's promises from outside: from what its clients saw, from the entries of its ledger and from the
// books of the bank. It reads the ledger by itself and shares no rule with the shop, so that an error of the shop is not
// repeated here. It owns nothing and has no queue.
//
// Every call has an interval on the clients' clock. A call that made an entry of the ledger happened where the entry stands;
// since the ledger is one order, calls that follow each other in time must do so in the ledger (real time, as in
// linearizability: Herlihy and Wing 1990). So each interval has a window of the ledger: after the last entry of a call that had
// ended before, up to the first entry of a call that began afterwards. The interval rule then is: what an answer says was so at
// some moment of its window. "Sold out" is true only if fewer units than asked for were left at such a moment; where the
// refusal is an entry itself, at that very entry. A try whose outcome is not known ends nothing; the same key is asked again,
// and all tries are one call.
package prove

import (
	"fmt"
	"maps"
	"slices"

	"vitrine/server/shop"
	"vitrine/server/wire"
)

// Rule is a promise that can be broken.
type Rule string

// The rules.
const (
	Chained      Rule = "chain"               // every entry follows the one before it
	Legal        Rule = "state"               // every change is one that can be
	Oversold     Rule = "oversold"            // held + sold ≤ total, at every entry; of offers too
	FalselyOut   Rule = "falsely sold out"    // the interval rule
	Tiered       Rule = "tiers"               // units come from the first tier that has some, at its price
	Parts        Rule = "parts"               // a reservation takes what its offer is made of
	Capped       Rule = "cap"                 // nobody claims more than one may
	Couponed     Rule = "coupon"              // no coupon counts more often than it may
	RealTime     Rule = "real time"           // entries stand in the order of the calls
	Answered     Rule = "answer"              // what was told was so in the ledger at some moment of the call
	Repeated     Rule = "key"                 // one key has one decision
	ChargedTwice Rule = "charged twice"       // the bank keeps at most what the order costs
	PaidAndLost  Rule = "paid and lost"       // what the bank keeps belongs to an order whose units are the buyer's
	Unpaid       Rule = "delivered, not paid" // the bank has what the order says
	Conserved    Rule = "conservation"        // what the shop shows is what the ledger tells
	Timely       Rule = "time"                // nothing lapses late, no offer is sold after its end
)

// Rules are all rules, in the order of the table.
var Rules = []Rule{
	Oversold, FalselyOut, ChargedTwice, PaidAndLost, Unpaid, Answered, Repeated, RealTime, Tiered, Parts, Capped, Couponed, Timely, Legal, Conserved, Chained,
}

// What is what a call asks.
type What string

// What clients ask.
const (
	Reserve What = "reserve"
	Release What = "release"
	Look    What = "look"
	Place   What = "place"
	Pay     What = "pay"
	Cancel  What = "cancel"
	Refund  What = "refund"
	Stock   What = "stock"
)

// Call is one try to ask the shop something, as the client saw it.
type Call struct {
	What       What
	Begin, End int64 // ns on the clients' clock
	Key        string
	Buyer      wire.PersonID
	// Variant, Offer and Quantity are what was wished; Quantity is the units of Stock too.
	Variant  wire.VariantID
	Offer    wire.OfferID
	Quantity int

	// Told says that there was an answer. Without one the outcome is not known.
	Told     bool
	Code     wire.Code // of a refusal
	Hold     wire.Hold // of the reservation in the answer
	Order    wire.OrderState
	Price    int64 // of the reservation or the order
	Refunded int64
}

// Tally is what the bank says about an order, in minor units.
type Tally struct {
	Captured, Refunded int64
	Captures           int
}

// Evidence is what there is to judge by. The shop is idle: nothing is held, and no payment is under way.
type Evidence struct {
	Calls   []Call
	Entries []shop.Entry
	Bank    map[wire.OrderID]Tally
	// Left is what the shop shows of each variant.
	Left map[wire.VariantID]int
}

// Verdict counts what was found. Texts are some of the findings.
type Verdict struct {
	Found map[Rule]int
	Texts []string

	Entries, Calls, Unknown, Reservations, SoldOut, Orders, Paid int
}

const textsMost = 40

func (v *Verdict) wrong(r Rule, format string, args ...any) {
	v.Found[r]++
	if len(v.Texts) < textsMost {
		v.Texts = append(v.Texts, string(r)+": "+fmt.Sprintf(format, args...))
	}
}

// Broken lists the rules that were.
func (v *Verdict) Broken() []Rule { return slices.Sorted(maps.Keys(v.Found)) }

// Check judges.
func Check(e Evidence) *Verdict {
	v := &Verdict{Found: map[Rule]int{}, Entries: len(e.Entries), Calls: len(e.Calls)}
	b := newBook(v)
	for i := range e.Entries {
		b.read(&e.Entries[i])
	}
	c := &clients{book: b}
	c.read(e.Calls)
	c.judge()
	b.money(e.Bank)
	for id, s := range b.stocks {
		if left, shown := e.Left[id]; shown && left != s.left() {
			v.wrong(Conserved, "%s: %d left by the ledger, %d are shown", id, s.left(), left)
		}
	}
	v.Reservations, v.Orders = len(b.holds), len(b.orders)
	return v
}
