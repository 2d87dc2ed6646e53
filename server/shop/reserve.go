package shop

import (
	"cmp"
	"container/heap"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"

	"vitrine/server/wire"
)

// Reserve holds units for a buyer, or says truthfully that there are none: the answer's state is wire.Held, wire.Waiting or
// wire.SoldOutHold. The same request with the same ID gets the reservation as it stands now. Errors have the codes Invalid,
// NotFound, KeyReused, StalePrice, OfferClosed, CapReached, and Unavailable when the shop is too busy to have looked at it.
func (s *Shop) Reserve(ctx context.Context, buyer wire.PersonID, w wire.Reserve) (wire.Reservation, error) {
	if err := w.Validate(); err != nil {
		return wire.Reservation{}, err
	}
	wish, err := s.wishOf(buyer, w)
	if err != nil {
		return wire.Reservation{}, err
	}
	asks := func(st *state) Questions {
		q := Questions{Reservations: []wire.ReservationID{w.ID}}
		if st.capped(w) || w.Wait {
			q.Buyers = []wire.PersonID{buyer}
		}
		return q
	}
	return do(ctx, s, asks, func(t *tx) (wire.Reservation, error) { return t.reserve(buyer, w, wish) })
}

// capped says whether w asks for something of which a buyer may have so many only.
func (s *state) capped(w wire.Reserve) bool {
	limited := func(v wire.VariantID) bool { st := s.stocks[v]; return st != nil && st.Cap > 0 }
	if o := s.offers[w.Offer]; o != nil {
		return o.Cap > 0 || slices.ContainsFunc(o.Parts, func(p wire.Part) bool { return limited(p.Variant) })
	}
	return limited(w.Variant) || slices.ContainsFunc(s.offered[w.Variant], func(o *Offer) bool { return o.Cap > 0 })
}

// wishOf is the keyed hash (HMAC-SHA-256, RFC 2104) of who asks for what.
func (s *Shop) wishOf(buyer wire.PersonID, w any) (Sum, error) {
	b, err := json.Marshal(struct {
		Buyer wire.PersonID
		Wish  any
	}{buyer, w})
	if err != nil {
		return Sum{}, fmt.Errorf("write a wish: %w", err)
	}
	h := hmac.New(sha256.New, s.c.Secret)
	h.Write(b)
	return Sum(h.Sum(nil)), nil
}

func keyReused() error {
	return wire.Errorf(wire.KeyReused, "this idempotency key was used for another request: make a new one for each wish")
}

// deal is what a buyer would get now.
type deal struct {
	offer *Offer // nil for the variant's own price
	parts []wire.Part
	tiers []int
	price wire.Money
}

func (d deal) id() wire.OfferID {
	if d.offer == nil {
		return ""
	}
	return d.offer.ID
}

func (t *tx) reserve(buyer wire.PersonID, w wire.Reserve, wish Sum) (wire.Reservation, error) {
	if r, ok := t.holds[w.ID]; ok {
		if r.Wish != wish {
			return wire.Reservation{}, keyReused()
		}
		return t.public(r), nil
	}
	d, giveBack, fits, err := t.best(buyer, w)
	if err != nil {
		return wire.Reservation{}, err
	}
	if d.price.Currency != w.Price.Currency || fits && d.price.Minor > w.Price.Minor {
		return wire.Reservation{}, stale(d.price)
	}
	c := &holdMade{
		State: wire.SoldOutHold, Variant: w.Variant, Offer: w.Offer, Show: w.Show, Quantity: w.Quantity, Parts: d.parts, Price: d.price,
	}
	c.secret.ID, c.secret.Buyer, c.secret.Wish = w.ID, buyer, wish
	switch {
	case fits:
		c.State, c.Offer, c.Tiers, c.Until = wire.Held, d.id(), d.tiers, t.at+t.holdFor
		if err := t.release(giveBack); err != nil {
			return wire.Reservation{}, err
		}
	case w.Wait:
		c.State = wire.Waiting
	}
	if err := t.tell(c); err != nil {
		return wire.Reservation{}, err
	}
	return t.public(t.holds[w.ID]), nil
}

// best is what the buyer gets, and whether there are units for it; if need be once the buyer's own earlier wishes have given
// theirs back.
func (t *tx) best(buyer wire.PersonID, w wire.Reserve) (d deal, giveBack []*Reservation, fits bool, err error) {
	if d, err = t.deal(buyer, w, nil); err != nil {
		return d, nil, false, err
	}
	if t.fits(d, nil) && t.within(buyer, d, w.Quantity, nil) == nil {
		return d, nil, true, nil
	}
	own := t.own(buyer, w)
	if d, err = t.deal(buyer, w, own); err != nil {
		return d, nil, false, err
	}
	return d, own, t.fits(d, own), t.within(buyer, d, w.Quantity, own)
}

func (t *tx) release(list []*Reservation) error {
	for _, r := range list {
		if err := t.move(r, wire.Released, 0); err != nil {
			return err
		}
	}
	return nil
}

func stale(now wire.Money) error {
	return wire.Errorf(wire.StalePrice, "the price is %s now: look at it and try again", now)
}

// deal finds what w gets: its offer, or the first in the order of precedence that is open to the buyer and has units.
func (t *tx) deal(buyer wire.PersonID, w wire.Reserve, giveBack []*Reservation) (deal, error) {
	if w.Offer != "" {
		o, ok := t.offers[w.Offer]
		if !ok || !o.Public {
			return deal{}, wire.Errorf(wire.NotFound, "there is no offer %q", w.Offer)
		}
		if err := o.open(buyer, w.Show, t.at); err != nil {
			return deal{}, err
		}
		return o.deal(w.Quantity, giveBack)
	}
	st, ok := t.stocks[w.Variant]
	if !ok || t.products[st.Product].Hidden {
		return deal{}, wire.Errorf(wire.NotFound, "there is no product %q", w.Variant)
	}
	for _, o := range t.offered[w.Variant] {
		if o.open(buyer, w.Show, t.at) == nil && o.room(giveBack) >= w.Quantity {
			return o.deal(w.Quantity, giveBack)
		}
	}
	price, err := st.Price.Times(int64(w.Quantity))
	return deal{parts: []wire.Part{{Variant: w.Variant, Quantity: w.Quantity}}, price: price}, err
}

// open says why a buyer cannot take the offer now.
func (o *Offer) open(buyer wire.PersonID, show wire.ShowID, at int64) error {
	switch {
	case o.Buyer != "" && o.Buyer != buyer:
		return wire.Errorf(wire.Forbidden, "this offer is somebody else's")
	case o.Show != "" && o.Show != show:
		return wire.Errorf(wire.OfferClosed, "this offer counts only in its show")
	case at < millis(o.From):
		return wire.Errorf(wire.OfferClosed, "this offer has not begun yet")
	case !o.runs(at):
		return wire.Errorf(wire.OfferClosed, "this offer is over")
	}
	return nil
}

// deal is so many units of the offer.
func (o *Offer) deal(units int, giveBack []*Reservation) (deal, error) {
	d := deal{offer: o, parts: make([]wire.Part, len(o.Parts))}
	for i, p := range o.Parts {
		d.parts[i] = wire.Part{Variant: p.Variant, Quantity: p.Quantity * units}
	}
	var err error
	d.price, d.tiers, err = o.price(units, giveBack)
	return d, err
}

// own are the buyer's held reservations of the same thing that no order has: an earlier wish, which never blocks this one.
func (t *tx) own(buyer wire.PersonID, w wire.Reserve) (list []*Reservation) {
	for _, r := range t.byBuyer[buyer] {
		if r.Variant == w.Variant && (r.Offer == w.Offer || w.Variant != "") && r.Order == "" {
			list = append(list, r)
		}
	}
	return list
}

// fits says whether there are units for a deal once these reservations have given theirs back.
func (t *tx) fits(d deal, giveBack []*Reservation) bool {
	for _, p := range d.parts {
		left := t.stocks[p.Variant].Left()
		for _, r := range giveBack {
			left += r.of(p.Variant)
		}
		if left < p.Quantity {
			return false
		}
	}
	if d.offer == nil {
		return true
	}
	units := 0
	for _, n := range d.tiers {
		units += n
	}
	return d.offer.room(giveBack) >= units
}

// within says why a buyer would have too many units once these reservations have given theirs back.
func (t *tx) within(buyer wire.PersonID, d deal, units int, giveBack []*Reservation) error {
	if o := d.offer; o != nil && o.Cap > 0 {
		n := t.bought[buyer][target{offer: o.ID}]
		for _, r := range giveBack {
			if r.Offer == o.ID {
				n -= r.units()
			}
		}
		if n+units > o.Cap {
			return capReached(o.Cap, n)
		}
	}
	for _, p := range d.parts {
		most := t.stocks[p.Variant].Cap
		n := t.bought[buyer][target{variant: p.Variant}]
		for _, r := range giveBack {
			n -= r.of(p.Variant)
		}
		if most > 0 && n+p.Quantity > most {
			return capReached(most, n)
		}
	}
	return nil
}

// of is how many units of a variant a held reservation takes.
func (r *Reservation) of(v wire.VariantID) (n int) {
	for _, p := range r.Parts {
		if p.Variant == v {
			n += p.Quantity
		}
	}
	return n
}

func capReached(most, have int) error {
	return wire.Errorf(wire.CapReached, "one person may have %d of these at most; you have %d", most, have)
}

// move gives a reservation another state.
func (t *tx) move(r *Reservation, to wire.Hold, until int64) error {
	c := &holdMoved{Ref: r.Ref, Show: r.Show, State: to, Until: until, Back: r.Back}
	c.secret.ID, c.secret.Order = r.ID, r.Order
	return t.tell(c)
}

// about asks for one reservation.
func about(id wire.ReservationID) func(*state) Questions {
	return func(*state) Questions { return Questions{Reservations: []wire.ReservationID{id}} }
}

// Release gives a held or waiting reservation back. One that is over already stays as it is.
func (s *Shop) Release(ctx context.Context, buyer wire.PersonID, id wire.ReservationID) (wire.Reservation, error) {
	return do(ctx, s, about(id), func(t *tx) (wire.Reservation, error) {
		r, err := t.ownedBy(buyer, id)
		if err != nil {
			return wire.Reservation{}, err
		}
		switch {
		case r.State == wire.Frozen, r.State == wire.Held && r.Order != "": // an order is paid for as a whole
			return wire.Reservation{}, wire.Errorf(wire.Conflict, "it belongs to an order: cancel that instead")
		case r.State == wire.Held, r.State == wire.Waiting:
			if err := t.move(r, wire.Released, 0); err != nil {
				return wire.Reservation{}, err
			}
		}
		return t.public(r), nil
	})
}

// Reservation is a buyer's reservation as it stands.
func (s *Shop) Reservation(ctx context.Context, buyer wire.PersonID, id wire.ReservationID) (wire.Reservation, error) {
	return do(ctx, s, about(id), func(t *tx) (wire.Reservation, error) {
		r, err := t.ownedBy(buyer, id)
		if err != nil {
			return wire.Reservation{}, err
		}
		return t.public(r), nil
	})
}

func (t *tx) ownedBy(buyer wire.PersonID, id wire.ReservationID) (*Reservation, error) {
	r, ok := t.holds[id]
	if !ok || r.Buyer != buyer {
		return nil, wire.Errorf(wire.NotFound, "you have no such reservation")
	}
	return r, nil
}

// public is a reservation as its buyer sees it.
func (t *tx) public(r *Reservation) wire.Reservation {
	w := r.Reservation
	if r.State == wire.Waiting {
		w.Place = 1 + slices.Index(t.queues[r.target()], r)
	}
	return w
}

// tick lets lapse what is due and gives what came free to those who wait.
func (t *tx) tick() error {
	for len(t.lapses) > 0 && t.lapses[0].at <= t.at {
		l := heap.Pop(&t.lapses).(lapse)
		r, ok := t.holds[wire.ReservationID(l.id)]
		if !ok || r.State != wire.Held || millis(r.Until) != l.at {
			continue
		}
		if err := t.lapse(r); err != nil {
			return err
		}
	}
	for len(t.ends) > 0 && t.ends[0].at <= t.at {
		l := heap.Pop(&t.ends).(lapse)
		o, ok := t.offers[wire.OfferID(l.id)]
		if !ok || o.Ended || millis(o.Until) != l.at {
			continue
		}
		if err := t.end(o); err != nil {
			return err
		}
	}
	return t.serve()
}

// serve gives units that came free to those who wait, in their order. Who asks for more than there are, or than one may have, is
// passed over and keeps the place.
func (t *tx) serve() error {
	if len(t.queues) == 0 {
		return nil
	}
	var waiting []*Reservation
	for f := range t.touched.freed {
		waiting = append(waiting, t.queues[f]...)
	}
	clear(t.touched.freed)
	slices.SortFunc(waiting, func(a, b *Reservation) int { return cmp.Compare(a.Ref, b.Ref) })
	for _, r := range waiting {
		d, err := t.deal(r.Buyer, wire.Reserve{Show: r.Show, Variant: r.Variant, Offer: r.Offer, Quantity: r.Quantity}, nil)
		if err != nil { // its offer is over
			if err := t.move(r, wire.Lapsed, 0); err != nil {
				return err
			}
			continue
		}
		if !t.fits(d, nil) || t.within(r.Buyer, d, r.Quantity, nil) != nil {
			continue
		}
		c := &holdMoved{Ref: r.Ref, Show: r.Show, State: wire.Held, Until: t.at + t.holdFor, Price: &d.price, Offer: d.id(), Tiers: d.tiers}
		c.secret.ID = r.ID
		if err := t.tell(c); err != nil {
			return err
		}
	}
	return nil
}
