package api

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"vitrine/server/shop"
	"vitrine/server/trust"
	"vitrine/server/wire"
)

// serving is what staff does with orders beside their money, and what buyers have of theirs once they are made.
func (e *edge) serving() {
	add(e, operation{
		method: "GET", path: "/api/shop/again", action: trust.OrdersOwn, does: "With what one has ordered last, so that the next order takes two taps",
	}, e.again)
	add(e, operation{
		method: "GET", path: "/api/shop/orders/{id}/receipt", action: trust.OrdersOwn, does: "The receipt of an order of one's own",
		gives: []string{htmlType}, sample: "",
	}, e.ownReceipt)
	add(e, operation{
		method: "GET", path: "/api/shop/orders/{id}/withdrawal", action: trust.OrdersOwn, status: http.StatusSeeOther,
		does: "To the page on which one withdraws from an order of one's own",
	}, e.ownWithdrawal)
	add(e, operation{
		method: "GET", path: "/api/shop/admin/orders", action: trust.OrdersRead,
		does: "Orders, the newest first: all, or by number, title, SKU, tracking number or the buyer's e-mail address",
	}, e.searchOrders)
	add(e, operation{
		method: "GET", path: "/api/shop/admin/orders/{id}/receipt", action: trust.OrdersRead, does: "The receipt of an order",
		gives: []string{htmlType}, sample: "",
	}, e.receipt)
	add(e, operation{
		method: "POST", path: "/api/shop/admin/orders/{id}/ship", action: trust.OrdersShip,
		does: "Say that the goods have left or have arrived, or correct how to follow them",
	}, e.ship)
}

// sought is what is looked for. An e-mail address belongs into the header: addresses are logged, headers are not.
type sought struct {
	Search string `query:"search" maxLength:"300"`
	Header string `header:"Search" maxLength:"1000" doc:"the same, percent-encoded: for what shall stand in no address"`
}

func (s sought) text() (string, error) {
	hidden, err := url.PathUnescape(s.Header)
	if err != nil {
		return "", wire.Errorf(wire.Invalid, "the header Search is percent-encoded UTF-8")
	}
	return strings.TrimSpace(cmp.Or(hidden, s.Search)), nil
}

// again is the newest order that was paid, or is paid on delivery. One whose buyer was erased says nothing.
func (e *edge) again(ctx context.Context, v *visitor, _ *nothing) (*reply[wire.Again], error) {
	list, err := e.ordersOf(ctx, v)
	if err != nil {
		return nil, err
	}
	for _, o := range list {
		if o.Paid.IsZero() && !(o.Pay == wire.PayCash && o.State == wire.OrderAuthorised) {
			continue
		}
		kept, err := e.Shop.Order(ctx, "", o.ID)
		if err != nil {
			return nil, err
		}
		w, err := e.withContact(ctx, kept)
		if err != nil {
			return nil, err
		}
		if w.Contact != nil {
			return replied(wire.Again{Contact: *w.Contact, Shipping: w.Shipping, Pay: w.Pay}, nil)
		}
	}
	return nil, wire.Errorf(wire.NotFound, "you have not bought here yet")
}

// page is which orders are wanted.
type page struct {
	Search string          `query:"search" maxLength:"300"`
	Header string          `header:"Search" maxLength:"1000" doc:"the same, percent-encoded: for what shall stand in no address"`
	State  wire.OrderState `query:"state" doc:"only those in this state"`
	Before int64           `query:"before" doc:"only those with a smaller number: the last one of the page before" minimum:"0"`
	Limit  int             `query:"limit" minimum:"1" maximum:"100" default:"50"`
}

func (e *edge) searchOrders(ctx context.Context, _ *visitor, in *page) (*reply[[]wire.Order], error) {
	text, err := sought{in.Search, in.Header}.text()
	if err != nil {
		return nil, err
	}
	q := shop.Search{Text: text, State: in.State, Before: in.Before, Most: in.Limit}
	if strings.Contains(text, "@") {
		if q.Buyers, err = e.buyersOf(ctx, text); err != nil {
			return nil, err
		}
		q.Text = ""
	}
	found, err := e.Shop.Find(ctx, q)
	if err != nil {
		return nil, err
	}
	list := make([]wire.Order, 0, len(found))
	for _, o := range found {
		w, err := e.withContact(ctx, o)
		if err != nil {
			return nil, err
		}
		list = append(list, w)
	}
	return replied(list, nil)
}

// buyersOf are all persons who gave an e-mail address; none, but not nil, if nobody did.
func (e *edge) buyersOf(ctx context.Context, email string) ([]wire.PersonID, error) {
	persons, err := e.Gate.Find(ctx, email)
	ids := make([]wire.PersonID, 0, len(persons))
	for _, p := range persons {
		ids = append(ids, p.ID)
	}
	return ids, err
}

func (e *edge) ship(ctx context.Context, v *visitor, in *struct {
	ID   wire.OrderID `path:"id"`
	Body wire.Ship
},
) (*reply[wire.Order], error) {
	return replied(e.Shop.Ship(ctx, v.Person, in.ID, in.Body))
}

type receiptOf struct {
	ID       wire.OrderID `path:"id"`
	Language string       `query:"language" default:"en" maxLength:"35" doc:"tag of a language, as zh-CN; there are English, Chinese and Spanish"`
}

func (e *edge) ownReceipt(ctx context.Context, v *visitor, in *receiptOf) (*file, error) {
	o, err := e.own(ctx, v, in.ID)
	if err != nil {
		return nil, err
	}
	return e.paper(ctx, o, in.Language)
}

// elsewhere leads to another address.
type elsewhere struct {
	Location string `header:"Location"`
}

// ownWithdrawal leads to where the link of the receipt does. What follows # in an address is sent to no server and stands in no log.
func (e *edge) ownWithdrawal(ctx context.Context, v *visitor, in *orderAt) (*elsewhere, error) {
	o, err := e.own(ctx, v, in.ID)
	if err != nil {
		return nil, err
	}
	path, err := e.Withdrawals.Path(o.Order)
	if err != nil {
		return nil, err
	}
	return &elsewhere{path}, nil
}

func (e *edge) receipt(ctx context.Context, _ *visitor, in *receiptOf) (*file, error) {
	o, err := e.Shop.Order(ctx, "", in.ID)
	if err != nil {
		return nil, err
	}
	return e.paper(ctx, o, in.Language)
}

// paper is an order's receipt, to be read in the browser.
func (e *edge) paper(ctx context.Context, o *shop.Order, language string) (*file, error) {
	if o.Paid.IsZero() && o.State != wire.OrderAuthorised {
		return nil, wire.Errorf(wire.Conflict, "there is no receipt of an order that is %s", o.State)
	}
	w, err := e.withContact(ctx, o)
	if err != nil {
		return nil, err
	}
	link, err := e.Withdrawals.Link(e.Public, w)
	if err != nil {
		return nil, err
	}
	paper, err := e.Shop.Receipt(w, language, link)
	if err != nil {
		return nil, err
	}
	f, err := fileOf(htmlType, fmt.Sprintf("receipt-%d.html", o.Number), []byte(paper.HTML), nil)
	f.Disposition = strings.Replace(f.Disposition, "attachment", "inline", 1)
	return f, err
}
