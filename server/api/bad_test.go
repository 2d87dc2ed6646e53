package api

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"vitrine/server/pay"
	"vitrine/server/trust"
	"vitrine/server/wire"
)

// TestBadInputIsRefusedInWordsAndNothingIsHalfDone sends what cannot be, and looks at the books and the stock after each.
func TestBadInputIsRefusedInWordsAndNothingIsHalfDone(t *testing.T) {
	m := opens(t, nil)
	m.sells("ring", 5, 9900)
	owner := m.plays(trust.Owner)
	past := wire.Offer{
		ID: "flash", Kind: wire.Flash, Title: "Over", Parts: []wire.Part{{Variant: "ring", Quantity: 1}}, Price: eur(5000),
		Until: m.now().Add(30 * time.Second), Public: true,
	}
	gets[wire.Offer](owner, "PUT", "/api/shop/offers/flash", past, "If-None-Match", "*")
	m.later.Add(int64(time.Minute))
	mei := m.browser()
	held := gets[wire.Reservation](mei, "POST", "/api/shop/reservations", m.wish("ring", 1, 9900))
	reserve := func(edit func(*wire.Reserve)) wire.Reserve {
		w := m.wish("ring", 1, 9900)
		edit(&w)
		return w
	}
	order := func(edit func(*wire.Checkout)) wire.Checkout {
		c := m.checkout("mei@example.com", held)
		edit(&c)
		return c
	}
	const reservations, orders = "/api/shop/reservations", "/api/shop/orders"
	for name, c := range map[string]struct {
		path  string
		body  any
		code  wire.Code
		names string // what the answer has to name
	}{
		"no units":             {reservations, reserve(func(w *wire.Reserve) { w.Quantity = 0 }), wire.Invalid, "quantity"},
		"units below zero":     {reservations, reserve(func(w *wire.Reserve) { w.Quantity = -1 }), wire.Invalid, "quantity"},
		"too many units":       {reservations, reserve(func(w *wire.Reserve) { w.Quantity = wire.MaxQuantity + 1 }), wire.Invalid, "quantity"},
		"half a unit":          {reservations, `{"id":"0123456789abcdef","variant":"ring","quantity":1.5,"price":{"minor":9900,"currency":"EUR"}}`, wire.Invalid, "body.quantity"},
		"a unit in words":      {reservations, `{"id":"0123456789abcdef","variant":"ring","quantity":"one","price":{"minor":9900,"currency":"EUR"}}`, wire.Invalid, "body.quantity"},
		"a price in cents":     {reservations, `{"id":"0123456789abcdef","variant":"ring","quantity":1,"price":99.5}`, wire.Invalid, "body.price"},
		"half a cent":          {reservations, `{"id":"0123456789abcdef","variant":"ring","quantity":1,"price":{"minor":99.5,"currency":"EUR"}}`, wire.Invalid, "body.price.minor"},
		"another currency":     {reservations, reserve(func(w *wire.Reserve) { w.Price.Currency = "USD" }), wire.StalePrice, "EUR"},
		"no currency":          {reservations, reserve(func(w *wire.Reserve) { w.Price.Currency = "XXX" }), wire.Invalid, "XXX"},
		"an unknown product":   {reservations, reserve(func(w *wire.Reserve) { w.Variant = "pearl" }), wire.NotFound, "pearl"},
		"an unknown offer":     {reservations, reserve(func(w *wire.Reserve) { w.Variant, w.Offer = "", "none" }), wire.NotFound, "none"},
		"a stale price":        {reservations, reserve(func(w *wire.Reserve) { w.Price.Minor = 9800 }), wire.StalePrice, "99.00 EUR"},
		"a closed offer":       {reservations, reserve(func(w *wire.Reserve) { w.Variant, w.Offer = "", "flash" }), wire.OfferClosed, "over"},
		"a short key":          {reservations, reserve(func(w *wire.Reserve) { w.ID = "short" }), wire.Invalid, "key"},
		"an unknown field":     {reservations, `{"id":"0123456789abcdef","variant":"ring","quantity":1,"price":{"minor":9900,"currency":"EUR"},"discount":9}`, wire.Invalid, "discount"},
		"another case":         {reservations, `{"ID":"0123456789abcdef","variant":"ring","quantity":1,"price":{"minor":9900,"currency":"EUR"}}`, wire.Invalid, "body"},
		"a missing field":      {reservations, `{"id":"0123456789abcdef","variant":"ring","price":{"minor":9900,"currency":"EUR"}}`, wire.Invalid, "quantity"},
		"no JSON":              {reservations, `{"id":`, wire.Invalid, "body"},
		"two values":           {reservations, `{} {}`, wire.Invalid, "body"},
		"a list":               {reservations, `[]`, wire.Invalid, "object"},
		"nothing":              {reservations, ``, wire.Invalid, "required"},
		"too much":             {reservations, `{"id":"` + strings.Repeat("x", maxBody) + `"}`, wire.TooLarge, "large"},
		"a reservation's body": {orders, m.wish("ring", 1, 9900), wire.Invalid, "body"},
		"an empty cart":        {orders, order(func(c *wire.Checkout) { c.Reservations = []wire.ReservationID{} }), wire.Invalid, "reservations"},
		"a reservation twice":  {orders, order(func(c *wire.Checkout) { c.Reservations = append(c.Reservations, held.ID) }), wire.Invalid, "twice"},
		"somebody else's":      {orders, order(func(c *wire.Checkout) { c.Reservations[0] = "key-of-nobody-0001" }), wire.NotFound, "reservation"},
		"an empty address":     {orders, order(func(c *wire.Checkout) { c.Contact.Address = wire.Address{} }), wire.Invalid, "name"},
		"no street":            {orders, order(func(c *wire.Checkout) { c.Contact.Address.Street = " " }), wire.Invalid, "street"},
		"no country":           {orders, order(func(c *wire.Checkout) { c.Contact.Address.Country = "Germany" }), wire.Invalid, "country"},
		"a bad e-mail":         {orders, order(func(c *wire.Checkout) { c.Contact.Email = "mei at example" }), wire.Invalid, "e-mail"},
		"a stale total":        {orders, order(func(c *wire.Checkout) { c.Total.Minor-- }), wire.StalePrice, "99.00 EUR"},
		"a total elsewhere":    {orders, order(func(c *wire.Checkout) { c.Total.Currency = "USD" }), wire.StalePrice, "EUR"},
		"an unknown coupon":    {orders, order(func(c *wire.Checkout) { c.Coupons = []wire.CouponCode{"NONE"} }), wire.NotFound, "NONE"},
		"no way to pay":        {orders, order(func(c *wire.Checkout) { c.Pay = "barter" }), wire.Invalid, "barter"},
		"no way to ship":       {orders, order(func(c *wire.Checkout) { c.Shipping = "rocket" }), wire.NotFound, "rocket"},
	} {
		t.Run(name, func(t *testing.T) {
			p := mei.refused(c.code, "POST", c.path, c.body)
			if !strings.Contains(p.Detail, c.names) {
				t.Errorf("the answer does not name %q: %s", c.names, p.Detail)
			}
			if m.left("ring") != 4 {
				t.Errorf("%d left", m.left("ring"))
			}
		})
	}
	for kind, code := range map[string]wire.Code{"text/plain": wire.MediaType, "application/xml": wire.MediaType, "": wire.MediaType} {
		mei.refused(code, "POST", reservations, m.wish("ring", 1, 9900), "Content-Type", kind)
	}
	m.audits()
	if placed := gets[wire.Placed](mei, "POST", orders, order(func(*wire.Checkout) {})); placed.Order.State != wire.OrderCaptured {
		t.Errorf("after all of it the order is %s", placed.Order.State)
	}
	m.audits()
}

func TestAReplayedKeyWithAnotherBodyIsRefused(t *testing.T) {
	m := opens(t, nil)
	m.sells("ring", 5, 9900)
	mei := m.browser()
	w := m.wish("ring", 1, 9900)
	r := gets[wire.Reservation](mei, "POST", "/api/shop/reservations", w)
	w.Quantity = 2
	mei.refused(wire.KeyReused, "POST", "/api/shop/reservations", w)
	m.browser().refused(wire.KeyReused, "POST", "/api/shop/reservations", w)
	c := m.checkout("mei@example.com", r)
	gets[wire.Placed](mei, "POST", "/api/shop/orders", c)
	c.Contact.Address.Street = "2 Quay"
	mei.refused(wire.KeyReused, "POST", "/api/shop/orders", c)
	if m.left("ring") != 4 {
		t.Errorf("%d left", m.left("ring"))
	}
	m.audits()
}

func TestAKeyThatIsBeingAnsweredIsRefusedUntilThen(t *testing.T) {
	m := opens(t, func(pay.Charge) pay.Faults { return pay.Faults{Slow: 300 * time.Millisecond} })
	m.sells("ring", 5, 9900)
	mei := m.browser()
	r := gets[wire.Reservation](mei, "POST", "/api/shop/reservations", m.wish("ring", 1, 9900))
	c := m.checkout("mei@example.com", r)
	answers := make(chan said, 16)
	for range cap(answers) {
		go func() { answers <- mei.asks("POST", "/api/shop/orders", c) }()
	}
	seen := map[int]int{}
	for range cap(answers) {
		a := <-answers
		if seen[a.status]++; a.status == http.StatusConflict && a.header.Get("Retry-After") == "" {
			t.Error("it is not said when to ask again")
		}
	}
	if seen[http.StatusOK] != 1 || seen[http.StatusConflict] != cap(answers)-1 {
		t.Error(seen)
	}
	if p := gets[wire.Placed](mei, "POST", "/api/shop/orders", c); p.Order.Number != 1 || p.Order.State != wire.OrderCaptured {
		t.Errorf("afterwards %+v", p)
	}
	if b := m.bank.Books()[c.ID]; b.Captures != 1 || m.left("ring") != 4 {
		t.Errorf("%+v, %d left", b, m.left("ring"))
	}
	m.audits()
}

func TestAForgedOrOldNoticeIsRefused(t *testing.T) {
	m := opens(t, func(pay.Charge) pay.Faults { return pay.Faults{Action: true, LoseNotices: true} })
	m.sells("ring", 5, 9900)
	mei := m.browser()
	p := mei.buys("mei@example.com", "ring", 1, 9900)
	if p.Order.State != wire.OrderAuthorising || p.Action.Redirect == "" {
		t.Fatalf("%+v", p)
	}
	body := fmt.Sprintf(`{"type":"payment.captured","data":{"ref":"test_%[1]s_1","order":"%[1]s","status":"captured",
		"amount":{"minor":9900,"currency":"EUR"},"captured":{"minor":9900,"currency":"EUR"},"refunded":{"minor":0,"currency":"EUR"}}}`, p.Order.ID)
	notice := func(secret string, at time.Time) []string {
		stamp := fmt.Sprint(at.Unix())
		mac := hmac.New(sha256.New, []byte(secret))
		_, _ = fmt.Fprintf(mac, "msg_1.%s.%s", stamp, body)
		return []string{
			"Webhook-Id", "msg_1", "Webhook-Timestamp", stamp, "Webhook-Signature", "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)),
		}
	}
	const secret, path = "a secret of twenty-four bytes", "/api/pay/test/webhook"
	bank := m.browser()
	bank.refused(wire.Unauthenticated, "POST", path, body, notice("another secret of the length", m.now())...)
	bank.refused(wire.Unauthenticated, "POST", path, body)
	bank.refused(wire.Invalid, "POST", path, body, notice(secret, m.now().Add(-6*time.Minute))...)
	bank.refused(wire.NotFound, "POST", "/api/pay/none/webhook", body, notice(secret, m.now())...)
	bank.refused(wire.TooLarge, "POST", path, strings.Repeat(" ", maxNotice+1))
	if o := mei.order(p.Order.ID); o.State != wire.OrderAuthorising {
		t.Errorf("the order is %s", o.State)
	}
	for range 2 {
		if s := bank.asks("POST", path, body, notice(secret, m.now())...); s.status != http.StatusNoContent {
			t.Errorf("%d %s", s.status, s.body)
		}
	}
	if o := mei.order(p.Order.ID); o.State != wire.OrderCaptured {
		t.Errorf("the order is %s", o.State)
	}
	m.audits()
}

func TestBackFromTheBanksPageTheOrderIsSettled(t *testing.T) {
	m := opens(t, func(pay.Charge) pay.Faults { return pay.Faults{Action: true, LoseNotices: true} })
	m.sells("ring", 5, 9900)
	mei := m.browser()
	p := mei.buys("mei@example.com", "ring", 1, 9900)
	if _, err := m.bank.Act("test_"+string(p.Order.ID)+"_1", true); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		gets[wire.Order](mei, "POST", "/api/shop/orders/"+string(p.Order.ID)+"/settle", nil)
	}
	for range 3000 { // what is promised is captured by the cashier
		if mei.order(p.Order.ID).State == wire.OrderCaptured {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if o := mei.order(p.Order.ID); o.State != wire.OrderCaptured || m.bank.Books()[o.ID].Captures != 1 {
		t.Errorf("the order is %s", o.State)
	}
	m.audits()
}

func TestCookiesAndForeignPages(t *testing.T) {
	m := opens(t, nil)
	m.sells("ring", 5, 9900)
	b := m.browser()
	s := b.asks("POST", "/api/shop/reservations", m.wish("ring", 1, 9900))
	if c := s.header.Get("Set-Cookie"); !strings.Contains(c, trust.VisitorCookie) || !strings.Contains(c, "HttpOnly; SameSite=Lax") || s.header.Get("Cache-Control") != "no-store" {
		t.Errorf("%v", s.header)
	}
	b.refused(wire.Forbidden, "POST", "/api/shop/reservations", m.wish("ring", 1, 9900), "Origin", "https://evil.example")
	b.refused(wire.Forbidden, "POST", "/api/shop/reservations", m.wish("ring", 1, 9900), "Sec-Fetch-Site", "cross-site")
	b.refused(wire.Method, "PATCH", "/api/shop/reservations", nil)
	b.refused(wire.NotFound, "GET", "/api/shop/nothing", nil)
	bad := m.browser()
	bad.token = "guessed"
	bad.refused(wire.Unauthenticated, "GET", "/api/shop/audit", nil)
	if s := b.asks("OPTIONS", "/api/shop/orders/x", nil); s.status != http.StatusNoContent || s.header.Get("Allow") != "GET, HEAD, OPTIONS" {
		t.Errorf("%d %v", s.status, s.header)
	}
}

func TestSoManyRequestsAtOnceAreTooMany(t *testing.T) {
	m := opens(t, nil)
	b := m.browser()
	b.link("b@example.com")
	refused := 0
	for range personBurst + 20 {
		if s := b.asks("GET", "/api/me", nil); s.status == http.StatusTooManyRequests && s.header.Get("Retry-After") != "" {
			refused++
		}
	}
	if refused == 0 {
		t.Error("nobody was told to wait")
	}
	gets[[]wire.Product](m.browser(), "GET", "/api/shop/products", nil) // others are not
}

// TestNothingPersonalIsLogged: the log of an evening holds no address, name, token or e-mail.
func TestNothingPersonalIsLogged(t *testing.T) {
	m := opens(t, nil)
	m.sells("piano", 5, 1_500_000)
	owner := m.plays(trust.Owner)
	ada := m.browser()
	r := gets[wire.Reservation](ada, "POST", "/api/shop/reservations", m.wish("piano", 1, 1_500_000))
	c := m.checkout("ada@example.com", r)
	ada.refused(wire.StepUp, "POST", "/api/shop/orders", c)
	ada.link("ada@example.com")
	gets[wire.Placed](ada, "POST", "/api/shop/orders", c)
	owner.asks("GET", "/api/shop/admin/orders.csv", nil)
	ada.refused(wire.Invalid, "POST", "/api/shop/orders", `{"contact":{"email":7}}`)
	if m.log.Len() == 0 {
		t.Error("nothing was logged")
	}
	for _, secret := range []string{"ada@example.com", "Mei", "Quay", "20457", ada.address, owner.address, operatorToken} {
		if bytes.Contains(m.log.Bytes(), []byte(secret)) {
			t.Errorf("%q is in the log:\n%s", secret, m.log)
		}
	}
}
