package widget

import (
	"image/color"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	fynetheme "fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"vitrine/app/theme"
)

// Rect is a rectangle in shares of a picture's width and height.
type Rect struct{ X, Y, W, H float32 }

// LayoutTile is a small drawing of how a picture is shared, with its name below. It is chosen by a click, Enter or Space.
type LayoutTile struct {
	fynewidget.BaseWidget
	Keyboard
	name                     string
	boxes                    []Rect
	tapped                   func()
	chosen, focused, hovered bool
}

var (
	_ fyne.Focusable    = (*LayoutTile)(nil)
	_ desktop.Hoverable = (*LayoutTile)(nil)
)

// NewLayoutTile returns a tile; later boxes lie over earlier ones.
func NewLayoutTile(name string, boxes []Rect, tapped func()) *LayoutTile {
	t := &LayoutTile{name: name, boxes: slices.Clone(boxes), tapped: tapped}
	t.ExtendBaseWidget(t)
	return t
}

// Set says whether it is the one that is chosen.
func (t *LayoutTile) Set(chosen bool) {
	if t.chosen != chosen {
		t.chosen = chosen
		t.Refresh()
	}
}

// Name is what is written below the drawing.
func (t *LayoutTile) Name() string { return t.name }

// Chosen says whether it is the one that is chosen.
func (t *LayoutTile) Chosen() bool { return t.chosen }

// Tapped implements fyne.Tappable.
func (t *LayoutTile) Tapped(*fyne.PointEvent) { t.tapped() }

// MouseIn implements desktop.Hoverable.
func (t *LayoutTile) MouseIn(*desktop.MouseEvent) { t.hovered = true; t.Refresh() }

// MouseMoved implements desktop.Hoverable.
func (t *LayoutTile) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (t *LayoutTile) MouseOut() { t.hovered = false; t.Refresh() }

// FocusGained implements fyne.Focusable.
func (t *LayoutTile) FocusGained() { t.focused = true; t.Refresh() }

// FocusLost implements fyne.Focusable.
func (t *LayoutTile) FocusLost() { t.focused = false; t.Refresh() }

// TypedRune implements fyne.Focusable.
func (t *LayoutTile) TypedRune(rune) {}

// TypedKey implements fyne.Focusable.
func (t *LayoutTile) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		t.tapped()
	default:
		t.pass(e, true)
	}
}

// CreateRenderer implements fyne.Widget.
func (t *LayoutTile) CreateRenderer() fyne.WidgetRenderer {
	r := &layoutTileRenderer{
		t: t, ring: canvas.NewRectangle(color.Transparent), screen: canvas.NewRectangle(color.Transparent),
		name: NewText(t.name, Style{Size: theme.Small, Align: fyne.TextAlignCenter, Shrink: true}),
	}
	r.ring.CornerRadius, r.screen.CornerRadius = 6, 3
	for range t.boxes {
		box := canvas.NewRectangle(color.Transparent)
		box.CornerRadius = 2
		r.boxes = append(r.boxes, box)
	}
	r.paint()
	return r
}

type layoutTileRenderer struct {
	t            *LayoutTile
	ring, screen *canvas.Rectangle
	boxes        []*canvas.Rectangle
	name         *Text
}

const (
	layoutTileWide = 36 // of the drawing, in pixels
	layoutTileHigh = 22
	layoutTileRoom = 4 // around it
)

func (r *layoutTileRenderer) MinSize() fyne.Size {
	return fyne.NewSize(layoutTileWide+2*layoutTileRoom, layoutTileHigh+3*layoutTileRoom+r.name.MinSize().Height-3)
}

func (r *layoutTileRenderer) Layout(s fyne.Size) {
	lay(r.ring, fyne.Position{}, s)
	at := fyne.NewPos(middle(s.Width, layoutTileWide), layoutTileRoom)
	lay(r.screen, at, fyne.NewSize(layoutTileWide, layoutTileHigh))
	for i, b := range r.t.boxes {
		const gap = 1
		lay(r.boxes[i], at.AddXY(b.X*layoutTileWide+gap, b.Y*layoutTileHigh+gap), fyne.NewSize(b.W*layoutTileWide-2*gap, b.H*layoutTileHigh-2*gap))
	}
	high := r.name.MinSize().Height
	lay(r.name, fyne.NewPos(1, layoutTileHigh+2*layoutTileRoom-2), fyne.NewSize(s.Width-2, high))
}

func (r *layoutTileRenderer) paint() {
	th, v := r.t.Theme(), variant()
	r.ring.FillColor, r.ring.StrokeColor, r.ring.StrokeWidth = color.Transparent, color.Transparent, 0
	ink, text := theme.Quiet, theme.Quiet
	switch {
	case r.t.chosen:
		r.ring.FillColor, ink, text = th.Color(theme.Chosen, v), theme.Accent, fynetheme.ColorNameForeground
	case r.t.hovered:
		r.ring.FillColor = th.Color(fynetheme.ColorNameHover, v)
	}
	if r.t.focused {
		r.ring.StrokeColor, r.ring.StrokeWidth = th.Color(theme.Ring, v), 2
	}
	r.screen.FillColor = th.Color(theme.Trough, v)
	for i, b := range r.boxes {
		b.FillColor, b.StrokeColor, b.StrokeWidth = th.Color(ink, v), th.Color(theme.Trough, v), 0
		if i > 0 {
			b.StrokeWidth = 1
		}
	}
	r.name.SetColor(text)
}

func (r *layoutTileRenderer) Refresh() {
	r.paint()
	canvas.Refresh(r.t)
}

func (r *layoutTileRenderer) Objects() []fyne.CanvasObject {
	objects := []fyne.CanvasObject{r.ring, r.screen}
	for _, b := range r.boxes {
		objects = append(objects, b)
	}
	return append(objects, r.name)
}
func (r *layoutTileRenderer) Destroy() {}
