package catalog

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"vitrine/server/wire"
)

// Attributes of Google's product data specification that mean something here. Those of this package's own keep what the specification has
// no word for: in XML they are in the namespace for attributes of one's own.
const (
	attrID           = "g:id"
	attrGroup        = "g:item_group_id"
	attrTitle        = "g:title"
	attrText         = "g:description"
	attrLink         = "g:link"
	attrPicture      = "g:image_link"
	attrPictures     = "g:additional_image_link" // several, with commas between
	attrPrice        = "g:price"
	attrAvailability = "g:availability"
	attrBrand        = "g:brand"
	attrGTIN         = "g:gtin"
	attrMPN          = "g:mpn"
	attrKind         = "g:product_type"
	attrWeight       = "g:shipping_weight"
	attrOptions      = "c:option_names" // where they are not Google's in Google's order, with | between
)

// googleOptions are the attributes in which Google's variants may differ, with their names as options.
var googleOptions = [][2]string{{"g:color", "Color"}, {"g:size", "Size"}, {"g:material", "Material"}, {"g:pattern", "Pattern"}}

// ownOption is the attribute of the option with that place, for options that are not Google's.
func ownOption(i int) string { return "c:option_" + strconv.Itoa(i+1) }

// googleKey is an attribute's name, with g: in front, or c: for one of one's own: people write spaces and capitals too, and no prefix.
func googleKey(name string) string {
	name = strings.ReplaceAll(strings.ToLower(strings.TrimSpace(name)), " ", "_")
	if isAttribute(name) {
		return name
	}
	return "g:" + name
}

// isAttribute says that a column is of a feed, not of Shopify.
func isAttribute(key string) bool {
	return strings.HasPrefix(key, "g:") || strings.HasPrefix(key, "c:")
}

// attributeName is the name of a feed's column, which may stand there several times.
func attributeName(key string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(key, "g:"), " ")
	return name
}

// merchant is Google's product data. It counts no stock: what is in stock has as many as before, or as a new variant. Hidden products are
// not written, since a feed is for everybody, nor are tags and taxes.
func merchant() dialect {
	return dialect{
		handles: []string{attrGroup, attrID}, pricing: attrPrice,
		parse:    parseMerchant,
		render:   renderMerchant,
		common:   func(key string) bool { return slices.Contains([]string{attrGroup, attrBrand, attrKind, attrText}, key) },
		meanings: merchantMeanings,
	}
}

var merchantMeanings = []meaning{
	{product: func(p, old *wire.Product) { p.Hidden, p.Tags, p.Tax = old.Hidden, old.Tags, old.Tax }},
	{columns: []string{attrID, attrGroup}},
	{columns: []string{attrTitle}},
	{columns: []string{attrText}, product: func(p, old *wire.Product) { p.Text = old.Text }},
	{columns: []string{attrLink}, product: func(p, old *wire.Product) { p.Link = old.Link }},
	{
		columns: []string{attrPicture, attrPictures},
		product: func(p, old *wire.Product) { p.Pictures = old.Pictures },
		variant: func(v, old *wire.Variant) { v.Picture = old.Picture },
	},
	{columns: []string{attrPrice}},
	{columns: []string{attrAvailability}},
	{columns: []string{attrBrand}, product: func(p, old *wire.Product) { p.Vendor = old.Vendor }},
	{columns: []string{attrKind}, product: func(p, old *wire.Product) { p.Kind = old.Kind }},
	{columns: []string{attrGTIN}, variant: func(v, old *wire.Variant) { v.Barcode = old.Barcode }},
	{columns: []string{attrMPN}, variant: func(v, old *wire.Variant) { v.SKU = old.SKU }},
	{columns: []string{attrWeight}, variant: func(v, old *wire.Variant) { v.Weight = old.Weight }},
	{columns: []string{"g:color", "g:size", "g:material", "g:pattern", attrOptions, ownOption(0), ownOption(1), ownOption(2)}},
}

func parseMerchant(rows []row, s Shop) parsed {
	out := parsed{of: slices.Repeat([]int{-1}, len(rows))}
	head := rows[0]
	p := wire.Product{Title: head[attrTitle], Text: toText(head[attrText]), Vendor: head[attrBrand], Kind: head[attrKind]}
	if w := validProduct(&p, attrTitle, attrText, "", head); w != nil {
		out.wrong(0, w)
		return out
	}
	if link := head[attrLink]; link != "" && (s.Home == "" || !strings.HasPrefix(link, s.Home)) {
		if wire.ValidLink(link) != nil {
			out.wrong(0, wrong(BadLink, attrLink, link, "%s", wire.ValidLink(link)))
		} else {
			p.Link = link
		}
	}
	p.Pictures = out.feedPictures(rows, s)
	keys := feedOptions(&p, rows)
	taken := map[string]bool{}
	for i, r := range rows {
		v, w := feedVariant(r, &p, keys, s)
		key := strings.Join(v.Options, "\x00")
		switch {
		case w != nil:
		case taken[key]:
			w = wrong(SameOptions, attrID, r[attrID], "another item of the group has the same options")
		case len(p.Variants) == wire.MaxVariants:
			w = wrong(TooManyVariants, attrGroup, r[attrGroup], "a product has at most %d variants", wire.MaxVariants)
		}
		if w != nil {
			out.wrong(i, w)
			continue
		}
		taken[key] = true
		out.of[i] = len(p.Variants)
		p.Variants = append(p.Variants, v)
	}
	out.product = p
	return out
}

// feedOptions finds the options of a product, and the attributes with their values. An item without a group has none: its colour is kept as
// it is.
func feedOptions(p *wire.Product, rows []row) (keys []string) {
	if rows[0][attrGroup] == "" {
		return nil
	}
	if names := rows[0][attrOptions]; names != "" {
		for i, name := range strings.Split(names, "|") {
			if i == wire.MaxChoices {
				break
			}
			p.Options, keys = append(p.Options, name), append(keys, ownOption(i))
		}
		return keys
	}
	for _, o := range googleOptions {
		if slices.ContainsFunc(rows, func(r row) bool { return r[o[0]] != "" }) {
			p.Options, keys = append(p.Options, o[1]), append(keys, o[0])
		}
	}
	if len(keys) > wire.MaxChoices { // those in which they do not differ are none
		for i := len(keys) - 1; i >= 0 && len(keys) > wire.MaxChoices; i-- {
			if !slices.ContainsFunc(rows, func(r row) bool { return r[keys[i]] != rows[0][keys[i]] }) {
				keys, p.Options = slices.Delete(keys, i, i+1), slices.Delete(p.Options, i, i+1)
			}
		}
	}
	return keys
}

func feedVariant(r row, p *wire.Product, keys []string, s Shop) (v wire.Variant, w *problem) {
	v = wire.Variant{ID: wire.VariantID(r[attrID]), SKU: r[attrMPN], Barcode: r[attrGTIN], Stock: unsaid}
	if v.ID == "" {
		return v, wrong(NoHandle, attrID, "", "the item has no id")
	}
	if len(keys) > wire.MaxChoices {
		return v, wrong(TooManyOptions, keys[wire.MaxChoices], r[keys[wire.MaxChoices]], "variants differ in at most %d options", wire.MaxChoices)
	}
	for i, key := range keys {
		if r[key] == "" {
			return v, wrong(NoOption, key, "", "the item does not say its %s", p.Options[i])
		}
		v.Options = append(v.Options, r[key])
	}
	v.Title = strings.Join(v.Options, " / ")
	if utf8.RuneCountInString(v.Title) > wire.MaxTitle {
		return v, wrong(TooLong, attrTitle, v.Title, "the options have at most %d characters together", wire.MaxTitle)
	}
	if len(v.SKU) > wire.MaxField {
		return v, wrong(TooLong, attrMPN, v.SKU, "a SKU has at most %d characters", wire.MaxField)
	}
	if text := r[attrPrice]; text != "" {
		if v.Price, w = readPrice(text, s.Currency); w != nil {
			return v, w
		}
	}
	if text := r[attrWeight]; text != "" {
		if v.Weight, w = readWeight(text); w != nil {
			return v, w
		}
	}
	if strings.ReplaceAll(strings.ToLower(r[attrAvailability]), " ", "_") == "out_of_stock" {
		v.Stock = 0
	}
	if at := slices.IndexFunc(p.Pictures, func(c wire.Picture) bool { return s.address(c) == r[attrPicture] }); at > 0 {
		v.Picture = at + 1 // the first stands for the product
	}
	return v, nil
}

// readPrice reads an amount with the code of its currency, as 15.00 USD.
func readPrice(text string, c wire.Currency) (wire.Money, *problem) {
	sum := strings.TrimSpace(text)
	for _, code := range []string{sum[:min(3, len(sum))], sum[max(0, len(sum)-3):]} {
		if other := wire.Currency(strings.ToUpper(code)); other.Validate() == nil {
			if other != c {
				return wire.Money{}, wrong(OtherCurrency, attrPrice, text, "this shop's prices are in %s", c)
			}
			sum = strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(sum, code), code))
			break
		}
	}
	m, w := readMoney(attrPrice, sum, c)
	if w != nil && strings.ContainsFunc(sum, func(r rune) bool { return r >= 'A' && r <= 'Z' }) {
		w = wrong(OtherCurrency, attrPrice, text, "an amount has the code of a currency, as 15.00 %s", c)
	}
	return m, w
}

// units are what weights come in, in grams.
var units = map[string]float64{"g": 1, "kg": 1000, "lb": 453.59237, "oz": 28.349523125}

// readWeight reads a weight with its unit, in grams.
func readWeight(text string) (int, *problem) {
	sum, unit, _ := strings.Cut(strings.TrimSpace(text), " ")
	grams, ok := units[strings.ToLower(strings.TrimSpace(unit))]
	f, err := strconv.ParseFloat(strings.Replace(sum, ",", ".", 1), 64)
	switch {
	case !ok || err != nil || math.IsNaN(f):
		return 0, wrong(NoNumber, attrWeight, text, "%.80q is no weight, as 0.5 kg", text)
	case f < 0:
		return 0, wrong(Negative, attrWeight, text, "a weight is not below zero")
	case f*grams > wire.MaxGrams:
		return 0, wrong(TooLarge, attrWeight, text, "a weight is at most 1000 kg")
	}
	return int(f*grams + 0.5), nil
}

// feedPictures are those of all items, each once: first each one's own.
func (out *parsed) feedPictures(rows []row, s Shop) (all []wire.Picture) {
	seen := map[string]bool{}
	add := func(i int, key, source string) {
		switch {
		case source == "" || seen[source]:
		case wire.ValidLink(source) != nil:
			out.wrong(i, wrong(BadLink, key, source, "%s", wire.ValidLink(source)))
		case len(all) == wire.MaxPictures:
			out.wrong(i, wrong(TooManyPictures, key, source, "a product has at most %d pictures", wire.MaxPictures))
		default:
			seen[source] = true
			all = append(all, s.picture(source, ""))
		}
	}
	for i, r := range rows {
		add(i, attrPicture, r[attrPicture])
		for source := range strings.SplitSeq(r[attrPictures], ",") {
			add(i, attrPictures, strings.TrimSpace(source))
		}
	}
	return all
}

func renderMerchant(p wire.Product, s Shop) (rows []row) {
	keys, ordered := feedKeys(p)
	var sources []string
	for _, c := range p.Pictures {
		if a := s.address(c); a != "" {
			sources = append(sources, a)
		}
	}
	for _, v := range p.Variants {
		r := row{
			attrID: string(v.ID), attrTitle: p.Title, attrText: toFeed(p.Text), attrBrand: p.Vendor, attrKind: p.Kind, attrGTIN: v.Barcode, attrMPN: v.SKU,
			attrLink: p.Link, attrPrice: v.Price.String(), attrAvailability: "in_stock",
		}
		if p.Link == "" && s.Home != "" {
			r[attrLink] = s.Home + "?product=" + string(p.ID)
		}
		if len(p.Variants) > 1 || len(p.Options) > 0 || string(p.ID) != string(v.ID) {
			r[attrGroup] = string(p.ID)
		}
		if v.Stock == 0 {
			r[attrAvailability] = "out_of_stock"
		}
		if v.Weight > 0 {
			r[attrWeight] = strconv.Itoa(v.Weight) + " g"
		}
		own := 0
		if v.Picture > 0 && v.Picture <= len(p.Pictures) {
			own = max(0, slices.Index(sources, s.address(p.Pictures[v.Picture-1])))
		}
		if len(sources) > 0 {
			r[attrPicture] = sources[own]
			r[attrPictures] = strings.Join(slices.Delete(slices.Clone(sources), own, own+1), ",")
		}
		for i, value := range v.Options {
			if i < len(keys) {
				r[keys[i]] = value
			}
		}
		if !ordered {
			r[attrOptions] = strings.Join(p.Options, "|")
		}
		rows = append(rows, r)
	}
	return rows
}

// feedKeys are the attributes of a product's options: Google's, where all are Google's in Google's order.
func feedKeys(p wire.Product) (keys []string, google bool) {
	last := -1
	for _, name := range p.Options {
		at := slices.IndexFunc(googleOptions, func(o [2]string) bool { return o[1] == name })
		if at <= last {
			keys = nil
			for i := range p.Options {
				keys = append(keys, ownOption(i))
			}
			return keys, false
		}
		last = at
		keys = append(keys, googleOptions[at][0])
	}
	return keys, true
}

// toFeed writes a text for a feed: as it is, unless it could be taken for HTML.
func toFeed(text string) string {
	if strings.ContainsAny(text, "<&") || strings.TrimSpace(text) != text {
		return toHTML(text)
	}
	return text
}
