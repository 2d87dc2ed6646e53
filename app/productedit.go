package app

import (
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

// productSheet is the form of a product. It outlives being closed: what was typed is there when it is opened again.
type productSheet struct {
	w      *Window
	p      *productsPanel
	was    wire.Product // as it was opened; without an ID for a new one
	id     wire.ProductID
	begun  string // what the form held then
	leaves bool   // for a step of its own, such as cutting a picture
	saved  bool
	isOpen bool
	saving bool

	title, price, stock, sku, grams *cell
	link, limit                     *cell
	text, kind, vendor, tags        *widget.Entry
	tax                             *widget.Picker
	hidden                          *widget.Toggle
	simple, ranged                  fyne.CanvasObject
	sum                             *widget.Text
	pictures                        *pictureStrip
	table                           *variantTable
	drafts                          []draft
	tabs                            []*widget.Button
	pages                           []fyne.CanvasObject
	wrong                           *widget.Paragraph
	save                            *widget.Button
	content                         *fyne.Container
}

// currency is that of the shop's prices.
func (w *Window) currency() wire.Currency {
	if c := shopOf(w.snap).Terms.Currency; c != "" {
		return c
	}
	for _, p := range shopOf(w.snap).Products {
		for _, v := range p.Variants {
			return v.Price.Currency
		}
	}
	return usualCurrency
}

// openSheet opens the form for a product, nil for a new one.
func (p *productsPanel) openSheet(one *studio.Product) {
	var id wire.ProductID
	if one != nil {
		id = one.ID
	}
	if p.kept == nil || p.kept.was.ID != id {
		p.kept = newProductSheet(p, one)
	}
	s := p.kept
	s.open()
	if one != nil && one.Refusal != nil {
		s.fail(fmt.Sprintf(p.w.words.EditRefusedWhy, one.Refusal.Text))
	}
}

func newProductSheet(p *productsPanel, one *studio.Product) *productSheet {
	s := &productSheet{w: p.w, p: p, drafts: []draft{{stock: ""}}}
	s.id = wire.ProductID(s.w.newName())
	if one != nil {
		s.was, s.id, s.drafts = one.Product, one.ID, nil
		for _, v := range one.Variants {
			s.drafts = append(s.drafts, newDraft(v))
		}
		if len(s.drafts) == 0 {
			s.drafts = []draft{{}}
		}
	}
	s.build()
	s.fill()
	s.begun = s.held()
	return s
}

func (s *productSheet) build() {
	w, t := s.w, s.w.words
	s.title = newCell(t.ProductTitle, t.ProductTitleHint, s.readTitle, s.relay)
	s.price = newCell(fmt.Sprintf(t.ProductPrice, string(w.currency())), "", s.readPrice, s.relay)
	s.stock = newCell(t.ProductStock, "0", s.readStock, s.relay)
	s.sku = newCell(t.ProductSKU, "", nil, s.relay)
	s.grams = newCell(t.ProductWeight, "", func(text string) (string, string) {
		_, wrong := t.countOf(text, maxGrams)
		return "", wrong
	}, s.relay)
	s.link = newCell(t.ProductLink, t.ProductLinkHint, s.readLink, s.relay)
	s.limit = newCell(t.ProductCap, t.ProductCapHint, func(text string) (string, string) {
		_, wrong := t.countOf(text, wire.MaxUnits)
		return "", wrong
	}, s.relay)
	s.text, s.kind, s.vendor, s.tags = widget.NewEntry(""), widget.NewEntry(""), widget.NewEntry(""), widget.NewEntry(t.ProductTagsHint)
	s.text.MultiLine, s.text.Wrapping = true, fyne.TextWrapWord
	s.text.SetMinRowsVisible(4)
	s.tax = widget.NewPicker(nil)
	s.hidden = widget.NewToggle(t.ProductHidden, func(bool) {})
	s.sum = widget.NewText("", widget.Style{Shrink: true})
	s.simple = widget.Stack(8, widget.Columns(10, s.price.object, s.stock.object), widget.Columns(10, s.sku.object, s.grams.object))
	edit := widget.NewButton(t.VariantsEdit, "", widget.Plain, func() { s.turn(1) }).Slim()
	edit.Keys = w.keys
	s.ranged = field(t.PriceAndStock, widget.Row(s.sum, edit))
	s.pictures, s.table = newPictureStrip(s), newVariantTable(s)

	left := widget.Stack(10, s.title.object, s.simple, s.ranged, field(t.ProductText, s.text), field(t.ProductTags, s.tags))
	right := widget.Stack(10, s.pictures.object, widget.Columns(10, field(t.ProductKind, s.kind), field(t.ProductVendor, s.vendor)),
		s.link.object, widget.Columns(10, field(t.ProductTax, s.tax), s.limit.object), s.hidden)
	s.pages = []fyne.CanvasObject{scrolled(container.NewPadded(widget.Columns(22, left, right))), s.table.object}
	for i, name := range []string{t.ProductPage, t.VariantsPage} {
		b := widget.NewButton(name, "", widget.Quiet, func() { s.turn(i) }).Slim()
		s.tabs = append(s.tabs, b)
	}
	s.wrong = widget.NewParagraph("", fynetheme.ColorNameError)
	s.save = widget.NewButton(t.Save, "", widget.Primary, s.store)
	head := widget.Line(4, s.tabs[0], s.tabs[1])
	s.content = widget.Fill(10, head, container.NewStack(s.pages...), nil)
	s.page(0)
}

// fill puts the product into the form.
func (s *productSheet) fill() {
	p, t := s.was, s.w.words
	s.title.entry.SetText(p.Title)
	s.text.SetText(p.Text)
	s.kind.SetText(p.Kind)
	s.vendor.SetText(p.Vendor)
	s.tags.SetText(strings.Join(p.Tags, ", "))
	s.link.entry.SetText(p.Link)
	if p.Cap > 0 {
		s.limit.entry.SetText(strconv.Itoa(p.Cap))
	}
	s.tax.Set([]widget.Choice{
		{Value: string(wire.StandardTax), Label: t.TaxStandard},
		{Value: string(wire.ReducedTax), Label: t.TaxReduced},
		{Value: string(wire.ZeroTax), Label: t.TaxZero},
	}, string(p.Tax))
	s.hidden.Set(p.Hidden)
	s.pictures.set(slices.Clone(p.Pictures))
	s.table.setOptions(p)
	s.showDrafts()
}

// variants says whether the product has several.
func (s *productSheet) variants() bool { return len(s.drafts) != 1 || len(s.drafts[0].options) > 0 }

// showDrafts shows the drafts: the only one in the form, several in the table.
func (s *productSheet) showDrafts() {
	several := s.variants()
	show(s.simple, !several)
	show(s.ranged, several)
	if !several {
		d := s.drafts[0]
		for _, one := range []struct {
			c    *cell
			text string
		}{{s.price, d.price}, {s.stock, d.stock}, {s.sku, d.sku}, {s.grams, d.grams}} {
			one.c.entry.SetText(one.text)
		}
		s.stock.check(true)
	}
	s.sum.Set(s.w.draftSum(s.drafts))
	s.table.show()
	s.relay()
}

// takeSimple takes what was typed for the only variant.
func (s *productSheet) takeSimple() {
	if !s.variants() {
		d := &s.drafts[0]
		d.price, d.stock, d.sku, d.grams = s.price.text(), s.stock.text(), s.sku.text(), s.grams.text()
	}
}

// turn shows a page of the form.
func (s *productSheet) turn(page int) {
	s.takeSimple()
	s.sum.Set(s.w.draftSum(s.drafts))
	s.page(page)
}

func (s *productSheet) page(page int) {
	for i, o := range s.pages {
		kind := widget.Quiet
		if i == page {
			kind = widget.Plain
		}
		s.tabs[i].Set(s.tabs[i].Text(), "", kind)
		show(o, i == page)
	}
	s.relay()
}

// relay lays the form out again.
func (s *productSheet) relay() {
	if s.content != nil {
		for _, o := range s.pages {
			o.Refresh()
		}
		s.content.Refresh()
	}
}

// now is a variant as the shop has it by now, nil if it has none.
func (s *productSheet) now(id wire.VariantID) *wire.Variant {
	one := shopOf(s.w.snap).Product(s.was.ID)
	if one == nil || one.New {
		return nil
	}
	if i := slices.IndexFunc(one.Variants, func(v wire.Variant) bool { return v.ID == id }); i >= 0 && id != "" {
		return &one.Variants[i]
	}
	return nil
}

// held is all that the form holds, to see whether it was changed.
func (s *productSheet) held() string {
	s.takeSimple()
	return fmt.Sprint(s.title.text(), s.text.Text, s.kind.Text, s.vendor.Text, s.tags.Text, s.link.text(), s.limit.text(), s.tax.Value(), s.hidden.Checked,
		s.pictures.pictures, s.drafts, s.table.names())
}

// open shows the form.
func (s *productSheet) open() {
	w, t := s.w, s.w.words
	s.isOpen = true
	heading := t.ProductNew
	if s.was.Title != "" {
		heading = t.ProductEdit
	}
	s.wrong.Set("", fynetheme.ColorNameError)
	first := fyne.Focusable(s.title.entry)
	switch {
	case s.leaves: // back from a step of its own
		first = s.save
	case s.begun != s.held():
		s.wrong.Set(t.ProductKept, theme.Quiet)
	}
	s.leaves = false
	cancel := widget.NewButton(t.Cancel, "", widget.Plain, w.closeSheet)
	drop := widget.NewButton(t.DropMyEdit, "", widget.Plain, s.dropEdit)
	one := shopOf(w.snap).Product(s.id)
	show(drop, one != nil && one.Edit == studio.EditRefused)
	pieces := []fyne.CanvasObject{drop, cancel, s.save, s.tabs[0], s.tabs[1], s.text, s.tax, s.hidden}
	for _, c := range []*cell{s.title, s.price, s.stock, s.sku, s.grams, s.link, s.limit} {
		c.entry.OnSubmitted = func(string) { s.store() }
		pieces = append(pieces, c.entry)
	}
	for _, e := range []*widget.Entry{s.kind, s.vendor, s.tags} {
		e.OnSubmitted = func(string) { s.store() }
		pieces = append(pieces, e)
	}
	pieces = append(append(pieces, s.pictures.pieces()...), s.table.pieces()...)
	w.openSheet(widget.SheetSpec{
		Heading: heading, Content: s.content, Size: fyne.NewSize(760, 440), Note: widget.Fixed(fyne.NewSize(440, 34), widget.Inset(-7, -7, s.wrong)),
		Foot: []fyne.CanvasObject{drop, cancel, s.save}, Focus: first, Closed: func() { s.closed(pieces) },
	}, pieces...)
	w.drop = func(paths []string) { s.pictures.take(paths[0]) }
	w.watch = func(*studio.Snapshot) { s.follow() }
}

// follow shows what the shop says meanwhile: pictures that are there, and what is left.
func (s *productSheet) follow() {
	s.pictures.show()
	s.table.follow()
	if !s.variants() && s.stock.check(true) {
		s.relay()
	}
}

// dropEdit gives up an edit that the server refused, and what was typed since.
func (s *productSheet) dropEdit() {
	s.saved = true
	s.w.closeSheet()
	s.w.settleProduct(s.id, false)
}

// closed keeps what was typed. The pieces outlive the sheet: what had the keyboard in it has it no longer.
func (s *productSheet) closed(pieces []fyne.CanvasObject) {
	for _, o := range pieces {
		if f, ok := o.(fyne.Focusable); ok {
			f.FocusLost()
		}
	}
	s.w.drop, s.isOpen = nil, false
	switch {
	case s.leaves:
	case s.saved || s.begun == s.held():
		s.p.kept = nil
	default:
		s.w.toast.say(s.w.words.ProductKeptFor)
	}
}
