package pay

import (
	"encoding/base64"
	"net/http"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v82/webhook"

	"vitrine/server/wire"
)

func TestNoticesAreSignedAsStandardWebhooksSays(t *testing.T) {
	// The example that the standard's libraries are tested with.
	secret, err := base64.StdEncoding.DecodeString("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	if err != nil {
		t.Fatal(err)
	}
	at, body := time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`)
	h := sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, body)
	if got := h.Get("webhook-signature"); got != "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=" {
		t.Error(got)
	}
	h.Set("webhook-signature", "v1a,AAAA v1,AAAA "+h.Get("webhook-signature"))
	if err := verify(secret, h, body, at); err != nil {
		t.Errorf("one good signature of several: %v", err)
	}
}

// FuzzWebhook sends anything, signed or not: what is not signed is refused, what is signed is read or is Invalid, and nothing panics.
func FuzzWebhook(f *testing.F) {
	now := time.Unix(1795262400, 0)
	secret, signing := []byte("a secret of the test provider"), "whsec_of_stripe"
	test, err := NewTest(TestConfig{Secret: secret, Now: func() time.Time { return now }})
	if err != nil {
		f.Fatal(err)
	}
	stripe, err := NewStripe(StripeConfig{Secret: "sk_1", Publishable: "pk_1", Webhook: signing, Now: func() time.Time { return now }})
	if err != nil {
		f.Fatal(err)
	}
	f.Add("v1,AAAA", "1795262400", []byte(`{"type":"payment.captured","data":{"ref":"test_a_1","order":"a","status":"captured"}}`))
	f.Add("t=1795262400,v1=00", "x", []byte(`{"id":"evt_1","data":{"object":{"object":"payment_intent","id":"pi_1","status":"requires_action",`+
		`"metadata":{"order":"a"},"latest_charge":"ch_1","next_action":{"redirect_to_url":{"url":"x"}},"last_payment_error":{"type":"card_error"}}}}`))
	f.Add("t=,v1", "-1", []byte(`{"id":"evt_1","data":{"object":{"object":"charge","id":"ch_1","payment_intent":"pi_1","metadata":{"order":"a"},"amount":-5}}}`))
	f.Add("t=1,t=99999999999999999999,v1=00", "99999999999999999999", []byte(`{"id":"evt_1","data":{"object":{"object":"charge","payment_intent":{}}}}`))
	f.Fuzz(func(t *testing.T, signature, stamp string, body []byte) {
		forgedHeader := http.Header{"Stripe-Signature": {signature}, "Webhook-Id": {"1"}, "Webhook-Timestamp": {stamp}, "Webhook-Signature": {signature}}
		for name, p := range map[string]Provider{"test": test, "stripe": stripe} {
			if _, err := p.Webhook(forgedHeader, body); wire.CodeOf(err) != wire.Unauthenticated {
				t.Errorf("%s: what is not signed got %v", name, err)
			}
			n, err := p.Webhook(genuine(name, secret, signing, now, body), body)
			if err != nil && wire.CodeOf(err) != wire.Invalid {
				t.Errorf("%s: %v", name, err)
			}
			if err == nil && n.ID == "" {
				t.Errorf("%s: a notice without a name", name)
			}
		}
	})
}

func genuine(name string, secret []byte, signing string, now time.Time, body []byte) http.Header {
	if name == "test" {
		return sign(secret, "1", now, body)
	}
	s := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: body, Secret: signing, Timestamp: now})
	return http.Header{"Stripe-Signature": {s.Header}}
}
