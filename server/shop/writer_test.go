package shop_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"vitrine/server/shop"
	"vitrine/server/wire"
)

// gate is a store that tells when it is asked to commit and when it is asked for something. It commits when it is let; an error that
// it is sent is given instead.
type gate struct {
	shop.Storage
	commits, asks chan struct{}
	let           chan error
}

func (g *gate) Commit(ctx context.Context, b *shop.Batch) error {
	g.commits <- struct{}{}
	if err := <-g.let; err != nil {
		return err
	}
	return g.Storage.Commit(ctx, b)
}

func (g *gate) Ask(ctx context.Context, q shop.Questions) (shop.Answers, error) {
	g.asks <- struct{}{}
	return g.Storage.Ask(ctx, q)
}

// gated opens a shop with one ring behind a gate.
func gated(t *testing.T, stock int, edit ...func(*wire.Product)) (*evening, *gate) {
	g := &gate{commits: make(chan struct{}, 99), asks: make(chan struct{}, 99), let: make(chan error, 99)}
	e := open(t, engines["SQLite"](t), func(c *shop.Config) { g.Storage, c.Storage = c.Storage, g })
	g.let <- nil
	e.sells("ring", stock, 100, edit...)
	<-g.commits
	return e, g
}

type answer struct {
	wire.Reservation
	err error
}

// asks has a buyer want a ring, and waits for nothing.
func (e *evening) asks(ctx context.Context, buyer string) <-chan answer {
	got, wish := make(chan answer, 1), wire.Reserve{ID: wire.ReservationID(e.key()), Variant: "ring", Quantity: 1, Price: eur(100)}
	go func() {
		r, err := e.Reserve(ctx, wire.PersonID(buyer), wish)
		got <- answer{r, err}
	}()
	return got
}

func TestWhatIsDecidedWhileABatchIsStoredIsToldOnlyAfterIt(t *testing.T) {
	for name, c := range map[string]struct {
		fails error
		gone  bool // the first buyer has left when the batch is decided anew
		want  [2]wire.Hold
	}{
		"it is stored":                        {nil, false, [2]wire.Hold{wire.Held, wire.SoldOutHold}},
		"it fails and is decided anew":        {errors.New("disk"), false, [2]wire.Hold{wire.Held, wire.SoldOutHold}},
		"it fails and who asked for it left":  {errors.New("disk"), true, [2]wire.Hold{"", wire.Held}},
		"another writer was faster than both": {shop.ErrBehind, false, [2]wire.Hold{wire.Held, wire.SoldOutHold}},
	} {
		t.Run(name, func(t *testing.T) {
			e, g := gated(t, 1)
			ctx, leaves := context.WithCancel(t.Context())
			defer leaves()
			first := e.asks(ctx, "ada")
			<-g.asks
			<-g.commits
			second := e.asks(t.Context(), "ben")
			<-g.asks // it is being decided
			e.passes(time.Millisecond)
			select {
			case a := <-first:
				t.Fatal("told before it was stored:", a)
			case a := <-second:
				t.Fatal("told before what it depends on was stored:", a)
			case <-time.After(20 * time.Millisecond):
			}
			if n := e.left("ring"); n != 1 {
				t.Error("shown before it was stored: left", n)
			}
			if c.gone {
				leaves()
			}
			g.let <- c.fails
			close(g.let)
			if a := <-first; a.State != c.want[0] {
				t.Error("the first:", a)
			}
			if a := <-second; a.State != c.want[1] {
				t.Error("the second:", a)
			}
			e.audits()
		})
	}
}

func TestABuyerIsCountedOnlyOnceWhatMovedIsStored(t *testing.T) {
	e, g := gated(t, 5, func(p *wire.Product) { p.Cap = 1 })
	g.let <- nil
	if a := <-e.asks(t.Context(), "ada"); a.State != wire.Held {
		t.Fatal(a)
	}
	<-g.commits
	e.passes(2 * wire.UsualHold)
	<-g.commits // the lapse is being stored
	again := e.asks(t.Context(), "ada")
	time.Sleep(20 * time.Millisecond)
	close(g.let)
	if a := <-again; a.State != wire.Held {
		t.Error("a lapsed unit counts:", a)
	}
	e.audits()
}
