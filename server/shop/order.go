package shop

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"vitrine/server/wire"
)

// payWithin is how long a payment that has begun may take before it is let go of: a bank transfer in days, the others while
// the buyer sits there.
var payWithin = map[wire.PayMethod]time.Duration{wire.PayTransfer: 7 * 24 * time.Hour}

const usualPayWithin = 15 * time.Minute

// Open says whether an order may still change by itself.
func (o *Order) Open() bool {
	switch o.State {
	case wire.OrderHeld, wire.OrderAuthorising, wire.OrderAuthorised, wire.OrderFailed:
		return true
	default:
		return slices.ContainsFunc(o.Payments, func(p Payment) bool { return p.due() > 0 || p.Stop != "" })
	}
}

// unpaid says whether the buyer may begin to pay.
func (o *Order) unpaid() bool { return o.State == wire.OrderHeld || o.State == wire.OrderFailed }

// Place makes an order of a buyer's reservations and begins its payment: from then on they do not lapse. The same request with
// the same ID gets the order as it stands. Errors have the codes Invalid, NotFound, Conflict for reservations that have lapsed,
// KeyReused, StalePrice, and those of coupons and shipping. The payment's own failure is no error of Place: the order says it.
func (s *Shop) Place(ctx context.Context, buyer wire.PersonID, c wire.Checkout) (wire.Placed, error) {
	if err := s.validate(c); err != nil {
		return wire.Placed{}, err
	}
	wish, err := s.wishOf(buyer, c)
	if err != nil {
		return wire.Placed{}, err
	}
	sealed, err := s.seal(ctx, buyer, c.ID, c.Contact)
	if err != nil {
		return wire.Placed{}, err
	}
	asks := func(st *state) Questions {
		q := Questions{Reservations: c.Reservations, Orders: []wire.OrderID{c.ID}}
		if len(c.Coupons) > 0 {
			q.Customers = []wire.PersonID{buyer}
		}
		return q
	}
	o, err := do(ctx, s, asks, func(t *tx) (wire.Order, error) { return t.place(s.c.Terms, buyer, c, wish, sealed) })
	if err != nil {
		return wire.Placed{}, err
	}
	return s.payNow(ctx, o), nil
}

// payNow asks an order's provider at once. If that fails the cashier goes on, and the order says how far it is.
func (s *Shop) payNow(ctx context.Context, o wire.Order) wire.Placed {
	if o.State == wire.OrderAuthorising || o.State == wire.OrderAuthorised {
		if placed, err := s.advance(ctx, o.ID); err == nil && placed != nil {
			return *placed
		}
	}
	return wire.Placed{Order: o}
}

func (s *Shop) validate(c wire.Checkout) error {
	if err := wire.ValidKey("an order's idempotency key", c.ID); err != nil {
		return err
	}
	if n := len(c.Reservations); n == 0 || n > wire.MaxCart {
		return wire.Errorf(wire.Invalid, "an order has 1 to %d reservations; got %d", wire.MaxCart, n)
	}
	if s.c.Pay[c.Pay] == nil {
		return wire.Errorf(wire.Invalid, "this shop cannot be paid by %q", c.Pay)
	}
	if err := c.Total.Validate(); err != nil {
		return err
	}
	return c.Contact.Validate()
}

// seal encrypts a contact for the store.
func (s *Shop) seal(ctx context.Context, person wire.PersonID, order wire.OrderID, c wire.Contact) ([]byte, error) {
	if s.c.Seal == nil {
		return nil, nil
	}
	plain, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("write a contact: %w", err)
	}
	sealed, err := s.c.Seal(ctx, person, order, plain)
	if err != nil {
		return nil, fmt.Errorf("encrypt a contact: %w", err)
	}
	return sealed, nil
}

func (t *tx) place(terms Terms, buyer wire.PersonID, c wire.Checkout, wish Sum, sealed []byte) (wire.Order, error) {
	if o, ok := t.orders[c.ID]; ok {
		if o.Wish != wish {
			return wire.Order{}, keyReused()
		}
		return o.clone().Order, nil
	}
	list, err := t.ready(buyer, c.Reservations)
	if err != nil {
		return wire.Order{}, err
	}
	coupons, err := t.redeem(buyer, c.Coupons, list)
	if err != nil {
		return wire.Order{}, err
	}
	quote, err := terms.Quote(t.items(list), c.Contact.Address, coupons, c.Shipping)
	if err != nil {
		return wire.Order{}, err
	}
	if quote.Totals.Total != c.Total {
		return wire.Order{}, wire.Errorf(wire.StalePrice, "the order costs %s: look at it and try again", quote.Totals.Total)
	}
	o := &Order{Order: wire.Order{
		ID: c.ID, Number: t.orderNo + 1, State: wire.OrderHeld, Lines: quote.Lines, Totals: quote.Totals, Coupons: codes(coupons),
		Shipping: quote.Shipping.Name, Pay: c.Pay, Made: timeOf(t.at), Refunded: wire.Money{Currency: c.Total.Currency},
	}, Buyer: buyer, Wish: wish}
	made := &orderMade{Number: o.Number, Show: list[0].Show, Totals: o.Totals}
	for _, r := range list {
		made.Holds = append(made.Holds, r.Ref)
	}
	made.secret.Order = o
	if err := t.tell(made); err != nil {
		return wire.Order{}, err
	}
	o = t.orders[c.ID]
	o.Sealed = sealed // not the ledger's
	if err := t.begin(o, c.Pay); err != nil {
		return wire.Order{}, err
	}
	return o.clone().Order, nil
}

// codes are the coupons' own spelling of theirs.
func codes(list []Coupon) (all []wire.CouponCode) {
	for _, c := range list {
		all = append(all, c.Code)
	}
	return all
}

// ready are the buyer's reservations, if they can be ordered.
func (t *tx) ready(buyer wire.PersonID, ids []wire.ReservationID) (list []*Reservation, err error) {
	for i, id := range ids {
		r, err := t.ownedBy(buyer, id)
		switch {
		case slices.Contains(ids[:i], id):
			return nil, wire.Errorf(wire.Invalid, "a reservation is named twice")
		case err != nil:
			return nil, err
		case r.Order != "":
			return nil, wire.Errorf(wire.Conflict, "a reservation belongs to another order")
		case r.State == wire.Waiting:
			return nil, wire.Errorf(wire.Conflict, "a reservation still waits for units")
		case r.State != wire.Held:
			return nil, wire.Errorf(wire.Conflict, "a reservation is over: reserve the units again")
		}
		list = append(list, r)
	}
	return list, nil
}

// items are reservations as Terms.Quote wants them.
func (t *tx) items(list []*Reservation) []Item {
	items := make([]Item, len(list))
	for i, r := range list {
		it := Item{Reservation: r.ID, Offer: r.Offer, Show: r.Show, Quantity: r.Quantity, Price: r.Price}
		for _, p := range r.Parts {
			product, variant := t.named(p.Variant)
			it.Weight += variant.Weight * p.Quantity
			it.Title, it.SKU, it.Tax = title(product, variant), variant.SKU, product.Tax
			it.Product, it.Variant = product.ID, variant.ID
		}
		if o := t.offers[r.Offer]; o != nil && o.Kind == wire.Bundle {
			it.Title, it.SKU, it.Product, it.Variant, it.Tax = o.Title, "", "", "", t.highest(r.Parts)
		}
		items[i] = it
	}
	return items
}

// highest is the highest class of tax among the parts of a bundle.
func (t *tx) highest(parts []wire.Part) wire.TaxClass {
	best := wire.ZeroTax
	for _, p := range parts {
		product, _ := t.named(p.Variant)
		switch {
		case product.Tax == wire.StandardTax:
			return wire.StandardTax
		case product.Tax == wire.ReducedTax:
			best = wire.ReducedTax
		}
	}
	return best
}

// named finds the product and the variant of a name.
func (s *state) named(id wire.VariantID) (wire.Product, wire.Variant) {
	p := s.products[s.stocks[id].Product]
	for _, v := range p.Variants {
		if v.ID == id {
			return p.Product, v
		}
	}
	return p.Product, wire.Variant{ID: id}
}

func title(p wire.Product, v wire.Variant) string {
	if v.Title == "" {
		return p.Title
	}
	return p.Title + ", " + v.Title
}

// begin starts a try to pay an order whose reservations are held.
func (t *tx) begin(o *Order, method wire.PayMethod) error {
	next := o.next()
	next.secret.Pay = method
	if o.Totals.Total.IsZero() { // coupons pay for all of it
		next.secret.Payments = append(next.secret.Payments, Payment{Attempt: 1, Method: method, Status: wire.PayCaptured, Buys: true})
		return t.buy(o, next, nil)
	}
	within := payWithin[method]
	if within == 0 {
		within = usualPayWithin
	}
	next.State, next.secret.Until = wire.OrderAuthorising, t.at+within.Milliseconds()
	zero := wire.Money{Currency: o.Totals.Total.Currency}
	next.secret.Payments = append(next.secret.Payments, Payment{
		Attempt: len(o.Payments) + 1, Method: method, Status: wire.PayPending, Captured: zero, Refunded: zero, Keep: zero,
	})
	if err := t.tell(next); err != nil {
		return err
	}
	return t.moveAll(o, wire.Frozen, 0, nil)
}

// next is a change of an order, to begin with one that changes nothing.
func (o *Order) next() *orderMoved {
	c := &orderMoved{Number: o.Number, State: o.State, Refunded: o.Refunded, Captured: wire.Money{Currency: o.Totals.Total.Currency}}
	c.secret.ID, c.secret.Payments, c.secret.Until, c.secret.Paid = o.ID, slices.Clone(o.Payments), o.Until, millis(o.Paid)
	c.secret.Pay, c.secret.Reason = o.Pay, o.Reason
	for _, l := range o.Lines {
		c.secret.Lines = append(c.secret.Lines, l.Refunded)
	}
	for _, p := range o.Payments {
		c.Captured.Minor += p.Captured.Minor
	}
	return c
}

// moveAll gives an order's reservations a state, from these tiers where they are taken again; those that have it are left out.
func (t *tx) moveAll(o *Order, to wire.Hold, until int64, tiers map[wire.ReservationID][]int) error {
	for _, l := range o.Lines {
		r := t.holds[l.Reservation]
		if r.State == to && millis(r.Until) == until && r.Order == o.ID {
			continue
		}
		if err := t.moveIn(o, r, to, until, tiers[r.ID]); err != nil {
			return err
		}
	}
	return nil
}

// moveIn gives a reservation a state in an order.
func (t *tx) moveIn(o *Order, r *Reservation, to wire.Hold, until int64, tiers []int) error {
	c := &holdMoved{Ref: r.Ref, Show: r.Show, State: to, Until: until, Tiers: tiers, Back: r.Back}
	if to == wire.Returned {
		c.Back = r.Quantity
	}
	c.secret.ID, c.secret.Order = r.ID, o.ID
	return t.tell(c)
}

// aboutOrder asks for an order with its reservations, and with what bounds taking them again: the buyer's units of what is capped,
// and orders with the same coupons.
func (s *Shop) aboutOrder(ctx context.Context, id wire.OrderID) (func(*state) Questions, error) {
	o := s.till.look(id)
	if o == nil {
		var err error
		if o, err = s.Order(ctx, "", id); err != nil {
			return nil, err
		}
	}
	q := Questions{Orders: []wire.OrderID{id}}
	for _, l := range o.Lines {
		q.Reservations = append(q.Reservations, l.Reservation)
	}
	if len(o.Coupons) > 0 {
		q.Customers = []wire.PersonID{o.Buyer}
	}
	return func(st *state) Questions {
		q := q
		if slices.ContainsFunc(o.Lines, func(l wire.Line) bool { return st.capped(wire.Reserve{Variant: l.Variant, Offer: l.Offer}) }) {
			q.Buyers = []wire.PersonID{o.Buyer}
		}
		return q
	}, nil
}

// change decides something about an order.
func (s *Shop) change(ctx context.Context, id wire.OrderID, decide func(*tx, *Order) error) (wire.Order, error) {
	asks, err := s.aboutOrder(ctx, id)
	if err != nil {
		return wire.Order{}, err
	}
	return do(ctx, s, asks, func(t *tx) (wire.Order, error) {
		o, ok := t.orders[id]
		if !ok {
			return wire.Order{}, wire.Errorf(wire.NotFound, "there is no such order")
		}
		if err := decide(t, o); err != nil {
			return wire.Order{}, err
		}
		return o.clone().Order, nil
	})
}

// Pay begins another try to pay an order of the buyer's whose units are still held.
func (s *Shop) Pay(ctx context.Context, buyer wire.PersonID, id wire.OrderID, method wire.PayMethod) (wire.Placed, error) {
	if s.c.Pay[method] == nil {
		return wire.Placed{}, wire.Errorf(wire.Invalid, "this shop cannot be paid by %q", method)
	}
	o, err := s.change(ctx, id, func(t *tx, o *Order) error {
		switch {
		case o.Buyer != buyer:
			return wire.Errorf(wire.NotFound, "there is no such order")
		case o.State == wire.OrderExpired:
			return wire.Errorf(wire.Conflict, "the order's units were held too long ago: reserve them again")
		case !o.unpaid(): // it is being paid, or was
			return nil
		}
		return t.begin(o, method)
	})
	if err != nil {
		return wire.Placed{}, err
	}
	return s.payNow(ctx, o), nil
}

// lapse lets a held reservation lapse, and with it the whole order that it belongs to.
func (t *tx) lapse(r *Reservation) error {
	if o := t.orders[r.Order]; o != nil {
		return t.abandon(o, o.next(), wire.OrderExpired)
	}
	return t.move(r, wire.Lapsed, 0)
}
