package shop_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vitrine/server/shop"
	"vitrine/server/store"
	"vitrine/server/store/rig"
	"vitrine/server/wire"
)

// engines are the databases that the shop is proved on.
var engines = map[string]func(t testing.TB) store.Config{
	"SQLite":     func(t testing.TB) store.Config { return store.Config{Folder: t.TempDir()} },
	"PostgreSQL": func(t testing.TB) store.Config { return store.Config{URL: rig.Shared(t).URL()} },
}

// evening is a shop that runs on a database, with a clock that only the test moves.
type evening struct {
	*shop.Shop
	t     testing.TB
	db    *store.Store
	clock atomic.Int64 // Unix ms
	names atomic.Int64
	stops func() // ends the shop; the database stays open
	wait  func() // and the database
}

// terms are those of a German shop that ships for free.
func terms() shop.Terms {
	return shop.Terms{
		Currency: "EUR", Home: "DE", TaxIncluded: true,
		Shipping: []shop.Way{{Name: "post", Countries: []string{"*"}, Price: eur(0)}},
	}
}

func eur(cents int64) wire.Money { return wire.Money{Minor: cents, Currency: "EUR"} }

func open(t testing.TB, cfg store.Config, with func(*shop.Config)) *evening {
	t.Helper()
	db, err := store.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	e := &evening{t: t, db: db}
	e.clock.Store(time.Date(2026, 11, 21, 20, 0, 0, 0, time.UTC).UnixMilli())
	c := e.config()
	if with != nil {
		with(&c)
	}
	if e.Shop, err = shop.New(c); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- e.Run(ctx) }()
	e.stops = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error("the shop ended with", err)
		}
	})
	e.wait = sync.OnceFunc(func() {
		e.stops()
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(e.wait)
	return e
}

// config is for a shop on the evening's storage, terms and clock.
func (e *evening) config() shop.Config {
	return shop.Config{Storage: e.db, Terms: terms(), Now: func() time.Time { return time.UnixMilli(e.clock.Load()) }}
}

// passes lets time go by.
func (e *evening) passes(d time.Duration) { e.clock.Add(d.Milliseconds()) }

// key makes an idempotency key.
func (e *evening) key() string { return fmt.Sprintf("key-%016d", e.names.Add(1)) }

// sells puts a product with one variant of the same name on sale.
func (e *evening) sells(id string, stock int, price int64, edit ...func(*wire.Product)) {
	e.t.Helper()
	p := wire.Product{
		ID: wire.ProductID(id), Title: "A " + id, Variants: []wire.Variant{{ID: wire.VariantID(id), Price: eur(price), Stock: stock, Weight: 100}},
	}
	for _, f := range edit {
		f(&p)
	}
	if _, err := e.PutProduct(e.t.Context(), "host", p, 0); err != nil {
		e.t.Fatal(err)
	}
}

// offers makes an offer public.
func (e *evening) offers(o wire.Offer) wire.Offer {
	e.t.Helper()
	o.Title, o.Public = string(o.ID), true
	w, err := e.PutOffer(e.t.Context(), "host", o, 0)
	if err != nil {
		e.t.Fatal(err)
	}
	return w
}

// wants reserves units of a variant at whatever they cost.
func (e *evening) wants(buyer string, variant string, n int) (wire.Reservation, error) {
	return e.Reserve(e.t.Context(), wire.PersonID(buyer), wire.Reserve{
		ID: wire.ReservationID(e.key()), Variant: wire.VariantID(variant), Quantity: n, Price: eur(1_000_000),
	})
}

// left is how many units of a variant are left, as everybody sees it.
func (e *evening) left(variant string) int {
	for _, p := range e.Products(true) {
		for _, v := range p.Variants {
			if v.ID == wire.VariantID(variant) {
				return v.Left
			}
		}
	}
	return -1
}

// comesTo waits until so many are left, and returns how many are: the shelf follows what is stored.
func (e *evening) comesTo(variant string, want int) (left int) {
	for range 12000 {
		if left = e.left(variant); left == want {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	return left
}

// audits ends the shop and checks its books.
func (e *evening) audits() *shop.Audited {
	e.t.Helper()
	e.stops()
	a, err := shop.Audit(e.t.Context(), e.db)
	if err != nil {
		e.t.Fatal(err)
	}
	for _, w := range a.Wrong {
		e.t.Error("the audit says:", w)
	}
	return a
}

// everywhere runs a test on each database.
func everywhere(t *testing.T, with func(*shop.Config), test func(t *testing.T, e *evening)) {
	for name, cfg := range engines {
		t.Run(name, func(t *testing.T) {
			e := open(t, cfg(t), with)
			e.t = t
			test(t, e)
			e.audits()
		})
	}
}

// alters changes a SQLite database past the program.
func (e *evening) alters(at store.Config, statement string) {
	e.t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(at.Folder, store.File))
	if err != nil {
		e.t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statement); err != nil {
		e.t.Fatal(err)
	}
}
