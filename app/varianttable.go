package app

import (
	"fmt"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/server/wire"
)

// variantTable is the page of a product's form with its options and, for each combination of their values, a line to type in. It shows
// so many lines at a time: lines to type in are costly.
type variantTable struct {
	s              *productSheet
	object         *fyne.Container
	name, values   [wire.MaxChoices]*widget.Entry
	all            [4]*widget.Entry // price, stock, SKU and weight for all
	lines          [tableLines]*tableLine
	from           int
	made           []string // names of the options that the drafts have
	head, body     fyne.CanvasObject
	hint           fyne.CanvasObject
	pager          *fyne.Container
	count          *widget.Text
	makeIt, fillIt *widget.Button
	back, on       *widget.Button
}

// tableLines fit a window of the least height.
const tableLines = 5

// tableLine is the line of a variant.
type tableLine struct {
	object fyne.CanvasObject
	title  *widget.Text
	note   *widget.Text
	cells  [4]*widget.Entry
	fills  bool // the cells change because they are shown
}

// columns of the table: a title and four cells.
func tableRow(title fyne.CanvasObject, cells ...fyne.CanvasObject) fyne.CanvasObject {
	return widget.Columns(8, title, widget.Columns(8, cells[0], cells[1]), widget.Columns(8, cells[2], cells[3]))
}

func newVariantTable(s *productSheet) *variantTable {
	t, v := s.w.words, &variantTable{s: s}
	var options []fyne.CanvasObject
	hints := strings.Split(t.OptionHints, "|")
	for i := range v.name {
		v.name[i], v.values[i] = widget.NewEntry(hints[2*i]), widget.NewEntry(hints[2*i+1])
		v.values[i].OnSubmitted = func(string) { v.generate() }
		v.name[i].OnSubmitted = v.values[i].OnSubmitted
		options = append(options, container.NewBorder(nil, nil, widget.Sized(fyne.NewSize(150, 0), v.name[i]), nil, widget.Inset(6, 0, v.values[i])))
	}
	v.makeIt = widget.NewButton(t.VariantsMake, "", widget.Primary, v.generate)
	v.fillIt = widget.NewButton(t.VariantsFill, "", widget.Plain, v.fill)
	label := func(text string) fyne.CanvasObject {
		return widget.NewText(text, widget.Style{Color: theme.Quiet, Size: theme.Small, Shrink: true})
	}
	names := tableRow(label(t.VariantColumn), label(fmt.Sprintf(t.ProductPrice, string(s.w.currency()))), label(t.ProductStock), label(t.ProductSKU), label(t.ProductWeight))
	var cells []fyne.CanvasObject
	for i := range v.all {
		v.all[i] = widget.NewEntry(t.VariantsAll)
		v.all[i].OnSubmitted = func(string) { v.fill() }
		cells = append(cells, v.all[i])
	}
	v.head = widget.Stack(4, names, tableRow(v.fillIt, cells...))
	lines := make([]fyne.CanvasObject, 0, tableLines)
	for i := range v.lines {
		v.lines[i] = v.newLine(i)
		lines = append(lines, v.lines[i].object)
	}
	v.count = widget.Caption("")
	v.back = widget.NewButton("", theme.Previous, widget.Quiet, func() { v.page(-1) })
	v.on = widget.NewButton("", theme.Next, widget.Quiet, func() { v.page(+1) })
	v.pager = widget.Row(v.count, v.back, v.on)
	v.hint = paragraph(t.VariantsHint)
	v.body = widget.Stack(5, lines...)
	v.object = widget.Stack(8, widget.Row(widget.Stack(4, options...), v.makeIt), v.hint, v.head, v.body, v.pager)
	return v
}

func (v *variantTable) newLine(i int) *tableLine {
	l := &tableLine{title: widget.NewText("", widget.Style{Shrink: true}), note: widget.Caption("")}
	var cells []fyne.CanvasObject
	for n := range l.cells {
		e := widget.NewEntry("")
		e.OnSubmitted = func(string) { v.s.store() }
		e.OnChanged = func(text string) {
			if !l.fills {
				*v.field(v.from+i, n) = text
			}
		}
		l.cells[n], cells = e, append(cells, e)
	}
	l.object = tableRow(widget.Stack(0, l.title, l.note), cells...)
	return l
}

// field is a cell's text in its draft.
func (v *variantTable) field(i, column int) *string {
	d := &v.s.drafts[i]
	return []*string{&d.price, &d.stock, &d.sku, &d.grams}[column]
}

func (v *variantTable) pieces() []fyne.CanvasObject {
	all := []fyne.CanvasObject{v.makeIt, v.fillIt, v.back, v.on}
	for i := range v.name {
		all = append(all, v.name[i], v.values[i])
	}
	for _, e := range v.all {
		all = append(all, e)
	}
	for _, l := range v.lines {
		for _, e := range l.cells {
			all = append(all, e)
		}
	}
	return all
}

// setOptions shows the options of a product.
func (v *variantTable) setOptions(p wire.Product) {
	v.made = p.Options
	for i, name := range p.Options {
		if i >= len(v.name) {
			break
		}
		var values []string
		for _, one := range p.Variants {
			if i < len(one.Options) {
				values = append(values, one.Options[i])
			}
		}
		v.name[i].SetText(name)
		v.values[i].SetText(strings.Join(valuesOf(strings.Join(values, "\n")), ", "))
	}
}

// names are the options' names that the drafts have.
func (v *variantTable) names() []string { return v.made }

// generate makes the drafts of the options that were typed. Without options there is one variant.
func (v *variantTable) generate() {
	t, s := v.s.w.words, v.s
	var names []string
	var lists [][]string
	n := 1
	for i := range v.name {
		name, values := strings.TrimSpace(v.name[i].Text), valuesOf(v.values[i].Text)
		switch {
		case name == "" && len(values) == 0:
			continue
		case name == "" || len(values) == 0:
			s.fail(t.OptionHalf)
			return
		}
		names, lists = append(names, name), append(lists, values)
		n *= len(values)
	}
	if n > wire.MaxVariants {
		s.fail(fmt.Sprintf(t.VariantsMany, n, wire.MaxVariants))
		return
	}
	s.fail("")
	s.takeSimple()
	v.made, v.from = names, 0
	s.drafts = table(lists, s.drafts, s.drafts[0])
	s.showDrafts()
}

// fill puts what was typed for all into each line.
func (v *variantTable) fill() {
	fill(v.s.drafts, strings.TrimSpace(v.all[0].Text), strings.TrimSpace(v.all[1].Text), strings.TrimSpace(v.all[2].Text), strings.TrimSpace(v.all[3].Text))
	v.show()
}

func (v *variantTable) page(by int) {
	if to := v.from + by*tableLines; to >= 0 && to < len(v.s.drafts) {
		v.from = to
		v.show()
	}
}

// reveal shows the line of a variant.
func (v *variantTable) reveal(i int) {
	v.from = i / tableLines * tableLines
	v.show()
	v.s.w.win.Canvas().Focus(v.lines[i-v.from].cells[0])
}

// show shows the lines.
func (v *variantTable) show() {
	t, s := v.s.w.words, v.s
	several, n := s.variants(), len(s.drafts)
	show(v.head, several)
	show(v.body, several)
	show(v.hint, !several)
	show(v.pager, several && n > tableLines)
	v.count.Set(fmt.Sprintf(t.VariantsPageOf, v.from+1, min(n, v.from+tableLines), n))
	v.back.SetEnabled(v.from > 0)
	v.on.SetEnabled(v.from+tableLines < n)
	for i, l := range v.lines {
		at := v.from + i
		show(l.object, at < n && several)
		if at >= n {
			continue
		}
		d := s.drafts[at]
		l.title.Set(d.title())
		l.fills = true
		for column, e := range l.cells {
			e.SetText(*v.field(at, column))
		}
		l.fills = false
	}
	v.follow()
	v.object.Refresh()
}

// follow says what the shop has by now of the variants that are shown.
func (v *variantTable) follow() {
	for i, l := range v.lines {
		if at := v.from + i; at < len(v.s.drafts) {
			l.note.Set(v.s.w.words.understood(v.s.now(v.s.drafts[at].was.ID)))
			show(l.note, l.note.Text() != "")
		}
	}
}
