package shop_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"vitrine/server/pay"
	"vitrine/server/shop"
	"vitrine/server/wire"
)

// bank is the test provider, whose notices go to the shop.
type bank struct{ *pay.Test }

// withBank gives a shop a bank that fails as planned.
func withBank(t *testing.T, e **evening, plan pay.Plan) (*bank, func(*shop.Config)) {
	t.Helper()
	b := &bank{}
	test, err := pay.NewTest(pay.TestConfig{
		Secret: []byte("a secret of twenty-four bytes"), Now: time.Now, Plan: plan,
		Deliver: func(h http.Header, body []byte) {
			n, err := b.Webhook(h, body)
			if err != nil {
				t.Error("a notice:", err)
				return
			}
			if _, err := (*e).Settle(context.Background(), n.Payment); err != nil && wire.CodeOf(err) != wire.Unavailable {
				t.Error("settle a notice:", err)
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	b.Test = test
	return b, func(c *shop.Config) { c.Pay = map[wire.PayMethod]shop.Provider{wire.PayTest: test} }
}

// runs has the bank send its notices until the test ends.
func (b *bank) runs(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
}

var mei = wire.Contact{Email: "mei@example.com", Address: wire.Address{Name: "Mei", Street: "1 Quay", City: "Hamburg", Zip: "20457", Country: "DE"}}

// buys reserves and orders units, to be paid by the bank.
func (e *evening) buys(buyer string, variant string, n int) wire.Placed {
	e.t.Helper()
	r, err := e.wants(buyer, variant, n)
	if err != nil || r.State != wire.Held {
		e.t.Fatal(r, err)
	}
	return e.orders(buyer, r)
}

func (e *evening) orders(buyer string, list ...wire.Reservation) wire.Placed {
	e.t.Helper()
	c := wire.Checkout{ID: wire.OrderID(e.key()), Contact: mei, Pay: wire.PayTest, Total: eur(0)}
	for _, r := range list {
		c.Reservations = append(c.Reservations, r.ID)
		c.Total.Minor += r.Price.Minor
	}
	p, err := e.Place(e.t.Context(), wire.PersonID(buyer), c)
	if err != nil {
		e.t.Fatal(err)
	}
	return p
}

// becomes waits until an order has a state.
func (e *evening) becomes(id wire.OrderID, state wire.OrderState) *shop.Order {
	e.t.Helper()
	var o *shop.Order
	for range 12000 {
		var err error
		if o, err = e.Order(e.t.Context(), "", id); err != nil {
			e.t.Fatal(err)
		}
		if o.State == state {
			return o
		}
		time.Sleep(5 * time.Millisecond)
	}
	e.t.Fatalf("the order is %s, not %s: %+v", o.State, state, o.Payments)
	return nil
}

// everyBank runs a test on each database with a bank.
func everyBank(t *testing.T, plan pay.Plan, test func(t *testing.T, e *evening, b *bank)) {
	for name, cfg := range engines {
		t.Run(name, func(t *testing.T) {
			var e *evening
			b, with := withBank(t, &e, plan)
			e = open(t, cfg(t), with)
			b.runs(t)
			test(t, e, b)
			e.audits()
		})
	}
}

func faults(f pay.Faults) pay.Plan { return func(wire.Charge) pay.Faults { return f } }

func TestAPurchaseIsPaidOnce(t *testing.T) {
	for name, plan := range map[string]pay.Plan{
		"promptly":           nil,
		"answers lost":       faults(pay.Faults{Unknown: true}),
		"notices lost":       faults(pay.Faults{LoseNotices: true}),
		"notices repeated":   faults(pay.Faults{RepeatNotices: 3}),
		"notices reversed":   faults(pay.Faults{ReverseNotices: true}),
		"authorised by late": faults(pay.Faults{Late: 300 * time.Millisecond}),
	} {
		t.Run(name, func(t *testing.T) {
			everyBank(t, plan, func(t *testing.T, e *evening, b *bank) {
				e.sells("ring", 2, 9900)
				p := e.buys("mei", "ring", 1)
				stop := e.ticking(100*time.Millisecond, 20*time.Millisecond)
				o := e.becomes(p.Order.ID, wire.OrderCaptured)
				stop()
				tally := b.Books()[p.Order.ID]
				if tally.Captures != 1 || tally.Captured != eur(9900) || !tally.Refunded.IsZero() {
					t.Errorf("the bank's books: %+v", tally)
				}
				if e.comesTo("ring", 1) != 1 || o.Paid.IsZero() || o.Lines[0].Tax != eur(1581) {
					t.Errorf("%d left, the order: %+v", e.left("ring"), o.Order)
				}
				e.passes(time.Hour)
				if r, _ := e.Reservation(t.Context(), "mei", o.Lines[0].Reservation); r.State != wire.Sold {
					t.Errorf("the reservation: %+v", r)
				}
			})
		})
	}
}

// ticking lets time pass until the returned function is called.
func (e *evening) ticking(step, every time.Duration) func() {
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				e.passes(step)
			}
		}
	}()
	return func() { close(stop); <-done }
}

func TestARefusedPaymentLeavesTimeForAnother(t *testing.T) {
	everyBank(t, func(c wire.Charge) pay.Faults { return pay.Faults{Decline: c.Attempt == 1} }, func(t *testing.T, e *evening, b *bank) {
		e.sells("ring", 1, 9900)
		p := e.buys("mei", "ring", 1)
		if p.Order.State != wire.OrderFailed || p.Reason == "" {
			t.Fatalf("the refused order: %+v", p)
		}
		e.passes(wire.UsualHold - time.Second)
		again, err := e.Pay(t.Context(), "mei", p.Order.ID, wire.PayTest)
		if err != nil || again.Order.State != wire.OrderCaptured {
			t.Fatalf("%+v, %v", again, err)
		}
		if tally := b.Books()[p.Order.ID]; tally.Captures != 1 {
			t.Errorf("the bank's books: %+v", tally)
		}
	})
}

func TestARefusedPaymentThatNobodyRepeatsFreesTheUnits(t *testing.T) {
	everyBank(t, faults(pay.Faults{Decline: true}), func(t *testing.T, e *evening, _ *bank) {
		e.sells("ring", 1, 9900)
		p := e.buys("mei", "ring", 1)
		e.passes(wire.UsualHold)
		e.becomes(p.Order.ID, wire.OrderExpired)
		if left := e.comesTo("ring", 1); left != 1 {
			t.Errorf("%d left", left)
		}
		if _, err := e.Pay(t.Context(), "mei", p.Order.ID, wire.PayTest); wire.CodeOf(err) != wire.Conflict {
			t.Error("the expired order is paid:", err)
		}
	})
}

func TestMoneyThatComesTooLateTakesTheUnitsAgainOrGoesBack(t *testing.T) {
	for name, soldMeanwhile := range map[string]bool{"the units are there": false, "they are sold": true} {
		t.Run(name, func(t *testing.T) {
			everyBank(t, faults(pay.Faults{Decline: true}), func(t *testing.T, e *evening, _ *bank) {
				e.sells("ring", 1, 9900)
				p := e.buys("mei", "ring", 1)
				e.passes(wire.UsualHold)
				expired := e.becomes(p.Order.ID, wire.OrderExpired)
				if soldMeanwhile {
					if r, err := e.wants("ben", "ring", 1); err != nil || r.State != wire.Held {
						t.Fatal(r, err)
					}
				}
				late := wire.Payment{
					Ref: expired.Payments[0].Ref, Order: p.Order.ID, Status: wire.PayCaptured, Amount: eur(9900), Captured: eur(9900), Refunded: eur(0),
				}
				for range 2 { // whoever tells it tells it twice
					if _, err := e.Settle(t.Context(), late); err != nil {
						t.Fatal(err)
					}
				}
				o, err := e.Order(t.Context(), "mei", p.Order.ID)
				if err != nil {
					t.Fatal(err)
				}
				switch {
				case soldMeanwhile && (o.State != wire.OrderExpired || o.Payments[0].Keep != eur(0)):
					t.Errorf("money for what is sold is kept: %+v", o)
				case !soldMeanwhile && (o.State != wire.OrderCaptured || o.Payments[0].Keep != eur(9900) || e.left("ring") != 0):
					t.Errorf("paid, and %d left: %+v", e.left("ring"), o)
				}
			})
		})
	}
}

func TestACancelledOrderGivesMoneyAndUnitsBack(t *testing.T) {
	everyBank(t, nil, func(t *testing.T, e *evening, b *bank) {
		e.sells("ring", 3, 9900)
		p := e.buys("mei", "ring", 2)
		if _, err := e.Cancel(t.Context(), "ben", p.Order.ID, ""); wire.CodeOf(err) != wire.NotFound {
			t.Error("somebody else cancels:", err)
		}
		e.passes(24*time.Hour - time.Second)
		o, err := e.Cancel(t.Context(), "mei", p.Order.ID, "")
		if err != nil || o.State != wire.OrderCancelled || e.left("ring") != 3 {
			t.Fatalf("%+v, %v, %d left", o, err, e.left("ring"))
		}
		stop := e.ticking(time.Second, 10*time.Millisecond)
		defer stop()
		for range 12000 {
			if b.Books()[p.Order.ID].Refunded == eur(19800) {
				break
			}
			time.Sleep(5 * time.Millisecond)
		}
		if tally := b.Books()[p.Order.ID]; tally.Refunded != eur(19800) || tally.Refunds != 1 {
			t.Errorf("the bank's books: %+v", tally)
		}
		late := e.buys("ben", "ring", 1)
		e.passes(24*time.Hour + time.Minute)
		if _, err := e.Cancel(t.Context(), "ben", late.Order.ID, ""); wire.CodeOf(err) != wire.Conflict {
			t.Error("cancelled after a day:", err)
		}
	})
}

func TestPartsOfAnOrderAreGivenBackToTheCent(t *testing.T) {
	everyBank(t, nil, func(t *testing.T, e *evening, b *bank) {
		e.sells("cup", 10, 333)
		p := e.buys("mei", "cup", 3)
		steps := []struct {
			back     shop.Return
			state    wire.OrderState
			refunded int64
			left     int
		}{
			{shop.Return{Quantity: 1, Restock: true}, wire.OrderPartRefunded, 333, 8},
			{shop.Return{Quantity: 1}, wire.OrderPartRefunded, 666, 8},
			{shop.Return{Quantity: 1, Restock: true}, wire.OrderRefunded, 999, 9},
		}
		for _, s := range steps {
			o, err := e.Refund(t.Context(), p.Order.ID, []shop.Return{s.back}, "")
			if err != nil || o.State != s.state || o.Refunded != eur(s.refunded) || e.left("cup") != s.left {
				t.Fatalf("%+v: %+v, %v, %d left", s.back, o, err, e.left("cup"))
			}
		}
		if _, err := e.Refund(t.Context(), p.Order.ID, []shop.Return{{Quantity: 1}}, ""); wire.CodeOf(err) != wire.Conflict {
			t.Error("more than was paid goes back:", err)
		}
		stop := e.ticking(time.Second, 10*time.Millisecond)
		defer stop()
		for range 12000 {
			if b.Books()[p.Order.ID].Refunded == eur(999) {
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
		t.Errorf("the bank's books: %+v", b.Books()[p.Order.ID])
	})
}

func TestACouponCountsAsOftenAsItMay(t *testing.T) {
	everyBank(t, nil, func(t *testing.T, e *evening, _ *bank) {
		e.sells("cup", 10, 1000)
		if _, err := e.PutCoupon(t.Context(), "host", shop.Coupon{Code: "TEN", Percent: 1000, Uses: 2, UsesEach: 1}); err != nil {
			t.Fatal(err)
		}
		order := func(buyer string) (wire.Placed, error) {
			r, err := e.wants(buyer, "cup", 1)
			if err != nil {
				t.Fatal(err)
			}
			return e.Place(t.Context(), wire.PersonID(buyer), wire.Checkout{
				ID: wire.OrderID(e.key()), Reservations: []wire.ReservationID{r.ID}, Contact: mei, Pay: wire.PayTest, Total: eur(900), Coupons: []wire.CouponCode{"ten"},
			})
		}
		first, err := order("mei")
		if err != nil || first.Order.Totals.Discount != eur(100) {
			t.Fatalf("%+v, %v", first, err)
		}
		if _, err := order("mei"); wire.CodeOf(err) != wire.CapReached {
			t.Error("one buyer twice:", err)
		}
		if _, err := order("ben"); err != nil {
			t.Error("another buyer:", err)
		}
		if _, err := order("eve"); wire.CodeOf(err) != wire.CapReached {
			t.Error("a third use of two:", err)
		}
		if _, err := e.Cancel(t.Context(), "mei", first.Order.ID, ""); err != nil {
			t.Fatal(err)
		}
		if _, err := order("eve"); err != nil {
			t.Error("after one was cancelled:", err)
		}
	})
}

func TestUnitsOfAnOrderAreNotGivenBackOneByOne(t *testing.T) {
	everyBank(t, faults(pay.Faults{Decline: true}), func(t *testing.T, e *evening, _ *bank) {
		e.sells("ring", 1, 9900)
		p := e.buys("mei", "ring", 1)
		if r, err := e.Release(t.Context(), "mei", p.Order.Lines[0].Reservation); wire.CodeOf(err) != wire.Conflict {
			t.Fatalf("a unit of an order that may be paid again is given back: %+v, %v", r, err)
		}
		if _, err := e.Pay(t.Context(), "mei", p.Order.ID, wire.PayTest); err != nil {
			t.Error("another try to pay:", err)
		}
	})
}

func TestAnAnswerDoesNotChangeAfterwards(t *testing.T) {
	everyBank(t, nil, func(t *testing.T, e *evening, _ *bank) {
		e.sells("cup", 10, 333)
		p := e.buys("mei", "cup", 3)
		first, err := e.Refund(t.Context(), p.Order.ID, []shop.Return{{Quantity: 1}}, "")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Refund(t.Context(), p.Order.ID, []shop.Return{{Quantity: 1}}, ""); err != nil {
			t.Fatal(err)
		}
		if got := first.Lines[0].Refunded; got != eur(333) {
			t.Error("the first answer says now", got)
		}
	})
}

// paysLate tells a shop late that an expired order was paid.
func (e *evening) paysLate(id wire.OrderID) *shop.Order {
	e.t.Helper()
	o := e.becomes(id, wire.OrderExpired)
	total := o.Totals.Total
	late := wire.Payment{Ref: o.Payments[0].Ref, Order: id, Status: wire.PayCaptured, Amount: total, Captured: total, Refunded: eur(0)}
	if _, err := e.Settle(e.t.Context(), late); err != nil {
		e.t.Fatal(err)
	}
	o, err := e.Order(e.t.Context(), "", id)
	if err != nil {
		e.t.Fatal(err)
	}
	return o
}

func TestMoneyThatComesTooLateBuysNoMoreThanOneMayHave(t *testing.T) {
	everyBank(t, faults(pay.Faults{Decline: true}), func(t *testing.T, e *evening, _ *bank) {
		e.sells("ring", 5, 9900, func(p *wire.Product) { p.Cap = 1 })
		p := e.buys("mei", "ring", 1)
		e.passes(wire.UsualHold)
		e.becomes(p.Order.ID, wire.OrderExpired)
		if r, err := e.wants("mei", "ring", 1); err != nil || r.State != wire.Held {
			t.Fatal(r, err)
		}
		if o := e.paysLate(p.Order.ID); o.State != wire.OrderExpired || o.Payments[0].Keep != eur(0) {
			t.Errorf("a second of one: %+v", o)
		}
	})
}

func TestMoneyThatComesTooLateTakesNoCouponThatOthersTook(t *testing.T) {
	everyBank(t, faults(pay.Faults{Decline: true}), func(t *testing.T, e *evening, _ *bank) {
		e.sells("cup", 10, 1000)
		if _, err := e.PutCoupon(t.Context(), "host", shop.Coupon{Code: "TEN", Percent: 1000, Uses: 1}); err != nil {
			t.Fatal(err)
		}
		order := func(buyer string) wire.Placed {
			r, err := e.wants(buyer, "cup", 1)
			if err != nil {
				t.Fatal(err)
			}
			p, err := e.Place(t.Context(), wire.PersonID(buyer), wire.Checkout{
				ID: wire.OrderID(e.key()), Reservations: []wire.ReservationID{r.ID}, Contact: mei, Pay: wire.PayTest, Total: eur(900), Coupons: []wire.CouponCode{"TEN"},
			})
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		first := order("mei")
		e.passes(wire.UsualHold)
		e.becomes(first.Order.ID, wire.OrderExpired)
		order("ben")
		if o := e.paysLate(first.Order.ID); o.State != wire.OrderExpired || o.Payments[0].Keep != eur(0) {
			t.Errorf("a second use of one: %+v", o)
		}
	})
}
