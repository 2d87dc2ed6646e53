package prove

import (
	"vitrine/server/shop"
	"vitrine/server/wire"
)

func (b *book) ordered(e *shop.Entry) error {
	var p struct {
		Number int64       `json:"number"`
		Holds  []int64     `json:"reservations"`
		Totals wire.Totals `json:"totals"`
	}
	var secret struct {
		Order struct {
			ID      wire.OrderID      `json:"id"`
			Buyer   wire.PersonID     `json:"buyer"`
			Coupons []wire.CouponCode `json:"coupons"`
		} `json:"order"`
	}
	if err := decode(e, &p, &secret); err != nil {
		return err
	}
	o := &order{
		id: secret.Order.ID, number: p.Number, buyer: secret.Order.Buyer, total: p.Totals.Total.Minor, coupons: secret.Order.Coupons, seq: e.Seq,
	}
	if b.orders[o.id] != nil {
		b.v.wrong(Repeated, "entry %d: the key of order %d is used again", e.Seq, b.orders[o.id].number)
	}
	for _, ref := range p.Holds {
		h := b.byRef[ref]
		if h == nil || h.state != wire.Held || h.order != "" {
			b.v.wrong(Legal, "entry %d orders reservation %d, which is not held", e.Seq, ref)
			continue
		}
		o.holds = append(o.holds, h)
		h.order = o.id
	}
	b.orders[o.id], b.number[o.number] = o, o
	b.become(o, wire.OrderHeld, 0)
	return nil
}

func (b *book) paid(e *shop.Entry) error {
	var p struct {
		Number   int64           `json:"number"`
		State    wire.OrderState `json:"state"`
		Refunded wire.Money      `json:"refunded"`
	}
	if err := decode(e, &p, &struct{}{}); err != nil {
		return err
	}
	o := b.number[p.Number]
	if o == nil {
		b.v.wrong(Legal, "entry %d is about order %d, which is unknown", e.Seq, p.Number)
		return nil
	}
	if p.Refunded.Minor < o.refunded || p.Refunded.Minor > o.total {
		b.v.wrong(Legal, "entry %d: %d of %d are given back, before %d", e.Seq, p.Refunded.Minor, o.total, o.refunded)
	}
	b.become(o, p.State, p.Refunded.Minor)
	return nil
}

// become gives an order its state, and counts its coupons.
func (b *book) become(o *order, state wire.OrderState, refunded int64) {
	o.state, o.refunded = state, refunded
	o.steps = append(o.steps, step{seq: b.seq, order: state, price: o.total, refunded: refunded})
	counts := state != wire.OrderExpired && state != wire.OrderCancelled
	if counts == o.counts {
		return
	}
	o.counts = counts
	for _, code := range o.coupons {
		c := b.uses[code]
		switch {
		case c == nil:
			b.v.wrong(Couponed, "entry %d: order %d has the unknown coupon %q", b.seq, o.number, code)
			continue
		case !counts:
			c.used--
			c.by[o.buyer]--
			continue
		}
		c.used++
		c.by[o.buyer]++
		if c.most > 0 && c.used > c.most || c.each > 0 && c.by[o.buyer] > c.each {
			b.v.wrong(Couponed, "entry %d: coupon %s counts %d times of %d, %d times of %d for one buyer", b.seq, code, c.used, c.most, c.by[o.buyer], c.each)
		}
	}
}

// owes is what an order keeps of the buyer's money in the end.
func (o *order) owes() int64 {
	switch o.state {
	case wire.OrderCaptured, wire.OrderPartRefunded, wire.OrderRefunded, wire.OrderReturned:
		return o.total - o.refunded
	default:
		return 0
	}
}

// money compares the bank's books with the ledger, once all is settled.
func (b *book) money(bank map[wire.OrderID]Tally) {
	for id, t := range bank {
		if b.orders[id] == nil && t.Captured != t.Refunded {
			b.v.wrong(PaidAndLost, "the bank has %d for an order that the ledger does not know", t.Captured-t.Refunded)
		}
	}
	for id, o := range b.orders {
		t, owes := bank[id], o.owes()
		switch kept := t.Captured - t.Refunded; {
		case kept > owes && t.Captures > 1:
			b.v.wrong(ChargedTwice, "order %d, %s: the bank captured %d times and keeps %d of %d", o.number, o.state, t.Captures, kept, owes)
		case kept > owes:
			b.v.wrong(PaidAndLost, "order %d, %s: the bank keeps %d, the order %d", o.number, o.state, kept, owes)
		case kept < owes:
			b.v.wrong(Unpaid, "order %d, %s: the bank keeps %d, the order %d", o.number, o.state, kept, owes)
		}
		if owes > 0 {
			b.v.Paid++
		}
		for _, h := range o.holds {
			if mine := h.state == wire.Sold || h.state == wire.Returned; mine != (o.state == wire.OrderCaptured || o.refunded > 0 || owes > 0) && o.total > 0 {
				b.v.wrong(PaidAndLost, "order %d is %s, and its reservation %d is %s", o.number, o.state, h.ref, h.state)
			}
		}
		if o.state == wire.OrderAuthorising || o.state == wire.OrderAuthorised || o.state == wire.OrderHeld {
			b.v.wrong(PaidAndLost, "order %d is still %s", o.number, o.state)
		}
	}
}
