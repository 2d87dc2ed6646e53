package app

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"vitrine/app/widget"
)

// lets lets a key go where the keyboard is, as the desktop driver does.
func (b *bench) lets(k fyne.KeyName) {
	e := &fyne.KeyEvent{Name: k}
	if f := b.w.win.Canvas().Focused(); f != nil {
		if keyable, ok := f.(desktop.Keyable); ok {
			keyable.KeyUp(e)
		}
		return
	}
	b.w.keys(e, false)
}

func TestWhileBIsHeldThePictureIsWithoutTheLook(t *testing.T) {
	b := newBench(t)
	c := b.w.win.Canvas()
	fader, entry := widget.NewFader(0, 1, 1, func(float64) {}), widget.NewEntry("")
	fader.Keys, entry.Keys = b.w.keys, b.w.keys
	b.w.win.SetContent(widget.Stack(0, fader, entry))
	c.Focus(fader)
	hold := func() {
		b.Helper()
		for range 3 { // a key that is held repeats
			b.key(keyBefore)
		}
		b.expect("compare true")
	}
	hold()
	b.lets(keyBefore)
	b.expect("compare false")
	c.Unfocus()
	hold()
	b.lets(keyBefore)
	b.expect("compare false")

	hold()
	c.Focus(entry)
	b.lets(keyBefore)
	b.expect("compare false")
	b.key(keyBefore) // is typed
	b.lets(keyBefore)
	b.expect()

	c.Unfocus()
	hold()
	b.w.showShortcuts()
	b.reads("While held: the picture without the look")
	b.w.apply(b.d.snap)
	b.expect("compare false")
	b.key(keyBefore)
	b.lets(keyBefore)
	b.expect()
}
