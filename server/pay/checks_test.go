package pay_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"vitrine/server/pay"
	"vitrine/server/wire"
)

// The checks behind the sentences of conformance.

func startTwice(t *testing.T, p *peer) {
	a, err := p.Start(t.Context(), charge("order-1", eur(1999)))
	ok(t, err)
	b, err := p.Start(t.Context(), charge("order-1", eur(1999)))
	ok(t, err)
	if a != b || a.Ref == "" || a.Order != "order-1" || a.Amount != eur(1999) {
		t.Errorf("got %+v, then %+v", a, b)
	}
	second := charge("order-1", eur(1999))
	second.Attempt = 2
	c, err := p.Start(t.Context(), second)
	ok(t, err)
	if c.Ref == a.Ref {
		t.Error("another attempt is the same payment")
	}
	looked, err := p.Look(t.Context(), a.Ref)
	ok(t, err)
	if looked != a {
		t.Errorf("started %+v, found %+v", a, looked)
	}
}

func otherAmount(t *testing.T, p *peer) {
	_, err := p.Start(t.Context(), charge("order-1", eur(1999)))
	ok(t, err)
	_, err = p.Start(t.Context(), charge("order-1", eur(2000)))
	wants(t, err, wire.KeyReused)
}

func takeEarly(t *testing.T, p *peer) {
	got, err := p.Start(t.Context(), charge("order-1", eur(1999)))
	ok(t, err)
	if got.Status == pay.Pending {
		_, err = p.Capture(t.Context(), got.Ref, "take", eur(1999))
		wants(t, err, wire.Conflict)
	}
	p.books(t, "order-1", 0, 0, 0)
}

// atOnce asks ten times at once with the same key, and then once more for a settled answer.
func atOnce(t *testing.T, ask func() (pay.Payment, error)) pay.Payment {
	t.Helper()
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			if _, err := ask(); err != nil && wire.CodeOf(err) != wire.Unavailable {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	got, err := ask()
	ok(t, err)
	return got
}

func takeTwiceAtOnce(t *testing.T, p *peer) {
	ref := p.promised(t, "order-1", eur(1999)).Ref
	got := atOnce(t, func() (pay.Payment, error) { return p.take(context.Background(), ref, "take", eur(1999)) })
	is(t, got, pay.Captured, 1999, 0)
	p.books(t, "order-1", 1, 1999, 0)

	_, err := p.take(t.Context(), ref, "again", eur(1999))
	wants(t, err, wire.Conflict)
	p.books(t, "order-1", 1, 1999, 0)
}

func keyForOther(t *testing.T, p *peer) {
	got := p.taken(t, "order-1", eur(1999))
	_, err := p.take(t.Context(), got.Ref, "take", eur(1998))
	wants(t, err, wire.KeyReused)
	_, err = p.Refund(t.Context(), got.Ref, "back", eur(5))
	ok(t, err)
	_, err = p.Refund(t.Context(), got.Ref, "back", eur(6))
	wants(t, err, wire.KeyReused)
	p.books(t, "order-1", 1, 1999, 5)
}

func takeTooMuch(t *testing.T, p *peer) {
	ref := p.promised(t, "order-1", eur(1999)).Ref
	_, err := p.take(t.Context(), ref, "too much", eur(1999))
	wants(t, err, wire.Invalid) // the key has a space
	_, err = p.take(t.Context(), ref, "much", eur(2000))
	wants(t, err, wire.Invalid)
	_, err = p.take(t.Context(), ref, "dollars", wire.Money{Minor: 1999, Currency: "USD"})
	wants(t, err, wire.Invalid)
	_, err = p.take(t.Context(), ref, "nothing", eur(0))
	wants(t, err, wire.Invalid)
	p.books(t, "order-1", 0, 0, 0)
}

func takeLess(t *testing.T, p *peer) {
	ref := p.promised(t, "order-1", eur(1999)).Ref
	got, err := p.take(t.Context(), ref, "take", eur(1500))
	ok(t, err)
	is(t, got, pay.Captured, 1500, 0)
	_, err = p.take(t.Context(), ref, "rest", eur(499))
	wants(t, err, wire.Conflict)
	_, err = p.Refund(t.Context(), ref, "back", eur(1501))
	wants(t, err, wire.Invalid)
	got, err = p.Refund(t.Context(), ref, "all", eur(1500))
	ok(t, err)
	is(t, got, pay.Captured, 1500, 1500)
	p.books(t, "order-1", 1, 1500, 1500)
}

func refundInParts(t *testing.T, p *peer) {
	ref := p.taken(t, "order-1", eur(1999)).Ref
	got, err := p.Refund(t.Context(), ref, "part", eur(500))
	ok(t, err)
	is(t, got, pay.Captured, 1999, 500)
	_, err = p.Refund(t.Context(), ref, "much", eur(1500))
	wants(t, err, wire.Invalid)
	_, err = p.Refund(t.Context(), ref, "dollars", wire.Money{Minor: 5, Currency: "USD"})
	wants(t, err, wire.Invalid)
	got, err = p.Refund(t.Context(), ref, "rest", eur(1499))
	ok(t, err)
	is(t, got, pay.Captured, 1999, 1999)
	_, err = p.Refund(t.Context(), ref, "more", eur(1))
	wants(t, err, wire.Invalid)
	got, err = p.Refund(t.Context(), ref, "part", eur(500))
	ok(t, err)
	is(t, got, pay.Captured, 1999, 1999)
	p.books(t, "order-1", 1, 1999, 1999)
}

func refundTwiceAtOnce(t *testing.T, p *peer) {
	ref := p.taken(t, "order-1", eur(1999)).Ref
	got := atOnce(t, func() (pay.Payment, error) { return p.Refund(context.Background(), ref, "part", eur(500)) })
	is(t, got, pay.Captured, 1999, 500)
	p.books(t, "order-1", 1, 1999, 500)
}

func refundEarly(t *testing.T, p *peer) {
	ref := p.promised(t, "order-1", eur(1999)).Ref
	_, err := p.Refund(t.Context(), ref, "back", eur(1))
	wants(t, err, wire.Conflict)
	p.books(t, "order-1", 0, 0, 0)
}

func cancel(t *testing.T, p *peer) {
	ref := p.promised(t, "order-1", eur(1999)).Ref
	for _, key := range []string{"cancel", "cancel", "again"} {
		got, err := p.Cancel(t.Context(), ref, key)
		ok(t, err)
		is(t, got, pay.Cancelled, 0, 0)
		if got.Action != (pay.Action{}) {
			t.Error("the buyer is still asked to do something")
		}
	}
	_, err := p.Capture(t.Context(), ref, "take", eur(1999))
	wants(t, err, wire.Conflict)
	p.books(t, "order-1", 0, 0, 0)
}

func cancelLate(t *testing.T, p *peer) {
	ref := p.taken(t, "order-1", eur(1999)).Ref
	_, err := p.Cancel(t.Context(), ref, "cancel")
	wants(t, err, wire.Conflict)
	p.books(t, "order-1", 1, 1999, 0)
}

func declined(t *testing.T, p *peer) {
	if p.buyer == nil {
		t.Skip("nobody is asked who could refuse")
	}
	got, err := p.Start(t.Context(), charge("order-1", eur(1999)))
	ok(t, err)
	p.buyer(t, got.Ref, false)
	got, err = p.Look(t.Context(), got.Ref)
	ok(t, err)
	is(t, got, pay.Failed, 0, 0)
	if got.Reason == "" {
		t.Error("no reason is given")
	}
	_, err = p.Capture(t.Context(), got.Ref, "take", eur(1999))
	wants(t, err, wire.Conflict)
	_, err = p.Cancel(t.Context(), got.Ref, "cancel")
	ok(t, err)

	next := charge("order-1", eur(1999))
	next.Attempt = 2
	got, err = p.Start(t.Context(), next)
	ok(t, err)
	p.buyer(t, got.Ref, true)
	_, err = p.take(t.Context(), got.Ref, "take", eur(1999))
	ok(t, err)
	p.books(t, "order-1", 1, 1999, 0)
}

func lostAnswer(t *testing.T, p *peer) {
	lost := func(err error) {
		t.Helper()
		wants(t, err, wire.Unavailable)
		var e *wire.Error
		if errors.As(err, &e) && e.RetryAfter <= 0 {
			t.Error("it is not said when to ask again")
		}
	}
	p.lose("order-1")
	_, err := p.Start(t.Context(), charge("order-1", eur(1999)))
	lost(err)
	ref := p.promised(t, "order-1", eur(1999)).Ref

	p.lose("order-1")
	_, err = p.take(t.Context(), ref, "take", eur(1999))
	lost(err)
	got, err := p.Look(t.Context(), ref)
	ok(t, err)
	is(t, got, pay.Captured, 1999, 0)
	got, err = p.take(t.Context(), ref, "take", eur(1999))
	ok(t, err)
	is(t, got, pay.Captured, 1999, 0)

	p.lose("order-1")
	_, err = p.Refund(t.Context(), ref, "back", eur(99))
	lost(err)
	got, err = p.Refund(t.Context(), ref, "back", eur(99))
	ok(t, err)
	is(t, got, pay.Captured, 1999, 99)
	p.books(t, "order-1", 1, 1999, 99)
}

func notice(t *testing.T, p *peer) {
	if p.notice == nil {
		t.Skip("no notices are sent")
	}
	want := p.promised(t, "order-1", eur(1999))
	header, body := p.notice(t, want.Ref)
	first, err := p.Webhook(header, body)
	ok(t, err)
	if first.ID == "" || first.Ref != want.Ref || first.Order != "order-1" || first.Payment.Status != pay.Authorised || first.Payment.Amount != eur(1999) {
		t.Errorf("got %+v", first)
	}
	again, err := p.Webhook(header, body)
	ok(t, err)
	if again != first {
		t.Errorf("got %+v, then %+v", first, again)
	}
}

func forged(t *testing.T, p *peer) {
	_, err := p.Webhook(http.Header{}, []byte(`{"type":"payment.captured"}`))
	wants(t, err, wire.Unauthenticated)
	if p.notice == nil {
		return
	}
	header, body := p.notice(t, p.promised(t, "order-1", eur(1999)).Ref)
	_, err = p.Webhook(header, append([]byte(" "), body...))
	wants(t, err, wire.Unauthenticated)
	for name, values := range header {
		if name == "Content-Type" {
			continue
		}
		changed := header.Clone()
		changed.Set(name, values[0][:len(values[0])-2])
		_, err = p.Webhook(changed, body)
		wants(t, err, wire.Unauthenticated)
		changed.Del(name)
		_, err = p.Webhook(changed, body)
		wants(t, err, wire.Unauthenticated)
	}
}

func old(t *testing.T, p *peer) {
	if p.notice == nil {
		t.Skip("no notices are sent")
	}
	header, body := p.notice(t, p.promised(t, "order-1", eur(1999)).Ref)
	p.clock.advance(4*time.Minute + 58*time.Second)
	_, err := p.Webhook(header, body)
	ok(t, err)
	p.clock.advance(3 * time.Second)
	_, err = p.Webhook(header, body)
	wants(t, err, wire.Invalid)
	p.clock.advance(-11 * time.Minute)
	_, err = p.Webhook(header, body)
	wants(t, err, wire.Invalid)
}

func decimals(t *testing.T, p *peer) {
	for i, amount := range []wire.Money{{Minor: 1980, Currency: "JPY"}, {Minor: 12340, Currency: "KWD"}, {Minor: 500, Currency: "ISK"}, {Minor: 70000, Currency: "UGX"}, {Minor: 4500, Currency: "MGA"}} {
		o := wire.OrderID(fmt.Sprintf("order-%d", i))
		got := p.taken(t, o, amount)
		if got.Amount != amount || got.Captured != amount || got.Refunded.Currency != amount.Currency {
			t.Errorf("%s came back as %s, captured %s", amount, got.Amount, got.Captured)
		}
		p.books(t, o, 1, amount.Minor, 0)
		got, err := p.Refund(t.Context(), got.Ref, "back", amount)
		ok(t, err)
		is(t, got, pay.Captured, amount.Minor, amount.Minor)
	}
}

func impossible(t *testing.T, p *peer) {
	good := charge("order-1", eur(1999))
	for what, spoil := range map[string]func(*pay.Charge){
		"no order":              func(c *pay.Charge) { c.Order = "" },
		"no attempt":            func(c *pay.Charge) { c.Attempt = 0 },
		"nothing":               func(c *pay.Charge) { c.Amount = eur(0) },
		"less than nothing":     func(c *pay.Charge) { c.Amount = eur(-1) },
		"no currency":           func(c *pay.Charge) { c.Amount = wire.Money{Minor: 5} },
		"too much":              func(c *pay.Charge) { c.Amount = eur(wire.MaxMinor + 1) },
		"kept for nobody":       func(c *pay.Charge) { c.Keep = true },
		"absent, and not known": func(c *pay.Charge) { c.Absent = true },
		"no address":            func(c *pay.Charge) { c.Return = "javascript:alert(1)" },
	} {
		c := good
		spoil(&c)
		if _, err := p.Start(t.Context(), c); wire.CodeOf(err) != wire.Invalid {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func unknownRef(t *testing.T, p *peer) {
	for _, ref := range []string{"", "nonsense", "../../v1/balance", "pi_none"} {
		_, err := p.Look(t.Context(), ref)
		wants(t, err, wire.NotFound)
		_, err = p.take(t.Context(), ref, "take", eur(1))
		wants(t, err, wire.NotFound)
		_, err = p.Cancel(t.Context(), ref, "cancel")
		wants(t, err, wire.NotFound)
		_, err = p.Refund(t.Context(), ref, "back", eur(1))
		wants(t, err, wire.NotFound)
	}
}

func contextEnds(t *testing.T, p *peer) {
	ref := p.promised(t, "order-1", eur(1999)).Ref
	ended, end := context.WithCancel(t.Context())
	end()
	for _, ask := range []func(context.Context) error{
		func(ctx context.Context) error { _, err := p.Start(ctx, charge("order-2", eur(5))); return err },
		func(ctx context.Context) error { _, err := p.take(ctx, ref, "take", eur(1999)); return err },
		func(ctx context.Context) error { _, err := p.Cancel(ctx, ref, "cancel"); return err },
	} {
		err := ask(ended)
		wants(t, err, wire.Unavailable)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%v is not the context's error", err)
		}
	}
	p.books(t, "order-1", 0, 0, 0)
	if p.hang == nil {
		return
	}
	p.hang("order-3")
	short, end := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer end()
	_, err := p.Start(short, charge("order-3", eur(5)))
	wants(t, err, wire.Unavailable)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v is not the context's error", err)
	}
}
