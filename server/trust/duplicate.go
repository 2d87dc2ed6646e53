package trust

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"vitrine/server/wire"
)

// twiceWithin is how soon after an order the same one again is taken for an accident.
const twiceWithin = 10 * time.Second

// Wanted is one line of what somebody wants to buy.
type Wanted struct {
	Variant  wire.VariantID
	Offer    wire.OfferID
	Quantity int
}

// Twice asks back when somebody orders the same within 10 s under another key, as by a second tap on another page. The zero Twice is
// ready. It remembers the last orders of some ten thousands of people, and is safe for concurrent use.
type Twice struct{ recent recent[ordered] }

type ordered struct {
	order wire.OrderID
	at    time.Time
}

// Note notes an order that is about to be made, so that of several at once one goes through. If it looks like an accident and is not
// confirmed, the error has code Conflict and names the first order, as does the first result. The same key again is no accident.
func (t *Twice) Note(now time.Time, person wire.PersonID, lines []Wanted, order wire.OrderID, confirmed bool) (first wire.OrderID, err error) {
	t.recent.mu.Lock()
	defer t.recent.mu.Unlock()
	o := t.recent.at(sameOrder(person, lines))
	if o.order == order {
		return order, nil
	}
	if o.order != "" && now.Sub(o.at) < twiceWithin && !confirmed {
		return o.order, wire.Errorf(wire.Conflict, "you just ordered this (order %s): confirm it if you want it once more", o.order)
	}
	*o = ordered{order, now}
	return order, nil
}

// Forget takes back a Note: the order was not made.
func (t *Twice) Forget(person wire.PersonID, lines []Wanted, order wire.OrderID) {
	t.recent.mu.Lock()
	defer t.recent.mu.Unlock()
	key := sameOrder(person, lines)
	if t.recent.at(key).order == order {
		t.recent.forget(key)
	}
}

// sameOrder is the same for the same person and lines, in whatever order those stand and however they are split.
func sameOrder(person wire.PersonID, lines []Wanted) string {
	sum := map[Wanted]int{}
	for _, l := range lines {
		sum[Wanted{l.Variant, l.Offer, 0}] += l.Quantity
	}
	all := make([]Wanted, 0, len(sum))
	for l, n := range sum {
		l.Quantity = n
		all = append(all, l)
	}
	slices.SortFunc(all, func(a, b Wanted) int {
		return cmp.Or(cmp.Compare(a.Variant, b.Variant), cmp.Compare(a.Offer, b.Offer))
	})
	var s strings.Builder
	fmt.Fprintf(&s, "%q", person)
	for _, l := range all {
		fmt.Fprintf(&s, " %q %q %d", l.Variant, l.Offer, l.Quantity)
	}
	h := Token(s.String()).Hash() // a cart may be long
	return string(h[:])
}
