package web

import (
	"cmp"
	"encoding/json"
	"html/template"
	"slices"
	"strings"
	"time"

	"vitrine/server/wire"
)

const schema = "https://schema.org/"

// The things of schema.org that a page is about, with the properties that search engines read. What is empty is left out.
type (
	graph struct {
		Context string `json:"@context"`
		Graph   []any  `json:"@graph"`
	}
	thing struct {
		Type string `json:"@type"`
		Name string `json:"name,omitempty"`
		URL  string `json:"url,omitempty"`
	}
	event struct {
		thing
		Live      bool       `json:"isLiveBroadcast"`
		Start     *time.Time `json:"startDate,omitempty"`
		Image     string     `json:"image,omitempty"`
		Published thing      `json:"publishedOn"`
	}
	product struct {
		thing
		Description string   `json:"description,omitempty"`
		Image       []string `json:"image,omitempty"`
		Brand       *thing   `json:"brand,omitempty"`
		Category    string   `json:"category,omitempty"`
		Offers      []offer  `json:"offers"`
	}
	offer struct {
		thing
		Price        string     `json:"price"`
		Currency     string     `json:"priceCurrency"`
		Until        *time.Time `json:"priceValidUntil,omitempty"`
		Availability string     `json:"availability,omitempty"`
		Image        string     `json:"image,omitempty"`
		SKU          string     `json:"sku,omitempty"`
		GTIN         string     `json:"gtin,omitempty"`
	}
)

// graphOf is JSON-LD 1.1 about a page: the show while it is open, and the product. encoding/json escapes <, > and &, so that nothing in
// it can end the data block.
func graphOf(a About, base string, now time.Time) template.JS {
	g := graph{Context: "https://schema.org"}
	if a.Show.State != wire.Closed {
		e := event{
			thing: thing{"BroadcastEvent", cmp.Or(a.Show.Title, string(a.Show.ID)), addressOf(base, About{Show: a.Show})},
			Live:  true, Start: a.Show.Since, Published: thing{"BroadcastService", brand, base},
		}
		if a.Product != nil {
			e.Image = pictureOf(base, *a.Product, wire.Variant{})
		}
		g.Graph = append(g.Graph, e)
	}
	if a.Product != nil {
		g.Graph = append(g.Graph, productOf(a, base, now))
	}
	if len(g.Graph) == 0 {
		return ""
	}
	text, err := json.Marshal(g)
	if err != nil {
		panic(err) // there are only texts and times of four digits of years in it
	}
	return template.JS(text) //nolint:gosec // written by encoding/json, which escapes what HTML reads
}

func productOf(a About, base string, now time.Time) product {
	p := a.Product
	a.Asked = true // a thing keeps its address while others are shown
	made := product{
		thing: thing{"Product", p.Title, addressOf(base, a)}, Description: p.Text, Category: p.Kind,
	}
	if p.Vendor != "" {
		made.Brand = &thing{Type: "Brand", Name: p.Vendor}
	}
	for i := range p.Pictures {
		if address := pictureOf(base, *p, wire.Variant{Picture: i + 1}); address != "" {
			made.Image = append(made.Image, address)
		}
	}
	for _, v := range p.Variants {
		made.Offers = append(made.Offers, offerOf(a, v, made.URL, base, now))
	}
	return made
}

// offerOf is a variant at the price that anybody would pay for one unit now, as the page shows it.
func offerOf(a About, v wire.Variant, address, base string, now time.Time) offer {
	p := a.Product
	o := offer{thing: thing{Type: "Offer", URL: cmp.Or(p.Link, address)}, Image: pictureOf(base, *p, v), SKU: v.SKU}
	if len(p.Variants) > 1 {
		o.Name = cmp.Or(strings.Join(v.Options, " · "), v.Title)
	}
	if validGTIN(v.Barcode) {
		o.GTIN = v.Barcode
	}
	price := v.Price
	if d := deal(a.Offers, v.ID, a.Show.ID, now); d != nil {
		price = next(*d)
		if !d.Until.IsZero() {
			until := d.Until.UTC()
			o.Until = &until
		}
	}
	o.Price, o.Currency, _ = strings.Cut(price.String(), " ")
	switch {
	case p.Link != "": // nobody here knows what they have elsewhere
	case v.Left > 0:
		o.Availability = schema + "InStock"
	case v.Stock > 0: // held by others, who may give it back
		o.Availability = schema + "OutOfStock"
	default:
		o.Availability = schema + "SoldOut"
	}
	return o
}

// precedence is the order in which the shop looks for an offer to anybody (server/shop, reserve.go).
var precedence = []wire.OfferKind{wire.Tiered, wire.Flash, wire.Limited, wire.Exclusive}

// deal is the offer that counts for one unit of a variant in a show, nil for its usual price.
func deal(offers []wire.Offer, v wire.VariantID, show wire.ShowID, now time.Time) *wire.Offer {
	var best *wire.Offer
	for i, o := range offers {
		rank := slices.Index(precedence, o.Kind)
		runs := o.Public && !o.Ended && !now.Before(o.From) && (o.Until.IsZero() || now.Before(o.Until))
		counts := o.Buyer == "" && (o.Show == "" || o.Show == show) && len(o.Parts) == 1 && o.Parts[0].Variant == v && (o.Units == 0 || o.Taken < o.Units)
		if rank >= 0 && runs && counts && (best == nil || rank < slices.Index(precedence, best.Kind)) {
			best = &offers[i]
		}
	}
	return best
}

// next is what the next unit of an offer costs.
func next(o wire.Offer) wire.Money {
	gone := o.Taken
	for _, t := range o.Tiers {
		if gone < t.Units {
			return t.Price
		}
		gone -= t.Units
	}
	return o.Price
}

// validGTIN says whether a code is a GTIN of 8, 12, 13 or 14 digits with a right check digit (GS1 General Specifications §7.9).
func validGTIN(code string) bool {
	if n := len(code); n != 8 && (n < 12 || n > 14) {
		return false
	}
	sum := 0
	for i := range len(code) {
		digit := int(code[len(code)-1-i]) - '0'
		if digit < 0 || digit > 9 {
			return false
		}
		sum += digit * (1 + 2*(i%2))
	}
	return sum%10 == 0 && strings.Trim(code, "0") != ""
}
