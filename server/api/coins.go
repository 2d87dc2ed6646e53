package api

import (
	"bytes"
	"context"
	"fmt"

	"github.com/danielgtaylor/huma/v2"

	"vitrine/server/shop"
	"vitrine/server/trust"
	"vitrine/server/wire"
)

// Purses have people's coins: a chat.Hub. The same key again changes nothing.
type Purses interface {
	Credit(ctx context.Context, person wire.PersonID, coins int64, key string) error
	Debit(ctx context.Context, person wire.PersonID, coins int64, key string) error
	Coins(ctx context.Context, person wire.PersonID) (int64, error)
}

// banking is what is done with coins.
func (e *edge) banking() {
	add(e, operation{
		method: "POST", path: "/api/people/{id}/coins", action: trust.PeopleCoins,
		does: "Put coins into somebody's wallet; repeat it with the same Idempotency-Key", gives: []string{jsonType}, sample: wire.Purse{},
	}, e.giveCoins)
	add(e, operation{method: "GET", path: "/api/me/coins", action: trust.RoomJoin, does: "One's own wallet"}, e.ownCoins)
}

// giveCoins puts coins into a wallet, once a key for ever: the key is that of the transfer.
func (e *edge) giveCoins(ctx context.Context, v *visitor, in *struct {
	ID      wire.PersonID `path:"id"`
	Key     string        `header:"Idempotency-Key"`
	Body    wire.GiveCoins
	RawBody []byte
},
) (*huma.StreamResponse, error) {
	return repeatable(v, bytes.Clone(in.RawBody), func() (p wire.Purse, err error) {
		if _, err := e.Gate.Storage.Person(ctx, in.ID); err != nil {
			return p, err
		}
		if err := e.Purses.Credit(ctx, in.ID, in.Body.Coins, "staff/"+in.Key); err != nil {
			return p, err
		}
		e.Log.Info("coins given", "by", v.Person, "person", in.ID, "coins", in.Body.Coins)
		p.Coins, err = e.Purses.Coins(ctx, in.ID)
		return p, err
	}), nil
}

func (e *edge) ownCoins(ctx context.Context, v *visitor, _ *nothing) (*reply[wire.Purse], error) {
	coins, err := e.Purses.Coins(ctx, v.buyer())
	return replied(wire.Purse{Coins: coins}, err)
}

// takeCoins takes the coins of packs back before their money goes back. The rule: a line of packs goes back whole, and only while the
// buyer's wallet has its coins; so nobody keeps what they were paid back for, and nothing is taken that was not said. What fails
// after this is tried again by the same request, which takes nothing twice.
func (e *edge) takeCoins(ctx context.Context, o *shop.Order, list []wire.Return) error {
	if e.Purses == nil {
		return nil
	}
	for _, r := range list {
		if r.Line < 0 || r.Line >= len(o.Lines) || wire.PackOf(o.Lines[r.Line].SKU) == 0 {
			continue
		}
		l := o.Lines[r.Line]
		if r.Quantity != l.Quantity {
			return wire.Errorf(wire.Conflict, "packs of coins are given back all or none: line %d has %d", r.Line, l.Quantity)
		}
		if _, _, err := shop.RefundShare(o.Order, r.Line, r.Quantity); err != nil {
			return err
		}
		if err := e.Purses.Debit(ctx, o.Buyer, wire.PackOf(l.SKU)*int64(l.Quantity), fmt.Sprintf("order/%s/%d", o.ID, r.Line)); err != nil {
			return err
		}
	}
	return nil
}

// everything is all units of an order.
func everything(o *shop.Order) (all []wire.Return) {
	for i, l := range o.Lines {
		all = append(all, wire.Return{Line: i, Quantity: l.Quantity})
	}
	return all
}

// cancelOrder cancels an order; buyer is "" for the staff, whose reason the buyer reads.
func (e *edge) cancelOrder(ctx context.Context, buyer wire.PersonID, o *shop.Order, reason string) (wire.Order, error) {
	if o.State == wire.OrderCaptured && (buyer == "" || !e.Gate.Now().After(o.Cancellable)) {
		if err := e.takeCoins(ctx, o, everything(o)); err != nil {
			return wire.Order{}, err
		}
	}
	return e.Shop.Cancel(ctx, buyer, o.ID, reason)
}
