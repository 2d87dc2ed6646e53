package api

import (
	"bytes"
	"context"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"vitrine/server/shop"
	"vitrine/server/trust"
	"vitrine/server/wire"
)

const (
	// filesMost is how many orders a file has at most.
	filesMost = 10_000

	csvType  = "text/csv; charset=utf-8"
	htmlType = "text/html; charset=utf-8"
)

// keeping is what the staff does in the shop.
func (e *edge) keeping() {
	add(e, operation{
		method: "PUT", path: "/api/shop/products/{id}", action: trust.ProductsEdit, does: "Make a product (If-None-Match: *) or change the version seen (If-Match)",
	}, e.putProduct)
	add(e, operation{
		method: "POST", path: "/api/shop/variants/{id}/stock", action: trust.StockEdit, does: "Add units, or take free ones out; repeat it with the same Idempotency-Key",
		gives: []string{jsonType}, sample: wire.Variant{},
	}, e.addStock)
	add(e, operation{
		method: "PUT", path: "/api/shop/offers/{id}", action: trust.OffersPublish, does: "Make an offer (If-None-Match: *) or change the version seen (If-Match)",
	}, e.putOffer)
	add(e, operation{method: "POST", path: "/api/shop/offers/{id}/end", action: trust.OffersPublish, does: "End an offer that was promised no end"}, e.endOffer)
	add(e, operation{method: "PUT", path: "/api/shop/coupons/{code}", action: trust.CouponsEdit, does: "Make or change a coupon"}, e.putCoupon)
	add(e, operation{
		method: "POST", path: "/api/shop/admin/orders/{id}/refund", action: trust.ShowRefund,
		does: "Give back what was paid for units; repeat it with the same Idempotency-Key", gives: []string{jsonType}, sample: wire.Order{},
	}, e.refund)
	add(e, operation{method: "POST", path: "/api/shop/admin/orders/{id}/cancel", action: trust.ShowRefund, does: "Cancel an order and give its money back"}, e.cancel)
	add(e, operation{
		method: "POST", path: "/api/shop/admin/orders/{id}/paid", action: trust.OrdersRefund, does: "Say that money came by hand: cash, or a bank transfer",
	}, e.paid)
	add(e, operation{
		method: "GET", path: "/api/shop/admin/orders.csv", action: trust.OrdersExport, does: "Orders for bookkeeping", gives: []string{csvType}, sample: "",
	}, e.ordersFile)
	add(e, operation{
		method: "GET", path: "/api/shop/admin/packing", action: trust.OrdersShip, does: "What is to be packed, grouped by buyer",
		gives: []string{htmlType, csvType}, sample: "",
	}, e.packing)
	add(e, operation{method: "GET", path: "/api/shop/audit", action: trust.LedgerAudit, does: "Compute the shop again from its ledger, and compare"}, e.audit)
}

// seen is the version that an edit has seen; 0 for what is to be made.
func seen(ifMatch, ifNoneMatch string) (int64, error) {
	switch {
	case ifNoneMatch == "*" && ifMatch == "":
		return 0, nil
	case ifMatch == "":
		return 0, wire.Errorf(wire.PreconditionRequired, `say in If-Match which version you have seen, as "3", or If-None-Match: * to make it`)
	}
	n, err := strconv.ParseInt(strings.Trim(ifMatch, `"`), 10, 64)
	if err != nil || n < 1 {
		return 0, wire.Errorf(wire.Precondition, `If-Match is the version that you have seen, as "3"`)
	}
	return n, nil
}

// tagged is a body with its version.
type tagged[T any] struct {
	ETag string `header:"ETag"`
	Body T
}

func tag[T any](body T, version int64, err error) (*tagged[T], error) {
	if err != nil {
		return nil, err
	}
	return &tagged[T]{`"` + strconv.FormatInt(version, 10) + `"`, body}, nil
}

// sameName reports a body about something else than its address.
func sameName[N ~string](address, body N) error {
	if address != body {
		return wire.Errorf(wire.Invalid, "the address is of %.80q, the body of %.80q", string(address), string(body))
	}
	return nil
}

func (e *edge) putProduct(ctx context.Context, v *visitor, in *struct {
	ID          wire.ProductID `path:"id"`
	IfMatch     string         `header:"If-Match" doc:"the version seen, as \"3\""`
	IfNoneMatch string         `header:"If-None-Match" doc:"* to make what is not there"`
	Body        wire.Product
},
) (*tagged[wire.Product], error) {
	version, err := seen(in.IfMatch, in.IfNoneMatch)
	if err == nil {
		err = sameName(in.ID, in.Body.ID)
	}
	if err != nil {
		return nil, err
	}
	p, err := e.Shop.PutProduct(ctx, v.Person, in.Body, version)
	return tag(p, p.Version, err)
}

func (e *edge) putOffer(ctx context.Context, v *visitor, in *struct {
	ID          wire.OfferID `path:"id"`
	IfMatch     string       `header:"If-Match" doc:"the version seen, as \"3\""`
	IfNoneMatch string       `header:"If-None-Match" doc:"* to make what is not there"`
	Body        wire.Offer
},
) (*tagged[wire.Offer], error) {
	version, err := seen(in.IfMatch, in.IfNoneMatch)
	if err == nil {
		err = sameName(in.ID, in.Body.ID)
	}
	if err == nil {
		err = e.named(&in.Body)
	}
	if err != nil {
		return nil, err
	}
	o, err := e.Shop.PutOffer(ctx, v.Person, in.Body, version)
	return tag(o, o.Version, err)
}

func (e *edge) endOffer(ctx context.Context, v *visitor, in *struct {
	ID wire.OfferID `path:"id"`
},
) (*tagged[wire.Offer], error) {
	o, err := e.Shop.EndOffer(ctx, v.Person, in.ID)
	return tag(o, o.Version, err)
}

func (e *edge) putCoupon(ctx context.Context, v *visitor, in *struct {
	Code wire.CouponCode `path:"code"`
	Body wire.Coupon
},
) (*reply[wire.UsedCoupon], error) {
	if err := sameName(in.Code, in.Body.Code); err != nil {
		return nil, err
	}
	u, err := e.Shop.PutCoupon(ctx, v.Person, shop.Coupon(in.Body))
	return replied(usedCoupon(u), err)
}

// repeatable has do answer a request once, however often it comes with the same Idempotency-Key within the time that answers are kept.
func repeatable[T any](v *visitor, body []byte, do func() (T, error)) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(huma.Context) {
		err := v.e.answers.once(v.w, v.r, body, func(w http.ResponseWriter) error {
			if v.r.Header.Get(wire.IdempotencyKey) == "" {
				return wire.Errorf(wire.PreconditionRequired, "this needs an %s: random, the same with every try of the same wish", wire.IdempotencyKey)
			}
			got, err := do()
			if err != nil {
				return err
			}
			return answerJSON(w, http.StatusOK, got)
		})
		if err != nil {
			v.e.fail(v.w, v.r, err)
		}
	}}
}

func (e *edge) addStock(ctx context.Context, v *visitor, in *struct {
	ID      wire.VariantID `path:"id"`
	Key     string         `header:"Idempotency-Key"`
	Body    wire.AddStock
	RawBody []byte
},
) (*huma.StreamResponse, error) {
	return repeatable(v, bytes.Clone(in.RawBody), func() (wire.Variant, error) {
		return e.Shop.AddStock(ctx, v.Person, in.ID, in.Body.Units, in.Body.Reason)
	}), nil
}

// refund refuses what was decided on an older sight of the order: the key is remembered for a minute only, what was given back for ever.
func (e *edge) refund(ctx context.Context, v *visitor, in *struct {
	ID      wire.OrderID `path:"id"`
	Key     string       `header:"Idempotency-Key"`
	Body    wire.Refund
	RawBody []byte
},
) (*huma.StreamResponse, error) {
	return repeatable(v, bytes.Clone(in.RawBody), func() (wire.Order, error) {
		o, err := e.sold(ctx, v, in.ID)
		if err == nil {
			err = v.mayReturn(o, in.Body.Returns)
		}
		if err != nil {
			return wire.Order{}, err
		}
		if o.Refunded.Minor != in.Body.Refunded.Minor {
			return wire.Order{}, wire.Errorf(wire.Precondition, "%s were given back by now: look at the order and try again", o.Refunded)
		}
		if err := e.takeCoins(ctx, o, in.Body.Returns); err != nil {
			return wire.Order{}, err
		}
		e.Log.Info("refund", "by", v.Person, "order", o.Number)
		return e.Shop.Refund(ctx, in.ID, in.Body.Returns, in.Body.Reason)
	}), nil
}

func (e *edge) cancel(ctx context.Context, v *visitor, in *struct {
	ID   wire.OrderID `path:"id"`
	Body *wire.Cancel `doc:"may be left out"`
},
) (*reply[wire.Order], error) {
	o, err := e.sold(ctx, v, in.ID)
	if err == nil {
		err = v.mayReturn(o, everything(o))
	}
	if err != nil {
		return nil, err
	}
	reason := ""
	if in.Body != nil {
		reason = in.Body.Reason
	}
	e.Log.Info("cancel", "by", v.Person, "order", o.Number)
	return replied(e.cancelOrder(ctx, "", o, reason))
}

// byHand is a way to pay in which staff says that the money came.
type byHand interface {
	Paid(ctx context.Context, ref, key string, amount wire.Money) (wire.Payment, error)
}

func (e *edge) paid(ctx context.Context, v *visitor, in *struct {
	ID   wire.OrderID `path:"id"`
	Body wire.PaidByHand
},
) (*reply[wire.Order], error) {
	o, err := e.Shop.Order(ctx, "", in.ID)
	if err != nil {
		return nil, err
	}
	if len(o.Payments) == 0 {
		return nil, wire.Errorf(wire.Conflict, "nobody has begun to pay this order")
	}
	last := o.Payments[len(o.Payments)-1]
	hand, ok := e.Pay[last.Method].(byHand)
	if !ok {
		return nil, wire.Errorf(wire.Conflict, "money for this order does not come by hand")
	}
	e.Log.Info("paid by hand", "by", v.Person, "order", o.Number)
	p, err := hand.Paid(ctx, last.Ref, in.Body.ID, in.Body.Amount)
	if err != nil {
		return nil, err
	}
	p.Order = o.ID
	return replied(e.Shop.Settle(ctx, p))
}

// find returns the newest orders that are wanted, with their contacts, the newest first.
func (e *edge) find(ctx context.Context, most int, want func(*shop.Order) bool) ([]wire.Order, error) {
	var found []*shop.Order
	err := e.Shop.EachOrder(ctx, func(o *shop.Order) error {
		if want(o) {
			if found = append(found, o); len(found) >= 2*most { // the older half will not be wanted
				found = append(found[:0], found[len(found)-most:]...)
			}
		}
		return ctx.Err()
	})
	if err != nil {
		return nil, err
	}
	list := make([]wire.Order, 0, min(most, len(found)))
	for _, o := range found[max(0, len(found)-most):] {
		w, err := e.withContact(ctx, o)
		if err != nil {
			return nil, err
		}
		list = append(list, w)
	}
	newestFirst(list)
	return list, nil
}

type table struct {
	From  time.Time `query:"from" doc:"made then or later"`
	Until time.Time `query:"until" doc:"made before then"`
	Excel bool      `query:"excel" doc:"a byte order mark before it"`
}

func (e *edge) ordersFile(ctx context.Context, v *visitor, in *table) (*file, error) {
	list, err := e.find(ctx, filesMost+1, func(o *shop.Order) bool {
		return !o.Made.Before(in.From) && (in.Until.IsZero() || o.Made.Before(in.Until))
	})
	if err == nil && len(list) > filesMost {
		err = wire.Errorf(wire.TooLarge, "these are more than %d orders: choose a shorter time", filesMost)
	}
	if err != nil {
		return nil, err
	}
	e.Log.Info("orders exported", "by", v.Person, "orders", len(list))
	var b bytes.Buffer
	err = shop.OrdersCSV(&b, list, in.Excel)
	return fileOf(csvType, "orders.csv", b.Bytes(), err)
}

func (e *edge) packing(ctx context.Context, _ *visitor, in *struct {
	Format   string `query:"format" enum:"html,csv" default:"html"`
	Language string `query:"language" default:"en" maxLength:"35"`
	Excel    bool   `query:"excel"`
},
) (*file, error) {
	list, err := e.find(ctx, filesMost, (*shop.Order).Packs)
	if err != nil {
		return nil, err
	}
	// Whose buyer was erased has no address left to go to.
	shipped := list[:0]
	for _, o := range list {
		if o.Contact != nil {
			shipped = append(shipped, o)
		}
	}
	if in.Format == "csv" {
		var b bytes.Buffer
		err := shop.PackingCSV(&b, shipped, in.Excel)
		return fileOf(csvType, "packing.csv", b.Bytes(), err)
	}
	paper, err := shop.PackingList(shipped, in.Language)
	return fileOf(htmlType, "packing.html", []byte(paper.HTML), err)
}

func (e *edge) audit(ctx context.Context, _ *visitor, _ *nothing) (*reply[wire.Audit], error) {
	if !e.auditing.TryLock() {
		return nil, &wire.Error{Code: wire.RateLimited, Text: "an audit is under way: wait for it", RetryAfter: time.Minute}
	}
	defer e.auditing.Unlock()
	a, err := e.Shop.Audit(ctx)
	if err != nil {
		return nil, err
	}
	return replied(wire.Audit{
		Seq: a.Head.Seq, Hash: hex.EncodeToString(a.Head.Hash[:]), Reservations: a.Reservations, Orders: a.Orders, Wrong: append([]string{}, a.Wrong...),
	}, nil)
}
