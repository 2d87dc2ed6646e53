package widget

import (
	"image"
	"image/color"
	"math"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	fynewidget "fyne.io/fyne/v2/widget"

	"vitrine/app/theme"
)

// Stroke is a column of a Waveform: the lowest and the highest sample there, −1 to 1.
type Stroke struct{ Low, High float32 }

// Waveform draws a piece of music and where it is: what was played is in colour, the needle stands at the present. A click goes
// elsewhere, and so do Left and Right.
type Waveform struct {
	fynewidget.BaseWidget
	Keyboard

	strokes []Stroke
	at      float64 // 0 to 1
	top     float32 // the loudest stroke reaches the edge
	focused bool
	seek    func(to float64)
}

var (
	_ fyne.Focusable     = (*Waveform)(nil)
	_ fyne.Tappable      = (*Waveform)(nil)
	_ desktop.Cursorable = (*Waveform)(nil)
)

const (
	waveHeight = 40
	waveStep   = 0.02 // by a key
	// waveFloor keeps near silence from being drawn as noise.
	waveFloor = 0.05
)

// NewWaveform returns an empty one; seek is called with the place, 0 to 1, that the host wants.
func NewWaveform(seek func(to float64)) *Waveform {
	w := &Waveform{seek: seek, top: waveFloor}
	w.ExtendBaseWidget(w)
	return w
}

// Set shows strokes, which nobody changes any more, and a place from 0 to 1. It repaints only what can be seen to differ.
func (w *Waveform) Set(strokes []Stroke, at float64) {
	if !(at > 0) {
		at = 0
	}
	at = min(1, at)
	moved := int(at*float64(w.Size().Width)) != int(w.at*float64(w.Size().Width))
	changed := !slices.Equal(w.strokes, strokes)
	w.at = at
	if changed {
		w.strokes, w.top = strokes, waveFloor
		for _, s := range strokes {
			w.top = max(w.top, s.High, -s.Low)
		}
	}
	if moved || changed {
		w.Refresh()
	}
}

// At is the place that is shown, 0 to 1.
func (w *Waveform) At() float64 { return w.at }

// Tapped implements fyne.Tappable.
func (w *Waveform) Tapped(e *fyne.PointEvent) {
	if wide := w.Size().Width; wide > 0 {
		w.seek(math.Max(0, math.Min(1, float64(e.Position.X/wide))))
	}
}

// Cursor implements desktop.Cursorable.
func (w *Waveform) Cursor() desktop.Cursor { return desktop.PointerCursor }

// FocusGained implements fyne.Focusable.
func (w *Waveform) FocusGained() { w.focused = true; w.Refresh() }

// FocusLost implements fyne.Focusable.
func (w *Waveform) FocusLost() { w.focused = false; w.Refresh() }

// TypedRune implements fyne.Focusable.
func (w *Waveform) TypedRune(rune) {}

// TypedKey implements fyne.Focusable.
func (w *Waveform) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyLeft:
		w.seek(max(0, w.at-waveStep))
	case fyne.KeyRight:
		w.seek(min(1, w.at+waveStep))
	default:
		w.pass(e, true)
	}
}

// CreateRenderer implements fyne.Widget.
func (w *Waveform) CreateRenderer() fyne.WidgetRenderer {
	r := &waveformRenderer{w: w, ring: canvas.NewRectangle(color.Transparent)}
	r.raster = canvas.NewRaster(r.paint)
	r.ring.CornerRadius = 3
	r.Refresh()
	return r
}

type waveformRenderer struct {
	w      *Waveform
	raster *canvas.Raster
	ring   *canvas.Rectangle
}

// paint draws the strokes in pixels of the screen.
func (r *waveformRenderer) paint(wide, high int) image.Image {
	img := image.NewNRGBA(image.Rect(0, 0, wide, high))
	th, v := r.w.Theme(), variant()
	played, coming, needle := th.Color(theme.Accent, v), th.Color(theme.Quiet, v), th.Color(theme.Needle, v)
	now := int(r.w.at * float64(wide-1))
	for x := range wide {
		ink := coming
		if x < now {
			ink = played
		}
		low, high := r.w.span(x, wide, high)
		if x == now && len(r.w.strokes) > 0 {
			ink, low, high = needle, 0, img.Rect.Dy()
		}
		for y := low; y < high; y++ {
			img.Set(x, y, ink)
		}
	}
	return img
}

// span is the part of a column of pixels that is drawn: at least one pixel, which makes a line where there is silence.
func (w *Waveform) span(x, wide, high int) (from, to int) {
	n := len(w.strokes)
	var s Stroke
	for _, one := range w.strokes[min(n, x*n/wide):min(n, max((x+1)*n/wide, x*n/wide+1))] {
		s.Low, s.High = min(s.Low, one.Low), max(s.High, one.High)
	}
	half := float32(high) / 2
	from, to = int(half-s.High/w.top*half), int(half-s.Low/w.top*half)
	return max(0, from), min(high, max(to, from+1))
}

func (r *waveformRenderer) MinSize() fyne.Size { return fyne.NewSize(80, waveHeight) }

func (r *waveformRenderer) Layout(s fyne.Size) {
	r.raster.Resize(s)
	r.ring.Resize(s)
}

func (r *waveformRenderer) Refresh() {
	r.ring.StrokeColor, r.ring.StrokeWidth = color.Transparent, 0
	if r.w.focused {
		r.ring.StrokeColor, r.ring.StrokeWidth = r.w.Theme().Color(theme.Ring, variant()), 2
	}
	r.raster.Refresh()
	canvas.Refresh(r.w)
}

func (r *waveformRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.raster, r.ring}
}
func (r *waveformRenderer) Destroy() {}
