package shop

import (
	"slices"
	"time"

	"vitrine/server/wire"
)

// Stock is a variant's units and terms, one row of the store. Times are Unix ms.
type Stock struct {
	Variant wire.VariantID `json:"variant"`
	Product wire.ProductID `json:"product"`
	// Total counts the units that there ever were, Held those of reservations held or frozen, Sold those paid for and not
	// returned. Total ≥ Held + Sold, always.
	Total, Held, Sold int
	Price             wire.Money
	Prices            PriceLog
	Cap               int
	Version           int64
}

// Left is how many units somebody could hold now.
func (s *Stock) Left() int { return s.Total - s.Held - s.Sold }

// Product is what the shop shows of a product beside its stock, one row of the store.
type Product struct {
	wire.Product // its variants' stock, counts and versions stand in Stock
}

// Offer is an offer and what was taken of it, one row of the store.
type Offer struct {
	wire.Offer
	// Gone counts units held or sold, a number a tier and one more for those after the tiers.
	Gone []int `json:"gone"`
}

// taken is how many units of the offer are held or sold.
func (o *Offer) taken() (n int) {
	for _, u := range o.Gone {
		n += u
	}
	return n
}

// runs says whether the offer is open at a time (Unix ms). Its end is excluded: at T it is over.
func (o *Offer) runs(at int64) bool {
	return o.Public && !o.Ended && at >= millis(o.From) && (o.Until.IsZero() || at < millis(o.Until))
}

// room is how many units of the offer are left once these reservations have given theirs back, not counting stock.
func (o *Offer) room(giveBack []*Reservation) int {
	if o.Units == 0 {
		return wire.MaxUnits
	}
	n := o.Units - o.taken()
	for _, r := range giveBack {
		if r.Offer == o.ID {
			n += r.units()
		}
	}
	return n
}

// price is what n more units cost once these reservations have given theirs back, and from which tiers they come.
func (o *Offer) price(n int, giveBack []*Reservation) (wire.Money, []int, error) {
	gone := slices.Clone(o.Gone)
	for _, r := range giveBack {
		if r.Offer != o.ID {
			continue
		}
		for i, units := range r.Tiers {
			gone[i] -= units
		}
	}
	from := o.split(gone, n)
	sum := wire.Money{Currency: o.Price.Currency}
	for i, units := range from {
		each := o.Price
		if i < len(o.Tiers) {
			each = o.Tiers[i].Price
		}
		cost, err := each.Times(int64(units))
		if err == nil {
			sum, err = sum.Plus(cost)
		}
		if err != nil {
			return sum, nil, err
		}
	}
	return sum, from, nil
}

// split says from which tiers n units come where so many of each are gone.
func (o *Offer) split(gone []int, n int) []int {
	from := make([]int, len(o.Tiers)+1)
	for i, t := range o.Tiers {
		from[i] = max(0, min(n, t.Units-gone[i]))
		n -= from[i]
	}
	from[len(o.Tiers)] = n
	return from
}

// Reservation is a buyer's wish and its decision, one row of the store. Its ID is its idempotency key.
type Reservation struct {
	wire.Reservation
	// Ref is the ledger's entry that made it: its public name, and its place on the waiting list.
	Ref   int64         `json:"ref"`
	Buyer wire.PersonID `json:"buyer"`
	// Wish is the hash of what was asked for: the same key with another wish is refused.
	Wish Sum `json:"wish"`
	// Parts are all units that it takes, Tiers how many units of the offer from which tier.
	Parts []wire.Part `json:"parts"`
	Tiers []int       `json:"tiers,omitempty"`
	// Back is how many of its units came back after they were sold.
	Back int `json:"back,omitempty"`
}

// claims says whether a reservation in the state takes units.
func claims(h wire.Hold) bool { return h == wire.Held || h == wire.Frozen || h == wire.Sold }

// active says whether a reservation in the state may still change by itself.
func active(h wire.Hold) bool { return h == wire.Held || h == wire.Frozen || h == wire.Waiting }

// units is how many of its units it claims.
func (r *Reservation) units() int {
	if !claims(r.State) {
		return 0
	}
	return r.Quantity - r.Back
}

// target is what a buyer has or waits for: a variant or an offer.
type target struct {
	variant wire.VariantID
	offer   wire.OfferID
}

// target is what was asked for: a variant, whatever offer gave it, or an offer.
func (r *Reservation) target() target {
	if r.Variant != "" {
		return target{variant: r.Variant}
	}
	return target{offer: r.Offer}
}

func (o *Offer) clone() *Offer {
	c := *o
	c.Gone, c.Tiers, c.Parts = slices.Clone(o.Gone), slices.Clone(o.Tiers), slices.Clone(o.Parts)
	return &c
}

// millis is a time as the ledger has it; 0 for the zero time.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func timeOf(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// Order is an order with what the public form of it leaves out, one row of the store.
type Order struct {
	wire.Order
	Buyer wire.PersonID `json:"buyer"`
	Wish  Sum           `json:"wish"`
	// Payments are all tries to pay it, the newest last.
	Payments []Payment `json:"payments,omitempty"`
	// Until is when a payment that has begun is given up, Unix ms.
	Until int64 `json:"payUntil,omitempty"`
	// Sealed is the contact, encrypted by whoever made the order.
	Sealed []byte `json:"sealed,omitempty"`
}

// Payment is one try to pay an order. Amounts only grow: they are what the provider has said so far.
type Payment struct {
	Attempt int            `json:"attempt"`
	Method  wire.PayMethod `json:"method"`
	Ref     string         `json:"ref,omitempty"` // the provider's name of it; "" until the provider has answered
	Status  wire.PayStatus `json:"status"`
	// Captured and Refunded are what has moved. Keep is what of Captured buys the order; the rest is to be given back.
	Captured wire.Money `json:"captured"`
	Refunded wire.Money `json:"refunded"`
	Keep     wire.Money `json:"keep"`
	Buys     bool       `json:"buys,omitempty"` // it paid the order; at most one of them does
	// Stop says that the provider shall let go of it, and what becomes of the order then.
	Stop wire.OrderState `json:"stop,omitempty"`
}

// due is what is to be given back and has not been.
func (p *Payment) due() int64 { return max(0, p.Captured.Minor-p.Refunded.Minor-p.Keep.Minor) }

func (o *Order) clone() *Order {
	c := *o
	c.Lines, c.Payments = slices.Clone(o.Lines), slices.Clone(o.Payments)
	return &c
}
