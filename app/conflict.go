package app

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	fynetheme "fyne.io/fyne/v2/theme"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/server/wire"
	"vitrine/studio"
)

// difference is a field that two edits of a product have otherwise. take puts the host's into a product.
type difference struct {
	name, mine, theirs string
	take               func(*wire.Product)
}

// differences are the fields in which the host's edit and the server's product differ.
func (t *words) differences(mine, theirs *wire.Product) (all []difference) {
	add := func(name, m, o string, take func(*wire.Product)) {
		if m != o {
			all = append(all, difference{name: name, mine: m, theirs: o, take: take})
		}
	}
	yes := func(on bool) string {
		if on {
			return t.Yes
		}
		return t.No
	}
	add(t.ProductTitle, mine.Title, theirs.Title, func(p *wire.Product) { p.Title = mine.Title })
	add(t.ProductText, mine.Text, theirs.Text, func(p *wire.Product) { p.Text = mine.Text })
	if !slices.Equal(mine.Pictures, theirs.Pictures) {
		all = append(all, difference{
			name: t.Pictures, mine: fmt.Sprintf(t.PicturesCount, len(mine.Pictures)), theirs: fmt.Sprintf(t.PicturesCount, len(theirs.Pictures)),
			take: func(p *wire.Product) { p.Pictures = mine.Pictures },
		})
	}
	add(t.ProductLink, mine.Link, theirs.Link, func(p *wire.Product) { p.Link = mine.Link })
	add(t.ProductTax, t.taxClass(mine.Tax), t.taxClass(theirs.Tax), func(p *wire.Product) { p.Tax = mine.Tax })
	add(t.ProductHidden, yes(mine.Hidden), yes(theirs.Hidden), func(p *wire.Product) { p.Hidden = mine.Hidden })
	limit := func(n int) string {
		if n == 0 {
			return t.ProductCapHint
		}
		return strconv.Itoa(n)
	}
	add(t.ProductCap, limit(mine.Cap), limit(theirs.Cap), func(p *wire.Product) { p.Cap = mine.Cap })
	add(t.ProductVendor, mine.Vendor, theirs.Vendor, func(p *wire.Product) { p.Vendor = mine.Vendor })
	add(t.ProductKind, mine.Kind, theirs.Kind, func(p *wire.Product) { p.Kind = mine.Kind })
	add(t.ProductTags, strings.Join(mine.Tags, ", "), strings.Join(theirs.Tags, ", "), func(p *wire.Product) { p.Tags = mine.Tags })
	if mine.Place < theirs.Place {
		add(t.ProductPlace, t.PlaceUp, t.PlaceDown, func(p *wire.Product) { p.Place = mine.Place })
	} else if mine.Place > theirs.Place {
		add(t.ProductPlace, t.PlaceDown, t.PlaceUp, func(p *wire.Product) { p.Place = mine.Place })
	}
	return append(all, t.variantDifferences(mine, theirs)...)
}

// variantDifferences are those of the variants: a field each where both have the same variants, else all as one.
func (t *words) variantDifferences(mine, theirs *wire.Product) (all []difference) {
	same := slices.EqualFunc(mine.Variants, theirs.Variants, func(a, b wire.Variant) bool { return a.ID == b.ID && slices.Equal(a.Options, b.Options) })
	if !same || !slices.Equal(mine.Options, theirs.Options) {
		return []difference{{
			name: t.VariantsPage, mine: fmt.Sprintf(t.VariantsCount, len(mine.Variants)), theirs: fmt.Sprintf(t.VariantsCount, len(theirs.Variants)),
			take: func(p *wire.Product) { p.Options, p.Variants = mine.Options, slices.Clone(mine.Variants) },
		}}
	}
	for i, m := range mine.Variants {
		o := theirs.Variants[i]
		add := func(name, a, b string, take func(*wire.Variant)) {
			if a != b {
				if len(mine.Variants) > 1 {
					name = strings.Join(m.Options, " / ") + " · " + name
				}
				all = append(all, difference{name: name, mine: a, theirs: b, take: func(p *wire.Product) { take(&p.Variants[i]) }})
			}
		}
		add(t.PriceColumn, t.money(m.Price), t.money(o.Price), func(v *wire.Variant) { v.Price = m.Price })
		add(t.ProductStock, strconv.Itoa(m.Stock), strconv.Itoa(o.Stock), func(v *wire.Variant) { v.Stock = m.Stock })
		add(t.ProductSKU, m.SKU, o.SKU, func(v *wire.Variant) { v.SKU = m.SKU })
		add(t.ProductBarcode, m.Barcode, o.Barcode, func(v *wire.Variant) { v.Barcode = m.Barcode })
		add(t.ProductWeight, strconv.Itoa(m.Weight), strconv.Itoa(o.Weight), func(v *wire.Variant) { v.Weight = m.Weight })
	}
	return all
}

func (t *words) taxClass(c wire.TaxClass) string {
	switch c {
	case wire.ReducedTax:
		return t.TaxReduced
	case wire.ZeroTax:
		return t.TaxZero
	}
	return t.TaxStandard
}

// mixture is the server's product with those of the host's fields that are chosen.
func mixture(theirs *wire.Product, all []difference, mine []bool) wire.Product {
	p := *theirs
	p.Variants = slices.Clone(theirs.Variants)
	for i, d := range all {
		if mine[i] {
			d.take(&p)
		}
	}
	return p
}

// openConflict shows, field by field, what the host and what somebody else made of a product, and lets the host choose.
func (w *Window) openConflict(one *studio.Product) {
	t := w.words
	all := t.differences(&one.Product, one.Theirs)
	mine := make([]bool, len(all))
	for i := range mine {
		mine[i] = true
	}
	gone := false
	wrong := widget.NewParagraph("", fynetheme.ColorNameError)
	cancel := widget.NewButton(t.Cancel, "", widget.Plain, w.closeSheet)
	settle := func(label string, on bool) *widget.Button {
		return widget.NewButton(label, "", widget.Plain, func() { w.closeSheet(); w.settleProduct(one.ID, on) })
	}
	keep, take := settle(t.ConflictMine, true), settle(t.ConflictTheirs, false)
	use := widget.NewButton(t.ConflictUse, "", widget.Primary, func() {
		p := mixture(one.Theirs, all, mine)
		w.ask(gesture{
			do: func(ctx context.Context) error { return w.desk.PutProduct(ctx, p) },
			done: func(err error) {
				switch {
				case gone:
				case err != nil:
					wrong.Set(w.refused(err), fynetheme.ColorNameError)
				default:
					w.closeSheet()
				}
			},
		})
	})
	pieces := []fyne.CanvasObject{cancel, keep, take, use}
	rows, buttons := differenceRows(t, all, mine)
	content := widget.Fill(8, widget.Stack(10, flush(fmt.Sprintf(t.ConflictText, one.Title)), differenceHead(t)), scrolled(widget.Stack(6, rows...)), widget.Inset(-7, -7, wrong))
	w.openSheet(widget.SheetSpec{
		Heading: t.ConflictTitle, Content: content, Size: fyne.NewSize(700, 330),
		Foot: []fyne.CanvasObject{cancel, take, keep, use}, Focus: use, Closed: func() { gone = true },
	}, append(pieces, buttons...)...)
}

func differenceHead(t *words) fyne.CanvasObject {
	return differenceRow(heading(""), heading(t.ConflictYours), heading(t.ConflictOthers))
}

func differenceRow(name, mine, theirs fyne.CanvasObject) fyne.CanvasObject {
	return container.NewBorder(nil, nil, widget.Sized(fyne.NewSize(180, 0), name), nil, widget.Columns(8, mine, theirs))
}

// differenceRows are a line for each field: a click on a side chooses it.
func differenceRows(t *words, all []difference, mine []bool) (rows, pieces []fyne.CanvasObject) {
	for i, d := range all {
		left, right := widget.NewItem(), widget.NewItem()
		face := func(text string, on bool) widget.Face {
			f := widget.Face{Title: strings.Join(strings.Fields(text), " "), Selected: on}
			if on {
				f.Symbol = theme.Check
			}
			if f.Title == "" {
				f.Title = t.ConflictEmpty
			}
			return f
		}
		draw := func() {
			left.Set(face(d.mine, mine[i]))
			right.Set(face(d.theirs, !mine[i]))
		}
		left.Chosen = func() { mine[i] = true; draw() }
		right.Chosen = func() { mine[i] = false; draw() }
		draw()
		rows = append(rows, differenceRow(widget.NewText(d.name, widget.Style{Shrink: true}), left, right))
		pieces = append(pieces, left, right)
	}
	return rows, pieces
}
