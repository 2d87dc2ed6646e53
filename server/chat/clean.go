package chat

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"vitrine/server/wire"
)

// marksOf is how many combining marks may stand on one letter: more than any language writes.
const marksOf = 4

// joining are scripts that are written with joiners one cannot see.
var joining = []*unicode.RangeTable{
	unicode.Arabic, unicode.Syriac, unicode.Devanagari, unicode.Bengali, unicode.Gurmukhi, unicode.Gujarati, unicode.Oriya, unicode.Tamil,
	unicode.Telugu, unicode.Kannada, unicode.Malayalam, unicode.Sinhala, unicode.Mongolian,
}

// clean is a text without what cannot be seen, in normal form C (Unicode annex 15), on one line. what names it in errors; it may have
// at most so many characters, and one at least.
func clean(what, text string, most int) (string, error) {
	if !utf8.ValidString(text) {
		return "", wire.Errorf(wire.Invalid, "%s is no UTF-8: send it as text", what)
	}
	var b strings.Builder
	last, marks := ' ', 0
	for _, r := range norm.NFC.String(text) {
		if unicode.IsSpace(r) {
			r = ' '
		}
		if marks++; !unicode.Is(unicode.Mn, r) && !unicode.Is(unicode.Me, r) {
			marks = 0
		}
		if r == ' ' && last == ' ' || marks > marksOf || hidden(r, last) {
			continue
		}
		b.WriteRune(r)
		last = r
	}
	clean := strings.TrimRight(b.String(), " \u200d\u200c")
	switch n := utf8.RuneCountInString(clean); {
	case n == 0:
		return "", wire.Errorf(wire.Invalid, "%s has nothing that can be read", what)
	case n > most:
		return "", wire.Errorf(wire.Invalid, "%s has %d characters, and %d at most are possible: make it shorter", what, n, most)
	}
	return clean, nil
}

// hidden says whether a sign cannot be seen where it stands.
func hidden(r, before rune) bool {
	switch r {
	case '\u200d': // joins emoji, and letters of some scripts
		return !emoji(before) && !unicode.In(before, joining...)
	case '\u200c':
		return !unicode.In(before, joining...)
	case '\u115f', '\u1160', '\u3164', '\uffa0', '\u2800', '\u034f':
		return true
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs, unicode.Zl, unicode.Zp) || variation(r) && !unicode.IsPrint(before)
}

func variation(r rune) bool { return unicode.Is(unicode.Variation_Selector, r) }

// emoji says whether a sign is a part of emoji.
func emoji(r rune) bool {
	return unicode.In(r, unicode.So, unicode.Sk) && r > 0xff || r == '\u200d' || r == '\ufe0f' || r == '\u20e3'
}

// onlyEmoji says whether a text has nothing but emoji.
func onlyEmoji(text string) bool {
	some := false
	for _, r := range text {
		if emoji(r) {
			some = true
		} else if r != ' ' && !strings.ContainsRune("0123456789#*", r) {
			return false
		}
	}
	return some
}

// likeness are signs that look like Latin letters.
var likeness = strings.NewReplacer(
	"а", "a", "в", "b", "е", "e", "ё", "e", "к", "k", "м", "m", "н", "h", "о", "o", "р", "p", "с", "c", "т", "t", "у", "y", "х", "x", "ѕ", "s",
	"і", "i", "ї", "i", "ј", "j", "ԁ", "d", "ԛ", "q", "ԝ", "w", "α", "a", "ε", "e", "ι", "i", "κ", "k", "ν", "v", "ο", "o", "ρ", "p", "τ", "t",
	"υ", "u", "χ", "x", "ı", "i", "ɡ", "g", "0", "o", "1", "l", "3", "e", "5", "s", "@", "a", "$", "s", "|", "l", "vv", "w", "rn", "m",
)

// fold is a text as it looks: two names with the same fold are taken for one another.
func fold(text string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(cases.Fold().String(norm.NFKC.String(text))) {
		if unicode.In(r, unicode.L, unicode.N, unicode.S) || r == '@' || r == '|' {
			b.WriteRune(r)
		}
	}
	folded := likeness.Replace(b.String())
	return strings.ReplaceAll(folded, "i", "l") // as I, l and 1 look
}
