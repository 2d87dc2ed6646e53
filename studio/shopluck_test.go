package studio_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"vitrine/server/wire"
	"vitrine/studio"
)

// TestNoUnitIsLostOrMadeByEditsSalesAndABadNetwork has a host edit stock and texts while units are sold, somebody else edits, and the
// network comes, goes and loses answers.
func TestNoUnitIsLostOrMadeByEditsSalesAndABadNetwork(t *testing.T) {
	conflicts, seeds := 0, uint64(8)
	if testing.Short() {
		seeds = 1
	}
	for seed := range seeds {
		luck := rand.New(rand.NewPCG(seed, 7))
		c := newShopServer(lamp("a", 1000), lamp("b", 1000))
		want := map[wire.ProductID]int{"a": 1000, "b": 1000}
		titles := map[wire.ProductID]string{}
		trading(t, c, &drawer{}, func(ctx context.Context, s *studio.Session) {
			for i := range 40 {
				id := []wire.ProductID{"a", "b"}[luck.IntN(2)]
				p := product(t, s, id)
				switch luck.IntN(6) {
				case 0, 1:
					units := luck.IntN(9) - 4
					p.Variants[0].Stock += units
					must(t, s.PutProduct(ctx, p.Product))
					want[id] += units
				case 2:
					p.Title = fmt.Sprint("Title ", i)
					must(t, s.PutProduct(ctx, p.Product))
					titles[id] = p.Title
				case 3:
					units := luck.IntN(5)
					c.sells(id, units)
					want[id] -= units
				case 4:
					c.mu.Lock()
					c.lose = luck.IntN(3)
					c.mu.Unlock()
				case 5:
					c.changes(t, id, func(p *wire.Product) { p.Vendor = fmt.Sprint("Vendor ", i) })
				}
				time.Sleep(time.Duration(luck.IntN(300)) * time.Millisecond)
			}
			wait(40 * time.Second)
			for id, units := range want {
				p, got := product(t, s, id), c.has(id)
				if p.Edit == studio.EditConflict {
					conflicts++
					continue // an answer was lost while somebody else edited: nobody can tell
				}
				if got.Variants[0].Stock != units || p.Variants[0].Stock != units || titles[id] != "" && got.Title != titles[id] {
					t.Errorf("seed %d: of %s the server has %d, the studio %d, it should be %d; it is called %q, not %q",
						seed, id, got.Variants[0].Stock, p.Variants[0].Stock, units, got.Title, titles[id])
				}
			}
		})
	}
	if conflicts > 4 {
		t.Errorf("%d of %d products are left to the host", conflicts, 2*seeds)
	}
}
