package studio

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"slices"
	"time"

	"vitrine/server/wire"
)

// maxOrders is how many orders a snapshot has.
const maxOrders = 200

// wish is the name of a request that was not answered.
type wish struct {
	id    string
	until time.Time
}

func offerID(o wire.Offer) wire.OfferID { return o.ID }

// order takes an order.
func (d *desk) order(o wire.Order) {
	all := d.shop.Orders
	all = slices.DeleteFunc(slices.Clone(all), func(other wire.Order) bool { return other.ID == o.ID })
	at := slices.IndexFunc(all, func(other wire.Order) bool { return other.Number < o.Number })
	if at < 0 {
		at = len(all)
	}
	all = slices.Insert(all, at, o)
	d.shop.Orders = all[:min(len(all), maxOrders)]
}

// offer takes an offer, the newest first.
func (d *desk) offer(o wire.Offer) {
	d.shop.Offers = slices.Clone(d.shop.Offers)
	if was := find(d.shop.Offers, o.ID, offerID); was == nil {
		d.shop.Offers = slices.Insert(d.shop.Offers, 0, o)
	} else if o.Version >= was.Version {
		*was = o
	}
}

func (d *desk) coupon(c wire.UsedCoupon) {
	code := func(c wire.UsedCoupon) wire.CouponCode { return c.Coupon.Code }
	d.shop.Coupons = slices.Clone(d.shop.Coupons)
	if was := find(d.shop.Coupons, c.Coupon.Code, code); was != nil {
		*was = c
	} else {
		d.shop.Coupons = append(d.shop.Coupons, c)
	}
}

// atServer has the shop's server do something, and takes the event that it answers. The key is the same for the same body within a minute
// from a call that was not answered.
func (s *Session) atServer(ctx context.Context, what any, do func(link ShopLink, key string) (wire.Event, error)) error {
	b, err := json.Marshal(what)
	if err != nil {
		return err
	}
	body := string(b)
	var d *desk
	var key string
	if err := s.do(ctx, func() error {
		if d = s.desk; d.link == nil {
			return ErrNoServer
		}
		key = rand.Text()
		if w, ok := d.wishes[body]; ok && time.Now().Before(w.until) {
			key = w.id
		}
		delete(d.wishes, body)
		return nil
	}); err != nil {
		return err
	}
	e, err := do(d.link, key)
	taken := s.do(s.ctx, func() error {
		switch {
		case err == nil:
			d.hear([]wire.Event{e})
			d.soon = true
		case passing(err):
			d.wishes[body] = wish{key, time.Now().Add(sameWish)}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return taken
}

// AddStock adds units to a variant, or takes free ones out. It waits for the server.
func (s *Session) AddStock(ctx context.Context, v wire.VariantID, units int, reason string) error {
	a := wire.AddStock{Units: units, Reason: reason}
	return s.atServer(ctx, []any{"stock", v, a}, func(link ShopLink, key string) (wire.Event, error) {
		w, err := link.AddStock(ctx, v, a, key)
		return wire.StockEvent{Stock: []wire.Stock{{Variant: w.ID, Left: w.Left, Stock: w.Stock, Waiting: w.Waiting, Version: w.Version}}}, err
	})
}

// PutOffer makes an offer or changes it; with Public set it is on air at once. This and all below wait for the server. What it refuses is a
// *wire.Error. A call that was not answered may be repeated: within a minute it is the same wish.
func (s *Session) PutOffer(ctx context.Context, o wire.Offer) error {
	return s.atServer(ctx, []any{"offer", o}, func(link ShopLink, key string) (wire.Event, error) {
		if o.ID == "" {
			o.ID = wire.OfferID(key)
		}
		made, err := link.PutOffer(ctx, o, o.Version)
		if wire.CodeOf(err) == wire.Precondition && o.ID == wire.OfferID(key) {
			if there := find(s.Snapshot().Shop.Offers, o.ID, offerID); there != nil {
				return wire.OfferEvent{Offer: *there}, nil // an earlier try has made it
			}
		}
		return wire.OfferEvent{Offer: made}, err
	})
}

// EndOffer ends an offer that was promised no end.
func (s *Session) EndOffer(ctx context.Context, id wire.OfferID) error {
	return s.atServer(ctx, []any{"end", id}, func(link ShopLink, _ string) (wire.Event, error) {
		o, err := link.EndOffer(ctx, id)
		return wire.OfferEvent{Offer: o}, err
	})
}

// PutCoupon makes a coupon or changes it.
func (s *Session) PutCoupon(ctx context.Context, c wire.Coupon) error {
	return s.atServer(ctx, []any{"coupon", c}, func(link ShopLink, _ string) (wire.Event, error) {
		u, err := link.PutCoupon(ctx, c)
		return wire.CouponEvent{Coupon: u}, err
	})
}

// RefundOrder gives back what was paid for units.
func (s *Session) RefundOrder(ctx context.Context, id wire.OrderID, r wire.Refund) error {
	return s.atServer(ctx, []any{"refund", id, r}, func(link ShopLink, key string) (wire.Event, error) {
		o, err := link.Refund(ctx, id, r, key)
		return wire.OrderEvent{Order: o}, err
	})
}

// CancelOrder cancels an order and gives its money back.
func (s *Session) CancelOrder(ctx context.Context, id wire.OrderID, reason string) error {
	return s.atServer(ctx, []any{"cancel", id, reason}, func(link ShopLink, _ string) (wire.Event, error) {
		o, err := link.Cancel(ctx, id, wire.Cancel{Reason: reason})
		return wire.OrderEvent{Order: o}, err
	})
}

// ShowProduct shows viewers a product or an offer, with the picture that is on air now; the zero value nothing.
func (s *Session) ShowProduct(ctx context.Context, what wire.Showing) error {
	return s.ask(ctx, wire.RoomRequest{Show: &what})
}

// showing is what viewers of the chosen show see as shown. Of what another show shows nothing is sold here.
func (s *Session) showing() wire.Showing {
	if s.guest != nil {
		return wire.Showing{}
	}
	return s.visit.showing
}

// ShowNext shows the product so many places further down in the list of those that are not hidden; −1 is the one before. Behind the last comes
// the first. Of an offer it goes on from the product that it is of.
func (s *Session) ShowNext(ctx context.Context, step int) error {
	var next wire.Showing
	if err := s.do(ctx, func() error {
		d := s.desk
		seen := slices.DeleteFunc(d.list(), func(p Product) bool { return p.Hidden || p.New })
		if len(seen) == 0 {
			return wire.Errorf(wire.NotFound, "there is no product to show")
		}
		at := slices.IndexFunc(seen, func(p Product) bool { return p.ID == d.shown(s.showing()) })
		if at < 0 && step < 0 {
			at = 0
		}
		n := len(seen)
		next.Product = seen[((at+step)%n+n)%n].ID
		return nil
	}); err != nil {
		return err
	}
	return s.ShowProduct(ctx, next)
}

// shown is the product that is shown, or that the offer is of that is.
func (d *desk) shown(what wire.Showing) wire.ProductID {
	if o := find(d.shop.Offers, what.Offer, offerID); o != nil && what.Offer != "" && len(o.Parts) > 0 {
		return d.owner[o.Parts[0].Variant]
	}
	return what.Product
}
