package catalog

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// headBytes is how much of a file is looked at before it is read.
const headBytes = 64 << 10

// decoder makes UTF-8 of a file whose encoding it guesses: by its mark (BOM) or an XML declaration, else at the first character that is not
// ASCII, of the 64 KiB from there on. What is then not of the encoding becomes U+FFFD, which is an error of its row.
type decoder struct {
	src    *source
	buffer [headBytes]byte
	head   []byte // of buffer: read, not handed on
	end    error  // what came after head
	name   string
	in     io.Reader // once the encoding is known
}

func newDecoder(src *source) *decoder { return &decoder{src: src} }

// encoding is what was found; a file of ASCII alone is UTF-8.
func (d *decoder) encoding() string {
	if d.name == "" {
		return "UTF-8"
	}
	return d.name
}

func (d *decoder) Read(b []byte) (int, error) {
	if d.in != nil {
		return d.in.Read(b)
	}
	first := d.src.at == 0
	if err := d.load(); err != nil {
		return 0, err
	}
	if first {
		e, name, skip := marked(d.head)
		if e != nil {
			d.head = d.head[skip:]
			return d.decode(e, name, b)
		}
		if looksBinary(d.head) {
			return 0, errEncoding
		}
	}
	plain := bytes.IndexFunc(d.head, func(r rune) bool { return r >= utf8.RuneSelf })
	if plain < 0 {
		plain = len(d.head)
	}
	if plain > 0 || len(d.head) == 0 {
		n := copy(b, d.head[:plain])
		d.head = d.head[n:]
		if n == 0 && len(b) > 0 {
			return 0, d.end
		}
		return n, nil
	}
	e, name := guess(d.head, d.end == nil)
	if e == nil {
		return 0, errEncoding
	}
	return d.decode(e, name, b)
}

// load fills the head.
func (d *decoder) load() error {
	if d.end == nil && len(d.head) < headBytes {
		d.head = d.buffer[:copy(d.buffer[:], d.head)]
	}
	for d.end == nil && len(d.head) < headBytes {
		n, err := d.src.Read(d.buffer[len(d.head):])
		d.head = d.buffer[:len(d.head)+n]
		d.end = err
	}
	if d.end != nil && !errors.Is(d.end, io.EOF) {
		return d.end
	}
	return nil
}

func (d *decoder) decode(e encoding.Encoding, name string, b []byte) (int, error) {
	rest := io.Reader(bytes.NewReader(d.head))
	if d.end == nil {
		rest = io.MultiReader(rest, d.src)
	}
	d.name, d.in = name, transform.NewReader(rest, e.NewDecoder())
	return d.in.Read(b)
}

var errEncoding = unfit(NoEncoding, "the file's encoding cannot be told: save it as UTF-8 and try again")

var declared = regexp.MustCompile(`^\s*<\?xml[^>]*\sencoding=["']([A-Za-z0-9._-]{1,40})["']`)

// marked is an encoding that the file itself names, and how many bytes that takes.
func marked(head []byte) (e encoding.Encoding, name string, skip int) {
	switch {
	case bytes.HasPrefix(head, []byte("\xEF\xBB\xBF")):
		return unicode.UTF8, "UTF-8 (BOM)", 3
	case bytes.HasPrefix(head, []byte("\xFF\xFE")):
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), "UTF-16LE", 2
	case bytes.HasPrefix(head, []byte("\xFE\xFF")):
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), "UTF-16BE", 2
	}
	if m := declared.FindSubmatch(head[:min(len(head), 200)]); m != nil {
		if e, err := htmlindex.Get(string(m[1])); err == nil && e != unicode.UTF8 {
			name, err := htmlindex.Name(e)
			if err == nil {
				return e, name, 0
			}
		}
	}
	return nil, "", 0
}

// looksBinary says that there are zero bytes, which no text without a mark has.
func looksBinary(head []byte) bool { return bytes.IndexByte(head, 0) >= 0 }

// guess tells the encoding of text from its first character that is not ASCII on; more follows if it is cut.
func guess(text []byte, cut bool) (encoding.Encoding, string) {
	if cut { // a character may be cut in two
		text = text[:len(text)-tail(text)]
	}
	if bad := invalid(text); bad == 0 {
		return unicode.UTF8, "UTF-8"
	}
	runs, pairs, odd, long, letters := 0, 0, 0, 0, 0
	for i := 0; i < len(text); {
		n := 0
		for i+n < len(text) && text[i+n] >= 0x80 {
			n++
		}
		if n == 0 {
			i++
			continue
		}
		runs++
		if n%2 == 0 {
			pairs++
		} else {
			odd++
		}
		if n > 3 {
			long++
		}
		for _, c := range text[i : i+n] {
			if western(c) {
				letters += 1
			} else {
				letters -= 4
			}
		}
		i += n
	}
	switch {
	case pairs > 4*odd && chinese(text):
		return simplifiedchinese.GB18030, "GB18030"
	case long*5 <= runs && letters > 0:
		return charmap.Windows1252, "Windows-1252"
	case chinese(text) && long*3 > runs:
		return simplifiedchinese.GB18030, "GB18030"
	}
	return nil, ""
}

// tail is how many bytes at the end may be of a character that goes on.
func tail(text []byte) (n int) {
	for n < utf8.UTFMax && n < len(text) && text[len(text)-1-n] >= utf8.RuneSelf {
		n++
	}
	return n
}

// invalid counts the bytes that are not of UTF-8.
func invalid(text []byte) (n int) {
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		if r == utf8.RuneError && size == 1 {
			n++
		}
		text = text[size:]
	}
	return n
}

// western says that a byte is a letter or a sign that texts in Windows-1252 have.
func western(c byte) bool {
	switch c {
	case 0x81, 0x8D, 0x8F, 0x90, 0x9D, 0xD7, 0xF7:
		return false
	}
	return c >= 0xC0 || bytes.IndexByte([]byte("\x80\x85\x8A\x8C\x8E\x91\x92\x93\x94\x95\x96\x97\x99\x9A\x9C\x9E\xA0\xA1\xA3\xA9\xAB\xAE\xB0\xB2\xB4\xB5\xB7\xBA\xBB\xBC\xBD\xBE\xBF"), c) >= 0
}

// chinese says that a text is one in GB18030, and mostly of the characters that are used every day: rows 16 to 55 of GB 2312 and signs.
func chinese(text []byte) bool {
	pairs, usual := 0, 0
	for i := 0; i < len(text); {
		c := text[i]
		if c < 0x80 {
			i++
			continue
		}
		if i+1 == len(text) {
			break
		}
		next := text[i+1]
		switch {
		case c == 0x80 || c == 0xFF:
			return false
		case next >= 0x30 && next <= 0x39: // one of four bytes
			i += 4
			continue
		case next < 0x40 || next == 0x7F || next == 0xFF:
			return false
		}
		pairs++
		if next >= 0xA1 && (c >= 0xB0 && c <= 0xD7 || c == 0xA1 || c == 0xA3) {
			usual++
		}
		i += 2
	}
	return pairs > 0 && usual*10 >= pairs*7
}
