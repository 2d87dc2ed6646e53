package shop

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"vitrine/server/wire"
)

func totalsText(x wire.Totals) string {
	return fmt.Sprint(x.Goods.Minor, " - ", x.Discount.Minor, " + ", x.Shipping.Minor, " = ", x.Total.Minor, ", tax ", x.Tax.Minor, " ", x.Total.Currency)
}

func TestQuotes(t *testing.T) {
	terms := termsOf(t, "terms_de.json")
	net, added, yen := terms, terms, Terms{Currency: "JPY", Home: "JP", TaxIncluded: true, Shipping: []Way{{
		Name: "便", Countries: []string{"JP"}, Price: wire.Money{Minor: 500, Currency: "JPY"},
	}}}
	net.ExportNet, added.TaxIncluded = true, false
	shirt := Item{Reservation: "r1", Product: "shirt", Variant: "m", Quantity: 2, Price: terms.money(3998), Weight: 400}
	book := Item{Reservation: "r2", Product: "book", Variant: "b", Quantity: 1, Price: terms.money(1000), Tax: wire.ReducedTax, Weight: 300}
	flash := Item{Reservation: "r3", Product: "shirt", Variant: "l", Offer: "o", Quantity: 1, Price: terms.money(1000), Weight: 200}
	tea := Item{Reservation: "r4", Product: "tea", Quantity: 1, Price: wire.Money{Minor: 333, Currency: "JPY"}, Tax: wire.ReducedTax}
	ten := Coupon{Code: "TEN", Percent: 1000}
	five := Coupon{Code: "FIVE", Amount: terms.money(500)}
	shirts := Coupon{Code: "SHIRTS", Percent: 5000, Products: []wire.ProductID{"shirt"}, Offers: true}
	all := Coupon{Code: "ALL", Percent: 10_000, Offers: true}
	for _, c := range []struct {
		name    string
		terms   Terms
		items   []Item
		country string
		coupons []Coupon
		want    string
	}{
		// 39.98 × 19/119 = 6.383, 10 × 7/107 = 0.654; 4.90 in 3998 : 1000 is 392 : 98 → 0.626, 0.064
		{"at home", terms, []Item{shirt, book}, "DE", nil, "4998 - 0 + 490 = 5488, tax 772 EUR"},
		{"in France", terms, []Item{shirt}, "FR", nil, "3998 - 0 + 890 = 4888, tax 814 EUR"},
		{"in Switzerland, where the shop collects", terms, []Item{shirt}, "CH", nil, "3998 - 0 + 890 = 4888, tax 367 EUR"},
		{"as an export", terms, []Item{shirt}, "US", nil, "3998 - 0 + 890 = 4888, tax 0 EUR"},
		{"as an export without tax", net, []Item{shirt, book}, "US", nil, "4295 - 0 + 890 = 5185, tax 0 EUR"},
		{"with tax added", added, []Item{shirt, book}, "DE", nil, "4998 - 0 + 490 = 6399, tax 911 EUR"},
		{"with 10 %", terms, []Item{shirt, book}, "DE", []Coupon{ten}, "4998 - 500 + 490 = 4988, tax 702 EUR"},
		{"with an amount", terms, []Item{shirt, book}, "DE", []Coupon{five}, "4998 - 500 + 490 = 4988, tax 702 EUR"},
		{"with a percentage before an amount", terms, []Item{book}, "DE", []Coupon{five, ten}, "1000 - 600 + 490 = 890, tax 58 EUR"},
		{"with a coupon that does not count for offers", terms, []Item{shirt, flash}, "DE", []Coupon{ten}, "4998 - 400 + 490 = 5088, tax 812 EUR"},
		{"with a coupon for shirts, offers or not", terms, []Item{shirt, flash, book}, "DE", []Coupon{shirts}, "5998 - 2499 + 490 = 3989, tax 529 EUR"},
		{"from 50 €, which ship free", terms, []Item{shirt, book, flash}, "DE", nil, "5998 - 0 + 0 = 5998, tax 863 EUR"},
		{"for nothing but shipping", terms, []Item{shirt, book}, "DE", []Coupon{all}, "4998 - 4998 + 490 = 490, tax 78 EUR"},
		{"with more off than it costs", terms, []Item{{Quantity: 1, Price: terms.money(100)}}, "DE", []Coupon{five}, "100 - 100 + 490 = 490, tax 78 EUR"},
		{"in yen", yen, []Item{tea}, "JP", nil, "333 - 0 + 500 = 833, tax 62 JPY"},
	} {
		q, err := c.terms.Quote(c.items, wire.Address{Country: c.country}, c.coupons, "")
		if got := totalsText(q.Totals); err != nil || got != c.want {
			t.Errorf("%s: %s, %v; want %s", c.name, got, err, c.want)
		}
	}
}

func TestOrdersThatCannotBeSummedUpAreRefused(t *testing.T) {
	terms := termsOf(t, "terms_de.json")
	good := Item{Reservation: "r", Title: "Shirt", Quantity: 1, Price: terms.money(1000)}
	with := func(change func(*Item)) []Item {
		bad := good
		change(&bad)
		return []Item{good, bad}
	}
	off := func(c Coupon) Coupon { c.Percent = 1000; return c }
	for name, c := range map[string]struct {
		items   []Item
		coupons []Coupon
		country string
		way     string
		code    wire.Code
		reason  string
	}{
		"no items":              {nil, nil, "DE", "", wire.Invalid, "1 to 50"},
		"too many items":        {make([]Item, wire.MaxCart+1), nil, "DE", "", wire.Invalid, "1 to 50"},
		"mixed currencies":      {with(func(i *Item) { i.Price.Currency = "USD" }), nil, "DE", "", wire.Invalid, "charges in EUR"},
		"a negative price":      {with(func(i *Item) { i.Price.Minor = -1 }), nil, "DE", "", wire.Invalid, "between"},
		"no units":              {with(func(i *Item) { i.Quantity = 0 }), nil, "DE", "", wire.Invalid, "quantity"},
		"a class of tax":        {with(func(i *Item) { i.Tax = "luxury" }), nil, "DE", "", wire.Invalid, "class of tax"},
		"a negative weight":     {with(func(i *Item) { i.Weight = -1 }), nil, "DE", "", wire.Invalid, "weighs"},
		"no country":            {[]Item{good}, nil, "", "", wire.Invalid, "two capital letters"},
		"a country too far":     {[]Item{good}, nil, "AU", "", wire.Invalid, "does not ship to AU"},
		"an unknown way":        {[]Item{good}, nil, "DE", "Owl", wire.NotFound, "Owl"},
		"four coupons":          {[]Item{good}, []Coupon{off(Coupon{Code: "AAA"}), off(Coupon{Code: "BBB"}), off(Coupon{Code: "CCC"}), off(Coupon{Code: "DDD"})}, "DE", "", wire.Conflict, "at most 3"},
		"a coupon twice":        {[]Item{good}, []Coupon{off(Coupon{Code: "AAA"}), off(Coupon{Code: "AAA"})}, "DE", "", wire.Conflict, "twice"},
		"a lonely one of two":   {[]Item{good}, []Coupon{off(Coupon{Code: "AAA", Alone: true}), off(Coupon{Code: "BBB"})}, "DE", "", wire.Conflict, "with others"},
		"a coupon for others":   {[]Item{good}, []Coupon{off(Coupon{Code: "AAA", Products: []wire.ProductID{"x"}})}, "DE", "", wire.Conflict, "nothing"},
		"a coupon for more":     {[]Item{good}, []Coupon{off(Coupon{Code: "AAA", Minimum: terms.money(1001)})}, "DE", "", wire.Conflict, "10.01 EUR"},
		"a coupon in dollars":   {[]Item{good}, []Coupon{{Code: "AAA", Amount: wire.Money{Minor: 1, Currency: "USD"}}}, "DE", "", wire.Conflict, "in USD"},
		"a coupon that is none": {[]Item{good}, []Coupon{{Code: "AAA"}}, "DE", "", wire.Invalid, "either"},
	} {
		_, err := terms.Quote(c.items, wire.Address{Country: c.country}, c.coupons, c.way)
		if wire.CodeOf(err) != c.code || !strings.Contains(fmt.Sprint(err), c.reason) {
			t.Errorf("%s gives %s: %v", name, wire.CodeOf(err), err)
		}
	}
}

// totalsDraw draws terms, items, a country and coupons that go together.
func totalsDraw(t *rapid.T) (terms Terms, items []Item, to wire.Address, coupons []Coupon) {
	currency := rapid.SampledFrom([]wire.Currency{"EUR", "JPY", "KWD"}).Draw(t, "currency")
	terms = Terms{
		Currency: currency, Home: "DE", TaxIncluded: rapid.Bool().Draw(t, "included"), ExportNet: rapid.Bool().Draw(t, "net"),
		Shipping: []Way{{Name: "Post", Countries: []string{"*"}, Price: wire.Money{Minor: rapid.Int64Range(0, 2000).Draw(t, "post"), Currency: currency}}},
	}
	to.Country = rapid.SampledFrom([]string{"DE", "FI", "HU", "US"}).Draw(t, "country")
	price := rapid.OneOf(rapid.Just(int64(100)), rapid.Int64Range(0, 5), rapid.Int64Range(0, 20_000), rapid.Int64Range(0, wire.MaxMinor))
	for i := range rapid.IntRange(1, 8).Draw(t, "items") {
		items = append(items, Item{
			Reservation: wire.ReservationID(fmt.Sprint("r", i)), Product: wire.ProductID(rapid.SampledFrom([]string{"p", "q"}).Draw(t, "product")),
			Offer: wire.OfferID(rapid.SampledFrom([]string{"", "o"}).Draw(t, "offer")), Quantity: rapid.IntRange(1, 7).Draw(t, "quantity"),
			Price: terms.money(price.Draw(t, "price")),
			Tax:   rapid.SampledFrom([]wire.TaxClass{wire.StandardTax, wire.ReducedTax, wire.ZeroTax}).Draw(t, "tax"),
		})
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "coupons") {
		c := Coupon{Code: wire.CouponCode(fmt.Sprint("C0", i)), Offers: rapid.Bool().Draw(t, "offers")}
		if rapid.Bool().Draw(t, "percent") {
			c.Percent = rapid.IntRange(1, 10_000).Draw(t, "percentage")
		} else {
			c.Amount = terms.money(rapid.OneOf(rapid.Int64Range(1, 20), rapid.Int64Range(1, 30_000)).Draw(t, "amount"))
		}
		if rapid.Bool().Draw(t, "some") {
			c.Products = []wire.ProductID{"p"}
		}
		if slices.ContainsFunc(items, c.counts) {
			coupons = append(coupons, c)
		}
	}
	return terms, items, to, coupons
}

func TestSumsAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		terms, items, to, coupons := totalsDraw(t)
		q, err := terms.Quote(items, to, coupons, "")
		if err != nil {
			t.Fatal(err)
		}
		var goods, discount, lineTax, tax, gross int64
		for i, l := range q.Lines {
			if l.Discount.Minor < 0 || l.Discount.Minor > l.Price.Minor || l.Reservation != items[i].Reservation || l.Price.Minor > items[i].Price.Minor {
				t.Fatalf("line %+v of %+v", l, items[i])
			}
			if l.Discount.Minor > 0 && !slices.ContainsFunc(coupons, func(c Coupon) bool { return c.counts(items[i]) }) {
				t.Fatalf("a coupon counts for %+v", items[i])
			}
			goods, discount, lineTax = goods+l.Price.Minor, discount+l.Discount.Minor, lineTax+l.Tax.Minor
		}
		for _, r := range TaxByRate(q.Lines, q.Totals.Shipping, q.Totals.TaxIncluded) {
			tax, gross = tax+r.Tax.Minor, gross+r.Net.Minor+r.Tax.Minor
			if r.Net.Minor < 0 {
				t.Fatalf("%+v", r)
			}
		}
		x := q.Totals
		want := x.Goods.Minor - x.Discount.Minor + x.Shipping.Minor
		if !x.TaxIncluded {
			want += x.Tax.Minor
		}
		if goods != x.Goods.Minor || discount != x.Discount.Minor || tax != x.Tax.Minor || lineTax > tax || x.Total.Minor != want || gross != want || want < 0 {
			t.Fatalf("goods %d, discount %d, tax %d with %d of lines, net and tax %d of %+v", goods, discount, tax, lineTax, gross, x)
		}
	})
}

func TestTheOrderOfItemsAndCouponsDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		terms, items, to, coupons := totalsDraw(t)
		a, err := terms.Quote(items, to, coupons, "")
		if err != nil {
			t.Fatal(err)
		}
		b, err := terms.Quote(rapid.Permutation(items).Draw(t, "items again"), to, rapid.Permutation(coupons).Draw(t, "coupons again"), "")
		if err != nil {
			t.Fatal(err)
		}
		byName := func(x, y wire.Line) int { return strings.Compare(string(x.Reservation), string(y.Reservation)) }
		slices.SortFunc(a.Lines, byName)
		slices.SortFunc(b.Lines, byName)
		if !reflect.DeepEqual(a, b) {
			t.Fatalf("%+v\n%+v", a, b)
		}
	})
}

func TestRefundsOfAllUnitsAreWhatWasPaid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		terms, items, to, coupons := totalsDraw(t)
		q, err := terms.Quote(items, to, coupons, "")
		if err != nil {
			t.Fatal(err)
		}
		o := wire.Order{Lines: q.Lines, Totals: q.Totals}
		var units []int // the line of each unit
		for i, l := range q.Lines {
			for range l.Quantity {
				units = append(units, i)
			}
		}
		for _, line := range rapid.Permutation(units).Draw(t, "units") {
			goods, shipping, err := RefundShare(o, line, 1)
			if wire.CodeOf(err) == wire.Conflict && o.Lines[line].Refunded.Minor == totalsPaid(o.Lines[line], q.Totals.TaxIncluded) {
				continue // the units before it cost the line's last cent
			}
			if err != nil || goods.Minor < 0 || shipping.Minor < 0 {
				t.Fatal(goods, shipping, err)
			}
			o.Lines[line].Refunded.Minor += goods.Minor
			o.Refunded.Minor += goods.Minor + shipping.Minor
			if o.Refunded.Minor > o.Totals.Total.Minor || o.Lines[line].Refunded.Minor > totalsPaid(o.Lines[line], q.Totals.TaxIncluded) {
				t.Fatalf("%+v is more than was paid", o)
			}
		}
		if o.Refunded.Minor != o.Totals.Total.Minor || !Refundable(o).IsZero() {
			t.Fatalf("%d of %d came back", o.Refunded.Minor, o.Totals.Total.Minor)
		}
	})
}

func TestTheLastPartTakesTheRemainder(t *testing.T) {
	eur := func(minor int64) wire.Money { return wire.Money{Minor: minor, Currency: "EUR"} }
	order := func(refunded int64) wire.Order {
		return wire.Order{
			Lines:  []wire.Line{{Quantity: 3, Price: eur(1000), Refunded: eur(refunded)}},
			Totals: wire.Totals{Goods: eur(1000), Shipping: eur(490), Total: eur(1490), TaxIncluded: true}, Refunded: eur(refunded),
		}
	}
	for _, c := range []struct {
		refunded        int64
		quantity        int
		goods, shipping int64
		code            wire.Code
	}{
		{0, 1, 333, 0, ""},
		{333, 1, 334, 0, ""},
		{667, 1, 333, 490, ""},
		{0, 2, 667, 0, ""},
		{0, 3, 1000, 490, ""},
		{333, 3, 667, 490, ""},
		{100, 1, 333, 0, ""}, // 1.00 was given for a scratch
		{900, 1, 100, 490, ""},
		{1000, 1, 0, 0, wire.Conflict},
		{0, 0, 0, 0, wire.Invalid},
		{0, 4, 0, 0, wire.Invalid},
	} {
		goods, shipping, err := RefundShare(order(c.refunded), 0, c.quantity)
		if goods.Minor != c.goods || shipping.Minor != c.shipping || wire.CodeOf(err) != c.code {
			t.Errorf("%d units after %d: %v and %v, %v", c.quantity, c.refunded, goods, shipping, err)
		}
	}
	given := order(0)
	given.Refunded = eur(1300) // beside the lines
	if goods, shipping, err := RefundShare(given, 0, 2); goods != eur(190) || !shipping.IsZero() || err != nil {
		t.Errorf("with 1.90 left: %v and %v, %v", goods, shipping, err)
	}
	given.Refunded = eur(1490)
	if _, _, err := RefundShare(given, 0, 2); wire.CodeOf(err) != wire.Conflict {
		t.Errorf("with nothing left: %v", err)
	}
	if _, _, err := RefundShare(order(0), 1, 1); wire.CodeOf(err) != wire.Invalid {
		t.Errorf("a line that is not there: %v", err)
	}
}
