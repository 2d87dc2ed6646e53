package catalog

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"os"
	"slices"
	"strings"
	"testing"

	"vitrine/server/wire"
)

var shop = Shop{Currency: "EUR", Name: "Ribeira", Home: "https://shop.example/s/1", Server: "https://shop.example"}

func read(t *testing.T, file string, o Options) *Import {
	t.Helper()
	if o.Currency == "" {
		o.Shop = shop
	}
	im, err := Read(t.Context(), strings.NewReader(file), int64(len(file)), o, nil)
	if err != nil {
		t.Fatal(err)
	}
	return im
}

func sample(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func write(t *testing.T, f Format, products []wire.Product) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, f, products, shop); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func products(im *Import) []wire.Product {
	return each(im.Changes, func(c Change) wire.Product { return c.After })
}

// cells are a file's rows by the names of the columns, without empty ones.
func cells(t *testing.T, file string, comma rune) (rows []map[string]string) {
	t.Helper()
	r := csv.NewReader(strings.NewReader(file))
	r.Comma = comma
	all, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range all[1:] {
		m := map[string]string{}
		for i, c := range line {
			if c != "" {
				m[all[0][i]] = c
			}
		}
		rows = append(rows, m)
	}
	return rows
}

func TestAShopifyFileThatIsReadAndWrittenHasTheSameCells(t *testing.T) {
	for name, f := range map[string]Format{"shopify.csv": Shopify, "shopify-older.csv": ShopifyOld} {
		file := sample(t, name)
		im := read(t, file, Options{Units: 5})
		if im.Format != f || im.Wrong != 0 || im.Encoding != "UTF-8" {
			t.Fatalf("%s: %s, %s, %d wrong rows: %+v", name, im.Format, im.Encoding, im.Wrong, im.Errors)
		}
		want, got := cells(t, file, ','), cells(t, write(t, f, products(im)), ',')
		if len(want) != len(got) {
			t.Fatalf("%s: %d rows, of %d", name, len(got), len(want))
		}
		for i := range want {
			compareCells(t, name, i+2, want[i], got[i])
		}
	}
}

func compareCells(t *testing.T, name string, row int, want, got map[string]string) {
	t.Helper()
	for k, v := range want {
		if got[k] != v {
			t.Errorf("%s, row %d, %s: %q, want %q", name, row, k, got[k], v)
		}
	}
	for k, v := range got {
		if want[k] == "" {
			t.Errorf("%s, row %d, %s: %q, want none", name, row, k, v)
		}
	}
}

func TestAMerchantFeedThatIsReadAndWrittenHasTheSameAttributes(t *testing.T) {
	items := func(file string) (all []map[string]string) {
		in := bufio.NewReader(strings.NewReader(file))
		table, err := readXML(in, Options{Shop: shop})
		if !looksLikeXML([]byte(file)) {
			in.Reset(strings.NewReader(file))
			table, err = readCSV(in, []byte(file), Options{Shop: shop})
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range table.groups {
			for _, r := range g.rows {
				all = append(all, table.row(r))
			}
		}
		return all
	}
	for name, f := range map[string]Format{"merchant.xml": Merchant, "merchant.tsv": MerchantTV} {
		file := sample(t, name)
		im := read(t, file, Options{Units: 5})
		if im.Format != f || im.Wrong != 0 {
			t.Fatalf("%s: %s, %d wrong rows: %+v", name, im.Format, im.Wrong, im.Errors)
		}
		want, got := items(file), items(write(t, f, products(im)))
		if len(want) != len(got) {
			t.Fatalf("%s: %d items, of %d", name, len(got), len(want))
		}
		for i := range want {
			compareCells(t, name, i+2, want[i], got[i])
		}
	}
}

func TestAFeedBecomesProductsWithVariants(t *testing.T) {
	im := read(t, sample(t, "merchant.xml"), Options{Units: 5})
	shirt := im.Changes[0].After
	if shirt.ID != "linen-shirt" || len(shirt.Variants) != 2 || !slices.Equal(shirt.Options, []string{"Color", "Size"}) || len(shirt.Pictures) != 4 ||
		shirt.Link != "https://ribeira.example/linen-shirt" || shirt.Kind != "Shirts" {
		t.Errorf("%+v", shirt)
	}
	v := shirt.Variants[1]
	if v.ID != "LS-M-INK" || v.Stock != 0 || v.Price.Minor != 8400 || v.Picture != 4 || shirt.Variants[0].Weight != 240 || shirt.Variants[0].Stock != 5 {
		t.Errorf("%+v", shirt.Variants)
	}
	if poster := im.Changes[1].After; poster.ID != "poster-1" || len(poster.Options) != 0 || poster.Variants[0].Price.Minor != 1200 {
		t.Errorf("%+v", poster)
	}
}

func TestAnAtomFeedIsRead(t *testing.T) {
	im := read(t, `<feed xmlns="http://www.w3.org/2005/Atom" xmlns:g="http://base.google.com/ns/1.0"><title>Shop</title>
<entry><g:id>cup</g:id><title>Cup</title><summary>Blue</summary><link href="https://cups.example/cup"/><g:price>4.50 EUR</g:price></entry></feed>`, Options{})
	if p := im.Changes[0].After; p.Title != "Cup" || p.Link != "https://cups.example/cup" || p.Variants[0].Price.Minor != 450 {
		t.Errorf("%+v %+v", p, im.Errors)
	}
}

func TestAFileWithFewColumnsLeavesTheRestAsItIs(t *testing.T) {
	now := products(read(t, sample(t, "shopify.csv"), Options{Units: 5}))
	im := read(t, "Title,URL handle,Option1 name,Option1 value,Option2 name,Option2 value,Price\nHarbour lamp,harbour-lamp,Finish,Brass,Size,S,99.00\n"+
		",harbour-lamp,,Brass,,L,169.5\n,harbour-lamp,,Chrome,,S,\n", Options{Now: now})
	c := im.Changes[0]
	if !slices.Equal(c.Fields, []string{"variants.price"}) || c.After.Variants[2].Price != now[0].Variants[2].Price || im.Wrong != 0 {
		t.Errorf("%v %+v", c.Fields, im.Errors)
	}
}

func TestAWrongRowTakesNoVariantAway(t *testing.T) {
	file := sample(t, "shopify.csv")
	now := products(read(t, file, Options{}))
	im := read(t, strings.Replace(file, "169.5,", "-169.5,", 1), Options{Now: now})
	if im.Wrong != 1 || len(im.Changes[0].After.Variants) != 3 {
		t.Errorf("%+v", im)
	}
}

func TestAFormulaIsWrittenAsText(t *testing.T) {
	p := wire.Product{ID: "cup", Title: "=HYPERLINK(\"https://evil.example\")", Vendor: "@SUM(1)", Variants: []wire.Variant{{ID: "c", SKU: "-1+1", Price: wire.Money{Currency: "EUR"}}}}
	for _, f := range []Format{Shopify, ShopifyOld} {
		row := cells(t, write(t, f, []wire.Product{p}), ',')[0]
		for _, c := range row {
			if strings.ContainsRune("=+-@", rune(c[0])) {
				t.Errorf("%s: %q is a formula", f, c)
			}
		}
	}
}

func TestShopifyColumnsBecomeAProduct(t *testing.T) {
	im := read(t, sample(t, "shopify.csv"), Options{Units: 5})
	lamp := im.Changes[0].After
	if lamp.ID != "harbour-lamp" || lamp.Text != "Light like on the quay\nBrass & glass, dimmable.\n• E27, up to 40 W\n• 2 m of cable" ||
		lamp.Vendor != "Nordlicht & Söhne" || lamp.Hidden || len(lamp.Pictures) != 4 || !slices.Equal(lamp.Options, []string{"Finish", "Size"}) ||
		!slices.Equal(lamp.Tags, []string{"brass", "harbour", "new"}) {
		t.Errorf("%+v", lamp)
	}
	v := lamp.Variants[2]
	if v.ID != "HL-CH-S" || v.Price != (wire.Money{Minor: 11900, Currency: "EUR"}) || v.Stock != 0 || v.Weight != 1850 || v.Picture != 2 || v.Title != "Chrome / S" {
		t.Errorf("%+v", v)
	}
	voucher := im.Changes[1].After
	if !voucher.Hidden || voucher.Tax != wire.ZeroTax || voucher.Variants[0].Stock != 5 || len(voucher.Options) != 0 || voucher.Variants[0].ID != "gift-voucher" {
		t.Errorf("%+v", voucher)
	}
}

func TestTheSameFileOnceMoreChangesNothing(t *testing.T) {
	for _, name := range []string{"shopify.csv", "shopify-older.csv", "merchant.xml", "merchant.tsv"} {
		now := products(read(t, sample(t, name), Options{Units: 5}))
		for i := range now {
			now[i].Version, now[i].Cap, now[i].Place = 4, 2, int64(i)<<20
			for j := range now[i].Variants {
				now[i].Variants[j].Version = 9
			}
		}
		for _, c := range read(t, sample(t, name), Options{Now: now, Units: 8}).Changes {
			if c.Kind != Same || c.After.Version != 4 || c.After.Cap != 2 || c.After.Variants[0].Version != 9 {
				t.Errorf("%s: %s is %s: %v", name, c.After.ID, c.Kind, c.Fields)
			}
		}
	}
}

func TestCancellingStopsReading(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Read(ctx, strings.NewReader("Title,Handle\n"), 0, Options{Shop: shop}, nil); err == nil {
		t.Error("read on")
	}
}
