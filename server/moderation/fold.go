package moderation

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// gap is what stands before a unit.
type gap uint8

const (
	none  gap = iota
	tight     // signs without a space, as in "f.r.e.e"
	wide      // at least a space or an apostrophe
)

// unit is one letter, digit or emoji of a folded text.
type unit struct {
	r rune
	// or is another way to read it, for 1 and its like; 0 for none.
	or         rune
	gap        gap
	start, end bool // of a word
	// solo says that the unit is a word by itself, as Chinese characters and emoji are.
	solo bool
	// size is how many units its word has.
	size int
}

// reading is a text as it is judged, and the room to work in that is used again for the next.
type reading struct {
	// seen is the text without what cannot be seen, compatibility forms decomposed (NFKD), in small letters, with accents gone.
	seen []rune
	// plain is seen in UTF-8 with fewer folds, for links: it still has its punctuation and nothing is read as another letter.
	plain []byte
	units []unit
	// features are the hashes of the text's pieces, ascending, none twice.
	features []uint32

	words           int // letters and digits of any writing
	emoji           int
	marks           int // the longest run of combining marks
	cased, capitals int
}

// marksMost are as many marks on one letter as any writing needs.
const marksMost = 4

// read fills everything but the features. It returns false, with nothing of use, for a text that is longer than MaxText, or would be with
// its characters decomposed: one of them may stand for eighteen.
func (f *reading) read(text string) bool {
	*f = reading{seen: f.seen[:0], plain: f.plain[:0], units: f.units[:0], features: f.features[:0]}
	marks := 0
	for i := 0; i < len(text); {
		r, n := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRuneInString(text[i:])
		}
		i += n
		switch {
		case r < utf8.RuneSelf:
			f.see(r)
			marks = 0
		case invisible(r):
		case mark(r):
			marks++
			f.marks = max(f.marks, marks)
			f.accent(r)
		default:
			marks = 0
			f.decompose(r)
		}
		if len(f.seen) > MaxText {
			return false
		}
	}
	f.part()
	return true
}

// decompose sees a character's compatibility decomposition.
func (f *reading) decompose(r rune) {
	var b [utf8.UTFMax]byte
	d := norm.NFKD.Properties(utf8.AppendRune(b[:0], r)).Decomposition()
	if d == nil {
		f.see(r)
	}
	for len(d) > 0 {
		part, n := utf8.DecodeRune(d)
		d = d[n:]
		if mark(part) {
			f.accent(part)
		} else if !invisible(part) {
			f.see(part)
		}
	}
}

// accent drops a combining mark, but for the tilde on n: without it Spanish has other words.
func (f *reading) accent(r rune) {
	f.plain = utf8.AppendRune(f.plain, r)
	if last := len(f.seen) - 1; r == '\u0303' && last >= 0 && f.seen[last] == 'n' {
		f.seen[last] = 'ñ'
	}
}

// see takes one visible character.
func (f *reading) see(r rune) {
	low := r
	if r < utf8.RuneSelf {
		if 'A' <= r && r <= 'Z' {
			low += 'a' - 'A'
			f.cased++
			f.capitals++
		} else if 'a' <= r && r <= 'z' {
			f.cased++
		}
		if low >= 'a' && low <= 'z' || low >= '0' && low <= '9' {
			f.words++
		}
		f.plain = append(f.plain, byte(low))
		f.seen = append(f.seen, low)
		return
	}
	switch k := kindOf(r); {
	case emoji(r):
		f.emoji++
	case k == word, k == solo:
		f.words++
	}
	low = unicode.ToLower(r)
	if r == '。' { // counts as a dot in host names (RFC 3490 §3.1)
		f.plain = append(f.plain, '.')
	} else {
		f.plain = utf8.AppendRune(f.plain, low)
	}
	if unicode.IsUpper(r) {
		f.capitals++
		f.cased++
	} else if unicode.IsLower(r) {
		f.cased++
	}
	f.seen = append(f.seen, alike(r, low))
}

// kind is what a character does to words.
type kind uint8

const (
	sign  kind = iota // parts words
	space             // parts them further
	word              // belongs to one
	solo              // is one
)

func kindOf(r rune) kind {
	switch {
	case 'a' <= r && r <= 'z' || '0' <= r && r <= '9':
		return word
	case r == ' ' || r == '\'' || r == '`':
		return space
	case r < utf8.RuneSelf:
		if r <= '\r' {
			return space
		}
		return sign
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana):
		return solo
	case unicode.IsLetter(r), unicode.IsNumber(r), unicode.Is(unicode.Mc, r):
		return word
	case unicode.IsSpace(r), r == '’', r == '\u2800':
		return space
	case r == utf8.RuneError:
		return sign
	case unicode.Is(unicode.So, r):
		return solo
	}
	return sign
}

// part parts what is seen into words.
func (f *reading) part() {
	before := none
	for i := 0; i < len(f.seen); {
		k := kindOf(f.seen[i])
		if f.stands(i) {
			k = word
		}
		switch k {
		case space:
			before = wide
			i++
			continue
		case sign:
			before = max(before, tight)
			i++
			continue
		}
		end := i + 1
		for k == word && end < len(f.seen) && (kindOf(f.seen[end]) == word || f.stands(end)) {
			end++
		}
		if len(f.units) == 0 {
			before = none
		}
		f.token(f.seen[i:end], before, k == solo)
		before, i = none, end
	}
}

// stands tells whether a sign stands for a letter: $ beside one, the others between two, or a letter and a digit.
func (f *reading) stands(i int) bool {
	switch f.seen[i] {
	case '$':
		const far = 3 // a row of them is money
		a, b := i, i
		for a > max(i-far, 0) && f.seen[a] == '$' {
			a--
		}
		for b < min(i+far, len(f.seen)-1) && f.seen[b] == '$' {
			b++
		}
		return letter(f.seen[a]) || letter(f.seen[b])
	case '@', '!', '|':
		if f.seen[i] == '@' && i+1 < len(f.seen) && f.seen[i+1] == '$' { // no mention begins so
			return f.stands(i + 1)
		}
		if i == 0 || i+1 == len(f.seen) {
			return false
		}
		a, b := f.seen[i-1], f.seen[i+1]
		return letter(a) && kindOf(b) == word || kindOf(a) == word && letter(b)
	}
	return false
}

// letter tells letters that digits and signs stand for.
func letter(r rune) bool { return 'a' <= r && r <= 'z' }

// stand are the letters that digits and signs stand for.
var stand = map[rune]rune{
	'0': 'o', '1': 'i', '3': 'e', '4': 'a', '5': 's', '7': 't', '8': 'b',
	'@': 'a', '$': 's', '!': 'i', '|': 'i',
}

// token adds a word. Digits count as letters only beside letters, and not where two or more of them begin or end the word: that is
// a number with its unit, or a product's.
func (f *reading) token(t []rune, before gap, solo bool) {
	first, lead, trail := len(f.units), 0, 0
	letters := false
	for _, r := range t {
		letters = letters || letter(r)
	}
	for lead < len(t) && digit(t[lead]) {
		lead++
	}
	for trail < len(t)-lead && digit(t[len(t)-1-trail]) {
		trail++
	}
	if lead == 1 {
		lead = 0
	}
	if trail == 1 {
		trail = 0
	}
	for i, r := range t {
		u := unit{r: r, solo: solo}
		if to, ok := stand[r]; ok && letters && i >= lead && i < len(t)-trail {
			u.r = to
			if to == 'i' {
				u.or = 'l'
			}
		}
		if n := len(f.units); !stretched(f.units[first:], u) && !(solo && before == none && stretched(f.units[:n], u)) {
			f.units = append(f.units, u)
		}
	}
	word := f.units[first:]
	if len(word) == 0 {
		return
	}
	for i := range word {
		word[i].size = len(word)
	}
	word[0].gap, word[0].start, word[len(word)-1].end = before, true, true
}

func digit(r rune) bool { return '0' <= r && r <= '9' }

// stretched tells whether the two units before are the same as this one, without a gap. Numbers are not stretched.
func stretched(before []unit, u unit) bool {
	n := len(before)
	return n >= 2 && before[n-1].r == u.r && before[n-2].r == u.r && before[n-1].gap == none && !digit(u.r)
}
