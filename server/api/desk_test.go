package api

import (
	"net/http"
	"strings"
	"testing"

	"vitrine/server/pay"
	"vitrine/server/shop"
	"vitrine/server/trust"
	"vitrine/server/wire"
)

// takes has somebody buy units in a show.
func (b *browser) takes(show wire.ShowID, variant string, units int, price int64) wire.Order {
	b.m.t.Helper()
	w := b.m.wish(variant, units, price)
	w.Show = show
	r := gets[wire.Reservation](b, "POST", "/api/shop/reservations", w)
	return gets[wire.Placed](b, "POST", "/api/shop/orders", b.m.checkout("mei@example.com", r)).Order
}

// desk opens the stream of a product desk.
func (b *browser) desk(show, after string) *listener {
	b.m.t.Helper()
	return b.hears("/api/shop/desk/events?show="+show, after)
}

func TestAStudioSellsInItsShowWithTheShowsToken(t *testing.T) {
	m := opens(t, nil)
	studio, other := m.studio("evening"), m.studio("morning")
	ring := wire.Product{ID: "ring", Title: "A ring", Hidden: true, Variants: []wire.Variant{{ID: "ring", Price: eur(9900), Stock: 5}}}
	p := gets[wire.Product](studio, "PUT", "/api/shop/products/ring", ring, "If-None-Match", "*")
	p.Hidden = false
	p = gets[wire.Product](studio, "PUT", "/api/shop/products/ring", p, "If-Match", `"1"`)
	studio.refused(wire.Precondition, "PUT", "/api/shop/products/ring", p, "If-Match", `"1"`)
	if s := studio.asks("GET", "/api/shop/products/ring", nil); s.header.Get("ETag") != `"2"` || !contains(s.body, `"version":2`) {
		t.Errorf("after a conflict: %s %s", s.header.Get("ETag"), s.body)
	}
	gets[wire.Variant](studio, "POST", "/api/shop/variants/ring/stock", wire.AddStock{Units: 5}, "Idempotency-Key", m.key())
	gets[wire.UsedCoupon](studio, "PUT", "/api/shop/coupons/TEN", wire.Coupon{Code: "TEN", Percent: 1000})
	if list := gets[[]wire.UsedCoupon](studio, "GET", "/api/shop/coupons", nil); len(list) != 1 || list[0].Coupon.Code != "TEN" {
		t.Errorf("%+v", list)
	}
	for path, code := range map[string]wire.Code{ // what is about people, and what is the shop's as a whole
		"/api/me": wire.Unauthenticated, "/api/people": wire.Unauthenticated, "/api/webhooks": wire.Unauthenticated,
		"/api/shop/admin/orders": wire.Forbidden, "/api/shop/admin/packing": wire.Forbidden, "/api/shop/admin/orders.csv": wire.Forbidden,
		"/api/shop/audit": wire.Forbidden, "/api/shop/desk/events?show=morning": wire.Forbidden,
	} {
		studio.refused(code, "GET", path, nil)
	}
	guess := m.browser()
	guess.token = "a guess"
	guess.refused(wire.Unauthenticated, "PUT", "/api/shop/products/ring", p, "If-Match", `"2"`)

	o := m.browser().takes("evening", "ring", 2, 19800)
	back := wire.Refund{Returns: []wire.Return{{Line: 0, Quantity: 1, Restock: true}}, Refunded: eur(0), Reason: "a scratch"}
	address := "/api/shop/admin/orders/" + string(o.ID)
	other.refused(wire.NotFound, "POST", address+"/refund", back, "Idempotency-Key", m.key())
	other.refused(wire.NotFound, "POST", address+"/cancel", nil)
	long := back
	long.Reason = strings.Repeat("x", wire.MaxReason+1)
	studio.refused(wire.Invalid, "POST", address+"/refund", long, "Idempotency-Key", m.key())
	if got := gets[wire.Order](studio, "POST", address+"/refund", back, "Idempotency-Key", m.key()); got.Refunded != eur(9900) || got.Contact != nil {
		t.Errorf("%+v", got)
	}
	mei := m.signsIn("mei@example.com")
	if got := gets[wire.Order](mei, "GET", "/api/shop/orders/"+string(o.ID), nil); got.Reason != "a scratch" || got.Lines[0].Show != "evening" {
		t.Errorf("the buyer reads %+v", got)
	}
	late := m.browser().takes("evening", "ring", 1, 9900)
	if got := gets[wire.Order](studio, "POST", "/api/shop/admin/orders/"+string(late.ID)+"/cancel", wire.Cancel{Reason: "sold twice"}); got.State != wire.OrderCancelled || got.Reason != "sold twice" {
		t.Errorf("%+v", got)
	}
	host, support := m.plays(trust.Host), m.plays(trust.Support)
	nowhere, another := m.browser().takes("", "ring", 1, 9900), m.browser().takes("", "ring", 1, 9900)
	host.refused(wire.NotFound, "POST", "/api/shop/admin/orders/"+string(nowhere.ID)+"/cancel", nil)
	gets[wire.Order](host, "POST", "/api/shop/admin/orders/"+string(m.browser().takes("morning", "ring", 1, 9900).ID)+"/cancel", nil)
	gets[wire.Order](support, "POST", "/api/shop/admin/orders/"+string(another.ID)+"/cancel", nil)
	if contains(m.log.Bytes(), "token of") {
		t.Error("a token is logged")
	}
	m.audits()
}

func TestAnOrderOfTwoShowsIsGivenBackByEachItsOwn(t *testing.T) {
	m := opens(t, nil)
	m.sells("ring", 5, 9900)
	evening, morning := m.studio("evening"), m.studio("morning")
	mei := m.browser()
	var list []wire.Reservation
	for _, show := range []wire.ShowID{"evening", "morning"} {
		w := m.wish("ring", 1, 9900)
		w.Show = show
		list = append(list, gets[wire.Reservation](mei, "POST", "/api/shop/reservations", w))
	}
	o := gets[wire.Placed](mei, "POST", "/api/shop/orders", m.checkout("mei@example.com", list...)).Order
	path := "/api/shop/admin/orders/" + string(o.ID)
	line := func(n int, refunded int64) wire.Refund {
		return wire.Refund{Returns: []wire.Return{{Line: n, Quantity: 1}}, Refunded: eur(refunded)}
	}
	evening.refused(wire.Forbidden, "POST", path+"/cancel", nil)
	evening.refused(wire.Forbidden, "POST", path+"/refund", line(1, 0), "Idempotency-Key", m.key())
	gets[wire.Order](evening, "POST", path+"/refund", line(0, 0), "Idempotency-Key", m.key())
	gets[wire.Order](morning, "POST", path+"/refund", line(1, 9900), "Idempotency-Key", m.key())
}

func TestADeskHearsWhatViewersDoNot(t *testing.T) {
	m := opens(t, func(c wire.Charge) pay.Faults { return pay.Faults{Decline: c.Amount.Minor%10 == 1} })
	m.sells("ring", 3, 9900)
	studio, other := m.studio("evening"), m.studio("morning")
	mei := m.browser()
	first := mei.takes("evening", "ring", 1, 9900)

	l, page := studio.desk("", ""), m.browser().listens("evening", "")
	d, ok := l.next().(wire.DeskEvent)
	want := wire.Takings{Show: "evening", Orders: 1, Units: 1, Revenue: eur(9900), Refunded: eur(0)}
	if !ok || len(d.Products) != 1 || len(d.Orders) != 1 || d.Orders[0].ID != first.ID || d.Orders[0].Contact != nil || d.Takings != want || d.Terms.Currency != "EUR" {
		t.Fatalf("%+v", d)
	}
	if s, ok := page.next().(wire.SnapshotEvent); !ok || len(s.Products) != 1 {
		t.Fatalf("%+v", s)
	}
	hidden := wire.Product{ID: "bowl", Title: "A bowl", Hidden: true, Extra: map[string]string{"cost": "3"}, Variants: []wire.Variant{{ID: "bowl", Price: eur(101), Stock: 9}}}
	p := gets[wire.Product](studio, "PUT", "/api/shop/products/bowl", hidden, "If-None-Match", "*")
	until(l, func(e wire.ProductEvent) bool {
		return e.Product.ID == "bowl" && e.Product.Hidden && e.Product.Extra["cost"] == "3"
	})
	if e := until(page, func(e wire.ProductEvent) bool { return e.Product.ID == "bowl" }); e.Product.Title != "" {
		t.Errorf("viewers hear %+v", e)
	}
	p.Hidden = false
	gets[wire.Product](studio, "PUT", "/api/shop/products/bowl", p, "If-Match", `"1"`)
	if e := until(page, func(e wire.ProductEvent) bool { return e.Product.ID == "bowl" }); e.Product.Title == "" || e.Product.Extra != nil {
		t.Errorf("viewers hear %+v", e)
	}

	mei.takes("evening", "ring", 2, 19800)
	until(l, func(e wire.StockEvent) bool {
		return e.Stock[0].Variant == "ring" && e.Stock[0].Left == 0 && e.Stock[0].Version > 0
	})
	until(l, func(e wire.TakingsEvent) bool { return e.Takings.Units == 3 && e.Takings.Revenue == eur(29700) })
	waiting := m.wish("ring", 1, 9900)
	waiting.Wait = true
	gets[wire.Reservation](m.browser(), "POST", "/api/shop/reservations", waiting)
	until(l, func(e wire.StockEvent) bool { return e.Stock[0].Waiting == 1 })
	m.browser().takes("evening", "bowl", 1, 101) // is declined
	until(l, func(e wire.TakingsEvent) bool { return e.Takings.Declined == 1 && e.Takings.Orders == 2 })
	gets[wire.Offer](studio, "PUT", "/api/shop/offers/mine", wire.Offer{
		ID: "mine", Kind: wire.Personal, Title: "For you", Buyer: "somebody", Parts: []wire.Part{{Variant: "bowl", Quantity: 1}}, Price: eur(50),
	}, "If-None-Match", "*")
	until(l, func(e wire.OfferEvent) bool {
		return e.Offer.ID == "mine" && e.Offer.Buyer == "somebody" && !e.Offer.Public
	})
	gets[wire.UsedCoupon](studio, "PUT", "/api/shop/coupons/TEN", wire.Coupon{Code: "TEN", Percent: 1000})
	until(l, func(e wire.CouponEvent) bool { return e.Coupon.Coupon.Code == "TEN" })

	elsewhere := other.desk("morning", "")
	if d, ok := elsewhere.next().(wire.DeskEvent); !ok || len(d.Orders) != 0 || d.Takings.Orders != 0 || len(d.Products) != 2 {
		t.Errorf("another show's desk: %+v", d)
	}
	if _, ok := other.desk("morning", l.id).next().(wire.DeskEvent); !ok {
		t.Error("another show's event is gone on from")
	}
	if _, ok := m.plays(trust.Owner).desk("evening", page.id).next().(wire.DeskEvent); !ok {
		t.Error("a viewer's event is gone on from")
	}
	l.close() // and comes back later
	gets[wire.Order](studio, "POST", "/api/shop/admin/orders/"+string(first.ID)+"/cancel", wire.Cancel{Reason: "late"})
	again := studio.desk("evening", l.id)
	heard := 0
	for heard < 2 {
		switch e := again.next().(type) {
		case wire.OrderEvent:
			if e.Order.ID == first.ID && e.Order.State == wire.OrderCancelled && e.Order.Reason == "late" && e.Order.Contact == nil {
				heard++
			}
		case wire.TakingsEvent:
			if e.Takings.Units == 2 && e.Takings.Refunded == eur(9900) {
				heard++
			}
		case wire.DeskEvent:
			t.Fatal("it hears everything again")
		case nil:
			t.Fatal("the stream ends")
		}
	}
}

func TestADeskHearsOrdersAndCouponsOnlyWhereItMay(t *testing.T) {
	m := opens(t, nil)
	m.sells("ring", 30, 9900)
	m.studio("evening")
	m.browser().takes("evening", "ring", 1, 9900)
	gets[wire.UsedCoupon](m.operates(), "PUT", "/api/shop/coupons/TEN", wire.Coupon{Code: "TEN", Percent: 1000})
	for role, sees := range map[trust.Role]struct{ sales, coupons bool }{
		trust.Moderator: {false, false}, trust.Producer: {true, false}, trust.Support: {true, false}, trust.Host: {true, true}, trust.Owner: {true, true},
	} {
		l := m.plays(role).desk("evening", "")
		d, ok := l.next().(wire.DeskEvent)
		if !ok || len(d.Orders) > 0 != sees.sales || d.Takings.Orders > 0 != sees.sales || len(d.Coupons) > 0 != sees.coupons {
			t.Errorf("%s sees %+v", role, d)
		}
		before := m.left("ring")
		m.browser().takes("evening", "ring", 1, 9900)
		gets[wire.UsedCoupon](m.operates(), "PUT", "/api/shop/coupons/TEN", wire.Coupon{Code: "TEN", Percent: 900})
		gets[wire.Variant](m.operates(), "POST", "/api/shop/variants/ring/stock", wire.AddStock{Units: 10}, "Idempotency-Key", m.key())
		heard := map[string]bool{}
		for done := false; !done; {
			switch e := l.next().(type) {
			case wire.OrderEvent:
				heard["order"] = true
			case wire.TakingsEvent:
				heard["takings"] = true
			case wire.CouponEvent:
				heard["coupon"] = true
			case wire.StockEvent:
				done = e.Stock[0].Left == before+9
			case nil:
				t.Fatal("the stream ends")
			}
		}
		if !sees.sales && (heard["order"] || heard["takings"]) || !sees.coupons && heard["coupon"] {
			t.Errorf("%s hears %v", role, heard)
		}
		l.close()
	}
	if l := m.signsIn("buyer@example.com").desk("evening", ""); l.status != http.StatusForbidden {
		t.Errorf("a buyer is answered %d", l.status)
	}
	if l := m.operates().desk("nowhere", ""); l.status != http.StatusNotFound {
		t.Errorf("a show that is not there is answered %d", l.status)
	}
}

// TestADeskWhoseTakingsAreForgottenComesBack has another writer's shop load anew: what it sold is not known, so it is counted again.
func TestADeskWhoseTakingsAreForgottenComesBack(t *testing.T) {
	m := opens(t, nil)
	f := NewFeed()
	f.desks["evening"] = true
	l := &ear{show: "evening", name: "x.evening", events: make(chan told, earOf), desk: &deskEar{sales: true}}
	viewers := &ear{show: "evening", name: "x", events: make(chan told, earOf)}
	f.ears[l], f.ears[viewers] = struct{}{}, struct{}{}
	f.Changed(&shop.Batch{Orders: []*shop.Order{{Order: wire.Order{ID: "o", Lines: []wire.Line{{Show: "evening"}}}}}})
	if err := f.tell(m.shop); err != nil {
		t.Fatal(err)
	}
	for range l.events {
		t.Error("it hears what is not known")
	}
	if _, on := f.ears[viewers]; !on || len(f.ears) != 1 {
		t.Errorf("%d listen", len(f.ears))
	}
}

func TestAnybodyMayKnowHowTheShopSells(t *testing.T) {
	m := opens(t, nil)
	got := gets[wire.ShopTerms](m.browser(), "GET", "/api/shop/terms", nil)
	if got.Currency != "EUR" || got.Home != "DE" || !got.TaxIncluded || got.Hold != 90 || len(got.Pay) != 1 || got.Pay[0] != wire.PayTest ||
		len(got.Countries) != 1 || got.Countries[0] != "*" || got.Regions != nil {
		t.Errorf("%+v", got)
	}
	m.sells("ring", 1, 9900)
	s := m.browser().asks("GET", "/api/shop/products/ring", nil)
	if s.status != http.StatusOK || s.header.Get("ETag") != `"1"` {
		t.Errorf("%d %v", s.status, s.header)
	}
	m.browser().refused(wire.NotFound, "GET", "/api/shop/products/none", nil)
}

func TestAnOfferIsMadeToSomebodyInTheRoom(t *testing.T) {
	s := talks(t)
	s.sells("ring", 5, 9900)
	studio, mei, eve := s.browser(), s.browser(), s.browser()
	studio.token = "evening" + showToken
	_, joined := mei.enters("evening")
	o := wire.Offer{
		ID: "for-you", Kind: wire.Personal, Title: "For you", Show: "evening", Member: joined.Me.Alias, Public: true,
		Parts: []wire.Part{{Variant: "ring", Quantity: 1}}, Price: eur(5000),
	}
	got := gets[wire.Offer](studio, "PUT", "/api/shop/offers/for-you", o, "If-None-Match", "*")
	if got.Member != "" || got.Buyer == "" {
		t.Fatalf("%+v", got)
	}
	wish := s.wish("ring", 1, 5000)
	wish.Show = "evening"
	if r := gets[wire.Reservation](mei, "POST", "/api/shop/reservations", wish); r.Offer != "for-you" || r.Price != eur(5000) {
		t.Errorf("%+v", r)
	}
	wish.ID = wire.ReservationID(s.key())
	eve.refused(wire.StalePrice, "POST", "/api/shop/reservations", wish)
	o.ID, o.Show = "nowhere", ""
	studio.refused(wire.Invalid, "PUT", "/api/shop/offers/nowhere", o, "If-None-Match", "*")
	o.ID, o.Show, o.Member = "gone", "evening", "nobody"
	studio.refused(wire.NotFound, "PUT", "/api/shop/offers/gone", o, "If-None-Match", "*")
}
