package app

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"vitrine/server/wire"
)

// draft is a variant as it is being typed.
type draft struct {
	was                      wire.Variant // as the shop has it; without an ID for a new one
	options                  []string
	price, stock, sku, grams string
	shown                    string // the stock when it was shown: one that was not touched is not changed
}

// newDraft is a draft of a variant.
func newDraft(v wire.Variant) draft {
	d := draft{was: v, options: v.Options, price: plainMoney(v.Price), stock: strconv.Itoa(v.Stock), sku: v.SKU}
	if v.Weight > 0 {
		d.grams = strconv.Itoa(v.Weight)
	}
	d.shown = d.stock
	return d
}

// title is what tells the variant from the others.
func (d draft) title() string {
	if len(d.options) == 0 {
		return d.was.Title
	}
	return strings.Join(d.options, " / ")
}

// readDraft is the variant that was typed; wrong is why it cannot be. now is the variant as the shop has it by now, if it has it. The stock is
// what the host saw when the form was opened, more or less some units: the desk takes off what was sold meanwhile.
func (w *Window) readDraft(d draft, now *wire.Variant) (v wire.Variant, wrong string) {
	t := w.words
	v = d.was
	v.Options, v.SKU = d.options, strings.TrimSpace(d.sku)
	if len(d.options) > 0 {
		v.Title = d.title()
	}
	if v.Price, wrong = t.priceOf(strings.TrimSpace(d.price), w.currency()); wrong != "" {
		return v, wrong
	}
	if v.Weight, wrong = t.countOf(strings.TrimSpace(d.grams), maxGrams); wrong != "" {
		return v, wrong
	}
	if d.stock == d.shown && d.was.Version > 0 {
		return v, ""
	}
	left, held := 0, 0
	if now != nil {
		left, held = now.Left, now.Stock-now.Left
	}
	n, more, wrong := t.stockOf(strings.TrimSpace(d.stock), left, held, now != nil)
	switch {
	case wrong != "":
		return v, wrong
	case more:
		v.Stock = d.was.Stock + n
	default:
		v.Stock = n
	}
	return v, ""
}

// maxGrams is the greatest weight that the shop takes.
const maxGrams = 1_000_000

// valuesOf are the values that were typed, divided by commas, without those that are there twice.
func valuesOf(text string) (all []string) {
	for _, one := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(",;、，；/\n", r) }) {
		if one = strings.TrimSpace(one); one != "" && !slices.Contains(all, one) {
			all = append(all, one)
		}
	}
	return all
}

// combinations are all of one value of each list, the last list running fastest.
func combinations(lists [][]string) [][]string {
	all := [][]string{nil}
	for _, list := range lists {
		var next [][]string
		for _, begun := range all {
			for _, value := range list {
				next = append(next, append(slices.Clone(begun), value))
			}
		}
		all = next
	}
	return all
}

// table makes a draft for each combination of the options' values. A combination that was there keeps what it had; a new one begins with
// what like has.
func table(lists [][]string, before []draft, like draft) []draft {
	var all []draft
	for _, options := range combinations(lists) {
		i := slices.IndexFunc(before, func(d draft) bool { return slices.Equal(d.options, options) })
		switch {
		case i >= 0:
			all = append(all, before[i])
		default:
			one := draft{options: options, price: like.price, stock: "0", grams: like.grams}
			if like.sku != "" {
				one.sku = like.sku + "-" + strings.ToUpper(strings.Join(options, "-"))
			}
			all = append(all, one)
		}
	}
	return all
}

// fill puts what was typed for all into the drafts; "" leaves what they have. A SKU is the beginning of theirs.
func fill(all []draft, price, stock, sku, grams string) {
	put := func(to *string, text string) {
		if text != "" {
			*to = text
		}
	}
	for i := range all {
		d := &all[i]
		put(&d.price, price)
		put(&d.stock, stock)
		put(&d.grams, grams)
		if sku != "" {
			d.sku = sku + "-" + strings.ToUpper(strings.Join(d.options, "-"))
		}
	}
}

// understood says how a draft's stock was understood.
func (t *words) understood(now *wire.Variant) string {
	if now == nil {
		return ""
	}
	return fmt.Sprintf(t.StockHint, now.Left, max(0, now.Stock-now.Left))
}

// draftSum says how many variants there are, at which prices, and how many units, as far as that can be read.
func (w *Window) draftSum(all []draft) string {
	var priced []wire.Variant
	units := 0
	for _, d := range all {
		if m, wrong := w.words.priceOf(d.price, w.currency()); wrong == "" {
			priced = append(priced, wire.Variant{Price: m})
		}
		n, _, _ := w.words.stockOf(d.stock, 0, 0, false)
		units += n
	}
	return fmt.Sprintf(w.words.VariantsSum, len(all), w.words.prices(priced), units)
}
