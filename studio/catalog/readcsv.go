package catalog

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// readCSV reads rows of cells; head is what the file begins with.
func readCSV(in *bufio.Reader, head []byte, o Options) (*table, error) {
	mark := separator(head)
	bounded := &rowLimit{r: in}
	c := csv.NewReader(bounded)
	c.Comma, c.FieldsPerRecord, c.LazyQuotes = mark, -1, true
	names, err := c.Read()
	if errors.Is(err, io.EOF) {
		return nil, unfit(Empty, "the file is empty")
	}
	if err != nil {
		return nil, err
	}
	t := header(names)
	if t == nil {
		return nil, unfit(NoProducts, "the file is no list of products: its first row has to name columns as Shopify or Google Merchant do, with Title among them")
	}
	for n := 2; ; n++ {
		bounded.left = maxRowBytes
		cells, err := c.Read()
		switch {
		case errors.Is(err, io.EOF):
			return t, nil
		case errors.Is(err, errLongRow):
			return nil, unfit(LongRow, "row %d has more than %d MB: a quotation mark before it is not closed", n, maxRowBytes>>20)
		case err != nil:
			return nil, err
		}
		if !slices.ContainsFunc(cells, func(s string) bool { return s != "" }) {
			continue
		}
		t.rows++
		if err := t.take(n, cells); err != nil {
			return nil, err
		}
	}
}

// take keeps a row of a file of cells, or notes what is wrong with it.
func (t *table) take(n int, cells []string) error {
	for i, cell := range cells {
		switch {
		case cell == "":
		case i >= len(t.keys):
			t.refuse(n, *wrong(ExtraCells, strconv.Itoa(i+1), cell, "the row has more cells than the first: is a quotation mark missing?"))
			return nil
		case strings.ContainsRune(cell, utf8.RuneError):
			t.refuse(n, *wrong(BadText, t.columns[i], cell, "some of the text is not of the file's encoding"))
			return nil
		}
		cells[i] = unguard(cell)
	}
	return t.add(raw{n, cells[:min(len(cells), len(t.keys))]})
}

// header finds the format by the names of the columns, nil for none. Names may stand twice, as Google allows.
func header(names []string) *table {
	known, older, google := map[string]bool{}, 0, map[string]bool{}
	for i, name := range names {
		names[i] = strings.TrimSpace(strings.TrimPrefix(name, "\ufeff"))
		key := shopifyKey(names[i])
		known[key] = true
		if key != names[i] {
			older++
		}
		google[googleKey(names[i])] = true
	}
	var t *table
	key := shopifyKey
	switch {
	case known[colTitle] && (known[colHandle] || known[colPrice] || known[optionNames[0]]) && !(google[attrID] && google[attrLink]):
		t = newTable(Shopify, shopify(!known[colTracker]))
		if older > len(names)/3 {
			t.format = ShopifyOld
		}
	case google[attrID] && google[attrTitle]:
		t, key = newTable(MerchantTV, merchant()), googleKey
	default:
		return nil
	}
	for _, name := range names {
		unique := key(name)
		for n := 2; t.has(unique); n++ {
			unique = key(name) + " " + strconv.Itoa(n)
		}
		t.column(unique, name)
	}
	return t
}

// separator is what stands between the names in the first row.
func separator(head []byte) rune {
	line, _, _ := bytes.Cut(head, []byte("\n"))
	best, most := ',', 0
	for _, mark := range []rune{',', ';', '\t'} {
		if n := strings.Count(string(line), string(mark)); n > most {
			best, most = mark, n
		}
	}
	return best
}

var errLongRow = errors.New("the row is too long")

// rowLimit ends a row that does not end.
type rowLimit struct {
	r    io.Reader
	left int
}

func (l *rowLimit) Read(b []byte) (int, error) {
	if l.left < 0 {
		return 0, errLongRow
	}
	n, err := l.r.Read(b)
	l.left -= n
	return n, err
}
