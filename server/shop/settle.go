package shop

import (
	"context"
	"slices"
	"unicode/utf8"

	"vitrine/server/wire"
)

// Settle takes in what a payment provider knows of a payment now. However often, in whatever order and however late that is
// heard, the order ends the same: money that comes while its units are there buys them, all other money goes back.
func (s *Shop) Settle(ctx context.Context, p wire.Payment) (wire.Order, error) {
	return s.change(ctx, p.Order, func(t *tx, o *Order) error { return t.settle(o, p) })
}

func (t *tx) settle(o *Order, p wire.Payment) error {
	next := o.next()
	pay := paymentOf(next.secret.Payments, p)
	if pay == nil {
		return wire.Errorf(wire.NotFound, "the order has no such payment")
	}
	before := *pay
	pay.learn(p)
	if *pay == before {
		return nil
	}
	next.Captured.Minor += pay.Captured.Minor - before.Captured.Minor
	last := pay.Attempt == len(next.secret.Payments)
	switch {
	case pay.Buys:
		return t.given(o, next, pay)
	case pay.Captured.Minor > 0:
		return t.captured(o, next, pay)
	case pay.Status == wire.PayAuthorised:
		return t.authorised(o, next, pay)
	case last && (pay.Status == wire.PayFailed || pay.Status == wire.PayCancelled):
		return t.refused(o, next, &before)
	default:
		return t.tell(next)
	}
}

// paymentOf finds the payment that the provider means: by its name, or the newest if that has none yet.
func paymentOf(list []Payment, p wire.Payment) *Payment {
	if i := slices.IndexFunc(list, func(have Payment) bool { return have.Ref == p.Ref }); i >= 0 && p.Ref != "" {
		return &list[i]
	}
	if n := len(list) - 1; n >= 0 && list[n].Ref == "" {
		return &list[n]
	}
	return nil
}

// progress is the order in which statuses come.
var progress = map[wire.PayStatus]int{wire.PayPending: 0, wire.PayFailed: 1, wire.PayAuthorised: 2, wire.PayCancelled: 3, wire.PayCaptured: 4}

// learn takes in what is new. Amounts only grow and a status never goes back: a refused payment may still be promised, since
// buyers try another card in the same form.
func (pay *Payment) learn(p wire.Payment) {
	pay.Ref = p.Ref
	pay.Captured.Minor = max(pay.Captured.Minor, p.Captured.Minor)
	pay.Refunded.Minor = max(pay.Refunded.Minor, p.Refunded.Minor)
	pay.Keep.Minor = min(pay.Keep.Minor, pay.Captured.Minor-pay.Refunded.Minor) // what the provider gave back by itself
	status := p.Status
	if pay.Captured.Minor > 0 {
		status = wire.PayCaptured
	}
	if progress[status] > progress[pay.Status] {
		pay.Status = status
	}
}

// given notes what went back of the payment that bought the order.
func (t *tx) given(o *Order, next *orderMoved, pay *Payment) error {
	if back := pay.Captured.Minor - pay.Keep.Minor; back > o.Refunded.Minor { // the provider did it by itself
		next.Refunded.Minor = back
		next.State = refundState(o.State, pay.Keep)
	}
	return t.tell(next)
}

func refundState(now wire.OrderState, keep wire.Money) wire.OrderState {
	switch {
	case now == wire.OrderCancelled || now == wire.OrderReturned:
		return now
	case keep.IsZero():
		return wire.OrderRefunded
	default:
		return wire.OrderPartRefunded
	}
}

// captured settles money that is ours and has bought nothing yet.
func (t *tx) captured(o *Order, next *orderMoved, pay *Payment) error {
	stopped := pay.Stop
	pay.Stop = ""
	paid := slices.ContainsFunc(o.Payments, func(p Payment) bool { return p.Buys })
	if paid || o.State == wire.OrderCancelled {
		return t.tell(next)
	}
	tiers, there := t.secure(o)
	if stopped != wire.OrderCancelled && there && pay.Captured.Minor >= o.Totals.Total.Minor {
		pay.Buys = true
		pay.Keep.Minor = min(o.Totals.Total.Minor, pay.Captured.Minor-pay.Refunded.Minor)
		return t.buy(o, next, tiers)
	}
	return t.abandon(o, next, stopped)
}

// buy says that an order is paid.
func (t *tx) buy(o *Order, next *orderMoved, tiers map[wire.ReservationID][]int) error {
	next.State, next.secret.Until, next.secret.Paid = wire.OrderCaptured, 0, t.at
	if err := t.tell(next); err != nil {
		return err
	}
	if err := t.moveAll(o, wire.Sold, 0, tiers); err != nil {
		return err
	}
	t.write("order.paid", o)
	return nil
}

// authorised settles money that is promised: it is taken if the units are there, else the promise is given back.
func (t *tx) authorised(o *Order, next *orderMoved, pay *Payment) error {
	paid := slices.ContainsFunc(o.Payments, func(p Payment) bool { return p.Buys })
	tiers, there := t.secure(o)
	newer := pay.Attempt < len(next.secret.Payments)
	if paid || newer || pay.Stop != "" || !there || o.State == wire.OrderCancelled {
		if pay.Stop == "" {
			pay.Stop = wire.OrderExpired
		}
		return t.tell(next)
	}
	next.State, next.secret.Until = wire.OrderAuthorised, 0
	if err := t.tell(next); err != nil {
		return err
	}
	return t.moveAll(o, wire.Frozen, 0, tiers)
}

// refused settles a payment that failed or was let go of; nothing has moved. Unless the order was to end, the buyer gets the
// usual time to pay in another way.
func (t *tx) refused(o *Order, next *orderMoved, before *Payment) error {
	next.secret.Payments[len(next.secret.Payments)-1].Stop = ""
	switch {
	case o.State != wire.OrderAuthorising && o.State != wire.OrderAuthorised:
		return t.tell(next)
	case before.Stop != "":
		return t.abandon(o, next, before.Stop)
	}
	next.State, next.secret.Until = wire.OrderFailed, 0
	if err := t.tell(next); err != nil {
		return err
	}
	return t.moveAll(o, wire.Held, t.at+t.holdFor, nil)
}

// abandon ends an order that is not paid; its units are free.
func (t *tx) abandon(o *Order, next *orderMoved, as wire.OrderState) error {
	to := wire.Lapsed
	if as == wire.OrderCancelled {
		to = wire.Released
	} else {
		as = wire.OrderExpired
	}
	next.State, next.secret.Until = as, 0
	if err := t.tell(next); err != nil {
		return err
	}
	for _, l := range o.Lines {
		if r := t.holds[l.Reservation]; r != nil && active(r.State) {
			if err := t.moveIn(o, r, to, 0, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// secure says whether all units of an order are its own still, or can be taken again, and then from which tiers.
func (t *tx) secure(o *Order) (tiers map[wire.ReservationID][]int, there bool) {
	if !t.allowed(o) {
		return nil, false
	}
	left, gone := map[wire.VariantID]int{}, map[wire.OfferID][]int{}
	tiers = map[wire.ReservationID][]int{}
	for _, l := range o.Lines {
		r := t.holds[l.Reservation]
		switch {
		case r.Order != o.ID:
			return nil, false
		case claims(r.State):
			continue
		case r.State == wire.Returned:
			return nil, false
		}
		for _, p := range r.Parts {
			n, seen := left[p.Variant]
			if !seen {
				n = t.stocks[p.Variant].Left()
			}
			if left[p.Variant] = n - p.Quantity; left[p.Variant] < 0 {
				return nil, false
			}
		}
		if r.Offer == "" {
			continue
		}
		offer := t.offers[r.Offer]
		if gone[r.Offer] == nil {
			gone[r.Offer] = slices.Clone(offer.Gone)
		}
		from, sum := offer.split(gone[r.Offer], r.Quantity), 0
		for i, n := range from {
			gone[r.Offer][i] += n
			sum += gone[r.Offer][i]
		}
		if offer.Units > 0 && sum > offer.Units {
			return nil, false
		}
		tiers[r.ID] = from
	}
	return tiers, true
}

// allowed says whether a buyer may have the units of an order that has lapsed again: meanwhile they counted for no cap, and the
// order for no coupon.
func (t *tx) allowed(o *Order) bool {
	want := map[target]int{}
	for _, l := range o.Lines {
		r := t.holds[l.Reservation]
		if claims(r.State) {
			continue
		}
		for _, p := range r.Parts {
			want[target{variant: p.Variant}] += p.Quantity
		}
		if r.Offer != "" {
			want[target{offer: r.Offer}] += r.Quantity
		}
	}
	for it, n := range want {
		most := 0
		if st := t.stocks[it.variant]; st != nil {
			most = st.Cap
		} else if offer := t.offers[it.offer]; offer != nil {
			most = offer.Cap
		}
		if most > 0 && t.bought[o.Buyer][it]+n > most {
			return false
		}
	}
	return o.counts() || !slices.ContainsFunc(o.Coupons, func(code wire.CouponCode) bool {
		c := t.coupons[code]
		return c.Uses > 0 && c.Used >= c.Uses || c.UsesEach > 0 && t.usedBy(o.Buyer, code) >= c.UsesEach
	})
}

// Cancel ends an order: at once while it is not paid, else with all the money given back and the units in stock again. A buyer
// may do so until Order.Cancellable, staff (buyer is "") at any time; reason is what the buyer then reads.
func (s *Shop) Cancel(ctx context.Context, buyer wire.PersonID, id wire.OrderID, reason string) (wire.Order, error) {
	if err := validateReason(reason); err != nil {
		return wire.Order{}, err
	}
	return s.change(ctx, id, func(t *tx, o *Order) error {
		if buyer != "" && o.Buyer != buyer {
			return wire.Errorf(wire.NotFound, "there is no such order")
		}
		next := o.next()
		if buyer != "" && !o.Shipped.IsZero() && o.State != wire.OrderCancelled {
			return wire.Errorf(wire.Conflict, "the goods are on their way: you can still withdraw from the order")
		}
		next.secret.Reason = reason
		switch o.State {
		case wire.OrderCancelled:
			return nil
		case wire.OrderHeld, wire.OrderFailed:
			return t.abandon(o, next, wire.OrderCancelled)
		case wire.OrderAuthorising, wire.OrderAuthorised: // the provider lets go first, or the money comes and goes back
			next.secret.Payments[len(o.Payments)-1].Stop = wire.OrderCancelled
			return t.tell(next)
		case wire.OrderCaptured:
			if buyer != "" && t.at > millis(o.Cancellable) {
				return wire.Errorf(wire.Conflict, "an order can be cancelled for a day after it is paid; you can still withdraw from it")
			}
			return t.giveAllBack(o, next)
		default:
			return wire.Errorf(wire.Conflict, "an order that is %s cannot be cancelled", o.State)
		}
	})
}

func validateReason(reason string) error {
	if utf8.RuneCountInString(reason) > wire.MaxReason || !utf8.ValidString(reason) {
		return wire.Errorf(wire.Invalid, "a reason has at most %d characters", wire.MaxReason)
	}
	return nil
}

// giveAllBack ends a paid order as if it had not been.
func (t *tx) giveAllBack(o *Order, next *orderMoved) error {
	next.State, next.Refunded = wire.OrderCancelled, o.Totals.Total
	for i := range next.secret.Payments {
		next.secret.Payments[i].Keep.Minor = 0
	}
	for i, l := range o.Lines {
		next.secret.Lines[i].Minor = totalsPaid(l, o.Totals.TaxIncluded)
	}
	if err := t.tell(next); err != nil {
		return err
	}
	t.write("order.cancelled", o)
	return t.moveAll(o, wire.Returned, 0, nil)
}

// Return is the wire contract's.
type Return = wire.Return

// Refund gives back what was paid for units of a paid order, and puts those that came back into stock. The buyer reads the reason.
func (s *Shop) Refund(ctx context.Context, id wire.OrderID, list []Return, reason string) (wire.Order, error) {
	if err := validateReason(reason); err != nil {
		return wire.Order{}, err
	}
	return s.change(ctx, id, func(t *tx, o *Order) error {
		switch o.State {
		case wire.OrderCaptured, wire.OrderPartRefunded:
		default:
			return wire.Errorf(wire.Conflict, "an order that is %s has nothing to give back", o.State)
		}
		next, backs, err := t.refund(o, list)
		if err != nil {
			return err
		}
		next.secret.Reason = reason
		if err := t.tell(next); err != nil {
			return err
		}
		for _, b := range backs {
			if err := t.tell(&b); err != nil {
				return err
			}
		}
		t.write("order.refunded", o)
		return nil
	})
}

// refund works out what a refund changes, without changing it.
func (t *tx) refund(o *Order, list []Return) (*orderMoved, []holdMoved, error) {
	next, after := o.next(), o.clone()
	var backs []holdMoved
	for _, b := range list {
		goods, shipping, err := RefundShare(after.Order, b.Line, b.Quantity)
		if err != nil {
			return nil, nil, err
		}
		after.Lines[b.Line].Refunded.Minor += goods.Minor
		after.Refunded.Minor += goods.Minor + shipping.Minor
		if !b.Restock {
			continue
		}
		r := t.holds[o.Lines[b.Line].Reservation]
		c := holdMoved{Ref: r.Ref, Show: r.Show, State: wire.Sold, Back: r.Back + b.Quantity}
		if c.secret.ID, c.secret.Order = r.ID, o.ID; c.Back > r.Quantity || slices.ContainsFunc(backs, func(h holdMoved) bool { return h.Ref == r.Ref }) {
			return nil, nil, wire.Errorf(wire.Invalid, "line %d has no so many units that are not back yet; name each line once", b.Line)
		}
		if c.Back == r.Quantity {
			c.State = wire.Returned
		}
		backs = append(backs, c)
	}
	next.Refunded = after.Refunded
	for i, l := range after.Lines {
		next.secret.Lines[i] = l.Refunded
	}
	for i := range next.secret.Payments {
		if p := &next.secret.Payments[i]; p.Buys {
			p.Keep.Minor = max(0, o.Totals.Total.Minor-after.Refunded.Minor)
			next.State = refundState(o.State, p.Keep)
		}
	}
	whole := func(l wire.Line) bool {
		r := t.holds[l.Reservation]
		back := r.Back
		for _, b := range backs {
			if b.Ref == r.Ref {
				back = b.Back
			}
		}
		return back == r.Quantity
	}
	if next.State == wire.OrderRefunded && !slices.ContainsFunc(o.Lines, func(l wire.Line) bool { return !whole(l) }) {
		next.State = wire.OrderReturned
	}
	return next, backs, nil
}
