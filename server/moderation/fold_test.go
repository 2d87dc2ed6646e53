package moderation

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// folded is the text as rules and classifier read it: words are parted by a space, or by a dot where there were only signs. It is "" for a
// text that is too long to be judged.
func folded(text string) string {
	var r reading
	r.read(text)
	var s strings.Builder
	for _, u := range r.units {
		switch u.gap {
		case wide:
			s.WriteByte(' ')
		case tight:
			s.WriteByte('.')
		}
		s.WriteRune(u.r)
	}
	return s.String()
}

func TestWhatLooksTheSameIsFoldedToTheSame(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"Hello World", "hello world"},
		{"ＦＲＥＥ　ＭＯＮＥＹ", "free money"},
		{"𝓯𝓻𝓮𝓮 𝕞𝕠𝕟𝕖𝕪", "free money"},
		{"ⓕⓡⓔⓔ 🅼🅾🅽🅴🆈", "free money"},
		{"🇫🇷🇪🇪", "free"},
		{"frее mоnеy", "free money"}, // е and о are Cyrillic
		{"fr\u200bee mo\u00adn\u2060ey", "free money"},
		{"f\u0336r\u0336e\u0336e\u0336", "free"},
		{"fréé", "free"},
		{"ñandú n\u0303", "ñandu ñ"},
		{"sh1t h3ll0 $cam a$$", "shit hello scam ass"},
		{"b!tch, wow! ok", "bitch wow ok"},
		{"sooooo nice", "soo nice"},
		{"10000 or 5000000", "10000 or 5000000"},
		{"iphone15 38mm 100ml", "iphone15 38mm 100ml"},
		{"f.r.e.e", "f.r.e.e"},
		{"加 微-信", "加 微.信"},
		{"哈哈哈哈哈哈", "哈哈"},
		{"👍🏽👍", "👍👍"},
		{"ﬁne ½", "fine 1.2"},
		{"", ""},
		{"  ...  ", ""},
		{"\xff\xfe", ""},
	} {
		if got := folded(c.text); got != c.want {
			t.Errorf("folded(%q) = %q, want %q", c.text, got, c.want)
		}
	}
}

// texts are what people may send: any characters, with more of those that folding looks at.
func texts() *rapid.Generator[string] {
	special := []rune("aAsSoOñ1!|$@5 0.-'’*加微信哈😀🏽🇫ｅе\u0301\u0303\u200b\u200d\ufe0fẞİßǆ½ﬁ₤\u3164" + alikes)
	return rapid.StringOf(rapid.OneOf(rapid.SampledFrom(special), rapid.Rune()))
}

func TestFoldingAFoldedTextChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		once := folded(texts().Draw(t, "text"))
		if twice := folded(once); twice != once {
			t.Fatalf("%q folds to %q", once, twice)
		}
	})
}

func FuzzFold(f *testing.F) {
	for _, s := range []string{"sh1t", "a$$", "5!a 1", "加 v x", "f.r.e.e", "ñ\u0303", "\xffa", "🇫🇷", "İstanbul ẞ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := folded(s)
		if twice := folded(once); twice != once {
			t.Errorf("%q folds to %q and that to %q", s, once, twice)
		}
		if len(once) > 20*len(s)+20 || strings.ContainsRune(once, '\u200b') {
			t.Errorf("%q folds to %q", s, once)
		}
	})
}
