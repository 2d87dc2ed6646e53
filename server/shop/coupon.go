package shop

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"time"

	"vitrine/server/wire"
)

// couponsMost is how many coupons an order has at most.
const couponsMost = 3

// Coupon is a discount that buyers get for a code: Percent of the goods that it counts for, or Amount. Percents come before
// amounts, and each takes from what those before it left, so that two halves are three quarters and never the whole.
type Coupon struct {
	Code    wire.CouponCode `json:"code"`
	Percent int             `json:"percent,omitempty" doc:"basis points: 1000 is 10 %"`
	Amount  wire.Money      `json:"amount,omitzero"`
	// Minimum is the sum, before coupons, of the goods that it counts for.
	Minimum wire.Money `json:"minimum,omitzero"`
	From    time.Time  `json:"from,omitzero" doc:"when it begins"`
	Until   time.Time  `json:"until,omitzero" doc:"when it ends; a zero time never"`
	// Uses are how often it is taken in all, UsesEach by one person; 0 for any number.
	Uses     int `json:"uses,omitempty"`
	UsesEach int `json:"usesEach,omitempty"`
	// Products and Variants are what it counts for: either is enough. Without both, everything.
	Products []wire.ProductID `json:"products,omitempty"`
	Variants []wire.VariantID `json:"variants,omitempty"`
	Alone    bool             `json:"alone,omitempty" doc:"not with other coupons"`
	Offers   bool             `json:"offers,omitempty" doc:"counts for offers as well"`
}

// The letters are checked before they are raised: outside ASCII others than S and I become S and I.
var couponCode = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{2,31}$`)

// ParseCoupon is the one spelling of a code that somebody typed: in capitals, without spaces around it.
func ParseCoupon(typed string) (wire.CouponCode, error) {
	typed = strings.TrimSpace(typed)
	if !couponCode.MatchString(typed) {
		return "", wire.Errorf(wire.Invalid, "a coupon has 3 to 32 letters, digits, hyphens and underscores; got %.80q", typed)
	}
	return wire.CouponCode(strings.ToUpper(typed)), nil
}

// Validate reports what makes no coupon.
func (c Coupon) Validate() error {
	code, err := ParseCoupon(string(c.Code))
	if err != nil {
		return err
	}
	switch {
	case code != c.Code:
		return wire.Errorf(wire.Invalid, "coupon %s is kept in capitals, as %s", c.Code, code)
	case (c.Percent == 0) == c.Amount.IsZero():
		return wire.Errorf(wire.Invalid, "coupon %s takes off either a percentage or an amount", c.Code)
	case c.Percent < 0 || c.Percent > 10_000:
		return wire.Errorf(wire.Invalid, "coupon %s takes off 1 to 10000 basis points: 1000 is 10 %%", c.Code)
	case !c.Until.IsZero() && !c.From.Before(c.Until):
		return wire.Errorf(wire.Invalid, "coupon %s ends before it begins", c.Code)
	case c.Uses < 0 || c.UsesEach < 0:
		return wire.Errorf(wire.Invalid, "coupon %s cannot be used less than 0 times", c.Code)
	}
	for _, p := range c.Products {
		if err := wire.ValidName("a coupon's product", p); err != nil {
			return err
		}
	}
	for _, v := range c.Variants {
		if err := wire.ValidName("a coupon's variant", v); err != nil {
			return err
		}
	}
	for _, m := range []wire.Money{c.Amount, c.Minimum} {
		if m == (wire.Money{}) {
			continue
		}
		if err := m.Validate(); err != nil {
			return wire.Errorf(wire.Invalid, "coupon %s: %s", c.Code, err)
		}
	}
	return nil
}

// Check says why a buyer cannot use the coupon now for goods, after it was used so many times by anybody and by the buyer.
// Errors: OfferClosed outside its time, CapReached when it is used up, Conflict if the goods do not earn it.
func (c Coupon) Check(now time.Time, used, usedByPerson int, goods []Item) error {
	switch {
	case now.Before(c.From):
		return wire.Errorf(wire.OfferClosed, "coupon %s is not valid yet", c.Code)
	case !c.Until.IsZero() && !now.Before(c.Until):
		return wire.Errorf(wire.OfferClosed, "coupon %s is no longer valid", c.Code)
	case c.Uses > 0 && used >= c.Uses:
		return wire.Errorf(wire.CapReached, "coupon %s is used up", c.Code)
	case c.UsesEach > 0 && usedByPerson >= c.UsesEach:
		return wire.Errorf(wire.CapReached, "you have used coupon %s as often as one person may", c.Code)
	}
	return c.earned(goods)
}

// earned says why goods do not get the coupon.
func (c Coupon) earned(goods []Item) error {
	var sum wire.Money
	some := false
	for _, g := range goods {
		if !c.counts(g) {
			continue
		}
		var err error
		if sum, err = sum.Plus(g.Price); err != nil {
			return err
		}
		some = true
	}
	for _, m := range []wire.Money{c.Amount, c.Minimum} {
		if some && !m.IsZero() && m.Currency != sum.Currency {
			return wire.Errorf(wire.Conflict, "coupon %s is in %s, and the goods are in %s", c.Code, m.Currency, sum.Currency)
		}
	}
	switch {
	case !some:
		return wire.Errorf(wire.Conflict, "coupon %s counts for nothing in this order", c.Code)
	case sum.Minor < c.Minimum.Minor:
		return wire.Errorf(wire.Conflict, "coupon %s needs goods for %s that it counts for; there are %s", c.Code, c.Minimum, sum)
	}
	return nil
}

func (c Coupon) counts(g Item) bool {
	if g.Offer != "" && !c.Offers {
		return false
	}
	return len(c.Products)+len(c.Variants) == 0 || slices.Contains(c.Products, g.Product) || slices.Contains(c.Variants, g.Variant)
}

// couponOrder is the order in which coupons take off, and why they do not go together.
func couponOrder(coupons []Coupon) ([]Coupon, error) {
	if len(coupons) > couponsMost {
		return nil, wire.Errorf(wire.Conflict, "an order has at most %d coupons", couponsMost)
	}
	sorted := slices.SortedFunc(slices.Values(coupons), func(a, b Coupon) int {
		return cmp.Or(cmp.Compare(b.Percent, a.Percent), cmp.Compare(b.Amount.Minor, a.Amount.Minor), cmp.Compare(a.Code, b.Code))
	})
	seen := map[wire.CouponCode]bool{}
	for _, c := range sorted {
		if err := c.Validate(); err != nil {
			return nil, err
		}
		if seen[c.Code] {
			return nil, wire.Errorf(wire.Conflict, "coupon %s is named twice", c.Code)
		}
		if c.Alone && len(sorted) > 1 {
			return nil, wire.Errorf(wire.Conflict, "coupon %s does not go with others", c.Code)
		}
		seen[c.Code] = true
	}
	return sorted, nil
}

// couponShares is what coupons take off each of the goods, in minor units.
func couponShares(goods []Item, coupons []Coupon) ([]int64, error) {
	coupons, err := couponOrder(coupons)
	if err != nil {
		return nil, err
	}
	off := make([]int64, len(goods))
	for _, c := range coupons {
		if err := c.earned(goods); err != nil {
			return nil, err
		}
		left, sum := make([]int64, len(goods)), int64(0)
		for i, g := range goods {
			if c.counts(g) {
				left[i] = g.Price.Minor - off[i]
				sum += left[i]
			}
		}
		amount := min(c.Amount.Minor, sum)
		if c.Percent > 0 {
			amount = wire.Money{Minor: sum}.Share(int64(c.Percent), 10_000).Minor
		}
		for i, share := range totalsShare(amount, left) {
			off[i] += share
		}
	}
	return off, nil
}
