package app

import (
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"vitrine/app/theme"
	"vitrine/app/widget"
)

// dial is a whole number that the host sets: its name, a fader, and the number with its unit.
type dial struct {
	object fyne.CanvasObject
	fader  *widget.Fader
	value  *widget.Text
	unit   string
}

// Widths of a dial's name and number in pixels.
const (
	dialName  = 76
	dialValue = 28
)

func (w *Window) newDial(name, unit string, low, high int, changed func(int)) *dial {
	d := &dial{unit: unit}
	d.value = widget.NewText("", widget.Style{Color: theme.Quiet, Size: theme.Small, Align: fyne.TextAlignTrailing})
	d.fader = widget.NewFader(float64(low), float64(high), 1, func(v float64) {
		d.say(int(v))
		changed(int(v))
	})
	d.fader.Keys = w.keys
	label := widget.NewText(name, widget.Style{Size: theme.Small, Shrink: true})
	d.object = container.NewBorder(nil, nil,
		widget.Sized(fyne.NewSize(dialName, 0), label), widget.Sized(fyne.NewSize(dialValue, 0), d.value), d.fader)
	return d
}

func (d *dial) set(v int) {
	d.fader.Set(float64(v))
	d.say(v)
}

func (d *dial) say(v int) { d.value.Set(minus(strconv.Itoa(v)) + d.unit) }

// heading names a part of a panel.
func heading(text string) fyne.CanvasObject {
	return widget.NewText(text, widget.Style{Color: theme.Quiet, Size: theme.Small, Bold: true, Shrink: true})
}
