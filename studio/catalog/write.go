package catalog

import (
	"bufio"
	"encoding/csv"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"vitrine/server/wire"
)

// olderOrder is the order of columns in which Shopify exported before; columns that are not among them follow, and Status comes last.
var olderOrder = []string{
	colHandle, colTitle, colBody, colVendor, "Product category", colKind, colTags, colPublished,
	optionNames[0], optionValues[0], optionNames[1], optionValues[1], optionNames[2], optionValues[2],
	colSKU, colGrams, colTracker, colUnits, "Continue selling when out of stock", "Fulfillment service", colPrice, "Compare-at price",
	"Requires shipping", colTax, colBarcode, colPicture, colPosition, colAlt, "Gift card", "SEO title", "SEO description",
	"Google Shopping / Google product category", "Google Shopping / Gender", "Google Shopping / Age group",
	"Google Shopping / Manufacturer part number (MPN)", "Google Shopping / Ad group name", "Google Shopping / Ads labels",
	"Google Shopping / Condition", "Google Shopping / Custom product", "Google Shopping / Custom label 0", "Google Shopping / Custom label 1",
	"Google Shopping / Custom label 2", "Google Shopping / Custom label 3", "Google Shopping / Custom label 4",
	colShows, "Weight unit for display", "Tax code", "Cost per item",
}

// merchantOrder is the order of a feed's attributes; others follow.
var merchantOrder = []string{
	attrID, attrTitle, attrText, attrLink, attrPicture, attrPictures, attrAvailability, attrPrice, attrBrand, attrGTIN, attrMPN, "g:condition",
	attrGroup, "g:color", "g:size", "g:material", "g:pattern", attrKind, attrWeight,
}

// Write writes products as a file, in UTF-8. Feeds are of products that are not hidden. Errors are w's, and *wire.Error of code Invalid for
// a format that is none.
func Write(w io.Writer, f Format, products []wire.Product, s Shop) error {
	d := shopify(false)
	feed := f == Merchant || f == MerchantTV
	if feed {
		d = merchant()
	}
	if !slices.Contains(Formats, f) {
		return wire.Errorf(wire.Invalid, "there is no format %q", f)
	}
	out := bufio.NewWriter(w)
	var err error
	wanted := slices.DeleteFunc(slices.Clone(products), func(p wire.Product) bool { return len(p.Variants) == 0 || feed && p.Hidden })
	if f == Merchant {
		err = writeXML(out, &d, wanted, s)
	} else {
		err = writeTable(out, f, &d, wanted, s)
	}
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		return fmt.Errorf("write products: %w", err)
	}
	return nil
}

// rowsOf are a product's rows, with what was kept of the file that they came from.
func (d *dialect) rowsOf(p wire.Product, s Shop) []row {
	rows := d.render(p, s)
	overlay(rows, &p, func(key string) bool { return !d.means(key) })
	plain := d.parse(rows, s).product
	for _, m := range d.meanings {
		mine := func(key string) bool { return slices.Contains(m.columns, key) }
		if !kept(&p, mine) {
			continue
		}
		tried := each(rows, maps.Clone[row])
		overlay(tried, &p, mine)
		again := d.parse(tried, s).product
		if productID(d.handle(tried[0].cell)) != p.ID {
			continue
		}
		if alike(&plain, &again) {
			rows = tried
		}
	}
	return rows
}

// kept says whether something was kept of some columns.
func kept(p *wire.Product, wanted func(string) bool) bool {
	for key := range p.Extra {
		if wanted(key) {
			return true
		}
	}
	return slices.ContainsFunc(p.Variants, func(v wire.Variant) bool {
		for key := range v.Extra {
			if wanted(key) {
				return true
			}
		}
		return false
	})
}

// overlay puts what was kept of some columns over the rows.
func overlay(rows []row, p *wire.Product, wanted func(string) bool) {
	for i, v := range p.Variants {
		for key, text := range v.Extra {
			if wanted(key) {
				rows[i][key] = text
			}
		}
	}
	for key, text := range p.Extra {
		if wanted(key) {
			rows[0][key] = text
			for i := 1; i < len(rows) && key == colHandle; i++ {
				rows[i][key] = text
			}
		}
	}
}

// writeTable writes rows of cells: Shopify's with commas, Google's with tabs.
func writeTable(w io.Writer, f Format, d *dialect, products []wire.Product, s Shop) error {
	var keys []string
	name := func(key string) string { return key }
	foreign := isAttribute
	switch f {
	case Shopify:
		for _, c := range shopifyColumns {
			keys = append(keys, c[0])
		}
	case ShopifyOld:
		keys, name = slices.Clone(olderOrder), olderName
	case MerchantTV:
		keys, name = slices.Clone(merchantOrder), attributeName
		foreign = func(key string) bool { return !isAttribute(key) }
	}
	keys = withOthers(keys, products, foreign)
	if f == ShopifyOld {
		keys = append(keys, colStatus)
	}
	c := csv.NewWriter(w)
	if f == MerchantTV {
		c.Comma = '\t'
	}
	if err := c.Write(each(keys, name)); err != nil {
		return err
	}
	cells := make([]string, len(keys))
	for _, p := range products {
		for _, r := range d.rowsOf(p, s) {
			for i, key := range keys {
				text := r[key]
				if f == MerchantTV {
					text = flat(text)
				}
				cells[i] = guard(text)
			}
			if err := c.Write(cells); err != nil {
				return err
			}
		}
	}
	c.Flush()
	return c.Error()
}

// withOthers are columns with those that were kept of files, but for foreign ones.
func withOthers(keys []string, products []wire.Product, foreign func(string) bool) []string {
	others := map[string]bool{}
	note := func(extra map[string]string) {
		for key := range extra {
			if !foreign(key) && key != colStatus {
				others[key] = true
			}
		}
	}
	for _, p := range products {
		note(p.Extra)
		for _, v := range p.Variants {
			note(v.Extra)
		}
		for i := range p.Options {
			others[ownOption(i)] = !foreign(ownOption(i))
			others[attrOptions] = !foreign(attrOptions)
		}
	}
	for _, key := range keys {
		delete(others, key)
	}
	maps.DeleteFunc(others, func(_ string, wanted bool) bool { return !wanted })
	return append(keys, slices.Sorted(maps.Keys(others))...)
}

// flat is a cell of elements as one of text: their contents with colons between, as US:CA:Ground:5 USD.
func flat(text string) string {
	if !strings.HasPrefix(text, "<g:") {
		return text
	}
	var parts []string
	in := xml.NewDecoder(strings.NewReader(text))
	in.Strict = false
	for {
		token, err := in.Token()
		if err != nil {
			return strings.Join(parts, ":")
		}
		if t, ok := token.(xml.CharData); ok {
			parts = append(parts, string(t))
		}
	}
}

// writeXML writes an RSS 2.0 feed.
func writeXML(w *bufio.Writer, d *dialect, products []wire.Product, s Shop) error {
	keys := withOthers(slices.Clone(merchantOrder), products, func(key string) bool { return !isAttribute(key) })
	put := func(indent, name, text string) error {
		_, err := w.WriteString(indent + "<" + name + ">")
		if err == nil && strings.HasPrefix(text, "<g:") {
			_, err = w.WriteString(text)
		} else if err == nil {
			err = xml.EscapeText(w, []byte(text))
		}
		if err == nil {
			_, err = w.WriteString("</" + name + ">\n")
		}
		return err
	}
	if _, err := w.WriteString(xml.Header + `<rss version="2.0" xmlns:g="` + googleSpace + `" xmlns:c="` + ownSpace + "\">\n<channel>\n"); err != nil {
		return err
	}
	for _, line := range [][2]string{{"title", s.Name}, {"link", s.Home}, {"description", s.Name}} {
		if err := put("", line[0], line[1]); err != nil {
			return err
		}
	}
	for _, p := range products {
		for _, r := range d.rowsOf(p, s) {
			if _, err := w.WriteString("<item>\n"); err != nil {
				return err
			}
			for _, key := range keys {
				for _, text := range values(key, r[key]) {
					name, _, _ := strings.Cut(key, " ")
					if err := put("  ", name, text); err != nil {
						return err
					}
				}
			}
			if _, err := w.WriteString("</item>\n"); err != nil {
				return err
			}
		}
	}
	_, err := w.WriteString("</channel>\n</rss>\n")
	return err
}

// values are the elements of a cell, none for an empty one.
func values(key, text string) []string {
	switch {
	case text == "":
		return nil
	case key == attrPictures:
		return strings.Split(text, ",")
	}
	return []string{text}
}
