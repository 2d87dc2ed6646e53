package shop

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"

	"vitrine/server/wire"
)

func termsOf(t testing.TB, name string) Terms {
	t.Helper()
	f, err := os.Open("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	terms, err := ReadTerms(f)
	if err != nil {
		t.Fatal(err)
	}
	return terms
}

func TestTermsAreReadAndWrittenAsJSON(t *testing.T) {
	terms := termsOf(t, "terms_de.json")
	if terms.Currency != "EUR" || terms.Zone.In().String() != "Europe/Berlin" || terms.Shipping[1].Steps[0].Price != (wire.Money{Minor: 890, Currency: "EUR"}) {
		t.Errorf("read as %+v", terms)
	}
	text, err := json.Marshal(terms)
	if err != nil {
		t.Fatal(err)
	}
	again, err := ReadTerms(strings.NewReader(string(text)))
	if err != nil || !reflect.DeepEqual(terms, again) {
		t.Errorf("%s is read as %+v, %v", text, again, err)
	}
}

func TestTermsThatCannotBeAreRefusedWithTheReason(t *testing.T) {
	way := `"shipping":[{"name":"Post","countries":["*"],"price":{"minor":1,"currency":"EUR"}}]`
	eur := func(rest string) string { return `{"currency":"EUR","home":"DE",` + rest + `}` }
	ship := func(w string) string { return eur(`"shipping":[{` + w + `}]`) }
	for text, reason := range map[string]string{
		``:                               "cannot be read",
		`[]`:                             "cannot be read",
		`{}`:                             "no currency",
		eur(way) + `{}`:                  "follows",
		eur(way + `,"tax":1`):            `unknown field "tax"`,
		`{"currency":"EUR","home":"UK"}`: "GB",
		`{"currency":"EUR","home":"de"}`: "two capital letters",
		eur(`"shipping":[]`):             "1 to 100 ways",
		eur(way + `,"rates":{"EL":{}}`):  "GR",
		eur(way + `,"rates":{"D":{}}`):   "country or region",
		eur(way + `,"rates":{"FR":{"standard":20.5}}`):                                  "cannot be read",
		eur(way + `,"rates":{"FR":{"standard":20000}}`):                                 "basis points",
		eur(way + `,"zone":"Berlin"`):                                                   "no time zone",
		eur(way + `,"zone":"Local"`):                                                    "no time zone",
		eur(way + `,"holidays":["25.12."]`):                                             "no holiday",
		eur(way + `,"email":"shop"`):                                                    "no e-mail address",
		eur(way + `,"seller":{"name":"Shop"}`):                                          "the seller: the street",
		ship(`"countries":["*"]`):                                                       "name is missing",
		ship(`"name":"A\nB","countries":["*"]`):                                         "one line",
		ship(`"name":"A"`):                                                              "goes nowhere",
		ship(`"name":"A","countries":["Germany"]`):                                      "two capital letters",
		ship(`"name":"A","countries":["*"]`):                                            "no currency",
		ship(`"name":"A","countries":["*"],"price":{"minor":1,"currency":"USD"}`):       "charges in EUR",
		ship(`"name":"A","countries":["*"],"price":{"minor":-1,"currency":"EUR"}`):      "between 0",
		ship(`"name":"A","countries":["DE","DE"],"price":{"minor":1,"currency":"EUR"}`): "named twice",
		ship(`"name":"A","countries":["*"],"price":{"minor":1,"currency":"EUR"},"freeFrom":{"minor":1,"currency":"JPY"}`):                    "freeFrom",
		ship(`"name":"A","countries":["*"],"steps":[{"grams":0,"price":{"minor":1,"currency":"EUR"}}]`):                                      "rise",
		ship(`"name":"A","countries":["*"],"price":{"minor":1,"currency":"EUR"},"steps":[{"grams":1,"price":{"minor":1,"currency":"EUR"}}]`): "either",
		strings.Repeat(" ", termsMost+1): "at most",
	} {
		_, err := ReadTerms(strings.NewReader(text))
		if err == nil || !strings.Contains(err.Error(), reason) {
			t.Errorf("%.200s gives %v; it should say %q", text, err, reason)
		}
		if code := wire.CodeOf(err); code != wire.Invalid && code != wire.TooLarge {
			t.Errorf("%.200s gives the code %s", text, code)
		}
	}
}

func TestTheDestinationDecidesTheRate(t *testing.T) {
	german := Terms{Home: "DE", Rates: map[string]Rates{"CH": {810, 260}, "ES-CN": {}}}
	for _, c := range []struct {
		home     Terms
		class    wire.TaxClass
		to       wire.Address
		rate     int
		exported bool
	}{
		{german, wire.StandardTax, wire.Address{Country: "DE"}, 1900, false},
		{german, wire.ReducedTax, wire.Address{Country: "DE"}, 700, false},
		{german, wire.ZeroTax, wire.Address{Country: "DE"}, 0, false},
		{german, wire.StandardTax, wire.Address{Country: "FI"}, 2550, false},
		{german, wire.StandardTax, wire.Address{Country: "MC"}, 2000, false},
		{german, wire.StandardTax, wire.Address{Country: "ES", Region: "CT"}, 2100, false},
		{german, wire.StandardTax, wire.Address{Country: "ES", Region: " cn "}, 0, false},
		{german, wire.StandardTax, wire.Address{Country: "CH"}, 810, false},
		{german, wire.StandardTax, wire.Address{Country: "GB"}, 0, true},
		{german, wire.StandardTax, wire.Address{Country: "US"}, 0, true},
		{german, wire.StandardTax, wire.Address{Country: "BR"}, 0, true},
		{Terms{Home: "JP"}, wire.ReducedTax, wire.Address{Country: "JP"}, 800, false},
		{Terms{Home: "JP"}, wire.StandardTax, wire.Address{Country: "DE"}, 0, true},
		{Terms{Home: "CN"}, wire.StandardTax, wire.Address{Country: "CN"}, 1300, false},
		{Terms{Home: "US", Rates: map[string]Rates{"US-CA": {725, 0}}}, wire.StandardTax, wire.Address{Country: "US", Region: "CA"}, 725, false},
		{Terms{Home: "US", Rates: map[string]Rates{"US-CA": {725, 0}}}, wire.StandardTax, wire.Address{Country: "US", Region: "OR"}, 0, false},
		{Terms{Home: "DE", Rates: map[string]Rates{"DE": {}}}, wire.StandardTax, wire.Address{Country: "DE"}, 0, false},
	} {
		if rate := c.home.Rate(c.class, c.to); rate != c.rate || c.home.exports(c.to) != c.exported {
			t.Errorf("%q from %s to %s %s: %d, export %v", c.class, c.home.Home, c.to.Country, c.to.Region, rate, c.home.exports(c.to))
		}
	}
	for country, r := range termsEU {
		if r.Standard < 1500 || r.Reduced < 500 || r.Reduced > r.Standard { // Directive 2006/112/EC Art. 97 and 98
			t.Errorf("%s: %+v", country, r)
		}
	}
	if len(termsEU) != 28 {
		t.Errorf("the EU has %d countries, with Monaco", len(termsEU))
	}
}

func TestShippingIsFlatByWeightOrFree(t *testing.T) {
	terms := termsOf(t, "terms_de.json")
	for _, c := range []struct {
		country, way string
		goods        int64
		grams        int
		want         string
	}{
		{"DE", "Parcel", 1000, 900_000, "Parcel 4.90 EUR"},
		{"DE", "Parcel", 4999, 1, "Parcel 4.90 EUR"},
		{"DE", "Parcel", 5000, 1, "Parcel 0.00 EUR"},
		{"DE", "", 1000, 1, "Parcel 4.90 EUR"},
		{"DE", "Express", 1000, 1, "Express 12.90 EUR"},
		{"FR", "Parcel", 9000, 1000, "Parcel 8.90 EUR"},
		{"FR", "Parcel", 1000, 1001, "Parcel 14.90 EUR"},
		{"FR", "Parcel", 1000, 5001, "invalid: 5001 g are too heavy for this shipping: order less at once"},
		{"FR", "Express", 1000, 1, `invalid: shipping "Express" does not go to FR, but "Parcel" does`},
		{"FR", "Owl", 1000, 1, `not_found: there is no shipping "Owl"`},
		{"AU", "", 1000, 1, "invalid: the shop does not ship to AU"},
		{"AU", "Parcel", 1000, 1, "invalid: the shop does not ship to AU"},
	} {
		s, err := terms.shipment(c.way, terms.money(c.goods), c.grams, wire.Address{Country: c.country})
		got := s.Name + " " + s.Price.String()
		if err != nil {
			got = string(wire.CodeOf(err)) + ": " + err.Error()
		}
		if got != c.want {
			t.Errorf("%s to %s, %d g for %d: %s, want %s", c.way, c.country, c.grams, c.goods, got, c.want)
		}
	}
}

func FuzzTerms(f *testing.F) {
	text, err := os.ReadFile("testdata/terms_de.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(text))
	f.Add(`{"currency":"JPY","home":"JP","shipping":[{"name":"便","countries":["JP"],"price":{"minor":500,"currency":"JPY"}}]}`)
	f.Add(`{"currency":"EUR","home":"AA","shipping":[{"name":"free","countries":["AA"],"price":{"minor":0,"currency":"EUR"}}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		terms, err := ReadTerms(strings.NewReader(text))
		if err != nil {
			return
		}
		for _, country := range []string{"DE", "US", terms.Home} {
			q, err := terms.Quote([]Item{{Quantity: 1, Price: terms.money(999), Weight: 100}}, wire.Address{Country: country}, nil, "")
			if err == nil && q.Totals.Total.Minor < 0 {
				t.Errorf("%s gives %+v", text, q)
			}
		}
		written, err := json.Marshal(terms)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ReadTerms(strings.NewReader(string(written))); err != nil {
			t.Errorf("%s is not taken back: %v", written, err)
		}
	})
}
