package pay

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"time"

	"vitrine/server/wire"
)

// validCharge reports what no provider could charge.
func validCharge(c Charge) error {
	if err := wire.ValidName("an order", c.Order); err != nil {
		return err
	}
	if c.Attempt < 1 {
		return wire.Errorf(wire.Invalid, "attempts to pay count from 1; got %d", c.Attempt)
	}
	if c.Absent && c.Method == "" {
		return wire.Errorf(wire.Invalid, "a buyer who is not there can pay only in a way that was kept before")
	}
	if (c.Keep || c.Method != "") && c.Customer == "" {
		return wire.Errorf(wire.Invalid, "a way to pay is kept for a customer, and none is named")
	}
	if u, err := url.Parse(c.Return); c.Return != "" && (err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http") {
		return wire.Errorf(wire.Invalid, "the page to come back to needs a whole address as https://shop.example/order")
	}
	return positive(c.Amount)
}

func positive(m wire.Money) error {
	if err := m.Validate(); err != nil {
		return err
	}
	if m.IsZero() {
		return wire.Errorf(wire.Invalid, "nothing is to be paid; an amount is at least one minor unit")
	}
	return nil
}

var keys = regexp.MustCompile(fmt.Sprintf(`^[A-Za-z0-9][A-Za-z0-9._:-]{0,%d}$`, maxKey-1))

func validKey(key string) error {
	if !keys.MatchString(key) {
		return wire.Errorf(wire.Invalid, "a request's key has 1 to %d letters, digits, points, colons, hyphens and underscores", maxKey)
	}
	return nil
}

// asked is a request as the keys remember it: the same key must stand for the same again.
func asked(what string, amount wire.Money) string { return what + " " + amount.String() }

// The rules of what can happen to a payment: each takes what is so and returns what is so then.

func capture(p Payment, amount wire.Money) (Payment, error) {
	if p.Status != Authorised {
		return p, wire.Errorf(wire.Conflict, "only an authorised payment can be captured; this one is %s", p.Status)
	}
	if err := within(amount, p.Amount, "promised"); err != nil {
		return p, err
	}
	p.Status, p.Captured = Captured, amount
	return p, nil
}

func cancel(p Payment) (Payment, error) {
	if p.Status == Captured {
		return p, wire.Errorf(wire.Conflict, "a captured payment cannot be cancelled; refund it")
	}
	p.Status, p.Action = Cancelled, Action{}
	return p, nil
}

func refund(p Payment, amount wire.Money) (Payment, error) {
	if p.Status != Captured {
		return p, wire.Errorf(wire.Conflict, "only a captured payment can be refunded; this one is %s", p.Status)
	}
	left, err := p.Captured.Minus(p.Refunded)
	if err != nil {
		return p, err
	}
	if err := within(amount, left, "left to give back"); err != nil {
		return p, err
	}
	p.Refunded, err = p.Refunded.Plus(amount)
	return p, err
}

// within reports an amount that is more than there is, or in another currency.
func within(amount, most wire.Money, what string) error {
	if err := positive(amount); err != nil {
		return err
	}
	if err := sameCurrency(amount, most); err != nil {
		return err
	}
	if amount.Minor > most.Minor {
		return wire.Errorf(wire.Invalid, "%s is more than the %s %s", amount, most, what)
	}
	return nil
}

func sameCurrency(amount, payment wire.Money) error {
	if amount.Currency != payment.Currency {
		return wire.Errorf(wire.Invalid, "the payment is in %s, not in %s", payment.Currency, amount.Currency)
	}
	return nil
}

func noPayment() error { return wire.Errorf(wire.NotFound, "there is no such payment") }

func keyReused() error {
	return wire.Errorf(wire.KeyReused, "the key stands for another request; a new wish needs a new key")
}

// unknown is the error of a request that may have been done. cause is nil, or what came instead of an answer.
func unknown(retry time.Duration, cause error) error {
	e := wire.Errorf(wire.Unavailable, "the payment provider did not answer; nothing is lost, ask again")
	e.RetryAfter = retry
	if cause == nil {
		return e
	}
	return fmt.Errorf("%w: %w", e, cause)
}

// sleep waits, or reports the context's end.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
