package paytest

import (
	"embed"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
)

//go:embed page
var page embed.FS

// hosts is the flag of Chromium's that finds Stripe's hosts elsewhere.
const hosts = "host-resolver-rules"

// Page serves what Stripe serves to browsers, at js, hooks and api.stripe.com: a stand-in for Stripe.js, the frame with its fields, the banks
// that ask back, and what of the API a publishable key opens. It returns the name and the value of the flag by which Chromium, told not to
// mind certificates, finds it at an address of this computer. Banks lead a buyer who has paid back to the page.
func (f *Stripe) Page() (flag, value string) {
	mux := http.NewServeMux()
	file := func(pattern, name, kind string) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, _ *http.Request) {
			content, err := page.ReadFile("page/" + name)
			if err != nil {
				f.t.Error(err)
			}
			w.Header().Set("Content-Type", kind)
			_, _ = w.Write(content)
		})
	}
	file("js.stripe.com/basil/stripe.js", "stripe.js", "text/javascript")
	file("js.stripe.com/fields", "fields.html", "text/html")
	file("hooks.stripe.com/3ds", "3ds.html", "text/html")
	mux.HandleFunc("hooks.stripe.com/bank/{intent}", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "intent", Value: r.PathValue("intent"), Path: "/", Secure: true})
		http.ServeFileFS(w, r, page, "page/bank.html")
	})
	for path, paid := range map[string]bool{"pays": true, "refuses": false} {
		mux.HandleFunc("hooks.stripe.com/bank/"+path, func(w http.ResponseWriter, r *http.Request) { f.returns(w, r, paid) })
	}
	mux.HandleFunc("POST api.stripe.com/v1/payment_intents/{intent}/{act}", f.public)
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if f.away.Load() {
			http.Error(w, "away", http.StatusServiceUnavailable)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	f.t.Cleanup(s.Close)
	return hosts, "MAP *.stripe.com " + strings.TrimPrefix(s.URL, "https://")
}

// Away has browsers get nothing of what Page serves, or again.
func (f *Stripe) Away(on bool) { f.away.Store(on) }

// returns leads a buyer back whom a bank has asked.
func (f *Stripe) returns(w http.ResponseWriter, r *http.Request, paid bool) {
	at, err := r.Cookie("intent")
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	f.mu.Lock()
	i := f.intents[at.Value]
	i.answer(paid)
	back, secret := i.returns, i.secret()
	f.mu.Unlock()
	to, err := url.Parse(back)
	if err != nil {
		f.t.Error(err)
		return
	}
	q := to.Query()
	q.Set("payment_intent", at.Value)
	q.Set("payment_intent_client_secret", secret)
	q.Set("redirect_status", map[bool]string{true: "succeeded", false: "failed"}[paid])
	to.RawQuery = q.Encode()
	http.Redirect(w, r, to.String(), http.StatusSeeOther)
}

// public does what who has an intent's secret may ask.
func (f *Stripe) public(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	f.mu.Lock()
	defer f.mu.Unlock()
	i := f.intents[r.PathValue("intent")]
	var bad *failure
	switch {
	case r.PostFormValue("key") != Publishable || i == nil || r.PostFormValue("client_secret") != i.secret():
		bad = refuse(http.StatusUnauthorized, "invalid_request_error", "", "", "Invalid key or secret")
	case r.PathValue("act") == "authenticate":
		bad = i.answer(r.PostFormValue("paid") == "true")
	case r.PostFormValue("amount") != strconv.FormatInt(i.amount, 10), r.PostFormValue("currency") != i.currency, r.PostFormValue("capture_method") != "manual":
		bad = refuse(http.StatusBadRequest, "invalid_request_error", "", "", "The elements' amount, currency or capture method is not the intent's")
	default:
		i.returns = r.PostFormValue("return_url")
		bad = i.confirm(r.PostFormValue("payment_method"), false)
	}
	var answer any = i.json()
	if bad != nil {
		w.WriteHeader(bad.status)
		answer = bad.body
	}
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		f.t.Error(err)
	}
}

// answer is what a bank says that has asked the buyer back.
func (i *intent) answer(paid bool) *failure {
	if paid {
		return i.confirm("pm_card_visa", false)
	}
	return i.confirm("pm_card_chargeDeclined", false)
}
