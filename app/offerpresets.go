package app

import (
	"fmt"
	"strings"
	"time"

	"vitrine/app/widget"
	"vitrine/server/wire"
	"vitrine/studio"
)

// guests are those of the room who can have a price of their own, who spoke last first.
func (w *Window) guests() (all []widget.Choice) {
	r := roomOf(w.snap)
	for _, p := range r.People {
		if p.Role == "" && p.Alias != r.Me.Alias {
			all = append(all, widget.Choice{Value: string(p.Alias), Label: p.Name})
		}
	}
	return all
}

// bundleOff is how many percent less a bundle costs than its parts, when nothing else is typed.
const bundleOff = 15

// preset is an offer of a kind for a piece, filled with what makes sense, and how long it lasts.
func (w *Window) preset(kind wire.OfferKind, p piece) (o wire.Offer, lasts time.Duration) {
	shop := shopOf(w.snap)
	o = wire.Offer{Kind: kind, Parts: []wire.Part{{Variant: p.variant.ID, Quantity: 1}}}
	full, left := p.variant.Price, p.variant.Left
	o.Price = off(full, 20)
	switch kind {
	case wire.Flash:
		lasts = 10 * time.Minute
	case wire.Limited:
		o.Units = fewer(20, left)
	case wire.Tiered:
		o.Tiers = []wire.Tier{{Units: fewer(20, left/4), Price: off(full, 30)}, {Units: fewer(50, left/2), Price: off(full, 20)}}
		o.Price = off(full, 10)
	case wire.Bundle:
		o.Parts = append(o.Parts, wire.Part{Variant: otherPiece(shop, p), Quantity: 1})
		sum, _ := usual(shop, o.Parts)
		o.Price = off(sum, bundleOff)
	case wire.Exclusive:
		o.Price, o.Show = off(full, 15), w.snap.Settings.Server.Show
	case wire.Personal:
		o.Price, o.Show, o.Units, lasts = off(full, 15), w.snap.Settings.Server.Show, 1, 30*time.Minute
		if all := w.guests(); len(all) > 0 {
			o.Member = wire.Alias(all[0].Value)
		}
	}
	return o, lasts
}

// fewer is n, or as many as there are where there are fewer, one at least.
func fewer(n, left int) int { return max(1, min(n, left)) }

// otherPiece is the first that goes with a piece in a bundle.
func otherPiece(s *studio.Shop, p piece) wire.VariantID {
	for _, other := range pieces(s) {
		if other.product.ID != p.product.ID && other.variant.Left > 0 {
			return other.variant.ID
		}
	}
	return ""
}

// offerTitle is the title that an offer has when the host types none.
func (w *Window) offerTitle(o wire.Offer) string {
	t := w.words
	var names []string
	for _, part := range o.Parts {
		if p, ok := pieceOf(shopOf(w.snap), part.Variant); ok {
			names = append(names, p.name())
		}
	}
	name := strings.Join(names, " + ")
	switch o.Kind {
	case wire.Limited:
		return fmt.Sprintf(t.TitleLimited, o.Units, name)
	case wire.Personal:
		for _, p := range roomOf(w.snap).People {
			if p.Alias == o.Member {
				return fmt.Sprintf(t.TitlePersonal, p.Name, name)
			}
		}
	}
	return name
}

// offerName is what a kind of offer is called.
func (t *words) offerName(k wire.OfferKind) string {
	return map[wire.OfferKind]string{
		wire.Flash: t.OfferFlash, wire.Limited: t.OfferLimited, wire.Tiered: t.OfferTiers, wire.Bundle: t.OfferBundle,
		wire.Exclusive: t.OfferExclusive, wire.Personal: t.OfferPersonal,
	}[k]
}
