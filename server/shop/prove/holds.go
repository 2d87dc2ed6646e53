package prove

import (
	"slices"

	"vitrine/server/shop"
	"vitrine/server/wire"
)

// made is a wish and its decision.
func (b *book) made(e *shop.Entry) error {
	var p struct {
		State    wire.Hold      `json:"state"`
		Variant  wire.VariantID `json:"variant"`
		Offer    wire.OfferID   `json:"offer"`
		Quantity int            `json:"quantity"`
		Parts    []wire.Part    `json:"parts"`
		Tiers    []int          `json:"tiers"`
		Price    wire.Money     `json:"price"`
		Until    int64          `json:"until"`
	}
	var secret struct {
		ID    wire.ReservationID `json:"id"`
		Buyer wire.PersonID      `json:"buyer"`
	}
	if err := decode(e, &p, &secret); err != nil {
		return err
	}
	h := &hold{
		id: secret.ID, ref: e.Seq, buyer: secret.Buyer, variant: p.Variant, offer: p.Offer, quantity: p.Quantity, parts: p.Parts,
		price: p.Price.Minor, until: p.Until,
	}
	if b.holds[h.id] != nil {
		b.v.wrong(Repeated, "entry %d: the key of reservation %d is decided again", e.Seq, b.holds[h.id].ref)
	}
	b.holds[h.id], b.byRef[h.ref] = h, h
	b.parts(h)
	switch p.State {
	case wire.Held:
		b.granted(h, p.Tiers, true)
	case wire.SoldOutHold:
		b.refused(h)
	case wire.Waiting:
	default:
		b.v.wrong(Legal, "entry %d: a reservation begins %s", e.Seq, p.State)
	}
	b.set(h, p.State, p.Tiers, 0)
	return nil
}

// parts looks whether a reservation takes what was wished.
func (b *book) parts(h *hold) {
	want := []wire.Part{{Variant: h.variant, Quantity: h.quantity}}
	if h.variant == "" {
		o := b.offers[h.offer]
		if o == nil {
			b.v.wrong(Parts, "entry %d: the offer %q is unknown", b.seq, h.offer)
			return
		}
		want = nil
		for _, p := range o.Parts {
			want = append(want, wire.Part{Variant: p.Variant, Quantity: p.Quantity * h.quantity})
		}
	}
	if !slices.Equal(want, h.parts) {
		b.v.wrong(Parts, "entry %d takes %v; its wish is made of %v", b.seq, h.parts, want)
	}
}

// granted looks from where units come and what they cost. The price of units that are taken again was frozen before.
func (b *book) granted(h *hold, tiers []int, fresh bool) {
	if h.offer == "" {
		if s := b.stocks[h.variant]; s != nil && fresh && h.price != s.price*int64(h.quantity) {
			b.v.wrong(Tiered, "entry %d: %d units cost %d, each %d", b.seq, h.quantity, h.price, s.price)
		}
		return
	}
	o := b.offers[h.offer]
	if o == nil {
		return
	}
	if fresh && (b.at < o.From.UnixMilli() || !o.Until.IsZero() && b.at >= o.Until.UnixMilli()) {
		b.v.wrong(Timely, "entry %d at %d: the offer %s is from %d to %d", b.seq, b.at, h.offer, o.From.UnixMilli(), o.Until.UnixMilli())
	}
	want, rest, cost := make([]int, len(o.Tiers)+1), h.quantity, int64(0)
	for i, t := range o.Tiers {
		want[i] = max(0, min(rest, t.Units-o.gone[i]))
		rest -= want[i]
		cost += int64(want[i]) * t.Price.Minor
	}
	want[len(o.Tiers)] = rest
	cost += int64(rest) * o.Price.Minor
	if !slices.Equal(want, tiers) || fresh && cost != h.price {
		b.v.wrong(Tiered, "entry %d takes %v of %s for %d; %v are next, for %d", b.seq, tiers, h.offer, h.price, want, cost)
	}
}

// refused looks whether there were too few units at the very entry: free ones, and those that the buyer would have given back for
// them. What should have lapsed has.
func (b *book) refused(h *hold) {
	b.v.SoldOut++
	for _, list := range b.held {
		for o := range list {
			if o.until <= b.at {
				b.v.wrong(Timely, "entry %d at %d: reservation %d should have lapsed at %d", b.seq, b.at, o.ref, o.until)
			}
		}
	}
	own := map[wire.VariantID]int{}
	units := 0
	for o := range b.held[h.buyer] {
		if o.order != "" || o.variant != h.variant || h.variant == "" && o.offer != h.offer {
			continue
		}
		for _, p := range o.parts {
			own[p.Variant] += p.Quantity
		}
		if o.offer == h.offer {
			units += o.units()
		}
	}
	for _, p := range h.parts {
		if s := b.stocks[p.Variant]; s == nil || s.left()+own[p.Variant] < p.Quantity {
			return
		}
	}
	if o := b.offers[h.offer]; o != nil && o.room()+units < h.quantity {
		return
	}
	b.v.wrong(FalselyOut, "entry %d: %d of %s%s are refused, and there are as many", b.seq, h.quantity, h.variant, h.offer)
}

// moves are the changes of state that can be.
var moves = map[wire.Hold][]wire.Hold{
	wire.Held:    {wire.Held, wire.Frozen, wire.Sold, wire.Lapsed, wire.Released},
	wire.Frozen:  {wire.Held, wire.Sold, wire.Lapsed, wire.Released},
	wire.Waiting: {wire.Held, wire.Lapsed, wire.Released},
	wire.Lapsed:  {wire.Frozen, wire.Sold}, // paid late, and the units are there
	wire.Sold:    {wire.Sold, wire.Returned},
}

func (b *book) moved(e *shop.Entry) error {
	var p struct {
		Ref   int64        `json:"ref"`
		State wire.Hold    `json:"state"`
		Until int64        `json:"until"`
		Price *wire.Money  `json:"price"`
		Offer wire.OfferID `json:"offer"`
		Tiers []int        `json:"tiers"`
		Back  int          `json:"back"`
	}
	var secret struct {
		Order wire.OrderID `json:"order"`
	}
	if err := decode(e, &p, &secret); err != nil {
		return err
	}
	h := b.byRef[p.Ref]
	if h == nil {
		b.v.wrong(Legal, "entry %d moves reservation %d, which is unknown", e.Seq, p.Ref)
		return nil
	}
	if !slices.Contains(moves[h.state], p.State) || p.Back < h.back || p.Back > h.quantity {
		b.v.wrong(Legal, "entry %d: reservation %d goes from %s (%d back) to %s (%d back)", e.Seq, h.ref, h.state, h.back, p.State, p.Back)
	}
	if p.State == wire.Lapsed && h.state == wire.Held && h.order == "" && b.at < h.until {
		b.v.wrong(Timely, "entry %d at %d: reservation %d lapses before %d", e.Seq, b.at, h.ref, h.until)
	}
	if p.Price != nil {
		h.price, h.offer = p.Price.Minor, p.Offer
	}
	if !takes(h.state) && takes(p.State) {
		b.granted(h, p.Tiers, p.Price != nil)
	}
	tiers := h.tiers
	if p.Tiers != nil {
		tiers = p.Tiers
	}
	h.until, h.order = p.Until, secret.Order
	b.set(h, p.State, tiers, p.Back)
	return nil
}

// set gives a reservation its state, and counts what it takes.
func (b *book) set(h *hold, state wire.Hold, tiers []int, back int) {
	before := h.units()
	b.offered(h, -1)
	h.state, h.tiers, h.back = state, tiers, back
	b.offered(h, 1)
	h.steps = append(h.steps, step{seq: b.seq, hold: state, price: h.price})
	if h.state == wire.Held {
		if b.held[h.buyer] == nil {
			b.held[h.buyer] = map[*hold]bool{}
		}
		b.held[h.buyer][h] = true
	} else if delete(b.held[h.buyer], h); len(b.held[h.buyer]) == 0 {
		delete(b.held, h.buyer)
	}
	units := h.units() - before
	if units == 0 {
		return
	}
	for _, p := range h.parts {
		s := b.stocks[p.Variant]
		if s == nil {
			continue
		}
		n := p.Quantity / h.quantity * units
		b.shift(p.Variant, s, n)
		s.claims[h.buyer] += n
		if n > 0 && s.cap > 0 && s.claims[h.buyer] > s.cap {
			b.v.wrong(Capped, "entry %d: %s has %d of %s, and may have %d", b.seq, h.buyer, s.claims[h.buyer], p.Variant, s.cap)
		}
	}
	o := b.offers[h.offer]
	if o == nil {
		return
	}
	o.line.add(b.seq, o.room())
	if o.room() < 0 {
		b.v.wrong(Oversold, "entry %d: the offer %s has %d units, %v are held or sold", b.seq, h.offer, o.Units, o.gone)
	}
	o.claims[h.buyer] += units
	if units > 0 && o.Cap > 0 && o.claims[h.buyer] > o.Cap {
		b.v.wrong(Capped, "entry %d: %s has %d of offer %s, and may have %d", b.seq, h.buyer, o.claims[h.buyer], h.offer, o.Cap)
	}
}

// offered counts a reservation's units in its offer's tiers; those that came back are from the last tier on.
func (b *book) offered(h *hold, sign int) {
	o := b.offers[h.offer]
	if o == nil || !takes(h.state) {
		return
	}
	back := h.back
	for i := len(h.tiers) - 1; i >= 0; i-- {
		gone := min(back, h.tiers[i])
		back -= gone
		o.gone[i] += sign * (h.tiers[i] - gone)
		if sign > 0 && i < len(o.Tiers) && o.gone[i] > o.Tiers[i].Units {
			b.v.wrong(Oversold, "entry %d: tier %d of %s has %d units, %d are held or sold", b.seq, i+1, h.offer, o.Tiers[i].Units, o.gone[i])
		}
	}
}
