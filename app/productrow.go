package app

import (
	"fmt"

	"fyne.io/fyne/v2"
	fynetheme "fyne.io/fyne/v2/theme"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/server/wire"
	"vitrine/studio"
)

// face is how a row's product looks.
func (p *productsPanel) face(i int) widget.Good {
	one := &p.shop.Products[p.rows[i]]
	g := p.w.words.good(one, p.shop.Showing.Product == one.ID)
	if len(one.Pictures) > 0 {
		g.Picture = p.thumbs.of(one.Pictures[0].ID)
	}
	return g
}

// good is how a product looks in the list, without its picture.
func (t *words) good(one *studio.Product, showing bool) widget.Good {
	g := widget.Good{Title: one.Title, Line: t.prices(one.Variants), Faint: one.Hidden, Marked: showing, Action: theme.Pin}
	left, waiting := 0, 0
	for _, v := range one.Variants {
		left, waiting = left+max(0, v.Left), waiting+v.Waiting
	}
	switch {
	case one.Link != "":
		g.Note = t.SoldElsewhere
	case left == 0:
		g.Note, g.NoteColor = t.SoldOut, fynetheme.ColorNameError
	case left <= studio.LowStock:
		g.Note, g.NoteColor = fmt.Sprintf(t.StockLow, left), fynetheme.ColorNameWarning
	default:
		g.Note = fmt.Sprintf(t.StockLeft, left)
	}
	if waiting > 0 {
		g.Note += " · " + fmt.Sprintf(t.StockWaiting, waiting)
	}
	g.Badge, g.BadgeColor = t.badge(one, showing)
	return g
}

// badge is the most urgent thing to know about a product.
func (t *words) badge(one *studio.Product, showing bool) (string, fyne.ThemeColorName) {
	switch one.Edit {
	case studio.EditConflict:
		return t.BadgeConflict, fynetheme.ColorNameError
	case studio.EditRefused:
		return t.BadgeRefused, fynetheme.ColorNameError
	}
	switch {
	case showing:
		return t.BadgeShowing, theme.Ring
	case one.Edit == studio.EditWaiting || one.Edit == studio.EditSending:
		return t.BadgeWaiting, fynetheme.ColorNameWarning
	case one.Hidden:
		return t.BadgeHidden, theme.Quiet
	}
	return "", ""
}

// prices are a product's price, or from which to which they go.
func (t *words) prices(all []wire.Variant) string {
	if len(all) == 0 {
		return ""
	}
	low, high := all[0].Price, all[0].Price
	for _, v := range all[1:] {
		if v.Price.Minor < low.Minor {
			low = v.Price
		}
		if v.Price.Minor > high.Minor {
			high = v.Price
		}
	}
	if low == high {
		return t.money(low)
	}
	return t.money(low) + " – " + t.money(high)
}
