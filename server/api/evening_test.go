package api

import (
	"context"
	"sync"
	"testing"
	"time"

	"vitrine/server/shop"
	"vitrine/server/trust"
	"vitrine/server/wire"
)

// order is an order as its buyer sees it.
func (b *browser) order(id wire.OrderID) wire.Order {
	b.m.t.Helper()
	return gets[wire.Order](b, "GET", "/api/shop/orders/"+string(id), nil)
}

// buys reserves and orders units as a guest.
func (b *browser) buys(email, variant string, units int, price int64) wire.Placed {
	b.m.t.Helper()
	r := gets[wire.Reservation](b, "POST", "/api/shop/reservations", b.m.wish(variant, units, price))
	if r.State != wire.Held {
		b.m.t.Fatalf("%+v", r)
	}
	return gets[wire.Placed](b, "POST", "/api/shop/orders", b.m.checkout(email, r))
}

func TestAnEveningFromTheFirstLookToTheRefund(t *testing.T) {
	m := opens(t, nil)
	owner, support := m.plays(trust.Owner), m.plays(trust.Support)

	cup := wire.Product{ID: "cup", Title: "A cup", Variants: []wire.Variant{{ID: "cup", Price: eur(333), Stock: 10}}}
	owner.refused(wire.PreconditionRequired, "PUT", "/api/shop/products/cup", cup)
	made := owner.asks("PUT", "/api/shop/products/cup", cup, "If-None-Match", "*")
	if made.status != 200 || made.header.Get("ETag") != `"1"` {
		t.Fatalf("%d %v %s", made.status, made.header, made.body)
	}
	owner.refused(wire.Precondition, "PUT", "/api/shop/products/cup", cup, "If-None-Match", "*")
	owner.refused(wire.Precondition, "PUT", "/api/shop/products/cup", cup, "If-Match", `"7"`)

	mei := m.browser()
	placed := mei.buys("mei@example.com", "cup", 3, 999)
	if placed.Order.State != wire.OrderCaptured || mei.order(placed.Order.ID).Contact.Address.Name != "Mei Lin" {
		t.Fatalf("%+v", placed)
	}
	if list := gets[[]wire.Order](support, "GET", "/api/shop/admin/orders?state=captured", nil); len(list) != 1 || list[0].Contact.Email != "mei@example.com" {
		t.Errorf("the staff sees %+v", list)
	}

	refund := wire.Refund{Returns: []wire.Return{{Line: 0, Quantity: 1, Restock: true}}, Refunded: eur(0)}
	at := "/api/shop/admin/orders/" + string(placed.Order.ID) + "/refund"
	owner.refused(wire.PreconditionRequired, "POST", at, refund)
	for range 2 {
		if o := gets[wire.Order](owner, "POST", at, refund, wire.IdempotencyKey, "refund-1"); o.State != wire.OrderPartRefunded || o.Refunded != eur(333) {
			t.Fatalf("%+v", o)
		}
	}
	owner.refused(wire.Precondition, "POST", at, refund, wire.IdempotencyKey, "refund-2")
	if m.left("cup") != 8 {
		t.Errorf("%d left", m.left("cup"))
	}
	for range 3000 { // the cashier gives the money back by itself
		if m.bank.Books()[placed.Order.ID].Refunded == eur(333) {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if b := m.bank.Books()[placed.Order.ID]; b.Captures != 1 || b.Captured != eur(999) || b.Refunded != eur(333) {
		t.Errorf("the bank's books: %+v", b)
	}
	for path, kind := range map[string]string{
		"/api/shop/admin/packing": "text/html; charset=utf-8", "/api/shop/admin/packing?format=csv": "text/csv; charset=utf-8",
		"/api/shop/admin/orders.csv": "text/csv; charset=utf-8",
	} {
		if s := support.asks("GET", path, nil); s.status != 200 || s.header.Get("Content-Type") != kind || len(s.body) < 100 {
			t.Errorf("%s: %d %v %s", path, s.status, s.header, s.body)
		}
	}
	if a := gets[wire.Audit](support, "GET", "/api/shop/audit", nil); len(a.Wrong) > 0 || a.Orders != 1 {
		t.Errorf("%+v", a)
	}
}

func TestOfferedForAMinuteAndTakenWithACoupon(t *testing.T) {
	m := opens(t, nil)
	m.sells("ring", 5, 9900)
	owner := m.plays(trust.Owner)
	offer := wire.Offer{
		ID: "flash", Kind: wire.Flash, Title: "One minute", Parts: []wire.Part{{Variant: "ring", Quantity: 1}}, Price: eur(5000),
		From: m.now(), Until: m.now().Add(time.Minute), Public: true,
	}
	if o := gets[wire.Offer](owner, "PUT", "/api/shop/offers/flash", offer, "If-None-Match", "*"); o.Lowest != eur(9900) || o.Left != 5 {
		t.Errorf("%+v", o)
	}
	owner.refused(wire.Conflict, "POST", "/api/shop/offers/flash/end", nil)
	gets[wire.UsedCoupon](owner, "PUT", "/api/shop/coupons/TEN", wire.Coupon{Code: "TEN", Percent: 1000, Offers: true})

	mei := m.browser()
	r := gets[wire.Reservation](mei, "POST", "/api/shop/reservations", m.wish("ring", 1, 9900))
	if r.Price != eur(5000) || r.Offer != "flash" {
		t.Fatalf("%+v", r)
	}
	c := m.checkout("mei@example.com", r)
	c.Coupons = []wire.CouponCode{"ten"}
	if q := gets[wire.Quote](mei, "POST", "/api/shop/quote", c); q.Totals.Total != eur(4500) {
		t.Errorf("%+v", q)
	}
	mei.refused(wire.StalePrice, "POST", "/api/shop/orders", c)
	c.Total = eur(4500)
	if p := gets[wire.Placed](mei, "POST", "/api/shop/orders", c); p.Order.State != wire.OrderCaptured {
		t.Errorf("%+v", p)
	}
	m.later.Add(int64(time.Minute))
	wish := m.wish("ring", 1, 5000)
	wish.Variant, wish.Offer = "", "flash"
	mei.refused(wire.OfferClosed, "POST", "/api/shop/reservations", wish)
	m.audits()
}

func TestTwoHundredBuyersGetTwentyUnits(t *testing.T) {
	const buyers, units = 200, 20
	m := opens(t, nil)
	m.sells("ring", units, 9900)
	states, paid := make([]wire.Hold, buyers), make([]bool, buyers)
	var all sync.WaitGroup
	for i := range buyers {
		b := m.browser()
		wish := m.wish("ring", 1, 9900)
		all.Go(func() {
			r := gets[wire.Reservation](b, "POST", "/api/shop/reservations", wish)
			if states[i] = r.State; r.State == wire.Held {
				p := gets[wire.Placed](b, "POST", "/api/shop/orders", m.checkout("mei@example.com", r))
				paid[i] = p.Order.State == wire.OrderCaptured
			}
		})
	}
	all.Wait()
	held, refused, sold := 0, 0, 0
	for i, s := range states {
		switch s {
		case wire.Held:
			held++
		case wire.SoldOutHold:
			refused++
		}
		if paid[i] {
			sold++
		}
	}
	if held != units || refused != buyers-units || sold != units || m.left("ring") != 0 {
		t.Errorf("%d held, %d told that it is sold out, %d paid, %d left", held, refused, sold, m.left("ring"))
	}
	captures := 0
	for _, b := range m.bank.Books() {
		captures += b.Captures
	}
	if captures != units {
		t.Errorf("the bank captured %d times", captures)
	}
	m.audits()
}

func TestWhoReservesAndThenSignsInBuysWithTheAccount(t *testing.T) {
	m := opens(t, nil)
	m.sells("ring", 5, 9900)
	m.browser().buys("ada@example.com", "ring", 1, 9900) // elsewhere, as a guest
	ada := m.browser()
	r := gets[wire.Reservation](ada, "POST", "/api/shop/reservations", m.wish("ring", 2, 19800))
	ada.link("ada@example.com")
	if again := gets[wire.Reservation](ada, "GET", "/api/shop/reservations/"+string(r.ID), nil); again.State != wire.Held {
		t.Errorf("%+v", again)
	}
	if p := gets[wire.Placed](ada, "POST", "/api/shop/orders", m.checkout("ada@example.com", r)); p.Order.State != wire.OrderCaptured {
		t.Errorf("%+v", p)
	}
	if list := gets[[]wire.Order](ada, "GET", "/api/shop/orders", nil); len(list) != 2 {
		t.Errorf("ada has %d orders", len(list))
	}
	if p := gets[wire.Person](ada, "GET", "/api/me", nil); p.Email != "ada@example.com" || p.Role != "buyer" {
		t.Errorf("%+v", p)
	}
	m.audits()
}

func TestALargeFirstPurchaseNeedsAProof(t *testing.T) {
	m := opens(t, nil)
	m.sells("piano", 2, 1_500_000)
	ada := m.browser()
	r := gets[wire.Reservation](ada, "POST", "/api/shop/reservations", m.wish("piano", 1, 1_500_000))
	c := m.checkout("ada@example.com", r)
	ada.refused(wire.StepUp, "POST", "/api/shop/orders", c)
	ada.link("ada@example.com")
	if p := gets[wire.Placed](ada, "POST", "/api/shop/orders", c); p.Order.State != wire.OrderCaptured {
		t.Errorf("%+v", p)
	}
	m.audits()
}

func TestWhoBuysFasterThanPeopleIsStopped(t *testing.T) {
	m := opens(t, nil)
	m.sells("cup", 1000, 100)
	b := m.browser()
	for range 50 {
		r := gets[wire.Reservation](b, "POST", "/api/shop/reservations", m.wish("cup", 1, 100))
		c := m.checkout("b@example.com", r)
		c.Confirmed = true
		gets[wire.Placed](b, "POST", "/api/shop/orders", c)
	}
	r := gets[wire.Reservation](b, "POST", "/api/shop/reservations", m.wish("cup", 1, 100))
	c := m.checkout("b@example.com", r)
	c.Confirmed = true
	b.refused(wire.RateLimited, "POST", "/api/shop/orders", c)
	if s := b.asks("POST", "/api/shop/orders", c); s.header.Get("Retry-After") == "" {
		t.Error("nobody says when to come back")
	}
	m.later.Add(int64(31 * time.Second))
	gets[wire.Placed](b, "POST", "/api/shop/orders", c)
	m.audits()
}

func TestAnAccidentalDoubleMakesOneOrder(t *testing.T) {
	m := opens(t, nil)
	m.sells("cup", 10, 100)
	b := m.browser()
	b.buys("b@example.com", "cup", 1, 100)
	r := gets[wire.Reservation](b, "POST", "/api/shop/reservations", m.wish("cup", 1, 100))
	c := m.checkout("b@example.com", r)
	b.refused(wire.Conflict, "POST", "/api/shop/orders", c)
	c.Confirmed = true
	gets[wire.Placed](b, "POST", "/api/shop/orders", c)
	m.audits()
}

func TestWithdrawingNeedsTheLinkAndNoSignIn(t *testing.T) {
	m := opens(t, nil)
	m.sells("cup", 10, 100)
	placed := m.browser().buys("b@example.com", "cup", 2, 200)
	keys := shop.WithdrawalKeys{[]byte("kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk")}
	token, err := keys.Token(placed.Order.ID, m.now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	b := m.browser()
	b.refused(wire.Forbidden, "GET", "/api/shop/withdrawal", nil, "Withdrawal", token+"x")
	if o := gets[wire.Order](b, "GET", "/api/shop/withdrawal", nil, "Withdrawal", token); o.Number != placed.Order.Number || o.Contact != nil {
		t.Errorf("%+v", o)
	}
	for range 2 {
		if o := gets[wire.Order](b, "POST", "/api/shop/withdrawal", nil, "Withdrawal", token); o.State != wire.OrderRefunded || o.Refunded != eur(200) {
			t.Errorf("%+v", o)
		}
	}
	if m.left("cup") != 8 {
		t.Errorf("%d left: units that are on their way are sold again", m.left("cup"))
	}
	m.later.Add(int64(2 * time.Hour))
	b.refused(wire.Forbidden, "POST", "/api/shop/withdrawal", nil, "Withdrawal", token)
	m.audits()
}

func TestSomebodyIsExportedAndErased(t *testing.T) {
	m := opens(t, nil)
	m.sells("cup", 10, 100)
	ada := m.browser()
	placed := ada.buys("ada@example.com", "cup", 1, 100)
	ada.refused(wire.StepUp, "GET", "/api/me/export", nil) // a guest has proved nothing
	ada.link("ada@example.com")
	if s := ada.asks("GET", "/api/me/export", nil); s.status != 200 || !contains(s.body, "1 Quay", "ada@example.com", string(placed.Order.ID)) {
		t.Errorf("%d %s", s.status, s.body)
	}
	gets[struct{}](ada, "DELETE", "/api/me", nil)
	o, err := m.shop.Order(context.Background(), "", placed.Order.ID)
	if err != nil {
		t.Fatal(err)
	}
	if s := m.operates().asks("GET", "/api/shop/admin/orders", nil); s.status != 200 || contains(s.body, "Quay") || o.State != wire.OrderCaptured {
		t.Errorf("%d %s", s.status, s.body)
	}
	m.audits()
}

func TestOnlyOwnersActOnStaff(t *testing.T) {
	m := opens(t, nil)
	support, host := m.plays(trust.Support), m.plays(trust.Host)
	staff := gets[wire.Person](host, "GET", "/api/me", nil)
	for method, path := range map[string]string{"GET": "/export", "DELETE": ""} {
		support.refused(wire.Forbidden, method, "/api/people/"+string(staff.ID)+path, nil)
	}
	if p := gets[wire.Person](host, "GET", "/api/me", nil); p.ID != staff.ID {
		t.Errorf("the host is %+v now", p)
	}
	if s := m.operates().asks("DELETE", "/api/people/"+string(staff.ID), nil); s.status >= 300 {
		t.Errorf("an owner erases staff: %d %s", s.status, s.body)
	}
}
