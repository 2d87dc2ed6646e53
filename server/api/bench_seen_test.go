package api

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vitrine/server/shop"
	"vitrine/server/wire"
)

const (
	seenViewers, seenDesks = 300, 4
	seenSales              = 100                    // purchases a second
	seenEdits              = 250 * time.Millisecond // between two changes of the product's title
	seenFor                = 10 * time.Second
)

// BenchmarkSeen is how long after its commit a change of stock, or of a product's card, has reached 300 viewers and 4 desks that listen over
// HTTP on loopback, while 100 purchases a second go on by HTTP. Viewers, buyers, server and database share the machine's cores. A change that is
// passed over for a newer one is seen with that.
func BenchmarkSeen(b *testing.B) {
	m := opens(b, nil)
	m.sells("ring", wire.MaxUnits, 9900)
	stock, card := &commits{}, &commits{}
	note := func(batch *shop.Batch) {
		for _, k := range batch.Stocks {
			stock.note(k.Version)
		}
		for _, p := range batch.Products {
			card.note(p.Version)
		}
	}
	m.stored.Store(&note)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var all, ready sync.WaitGroup
	eyes := make([]eye, seenViewers+seenDesks)
	for i := range eyes {
		path := "/api/shop/events?show="
		v := m.browser()
		if i >= seenViewers {
			path, v.token = "/api/shop/desk/events?show=", operatorToken
		}
		eyes[i] = eye{b: b, stock: seeing{all: stock}, card: seeing{all: card}, ready: sync.OnceFunc(ready.Done)}
		ready.Add(1)
		all.Go(func() { eyes[i].looks(ctx, v, path) })
	}
	ready.Wait()
	b.ResetTimer()
	m.rush(seenFor)
	time.Sleep(time.Second) // for the last ones to be seen
	cancel()
	all.Wait()
	b.StopTimer()
	for _, f := range []struct {
		name string
		of   func(*eye) []time.Duration
	}{
		{"stock", func(e *eye) []time.Duration { return e.stock.took }}, {"card", func(e *eye) []time.Duration { return e.card.took }},
	} {
		var took []time.Duration
		for i := range eyes {
			took = append(took, f.of(&eyes[i])...)
		}
		if slices.Sort(took); len(took) < len(eyes) {
			b.Fatalf("only %d changes of %s were seen", len(took), f.name)
		}
		ms := func(percent int) float64 { return float64(took[len(took)*percent/100].Microseconds()) / 1000 }
		fmt.Printf("\nshop_%s_seen_p50 %.4g ms -\nshop_%s_seen_p99 %.4g ms <=150\n", f.name, ms(50), f.name, ms(99))
	}
}

// commits are when versions of a thing were stored, Unix ns.
type commits struct{ at [1 << 16]atomic.Int64 }

func (c *commits) note(version int64) { c.at[version].Store(time.Now().UnixNano()) }

// seeing is what one listener has seen of a thing.
type seeing struct {
	all  *commits
	last int64
	took []time.Duration
}

// sees notes a version that has come; begins, the one that was there at the start.
func (s *seeing) sees(version int64) {
	now := time.Now().UnixNano()
	for ; s.last < version; s.last++ {
		if at := s.all.at[s.last+1].Load(); at > 0 {
			s.took = append(s.took, time.Duration(now-at))
		}
	}
}

// eye is somebody who listens.
type eye struct {
	b           testing.TB
	stock, card seeing
	ready       func()
}

// looks reads a stream until ctx ends.
func (e *eye) looks(ctx context.Context, v *browser, path string) {
	defer e.ready()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, v.m.url+path, nil)
	if err != nil {
		e.b.Error(err)
		return
	}
	r.Header.Set("X-Forwarded-For", v.address)
	if v.token != "" {
		r.Header.Set("Authorization", "Bearer "+v.token)
	}
	a, err := (&http.Transport{}).RoundTrip(r)
	if err != nil || a.StatusCode != http.StatusOK {
		e.b.Error(a, err)
		return
	}
	defer func() { _ = a.Body.Close() }()
	lines := bufio.NewScanner(a.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if data, ok := bytes.CutPrefix(lines.Bytes(), []byte("data: ")); ok {
			e.hears(data)
		}
	}
	if ctx.Err() == nil {
		e.b.Error("a stream ended:", lines.Err())
	}
}

// hears takes in an event.
func (e *eye) hears(data []byte) {
	var n struct {
		Type     string         `json:"type"`
		Products []wire.Product `json:"products"`
		Product  wire.Product   `json:"product"`
		Stock    []wire.Stock   `json:"stock"`
	}
	if bytes.HasPrefix(data, []byte(`{"type":"sold"`)) || bytes.HasPrefix(data, []byte(`{"type":"order"`)) {
		return
	}
	if err := json.Unmarshal(data, &n); err != nil {
		e.b.Error(err)
	}
	switch n.Type {
	case "snapshot", "desk":
		e.stock.last, e.card.last = n.Products[0].Variants[0].Version, n.Products[0].Version
		e.ready()
	case "product":
		e.card.sees(n.Product.Version)
		e.stock.sees(n.Product.Variants[0].Version)
	case "stock":
		e.stock.sees(n.Stock[0].Version)
	}
}

// rush has people buy rings, and the staff edit them.
func (m *market) rush(during time.Duration) {
	m.t.Helper()
	var all sync.WaitGroup
	end := time.Now().Add(during)
	const buyers = 10
	for range buyers {
		all.Go(func() {
			tick := time.NewTicker(buyers * time.Second / seenSales)
			defer tick.Stop()
			for time.Now().Before(end) {
				<-tick.C
				v := m.browser()
				r := gets[wire.Reservation](v, "POST", "/api/shop/reservations", m.wish("ring", 1, 9900))
				gets[wire.Placed](v, "POST", "/api/shop/orders", m.checkout("mei@example.com", r))
				v.client.CloseIdleConnections()
			}
		})
	}
	owner := m.operates()
	for n := 0; time.Now().Before(end); n++ {
		p := gets[wire.Product](owner, "GET", "/api/shop/products/ring", nil)
		p.Title, p.Variants[0].Stock, p.Variants[0].Version = "A ring, "+strconv.Itoa(n), 0, 0 // nothing is said of the stock
		gets[wire.Product](owner, "PUT", "/api/shop/products/ring", p, "If-Match", strconv.FormatInt(p.Version, 10))
		time.Sleep(seenEdits)
	}
	all.Wait()
}
