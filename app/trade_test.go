package app

import (
	"fmt"
	"testing"
	"time"

	"vitrine/server/wire"
	"vitrine/studio"
)

// glassware is a shop in the middle of a show.
func glassware() *studio.Shop {
	product := func(id wire.ProductID, title string, variants ...wire.Variant) studio.Product {
		return studio.Product{Product: wire.Product{ID: id, Title: title, Variants: variants}}
	}
	one := func(id wire.VariantID, title string, price int64, left, waiting int) wire.Variant {
		return wire.Variant{ID: id, Title: title, Price: eur(price), Stock: left, Left: left, Waiting: waiting}
	}
	return &studio.Shop{
		Phase: studio.RoomHere, Terms: wire.ShopTerms{Currency: "EUR", TaxIncluded: true, Home: "DE"},
		Products: []studio.Product{
			product("vase", "Tall vase", one("vase-s", "S", 4900, 14, 0), one("vase-l", "L", 6900, 3, 0)),
			product("bowl", "Smoke bowl", one("bowl", "", 4900, 0, 5)),
			product("carafe", "Ribbed carafe", one("carafe", "", 5900, 42, 0)),
			product("tumblers", "Four tumblers", one("tumblers", "", 7200, 120, 0)),
		},
		Showing: wire.Showing{Product: "carafe"},
		Offers: []wire.Offer{
			{
				ID: "o1", Kind: wire.Flash, Title: "Four tumblers", Parts: []wire.Part{{Variant: "tumblers", Quantity: 1}}, Price: eur(5800), Public: true,
				From: evening.Add(-time.Minute), Until: evening.Add(9*time.Minute + 41*time.Second), Units: 20, Taken: 8, Left: 12, Waiting: 2, Lowest: eur(7200),
			},
			{
				ID: "o2", Kind: wire.Bundle, Title: "Carafe + Tumblers", Public: true, Price: eur(11100), Taken: 3, Left: 39, From: evening.Add(-time.Hour),
				Parts: []wire.Part{{Variant: "carafe", Quantity: 1}, {Variant: "tumblers", Quantity: 1}},
			},
			{
				ID: "o3", Kind: wire.Limited, Title: "First 20: Tall vase · S", Parts: []wire.Part{{Variant: "vase-s", Quantity: 1}}, Price: eur(3900), Units: 20,
				From: evening, Until: evening.Add(15 * time.Minute), Version: 2,
			},
			{
				ID: "o4", Kind: wire.Flash, Title: "Tall vase", Parts: []wire.Part{{Variant: "vase-s", Quantity: 1}}, Price: eur(3900), Public: true, Ended: true,
				From: evening.Add(-time.Hour), Until: evening.Add(-50 * time.Minute), Taken: 11, Lowest: eur(4900),
			},
		},
		Coupons: []wire.UsedCoupon{
			{Coupon: wire.Coupon{Code: "LIVE10", Percent: 1000, Uses: 50, UsesEach: 1, Until: evening.Add(42 * time.Minute)}, Used: 7},
			{Coupon: wire.Coupon{Code: "WELCOME5", Amount: eur(500), Minimum: eur(5000)}, Used: 19},
		},
	}
}

func order(n int64, state wire.OrderState, pay wire.PayMethod, ago time.Duration, lines ...wire.Line) wire.Order {
	o := wire.Order{
		ID: wire.OrderID(fmt.Sprintf("order-%d", n)), Number: n, State: state, Pay: pay, Lines: lines, Shipping: "DHL", Made: evening.Add(-ago),
		Refunded: eur(0), Totals: wire.Totals{Shipping: eur(490), Discount: eur(0), Goods: eur(0), TaxIncluded: true},
	}
	for i, l := range lines {
		o.Totals.Goods.Minor += l.Price.Minor
		o.Totals.Discount.Minor += l.Discount.Minor
		o.Lines[i].Refunded.Currency = "EUR"
	}
	o.Totals.Total = eur(o.Totals.Goods.Minor - o.Totals.Discount.Minor + 490)
	o.Totals.Tax = o.Totals.Total.Share(19, 119)
	if state == wire.OrderCaptured {
		o.Paid = o.Made.Add(40 * time.Second)
	}
	return o
}

func bought(title string, n int, price int64) wire.Line {
	return wire.Line{Title: title, Quantity: n, Price: eur(price * int64(n)), Discount: eur(0), Tax: eur(0)}
}

// orders are those of an evening, the newest first.
func orders() []wire.Order {
	vase := bought("Tall vase · L", 1, 6900)
	vase.SKU = "VASE-L"
	two := order(17, wire.OrderCaptured, wire.PayStripe, 20*time.Second, vase, bought("Ribbed carafe", 2, 5900))
	two.Coupons, two.Lines[0].Discount, two.Lines[1].Discount = []wire.CouponCode{"LIVE10"}, eur(690), eur(1180)
	two.Totals.Discount, two.Totals.Total = eur(1870), eur(17320)
	two.Totals.Tax = two.Totals.Total.Share(19, 119)
	back := order(9, wire.OrderRefunded, wire.PayStripe, 31*time.Minute, bought("Smoke bowl", 1, 4900))
	back.Refunded, back.Lines[0].Refunded, back.Reason = back.Totals.Total, eur(4900), "broke in the studio"
	return []wire.Order{
		order(18, wire.OrderAuthorising, wire.PayStripe, 8*time.Second, bought("Four tumblers", 1, 5800)), two,
		order(16, wire.OrderFailed, wire.PayStripe, 2*time.Minute, bought("Four tumblers", 2, 5800)),
		order(15, wire.OrderAuthorised, wire.PayCash, 4*time.Minute, bought("Carafe + Tumblers", 1, 11100)),
		order(14, wire.OrderAuthorising, wire.PayTransfer, 6*time.Minute, bought("Tall vase · S", 4, 4900)),
		order(13, wire.OrderFailed, wire.PayStripe, 9*time.Minute, bought("Smoke bowl", 1, 4900)),
		order(12, wire.OrderCancelled, wire.PayStripe, 14*time.Minute, bought("Ribbed carafe", 1, 5900)),
		order(11, wire.OrderExpired, wire.PayStripe, 22*time.Minute, bought("Tall vase · L", 1, 6900)),
		order(10, wire.OrderCaptured, wire.PayStripe, 26*time.Minute, bought("Smoke bowl", 3, 4900)), back,
		order(8, wire.OrderCaptured, wire.PayStripe, 74*time.Minute, bought("Four tumblers", 1, 7200)),
	}
}

// inShop is a busy room with a shop.
func inShop(s *studio.Snapshot) {
	inRoom(s)
	s.Shop, s.Audience.Peak = glassware(), 1310
	s.Shop.Orders = orders()
	s.Shop.Takings = wire.Takings{Orders: 17, Units: 24, Revenue: eur(118650), Refunded: eur(5390), Declined: 2}
}

func shopBench(t *testing.T, tab int, edit ...func(*studio.Snapshot)) *bench {
	t.Helper()
	b := newBench(t, append([]func(*studio.Snapshot){inShop}, edit...)...)
	b.w.openShop(tab)
	return b
}
