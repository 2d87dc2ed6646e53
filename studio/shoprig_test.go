package studio_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"vitrine/server/wire"
	"vitrine/studio"
)

var errNoNetwork = errors.New("no network")

// shopServer is a server with one shop, of which several studios may be clients. It keeps the laws of the real one for products.
type shopServer struct {
	mu       sync.Mutex
	away     bool
	lose     int // so many answers
	products map[wire.ProductID]wire.Product
	ears     map[*shopLink]chan wire.Event
	puts     []wire.ProductID
	pictures map[wire.PictureID]int
	refuse   error // of products
	offers   []wire.Offer
	keys     []string
	arrived  func() // an edit has
	thumb    []byte // of every picture
}

// drawer is an outbox that survives the studio.
type drawer struct {
	mu   sync.Mutex
	kept map[string][]byte
	full error
}

func (d *drawer) LoadShop(server, name string) ([]byte, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.kept[server+" "+name], nil
}

func (d *drawer) SaveShop(server, name string, b []byte) error {
	time.Sleep(time.Millisecond)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.full != nil {
		return d.full
	}
	if d.kept == nil {
		d.kept = map[string][]byte{}
	}
	if d.kept[server+" "+name] = b; b == nil {
		delete(d.kept, server+" "+name)
	}
	return nil
}

func eur(minor int64) wire.Money { return wire.Money{Minor: minor, Currency: "EUR"} }

func lamp(id wire.ProductID, stock int) wire.Product {
	return wire.Product{ID: id, Title: "Lamp " + string(id), Variants: []wire.Variant{{ID: wire.VariantID(id), Price: eur(1999), Stock: stock}}}
}

func newShopServer(products ...wire.Product) *shopServer {
	c := &shopServer{products: map[wire.ProductID]wire.Product{}, ears: map[*shopLink]chan wire.Event{}, pictures: map[wire.PictureID]int{}}
	for i, p := range products {
		p.Version, p.Place = 1, int64(i+1)*100
		p.Variants = slices.Clone(p.Variants)
		for i := range p.Variants {
			p.Variants[i].Version, p.Variants[i].Left = 1, p.Variants[i].Stock
		}
		c.products[p.ID] = p
	}
	return c
}

func (m *machine) Shop(_, token string, _ wire.ShowID) (studio.ShopLink, error) {
	if token != evening.Token {
		return nil, wire.Errorf(wire.Unauthenticated, "who are you?")
	}
	return &shopLink{shopServer: m.shop}, nil
}

type shopLink struct{ *shopServer }

func (c *shopServer) begin() wire.DeskEvent {
	e := wire.DeskEvent{Terms: wire.ShopTerms{Currency: "EUR"}}
	for _, p := range c.products {
		e.Products = append(e.Products, p)
	}
	return e
}

func (l *shopLink) Run(ctx context.Context, f studio.ShopFeedback) error {
	for {
		l.mu.Lock()
		away, first := l.away, wire.Event(l.begin())
		ear := make(chan wire.Event, 20_000)
		if !away {
			l.ears[l] = ear
		}
		l.mu.Unlock()
		if away {
			f.Lost(errNoNetwork)
		} else {
			f.Here()
			f.Told([]wire.Event{first})
			if l.listen(ctx, ear, f); ctx.Err() == nil {
				f.Lost(errNoNetwork)
			}
		}
		if !rest(ctx, time.Second) {
			return nil
		}
	}
}

func (l *shopLink) listen(ctx context.Context, ear chan wire.Event, f studio.ShopFeedback) {
	for {
		select {
		case <-ctx.Done():
			l.mu.Lock()
			delete(l.ears, l)
			l.mu.Unlock()
			return
		case e, on := <-ear:
			if !on {
				return
			}
			f.Told([]wire.Event{e})
		}
	}
}

// tell tells all studios. The lock is held.
func (c *shopServer) tell(e wire.Event) {
	for _, ear := range c.ears {
		ear <- e
	}
}

func (c *shopServer) says(e wire.Event) {
	c.mu.Lock()
	c.tell(e)
	c.mu.Unlock()
	wait(60 * time.Millisecond)
}

func (c *shopServer) network(on bool) {
	c.mu.Lock()
	c.away = !on
	if !on {
		for l, ear := range c.ears {
			close(ear)
			delete(c.ears, l)
		}
	}
	c.mu.Unlock()
	wait(20 * time.Second)
}

// sells sells units of a product's first variant.
func (c *shopServer) sells(id wire.ProductID, units int) {
	c.mu.Lock()
	p := c.products[id]
	p.Variants = slices.Clone(p.Variants)
	v := &p.Variants[0]
	v.Stock, v.Left, v.Version = v.Stock-units, v.Left-units, v.Version+1
	c.products[id] = p
	c.tell(wire.StockEvent{Stock: []wire.Stock{{Variant: v.ID, Left: v.Left, Stock: v.Stock, Version: v.Version}}})
	c.mu.Unlock()
	wait(60 * time.Millisecond)
}

// changes is what somebody else does.
func (c *shopServer) changes(t *testing.T, id wire.ProductID, change func(*wire.Product)) {
	t.Helper()
	c.mu.Lock()
	p := c.products[id]
	p.Variants = slices.Clone(p.Variants)
	change(&p)
	_, err := c.store(p, p.Version)
	c.mu.Unlock()
	must(t, err)
	wait(60 * time.Millisecond)
}

func (c *shopServer) store(p wire.Product, seen int64) (wire.Product, error) {
	was := c.products[p.ID]
	if was.Version != seen {
		return p, wire.Errorf(wire.Precondition, "changed")
	}
	p.Variants = slices.Clone(p.Variants)
	for i := range p.Variants {
		v := &p.Variants[i]
		at := slices.IndexFunc(was.Variants, func(o wire.Variant) bool { return o.ID == v.ID })
		switch {
		case at < 0:
			v.Left, v.Version = v.Stock, 1
			continue
		case v.Stock == 0 && v.Version == 0:
			v.Stock = was.Variants[at].Stock
		case v.Stock != was.Variants[at].Stock && v.Version != was.Variants[at].Version:
			return p, wire.Errorf(wire.Precondition, "sold meanwhile")
		}
		v.Version = was.Variants[at].Version
		if v.Stock != was.Variants[at].Stock {
			v.Version++
		}
		v.Left = v.Stock
	}
	p.Version = seen + 1
	c.products[p.ID] = p
	c.tell(wire.ProductEvent{Product: p})
	return p, nil
}

func (c *shopServer) PutProduct(_ context.Context, p wire.Product, seen int64) (wire.Product, error) {
	time.Sleep(time.Millisecond)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.away {
		return p, errNoNetwork
	}
	c.puts = append(c.puts, p.ID)
	if c.arrived != nil {
		c.arrived()
	}
	if c.refuse != nil {
		return p, fmt.Errorf("put product: %w", c.refuse)
	}
	now, err := c.store(p, seen)
	if err == nil && c.lose > 0 {
		c.lose--
		return p, errNoNetwork
	}
	return now, err
}

func (c *shopServer) AddStock(_ context.Context, v wire.VariantID, a wire.AddStock, key string) (wire.Variant, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keys = append(c.keys, key)
	if c.away {
		return wire.Variant{}, errNoNetwork
	}
	p := c.products[wire.ProductID(v)]
	w := p.Variants[0]
	w.Stock, w.Left, w.Version = w.Stock+a.Units, w.Left+a.Units, w.Version+1
	p.Variants = []wire.Variant{w}
	c.products[p.ID] = p
	return w, nil
}

func (c *shopServer) PutOffer(_ context.Context, o wire.Offer, seen int64) (wire.Offer, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if seen == 0 && slices.ContainsFunc(c.offers, func(other wire.Offer) bool { return other.ID == o.ID }) {
		return o, wire.Errorf(wire.Precondition, "it is there")
	}
	o.Version = seen + 1
	c.offers = append(c.offers, o)
	if c.lose > 0 {
		c.lose--
		c.tell(wire.OfferEvent{Offer: o})
		return o, errNoNetwork
	}
	return o, nil
}

func (c *shopServer) EndOffer(_ context.Context, id wire.OfferID) (wire.Offer, error) {
	return wire.Offer{ID: id, Ended: true, Version: 9}, nil
}

func (c *shopServer) PutCoupon(_ context.Context, p wire.Coupon) (wire.UsedCoupon, error) {
	return wire.UsedCoupon{Coupon: p}, nil
}

func (c *shopServer) Refund(_ context.Context, id wire.OrderID, _ wire.Refund, _ string) (wire.Order, error) {
	return wire.Order{ID: id, Number: 309, State: wire.OrderRefunded}, nil
}

func (c *shopServer) Cancel(context.Context, wire.OrderID, wire.Cancel) (wire.Order, error) {
	return wire.Order{}, wire.Errorf(wire.Conflict, "it has been shipped")
}

func (c *shopServer) SendPicture(_ context.Context, id wire.PictureID, _ []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pictures[id]++
	return nil
}

func (c *shopServer) FetchPicture(_ context.Context, source string) (wire.Picture, error) {
	if source == "https://shop.example/gone.jpg" {
		return wire.Picture{}, wire.Errorf(wire.NotFound, "there is no picture")
	}
	return wire.Picture{ID: "00112233445566778899aabbccddeeff", Source: source}, nil
}

func (c *shopServer) Picture(context.Context, wire.PictureID, int) ([]byte, error) {
	if c.thumb != nil {
		return c.thumb, nil
	}
	return []byte("jpeg"), nil
}

// trading is a session at the desk of the shop c.
func trading(t *testing.T, c *shopServer, d *drawer, test func(ctx context.Context, s *studio.Session)) {
	t.Helper()
	m := newMachine()
	m.shop, m.drawer = c, d
	onSession(t, m, func(ctx context.Context, s *studio.Session) {
		must(t, s.SetServer(ctx, evening))
		wait(60 * time.Millisecond)
		test(ctx, s)
	})
}

func ids(s *studio.Shop) (all []wire.ProductID) {
	for _, p := range s.Products {
		all = append(all, p.ID)
	}
	return all
}

// product is a product as the host sees it now, to be edited.
func product(t *testing.T, s *studio.Session, id wire.ProductID) studio.Product {
	t.Helper()
	p := s.Snapshot().Shop.Product(id)
	if p == nil {
		t.Fatalf("there is no product %q", id)
	}
	q := *p
	q.Variants = slices.Clone(q.Variants)
	return q
}

func (c *shopServer) has(id wire.ProductID) wire.Product {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.products[id]
}
