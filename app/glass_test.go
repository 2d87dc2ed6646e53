package app

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math"

	"vitrine/server/wire"
	"vitrine/studio"
)

// glass is a drawing of a glass on a table: a tint, and how its wall runs from foot to rim.
func glass(tint color.NRGBA, wall func(y float64) float64, w, h int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		v := float64(y) / float64(h)
		for x := range w {
			u := (float64(x)/float64(w) - 0.5) * float64(w) / float64(h)
			back := 0.90 - 0.25*v
			if v > 0.82 {
				back = 0.52 - 0.5*(v-0.82)
			}
			c := [3]float64{back * 1.0, back * 0.96, back * 0.9}
			if v > 0.14 && v < 0.88 {
				if half := wall((v - 0.14) / 0.74); math.Abs(u) < half {
					edge := math.Abs(u) / half
					k := 0.35 + 0.5*math.Pow(edge, 4)
					for i, t := range [3]uint8{tint.R, tint.G, tint.B} {
						c[i] = c[i]*(1-k) + float64(t)/255*k
					}
					if s := (u + half*0.55) / (half * 0.12); s > -1 && s < 1 {
						for i := range c {
							c[i] += 0.35 * (1 - s*s)
						}
					}
				}
			}
			m.SetRGBA(x, y, color.RGBA{to8(c[0]), to8(c[1]), to8(c[2]), 255})
		}
	}
	return m
}

func to8(v float64) uint8 { return uint8(255*min(max(v, 0), 1) + 0.5) }

var glassShapes = []func(float64) float64{
	func(float64) float64 { return 0.24 },                                            // tumbler
	func(y float64) float64 { return 0.12 + 0.2*math.Abs(math.Sin(1.7*y+0.4)) },      // vase
	func(y float64) float64 { return 0.34 * math.Sqrt(max(0.02, 1-math.Pow(y, 3))) }, // bowl
	func(y float64) float64 { // wine glass
		switch {
		case y < 0.5:
			return 0.2 + 0.06*math.Sin(math.Pi*y*2)
		case y < 0.93:
			return 0.025
		}
		return 0.19
	},
	func(y float64) float64 { return 0.08 + 0.25*math.Pow(y, 1.6) }, // carafe
}

var glassTints = []color.NRGBA{{190, 215, 220, 255}, {205, 140, 60, 255}, {90, 110, 100, 255}, {60, 110, 170, 255}, {180, 70, 80, 255}}

func glassFile(i int) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, glass(glassTints[(i*2+i/5)%5], glassShapes[i%5], 160, 160), nil); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func eur(minor int64) wire.Money { return wire.Money{Minor: minor, Currency: "EUR"} }

func pictureID(i int) wire.PictureID { return wire.PictureID(fmt.Sprintf("%032x", i+1)) }

func simple(id, title string, minor int64, stock, held int) studio.Product {
	return studio.Product{Product: wire.Product{
		ID: wire.ProductID(id), Title: title, Version: 3, Kind: "Glassware", Vendor: "Lauscha Glas", Tags: []string{"glass", "handmade"},
		Variants: []wire.Variant{{ID: wire.VariantID(id + "-1"), SKU: "GL-" + id, Price: eur(minor), Stock: stock, Left: stock - held, Weight: 340, Version: 7}},
	}}
}

// glassShop is a shop of glassware in all states that a product can be in.
func glassShop(s *studio.Snapshot) {
	withServer(s)
	all := []studio.Product{
		simple("tumbler", "Hand-blown tumbler, set of two", 4900, 48, 2), simple("vase", "Smoke vase “Nebel” 琉璃花瓶", 12950, 3, 1),
		simple("bowl", "Fruit bowl, amber ✨", 8900, 0, 0), simple("wine", "Wine glass “Saale”", 3200, 26, 4),
		simple("carafe", "Carafe with cork stopper", 6450, 12, 0), simple("lamp", "Table lamp, sea glass", 129950, 5, 0),
		simple("plate", "Plate, mouth-blown, 24 cm", 2800, 60, 0), simple("candle", "Candle holder", 1950, 9, 8),
		simple("jug", "Water jug 1.5 l", 5400, 17, 0), simple("star", "Christmas star, six points", 1290, 240, 12),
	}
	for i := range all {
		all[i].Pictures = []wire.Picture{{ID: pictureID(i)}}
		all[i].Text = "Blown by hand in Lauscha, Thuringia. Each piece is its own: bubbles and lines are no fault.\nFit for the dishwasher at 50 °C."
	}
	all[2].Variants[0].Waiting = 7
	wine := &all[3]
	wine.Options = []string{"Size", "Colour"}
	wine.Variants = nil
	for _, size := range []string{"200 ml", "350 ml", "500 ml"} {
		for n, colour := range []string{"Clear", "Smoke", "Amber"} {
			wine.Variants = append(wine.Variants, wire.Variant{
				ID: wire.VariantID(fmt.Sprintf("wine-%s-%d", size[:3], n)), Options: []string{size, colour}, SKU: "GL-W" + size[:3] + "-" + colour[:2],
				Price: eur(3200 + int64(len(wine.Variants))*250), Stock: 3 + 2*n, Left: 2 + 2*n, Weight: 180 + 20*n, Version: 2,
			})
		}
	}
	wine.Pictures = []wire.Picture{{ID: pictureID(3)}, {ID: pictureID(8), Alt: "The glass in smoke"}, {ID: pictureID(13)}}
	all[1].Edit = studio.EditConflict
	theirs := all[1].Product
	theirs.Title, theirs.Variants = "Smoke vase “Nebel”, 32 cm", []wire.Variant{theirs.Variants[0]}
	theirs.Variants[0].Price, theirs.Tags, theirs.Cap, theirs.Version = eur(13900), []string{"glass", "gift"}, 2, 4
	all[1].Theirs = &theirs
	all[4].Edit = studio.EditWaiting
	all[6].Hidden = true
	all[7].Edit, all[7].Refusal = studio.EditRefused, wire.Errorf(wire.Conflict, "8 units are held at the moment: its stock cannot be 4")
	s.Shop = &studio.Shop{
		Phase: studio.RoomHere, Terms: wire.ShopTerms{Currency: "EUR", TaxIncluded: true}, Products: all,
		Showing: wire.Showing{Product: "carafe"}, Pending: 1,
	}
}
