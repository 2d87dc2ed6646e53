package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"vitrine/app/widget"
	"vitrine/server/wire"
	"vitrine/studio"
)

// piece is what can be sold: a variant, with its product.
type piece struct {
	product *studio.Product
	variant wire.Variant
}

// pieceOf finds a variant; ok is false where the shop does not have it any more.
func pieceOf(s *studio.Shop, id wire.VariantID) (piece, bool) {
	for i := range s.Products {
		for _, v := range s.Products[i].Variants {
			if v.ID == id {
				return piece{&s.Products[i], v}, true
			}
		}
	}
	return piece{}, false
}

// name is what the piece is called: "Tall vase · L".
func (p piece) name() string {
	if len(p.product.Variants) < 2 {
		return p.product.Title
	}
	if p.variant.Title != "" {
		return p.product.Title + " · " + p.variant.Title
	}
	return strings.Join(append([]string{p.product.Title}, p.variant.Options...), " · ")
}

// pieces are all that can be offered: those of products that are sold here and are not hidden.
func pieces(s *studio.Shop) (all []piece) {
	for i, p := range s.Products {
		if p.Hidden || p.Link != "" || p.New {
			continue
		}
		for _, v := range p.Variants {
			all = append(all, piece{&s.Products[i], v})
		}
	}
	return all
}

// mostPieces is how many pieces a list offers to choose from: who has more begins in the list of products.
const mostPieces = 100

// pieceChoices are pieces to choose from, under what label says; the one that is chosen is among them.
func pieceChoices(all []piece, chosen wire.VariantID, label func(piece) string) (choices []widget.Choice) {
	for _, p := range all {
		if len(choices) < mostPieces || p.variant.ID == chosen {
			choices = append(choices, widget.Choice{Value: string(p.variant.ID), Label: label(p)})
		}
	}
	return choices
}

// offerOf finds an offer.
func offerOf(s *studio.Shop, id wire.OfferID) (wire.Offer, bool) {
	for _, o := range s.Offers {
		if o.ID == id {
			return o, true
		}
	}
	return wire.Offer{}, false
}

// usual is what the parts of an offer cost without it; ok is false where one is gone.
func usual(s *studio.Shop, parts []wire.Part) (sum wire.Money, ok bool) {
	for _, part := range parts {
		p, there := pieceOf(s, part.Variant)
		if !there {
			return sum, false
		}
		price, err := p.variant.Price.Times(int64(part.Quantity))
		if err != nil {
			return sum, false
		}
		if sum, err = sum.Plus(price); err != nil {
			return sum, false
		}
	}
	return sum, len(parts) > 0
}

// lowestWindow is how far back the lowest price counts that may stand beside a reduced one (Directive 98/6/EC Art. 6a).
const lowestWindow = 30 * 24 * time.Hour

// lowest is the lowest price of a variant's last 30 days, as far as the studio knows: its usual one, and those of offers to everybody.
// What the server says of an offer that runs counts more.
func lowest(s *studio.Shop, o wire.Offer, now time.Time) (low wire.Money, ok bool) {
	if o.Kind == wire.Bundle || len(o.Parts) != 1 {
		return low, false
	}
	if o.Lowest.Currency != "" {
		return o.Lowest, true
	}
	p, ok := pieceOf(s, o.Parts[0].Variant)
	low = p.variant.Price
	for _, other := range s.Offers {
		if !other.Public || other.ID == o.ID || other.Kind == wire.Personal || other.Kind == wire.Bundle || len(other.Parts) != 1 ||
			other.Parts[0].Variant != o.Parts[0].Variant || !other.Until.IsZero() && other.Until.Before(now.Add(-lowestWindow)) {
			continue
		}
		low = wire.Money{Minor: min(low.Minor, cheapest(other).Minor), Currency: low.Currency}
	}
	return low, ok
}

// cheapest is an offer's lowest price.
func cheapest(o wire.Offer) wire.Money {
	if len(o.Tiers) > 0 {
		return o.Tiers[0].Price
	}
	return o.Price
}

// current is an offer's price for the next unit.
func current(o wire.Offer) wire.Money {
	taken := o.Taken
	for _, tier := range o.Tiers {
		if taken < tier.Units {
			return tier.Price
		}
		taken -= tier.Units
	}
	return o.Price
}

// off is a price less so many percent, rounded to what is easy to say: to the largest of 1, 5, 10, 50, … minor units that is no more
// than a fortieth of it.
func off(m wire.Money, percent int64) wire.Money {
	left := m.Share(100-percent, 100).Minor
	step := int64(1)
	for next, five := int64(5), true; 40*next <= left; five = !five {
		step = next
		if five {
			next *= 2
		} else {
			next *= 5
		}
	}
	return wire.Money{Minor: min(m.Minor, (left+step/2)/step*step), Currency: m.Currency}
}

// serverNow is the time by the server's clock.
func (w *Window) serverNow() time.Time { return w.now().Add(roomOf(w.snap).Clock) }

// leftUntil is a time of the server's as a timer: "9:41", or with hours "1:09:41".
func (w *Window) leftUntil(until time.Time) string {
	s := max(0, seconds(until.Sub(w.serverNow()).Truncate(100*time.Millisecond)))
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// clockOf is a time of the server's as the host reads it.
func (w *Window) clockOf(t time.Time) string { return hourOf(t.UnixMilli(), roomOf(w.snap)) }

// over says that an offer can be taken no more.
func (w *Window) over(o wire.Offer) bool {
	return o.Ended || !o.Until.IsZero() && !o.Until.After(w.serverNow())
}

// trade asks the shop for something; its refusal shows as a toast.
func (w *Window) trade(do func(context.Context) error) {
	w.ask(gesture{do: do, slow: true, done: func(err error) {
		if err != nil {
			w.toast.say(w.refused(err))
		}
	}})
}

// refused says why the shop did not do what was asked.
func (w *Window) refused(err error) string {
	var refusal *wire.Error
	switch {
	case errors.Is(err, studio.ErrNoAnswer), errors.Is(err, context.DeadlineExceeded):
		return w.words.TradeNoAnswer
	case errors.As(err, &refusal) && refusal.RetryAfter == 0:
		return fmt.Sprintf(w.words.TradeRefused, refusal.Text)
	}
	return w.sentence(err)
}
