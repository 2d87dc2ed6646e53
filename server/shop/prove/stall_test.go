package prove_test

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"vitrine/server/shop"
	"vitrine/server/shop/prove"
	"vitrine/server/wire"
)

// bug is something that is wrong with a stall on purpose.
type bug string

const (
	none         bug = "none"
	checkThenAct bug = "check, then act" // the stock is looked at in one step and taken in another
	lostUpdate   bug = "lost update"     // the stock is read, and written back over what others wrote
	tierLeak     bug = "tier leak"       // released units do not come back to their tier
	bundleStock  bug = "bundle stock"    // a bundle takes the stock of its first part only
	unitLeak     bug = "unit leak"       // released units do not come back into stock
	keyForgotten bug = "key forgotten"   // a key that comes again is a new wish
)

// stall is a second, much smaller shop, which tells the same kind of ledger. It is there to have bugs: nothing lapses, and what
// is ordered is paid at once.
type stall struct {
	bug  bug
	bank *Bank

	mu      sync.Mutex
	head    shop.Head
	entries []shop.Entry
	stock   map[wire.VariantID]*goods
	offers  map[wire.OfferID]*deal
	holds   map[wire.ReservationID]*booking
	orders  map[wire.OrderID]*purchase
}

type goods struct {
	total, taken int
	price        int64
}

type deal struct {
	wire.Offer
	gone []int
}

type booking struct {
	wire.Reservation
	ref   int64
	buyer wire.PersonID
	parts []wire.Part
	tiers []int
}

type purchase struct {
	wire.Order
	holds []*booking
}

func newStall(b bug, bank *Bank) *stall {
	return &stall{
		bug: b, bank: bank, stock: map[wire.VariantID]*goods{}, offers: map[wire.OfferID]*deal{}, holds: map[wire.ReservationID]*booking{},
		orders: map[wire.OrderID]*purchase{},
	}
}

type fields map[string]any

func (s *stall) tell(kind shop.Kind, public, private any) int64 {
	e := shop.Entry{Seq: s.head.Seq + 1, At: time.Now().UnixMilli(), Kind: kind}
	e.Public, _ = json.Marshal(public) // plain values
	e.Private, _ = json.Marshal(private)
	e.Hash = shop.Chain(s.head.Hash, e.Digest())
	s.head = shop.Head{Seq: e.Seq, At: e.At, Hash: e.Hash}
	s.entries = append(s.entries, e)
	return e.Seq
}

// Do implements counter.
func (s *stall) Do(ask Ask) (a Answer, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch ask.What {
	case prove.Reserve:
		a.Hold, a.Code = s.reserve(ask.Buyer, ask.Reserve)
	case prove.Release, prove.Look:
		a.Hold, a.Code = s.release(wire.ReservationID(ask.Key), ask.What == prove.Release)
	case prove.Place:
		a.Order, a.Code = s.place(ask.Buyer, ask.Checkout)
	case prove.Cancel:
		a.Order, a.Code = s.cancel(wire.OrderID(ask.Key))
	case prove.Stock:
		s.tell(shop.StockKind, fields{"variant": ask.Reserve.Variant, "units": max(1, ask.Units)}, fields{"reason": ask.Key})
		s.stock[ask.Reserve.Variant].total += max(1, ask.Units)
	case putProduct:
		v := ask.Product.Variants[0]
		s.stock[v.ID] = &goods{total: v.Stock, price: v.Price.Minor}
		s.tell(shop.ProductKind, fields{"variants": []fields{{"variant": v.ID, "price": v.Price, "total": v.Stock}}}, fields{})
	case putOffer:
		s.offers[ask.Offer.ID] = &deal{ask.Offer, make([]int, len(ask.Offer.Tiers)+1)}
		s.tell(shop.OfferKind, fields{"offer": ask.Offer}, fields{})
	case putCoupon:
	default:
		a.Code = wire.Conflict
	}
	return a, nil
}

func (s *stall) reserve(buyer wire.PersonID, w wire.Reserve) (wire.Reservation, wire.Code) {
	if h := s.holds[w.ID]; h != nil && s.bug != keyForgotten {
		return h.Reservation, ""
	}
	if w.Variant == "lamp" || w.Offer == "few" { // caps are no matter of a stall
		return wire.Reservation{}, wire.CapReached
	}
	for _, h := range s.holds {
		if h.buyer == buyer && h.State == wire.Held && h.Order == "" && h.Variant == w.Variant {
			s.free(h, wire.Released)
		}
	}
	h := &booking{
		Reservation: wire.Reservation{ID: w.ID, State: wire.SoldOutHold, Variant: w.Variant, Offer: w.Offer, Quantity: w.Quantity},
		buyer:       buyer, parts: s.parts(w),
	}
	if s.take(h) {
		h.State = wire.Held
	}
	if other := s.holds[w.ID]; other != nil && s.bug != keyForgotten { // while it was not looking
		return other.Reservation, ""
	}
	s.price(h)
	public := fields{"state": h.State, "variant": h.Variant, "offer": h.Offer, "quantity": h.Quantity, "parts": h.parts, "tiers": h.tiers, "price": h.Price}
	if h.State == wire.Held {
		public["until"] = time.Now().Add(time.Hour).UnixMilli()
	}
	h.ref = s.tell(shop.HoldKind, public, fields{"id": h.ID, "buyer": buyer})
	s.holds[w.ID] = h
	return h.Reservation, ""
}

// parts are what a wish takes.
func (s *stall) parts(w wire.Reserve) (list []wire.Part) {
	if w.Variant != "" {
		return []wire.Part{{Variant: w.Variant, Quantity: w.Quantity}}
	}
	for _, p := range s.offers[w.Offer].Parts {
		list = append(list, wire.Part{Variant: p.Variant, Quantity: p.Quantity * w.Quantity})
	}
	return list
}

// take takes units out of stock, if they are there. Two of the bugs look away in between.
func (s *stall) take(h *booking) bool {
	counted := h.parts
	if s.bug == bundleStock {
		counted = h.parts[:1]
	}
	before := map[wire.VariantID]int{}
	for _, p := range counted {
		g := s.stock[p.Variant]
		if before[p.Variant] = g.taken; g.total-g.taken < p.Quantity {
			return false
		}
	}
	if s.bug == checkThenAct || s.bug == lostUpdate {
		s.mu.Unlock()
		time.Sleep(time.Millisecond)
		s.mu.Lock()
	}
	for _, p := range counted {
		g := s.stock[p.Variant]
		if s.bug != lostUpdate {
			before[p.Variant] = g.taken
		}
		g.taken = before[p.Variant] + p.Quantity
	}
	return true
}

// price takes units from an offer: scarves are sold in tiers.
func (s *stall) price(h *booking) {
	h.Price = eur(0)
	if h.Variant == "scarf" {
		h.Offer = "tiers"
	}
	o := s.offers[h.Offer]
	if o == nil {
		h.Price.Minor = s.stock[h.Variant].price * int64(h.Quantity)
		return
	}
	rest := h.Quantity
	h.tiers = make([]int, len(o.gone))
	for i, t := range o.Tiers {
		h.tiers[i] = max(0, min(rest, t.Units-o.gone[i]))
		rest -= h.tiers[i]
		h.Price.Minor += t.Price.Minor * int64(h.tiers[i])
	}
	h.tiers[len(o.Tiers)] = rest
	h.Price.Minor += o.Price.Minor * int64(rest)
	if h.State == wire.Held {
		for i, n := range h.tiers {
			o.gone[i] += n
		}
	}
}

func (s *stall) move(h *booking, to wire.Hold) {
	back := 0
	if h.State = to; to == wire.Returned {
		back = h.Quantity
	}
	s.tell(shop.MoveKind, fields{"ref": h.ref, "state": to, "back": back}, fields{"id": h.ID, "order": h.Order})
}

// free gives the units of a reservation back.
func (s *stall) free(h *booking, to wire.Hold) {
	for i, p := range h.parts {
		if s.bug != unitLeak && (s.bug != bundleStock || i == 0) {
			s.stock[p.Variant].taken -= p.Quantity
		}
	}
	if o := s.offers[h.Offer]; o != nil && s.bug != tierLeak {
		for i, n := range h.tiers {
			o.gone[i] -= n
		}
	}
	s.move(h, to)
}

func (s *stall) release(id wire.ReservationID, really bool) (wire.Reservation, wire.Code) {
	h := s.holds[id]
	switch {
	case h == nil:
		return wire.Reservation{}, wire.NotFound
	case really && h.State == wire.Held:
		s.free(h, wire.Released)
	}
	return h.Reservation, ""
}

func (s *stall) place(buyer wire.PersonID, c wire.Checkout) (wire.Order, wire.Code) {
	if o := s.orders[c.ID]; o != nil {
		return o.Order, ""
	}
	o := &purchase{Order: wire.Order{ID: c.ID, Number: int64(len(s.orders) + 1), State: wire.OrderCaptured, Refunded: eur(0)}}
	total := eur(0)
	var refs []int64
	for _, id := range c.Reservations {
		h := s.holds[id]
		if h == nil || h.State != wire.Held || slices.Contains(o.holds, h) {
			return wire.Order{}, wire.Conflict
		}
		o.holds, refs = append(o.holds, h), append(refs, h.ref)
		total.Minor += h.Price.Minor
	}
	if o.Totals.Total = total; total != c.Total {
		return wire.Order{}, wire.StalePrice
	}
	s.tell(shop.OrderKind, fields{"number": o.Number, "reservations": refs, "totals": o.Totals}, fields{"order": fields{"id": o.ID, "buyer": buyer}})
	ctx := context.Background()
	p, err := s.bank.Start(ctx, wire.Charge{Order: o.ID, Attempt: 1, Amount: total})
	_, err2 := s.bank.Capture(ctx, p.Ref, "take-"+string(o.ID), total)
	if cmp.Or(err, err2) != nil {
		return wire.Order{}, wire.Internal
	}
	s.tell(shop.PayKind, fields{"number": o.Number, "state": o.State, "refunded": o.Refunded}, fields{})
	for _, h := range o.holds {
		h.Order = o.ID
		s.move(h, wire.Sold)
	}
	s.orders[o.ID] = o
	return o.Order, ""
}

func (s *stall) cancel(id wire.OrderID) (wire.Order, wire.Code) {
	o := s.orders[id]
	if o == nil {
		return wire.Order{}, wire.NotFound
	}
	if o.State == wire.OrderCancelled {
		return o.Order, ""
	}
	if _, err := s.bank.Refund(context.Background(), "test_"+string(id)+"_1", "back-"+string(id), o.Totals.Total); err != nil {
		return wire.Order{}, wire.Internal
	}
	o.State, o.Refunded = wire.OrderCancelled, o.Totals.Total
	s.tell(shop.PayKind, fields{"number": o.Number, "state": o.State, "refunded": o.Refunded}, fields{})
	for _, h := range o.holds {
		s.free(h, wire.Returned)
	}
	return o.Order, ""
}
