package prove_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vitrine/server/shop"
	"vitrine/server/shop/prove"
	"vitrine/server/wire"
)

// crowd is the clients of one evening. They note what they see.
type crowd struct {
	t       testing.TB
	to      counter
	began   time.Time
	tag     string // of the keys
	keys    atomic.Int64
	placed  atomic.Int64
	people  int
	patient time.Duration // how long a key is asked again
	stop    <-chan struct{}

	mu    sync.Mutex
	calls []prove.Call
}

func (c *crowd) key() string { return fmt.Sprintf("key-%s-%010d", c.tag, c.keys.Add(1)) }

// ask asks until there is an answer, with the same key every time, and notes every try.
func (c *crowd) ask(ask Ask) (Answer, bool) {
	for late := time.Now().Add(c.patient); time.Now().Before(late); time.Sleep(10 * time.Millisecond) {
		call := prove.Call{What: ask.What, Key: ask.Key, Buyer: ask.Buyer, Begin: int64(time.Since(c.began))}
		a, err := c.to.Do(ask)
		if errors.Is(err, errAway) {
			continue
		}
		call.End, call.Told = int64(time.Since(c.began)), err == nil && a.Code != wire.Unavailable && a.Code != wire.Internal
		call.Variant, call.Offer, call.Quantity = ask.Reserve.Variant, ask.Reserve.Offer, ask.Reserve.Quantity
		if call.Told {
			call.Code, call.Hold, call.Order, call.Refunded = a.Code, a.Hold.State, a.Order.State, a.Order.Refunded.Minor
			call.Price = a.Hold.Price.Minor + a.Order.Totals.Total.Minor
		}
		c.mu.Lock()
		c.calls = append(c.calls, call)
		c.mu.Unlock()
		if call.Told {
			return a, true
		}
		if ask.What == prove.Stock || ask.What == prove.Refund { // these have no key: again would be twice
			return a, false
		}
	}
	return Answer{}, false
}

// opens puts goods on sale: rings that are few, cups and teapots that a bundle shares, scarves in tiers, limited lamps that one
// may have two of, and hats at a flash price.
func (c *crowd) opens(now time.Time, purchases int) {
	c.t.Helper()
	n := purchases
	must := func(ask Ask) {
		c.t.Helper()
		if a, err := c.to.Do(ask); err != nil || a.Code != "" {
			c.t.Fatal(a.Code, a.Text, err)
		}
	}
	for id, p := range map[string]struct{ stock, cap int }{
		"ring": {n / 10, 0}, "cup": {n / 4, 0}, "pot": {n / 8, 0}, "scarf": {n, 0}, "lamp": {n / 8, 2}, "hat": {n, 0},
	} {
		must(Ask{What: putProduct, Product: wire.Product{
			ID: wire.ProductID(id), Title: "A " + id, Cap: p.cap,
			Variants: []wire.Variant{{ID: wire.VariantID(id), Price: eur(9900), Stock: min(max(p.stock, 3), wire.MaxUnits)}},
		}})
	}
	for _, o := range []wire.Offer{
		{ID: "set", Kind: wire.Bundle, Price: eur(12000), Parts: []wire.Part{{Variant: "cup", Quantity: 2}, {Variant: "pot", Quantity: 1}}},
		{ID: "tiers", Kind: wire.Tiered, Price: eur(9000), Parts: one("scarf"), Tiers: []wire.Tier{{Units: max(2, n/20), Price: eur(5000)}, {Units: max(3, n/10), Price: eur(7000)}}},
		{ID: "few", Kind: wire.Limited, Price: eur(5000), Parts: one("lamp"), Units: max(2, n/12), Cap: 1},
		{ID: "flash", Kind: wire.Flash, Price: eur(4000), Parts: one("hat"), Until: now.Add(2 * time.Minute)},
	} {
		o.Title, o.Public = string(o.ID), true
		must(Ask{What: putOffer, Offer: o})
	}
	must(Ask{What: putCoupon, Coupon: shop.Coupon{Code: "TEN", Percent: 1000, Uses: max(2, n/30), UsesEach: 1, Offers: true}})
}

func one(v wire.VariantID) []wire.Part { return []wire.Part{{Variant: v, Quantity: 1}} }

// shops has buyers buy until so many orders are placed or stop is closed.
func (c *crowd) shops(buyers, purchases int, seed uint64) {
	var all sync.WaitGroup
	for i := range buyers {
		all.Go(func() {
			b := &buyer{crowd: c, dice: rand.New(rand.NewPCG(seed, uint64(i)))}
			for int(c.placed.Load()) < purchases {
				select {
				case <-c.stop:
					return
				default:
				}
				b.id = wire.PersonID(fmt.Sprintf("buyer-%d", b.dice.IntN(c.people)))
				b.once()
			}
		})
	}
	all.Wait()
}

// buyer is one client, who is somebody else every time.
type buyer struct {
	*crowd
	dice *rand.Rand
	id   wire.PersonID
}

// in says yes one time in n.
func (b *buyer) in(n int) bool { return b.dice.IntN(n) == 0 }

// once is one visit.
func (b *buyer) once() {
	if b.in(40) {
		v := []wire.VariantID{"ring", "cup", "pot", "lamp", "scarf"}[b.dice.IntN(5)]
		b.ask(Ask{What: prove.Stock, Key: b.key(), Reserve: wire.Reserve{Variant: v}, Units: 1 + b.dice.IntN(20) - 2*b.dice.IntN(2)})
		return
	}
	var cart []Answer
	for range 1 + b.dice.IntN(2) {
		if a, ok := b.wish(); ok {
			cart = append(cart, a)
		}
	}
	if len(cart) == 0 {
		return
	}
	switch {
	case b.in(12):
		for _, r := range cart {
			b.ask(Ask{What: prove.Release, Buyer: b.id, Key: string(r.Hold.ID)})
		}
		return
	case b.in(40): // lets them lapse
		return
	case b.in(25): // orders when they lapse
		time.Sleep(time.Duration(700+b.dice.IntN(100)) * time.Millisecond)
	}
	b.order(cart)
}

// wish reserves something, if it is there.
func (b *buyer) wish() (Answer, bool) {
	w := wire.Reserve{ID: wire.ReservationID(b.key()), Quantity: 1 + b.dice.IntN(3), Price: eur(1_000_000), Wait: b.in(6)}
	switch b.dice.IntN(8) {
	case 0:
		w.Offer, w.Quantity = "set", 1+b.dice.IntN(2)
	case 1:
		w.Variant, w.Quantity = "lamp", 1
	case 2:
		w.Offer, w.Quantity = "few", 1
	default:
		w.Variant = []wire.VariantID{"ring", "cup", "pot", "scarf", "hat"}[b.dice.IntN(5)]
	}
	ask := Ask{What: prove.Reserve, Buyer: b.id, Key: string(w.ID), Reserve: w}
	if b.in(20) { // twice at once
		var twin sync.WaitGroup
		twin.Go(func() { b.ask(ask) })
		defer twin.Wait()
	}
	a, ok := b.ask(ask)
	if ok && b.in(20) {
		a, ok = b.ask(ask)
	}
	if !ok || a.Code != "" {
		return a, false
	}
	if a.Hold.State == wire.Waiting {
		time.Sleep(time.Duration(b.dice.IntN(50)) * time.Millisecond)
		what := prove.Look
		if b.in(2) {
			what = prove.Release
		}
		a, ok = b.ask(Ask{What: what, Buyer: b.id, Key: string(w.ID)})
	}
	return a, ok && a.Hold.State == wire.Held
}

// order buys, and sometimes thinks better of it.
func (b *buyer) order(cart []Answer) {
	c := wire.Checkout{ID: wire.OrderID(b.key()), Contact: contact, Pay: wire.PayTest, Total: eur(0)}
	for _, r := range cart {
		c.Reservations = append(c.Reservations, r.Hold.ID)
		c.Total.Minor += r.Hold.Price.Minor
	}
	if b.in(8) {
		c.Coupons, c.Total.Minor = []wire.CouponCode{"TEN"}, c.Total.Minor-c.Total.Minor/10
	}
	ask := Ask{What: prove.Place, Buyer: b.id, Key: string(c.ID), Checkout: c}
	a, ok := b.ask(ask)
	if ok && b.in(20) {
		a, ok = b.ask(ask)
	}
	if !ok || a.Code != "" {
		return
	}
	b.placed.Add(1)
	for a.Order.State == wire.OrderFailed && !b.in(3) {
		if b.in(4) {
			b.ask(Ask{What: prove.Release, Buyer: b.id, Key: string(c.Reservations[0])})
		}
		if b.in(8) {
			time.Sleep(time.Duration(700+b.dice.IntN(100)) * time.Millisecond)
		}
		if a, ok = b.ask(Ask{What: prove.Pay, Buyer: b.id, Key: ask.Key}); !ok || a.Code != "" {
			return
		}
	}
	switch {
	case b.in(12):
		b.ask(Ask{What: prove.Cancel, Buyer: b.id, Key: ask.Key})
	case b.in(12):
		b.ask(Ask{What: prove.Refund, Key: ask.Key, Line: 0, Units: 1})
	}
}

var contact = wire.Contact{Email: "mei@example.com", Address: wire.Address{Name: "Mei", Street: "1 Quay", City: "Hamburg", Zip: "20457", Country: "DE"}}
