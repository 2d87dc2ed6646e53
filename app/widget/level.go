package widget

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	fynewidget "fyne.io/fyne/v2/widget"

	"vitrine/app/theme"
)

// Level is a thin meter without a scale: a level in dBFS from −60 to 0, in the colour of the zone that its peak is in.
type Level struct {
	fynewidget.BaseWidget
	peak  float64
	muted bool
}

const levelHeight = 5

// NewLevel returns a silent meter.
func NewLevel() *Level {
	l := &Level{peak: meterFloor}
	l.ExtendBaseWidget(l)
	return l
}

// Set shows a peak in dBFS. A muted one is drawn without colours.
func (l *Level) Set(peak float64, muted bool) {
	if peak = quantise(peak); l.peak != peak || l.muted != muted {
		l.peak, l.muted = peak, muted
		l.Refresh()
	}
}

// Peak is what is shown, in dBFS.
func (l *Level) Peak() float64 { return l.peak }

// CreateRenderer implements fyne.Widget.
func (l *Level) CreateRenderer() fyne.WidgetRenderer {
	r := &levelRenderer{l, canvas.NewRectangle(color.Transparent), canvas.NewRectangle(color.Transparent)}
	r.trough.CornerRadius, r.bar.CornerRadius = levelHeight/2, levelHeight/2
	r.paint()
	return r
}

type levelRenderer struct {
	l           *Level
	trough, bar *canvas.Rectangle
}

func (r *levelRenderer) MinSize() fyne.Size { return fyne.NewSize(24, levelHeight) }

func (r *levelRenderer) Layout(s fyne.Size) {
	at := fyne.NewPos(0, middle(s.Height, levelHeight))
	lay(r.trough, at, fyne.NewSize(s.Width, levelHeight))
	lay(r.bar, at, fyne.NewSize(s.Width*float32((r.l.peak-meterFloor)/-meterFloor), levelHeight))
}

func (r *levelRenderer) paint() {
	th, v := r.l.Theme(), variant()
	name := theme.Quiet
	for _, z := range zones {
		if !r.l.muted && r.l.peak >= z.from {
			name = z.color
		}
	}
	r.trough.FillColor, r.bar.FillColor = th.Color(theme.Trough, v), th.Color(name, v)
	r.bar.Hidden = r.l.peak <= meterFloor
}

func (r *levelRenderer) Refresh() {
	r.paint()
	r.Layout(r.l.Size())
	canvas.Refresh(r.l)
}

func (r *levelRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.trough, r.bar} }
func (r *levelRenderer) Destroy()                     {}
