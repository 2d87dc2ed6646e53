package shop

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"vitrine/server/wire"
)

// shelf is what everybody may see: copies of what was committed last.
type shelf struct {
	products, stocks, offers sync.Map // by name, of *Product, *Stock and *Offer, which never change
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
}

func (s *shelf) stock(id wire.VariantID) *Stock {
	k, _ := s.stocks.Load(id)
	st, _ := k.(*Stock)
	return st
}

// Products are all products as they were committed last, by name; hidden ones for staff only.
func (s *Shop) Products(staff bool) []wire.Product {
	list := []wire.Product{}
	s.shelf.products.Range(func(_, v any) bool {
		if p := v.(*Product); staff || !p.Hidden {
			list = append(list, p.withStock(s.shelf.stock))
		}
		return true
	})
	slices.SortFunc(list, func(a, b wire.Product) int { return cmp.Compare(a.ID, b.ID) })
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
			list = append(list, o.withStock(s.shelf.stock))
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
