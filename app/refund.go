package app

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/server/wire"
)

// cancelOrder asks why an order is cancelled, and cancels it.
func (w *Window) cancelOrder(id wire.OrderID) {
	o, ok := orderOf(shopOf(w.snap), id)
	if !ok || w.sheet != nil {
		return
	}
	t := w.words
	reason := widget.NewEntry(t.ReasonHint)
	s := &sureSheet{w: w}
	s.read = func() (do gesture, sure, wrong string) {
		why, wrong := readReason(t, reason)
		sure = t.CancelNothing
		if o.State == wire.OrderCaptured {
			sure = fmt.Sprintf(t.CancelGives, t.money(due(o)))
		}
		return gesture{do: func(ctx context.Context) error { return w.desk.CancelOrder(ctx, id, why) }}, sure, wrong
	}
	s.open(fmt.Sprintf(t.CancelTitle, o.Number), widget.Stack(8, flush(t.bought(o)), field(t.ReasonField, reason)), reason, t.CancelOrder, reason)
}

// refundOrder asks which units of an order come back and why, and gives their money back.
func (w *Window) refundOrder(id wire.OrderID) {
	o, ok := orderOf(shopOf(w.snap), id)
	if !ok || w.sheet != nil {
		return
	}
	t := w.words
	s := &sureSheet{w: w}
	reason := widget.NewEntry(t.ReasonHint)
	restock := widget.NewToggle(t.Restock, func(bool) { s.changed() })
	restock.Set(true)
	rows := widget.Stack(6)
	var pieces []fyne.CanvasObject
	units := make([]*widget.Entry, len(o.Lines))
	for i, l := range o.Lines {
		units[i] = widget.NewEntry("0")
		left := l.Quantity - backUnits(o, i)
		if len(o.Lines) == 1 {
			units[i].SetText(strconv.Itoa(left))
		}
		units[i].SetEnabled(left > 0)
		of := widget.NewText(fmt.Sprintf(t.UnitsOf, left), widget.Style{Color: theme.Quiet, Size: theme.Small})
		rows.Add(widget.Row(widget.NewText(l.Title, widget.Style{Shrink: true}), widget.NewText(t.money(l.Price), widget.Style{Color: theme.Quiet}),
			widget.Sized(fyne.NewSize(56, 0), units[i]), widget.Sized(fyne.NewSize(36, 0), of)))
		pieces = append(pieces, units[i])
	}
	all := widget.NewButton(t.RefundAll, "", widget.Plain, func() {
		for i, l := range o.Lines {
			if left := l.Quantity - backUnits(o, i); left > 0 {
				units[i].SetText(strconv.Itoa(left))
			}
		}
	}).Slim()
	s.read = func() (gesture, string, string) {
		r := wire.Refund{Refunded: o.Refunded}
		sum, wrong := t.readReturns(o, units, restock.Checked, &r)
		why, missing := readReason(t, reason)
		sure := ""
		if r.Reason = why; wrong == "" {
			sure, wrong = fmt.Sprintf(t.RefundGives, t.money(sum)), missing
		}
		do := gesture{do: func(ctx context.Context) error { return w.desk.RefundOrder(ctx, id, r) }}
		return do, sure, wrong
	}
	content := widget.Stack(10, rows, widget.Row(restock, all), field(t.ReasonField, reason))
	s.open(fmt.Sprintf(t.RefundTitle, o.Number), content, first(units, reason), t.RefundOrder, append(pieces, restock, all, reason)...)
}

// first is the first that can be typed in.
func first(units []*widget.Entry, last *widget.Entry) fyne.Focusable {
	for _, e := range units {
		if !e.Disabled() && len(units) > 1 {
			return e
		}
	}
	return last
}

// readReturns reads what comes back, what that gives, and a sentence about what is wrong.
func (t *words) readReturns(o wire.Order, units []*widget.Entry, restock bool, r *wire.Refund) (sum wire.Money, wrong string) {
	sum.Currency = o.Totals.Total.Currency
	after := o
	after.Lines = append([]wire.Line{}, o.Lines...)
	for i, e := range units {
		n, left := 0, o.Lines[i].Quantity-backUnits(o, i)
		if text := strings.TrimSpace(e.Text); text != "" && text != "0" {
			var err error
			if n, err = strconv.Atoi(text); err != nil || n < 0 || n > left {
				return sum, fmt.Sprintf(t.ReturnWrong, o.Lines[i].Title, left)
			}
		}
		if n == 0 {
			continue
		}
		goods, shipping := refundShare(after, i, n)
		after.Lines[i].Refunded.Minor += goods
		after.Refunded.Minor += goods + shipping
		sum.Minor += goods + shipping
		r.Returns = append(r.Returns, wire.Return{Line: i, Quantity: n, Restock: restock})
	}
	if len(r.Returns) == 0 {
		return sum, t.ReturnNothing
	}
	return sum, ""
}

// due is what of an order can still be given back.
func due(o wire.Order) wire.Money {
	return wire.Money{Minor: max(0, o.Totals.Total.Minor-o.Refunded.Minor), Currency: o.Totals.Total.Currency}
}

// linePaid is what was paid for a line.
func linePaid(o wire.Order, i int) wire.Money {
	l := o.Lines[i]
	paid := l.Price.Minor - l.Discount.Minor
	if !o.Totals.TaxIncluded {
		paid += l.Tax.Minor
	}
	return wire.Money{Minor: paid, Currency: o.Totals.Total.Currency}
}

// backUnits is how many units of a line came back before, as far as the money tells.
func backUnits(o wire.Order, i int) (back int) {
	l, paid := o.Lines[i], linePaid(o, i)
	for back < l.Quantity && paid.Share(int64(back+1), int64(l.Quantity)).Minor <= l.Refunded.Minor && paid.Minor > 0 {
		back++
	}
	return back
}

// refundShare is what the server will give back for units of a line, and with the last of all lines for shipping: it shows the sum
// before the server is asked. The server's rule is shop.RefundShare, and counts.
func refundShare(o wire.Order, i, units int) (goods, shipping int64) {
	l, paid, most := o.Lines[i], linePaid(o, i), due(o).Minor
	left, back := paid.Minor-l.Refunded.Minor, backUnits(o, i)
	goods = left
	if back+units < l.Quantity {
		cut := func(n int) int64 { return paid.Share(int64(n), int64(l.Quantity)).Minor }
		goods = min(left, cut(back+units)-cut(back))
	}
	goods = min(goods, most)
	if goods < left {
		return goods, 0
	}
	for j := range o.Lines {
		if j != i && o.Lines[j].Refunded.Minor < linePaid(o, j).Minor {
			return goods, 0
		}
	}
	return goods, most - goods
}
