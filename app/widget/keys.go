package widget

import "fyne.io/fyne/v2"

// Keys takes the keys that a focused piece has no use for, so that F2 or M works wherever the focus is. A nil Keys drops
// them.
type Keys func(*fyne.KeyEvent)

func (k Keys) pass(e *fyne.KeyEvent) {
	if k != nil {
		k(e)
	}
}
