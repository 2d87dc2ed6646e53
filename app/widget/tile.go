package widget

import (
	"image"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	fynewidget "fyne.io/fyne/v2/widget"

	"vitrine/app/theme"
)

// Tile is a small square picture that is chosen by a click, Enter or Space.
type Tile struct {
	fynewidget.BaseWidget
	Keyboard
	tapped          func()
	picture         image.Image
	chosen, focused bool
}

var (
	_ fyne.Focusable     = (*Tile)(nil)
	_ desktop.Cursorable = (*Tile)(nil)
)

const tileSize = 64

// NewTile returns an empty tile.
func NewTile(tapped func()) *Tile {
	t := &Tile{tapped: tapped}
	t.ExtendBaseWidget(t)
	return t
}

// Set shows a square picture, which nobody changes; nil for none yet.
func (t *Tile) Set(picture image.Image, chosen bool) {
	if t.picture != picture || t.chosen != chosen {
		t.picture, t.chosen = picture, chosen
		t.Refresh()
	}
}

// Tapped implements fyne.Tappable.
func (t *Tile) Tapped(*fyne.PointEvent) { t.tapped() }

// Cursor implements desktop.Cursorable.
func (t *Tile) Cursor() desktop.Cursor { return desktop.PointerCursor }

// FocusGained implements fyne.Focusable.
func (t *Tile) FocusGained() { t.focused = true; t.Refresh() }

// FocusLost implements fyne.Focusable.
func (t *Tile) FocusLost() { t.focused = false; t.Refresh() }

// TypedRune implements fyne.Focusable.
func (t *Tile) TypedRune(rune) {}

// TypedKey implements fyne.Focusable.
func (t *Tile) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		t.tapped()
	default:
		t.pass(e, true)
	}
}

// CreateRenderer implements fyne.Widget.
func (t *Tile) CreateRenderer() fyne.WidgetRenderer {
	r := &tileRenderer{
		t: t, ring: canvas.NewRectangle(color.Transparent), ground: canvas.NewRectangle(color.Transparent),
		none: canvas.NewImageFromResource(theme.Image.Resource(theme.Quiet)), picture: &canvas.Image{},
	}
	r.none.FillMode, r.picture.FillMode = canvas.ImageFillContain, canvas.ImageFillContain
	r.ring.CornerRadius, r.ground.CornerRadius, r.picture.CornerRadius = 7, 5, 4
	r.paint()
	return r
}

type tileRenderer struct {
	t             *Tile
	ring, ground  *canvas.Rectangle
	none, picture *canvas.Image
}

func (r *tileRenderer) MinSize() fyne.Size { return fyne.NewSquareSize(tileSize) }

func (r *tileRenderer) Layout(s fyne.Size) {
	lay(r.ring, fyne.Position{}, s)
	lay(r.ground, fyne.NewPos(2, 2), s.SubtractWidthHeight(4, 4))
	lay(r.picture, fyne.NewPos(3, 3), s.SubtractWidthHeight(6, 6))
	lay(r.none, fyne.NewPos(20, 20), s.SubtractWidthHeight(40, 40))
}

func (r *tileRenderer) paint() {
	th, v := r.t.Theme(), variant()
	r.ring.FillColor, r.ground.FillColor = color.Transparent, th.Color(theme.Trough, v)
	switch {
	case r.t.focused:
		r.ring.FillColor = th.Color(theme.Ring, v)
	case r.t.chosen:
		r.ring.FillColor = th.Color(theme.Accent, v)
	}
	r.picture.Image = r.t.picture
	r.picture.Hidden, r.none.Hidden = r.t.picture == nil, r.t.picture != nil
}

func (r *tileRenderer) Refresh() {
	r.paint()
	r.picture.Refresh()
	canvas.Refresh(r.t)
}

func (r *tileRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.ring, r.ground, r.none, r.picture}
}
func (r *tileRenderer) Destroy() {}
