package api

import (
	"context"
	"time"

	"vitrine/server/shop"
	"vitrine/server/trust"
	"vitrine/server/wire"
)

// reply is a body and nothing else.
type reply[T any] struct{ Body T }

func replied[T any](body T, err error) (*reply[T], error) {
	if err != nil {
		return nil, err
	}
	return &reply[T]{body}, nil
}

// nothing is no body.
type nothing struct{}

// asks is a request that is only a body.
type asks[T any] struct{ Body T }

type reservationAt struct {
	ID wire.ReservationID `path:"id"`
}

type orderAt struct {
	ID wire.OrderID `path:"id"`
}

// buying is what buyers and visitors do.
func (e *edge) buying() {
	add(e, operation{method: "GET", path: "/api/shop/products", action: trust.ShopBrowse, does: "All products with their stock"}, e.products)
	add(e, operation{method: "GET", path: "/api/shop/offers", action: trust.ShopBrowse, does: "Offers that the visitor can see in a show"}, e.offers)
	add(e, operation{
		method: "POST", path: "/api/shop/reservations", action: trust.ShopBuy, does: "Hold units, or hear truthfully that there are none",
	}, e.reserve)
	add(e, operation{method: "GET", path: "/api/shop/reservations/{id}", action: trust.ShopBuy, does: "A reservation of one's own"}, e.reservation)
	add(e, operation{method: "DELETE", path: "/api/shop/reservations/{id}", action: trust.ShopBuy, does: "Give held units back"}, e.release)
	add(e, operation{method: "POST", path: "/api/shop/quote", action: trust.ShopBuy, does: "What an order would cost"}, e.quote)
	add(e, operation{method: "POST", path: "/api/shop/orders", action: trust.ShopBuy, does: "Order what is held, and begin to pay"}, e.place)
	add(e, operation{method: "GET", path: "/api/shop/orders", action: trust.OrdersOwn, does: "One's own orders, the newest first"}, e.ownOrders)
	add(e, operation{method: "GET", path: "/api/shop/orders/{id}", action: trust.OrdersOwn, does: "An order of one's own"}, e.ownOrder)
	add(e, operation{method: "POST", path: "/api/shop/orders/{id}/pay", action: trust.OrdersOwn, does: "Try again to pay"}, e.payAgain)
	add(e, operation{
		method: "POST", path: "/api/shop/orders/{id}/settle", action: trust.OrdersOwn, does: "Back from the provider's page: ask it, and settle",
	}, e.settleOwn)
	add(e, operation{method: "POST", path: "/api/shop/orders/{id}/cancel", action: trust.OrdersOwn, does: "Cancel, within a day from the payment"}, e.cancelOwn)
}

func (e *edge) products(_ context.Context, v *visitor, _ *nothing) (*reply[[]wire.Product], error) {
	return replied(e.Shop.Products(v.seesAll()), nil)
}

func (e *edge) offers(_ context.Context, v *visitor, in *struct {
	Show wire.ShowID `query:"show"`
},
) (*reply[[]wire.Offer], error) {
	return replied(e.Shop.Offers(v.seenAs(), in.Show, v.seesAll()), nil)
}

// seenAs is who offers are shown to.
func (v *visitor) seenAs() wire.PersonID {
	if list := v.persons(); len(list) > 0 {
		return list[0]
	}
	return ""
}

func (e *edge) reserve(ctx context.Context, v *visitor, in *asks[wire.Reserve]) (*reply[wire.Reservation], error) {
	if err := e.inShow(ctx, in.Body.Show); err != nil {
		return nil, err
	}
	done, err := e.alone(in.Body.ID)
	if err != nil {
		return nil, err
	}
	defer done()
	buyer := v.buyer()
	r, err := e.Shop.Reserve(ctx, buyer, in.Body)
	if err == nil && r.State == wire.Held {
		e.wishes.note(buyer, r)
	}
	return replied(r, err)
}

// alone refuses a key that is being answered (draft-ietf-httpapi-idempotency-key-header-07 §2.6), until done.
func (e *edge) alone(key any) (done func(), err error) {
	if _, twice := e.atWork.LoadOrStore(key, true); twice {
		return nil, &wire.Error{Code: wire.Conflict, Text: "this is being decided already: ask again in a moment", RetryAfter: time.Second}
	}
	return func() { e.atWork.Delete(key) }, nil
}

// inShow reports a show that does not exist: what is asked for in it stands in the ledger for ever. Shows do not go away.
func (e *edge) inShow(ctx context.Context, id wire.ShowID) error {
	if _, ok := e.shows.Load(id); ok || id == "" {
		return nil
	}
	if err := id.Validate(); err != nil {
		return err
	}
	if _, _, err := e.Store.Show(ctx, id); err != nil {
		return err
	}
	e.shows.Store(id, true)
	return nil
}

func (e *edge) reservation(ctx context.Context, v *visitor, in *reservationAt) (*reply[wire.Reservation], error) {
	return replied(first(v, func(p wire.PersonID) (wire.Reservation, error) { return e.Shop.Reservation(ctx, p, in.ID) }))
}

func (e *edge) release(ctx context.Context, v *visitor, in *reservationAt) (*reply[wire.Reservation], error) {
	return replied(first(v, func(p wire.PersonID) (wire.Reservation, error) { return e.Shop.Release(ctx, p, in.ID) }))
}

func (e *edge) quote(ctx context.Context, v *visitor, in *asks[wire.Checkout]) (*reply[wire.Quote], error) {
	q, err := first(v, func(p wire.PersonID) (shop.Quote, error) { return e.Shop.Quote(ctx, p, in.Body) })
	return replied(wire.Quote(q), err)
}

// place makes an order. Before a guest is made for it, it is worked out as it would be: what cannot be leaves nobody behind.
func (e *edge) place(ctx context.Context, v *visitor, in *asks[wire.Checkout]) (*reply[wire.Placed], error) {
	c := in.Body
	if err := c.Contact.Validate(); err != nil {
		return nil, err
	}
	done, err := e.alone(c.ID)
	if err != nil {
		return nil, err
	}
	defer done()
	if e.Pay[c.Pay] == nil {
		return nil, wire.Errorf(wire.Invalid, "this shop cannot be paid by %.80q", c.Pay)
	}
	buyer := v.buyer()
	lines := e.wishes.of(buyer, c.Reservations, c.Total.Currency)
	if lines == nil || buyer != v.Person {
		if buyer, lines, err = e.workOut(ctx, v, c); err != nil {
			return nil, err
		}
	}
	if err := e.allow(ctx, v, buyer, c, lines); err != nil {
		return nil, err
	}
	if buyer != v.Person {
		token, visit, err := e.Gate.Adopt(ctx, v.caller, v.Visit, v.token, c.Contact.Email)
		if err != nil {
			return nil, err
		}
		v.enter(token, visit)
	}
	p, err := e.Shop.Place(ctx, buyer, c)
	if err != nil {
		e.twice.Forget(buyer, lines, c.ID)
		return nil, err
	}
	if p.Order.State == wire.OrderFailed {
		e.failures.Note(e.Gate.Now(), v.purchase(buyer))
	}
	return replied(p, nil)
}

// workOut asks the shop what an order would be, and as whom the visitor can make it: units may have been held before the buyer
// signed in. An order that was made before is what it is.
func (e *edge) workOut(ctx context.Context, v *visitor, c wire.Checkout) (buyer wire.PersonID, lines []trust.Wanted, err error) {
	err = wire.Errorf(wire.NotFound, "you have no such reservation")
	for _, buyer = range v.persons() {
		var q shop.Quote
		if q, err = e.Shop.Quote(ctx, buyer, c); err == nil && q.Totals.Total != c.Total {
			return "", nil, wire.Errorf(wire.StalePrice, "the order costs %s: look at it and try again", q.Totals.Total)
		}
		if err == nil {
			return buyer, wanted(q.Lines), nil
		}
		if wire.CodeOf(err) == wire.NotFound {
			continue
		}
		if o, lookErr := e.Shop.Order(ctx, buyer, c.ID); lookErr == nil {
			return buyer, wanted(o.Lines), nil
		}
		break
	}
	return buyer, nil, err
}

func wanted(lines []wire.Line) []trust.Wanted {
	list := make([]trust.Wanted, len(lines))
	for i, l := range lines {
		list[i] = trust.Wanted{Variant: l.Variant, Offer: l.Offer, Quantity: l.Quantity}
	}
	return list
}

func (v *visitor) purchase(buyer wire.PersonID) trust.Purchase {
	return trust.Purchase{Person: buyer, Session: v.ID, Address: v.caller.Address}
}

// allow asks whether the purchase is an accident, faster than people are, or risky.
func (e *edge) allow(ctx context.Context, v *visitor, buyer wire.PersonID, c wire.Checkout, lines []trust.Wanted) error {
	now := e.Gate.Now()
	try := trust.Try{Sum: c.Total, Ships: c.Contact.Address.Country, Fresh: trust.Fresh(v.Visit, recently)}
	try.Failed = e.failures.Count(now, v.purchase(buyer))
	if v.Person != "" && !v.program() {
		p, err := e.Gate.Storage.Person(ctx, v.Person)
		if err != nil {
			return err
		}
		try.Known = now.Sub(p.Made)
	}
	verdict, why := e.Risk.Judge(try)
	if len(why) > 0 {
		e.Log.Info("a purchase was judged", "verdict", verdict, "rules", why)
	}
	if err := verdict.Err(); err != nil {
		return err
	}
	if _, err := e.twice.Note(now, buyer, lines, c.ID, c.Confirmed); err != nil {
		return err
	}
	if err := e.velocity.Take(now, v.purchase(buyer)); err != nil {
		e.twice.Forget(buyer, lines, c.ID)
		return err
	}
	return nil
}

// customers are all persons whose orders are the visitor's.
func (e *edge) customers(ctx context.Context, v *visitor) ([]wire.PersonID, error) {
	if v.program() {
		return []wire.PersonID{v.Person}, nil
	}
	return e.Gate.Persons(ctx, v.Person)
}

func (e *edge) ownOrders(ctx context.Context, v *visitor, _ *nothing) (*reply[[]wire.Order], error) {
	return replied(e.ordersOf(ctx, v))
}

func (e *edge) ordersOf(ctx context.Context, v *visitor) ([]wire.Order, error) {
	list := []wire.Order{}
	persons, err := e.customers(ctx, v)
	for _, p := range persons {
		var some []wire.Order
		if some, err = e.Shop.Orders(ctx, p); err != nil {
			return nil, err
		}
		list = append(list, some...)
	}
	newestFirst(list)
	return list, err
}

// own finds the visitor's order and whose it is.
func (e *edge) own(ctx context.Context, v *visitor, id wire.OrderID) (*shop.Order, error) {
	persons, err := e.customers(ctx, v)
	if err != nil {
		return nil, err
	}
	for _, p := range persons {
		if o, err := e.Shop.Order(ctx, p, id); wire.CodeOf(err) != wire.NotFound {
			return o, err
		}
	}
	return nil, wire.Errorf(wire.NotFound, "you have no such order")
}

func (e *edge) ownOrder(ctx context.Context, v *visitor, in *orderAt) (*reply[wire.Order], error) {
	o, err := e.own(ctx, v, in.ID)
	if err != nil {
		return nil, err
	}
	return replied(e.withContact(ctx, o))
}

func (e *edge) payAgain(ctx context.Context, v *visitor, in *struct {
	ID   wire.OrderID `path:"id"`
	Body wire.PayAgain
},
) (*reply[wire.Placed], error) {
	o, err := e.own(ctx, v, in.ID)
	if err != nil {
		return nil, err
	}
	if err := e.velocity.Take(e.Gate.Now(), v.purchase(o.Buyer)); err != nil {
		return nil, err
	}
	p, err := e.Shop.Pay(ctx, o.Buyer, in.ID, in.Body.Pay)
	if err == nil && p.Order.State == wire.OrderFailed {
		e.failures.Note(e.Gate.Now(), v.purchase(o.Buyer))
	}
	return replied(p, err)
}

func (e *edge) cancelOwn(ctx context.Context, v *visitor, in *orderAt) (*reply[wire.Order], error) {
	o, err := e.own(ctx, v, in.ID)
	if err != nil {
		return nil, err
	}
	return replied(e.cancelOrder(ctx, o.Buyer, o, ""))
}

func (e *edge) settleOwn(ctx context.Context, v *visitor, in *orderAt) (*reply[wire.Order], error) {
	o, err := e.own(ctx, v, in.ID)
	if err != nil {
		return nil, err
	}
	if len(o.Payments) == 0 {
		return replied(o.Order, nil)
	}
	last := o.Payments[len(o.Payments)-1]
	provider := e.Pay[last.Method]
	if provider == nil || last.Ref == "" {
		return replied(o.Order, nil)
	}
	return replied(e.lookAndSettle(ctx, provider, last.Ref, o.ID))
}
