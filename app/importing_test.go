package app

import (
	"fmt"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"vitrine/app/widget"
	"vitrine/server/wire"
	"vitrine/studio"
	"vitrine/studio/catalog"
)

// anImport is what a file of three products changes in a shop, with so many wrong rows.
func anImport(t *testing.T, wrong int) *studio.Import {
	t.Helper()
	var b strings.Builder
	b.WriteString("Title,URL handle,Description,Vendor,Tags,Published on online store,SKU,Option1 name,Option1 value,Price,Inventory tracker,Inventory quantity,Product image URL\n")
	b.WriteString("Harbour lamp,harbour-lamp,\"<p>Brass &amp; glass.</p>\",Nordlicht,\"brass, new\",TRUE,HL-S,Size,S,119.00,shopify,12,https://pics.example/lamp.jpg\n")
	b.WriteString(",harbour-lamp,,,,,HL-L,,L,169.50,shopify,3,\n")
	b.WriteString("手绘茶杯,tea-cup,白瓷,景德镇,\"tea\",TRUE,CUP,Title,Default Title,45.00,shopify,40,\n")
	b.WriteString("Poster,poster,,Ribeira,,FALSE,PO,Title,Default Title,12.00,shopify,5,\n")
	for i := range wrong {
		fmt.Fprintf(&b, "Cup %d,cup-%d,,,,,C-%d,Title,Default Title,-%d.00,,,\n", i, i, i, i+1)
	}
	price := func(minor int64) wire.Money { return wire.Money{Minor: minor, Currency: "EUR"} }
	now := []wire.Product{
		{
			ID: "harbour-lamp", Title: "Harbour lamp", Text: "Brass", Vendor: "Nordlicht", Tags: []string{"brass"}, Options: []string{"Size"}, Version: 2,
			Variants: []wire.Variant{
				{ID: "HL-S", Title: "S", Options: []string{"S"}, SKU: "HL-S", Price: price(12900), Stock: 10},
				{ID: "HL-XL", Title: "XL", Options: []string{"XL"}, SKU: "HL-XL", Price: price(19900), Stock: 1},
			},
		},
		{ID: "poster", Title: "Poster", Vendor: "Ribeira", Hidden: true, Variants: []wire.Variant{{ID: "PO", SKU: "PO", Price: price(1200), Stock: 5}}},
	}
	im, err := catalog.Read(t.Context(), strings.NewReader(b.String()), 0, catalog.Options{Shop: catalog.Shop{Currency: "EUR"}, Now: now}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return im
}

// rowsOf are the lists in sight.
func (b *bench) lists() (all []*widget.Checklist) {
	b.all(func(o fyne.CanvasObject) {
		if r, ok := o.(*widget.Checklist); ok {
			all = append(all, r)
		}
	})
	return all
}

func TestAFileOfProductsIsReadAndShownBeforeItChangesAnything(t *testing.T) {
	b := newBench(t, withServer)
	b.d.imported = anImport(t, 2)
	b.w.openImport()
	b.entries()[0].SetText("/home/ann/products.csv")
	b.press(b.w.words.ImportRead)
	b.reads("Reading products.csv")
	b.expect("read /home/ann/products.csv")
	b.reads("Shopify CSV", "UTF-8", "New", "Changed", "Wrong rows (2)", "Harbour lamp", "手绘茶杯", "129.00 EUR → 119.00 EUR", "Brass & glass.", "199.00 EUR, is removed")
	b.lacks("Poster")
	b.key(fyne.KeyDown)
	b.key(fyne.KeySpace)
	b.reads("Import 1")
	b.key(fyne.KeyReturn)
	b.expect("import [harbour-lamp]")
}

func TestWrongRowsAreListedWithRowAndColumn(t *testing.T) {
	b := newBench(t, withServer)
	b.d.imported = anImport(t, 1500)
	b.w.dropped([]string{"/home/ann/products.csv"})
	b.carry()
	b.press("Wrong rows (1500)")
	b.reads("Row 6 · Price", "It cannot be below zero: “-1.00”")
	rows := b.lists()[0]
	rows.Choose(rows.Len() - 1)
	b.reads("and 500 more rows")
}

func TestWhatCannotBeReadIsSaidAndThePathIsKept(t *testing.T) {
	b := newBench(t, withServer)
	_, b.d.err = catalog.Read(t.Context(), strings.NewReader("\x89PNG\x00"), 0, catalog.Options{Shop: catalog.Shop{Currency: "EUR"}}, nil)
	b.w.openImport()
	b.entries()[0].SetText("/home/ann/cat.png")
	b.key(fyne.KeyReturn)
	b.carry()
	b.reads("The file cannot be read: Its encoding cannot be told")
	if got := b.entries()[0].Text; got != "/home/ann/cat.png" {
		t.Errorf("the path is %q", got)
	}
}

func TestWhatIsWrongHasASentenceInBothLanguages(t *testing.T) {
	for _, w := range []*words{&english, &chinese} {
		for _, code := range []string{
			catalog.NoTitle, catalog.NoOption, catalog.NoHandle, catalog.SameHandle, catalog.TooLong, catalog.NoPrice, catalog.NoNumber, catalog.Negative,
			catalog.TooLarge, catalog.TooExact, catalog.OtherCurrency, catalog.SameOptions, catalog.TooManyOptions, catalog.TooManyVariants,
			catalog.TooManyPictures, catalog.TooManyTags, catalog.TooManyColumns, catalog.NotKept, catalog.Refused, catalog.BadLink, catalog.BadText, catalog.ExtraCells,
		} {
			if nameIn(w.ImportFault, code) == code {
				t.Errorf("%s is not said", code)
			}
		}
		for _, code := range []string{
			catalog.Empty, catalog.NoEncoding, catalog.NoProducts, catalog.NoXML, catalog.LongRow, catalog.TooManyProducts, catalog.TooManyRows,
		} {
			if nameIn(w.ImportUnfit, code) == code {
				t.Errorf("%s is not said", code)
			}
		}
		for _, f := range catalog.Formats {
			if nameIn(w.ExportFormats, string(f)) == string(f) {
				t.Errorf("%s is not said", f)
			}
		}
	}
}

func TestClosingTheSheetStopsReading(t *testing.T) {
	b := newBench(t, withServer)
	b.w.importFile("/home/ann/products.csv")
	b.key(fyne.KeyEscape)
	b.carry()
	if b.w.sheet != nil {
		t.Error("the preview opened all the same")
	}
}

func TestAnImportComesAlongAndCanBeStopped(t *testing.T) {
	b := newBench(t, withServer)
	b.w.watchImport(40)
	b.change(func(s *studio.Snapshot) { s.Shop = &studio.Shop{Phase: studio.RoomHere, Pending: 30, Sent: 10} })
	b.reads("10 of 40 are with the server")
	b.change(func(s *studio.Snapshot) { s.Shop = &studio.Shop{Phase: studio.RoomLost, Pending: 30, Sent: 10} })
	b.reads("The server is not there")
	b.press("Stop")
	b.expect("stop import")
	b.reads("Stopped")
}

func TestProductsAreExportedInTheChosenFormat(t *testing.T) {
	b := newBench(t, withServer)
	b.w.openExport()
	b.press("Export")
	b.reads("Give the path of the file to write")
	b.pickers()[0].Choose(string(catalog.Merchant))
	b.entries()[0].SetText("/home/ann/feed")
	b.press("Export")
	b.expect("export /home/ann/feed.xml merchant_xml")
	b.reads("The products are in /home/ann/feed.xml")
}

func TestOnlyTheRowsInSightOfALongImportAreMade(t *testing.T) {
	b := newBench(t, withServer)
	im := &studio.Import{Format: catalog.Shopify, Encoding: "UTF-8"}
	for i := range catalog.MaxProducts {
		id := wire.ProductID(fmt.Sprintf("p-%d", i))
		im.Changes = append(im.Changes, studio.ImportChange{Kind: catalog.Added, After: wire.Product{
			ID: id, Title: fmt.Sprintf("Product %d", i), Variants: []wire.Variant{{ID: wire.VariantID(id), Price: wire.Money{Minor: int64(i), Currency: "EUR"}}},
		}})
	}
	b.w.openPreview("/long.csv", im)
	b.reads("Product 0", "Import 10000")
	b.lacks("Product 100\n")
	b.key(fyne.KeyEnd)
	b.reads("Product 9999")
}
