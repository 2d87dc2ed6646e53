package api

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"vitrine/server/pay"
	"vitrine/server/wire"
)

// BenchmarkPurchase is whole purchases over HTTP on loopback: 64 clients with connections of their own reserve a unit of one product,
// order it and have it paid by the test bank in the same request (its notices are lost), on SQLite with a sync a transaction. Clients, bank, server and database share the
// machine's cores. A client is another visitor, at another address, every visitEvery purchases, who becomes a guest with the first.
func BenchmarkPurchase(b *testing.B) {
	const clients, visitEvery = 64, 40
	m := opens(b, func(pay.Charge) pay.Faults { return pay.Faults{LoseNotices: true} })
	m.sells("ring", wire.MaxUnits, 9900)
	var left atomic.Int64
	left.Store(int64(b.N))
	took := make([][]time.Duration, clients)
	transports := make([]*http.Transport, clients)
	var all sync.WaitGroup
	b.ResetTimer()
	start, before := time.Now(), processor()
	for i := range clients {
		transports[i] = &http.Transport{MaxIdleConnsPerHost: 1}
		all.Go(func() {
			var v *browser
			for n := 0; left.Add(-1) >= 0; n++ {
				if n%visitEvery == 0 {
					v = m.browser()
					v.client.Transport = transports[i]
				}
				began := time.Now()
				r := gets[wire.Reservation](v, "POST", "/api/shop/reservations", m.wish("ring", 1, 9900))
				c := m.checkout("mei@example.com", r)
				c.Confirmed = true // the same again within seconds
				if p := gets[wire.Placed](v, "POST", "/api/shop/orders", c); p.Order.State != wire.OrderCaptured {
					b.Errorf("the order is %s", p.Order.State)
					return
				}
				took[i] = append(took[i], time.Since(began))
			}
		})
	}
	all.Wait()
	whole, used := time.Since(start), processor()-before
	b.StopTimer()
	list := slices.Concat(took...)
	slices.Sort(list)
	if len(list) == 0 {
		return
	}
	rate := float64(len(list)) / whole.Seconds()
	if b.N > clients {
		fmt.Printf("purchases_http_64 %.4g 1/s >=3000\n", rate)
	}
	b.ReportMetric(rate, "purchases/s")
	b.ReportMetric(float64(used.Microseconds())/float64(len(list)), "cpu-µs/purchase")
	b.ReportMetric(float64(list[len(list)/2].Milliseconds()), "p50-ms")
	b.ReportMetric(float64(list[len(list)*99/100].Milliseconds()), "p99-ms")
	for _, t := range transports {
		t.CloseIdleConnections()
	}
	if sold := wire.MaxUnits - m.left("ring"); sold != b.N {
		b.Errorf("%d of %d are sold", sold, b.N)
	}
}

// processor is the processor time that this process has used.
func processor() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
