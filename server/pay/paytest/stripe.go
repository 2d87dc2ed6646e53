// Package paytest is a company that takes payments, for tests: a stand-in for Stripe that keeps the books.
package paytest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vitrine/server/wire"
)

// The account's keys, as a server that is paid by it has them.
const (
	Secret      = "sk_test_51Verysecretkeythatnobodysees"
	Publishable = "pk_test_public"
	Signing     = "whsec_signingsecretthatnobodysees"
	version     = "2025-08-27.basil"
)

// Stripe behaves as Stripe's documentation says: intents with manual capture, refunds, customers, idempotency keys, declines by
// way to pay, signed events. What it is asked must have the account's key, the pinned version and, to change anything, a key.
type Stripe struct {
	URL  string // of the API
	t    testing.TB
	now  func() time.Time
	away atomic.Bool

	mu       sync.Mutex
	intents  map[string]*intent
	keys     map[string]*answered
	lost     map[wire.OrderID]bool // the next answer about the order is lost after it is done
	hung     map[wire.OrderID]bool
	kept     map[string][]string // ways to pay, by customer
	requests []string
	n        int
}

type intent struct {
	id, status, currency, customer   string
	amount, received, back, captures int64
	charged                          bool
	meta                             map[string]string
	problem                          map[string]any
	next                             map[string]any // what the buyer must do
	returns                          string         // where to, from a bank's page
}

// answered is what is remembered of a key.
type answered struct {
	request string
	busy    bool
	status  int
	body    []byte
}

// failure is an answer that is an error.
type failure struct {
	status int
	body   map[string]any
}

// NewStripe opens one until the test ends. Its notices are signed at now.
func NewStripe(t testing.TB, now func() time.Time) *Stripe {
	f := &Stripe{
		t: t, now: now, intents: map[string]*intent{}, keys: map[string]*answered{},
		lost: map[wire.OrderID]bool{}, hung: map[wire.OrderID]bool{}, kept: map[string][]string{},
	}
	api := httptest.NewServer(f)
	t.Cleanup(api.Close)
	f.URL = api.URL
	return f
}

func refuse(status int, kind, code, param, message string) *failure {
	return &failure{status, map[string]any{"error": map[string]any{"type": kind, "code": code, "param": param, "message": message}}}
}

func (f *Stripe) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	f.mu.Lock()
	f.requests = append(f.requests, r.Method+" "+r.URL.Path)
	f.mu.Unlock()
	if r.Header.Get("Authorization") != "Bearer "+Secret {
		f.write(w, http.StatusUnauthorized, refuse(401, "invalid_request_error", "", "", "Invalid API Key provided: "+r.Header.Get("Authorization")).body)
		return
	}
	if r.Header.Get("Stripe-Version") != version {
		f.t.Errorf("version %q is asked for", r.Header.Get("Stripe-Version"))
	}
	key := r.Header.Get("Idempotency-Key")
	if r.Method != http.MethodPost {
		status, answer := f.do(r, nil)
		f.deliver(w, r, status, answer)
		return
	}
	if key == "" {
		f.t.Errorf("%s has no idempotency key", r.URL.Path)
	}
	f.keyed(w, r, key, body)
}

// keyed does a request once a key (docs.stripe.com/api/idempotent_requests).
func (f *Stripe) keyed(w http.ResponseWriter, r *http.Request, key string, body []byte) {
	request := r.URL.Path + "?" + string(body)
	f.mu.Lock()
	before := f.keys[key]
	if before == nil {
		f.keys[key] = &answered{request: request, busy: true}
	}
	f.mu.Unlock()
	switch {
	case before != nil && before.request != request:
		f.write(w, 400, refuse(400, "idempotency_error", "", "", "Keys for idempotent requests can only be used with the same parameters").body)
		return
	case before != nil && before.busy:
		f.write(w, 409, refuse(409, "invalid_request_error", "idempotency_key_in_use", "", "There is another request in progress").body)
		return
	case before != nil:
		w.Header().Set("Idempotent-Replayed", "true")
		w.WriteHeader(before.status)
		_, _ = w.Write(before.body)
		return
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		f.t.Error(err)
	}
	time.Sleep(time.Millisecond) // so that others come meanwhile
	status, answer := f.do(r, form)
	time.Sleep(time.Millisecond) // so that it is done while its key is in use
	f.mu.Lock()
	f.keys[key] = &answered{request: request, status: status, body: answer} // refusals too, as may happen once execution began
	f.mu.Unlock()
	f.deliver(w, r, status, answer)
}

func (f *Stripe) write(w http.ResponseWriter, status int, v any) {
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(v); err != nil {
		f.t.Error(err)
	}
}

// deliver answers, or loses the answer, or never comes to answer.
func (f *Stripe) deliver(w http.ResponseWriter, r *http.Request, status int, answer []byte) {
	f.mu.Lock()
	var lost, hung bool
	for o := range f.lost {
		if f.lost[o] && r.Method == http.MethodPost && bytes.Contains(answer, []byte(`"`+o+`"`)) {
			lost, f.lost[o] = true, false
		}
	}
	for o := range f.hung {
		hung = hung || bytes.Contains(answer, []byte(`"`+o+`"`))
	}
	f.mu.Unlock()
	switch {
	case hung:
		<-r.Context().Done()
	case lost:
		// Half an answer: with none at all net/http would ask again by itself, for the key says that it may.
		w.Header().Set("Content-Length", strconv.Itoa(len(answer)))
		_, _ = w.Write(answer[:len(answer)/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	default:
		w.WriteHeader(status)
		_, _ = w.Write(answer)
	}
}

func (f *Stripe) do(r *http.Request, form url.Values) (int, []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	answer, bad := f.route(r.Method, strings.Split(strings.TrimPrefix(r.URL.Path, "/v1/"), "/"), form)
	status := http.StatusOK
	if bad != nil {
		status, answer = bad.status, bad.body
	}
	b, err := json.Marshal(answer)
	if err != nil {
		f.t.Error(err)
	}
	return status, b
}

func (f *Stripe) route(method string, path []string, form url.Values) (map[string]any, *failure) {
	missing := refuse(404, "invalid_request_error", "resource_missing", "intent", "No such object")
	if path[0] == "customers" || path[0] == "payment_methods" {
		return f.customers(method, path, form)
	}
	if path[0] == "payment_intents" && len(path) == 1 && method == http.MethodPost {
		return f.create(form)
	}
	id := form.Get("payment_intent")
	if path[0] == "payment_intents" && len(path) > 1 {
		id = path[1]
	}
	i := f.intents[id]
	switch {
	case i == nil:
		return nil, missing
	case path[0] == "refunds":
		return f.refund(i, form)
	case len(path) == 2 && method == http.MethodGet:
		return i.json(), nil
	case len(path) == 3 && path[2] == "capture":
		return f.capture(i, form)
	case len(path) == 3 && path[2] == "cancel":
		return f.cancel(i)
	}
	return nil, missing
}

func number(s string) int64 { n, _ := strconv.ParseInt(s, 10, 64); return n }

func (f *Stripe) create(form url.Values) (map[string]any, *failure) {
	amount, currency := number(form.Get("amount")), form.Get("currency")
	switch {
	case form.Get("capture_method") != "manual":
		f.t.Error("the money would be taken at once")
	case amount > 99999999:
		return nil, refuse(400, "invalid_request_error", "amount_too_large", "amount", "Amount must be no more than €999,999.99")
	case currency == "kpw":
		return nil, refuse(400, "invalid_request_error", "", "currency", "Invalid currency: kpw")
	case (currency == "isk" || currency == "ugx") && amount%100 != 0, currency == "kwd" && amount%10 != 0:
		return nil, refuse(400, "invalid_request_error", "", "amount", "Invalid amount")
	}
	f.n++
	i := &intent{id: fmt.Sprintf("pi_fake%d", f.n), status: "requires_payment_method", amount: amount, currency: currency, customer: form.Get("customer"), meta: map[string]string{}}
	for name := range form {
		if strings.HasPrefix(name, "metadata[") {
			i.meta[strings.TrimSuffix(strings.TrimPrefix(name, "metadata["), "]")] = form.Get(name)
		}
	}
	f.intents[i.id] = i
	if form.Get("confirm") == "true" {
		if bad := i.confirm(form.Get("payment_method"), form.Get("off_session") == "true"); bad != nil {
			return nil, bad
		}
	}
	return i.json(), nil
}

// confirm is what Stripe's test ways to pay do (docs.stripe.com/testing).
func (i *intent) confirm(method string, absent bool) *failure {
	message := ""
	switch {
	case method == "pm_card_visa":
		i.status, i.charged, i.problem = "requires_capture", true, nil
		return nil
	case method == "pm_card_authenticationRequired" && !absent:
		i.status, i.next = "requires_action", map[string]any{"type": "use_stripe_sdk"}
		return nil
	case method == "pm_bank" && !absent:
		i.status = "requires_action"
		i.next = map[string]any{"type": "redirect_to_url", "redirect_to_url": map[string]any{"url": "https://hooks.stripe.com/bank/" + i.id, "return_url": i.returns}}
		return nil
	case method == "pm_card_authenticationRequired":
		message = "Your card was declined. This transaction requires authentication."
	default:
		message = "Your card was declined."
	}
	i.status = "requires_payment_method"
	i.problem = map[string]any{"type": "card_error", "code": "card_declined", "decline_code": "generic_decline", "message": message}
	whole := maps.Clone(i.problem)
	whole["payment_intent"] = i.json()
	return &failure{402, map[string]any{"error": whole}}
}

func (f *Stripe) capture(i *intent, form url.Values) (map[string]any, *failure) {
	amount := number(form.Get("amount_to_capture"))
	if i.status != "requires_capture" {
		return nil, refuse(400, "invalid_request_error", "payment_intent_unexpected_state", "", "This PaymentIntent could not be captured because it has a status of "+i.status)
	}
	if amount > i.amount {
		return nil, refuse(400, "invalid_request_error", "amount_too_large", "amount_to_capture", "The amount is more than can be captured")
	}
	i.status, i.received = "succeeded", amount
	i.captures++
	return i.json(), nil
}

func (f *Stripe) cancel(i *intent) (map[string]any, *failure) {
	if i.status == "succeeded" || i.status == "canceled" {
		return nil, refuse(400, "invalid_request_error", "payment_intent_unexpected_state", "", "You cannot cancel this PaymentIntent because it has a status of "+i.status)
	}
	i.status = "canceled"
	return i.json(), nil
}

func (f *Stripe) refund(i *intent, form url.Values) (map[string]any, *failure) {
	amount := number(form.Get("amount"))
	switch {
	case i.status != "succeeded":
		f.t.Error("a refund is asked of what is not captured")
	case i.back == i.received:
		return nil, refuse(400, "invalid_request_error", "charge_already_refunded", "", "Charge has already been refunded.")
	case i.back+amount > i.received:
		return nil, refuse(400, "invalid_request_error", "", "amount", "Refund amount is greater than unrefunded amount on charge")
	}
	i.back += amount
	return map[string]any{"id": "re_fake", "object": "refund", "amount": amount, "payment_intent": i.json()}, nil
}

func (f *Stripe) customers(method string, path []string, form url.Values) (map[string]any, *failure) {
	missing := refuse(404, "invalid_request_error", "resource_missing", "id", "No such customer")
	switch {
	case len(path) == 1:
		id := "cus_" + form.Get("metadata[person]")
		f.kept[id] = []string{"pm_card_visa"}
		return map[string]any{"id": id, "object": "customer"}, nil
	case path[0] == "payment_methods":
		for customer := range f.kept {
			f.kept[customer] = []string{}
		}
		return map[string]any{"id": path[1], "object": "payment_method"}, nil
	case f.kept[path[1]] == nil:
		return nil, missing
	case method == http.MethodDelete:
		delete(f.kept, path[1])
		return map[string]any{"id": path[1], "object": "customer", "deleted": true}, nil
	case len(path) == 4 && path[3] != "pm_card_visa":
		return nil, missing
	}
	card := map[string]any{"id": "pm_card_visa", "object": "payment_method", "type": "card", "card": map[string]any{"brand": "visa", "last4": "4242", "exp_month": 4, "exp_year": 2030}}
	if len(path) == 4 {
		return card, nil
	}
	return map[string]any{"object": "list", "has_more": false, "data": []any{card}}, nil
}

// Asked is every request so far.
func (f *Stripe) Asked() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.requests...)
}

// Lose has the next answer about an order lost after it is done.
func (f *Stripe) Lose(o wire.OrderID) { f.mu.Lock(); defer f.mu.Unlock(); f.lost[o] = true }

// Hang has the requests about an order never answered.
func (f *Stripe) Hang(o wire.OrderID) { f.mu.Lock(); defer f.mu.Unlock(); f.hung[o] = true }
