package pay

import (
	"context"
	"errors"
	"net/http"
	"time"

	"vitrine/server/wire"
)

// Record keeps the payments that no company keeps for us; the store fills it. It is safe for concurrent use.
type Record interface {
	// Payment returns a payment, or an error of code NotFound.
	Payment(ctx context.Context, ref string) (Payment, error)
	// Change keeps what change makes of a payment, or of the zero Payment if there is none, with the key and the request, all in
	// one transaction; changes of one payment follow each other. If the payment had the key before, change is not called: the
	// same request gets the payment as it is now, another one an error of code KeyReused. change touches nothing and may be called
	// again; its error undoes everything and comes back as it is.
	Change(ctx context.Context, ref, key, request string, change func(Payment) (Payment, error)) (Payment, error)
}

// Manual is for money that comes past every provider: cash on delivery is promised at once, a bank transfer is awaited, and staff
// says when the money came. A Ref is a creditor reference (ISO 11649), so that staff finds the payment by what the bank statement
// or the parcel's slip says; its case and spaces do not matter.
type Manual struct {
	record Record
	method wire.PayMethod
	tell   func(amount wire.Money, ref string) Action
	begin  Status
}

// NewCash makes the provider for cash on delivery.
func NewCash(r Record) *Manual {
	return &Manual{record: r, method: wire.PayCash, begin: Authorised, tell: func(amount wire.Money, _ string) Action {
		return Action{Text: "Have " + amount.String() + " ready when the parcel comes."}
	}}
}

// NewTransfer makes the provider for transfers to a bank account.
func NewTransfer(r Record, a Account) (*Manual, error) {
	if err := a.Validate(); err != nil {
		return nil, err
	}
	return &Manual{record: r, method: wire.PayTransfer, begin: Pending, tell: a.action}, nil
}

// Start implements Provider.
func (m *Manual) Start(ctx context.Context, c Charge) (Payment, error) {
	if err := validCharge(c); err != nil {
		return Payment{}, err
	}
	ref := reference(m.method, c.Order, c.Attempt)
	return m.change(ctx, ref, "start", asked("start", c.Amount), func(p Payment) (Payment, error) {
		none := wire.Money{Currency: c.Amount.Currency}
		return Payment{
			Ref: ref, Order: c.Order, Status: m.begin, Amount: c.Amount, Captured: none, Refunded: none, Action: m.tell(c.Amount, ref),
		}, nil
	})
}

// Look implements Provider.
func (m *Manual) Look(ctx context.Context, ref string) (Payment, error) {
	ref, err := readReference(ref)
	if err != nil {
		return Payment{}, err
	}
	p, err := m.record.Payment(ctx, ref)
	return p, interrupted(err)
}

// Paid is for staff: so much money came. It may be less than was asked for, and it may come after the payment was cancelled: then
// there is something to refund. A payment is paid once.
func (m *Manual) Paid(ctx context.Context, ref, key string, amount wire.Money) (Payment, error) {
	return m.later(ctx, ref, key, asked("paid", amount), func(p Payment) (Payment, error) {
		if p.Status == Captured {
			return p, wire.Errorf(wire.Conflict, "this payment is marked as paid already")
		}
		p.Status, p.Action = Authorised, Action{}
		return capture(p, amount)
	})
}

// Capture implements Provider. It takes nothing: what staff did not see come is not ours, so a promise stays one.
func (m *Manual) Capture(ctx context.Context, ref, key string, amount wire.Money) (Payment, error) {
	if err := validKey(key); err != nil {
		return Payment{}, err
	}
	p, err := m.Look(ctx, ref)
	if err != nil {
		return Payment{}, err
	}
	if p.Status == Captured {
		return p, within(amount, p.Amount, "promised")
	}
	_, err = capture(p, amount)
	return p, err
}

// Cancel implements Provider.
func (m *Manual) Cancel(ctx context.Context, ref, key string) (Payment, error) {
	return m.later(ctx, ref, key, asked("cancel", wire.Money{}), cancel)
}

// Refund implements Provider. It is staff who gives the money back.
func (m *Manual) Refund(ctx context.Context, ref, key string, amount wire.Money) (Payment, error) {
	return m.later(ctx, ref, key, asked("refund", amount), func(p Payment) (Payment, error) { return refund(p, amount) })
}

// later changes a payment that exists.
func (m *Manual) later(ctx context.Context, ref, key, request string, change func(Payment) (Payment, error)) (Payment, error) {
	if err := validKey(key); err != nil {
		return Payment{}, err
	}
	ref, err := readReference(ref)
	if err != nil {
		return Payment{}, err
	}
	return m.change(ctx, ref, "key "+key, request, func(p Payment) (Payment, error) {
		if p.Ref == "" {
			return p, noPayment()
		}
		return change(p)
	})
}

func (m *Manual) change(ctx context.Context, ref, key, request string, change func(Payment) (Payment, error)) (Payment, error) {
	p, err := m.record.Change(ctx, ref, key, request, change)
	if err != nil {
		return Payment{}, interrupted(err)
	}
	return p, nil
}

// interrupted says of a context's end that nobody knows what was done.
func interrupted(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return unknown(time.Second, err)
	}
	return err
}

// Webhook implements Provider: nobody sends notices of such money.
func (m *Manual) Webhook(http.Header, []byte) (Notice, error) { return Notice{}, forged() }
