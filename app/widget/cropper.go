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

// Cropper shows a picture behind a square frame: dragging and the arrow keys move it, the wheel, + and − zoom, Enter takes it.
type Cropper struct {
	fynewidget.BaseWidget
	Keyboard
	// Taken is called for Enter, Zoomed when the wheel or a key has zoomed.
	Taken  func()
	Zoomed func(zoom float64)

	picture image.Image
	zoom    float64 // 1 shows all of the shorter side
	x, y    float64 // the frame's middle, as shares of the picture
	focused bool
}

var (
	_ fyne.Draggable     = (*Cropper)(nil)
	_ fyne.Scrollable    = (*Cropper)(nil)
	_ fyne.Focusable     = (*Cropper)(nil)
	_ desktop.Cursorable = (*Cropper)(nil)
)

// MostZoom is how far a picture is zoomed at most.
const MostZoom = 5

// cropSize is the frame's least side in pixels.
const cropSize = 348

// NewCropper returns a cropper of a picture, which nobody changes; it may be a smaller copy of the one that is cut.
func NewCropper(picture image.Image) *Cropper {
	c := &Cropper{picture: picture, zoom: 1, x: 0.5, y: 0.5}
	c.ExtendBaseWidget(c)
	return c
}

// Set shows another picture, such as the same turned, from its middle.
func (c *Cropper) Set(picture image.Image) {
	c.picture, c.zoom, c.x, c.y = picture, 1, 0.5, 0.5
	c.Refresh()
}

// Zoom is how far the picture is zoomed, from 1.
func (c *Cropper) Zoom() float64 { return c.zoom }

// SetZoom zooms about the frame's middle.
func (c *Cropper) SetZoom(z float64) {
	c.zoom = min(max(z, 1), MostZoom)
	c.keep()
}

// sides are the picture's, in units of its shorter one.
func (c *Cropper) sides() (w, h float64) {
	b := c.picture.Bounds()
	short := float64(min(b.Dx(), b.Dy()))
	return float64(b.Dx()) / short, float64(b.Dy()) / short
}

// keep keeps the frame within the picture.
func (c *Cropper) keep() {
	w, h := c.sides()
	half := 0.5 / c.zoom
	c.x = min(max(c.x, half/w), 1-half/w)
	c.y = min(max(c.y, half/h), 1-half/h)
	c.Refresh()
}

// Region is the part of a picture of those bounds that is in the frame; it is square.
func (c *Cropper) Region(b image.Rectangle) image.Rectangle {
	side := max(1, int(float64(min(b.Dx(), b.Dy()))/c.zoom))
	at := image.Pt(int(c.x*float64(b.Dx())+0.5)-side/2, int(c.y*float64(b.Dy())+0.5)-side/2)
	at.X, at.Y = min(max(at.X, 0), b.Dx()-side), min(max(at.Y, 0), b.Dy()-side)
	return image.Rectangle{Max: image.Pt(side, side)}.Add(at).Add(b.Min)
}

// move moves the picture by pixels of the screen.
func (c *Cropper) move(dx, dy float32) {
	w, h := c.sides()
	unit := float64(c.frame()) * c.zoom
	c.x -= float64(dx) / (unit * w)
	c.y -= float64(dy) / (unit * h)
	c.keep()
}

// frame is the frame's side in pixels.
func (c *Cropper) frame() float32 { return max(1, min(c.Size().Width, c.Size().Height)) }

func (c *Cropper) zoomBy(factor float64) {
	c.SetZoom(c.zoom * factor)
	if c.Zoomed != nil {
		c.Zoomed(c.zoom)
	}
}

// Dragged implements fyne.Draggable.
func (c *Cropper) Dragged(e *fyne.DragEvent) { c.move(e.Dragged.DX, e.Dragged.DY) }

// DragEnd implements fyne.Draggable.
func (c *Cropper) DragEnd() {}

// Scrolled implements fyne.Scrollable.
func (c *Cropper) Scrolled(e *fyne.ScrollEvent) {
	switch {
	case e.Scrolled.DY > 0:
		c.zoomBy(1.1)
	case e.Scrolled.DY < 0:
		c.zoomBy(1 / 1.1)
	}
}

// Cursor implements desktop.Cursorable.
func (c *Cropper) Cursor() desktop.Cursor { return desktop.PointerCursor }

// FocusGained implements fyne.Focusable.
func (c *Cropper) FocusGained() { c.focused = true; c.Refresh() }

// FocusLost implements fyne.Focusable.
func (c *Cropper) FocusLost() { c.focused = false; c.Refresh() }

// TypedRune implements fyne.Focusable.
func (c *Cropper) TypedRune(r rune) {
	switch r {
	case '+', '=':
		c.zoomBy(1.1)
	case '-', '−':
		c.zoomBy(1 / 1.1)
	}
}

// TypedKey implements fyne.Focusable.
func (c *Cropper) TypedKey(e *fyne.KeyEvent) {
	const step = 12
	switch e.Name {
	case fyne.KeyLeft:
		c.move(step, 0)
	case fyne.KeyRight:
		c.move(-step, 0)
	case fyne.KeyUp:
		c.move(0, step)
	case fyne.KeyDown:
		c.move(0, -step)
	case fyne.KeyReturn, fyne.KeyEnter:
		if c.Taken != nil {
			c.Taken()
		}
	default:
		c.pass(e, true)
	}
}

// CreateRenderer implements fyne.Widget.
func (c *Cropper) CreateRenderer() fyne.WidgetRenderer {
	r := &cropRenderer{c: c, ground: newGround(), picture: &canvas.Image{}}
	r.picture.FillMode, r.picture.ScaleMode = canvas.ImageFillStretch, canvas.ImageScaleSmooth
	for i := range r.thirds {
		r.thirds[i] = canvas.NewRectangle(color.NRGBA{255, 255, 255, 60})
	}
	r.paint()
	return r
}

type cropRenderer struct {
	c       *Cropper
	ground  *ground // around the picture: its border is the ring
	picture *canvas.Image
	thirds  [4]*canvas.Rectangle
}

func (r *cropRenderer) MinSize() fyne.Size { return fyne.NewSquareSize(cropSize) }

func (r *cropRenderer) Layout(s fyne.Size) {
	const ring = 3
	side := r.c.frame() - 2*ring
	at := fyne.NewPos((s.Width-side)/2, (s.Height-side)/2)
	r.ground.place(at.SubtractXY(ring, ring), fyne.NewSquareSize(side+2*ring))
	lay(r.picture, at, fyne.NewSquareSize(side))
	for i, o := range r.thirds {
		if off := side * float32(i%2+1) / 3; i < 2 {
			lay(o, at.AddXY(off, 0), fyne.NewSize(1, side))
		} else {
			lay(o, at.AddXY(0, off), fyne.NewSize(side, 1))
		}
	}
}

// subImage is what the picture of a Cropper can do.
type subImage interface {
	SubImage(image.Rectangle) image.Image
}

func (r *cropRenderer) paint() {
	th, v := r.c.Theme(), variant()
	edge := th.Color(theme.Edge, v)
	if r.c.focused {
		edge = th.Color(theme.Ring, v)
	}
	r.ground.paint(color.Transparent, edge, 3, 3)
	r.picture.Image = r.c.picture
	if cut, ok := r.c.picture.(subImage); ok {
		r.picture.Image = cut.SubImage(r.c.Region(r.c.picture.Bounds()))
	}
}

func (r *cropRenderer) Refresh() {
	r.paint()
	r.Layout(r.c.Size())
	r.picture.Refresh()
	canvas.Refresh(r.c)
}

func (r *cropRenderer) Objects() []fyne.CanvasObject {
	return append(r.ground.objects(), r.picture, r.thirds[0], r.thirds[1], r.thirds[2], r.thirds[3])
}
func (r *cropRenderer) Destroy() {}
