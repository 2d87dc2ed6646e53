package pay

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"vitrine/server/wire"
)

// TestConfig says how the Test provider behaves.
type TestConfig struct {
	// Secret signs notices; at least 24 bytes (Standard Webhooks).
	Secret []byte
	// Now is the clock. Delays run on the runtime's timers, at the same pace.
	Now func() time.Time
	// Plan is what goes wrong; nil for nothing.
	Plan Plan
	// Deliver gets the notices, one at a time, from Run, which waits for it to return. A notice is not sent again because its receiver is not
	// there. Without Deliver none are sent.
	Deliver func(header http.Header, body []byte)
	// Page is the address of the page where buyers act, https; the payment's ref is added to it.
	Page string
}

// Test stands for an outside company: it moves no money, keeps its own books and fails as planned. It lives in the process, but a
// server that is stopped and made again beside it finds it as it was. It holds every payment it ever saw.
type Test struct {
	c    TestConfig
	wake chan struct{} // capacity 1: something came due earlier than Run knows

	mu       sync.Mutex
	payments map[string]*testPayment
	due      []event // sorted by time, then number
	events   int     // how many were ever made
}

type testPayment struct {
	Payment
	faults   Faults
	requests map[string]string // by key: what was asked
	lost     map[string]bool   // keys whose first answer was lost
	answer   time.Time         // when the bank answers; zero when it has, or waits for the buyer
	captures int
	refunds  int
	notices  int
}

// event is something that happens by itself: the bank's answer, or a notice if there is a body.
type event struct {
	at   time.Time
	n    int
	ref  string
	id   string
	body []byte
}

// Tally is what the Test provider's books say about an order, all its attempts together.
type Tally struct {
	Promised wire.Money // ever authorised, what was cancelled left out
	Captured wire.Money
	Refunded wire.Money
	// Captures and Refunds count those that moved money, not the questions for them. More than one capture is a double charge.
	Captures, Refunds int
}

// NewTest makes a Test provider.
func NewTest(c TestConfig) (*Test, error) {
	if len(c.Secret) < 24 {
		return nil, wire.Errorf(wire.Invalid, "the test payment provider needs a secret of at least 24 bytes; got %d", len(c.Secret))
	}
	if c.Plan == nil {
		c.Plan = func(Charge) Faults { return Faults{} }
	}
	return &Test{c: c, wake: make(chan struct{}, 1), payments: map[string]*testPayment{}}, nil
}

// Start implements Provider.
func (t *Test) Start(ctx context.Context, c Charge) (Payment, error) {
	if err := validCharge(c); err != nil {
		return Payment{}, err
	}
	if err := ctx.Err(); err != nil {
		return Payment{}, unknown(time.Second, err)
	}
	ref := fmt.Sprintf("test_%s_%d", c.Order, c.Attempt)
	return t.do(ctx, ref, "start", asked("start", c.Amount), func(p *testPayment) error {
		if !p.faults.Action {
			t.bank(p)
			return nil
		}
		p.Action = Action{Redirect: t.c.Page + p.Ref, Text: "Say on the test provider's page whether you pay."}
		t.notify(p)
		return nil
	}, &c)
}

// bank has the bank answer, now or late.
func (t *Test) bank(p *testPayment) {
	now := t.c.Now()
	p.answer = now.Add(p.faults.Late)
	if p.faults.Late > 0 {
		t.schedule(event{at: p.answer, ref: p.Ref})
		return
	}
	t.settle(p, now)
}

// settle applies the bank's answer if its time has come.
func (t *Test) settle(p *testPayment, now time.Time) {
	if p.answer.IsZero() || now.Before(p.answer) {
		return
	}
	p.answer = time.Time{}
	if p.Status != Pending {
		return
	}
	p.Status, p.Action = Authorised, Action{}
	if p.faults.Decline {
		p.Status, p.Reason = Failed, "the test bank declined"
	}
	t.notify(p)
}

// Act does for the buyer what Start asked for: pays says whether the buyer agreed.
func (t *Test) Act(ref string, pays bool) (Payment, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.payments[ref]
	if p == nil {
		return Payment{}, noPayment()
	}
	if p.Action == (Action{}) {
		return p.Payment, wire.Errorf(wire.Conflict, "there is nothing to do for this payment")
	}
	p.Action = Action{}
	p.faults.Decline = p.faults.Decline || !pays
	t.bank(p)
	return p.Payment, nil
}

// Look implements Provider.
func (t *Test) Look(ctx context.Context, ref string) (Payment, error) {
	t.mu.Lock()
	p := t.payments[ref]
	if p == nil {
		t.mu.Unlock()
		return Payment{}, noPayment()
	}
	t.settle(p, t.c.Now())
	now, slow := p.Payment, p.faults.Slow
	t.mu.Unlock()
	if err := sleep(ctx, slow); err != nil {
		return Payment{}, unknown(time.Second, err)
	}
	return now, nil
}

// Capture implements Provider.
func (t *Test) Capture(ctx context.Context, ref, key string, amount wire.Money) (Payment, error) {
	return t.change(ctx, ref, key, asked("capture", amount), func(p *testPayment) (err error) {
		if p.Payment, err = capture(p.Payment, amount); err == nil {
			p.captures++
		}
		return err
	})
}

// Cancel implements Provider.
func (t *Test) Cancel(ctx context.Context, ref, key string) (Payment, error) {
	return t.change(ctx, ref, key, asked("cancel", wire.Money{}), func(p *testPayment) (err error) {
		p.Payment, err = cancel(p.Payment)
		return err
	})
}

// Refund implements Provider.
func (t *Test) Refund(ctx context.Context, ref, key string, amount wire.Money) (Payment, error) {
	return t.change(ctx, ref, key, asked("refund", amount), func(p *testPayment) (err error) {
		if p.Payment, err = refund(p.Payment, amount); err == nil {
			p.refunds++
		}
		return err
	})
}

// change does a request about a payment that exists, and sends a notice of what it changed.
func (t *Test) change(ctx context.Context, ref, key, request string, do func(*testPayment) error) (Payment, error) {
	if err := validKey(key); err != nil {
		return Payment{}, err
	}
	if err := ctx.Err(); err != nil {
		return Payment{}, unknown(time.Second, err)
	}
	return t.do(ctx, ref, "key "+key, request, func(p *testPayment) error {
		before := p.Payment
		if err := do(p); err != nil {
			return err
		}
		if p.Payment != before {
			t.notify(p)
		}
		return nil
	}, nil)
}

// do does a request once, however often it is asked, then answers as the payment's faults say. born is the charge of a payment that
// may be new. A request that is refused leaves its key free.
func (t *Test) do(ctx context.Context, ref, key, request string, act func(*testPayment) error, born *Charge) (Payment, error) {
	t.mu.Lock()
	p := t.payments[ref]
	if p == nil && born != nil {
		p = &testPayment{
			Payment: Payment{
				Ref: ref, Order: born.Order, Status: Pending, Amount: born.Amount,
				Captured: wire.Money{Currency: born.Amount.Currency}, Refunded: wire.Money{Currency: born.Amount.Currency},
			},
			faults: t.c.Plan(*born), requests: map[string]string{}, lost: map[string]bool{},
		}
		t.payments[ref] = p
	}
	if p == nil {
		t.mu.Unlock()
		return Payment{}, noPayment()
	}
	t.settle(p, t.c.Now())
	err := p.once(key, request, act)
	lost := err == nil && p.faults.Unknown && !p.lost[key]
	p.lost[key] = p.lost[key] || lost
	now, slow := p.Payment, p.faults.Slow
	t.mu.Unlock()

	if late := sleep(ctx, slow); late != nil {
		return Payment{}, unknown(time.Second, late)
	}
	switch {
	case err != nil:
		return Payment{}, err
	case lost:
		return Payment{}, unknown(time.Second, nil)
	case born != nil && now.Status == Failed:
		return now, wire.Errorf(wire.Declined, "the payment was refused: %s", now.Reason)
	}
	return now, nil
}

func (p *testPayment) once(key, request string, act func(*testPayment) error) error {
	switch before, known := p.requests[key]; {
	case known && before != request:
		return keyReused()
	case known:
		return nil
	}
	if err := act(p); err != nil {
		return err
	}
	p.requests[key] = request
	return nil
}

// Books returns what happened to every order's money.
func (t *Test) Books() map[wire.OrderID]Tally {
	t.mu.Lock()
	defer t.mu.Unlock()
	books := map[wire.OrderID]Tally{}
	for p := range maps.Values(t.payments) {
		b := books[p.Order]
		if p.Status == Authorised || p.Status == Captured {
			b.Promised = sum(b.Promised, p.Amount)
		}
		b.Captured, b.Refunded = sum(b.Captured, p.Captured), sum(b.Refunded, p.Refunded)
		b.Captures += p.captures
		b.Refunds += p.refunds
		books[p.Order] = b
	}
	return books
}

// sum adds amounts of one order, which has one currency; what does not add up shows in the books as it is.
func sum(a, b wire.Money) wire.Money {
	return wire.Money{Minor: a.Minor + b.Minor, Currency: cmp.Or(a.Currency, b.Currency)}
}

// notify plans the notices of a change.
func (t *Test) notify(p *testPayment) {
	p.notices++
	if p.faults.LoseNotices || t.c.Deliver == nil {
		return
	}
	body, err := json.Marshal(testNotice{Type: "payment." + string(p.Status), Data: p.Payment})
	if err != nil {
		panic(err) // a Payment is plain values
	}
	at := t.c.Now().Add(p.faults.DelayNotices)
	if p.faults.ReverseNotices && p.notices%2 == 1 {
		at = at.Add(time.Second)
	}
	for range 1 + p.faults.RepeatNotices {
		t.schedule(event{at: at, id: "msg_" + p.Ref + "_" + strconv.Itoa(p.notices), body: body})
	}
}

func (t *Test) schedule(e event) {
	t.events++
	e.n = t.events
	at, _ := slices.BinarySearchFunc(t.due, e, func(a, b event) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.n, b.n)) })
	t.due = slices.Insert(t.due, at, e)
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

// Run gives late answers and delivers notices until the context ends. What is not delivered then waits for the next Run.
func (t *Test) Run(ctx context.Context) error {
	for {
		e, wait, ok := t.next()
		if ok {
			t.c.Deliver(sign(t.c.Secret, e.id, t.c.Now(), e.body), e.body)
		}
		if ctx.Err() != nil {
			return nil
		}
		if ok {
			continue
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-t.wake:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// next does what is due until there is a notice to deliver, or says how long nothing is.
func (t *Test) next() (notice event, wait time.Duration, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for len(t.due) > 0 {
		e, now := t.due[0], t.c.Now()
		if wait = e.at.Sub(now); wait > 0 {
			return event{}, wait, false
		}
		t.due = t.due[1:]
		if e.body != nil {
			return e, 0, true
		}
		t.settle(t.payments[e.ref], now)
	}
	return event{}, time.Hour, false
}

type testNotice struct {
	Type string  `json:"type"`
	Data Payment `json:"data"`
}

// Webhook implements Provider.
func (t *Test) Webhook(header http.Header, body []byte) (Notice, error) {
	if len(body) > maxNotice {
		return Notice{}, unreadable()
	}
	if err := verify(t.c.Secret, header, body, t.c.Now()); err != nil {
		return Notice{}, err
	}
	var n testNotice
	if err := json.Unmarshal(body, &n); err != nil {
		return Notice{}, unreadable()
	}
	return Notice{ID: header.Get(noticeID), Ref: n.Data.Ref, Order: n.Data.Order, Payment: n.Data}, nil
}
