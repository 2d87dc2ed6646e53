package app

import (
	"context"

	"fyne.io/fyne/v2"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/studio"
)

// cardSheet is how the product shown stands in the picture. What the host picks applies at once.
type cardSheet struct {
	w    *Window
	want studio.Card

	on, stock, timer *widget.Toggle
	corners          map[studio.Corner]*widget.Button
	language         *widget.Picker
}

// cardCorners are the corners as they lie in the picture, row by row.
var cardCorners = []studio.Corner{studio.TopLeft, studio.TopRight, studio.BottomLeft, studio.BottomRight}

// openCard opens the sheet.
func (w *Window) openCard() {
	if w.sheet != nil {
		return
	}
	t := w.words
	c := &cardSheet{w: w, want: w.snap.Settings.Card, corners: map[studio.Corner]*widget.Button{}}
	toggle := func(name string, field func(*studio.Card) *bool) *widget.Toggle {
		return widget.NewToggle(name, func(on bool) { c.change(func(k *studio.Card) { *field(k) = on }) })
	}
	c.on = toggle(t.CardOn, func(k *studio.Card) *bool { return &k.On })
	c.stock = toggle(t.CardStock, func(k *studio.Card) *bool { return &k.Stock })
	c.timer = toggle(t.CardTimer, func(k *studio.Card) *bool { return &k.Timer })
	c.language = widget.NewPicker(func(v string) { c.change(func(k *studio.Card) { k.Language = v }) })
	pieces := []fyne.CanvasObject{c.on}
	var grid []fyne.CanvasObject
	for _, corner := range cardCorners {
		b := widget.NewButton("", "", widget.Plain, func() { c.change(func(k *studio.Card) { k.Corner = corner }) })
		c.corners[corner] = b
		grid, pieces = append(grid, b), append(pieces, b)
	}
	done := widget.NewButton(t.CardDone, "", widget.Primary, w.closeSheet)
	w.openSheet(widget.SheetSpec{
		Heading: t.CardTitle,
		Content: widget.Stack(14, widget.Sized(fyne.NewSize(460, 54), paragraph(t.CardText)), c.on,
			field(t.CardCorner, widget.Stack(6, widget.Columns(6, grid[:2]...), widget.Columns(6, grid[2:]...))),
			field(t.CardShows, widget.Columns(10, c.stock, c.timer)),
			field(t.CardLanguage, c.language)),
		Size: fyne.NewSize(460, 0), Foot: []fyne.CanvasObject{done}, Focus: c.on,
	}, append(pieces, c.stock, c.timer, c.language, done)...)
	w.watch = c.apply
	c.apply(w.snap)
}

func (c *cardSheet) change(edit func(*studio.Card)) {
	edit(&c.want)
	want := c.want
	c.w.command(func(ctx context.Context) error { return c.w.desk.SetCard(ctx, want) })
	c.show()
}

func (c *cardSheet) apply(s *studio.Snapshot) {
	if c.w.settled(s) {
		c.want = s.Settings.Card
	}
	c.show()
}

func (c *cardSheet) show() {
	t, k := c.w.words, c.want
	c.on.Set(k.On)
	c.stock.Set(k.Stock)
	c.timer.Set(k.Timer)
	for corner, name := range map[studio.Corner]string{
		studio.TopLeft: t.CardTopLeft, studio.TopRight: t.CardTopRight, studio.BottomLeft: t.CardBottomLeft, studio.BottomRight: t.CardBottomRight,
	} {
		mark := theme.Symbol("")
		if corner == k.Corner {
			mark = theme.Check
		}
		c.corners[corner].Set(name, mark, widget.Plain)
	}
	c.language.Set([]widget.Choice{
		{Value: "en", Label: t.CardEnglish}, {Value: "zh", Label: t.CardChinese}, {Value: "es", Label: t.CardSpanish},
	}, k.Language)
}
