package shop

import (
	"testing"
	"time"

	"vitrine/server/wire"
)

// TestWhatAnOrderAddsToAShowsTakings has two lines: 3 units for 30.00 € in the evening, and 1 for 10.00 € in the morning, and 5.00 € of shipping.
func TestWhatAnOrderAddsToAShowsTakings(t *testing.T) {
	eur := func(minor int64) wire.Money { return wire.Money{Minor: minor, Currency: "EUR"} }
	paid := time.Date(2026, 11, 21, 20, 0, 0, 0, time.UTC)
	order := func(edit func(*Order)) *Order {
		o := &Order{Order: wire.Order{State: wire.OrderCaptured, Paid: paid, Refunded: eur(0), Lines: []wire.Line{
			{Show: "evening", Quantity: 3, Price: eur(3000), Discount: eur(0), Tax: eur(570), Refunded: eur(0)},
			{Show: "morning", Quantity: 1, Price: eur(1000), Discount: eur(0), Tax: eur(190), Refunded: eur(0)},
		}, Totals: wire.Totals{TaxIncluded: true, Total: eur(4500)}}}
		edit(o)
		return o
	}
	refused := []Payment{{Status: wire.PayFailed}}
	for what, c := range map[string]struct {
		edit             func(*Order)
		evening, morning share
	}{
		"paid":     {func(*Order) {}, share{1, 3, 0, 3000, 0}, share{1, 1, 0, 1000, 0}},
		"not paid": {func(o *Order) { o.State, o.Paid = wire.OrderHeld, time.Time{} }, share{}, share{}},
		"refused": {
			func(o *Order) { o.State, o.Paid, o.Payments = wire.OrderFailed, time.Time{}, refused },
			share{declined: 1},
			share{declined: 1},
		},
		"refused, and let go": {
			func(o *Order) { o.State, o.Paid, o.Payments = wire.OrderExpired, time.Time{}, refused },
			share{declined: 1},
			share{declined: 1},
		},
		"refused, then paid": {
			func(o *Order) { o.Payments = append(refused, Payment{Status: wire.PayCaptured}) },
			share{1, 3, 0, 3000, 0},
			share{1, 1, 0, 1000, 0},
		},
		"to be paid on delivery": {
			func(o *Order) { o.State, o.Paid, o.Pay = wire.OrderAuthorised, time.Time{}, wire.PayCash },
			share{1, 3, 0, 3000, 0},
			share{1, 1, 0, 1000, 0},
		},
		"promised by a card": {func(o *Order) { o.State, o.Paid, o.Pay = wire.OrderAuthorised, time.Time{}, wire.PayStripe }, share{}, share{}},
		"with tax on top": {
			func(o *Order) { o.Totals.TaxIncluded, o.Totals.Total = false, eur(5260) },
			share{1, 3, 0, 3570, 0},
			share{1, 1, 0, 1190, 0},
		},
		"with a coupon": {
			func(o *Order) { o.Lines[0].Discount, o.Totals.Total = eur(600), eur(3900) },
			share{1, 3, 0, 2400, 0},
			share{1, 1, 0, 1000, 0},
		},
		"free": {func(o *Order) {
			o.Lines[0].Discount, o.Lines[1].Discount, o.Totals.Total = eur(3000), eur(1000), eur(0)
		}, share{1, 3, 0, 0, 0}, share{1, 1, 0, 0, 0}},
		"one unit back": {
			func(o *Order) {
				o.State, o.Lines[0].Refunded, o.Refunded = wire.OrderPartRefunded, eur(1000), eur(1000)
			},
			share{1, 2, 0, 2000, 1000},
			share{1, 1, 0, 1000, 0},
		},
		"the shipping back, by the provider": {
			func(o *Order) { o.State, o.Refunded = wire.OrderPartRefunded, eur(500) },
			share{1, 3, 0, 3000, 0},
			share{1, 1, 0, 1000, 0},
		},
		"more than that": {
			func(o *Order) { o.State, o.Refunded = wire.OrderPartRefunded, eur(2500) },
			share{1, 1, 0, 1000, 2000},
			share{1, 1, 0, 1000, 0},
		},
		"more than that, after a unit": {func(o *Order) {
			o.State, o.Lines[0].Refunded, o.Refunded = wire.OrderPartRefunded, eur(1000), eur(4000)
		}, share{1, 0, 0, 0, 3000}, share{1, 1, 0, 500, 500}},
		"all by the provider": {
			func(o *Order) { o.State, o.Refunded = wire.OrderRefunded, eur(4500) },
			share{1, 0, 0, 0, 3000},
			share{1, 0, 0, 0, 1000},
		},
		"cancelled": {func(o *Order) {
			o.State, o.Lines[0].Refunded, o.Lines[1].Refunded, o.Refunded = wire.OrderCancelled, eur(3000), eur(1000), eur(4500)
		}, share{1, 0, 0, 0, 3000}, share{1, 0, 0, 0, 1000}},
	} {
		o := order(c.edit)
		if got := o.share("evening"); got != c.evening {
			t.Errorf("%s: the evening gets %+v, want %+v", what, got, c.evening)
		}
		if got := o.share("morning"); got != c.morning {
			t.Errorf("%s: the morning gets %+v, want %+v", what, got, c.morning)
		}
		whole := o.share("")
		if want := (share{
			c.evening.orders, c.evening.units + c.morning.units, c.evening.declined, c.evening.revenue + c.morning.revenue, c.evening.refunded + c.morning.refunded,
		}); whole != want {
			t.Errorf("%s: the shop gets %+v, want %+v", what, whole, want)
		}
	}
}
