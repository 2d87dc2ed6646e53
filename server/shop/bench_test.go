package shop_test

import (
	"sort"
	"sync"
	"testing"
	"time"

	"vitrine/server/wire"
)

func BenchmarkReserve(b *testing.B) {
	for name, cfg := range engines {
		for _, buyers := range []int{64, 512} {
			b.Run(name, func(b *testing.B) {
				e := open(b, cfg(b), nil)
				e.sells("ring", wire.MaxUnits, 9900)
				var mu sync.Mutex
				var took []time.Duration
				n := 20000
				b.ResetTimer()
				for b.Loop() {
					start := time.Now()
					var all sync.WaitGroup
					for w := range buyers {
						all.Go(func() {
							var mine []time.Duration
							for range n / buyers {
								t := time.Now()
								if r, err := e.wants("b"+string(rune('a'+w)), "ring", 1); err != nil || r.State != wire.Held {
									b.Error(r, err)
									return
								}
								mine = append(mine, time.Since(t))
							}
							mu.Lock()
							took = append(took, mine...)
							mu.Unlock()
						})
					}
					all.Wait()
					sort.Slice(took, func(i, j int) bool { return took[i] < took[j] })
					b.Logf("%s %d: %.0f/s p50 %v p99 %v", name, buyers, float64(len(took))/time.Since(start).Seconds(), took[len(took)/2], took[len(took)*99/100])
				}
			})
		}
	}
}
