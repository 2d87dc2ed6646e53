package widget

import (
	"image"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	fynewidget "fyne.io/fyne/v2/widget"

	"vitrine/app/theme"
)

// Thumb is a small picture of somebody, cut so that it fills its 16:9.
type Thumb struct {
	fynewidget.BaseWidget
	size    fyne.Size
	picture image.Image
	none    theme.Symbol
}

// NewThumb returns an empty thumbnail of a width in pixels.
func NewThumb(width float32) *Thumb {
	t := &Thumb{size: fyne.NewSize(width, float32(int(width*9/16))), none: theme.Camera}
	t.ExtendBaseWidget(t)
	return t
}

// Set shows a picture, which nobody changes. nil shows a symbol in its place.
func (t *Thumb) Set(picture image.Image, none theme.Symbol) {
	if t.picture != picture || t.none != none {
		t.picture, t.none = picture, none
		t.Refresh()
	}
}

// Picture is what is shown, nil for none.
func (t *Thumb) Picture() image.Image { return t.picture }

// CreateRenderer implements fyne.Widget.
func (t *Thumb) CreateRenderer() fyne.WidgetRenderer {
	r := &thumbRenderer{t: t, ground: canvas.NewRectangle(color.Transparent), none: canvas.NewImageFromResource(nil), picture: &canvas.Image{}}
	r.none.FillMode, r.picture.FillMode = canvas.ImageFillContain, canvas.ImageFillCover
	r.ground.CornerRadius, r.picture.CornerRadius = 5, 5
	r.paint()
	return r
}

type thumbRenderer struct {
	t             *Thumb
	ground        *canvas.Rectangle
	none, picture *canvas.Image
	drawn         theme.Symbol
}

func (r *thumbRenderer) MinSize() fyne.Size { return r.t.size }

func (r *thumbRenderer) Layout(s fyne.Size) {
	size := r.t.size
	at := fyne.NewPos(middle(s.Width, size.Width), middle(s.Height, size.Height))
	lay(r.ground, at, size)
	lay(r.picture, at, size)
	const side = 18
	lay(r.none, at.AddXY(middle(size.Width, side), middle(size.Height, side)), fyne.NewSquareSize(side))
}

func (r *thumbRenderer) paint() {
	r.ground.FillColor = r.t.Theme().Color(theme.Trough, variant())
	if r.drawn != r.t.none {
		r.drawn = r.t.none
		r.none.Resource = r.drawn.Resource(theme.Quiet)
	}
	r.picture.Image = r.t.picture
	r.picture.Hidden, r.none.Hidden = r.t.picture == nil, r.t.picture != nil
}

func (r *thumbRenderer) Refresh() {
	r.paint()
	r.none.Refresh()
	r.picture.Refresh()
	canvas.Refresh(r.t)
}

func (r *thumbRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.ground, r.none, r.picture}
}
func (r *thumbRenderer) Destroy() {}
