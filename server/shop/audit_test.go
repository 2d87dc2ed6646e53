package shop_test

import (
	"strings"
	"sync"
	"testing"

	"vitrine/server/shop"
	"vitrine/server/store"
)

func TestAnAuditSeesOneMomentWhileTheShopGoesOn(t *testing.T) {
	everyBank(t, nil, func(t *testing.T, e *evening, _ *bank) {
		e.sells("ring", 1000, 9900)
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				for range 20 {
					who := "buyer-" + e.key()
					r, err := e.wants(who, "ring", 1)
					if err != nil {
						t.Error(err)
						return
					}
					e.orders(who, r)
				}
			})
		}
		for range 5 {
			a, err := shop.Audit(t.Context(), e.db)
			if err != nil || len(a.Wrong) > 0 {
				t.Errorf("%+v, %v", a, err)
			}
		}
		all.Wait()
	})
}

func TestAnAuditFindsWhatWasChangedInTheStore(t *testing.T) {
	for name, tamper := range map[string]struct{ sql, finds string }{
		"stock":                  {`UPDATE stocks SET doc = replace(doc, '"Total":10', '"Total":11')`, "stock ring is stored otherwise"},
		"an entry's public part": {`UPDATE ledger SET public = replace(public, '"quantity":1', '"quantity":2')`, "was changed"},
		"an entry's buyer":       {`UPDATE ledger SET private = replace(private, 'mei', 'ben')`, "was changed"},
		"an entry that is gone":  {`DELETE FROM ledger WHERE seq = 2`, "entry 3 follows entry 1"},
		"a reservation":          {`DELETE FROM reservations`, "is not stored"},
		"an order's price":       {`UPDATE orders SET doc = replace(doc, '9900', '100')`, "order 1 is stored otherwise"},
	} {
		t.Run(name, func(t *testing.T) {
			at := store.Config{Folder: t.TempDir()}
			var e *evening
			_, with := withBank(t, &e, nil)
			e = open(t, at, with)
			e.sells("ring", 10, 9900)
			e.buys("mei", "ring", 1)
			e.wait()
			e.alters(at, tamper.sql)
			db, err := store.Open(t.Context(), at)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			a, err := shop.Audit(t.Context(), db)
			if err != nil || !strings.Contains(strings.Join(a.Wrong, "\n"), tamper.finds) {
				t.Errorf("found %q, %v", a.Wrong, err)
			}
		})
	}
}
