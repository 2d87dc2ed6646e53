package shop

import (
	"context"

	"vitrine/server/wire"
)

// CouponUse is a coupon and how often orders that stand have taken it, one row of the store.
type CouponUse struct {
	Coupon
	Used int `json:"used"`
}

// couponPut is a coupon as it is from now on. Its code is not for everybody to read.
type couponPut struct {
	secret struct {
		By     wire.PersonID `json:"by"`
		Coupon Coupon        `json:"coupon"`
	}
}

func (c *couponPut) kind() Kind        { return CouponKind }
func (c *couponPut) hidden() any       { return &c.secret }
func (c *couponPut) show() wire.ShowID { return "" }

func (c *couponPut) apply(s *state, _, _ int64) error {
	u := &CouponUse{Coupon: c.secret.Coupon}
	if before := s.coupons[u.Code]; before != nil {
		u.Used = before.Used
	}
	s.coupons[u.Code] = u
	s.touched.coupons[u.Code] = true
	return nil
}

// PutCoupon makes a coupon or changes it.
func (s *Shop) PutCoupon(ctx context.Context, by wire.PersonID, c Coupon) (CouponUse, error) {
	if err := c.Validate(); err != nil {
		return CouponUse{}, err
	}
	return do(ctx, s, nothing, func(t *tx) (CouponUse, error) {
		put := &couponPut{}
		put.secret.By, put.secret.Coupon = by, c
		if err := t.tell(put); err != nil {
			return CouponUse{}, err
		}
		return *t.coupons[c.Code], nil
	})
}

// redeem finds the coupons of these codes, if the buyer can use them for these reservations now.
func (t *tx) redeem(buyer wire.PersonID, codes []wire.CouponCode, list []*Reservation) ([]Coupon, error) {
	var found []Coupon
	for _, typed := range codes {
		code, err := ParseCoupon(string(typed))
		if err != nil {
			return nil, err
		}
		c, ok := t.coupons[code]
		if !ok {
			return nil, wire.Errorf(wire.NotFound, "there is no coupon %.80q", typed)
		}
		if err := c.Check(timeOf(t.at), c.Used, t.usedBy(buyer, code), t.items(list)); err != nil {
			return nil, err
		}
		found = append(found, c.Coupon)
	}
	return found, nil
}

// usedBy is how many orders of the buyer that stand have taken a coupon, as far as the batch asked for the buyer's orders.
func (t *tx) usedBy(buyer wire.PersonID, code wire.CouponCode) (n int) {
	for id := range t.ordersOf[buyer] {
		if o := t.orders[id]; o != nil && o.counts() {
			for _, c := range o.Coupons {
				if c == code {
					n++
				}
			}
		}
	}
	return n
}

// counts says whether an order takes its coupons.
func (o *Order) counts() bool { return o.State != wire.OrderExpired && o.State != wire.OrderCancelled }

// recount counts an order's coupons in or out when it begins or ceases to count.
func (s *state) recount(o *Order, before bool) {
	n := 0
	if now := o.counts(); now && !before {
		n = 1
	} else if before && !now {
		n = -1
	}
	for _, code := range o.Coupons {
		if c := s.coupons[code]; c != nil && n != 0 {
			c.Used += n
			s.touched.coupons[code] = true
		}
	}
}
