package app

import (
	"fmt"
	"slices"
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

func orderOf(s *studio.Shop, id wire.OrderID) (wire.Order, bool) {
	i := slices.IndexFunc(s.Orders, func(o wire.Order) bool { return o.ID == id })
	if i < 0 {
		return wire.Order{}, false
	}
	return s.Orders[i], true
}

// orderHigh is how high an order's lines and sums may be before they scroll, in pixels.
const orderHigh = 400

// openOrder opens an order. While it is open it shows what becomes of it.
func (w *Window) openOrder(id wire.OrderID) {
	o, ok := orderOf(shopOf(w.snap), id)
	if !ok || w.sheet != nil {
		return
	}
	t := w.words
	state, color := t.orderState(o)
	body := widget.Stack(6, widget.NewText(state, widget.Style{Bold: true, Color: color}))
	for _, line := range o.Lines {
		body.Add(w.orderLine(line))
	}
	times := widget.Stack(6)
	for _, text := range w.orderTimes(o) {
		times.Add(widget.NewText(text, widget.Style{Color: theme.Quiet, Size: theme.Small, Shrink: true}))
	}
	body.Add(widget.Inset(0, 6, widget.Stack(6, w.orderSums(o)...)))
	body.Add(times)
	scroll := container.NewVScroll(body)
	scroll.SetMinSize(fyne.NewSize(0, min(orderHigh, body.MinSize().Height)))
	done := widget.NewButton(t.CloseSheet, "", widget.Plain, w.closeSheet)
	cancel := widget.NewButton(t.CancelOrder, "", widget.Plain, func() { w.closeSheet(); w.cancelOrder(id) })
	refund := widget.NewButton(t.RefundOrder, "", widget.Plain, func() { w.closeSheet(); w.refundOrder(id) })
	show(cancel, cancellable(o))
	show(refund, refundable(o))
	w.openSheet(widget.SheetSpec{
		Heading: fmt.Sprintf(t.OrderTitle, o.Number), Content: scroll, Size: fyne.NewSize(440, 0),
		Foot: []fyne.CanvasObject{cancel, refund, done}, Focus: done,
	}, cancel, refund, done)
	w.watch = func(s *studio.Snapshot) {
		if now, ok := orderOf(shopOf(s), id); ok && (now.State != o.State || now.Refunded != o.Refunded) {
			w.closeSheet()
			w.openOrder(id)
		}
	}
}

// cancellable and refundable are as the server has it.
func cancellable(o wire.Order) bool {
	return slices.Contains([]wire.OrderState{wire.OrderHeld, wire.OrderFailed, wire.OrderAuthorising, wire.OrderAuthorised, wire.OrderCaptured}, o.State)
}

func refundable(o wire.Order) bool {
	return o.State == wire.OrderCaptured || o.State == wire.OrderPartRefunded
}

// orderLine is a line of an order with what its price is made of.
func (w *Window) orderLine(l wire.Line) fyne.CanvasObject {
	t := w.words
	head := widget.Row(widget.NewText(fmt.Sprintf(t.LineUnits, l.Title, l.Quantity), widget.Style{Shrink: true}),
		widget.NewText(t.money(l.Price), widget.Style{}))
	var parts []string
	if l.SKU != "" {
		parts = append(parts, l.SKU)
	}
	if o, ok := offerOf(shopOf(w.snap), l.Offer); ok && l.Offer != "" {
		parts = append(parts, t.offerName(o.Kind))
	}
	if l.Discount.Minor > 0 {
		parts = append(parts, fmt.Sprintf(t.LineDiscount, t.money(l.Discount)))
	}
	if l.Refunded.Minor > 0 {
		parts = append(parts, fmt.Sprintf(t.LineRefunded, t.money(l.Refunded)))
	}
	if len(parts) == 0 {
		return head
	}
	return widget.Stack(0, head, widget.Caption(strings.Join(parts, " · ")))
}

// orderSums are an order's sums, a row each.
func (w *Window) orderSums(o wire.Order) (rows []fyne.CanvasObject) {
	t, sums := w.words, o.Totals
	add := func(name string, m wire.Money, style widget.Style) {
		label := style
		label.Shrink = true
		rows = append(rows, widget.Row(widget.NewText(name, label), widget.NewText(t.money(m), style)))
	}
	quiet := widget.Style{Color: theme.Quiet}
	add(t.SumGoods, sums.Goods, quiet)
	if sums.Discount.Minor > 0 {
		codes := make([]string, len(o.Coupons))
		for i, c := range o.Coupons {
			codes[i] = string(c)
		}
		add(fmt.Sprintf(t.SumCoupons, strings.Join(codes, ", ")), wire.Money{Minor: -sums.Discount.Minor, Currency: sums.Discount.Currency}, quiet)
	}
	add(fmt.Sprintf(t.SumShipping, o.Shipping), sums.Shipping, quiet)
	if !sums.TaxIncluded {
		add(t.SumTax, sums.Tax, quiet)
	}
	add(t.SumTotal, sums.Total, widget.Style{Bold: true})
	if sums.TaxIncluded && sums.Tax.Minor > 0 {
		add(t.SumTaxIn, sums.Tax, widget.Style{Color: theme.Quiet, Size: theme.Small})
	}
	if o.Refunded.Minor > 0 {
		add(t.SumRefunded, wire.Money{Minor: -o.Refunded.Minor, Currency: o.Refunded.Currency}, widget.Style{Color: theme.Ring, Bold: true})
	}
	return rows
}

// orderTimes say when what happened to an order, how it is paid, and why it was cancelled or refunded.
func (w *Window) orderTimes(o wire.Order) (lines []string) {
	t := w.words
	var parts []string
	for _, one := range []struct {
		format string
		at     time.Time
	}{{t.TimeMade, o.Made}, {t.TimePaid, o.Paid}, {t.TimeShipped, o.Shipped}, {t.TimeDelivered, o.Delivered}} {
		if !one.at.IsZero() {
			parts = append(parts, fmt.Sprintf(one.format, w.clockOf(one.at)))
		}
	}
	lines = append(lines, strings.Join(parts, " · "), fmt.Sprintf(t.PaidBy, t.payMethod(o.Pay)))
	if o.Tracking != "" {
		lines = append(lines, strings.TrimSpace(o.Carrier+" "+o.Tracking))
	}
	if o.Reason != "" {
		lines = append(lines, fmt.Sprintf(t.OrderReason, o.Reason))
	}
	return lines
}

func (t *words) payMethod(m wire.PayMethod) string {
	switch m {
	case wire.PayCash:
		return t.PayCash
	case wire.PayTransfer:
		return t.PayTransfer
	case wire.PayTest:
		return t.PayTest
	}
	return t.PayOnline
}

// readReason reads why something is done, and says what is wrong with it.
func readReason(t *words, e *widget.Entry) (reason, wrong string) {
	if reason = strings.TrimSpace(e.Text); reason == "" {
		return "", t.ReasonMissing
	}
	return reason, ""
}

// sureSheet is a sheet that asks the server for what cannot be taken back: it says what will happen and asks once more before, and keeps
// what was typed until the server has done it.
type sureSheet struct {
	w       *Window
	note    *widget.Paragraph
	yes     *widget.Button
	back    *widget.Button
	label   string
	armed   bool
	sending bool
	// read is what would be done, what that means in a sentence, "" before anything is chosen, and what is wrong, "" for nothing.
	read func() (do gesture, sure, wrong string)
}

// open opens the sheet.
func (s *sureSheet) open(title string, fields fyne.CanvasObject, first fyne.Focusable, label string, pieces ...fyne.CanvasObject) {
	w, t := s.w, s.w.words
	s.label, s.note = label, widget.NewParagraph("", fynetheme.ColorNameForeground)
	s.back = widget.NewButton(t.Back, "", widget.Plain, w.closeSheet)
	s.yes = widget.NewButton(label, "", widget.Primary, s.press)
	for _, p := range pieces {
		if e, ok := p.(*widget.Entry); ok {
			e.OnChanged, e.OnSubmitted = func(string) { s.changed() }, func(string) { s.press() }
		}
	}
	s.changed()
	w.openSheet(widget.SheetSpec{
		Heading: title, Content: widget.Stack(10, fields, widget.Inset(-7, -7, widget.Sized(fyne.NewSize(0, 48), s.note))), Size: fyne.NewSize(440, 0),
		Foot: []fyne.CanvasObject{s.back, s.yes}, Focus: first,
	}, append(pieces, s.back, s.yes)...)
}

// changed says what would happen now; what was agreed to before counts no more.
func (s *sureSheet) changed() {
	s.armed = false
	s.yes.Set(s.label, "", widget.Primary)
	_, sure, _ := s.read()
	s.note.Set(sure, theme.Quiet)
}

// press asks once more, and the second time does it. The safe answer has the keyboard then.
func (s *sureSheet) press() {
	do, sure, wrong := s.read()
	switch {
	case s.sending:
	case wrong != "":
		s.note.Set(wrong, fynetheme.ColorNameError)
	case !s.armed:
		s.armed = true
		s.note.Set(fmt.Sprintf(s.w.words.Sure, sure), fynetheme.ColorNameWarning)
		s.yes.Set(s.w.words.SureYes, "", widget.Warn)
		s.w.win.Canvas().Focus(s.back)
	default:
		s.send(do)
	}
}

func (s *sureSheet) send(do gesture) {
	sheet := s.w.sheet
	do.slow = true
	do.done = func(err error) {
		s.sending = false
		s.yes.SetEnabled(true)
		switch {
		case err == nil && s.w.sheet == sheet:
			s.w.closeSheet()
		case err != nil && s.w.sheet == sheet:
			s.changed()
			s.note.Set(s.w.refused(err), fynetheme.ColorNameError)
		case err != nil:
			s.w.toast.say(s.w.refused(err))
		}
	}
	s.sending = s.w.ask(do)
	s.yes.SetEnabled(!s.sending)
}
