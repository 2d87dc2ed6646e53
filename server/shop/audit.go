package shop

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"vitrine/server/wire"
)

// Audited is what an audit found.
type Audited struct {
	Head                 Head
	Entries              int64
	Reservations, Orders int
	// Wrong is what does not fit, at most maxWrong findings.
	Wrong []string
}

// maxWrong bounds the findings of an audit.
const maxWrong = 100

func (a *Audited) wrong(format string, args ...any) {
	if len(a.Wrong) < maxWrong {
		a.Wrong = append(a.Wrong, fmt.Sprintf(format, args...))
	}
}

// Audit verifies the ledger's chain, computes products, stock, offers, coupons, reservations and orders from it anew, and
// compares them with what is stored, all as of one moment. It changes nothing, and the shop may go on meanwhile. Its memory grows
// with the number of reservations.
func Audit(ctx context.Context, storage Storage) (a *Audited, err error) {
	err = storage.Books(ctx, func(books Books) error {
		a = &Audited{}
		return a.audit(ctx, books)
	})
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	return a, nil
}

func (a *Audited) audit(ctx context.Context, books Books) error {
	s, err := a.replay(ctx, books)
	if err != nil {
		return err
	}
	saved, err := books.Shop(ctx)
	if err != nil {
		return err
	}
	if saved.Head != a.Head {
		a.wrong("the ledger ends with entry %d, the store says %d", a.Head.Seq, saved.Head.Seq)
	}
	compare(a, "product", saved.Products, s.products, func(p *Product) wire.ProductID { return p.ID })
	compare(a, "stock", saved.Stocks, s.stocks, func(k *Stock) wire.VariantID { return k.Variant })
	compare(a, "offer", saved.Offers, s.offers, func(o *Offer) wire.OfferID { return o.ID })
	compare(a, "coupon", saved.Coupons, s.coupons, func(c *CouponUse) wire.CouponCode { return c.Code })
	err = books.EachReservation(ctx, func(r *Reservation) error {
		a.Reservations++
		same(a, "reservation", r.Ref, r, s.holds[r.ID])
		delete(s.holds, r.ID)
		return nil
	})
	if err != nil {
		return err
	}
	for _, r := range s.holds {
		a.wrong("reservation %d of the ledger is not stored", r.Ref)
	}
	err = books.EachOrder(ctx, func(o *Order) error {
		a.Orders++
		o.Sealed = nil // the ledger names nobody
		same(a, "order", o.Number, o, s.orders[o.ID])
		delete(s.orders, o.ID)
		return nil
	})
	if err != nil {
		return err
	}
	for _, o := range s.orders {
		a.wrong("order %d of the ledger is not stored", o.Number)
	}
	return nil
}

// replay makes the state that the ledger tells. Where an entry cannot be, it goes on with the next.
func (a *Audited) replay(ctx context.Context, books Books) (*state, error) {
	const page = 1000
	s := newState()
	for {
		list, err := books.Entries(ctx, a.Head.Seq, page)
		if err != nil {
			return nil, err
		}
		for i := range list {
			e := &list[i]
			if err := a.Head.Follows(e); err != nil {
				a.wrong("%v", err)
				a.Head = Head{e.Seq, e.At, e.Hash}
			}
			a.Entries++
			c, err := e.read()
			if err == nil {
				err = c.apply(s, e.Seq, e.At)
			}
			if err != nil {
				a.wrong("entry %d: %v", e.Seq, err)
			}
		}
		s.touched = newTouched()
		if len(list) < page {
			return s, nil
		}
	}
}

// compare compares stored records with those of the ledger.
func compare[N comparable, R any](a *Audited, what string, stored []*R, told map[N]*R, name func(*R) N) {
	seen := map[N]bool{}
	for _, r := range stored {
		seen[name(r)] = true
		same(a, what, name(r), r, told[name(r)])
	}
	for n := range told {
		if !seen[n] {
			a.wrong("%s %v of the ledger is not stored", what, n)
		}
	}
}

func same[R any](a *Audited, what string, name any, stored, told *R) {
	if told == nil {
		a.wrong("%s %v is stored, and the ledger does not know it", what, name)
		return
	}
	x, err := json.Marshal(stored)
	y, err2 := json.Marshal(told)
	if err != nil || err2 != nil || !bytes.Equal(x, y) {
		a.wrong("%s %v is stored otherwise than the ledger tells", what, name)
	}
}
