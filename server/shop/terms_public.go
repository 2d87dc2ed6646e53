package shop

import (
	"maps"
	"slices"
	"strings"
	"time"

	"vitrine/server/wire"
)

// Terms are what everybody may know of how the shop sells.
func (s *Shop) Terms() wire.ShopTerms {
	t := s.c.Terms
	return wire.ShopTerms{
		Currency: t.Currency, TaxIncluded: t.TaxIncluded, Home: t.Home, Countries: t.countries(), Regions: t.regions(),
		Pay: slices.Sorted(maps.Keys(s.c.Pay)), Stripe: s.c.Stripe, Hold: int(s.c.Hold / time.Second), Seller: t.Seller, Email: t.Email,
	}
}

// countries are those that some way to ship goes to; * alone if one goes everywhere.
func (t Terms) countries() []string {
	set := map[string]bool{}
	for _, w := range t.Shipping {
		for _, c := range w.Countries {
			switch c {
			case "*":
				return []string{"*"}
			case "EU":
				for member := range termsEU {
					set[member] = true
				}
			default:
				set[c] = true
			}
		}
	}
	return append([]string{}, slices.Sorted(maps.Keys(set))...)
}

// regions are the countries in which tax depends on the region.
func (t Terms) regions() []string {
	set := map[string]bool{}
	for place := range t.Rates {
		if country, _, ok := strings.Cut(place, "-"); ok {
			set[country] = true
		}
	}
	return slices.Sorted(maps.Keys(set))
}
