package widget

import (
	"image/color"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	fynewidget "fyne.io/fyne/v2/widget"

	"vitrine/app/theme"
)

// Scores is a bar that is shared by two to nine sides as their scores are: none is less than a sliver.
type Scores struct {
	fynewidget.BaseWidget
	scores []int64
}

const (
	scoresHeight = 16
	leastShare   = 0.06
)

// NewScores returns a bar without sides.
func NewScores() *Scores {
	s := &Scores{}
	s.ExtendBaseWidget(s)
	return s
}

// Set shows the sides' scores, ours first.
func (s *Scores) Set(scores []int64) {
	if !slices.Equal(s.scores, scores) {
		s.scores = slices.Clone(scores)
		s.Refresh()
	}
}

// Shares are the parts of the bar that the sides have; they come to 1.
func (s *Scores) Shares() []float32 {
	sum := int64(0)
	for _, n := range s.scores {
		sum += max(0, n)
	}
	shares := make([]float32, len(s.scores))
	for i, n := range s.scores {
		shares[i] = 1 / float32(len(shares))
		if sum > 0 {
			shares[i] = leastShare + (1-leastShare*float32(len(shares)))*float32(float64(max(0, n))/float64(sum))
		}
	}
	return shares
}

// CreateRenderer implements fyne.Widget.
func (s *Scores) CreateRenderer() fyne.WidgetRenderer {
	r := &scoresRenderer{s: s}
	r.paint()
	return r
}

type scoresRenderer struct {
	s     *Scores
	parts []*canvas.Rectangle
}

func (r *scoresRenderer) MinSize() fyne.Size { return fyne.NewSize(80, scoresHeight) }

func (r *scoresRenderer) Layout(s fyne.Size) {
	x := float32(0)
	for i, share := range r.s.Shares() {
		wide := s.Width * share
		gap := float32(2)
		if i == len(r.parts)-1 {
			gap = 0
		}
		lay(r.parts[i], fyne.NewPos(x, 0), fyne.NewSize(max(0, wide-gap), s.Height))
		x += wide
	}
}

func (r *scoresRenderer) paint() {
	for len(r.parts) < len(r.s.scores) {
		r.parts = append(r.parts, canvas.NewRectangle(color.Transparent))
	}
	r.parts = r.parts[:len(r.s.scores)]
	for i, p := range r.parts {
		p.FillColor = theme.Side(i)
		p.TopLeftCornerRadius, p.BottomLeftCornerRadius, p.TopRightCornerRadius, p.BottomRightCornerRadius = 0, 0, 0, 0
		if i == 0 {
			p.TopLeftCornerRadius, p.BottomLeftCornerRadius = scoresHeight/2, scoresHeight/2
		}
		if i == len(r.parts)-1 {
			p.TopRightCornerRadius, p.BottomRightCornerRadius = scoresHeight/2, scoresHeight/2
		}
	}
}

func (r *scoresRenderer) Refresh() {
	r.paint()
	r.Layout(r.s.Size())
	canvas.Refresh(r.s)
}

func (r *scoresRenderer) Objects() []fyne.CanvasObject {
	objects := make([]fyne.CanvasObject, len(r.parts))
	for i, p := range r.parts {
		objects[i] = p
	}
	return objects
}
func (r *scoresRenderer) Destroy() {}

// Chip is a small round mark in a side's colour.
func Chip(side int) *canvas.Circle { return canvas.NewCircle(theme.Side(side)) }
