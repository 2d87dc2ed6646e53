package widget

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	fynewidget "fyne.io/fyne/v2/widget"

	"vitrine/app/theme"
)

// Progress is a bar that shows which share of something is done.
type Progress struct {
	fynewidget.BaseWidget
	share float64
}

const progressHeight = 6

// NewProgress returns an empty bar.
func NewProgress() *Progress {
	p := &Progress{}
	p.ExtendBaseWidget(p)
	return p
}

// Set shows a share, 0 to 1.
func (p *Progress) Set(share float64) {
	if p.share != share {
		p.share = share
		p.Refresh()
	}
}

// CreateRenderer implements fyne.Widget.
func (p *Progress) CreateRenderer() fyne.WidgetRenderer {
	r := &progressRenderer{p, canvas.NewRectangle(color.Transparent), canvas.NewRectangle(color.Transparent)}
	r.trough.CornerRadius, r.bar.CornerRadius = progressHeight/2, progressHeight/2
	r.paint()
	return r
}

type progressRenderer struct {
	p           *Progress
	trough, bar *canvas.Rectangle
}

func (r *progressRenderer) MinSize() fyne.Size { return fyne.NewSize(progressHeight, progressHeight) }

func (r *progressRenderer) Layout(s fyne.Size) {
	r.trough.Resize(s)
	r.bar.Resize(fyne.NewSize(s.Width*float32(r.p.share), s.Height))
}

func (r *progressRenderer) paint() {
	th, v := r.p.Theme(), variant()
	r.trough.FillColor, r.bar.FillColor = th.Color(theme.Trough, v), th.Color(theme.Accent, v)
}

func (r *progressRenderer) Refresh() {
	r.paint()
	r.Layout(r.p.Size())
	canvas.Refresh(r.p)
}

func (r *progressRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.trough, r.bar} }
func (r *progressRenderer) Destroy()                     {}
