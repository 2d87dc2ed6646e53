package api

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"vitrine/server/shop"
	"vitrine/server/trust"
	"vitrine/server/wire"
)

// Members knows who is in the rooms of shows.
type Members interface {
	// PersonOf is who is called that in a show's room, while they are there.
	PersonOf(show wire.ShowID, a wire.Alias) (wire.PersonID, bool)
}

// desking is what the product desk asks beside what everybody may.
func (e *edge) desking() {
	add(e, operation{method: "GET", path: "/api/shop/terms", action: trust.ShopBrowse, does: "How the shop sells: its money, where it ships to, how one pays"}, e.terms)
	add(e, operation{method: "GET", path: "/api/shop/products/{id}", action: trust.ShopBrowse, does: "A product with its version"}, e.product)
	add(e, operation{method: "GET", path: "/api/shop/coupons", action: trust.CouponsEdit, does: "All coupons, with how often they are used"}, e.coupons)
	if e.Feed != nil {
		add(e, operation{
			method: "GET", path: "/api/shop/desk/events", action: trust.ProductsRead,
			does:  "The shop as its staff sees it, as server-sent events of the wire contract's types; orders and takings are those of the show, without one the whole shop's",
			gives: []string{"text/event-stream"}, sample: "",
		}, e.deskEvents)
	}
}

func (e *edge) terms(context.Context, *visitor, *nothing) (*reply[wire.ShopTerms], error) {
	return replied(e.Shop.Terms(), nil)
}

func (e *edge) product(_ context.Context, v *visitor, in *struct {
	ID wire.ProductID `path:"id"`
},
) (*tagged[wire.Product], error) {
	p, err := e.Shop.Product(in.ID, v.seesAll())
	return tag(p, p.Version, err)
}

func (e *edge) coupons(context.Context, *visitor, *nothing) (*reply[[]wire.UsedCoupon], error) {
	return replied(e.usedCoupons(), nil)
}

func (e *edge) usedCoupons() []wire.UsedCoupon {
	list := []wire.UsedCoupon{}
	for _, c := range e.Shop.Coupons() {
		list = append(list, usedCoupon(c))
	}
	return list
}

func usedCoupon(c shop.CouponUse) wire.UsedCoupon {
	return wire.UsedCoupon{Coupon: wire.Coupon(c.Coupon), Used: c.Used}
}

// named makes an offer for somebody in a show's room, who is known there by an alias, one for the person. The alias is not kept.
func (e *edge) named(o *wire.Offer) error {
	if o.Member == "" {
		return nil
	}
	if o.Show == "" {
		return wire.Errorf(wire.Invalid, "an offer to somebody in a room needs the show whose room it is")
	}
	if e.Members != nil {
		if p, ok := e.Members.PersonOf(o.Show, o.Member); ok {
			o.Buyer, o.Member = p, ""
			return nil
		}
	}
	return wire.Errorf(wire.NotFound, "they are not in the room any more: make the offer once they are back")
}

// deskEvents is the stream of a product desk. Who goes on from an event hears the takings as they are now, beside what was missed: they may
// have been counted anew.
func (e *edge) deskEvents(ctx context.Context, v *visitor, in *struct {
	Show wire.ShowID `query:"show" doc:"whose orders and takings; a show's token has its own"`
	Last string      `header:"Last-Event-ID" maxLength:"128"`
},
) (*huma.StreamResponse, error) {
	show, err := v.about(in.Show)
	if err == nil {
		err = e.inShow(ctx, show)
	}
	if err != nil {
		return nil, err
	}
	l, missed, id, ok, err := e.Feed.listenAtDesk(v, show, in.Last)
	if err != nil {
		return nil, err
	}
	first, err := e.deskFirst(ctx, v, show, ok)
	if err != nil {
		e.Feed.leave(l)
		return nil, err
	}
	return e.streams(ctx, v, l, append(missed, first...), id), nil
}

// deskFirst is what a desk hears first: all of it, or the takings alone if it goes on.
func (e *edge) deskFirst(ctx context.Context, v *visitor, show wire.ShowID, goesOn bool) ([]told, error) {
	d := wire.DeskEvent{Orders: []wire.Order{}, Coupons: []wire.UsedCoupon{}}
	may := v.hearing()
	var err error
	if may.sales {
		if d.Takings, d.Orders, err = e.Shop.Sales(ctx, show); err != nil {
			return nil, err
		}
	}
	if goesOn {
		if !may.sales {
			return nil, nil
		}
		text, err := wire.TakingsEvent{Takings: d.Takings}.MarshalJSON()
		return []told{{kind: "takings", text: text}}, err
	}
	if may.coupons {
		d.Coupons = e.usedCoupons()
	}
	d.Terms, d.Products, d.Offers = e.Shop.Terms(), e.Shop.Products(true), e.Shop.Offers("", "", true)
	text, err := d.MarshalJSON()
	return []told{{kind: "desk", text: text}}, err
}
