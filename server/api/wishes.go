package api

import (
	"sync"

	"vitrine/server/trust"
	"vitrine/server/wire"
)

// wishesMost is how many wishes are remembered at least, once there were so many, and half of how many at most.
const wishesMost = 1 << 14

// wishes remember what reservations are for, so that a checkout need not ask the shop's writer for it first. When there are too many
// the older half is forgotten, and the shop is asked. It is safe for concurrent use.
type wishes struct {
	mu       sync.Mutex
	new, old map[wire.ReservationID]wished
}

type wished struct {
	buyer    wire.PersonID
	currency wire.Currency
	trust.Wanted
}

// note remembers a reservation that units are held for.
func (w *wishes) note(buyer wire.PersonID, r wire.Reservation) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.new == nil || len(w.new) >= wishesMost {
		w.new, w.old = map[wire.ReservationID]wished{}, w.new
	}
	w.new[r.ID] = wished{buyer, r.Price.Currency, trust.Wanted{Variant: r.Variant, Offer: r.Offer, Quantity: r.Quantity}}
}

// of is what a buyer's reservations are for; nil if one of them is not remembered as the buyer's, in this currency.
func (w *wishes) of(buyer wire.PersonID, ids []wire.ReservationID, c wire.Currency) []trust.Wanted {
	w.mu.Lock()
	defer w.mu.Unlock()
	list := make([]trust.Wanted, 0, len(ids))
	for _, id := range ids {
		r, ok := w.new[id]
		if !ok {
			r, ok = w.old[id]
		}
		if !ok || r.buyer != buyer || r.currency != c {
			return nil
		}
		list = append(list, r.Wanted)
	}
	return list
}
