package shop_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"vitrine/server/pay"
	"vitrine/server/shop"
	"vitrine/server/wire"
)

// sales is what a test expects of some shows: its orders, and how many units of each line it gave back.
type sales struct {
	orders map[wire.OrderID]wire.Order
	back   map[wire.ReservationID]int
}

// takings are a show's, counted by hand. All goods of the tests have their tax in the price, and nothing is taken off.
func (s *sales) takings(show wire.ShowID) wire.Takings {
	sum := wire.Takings{Show: show, Revenue: eur(0), Refunded: eur(0)}
	for _, o := range s.orders {
		in, units := 0, 0
		for _, l := range o.Lines {
			if show != "" && l.Show != show {
				continue
			}
			in++
			if !o.Paid.IsZero() {
				units += l.Quantity - s.back[l.Reservation]
				sum.Revenue.Minor += l.Price.Minor - l.Refunded.Minor
				sum.Refunded.Minor += l.Refunded.Minor
			}
		}
		switch {
		case in == 0:
		case !o.Paid.IsZero():
			sum.Orders++
		default:
			sum.Declined++ // in these tests nothing else is unpaid
		}
		sum.Units += units
	}
	return sum
}

// wishes reserves units in a show.
func (e *evening) wishes(show wire.ShowID, variant string, n int) wire.Reservation {
	e.t.Helper()
	r, err := e.Reserve(context.Background(), "mei", wire.Reserve{
		ID: wire.ReservationID(e.key()), Show: show, Variant: wire.VariantID(variant), Quantity: n, Price: eur(1_000_000),
	})
	if err != nil || r.State != wire.Held {
		e.t.Fatal(r, err)
	}
	return r
}

// TestTakingsAreThoseOfACountOverAllOrders has shows sell, cancel and give back at random, and asks for their takings at any time: they are those
// that are counted by hand, and those that another shop counts over all orders of the store.
func TestTakingsAreThoseOfACountOverAllOrders(t *testing.T) {
	declines := func(c wire.Charge) pay.Faults { return pay.Faults{Decline: c.Amount.Minor%10 == 1} }
	var e *evening
	b, with := withBank(t, &e, declines)
	e = open(t, engines["SQLite"](t), with)
	b.runs(t)
	e.sells("ring", wire.MaxUnits, 9900)
	e.sells("cup", wire.MaxUnits, 330)
	e.sells("cursed", wire.MaxUnits, 101)
	all := &sales{map[wire.OrderID]wire.Order{}, map[wire.ReservationID]int{}}
	round := 0
	same := func(t *rapid.T, ask *shop.Shop, show wire.ShowID) {
		got, newest, err := ask.Sales(context.Background(), show)
		want := all.takings(show)
		if err != nil || got != want || len(newest) != min(200, want.Orders+want.Declined) {
			t.Fatalf("the takings of %q are %+v with %d orders, want %+v; %v", show, got, len(newest), want, err)
		}
		for i, o := range newest {
			if i > 0 && o.Number >= newest[i-1].Number || o.State != all.orders[o.ID].State || o.Refunded != all.orders[o.ID].Refunded || o.Contact != nil {
				t.Fatalf("order %d of %q is %+v, want %+v", i, show, o, all.orders[o.ID])
			}
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		round++
		shows := []wire.ShowID{wire.ShowID(fmt.Sprintf("a-%d", round)), wire.ShowID(fmt.Sprintf("b-%d", round)), ""}
		var mine []wire.OrderID
		for range rapid.IntRange(1, 10).Draw(t, "steps") {
			switch rapid.SampledFrom([]string{"buy", "buy", "buy", "cancel", "refund", "refund", "ask"}).Draw(t, "step") {
			case "buy":
				mine = append(mine, e.sellsTo(t, all, shows))
			case "ask":
				same(t, e.Shop, rapid.SampledFrom(shows).Draw(t, "show"))
			case "cancel":
				e.givesBack(t, all, mine, true)
			case "refund":
				e.givesBack(t, all, mine, false)
			}
		}
		anew, err := shop.New(e.config())
		if err != nil {
			t.Fatal(err)
		}
		for _, show := range shows {
			same(t, e.Shop, show)
		}
		same(t, anew, shows[rand.IntN(len(shows))])
		if _, known := e.Takings(shows[0]); !known {
			t.Fatal("takings that were asked for are not at hand")
		}
	})
}

// sellsTo has somebody order one or two things, each in a show or in none.
func (e *evening) sellsTo(t *rapid.T, all *sales, shows []wire.ShowID) wire.OrderID {
	var list []wire.Reservation
	for range rapid.IntRange(1, 2).Draw(t, "lines") {
		list = append(list, e.wishes(
			rapid.SampledFrom(shows).Draw(t, "show"), rapid.SampledFrom([]string{"ring", "cup", "cursed"}).Draw(t, "what"), rapid.IntRange(1, 3).Draw(t, "units"),
		))
	}
	p := e.orders("mei", list...)
	if p.Order.State != wire.OrderCaptured && p.Order.State != wire.OrderFailed {
		t.Fatalf("%+v", p)
	}
	for i, l := range p.Order.Lines {
		if l.Show != list[i].Show {
			t.Fatalf("line %d was bought in %q, and says %q", i, list[i].Show, l.Show)
		}
	}
	all.orders[p.Order.ID] = p.Order
	return p.Order.ID
}

// givesBack cancels one of the orders, or gives some units of it back.
func (e *evening) givesBack(t *rapid.T, all *sales, mine []wire.OrderID, whole bool) {
	if len(mine) == 0 {
		return
	}
	o := all.orders[rapid.SampledFrom(mine).Draw(t, "order")]
	line := rapid.IntRange(0, len(o.Lines)-1).Draw(t, "line")
	l := o.Lines[line]
	units := rapid.IntRange(1, l.Quantity).Draw(t, "back")
	var err error
	var after wire.Order
	if whole {
		after, err = e.Cancel(context.Background(), "", o.ID, "a scratch")
	} else {
		after, err = e.Refund(context.Background(), o.ID, []shop.Return{{Line: line, Quantity: units, Restock: units < 3}}, "a scratch")
	}
	if err != nil {
		return // it cannot be given back any more
	}
	if after.Reason != "a scratch" {
		t.Fatalf("the order says %q", after.Reason)
	}
	for i, l := range after.Lines {
		switch {
		case whole:
			all.back[l.Reservation] = l.Quantity
		case i == line:
			all.back[l.Reservation] = min(l.Quantity, all.back[l.Reservation]+units)
		}
	}
	all.orders[o.ID] = after
}

func TestHowManyWaitIsKnownNowAndAfterARestart(t *testing.T) {
	everywhere(t, nil, func(t *testing.T, e *evening) {
		e.sells("ring", 1, 9900)
		e.sells("bowl", 1, 500)
		bundle := e.offers(wire.Offer{ID: "both", Kind: wire.Bundle, Parts: []wire.Part{{Variant: "ring", Quantity: 1}, {Variant: "bowl", Quantity: 1}}, Price: eur(9900)})
		waits := func(buyer string, w wire.Reserve) wire.Reservation {
			w.ID, w.Quantity, w.Wait, w.Price = wire.ReservationID(e.key()), 1, true, eur(1_000_000)
			r, err := e.Reserve(t.Context(), wire.PersonID(buyer), w)
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		first := waits("mei", wire.Reserve{Variant: "ring"})
		ben := waits("ben", wire.Reserve{Variant: "ring"})
		waits("ada", wire.Reserve{Variant: "ring"})
		waits("eve", wire.Reserve{Offer: bundle.ID})
		wants := func(s *shop.Shop, ring, both int) {
			t.Helper()
			for _, p := range s.Products(true) {
				if p.ID == "ring" && p.Variants[0].Waiting != ring {
					t.Errorf("%d wait for a ring, want %d", p.Variants[0].Waiting, ring)
				}
			}
			if o := s.Offers("", "", true)[0]; o.Waiting != both {
				t.Errorf("%d wait for both, want %d", o.Waiting, both)
			}
			if p := s.Products(false); p[1].Variants[0].Waiting != 0 {
				t.Error("buyers hear how many wait")
			}
		}
		wants(e.Shop, 2, 1)
		if _, err := e.Release(t.Context(), "ben", ben.ID); err != nil {
			t.Fatal(err)
		}
		wants(e.Shop, 1, 1)
		if _, err := e.Release(t.Context(), "mei", first.ID); err != nil { // ada gets it
			t.Fatal(err)
		}
		wants(e.Shop, 0, 1)
		e.stops()
		again, err := shop.New(e.config())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- again.Run(ctx) }()
		<-again.Ready()
		wants(again, 0, 1)
		cancel()
		<-done
	})
}

func TestBuyersSeeTheShopsOrderAndNothingThatIsTheStaffs(t *testing.T) {
	everywhere(t, nil, func(t *testing.T, e *evening) {
		place := func(n int64) func(*wire.Product) { return func(p *wire.Product) { p.Place = n } }
		e.sells("a", 1, 100, place(3))
		e.sells("c", 1, 100, place(1))
		e.sells("b", 1, 100, place(1), func(p *wire.Product) {
			p.Extra, p.Pictures = map[string]string{"cost": "3"}, []wire.Picture{{Source: "https://supplier.example/b.jpg", Alt: "A bowl"}}
			p.Variants[0].Extra = map[string]string{"cost": "2"}
		})
		e.sells("d", 1, 100, place(2), func(p *wire.Product) { p.Hidden = true })
		names := func(list []wire.Product) (s string) {
			for _, p := range list {
				s += string(p.ID)
			}
			return s
		}
		if all, seen := names(e.Products(true)), names(e.Products(false)); all != "bcda" || seen != "bca" {
			t.Errorf("staff sees %s, buyers see %s", all, seen)
		}
		staffs, err := e.Product("b", true)
		seen, seeErr := e.Product("b", false)
		if err != nil || seeErr != nil || staffs.Extra["cost"] != "3" || staffs.Variants[0].Extra["cost"] != "2" || staffs.Pictures[0].Source == "" {
			t.Errorf("%+v %v %v", staffs, err, seeErr)
		}
		if seen.Extra != nil || seen.Variants[0].Extra != nil || seen.Pictures[0].Source != "" || seen.Pictures[0].Alt != "A bowl" {
			t.Errorf("buyers see %+v", seen)
		}
		if _, err := e.Product("d", false); wire.CodeOf(err) != wire.NotFound {
			t.Error("a hidden product is shown:", err)
		}
	})
}
