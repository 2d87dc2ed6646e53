package shop

import (
	"context"
	"fmt"
	"time"

	"vitrine/server/wire"
)

// orderShipped is where an order's goods are: all that is known by then.
type orderShipped struct {
	Number    int64 `json:"number"`
	Shipped   int64 `json:"shipped"`
	Delivered int64 `json:"delivered,omitempty"`
	secret    struct {
		ID       wire.OrderID  `json:"id"`
		By       wire.PersonID `json:"by"`
		Carrier  string        `json:"carrier,omitempty"`
		Tracking string        `json:"tracking,omitempty"`
		// Withdraw is until when the buyer may withdraw; it follows from the terms of then.
		Withdraw int64 `json:"withdraw,omitempty"`
	}
}

func (c *orderShipped) kind() Kind        { return ShipKind }
func (c *orderShipped) hidden() any       { return &c.secret }
func (c *orderShipped) show() wire.ShowID { return "" }

func (c *orderShipped) apply(s *state, _, _ int64) error {
	o, ok := s.orders[c.secret.ID]
	if !ok || o.Number != c.Number {
		return fmt.Errorf("order %d is unknown", c.Number)
	}
	o.Shipped, o.Delivered, o.Withdrawable = timeOf(c.Shipped), timeOf(c.Delivered), timeOf(c.secret.Withdraw)
	o.Carrier, o.Tracking = c.secret.Carrier, c.secret.Tracking
	o.Cancellable = CancelUntil(o.Paid, o.Shipped)
	s.touched.orders[o.ID] = true
	return nil
}

// leaves says whether an order's goods may be sent: they are paid, or are paid when they are handed over.
func (o *Order) leaves() bool {
	return o.State == wire.OrderCaptured || o.State == wire.OrderPartRefunded || o.State == wire.OrderAuthorised && o.Pay == wire.PayCash
}

// Packs says whether an order's goods are to be packed.
func (o *Order) Packs() bool { return o.leaves() && o.Shipped.IsZero() }

// Ship says that an order's goods have left, or have arrived: the first time that is said counts. Said again it corrects the carrier and
// the tracking number, which stay as they are where it has none. From then on the buyer cannot cancel, and the time to withdraw counts
// from the delivery. Errors have the codes Invalid, NotFound, and Conflict for an order of which nothing may be sent.
func (s *Shop) Ship(ctx context.Context, by wire.PersonID, id wire.OrderID, w wire.Ship) (wire.Order, error) {
	if err := termsLine("the carrier", w.Carrier, false); err != nil {
		return wire.Order{}, err
	}
	if err := termsLine("the tracking number", w.Tracking, false); err != nil {
		return wire.Order{}, err
	}
	return s.change(ctx, id, func(t *tx, o *Order) error { return t.ship(s.c.Terms, by, o, w) })
}

func (t *tx) ship(terms Terms, by wire.PersonID, o *Order, w wire.Ship) error {
	if o.Shipped.IsZero() && !o.leaves() {
		return wire.Errorf(wire.Conflict, "an order that is %s is not sent: only what is paid, or is paid on delivery", o.State)
	}
	next := &orderShipped{Number: o.Number, Shipped: millis(o.Shipped), Delivered: millis(o.Delivered)}
	k := &next.secret
	k.ID, k.By, k.Carrier, k.Tracking, k.Withdraw = o.ID, by, o.Carrier, o.Tracking, millis(o.Withdrawable)
	if w.Carrier != "" {
		k.Carrier = w.Carrier
	}
	if w.Tracking != "" {
		k.Tracking = w.Tracking
	}
	if next.Shipped == 0 {
		next.Shipped = t.at
	}
	if w.Delivered && next.Delivered == 0 {
		next.Delivered = t.at
		k.Withdraw = millis(terms.WithdrawUntil(timeOf(t.at)))
	}
	kind := ""
	switch {
	case next.Delivered != millis(o.Delivered):
		kind = "order.delivered"
	case next.Shipped != millis(o.Shipped) || k.Tracking != o.Tracking:
		kind = "order.shipped"
	case k.Carrier == o.Carrier:
		return nil
	}
	if err := t.tell(next); err != nil {
		return err
	}
	if kind != "" {
		t.write(kind, o)
	}
	return nil
}

// linkLasts is for how long after it was made an order's link to withdraw is good. Until when the buyer may withdraw is the order's; a
// parcel whose delivery nobody told of has a year more (Directive 2011/83/EU Art. 10).
const linkLasts = (365 + withdrawDays + 1) * 24 * time.Hour

// Link is the web address at which the buyer of an order withdraws from it, on the pages at origin; "" where that is.
func (k WithdrawalKeys) Link(origin string, o wire.Order) (string, error) {
	if origin == "" {
		return "", nil
	}
	path, err := k.Path(o)
	return origin + path, err
}

// Path is what of that link follows the origin.
func (k WithdrawalKeys) Path(o wire.Order) (string, error) {
	token, err := k.Token(o.ID, o.Made.Add(linkLasts))
	return "/withdraw#" + token, err
}

// Receipt is Terms.Receipt by the shop's terms.
func (s *Shop) Receipt(o wire.Order, language, link string) (Paper, error) {
	return s.c.Terms.Receipt(o, language, link)
}
