package api

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"vitrine/server/shop"
	"vitrine/server/wire"
)

const (
	// feedEvery is the least time between two tellings: what changes after a quiet time is told at once, what comes after it together.
	feedEvery = 100 * time.Millisecond
	// ringMost is how many events are kept for those who come back, earOf how many may wait for a listener.
	ringMost = 2048
	earOf    = 64
	// soldMost is how many purchases are told at a time: more nobody can read.
	soldMost = 20
	// listenersEach is how many streams one person has, listenersAddress how many come from one address, listenersMost in all.
	listenersEach    = 8
	listenersAddress = 2000
	listenersMost    = 20_000
)

// Feed tells listeners what happens in the shop. The shop's writer calls Changed, which only notes what is new under a leaf mutex; Run
// tells it at once after a quiet time, and at most ten times a second, so that however fast units are sold a listener hears each number at
// most so often. Events are numbered and the newest are kept, so that who was cut off goes on from there.
//
// Viewers and the staff at their product desks hear different events of the same changes; once a desk has listened to a show, its events are
// made and numbered as well (see desks). A listener that does not read is cut off when earOf events wait.
//
// What is told is read from the shop's shelf when it is told, so it is never older than what was noted. It is safe for concurrent use.
type Feed struct {
	boot string        // names this process's numbers
	wake chan struct{} // something was noted

	mu      sync.Mutex
	noted   noted
	last    int64 // the newest event's number
	ring    []told
	ears    map[*ear]struct{}
	streams map[string]int       // by person and by address
	desks   map[wire.ShowID]bool // shows that a desk has listened to; "" for the whole shop
	counted counted
}

// noted is what has changed since it was told last.
type noted struct {
	products     map[wire.ProductID]bool
	stocks       map[wire.VariantID]bool
	offers       map[wire.OfferID]bool
	reservations map[wire.ReservationID]owned[wire.Reservation]
	orders       map[wire.OrderID]owned[wire.Order]
	coupons      map[wire.CouponCode]shop.CouponUse
	sold         []sale
}

type owned[T any] struct {
	person wire.PersonID
	it     T
}

type sale struct {
	show wire.ShowID
	wire.SoldEvent
}

func newNoted() noted {
	return noted{
		map[wire.ProductID]bool{},
		map[wire.VariantID]bool{},
		map[wire.OfferID]bool{},
		map[wire.ReservationID]owned[wire.Reservation]{},
		map[wire.OrderID]owned[wire.Order]{},
		map[wire.CouponCode]shop.CouponUse{},
		nil,
	}
}

// told is an event that was told: to all viewers, to those in a show, or to a person; or to desks.
type told struct {
	n      int64
	kind   string
	text   []byte
	show   wire.ShowID
	person wire.PersonID
	desk   *deskOnly
}

// ear is somebody who listens.
type ear struct {
	show    wire.ShowID
	persons []wire.PersonID
	keys    []string
	name    string    // of what it listens to, for the events' IDs
	desk    *deskEar  // nil for viewers
	events  chan told // closed when the listener is cut off
}

func (l *ear) hears(t told) bool {
	if l.desk != nil || t.desk != nil {
		return l.desk != nil && t.desk != nil && l.desk.hears(l.show, t.desk)
	}
	return (t.show == "" || t.show == l.show) && (t.person == "" || slices.Contains(l.persons, t.person))
}

// NewFeed makes a feed. It starts nothing.
func NewFeed() *Feed {
	return &Feed{
		boot: rand.Text()[:8], wake: make(chan struct{}, 1), noted: newNoted(), ears: map[*ear]struct{}{}, streams: map[string]int{},
		desks: map[wire.ShowID]bool{}, counted: counted{map[wire.VariantID]wire.Stock{}, map[wire.ShowID]wire.Takings{}},
	}
}

// Changed notes what was committed. It is for shop.Config.Changed.
func (f *Feed) Changed(b *shop.Batch) {
	f.note(b)
	select {
	case f.wake <- struct{}{}:
	default: // it will be told with what was noted before
	}
}

func (f *Feed) note(b *shop.Batch) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range b.Products {
		f.noted.products[p.ID] = true
	}
	for _, k := range b.Stocks {
		f.noted.stocks[k.Variant] = true
	}
	for _, o := range b.Offers {
		f.noted.offers[o.ID] = true
	}
	for _, r := range b.Reservations {
		f.noted.reservations[r.ID] = owned[wire.Reservation]{r.Buyer, r.Reservation}
		if r.State == wire.Sold && r.Back == 0 && len(f.noted.sold) < soldMost {
			f.noted.sold = append(f.noted.sold, sale{r.Show, wire.SoldEvent{
				Variant: r.Variant, Offer: r.Offer, Quantity: r.Quantity, At: time.UnixMilli(b.After.At).UTC(),
			}})
		}
	}
	for _, o := range b.Orders {
		f.noted.orders[o.ID] = owned[wire.Order]{o.Buyer, o.Order}
	}
	for _, c := range b.Coupons {
		f.noted.coupons[c.Code] = *c
	}
}

// Run tells what happens in the shop until ctx ends, and then cuts all listeners off.
func (f *Feed) Run(ctx context.Context, s *shop.Shop) error {
	defer f.end()
	pause := time.NewTimer(feedEvery)
	defer pause.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-f.wake:
		}
		if err := f.tell(s); err != nil {
			return err
		}
		pause.Reset(feedEvery)
		select {
		case <-ctx.Done():
			return nil
		case <-pause.C:
		}
	}
}

// end cuts all listeners off.
func (f *Feed) end() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for l := range f.ears {
		f.drop(l)
	}
}

// tell tells what was noted.
func (f *Feed) tell(s *shop.Shop) error {
	f.mu.Lock()
	n := f.noted
	f.noted = newNoted()
	shows := slices.Sorted(maps.Keys(f.desks))
	f.mu.Unlock()
	list, err := n.events(s)
	lost := []wire.ShowID{}
	if err == nil && len(shows) > 0 {
		var more []told
		more, lost, err = n.deskEvents(s, shows, f.counted)
		list = append(list, more...)
	}
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lose(lost)
	for _, t := range list {
		f.last++
		t.n = f.last
		if f.ring = append(f.ring, t); len(f.ring) > 2*ringMost {
			f.ring = append(f.ring[:0], f.ring[len(f.ring)-ringMost:]...)
		}
		for l := range f.ears {
			if l.hears(t) {
				f.give(l, t)
			}
		}
	}
	return nil
}

// give gives an event to a listener, or cuts it off. The mutex is held.
func (f *Feed) give(l *ear, t told) {
	select {
	case l.events <- t:
	default:
		f.drop(l)
	}
}

// drop cuts a listener off. The mutex is held.
func (f *Feed) drop(l *ear) {
	if _, on := f.ears[l]; !on {
		return
	}
	delete(f.ears, l)
	close(l.events)
	for _, key := range l.keys {
		if f.streams[key]--; f.streams[key] == 0 {
			delete(f.streams, key)
		}
	}
}

// events are what was noted, as it is now.
func (n noted) events(s *shop.Shop) (list []told, err error) {
	add := func(kind string, show wire.ShowID, person wire.PersonID, e wire.Event) {
		text, failed := e.MarshalJSON()
		if failed != nil {
			err = fmt.Errorf("write an event of kind %s: %w", kind, failed)
			return
		}
		list = append(list, told{kind: kind, text: text, show: show, person: person})
	}
	if len(n.products)+len(n.stocks) > 0 {
		n.goods(s, add)
	}
	if len(n.offers)+len(n.stocks) > 0 {
		n.offered(s, add)
	}
	for _, e := range n.sold {
		add("sold", e.show, "", e.SoldEvent)
	}
	for _, r := range n.reservations {
		add("reservation", "", r.person, wire.ReservationEvent{Reservation: r.it})
	}
	for _, o := range n.orders {
		add("order", "", o.person, wire.OrderEvent{Order: o.it})
	}
	return list, err
}

// goods are the products that changed, and the stock of those that only sold.
func (n noted) goods(s *shop.Shop, add func(string, wire.ShowID, wire.PersonID, wire.Event)) {
	var stock []wire.Stock
	for _, p := range s.Some(n.products, n.stocks) {
		switch {
		case n.products[p.ID] && p.Hidden:
			add("product", "", "", wire.ProductEvent{Product: wire.Product{ID: p.ID, Hidden: true, Variants: []wire.Variant{}}})
		case n.products[p.ID]:
			add("product", "", "", wire.ProductEvent{Product: shop.Public(p)})
		case !p.Hidden:
			for _, v := range p.Variants {
				if n.stocks[v.ID] {
					stock = append(stock, wire.Stock{Variant: v.ID, Left: v.Left, Version: v.Version})
				}
			}
		}
	}
	if len(stock) > 0 {
		add("stock", "", "", wire.StockEvent{Stock: stock})
	}
}

// offered are the offers that changed, or of which units were taken.
func (n noted) offered(s *shop.Shop, add func(string, wire.ShowID, wire.PersonID, wire.Event)) {
	for _, o := range s.Offers("", "", true) {
		touched := n.offers[o.ID] || !o.Ended && slices.ContainsFunc(o.Parts, func(p wire.Part) bool { return n.stocks[p.Variant] })
		if o.Waiting = 0; touched && o.Public {
			add("offer", o.Show, o.Buyer, wire.OfferEvent{Offer: o})
		}
	}
}

// listen lets somebody listen from the event after the one with an ID on. missed is what was told since; ok is false if that is not
// known any more: then a snapshot that is taken now is not older than id.
func (f *Feed) listen(show wire.ShowID, persons []wire.PersonID, address, after string) (l *ear, missed []told, id string, ok bool, err error) {
	l = &ear{show: show, persons: persons, name: f.boot, events: make(chan told, earOf)}
	missed, id, ok, err = f.join(l, address, after)
	return l, missed, id, ok, err
}

// join has an ear listen.
func (f *Feed) join(l *ear, address, after string) (missed []told, id string, ok bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	most := map[string]int{"address " + address: listenersAddress}
	for _, p := range l.persons {
		most["person "+string(p)] = listenersEach
	}
	for key, n := range most {
		if f.streams[key] >= n || len(f.ears) >= listenersMost {
			return nil, "", false, &wire.Error{Code: wire.RateLimited, Text: "too many pages listen: close one", RetryAfter: 10 * time.Second}
		}
	}
	for key := range most {
		l.keys = append(l.keys, key)
		f.streams[key]++
	}
	f.ears[l] = struct{}{}
	if l.desk != nil {
		f.desks[l.show] = true
	}
	if n, known := f.number(l.name, after); known {
		for _, t := range f.ring {
			if t.n > n && l.hears(t) {
				missed = append(missed, t)
			}
		}
		return missed, after, true, nil
	}
	return nil, l.id(f.last), false, nil
}

// leave ends listening.
func (f *Feed) leave(l *ear) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.drop(l)
}

func (l *ear) id(n int64) string { return l.name + "-" + strconv.FormatInt(n, 10) }

// number is the number of an event's ID if all that came after it is still there. The mutex is held.
func (f *Feed) number(name, id string) (int64, bool) {
	text, ok := strings.CutPrefix(id, name+"-")
	n, err := strconv.ParseInt(text, 10, 64)
	if !ok || err != nil || n < 0 || n > f.last {
		return 0, false
	}
	return n, n == f.last || len(f.ring) > 0 && f.ring[0].n <= n+1
}
