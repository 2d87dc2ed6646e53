package chat

import (
	"testing"
	"unicode/utf8"

	"vitrine/server/wire"
)

func TestWhatCannotBeSeenIsLeftOut(t *testing.T) {
	for _, c := range []struct{ typed, read string }{
		{" a \n\n b\t", "a b"},
		{"a\u200bb\u2060c\ufeff", "abc"},
		{"\u202egnp.exe", "gnp.exe"},
		{"a\u0300\u0301\u0302\u0303\u0304\u0305\u0306", "à\u0301\u0302\u0303\u0304"},
		{"👩\u200d👩\u200d👧", "👩\u200d👩\u200d👧"},
		{"a\u200db", "ab"},
		{"می\u200cخواهم", "می\u200cخواهم"},
		{"e\u0301", "é"},
		{"<b>hi</b>", "<b>hi</b>"}, // markup is text
		{"你好　世界", "你好 世界"},
	} {
		if got, err := clean("it", c.typed, 100); got != c.read || err != nil {
			t.Errorf("%+q is read as %+q, %v", c.typed, got, err)
		}
	}
}

func TestNamesThatLookAlikeAreTheSame(t *testing.T) {
	for _, c := range [][2]string{{"Anna", "ANNA"}, {"Anna", "Аnnа"}, {"Bill", "Bi11"}, {"Zoë", "zoe"}, {"Ann a", "Anna"}, {"ＡＢＣ", "abc"}, {"I1l", "lll"}} {
		if fold(c[0]) != fold(c[1]) {
			t.Errorf("%q is %q and %q is %q", c[0], fold(c[0]), c[1], fold(c[1]))
		}
	}
	if fold("Anna") == fold("Hanna") || fold("小明") == fold("小红") {
		t.Error("different names are the same")
	}
}

// FuzzClean finds texts that are not what clean says, or that rules cannot take.
func FuzzClean(f *testing.F) {
	for _, s := range []string{"a", "👩‍👩‍👧 a\u0301", "@ann hi @", "\xff", "مرحبا\u200c", "size M?"} {
		f.Add(s)
	}
	t2 := &tx{state: &state{folds: map[string]wire.Alias{fold("ann"): "x"}}}
	f.Fuzz(func(t *testing.T, typed string) {
		read, err := clean("it", typed, wire.MaxLine)
		if err != nil {
			return
		}
		if again, err := clean("it", read, wire.MaxLine); err != nil || again != read {
			t.Errorf("%+q is read as %+q, and that as %+q, %v", typed, read, again, err)
		}
		if n := utf8.RuneCountInString(read); !utf8.ValidString(read) || n == 0 || n > wire.MaxLine {
			t.Errorf("%+q is read as %+q", typed, read)
		}
		if b := bagOf(read); len(b.words) > 0 && b.like(b) < 0.7 {
			t.Errorf("%+q is not like itself: %v", read, b.words)
		}
		t2.mentions(read)
	})
}
