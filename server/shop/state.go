package shop

import (
	"cmp"
	"container/heap"
	"errors"
	"fmt"
	"maps"
	"slices"

	"vitrine/server/wire"
)

// state is the shop as the ledger tells it. It holds all products, stocks and offers, the reservations and orders that may
// still change by themselves, and for the time of a batch what the batch asks for. It belongs to the writer.
type state struct {
	head     Head
	products map[wire.ProductID]*Product
	stocks   map[wire.VariantID]*Stock
	offers   map[wire.OfferID]*Offer
	offered  map[wire.VariantID][]*Offer // public offers of a variant that have not ended, in their order of precedence
	holds    map[wire.ReservationID]*Reservation
	byBuyer  map[wire.PersonID][]*Reservation // held ones
	queues   map[target][]*Reservation        // waiting ones, by Ref
	lapses   lapses
	ends     lapses // of offers
	orders   map[wire.OrderID]*Order
	orderNo  int64
	coupons  map[wire.CouponCode]*CouponUse
	ordersOf map[wire.PersonID]map[wire.OrderID]bool // of buyers whose coupons the batch counts, and those that it makes
	bought   map[wire.PersonID]map[target]int        // units held or sold, of those who were counted
	waits    map[wire.PersonID]int                   // waiting reservations
	late     map[wire.PersonID]bool                  // who wait and were not counted
	touched  touched
	guests   []wire.ReservationID // settled ones that the batch asked for
	invited  []wire.OrderID
}

// touched is what changed since the last batch was closed.
type touched struct {
	products map[wire.ProductID]bool
	stocks   map[wire.VariantID]bool
	offers   map[wire.OfferID]bool
	holds    map[wire.ReservationID]bool
	orders   map[wire.OrderID]bool
	coupons  map[wire.CouponCode]bool
	buyers   map[wire.PersonID]bool // whose units moved or were counted, or who wait no more
	freed    map[target]bool        // units came free that somebody may wait for
}

func newTouched() touched {
	return touched{
		map[wire.ProductID]bool{},
		map[wire.VariantID]bool{},
		map[wire.OfferID]bool{},
		map[wire.ReservationID]bool{},
		map[wire.OrderID]bool{},
		map[wire.CouponCode]bool{},
		map[wire.PersonID]bool{},
		map[target]bool{},
	}
}

func newState() *state {
	return &state{
		products: map[wire.ProductID]*Product{}, stocks: map[wire.VariantID]*Stock{}, offers: map[wire.OfferID]*Offer{},
		offered: map[wire.VariantID][]*Offer{}, holds: map[wire.ReservationID]*Reservation{},
		byBuyer: map[wire.PersonID][]*Reservation{}, queues: map[target][]*Reservation{}, orders: map[wire.OrderID]*Order{},
		coupons: map[wire.CouponCode]*CouponUse{}, ordersOf: map[wire.PersonID]map[wire.OrderID]bool{},
		bought: map[wire.PersonID]map[target]int{}, waits: map[wire.PersonID]int{}, late: map[wire.PersonID]bool{}, touched: newTouched(),
	}
}

// take puts what the store has into an empty state.
func (s *state) take(saved *Saved) {
	s.head, s.orderNo = saved.Head, saved.Orders
	for _, p := range saved.Products {
		s.products[p.ID] = p
	}
	for _, st := range saved.Stocks {
		s.stocks[st.Variant] = st
	}
	for _, o := range saved.Offers {
		s.offers[o.ID] = o
	}
	for _, c := range saved.Coupons {
		s.coupons[c.Code] = c
	}
	for id := range s.stocks {
		s.reoffer(id)
	}
	for _, o := range s.offers {
		s.willEnd(o)
	}
	slices.SortFunc(saved.Active, func(a, b *Reservation) int { return cmp.Compare(a.Ref, b.Ref) })
	for _, r := range saved.Active {
		s.hold(r)
	}
	for _, o := range saved.Open {
		s.orders[o.ID] = o
	}
}

// hold puts a reservation where its state belongs.
func (s *state) hold(r *Reservation) {
	s.holds[r.ID] = r
	switch r.State {
	case wire.Held:
		s.byBuyer[r.Buyer] = append(s.byBuyer[r.Buyer], r)
		heap.Push(&s.lapses, lapse{millis(r.Until), string(r.ID)})
	case wire.Waiting:
		t := r.target()
		s.queues[t] = append(s.queues[t], r)
		s.waits[r.Buyer]++
		if s.bought[r.Buyer] == nil {
			s.late[r.Buyer] = true
		}
	default:
	}
}

// unhold takes a reservation out of where its state belongs.
func (s *state) unhold(r *Reservation) {
	without := func(list []*Reservation) []*Reservation {
		return slices.DeleteFunc(list, func(o *Reservation) bool { return o == r })
	}
	switch r.State {
	case wire.Held: // lapses passes over it
		if s.byBuyer[r.Buyer] = without(s.byBuyer[r.Buyer]); len(s.byBuyer[r.Buyer]) == 0 {
			delete(s.byBuyer, r.Buyer)
		}
	case wire.Waiting:
		t := r.target()
		if s.queues[t] = without(s.queues[t]); len(s.queues[t]) == 0 {
			delete(s.queues, t)
		}
		if s.waits[r.Buyer]--; s.waits[r.Buyer] == 0 {
			delete(s.waits, r.Buyer)
			delete(s.late, r.Buyer)
			s.touched.buyers[r.Buyer] = true
		}
	default:
	}
}

// rank is the order of precedence among the offers of a variant: the lower one counts.
var rank = map[wire.OfferKind]int{wire.Personal: 0, wire.Tiered: 1, wire.Flash: 2, wire.Limited: 3, wire.Exclusive: 4}

// reoffer lists the offers of a variant anew.
func (s *state) reoffer(v wire.VariantID) {
	list := slices.DeleteFunc(slices.Collect(maps.Values(s.offers)), func(o *Offer) bool {
		return o.Kind == wire.Bundle || !o.Public || o.Ended || o.Parts[0].Variant != v
	})
	slices.SortFunc(list, func(a, b *Offer) int {
		return cmp.Or(cmp.Compare(rank[a.Kind], rank[b.Kind]), a.From.Compare(b.From), cmp.Compare(a.ID, b.ID))
	})
	s.offered[v] = list
}

// errOversold is a change that would promise units that are not there. Decisions prevent it; this stops what they missed.
var errOversold = errors.New("more units would be promised than there are")

// footing is how many units a reservation holds and has bought.
type footing struct{ held, sold int }

func (r *Reservation) footing() footing {
	switch {
	case r.State == wire.Sold:
		return footing{sold: r.units()}
	default:
		return footing{held: r.units()}
	}
}

// shift counts what a reservation takes now, where it took before until now; back is how many units had come back by then.
func (s *state) shift(r *Reservation, before footing, back int) error {
	now := r.footing()
	held, sold := now.held-before.held, now.sold-before.sold
	if held == 0 && sold == 0 {
		return nil
	}
	for _, p := range r.Parts {
		st, ok := s.stocks[p.Variant]
		if !ok {
			return fmt.Errorf("reservation %d takes the unknown variant %q", r.Ref, p.Variant)
		}
		each := p.Quantity / r.Quantity
		st.Held += each * held
		st.Sold += each * sold
		if st.Left() < 0 || st.Held < 0 || st.Sold < 0 {
			return fmt.Errorf("variant %q: %w", p.Variant, errOversold)
		}
		st.Version++
		s.touched.stocks[p.Variant] = true
		s.moved(r.Buyer, target{variant: p.Variant}, each*(held+sold))
		if held+sold < 0 {
			s.freed(p.Variant)
		}
	}
	if r.Offer == "" || held+sold == 0 {
		return nil
	}
	o, ok := s.offers[r.Offer]
	if !ok {
		return fmt.Errorf("reservation %d takes the unknown offer %q", r.Ref, r.Offer)
	}
	s.moved(r.Buyer, target{offer: o.ID}, held+sold)
	s.touched.offers[o.ID] = true
	if held+sold < 0 {
		s.touched.freed[target{offer: o.ID}] = true
	}
	return o.count(r, held+sold, back)
}

// count moves units between an offer and a reservation, of which so many had come back before. Units come back from the last
// tier on.
func (o *Offer) count(r *Reservation, units, back int) error {
	sign := 1
	if units < 0 {
		sign, units = -1, -units
	}
	for i := len(r.Tiers) - 1; i >= 0 && units > 0; i-- {
		here := max(0, r.Tiers[i]-back)
		back = max(0, back-r.Tiers[i])
		n := min(units, here)
		units -= n
		o.Gone[i] += sign * n
		if o.Gone[i] < 0 || i < len(o.Tiers) && o.Gone[i] > o.Tiers[i].Units {
			return fmt.Errorf("offer %q, tier %d: %w", o.ID, i+1, errOversold)
		}
	}
	if o.room(nil) < 0 {
		return fmt.Errorf("offer %q: %w", o.ID, errOversold)
	}
	return nil
}

// freed notes whoever may wait for units of a variant.
func (s *state) freed(v wire.VariantID) {
	s.touched.freed[target{variant: v}] = true
	for t := range s.queues {
		if t.offer == "" {
			continue
		}
		if slices.ContainsFunc(s.offers[t.offer].Parts, func(p wire.Part) bool { return p.Variant == v }) {
			s.touched.freed[t] = true
		}
	}
}

// moved counts units that a buyer has more.
func (s *state) moved(buyer wire.PersonID, t target, units int) {
	if units == 0 {
		return
	}
	s.touched.buyers[buyer] = true
	if counts := s.bought[buyer]; counts != nil {
		counts[t] += units
	}
}

// parting is whom the state may forget once a batch is stored: what it changed or asked for. Until then the store does not know of it.
type parting struct {
	holds  []wire.ReservationID
	orders []wire.OrderID
	buyers map[wire.PersonID]bool
}

// part begins a new batch.
func (s *state) part() parting {
	p := parting{s.guests, s.invited, s.touched.buyers}
	for id := range s.touched.holds {
		p.holds = append(p.holds, id)
	}
	for id := range s.touched.orders {
		p.orders = append(p.orders, id)
	}
	s.guests, s.invited, s.touched = nil, nil, newTouched()
	return p
}

// forget drops what is settled and nobody asks for any more. What has changed since then is the next batch's.
func (s *state) forget(p parting) {
	for _, id := range p.holds {
		if r, ok := s.holds[id]; ok && !active(r.State) && !s.touched.holds[id] {
			delete(s.holds, id)
		}
	}
	for _, id := range p.orders {
		if o, ok := s.orders[id]; ok && !o.Open() && !s.touched.orders[id] {
			delete(s.orders, id)
		}
	}
	for b := range p.buyers {
		if s.waits[b] == 0 && !s.touched.buyers[b] {
			delete(s.bought, b)
		}
	}
}

// willEnd notes when an offer ends.
func (s *state) willEnd(o *Offer) {
	if o.Public && !o.Ended && !o.Until.IsZero() {
		heap.Push(&s.ends, lapse{millis(o.Until), string(o.ID)})
	}
}

// lapse is when a reservation lapses or an offer ends, unless something happened to it before.
type lapse struct {
	at int64
	id string
}

// lapses is a heap, the next lapse first.
type lapses []lapse

func (l lapses) Len() int           { return len(l) }
func (l lapses) Less(i, j int) bool { return l[i].at < l[j].at }
func (l lapses) Swap(i, j int)      { l[i], l[j] = l[j], l[i] }
func (l *lapses) Push(x any)        { *l = append(*l, x.(lapse)) }
func (l *lapses) Pop() any {
	x := (*l)[len(*l)-1]
	*l = (*l)[:len(*l)-1]
	return x
}

// owns notes an order of a buyer.
func (s *state) owns(buyer wire.PersonID, id wire.OrderID) {
	if s.ordersOf[buyer] == nil {
		s.ordersOf[buyer] = map[wire.OrderID]bool{}
	}
	s.ordersOf[buyer][id] = true
}

// learn takes in what the store knows beside what was loaded. What is here already is newer.
func (s *state) learn(a Answers) {
	for _, r := range a.Reservations {
		if s.holds[r.ID] == nil {
			s.holds[r.ID] = r
			s.guests = append(s.guests, r.ID)
		}
	}
	for _, o := range a.Orders {
		if s.orders[o.ID] == nil {
			s.orders[o.ID] = o
			s.invited = append(s.invited, o.ID)
		}
		s.owns(o.Buyer, o.ID)
	}
	for _, r := range a.Bought {
		for _, p := range r.Parts {
			s.bought[r.Buyer][target{variant: p.Variant}] += p.Quantity / r.Quantity * r.units()
		}
		if r.Offer != "" {
			s.bought[r.Buyer][target{offer: r.Offer}] += r.units()
		}
	}
}

// uncounted leaves those buyers whose units are not counted yet, each once, and counts on the answer about them.
func (s *state) uncounted(list []wire.PersonID) []wire.PersonID {
	return slices.DeleteFunc(list, func(b wire.PersonID) bool {
		if s.bought[b] != nil {
			return true
		}
		s.bought[b], s.touched.buyers[b] = map[target]int{}, true
		delete(s.late, b)
		return false
	})
}
