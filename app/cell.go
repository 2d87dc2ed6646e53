package app

import (
	"fmt"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	fynetheme "fyne.io/fyne/v2/theme"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/server/wire"
)

// cell is a line of a form that says below it how it was understood, or what is wrong with it. What was typed is never changed.
type cell struct {
	object fyne.CanvasObject
	entry  *widget.Entry
	note   *widget.Text
	read   func(text string) (understood, wrong string) // nil where anything goes
}

// newCell returns a cell; changed is called when its note comes or goes.
func newCell(label, placeholder string, read func(string) (understood, wrong string), changed func()) *cell {
	c := &cell{entry: widget.NewEntry(placeholder), note: widget.Caption(""), read: read}
	c.note.Hide()
	parts := []fyne.CanvasObject{c.entry, c.note}
	if label != "" {
		parts = append([]fyne.CanvasObject{widget.NewText(label, widget.Style{Color: theme.Quiet, Size: theme.Small, Shrink: true})}, parts...)
	}
	c.object = widget.Stack(3, parts...)
	c.entry.OnChanged = func(string) {
		if c.check(false) {
			changed()
		}
	}
	return c
}

// text is what was typed, without the spaces around it.
func (c *cell) text() string { return strings.TrimSpace(c.entry.Text) }

// check reads what was typed again and reports whether the note changed. An empty line is only wrong once it is saved.
func (c *cell) check(saving bool) bool {
	understood, wrong := "", ""
	if c.read != nil && (saving || c.text() != "") {
		understood, wrong = c.read(c.text())
	}
	return c.say(understood, wrong)
}

// say shows how the line was understood or what is wrong with it, and reports whether that is another note.
func (c *cell) say(understood, wrong string) bool {
	color := theme.Quiet
	if wrong != "" {
		understood, color = wrong, fynetheme.ColorNameError
	}
	if c.note.Text() == understood {
		return false
	}
	c.note.Set(understood)
	c.note.SetColor(color)
	show(c.note, understood != "")
	return true
}

// wrong reports whether the line cannot be saved as it is.
func (c *cell) wrong() bool {
	if c.read == nil {
		return false
	}
	_, wrong := c.read(c.text())
	return wrong != ""
}

// priceOf reads a price as the host types it; wrong says in words why it is none.
func (t *words) priceOf(text string, c wire.Currency) (m wire.Money, wrong string) {
	digits, _ := c.Digits()
	m, ok := readMoney(text, c)
	switch {
	case text == "":
		wrong = t.PriceMissing
	case ok && m.Minor < 0:
		wrong = t.PriceBelow
	case !ok && decimalsOf(text) > digits && digits == 0:
		wrong = fmt.Sprintf(t.PriceWhole, string(c))
	case !ok && decimalsOf(text) > digits:
		wrong = fmt.Sprintf(t.PriceDecimals, digits)
	case !ok:
		wrong = t.PriceWrong
	case m.Minor > wire.MaxMinor:
		wrong = t.PriceHuge
	}
	return m, wrong
}

// decimalsOf is how many digits end a number behind its last mark, 0 for what is no number.
func decimalsOf(text string) int {
	i := strings.LastIndexAny(text, ".,，。")
	if i < 0 {
		return 0
	}
	rest := strings.TrimLeft(text[i:], ".,，。")
	for _, r := range rest {
		if r < '0' || r > '9' {
			return 0
		}
	}
	return len(rest)
}

// countOf reads a whole number from 0 to most; "" is 0.
func (t *words) countOf(text string, most int) (n int, wrong string) {
	if text == "" {
		return 0, ""
	}
	n, err := strconv.Atoi(strings.NewReplacer(",", "", " ", "", "'", "").Replace(text))
	if err != nil || n < 0 || n > most {
		return 0, fmt.Sprintf(t.CountWrong, most)
	}
	return n, ""
}

// stockOf reads a stock: a new number, or with a sign how many units come or go, which only a variant that the server has can take.
func (t *words) stockOf(text string, left, held int, there bool) (n int, more bool, wrong string) {
	sign := 0
	switch {
	case strings.HasPrefix(text, "+"):
		sign = 1
	case strings.HasPrefix(text, "-") || strings.HasPrefix(text, "−"):
		sign = -1
	default:
		n, wrong = t.countOf(text, wire.MaxUnits)
		if wrong == "" && there && n < held {
			wrong = fmt.Sprintf(t.StockHeldWrong, held)
		}
		return n, false, wrong
	}
	n, wrong = t.countOf(strings.TrimSpace(strings.TrimLeft(text, "+-−")), wire.MaxUnits)
	switch {
	case wrong != "":
	case !there:
		wrong = t.StockNewWrong
	case sign < 0 && n > left:
		wrong = fmt.Sprintf(t.StockLessWrong, left)
	}
	return sign * n, true, wrong
}

// usualCurrency is that of prices before the shop has said its own.
const usualCurrency wire.Currency = "EUR"
