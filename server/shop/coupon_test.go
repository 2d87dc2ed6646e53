package shop

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"vitrine/server/wire"
)

func TestACouponSaysWhyItDoesNotCount(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	eur := func(minor int64) wire.Money { return wire.Money{Minor: minor, Currency: "EUR"} }
	c := Coupon{
		Code: "LENA10", Percent: 1000, Minimum: eur(2000), From: now, Until: now.Add(time.Hour), Uses: 100, UsesEach: 1,
		Products: []wire.ProductID{"shirt"}, Variants: []wire.VariantID{"mug-red"},
	}
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	shirt := Item{Product: "shirt", Variant: "m", Quantity: 1, Price: eur(1500)}
	mug := Item{Product: "mug", Variant: "mug-red", Quantity: 1, Price: eur(500)}
	blue := Item{Product: "mug", Variant: "mug-blue", Quantity: 1, Price: eur(5000)}
	flash := Item{Product: "shirt", Variant: "m", Offer: "flash", Quantity: 1, Price: eur(5000)}
	bundle := Item{Offer: "both", Quantity: 1, Price: eur(5000)}
	both := []Item{shirt, mug, blue}
	for _, x := range []struct {
		at          time.Duration
		used, yours int
		goods       []Item
		code        wire.Code
		reason      string
	}{
		{0, 99, 0, both, "", ""},
		{-1, 0, 0, both, wire.OfferClosed, "not valid yet"},
		{time.Hour - 1, 0, 0, both, "", ""},
		{time.Hour, 0, 0, both, wire.OfferClosed, "no longer"},
		{0, 100, 0, both, wire.CapReached, "used up"},
		{0, 1, 1, both, wire.CapReached, "one person"},
		{0, 0, 0, []Item{shirt, blue}, wire.Conflict, "there are 15.00 EUR"},
		{0, 0, 0, []Item{flash, bundle, blue}, wire.Conflict, "nothing"},
		{0, 0, 0, nil, wire.Conflict, "nothing"},
	} {
		err := c.Check(now.Add(x.at), x.used, x.yours, x.goods)
		if wire.CodeOf(err) != x.code || err != nil && !strings.Contains(err.Error(), x.reason) {
			t.Errorf("%+v gives %v", x, err)
		}
	}
	for name, change := range map[string]func(*Coupon){
		"small letters": func(c *Coupon) { c.Code = "lena10" },
		"no discount":   func(c *Coupon) { c.Percent = 0 },
		"both":          func(c *Coupon) { c.Amount = eur(1) },
		"more than all": func(c *Coupon) { c.Percent = 10_001 },
		"less than 0":   func(c *Coupon) { c.Percent = -1 },
		"no currency":   func(c *Coupon) { c.Minimum = wire.Money{Minor: 1} },
		"no time":       func(c *Coupon) { c.Until = c.From },
		"no variant":    func(c *Coupon) { c.Variants = []wire.VariantID{""} },
		"no product":    func(c *Coupon) { c.Products = []wire.ProductID{""} },
		"negative uses": func(c *Coupon) { c.Uses = -1 },
	} {
		bad := c
		change(&bad)
		if err := bad.Validate(); wire.CodeOf(err) != wire.Invalid {
			t.Errorf("a coupon with %s gives %v", name, err)
		}
	}
}

func FuzzCouponCode(f *testing.F) {
	for _, typed := range []string{"lena10", " LENA10 ", "BLACK-FRIDAY_26", "ab", "=cmd()", "ſale", "ı10", strings.Repeat("a", 33), "", "\x00abc"} {
		f.Add(typed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		code, err := ParseCoupon(typed)
		if err != nil {
			if code != "" || wire.CodeOf(err) != wire.Invalid {
				t.Errorf("%q is %q with %v", typed, code, err)
			}
			return
		}
		if len(code) < 3 || len(code) > 32 || !strings.EqualFold(string(code), strings.TrimSpace(typed)) {
			t.Errorf("%q is %q", typed, code)
		}
		for _, other := range []string{string(code), strings.ToLower(typed), strings.ToUpper(typed)} {
			if again, err := ParseCoupon(other); err != nil || again != code {
				t.Errorf("%q is %q, and %q is %q, %v", typed, code, other, again, err)
			}
		}
		if err := (Coupon{Code: code, Percent: 1}).Validate(); err != nil {
			t.Error(fmt.Errorf("code %q: %w", code, err))
		}
	})
}
