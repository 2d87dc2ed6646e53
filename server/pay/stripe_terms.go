package pay

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v82"

	"vitrine/server/wire"
)

// metaOrder is where an intent, and the charge made from it, say which order they are for.
const metaOrder = "order"

var intentID = regexp.MustCompile(`^pi_[A-Za-z0-9_]{1,90}$`)

// stripeAmount is an amount in Stripe's units (docs.stripe.com/currencies): ISO 4217's but for ISK and UGX, which Stripe writes
// with two decimals that must be 00, and MGA, which it writes without. The last of three decimals must be 0.
func stripeAmount(m wire.Money) (int64, error) {
	digits, _ := m.Currency.Digits()
	switch {
	case m.Currency == "ISK" || m.Currency == "UGX":
		return m.Minor * 100, nil
	case m.Currency == "MGA" && m.Minor%100 != 0:
		return 0, wire.Errorf(wire.Invalid, "Stripe takes whole ariary only; %s has a fraction", m)
	case m.Currency == "MGA":
		return m.Minor / 100, nil
	case digits == 3 && m.Minor%10 != 0:
		return 0, wire.Errorf(wire.Invalid, "Stripe takes %s with a 0 as the third decimal; %s has another", m.Currency, m)
	}
	return m.Minor, nil
}

// stripeMoney is the way back.
func stripeMoney(amount int64, c stripe.Currency) wire.Money {
	m := wire.Money{Minor: amount, Currency: wire.Currency(strings.ToUpper(string(c)))}
	switch m.Currency {
	case "ISK", "UGX":
		m.Minor /= 100
	case "MGA":
		m.Minor *= 100
	}
	return m
}

// payment reads an intent (docs.stripe.com/payments/paymentintents/lifecycle).
func (s *Stripe) payment(i *stripe.PaymentIntent) Payment {
	p := Payment{
		Ref: i.ID, Order: wire.OrderID(i.Metadata[metaOrder]), Status: Pending,
		Amount:   stripeMoney(i.Amount, i.Currency),
		Captured: stripeMoney(i.AmountReceived, i.Currency),
		Refunded: stripeMoney(refunded(i.LatestCharge), i.Currency),
	}
	switch i.Status {
	case stripe.PaymentIntentStatusRequiresCapture:
		p.Status = Authorised
	case stripe.PaymentIntentStatusSucceeded:
		p.Status = Captured
	case stripe.PaymentIntentStatusCanceled:
		p.Status, p.Reason = Cancelled, string(i.CancellationReason)
	case stripe.PaymentIntentStatusProcessing:
	default:
		p.Action = Action{Secret: i.ClientSecret, Key: s.publishable}
		if i.NextAction != nil && i.NextAction.RedirectToURL != nil {
			p.Action.Redirect = i.NextAction.RedirectToURL.URL
		}
	}
	if i.Status == stripe.PaymentIntentStatusRequiresPaymentMethod && i.LastPaymentError != nil {
		p.Status, p.Reason = Failed, refusal(i.LastPaymentError)
	}
	return p
}

// chargePayment reads a charge that an intent made.
func chargePayment(c *stripe.Charge) Payment {
	p := Payment{
		Ref: c.PaymentIntent.ID, Order: wire.OrderID(c.Metadata[metaOrder]), Status: Pending,
		Amount:   stripeMoney(c.Amount, c.Currency),
		Captured: stripeMoney(c.AmountCaptured, c.Currency),
		Refunded: stripeMoney(refunded(c), c.Currency),
	}
	switch {
	case c.Status == stripe.ChargeStatusFailed:
		p.Status, p.Reason = Failed, c.FailureMessage
	case c.Captured && c.AmountCaptured > 0:
		p.Status = Captured
	case c.Refunded:
		p.Status = Cancelled
	case c.Status == stripe.ChargeStatusSucceeded:
		p.Status = Authorised
	}
	return p
}

// refunded is what of a charge's captured amount went back. Stripe counts what was promised and never captured as refunded too.
func refunded(c *stripe.Charge) int64 {
	if c == nil {
		return 0
	}
	return max(0, c.AmountRefunded-(c.Amount-c.AmountCaptured))
}

// refusal is Stripe's sentence for buyers; it writes card errors for them, others for programmers.
func refusal(e *stripe.Error) string {
	if e.Type == stripe.ErrorTypeCard && e.Msg != "" {
		return e.Msg
	}
	return "The payment was refused."
}

// declinedPayment is the payment in the error of a kept way to pay that was refused.
func (s *Stripe) declinedPayment(err error) Payment {
	var e *stripe.Error
	if !errors.As(err, &e) || e.Type != stripe.ErrorTypeCard || e.PaymentIntent == nil {
		return Payment{}
	}
	p := s.payment(e.PaymentIntent)
	p.Status, p.Reason = Failed, refusal(e)
	return p
}

// isRefusal says that Stripe refused a request for good, for what it asks or for the payment's state.
func isRefusal(err error) bool {
	var e *stripeRefusal
	return errors.As(err, &e) && wire.CodeOf(err) != wire.Unavailable
}

// stripeRefusal is a request that Stripe did not do for a reason that its caller, or the rules, may explain. It holds no text of
// Stripe's: those may name keys and people.
type stripeRefusal struct {
	status               int
	code, param, request string
}

func (e *stripeRefusal) Error() string {
	return fmt.Sprintf("stripe refused with status %d, code %q, parameter %q (request %s)", e.status, e.code, e.param, e.request)
}

// stripeError says what went wrong in our codes.
func stripeError(ctx context.Context, err error) error {
	var e *stripe.Error
	if !errors.As(err, &e) {
		return unknown(time.Second, transport(ctx, err))
	}
	refused := &stripeRefusal{e.HTTPStatusCode, string(e.Code), e.Param, e.RequestID}
	switch {
	case e.Type == stripe.ErrorTypeCard:
		return wire.Errorf(wire.Declined, "%s", refusal(e))
	case e.Type == stripe.ErrorTypeIdempotency:
		return keyReused()
	case e.HTTPStatusCode == http.StatusConflict, e.HTTPStatusCode == http.StatusTooManyRequests, e.Code == stripe.ErrorCodeLockTimeout:
		return unknown(2*time.Second, refused)
	case e.HTTPStatusCode >= http.StatusInternalServerError:
		return unknown(5*time.Second, refused)
	case e.Code == stripe.ErrorCodeResourceMissing && e.HTTPStatusCode == http.StatusNotFound:
		return noPayment()
	case e.Code == stripe.ErrorCodeAmountTooLarge, e.Code == stripe.ErrorCodeAmountTooSmall, e.Param == "amount", e.Param == "amount_to_capture":
		return fmt.Errorf("%w: %w", wire.Errorf(wire.Invalid, "Stripe does not take this amount; it is too small, too large, or more than there is"), refused)
	case e.Param == "currency":
		return fmt.Errorf("%w: %w", wire.Errorf(wire.Invalid, "Stripe does not take this currency for this account"), refused)
	}
	return fmt.Errorf("ask stripe: %w", refused)
}

// transport is why no answer came, without the address that was asked.
func transport(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return errors.New("the answer was not Stripe's")
}
