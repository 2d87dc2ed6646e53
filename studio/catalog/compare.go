package catalog

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"vitrine/server/wire"
)

// differences names what is another in two products, in the words of their JSON. What only the server says does not count.
func differences(a, b *wire.Product) (fields []string) {
	note := func(differ bool, name string) {
		if differ && !slices.Contains(fields, name) {
			fields = append(fields, name)
		}
	}
	note(a.Title != b.Title, "title")
	note(a.Text != b.Text, "text")
	note(!slices.Equal(a.Pictures, b.Pictures), "pictures")
	note(a.Link != b.Link, "link")
	note(a.Tax != b.Tax, "tax")
	note(a.Hidden != b.Hidden, "hidden")
	note(a.Vendor != b.Vendor, "vendor")
	note(a.Kind != b.Kind, "kind")
	note(!slices.Equal(a.Tags, b.Tags), "tags")
	note(!slices.Equal(a.Options, b.Options), "options")
	name := func(v wire.Variant) wire.VariantID { return v.ID }
	note(!slices.Equal(each(a.Variants, name), each(b.Variants, name)), "variants")
	for _, v := range b.Variants {
		i := slices.IndexFunc(a.Variants, func(w wire.Variant) bool { return w.ID == v.ID })
		if i < 0 {
			continue
		}
		w := a.Variants[i]
		note(v.Title != w.Title, "variants.title")
		note(!slices.Equal(v.Options, w.Options), "variants.options")
		note(v.SKU != w.SKU, "variants.sku")
		note(v.Barcode != w.Barcode, "variants.barcode")
		note(v.Price != w.Price, "variants.price")
		note(v.Weight != w.Weight, "variants.weight")
		note(v.Picture != w.Picture, "variants.picture")
		note(v.Stock != w.Stock, "variants.stock")
		note(!maps.Equal(v.Extra, w.Extra), "variants.extra")
	}
	note(!maps.Equal(a.Extra, b.Extra), "extra")
	return fields
}

func each[T, U any](all []T, f func(T) U) []U {
	made := make([]U, len(all))
	for i, one := range all {
		made[i] = f(one)
	}
	return made
}

// alike says that two readings of rows make the same product. A stock that is not said is like any.
func alike(a, b *wire.Product) bool {
	if len(a.Variants) != len(b.Variants) || a.Title != b.Title || a.Text != b.Text || a.Link != b.Link || a.Tax != b.Tax || a.Hidden != b.Hidden ||
		a.Vendor != b.Vendor || a.Kind != b.Kind || a.ID != b.ID ||
		!slices.Equal(a.Tags, b.Tags) || !slices.Equal(a.Options, b.Options) || !slices.Equal(a.Pictures, b.Pictures) {
		return false
	}
	for i, v := range a.Variants {
		w := b.Variants[i]
		if v.SKU != w.SKU || v.Barcode != w.Barcode || v.Price != w.Price || v.Weight != w.Weight || v.Picture != w.Picture || v.ID != w.ID ||
			v.Stock != w.Stock && v.Stock != unsaid && w.Stock != unsaid || !slices.Equal(v.Options, w.Options) {
			return false
		}
	}
	return true
}

// Difference is one thing that a change changes: Field as in Change.Fields, and what it was and will be, as people write it.
type Difference struct {
	Field string
	// Variant is the title of the variant, or its SKU, "" for the product.
	Variant       string
	Before, After string
	// Named says that Before and After are words for the window's languages: shown, hidden, standard, reduced, zero.
	Named bool
}

// Differences are a change's, the product's first. Of one that is added, they are what it has.
func (c *Change) Differences() (all []Difference) {
	a, b := &c.Before, &c.After
	note := func(field, before, after string) {
		if before != after {
			all = append(all, Difference{Field: field, Before: before, After: after})
		}
	}
	named := func(field, before, after string) {
		if before != after {
			all = append(all, Difference{Field: field, Before: before, After: after, Named: true})
		}
	}
	note("title", a.Title, b.Title)
	for _, v := range b.Variants {
		i := slices.IndexFunc(a.Variants, func(w wire.Variant) bool { return w.ID == v.ID })
		if i < 0 {
			all = append(all, Difference{Field: "variants", Variant: called(v), After: v.Price.String()})
			continue
		}
		all = append(all, variantDifferences(a.Variants[i], v)...)
	}
	for _, v := range a.Variants {
		if !slices.ContainsFunc(b.Variants, func(w wire.Variant) bool { return w.ID == v.ID }) {
			all = append(all, Difference{Field: "variants", Variant: called(v), Before: v.Price.String()})
		}
	}
	note("vendor", a.Vendor, b.Vendor)
	note("kind", a.Kind, b.Kind)
	note("tags", strings.Join(a.Tags, ", "), strings.Join(b.Tags, ", "))
	note("options", strings.Join(a.Options, ", "), strings.Join(b.Options, ", "))
	note("link", a.Link, b.Link)
	if c.Kind != Added || b.Hidden {
		named("hidden", visible(a), visible(b))
	}
	if c.Kind != Added || b.Tax != wire.StandardTax {
		named("tax", taxed(a), taxed(b))
	}
	if !slices.Equal(a.Pictures, b.Pictures) {
		all = append(all, Difference{Field: "pictures", Before: strconv.Itoa(len(a.Pictures)), After: strconv.Itoa(len(b.Pictures))})
	}
	note("text", a.Text, b.Text)
	if !maps.Equal(a.Extra, b.Extra) {
		all = append(all, Difference{Field: "extra", Before: columnsOf(a.Extra), After: columnsOf(b.Extra)})
	}
	return all
}

func variantDifferences(a, b wire.Variant) (all []Difference) {
	note := func(field, before, after string) {
		if before != after {
			all = append(all, Difference{Field: field, Variant: called(b), Before: before, After: after})
		}
	}
	note("variants.price", a.Price.String(), b.Price.String())
	note("variants.stock", strconv.Itoa(a.Stock), strconv.Itoa(b.Stock))
	note("variants.title", a.Title, b.Title)
	note("variants.options", strings.Join(a.Options, " / "), strings.Join(b.Options, " / "))
	note("variants.sku", a.SKU, b.SKU)
	note("variants.barcode", a.Barcode, b.Barcode)
	note("variants.weight", strconv.Itoa(a.Weight), strconv.Itoa(b.Weight))
	note("variants.picture", strconv.Itoa(a.Picture), strconv.Itoa(b.Picture))
	if !maps.Equal(a.Extra, b.Extra) {
		all = append(all, Difference{Field: "variants.extra", Variant: called(b), Before: columnsOf(a.Extra), After: columnsOf(b.Extra)})
	}
	return all
}

// called is what people call a variant.
func called(v wire.Variant) string {
	if v.Title != "" {
		return v.Title
	}
	return v.SKU
}

func visible(p *wire.Product) string {
	if p.Hidden {
		return "hidden"
	}
	return "shown"
}

func taxed(p *wire.Product) string {
	if p.Tax == wire.StandardTax {
		return "standard"
	}
	return string(p.Tax)
}

// columnsOf are kept cells, with the names of their columns.
func columnsOf(extra map[string]string) string {
	var all []string
	for _, key := range slices.Sorted(maps.Keys(extra)) {
		all = append(all, key+": "+extra[key])
	}
	return strings.Join(all, " · ")
}
