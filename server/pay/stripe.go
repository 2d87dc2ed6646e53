package pay

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v82"
	"github.com/stripe/stripe-go/v82/webhook"

	"vitrine/server/wire"
)

// StripeConfig is an account at Stripe.
type StripeConfig struct {
	// Secret is the secret or restricted key (sk_…, rk_…), Publishable the one for pages (pk_…), Webhook the signing secret of the
	// endpoint that gets notices (whsec_…). The endpoint's API version must be the library's, stripe.APIVersion.
	Secret, Publishable, Webhook string
	// URL is where Stripe's API is; empty for Stripe's own.
	URL string
	// HTTP speaks to it; nil for the library's, which gives up after 80 s.
	HTTP *http.Client
	Now  func() time.Time
}

// Stripe takes payments by Stripe's PaymentIntents with manual capture: the buyer types into Stripe's fields on the page, opened by
// Action.Secret and Action.Key. A Ref is the intent's id (pi_…).
//
// A promise lasts as long as the card's network says, mostly 7 days; then Stripe cancels the intent. Captures, refunds and
// cancellations are two requests each. Disputes are not told.
//
// Stripe keeps idempotency keys for a day at least (docs.stripe.com/api/idempotent_requests), so a Start that is asked again later
// than that makes a second intent; nobody has its secret, so nothing is promised by it unless it names a kept Method. Requests are
// not repeated here, but by net/http when a connection breaks before the answer begins: that is the caller's, with its own patience.
type Stripe struct {
	api         *stripe.Client
	publishable string
	webhook     string
	now         func() time.Time
}

// NewStripe makes a Stripe provider. It asks for nothing yet, so wrong keys are found by the first request.
func NewStripe(c StripeConfig) (*Stripe, error) {
	for _, key := range []struct{ what, got, prefix string }{
		{"secret key", c.Secret, "sk_ rk_"}, {"publishable key", c.Publishable, "pk_"}, {"webhook secret", c.Webhook, "whsec_"},
	} {
		fits := func(prefix string) bool { return len(key.got) > len(prefix) && strings.HasPrefix(key.got, prefix) }
		if !slices.ContainsFunc(strings.Fields(key.prefix), fits) {
			return nil, wire.Errorf(wire.Invalid, "Stripe's %s begins with %s and is found in its dashboard", key.what, strings.ReplaceAll(key.prefix, " ", " or "))
		}
	}
	config := &stripe.BackendConfig{
		EnableTelemetry:   stripe.Bool(false),
		HTTPClient:        c.HTTP,
		LeveledLogger:     &stripe.LeveledLogger{Level: stripe.LevelNull}, // its texts hold whole answers
		MaxNetworkRetries: stripe.Int64(0),                                // it would sleep without looking at the context
	}
	if c.URL != "" {
		config.URL = stripe.String(c.URL)
	}
	return &Stripe{
		api:         stripe.NewClient(c.Secret, stripe.WithBackends(stripe.NewBackendsWithConfig(config))),
		publishable: c.Publishable, webhook: c.Webhook, now: c.Now,
	}, nil
}

// String keeps the keys out of logs.
func (s *Stripe) String() string { return "stripe" }

// withCharge has Stripe answer with the intent's charge inside, where the refunds are counted.
const withCharge = "latest_charge"

// Start implements Provider.
func (s *Stripe) Start(ctx context.Context, c Charge) (Payment, error) {
	if err := validCharge(c); err != nil {
		return Payment{}, err
	}
	amount, err := stripeAmount(c.Amount)
	if err != nil {
		return Payment{}, err
	}
	attempt := strconv.Itoa(c.Attempt)
	p := &stripe.PaymentIntentCreateParams{
		Amount:                  stripe.Int64(amount),
		Currency:                stripe.String(strings.ToLower(string(c.Amount.Currency))),
		CaptureMethod:           stripe.String(string(stripe.PaymentIntentCaptureMethodManual)),
		AutomaticPaymentMethods: &stripe.PaymentIntentCreateAutomaticPaymentMethodsParams{Enabled: stripe.Bool(true)},
		Metadata:                map[string]string{metaOrder: string(c.Order), "attempt": attempt},
		Expand:                  []*string{stripe.String(withCharge)},
	}
	p.SetIdempotencyKey("vitrine:start:" + string(c.Order) + ":" + attempt)
	if c.Customer != "" {
		p.Customer = stripe.String(c.Customer)
	}
	if c.Keep {
		p.SetupFutureUsage = stripe.String(string(stripe.PaymentIntentSetupFutureUsageOffSession))
	}
	if c.Method != "" {
		confirm(p, c)
	}
	return s.answer(ctx, c.Order, func() (*stripe.PaymentIntent, *stripe.APIResponse, error) {
		got, err := s.api.V1PaymentIntents.Create(ctx, p)
		return got, got.LastResponse, err
	})
}

// confirm has a kept way to pay charged at once. Stripe takes a page to come back to with it, or wants no redirects.
func confirm(p *stripe.PaymentIntentCreateParams, c Charge) {
	p.PaymentMethod, p.Confirm = stripe.String(c.Method), stripe.Bool(true)
	if c.Absent {
		p.OffSession = stripe.Bool(true)
	}
	if c.Absent || c.Return == "" {
		p.AutomaticPaymentMethods.AllowRedirects = stripe.String("never")
		return
	}
	p.ReturnURL = stripe.String(c.Return)
}

// Look implements Provider.
func (s *Stripe) Look(ctx context.Context, ref string) (Payment, error) {
	if !intentID.MatchString(ref) {
		return Payment{}, noPayment()
	}
	p := &stripe.PaymentIntentRetrieveParams{Expand: []*string{stripe.String(withCharge)}}
	got, err := s.api.V1PaymentIntents.Retrieve(ctx, ref, p)
	if err != nil {
		return Payment{}, stripeError(ctx, err)
	}
	if got.Metadata[metaOrder] == "" {
		return Payment{}, noPayment()
	}
	return s.payment(got), nil
}

// Capture implements Provider.
func (s *Stripe) Capture(ctx context.Context, ref, key string, amount wire.Money) (Payment, error) {
	minor, was, err := s.before(ctx, ref, key, amount)
	if err != nil {
		return Payment{}, err
	}
	if was.Status != Captured { // else the key tells whether it was this request
		if _, err := capture(was, amount); err != nil {
			return Payment{}, err
		}
	}
	p := &stripe.PaymentIntentCaptureParams{AmountToCapture: stripe.Int64(minor), Expand: []*string{stripe.String(withCharge)}}
	p.SetIdempotencyKey(stripeKey(ref, key))
	got, err := s.answer(ctx, was.Order, func() (*stripe.PaymentIntent, *stripe.APIResponse, error) {
		got, err := s.api.V1PaymentIntents.Capture(ctx, ref, p)
		return got, got.LastResponse, err
	})
	return s.explain(ctx, ref, got, err, func(now Payment) error { _, err := capture(now, amount); return err })
}

// Cancel implements Provider.
func (s *Stripe) Cancel(ctx context.Context, ref, key string) (Payment, error) {
	if err := validKey(key); err != nil {
		return Payment{}, err
	}
	was, err := s.Look(ctx, ref)
	if err != nil || was.Status == Cancelled {
		return was, err
	}
	if _, err := cancel(was); err != nil {
		return Payment{}, err
	}
	p := &stripe.PaymentIntentCancelParams{Expand: []*string{stripe.String(withCharge)}}
	p.SetIdempotencyKey(stripeKey(ref, key))
	got, err := s.answer(ctx, was.Order, func() (*stripe.PaymentIntent, *stripe.APIResponse, error) {
		got, err := s.api.V1PaymentIntents.Cancel(ctx, ref, p)
		return got, got.LastResponse, err
	})
	return s.explain(ctx, ref, got, err, func(now Payment) error { _, err := cancel(now); return err })
}

// Refund implements Provider.
func (s *Stripe) Refund(ctx context.Context, ref, key string, amount wire.Money) (Payment, error) {
	minor, was, err := s.before(ctx, ref, key, amount)
	if err != nil {
		return Payment{}, err
	}
	if was.Status != Captured {
		_, err := refund(was, amount)
		return Payment{}, err // Stripe would void what is only promised
	}
	p := &stripe.RefundCreateParams{
		PaymentIntent: stripe.String(ref), Amount: stripe.Int64(minor), Metadata: map[string]string{metaOrder: string(was.Order)},
		Expand: []*string{stripe.String("payment_intent." + withCharge)},
	}
	p.SetIdempotencyKey(stripeKey(ref, key))
	got, err := s.answer(ctx, was.Order, func() (*stripe.PaymentIntent, *stripe.APIResponse, error) {
		got, err := s.api.V1Refunds.Create(ctx, p)
		return got.PaymentIntent, got.LastResponse, err
	})
	return s.explain(ctx, ref, got, err, func(now Payment) error { _, err := refund(now, amount); return err })
}

// before looks first, for two reasons: Stripe takes amounts of captures and refunds without a currency, and a request that it
// refuses may use up its key for good.
func (s *Stripe) before(ctx context.Context, ref, key string, amount wire.Money) (minor int64, was Payment, err error) {
	if err = validKey(key); err != nil {
		return 0, was, err
	}
	if err = positive(amount); err != nil {
		return 0, was, err
	}
	if was, err = s.Look(ctx, ref); err != nil {
		return 0, was, err
	}
	if err = sameCurrency(amount, was.Amount); err != nil {
		return 0, was, err
	}
	minor, err = stripeAmount(amount)
	return minor, was, err
}

// answer reads an intent that Stripe answered with. The answer to a repeated request is what was so the first time
// (Idempotent-Replayed), so then it is looked up.
func (s *Stripe) answer(ctx context.Context, order wire.OrderID, ask func() (*stripe.PaymentIntent, *stripe.APIResponse, error)) (Payment, error) {
	got, response, err := ask()
	if err != nil {
		return s.declinedPayment(err), stripeError(ctx, err)
	}
	if got == nil || got.Metadata[metaOrder] != string(order) {
		return Payment{}, unknown(time.Second, nil)
	}
	if response != nil && response.Header.Get("Idempotent-Replayed") == "true" {
		return s.Look(ctx, got.ID)
	}
	return s.payment(got), nil
}

// explain tells what Stripe refused in the words of the rules, if they forbid it as the payment is now; Stripe's own codes do not
// tell all cases apart.
func (s *Stripe) explain(ctx context.Context, ref string, got Payment, err error, rule func(Payment) error) (Payment, error) {
	if !isRefusal(err) {
		return got, err
	}
	now, lookErr := s.Look(ctx, ref)
	if lookErr != nil {
		return Payment{}, lookErr
	}
	if broken := rule(now); broken != nil {
		return Payment{}, broken
	}
	return Payment{}, err
}

func stripeKey(ref, key string) string { return "vitrine:" + ref + ":" + key }

// Webhook implements Provider. It reads events of intents, charges and refunds; others are notices without a Ref.
func (s *Stripe) Webhook(header http.Header, body []byte) (Notice, error) {
	signature := header.Get("Stripe-Signature")
	if len(body) > maxNotice {
		return Notice{}, unreadable()
	}
	if webhook.ValidatePayloadIgnoringTolerance(body, signature, s.webhook) != nil { // the age is by our clock, and both ways
		return Notice{}, forged()
	}
	if err := fresh(stamp(signature), s.now()); err != nil {
		return Notice{}, err
	}
	var e struct {
		ID   string `json:"id"`
		Data struct {
			Object json.RawMessage `json:"object"`
		} `json:"data"`
	}
	var kind struct {
		Object string `json:"object"`
	}
	if json.Unmarshal(body, &e) != nil || json.Unmarshal(e.Data.Object, &kind) != nil || e.ID == "" {
		return Notice{}, unreadable()
	}
	p, err := s.told(kind.Object, e.Data.Object)
	if err != nil {
		return Notice{}, unreadable()
	}
	n := Notice{ID: e.ID, Ref: p.Ref, Order: p.Order}
	if p.Status != "" {
		n.Payment = p
	}
	return n, nil
}

// stamp is the time in a signature that is genuine, "t=1795262400,v1=…"; the last one counts, as for the library.
func stamp(signature string) (at time.Time) {
	for part := range strings.SplitSeq(signature, ",") {
		if text, ok := strings.CutPrefix(part, "t="); ok {
			if seconds, err := strconv.ParseInt(text, 10, 64); err == nil {
				at = time.Unix(seconds, 0)
			}
		}
	}
	return at
}

// told reads the object of an event: the payment of one of our orders, its name only, or a zero Payment.
func (s *Stripe) told(kind string, object []byte) (Payment, error) {
	switch kind {
	case "payment_intent":
		var intent stripe.PaymentIntent
		if err := json.Unmarshal(object, &intent); err != nil || !ours(intent.Metadata, intent.ID) {
			return Payment{}, err
		}
		return s.payment(&intent), nil
	case "charge":
		var c stripe.Charge
		if err := json.Unmarshal(object, &c); err != nil || c.PaymentIntent == nil || !ours(c.Metadata, c.PaymentIntent.ID) {
			return Payment{}, err
		}
		return chargePayment(&c), nil
	case "refund":
		var r stripe.Refund
		if err := json.Unmarshal(object, &r); err != nil || r.PaymentIntent == nil || !ours(r.Metadata, r.PaymentIntent.ID) {
			return Payment{}, err
		}
		return Payment{Ref: r.PaymentIntent.ID, Order: wire.OrderID(r.Metadata[metaOrder])}, nil
	}
	return Payment{}, nil
}

func ours(meta map[string]string, intent string) bool {
	return meta[metaOrder] != "" && intentID.MatchString(intent)
}
