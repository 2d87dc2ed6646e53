package shop

import (
	"fmt"
	"slices"

	"vitrine/server/wire"
)

// The changes: what entries of the ledger say, and the only code that changes a state. Each is told whole, so that replaying
// them gives the same state wherever it happens.

// productPut is a product's terms. Its texts are not the ledger's.
type productPut struct {
	Product  wire.ProductID `json:"product"`
	Cap      int            `json:"cap,omitempty"`
	Variants []variantPut   `json:"variants"`
	Hidden   bool           `json:"hidden,omitempty"`
	secret   struct {
		By      wire.PersonID `json:"by"`
		Product wire.Product  `json:"product"`
	}
}

type variantPut struct {
	Variant wire.VariantID `json:"variant"`
	Price   wire.Money     `json:"price"`
	Total   int            `json:"total"` // units that there ever were
}

func (c *productPut) kind() Kind        { return ProductKind }
func (c *productPut) hidden() any       { return &c.secret }
func (c *productPut) show() wire.ShowID { return "" }

func (c *productPut) apply(s *state, _, at int64) error {
	p := c.secret.Product
	s.products[p.ID] = &Product{p}
	s.touched.products[p.ID] = true
	for _, v := range c.Variants {
		st := s.stocks[v.Variant]
		if st == nil {
			st = &Stock{Variant: v.Variant, Product: c.Product}
			s.stocks[v.Variant] = st
			s.reoffer(v.Variant)
		}
		if v.Total > st.Total {
			s.freed(v.Variant)
		}
		if st.Price != v.Price || st.Total != v.Total || st.Cap != c.Cap {
			st.Version++
		}
		st.Price, st.Total, st.Cap = v.Price, v.Total, c.Cap
		st.Prices.Set(timeOf(at), v.Price)
		if st.Left() < 0 {
			return fmt.Errorf("variant %q: %w", v.Variant, errOversold)
		}
		s.touched.stocks[v.Variant] = true
	}
	return nil
}

// stockMoved is units that came or went without a sale.
type stockMoved struct {
	Variant wire.VariantID `json:"variant"`
	Units   int            `json:"units"`
	secret  struct {
		By     wire.PersonID `json:"by"`
		Reason string        `json:"reason,omitempty"`
	}
}

func (c *stockMoved) kind() Kind        { return StockKind }
func (c *stockMoved) hidden() any       { return &c.secret }
func (c *stockMoved) show() wire.ShowID { return "" }

func (c *stockMoved) apply(s *state, _, _ int64) error {
	st, ok := s.stocks[c.Variant]
	if !ok {
		return fmt.Errorf("the variant %q is unknown", c.Variant)
	}
	st.Total += c.Units
	if st.Left() < 0 {
		return fmt.Errorf("variant %q: %w", c.Variant, errOversold)
	}
	st.Version++
	s.touched.stocks[c.Variant] = true
	if c.Units > 0 {
		s.freed(c.Variant)
	}
	return nil
}

// offerPut is an offer as it is from now on.
type offerPut struct {
	Offer  wire.Offer `json:"offer"`
	secret struct {
		By    wire.PersonID `json:"by,omitempty"`
		Buyer wire.PersonID `json:"buyer,omitempty"`
	}
}

func (c *offerPut) kind() Kind        { return OfferKind }
func (c *offerPut) hidden() any       { return &c.secret }
func (c *offerPut) show() wire.ShowID { return c.Offer.Show }

func (c *offerPut) apply(s *state, _, _ int64) error {
	o := &Offer{Offer: c.Offer, Gone: make([]int, len(c.Offer.Tiers)+1)}
	o.Buyer = c.secret.Buyer
	before := s.offers[o.ID]
	if before != nil && before.taken() > 0 { // its tiers are the same: it was public
		o.Gone = slices.Clone(before.Gone)
	}
	s.offers[o.ID] = o
	s.willEnd(o)
	s.touched.offers[o.ID] = true
	if o.Kind != wire.Bundle {
		s.reoffer(o.Parts[0].Variant)
	}
	return nil
}

// holdMade is a buyer's wish with its decision.
type holdMade struct {
	State    wire.Hold      `json:"state"`
	Variant  wire.VariantID `json:"variant,omitempty"`
	Offer    wire.OfferID   `json:"offer,omitempty"`
	Show     wire.ShowID    `json:"show,omitempty"`
	Quantity int            `json:"quantity"`
	Parts    []wire.Part    `json:"parts"`
	Tiers    []int          `json:"tiers,omitempty"`
	Price    wire.Money     `json:"price"`
	Until    int64          `json:"until,omitempty"`
	secret   struct {
		ID    wire.ReservationID `json:"id"`
		Buyer wire.PersonID      `json:"buyer"`
		Wish  Sum                `json:"wish"`
	}
}

func (c *holdMade) kind() Kind        { return HoldKind }
func (c *holdMade) hidden() any       { return &c.secret }
func (c *holdMade) show() wire.ShowID { return c.Show }

func (c *holdMade) apply(s *state, seq, _ int64) error {
	k := &c.secret
	if _, twice := s.holds[k.ID]; twice {
		return fmt.Errorf("reservation %d has the key of another", seq)
	}
	r := &Reservation{
		Reservation: wire.Reservation{
			ID: k.ID, State: c.State, Variant: c.Variant, Offer: c.Offer, Show: c.Show, Quantity: c.Quantity, Price: c.Price, Until: timeOf(c.Until),
		},
		Ref: seq, Buyer: k.Buyer, Wish: k.Wish, Parts: c.Parts, Tiers: c.Tiers,
	}
	s.hold(r)
	s.touched.holds[r.ID] = true
	return s.shift(r, footing{}, 0)
}

// holdMoved is a reservation's new state.
type holdMoved struct {
	Ref   int64       `json:"ref"` // the entry that made it
	Show  wire.ShowID `json:"show,omitempty"`
	State wire.Hold   `json:"state"`
	Until int64       `json:"until,omitempty"`
	// Price and Offer are set when units are given to one who waited, Tiers when they are taken anew.
	Price *wire.Money  `json:"price,omitempty"`
	Offer wire.OfferID `json:"offer,omitempty"`
	Tiers []int        `json:"tiers,omitempty"`
	// Back is how many units of what was sold are back in all.
	Back   int `json:"back,omitempty"`
	secret struct {
		ID    wire.ReservationID `json:"id"`
		Order wire.OrderID       `json:"order,omitempty"`
	}
}

func (c *holdMoved) kind() Kind        { return MoveKind }
func (c *holdMoved) hidden() any       { return &c.secret }
func (c *holdMoved) show() wire.ShowID { return c.Show }

func (c *holdMoved) apply(s *state, _, _ int64) error {
	r, ok := s.holds[c.secret.ID]
	if !ok || r.Ref != c.Ref {
		return fmt.Errorf("reservation %d is unknown", c.Ref)
	}
	before, back := r.footing(), r.Back
	s.unhold(r)
	r.State, r.Until, r.Back, r.Order = c.State, timeOf(c.Until), c.Back, c.secret.Order
	if c.Price != nil {
		r.Price, r.Offer = *c.Price, c.Offer
	}
	if c.Tiers != nil {
		r.Tiers = c.Tiers
	}
	s.hold(r)
	s.touched.holds[r.ID] = true
	return s.shift(r, before, back)
}

// orderMade is reservations that are bought together.
type orderMade struct {
	Number int64       `json:"number"`
	Show   wire.ShowID `json:"show,omitempty"`
	Holds  []int64     `json:"reservations"` // by the entries that made them
	Totals wire.Totals `json:"totals"`
	secret struct {
		Order *Order `json:"order"` // without its contact
	}
}

func (c *orderMade) kind() Kind        { return OrderKind }
func (c *orderMade) hidden() any       { return &c.secret }
func (c *orderMade) show() wire.ShowID { return c.Show }

func (c *orderMade) apply(s *state, _, _ int64) error {
	o := c.secret.Order.clone()
	if _, twice := s.orders[o.ID]; twice {
		return fmt.Errorf("order %d has the key of another", c.Number)
	}
	s.orders[o.ID] = o
	s.orderNo = c.Number
	s.owns(o.Buyer, o.ID)
	s.recount(o, false)
	s.touched.orders[o.ID] = true
	return nil
}

// orderMoved is an order's new state and all of its payments.
type orderMoved struct {
	Number   int64           `json:"number"`
	Show     wire.ShowID     `json:"show,omitempty"`
	State    wire.OrderState `json:"state"`
	Captured wire.Money      `json:"captured"` // by all payments
	Refunded wire.Money      `json:"refunded"`
	secret   struct {
		ID       wire.OrderID `json:"id"`
		Payments []Payment    `json:"payments,omitempty"`
		Until    int64        `json:"until,omitempty"`
		Paid     int64        `json:"paid,omitempty"`
		Lines    []wire.Money `json:"lines,omitempty"` // given back, a line
		Pay      wire.PayMethod
		Reason   string `json:"reason,omitempty"` // the buyer's to read
	}
}

func (c *orderMoved) kind() Kind        { return PayKind }
func (c *orderMoved) hidden() any       { return &c.secret }
func (c *orderMoved) show() wire.ShowID { return c.Show }

func (c *orderMoved) apply(s *state, _, _ int64) error {
	o, ok := s.orders[c.secret.ID]
	if !ok || o.Number != c.Number {
		return fmt.Errorf("order %d is unknown", c.Number)
	}
	before := o.counts()
	o.State, o.Payments, o.Until = c.State, slices.Clone(c.secret.Payments), c.secret.Until
	o.Paid, o.Refunded, o.Pay = timeOf(c.secret.Paid), c.Refunded, c.secret.Pay
	o.Reason = c.secret.Reason
	o.Lines = slices.Clone(o.Lines) // answers hold those of before
	for i, m := range c.secret.Lines {
		o.Lines[i].Refunded = m
	}
	if !o.Paid.IsZero() {
		o.Cancellable = CancelUntil(o.Paid, o.Shipped)
	}
	s.recount(o, before)
	s.touched.orders[o.ID] = true
	return nil
}
