package prove_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"vitrine/server/shop"
	"vitrine/server/shop/prove"
	"vitrine/server/store"
	"vitrine/server/store/rig"
	"vitrine/server/wire"
)

const (
	windowStock  = 4
	windowWishes = 12
	// quick is how much faster the clock runs here: holds last 30 ms.
	quick = 500
)

// shelf is all that a product of one window is: its units, and where each wish for it stands.
type shelf struct {
	left  int
	wants [windowWishes]wire.Hold
}

// asked is an operation on it.
type asked struct {
	what  prove.What
	wish  int
	units int
}

// lapse is time's own operation: it happens when the shop's clock says so.
const lapse prove.What = "lapse"

// linear is the sequential shop: what answers mean if one thing happens after the other.
var linear = porcupine.Model{
	Init: func() any { return shelf{left: windowStock} },
	Step: func(state, input, output any) (bool, any) {
		s, in := state.(shelf), input.(asked)
		now := &s.wants[in.wish]
		switch {
		case in.what == prove.Reserve && *now == "" && s.left >= in.units:
			*now = wire.Held
			s.left -= in.units
		case in.what == prove.Reserve && *now == "":
			*now = wire.SoldOutHold
		case in.what == prove.Release && *now == wire.Held:
			*now = wire.Released
			s.left += in.units
		case in.what == lapse && *now == wire.Held:
			*now = wire.Lapsed
			s.left += in.units
		}
		return in.what == lapse || output == *now, s
	},
}

// window has a few clients want a few units of one product at the same time, give them back, let them lapse, and look.
func window(t *testing.T, to counter, at clock, n int) (history []porcupine.Operation) {
	t.Helper()
	v := wire.VariantID(fmt.Sprintf("window-%d", n))
	if a, err := to.Do(Ask{What: putProduct, Product: wire.Product{
		ID: wire.ProductID(v), Title: "A window", Variants: []wire.Variant{{ID: v, Price: eur(100), Stock: windowStock}},
	}}); err != nil || a.Code != "" {
		t.Fatal(a, err)
	}
	var mu sync.Mutex
	lapses := map[int]bool{}
	var clients sync.WaitGroup
	for client := range 5 {
		clients.Go(func() {
			dice := rand.New(rand.NewPCG(uint64(n), uint64(client)))
			for range 7 {
				in := asked{prove.Reserve, dice.IntN(windowWishes), 0}
				in.units = 1 + in.wish%2
				if dice.IntN(3) == 0 {
					in.what = []prove.What{prove.Release, prove.Look}[dice.IntN(2)]
				}
				key := fmt.Sprintf("wish-%08d-%08d", n, in.wish)
				buyer := wire.PersonID(key)
				began := time.Since(at.Base).Nanoseconds()
				a, err := to.Do(Ask{What: in.what, Buyer: buyer, Key: key, Reserve: wire.Reserve{
					ID: wire.ReservationID(key), Variant: v, Quantity: in.units, Price: eur(1000),
				}})
				if err != nil || a.Code != "" && a.Code != wire.NotFound {
					t.Error(a, err)
					return
				}
				mu.Lock()
				history = append(history, porcupine.Operation{ClientId: client, Input: in, Call: began, Output: a.Hold.State, Return: time.Since(at.Base).Nanoseconds()})
				if a.Hold.State == wire.Held && !a.Hold.Until.IsZero() && !lapses[in.wish] {
					lapses[in.wish] = true
					due := int64(a.Hold.Until.Sub(at.Base) / quick)
					history = append(history, porcupine.Operation{
						ClientId: 5 + len(lapses), Input: asked{lapse, in.wish, in.units}, Call: due - int64(time.Millisecond), Return: due + int64(time.Millisecond),
					})
				}
				mu.Unlock()
				time.Sleep(time.Duration(dice.IntN(8)) * time.Millisecond)
			}
		})
	}
	clients.Wait()
	return history
}

func TestTheShopIsLinearizable(t *testing.T) {
	for name, cfg := range map[string]store.Config{"SQLite": {Folder: t.TempDir()}, "PostgreSQL": {URL: rig.Shared(t).URL()}} {
		t.Run(name, func(t *testing.T) {
			db, err := store.Open(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			at := clock{Base: time.Now(), Speed: quick}
			d := inside{&Door{db: db}}
			if d.shop, err = shop.New(shop.Config{Storage: db, Terms: terms, Hold: wire.ShortestHold, Now: at.now}); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(context.Background())
			var running sync.WaitGroup
			running.Go(func() { _ = d.shop.Run(ctx) })
			defer running.Wait()
			defer cancel()
			lapsed := 0
			for n := range 40 {
				h := window(t, d, at, n)
				if got := porcupine.CheckOperationsTimeout(linear, h, time.Minute); got != porcupine.Ok {
					t.Fatalf("window %d is %s: %+v", n, got, h)
				}
				for _, o := range h {
					if o.Output == wire.Lapsed {
						lapsed++
					}
				}
			}
			if lapsed == 0 {
				t.Error("nothing lapsed in any window")
			}
		})
	}
}

func TestAStallThatChecksThenActsIsNotLinearizable(t *testing.T) {
	for planted, want := range map[bug]bool{none: true, checkThenAct: false} {
		s, sound := newStall(planted, nil), true
		for n := range 20 {
			sound = sound && porcupine.CheckOperations(linear, window(t, s, clock{Base: time.Now(), Speed: 1}, n))
		}
		if sound != want {
			t.Errorf("the stall with bug %q: linearizable is %v", planted, sound)
		}
	}
}
