package shop_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"vitrine/server/wire"
)

func TestStaffNeverWritesOverWhatWasSoldMeanwhile(t *testing.T) {
	everywhere(t, nil, func(t *testing.T, e *evening) {
		e.sells("ring", 10, 9900)
		seen := e.Products(true)[0]
		if _, err := e.wants("mei", "ring", 3); err != nil {
			t.Fatal(err)
		}
		edit := seen
		edit.Title, edit.Variants = "A ring of gold", []wire.Variant{seen.Variants[0]}
		edit.Variants[0].Stock = 20
		if _, err := e.PutProduct(t.Context(), "host", edit, seen.Version); wire.CodeOf(err) != wire.Precondition {
			t.Error("stock as it was before a sale is taken:", err)
		}
		edit.Variants[0].Stock = seen.Variants[0].Stock // the title alone changes
		p, err := e.PutProduct(t.Context(), "host", edit, seen.Version)
		if err != nil || p.Variants[0].Left != 7 {
			t.Fatalf("%+v, %v", p, err)
		}
		if _, err := e.PutProduct(t.Context(), "host", edit, seen.Version); wire.CodeOf(err) != wire.Precondition {
			t.Error("an old version is taken:", err)
		}
		p.Variants[0].Stock, p.Variants[0].Version = 0, 0 // nothing is said of the stock
		if p, err = e.PutProduct(t.Context(), "host", p, p.Version); err != nil || p.Variants[0].Left != 7 {
			t.Fatalf("%+v, %v", p, err)
		}
		p.Variants[0].Stock = 2
		if _, err := e.PutProduct(t.Context(), "host", p, p.Version); wire.CodeOf(err) != wire.Conflict {
			t.Error("less than is held:", err)
		}
		if _, err := e.AddStock(t.Context(), "host", "ring", -8, "broken"); wire.CodeOf(err) != wire.Conflict {
			t.Error("more is taken out than is free:", err)
		}
		if v, err := e.AddStock(t.Context(), "host", "ring", -7, "broken"); err != nil || v.Left != 0 || v.Stock != 3 {
			t.Errorf("%+v, %v", v, err)
		}
	})
}

func TestAProductThatCannotBeIsRefusedWithTheReason(t *testing.T) {
	everywhere(t, nil, func(t *testing.T, e *evening) {
		e.sells("ring", 10, 9900)
		for says, edit := range map[string]func(*wire.Product){
			"product's name":                  func(p *wire.Product) { p.ID = "a b" },
			"title":                           func(p *wire.Product) { p.Title = "" },
			"text":                            func(p *wire.Product) { p.Text = strings.Repeat("x", 5001) },
			"web address":                     func(p *wire.Product) { p.Link = "javascript:alert(1)" },
			"class of tax":                    func(p *wire.Product) { p.Tax = "none" },
			"variants":                        func(p *wire.Product) { p.Variants = nil },
			"there twice":                     func(p *wire.Product) { p.Variants = append(p.Variants, p.Variants[0]) },
			"prices are in EUR":               func(p *wire.Product) { p.Variants[0].Price.Currency = "USD" },
			"minor units":                     func(p *wire.Product) { p.Variants[0].Price.Minor = -1 },
			"stock of":                        func(p *wire.Product) { p.Variants[0].Stock = math.MaxInt },
			"weighs":                          func(p *wire.Product) { p.Variants[0].Weight = -1 },
			"buyer may have":                  func(p *wire.Product) { p.Cap = -1 },
			"an address of a private network": func(p *wire.Product) { p.Pictures = []wire.Picture{{Source: "http://10.0.0.1/a.jpg"}} },
			"32 hexadecimal digits":           func(p *wire.Product) { p.Pictures = []wire.Picture{{ID: "../../etc/passwd"}} },
			"words for a picture":             func(p *wire.Product) { p.Pictures = []wire.Picture{{Alt: strings.Repeat("x", 501)}} },
			"at most 20 pictures":             func(p *wire.Product) { p.Pictures = make([]wire.Picture, 21) },
			"is shown by picture":             func(p *wire.Product) { p.Variants[0].Picture = 1 },
			"vendor":                          func(p *wire.Product) { p.Vendor = strings.Repeat("x", 121) },
			"250 tags":                        func(p *wire.Product) { p.Tags = make([]string, 251) },
			"differ in at most":               func(p *wire.Product) { p.Options = []string{"a", "b", "c", "d"} },
			"a name of its own":               func(p *wire.Product) { p.Options = []string{"a", "a"} },
			"name all, or none":               func(p *wire.Product) { p.Options, p.Variants[0].Options = []string{"a", "b"}, []string{"x"} },
			"barcode":                         func(p *wire.Product) { p.Variants[0].Barcode = strings.Repeat("1", 121) },
			"name of a column":                func(p *wire.Product) { p.Extra = map[string]string{strings.Repeat("x", 101): ""} },
			"what a column holds":             func(p *wire.Product) { p.Variants[0].Extra = map[string]string{"x": strings.Repeat("x", 5001)} },
			"place":                           func(p *wire.Product) { p.Place = math.MaxInt64 },
			"at most 256 KB": func(p *wire.Product) {
				p.Extra = map[string]string{}
				for i := range wire.MaxExtra {
					p.Extra[strings.Repeat("x", i+1)] = strings.Repeat("x", wire.MaxKept)
				}
			},
			"another product has": func(p *wire.Product) { p.Variants[0].ID = "ring" },
		} {
			p := wire.Product{ID: "new", Title: "New", Variants: []wire.Variant{{ID: "new", Price: eur(100), Stock: 1}}}
			edit(&p)
			if _, err := e.PutProduct(t.Context(), "host", p, 0); err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("%q: %v", says, err)
			}
		}
		if n := len(e.Products(true)); n != 1 {
			t.Errorf("%d products", n)
		}
	})
}

func TestAWishThatCannotBeIsRefusedAndHoldsNothing(t *testing.T) {
	everywhere(t, nil, func(t *testing.T, e *evening) {
		e.sells("ring", 10, 9900)
		e.sells("hidden", 10, 9900, func(p *wire.Product) { p.Hidden = true })
		past := time.UnixMilli(e.clock.Load()).Add(time.Minute)
		e.offers(wire.Offer{ID: "mine", Kind: wire.Personal, Buyer: "mei", Parts: []wire.Part{{Variant: "ring", Quantity: 1}}, Price: eur(100)})
		e.offers(wire.Offer{ID: "later", Kind: wire.Flash, From: past, Until: past.Add(time.Hour), Parts: []wire.Part{{Variant: "ring", Quantity: 1}}, Price: eur(100)})
		e.offers(wire.Offer{ID: "there", Kind: wire.Exclusive, Show: "demo", Parts: []wire.Part{{Variant: "ring", Quantity: 1}}, Price: eur(100)})
		for name, c := range map[string]struct {
			edit func(*wire.Reserve)
			code wire.Code
		}{
			"no quantity":           {func(w *wire.Reserve) { w.Quantity = 0 }, wire.Invalid},
			"a negative one":        {func(w *wire.Reserve) { w.Quantity = -1 }, wire.Invalid},
			"too many":              {func(w *wire.Reserve) { w.Quantity = wire.MaxQuantity + 1 }, wire.Invalid},
			"a card number as key":  {func(w *wire.Reserve) { w.ID = "4242424242424242" }, wire.Invalid},
			"a guessable key":       {func(w *wire.Reserve) { w.ID = "1" }, wire.Invalid},
			"variant and offer":     {func(w *wire.Reserve) { w.Offer = "mine" }, wire.Invalid},
			"neither":               {func(w *wire.Reserve) { w.Variant = "" }, wire.Invalid},
			"an unknown product":    {func(w *wire.Reserve) { w.Variant = "none" }, wire.NotFound},
			"a hidden one":          {func(w *wire.Reserve) { w.Variant = "hidden" }, wire.NotFound},
			"an unknown offer":      {func(w *wire.Reserve) { w.Variant, w.Offer = "", "none" }, wire.NotFound},
			"somebody else's offer": {func(w *wire.Reserve) { w.Variant, w.Offer = "", "mine" }, wire.Forbidden},
			"an offer of tomorrow":  {func(w *wire.Reserve) { w.Variant, w.Offer = "", "later" }, wire.OfferClosed},
			"one of another show":   {func(w *wire.Reserve) { w.Variant, w.Offer = "", "there" }, wire.OfferClosed},
			"yesterday's price":     {func(w *wire.Reserve) { w.Price = eur(9899) }, wire.StalePrice},
			"another currency":      {func(w *wire.Reserve) { w.Price.Currency = "USD" }, wire.StalePrice},
			"no currency":           {func(w *wire.Reserve) { w.Price.Currency = "" }, wire.Invalid},
		} {
			w := wire.Reserve{ID: wire.ReservationID(e.key()), Variant: "ring", Quantity: 1, Price: eur(9900)}
			c.edit(&w)
			if r, err := e.Reserve(t.Context(), "ben", w); wire.CodeOf(err) != c.code {
				t.Errorf("%s: %+v, %v", name, r, err)
			}
		}
		if e.left("ring") != 10 {
			t.Errorf("%d left", e.left("ring"))
		}
	})
}

func TestWhoGivesBackMakesRoomAtOnce(t *testing.T) {
	everywhere(t, nil, func(t *testing.T, e *evening) {
		e.sells("ring", 1, 9900)
		r, err := e.wants("mei", "ring", 1)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Release(t.Context(), "ben", r.ID); wire.CodeOf(err) != wire.NotFound {
			t.Error("somebody else gives it back:", err)
		}
		for range 2 {
			if r, err := e.Release(t.Context(), "mei", r.ID); err != nil || r.State != wire.Released {
				t.Fatalf("%+v, %v", r, err)
			}
		}
		if r, _ := e.wants("ben", "ring", 1); r.State != wire.Held {
			t.Errorf("the next buyer: %+v", r)
		}
	})
}
