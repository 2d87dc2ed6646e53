package api

import (
	"context"
	"slices"
	"strings"

	"vitrine/server/shop"
	"vitrine/server/trust"
	"vitrine/server/wire"
)

// sells says whether an address is one where a show's token counts: what its studio's product desk
// and its desk of battles need, and nothing about people.
func sells(path string) bool {
	return strings.HasPrefix(path, "/api/shop/") || path == hostsPath || path == "/api/pictures" || strings.HasPrefix(path, "/api/pictures/")
}

// asStudio makes a visitor with a show's token that show's host, who has just proved it.
func (e *edge) asStudio(v *visitor) error {
	token, err := bearer(v.r)
	if err != nil {
		return err
	}
	show, err := e.Store.ShowOf(v.r.Context(), token)
	if wire.CodeOf(err) == wire.NotFound {
		return wrongToken()
	}
	if err != nil {
		return err
	}
	now := e.Gate.Now()
	v.studio = show.ID
	v.Visit = trust.Visit{
		Session: trust.Session{Person: wire.PersonID("show." + show.ID), Proofs: trust.Proofs{Passkey: now}}, Role: trust.Host, At: now,
	}
	return nil
}

// program says whether the visitor is no person but has a token: an operator's or a show's.
func (v *visitor) program() bool { return v.Person == operator || v.studio != "" }

// seesAll says whether the visitor sees what the staff does: hidden products, offers to others, waiting lists.
func (v *visitor) seesAll() bool { return trust.May(v.Visit, trust.ProductsRead) == nil }

// about is the show that a visitor asks about. A studio asks about its own.
func (v *visitor) about(show wire.ShowID) (wire.ShowID, error) {
	if v.studio == "" {
		return show, nil
	}
	if show != "" && show != v.studio {
		return "", wire.Errorf(wire.Forbidden, "this token is of another show")
	}
	return v.studio, nil
}

// sold is an order that the visitor may give back from: whoever may not refund all orders sees those only that were bought in a show,
// a studio in its own.
func (e *edge) sold(ctx context.Context, v *visitor, id wire.OrderID) (*shop.Order, error) {
	o, err := e.Shop.Order(ctx, "", id)
	if err != nil {
		return nil, err
	}
	if v.refundsAll() || slices.ContainsFunc(o.Lines, v.sells) {
		return o, nil
	}
	return nil, wire.Errorf(wire.NotFound, "there is no such order")
}

func (v *visitor) refundsAll() bool { return trust.May(v.Visit, trust.OrdersRefund) == nil }

// sells says whether a line was bought in the visitor's show; of a person's, all shows are theirs.
func (v *visitor) sells(l wire.Line) bool {
	return l.Show != "" && (v.studio == "" || l.Show == v.studio)
}

// mayReturn reports units that were bought elsewhere than in the visitor's show.
func (v *visitor) mayReturn(o *shop.Order, list []wire.Return) error {
	for _, r := range list {
		if !v.refundsAll() && r.Line >= 0 && r.Line < len(o.Lines) && !v.sells(o.Lines[r.Line]) {
			return wire.Errorf(wire.Forbidden, "line %d was not bought in this show: ask support to give it back", r.Line)
		}
	}
	return nil
}
