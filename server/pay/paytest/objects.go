package paytest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"vitrine/server/wire"
)

// What the fake Stripe's objects look like, what a buyer does with them, and how they are told.

// charge counts what was promised and not captured as refunded, as Stripe's do.
func (i *intent) charge() map[string]any {
	back := i.back
	if i.status == "succeeded" || i.status == "canceled" {
		back += i.amount - i.received
	}
	return map[string]any{
		"id": "ch_" + i.id, "object": "charge", "amount": i.amount, "amount_captured": i.received, "amount_refunded": back, "currency": i.currency,
		"captured": i.received > 0, "refunded": back == i.amount, "status": "succeeded", "payment_intent": i.id, "metadata": i.meta,
	}
}

func (i *intent) secret() string { return i.id + "_secret_x" }

func (i *intent) json() map[string]any {
	v := map[string]any{
		"id": i.id, "object": "payment_intent", "amount": i.amount, "amount_received": i.received, "currency": i.currency, "status": i.status,
		"client_secret": i.secret(), "metadata": i.meta, "capture_method": "manual", "latest_charge": nil, "last_payment_error": i.problem,
	}
	if i.charged {
		v["latest_charge"] = i.charge()
	}
	if i.status == "requires_action" {
		v["next_action"] = i.next
	}
	return v
}

// Buyer types a card into Stripe's fields.
func (f *Stripe) Buyer(t *testing.T, ref string, pays bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	method := "pm_card_visa"
	if !pays {
		method = "pm_card_chargeDeclined"
	}
	if bad := f.intents[ref].confirm(method, false); (bad == nil) != pays {
		t.Fatal(bad)
	}
}

// Moved is how often money was taken for an order, and how much went which way, in ISO 4217's minor units.
func (f *Stripe) Moved(o wire.OrderID) (times int, captured, refunded int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range maps.Values(f.intents) {
		if i.meta["order"] == string(o) {
			times += int(i.captures)
			captured += ours(i.received, i.currency)
			refunded += ours(i.back, i.currency)
		}
	}
	return times, captured, refunded
}

// ours is an amount in ISO 4217's minor units.
func ours(amount int64, currency string) int64 {
	switch currency {
	case "isk", "ugx":
		return amount / 100
	case "mga":
		return amount * 100
	}
	return amount
}

// Event is a signed event with the intent, or its charge, as it is now.
func (f *Stripe) Event(t *testing.T, kind, ref string) (http.Header, []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := f.intents[ref]
	object := i.json()
	object["latest_charge"] = "ch_" + i.id // events name what answers may hold whole
	if strings.HasPrefix(kind, "charge.") {
		object = i.charge()
	}
	body, err := json.Marshal(map[string]any{"id": "evt_" + i.id, "object": "event", "type": kind, "api_version": version, "data": map[string]any{"object": object}})
	if err != nil {
		t.Fatal(err)
	}
	return f.Signed(body), body
}

// Signed is the header of a notice.
func (f *Stripe) Signed(body []byte) http.Header {
	stamp := strconv.FormatInt(f.now().Unix(), 10)
	mac := hmac.New(sha256.New, []byte(Signing))
	mac.Write([]byte(stamp + "." + string(body)))
	return http.Header{"Stripe-Signature": {"t=" + stamp + ",v0=00,v1=" + hex.EncodeToString(mac.Sum(nil))}}
}

// Amount is what an intent was made for, in Stripe's units.
func (f *Stripe) Amount(ref string) int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.intents[ref].amount
}
