package app

import (
	"fmt"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	fynetheme "fyne.io/fyne/v2/theme"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/studio"
)

// dashboard is how the show does, below the picture: who watches and how that went, and what they do. It says so when viewers leave
// all at once.
type dashboard struct {
	w       *Window
	object  fyne.CanvasObject
	viewers *widget.Text
	curve   *widget.Curve
	figures []*widget.Text // parallel to the labels
	alarm   *widget.Text
	numbers fyne.CanvasObject
}

func newDashboard(w *Window) *dashboard {
	d := &dashboard{w: w, curve: widget.NewCurve()}
	t := w.words
	d.viewers = widget.NewText("", widget.Style{Size: theme.Title, Bold: true})
	var cells []fyne.CanvasObject
	for _, label := range []string{t.DashLikes, t.DashGifts, t.DashQuestions, t.DashHeld} {
		value := widget.NewText("", widget.Style{Size: theme.Title, Bold: true})
		d.figures = append(d.figures, value)
		cells = append(cells, widget.Stack(0, heading(label), value))
	}
	d.alarm = widget.NewText("", widget.Style{Color: fynetheme.ColorNameWarning, Bold: true, Shrink: true})
	d.numbers = widget.Columns(8, cells...)
	crowd := widget.Sized(fyne.NewSize(70, 0), widget.Stack(0, heading(t.DashViewers), d.viewers))
	left := container.NewBorder(nil, nil, crowd, nil, widget.Inset(0, 4, d.curve))
	right := container.NewStack(d.numbers, widget.Row(d.alarm))
	d.object = widget.NewBox(widget.Columns(18, left, right), theme.Panel, theme.Edge, fyne.NewSize(12, 6))
	return d
}

func (d *dashboard) apply(s *studio.Snapshot) {
	t, r, a := d.w.words, roomOf(s), s.Audience
	show(d.object, r.Phase != studio.NoRoom)
	d.viewers.Set(strconv.Itoa(a.Viewers))
	for i, n := range []int64{r.Likes, r.Given, int64(len(r.Questions)), int64(len(r.Held))} {
		d.figures[i].Set(strconv.FormatInt(n, 10))
	}
	alarm := a.Fell.From > 0
	color := theme.Safe
	if alarm {
		color = theme.Hot
		d.alarm.Set(fmt.Sprintf(t.ViewersFell, a.Fell.From, a.Fell.To))
	}
	d.curve.Set(a.Curve, color)
	show(d.alarm, alarm)
	show(d.numbers, !alarm)
}
