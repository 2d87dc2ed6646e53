package pay_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"vitrine/server/pay"
	"vitrine/server/pay/paytest"
	"vitrine/server/wire"
)

// bank is a stand-in for Stripe, and the clock that its notices are signed by.
type bank struct {
	*paytest.Stripe
	clock *clock
}

func newBank(t *testing.T) bank {
	c := newClock()
	return bank{paytest.NewStripe(t, c.Now), c}
}

// silent keeps the client's connections from outliving the test.
func silent(t *testing.T) *http.Client {
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: time.Minute}
}

func newStripe(t *testing.T, f bank) *pay.Stripe {
	t.Helper()
	p, err := pay.NewStripe(pay.StripeConfig{
		Secret: paytest.Secret, Publishable: paytest.Publishable, Webhook: paytest.Signing,
		URL: f.URL, HTTP: silent(t), Now: f.clock.Now,
	})
	ok(t, err)
	return p
}

func TestStripeConforms(t *testing.T) {
	conform(t, func(t *testing.T) *peer {
		f := newBank(t)
		p := newStripe(t, f)
		return &peer{
			Provider: p, clock: f.clock, take: p.Capture, buyer: f.Buyer, moved: f.Moved, lose: f.Lose, hang: f.Hang,
			notice: func(t *testing.T, ref string) (http.Header, []byte) {
				return f.Event(t, "payment_intent.amount_capturable_updated", ref)
			},
		}
	})
}

func TestThePageGetsWhatOpensStripesFields(t *testing.T) {
	f := newBank(t)
	got, err := newStripe(t, f).Start(t.Context(), charge("order-1", eur(1999)))
	ok(t, err)
	if got.Status != pay.Pending || got.Action.Secret != got.Ref+"_secret_x" || got.Action.Key != paytest.Publishable {
		t.Errorf("got %+v", got)
	}
}

func TestACaptureThatCameTooEarlyDoesNotUseUpItsKey(t *testing.T) {
	f := newBank(t)
	p := newStripe(t, f)
	got, err := p.Start(t.Context(), charge("order-1", eur(1999)))
	ok(t, err)
	_, err = p.Capture(t.Context(), got.Ref, "take", eur(1999))
	wants(t, err, wire.Conflict)
	f.Buyer(t, got.Ref, true)
	got, err = p.Capture(t.Context(), got.Ref, "take", eur(1999))
	ok(t, err)
	is(t, got, pay.Captured, 1999, 0)
}

func TestAKeptCardPaysAtOnceOrAsksOrIsRefused(t *testing.T) {
	for _, c := range []struct {
		method   string
		absent   bool
		status   pay.Status
		code     wire.Code
		redirect bool
	}{
		{"pm_card_visa", false, pay.Authorised, "", false},
		{"pm_card_visa", true, pay.Authorised, "", false},
		{"pm_card_authenticationRequired", false, pay.Pending, "", false},
		{"pm_bank", false, pay.Pending, "", true},
		{"pm_card_authenticationRequired", true, pay.Failed, wire.Declined, false},
		{"pm_card_chargeDeclined", false, pay.Failed, wire.Declined, false},
	} {
		f := newBank(t)
		p := newStripe(t, f)
		customer, err := p.Customer(t.Context(), "person1")
		ok(t, err)
		ask := charge("order-1", eur(1999))
		ask.Customer, ask.Method, ask.Absent = customer, c.method, c.absent
		for range 2 {
			got, err := p.Start(t.Context(), ask)
			wants(t, err, c.code)
			if got.Status != c.status || got.Ref == "" || (got.Action.Redirect != "") != c.redirect || (got.Reason != "") != (c.code != "") {
				t.Errorf("%+v: got %+v", c, got)
			}
		}
	}
}

func TestWaysToPayAreKeptListedAndForgotten(t *testing.T) {
	f := newBank(t)
	p := newStripe(t, f)
	customer, err := p.Customer(t.Context(), "person1")
	ok(t, err)
	kept, err := p.Kept(t.Context(), customer)
	ok(t, err)
	if !slices.Equal(kept, []pay.Kept{{Method: "pm_card_visa", Label: "visa •••• 4242", Month: 4, Year: 2030}}) {
		t.Errorf("got %+v", kept)
	}
	wants(t, p.Forget(t.Context(), customer, "pm_of_another"), wire.NotFound)
	wants(t, p.Forget(t.Context(), customer, "../../balance"), wire.NotFound)
	wants(t, p.Erase(t.Context(), ""), wire.NotFound)
	ok(t, p.Forget(t.Context(), customer, "pm_card_visa"))
	if slices.Contains(f.Asked(), "POST /v1/payment_methods/pm_of_another/detach") {
		t.Error("a buyer forgot another's card")
	}
	ok(t, p.Erase(t.Context(), customer))
	_, err = p.Kept(t.Context(), customer)
	wants(t, err, wire.NotFound)
}

func TestARefundIsToldByTheChargesEvent(t *testing.T) {
	f := newBank(t)
	p := newStripe(t, f)
	got, err := p.Start(t.Context(), charge("order-1", eur(1999)))
	ok(t, err)
	f.Buyer(t, got.Ref, true)
	for _, step := range []struct {
		do                 func() (pay.Payment, error)
		status             pay.Status
		captured, refunded int64
	}{
		{func() (pay.Payment, error) { return p.Look(t.Context(), got.Ref) }, pay.Authorised, 0, 0},
		{func() (pay.Payment, error) { return p.Capture(t.Context(), got.Ref, "take", eur(1500)) }, pay.Captured, 1500, 0},
		{func() (pay.Payment, error) { return p.Refund(t.Context(), got.Ref, "back", eur(400)) }, pay.Captured, 1500, 400},
	} {
		_, err := step.do()
		ok(t, err)
		n, err := p.Webhook(f.Event(t, "charge.updated", got.Ref))
		ok(t, err)
		is(t, n.Payment, step.status, step.captured, step.refunded)
		if n.Ref != got.Ref || n.Order != "order-1" || n.Payment.Amount != eur(1999) {
			t.Errorf("got %+v", n)
		}
	}
}

func TestARefundThatComesBackIsNoticed(t *testing.T) {
	f := newBank(t)
	body := []byte(`{"id":"evt_1","type":"refund.failed","data":{"object":{"id":"re_1","object":"refund","payment_intent":"pi_1","metadata":{"order":"order-1"}}}}`)
	n, err := newStripe(t, f).Webhook(f.Signed(body), body)
	ok(t, err)
	if n != (pay.Notice{ID: "evt_1", Ref: "pi_1", Order: "order-1"}) {
		t.Errorf("got %+v", n)
	}
}

func TestEventsAboutOthersHaveNoRef(t *testing.T) {
	f := newBank(t)
	p := newStripe(t, f)
	for _, body := range []string{
		`{"id":"evt_1","type":"payout.paid","data":{"object":{"id":"po_1","object":"payout"}}}`,
		`{"id":"evt_2","type":"payment_intent.succeeded","data":{"object":{"id":"pi_1","object":"payment_intent","metadata":{}}}}`,
		`{"id":"evt_3","type":"charge.succeeded","data":{"object":{"id":"ch_1","object":"charge","metadata":{"order":"x"}}}}`,
	} {
		n, err := p.Webhook(f.Signed([]byte(body)), []byte(body))
		ok(t, err)
		if n.Ref != "" || n.ID == "" {
			t.Errorf("got %+v", n)
		}
	}
	for _, body := range []string{``, `[]`, `{"id":"evt_1"}`, `{"data":{"object":{"object":"charge"}}}`, `{"id":"e","data":{"object":{"object":"payment_intent","amount":"x"}}}`} {
		_, err := p.Webhook(f.Signed([]byte(body)), []byte(body))
		wants(t, err, wire.Invalid)
	}
}

func TestStripesTroubleIsUnavailable(t *testing.T) {
	for _, c := range []struct {
		status int
		body   string
		code   wire.Code
	}{
		{500, `{"error":{"type":"api_error","message":"An error occurred"}}`, wire.Unavailable},
		{503, `<html>down</html>`, wire.Unavailable},
		{429, `{"error":{"type":"invalid_request_error","code":"rate_limit","message":"Too many requests"}}`, wire.Unavailable},
		{200, `{"id":"pi_1","object":"payment_intent"}`, wire.Unavailable}, // of another order
		{200, `not JSON`, wire.Unavailable},
		{401, `{"error":{"type":"invalid_request_error","message":"Invalid API Key"}}`, wire.Internal},
		{400, `{"error":{"type":"invalid_request_error","param":"currency","message":"Invalid currency"}}`, wire.Invalid},
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(c.status)
			_, _ = w.Write([]byte(c.body))
		}))
		f := newBank(t)
		p, err := pay.NewStripe(pay.StripeConfig{Secret: paytest.Secret, Publishable: paytest.Publishable, Webhook: paytest.Signing, URL: s.URL, HTTP: silent(t), Now: f.clock.Now})
		ok(t, err)
		_, err = p.Start(t.Context(), charge("order-1", eur(1999)))
		wants(t, err, c.code)
		s.Close()
	}
}

func TestStripesCurrencies(t *testing.T) {
	f := newBank(t)
	p := newStripe(t, f)
	for i, bad := range []wire.Money{{Minor: 12345, Currency: "KWD"}, {Minor: 150, Currency: "MGA"}, {Minor: 100, Currency: "KPW"}, eur(100_000_000)} {
		_, err := p.Start(t.Context(), charge(wire.OrderID("bad-"+string(rune('a'+i))), bad))
		wants(t, err, wire.Invalid)
	}
	for i, c := range []struct {
		m    wire.Money
		want int64
	}{
		{eur(1999), 1999},
		{wire.Money{Minor: 1980, Currency: "JPY"}, 1980},
		{wire.Money{Minor: 12340, Currency: "KWD"}, 12340},
		{wire.Money{Minor: 5, Currency: "ISK"}, 500},
		{wire.Money{Minor: 7, Currency: "UGX"}, 700},
		{wire.Money{Minor: 4500, Currency: "MGA"}, 45},
	} {
		got, err := p.Start(t.Context(), charge(wire.OrderID("order-"+string(rune('a'+i))), c.m))
		ok(t, err)
		if sent := f.Amount(got.Ref); sent != c.want || got.Amount != c.m {
			t.Errorf("%s: %d was sent, %s came back", c.m, sent, got.Amount)
		}
	}
}

func TestNoSecretIsInErrorsOrLogs(t *testing.T) {
	var log bytes.Buffer
	say := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	f := newBank(t)
	p := newStripe(t, f)
	wrong, err := pay.NewStripe(pay.StripeConfig{Secret: paytest.Secret + "x", Publishable: paytest.Publishable, Webhook: paytest.Signing, URL: f.URL, HTTP: silent(t), Now: f.clock.Now})
	ok(t, err)
	_, err = wrong.Start(t.Context(), charge("order-1", eur(5)))
	wants(t, err, wire.Internal)
	say.Error("pay", "error", err, "provider", p)
	_, err = pay.NewStripe(pay.StripeConfig{Secret: paytest.Signing, Publishable: paytest.Secret, Webhook: paytest.Publishable})
	say.Error("pay", "error", err)
	_, err = p.Webhook(http.Header{"Stripe-Signature": {"t=1,v1=00"}}, nil)
	say.Error("pay", "error", err)
	gone, err := pay.NewStripe(pay.StripeConfig{Secret: paytest.Secret, Publishable: paytest.Publishable, Webhook: paytest.Signing, URL: "http://127.0.0.1:1", HTTP: silent(t), Now: f.clock.Now})
	ok(t, err)
	_, err = gone.Start(t.Context(), charge("order-1", eur(5)))
	wants(t, err, wire.Unavailable)
	say.Error("pay", "error", err)
	for _, secret := range []string{"Verysecret", "signingsecret", "Bearer"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("%q is in the log:\n%s", secret, log.String())
		}
	}
	if log.Len() == 0 {
		t.Error("nothing was logged")
	}
}
