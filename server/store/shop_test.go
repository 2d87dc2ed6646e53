package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vitrine/server/shop"
	"vitrine/server/wire"
)

// everyEngine runs a test on each.
func everyEngine(t *testing.T, test func(t *testing.T, ctx context.Context, s *Store)) {
	for name, cfg := range engines {
		t.Run(name, func(t *testing.T) { test(t, t.Context(), openAt(t, cfg(t))) })
	}
}

// batch is one entry and a reservation, after a head.
func batch(after shop.Head, id wire.ReservationID, state wire.Hold) *shop.Batch {
	e := shop.Entry{Seq: after.Seq + 1, At: 5, Kind: shop.HoldKind, Show: "demo", Public: []byte(`{"a":"\u0000<é>"}`), Private: []byte(`{"b": 1}`)}
	e.Hash = shop.Chain(after.Hash, e.Digest())
	r := &shop.Reservation{Reservation: wire.Reservation{ID: id, State: state, Variant: "v", Quantity: 2}, Ref: e.Seq, Buyer: "mei"}
	return &shop.Batch{
		Before: after, After: shop.Head{Seq: e.Seq, At: e.At, Hash: e.Hash}, LastOrder: 7, Entries: []shop.Entry{e},
		Reservations: []*shop.Reservation{r},
	}
}

func entriesOf(ctx context.Context, s *Store) (list []shop.Entry, err error) {
	err = s.Books(ctx, func(b shop.Books) (err error) {
		list, err = b.Entries(ctx, 0, 10)
		return err
	})
	return list, err
}

func TestABatchIsStoredWholeAndFromTheHeadOnly(t *testing.T) {
	everyEngine(t, func(t *testing.T, ctx context.Context, s *Store) {
		b := batch(shop.Head{}, "first", wire.Held)
		b.Stocks = []*shop.Stock{{Variant: "v", Product: "p", Total: 5, Held: 2, Version: 3}}
		if err := s.Commit(ctx, b); err != nil {
			t.Fatal(err)
		}
		if err := s.Commit(ctx, b); !errors.Is(err, shop.ErrBehind) {
			t.Error("the same again:", err)
		}
		stale := batch(shop.Head{}, "second", wire.Held)
		if err := s.Commit(ctx, stale); !errors.Is(err, shop.ErrBehind) {
			t.Error("from an old head:", err)
		}
		saved, err := s.LoadShop(ctx)
		if err != nil {
			t.Fatal(err)
		}
		want := &shop.Saved{Head: b.After, Orders: 7, Stocks: b.Stocks, Active: b.Reservations}
		if d := cmp.Diff(want, saved); d != "" {
			t.Error("what is loaded differs:", d)
		}
		entries, err := entriesOf(ctx, s)
		if err != nil || !cmp.Equal(entries, b.Entries) {
			t.Errorf("the ledger: %v, %v", entries, err)
		}
		b = batch(b.After, "first", wire.Sold)
		if err := s.Commit(ctx, b); err != nil {
			t.Fatal(err)
		}
		a, err := s.Ask(ctx, shop.Questions{Reservations: []wire.ReservationID{"first", "none"}, Buyers: []wire.PersonID{"mei", "ben"}})
		if err != nil || !cmp.Equal(a, shop.Answers{Reservations: b.Reservations, Bought: b.Reservations}) {
			t.Errorf("asked: %+v, %v", a, err)
		}
		if saved, err := s.LoadShop(ctx); err != nil || len(saved.Active) != 0 {
			t.Errorf("a sold one is active: %+v, %v", saved, err)
		}
	})
}

func TestOfTwoWritersOneIsBehind(t *testing.T) {
	everyEngine(t, func(t *testing.T, ctx context.Context, s *Store) {
		var all sync.WaitGroup
		results := make([]error, 8)
		for i := range results {
			all.Go(func() {
				results[i] = s.Commit(ctx, batch(shop.Head{}, wire.ReservationID(fmt.Sprint("r", i)), wire.Held))
			})
		}
		all.Wait()
		won := 0
		for _, err := range results {
			switch {
			case err == nil:
				won++
			case !errors.Is(err, shop.ErrBehind):
				t.Error("one fails with", err)
			}
		}
		entries, err := entriesOf(ctx, s)
		if won != 1 || len(entries) != 1 || err != nil {
			t.Errorf("%d won, %d entries, %v", won, len(entries), err)
		}
	})
}

func TestAllRecordsAreReadInPages(t *testing.T) {
	everyEngine(t, func(t *testing.T, ctx context.Context, s *Store) {
		b := batch(shop.Head{}, "first", wire.Held)
		b.Reservations = nil
		for i := range 2*pageOf + 1 {
			id := fmt.Sprintf("%x", sha256.Sum256([]byte{byte(i), byte(i >> 8)}))[:20]
			b.Reservations = append(b.Reservations, &shop.Reservation{Reservation: wire.Reservation{ID: wire.ReservationID(id), State: wire.Lapsed}})
			b.Orders = append(b.Orders, &shop.Order{Order: wire.Order{ID: wire.OrderID(id), Number: int64(i + 1), State: wire.OrderExpired}})
		}
		if err := s.Commit(ctx, b); err != nil {
			t.Fatal(err)
		}
		seen, orders := map[wire.ReservationID]bool{}, int64(0)
		err := s.Books(ctx, func(b shop.Books) error {
			return errors.Join(
				b.EachReservation(ctx, func(r *shop.Reservation) error { seen[r.ID] = true; return nil }),
				b.EachOrder(ctx, func(o *shop.Order) error {
					if o.Number != orders+1 {
						t.Errorf("order %d after %d", o.Number, orders)
					}
					orders = o.Number
					return nil
				}),
			)
		})
		if err != nil || len(seen) != 2*pageOf+1 || orders != 2*pageOf+1 {
			t.Errorf("%d reservations, %d orders, %v", len(seen), orders, err)
		}
	})
}

func TestAPaymentByHandChangesOnceAKey(t *testing.T) {
	everyEngine(t, func(t *testing.T, ctx context.Context, s *Store) {
		if _, err := s.Payment(ctx, "RF1"); wire.CodeOf(err) != wire.NotFound {
			t.Error("before:", err)
		}
		more := func(p wire.Payment) (wire.Payment, error) {
			p.Ref = "RF1"
			p.Captured.Minor++
			return p, nil
		}
		refused := errors.New("refused")
		if _, err := s.Change(ctx, "RF1", "k0", "take", func(wire.Payment) (wire.Payment, error) { return wire.Payment{}, refused }); !errors.Is(err, refused) {
			t.Error("a refusal comes back as", err)
		}
		if _, err := s.Payment(ctx, "RF1"); wire.CodeOf(err) != wire.NotFound {
			t.Error("after a refusal:", err)
		}
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				if _, err := s.Change(ctx, "RF1", fmt.Sprint("k", i%10), "take", more); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if p, err := s.Payment(ctx, "RF1"); err != nil || p.Captured.Minor != 10 {
			t.Errorf("%+v, %v", p, err)
		}
		if _, err := s.Change(ctx, "RF1", "k1", "give back", more); wire.CodeOf(err) != wire.KeyReused {
			t.Error("a key for another request:", err)
		}
	})
}
