package studio

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-text/typesetting/font"

	fynetheme "fyne.io/fyne/v2/theme"

	"vitrine/capture/frame"
	"vitrine/effects"
	"vitrine/server/wire"
	"vitrine/studio/scene"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func eur(minor int64) wire.Money { return wire.Money{Minor: minor, Currency: "EUR"} }

// lamps is a shop with a lamp in two sizes and what is offered of it.
func lamps(showing wire.Showing, offers ...wire.Offer) *Shop {
	return &Shop{
		Showing: showing, Offers: offers,
		Products: []Product{
			{Product: wire.Product{ID: "hidden", Title: "Secret", Hidden: true, Variants: []wire.Variant{{ID: "h", Price: eur(1)}}}},
			{Product: wire.Product{
				ID: "lamp", Title: "Lamp", Pictures: []wire.Picture{{ID: "first"}, {ID: "second"}},
				Variants: []wire.Variant{{ID: "large", Price: eur(5990), Left: 4, Picture: 2}, {ID: "small", Price: eur(3990), Left: 3}},
			}},
			{Product: wire.Product{ID: "cup", Title: "Cup", Variants: []wire.Variant{{ID: "cup", Price: eur(900), Left: 0}}}},
		},
	}
}

func offer(kind wire.OfferKind, edit func(*wire.Offer)) wire.Offer {
	o := wire.Offer{ID: "offer", Kind: kind, Title: "An offer", Parts: []wire.Part{{Variant: "large", Quantity: 1}}, Price: eur(4990), Public: true, Left: 2}
	if edit != nil {
		edit(&o)
	}
	return o
}

func TestTheCardSaysWhatViewersCanHaveNow(t *testing.T) {
	product, offered := wire.Showing{Product: "lamp"}, wire.Showing{Offer: "offer"}
	flash := offer(wire.Flash, func(o *wire.Offer) { o.Until = noon.Add(4*time.Minute + 31*time.Second + time.Millisecond) })
	for name, c := range map[string]struct {
		shop *Shop
		want scene.Card
		pic  wire.PictureID
	}{
		"nothing shown":     {shop: lamps(wire.Showing{})},
		"not there":         {shop: lamps(wire.Showing{Product: "chair"})},
		"hidden":            {shop: lamps(wire.Showing{Product: "hidden"})},
		"no shop":           {},
		"a product":         {lamps(product), scene.Card{Title: "Lamp", Price: "from €39.90", Note: "7 left"}, "first"},
		"sold out":          {lamps(wire.Showing{Product: "cup"}), scene.Card{Title: "Cup", Price: "€9.00", Note: "Sold out"}, ""},
		"an offer":          {lamps(offered, flash), scene.Card{Title: "Lamp", Price: "€49.90", Was: "€59.90", Note: "2 left", Timer: "04:32"}, "second"},
		"its offer":         {lamps(product, flash), scene.Card{Title: "Lamp", Price: "€49.90", Was: "€59.90", Note: "2 left", Timer: "04:32"}, "second"},
		"no cheaper":        {lamps(offered, offer(wire.Limited, func(o *wire.Offer) { o.Price = eur(5990) })), scene.Card{Title: "Lamp", Price: "€59.90", Note: "2 left"}, "second"},
		"over":              {lamps(offered, offer(wire.Flash, func(o *wire.Offer) { o.Until = noon })), scene.Card{Title: "Lamp", Price: "from €39.90", Note: "7 left"}, "first"},
		"not yet":           {lamps(product, offer(wire.Flash, func(o *wire.Offer) { o.From = noon.Add(1) })), scene.Card{Title: "Lamp", Price: "from €39.90", Note: "7 left"}, "first"},
		"ended by hand":     {lamps(product, offer(wire.Limited, func(o *wire.Offer) { o.Ended = true })), scene.Card{Title: "Lamp", Price: "from €39.90", Note: "7 left"}, "first"},
		"a secret one":      {lamps(product, offer(wire.Limited, func(o *wire.Offer) { o.Public = false })), scene.Card{Title: "Lamp", Price: "from €39.90", Note: "7 left"}, "first"},
		"somebody's own":    {lamps(product, offer(wire.Personal, func(o *wire.Offer) { o.Buyer = "mei" })), scene.Card{Title: "Lamp", Price: "from €39.90", Note: "7 left"}, "first"},
		"of another show":   {lamps(product, offer(wire.Exclusive, func(o *wire.Offer) { o.Show = "morning" })), scene.Card{Title: "Lamp", Price: "from €39.90", Note: "7 left"}, "first"},
		"of this show":      {lamps(product, offer(wire.Exclusive, func(o *wire.Offer) { o.Show = "evening" })), scene.Card{Title: "Lamp", Price: "€49.90", Was: "€59.90", Note: "2 left"}, "second"},
		"an offer sold out": {lamps(offered, offer(wire.Limited, func(o *wire.Offer) { o.Left = 0 })), scene.Card{Title: "Lamp", Price: "€49.90", Was: "€59.90", Note: "Sold out"}, "second"},
		"the second tier": {lamps(offered, offer(wire.Tiered, func(o *wire.Offer) {
			o.Taken, o.Tiers = 25, []wire.Tier{{Units: 20, Price: eur(2990)}, {Units: 50, Price: eur(3990)}}
		})), scene.Card{Title: "Lamp", Price: "€39.90", Was: "€59.90", Note: "2 left"}, "second"},
		"a bundle": {
			lamps(offered, offer(wire.Bundle, func(o *wire.Offer) { o.Parts = append(o.Parts, wire.Part{Variant: "cup", Quantity: 2}) })),
			scene.Card{Title: "An offer", Price: "€49.90", Note: "2 left"},
			"first",
		},
		"a bundle that is over": {shop: lamps(offered, offer(wire.Bundle, func(o *wire.Offer) { o.Ended = true }))},
	} {
		t.Run(name, func(t *testing.T) {
			card, pic := cardOf(c.shop, Card{On: true, Stock: true, Timer: true, Language: "en"}, "evening", noon)
			if card != c.want || pic != c.pic {
				t.Errorf("it says %+v with %q, want %+v with %q", card, pic, c.want, c.pic)
			}
		})
	}
	if card, _ := cardOf(lamps(product), Card{Language: "en"}, "evening", noon); card != (scene.Card{}) {
		t.Error("it is off, and says", card)
	}
	if card, _ := cardOf(lamps(offered, flash), Card{On: true, Language: "en"}, "evening", noon); card.Note != "" || card.Timer != "" {
		t.Error("stock and timer are off, and it says", card)
	}
}

func TestTheCardSpeaksTheViewersLanguage(t *testing.T) {
	for language, want := range map[string][2]string{"en": {"from €39.90", "7 left"}, "zh": {"€39.90 起", "仅剩 7 件"}, "es": {"desde 39,90\u00a0€", "Quedan 7"}} {
		card, _ := cardOf(lamps(wire.Showing{Product: "lamp"}), Card{On: true, Stock: true, Language: language}, "", noon)
		if got := [2]string{card.Price, card.Note}; got != want {
			t.Errorf("%s: %q, want %q", language, got, want)
		}
	}
	w := cardLanguages["en"]
	for want, m := range map[string]wire.Money{
		"¥1,999": {Minor: 1999, Currency: "JPY"}, "$0.05": {Minor: 5, Currency: "USD"}, "¥298.00": {Minor: 29800, Currency: "CNY"},
		"KWD\u00a01.234": {Minor: 1234, Currency: "KWD"}, "€10,000,000,000.00": eur(wire.MaxMinor),
	} {
		if got := w.money(m); got != want {
			t.Errorf("%+v is %q, want %q", m, got, want)
		}
	}
}

func TestTheTimerCountsAsClocksDo(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "", -1: "", 1: "00:01", time.Second: "00:01", 61 * time.Second: "01:01", time.Hour: "1:00:00", 24*time.Hour - time.Second: "23:59:59", 24 * time.Hour: "",
	} {
		if got := countdown(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}

func TestACardThatCannotBeIsRefused(t *testing.T) {
	good := Defaults().Card
	for _, c := range []Card{{}, {Corner: "middle", Language: "en"}, {Corner: TopLeft, Language: "de"}} {
		if c.Validate() == nil {
			t.Errorf("%+v", c)
		}
	}
	if err := good.Validate(); err != nil || good.On {
		t.Error(good, err)
	}
}

// latin is a Fonts of one face.
type latin struct{ face *font.Face }

func (l latin) ResolveFace(rune) *font.Face { return l.face }

// TestTheCardComesAndGoesWithinItsTimeForHostAndViewersAlike has the picture loop draw it over a grey source.
func TestTheCardComesAndGoesWithinItsTimeForHostAndViewersAlike(t *testing.T) {
	face, err := font.ParseTTF(bytes.NewReader(fynetheme.DefaultTextBoldFont().Content()))
	if err != nil {
		t.Fatal(err)
	}
	card := scene.NewPainter(latin{face}).Paint(scene.Card{Title: "Lamp", Price: "1"}, 640, 360)
	synctest.Test(t, func(t *testing.T) {
		f := frame.Format{Width: 640, Height: 360, FPS: 25}
		p := newPictures(newClock(time.Now()), nil, effects.New().Picture, f, nil)
		const inCard, outside = 300*640 + 60, 20*640 + 600
		var source frame.Pool
		shown := func() (y byte) {
			t.Helper()
			v := source.Get(640, 360)
			v.Fill(200, 128, 128)
			v.PTS = p.stamp + 40*time.Millisecond
			p.emit(v, v, ShowingSource, time.Now())
			host, viewers := p.preview.Take(), p.encoder.Take()
			if host.Y[inCard] != viewers.Y[inCard] || host.Y[outside] != 200 || v.Y[inCard] != 200 {
				t.Errorf("the host sees %d and %d, the viewers %d; the source has %d", host.Y[inCard], host.Y[outside], viewers.Y[inCard], v.Y[inCard])
			}
			y = viewers.Y[inCard]
			for _, one := range []*frame.Video{host, viewers, v} {
				one.Release()
			}
			time.Sleep(40 * time.Millisecond)
			return y
		}
		if y := shown(); y != 200 {
			t.Errorf("without a card there is %d", y)
		}
		p.setCard(card, BottomLeft)
		last := byte(200)
		for i := range 6 { // 240 ms
			y := shown()
			if y >= last && last > 60 {
				t.Errorf("picture %d of its coming has %d after %d", i, y, last)
			}
			last = y
		}
		if last > 60 {
			t.Errorf("the card is there, and has %d", last)
		}
		p.setCard(nil, "")
		for i := range 6 {
			y := shown()
			if y <= last && last < 200 {
				t.Errorf("picture %d of its going has %d after %d", i, y, last)
			}
			last = y
		}
		if last != 200 {
			t.Errorf("the card has gone, and there is %d", last)
		}
		if n := p.pool.Live() + source.Live(); n != 0 {
			t.Errorf("%d pictures were never released", n)
		}
	})
}
