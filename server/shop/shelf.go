package shop

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"

	"vitrine/server/wire"
)

// shelf is what everybody may see, and the staff: copies of what was committed last.
type shelf struct {
	products, stocks, offers, coupons sync.Map // by name, of *Product, *Stock, *Offer and *CouponUse, which never change
	lines                             lines
}

func (s *shelf) fill(st *state) {
	for id, p := range st.products {
		s.products.Store(id, p)
	}
	for id, k := range st.stocks {
		c := *k
		s.stocks.Store(id, &c)
	}
	for id, o := range st.offers {
		s.offers.Store(id, o.clone())
	}
	for id, c := range st.coupons {
		u := *c
		s.coupons.Store(id, &u)
	}
	s.lines.fill(st)
}

func (s *shelf) put(b *Batch) {
	for _, p := range b.Products {
		s.products.Store(p.ID, p)
	}
	for _, k := range b.Stocks {
		s.stocks.Store(k.Variant, k)
	}
	for _, o := range b.Offers {
		s.offers.Store(o.ID, o)
	}
	for _, c := range b.Coupons {
		s.coupons.Store(c.Code, c)
	}
	s.lines.put(b.Reservations)
}

func (s *shelf) stock(id wire.VariantID) *Stock {
	k, _ := s.stocks.Load(id)
	st, _ := k.(*Stock)
	return st
}

// Products are all products as they were committed last, in the shop's order: by Place, then by name. For others than staff hidden ones are
// left out, and of the others what only staff sees (see Public).
func (s *Shop) Products(staff bool) []wire.Product {
	list := []wire.Product{}
	s.shelf.products.Range(func(_, v any) bool {
		if p := v.(*Product); staff || !p.Hidden {
			list = append(list, s.shown(p, staff))
		}
		return true
	})
	inOrder(list)
	return list
}

func inOrder(list []wire.Product) {
	slices.SortFunc(list, func(a, b wire.Product) int { return cmp.Or(cmp.Compare(a.Place, b.Place), cmp.Compare(a.ID, b.ID)) })
}

// Some are the products of these names and those that have one of the variants, as Products shows them to the staff.
func (s *Shop) Some(products map[wire.ProductID]bool, variants map[wire.VariantID]bool) []wire.Product {
	names := maps.Clone(products)
	for v := range variants {
		if k := s.shelf.stock(v); k != nil {
			names[k.Product] = true
		}
	}
	list := make([]wire.Product, 0, len(names))
	for id := range names {
		if p, err := s.Product(id, true); err == nil {
			list = append(list, p)
		}
	}
	inOrder(list)
	return list
}

// Product is a product as it was committed last. Errors: NotFound, for others than staff of a hidden one too.
func (s *Shop) Product(id wire.ProductID, staff bool) (wire.Product, error) {
	v, _ := s.shelf.products.Load(id)
	p, ok := v.(*Product)
	if !ok || p.Hidden && !staff {
		return wire.Product{}, wire.Errorf(wire.NotFound, "there is no product %.80q", string(id))
	}
	return s.shown(p, staff), nil
}

func (s *Shop) shown(p *Product, staff bool) wire.Product {
	w := p.withStock(s.shelf.stock)
	if !staff {
		return Public(w)
	}
	return withWaiting(w, s.shelf.lines.waiting)
}

// Public is a product without what only staff sees: what is kept of imports, where pictures came from, and how many wait.
func Public(p wire.Product) wire.Product {
	p.Extra, p.Pictures, p.Variants = nil, slices.Clone(p.Pictures), slices.Clone(p.Variants)
	for i := range p.Pictures {
		p.Pictures[i].Source = ""
	}
	for i := range p.Variants {
		p.Variants[i].Extra, p.Variants[i].Waiting = nil, 0
	}
	return p
}

// Coupons are all coupons by their code, with how often they are used.
func (s *Shop) Coupons() []CouponUse {
	list := []CouponUse{}
	s.shelf.coupons.Range(func(_, v any) bool {
		list = append(list, *v.(*CouponUse))
		return true
	})
	slices.SortFunc(list, func(a, b CouponUse) int { return cmp.Compare(a.Code, b.Code) })
	return list
}

// Offers are the offers that a buyer can see in a show, the newest first: public ones that have not ended and are not
// somebody else's. Staff sees all.
func (s *Shop) Offers(buyer wire.PersonID, show wire.ShowID, staff bool) []wire.Offer {
	list := []wire.Offer{}
	s.shelf.offers.Range(func(_, v any) bool {
		o := v.(*Offer)
		seen := o.Public && !o.Ended && (o.Buyer == "" || o.Buyer == buyer) && (o.Show == "" || o.Show == show)
		if staff || seen {
			w := o.withStock(s.shelf.stock)
			if staff {
				w.Waiting = s.shelf.lines.waiting(target{offer: o.ID})
			}
			list = append(list, w)
		}
		return true
	})
	slices.SortFunc(list, func(a, b wire.Offer) int { return cmp.Or(b.From.Compare(a.From), cmp.Compare(a.ID, b.ID)) })
	return list
}

// Order is an order of the buyer's, or for staff (buyer is "") anybody's, without its contact.
func (s *Shop) Order(ctx context.Context, buyer wire.PersonID, id wire.OrderID) (*Order, error) {
	a, err := s.c.Storage.Ask(ctx, Questions{Orders: []wire.OrderID{id}})
	if err != nil {
		return nil, err
	}
	if len(a.Orders) == 0 || buyer != "" && a.Orders[0].Buyer != buyer {
		return nil, wire.Errorf(wire.NotFound, "there is no such order")
	}
	return a.Orders[0], nil
}

// Orders are all of a buyer's orders, the newest first.
func (s *Shop) Orders(ctx context.Context, buyer wire.PersonID) ([]wire.Order, error) {
	a, err := s.c.Storage.Ask(ctx, Questions{Customers: []wire.PersonID{buyer}})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(a.Orders, func(x, y *Order) int { return cmp.Compare(y.Number, x.Number) })
	list := make([]wire.Order, len(a.Orders))
	for i, o := range a.Orders {
		list[i] = o.Order
	}
	return list, nil
}

// Quote is what an order of reservations would cost.
func (s *Shop) Quote(ctx context.Context, buyer wire.PersonID, c wire.Checkout) (Quote, error) {
	asks := func(*state) Questions {
		q := Questions{Reservations: c.Reservations}
		if len(c.Coupons) > 0 {
			q.Customers = []wire.PersonID{buyer}
		}
		return q
	}
	return do(ctx, s, asks, func(t *tx) (Quote, error) {
		list, err := t.ready(buyer, c.Reservations)
		if err != nil {
			return Quote{}, err
		}
		coupons, err := t.redeem(buyer, c.Coupons, list)
		if err != nil {
			return Quote{}, err
		}
		return s.c.Terms.Quote(t.items(list), c.Contact.Address, coupons, c.Shipping)
	})
}
