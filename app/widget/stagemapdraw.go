package widget

import (
	"image"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"vitrine/app/theme"
)

// CreateRenderer implements fyne.Widget.
func (m *StageMap) CreateRenderer() fyne.WidgetRenderer {
	r := &stageMapRenderer{m: m, screen: canvas.NewRectangle(color.Transparent)}
	r.screen.CornerRadius = 4
	r.paint()
	return r
}

type stageMapRenderer struct {
	m      *StageMap
	screen *canvas.Rectangle
	boxes  []*stageBoxPieces
}

// stageBoxPieces are what a box is drawn with.
type stageBoxPieces struct {
	ground, ring, shade, corner *canvas.Rectangle
	picture                     *canvas.Image
	name                        *Text
}

func newStageBoxPieces() *stageBoxPieces {
	p := &stageBoxPieces{picture: &canvas.Image{FillMode: canvas.ImageFillCover}, name: NewText("", Style{Size: theme.Small, Shrink: true, Color: theme.OnCurtain})}
	for _, r := range []**canvas.Rectangle{&p.ground, &p.ring, &p.shade, &p.corner} {
		*r = canvas.NewRectangle(color.Transparent)
	}
	return p
}

func (p *stageBoxPieces) objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{p.ground, p.picture, p.shade, p.name, p.corner, p.ring}
}

func (r *stageMapRenderer) MinSize() fyne.Size { return fyne.NewSize(160, 90) }

func (r *stageMapRenderer) Layout(fyne.Size) {
	at, size := r.m.screen()
	lay(r.screen, at.SubtractXY(1, 1), size.AddWidthHeight(2, 2))
	for i, b := range r.m.boxes {
		p := r.boxes[i]
		corner := at.AddXY(b.X*size.Width, b.Y*size.Height)
		full := fyne.NewSize(b.W*size.Width, b.H*size.Height)
		lay(p.ground, corner, full)
		lay(p.picture, corner, full)
		lay(p.ring, corner, full)
		high := p.name.MinSize().Height
		p.name.Hidden = full.Height < high+2 || full.Width < 24
		p.shade.Hidden = p.name.Hidden
		lay(p.shade, corner.AddXY(0, full.Height-high), fyne.NewSize(full.Width, high))
		lay(p.name, corner.AddXY(4, full.Height-high), fyne.NewSize(max(0, full.Width-8), high))
		lay(p.corner, corner.AddXY(full.Width-9, full.Height-9), fyne.NewSquareSize(7))
	}
}

func (r *stageMapRenderer) paint() {
	th, v := r.m.Theme(), variant()
	r.screen.FillColor, r.screen.StrokeColor, r.screen.StrokeWidth = th.Color(theme.Stage, v), th.Color(theme.Edge, v), 1
	if r.m.focused {
		r.screen.StrokeColor, r.screen.StrokeWidth = th.Color(theme.Ring, v), 2
	}
	for len(r.boxes) < len(r.m.boxes) {
		r.boxes = append(r.boxes, newStageBoxPieces())
	}
	r.boxes = r.boxes[:len(r.m.boxes)]
	for i, b := range r.m.boxes {
		p := r.boxes[i]
		chosen := b.ID == r.m.chosen
		p.ground.FillColor, p.ground.StrokeColor, p.ground.StrokeWidth = th.Color(theme.Trough, v), th.Color(theme.Stage, v), 1
		p.ring.StrokeColor, p.ring.StrokeWidth = color.Transparent, 0
		if chosen {
			p.ring.StrokeColor, p.ring.StrokeWidth = th.Color(theme.Accent, v), 2
		}
		p.shade.FillColor = th.Color(theme.Curtain, v)
		p.corner.FillColor, p.corner.Hidden = th.Color(theme.Accent, v), !chosen || !r.m.free
		p.picture.Image, p.picture.Hidden = b.Picture, b.Picture == nil
		p.name.Set(b.Name)
	}
}

func (r *stageMapRenderer) Refresh() {
	r.paint()
	r.Layout(r.m.Size())
	for _, p := range r.boxes {
		p.picture.Refresh()
	}
	canvas.Refresh(r.m)
}

func (r *stageMapRenderer) Objects() []fyne.CanvasObject {
	objects := []fyne.CanvasObject{r.screen}
	for _, p := range r.boxes {
		objects = append(objects, p.objects()...)
	}
	return objects
}
func (r *stageMapRenderer) Destroy() {}

// Copy is a copy of what the picture shows, no wider than that many pixels: what is shown itself is drawn over soon.
func (p *Picture) Copy(width int) *image.RGBA {
	from := p.front.Rect.Size()
	width = min(width, from.X)
	size := image.Pt(max(1, width), max(1, from.Y*width/max(1, from.X)))
	small := image.NewRGBA(image.Rectangle{Max: size})
	for y := range size.Y {
		row := p.front.Pix[y*from.Y/size.Y*p.front.Stride:]
		for x := range size.X {
			copy(small.Pix[y*small.Stride+4*x:][:4], row[x*from.X/size.X*4:])
		}
	}
	return small
}
