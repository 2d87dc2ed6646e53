package music

import (
	"encoding/binary"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// tags is what a file says about itself.
type tags struct{ title, artist string }

// or fills what t leaves open from other.
func (t tags) or(other tags) tags {
	if t.title == "" {
		t.title = other.title
	}
	if t.artist == "" {
		t.artist = other.artist
	}
	return t
}

// maxName is how many letters of a title or artist are kept.
const maxName = 200

// clean makes one line of text that can be shown: no control characters, no space around, not too long.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == utf8.RuneError || !unicode.IsPrint(r):
			return -1
		}
		return r
	}, s)
	if r := []rune(s); len(r) > maxName {
		s = string(r[:maxName])
	}
	return strings.TrimSpace(s)
}

// plain is text up to its first zero in UTF-8, or, where it is none, in Latin-1.
func plain(b []byte) string {
	s, _, _ := strings.Cut(string(b), "\x00")
	if !utf8.ValidString(s) {
		return latin1([]byte(s))
	}
	return clean(s)
}

// latin1 is text in ISO 8859-1, whose codes are those of Unicode.
func latin1(b []byte) string {
	r := make([]rune, len(b))
	for i, c := range b {
		r[i] = rune(c)
	}
	return clean(string(r))
}

// wideText is UTF-16 up to its first zero, in the order that its mark tells, else as given.
func wideText(b []byte, order binary.ByteOrder) string {
	if len(b) >= 2 {
		switch {
		case b[0] == 0xff && b[1] == 0xfe:
			order, b = binary.LittleEndian, b[2:]
		case b[0] == 0xfe && b[1] == 0xff:
			order, b = binary.BigEndian, b[2:]
		}
	}
	var units []uint16
	for ; len(b) >= 2; b = b[2:] {
		u := order.Uint16(b)
		if u == 0 {
			break
		}
		units = append(units, u)
	}
	return clean(string(utf16.Decode(units)))
}

// parseComments reads a Vorbis comment header (Xiph.Org, Ogg Vorbis I format specification: comment field and header
// specification) as Ogg and FLAC carry it. What is cut off is left out.
func parseComments(b []byte) (t tags) {
	field := func() ([]byte, bool) {
		if len(b) < 4 {
			return nil, false
		}
		n := int64(binary.LittleEndian.Uint32(b))
		b = b[4:]
		if n > int64(len(b)) {
			return nil, false
		}
		v := b[:n]
		b = b[n:]
		return v, true
	}
	if _, ok := field(); !ok || len(b) < 4 { // the encoder's name
		return t
	}
	b = b[4:] // how many follow; the bytes themselves tell that too
	for {
		v, ok := field()
		if !ok {
			return t
		}
		t = t.or(comment(v))
	}
}

func comment(v []byte) (t tags) {
	name, value, _ := strings.Cut(string(v), "=")
	switch strings.ToUpper(name) {
	case "TITLE":
		t.title = plain([]byte(value))
	case "ARTIST":
		t.artist = plain([]byte(value))
	}
	return t
}
