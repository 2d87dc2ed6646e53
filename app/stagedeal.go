package app

import (
	"context"
	"fmt"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	fynetheme "fyne.io/fyne/v2/theme"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/server/wire"
	"vitrine/studio"
)

// dealt is a price that the host has agreed on with a guest.
type dealt struct {
	piece wire.VariantID
	name  string // of the piece
	price wire.Money
	until time.Time // by the server's clock; the zero time for no deal
}

// dealFor is how long a deal stands; the server counts.
const dealFor = 90 * time.Second

// dealOff is how many percent less a deal asks for when nothing else is typed.
const dealOff = 15

// openDeal asks for the piece and the price that the host has agreed on with somebody on stage.
func (w *Window) openDeal(m wire.Member) {
	t, shop := w.words, shopOf(w.snap)
	if w.sheet != nil {
		return
	}
	first, ok := dealPiece(shop)
	if !ok {
		w.toast.say(t.OffersNoProduct)
		return
	}
	price, usual := widget.NewEntry(""), widget.Caption("")
	label := widget.NewText("", widget.Style{Color: theme.Quiet, Size: theme.Small})
	chosen := first
	set := func(one piece) {
		chosen = one
		price.SetText(plainMoney(off(one.variant.Price, dealOff)))
		usual.Set(fmt.Sprintf(t.StageDealUsual, t.money(one.variant.Price)))
		label.Set(fmt.Sprintf(t.OfferPrice, one.variant.Price.Currency))
	}
	pick := widget.NewPicker(func(v string) {
		if one, ok := pieceOf(shopOf(w.snap), wire.VariantID(v)); ok {
			set(one)
		}
	})
	pick.Set(pieceChoices(pieces(shop), first.variant.ID, func(q piece) string { return q.name() + " · " + t.money(q.variant.Price) }), string(first.variant.ID))
	set(first)
	var made dealt
	s := &wishSheet{w: w}
	s.read = func() (func(context.Context) error, string) {
		sum, ok := readMoney(price.Text, chosen.variant.Price.Currency)
		switch {
		case !ok:
			return nil, t.OfferPriceWrong
		case sum.Minor < 0:
			return nil, t.PriceNegative
		case sum.Minor > chosen.variant.Price.Minor:
			return nil, fmt.Sprintf(t.PriceAbove, t.money(chosen.variant.Price))
		}
		product, variant := chosen.product.ID, chosen.variant.ID
		made = dealt{piece: variant, name: chosen.name(), price: sum}
		return func(ctx context.Context) error { return w.desk.Deal(ctx, m.Alias, product, variant, sum) }, ""
	}
	s.done = func() {
		made.until = w.serverNow().Add(dealFor)
		w.deals[m.Alias] = made
	}
	fields := widget.Stack(10, field(t.StageDealWhat, pick), widget.Stack(4, label, widget.Columns(10, price, usual)), paragraph(fmt.Sprintf(t.StageDealHint, m.Name)))
	s.open(fmt.Sprintf(t.StageDealTitle, m.Name), fields, 440, price, t.StageDealYes, pick, price)
}

// dealPiece is what a deal is about at first: what viewers are shown, or the first that is left.
func dealPiece(s *studio.Shop) (piece, bool) {
	all := slices.DeleteFunc(pieces(s), func(p piece) bool { return p.variant.Left == 0 })
	if len(all) == 0 {
		return piece{}, false
	}
	i := slices.IndexFunc(all, func(p piece) bool { return p.product.ID == s.Showing.Product })
	return all[max(0, i)], true
}

// dealState says how a deal stands, and in which colour; "" for no deal.
func (w *Window) dealState(d dealt) (string, fyne.ThemeColorName) {
	t := w.words
	if d.until.IsZero() {
		return "", theme.Quiet
	}
	name := d.name + " · " + t.money(d.price)
	o, known := w.dealOffer(d)
	switch {
	case known && o.Taken > 0:
		return fmt.Sprintf(t.StageDealTaken, name), fynetheme.ColorNameSuccess
	case known && w.over(o), !known && !d.until.After(w.serverNow()):
		return fmt.Sprintf(t.StageDealOver, name), theme.Quiet
	}
	return fmt.Sprintf(t.StageDealStands, name, w.leftUntil(d.until)), theme.Ring
}

// dealOffer is the offer that a deal has become: the server tells no name with it.
func (w *Window) dealOffer(d dealt) (found wire.Offer, ok bool) {
	for _, o := range shopOf(w.snap).Offers {
		if o.Kind != wire.Personal || len(o.Parts) != 1 || o.Parts[0].Variant != d.piece || o.Price != d.price {
			continue
		}
		if apart := o.Until.Sub(d.until).Abs(); apart < dealFor/3 && (!ok || apart < found.Until.Sub(d.until).Abs()) {
			found, ok = o, true
		}
	}
	return found, ok
}
