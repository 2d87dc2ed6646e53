package shop_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"vitrine/server/shop"
	"vitrine/server/store"
	"vitrine/server/store/rig"
	"vitrine/server/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(rig.Main(m)) }

func TestOneUnitAndManyBuyersMakeOneWinner(t *testing.T) {
	everywhere(t, nil, func(t *testing.T, e *evening) {
		e.sells("ring", 1, 9900)
		var won, lost atomic.Int64
		var all sync.WaitGroup
		for range 2000 {
			all.Go(func() {
				r, err := e.wants("buyer-"+e.key(), "ring", 1)
				switch {
				case err != nil:
					t.Error(err)
				case r.State == wire.Held:
					won.Add(1)
				case r.State == wire.SoldOutHold:
					lost.Add(1)
				}
			})
		}
		all.Wait()
		if won.Load() != 1 || lost.Load() != 1999 {
			t.Fatalf("%d won and %d were told that it is sold out", won.Load(), lost.Load())
		}
	})
}

func TestAKeyGetsItsAnswerAgainAndNoOther(t *testing.T) {
	everywhere(t, nil, func(t *testing.T, e *evening) {
		e.sells("ring", 3, 9900)
		w := wire.Reserve{ID: "0123456789abcdef", Variant: "ring", Quantity: 2, Price: eur(19800)}
		first, err := e.Reserve(t.Context(), "mei", w)
		if err != nil || first.State != wire.Held {
			t.Fatal(first, err)
		}
		again, err := e.Reserve(t.Context(), "mei", w)
		if err != nil || again != first || e.left("ring") != 1 {
			t.Fatalf("again: %+v, %v, %d left", again, err, e.left("ring"))
		}
		w.Quantity = 1
		if _, err := e.Reserve(t.Context(), "mei", w); wire.CodeOf(err) != wire.KeyReused {
			t.Error("another wish under the key:", err)
		}
		w.Quantity = 2
		if _, err := e.Reserve(t.Context(), "ben", w); wire.CodeOf(err) != wire.KeyReused {
			t.Error("another buyer under the key:", err)
		}
	})
}

func TestWhatLapsesGoesToThoseWhoWaitInTheirOrder(t *testing.T) {
	everywhere(t, nil, func(t *testing.T, e *evening) {
		e.sells("ring", 2, 9900)
		if r, err := e.wants("mei", "ring", 2); err != nil || r.State != wire.Held {
			t.Fatal(r, err)
		}
		queue := map[string]wire.ReservationID{}
		for i, who := range []string{"ben", "eve", "kai"} {
			n := 1
			if who == "eve" {
				n = 2
			}
			r, err := e.Reserve(t.Context(), wire.PersonID(who), wire.Reserve{
				ID: wire.ReservationID(e.key()), Variant: "ring", Quantity: n, Price: eur(30000), Wait: true,
			})
			if err != nil || r.State != wire.Waiting || r.Place != i+1 {
				t.Fatalf("%s: %+v, %v", who, r, err)
			}
			queue[who] = r.ID
		}
		e.passes(wire.UsualHold - time.Millisecond)
		if r, _ := e.Reservation(t.Context(), "ben", queue["ben"]); r.State != wire.Waiting {
			t.Fatalf("before the hold's end: %+v", r)
		}
		e.passes(time.Millisecond)
		want := map[string]wire.Hold{"ben": wire.Held, "eve": wire.Waiting, "kai": wire.Held} // one does not fit and keeps the place
		for who, state := range want {
			if r, err := e.Reservation(t.Context(), wire.PersonID(who), queue[who]); err != nil || r.State != state {
				t.Errorf("%s: %+v, %v", who, r, err)
			}
		}
		e.passes(wire.UsualHold)
		if r, _ := e.Reservation(t.Context(), "eve", queue["eve"]); r.State != wire.Held || r.Price != eur(19800) {
			t.Errorf("eve: %+v", r)
		}
	})
}

func TestOnesOwnHoldNeverBlocksOneself(t *testing.T) {
	everywhere(t, nil, func(t *testing.T, e *evening) {
		e.sells("ring", 2, 9900, func(p *wire.Product) { p.Cap = 2 })
		first, err := e.wants("mei", "ring", 2)
		if err != nil {
			t.Fatal(err)
		}
		second, err := e.wants("mei", "ring", 1)
		if err != nil || second.State != wire.Held || e.left("ring") != 1 {
			t.Fatalf("%+v, %v, %d left", second, err, e.left("ring"))
		}
		if r, _ := e.Reservation(t.Context(), "mei", first.ID); r.State != wire.Released {
			t.Errorf("the first one: %+v", r)
		}
		if _, err := e.wants("mei", "ring", 3); wire.CodeOf(err) != wire.CapReached {
			t.Error("more than the cap:", err)
		}
		if r, err := e.wants("ben", "ring", 1); err != nil || r.State != wire.Held {
			t.Errorf("another buyer: %+v, %v", r, err)
		}
	})
}

func TestTiersAreSoldExactlyUnderManyBuyers(t *testing.T) {
	everywhere(t, nil, func(t *testing.T, e *evening) {
		e.sells("vase", 500, 5000)
		e.offers(wire.Offer{
			ID: "early", Kind: wire.Tiered, Parts: []wire.Part{{Variant: "vase", Quantity: 1}}, Price: eur(4500),
			Tiers: []wire.Tier{{Units: 20, Price: eur(2000)}, {Units: 50, Price: eur(3000)}},
		})
		var mu sync.Mutex
		got := map[int64]int{}
		var all sync.WaitGroup
		for range 200 {
			all.Go(func() {
				r, err := e.wants("buyer-"+e.key(), "vase", 1)
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				got[r.Price.Minor]++
				mu.Unlock()
			})
		}
		all.Wait()
		if got[2000] != 20 || got[3000] != 50 || got[4500] != 130 {
			t.Fatalf("units by price: %v", got)
		}
	})
}

func TestAFlashOfferEndsToTheMillisecond(t *testing.T) {
	everywhere(t, nil, func(t *testing.T, e *evening) {
		e.sells("vase", 10, 5000)
		end := time.UnixMilli(e.clock.Load()).Add(time.Minute)
		e.offers(wire.Offer{ID: "flash", Kind: wire.Flash, Parts: []wire.Part{{Variant: "vase", Quantity: 1}}, Price: eur(1000), Until: end})
		e.passes(time.Minute - time.Millisecond)
		if r, err := e.wants("mei", "vase", 1); err != nil || r.Price != eur(1000) {
			t.Fatalf("a millisecond before: %+v, %v", r, err)
		}
		e.passes(time.Millisecond)
		if r, err := e.wants("ben", "vase", 1); err != nil || r.Price != eur(5000) {
			t.Fatalf("at the end: %+v, %v", r, err)
		}
		_, err := e.Reserve(t.Context(), "eve", wire.Reserve{ID: wire.ReservationID(e.key()), Offer: "flash", Quantity: 1, Price: eur(1000)})
		if wire.CodeOf(err) != wire.OfferClosed {
			t.Error("the offer by its name:", err)
		}
	})
}

func TestABundleTakesAllPartsOrNone(t *testing.T) {
	everywhere(t, nil, func(t *testing.T, e *evening) {
		e.sells("cup", 5, 1000)
		e.sells("pot", 2, 4000)
		e.offers(wire.Offer{ID: "set", Kind: wire.Bundle, Parts: []wire.Part{{Variant: "cup", Quantity: 2}, {Variant: "pot", Quantity: 1}}, Price: eur(5000)})
		buy := func(n int) wire.Reservation {
			r, err := e.Reserve(t.Context(), wire.PersonID(e.key()), wire.Reserve{ID: wire.ReservationID(e.key()), Offer: "set", Quantity: n, Price: eur(100000)})
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		if r := buy(3); r.State != wire.SoldOutHold || e.left("cup") != 5 || e.left("pot") != 2 {
			t.Fatalf("three sets: %+v, %d cups and %d pots left", r, e.left("cup"), e.left("pot"))
		}
		if r := buy(1); r.State != wire.Held || e.left("cup") != 3 || e.left("pot") != 1 {
			t.Fatalf("one set: %+v, %d cups and %d pots left", r, e.left("cup"), e.left("pot"))
		}
		if r, _ := e.wants("ben", "cup", 2); r.State != wire.Held {
			t.Fatal("two cups of those left:", r)
		}
		if r := buy(1); r.State != wire.SoldOutHold {
			t.Errorf("a set without cups: %+v", r)
		}
	})
}

func TestWhatWasAnsweredIsThereAfterARestart(t *testing.T) {
	for name, cfg := range engines {
		t.Run(name, func(t *testing.T) {
			at := cfg(t)
			e := open(t, at, nil)
			e.sells("ring", 2, 9900)
			w := wire.Reserve{ID: "0123456789abcdef", Variant: "ring", Quantity: 2, Price: eur(19800)}
			first, err := e.Reserve(t.Context(), "mei", w)
			if err != nil {
				t.Fatal(err)
			}
			e.stops()
			e = open(t, at, nil)
			if again, err := e.Reserve(t.Context(), "mei", w); err != nil || again != first {
				t.Fatalf("%+v, %v", again, err)
			}
			if r, _ := e.wants("ben", "ring", 1); r.State != wire.SoldOutHold {
				t.Error("sold twice:", r)
			}
			e.audits()
		})
	}
}

func TestWhoWaitsGetsNoMoreThanOneMayHave(t *testing.T) {
	everywhere(t, nil, func(t *testing.T, e *evening) {
		e.sells("ring", 1, 9900, func(p *wire.Product) { p.Cap = 1 })
		if r, err := e.wants("ana", "ring", 1); err != nil || r.State != wire.Held {
			t.Fatal(r, err)
		}
		var waits []wire.Reservation
		for _, buyer := range []string{"ben", "ben", "eve"} {
			r, err := e.Reserve(t.Context(), wire.PersonID(buyer), wire.Reserve{
				ID: wire.ReservationID(e.key()), Variant: "ring", Quantity: 1, Price: eur(9900), Wait: true,
			})
			if err != nil || r.State != wire.Waiting {
				t.Fatal(r, err)
			}
			waits = append(waits, r)
		}
		if _, err := e.AddStock(t.Context(), "host", "ring", 1, ""); err != nil { // ben's first wish is served
			t.Fatal(err)
		}
		if _, err := e.AddStock(t.Context(), "host", "ring", 5, ""); err != nil {
			t.Fatal(err)
		}
		for i, want := range []wire.Hold{wire.Held, wire.Waiting, wire.Held} {
			r, err := e.Reservation(t.Context(), wire.PersonID([]string{"ben", "ben", "eve"}[i]), waits[i].ID)
			if err != nil || r.State != want {
				t.Errorf("wish %d: %+v, %v", i+1, r, err)
			}
		}
	})
}

// amnesiac is a database that does not tell of a product's stock.
type amnesiac struct{ shop.Storage }

func (a amnesiac) LoadShop(ctx context.Context) (*shop.Saved, error) {
	saved, err := a.Storage.LoadShop(ctx)
	if err == nil {
		saved.Stocks = slices.DeleteFunc(saved.Stocks, func(k *shop.Stock) bool { return k.Variant == "ring" })
	}
	return saved, err
}

func TestABugOfOneDecisionIsNobodyElses(t *testing.T) {
	at := store.Config{Folder: t.TempDir()}
	e := open(t, at, nil)
	e.sells("ring", 2, 9900)
	e.sells("cup", 100, 100)
	held, err := e.wants("mei", "ring", 1)
	if err != nil {
		t.Fatal(err)
	}
	e.wait()
	e = open(t, at, func(c *shop.Config) { c.Storage = amnesiac{c.Storage} })
	e.names.Store(1000)
	var others sync.WaitGroup
	for range 50 {
		others.Go(func() {
			if r, err := e.wants("ben", "cup", 1); err != nil || r.State != wire.Held {
				t.Error(r, err)
			}
			if _, err := e.AddStock(t.Context(), "host", "cup", 1, ""); err != nil { // this has no key
				t.Error(err)
			}
		})
	}
	for range 10 {
		if _, err := e.Release(t.Context(), "mei", held.ID); wire.CodeOf(err) != wire.Internal {
			t.Error("released what is not there:", err)
		}
	}
	others.Wait()
	if e.left("cup") != 100 {
		t.Errorf("%d left of 100, less 50 and as many more", e.left("cup"))
	}
}

// stammerer is a database that stores a batch and then says that it could not, the first time of every two.
type stammerer struct {
	shop.Storage
	commits int
}

func (s *stammerer) Commit(ctx context.Context, b *shop.Batch) error {
	if err := s.Storage.Commit(ctx, b); err != nil {
		return err
	}
	if s.commits++; s.commits%2 == 1 {
		return errors.New("the connection was lost")
	}
	return nil
}

func TestWhatWasStoredIsNotDecidedAgain(t *testing.T) {
	stammers := func(c *shop.Config) { c.Storage = &stammerer{Storage: c.Storage} }
	everywhere(t, stammers, func(t *testing.T, e *evening) {
		e.sells("ring", 1, 9900)
		for range 3 { // these have no key
			if _, err := e.AddStock(t.Context(), "host", "ring", 2, ""); err != nil {
				t.Fatal(err)
			}
		}
		if e.left("ring") != 7 {
			t.Errorf("%d left of 1 and three times 2", e.left("ring"))
		}
	})
}
