package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"vitrine/server/shop"
	"vitrine/server/trust"
	"vitrine/server/wire"
)

const (
	// entriesMost is how many entries of the ledger a page has.
	entriesMost = 500
)

// opening is what everybody may do without signing in: check the books, and withdraw by a link.
func (e *edge) opening() {
	add(e, operation{
		method: "GET", path: "/api/shop/ledger", action: trust.ShopBrowse, does: "The ledger of a show, for anybody to verify",
	}, e.ledger)
	add(e, operation{
		method: "GET", path: "/api/shop/withdrawal", action: trust.OrdersWithdraw, does: "What a link to withdraw is about (first step)",
	}, e.withdrawal)
	add(e, operation{
		method: "POST", path: "/api/shop/withdrawal", action: trust.OrdersWithdraw, does: "Withdraw from the order (second step)",
	}, e.withdraw)
}

// ledger is a page of the ledger: what is public of the show and of the shop as a whole, and the digests of other shows' entries, with
// which the chain can be followed nevertheless.
func (e *edge) ledger(ctx context.Context, _ *visitor, in *struct {
	Show  wire.ShowID `query:"show"`
	After int64       `query:"after" minimum:"0" doc:"the last entry that is known"`
},
) (*reply[wire.LedgerPage], error) {
	list, err := e.Shop.Entries(ctx, in.After, entriesMost)
	if err != nil {
		return nil, err
	}
	p := wire.LedgerPage{Entries: make([]wire.LedgerEntry, 0, len(list)), More: len(list) == entriesMost}
	for i := range list {
		p.Entries = append(p.Entries, shown(&list[i], in.Show))
	}
	return replied(p, nil)
}

// shown is what those who watch a show may see of an entry.
func shown(e *shop.Entry, show wire.ShowID) wire.LedgerEntry {
	digest := e.Digest()
	w := wire.LedgerEntry{Seq: e.Seq, Hash: hex.EncodeToString(e.Hash[:]), Digest: hex.EncodeToString(digest[:])}
	if e.Show == "" || e.Show == show {
		private := sha256.Sum256(e.Private)
		w.At, w.Kind, w.Show, w.Public, w.Private = e.At, string(e.Kind), e.Show, string(e.Public), hex.EncodeToString(private[:])
	}
	return w
}

// linked is a link to withdraw. Its token comes in a header: addresses are logged, headers are not.
type linked struct {
	Token string `header:"Withdrawal" required:"true" doc:"what follows the # of the link"`
}

// linkedOrder is the order of a link to withdraw.
func (e *edge) linkedOrder(ctx context.Context, in *linked) (*shop.Order, error) {
	id, err := e.Withdrawals.Check(in.Token, e.Gate.Now())
	if err != nil {
		return nil, err
	}
	return e.Shop.Order(ctx, "", id)
}

// withdrawal shows what the link is about, without whom.
func (e *edge) withdrawal(ctx context.Context, _ *visitor, in *linked) (*reply[wire.Order], error) {
	o, err := e.linkedOrder(ctx, in)
	if err != nil {
		return nil, err
	}
	return replied(o.Order, nil)
}

// withdraw gives all of the money back (Directive 2011/83/EU Art. 13). Units that may be on their way are not put into stock: who takes
// them in does that. Once more, it answers with the order as it is.
func (e *edge) withdraw(ctx context.Context, _ *visitor, in *linked) (*reply[wire.Order], error) {
	o, err := e.linkedOrder(ctx, in)
	if err != nil {
		return nil, err
	}
	now := e.Gate.Now()
	switch o.State {
	case wire.OrderCancelled, wire.OrderRefunded, wire.OrderReturned:
		return replied(o.Order, nil)
	case wire.OrderCaptured, wire.OrderPartRefunded:
	default:
		return replied(e.cancelOrder(ctx, "", o, "")) // who holds the link may, though the goods are on their way
	}
	if !o.Withdrawable.IsZero() && !now.Before(o.Withdrawable) {
		return nil, wire.Errorf(wire.Conflict, "the time to withdraw is over since %s", o.Withdrawable.Format(time.DateOnly))
	}
	var all []shop.Return
	for i, l := range o.Lines {
		paid := l.Price.Minor - l.Discount.Minor
		if !o.Totals.TaxIncluded {
			paid += l.Tax.Minor
		}
		if l.Refunded.Minor < paid {
			all = append(all, shop.Return{Line: i, Quantity: l.Quantity}) // what is left of it
		}
	}
	if err := e.takeCoins(ctx, o, all); err != nil {
		return nil, err
	}
	w, err := e.Shop.Refund(ctx, o.ID, all, "")
	if wire.CodeOf(err) == wire.Conflict { // the same from another page was faster
		if again, lookErr := e.Shop.Order(ctx, "", o.ID); lookErr == nil && again.State == wire.OrderRefunded {
			return replied(again.Order, nil)
		}
	}
	return replied(w, err)
}
