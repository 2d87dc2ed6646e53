package server

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"vitrine/server/web"
	"vitrine/server/wire"
)

const (
	// lookedFor is how long the page of a show may tell what was so, as the list of live shows; lookWithin how long the database may take.
	lookedFor  = 2 * time.Second
	lookWithin = 2 * time.Second
)

// display tells the pages what their heads say, so that a crowd that comes at once reads the database once.
type display struct {
	*rooms
	looks singleflight.Group
	seen  sync.Map // of look, by the names of shows that there are
}

// look is what was so in a show.
type look struct {
	at      time.Time
	show    wire.Show
	showing wire.Showing
}

// look reads a show and what its host shows.
func (d *display) look(ctx context.Context, id wire.ShowID) (look, error) {
	if l, ok := d.seen.Load(id); ok && time.Since(l.(look).at) < lookedFor {
		return l.(look), nil
	}
	l, err, _ := d.looks.Do(string(id), func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookWithin)
		defer cancel()
		show, _, err := d.db.Show(ctx, id)
		if err != nil {
			return look{}, err
		}
		showing, err := d.talk.hub.Showing(ctx, id)
		l := look{time.Now(), show, showing}
		if err == nil {
			d.seen.Store(id, l)
		}
		return l, err
	})
	return l.(look), err
}

// About implements web.Shows.
func (d *display) About(ctx context.Context, id wire.ShowID, product wire.ProductID) (web.About, error) {
	l, err := d.look(ctx, id)
	if err != nil {
		return web.About{}, err
	}
	sold := d.trade.shop
	a := web.About{Show: d.stage.Show(id).Describe(l.show), Offers: sold.Offers("", id, false)}
	p, err := sold.Product(product, false)
	if a.Asked = err == nil; !a.Asked {
		p, err = sold.Product(cmp.Or(l.showing.Product, d.productOf(a.Offers, l.showing.Offer)), false)
	}
	if err == nil {
		a.Product = &p
	}
	return a, nil // a product that is hidden or gone is none
}

// productOf is what an offer is for; "" for none and for several things at one price.
func (d *display) productOf(offers []wire.Offer, id wire.OfferID) wire.ProductID {
	i := slices.IndexFunc(offers, func(o wire.Offer) bool { return o.ID == id && o.Kind != wire.Bundle })
	if i < 0 {
		return ""
	}
	for _, p := range d.trade.shop.Some(nil, map[wire.VariantID]bool{offers[i].Parts[0].Variant: true}) {
		return p.ID
	}
	return ""
}

// Open implements web.Shows. Those on air come first, then the newest.
func (d *display) Open(ctx context.Context) ([]wire.Show, []wire.Product, error) {
	ctx, cancel := context.WithTimeout(ctx, lookWithin)
	defer cancel()
	all, err := d.db.Shows(ctx)
	if err != nil {
		return nil, nil, err
	}
	all = slices.DeleteFunc(all, func(s wire.Show) bool { return s.State != wire.Open })
	for i := range all {
		all[i] = d.stage.Show(all[i].ID).Describe(all[i])
	}
	slices.SortStableFunc(all, func(a, b wire.Show) int {
		switch {
		case a.Live == b.Live:
			return 0
		case a.Live:
			return -1
		default:
			return 1
		}
	})
	return all, d.trade.shop.Products(false), nil
}
