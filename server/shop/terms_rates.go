package shop

import (
	"strings"

	"vitrine/server/wire"
)

// Rates are what a country taxes sales at, in basis points (1900 is 19 %), 0 to 10000.
type Rates struct {
	Standard int `json:"standard"`
	Reduced  int `json:"reduced"`
}

// termsEU are the rates of value added tax in the European Union as of January 2026, with Monaco, which counts as France
// (Directive 2006/112/EC Art. 7). Countries have up to three reduced rates for other goods each: the table has the highest of
// them, so that nobody collects too little unknowingly, and a shop that sells books or food states its own in Terms.Rates.
var termsEU = map[string]Rates{
	"AT": {2000, 1300}, "BE": {2100, 1200}, "BG": {2000, 900}, "CY": {1900, 900}, "CZ": {2100, 1200}, "DE": {1900, 700},
	"DK": {2500, 2500}, "EE": {2400, 1300}, "ES": {2100, 1000}, "FI": {2550, 1350}, "FR": {2000, 1000}, "GR": {2400, 1300},
	"HR": {2500, 1300}, "HU": {2700, 1800}, "IE": {2300, 1350}, "IT": {2200, 1000}, "LT": {2100, 1200}, "LU": {1700, 800},
	"LV": {2100, 1200}, "MC": {2000, 1000}, "MT": {1800, 1200}, "NL": {2100, 900}, "PL": {2300, 800}, "PT": {2300, 1300},
	"RO": {2100, 1100}, "SE": {2500, 1200}, "SI": {2200, 950}, "SK": {2300, 1900},
}

// termsElsewhere are the rates of other countries, as of January 2026: value added tax or consumption tax. The United States
// tax sales by state, county and city, so a shop there states the regions where it has to collect.
var termsElsewhere = map[string]Rates{
	"CH": {810, 260}, "CN": {1300, 900}, "GB": {2000, 500}, "JP": {1000, 800}, "NO": {2500, 1500}, "US": {},
}

// Rate is what a sale to an address is taxed at, in basis points. The destination decides: a region or country of Terms.Rates,
// where the shop says that it collects; else the table's, at home and, from a home in the EU, in the whole EU (Directive
// 2006/112/EC Art. 33, the one-stop shop). Everywhere else it is an export, and 0.
func (t Terms) Rate(class wire.TaxClass, to wire.Address) int {
	r, collected := t.collected(to)
	if !collected && termsArea(t.Home, to.Country) {
		if r, collected = termsEU[to.Country]; !collected {
			r = termsElsewhere[to.Country]
		}
	}
	switch class {
	case wire.StandardTax:
		return r.Standard
	case wire.ReducedTax:
		return r.Reduced
	default:
		return 0
	}
}

// collected are the rates that the operator states for an address.
func (t Terms) collected(to wire.Address) (Rates, bool) {
	if r, ok := t.Rates[to.Country+"-"+strings.ToUpper(strings.TrimSpace(to.Region))]; ok {
		return r, true
	}
	r, ok := t.Rates[to.Country]
	return r, ok
}

// exports says that a sale to an address leaves the area in which the prices' included tax is owed.
func (t Terms) exports(to wire.Address) bool {
	_, collected := t.collected(to)
	return !collected && !termsArea(t.Home, to.Country)
}

// termsArea says that a sale between two countries crosses no border of tax.
func termsArea(home, to string) bool {
	_, from := termsEU[home]
	_, inside := termsEU[to]
	return home == to || from && inside
}
