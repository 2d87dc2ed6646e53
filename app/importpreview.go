package app

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	fynetheme "fyne.io/fyne/v2/theme"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/server/wire"
	"vitrine/studio"
	"vitrine/studio/catalog"
)

// importPreview shows what a file would change, before it does: counts, each product with a check box, each of its fields before and after,
// and the rows that cannot be taken.
type importPreview struct {
	w       *Window
	im      *studio.Import
	changes []*studio.ImportChange // those that change something
	on      []bool                 // parallel to changes

	list, errors *widget.Checklist
	detail       *widget.Feed
	left, right  fyne.CanvasObject // the two tabs' contents
	tabs         [2]*widget.Button
	all          *widget.Toggle
	do           *widget.Button
}

// openPreview shows what was read of a file.
func (w *Window) openPreview(path string, im *studio.Import) {
	t := w.words
	p := &importPreview{w: w, im: im}
	for i := range im.Changes {
		if im.Changes[i].Kind != catalog.Same {
			p.changes = append(p.changes, &im.Changes[i])
		}
	}
	p.on = make([]bool, len(p.changes))
	p.build()
	another := widget.NewButton(t.ImportAnother, "", widget.Quiet, func() {
		w.closeSheet()
		w.askImport(path, "")
	})
	cancel := widget.NewButton(t.Cancel, "", widget.Plain, w.closeSheet)
	p.do = widget.NewButton(fmt.Sprintf(t.ImportDo, len(p.changes)), "", widget.Primary, p.take) // as wide as it gets
	found := fmt.Sprintf(t.ImportFound, clip(filepath.Base(path)), nameIn(t.ExportFormats, string(im.Format)), im.Encoding)
	tabs := widget.Row(widget.Line(4, p.tabs[0], p.tabs[1]), p.all)
	body := widget.Fill(10, widget.Stack(10, widget.NewText(found, widget.Style{Color: theme.Quiet, Size: theme.Small, Shrink: true}), p.tiles(), tabs),
		container.NewStack(p.left, p.right), nil)
	focus := fyne.Focusable(p.list)
	if len(p.changes) == 0 {
		focus = cancel
	}
	w.openSheet(widget.SheetSpec{
		Heading: t.ImportTitle, Content: body, Size: fyne.NewSize(980, 480), Note: another, Foot: []fyne.CanvasObject{cancel, p.do}, Focus: focus,
	}, another, cancel, p.do, p.tabs[0], p.tabs[1], p.all)
	p.list.Done = p.take
	p.list.Keys, p.errors.Keys, p.detail.Keys = w.keys, w.keys, w.keys
	p.turnAll(true)
	p.choose(0)
	if len(p.changes) == 0 && im.Wrong > 0 {
		p.choose(1)
	}
	p.list.Choose(0)
}

func (p *importPreview) build() {
	t := p.w.words
	more := 0
	if p.im.Wrong > len(p.im.Errors) {
		more = 1
	}
	p.list, p.errors = widget.NewChecklist(len(p.changes), p.face), widget.NewChecklist(len(p.im.Errors)+more, p.errorFace)
	p.detail = widget.NewFeed(false, 1)
	p.list.Chosen = p.describe
	p.list.Turned = func(i int) {
		p.on[i] = !p.on[i]
		p.count()
	}
	framed := func(o fyne.CanvasObject) fyne.CanvasObject {
		return widget.NewBox(o, fynetheme.ColorNameBackground, theme.Edge, fyne.NewSize(4, 4))
	}
	p.left = widget.Columns(10, framed(p.list), framed(p.detail))
	if len(p.changes) == 0 {
		p.left = framed(container.NewCenter(widget.NewText(t.ImportNothing, widget.Style{Color: theme.Quiet})))
	}
	p.right = framed(p.errors)
	for i, name := range []string{fmt.Sprintf(t.ImportChanges, len(p.changes)), fmt.Sprintf(t.ImportErrors, p.im.Wrong)} {
		p.tabs[i] = widget.NewButton(name, "", widget.Quiet, func() { p.choose(i) }).Slim()
	}
	p.all = widget.NewToggle(t.ImportAll, p.turnAll)
}

// tiles say how many products are new, changed and the same, and how many rows are wrong.
func (p *importPreview) tiles() fyne.CanvasObject {
	t := p.w.words
	kinds := map[studio.ImportKind]int{}
	for _, c := range p.im.Changes {
		kinds[c.Kind]++
	}
	tile := func(label string, n int, bad bool) fyne.CanvasObject {
		style := widget.Style{Size: fynetheme.SizeNameSubHeadingText, Bold: true, Shrink: true}
		if bad && n > 0 {
			style.Color = fynetheme.ColorNameWarning
		}
		return widget.NewBox(widget.Stack(2, widget.Caption(label), widget.NewText(strconv.Itoa(n), style)),
			fynetheme.ColorNameInputBackground, "", fyne.NewSize(12, 7))
	}
	return widget.Columns(8, tile(t.ImportNew, kinds[catalog.Added], false), tile(t.ImportChanged, kinds[catalog.Changed], false),
		tile(t.ImportSame, kinds[catalog.Same], false), tile(t.ImportBad, p.im.Wrong, true))
}

// choose shows the changes or the wrong rows.
func (p *importPreview) choose(tab int) {
	show(p.left, tab == 0)
	show(p.right, tab == 1)
	show(p.all, tab == 0 && len(p.changes) > 0)
	for i, b := range p.tabs {
		kind := widget.Quiet
		if i == tab {
			kind = widget.Plain
		}
		b.Set(b.Text(), "", kind)
	}
}

func (p *importPreview) turnAll(on bool) {
	for i := range p.on {
		p.on[i] = on
	}
	p.list.Refresh()
	p.count()
}

// count says how many are chosen.
func (p *importPreview) count() {
	n := 0
	for _, on := range p.on {
		if on {
			n++
		}
	}
	p.all.Set(n == len(p.on))
	p.do.Set(fmt.Sprintf(p.w.words.ImportDo, n), "", widget.Primary)
	p.do.SetEnabled(n > 0)
}

// take makes the chosen changes.
func (p *importPreview) take() {
	w, im := p.w, p.im
	var chosen []wire.ProductID
	for i, c := range p.changes {
		if p.on[i] {
			chosen = append(chosen, c.After.ID)
		}
	}
	w.closeSheet()
	w.ask(gesture{
		slow: true,
		do:   func(ctx context.Context) error { return w.desk.Import(ctx, im, chosen) },
		done: func(err error) {
			if err != nil {
				w.toast.say(w.sentence(err))
			} else if w.sheet == nil {
				w.watchImport(len(chosen))
			}
		},
	})
}

// face is a product in the list.
func (p *importPreview) face(i int) widget.CheckFace {
	t, c := p.w.words, p.changes[i]
	f := widget.CheckFace{Check: true, On: p.on[i], Title: c.After.Title, Tag: nameIn(t.ImportKind, string(c.Kind))}
	if c.Kind == catalog.Added {
		f.TagColor = fynetheme.ColorNameSuccess
		f.Detail = fmt.Sprintf(t.ImportVariants, len(c.After.Variants), lowestOf(c.After.Variants))
		return f
	}
	var parts []string
	for _, d := range c.Differences() {
		parts = append(parts, fmt.Sprintf(t.ImportIs, nameIn(t.ImportField, d.Field), t.fromTo(d)))
		if len(parts) == mostParts {
			break
		}
	}
	f.Detail = strings.Join(parts, " · ")
	return f
}

// mostParts is how many differences a row may have room for.
const mostParts = 4

// lowestOf is the lowest price.
func lowestOf(variants []wire.Variant) string {
	low := variants[0].Price
	for _, v := range variants {
		if v.Price.Minor < low.Minor {
			low = v.Price
		}
	}
	return low.String()
}

// fromTo says what something was and will be.
func (t *words) fromTo(d catalog.Difference) string {
	said := func(v string) string {
		if d.Named {
			v = nameIn(t.ImportValue, v)
		}
		if v == "" {
			return t.ImportNone
		}
		return v
	}
	return fmt.Sprintf(t.ImportFromTo, said(d.Before), said(d.After))
}

// describe shows all that changes of a product.
func (p *importPreview) describe(i int) {
	t, c := p.w.words, p.changes[i]
	posts := []widget.Post{{ID: 1, Head: c.After.Title}}
	for n, d := range c.Differences() {
		over := nameIn(t.ImportField, d.Field)
		if d.Variant != "" {
			over = fmt.Sprintf(t.ImportOf, over, d.Variant)
		}
		text := t.fromTo(d)
		switch {
		case d.Before == "" && d.After != "" || c.Kind == catalog.Added:
			text = d.After
			if d.Named {
				text = nameIn(t.ImportValue, d.After)
			}
		case d.After == "" && d.Variant != "":
			text = fmt.Sprintf(t.ImportGone, d.Before)
		}
		posts = append(posts, widget.Post{ID: int64(n) + 2, Over: over, Text: text})
	}
	p.detail.Set(posts)
}

// errorFace is a wrong row in the list.
func (p *importPreview) errorFace(i int) widget.CheckFace {
	t := p.w.words
	if i == len(p.im.Errors) {
		return widget.CheckFace{Title: fmt.Sprintf(t.ImportMore, p.im.Wrong-i)}
	}
	e := p.im.Errors[i]
	f := widget.CheckFace{Title: fmt.Sprintf(t.ImportRow, e.Row, e.Column), Detail: nameIn(t.ImportFault, e.Code)}
	if f.Detail == e.Code {
		f.Detail = e.Text
	}
	if e.Value != "" {
		f.Detail = fmt.Sprintf(t.ImportValued, f.Detail, strings.Join(strings.Fields(e.Value), " "))
	}
	return f
}
