package api

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vitrine/server/shop"
	"vitrine/server/wire"
)

// listener reads a stream of events.
type listener struct {
	t      testing.TB
	lines  *bufio.Scanner
	id     string
	status int
	close  func()
}

func (b *browser) listens(show, after string) *listener {
	b.m.t.Helper()
	return b.hears("/api/shop/events?show="+show, after)
}

// hears opens a stream from after an event on.
func (b *browser) hears(path, after string) *listener {
	b.m.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, b.m.url+path, nil)
	if err != nil {
		b.m.t.Fatal(err)
	}
	r.Header.Set("X-Forwarded-For", b.address)
	r.Header.Set("Last-Event-ID", after)
	if b.token != "" {
		r.Header.Set("Authorization", "Bearer "+b.token)
	}
	a, err := (&http.Client{Jar: b.client.Jar}).Do(r)
	if err != nil {
		b.m.t.Fatal(err)
	}
	l := &listener{t: b.m.t, lines: bufio.NewScanner(a.Body), status: a.StatusCode, close: func() { cancel(); _ = a.Body.Close() }}
	l.lines.Buffer(nil, 1<<20)
	b.m.t.Cleanup(l.close)
	return l
}

// next is the next event; nil at the end of the stream.
func (l *listener) next() wire.Event {
	l.t.Helper()
	for l.lines.Scan() {
		line := l.lines.Text()
		if id, ok := strings.CutPrefix(line, "id: "); ok {
			l.id = id
		}
		if data, ok := strings.CutPrefix(line, "data: "); ok {
			e, err := wire.ReadEvent([]byte(data))
			if err != nil || e == nil {
				l.t.Fatal(data, err)
			}
			return e
		}
	}
	return nil
}

// until reads events until one is what is wanted.
func until[E wire.Event](l *listener, want func(E) bool) E {
	l.t.Helper()
	for e := l.next(); e != nil; e = l.next() {
		if got, ok := e.(E); ok && want(got) {
			return got
		}
	}
	l.t.Fatalf("there was no such %T", *new(E))
	return *new(E)
}

func TestListenersHearOfStockPurchasesAndTheirOwn(t *testing.T) {
	m := opens(t, nil)
	m.sells("ring", 5, 9900)
	mei, eve := m.browser(), m.browser()
	r := gets[wire.Reservation](mei, "POST", "/api/shop/reservations", m.wish("ring", 1, 9900))
	hers, others := mei.listens("evening", ""), eve.listens("evening", "")
	for _, l := range []*listener{hers, others} {
		s, ok := l.next().(wire.SnapshotEvent)
		if !ok || len(s.Products) != 1 || s.Products[0].Variants[0].Left != 4 {
			t.Fatalf("%+v", s)
		}
	}
	gets[wire.Placed](mei, "POST", "/api/shop/orders", m.checkout("mei@example.com", r))
	until(hers, func(e wire.OrderEvent) bool { return e.Order.State == wire.OrderCaptured && e.Order.Contact == nil })
	mei.buys("mei@example.com", "ring", 2, 19800)
	heard := map[string]bool{}
	for !heard["stock"] {
		switch e := others.next().(type) {
		case wire.OrderEvent, wire.ReservationEvent:
			t.Errorf("somebody else hears of %+v", e)
		case wire.SoldEvent:
			heard["sold"] = heard["sold"] || e.Quantity == 2 && e.Variant == "ring"
		case wire.StockEvent:
			heard["stock"] = e.Stock[0].Left == 2
		case nil:
			t.Fatal("the stream ends")
		}
	}
	for !heard["sold"] {
		if e, ok := others.next().(wire.SoldEvent); ok && e.Quantity == 2 {
			heard["sold"] = true
		}
	}

	hers.close() // and comes back later
	if _, err := m.shop.AddStock(t.Context(), "host", "ring", 10, ""); err != nil {
		t.Fatal(err)
	}
	again := mei.listens("evening", hers.id)
	if e := until(again, func(e wire.StockEvent) bool { return e.Stock[0].Left == 12 }); len(e.Stock) != 1 {
		t.Errorf("%+v", e)
	}
	for _, unknown := range []string{"other-3", hers.id + "9", "x"} {
		if _, ok := eve.listens("evening", unknown).next().(wire.SnapshotEvent); !ok {
			t.Errorf("from %q there is no snapshot", unknown)
		}
	}
}

func TestNobodyHasTooManyStreams(t *testing.T) {
	m := opens(t, nil)
	b := m.signsIn("b@example.com")
	var all []*listener
	for range listenersEach {
		all = append(all, b.listens("", ""))
	}
	if l := b.listens("", ""); l.status != http.StatusTooManyRequests {
		t.Errorf("one more is answered %d", l.status)
	}
	all[0].close()
	for range 3000 {
		if b.listens("", "").status == http.StatusOK {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("a stream that was closed still counts")
}

func TestAListenerThatDoesNotReadIsCutOffAndOthersAreNot(t *testing.T) {
	m := opens(t, nil)
	m.sells("ring", 5, 9900)
	f := NewFeed()
	slow, _, _, _, err := f.listen("", nil, "192.0.2.1", "")
	if err != nil {
		t.Fatal(err)
	}
	fast, _, first, _, err := f.listen("", nil, "192.0.2.2", "")
	if err != nil {
		t.Fatal(err)
	}
	for n := range earOf + 10 {
		f.Changed(&shop.Batch{Stocks: []*shop.Stock{{Variant: "ring"}}})
		f.Changed(&shop.Batch{Stocks: []*shop.Stock{{Variant: "ring"}}}) // told once
		if err := f.tell(m.shop); err != nil {
			t.Fatal(err)
		}
		if e := <-fast.events; e.n != int64(n+1) || e.kind != "stock" {
			t.Fatalf("%+v", e)
		}
	}
	n := 0
	for range slow.events {
		n++
	}
	if n != earOf || len(f.ears) != 1 {
		t.Errorf("the slow one got %d events, %d listen", n, len(f.ears))
	}
	if _, missed, _, ok, err := f.listen("", nil, "192.0.2.1", first); err != nil || !ok || len(missed) != earOf+10 {
		t.Errorf("%d were missed, %v %v", len(missed), ok, err)
	}
	for range 2*ringMost + 1 {
		f.Changed(&shop.Batch{Stocks: []*shop.Stock{{Variant: "ring"}}})
		_ = f.tell(m.shop)
	}
	if _, _, _, ok, _ := f.listen("", nil, "192.0.2.1", first); ok || len(f.ring) > 2*ringMost {
		t.Errorf("what is forgotten is gone on from; %d are kept", len(f.ring))
	}
}

func TestNobodyIsWokenToTellWhatIsNotNotedYet(t *testing.T) {
	f := NewFeed()
	f.mu.Lock() // somebody looks just now
	noted := make(chan struct{})
	go func() {
		f.Changed(&shop.Batch{Stocks: []*shop.Stock{{Variant: "ring"}}})
		close(noted)
	}()
	select {
	case <-f.wake:
		t.Error("whoever tells is woken, finds nothing, and sleeps over what is noted then")
	case <-time.After(50 * time.Millisecond):
	}
	f.mu.Unlock()
	<-noted
	if len(f.wake) != 1 || !f.noted.stocks["ring"] {
		t.Error("nobody is woken to tell what was noted")
	}
}

func TestWhatChangesAfterAQuietTimeIsToldAtOnceAndTheRestTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := shop.New(shop.Config{})
		if err != nil {
			t.Fatal(err)
		}
		f := NewFeed()
		l, _, _, _, err := f.listen("", []wire.PersonID{"mei"}, "192.0.2.1", "")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- f.Run(ctx, s) }()
		began := time.Now()
		told := func(after time.Duration, changes ...wire.ReservationID) {
			t.Helper()
			for _, id := range changes {
				f.Changed(&shop.Batch{Reservations: []*shop.Reservation{{Buyer: "mei", Reservation: wire.Reservation{ID: id}}}})
			}
			for range changes {
				if <-l.events; time.Since(began) != after {
					t.Errorf("%v are told after %s, want %s", changes, time.Since(began), after)
				}
			}
		}
		told(0, "a")
		told(feedEvery, "b", "c", "d")
		time.Sleep(time.Second - time.Since(began))
		told(time.Second, "e")
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// TestAnybodyCanVerifyTheLedger computes the chain of hashes from what everybody may see.
func TestAnybodyCanVerifyTheLedger(t *testing.T) {
	m := opens(t, nil)
	m.sells("ring", 500, 9900)
	for i := range 180 { // more than a page
		w := m.wish("ring", 1, 9900)
		if w.Show = "evening"; i%2 == 0 {
			w.Show = "morning"
		}
		r, err := m.shop.Reserve(t.Context(), "mei", w)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.shop.Release(t.Context(), "mei", r.ID); err != nil {
			t.Fatal(err)
		}
	}
	for range 150 {
		if _, err := m.shop.AddStock(t.Context(), "host", "ring", 1, "a reason that is not public"); err != nil {
			t.Fatal(err)
		}
	}
	b := m.browser()
	var last [32]byte
	seq, pages, own := int64(0), 0, 0
	for more := true; more; pages++ {
		s := b.asks("GET", fmt.Sprintf("/api/shop/ledger?show=evening&after=%d", seq), nil)
		p := gets[wire.LedgerPage](b, "GET", fmt.Sprintf("/api/shop/ledger?show=evening&after=%d", seq), nil)
		if more = p.More; contains(s.body, `"mei"`) || contains(s.body, "not public") || contains(s.body, "morning") {
			t.Fatal("the public ledger tells what is not public")
		}
		for _, e := range p.Entries {
			digest, _ := hex.DecodeString(e.Digest)
			if e.Public != "" {
				own++
				digest = digestOf(e)
			}
			seq++
			if last = sha256.Sum256(append(last[:], digest...)); e.Seq != seq || hex.EncodeToString(last[:]) != e.Hash {
				t.Fatalf("entry %d does not fit: %+v", seq, e)
			}
		}
	}
	if pages < 2 || seq != 1+2*180+150 || own != 1+180+150 {
		t.Errorf("%d entries on %d pages, %d of them readable", seq, pages, own)
	}
}

// digestOf is as LedgerEntry describes it, written anew.
func digestOf(e wire.LedgerEntry) []byte {
	public := sha256.Sum256([]byte(e.Public))
	private, _ := hex.DecodeString(e.Private)
	h := sha256.New()
	for _, n := range []int64{e.Seq, e.At} {
		for shift := 56; shift >= 0; shift -= 8 {
			h.Write([]byte{byte(n >> shift)})
		}
	}
	h.Write([]byte(e.Kind + "\x00" + string(e.Show) + "\x00"))
	h.Write(public[:])
	h.Write(private)
	return h.Sum(nil)
}
