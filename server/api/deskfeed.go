package api

import (
	"fmt"
	"maps"
	"slices"

	"vitrine/server/shop"
	"vitrine/server/trust"
	"vitrine/server/wire"
)

// deskEar is what a listener at a product desk may hear beside products and offers.
type deskEar struct{ sales, coupons bool }

// deskOnly says for which desks an event is: those of all shows, or of these; of who may see sales, or coupons.
type deskOnly struct {
	shows          []wire.ShowID // nil for all; "" for who listens to the whole shop
	sales, coupons bool
}

func (d *deskEar) hears(show wire.ShowID, o *deskOnly) bool {
	return (d.sales || !o.sales) && (d.coupons || !o.coupons) && (o.shows == nil || slices.Contains(o.shows, show))
}

// counted is what desks were told last. It belongs to Run.
type counted struct {
	stock   map[wire.VariantID]wire.Stock
	takings map[wire.ShowID]wire.Takings
}

// listenAtDesk is listen for the staff. IDs name the show: another's events were not made for this one.
func (f *Feed) listenAtDesk(v *visitor, show wire.ShowID, after string) (l *ear, missed []told, id string, ok bool, err error) {
	l = &ear{show: show, persons: v.persons(), name: f.boot + "." + string(show), events: make(chan told, earOf), desk: v.hearing()}
	missed, id, ok, err = f.join(l, v.caller.Network(), after)
	return l, missed, id, ok, err
}

func (v *visitor) hearing() *deskEar {
	return &deskEar{sales: v.seesSales(), coupons: trust.May(v.Visit, trust.CouponsEdit) == nil}
}

func (v *visitor) seesSales() bool {
	return trust.May(v.Visit, trust.ShowSales) == nil || trust.May(v.Visit, trust.OrdersRead) == nil
}

// lose cuts the desks off that listen to shows whose takings are not known any more: they come back and have them computed. The mutex is held.
func (f *Feed) lose(shows []wire.ShowID) {
	for l := range f.ears {
		if l.desk != nil && l.desk.sales && slices.Contains(shows, l.show) {
			f.drop(l)
		}
	}
}

// deskEvents are what was noted, as the desks of these shows see it now. Of those that are lost the takings are not known.
func (n noted) deskEvents(s *shop.Shop, shows []wire.ShowID, last counted) (list []told, lost []wire.ShowID, err error) {
	add := func(kind string, to deskOnly, e wire.Event) {
		text, failed := e.MarshalJSON()
		if failed != nil {
			err = fmt.Errorf("write a desk's event of kind %s: %w", kind, failed)
			return
		}
		list = append(list, told{kind: kind, text: text, desk: &to})
	}
	if len(n.products)+len(n.stocks)+len(n.reservations) > 0 {
		n.deskGoods(s, last, add)
	}
	if len(n.offers)+len(n.stocks)+len(n.reservations) > 0 {
		n.deskOffers(s, add)
	}
	for _, c := range n.coupons {
		add("coupon", deskOnly{coupons: true}, wire.CouponEvent{Coupon: usedCoupon(c)})
	}
	touched := map[wire.ShowID]bool{}
	for _, o := range n.orders {
		in := showsOf(o.it)
		for _, show := range in {
			touched[show] = true
		}
		add("order", deskOnly{shows: in, sales: true}, wire.OrderEvent{Order: o.it})
	}
	for _, show := range shows {
		if !touched[show] {
			continue
		}
		t, known := s.Takings(show)
		if !known {
			lost = append(lost, show)
		} else if last.takings[show] != t {
			last.takings[show] = t
			add("takings", deskOnly{shows: []wire.ShowID{show}, sales: true}, wire.TakingsEvent{Takings: t})
		}
	}
	return list, lost, err
}

// showsOf are the shows in which an order was bought, and the whole shop.
func showsOf(o wire.Order) []wire.ShowID {
	list := []wire.ShowID{""}
	for _, l := range o.Lines {
		if !slices.Contains(list, l.Show) {
			list = append(list, l.Show)
		}
	}
	return list
}

// deskGoods are the products that changed, and stock and waiting lists of the others.
func (n noted) deskGoods(s *shop.Shop, last counted, add func(string, deskOnly, wire.Event)) {
	moved := maps.Clone(n.stocks)
	for _, r := range n.reservations { // maybe of those who wait
		moved[r.it.Variant] = true
	}
	var stock []wire.Stock
	for _, p := range s.Some(n.products, moved) {
		whole := n.products[p.ID]
		if whole {
			add("product", deskOnly{}, wire.ProductEvent{Product: p})
		}
		for _, v := range p.Variants {
			k := wire.Stock{Variant: v.ID, Left: v.Left, Version: v.Version, Stock: v.Stock, Waiting: v.Waiting}
			if !whole && (!moved[v.ID] || last.stock[v.ID] == k) {
				continue
			}
			if last.stock[v.ID] = k; !whole {
				stock = append(stock, k)
			}
		}
	}
	if len(stock) > 0 {
		add("stock", deskOnly{}, wire.StockEvent{Stock: stock})
	}
}

// deskOffers are the offers that changed, of which units were taken, or for which others wait.
func (n noted) deskOffers(s *shop.Shop, add func(string, deskOnly, wire.Event)) {
	waits := map[wire.OfferID]bool{}
	for _, r := range n.reservations {
		waits[r.it.Offer] = true
	}
	for _, o := range s.Offers("", "", true) {
		stock := !o.Ended && slices.ContainsFunc(o.Parts, func(p wire.Part) bool { return n.stocks[p.Variant] })
		if n.offers[o.ID] || waits[o.ID] || stock {
			add("offer", deskOnly{}, wire.OfferEvent{Offer: o})
		}
	}
}
