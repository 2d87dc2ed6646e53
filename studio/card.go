package studio

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/jpeg"
	"math"
	"slices"
	"time"

	"golang.org/x/text/currency"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"

	"vitrine/server/wire"
	"vitrine/studio/scene"
)

// Corner is where in the picture the card stands.
type Corner = scene.Corner

// Corners of the picture.
const (
	TopLeft     = scene.TopLeft
	TopRight    = scene.TopRight
	BottomLeft  = scene.BottomLeft
	BottomRight = scene.BottomRight
)

// Card is whether and how the product that is shown to viewers stands in the picture itself, for streams that leave the page.
type Card struct {
	On     bool   `json:"on"`
	Corner Corner `json:"corner"`
	// Stock says how many are left, Timer for how long there is the offer.
	Stock bool `json:"stock"`
	Timer bool `json:"timer"`
	// Language is the viewers': "en", "zh" or "es".
	Language string `json:"language"`
}

// cardWords are what a card says in a language.
type cardWords struct {
	tag           language.Tag
	left, soldOut string
	from          string
	behind        bool // the currency stands behind the amount
}

var cardLanguages = map[string]cardWords{
	"en": {language.English, "%d left", "Sold out", "from %s", false},
	"zh": {language.SimplifiedChinese, "仅剩 %d 件", "已售罄", "%s 起", false},
	"es": {language.Spanish, "Quedan %d", "Agotado", "desde %s", true},
}

// Validate reports the first thing that is wrong.
func (c Card) Validate() error {
	if _, ok := cardLanguages[c.Language]; !ok {
		return fmt.Errorf("a card speaks en, zh or es, not %q", c.Language)
	}
	if !slices.Contains(scene.Corners(), c.Corner) {
		return fmt.Errorf("a card stands in a corner, not %q", c.Corner)
	}
	return nil
}

// SetCard changes whether and how the product shown stands in the picture. It can be undone.
func (s *Session) SetCard(ctx context.Context, c Card) error {
	if err := c.Validate(); err != nil {
		return err
	}
	return s.do(ctx, func() error {
		before := s.settings.Card
		if c == before {
			return nil
		}
		s.change(func(set *Settings) { set.Card = c })
		s.did(Change{Kind: CardChanged}, func() error {
			s.change(func(set *Settings) { set.Card = before })
			return nil
		})
		return nil
	})
}

// cardState is the card of the product shown. The loop owns it.
type cardState struct {
	painter *scene.Painter
	// thumb is the picture of that name, nil until it is there; asked is when it was asked for.
	name  wire.PictureID
	thumb image.Image
	asked time.Time
}

// thumbAgain is how long after a picture was asked for in vain it is asked for again.
const thumbAgain = 10 * time.Second

// followCard has the picture loop draw the card that there should be now. It is painted here, because that takes longer than a picture
// lasts.
func (s *Session) followCard(now time.Time) {
	if s.c.Fonts == nil {
		return
	}
	snap := s.Snapshot()
	var ahead time.Duration // the server's clock before ours
	if snap.Room != nil {
		ahead = snap.Room.Clock
	}
	card, name := cardOf(snap.Shop, s.settings.Card, s.settings.Server.Show, now.Add(ahead))
	if card == (scene.Card{}) {
		s.pictures.setCard(nil, "")
		return
	}
	s.followThumb(name, now)
	card.Picture = s.card.thumb
	if s.card.painter == nil {
		s.card.painter = scene.NewPainter(s.c.Fonts)
	}
	f := s.pictures.wanted()
	s.pictures.setCard(s.card.painter.Paint(card, f.Width, f.Height), s.settings.Card.Corner)
}

// followThumb gets the picture of the product shown.
func (s *Session) followThumb(name wire.PictureID, now time.Time) {
	if s.card.name != name {
		s.card.name, s.card.thumb, s.card.asked = name, nil, time.Time{}
	}
	if name == "" || s.card.thumb != nil || now.Sub(s.card.asked) < thumbAgain {
		return
	}
	s.card.asked = now
	ctx := s.ctx
	s.group.Go(func() error {
		limited, cancel := context.WithTimeout(ctx, thumbAgain)
		defer cancel()
		file, err := s.ProductPicture(limited, name)
		if err != nil { // the card does without, and it is asked for again
			return nil
		}
		if img, err := jpeg.Decode(bytes.NewReader(file)); err == nil {
			s.post(ctx, func() {
				if s.card.name == name {
					s.card.thumb = img
				}
			})
		}
		return nil
	})
}

// cardOf is what the card says of what is shown, by the server's time, without the picture, whose name it returns; the zero Card if
// there is nothing to show.
func cardOf(shop *Shop, c Card, show wire.ShowID, now time.Time) (card scene.Card, picture wire.PictureID) {
	if shop == nil || !c.On || shop.Showing == (wire.Showing{}) {
		return card, ""
	}
	w := cardLanguages[c.Language]
	offer, product := shop.shown(show, now)
	if product == nil || product.Hidden || len(product.Variants) == 0 {
		return card, ""
	}
	usual, variant := product.cheapest(), product.cheapest()
	card.Title = product.Title
	left := 0
	for _, v := range product.Variants {
		left += max(v.Left, 0)
	}
	switch {
	case offer != nil && offer.Kind == wire.Bundle:
		card.Title, card.Price, left = offer.Title, w.money(priceNow(offer)), offer.Left
	case offer != nil:
		if v := find(product.Variants, offer.Parts[0].Variant, func(v wire.Variant) wire.VariantID { return v.ID }); v != nil {
			usual, variant = *v, *v
		}
		card.Price, left = w.money(priceNow(offer)), offer.Left
		if p := priceNow(offer); p.Currency == usual.Price.Currency && p.Minor < usual.Price.Minor {
			card.Was = w.money(usual.Price)
		}
	default:
		card.Price = w.money(usual.Price)
		if slices.ContainsFunc(product.Variants, func(v wire.Variant) bool { return v.Price != usual.Price }) {
			card.Price = fmt.Sprintf(w.from, card.Price)
		}
	}
	if c.Stock {
		card.Note = w.stock(left)
	}
	if c.Timer && offer != nil && !offer.Until.IsZero() {
		card.Timer = countdown(offer.Until.Sub(now))
	}
	if i := variant.Picture; i > 0 && i <= len(product.Pictures) && offer != nil {
		return card, product.Pictures[i-1].ID
	}
	if len(product.Pictures) > 0 {
		picture = product.Pictures[0].ID
	}
	return card, picture
}

// shown is the product that viewers see as shown, and the offer by which everybody has it now; nil for none.
func (s *Shop) shown(show wire.ShowID, now time.Time) (*wire.Offer, *Product) {
	open := func(o *wire.Offer) bool {
		return o.Public && !o.Ended && o.Buyer == "" && (o.Show == "" || o.Show == show) && len(o.Parts) > 0 &&
			!now.Before(o.From) && (o.Until.IsZero() || now.Before(o.Until))
	}
	of := func(v wire.VariantID) *Product {
		i := slices.IndexFunc(s.Products, func(p Product) bool {
			return slices.ContainsFunc(p.Variants, func(one wire.Variant) bool { return one.ID == v })
		})
		if i < 0 {
			return nil
		}
		return &s.Products[i]
	}
	if o := find(s.Offers, s.Showing.Offer, func(o wire.Offer) wire.OfferID { return o.ID }); o != nil && len(o.Parts) > 0 {
		p := of(o.Parts[0].Variant)
		if open(o) {
			return o, p
		}
		if o.Kind == wire.Bundle {
			return nil, nil
		}
		return nil, p
	}
	product := s.Product(s.Showing.Product)
	for _, kind := range []wire.OfferKind{wire.Tiered, wire.Flash, wire.Limited, wire.Exclusive} { // as the server prefers them
		for i := range s.Offers {
			if o := &s.Offers[i]; o.Kind == kind && open(o) && product != nil && of(o.Parts[0].Variant) == product {
				return o, product
			}
		}
	}
	return nil, product
}

// cheapest is the variant that costs least.
func (p *Product) cheapest() wire.Variant {
	return slices.MinFunc(p.Variants, func(a, b wire.Variant) int { return int(a.Price.Minor - b.Price.Minor) })
}

// priceNow is what one unit of an offer costs now.
func priceNow(o *wire.Offer) wire.Money {
	gone := o.Taken
	for _, t := range o.Tiers {
		if gone < t.Units {
			return t.Price
		}
		gone -= t.Units
	}
	return o.Price
}

// countdown is a time as people read it on a clock, rounded up, and "" for what is over or far away.
func countdown(d time.Duration) string {
	s := int(math.Ceil(d.Seconds()))
	switch {
	case s <= 0 || s >= 24*3600:
		return ""
	case s >= 3600:
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%02d:%02d", s/60, s%60)
}

func (w cardWords) stock(left int) string {
	if left <= 0 {
		return w.soldOut
	}
	return fmt.Sprintf(w.left, left)
}

// money is an amount as the language writes it.
func (w cardWords) money(m wire.Money) string {
	digits, _ := m.Currency.Digits()
	p := message.NewPrinter(w.tag)
	amount := p.Sprint(number.Decimal(float64(m.Minor)/math.Pow10(digits), number.Scale(digits)))
	symbol := string(m.Currency)
	if unit, err := currency.ParseISO(symbol); err == nil {
		symbol = p.Sprint(currency.NarrowSymbol(unit))
	}
	if w.behind {
		return amount + "\u00a0" + symbol
	}
	if len(symbol) == 3 && symbol == string(m.Currency) {
		return symbol + "\u00a0" + amount
	}
	return symbol + amount
}
