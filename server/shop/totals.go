package shop

import (
	"cmp"
	"math/bits"
	"slices"

	"vitrine/server/wire"
)

// Item is one reservation as the sums of an order need it.
type Item struct {
	Reservation wire.ReservationID
	Title, SKU  string
	// Product and Variant are empty for a bundle, which only coupons for everything count for.
	Product  wire.ProductID
	Variant  wire.VariantID
	Offer    wire.OfferID // "" at the usual price
	Show     wire.ShowID  // "" for one that was bought in none
	Quantity int
	Price    wire.Money    // of all units
	Tax      wire.TaxClass // of a bundle of several, the highest
	Weight   int           // of all units, in grams
}

// Quote is what an order costs and what that is made of.
type Quote struct {
	Totals wire.Totals
	Lines  []wire.Line // in the order of the items
	// Shipping is the way that was asked for, or the cheapest. Shipments are all that there are, the cheapest first.
	Shipping  Shipment
	Shipments []Shipment
}

// Quote sums an order up. to needs its country, and its region where Terms.Rates has some. shipping is a way's name, the cheapest
// for "". Coupons are those that passed Coupon.Check.
//
// Sums are exact: coupons are shared over the lines in proportion to what they cost, by largest remainder; shipping is shared in
// the same way over the rates of tax, since it is taxed like the goods that it carries (Directive 2006/112/EC Art. 78). Each line
// has its tax rounded once, half away from zero, and so has each rate's shipping; Totals.Tax is the sum of these. Nothing depends
// on the order of the items.
//
// If the terms take the tax out of exports, a line's price is what is left of the reservation's.
//
// Errors: Invalid for items that cannot be, mixed currencies, and where no way to ship goes; NotFound for an unknown way to ship;
// Conflict for coupons that do not go together or that the goods do not earn.
func (t Terms) Quote(items []Item, to wire.Address, coupons []Coupon, shipping string) (Quote, error) {
	if err := t.totalsCheck(items, to); err != nil {
		return Quote{}, err
	}
	order := totalsOrder(items)
	goods, grams := make([]Item, len(items)), 0
	for i, at := range order {
		goods[i] = items[at]
		goods[i].Price.Minor -= t.exempt(items[at], to)
		grams += items[at].Weight
	}
	off, err := couponShares(goods, coupons)
	if err != nil {
		return Quote{}, err
	}
	sums := wire.Totals{Goods: t.money(0), Discount: t.money(0), Tax: t.money(0), TaxIncluded: t.TaxIncluded}
	lines := make([]wire.Line, len(items))
	for i, g := range goods {
		lines[order[i]] = t.line(g, off[i], to)
		sums.Goods.Minor += g.Price.Minor
		sums.Discount.Minor += off[i]
	}
	paid := t.money(sums.Goods.Minor - sums.Discount.Minor)
	way, err := t.shipment(shipping, paid, grams, to)
	if err != nil {
		return Quote{}, err
	}
	sums.Shipping = way.Price
	for _, r := range TaxByRate(lines, way.Price, t.TaxIncluded) {
		sums.Tax.Minor += r.Tax.Minor
	}
	sums.Total = t.money(paid.Minor + way.Price.Minor)
	if !t.TaxIncluded {
		sums.Total.Minor += sums.Tax.Minor
	}
	return Quote{sums, lines, way, t.Shipments(paid, grams, to)}, nil
}

func (t Terms) money(minor int64) wire.Money { return wire.Money{Minor: minor, Currency: t.Currency} }

func (t Terms) line(g Item, off int64, to wire.Address) wire.Line {
	rate := t.Rate(g.Tax, to)
	return wire.Line{
		Reservation: g.Reservation, Title: g.Title, SKU: g.SKU, Variant: g.Variant, Offer: g.Offer, Show: g.Show, Quantity: g.Quantity,
		Price: g.Price, Discount: t.money(off), TaxRate: rate, Refunded: t.money(0),
		Tax: t.money(totalsTax(g.Price.Minor-off, rate, t.TaxIncluded)),
	}
}

// exempt is the tax of home in a price that an export is freed of.
func (t Terms) exempt(g Item, to wire.Address) int64 {
	if !t.ExportNet || !t.TaxIncluded || !t.exports(to) {
		return 0
	}
	home := wire.Address{Country: t.Home}
	if t.Seller.Country == t.Home {
		home.Region = t.Seller.Region
	}
	return totalsTax(g.Price.Minor, t.Rate(g.Tax, home), true)
}

func (t Terms) totalsCheck(items []Item, to wire.Address) error {
	if err := termsCode("the address", to.Country); err != nil {
		return err
	}
	if len(items) == 0 || len(items) > wire.MaxCart {
		return wire.Errorf(wire.Invalid, "an order has 1 to %d reservations; got %d", wire.MaxCart, len(items))
	}
	for _, g := range items {
		if err := g.Price.Validate(); err != nil {
			return err
		}
		switch {
		case g.Price.Currency != t.Currency:
			return wire.Errorf(wire.Invalid, "the shop charges in %s, but %q is priced in %s", t.Currency, g.Title, g.Price.Currency)
		case g.Quantity < 1 || g.Quantity > wire.MaxQuantity:
			return wire.Errorf(wire.Invalid, "a quantity is 1 to %d; got %d", wire.MaxQuantity, g.Quantity)
		case g.Weight < 0 || g.Weight > termsWeight*wire.MaxQuantity:
			return wire.Errorf(wire.Invalid, "%q weighs %d g, which cannot be", g.Title, g.Weight)
		case g.Tax != wire.StandardTax && g.Tax != wire.ReducedTax && g.Tax != wire.ZeroTax:
			return wire.Errorf(wire.Invalid, "there is no class of tax %.80q", g.Tax)
		}
	}
	return nil
}

// totalsOrder is an order of items that does not depend on how they were listed, as indices.
func totalsOrder(items []Item) []int {
	order := make([]int, len(items))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int {
		a, b := items[i], items[j]
		return cmp.Or(
			cmp.Compare(a.Reservation, b.Reservation), cmp.Compare(a.Variant, b.Variant), cmp.Compare(a.Offer, b.Offer),
			cmp.Compare(a.Price.Minor, b.Price.Minor), cmp.Compare(a.Tax, b.Tax), cmp.Compare(a.Product, b.Product),
			cmp.Compare(a.Quantity, b.Quantity), cmp.Compare(a.Title, b.Title), cmp.Compare(a.SKU, b.SKU),
		)
	})
	return order
}

// totalsTax is the tax in an amount, or on it, rounded half away from zero.
func totalsTax(minor int64, rate int, included bool) int64 {
	whole := int64(10_000)
	if included {
		whole += int64(rate)
	}
	return wire.Money{Minor: minor}.Share(int64(rate), whole).Minor
}

// totalsShare parts a sum in proportion to weights by largest remainder: what rounding down leaves goes, a unit each, to the
// shares that lost most by it, among equals to the first. The shares add up to the sum; without any weight the first gets it.
// Sum and weights are not negative, and no share is larger than its weight if the sum is no larger than they are together.
func totalsShare(sum int64, weights []int64) []int64 {
	shares, lost := make([]int64, len(weights)), make([]uint64, len(weights))
	var whole uint64
	for _, w := range weights {
		whole += uint64(w)
	}
	if whole == 0 {
		if len(shares) > 0 {
			shares[0] = sum
		}
		return shares
	}
	order, left := make([]int, len(weights)), sum
	for i, w := range weights {
		hi, lo := bits.Mul64(uint64(sum), uint64(w))
		q, r := bits.Div64(hi, lo, whole)
		shares[i], lost[i], order[i] = int64(q), r, i
		left -= int64(q)
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(lost[j], lost[i]) })
	for _, i := range order[:left] {
		shares[i]++
	}
	return shares
}

// Taxed is what an order has at one rate, its part of the shipping included. Net and Tax are what the buyer pays.
type Taxed struct {
	Rate     int // basis points
	Net, Tax wire.Money
}

// TaxByRate sums an order's lines and shipping up by their rates, the highest first.
func TaxByRate(lines []wire.Line, shipping wire.Money, included bool) []Taxed {
	var rates []int
	for _, l := range lines {
		rates = append(rates, l.TaxRate)
	}
	slices.SortFunc(rates, func(a, b int) int { return b - a })
	rates = slices.Compact(rates)
	base, tax := make([]int64, len(rates)), make([]int64, len(rates))
	for _, l := range lines {
		i := slices.Index(rates, l.TaxRate)
		base[i] += l.Price.Minor - l.Discount.Minor
		tax[i] += l.Tax.Minor
	}
	carried := totalsShare(shipping.Minor, base)
	all := make([]Taxed, len(rates))
	for i, rate := range rates {
		net := base[i] + carried[i]
		tax[i] += totalsTax(carried[i], rate, included)
		if included {
			net -= tax[i]
		}
		currency := lines[0].Price.Currency
		all[i] = Taxed{rate, wire.Money{Minor: net, Currency: currency}, wire.Money{Minor: tax[i], Currency: currency}}
	}
	return all
}

// Refundable is what of an order can still be paid back.
func Refundable(o wire.Order) wire.Money {
	return wire.Money{Minor: max(0, o.Totals.Total.Minor-o.Refunded.Minor), Currency: o.Totals.Total.Currency}
}

// RefundShare is what is due for giving back so many units of an order's line: the line's part, to be added to Line.Refunded, and
// the shipping that is due with the last of all lines (Directive 2011/83/EU Art. 13). Both together are added to Order.Refunded.
// A line's parts are cut from its sum by rounding where they end, so that they add up to it, and a part never exceeds what is
// left. Errors: Invalid for a line or quantity that is none, Conflict when nothing is left.
func RefundShare(o wire.Order, line, quantity int) (goods, shipping wire.Money, err error) {
	if line < 0 || line >= len(o.Lines) {
		return goods, shipping, wire.Errorf(wire.Invalid, "the order has %d lines; there is no line %d", len(o.Lines), line)
	}
	l := o.Lines[line]
	if quantity < 1 || quantity > l.Quantity {
		return goods, shipping, wire.Errorf(wire.Invalid, "the line has %d units; %d cannot come back", l.Quantity, quantity)
	}
	paid := wire.Money{Minor: totalsPaid(l, o.Totals.TaxIncluded), Currency: o.Totals.Total.Currency}
	left, most := paid.Minor-l.Refunded.Minor, Refundable(o)
	if left <= 0 && paid.Minor > 0 || most.IsZero() && !o.Totals.Total.IsZero() {
		return goods, shipping, wire.Errorf(wire.Conflict, "this was refunded already")
	}
	cut := func(units int) int64 { return paid.Share(int64(units), int64(l.Quantity)).Minor }
	back := totalsBack(paid, l.Quantity, l.Refunded.Minor)
	goods, shipping = wire.Money{Minor: left, Currency: paid.Currency}, wire.Money{Currency: paid.Currency}
	if back+quantity < l.Quantity {
		goods.Minor = min(left, cut(back+quantity)-cut(back))
	}
	goods.Minor = min(goods.Minor, most.Minor)
	if goods.Minor < left {
		return goods, shipping, nil
	}
	for i, other := range o.Lines {
		if i != line && other.Refunded.Minor < totalsPaid(other, o.Totals.TaxIncluded) {
			return goods, shipping, nil
		}
	}
	shipping.Minor = most.Minor - goods.Minor
	return goods, shipping, nil
}

// totalsBack is how many of a line's units came back, as far as the money tells.
func totalsBack(paid wire.Money, quantity int, refunded int64) (units int) {
	for units < quantity && paid.Share(int64(units+1), int64(quantity)).Minor <= refunded {
		units++
	}
	return units
}

// totalsPaid is what a buyer paid for a line, in minor units.
func totalsPaid(l wire.Line, included bool) int64 {
	paid := l.Price.Minor - l.Discount.Minor
	if !included {
		paid += l.Tax.Minor
	}
	return paid
}
