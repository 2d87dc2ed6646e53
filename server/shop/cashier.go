package shop

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"vitrine/server/wire"
)

// Provider moves money. Every call may be repeated: Start by its order and attempt, the others by their keys. After an error of
// code Declined the payment is given too. After any other the outcome is not known, and Look tells it.
type Provider interface {
	Start(ctx context.Context, c wire.Charge) (wire.Payment, error)
	Look(ctx context.Context, ref string) (wire.Payment, error)
	Capture(ctx context.Context, ref, key string, amount wire.Money) (wire.Payment, error)
	Cancel(ctx context.Context, ref, key string) (wire.Payment, error)
	Refund(ctx context.Context, ref, key string, amount wire.Money) (wire.Payment, error)
}

const (
	cashEvery  = 250 * time.Millisecond // how often the till is looked through
	cashAtOnce = 32                     // providers' calls at a time
	askWithin  = 20 * time.Second       // for one call
	lookEvery  = 20 * time.Second       // for a payment that pends
	buyersOwn  = 2 * time.Second        // that the buyer's request has to ask by itself
	retryFirst = time.Second            // after a failure; doubles
	retryLast  = time.Minute
)

// till is the orders whose payments the cashier has to do with, as they were committed.
type till struct {
	mu     sync.Mutex
	orders map[wire.OrderID]*due
}

// due is an order in the till.
type due struct {
	order *Order
	busy  bool      // somebody is asking the provider about it
	next  time.Time // when to ask again
	pause time.Duration
}

func newTill() till { return till{orders: map[wire.OrderID]*due{}} }

func (t *till) fill(s *state) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, o := range s.orders {
		t.set(o.clone(), time.Time{})
	}
}

func (t *till) put(b *Batch, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, o := range b.Orders {
		t.set(o, now.Add(buyersOwn))
	}
}

// set keeps an order, which never changes. A new one is left to the buyer's own request until first.
func (t *till) set(o *Order, first time.Time) {
	d := t.orders[o.ID]
	switch {
	case !o.Open():
		delete(t.orders, o.ID)
	case d == nil:
		t.orders[o.ID] = &due{order: o, next: first}
	default:
		d.order, d.next, d.pause = o, time.Time{}, 0
	}
}

// look is an order in the till, which must not be changed; nil if it is settled.
func (t *till) look(id wire.OrderID) *Order {
	t.mu.Lock()
	defer t.mu.Unlock()
	if d := t.orders[id]; d != nil {
		return d.order
	}
	return nil
}

// take gives an order to one who asks its provider; nil if it is settled or somebody does already.
func (t *till) take(id wire.OrderID) *Order {
	t.mu.Lock()
	defer t.mu.Unlock()
	d := t.orders[id]
	if d == nil || d.busy {
		return nil
	}
	d.busy = true
	return d.order
}

// give ends take. The order is looked at again after a pause, which grows while there are failures.
func (t *till) give(id wire.OrderID, now time.Time, failed bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	d := t.orders[id]
	if d == nil {
		return
	}
	d.busy = false
	switch {
	case failed:
		d.pause = min(max(2*d.pause, retryFirst), retryLast)
		d.next = now.Add(d.pause)
	case d.order.State == wire.OrderAuthorising:
		d.next = now.Add(lookEvery)
	}
}

// ready lists orders whose time has come.
func (t *till) ready(now time.Time) (list []wire.OrderID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for id, d := range t.orders {
		if !d.busy && !d.next.After(now) && d.order.step(now.UnixMilli()) != rest {
			list = append(list, id)
		}
	}
	return list
}

// step is what is to be done about an order's payments.
type step int

const (
	rest step = iota
	start
	look
	capture
	cancel
	refund
	expire
)

// step finds the next thing to do at a time.
func (o *Order) step(at int64) step {
	_, s := o.payment(at)
	return s
}

// payment finds the payment that something is to be done about.
func (o *Order) payment(at int64) (*Payment, step) {
	for i := range o.Payments {
		p := &o.Payments[i]
		switch {
		case p.Method == "" || p.Status == wire.PayCaptured && p.Ref == "": // coupons paid for it
		case p.Ref == "" && (p.Status == wire.PayPending):
			return p, start // also to find it again, when its answer was lost
		case p.due() > 0:
			return p, refund
		case p.Stop != "":
			return p, cancel
		case i < len(o.Payments)-1:
		case o.State == wire.OrderAuthorised && p.Status == wire.PayAuthorised && !byHand(p.Method):
			return p, capture
		case o.State == wire.OrderAuthorising && at > o.Until:
			return p, expire
		case o.State == wire.OrderAuthorising && !byHand(p.Method):
			return p, look
		}
	}
	return nil, rest
}

// byHand says whether staff tells that the money has come.
func byHand(m wire.PayMethod) bool { return m == wire.PayCash || m == wire.PayTransfer }

// cash is the cashier: it asks the providers until nothing is due.
func (s *Shop) cash(ctx context.Context) error {
	tick := time.NewTicker(cashEvery)
	defer tick.Stop()
	g := &errgroup.Group{}
	g.SetLimit(cashAtOnce)
	defer func() { _ = g.Wait() }()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		for _, id := range s.till.ready(s.c.Now()) {
			g.Go(func() error {
				_, _ = s.advance(ctx, id)
				return nil
			})
		}
	}
}

// advance does what is to be done about an order's payment now. It returns nil where there is nothing, else the order as it
// stands then, and what the buyer has to do.
func (s *Shop) advance(ctx context.Context, id wire.OrderID) (*wire.Placed, error) {
	o := s.till.take(id)
	if o == nil {
		return nil, nil
	}
	placed, err := s.pay(ctx, o)
	s.till.give(id, s.c.Now(), err != nil)
	if err != nil && ctx.Err() == nil {
		s.c.Log.Warn("a payment could not be brought further", "order", o.Number, "error", err)
	}
	return placed, err
}

func (s *Shop) pay(ctx context.Context, o *Order) (*wire.Placed, error) {
	p, what := o.payment(s.c.Now().UnixMilli())
	if what == rest {
		return nil, nil
	}
	if what == expire {
		return nil, s.giveUp(ctx, o.ID)
	}
	ctx, done := context.WithTimeout(ctx, askWithin)
	defer done()
	known, err := s.provide(ctx, o, p, what)
	if wire.CodeOf(err) == wire.Declined {
		err = nil // the order says it
	}
	if known.Ref == "" {
		return nil, err
	}
	known.Order = o.ID
	order, settled := s.Settle(ctx, known)
	return &wire.Placed{Order: order, Action: known.Action, Reason: known.Reason}, errors.Join(err, settled)
}

// provide asks the provider. A promise is taken at once: its units are frozen, so nothing is to be waited for.
func (s *Shop) provide(ctx context.Context, o *Order, p *Payment, what step) (wire.Payment, error) {
	provider, ok := s.c.Pay[p.Method]
	if !ok {
		return wire.Payment{}, errors.New("its way to pay is configured no more")
	}
	key := func(act string) string { return act + "-" + string(o.ID) }
	switch what {
	case start:
		known, err := provider.Start(ctx, wire.Charge{Order: o.ID, Attempt: p.Attempt, Amount: o.Totals.Total})
		if err != nil || known.Status != wire.PayAuthorised || byHand(p.Method) || p.Stop != "" {
			return known, err
		}
		taken, err := provider.Capture(ctx, known.Ref, key("take"), o.Totals.Total)
		if taken.Ref == "" {
			return known, err
		}
		return taken, err
	case capture:
		return provider.Capture(ctx, p.Ref, key("take"), o.Totals.Total)
	case cancel:
		known, err := provider.Cancel(ctx, p.Ref, key("stop"))
		if wire.CodeOf(err) == wire.Conflict { // it was captured meanwhile
			return provider.Look(ctx, p.Ref)
		}
		return known, err
	case refund:
		return s.giveBack(ctx, provider, o, p)
	default:
		return provider.Look(ctx, p.Ref)
	}
}

// giveBack refunds what is due. The key holds what went back before, and so stands for this part; where the provider knows the
// key with another amount, what it did is looked up first.
func (s *Shop) giveBack(ctx context.Context, provider Provider, o *Order, p *Payment) (wire.Payment, error) {
	amount := wire.Money{Minor: p.due(), Currency: o.Totals.Total.Currency}
	known, err := provider.Refund(ctx, p.Ref, "back-"+string(o.ID)+"-"+strconv.Itoa(p.Attempt)+"-"+strconv.FormatInt(p.Refunded.Minor, 10), amount)
	if err != nil {
		if looked, lookErr := provider.Look(ctx, p.Ref); lookErr == nil && looked.Refunded.Minor > p.Refunded.Minor {
			return looked, nil
		}
	}
	return known, err
}

// giveUp has the provider let go of a payment that takes too long.
func (s *Shop) giveUp(ctx context.Context, id wire.OrderID) error {
	_, err := s.change(ctx, id, func(t *tx, o *Order) error {
		if o.State != wire.OrderAuthorising || t.at <= o.Until {
			return nil
		}
		next := o.next()
		next.secret.Payments[len(o.Payments)-1].Stop = wire.OrderExpired
		return t.tell(next)
	})
	return err
}
