package api

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"vitrine/server/pay"
	"vitrine/server/shop"
	"vitrine/server/trust"
	"vitrine/server/wire"
)

const (
	anyType = "*/*"
	// maxNotice bounds a payment provider's notice, in bytes.
	maxNotice = 256 << 10
)

// paying is what payment providers do.
func (e *edge) paying() {
	add(e, operation{
		method: "POST", path: "/api/pay/{method}/webhook", action: trust.PaymentsTell, does: "A payment provider's signed notice", status: http.StatusNoContent,
		most: maxNotice, kind: anyType,
	}, e.webhook)
}

// webhook takes a provider's notice. It answers with success once what the notice told is settled, so that a provider whose notice
// was not sends it again.
func (e *edge) webhook(ctx context.Context, v *visitor, in *struct {
	Method  wire.PayMethod `path:"method"`
	RawBody []byte         `contentType:"*/*"`
},
) (*nothing, error) {
	provider := e.Pay[in.Method]
	if provider == nil {
		return nil, wire.Errorf(wire.NotFound, "nothing is paid in this way here")
	}
	n, err := provider.Webhook(v.r.Header, in.RawBody)
	if err != nil || n.Ref == "" {
		return nil, err
	}
	if n.Payment.Status == "" || n.Order == "" {
		_, err = e.lookAndSettle(ctx, provider, n.Ref, n.Order)
	} else {
		_, err = e.Shop.Settle(ctx, n.Payment)
	}
	if wire.CodeOf(err) == wire.NotFound { // another shop's with the same provider: to send it again would not help
		return nil, nil
	}
	return nil, err
}

// lookAndSettle asks a provider how a payment stands and settles that.
func (e *edge) lookAndSettle(ctx context.Context, provider pay.Provider, ref string, order wire.OrderID) (wire.Order, error) {
	p, err := provider.Look(ctx, ref)
	if err != nil {
		return wire.Order{}, err
	}
	p.Order = cmp.Or(p.Order, order)
	return e.Shop.Settle(ctx, p)
}

// withContact is an order with whom it goes to, if that is kept.
func (e *edge) withContact(ctx context.Context, o *shop.Order) (wire.Order, error) {
	w := o.Order
	if e.Open == nil || len(o.Sealed) == 0 {
		return w, nil
	}
	plain, err := e.Open(ctx, o.Buyer, o.ID, o.Sealed)
	if wire.CodeOf(err) == wire.NotFound { // the buyer was erased
		return w, nil
	}
	if err != nil {
		return w, fmt.Errorf("open the contact of order %d: %w", o.Number, err)
	}
	w.Contact = &wire.Contact{}
	if err := json.Unmarshal(plain, w.Contact); err != nil {
		return w, fmt.Errorf("read the contact of order %d: %w", o.Number, err)
	}
	return w, nil
}

func newestFirst(list []wire.Order) {
	slices.SortFunc(list, func(a, b wire.Order) int { return cmp.Compare(b.Number, a.Number) })
}
