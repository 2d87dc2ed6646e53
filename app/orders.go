package app

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	fynetheme "fyne.io/fyne/v2/theme"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/server/wire"
	"vitrine/studio"
)

// ordersPanel is the show's orders, the newest first, below what they come to.
type ordersPanel struct {
	w       *Window
	object  fyne.CanvasObject
	figures []*widget.Text // orders, units, revenue
	less    *widget.Text   // what went back, and what was declined
	sound   *widget.Button
	chips   []*widget.Button
	filter  int
	search  *widget.Entry
	rows    *widget.Rows
	empty   *widget.Text
	found   []wire.Order // parallel to the rows
	seen    *studio.Shop
	minute  int64 // of which the rows tell how long ago they were
}

// Filters of orders, in the order of their chips.
const (
	allOrders = iota
	paidOrders
	declinedOrders
	openOrders
)

func newOrdersPanel(w *Window) *ordersPanel {
	p := &ordersPanel{w: w, less: widget.Caption(""), search: widget.NewEntry(w.words.OrderSearch)}
	t := w.words
	var cells []fyne.CanvasObject
	for _, name := range []string{t.TakenOrders, t.TakenUnits, t.TakenRevenue} {
		value := widget.NewText("", widget.Style{Size: theme.Title, Bold: true, Shrink: true})
		p.figures, cells = append(p.figures, value), append(cells, widget.Stack(0, heading(name), value))
	}
	button := func(name string, do func()) *widget.Button {
		b := widget.NewButton(name, "", widget.Quiet, do).Slim()
		b.Keys = w.keys
		return b
	}
	var chips []fyne.CanvasObject
	for i, name := range []string{t.OrdersAll, t.OrdersPaid, t.OrdersDeclined, t.OrdersOpen} {
		b := button(name, func() { p.choose(i) })
		p.chips, chips = append(p.chips, b), append(chips, b)
	}
	p.sound = button("", p.toggleSound)
	p.search.Keys = w.keys
	p.search.OnChanged = func(string) { p.list(shopOf(w.snap)) }
	p.rows = widget.NewRows(func(i int) {
		if i < len(p.found) {
			w.openOrder(p.found[i].ID)
		}
	})
	p.rows.Keys = w.keys
	p.empty = widget.NewText("", widget.Style{Color: theme.Quiet, Shrink: true})
	money := widget.Columns(8, cells[0], cells[1])
	head := widget.Stack(6, container.NewBorder(nil, nil, widget.Sized(fyne.NewSize(124, 0), money), nil, widget.Inset(8, 0, cells[2])),
		p.less, widget.Row(container.NewHScroll(widget.Line(2, chips...)), p.sound), p.search)
	p.object = widget.Fill(6, head, container.NewStack(container.NewVBox(p.empty), p.rows), nil)
	return p
}

func (p *ordersPanel) root() fyne.CanvasObject { return p.object }

// choose shows orders in some states only.
func (p *ordersPanel) choose(filter int) {
	p.filter = filter
	p.list(shopOf(p.w.snap))
}

// openOrders shows the orders in some states.
func (w *Window) openOrders(filter int) {
	w.openShop(ordersTab)
	if w.sheet == nil {
		w.shop.panels[ordersTab].(*ordersPanel).choose(filter)
	}
}

func (p *ordersPanel) apply(s *studio.Shop) {
	t := p.w.words
	symbol := theme.Speaker
	if p.w.snap.Settings.QuietOrders {
		symbol = theme.SpeakerOff
	}
	p.sound.Set("", symbol, widget.Quiet)
	if minute := p.w.now().Unix() / 20; s == p.seen && minute == p.minute {
		return
	}
	k := s.Takings
	for i, text := range []string{strconv.Itoa(k.Orders), strconv.Itoa(k.Units), t.money(k.Revenue)} {
		p.figures[i].Set(text)
	}
	p.less.Set(fmt.Sprintf(t.TakenLess, t.money(k.Refunded), k.Declined))
	p.list(s)
}

// list shows the orders that are asked for.
func (p *ordersPanel) list(s *studio.Shop) {
	t := p.w.words
	p.seen, p.minute = s, p.w.now().Unix()/20
	for i, b := range p.chips {
		kind := widget.Quiet
		if i == p.filter {
			kind = widget.Plain
		}
		b.Set(b.Text(), "", kind)
	}
	query := strings.ToLower(strings.TrimSpace(p.search.Text))
	p.found = nil
	faces := []widget.RowFace{}
	for _, o := range s.Orders {
		if inFilter(o, p.filter) && orderMatches(o, query) {
			p.found = append(p.found, o)
			faces = append(faces, p.w.orderFace(o))
		}
	}
	p.rows.Set(faces)
	text := t.OrdersNone
	if len(s.Orders) > 0 {
		text = t.OrdersNoMatch
	}
	p.empty.Set(text)
	show(p.empty, len(p.found) == 0)
}

func inFilter(o wire.Order, filter int) bool {
	switch filter {
	case paidOrders:
		return sold(o) || o.State == wire.OrderPartRefunded
	case declinedOrders:
		return o.State == wire.OrderFailed
	case openOrders:
		return slices.Contains([]wire.OrderState{wire.OrderHeld, wire.OrderAuthorising, wire.OrderAuthorised}, o.State)
	}
	return true
}

// orderMatches says whether an order's number begins with what is searched for, or one of its titles holds it.
func orderMatches(o wire.Order, query string) bool {
	number := strings.TrimPrefix(query, "#")
	return query == "" || number != "" && strings.HasPrefix(strconv.FormatInt(o.Number, 10), number) ||
		slices.ContainsFunc(o.Lines, func(l wire.Line) bool { return strings.Contains(strings.ToLower(l.Title), query) })
}

// sold says that an order counts as one: it is paid, or will be on delivery.
func sold(o wire.Order) bool {
	return o.State == wire.OrderCaptured || o.State == wire.OrderAuthorised && o.Pay == wire.PayCash
}

func (w *Window) orderFace(o wire.Order) widget.RowFace {
	t := w.words
	state, color := t.orderState(o)
	return widget.RowFace{
		Lead: strconv.FormatInt(o.Number, 10), Title: t.bought(o), Value: t.money(o.Totals.Total), State: state, Color: color,
		Note: w.ago(o.Made),
	}
}

// bought is what an order holds: "Tall vase ×1, Bowl ×2".
func (t *words) bought(o wire.Order) string {
	var parts []string
	for _, l := range o.Lines {
		parts = append(parts, fmt.Sprintf(t.LineUnits, l.Title, l.Quantity))
	}
	return strings.Join(parts, ", ")
}

// orderState is an order's state in words, and their colour.
func (t *words) orderState(o wire.Order) (string, fyne.ThemeColorName) {
	switch o.State {
	case wire.OrderHeld, wire.OrderAuthorising, wire.OrderAuthorised:
		switch o.Pay {
		case wire.PayCash:
			return t.StateCash, fynetheme.ColorNameWarning
		case wire.PayTransfer:
			return t.StateTransfer, fynetheme.ColorNameWarning
		}
		return t.StatePaying, fynetheme.ColorNameWarning
	case wire.OrderCaptured:
		return t.StatePaid, fynetheme.ColorNameSuccess
	case wire.OrderFailed:
		return t.StateDeclined, fynetheme.ColorNameError
	case wire.OrderExpired:
		return t.StateExpired, theme.Quiet
	case wire.OrderCancelled:
		return t.StateCancelled, theme.Quiet
	case wire.OrderPartRefunded:
		return t.StatePart, theme.Ring
	}
	return t.StateRefunded, theme.Ring
}

// ago is how long ago a time of the server's was.
func (w *Window) ago(at time.Time) string {
	t := w.words
	switch d := w.serverNow().Sub(at); {
	case d < time.Minute:
		return t.JustNow
	case d < time.Hour:
		return fmt.Sprintf(t.MinutesAgo, int(d.Minutes()))
	case d < 24*time.Hour:
		return fmt.Sprintf(t.HoursAgo, int(d.Hours()))
	}
	return at.Local().Format(time.DateOnly)
}
