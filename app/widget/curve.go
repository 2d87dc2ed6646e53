package widget

import (
	"image/color"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	fynewidget "fyne.io/fyne/v2/widget"

	"vitrine/app/theme"
)

// Curve draws counts over time as columns from the left: the highest reaches the top.
type Curve struct {
	fynewidget.BaseWidget
	counts []int
	color  fyne.ThemeColorName
}

// curveColumn is a column with the gap behind it, in pixels.
const curveColumn = 3

// NewCurve returns an empty curve.
func NewCurve() *Curve {
	c := &Curve{color: theme.Safe}
	c.ExtendBaseWidget(c)
	return c
}

// Set shows counts, which nobody changes any more, in a colour.
func (c *Curve) Set(counts []int, color fyne.ThemeColorName) {
	if c.color != color || !slices.Equal(c.counts, counts) {
		c.counts, c.color = counts, color
		c.Refresh()
	}
}

// heights are those of n columns, 0 to 1: each the mean of its share of the counts, or where there are fewer counts than columns,
// one a count.
func (c *Curve) heights(n int) []float32 {
	if n <= 0 || len(c.counts) == 0 {
		return nil
	}
	n = min(n, len(c.counts))
	most := float32(max(1, slices.Max(c.counts)))
	all := make([]float32, n)
	for i := range all {
		from, to := i*len(c.counts)/n, (i+1)*len(c.counts)/n
		total := 0
		for _, v := range c.counts[from:to] {
			total += v
		}
		all[i] = float32(total) / float32(to-from) / most
	}
	return all
}

// CreateRenderer implements fyne.Widget.
func (c *Curve) CreateRenderer() fyne.WidgetRenderer { return &curveRenderer{c: c} }

type curveRenderer struct {
	c       *Curve
	columns []fyne.CanvasObject
}

func (r *curveRenderer) MinSize() fyne.Size { return fyne.NewSize(60, 16) }

func (r *curveRenderer) Layout(s fyne.Size) {
	heights := r.c.heights(int(s.Width / curveColumn))
	for len(r.columns) < len(heights) {
		r.columns = append(r.columns, canvas.NewRectangle(color.Transparent))
	}
	r.columns = r.columns[:len(heights)]
	fill := r.c.Theme().Color(r.c.color, variant())
	for i, h := range heights {
		column := r.columns[i].(*canvas.Rectangle)
		column.FillColor = fill
		high := max(1, h*s.Height)
		column.Resize(fyne.NewSize(curveColumn-1, high))
		column.Move(fyne.NewPos(float32(i*curveColumn), s.Height-high))
	}
}

func (r *curveRenderer) Refresh() {
	r.Layout(r.c.Size())
	canvas.Refresh(r.c)
}

func (r *curveRenderer) Objects() []fyne.CanvasObject { return r.columns }
func (r *curveRenderer) Destroy()                     {}
