package app

import (
	"slices"

	"fyne.io/fyne/v2"

	"vitrine/app/widget"
)

// fit makes list show n rows and returns them: rows are reused, and one that goes loses the keyboard.
func (w *Window) fit(list *fyne.Container, rows []*widget.Item, n int, newRow func(i int) *widget.Item) []*widget.Item {
	if n == len(rows) {
		return rows
	}
	for len(rows) < n {
		rows = append(rows, newRow(len(rows)))
	}
	if focused, ok := w.win.Canvas().Focused().(*widget.Item); ok && slices.Contains(rows[n:], focused) {
		w.win.Canvas().Unfocus()
	}
	list.Objects = list.Objects[:0]
	for _, r := range rows[:n] {
		list.Objects = append(list.Objects, r)
	}
	list.Refresh()
	return rows[:n]
}
