package widget

import (
	"image"
	"image/color"
	"sync/atomic"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	fynewidget "fyne.io/fyne/v2/widget"

	"vitrine/app/theme"
	"vitrine/capture/frame"
)

// Convert scales and converts an I420 picture into dst, at dst's size.
type Convert func(dst *image.RGBA, v *frame.Video)

// Frame is the border around a picture.
type Frame int

// Borders, each of its own width so that they differ without colours.
const (
	NoFrame Frame = iota
	LiveFrame
	TroubledFrame
)

// Picture shows moving pictures in their aspect on a dark stage, with a border and, inside the picture, an overlay.
//
// It holds two images: one is shown, Draw writes to the other, Flip changes their parts. Draw may be called from one
// goroutine of its own; everything else, Flip too, belongs to the toolkit's. Draw and Flip must alternate.
type Picture struct {
	fynewidget.BaseWidget
	convert Convert
	overlay fyne.CanvasObject
	frame   Frame
	shown   atomic.Uint64 // width and height in pixels as the screen last asked for; 0 before
	hidden  atomic.Bool

	front, back *image.RGBA
	raster      *canvas.Raster
	mirrors     []*canvas.Raster
}

// NewPicture returns a black picture; overlay is laid out within it.
func NewPicture(convert Convert, overlay fyne.CanvasObject) *Picture {
	p := &Picture{convert: convert, overlay: overlay, front: black()}
	p.raster = newRaster(func(w, h int) image.Image {
		p.Seen(w, h)
		return p.front
	})
	p.ExtendBaseWidget(p)
	return p
}

func black() *image.RGBA {
	i := image.NewRGBA(image.Rect(0, 0, 16, 9))
	for n := 3; n < len(i.Pix); n += 4 {
		i.Pix[n] = 0xff
	}
	return i
}

func newRaster(image func(w, h int) image.Image) *canvas.Raster {
	r := canvas.NewRaster(image)
	r.ScaleMode = canvas.ImageScaleSmooth
	return r
}

// Seen says at what size in pixels the screen shows the picture: it is drawn no larger. The screen says so itself whenever it
// paints.
func (p *Picture) Seen(w, h int) { p.shown.Store(uint64(w)<<32 | uint64(h)) }

// Mirror is another view of the same pictures, until Unmirror.
func (p *Picture) Mirror() *canvas.Raster {
	r := newRaster(func(int, int) image.Image { return p.front })
	p.mirrors = append(p.mirrors, r)
	return r
}

// Unmirror lets go of all mirrors.
func (p *Picture) Unmirror() { p.mirrors = nil }

// Draw writes v into the image that is not shown, no larger than the screen needs and no larger than v, and reports
// whether there is something to flip to. It does nothing while the picture is hidden.
func (p *Picture) Draw(v *frame.Video) bool {
	shown := p.shown.Load()
	w, h := int(shown>>32), int(shown&0xffffffff)
	if w == 0 || h == 0 || p.hidden.Load() {
		return false
	}
	scale := min(1, float64(w)/float64(v.Width), float64(h)/float64(v.Height))
	size := image.Pt(max(1, int(float64(v.Width)*scale+0.5)), max(1, int(float64(v.Height)*scale+0.5)))
	if p.back == nil || p.back.Rect.Max != size {
		p.back = image.NewRGBA(image.Rectangle{Max: size})
	}
	p.convert(p.back, v)
	return true
}

// Flip shows what Draw wrote.
func (p *Picture) Flip() {
	before := p.aspect()
	p.front, p.back = p.back, p.front
	if now := p.aspect(); now/before > 1.01 || now/before < 0.99 {
		p.Refresh()
	}
	p.raster.Refresh()
	for _, m := range p.mirrors {
		m.Refresh()
	}
}

func (p *Picture) aspect() float32 {
	s := p.front.Rect.Size()
	return float32(s.X) / float32(s.Y)
}

// SetFrame changes the border.
func (p *Picture) SetFrame(f Frame) {
	if p.frame != f {
		p.frame = f
		p.Refresh()
	}
}

// Frame is the border.
func (p *Picture) Frame() Frame { return p.frame }

// Hide implements fyne.CanvasObject.
func (p *Picture) Hide() { p.hidden.Store(true); p.BaseWidget.Hide() }

// Show implements fyne.CanvasObject.
func (p *Picture) Show() { p.hidden.Store(false); p.BaseWidget.Show() }

// CreateRenderer implements fyne.Widget.
func (p *Picture) CreateRenderer() fyne.WidgetRenderer {
	r := &pictureRenderer{p: p, border: newGround()}
	for i := range r.bars {
		r.bars[i] = canvas.NewRectangle(color.Black)
		r.objects = append(r.objects, r.bars[i])
	}
	r.objects = append(append(r.objects, r.border.objects()...), p.raster, p.overlay)
	r.paint()
	return r
}

type pictureRenderer struct {
	p       *Picture
	bars    [4]*canvas.Rectangle // the stage where the picture does not cover it: above, below, left, right
	border  *ground              // a little larger than the picture that lies on it
	objects []fyne.CanvasObject
}

const borderRoom = 4 // around the picture, for the widest border

func (r *pictureRenderer) MinSize() fyne.Size { return fyne.NewSize(320, 180) }

func (r *pictureRenderer) Layout(s fyne.Size) {
	room := s.SubtractWidthHeight(2*borderRoom, 2*borderRoom)
	size := fyne.NewSize(room.Width, room.Width/r.p.aspect())
	if size.Height > room.Height {
		size = fyne.NewSize(room.Height*r.p.aspect(), room.Height)
	}
	at := fyne.NewPos((s.Width-size.Width)/2, (s.Height-size.Height)/2)
	for _, o := range []fyne.CanvasObject{r.p.raster, r.p.overlay} {
		o.Resize(size)
		o.Move(at)
	}
	put(r.bars[0], fyne.Position{}, fyne.NewSize(s.Width, at.Y))
	put(r.bars[1], fyne.NewPos(0, at.Y+size.Height), fyne.NewSize(s.Width, at.Y))
	put(r.bars[2], fyne.NewPos(0, at.Y), fyne.NewSize(at.X, size.Height))
	put(r.bars[3], fyne.NewPos(at.X+size.Width, at.Y), fyne.NewSize(at.X, size.Height))
	wide := r.border.border
	r.border.place(at.SubtractXY(wide, wide), size.AddWidthHeight(2*wide, 2*wide))
}

func (r *pictureRenderer) paint() {
	th, v := r.p.Theme(), variant()
	corner := th.Size(theme.Corner)
	for i, b := range r.bars {
		b.FillColor = th.Color(theme.Stage, v)
		if i == 0 {
			b.TopLeftCornerRadius, b.TopRightCornerRadius = corner, corner
		}
		if i == 1 {
			b.BottomLeftCornerRadius, b.BottomRightCornerRadius = corner, corner
		}
	}
	edge, wide := color.Color(color.Transparent), float32(0)
	switch r.p.frame {
	case LiveFrame:
		edge, wide = th.Color(theme.Live, v), 4
	case TroubledFrame:
		edge, wide = th.Color(theme.Loud, v), 2
	}
	r.border.paint(color.Transparent, edge, wide, wide)
}

func (r *pictureRenderer) Refresh() {
	r.paint()
	r.Layout(r.p.Size())
	canvas.Refresh(r.p)
}

func (r *pictureRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *pictureRenderer) Destroy()                     {}
