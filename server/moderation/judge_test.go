package moderation

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"vitrine/server/wire"
)

func TestTheSamePersonIsHeardTwice(t *testing.T) {
	j, b := New(Config{}), compiled(t, rulesOnly)
	said := func(person, text string, after time.Duration) string {
		t.Helper()
		return j.Judge(Message{Room: "r", Person: person, Text: text, Age: known}, b, noon.Add(after)).Rule
	}
	for i, c := range []struct {
		person, text string
		after        time.Duration
		rule         string
	}{
		{"anna", "is the green one still in stock", 0, ""},
		{"anna", "is the green one still in stock", 1, ""},
		{"anna", "is the green one still in stock", 2, "repeat"},
		{"anna", "Is the GREEN one still in stock???", 3, "repeat"},
		{"anna", "is the green 0ne still in st0ck", 4, "repeat"},
		{"anna", "is the green one still in stock please", 5, "repeat"},
		{"anna", "how long is the cable of the lamp", 6, ""},
		{"bert", "is the green one still in stock", 7, ""},
		{"anna", "is the green one still in stock", 66, ""},
		{"carl", "yes", 0, ""},
		{"carl", "yes", 1, ""},
		{"carl", "yes", 2, ""},
	} {
		if got := said(c.person, c.text, c.after*time.Second); got != c.rule {
			t.Errorf("%d: %s %q: rule %q, want %q", i, c.person, c.text, got, c.rule)
		}
	}
}

func TestWhoWritesTooFastIsStopped(t *testing.T) {
	j, b := New(Config{}), compiled(t, rulesOnly)
	say := func(i int, after time.Duration) Verdict {
		return j.Judge(Message{Room: "r", Person: "p", Text: fmt.Sprint(i), Age: known}, b, noon.Add(after))
	}
	for i := range 30 {
		if v := say(i, time.Duration(i)*time.Second); v.Outcome != Publish {
			t.Fatalf("text %d: %+v", i, v)
		}
	}
	if v := say(30, 30*time.Second); v.Rule != "rate" || v.Outcome != Block || v.Words == "" {
		t.Errorf("the 31st within a minute: %+v", v)
	}
	if v := say(31, 2*time.Minute); v.Outcome != Publish {
		t.Errorf("later: %+v", v)
	}
}

func TestARaidIsHeldFromItsFifthVoiceOn(t *testing.T) {
	j, b := New(Config{}), compiled(t, rulesOnly)
	say := func(person int, text string) Verdict {
		return j.Judge(Message{Room: "r", Person: fmt.Sprint(person), Text: text, Age: known}, b, noon.Add(time.Duration(person)*time.Second))
	}
	const paste = "everybody leave this show and come over to the blue channel right now"
	for i := range 8 {
		v := say(i, fmt.Sprintf("%s %s", paste, strings.Repeat("!", i)))
		if want := i >= 4; (v.Rule == "raid") != want {
			t.Errorf("voice %d: %+v", i, v)
		}
	}
	for i := range 8 {
		if v := say(20+i, "how much is it"); v.Outcome != Publish {
			t.Errorf("a question that many have: %+v", v)
		}
		if v := say(40+i, fmt.Sprintf("a longer text of which every one is about another thing: %x", uint32(i)*2654435761)); i == 3 && v.Outcome != Publish {
			t.Errorf("similar texts: %+v", v)
		}
	}
	if v := j.Judge(Message{Room: "other", Person: "x", Text: paste, Age: known}, b, noon); v.Outcome != Publish {
		t.Errorf("another room: %+v", v)
	}
}

func TestMemoryOfPersonsIsBounded(t *testing.T) {
	var g generations[int, int]
	for i := range 5 * remembered {
		g.put(i, &i)
		if i > 0 && g.at(0) == nil {
			t.Fatal("one that is used all the time was forgotten")
		}
	}
	if len(g.young)+len(g.old) > 2*remembered {
		t.Errorf("%d and %d remembered", len(g.young), len(g.old))
	}
	if g.at(1) != nil || g.at(5*remembered-1) == nil {
		t.Error("the wrong ones were forgotten")
	}
}

// The judge is shared: what it remembers of others must not matter, so each text is said by somebody else in another room.
func TestWhatCannotBeSeenChangesNoVerdict(t *testing.T) {
	j, b, n := New(Config{}), compiled(t), 0
	said := func(text string, emojiOnly bool) Verdict {
		n++
		return j.Judge(Message{Room: wire.ShowID(fmt.Sprint(n)), Person: "p", Text: text, EmojiOnly: emojiOnly}, b, noon)
	}
	hidden := []rune("\u200b\u200c\u200d\u2060\ufeff\u00ad\ufe0f\u034f\u115f\u3164\u202e\U000e0041\U000e0100")
	some := []string{"you idiot", "see https://evil.com/x", "call 138 1234 5678", "a@b.example", "加微信", "HELLO EVERYBODY IN THIS ROOM", "😍😍", "free m0ney a$$", "you are trash"}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.SampledFrom(some), texts()).Draw(t, "text")
		if !utf8.ValidString(text) || utf8.RuneCountInString(text) > MaxText/2 {
			t.Skip("chat refuses it before")
		}
		var with strings.Builder
		for _, r := range text {
			for range rapid.IntRange(0, 1).Draw(t, "times") {
				with.WriteRune(rapid.SampledFrom(hidden).Draw(t, "hidden"))
			}
			with.WriteRune(r)
		}
		emojiOnly := rapid.Bool().Draw(t, "emojiOnly")
		if plain, got := said(text, emojiOnly), said(with.String(), emojiOnly); plain != got {
			t.Fatalf("%q: %+v, but %q: %+v", text, plain, with.String(), got)
		}
	})
}

func TestEveryReasonIsASentence(t *testing.T) {
	for _, c := range []Class{Insult, Hate, Threat, Sexual, Scam, Spam, Contact} {
		rule := "word"
		if c == Contact {
			rule = "contact"
		}
		if v := (Verdict{Class: c, Rule: rule}).worded(); v.Key == "" || !strings.HasSuffix(v.Words, ".") {
			t.Errorf("%s: %+v", c, v)
		}
	}
}

func TestManyRoomsAreJudgedAtOnce(t *testing.T) {
	j, b := New(Config{Decisions: 20}), compiled(t)
	lines := corpus(t, "decisions.txt")
	var all sync.WaitGroup
	for room := range 4 {
		all.Go(func() {
			for i, l := range lines {
				at := noon.Add(time.Duration(i) * time.Second)
				j.Judge(Message{Room: wire.ShowID(fmt.Sprint(room)), Person: fmt.Sprint(i % 7), Text: l.text}, b, at)
				if i%5 == room {
					if err := j.Learn(l.text, l.class, at); err != nil {
						t.Error(err)
					}
				}
				if i%50 == 0 {
					if err := j.Import(j.Export()); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	all.Wait()
}

func FuzzJudge(f *testing.F) {
	j, b, n := New(Config{}), compiled(f, func(r *Rules) { r.Hosts = []string{"shop.example"} }), 0
	for _, s := range []string{"", "you idiot", "see https://evil.com/x", "http://", "://", "a@b.c", "+1 234 567 890", "加微信", "\xff.com", "😍", "f u c k", "...", "a.b.", "x@", " . ", "(.)"} {
		f.Add(s, false)
	}
	f.Fuzz(func(t *testing.T, text string, emojiOnly bool) {
		n++
		v := j.Judge(Message{Room: "r", Person: fmt.Sprint(n), Text: text, EmojiOnly: emojiOnly}, b, noon.Add(time.Duration(n)*time.Second))
		if _, ok := strictness[v.Outcome]; !ok || v.Score < 0 || v.Score > 1 || (v.Outcome == Publish) != (v.Rule == "") || (v.Rule != "") != (v.Words != "") {
			t.Errorf("%q: %+v", text, v)
		}
	})
}

func BenchmarkJudge(b *testing.B) {
	j, book := New(Config{}), compiled(b)
	lines := seedLines(b)
	persons := make([]string, 5000)
	for i := range persons {
		persons[i] = fmt.Sprint("person ", i)
	}
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		j.Judge(Message{Room: "r", Person: persons[i*7919%len(persons)], Text: lines[i%len(lines)].text, Age: known}, book, noon.Add(time.Duration(i)*3*time.Millisecond))
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "texts/s")
}

func BenchmarkNew(b *testing.B) {
	for range b.N {
		New(Config{})
	}
}

func BenchmarkCompile(b *testing.B) {
	for range b.N {
		if _, err := Rules(wire.DefaultRules()).Compile(); err != nil {
			b.Fatal(err)
		}
	}
}

func TestATextThatIsTriedIsJudgedButNotNoted(t *testing.T) {
	j, b := New(Config{}), compiled(t)
	m := Message{Room: "show", Person: "x", Text: "is the large bracelet with the green stone still to be had", Age: known}
	for range 100 {
		if v := j.Try(m, b); v.Outcome != Publish {
			t.Fatalf("tried: %+v", v)
		}
	}
	if v := j.Judge(m, b, noon); v.Outcome != Publish {
		t.Errorf("said for the first time: %+v", v)
	}
	m.Text = "gilipollas"
	if tried, said := j.Try(m, b), j.Judge(m, b, noon); tried.Outcome == Publish || tried != said {
		t.Errorf("tried: %+v, said: %+v", tried, said)
	}
}
