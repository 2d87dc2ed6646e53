package catalog

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"vitrine/server/wire"
)

// texts are what people and their spreadsheets write, with what is dangerous in CSV, HTML, XML and spreadsheets.
var texts = rapid.OneOf(
	rapid.StringMatching(`[A-Za-z0-9äß茶杯🎁<>&"'=+@;:., \-|]{1,20}`),
	rapid.SampledFrom([]string{"=1+2", "'=1", "''-x", "+4", "-", "@SUM(A1)", "<b>bold</b>", "a & b", "&amp;", "1,5", `say "hi"`, "\"", "a;b", "]]>", "'"}),
)

// text is one without blanks at its ends, which XML does not carry.
func text(t *rapid.T, label string) string {
	return rapid.Custom(func(t *rapid.T) string { return texts.Draw(t, label) }).
		Filter(func(s string) bool { return strings.TrimSpace(s) == s && s != "" }).Draw(t, label)
}

func maybe(t *rapid.T, label string) string {
	if rapid.Bool().Draw(t, label+"?") {
		return ""
	}
	return text(t, label)
}

func option(t *rapid.T, label string) string {
	return rapid.Custom(func(t *rapid.T) string { return strings.ReplaceAll(text(t, label), "|", "/") }).
		Filter(func(s string) bool { return s != "Title" && s != "Default Title" }).Draw(t, label)
}

// drawProducts makes products as the shop may have them, of what all formats carry.
func drawProducts(t *rapid.T, currency wire.Currency) (all []wire.Product) {
	for i := range rapid.IntRange(1, 4).Draw(t, "products") {
		p := wire.Product{ID: wire.ProductID(fmt.Sprintf("%s-%d", rapid.SampledFrom([]string{"cup", "A.b_c", "9"}).Draw(t, "id"), i)), Title: text(t, "title")}
		p.Vendor, p.Kind = maybe(t, "vendor"), maybe(t, "kind")
		p.Text = maybe(t, "text")
		if rapid.Bool().Draw(t, "lines") {
			p.Text = text(t, "first") + "\n\n  " + text(t, "last")
		}
		for j := range rapid.IntRange(0, 3).Draw(t, "pictures") {
			p.Pictures = append(p.Pictures, wire.Picture{Source: fmt.Sprintf("https://pics.example/%d/%d.jpg", i, j)})
		}
		for len(p.Options) < rapid.IntRange(0, 3).Draw(t, "options") {
			name := rapid.OneOf(rapid.Just("Size"), rapid.Just("Color"), rapid.Custom(func(t *rapid.T) string { return option(t, "name") })).Draw(t, "option")
			if !slices.Contains(p.Options, name) {
				p.Options = append(p.Options, name)
			}
		}
		drawVariants(t, &p, currency)
		all = append(all, p)
	}
	return all
}

func drawVariants(t *rapid.T, p *wire.Product, currency wire.Currency) {
	n := 1
	if len(p.Options) > 0 {
		n = rapid.IntRange(1, 4).Draw(t, "variants")
	}
	seen := map[string]bool{}
	for i := range n {
		v := wire.Variant{
			ID: wire.VariantID(fmt.Sprintf("%s-v%d", p.ID, i)), Price: wire.Money{Minor: rapid.Int64Range(0, wire.MaxMinor).Draw(t, "price"), Currency: currency},
			Stock: rapid.IntRange(0, wire.MaxUnits).Draw(t, "stock"), Weight: rapid.IntRange(0, 1_000_000).Draw(t, "weight"),
			Barcode: rapid.SampledFrom([]string{"", "4006381333931"}).Draw(t, "barcode"),
			SKU:     string(p.ID) + fmt.Sprintf("-v%d", i),
		}
		for range p.Options {
			v.Options = append(v.Options, option(t, "value"))
		}
		v.Title = strings.Join(v.Options, " / ")
		if len(p.Pictures) > 1 && i > 0 && rapid.Bool().Draw(t, "own picture") {
			v.Picture = rapid.IntRange(2, len(p.Pictures)).Draw(t, "picture")
		}
		if seen[v.Title] {
			continue
		}
		seen[v.Title] = true
		p.Variants = append(p.Variants, v)
	}
}

// there is what a format carries of a product.
func there(f Format, p wire.Product) wire.Product {
	p.Extra, p.Variants = nil, slices.Clone(p.Variants)
	for i := range p.Variants {
		p.Variants[i].Extra = nil
		if f == Merchant || f == MerchantTV {
			p.Variants[i].Stock = min(p.Variants[i].Stock, 1)
		}
	}
	return p
}

func TestProductsThatAreWrittenAndReadAreEqual(t *testing.T) {
	for _, f := range Formats {
		t.Run(string(f), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				s := shop
				s.Currency = rapid.SampledFrom([]wire.Currency{"EUR", "JPY", "KWD"}).Draw(t, "currency")
				all := drawProducts(t, s.Currency)
				if f == Shopify || f == ShopifyOld {
					for i := range all {
						all[i].Hidden = rapid.Bool().Draw(t, "hidden")
						all[i].Tags = rapid.SampledFrom([][]string{nil, {"one"}, {"=two", "three four"}}).Draw(t, "tags")
						all[i].Tax = rapid.SampledFrom([]wire.TaxClass{wire.StandardTax, wire.ZeroTax}).Draw(t, "tax")
						for j := range all[i].Pictures {
							all[i].Pictures[j].Alt = maybe(t, "alt")
						}
					}
				} else {
					for i := range all {
						all[i].Link = rapid.SampledFrom([]string{"", "https://elsewhere.example/a?b=c&d=é"}).Draw(t, "link")
					}
				}
				var file bytes.Buffer
				if err := Write(&file, f, all, s); err != nil {
					t.Fatal(err)
				}
				im, err := Read(t.Context(), bytes.NewReader(file.Bytes()), 0, Options{Shop: s, Units: 1}, nil)
				if err != nil {
					t.Fatalf("%v\n%s", err, file.String())
				}
				if im.Format != f || im.Wrong != 0 || len(im.Changes) != len(all) {
					t.Fatalf("%s, %d wrong rows: %+v\n%s", im.Format, im.Wrong, im.Errors, file.String())
				}
				for i, c := range im.Changes {
					want, got := there(f, all[i]), there(f, c.After)
					if d := differences(&want, &got); len(d) > 0 || want.ID != got.ID {
						t.Fatalf("%v:\n%+v\n%+v\n%s", d, want, got, file.String())
					}
				}
				again := read2(t, f, products(im), s)
				if again != file.String() {
					t.Fatalf("the second file is another:\n%s\n%s", file.String(), again)
				}
			})
		})
	}
}

func read2(t *rapid.T, f Format, all []wire.Product, s Shop) string {
	var b bytes.Buffer
	if err := Write(&b, f, all, s); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
