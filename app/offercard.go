package app

import (
	"context"
	"fmt"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	fynetheme "fyne.io/fyne/v2/theme"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/server/wire"
	"vitrine/studio"
)

// offerCard is an offer as viewers see it: on their page's dark ground, whatever the window's theme.
type offerCard struct {
	w       *Window
	object  fyne.CanvasObject
	picture *canvas.Image
	asked   wire.PictureID
	body    *fyne.Container
	mark    *widget.Text
	title   *widget.Text
	price   *widget.Text
	struck  *widget.Text
	beside  *widget.Text // what the price is compared with where nothing may be struck out
	ladder  *fyne.Container
	left    *widget.Text
	timer   *widget.Text
}

const cardPicture = 72

func newOfferCard(w *Window) *offerCard {
	small := widget.Style{Color: theme.OnCurtainQuiet, Size: theme.Small, Shrink: true}
	c := &offerCard{w: w, picture: canvas.NewImageFromResource(nil), ladder: widget.Stack(3)}
	c.picture.FillMode = canvas.ImageFillCover
	c.picture.Hide()
	c.mark = widget.NewText("", widget.Style{Color: theme.Loud, Size: theme.Small, Bold: true, Shrink: true})
	c.title = widget.NewText("", widget.Style{Color: theme.OnCurtain, Bold: true, Shrink: true})
	c.price = widget.NewText("", widget.Style{Color: theme.OnCurtain, Size: theme.Title, Bold: true})
	c.struck = widget.NewText("", widget.Style{Color: theme.OnCurtainQuiet, Struck: true})
	c.beside = widget.NewText("", small)
	c.left, c.timer = widget.NewText("", small), widget.NewText("", widget.Style{Color: theme.OnCurtain, Size: theme.Small, Bold: true})
	frame := widget.NewBox(widget.Sized(fyne.NewSquareSize(cardPicture), c.picture), fynetheme.ColorNameShadow, "", fyne.Size{})
	words := widget.Stack(2, c.mark, c.title, widget.Line(8, c.price, c.struck), c.beside)
	top := container.NewBorder(nil, nil, container.NewVBox(frame), nil, widget.Inset(6, 0, words))
	buy := widget.NewBox(container.NewCenter(widget.NewText(w.words.ViewerBuys, widget.Style{Color: fynetheme.ColorNameForegroundOnPrimary, Bold: true})),
		fynetheme.ColorNamePrimary, "", fyne.NewSize(12, 7))
	c.body = widget.Stack(10, top, c.ladder, widget.Row(c.left, c.timer), buy)
	c.object = widget.NewBox(c.body, theme.Stage, theme.Edge, fyne.NewSize(14, 14))
	return c
}

// set shows an offer that would last so long, 0 for no end.
func (c *offerCard) set(s *studio.Shop, o wire.Offer, lasts time.Duration) {
	t := c.w.words
	price := current(o)
	c.mark.Set(t.offerMark(o))
	c.title.Set(o.Title)
	c.price.Set(t.money(price))
	low, known := lowest(s, o, c.w.serverNow())
	show(c.struck, known && low.Minor > price.Minor)
	c.struck.Set(t.money(low))
	apart, counted := usual(s, o.Parts)
	show(c.beside, o.Kind == wire.Bundle && counted && apart.Minor > price.Minor)
	c.beside.Set(fmt.Sprintf(t.BundleApart, t.money(apart)))
	c.rungs(o)
	c.left.Set(fmt.Sprintf(t.UnitsLeft, leftOf(s, o)))
	end := ""
	if lasts > 0 {
		end = fmt.Sprintf(t.TimeLeft, c.w.leftUntil(c.w.serverNow().Add(lasts)))
	}
	c.timer.Set(end)
	c.show(s, o.Parts)
	c.body.Refresh()
}

// leftOf is how many units of an offer could be taken if it began now: as many as it has, or as there are in stock.
func leftOf(s *studio.Shop, o wire.Offer) int {
	left := wire.MaxUnits
	if o.Units > 0 {
		left = o.Units
	}
	for _, part := range o.Parts {
		if p, ok := pieceOf(s, part.Variant); ok && part.Quantity > 0 {
			left = min(left, max(0, p.variant.Left/part.Quantity))
		}
	}
	return left
}

// rungs shows the ladder of tiers.
func (c *offerCard) rungs(o wire.Offer) {
	t := c.w.words
	c.ladder.Objects = nil
	if len(o.Tiers) > 0 {
		steps := append(append([]wire.Tier{}, o.Tiers...), wire.Tier{Price: o.Price})
		for i, step := range steps {
			name := t.TierRest
			switch {
			case i == 0:
				name = fmt.Sprintf(t.TierFirst, step.Units)
			case i < len(o.Tiers):
				name = fmt.Sprintf(t.TierNext, step.Units)
			}
			ink := theme.OnCurtainQuiet
			if i == 0 {
				ink = theme.OnCurtain
			}
			style := widget.Style{Color: ink, Bold: i == 0, Shrink: true}
			price := widget.Style{Color: ink, Bold: i == 0}
			c.ladder.Add(widget.Row(widget.NewText(name, style), widget.NewText(t.money(step.Price), price)))
		}
	}
	show(c.ladder, len(c.ladder.Objects) > 0)
}

// show shows the picture of the first part that has one, once it is there.
func (c *offerCard) show(s *studio.Shop, parts []wire.Part) {
	id := wire.PictureID("")
	for _, part := range parts {
		if p, ok := pieceOf(s, part.Variant); ok && id == "" {
			id = p.picture()
		}
	}
	if id == "" || id == c.asked {
		return
	}
	c.asked = id
	var file []byte
	c.w.ask(gesture{
		do: func(ctx context.Context) (err error) {
			file, err = c.w.desk.ProductPicture(ctx, id)
			return err
		},
		done: func(err error) {
			if err == nil && len(file) > 0 && c.asked == id { // without it the card says enough
				c.picture.Resource = fyne.NewStaticResource(string(id), file)
				c.picture.Refresh()
				c.picture.Show()
			}
		},
		slow: true, look: true,
	})
}

// picture is what shows a piece, "" for none.
func (p piece) picture() wire.PictureID {
	if n := p.variant.Picture; n > 0 && n <= len(p.product.Pictures) {
		return p.product.Pictures[n-1].ID
	}
	if len(p.product.Pictures) > 0 {
		return p.product.Pictures[0].ID
	}
	return ""
}

// offerMark is what the card says an offer is.
func (t *words) offerMark(o wire.Offer) string {
	if o.Kind == wire.Limited {
		return fmt.Sprintf(t.MarkLimited, o.Units)
	}
	return map[wire.OfferKind]string{
		wire.Flash: t.MarkFlash, wire.Tiered: t.MarkTiers, wire.Bundle: t.MarkBundle, wire.Exclusive: t.MarkExclusive, wire.Personal: t.MarkPersonal,
	}[o.Kind]
}
