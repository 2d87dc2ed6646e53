package app

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/server/wire"
	"vitrine/studio"
)

// offersPanel makes offers and coupons, and shows those that run and how the last have ended. An offer is on air in two clicks: what it
// is, and that it starts.
type offersPanel struct {
	w       *Window
	object  fyne.CanvasObject
	pick    *widget.Picker
	chosen  wire.VariantID // by the host; counts as long as showing stays
	showing wire.Showing   // when it was chosen
	presets []*widget.Button
	cards   *fyne.Container
	rows    []tradeRow
	shown   string // which rows there are
	seen    *studio.Shop
	seenOf  string // what was chosen then
}

// tradeRow is an offer or a coupon in the list.
type tradeRow interface {
	root() fyne.CanvasObject
	apply(s *studio.Shop)
}

// presets are the kinds of offers in the order of their buttons.
var presets = []wire.OfferKind{wire.Flash, wire.Limited, wire.Tiered, wire.Bundle, wire.Exclusive, wire.Personal}

// mostEnded is how many offers that are over the list holds.
const mostEnded = 12

func newOffersPanel(w *Window) *offersPanel {
	p := &offersPanel{w: w, cards: widget.Stack(10)}
	t := w.words
	p.pick = widget.NewPicker(func(v string) {
		p.chosen, p.showing = wire.VariantID(v), shopOf(w.snap).Showing
		p.apply(shopOf(w.snap))
	})
	p.pick.Keys = w.keys
	button := func(name string, do func()) *widget.Button {
		b := widget.NewButton(name, "", widget.Plain, do).Slim()
		b.Keys = w.keys
		return b
	}
	var grid []fyne.CanvasObject
	for i, name := range []string{t.OfferFlash, t.OfferLimited, t.OfferTiers, t.OfferBundle, t.OfferExclusive, t.OfferPersonal} {
		b := button(name, func() { p.make(presets[i]) })
		p.presets, grid = append(p.presets, b), append(grid, b)
	}
	coupon := button(t.OfferCoupon, func() { w.openCoupon() })
	head := widget.Stack(5, widget.Row(p.pick, coupon), widget.Columns(5, grid[:3]...), widget.Columns(5, grid[3:]...))
	p.object = widget.Fill(10, head, scrolled(p.cards), nil)
	return p
}

func (p *offersPanel) root() fyne.CanvasObject { return p.object }

// selected is the product that is chosen in the list of products.
func (p *offersPanel) selected() wire.ProductID {
	if p.w.shop == nil { // while the panels are made
		return ""
	}
	return p.w.products().chosen
}

// piece is what an offer would be for: what the host chose here, or what viewers are shown, or what is chosen among the products, or the
// first that there is.
func (p *offersPanel) piece(s *studio.Shop) (piece, bool) {
	if s.Showing != p.showing {
		p.chosen = ""
	}
	if one, ok := pieceOf(s, p.chosen); ok {
		return one, true
	}
	all := pieces(s)
	shown := s.Showing.Product
	if o, ok := offerOf(s, s.Showing.Offer); ok && len(o.Parts) > 0 {
		if one, ok := pieceOf(s, o.Parts[0].Variant); ok {
			shown = one.product.ID
		}
	}
	if s.Showing == (wire.Showing{}) {
		shown = p.selected()
	}
	best := slices.IndexFunc(all, func(one piece) bool { return one.product.ID == shown && one.variant.Left > 0 })
	if best < 0 {
		best = slices.IndexFunc(all, func(one piece) bool { return one.product.ID == shown })
	}
	if len(all) == 0 {
		return piece{}, false
	}
	return all[max(0, best)], true
}

// make opens the sheet with a kind of offer for the piece.
func (p *offersPanel) make(kind wire.OfferKind) {
	s, t := shopOf(p.w.snap), p.w.words
	one, ok := p.piece(s)
	switch {
	case !ok:
		p.w.toast.say(t.OffersNoProduct)
	case kind == wire.Bundle && otherPiece(s, one) == "":
		p.w.toast.say(t.BundleAlone)
	case kind == wire.Personal && len(p.w.guests()) == 0:
		p.w.toast.say(t.PersonalNobody)
	case (kind == wire.Personal || kind == wire.Exclusive) && p.w.snap.Settings.Server.Show == "":
		p.w.toast.say(t.ReasonNoServer)
	default:
		p.w.openOffer(p.w.preset(kind, one))
	}
}

// offerFor shows the offers with a product chosen.
func (w *Window) offerFor(id wire.ProductID) {
	w.openShop(offersTab)
	panel := w.shop.panels[offersTab].(*offersPanel)
	if p := shopOf(w.snap).Product(id); w.sheet == nil && p != nil && len(p.Variants) > 0 {
		panel.chosen, panel.showing = p.Variants[0].ID, shopOf(w.snap).Showing
		panel.apply(shopOf(w.snap))
	}
}

// flash opens the sheet of a flash offer for what is shown now.
func (w *Window) flash() {
	if w.sheet == nil {
		w.openShop(offersTab)
		w.shop.panels[offersTab].(*offersPanel).make(wire.Flash)
	}
}

func (p *offersPanel) apply(s *studio.Shop) {
	if of := string(p.selected()) + " " + string(p.chosen); s != p.seen || of != p.seenOf {
		p.offer(s)
		p.seen, p.seenOf = s, of
	}
	p.list(s)
	for _, row := range p.rows {
		row.apply(s)
	}
}

// offer shows what can be offered.
func (p *offersPanel) offer(s *studio.Shop) {
	t := p.w.words
	one, ok := p.piece(s)
	p.pick.Set(pieceChoices(pieces(s), one.variant.ID, func(q piece) string {
		label := q.name() + " · " + t.money(q.variant.Price)
		if q.product.ID == s.Showing.Product {
			return fmt.Sprintf(t.NowShowing, label)
		}
		return label
	}), string(one.variant.ID))
	p.pick.SetEnabled(ok)
	for _, b := range p.presets {
		b.SetEnabled(ok)
	}
}

// list makes the rows anew where others are to be seen.
func (p *offersPanel) list(s *studio.Shop) {
	t := p.w.words
	var running, drafts, ended []wire.Offer
	for _, o := range s.Offers {
		switch {
		case o.Public && !p.w.over(o):
			running = append(running, o)
		case o.Public && len(ended) < mostEnded:
			ended = append(ended, o)
		case !o.Public && !o.Ended:
			drafts = append(drafts, o)
		}
	}
	var key strings.Builder
	for i, list := range [][]wire.Offer{running, drafts, ended} {
		for _, o := range list {
			key.WriteString(strconv.Itoa(i) + string(o.ID) + " ")
		}
	}
	for _, c := range s.Coupons {
		key.WriteString("+" + string(c.Coupon.Code))
	}
	if now := key.String(); now == p.shown && p.cards.Objects != nil {
		return
	}
	p.shown, p.rows, p.cards.Objects = key.String(), nil, nil
	section := func(name string, rows ...tradeRow) {
		if len(rows) > 0 {
			p.cards.Add(heading(name))
		}
		for _, row := range rows {
			p.rows = append(p.rows, row)
			p.cards.Add(row.root())
		}
	}
	if len(running) == 0 {
		p.cards.Add(emptyState(t.OffersNone, t.OffersNoneHint))
	}
	section(t.OffersRunning, offerRows(p.w, running)...)
	section(t.OffersDrafts, offerRows(p.w, drafts)...)
	section(t.Coupons, couponRows(p.w, s.Coupons)...)
	section(t.OffersEnded, offerRows(p.w, ended)...)
	p.cards.Refresh()
}

func offerRows(w *Window, list []wire.Offer) (rows []tradeRow) {
	for _, o := range list {
		rows = append(rows, newOfferRow(w, o.ID))
	}
	return rows
}

// offerLook is what an offer's row is laid out by.
type offerLook struct{ laid, public, over, showing bool }

// offerRow is an offer in the list.
type offerRow struct {
	look                  offerLook
	w                     *Window
	id                    wire.OfferID
	object                *fyne.Container
	head                  *fyne.Container
	title, price, note    *widget.Text
	bar                   *widget.Progress
	show, end, open, drop *widget.Button
}

func newOfferRow(w *Window, id wire.OfferID) *offerRow {
	r := &offerRow{w: w, id: id, price: widget.NewText("", widget.Style{Size: theme.Small, Shrink: true}), note: widget.Caption(""), bar: widget.NewProgress()}
	t := w.words
	r.title = widget.NewText("", widget.Style{Bold: true, Shrink: true})
	button := func(name string, do func()) *widget.Button {
		b := widget.NewButton(name, "", widget.Plain, do).Slim()
		b.Keys = w.keys
		return b
	}
	r.show = button(t.ShowOffer, r.toggle)
	r.end = button(t.EndOffer, func() { w.confirmEnd(r.id) })
	r.open = button(t.OpenDraft, r.reopen)
	r.drop = button("", func() { w.trade(func(ctx context.Context) error { return w.desk.EndOffer(ctx, id) }) })
	r.drop.Set("", theme.Remove, widget.Quiet)
	r.head = widget.Row(r.title, r.show, r.end, r.open, r.drop)
	r.object = widget.Stack(1, r.head, r.price, r.note, widget.Inset(0, 3, r.bar))
	return r
}

func (r *offerRow) root() fyne.CanvasObject { return r.object }

// toggle shows viewers the offer, or nothing.
func (r *offerRow) toggle() {
	what := wire.Showing{Offer: r.id}
	if shopOf(r.w.snap).Showing == what {
		what = wire.Showing{}
	}
	r.w.trade(func(ctx context.Context) error { return r.w.desk.ShowProduct(ctx, what) })
}

// reopen opens a draft to start it. It lasts as long as it would have.
func (r *offerRow) reopen() {
	if o, ok := offerOf(shopOf(r.w.snap), r.id); ok {
		lasts := o.Until.Sub(o.From)
		if o.Until.IsZero() || o.From.IsZero() {
			lasts = 0
		}
		r.w.openOffer(o, lasts)
	}
}

// confirmEnd asks before it ends an offer.
func (w *Window) confirmEnd(id wire.OfferID) {
	o, _ := offerOf(shopOf(w.snap), id)
	t := w.words
	w.confirm(t.EndOfferTitle, fmt.Sprintf(t.EndOfferText, o.Title), t.EndOffer, t.KeepGoing, func() {
		w.trade(func(ctx context.Context) error { return w.desk.EndOffer(ctx, id) })
	})
}

func (r *offerRow) apply(s *studio.Shop) {
	o, ok := offerOf(s, r.id)
	if !ok {
		return
	}
	t, over := r.w.words, r.w.over(o)
	r.title.Set(o.Title)
	r.price.Set(t.offerPrice(s, o))
	r.note.Set(r.w.offerNote(o))
	showing := s.Showing.Offer == o.ID
	kind, name := widget.Plain, t.ShowOffer
	if showing {
		kind, name = widget.Warn, t.ShownOffer
	}
	r.show.Set(name, "", kind)
	show(r.show, o.Public && !over && o.Kind != wire.Personal)
	show(r.end, o.Public && !over && o.Until.IsZero())
	show(r.open, !o.Public)
	show(r.drop, !o.Public)
	show(r.bar, o.Public && !over && o.Units > 0)
	if look := (offerLook{true, o.Public, over, showing}); look != r.look {
		r.look = look
		r.head.Refresh()
	}
	if o.Units > 0 {
		r.bar.Set(float64(o.Taken) / float64(o.Units))
	}
}

// offerPrice is what an offer is and costs: "Flash · €55.00 instead of €69.00".
func (t *words) offerPrice(s *studio.Shop, o wire.Offer) string {
	text := t.offerName(o.Kind) + " · " + t.money(current(o))
	if sum, ok := usual(s, o.Parts); ok && sum.Minor > current(o).Minor {
		text = fmt.Sprintf(t.PriceInstead, text, t.money(sum))
	}
	return text
}

// offerNote is how an offer stands: "9:41 left · 8 taken · 12 left · 5 wait".
func (w *Window) offerNote(o wire.Offer) string {
	t := w.words
	var parts []string
	if !o.Public {
		if !o.Until.IsZero() {
			parts = append(parts, fmt.Sprintf(t.LastsMinutes, int(o.Until.Sub(o.From).Minutes()+0.5)))
		}
		if o.Units > 0 {
			parts = append(parts, fmt.Sprintf(t.UnitsLeft, o.Units))
		}
		return strings.Join(append(parts, t.NobodySees), " · ")
	}
	if w.over(o) {
		return fmt.Sprintf(t.OfferEnded, w.clockOf(o.Until), o.Taken)
	}
	if !o.Until.IsZero() {
		parts = append(parts, fmt.Sprintf(t.TimeLeft, w.leftUntil(o.Until)))
	}
	parts = append(parts, fmt.Sprintf(t.UnitsTaken, o.Taken), fmt.Sprintf(t.UnitsLeft, o.Left))
	if o.Waiting > 0 {
		parts = append(parts, fmt.Sprintf(t.PeopleWait, o.Waiting))
	}
	if o.Reason != "" {
		parts = append(parts, o.Reason)
	}
	return strings.Join(parts, " · ")
}
