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

// dashboard is how the show does, below the picture: who watches and how that went, what they do, and where there is a shop, what they
// buy. It says so when viewers leave all at once.
type dashboard struct {
	w       *Window
	object  fyne.CanvasObject
	viewers *widget.Text
	curve   *widget.Curve
	figures []*widget.Text // parallel to the labels
	alarm   *widget.Text
	numbers fyne.CanvasObject
	// With a shop its figures come first, and the others stand in two small lines.
	halves                      *shares
	body                        *fyne.Container
	trade                       fyne.CanvasObject
	orders, revenue, conversion *widget.Text
	warmth, talk                *widget.Text
}

// Shares of the dashboard's width: of the viewers and the rest, without a shop and with one, and of the shop's figures.
var (
	dashPlain = []float32{1, 1}
	dashTrade = []float32{28, 72}
	dashCells = []float32{56, 90, 120, 134}
)

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
	d.trade = d.newTrade()
	right := container.NewStack(d.numbers, d.trade, widget.Row(d.alarm))
	d.halves = &shares{18, dashPlain}
	d.body = container.New(d.halves, left, right)
	d.object = widget.NewBox(d.body, theme.Panel, theme.Edge, fyne.NewSize(12, 6))
	return d
}

// newTrade is the shop's figures, with the others behind them.
func (d *dashboard) newTrade() fyne.CanvasObject {
	t := d.w.words
	figure := func() *widget.Text {
		return widget.NewText("", widget.Style{Size: theme.Title, Bold: true, Shrink: true})
	}
	d.orders, d.revenue = figure(), figure()
	d.conversion = widget.NewText("", widget.Style{Size: theme.Title, Bold: true})
	d.warmth, d.talk = widget.Caption(""), widget.Caption("")
	of := widget.Row(widget.Caption(t.DashOfPeak))
	return container.New(&shares{10, dashCells}, widget.Stack(0, heading(t.DashOrders), d.orders), widget.Stack(0, heading(t.DashRevenue), d.revenue),
		widget.Stack(0, heading(t.DashConversion), container.NewBorder(nil, nil, d.conversion, nil, widget.Inset(6, 0, of))),
		widget.Stack(4, d.warmth, d.talk))
}

// sold shows what the shop took. Conversion is orders over the most viewers that there were at once.
func (d *dashboard) sold(shop *studio.Shop, peak int) {
	t := d.w.words
	d.orders.Set(strconv.Itoa(shop.Takings.Orders))
	d.revenue.Set(t.roundMoney(shop.Takings.Revenue))
	share := "–"
	if peak > 0 {
		share = fmt.Sprintf(t.DashShare, 100*float64(shop.Takings.Orders)/float64(peak))
	}
	d.conversion.Set(share)
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
	shop := shopOf(s)
	trades := shop.Terms.Currency != ""
	d.sold(shop, a.Peak)
	d.warmth.Set(fmt.Sprintf(t.DashWarmth, r.Likes, r.Given))
	d.talk.Set(fmt.Sprintf(t.DashTalk, len(r.Questions), len(r.Held)))
	show(d.alarm, alarm)
	show(d.numbers, !alarm && !trades)
	show(d.trade, !alarm && trades)
	of := dashPlain
	if trades {
		of = dashTrade
	}
	if d.halves.of[0] != of[0] {
		d.halves.of = of
		d.body.Refresh()
	}
}
