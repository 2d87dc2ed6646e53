package app

import (
	"context"
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

// couponRow is a coupon in the list.
type couponRow struct {
	w      *Window
	code   wire.CouponCode
	object fyne.CanvasObject
	title  *widget.Text
	note   *widget.Text
	end    *widget.Button
}

func couponRows(w *Window, list []wire.UsedCoupon) (rows []tradeRow) {
	for _, c := range list {
		r := &couponRow{w: w, code: c.Coupon.Code, title: widget.NewText("", widget.Style{Bold: true, Shrink: true}), note: widget.Caption("")}
		r.end = widget.NewButton(w.words.EndOffer, "", widget.Plain, r.stop).Slim()
		r.end.Keys = w.keys
		r.object = widget.Row(widget.Stack(0, r.title, r.note), r.end)
		rows = append(rows, r)
	}
	return rows
}

func (r *couponRow) root() fyne.CanvasObject { return r.object }

func couponOf(s *studio.Shop, code wire.CouponCode) (wire.UsedCoupon, bool) {
	i := slices.IndexFunc(s.Coupons, func(c wire.UsedCoupon) bool { return c.Coupon.Code == code })
	if i < 0 {
		return wire.UsedCoupon{}, false
	}
	return s.Coupons[i], true
}

func (r *couponRow) apply(s *studio.Shop) {
	c, ok := couponOf(s, r.code)
	if !ok {
		return
	}
	t := r.w.words
	over := !c.Coupon.Until.IsZero() && !c.Coupon.Until.After(r.w.serverNow())
	r.title.Set(fmt.Sprintf(t.CouponLine, c.Coupon.Code, t.discount(c.Coupon)))
	used := fmt.Sprintf(t.CouponUsed, c.Used)
	if c.Coupon.Uses > 0 {
		used = fmt.Sprintf(t.CouponUsedOf, c.Used, c.Coupon.Uses)
	}
	parts := []string{used}
	switch {
	case over:
		parts = append(parts, fmt.Sprintf(t.CouponOver, r.w.clockOf(c.Coupon.Until)))
	case !c.Coupon.Until.IsZero():
		parts = append(parts, fmt.Sprintf(t.TimeLeft, r.w.leftUntil(c.Coupon.Until)))
	}
	if c.Coupon.Minimum.Minor > 0 {
		parts = append(parts, fmt.Sprintf(t.CouponFrom, t.money(c.Coupon.Minimum)))
	}
	r.note.Set(strings.Join(parts, " · "))
	show(r.end, !over)
}

// stop ends the coupon now, once the host is sure.
func (r *couponRow) stop() {
	t := r.w.words
	r.w.confirm(t.EndCouponTitle, fmt.Sprintf(t.EndCouponText, r.code), t.EndOffer, t.KeepGoing, func() {
		c, ok := couponOf(shopOf(r.w.snap), r.code)
		if !ok {
			return
		}
		end := c.Coupon
		end.Until = r.w.serverNow()
		if !end.From.Before(end.Until) {
			end.From = time.Time{}
		}
		r.w.trade(func(ctx context.Context) error { return r.w.desk.PutCoupon(ctx, end) })
	})
}

// discount is what a coupon takes off: "−10 %".
func (t *words) discount(c wire.Coupon) string {
	if c.Percent > 0 {
		return fmt.Sprintf(t.PercentOff, strconv.FormatFloat(float64(c.Percent)/100, 'f', -1, 64))
	}
	return "−" + t.money(c.Amount)
}

// couponSheet is a coupon as it is typed.
type couponSheet struct {
	w                                        *Window
	code, amount, minimum, minutes, uses, by *widget.Entry
	offers                                   *widget.Toggle
	wrong                                    *widget.Paragraph
	start                                    *widget.Button
	typed, does, until                       *widget.Text
	sending                                  bool
}

// goodCode says whether the server takes a coupon's code.
func goodCode(code wire.CouponCode) bool {
	if len(code) < 3 || len(code) > 32 || code[0] == '-' || code[0] == '_' {
		return false
	}
	return !strings.ContainsFunc(string(code), func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && r != '-' && r != '_'
	})
}

// openCoupon opens the sheet with a coupon of 10 % for the evening.
func (w *Window) openCoupon() {
	if w.sheet != nil {
		return
	}
	t := w.words
	s := &couponSheet{w: w, wrong: widget.NewParagraph("", fynetheme.ColorNameError)}
	entry := func(text, hint string) *widget.Entry {
		e := widget.NewEntry(hint)
		e.SetText(text)
		return e
	}
	s.code, s.amount, s.minimum = entry(w.words.freshCode(shopOf(w.snap)), ""), entry("10 %", ""), entry("", t.CouponNoMinimum)
	s.minutes, s.uses, s.by = entry("60", t.Unlimited), entry("", t.Unlimited), entry("1", t.Unlimited)
	s.offers = widget.NewToggle(t.CouponOffers, func(bool) { s.show() })
	list := []*widget.Entry{s.code, s.amount, s.minimum, s.minutes, s.uses, s.by}
	var pieces []fyne.CanvasObject
	for _, e := range list {
		e.OnChanged, e.OnSubmitted = func(string) { s.show() }, func(string) { s.put() }
		pieces = append(pieces, e)
	}
	form := widget.Stack(10, widget.Columns(10, field(t.CouponCode, s.code), field(t.CouponOff, s.amount)),
		widget.Columns(10, field(t.CouponMinimum, s.minimum), field(t.OfferMinutes, s.minutes)),
		widget.Columns(10, field(t.CouponUses, s.uses), field(t.CouponEach, s.by)), s.offers,
		widget.Inset(-7, -7, widget.Sized(fyne.NewSize(0, 48), s.wrong)))
	seen := widget.Stack(8, heading(t.ViewersSee), s.card(), paragraph(t.CouponTell))
	content := container.New(&shares{28, besideCard}, form, seen)
	cancel := widget.NewButton(t.Cancel, "", widget.Plain, w.closeSheet)
	s.start = widget.NewButton(t.StartNow, theme.OnAir, widget.Primary, s.put)
	s.show()
	w.openSheet(widget.SheetSpec{
		Heading: t.CouponTitle, Content: content, Size: fyne.NewSize(680, 280), Foot: []fyne.CanvasObject{cancel, s.start}, Focus: s.start,
	}, append(pieces, s.offers, cancel, s.start)...)
}

// card is the coupon at the viewers' checkout.
func (s *couponSheet) card() fyne.CanvasObject {
	s.typed = widget.NewText("", widget.Style{Color: theme.OnCurtain, Bold: true, Mono: true, Size: theme.Title, Shrink: true})
	s.does = widget.NewText("", widget.Style{Color: theme.OnCurtain, Shrink: true})
	s.until = widget.NewText("", widget.Style{Color: theme.OnCurtainQuiet, Size: theme.Small, Shrink: true})
	return widget.NewBox(widget.Stack(4, s.typed, s.does, s.until), theme.Stage, theme.Edge, fyne.NewSize(14, 14))
}

// freshCode is a code that no coupon has.
func (t *words) freshCode(s *studio.Shop) string {
	for n := 10; ; n++ {
		code := t.CouponPrefix + strconv.Itoa(n)
		if _, taken := couponOf(s, wire.CouponCode(code)); !taken {
			return code
		}
	}
}

func (s *couponSheet) show() {
	t := s.w.words
	c, wrong := s.read()
	s.wrong.Set(wrong, fynetheme.ColorNameError)
	s.typed.Set(string(c.Code))
	on := t.CouponNotOffers
	if c.Offers {
		on = t.CouponAll
	}
	s.does.Set(fmt.Sprintf(on, t.discount(c)))
	var parts []string
	if c.Minimum.Minor > 0 {
		parts = append(parts, fmt.Sprintf(t.CouponFrom, t.money(c.Minimum)))
	}
	if !c.Until.IsZero() {
		parts = append(parts, fmt.Sprintf(t.TimeLeft, s.w.leftUntil(c.Until)))
	}
	if c.UsesEach > 0 {
		parts = append(parts, fmt.Sprintf(t.CouponEachLine, c.UsesEach))
	}
	s.until.Set(strings.Join(parts, " · "))
}

// read is the coupon as it is typed, and a sentence about the first thing that is wrong with it.
func (s *couponSheet) read() (c wire.Coupon, wrong string) {
	t, currency := s.w.words, shopOf(s.w.snap).Terms.Currency
	say := func(bad bool, sentence string) {
		if bad && wrong == "" {
			wrong = sentence
		}
	}
	c.Code, c.Offers = wire.CouponCode(strings.ToUpper(strings.TrimSpace(s.code.Text))), s.offers.Checked
	say(!goodCode(c.Code), t.CouponCodeWrong)
	_, taken := couponOf(shopOf(s.w.snap), c.Code)
	say(taken, fmt.Sprintf(t.CouponTaken, c.Code))
	ok := true
	if number, percent := strings.CutSuffix(strings.TrimSpace(s.amount.Text), "%"); percent {
		share, err := strconv.ParseFloat(strings.Replace(strings.TrimSpace(number), ",", ".", 1), 64)
		c.Percent = int(share*100 + 0.5)
		ok = err == nil && c.Percent > 0 && c.Percent <= 10_000
	} else {
		c.Amount, ok = readMoney(s.amount.Text, currency)
		ok = ok && c.Amount.Minor > 0
	}
	say(!ok, t.CouponOffWrong)
	if s.minimum.Text != "" {
		c.Minimum, ok = readMoney(s.minimum.Text, currency)
		say(!ok || c.Minimum.Minor < 0, t.OfferPriceWrong)
	}
	number := func(e *widget.Entry, what string, most int) int {
		n, ok := count(e, most)
		say(!ok, fmt.Sprintf(t.OfferCountWrong, what, most))
		return max(0, n)
	}
	if minutes := number(s.minutes, t.OfferMinutes, longestOffer); minutes > 0 {
		c.Until = s.w.serverNow().Add(time.Duration(minutes) * time.Minute)
	}
	c.Uses, c.UsesEach = number(s.uses, t.CouponUses, wire.MaxUnits), number(s.by, t.CouponEach, wire.MaxUnits)
	return c, wrong
}

func (s *couponSheet) put() {
	c, wrong := s.read()
	if wrong != "" || s.sending {
		return
	}
	sheet := s.w.sheet
	s.sending = s.w.ask(gesture{
		do: func(ctx context.Context) error { return s.w.desk.PutCoupon(ctx, c) },
		done: func(err error) {
			s.sending = false
			s.start.SetEnabled(true)
			switch {
			case err == nil && s.w.sheet == sheet:
				s.w.closeSheet()
			case err != nil && s.w.sheet == sheet:
				s.wrong.Set(s.w.refused(err), fynetheme.ColorNameError)
			case err != nil:
				s.w.toast.say(s.w.refused(err))
			}
		},
		slow: true,
	})
	s.start.SetEnabled(!s.sending)
}
