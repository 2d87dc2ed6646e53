package studio

import (
	"cmp"
	"context"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"vitrine/server/wire"
)

// desk is the session's place in one shop, owned by the loop. What the server has, theirs, and what the host wants, the outbox, together are
// the products of the snapshot.
type desk struct {
	outbox
	link   ShopLink // nil where there is no shop
	server string   // whose outbox
	ctx    context.Context
	stop   context.CancelFunc
	ready  chan struct{} // closed once what was kept is read
	ended  chan struct{} // closed once nothing of it runs

	theirs map[wire.ProductID]wire.Product
	owner  map[wire.VariantID]wire.ProductID
	heard  bool // the server has told all
	wishes map[string]wish

	shop    Shop
	made    *Shop // what snapshots hold
	changed bool  // the shop, since it was made
	// stale are products that the shop does not show as they are; anew says that there are others, or in another order.
	stale map[wire.ProductID]bool
	anew  bool
	soon  bool // the next snapshot shows them, and does not wait for more
	drawn time.Time
	// past are products as they were shown, the newest last: a form may have been opened on one.
	past map[wire.ProductID][]wire.Product
	// unkept says that what is known of the shop has changed since it was kept.
	unkept   bool
	shopKept time.Time
}

// maxPast is how many changes a product may see while a form is open.
const maxPast = 64

func newDesk() *desk {
	return &desk{
		outbox: newOutbox(), stop: func() {}, ready: make(chan struct{}), ended: make(chan struct{}),
		theirs: map[wire.ProductID]wire.Product{}, owner: map[wire.VariantID]wire.ProductID{}, wishes: map[string]wish{},
		stale: map[wire.ProductID]bool{}, past: map[wire.ProductID][]wire.Product{},
	}
}

// followShop leaves the shop of before and goes to that of the chosen show.
func (s *Session) followShop() {
	before := s.desk
	if before.link != nil {
		before.post(before.unkept)
		before.stop()
	}
	s.steps = slices.DeleteFunc(s.steps, func(done *step) bool { return done.ofShop() })
	d := newDesk()
	s.desk = d
	srv := s.settings.Server
	if srv.Address == "" || srv.Show == "" || srv.Token == "" {
		close(d.ended)
		return
	}
	link, err := s.c.Storefront.Shop(srv.Address, srv.Token, srv.Show)
	if err != nil {
		s.shopLost(d, err)
		close(d.ended)
		return
	}
	ctx, stop := context.WithCancel(s.ctx)
	d.link, d.server, d.stop, d.ctx = link, srv.Address, stop, ctx
	d.shop.Phase = RoomJoining
	s.group.Go(func() error {
		defer close(d.ended)
		<-before.ended // it keeps what the host did last
		return s.runDesk(ctx, d)
	})
}

// runDesk reads what was kept, keeps what changes, and hears the shop.
func (s *Session) runDesk(ctx context.Context, d *desk) error {
	on := func(f func()) {
		s.post(ctx, func() {
			if s.desk == d {
				f()
			}
		})
	}
	kept, err := s.loadShop(d.server)
	on(func() {
		d.restore(kept)
		if err != nil {
			s.notice(Problem{Trouble: EditsUnkept, Detail: err.Error()})
		}
		close(d.ready)
	})
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.keepShop(ctx, d) })
	group.Go(func() error {
		return d.link.Run(ctx, ShopFeedback{
			Here: func() { on(func() { d.here() }) },
			Told: func(all []wire.Event) { on(func() { d.hear(all) }) },
			Lost: func(err error) { on(func() { s.shopLost(d, err) }) },
		})
	})
	return group.Wait()
}

func (s *Session) shopLost(d *desk, err error) {
	d.shop.Phase = RoomLost
	d.shop.Problem = Problem{Trouble: LinkTrouble, Fault: s.c.Backstage.Fault(err), Detail: err.Error()}
	d.changed = true
}

func (d *desk) here() {
	d.shop.Phase, d.shop.Problem, d.changed = RoomHere, Problem{}, true
	d.pause, d.wait = time.Time{}, 0
}

// hear takes what has happened.
func (d *desk) hear(all []wire.Event) {
	for _, e := range all {
		switch e := e.(type) {
		case wire.DeskEvent:
			d.begin(e)
		case wire.ProductEvent:
			d.know(e.Product)
		case wire.StockEvent:
			for _, st := range e.Stock {
				d.count(st)
			}
		case wire.OfferEvent:
			d.offer(e.Offer)
		case wire.CouponEvent:
			d.coupon(e.Coupon)
		case wire.OrderEvent:
			d.order(e.Order)
		case wire.TakingsEvent:
			d.shop.Takings = e.Takings
		}
	}
	d.changed, d.unkept = true, true
}

// begin takes all that the server has.
func (d *desk) begin(e wire.DeskEvent) {
	d.shop.Terms, d.shop.Offers, d.shop.Coupons, d.shop.Takings = e.Terms, e.Offers, e.Coupons, e.Takings
	d.shop.Orders = e.Orders
	d.heard, d.anew = true, true
	d.theirs, d.owner = make(map[wire.ProductID]wire.Product, len(e.Products)), map[wire.VariantID]wire.ProductID{}
	for _, p := range e.Products {
		d.have(p)
	}
	for _, id := range slices.Clone(d.turn) {
		d.meet(id)
	}
}

// have notes what the server has, and whose the variants are.
func (d *desk) have(p wire.Product) {
	d.theirs[p.ID] = p
	for _, v := range p.Variants {
		d.owner[v.ID] = p.ID
	}
	d.stale[p.ID] = true
}

// know takes a product, and makes the host's edit of it anew on top.
func (d *desk) know(p wire.Product) {
	d.learn(p)
	d.meet(p.ID)
}

// learn takes a product, unless a newer one is known. Stock may be known newer than the product, and the other way round.
func (d *desk) learn(p wire.Product) {
	if was, ok := d.theirs[p.ID]; ok {
		if p.Version < was.Version {
			return
		}
		p.Variants = slices.Clone(p.Variants)
		for i, v := range p.Variants {
			if old := find(was.Variants, v.ID, variantID); old != nil && old.Version > v.Version {
				p.Variants[i].Stock, p.Variants[i].Left, p.Variants[i].Waiting, p.Variants[i].Version = old.Stock, old.Left, old.Waiting, old.Version
			}
		}
	}
	d.have(p)
}

// count takes how many there are of a variant.
func (d *desk) count(st wire.Stock) {
	p, ok := d.theirs[d.owner[st.Variant]]
	i := slices.IndexFunc(p.Variants, func(v wire.Variant) bool { return v.ID == st.Variant })
	if !ok || i < 0 || st.Version < p.Variants[i].Version {
		return
	}
	p.Variants = slices.Clone(p.Variants)
	v := &p.Variants[i]
	v.Stock, v.Left, v.Waiting, v.Version = st.Stock, st.Left, st.Waiting, st.Version
	d.have(p)
	d.meet(p.ID)
}

func variantID(v wire.Variant) wire.VariantID { return v.ID }

// public is the shop for a snapshot, the same as long as nothing has changed. Products of a shop where much happens are drawn now and then;
// edits that are not on the disk yet are not shown.
func (d *desk) public(showing wire.Showing) *Shop {
	if (d.anew || len(d.stale) > 0) && (d.soon || d.kept >= d.edited && time.Since(d.drawn) >= snapshotEvery) {
		d.draw()
	}
	if d.shop.Showing != showing {
		d.shop.Showing, d.changed = showing, true
	}
	if d.changed || d.made == nil {
		now := d.shop
		d.made, d.changed = &now, false
	}
	return d.made
}

// draw shows the products as they are.
func (d *desk) draw() {
	if !d.patch() {
		d.lay()
	}
	d.shop.Pending = len(d.turn)
	d.stale, d.anew, d.soon, d.drawn, d.changed = map[wire.ProductID]bool{}, false, false, time.Now(), true
}

// patch shows stale products at the places where they were; false where they are at others.
func (d *desk) patch() bool {
	if d.anew {
		return false
	}
	next := slices.Clone(d.shop.Products)
	for i := range next {
		if !d.stale[next[i].ID] {
			continue
		}
		p, ok := d.product(next[i].ID)
		if !ok || p.Place != next[i].Place {
			return false
		}
		d.remember(next[i].Product, p.Product)
		next[i] = p
		delete(d.stale, p.ID)
	}
	if len(d.stale) > 0 {
		return false
	}
	d.shop.Products = next
	return true
}

// lay puts all products in their order.
func (d *desk) lay() {
	before := make(map[wire.ProductID]wire.Product, len(d.shop.Products))
	for _, p := range d.shop.Products {
		before[p.ID] = p.Product
	}
	all := make([]Product, 0, len(d.theirs)+len(d.turn))
	add := func(id wire.ProductID) {
		if p, ok := d.product(id); ok {
			if was, ok := before[id]; ok {
				d.remember(was, p.Product)
			}
			all = append(all, p)
		}
	}
	for id := range d.theirs {
		add(id)
	}
	for _, id := range d.turn {
		if _, known := d.theirs[id]; !known {
			add(id)
		}
	}
	slices.SortFunc(all, inOrder)
	d.shop.Products = all
}

func inOrder(a, b Product) int { return cmp.Or(cmp.Compare(a.Place, b.Place), cmp.Compare(a.ID, b.ID)) }

// remember keeps how a product was shown. One that shares its variants with what is shown now has not changed: every change copies them.
func (d *desk) remember(was, is wire.Product) {
	if len(was.Variants) > 0 && len(is.Variants) > 0 && &was.Variants[0] == &is.Variants[0] {
		return
	}
	kept := append(d.past[was.ID], was)
	d.past[was.ID] = slices.Clone(kept[max(0, len(kept)-maxPast):])
}

// product is a product as the host wants it.
func (d *desk) product(id wire.ProductID) (p Product, ok bool) {
	theirs, known := d.theirs[id]
	e := d.mine[id]
	if e == nil {
		return Product{Product: theirs}, known
	}
	p = Product{Product: e.Mine, New: !known, Edit: EditWaiting, Theirs: e.Theirs, Refusal: e.Refusal}
	switch {
	case d.flies(id):
		p.Edit = EditSending
	case e.Theirs != nil:
		p.Edit = EditConflict
	case e.Refusal != nil:
		p.Edit = EditRefused
	}
	return p, true
}

// seen is the product that a form was opened on, from which it may have changed: the newest that was shown with the same versions.
func (d *desk) seen(form wire.Product) (wire.Product, bool) {
	matches := func(p wire.Product) bool {
		return p.Version == form.Version && !slices.ContainsFunc(form.Variants, func(v wire.Variant) bool {
			was := find(p.Variants, v.ID, variantID)
			return was != nil && was.Version != v.Version
		})
	}
	if now, ok := d.product(form.ID); ok && matches(now.Product) {
		return now.Product, true
	}
	past := d.past[form.ID]
	if drawn := d.shop.Product(form.ID); drawn != nil { // and is not as it is now
		past = append(slices.Clone(past), drawn.Product)
	}
	for _, p := range slices.Backward(past) {
		if matches(p) {
			return p, true
		}
	}
	return wire.Product{}, false
}
