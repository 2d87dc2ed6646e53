package shop_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"vitrine/server/pay"
	"vitrine/server/shop"
	"vitrine/server/wire"
)

func TestWhatIsShippedIsNotCancelledAndItsWithdrawalEndsAfterTheDelivery(t *testing.T) {
	everyBank(t, nil, func(t *testing.T, e *evening, _ *bank) {
		ctx := t.Context()
		e.sells("ring", 3, 9900)
		o := e.buys("mei", "ring", 2).Order
		made := e.clock.Load()
		if !e.becomes(o.ID, wire.OrderCaptured).Packs() {
			t.Error("it is not to be packed")
		}
		e.passes(time.Hour)
		o, err := e.Ship(ctx, "ann", o.ID, wire.Ship{Carrier: "DHL", Tracking: "00340434161094021501"})
		left := time.UnixMilli(made).Add(time.Hour)
		if err != nil || !o.Shipped.Equal(left) || !o.Cancellable.Equal(left) || !o.Delivered.IsZero() || o.Tracking != "00340434161094021501" {
			t.Fatalf("%+v, %v", o, err)
		}
		if kept := e.becomes(o.ID, wire.OrderCaptured); kept.Packs() {
			t.Error("what has left is to be packed")
		}
		if _, err := e.Cancel(ctx, "mei", o.ID, ""); wire.CodeOf(err) != wire.Conflict {
			t.Error("the buyer cancels what has left:", err)
		}
		e.passes(48 * time.Hour)
		if again, err := e.Ship(ctx, "ann", o.ID, wire.Ship{Carrier: "DHL"}); err != nil || !again.Shipped.Equal(o.Shipped) || again.Tracking != o.Tracking {
			t.Errorf("said again it is %+v, %v", again, err)
		}
		o, err = e.Ship(ctx, "ann", o.ID, wire.Ship{Delivered: true})
		arrived := time.UnixMilli(made).Add(49 * time.Hour)
		if err != nil || !o.Delivered.Equal(arrived) || !o.Withdrawable.Equal(terms().WithdrawUntil(arrived)) || o.Carrier != "DHL" {
			t.Errorf("%+v, %v", o, err)
		}
		if o, err = e.Refund(ctx, o.ID, []shop.Return{{Line: 0, Quantity: 1}}, ""); err != nil || o.Cancellable.After(left) || o.Shipped.IsZero() {
			t.Errorf("after a refund: %+v, %v", o, err)
		}
	})
}

func TestOnlyWhatIsPaidIsShipped(t *testing.T) {
	everyBank(t, faults(pay.Faults{Decline: true}), func(t *testing.T, e *evening, _ *bank) {
		e.sells("ring", 3, 9900)
		o := e.buys("mei", "ring", 1).Order
		if _, err := e.Ship(t.Context(), "ann", o.ID, wire.Ship{}); wire.CodeOf(err) != wire.Conflict {
			t.Errorf("an order that is %s: %v", o.State, err)
		}
		for _, w := range []wire.Ship{{Carrier: "a\nb"}, {Tracking: strings.Repeat("1", 121)}} {
			if _, err := e.Ship(t.Context(), "ann", o.ID, w); wire.CodeOf(err) != wire.Invalid {
				t.Errorf("%+v: %v", w, err)
			}
		}
		if _, err := e.Ship(t.Context(), "ann", "order-that-is-not", wire.Ship{}); wire.CodeOf(err) != wire.NotFound {
			t.Error(err)
		}
	})
}

func TestOrdersAreFoundByWhatPeopleKnowOfThem(t *testing.T) {
	everyBank(t, nil, func(t *testing.T, e *evening, _ *bank) {
		ctx := t.Context()
		e.sells("ring", 10, 100)
		e.sells("vase", 300, 100, func(p *wire.Product) { p.Title, p.Variants[0].SKU = "Tall Váse", "VAS-7" })
		e.buys("mei", "ring", 1)
		ring := e.buys("ben", "ring", 1).Order
		for range 3 {
			e.buys("ben", "vase", 1)
		}
		e.sells("odd", 1, 100, func(p *wire.Product) { p.Title = `"Salt" & _50%_ <off>` })
		e.buys("ben", "odd", 1)
		if _, err := e.Ship(ctx, "ann", ring.ID, wire.Ship{Tracking: "TR-99"}); err != nil {
			t.Fatal(err)
		}
		if _, err := e.Cancel(ctx, "", ring.ID, ""); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			why  string
			q    shop.Search
			want []int64
		}{
			{"all", shop.Search{}, []int64{6, 5, 4, 3, 2, 1}},
			{"a page", shop.Search{Before: 4, Most: 2}, []int64{3, 2}},
			{"a state", shop.Search{State: wire.OrderCancelled}, []int64{2}},
			{"a number", shop.Search{Text: "#2"}, []int64{2}},
			{"a number that is not", shop.Search{Text: "7"}, nil},
			{"a number in another state", shop.Search{Text: "2", State: wire.OrderCaptured}, nil},
			{"a title", shop.Search{Text: "tall vÁSE"}, []int64{5, 4, 3}},
			{"signs that databases and JSON have uses for", shop.Search{Text: "<%_\\\"&>"}, nil},
			{"a title with such signs", shop.Search{Text: "& _50%_"}, []int64{6}},
			{"a SKU, and a page", shop.Search{Text: "vas", Before: 5, Most: 1}, []int64{4}},
			{"a tracking number", shop.Search{Text: "tr-99"}, []int64{2}},
			{"nothing", shop.Search{Text: "piano"}, nil},
			{"a buyer", shop.Search{Buyers: []wire.PersonID{"mei"}}, []int64{1}},
			{"a buyer's in a state", shop.Search{Buyers: []wire.PersonID{"mei", "ben"}, State: wire.OrderCancelled}, []int64{2}},
			{"nobody", shop.Search{Buyers: []wire.PersonID{}}, nil},
		} {
			if c.q.Most == 0 {
				c.q.Most = 50
			}
			list, err := e.Find(ctx, c.q)
			var got []int64
			for _, o := range list {
				got = append(got, o.Number)
			}
			if err != nil || !slices.Equal(got, c.want) {
				t.Errorf("%s: %v, want %v (%v)", c.why, got, c.want, err)
			}
		}
	})
}
