package catalog

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

func looksLikeXML(head []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\ufeff")), " \t\r\n"), []byte("<"))
}

// feedReader reads the items of an RSS 2.0 or Atom feed. Rows are counted by items, the first being 2, as in a table.
type feedReader struct {
	in    *xml.Decoder
	limit *rowLimit
	t     *table
	n     int
}

// readXML reads a Merchant feed. Its text is UTF-8 by now, whatever it declares.
func readXML(in *bufio.Reader, o Options) (*table, error) {
	limit := &rowLimit{r: in, left: maxRowBytes}
	f := &feedReader{in: xml.NewDecoder(limit), limit: limit, t: newTable(Merchant, merchant()), n: 1}
	f.in.Strict = true
	f.in.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	feed := false
	for {
		token, err := f.in.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, f.wrap(err)
		}
		start, ok := token.(xml.StartElement)
		switch {
		case !ok:
			limit.left = maxRowBytes
		case start.Name.Local == "rss" || start.Name.Local == "feed" || start.Name.Local == "RDF":
			feed = true
		case !feed:
			return nil, unfit(NoProducts, "the file is no product feed: it begins with <%.40s>, and RSS or Atom is wanted", start.Name.Local)
		case start.Name.Local == "item" || start.Name.Local == "entry":
			if err := f.item(); err != nil {
				return nil, err
			}
		}
	}
	if !feed {
		return nil, unfit(Empty, "the file is empty")
	}
	return f.t, nil
}

// wrap says what is wrong with the file, unless it could not be read at all.
func (f *feedReader) wrap(err error) error {
	var syntax *xml.SyntaxError
	switch {
	case errors.Is(err, errLongRow):
		return unfit(LongRow, "item %d has more than %d MB", f.n, maxRowBytes>>20)
	case errors.As(err, &syntax):
		return unfit(NoXML, "line %d of the file is no XML: %s", syntax.Line, syntax.Msg)
	}
	return err
}

// item reads one product or variant.
func (f *feedReader) item() error {
	f.n++
	f.t.rows++
	f.limit.left = maxRowBytes
	r := raw{n: f.n}
	set := func(key, name, text string) {
		i := f.t.column(key, name)
		for len(r.cells) <= i {
			r.cells = append(r.cells, "")
		}
		r.cells[i] = text
	}
	count := map[string]int{}
	for {
		token, err := f.in.Token()
		if err != nil {
			return f.wrap(noEnd(err))
		}
		switch token := token.(type) {
		case xml.EndElement:
			return f.keep(r)
		case xml.StartElement:
			key := attribute(token.Name)
			text, err := f.content(token)
			if err != nil {
				return f.wrap(noEnd(err))
			}
			if count[key]++; count[key] > 1 {
				if key == attrPictures {
					text = r.cells[f.t.at[key]] + "," + text
				} else if i, ok := f.t.at[key]; ok && i < len(r.cells) && r.cells[i] == text {
					continue // as title and g:title
				} else {
					key += " " + strconv.Itoa(count[key])
				}
			}
			if text != "" {
				set(key, attributeName(key), text)
			}
		}
	}
}

func (f *feedReader) keep(r raw) error {
	for i, c := range r.cells {
		if strings.ContainsRune(c, utf8.RuneError) {
			f.t.refuse(r.n, *wrong(BadText, f.t.columns[i], c, "some of the text is not of the file's encoding"))
			return nil
		}
	}
	return f.t.add(r)
}

// noEnd is an error for a file that ends in the middle.
func noEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return unfit(NoXML, "the file ends in the middle of an item")
	}
	return err
}

// ownSpace is the namespace of attributes of one's own.
const googleSpace, ownSpace = "http://base.google.com/ns/1.0", "http://base.google.com/cns/1.0"

// attribute is the name of an element as that of a column.
func attribute(n xml.Name) string {
	if n.Space == ownSpace {
		return "c:" + n.Local
	}
	return googleKey(n.Local)
}

// content is an element's text, or the elements in it, written without their namespace. Atom's links have their address as an attribute.
func (f *feedReader) content(start xml.StartElement) (string, error) {
	var text, inner strings.Builder
	for {
		token, err := f.in.Token()
		if err != nil {
			return "", err
		}
		switch token := token.(type) {
		case xml.CharData:
			text.Write(token)
		case xml.StartElement:
			part, err := f.content(token)
			if err != nil {
				return "", err
			}
			name := "g:" + token.Name.Local
			inner.WriteString("<" + name + ">")
			if strings.HasPrefix(part, "<g:") {
				inner.WriteString(part)
			} else if err := xml.EscapeText(&inner, []byte(part)); err != nil {
				return "", err
			}
			inner.WriteString("</" + name + ">")
		case xml.EndElement:
			if inner.Len() > 0 {
				return inner.String(), nil
			}
			if s := strings.TrimSpace(text.String()); s != "" || start.Name.Local != "link" {
				return s, nil
			}
			for _, a := range start.Attr {
				if a.Name.Local == "href" {
					return a.Value, nil
				}
			}
			return "", nil
		}
	}
}
