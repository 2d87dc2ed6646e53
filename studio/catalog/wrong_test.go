package catalog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"vitrine/server/wire"
)

func TestWrongRowsAreToldAndTheRestIsTaken(t *testing.T) {
	const head = "Title,URL handle,Option1 name,Option1 value,SKU,Price,Weight value (grams),Inventory tracker,Inventory quantity,Product image URL,Tags\n"
	const good = "Good,good,Title,Default Title,G,1.00,,shopify,1,,\n"
	for _, test := range []struct{ name, rows, code, column string }{
		{"a price below zero", "Cup,cup,Title,Default Title,C,-1.00,,,,,\n", Negative, "Price"},
		{"a price that is none", "Cup,cup,Title,Default Title,C,cheap,,,,,\n", NoNumber, "Price"},
		{"a formula for a price", "Cup,cup,Title,Default Title,C,=1+1,,,,,\n", NoNumber, "Price"},
		{"tenths of cents", "Cup,cup,Title,Default Title,C,1.999,,,,,\n", TooExact, "Price"},
		{"a price beyond all", "Cup,cup,Title,Default Title,C,99999999999999999999,,,,,\n", TooLarge, "Price"},
		{"no price", "Cup,cup,Title,Default Title,C,,,,,,\n", NoPrice, "Price"},
		{"no title", ",cup,Title,Default Title,C,1,,,,,\n", NoTitle, "Title"},
		{"a long title", strings.Repeat("é", wire.MaxTitle+1) + ",cup,Title,Default Title,C,1,,,,,\n", TooLong, "Title"},
		{"neither title nor handle", ",,Title,Default Title,C,1,,,,,\n", NoHandle, "URL handle"},
		{"a weight below zero", "Cup,cup,Title,Default Title,C,1,-5,,,,\n", Negative, "Weight value (grams)"},
		{"units that are no number", "Cup,cup,Title,Default Title,C,1,,shopify,many,,\n", NoNumber, "Inventory quantity"},
		{"more units than there can be", "Cup,cup,Title,Default Title,C,1,,shopify,9999999,,\n", TooLarge, "Inventory quantity"},
		{"a double combination of options", "Cup,cup,Size,S,C,1,,,,,\n,cup,,S,D,1,,,,,\n", SameOptions, "Option1 value"},
		{"a bad link", "Cup,cup,Title,Default Title,C,1,,,,file:///etc/passwd,\n", BadLink, "Product image URL"},
		{"a link into a private network", "Cup,cup,Title,Default Title,C,1,,,,http://192.168.1.4/cup.jpg,\n", BadLink, "Product image URL"},
		{"a tag that the server would not take", "Cup,cup,Title,Default Title,C,1,,,,," + strings.Repeat("t", wire.MaxTag+1) + "\n", Refused, "URL handle"},
		{"too many tags", "Cup,cup,Title,Default Title,C,1,,,,,\"" + manyTags() + "\"\n", TooManyTags, "Tags"},
		{"handles that are alike", "Cup,Tea cup,Title,Default Title,C,1,,,,,\nCup,Tea-cup,Title,Default Title,D,1,,,,,\n", SameHandle, "URL handle"},
		{"a missing option", "Cup,cup,Size,S,C,1,,,,,\n,cup,,,D,1,,,,,\n", NoOption, "Option1 value"},
		{"a row that is too wide", "Cup,cup,Title,Default Title,C,1,,,,,,,x\n", ExtraCells, "13"},
	} {
		im := read(t, head+test.rows+good, Options{})
		if len(im.Errors) != 1 || im.Errors[0].Code != test.code || im.Errors[0].Column != test.column || im.Errors[0].Row < 2 || im.Wrong != 1 {
			t.Errorf("%s: %+v, %d wrong", test.name, im.Errors, im.Wrong)
		}
		if !slices.ContainsFunc(im.Changes, func(c Change) bool { return c.After.ID == "good" }) {
			t.Errorf("%s: the good row is not taken", test.name)
		}
	}
}

func manyTags() string {
	var b strings.Builder
	for i := range wire.MaxTags + 1 {
		fmt.Fprintf(&b, "t%d,", i)
	}
	return b.String()
}

func TestAFeedInAnotherCurrencyIsRefusedRowByRow(t *testing.T) {
	im := read(t, strings.Replace(sample(t, "merchant.xml"), "84.00 EUR", "84.00 USD", 1), Options{})
	if len(im.Errors) != 1 || im.Errors[0].Code != OtherCurrency || im.Errors[0].Row != 3 || len(im.Changes) != 2 {
		t.Errorf("%+v", im)
	}
}

func TestAmountsAreReadExactly(t *testing.T) {
	for _, test := range []struct {
		text     string
		currency wire.Currency
		minor    int64
	}{
		{"19.99", "EUR", 1999},
		{"19,99", "EUR", 1999},
		{"1,234.5", "EUR", 123450},
		{"1.234,50", "EUR", 123450},
		{"1,234", "EUR", 123400},
		{"1 234,00", "EUR", 123400},
		{"1'234.00", "CHF", 123400},
		{"1980.00", "JPY", 1980},
		{"1,980", "JPY", 1980},
		{"1.250", "KWD", 1250},
		{"0.1", "EUR", 10},
		{".5", "EUR", 50},
		{"9007199254.99", "EUR", 900719925499},
		{"-0.00", "EUR", 0},
		{"1,234,567", "EUR", 123456700},
	} {
		m, w := readMoney(colPrice, test.text, test.currency)
		if w != nil || m != (wire.Money{Minor: test.minor, Currency: test.currency}) {
			t.Errorf("%s %s: %v, %+v", test.text, test.currency, m, w)
		}
	}
}

func TestEncodingsAreToldFromTheText(t *testing.T) {
	const western = "Title;URL handle;Price\n\"Café crème – für Zoë\";kaffee;\"4,50\"\n"
	const chinese = "Title,URL handle,Price\n\"景德镇手绘茶杯,白色\",cup,45.00\n\"紫砂壶\",pot,128\n"
	for _, test := range []struct {
		name, text, title string
		e                 encoding.Encoding
	}{
		{"UTF-8", western, "Café crème – für Zoë", unicode.UTF8},
		{"UTF-8 (BOM)", western, "Café crème – für Zoë", unicode.UTF8BOM},
		{"UTF-16LE", western, "Café crème – für Zoë", unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)},
		{"UTF-16BE", chinese, "景德镇手绘茶杯,白色", unicode.UTF16(unicode.BigEndian, unicode.UseBOM)},
		{"Windows-1252", western, "Café crème – für Zoë", charmap.Windows1252},
		{"GB18030", chinese, "景德镇手绘茶杯,白色", simplifiedchinese.GB18030},
		{"GB18030", chinese, "景德镇手绘茶杯,白色", simplifiedchinese.GBK},
		{"UTF-8", chinese, "景德镇手绘茶杯,白色", unicode.UTF8},
	} {
		file, err := test.e.NewEncoder().String(test.text)
		if err != nil {
			t.Fatal(err)
		}
		im := read(t, file, Options{})
		if im.Encoding != test.name || im.Wrong != 0 || im.Changes[0].After.Title != test.title {
			t.Errorf("%s: read as %s: %+v %+v", test.name, im.Encoding, im.Changes, im.Errors)
		}
	}
}

func TestTheFirstLetterThatIsNotASCIIMayComeLate(t *testing.T) {
	late := "Title,URL handle,Price\nCup,cup,1.00\n" + strings.Repeat(" ", 2*headBytes) + ",cup,\nCafé,cafe,1\n"
	file, err := charmap.Windows1252.NewEncoder().String(late)
	if err != nil {
		t.Fatal(err)
	}
	if im := read(t, file, Options{}); im.Encoding != "Windows-1252" || im.Changes[1].After.Title != "Café" {
		t.Errorf("%s %+v", im.Encoding, im.Errors)
	}
}

func TestWhatIsNoFileOfProductsIsToldInASentence(t *testing.T) {
	shiftJIS, _ := japanese.ShiftJIS.NewEncoder().String("Title,URL handle,Price\nこれはテストです、とてもきれいなカップ。,cup,1\n")
	cyrillic, _ := charmap.KOI8R.NewEncoder().String("Title,URL handle,Price\nСтакан для чая из стекла,cup,1\n")
	for name, file := range map[string]string{
		"empty": "", "another table": "Name,Age\nAnn,3\n", "a page": "<!DOCTYPE html><html><body>hello</body></html>",
		"a picture": "\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR", "Shift JIS": shiftJIS, "KOI8-R": cyrillic,
		"half a feed":                         `<rss xmlns:g="http://base.google.com/ns/1.0"><channel><item><g:id>1`,
		"a quotation mark that is not closed": "Title,URL handle,Price\n\"Cup,cup,1\n" + strings.Repeat("x,y,z\n", maxRowBytes/5),
	} {
		_, err := Read(t.Context(), strings.NewReader(file), 0, Options{Shop: shop}, nil)
		var e *wire.Error
		if !errors.As(err, &e) || e.Code != wire.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// rows is a file that is made while it is read.
type rows struct {
	n, to int
	line  func(n int) string
	rest  string
}

func (r *rows) Read(b []byte) (int, error) {
	for r.rest == "" {
		if r.n == r.to {
			return 0, io.EOF
		}
		r.rest = r.line(r.n)
		r.n++
	}
	n := copy(b, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// made makes a file of so many rows, per of them for each product: variants of it.
func made(n, per int) *rows {
	return &rows{to: n, line: func(n int) string {
		p, i := n/per, n%per
		switch {
		case n == 0:
			return "Title,URL handle,Option1 name,Option1 value,SKU,Price,Product image URL\nCup 0,cup-0,Size,0,S-0-0,1.00,\n"
		case i == 0:
			return fmt.Sprintf("Cup %d,cup-%d,Size,0,S-%d-0,1.00,\n", p, p, p)
		}
		return fmt.Sprintf(",cup-%d,,%d,S-%d-%d,%d.50,\n", p, i, p, i, i)
	}}
}

const million = 1_000_000

func TestAMillionRowsAreReadInBoundedMemory(t *testing.T) {
	var most uint64
	told := 0
	im, err := Read(t.Context(), made(million, 2500), 30<<20, Options{Shop: shop}, func(float64) {
		if told++; told%50 == 0 {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapAlloc)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if im.Rows != million || len(im.Changes) != 400 || im.Wrong != million-400*wire.MaxVariants || len(im.Errors) != maxErrors {
		t.Errorf("%d rows, %d products, %d wrong, %d told", im.Rows, len(im.Changes), im.Wrong, len(im.Errors))
	}
	if t.Logf("the heap has at most %d MB", most>>20); most > 512<<20 {
		t.Errorf("%d MB", most>>20)
	}
}

func TestAFileBeyondTheLimitsIsRefused(t *testing.T) {
	for want, file := range map[string]*rows{"10000 products": made(million, 1), "100000 variants": made(million, 100)} {
		_, err := Read(t.Context(), file, 0, Options{Shop: shop}, nil)
		var e *wire.Error
		if !errors.As(err, &e) || !strings.Contains(e.Text, want) || file.n == million {
			t.Errorf("after %d rows: %v", file.n, err)
		}
	}
}

func TestAMillionRowsStopWhenCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	in := made(million, 2500)
	_, err := Read(ctx, in, 30<<20, Options{Shop: shop}, func(share float64) {
		if share > 0.01 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || in.n > 100_000 {
		t.Errorf("after %d rows: %v", in.n, err)
	}
}

func FuzzRead(f *testing.F) {
	for _, name := range []string{"shopify.csv", "shopify-older.csv", "merchant.xml", "merchant.tsv"} {
		b, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte("\xff\xfeT\x00i\x00"))
	f.Fuzz(func(t *testing.T, file []byte) {
		im, err := Read(t.Context(), bytes.NewReader(file), int64(len(file)), Options{Shop: shop}, nil)
		if err != nil {
			return
		}
		all := products(im)
		for _, p := range all {
			if err := p.Validate(); err != nil {
				t.Error(err)
			}
		}
		for _, format := range Formats {
			var again bytes.Buffer
			if err := Write(&again, format, all, shop); err != nil {
				t.Error(err)
			}
			if format != im.Format || im.Wrong > 0 {
				continue
			}
			second, err := Read(t.Context(), &again, 0, Options{Shop: shop, Now: all}, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range second.Changes {
				fields := slices.DeleteFunc(c.Fields, func(f string) bool { return strings.HasSuffix(f, "extra") })
				if c.Kind == Added || len(fields) > 0 {
					t.Errorf("%s is %s: %v\n%+v\n%+v", c.After.ID, c.Kind, c.Fields, c.Before, c.After)
				}
			}
			if len(second.Changes) != len(all) && format != Merchant && format != MerchantTV {
				t.Errorf("%d products, of %d: %+v", len(second.Changes), len(all), second.Errors)
			}
		}
	})
}

func BenchmarkRead(b *testing.B) {
	const n = 100_000
	for b.Loop() {
		if _, err := Read(b.Context(), made(n, 100), 0, Options{Shop: shop}, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
