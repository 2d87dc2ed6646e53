package widget

import "fyne.io/fyne/v2"

// Keys takes the keys that a focused piece has no use for, so that F2 or M works wherever the focus is: pressed, and pressed
// again while they are held, then let go. A nil Keys drops them.
type Keys func(e *fyne.KeyEvent, down bool)

// Keyboard is what pieces that take the focus have in common. Where a piece has the focus, the toolkit tells nobody else
// that a key was let go.
type Keyboard struct{ Keys Keys }

func (k *Keyboard) pass(e *fyne.KeyEvent, down bool) {
	if k.Keys != nil {
		k.Keys(e, down)
	}
}

// KeyDown implements desktop.Keyable: TypedKey takes what is pressed.
func (k *Keyboard) KeyDown(*fyne.KeyEvent) {}

// KeyUp implements desktop.Keyable.
func (k *Keyboard) KeyUp(e *fyne.KeyEvent) { k.pass(e, false) }
