package api

import (
	"testing"

	"vitrine/server/wire"
)

func TestAVisitorReservesAndBuysAsAGuest(t *testing.T) {
	m := opens(t, nil)
	m.sells("ring", 3, 9900)
	mei := m.browser()
	if list := gets[[]wire.Product](mei, "GET", "/api/shop/products", nil); len(list) != 1 || list[0].Variants[0].Left != 3 {
		t.Fatalf("%+v", list)
	}
	wish := m.wish("ring", 2, 19800)
	r := gets[wire.Reservation](mei, "POST", "/api/shop/reservations", wish)
	if again := gets[wire.Reservation](mei, "POST", "/api/shop/reservations", wish); r.State != wire.Held || again != r {
		t.Fatalf("%+v, and again %+v", r, again)
	}
	c := m.checkout("mei@example.com", r)
	placed := gets[wire.Placed](mei, "POST", "/api/shop/orders", c)
	if placed.Order.State != wire.OrderCaptured || placed.Order.Totals.Total != eur(19800) {
		t.Fatalf("%+v", placed)
	}
	if again := gets[wire.Placed](mei, "POST", "/api/shop/orders", c); again.Order.Number != placed.Order.Number {
		t.Errorf("the same key made order %d", again.Order.Number)
	}
	o := gets[wire.Order](mei, "GET", "/api/shop/orders/"+string(c.ID), nil)
	if o.Contact == nil || o.Contact.Email != "mei@example.com" || len(o.Lines) != 1 || o.Lines[0].Tax != eur(3161) {
		t.Errorf("the receipt's data: %+v", o)
	}
	if list := gets[[]wire.Order](mei, "GET", "/api/shop/orders", nil); len(list) != 1 {
		t.Errorf("%+v", list)
	}
	m.browser().refused(wire.Unauthenticated, "GET", "/api/shop/orders/"+string(c.ID), nil)
	m.browser().refused(wire.NotFound, "GET", "/api/shop/reservations/"+string(r.ID), nil)
	if m.left("ring") != 1 {
		t.Errorf("%d left", m.left("ring"))
	}
	m.audits()
}
