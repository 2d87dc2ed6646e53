package shop

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"vitrine/server/wire"
)

// Limits of a shop's terms.
const (
	termsMost     = 1 << 20 // bytes of JSON
	termsWays     = 100
	termsSteps    = 100
	termsWeight   = 10_000_000 // grams: ten tonnes
	termsRate     = 10_000     // basis points
	termsHolidays = 1_000
)

// Terms are how a shop charges: its money, its tax, its ways to ship, and what it prints on its papers. They do not change
// while they are used, so they are safe for concurrent use.
type Terms struct {
	Currency wire.Currency `json:"currency"`
	// Home is the country where the shop is taxed and ships from (ISO 3166-1 alpha-2).
	Home string `json:"home"`
	// TaxIncluded says that prices and shipping contain the tax, as they must for consumers in the EU. Else it is added.
	TaxIncluded bool `json:"taxIncluded"`
	// TaxID is the shop's number for value added tax, printed on receipts.
	TaxID string `json:"taxID,omitempty"`
	// Rates are where the shop collects other rates than the built-in ones, by country (DE) or region (US-CA, ISO 3166-2).
	Rates map[string]Rates `json:"rates,omitempty"`
	// ExportNet takes the included tax of home out of prices that are sold as exports. Without it buyers abroad pay the same.
	ExportNet bool  `json:"exportNet,omitempty"`
	Shipping  []Way `json:"shipping"`
	// Seller is the shop's address on its papers, Email how buyers reach it.
	Seller wire.Address `json:"seller,omitzero"`
	Email  string       `json:"email,omitempty"`
	// Zone is where days begin and end; without it, UTC.
	Zone Zone `json:"zone,omitzero"`
	// Holidays are public holidays (2026-12-25), on which no period ends.
	Holidays []string `json:"holidays,omitempty"`
}

// Way is a way to ship. Several may have the same name for different countries: the first that goes there and bears
// the weight counts.
type Way struct {
	Name string `json:"name"`
	// Countries are codes of ISO 3166-1, "EU" for all of the European Union, "*" for everywhere.
	Countries []string `json:"countries"`
	// Price is of a parcel of any weight. It is left out if there are Steps.
	Price wire.Money `json:"price"`
	Steps []Step     `json:"steps,omitempty"`
	// FreeFrom is the sum of goods, after coupons, from which shipping costs nothing; without it, never.
	FreeFrom wire.Money `json:"freeFrom,omitzero"`
	// Days says for people how long it takes.
	Days string `json:"days,omitempty"`
}

// Step is the price of a parcel up to a weight. What is heavier than the last step is not shipped.
type Step struct {
	Grams int        `json:"grams"`
	Price wire.Money `json:"price"`
}

// Zone is a time zone of the IANA database, as Europe/Berlin. The zero Zone is UTC.
type Zone struct{ place *time.Location }

// MarshalText writes its name.
func (z Zone) MarshalText() ([]byte, error) { return []byte(z.In().String()), nil }

// UnmarshalText reads a name.
func (z *Zone) UnmarshalText(b []byte) error {
	place, err := time.LoadLocation(string(b))
	if err != nil || len(b) == 0 || string(b) == "Local" {
		return wire.Errorf(wire.Invalid, "%.80q is no time zone: it takes a name as Europe/Berlin or Asia/Shanghai", b)
	}
	z.place = place
	return nil
}

// In is the zone for package time.
func (z Zone) In() *time.Location {
	if z.place == nil {
		return time.UTC
	}
	return z.place
}

// ReadTerms reads and validates terms as JSON. Unknown fields are refused: a misspelt rate must not be a missing one.
func ReadTerms(r io.Reader) (Terms, error) {
	text, err := io.ReadAll(io.LimitReader(r, termsMost+1))
	if err != nil {
		return Terms{}, fmt.Errorf("read the terms: %w", err)
	}
	if len(text) > termsMost {
		return Terms{}, wire.Errorf(wire.TooLarge, "the terms have at most %d bytes", termsMost)
	}
	var t Terms
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.DisallowUnknownFields()
	if err := d.Decode(&t); err != nil {
		return Terms{}, wire.Errorf(wire.Invalid, "the terms cannot be read: %s", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Terms{}, wire.Errorf(wire.Invalid, "something follows the terms after their last bracket")
	}
	return t, t.Validate()
}

var (
	termsCountry = regexp.MustCompile(`^[A-Z]{2}$`)
	termsRegion  = regexp.MustCompile(`^[A-Z]{2}(-[A-Z0-9]{1,3})?$`)
)

// Validate reports the first thing that is missing or cannot be.
func (t Terms) Validate() error {
	if err := t.Currency.Validate(); err != nil {
		return err
	}
	if err := termsCode("home", t.Home); err != nil {
		return err
	}
	if err := t.validateRates(); err != nil {
		return err
	}
	if err := t.validateShipping(); err != nil {
		return err
	}
	return t.validatePapers()
}

func (t Terms) validateRates() error {
	for place, r := range t.Rates {
		if !termsRegion.MatchString(place) {
			return wire.Errorf(wire.Invalid, "rates are by country or region, as DE or US-CA; got %.80q", place)
		}
		if err := termsCode("a rate", place[:2]); err != nil {
			return err
		}
		if min(r.Standard, r.Reduced) < 0 || max(r.Standard, r.Reduced) > termsRate {
			return wire.Errorf(wire.Invalid, "the rates of %s are in basis points, 0 to %d: 1900 is 19 %%", place, termsRate)
		}
	}
	return nil
}

func (t Terms) validateShipping() error {
	if len(t.Shipping) == 0 || len(t.Shipping) > termsWays {
		return wire.Errorf(wire.Invalid, "a shop has 1 to %d ways to ship; got %d", termsWays, len(t.Shipping))
	}
	seen := map[[2]string]bool{}
	for _, w := range t.Shipping {
		if err := w.validate(t.Currency); err != nil {
			return err
		}
		for _, c := range w.Countries {
			if seen[[2]string{w.Name, c}] {
				return wire.Errorf(wire.Invalid, "shipping %q is named twice for %s", w.Name, c)
			}
			seen[[2]string{w.Name, c}] = true
		}
	}
	return nil
}

func (t Terms) validatePapers() error {
	if err := termsLine("the tax id", t.TaxID, false); err != nil {
		return err
	}
	if t.Seller != (wire.Address{}) {
		if err := t.Seller.Validate(); err != nil {
			return wire.Errorf(wire.Invalid, "the seller: %s", err)
		}
	}
	if t.Email != "" {
		if err := wire.ValidEmail(t.Email); err != nil {
			return err
		}
	}
	if len(t.Holidays) > termsHolidays {
		return wire.Errorf(wire.Invalid, "there are at most %d holidays", termsHolidays)
	}
	for _, day := range t.Holidays {
		if _, err := time.Parse(time.DateOnly, day); err != nil {
			return wire.Errorf(wire.Invalid, "%.80q is no holiday: it takes a day as 2026-12-25", day)
		}
	}
	return nil
}

func (w Way) validate(c wire.Currency) error {
	if err := termsLine("a shipping's name", w.Name, true); err != nil {
		return err
	}
	if err := termsLine("a shipping's days", w.Days, false); err != nil {
		return err
	}
	if len(w.Countries) == 0 {
		return wire.Errorf(wire.Invalid, `shipping %q goes nowhere: list its countries, or "*"`, w.Name)
	}
	for _, country := range w.Countries {
		if country == "*" || country == "EU" {
			continue
		}
		if err := termsCode("shipping "+w.Name, country); err != nil {
			return err
		}
	}
	if err := w.validatePrice(c); err != nil {
		return err
	}
	if w.FreeFrom == (wire.Money{}) {
		return nil
	}
	return termsMoney("freeFrom of shipping "+w.Name, w.FreeFrom, c)
}

func (w Way) validatePrice(c wire.Currency) error {
	if len(w.Steps) == 0 {
		return termsMoney("the price of shipping "+w.Name, w.Price, c)
	}
	if w.Price != (wire.Money{}) || len(w.Steps) > termsSteps {
		return wire.Errorf(wire.Invalid, "shipping %q has either a price or up to %d steps", w.Name, termsSteps)
	}
	last := 0
	for _, s := range w.Steps {
		if s.Grams <= last || s.Grams > termsWeight {
			return wire.Errorf(wire.Invalid, "the steps of shipping %q rise in grams, up to %d", w.Name, termsWeight)
		}
		if err := termsMoney("a step of shipping "+w.Name, s.Price, c); err != nil {
			return err
		}
		last = s.Grams
	}
	return nil
}

// Shipment is the wire contract's.
type Shipment = wire.Shipment

// Shipments are the ways to ship goods of a sum, after coupons, and a weight in grams to an address; the cheapest first.
func (t Terms) Shipments(goods wire.Money, grams int, to wire.Address) []Shipment {
	var all []Shipment
	for _, w := range t.Shipping {
		named := func(s Shipment) bool { return s.Name == w.Name }
		if !w.goes(to.Country) || slices.ContainsFunc(all, named) {
			continue
		}
		if price, ok := w.price(goods, grams); ok {
			all = append(all, Shipment{Name: w.Name, Days: w.Days, Price: t.money(price)})
		}
	}
	slices.SortStableFunc(all, func(a, b Shipment) int { return cmp.Compare(a.Price.Minor, b.Price.Minor) })
	return all
}

// shipment is the way of a name, the cheapest for "".
func (t Terms) shipment(name string, goods wire.Money, grams int, to wire.Address) (Shipment, error) {
	all := t.Shipments(goods, grams, to)
	for _, s := range all {
		if name == "" || s.Name == name {
			return s, nil
		}
	}
	known := name == "" || slices.ContainsFunc(t.Shipping, func(w Way) bool { return w.Name == name })
	goes := slices.ContainsFunc(t.Shipping, func(w Way) bool { return (name == "" || w.Name == name) && w.goes(to.Country) })
	switch {
	case !known:
		return Shipment{}, wire.Errorf(wire.NotFound, "there is no shipping %.80q", name)
	case goes:
		return Shipment{}, wire.Errorf(wire.Invalid, "%d g are too heavy for this shipping: order less at once", grams)
	case len(all) > 0:
		return Shipment{}, wire.Errorf(wire.Invalid, "shipping %q does not go to %s, but %q does", name, to.Country, all[0].Name)
	default:
		return Shipment{}, wire.Errorf(wire.Invalid, "the shop does not ship to %s", to.Country)
	}
}

func (w Way) goes(country string) bool {
	_, eu := termsEU[country]
	return slices.ContainsFunc(w.Countries, func(c string) bool { return c == country || c == "*" || c == "EU" && eu })
}

// price is in minor units; ok is false for a parcel that is too heavy.
func (w Way) price(goods wire.Money, grams int) (minor int64, ok bool) {
	price := w.Price
	if len(w.Steps) > 0 {
		i := slices.IndexFunc(w.Steps, func(s Step) bool { return grams <= s.Grams })
		if i < 0 {
			return 0, false
		}
		price = w.Steps[i].Price
	}
	if w.FreeFrom.Minor > 0 && goods.Minor >= w.FreeFrom.Minor {
		return 0, true
	}
	return price.Minor, true
}

// termsCode reports what is no country, with the two mistakes that people make.
func termsCode(what, code string) error {
	switch {
	case code == "UK":
		return wire.Errorf(wire.Invalid, "%s: the United Kingdom is GB in ISO 3166", what)
	case code == "EL":
		return wire.Errorf(wire.Invalid, "%s: Greece is GR in ISO 3166", what)
	case !termsCountry.MatchString(code):
		return wire.Errorf(wire.Invalid, "%s: a country is two capital letters (ISO 3166), as DE or US; got %.80q", what, code)
	}
	return nil
}

func termsMoney(what string, m wire.Money, c wire.Currency) error {
	if err := m.Validate(); err != nil {
		return wire.Errorf(wire.Invalid, "%s: %s", what, err)
	}
	if m.Currency != c {
		return wire.Errorf(wire.Invalid, "%s is in %s, but the shop charges in %s", what, m.Currency, c)
	}
	return nil
}

func termsLine(what, s string, needed bool) error {
	unseen := func(r rune) bool { return !unicode.IsGraphic(r) }
	if needed && strings.TrimSpace(s) == "" {
		return wire.Errorf(wire.Invalid, "%s is missing", what)
	}
	if utf8.RuneCountInString(s) > wire.MaxField || !utf8.ValidString(s) || strings.ContainsFunc(s, unseen) {
		return wire.Errorf(wire.Invalid, "%s has at most %d characters in one line", what, wire.MaxField)
	}
	return nil
}
