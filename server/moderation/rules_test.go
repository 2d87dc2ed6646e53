package moderation

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"vitrine/server/wire"
)

// rulesOnly are the default rules without the classifier.
func rulesOnly(r *Rules) { r.Hold, r.NewHold, r.Shadow, r.Block = 2, 2, 2, 2 }

const known = 30 * 24 * time.Hour

func verdict(t *testing.T, j *Judge, b *Book, text string) Verdict {
	t.Helper()
	return j.Judge(Message{Room: wire.ShowID("r"), Person: text, Text: text, Age: known}, b, noon)
}

func TestBlockedWordsAreFoundHoweverTheyAreWritten(t *testing.T) {
	j, b := New(Config{}), compiled(t, rulesOnly)
	for _, c := range []struct {
		text string
		want Outcome
	}{
		{"you idiot", Hold},
		{"you IDIOTS!", Hold},
		{"1d10t", Hold},
		{"i d i o t", Hold},
		{"i.d.i.o.t", Hold},
		{"id.iot", Hold},
		{"id\u200biot", Hold},
		{"ídíöt", Hold},
		{"іdіоt", Hold}, // Cyrillic
		{"𝗶𝗱𝗶𝗼𝘁", Hold},
		{"iiidiooooot", Hold},
		{"🇮 🇩 🇮 🇴 🇹", Hold},
		{"a55hole", Block},
		{"@$$hole", Block},
		{"assholes everywhere", Block},
		{"sh!tty", Hold},
		{"buy  cheap...followers", Block},
		{"freemoney", Hold},
		{"f r e e m o n e y", Hold},
		{"what's app me: whatsapp me", Hold},
		{"imbécil", Hold},
		{"COÑO", Hold},
		{"加微信", Hold},
		{"加 微 信", Hold},
		{"加V", Hold},
		{"加*微*信", Hold},
		{"稳赚不赔的", Block},
		{"傻 b", Block},

		{"Scunthorpe", Publish},
		{"classic glass, assorted, Mississippi", Publish},
		{"cocktail dress with a peacock", Publish},
		{"the title of the shitake recipe", Publish},
		{"size as s or m", Publish},
		{"was hit by it", Publish},
		{"push it", Publish},
		{"no idi o t", Publish},
		{"nude lipstick", Publish},
		{"cono de helado", Publish},
		{"computadora y disputa", Publish},
		{"加vip会员", Publish},
		{"大波浪卷发", Publish},
		{"S M L XL", Publish},
		{"it's 2x1, 50% off, $20 for 3", Publish},
	} {
		if got := verdict(t, j, b, c.text); got.Outcome != c.want {
			t.Errorf("%q: %+v, want %s", c.text, got, c.want)
		}
	}
}

func TestAShopsOwnWordsGoBeforeTheBuiltInOnes(t *testing.T) {
	j := New(Config{})
	b := compiled(t, rulesOnly, func(r *Rules) {
		r.Words = []Word{{Text: "idiot", Class: Insult, Outcome: Publish}, {Text: "Läufer GmbH", Class: Spam, Outcome: Block}, {Text: "rival*", Class: Spam, Outcome: Hold}}
	})
	for text, want := range map[string]Outcome{"idiot": Publish, "laufer gmbh": Block, "l.ä.u.f.e.r gmbh": Block, "rivals": Hold, "arrival": Publish} {
		if v := verdict(t, j, b, text); v.Outcome != want {
			t.Errorf("%q: %+v, want %s", text, v, want)
		}
	}
	none := compiled(t, rulesOnly, func(r *Rules) { r.Lists = nil })
	if v := verdict(t, j, none, "gilipollas"); v.Outcome != Publish {
		t.Errorf("without lists: %+v", v)
	}
}

func TestLinksGoWhereTheShopAllows(t *testing.T) {
	j := New(Config{})
	hosts := func(r *Rules) { r.Hosts = []string{"vitrine.shop"} }
	for _, c := range []struct {
		text string
		rule LinkRule
		want Outcome
	}{
		{"see https://vitrine.shop/p/1", ListedLinks, Publish},
		{"see www.vitrine.shop", ListedLinks, Publish},
		{"去vitrine.shop看看", ListedLinks, Publish},
		{"see https://vitrine.shop/p/1", NoLink, Block},
		{"see evil.com", ListedLinks, Block},
		{"see evil.com", AnyLink, Publish},
		{"EVIL.COM/x", ListedLinks, Block},
		{"ｅｖｉｌ．ｃｏｍ", ListedLinks, Block},
		{"ev\u200bil.com", ListedLinks, Block},
		{"evil。com", ListedLinks, Block},
		{"evil (dot) com", ListedLinks, Block},
		{"evil dot com", ListedLinks, Block},
		{"evil[.]com", ListedLinks, Block},
		{"evil . com", ListedLinks, Block},
		{"https://vitrine.shop@evil.com/", ListedLinks, Block},
		{"https://vitrine.shop.evil.com/", ListedLinks, Block},
		{"evilvitrine.shop", ListedLinks, Hold},
		{"vitríne.shop/x", ListedLinks, Block},
		{"аvitrine.shop/x", ListedLinks, Block}, // the first letter is Cyrillic
		{"http://10.0.0.1/x", ListedLinks, Block},
		{"http://localhost", ListedLinks, Block},
		{"t.me/deals", ListedLinks, Block},
		{"cheap.top", ListedLinks, Hold},
		{"so nice.thank you...really", ListedLinks, Publish},
		{"it costs 19.99, or 3.50 each", ListedLinks, Publish},
		{"love it.me too", ListedLinks, Hold},
		{"Mr. Smith, size 7.5, v2.1.0", ListedLinks, Publish},
	} {
		b := compiled(t, rulesOnly, hosts, func(r *Rules) { r.Links = c.rule })
		if got := verdict(t, j, b, c.text); got.Outcome != c.want {
			t.Errorf("%s %q: %+v, want %s", c.rule, c.text, got, c.want)
		}
	}
}

func TestPhoneNumbersAndAddressesAreHeld(t *testing.T) {
	j, b := New(Config{}), compiled(t, rulesOnly)
	for text, want := range map[string]Outcome{
		"my number is 138 1234 5678":   Hold,
		"call +49 151 2345678":         Hold,
		"(555) 123-4567 x 12":          Hold,
		"06 12 34 56 78":               Hold,
		"13812345678":                  Hold,
		"①③⑧①②③④⑤⑥⑦⑧":                  Hold,
		"电话一三八一二三四五六七八":                Hold,
		"write to anna.b@example.org":  Hold,
		"anna at gmail":                Hold,
		"hi @anna, look":               Publish,
		"sizes 36 37 38 39 40 41 42":   Publish,
		"2026-11-21 20:00":             Publish,
		"it is 1,299.00 or 10,000,000": Publish,
		"order 1234567":                Publish,
		"1 2 3 4 5 6 7 8 9 10":         Publish,
		"一二三上链接":                       Publish,
		"@ 3.50 each":                  Publish,
	} {
		if got := verdict(t, j, b, text); got.Outcome != want {
			t.Errorf("%q: %+v, want %s", text, got, want)
		}
	}
}

func TestShoutingAndFloodsAreRefused(t *testing.T) {
	j, b := New(Config{}), compiled(t, rulesOnly)
	for _, c := range []struct{ text, rule string }{
		{"WHY IS NOBODY ANSWERING ME", "shouting"},
		{"ПОЧЕМУ НИКТО НЕ ОТВЕЧАЕТ МНЕ", "shouting"},
		{"XXL OR XL?", ""},
		{"I love my new NVIDIA RTX and the USB C cable", ""},
		{"为什么没有人回答我的问题呢请看看我", ""},
		{strings.Repeat("😍", 20), ""},
		{strings.Repeat("😍", 21), "emoji"},
		{strings.Repeat("😍\u200d", 21), "emoji"},
		{"h" + strings.Repeat("\u0336", 5), "marks"},
		{"việt nam, हिन्दी, ภาษาไทย", ""},
		{strings.Repeat("a ", MaxText), "length"},
		{strings.Repeat("好", MaxText), ""},
	} {
		if got := verdict(t, j, b, c.text); got.Rule != c.rule {
			t.Errorf("%.40q: %+v, want %q", c.text, got, c.rule)
		}
	}
}

func TestAnEmojiRoomTakesOnlyEmoji(t *testing.T) {
	j, b := New(Config{}), compiled(t)
	for text, want := range map[string]Outcome{
		"😍😍": Publish, "❤️ 👩‍🦰!": Publish, "🇺🇸": Publish, "👍🏽": Publish,
		"😍 nice": Block, "": Block, "!!!": Block, "好😍": Block, "7": Block,
	} {
		got := j.Judge(Message{Person: text, Text: text, Age: known, EmojiOnly: true}, b, noon)
		if got.Outcome != want {
			t.Errorf("%q: %+v, want %s", text, got, want)
		}
	}
	if v := j.Judge(Message{Text: "a word", EmojiOnly: true, Staff: true}, b, noon); v.Outcome != Publish {
		t.Errorf("staff: %+v", v)
	}
}

func TestNewAccountsAreJudgedMoreStrictly(t *testing.T) {
	j, b := New(Config{}), compiled(t, rulesOnly, func(r *Rules) { r.Links = AnyLink })
	for _, text := range []string{"see evil.com", "write to anna@example.org"} {
		old := j.Judge(Message{Person: "old", Text: text, Age: time.Hour}, b, noon)
		fresh := j.Judge(Message{Person: "new", Text: text, Age: time.Hour - time.Second}, b, noon)
		if strictness[fresh.Outcome] <= strictness[old.Outcome] {
			t.Errorf("%q: new %+v, old %+v", text, fresh, old)
		}
	}
	b = compiled(t, func(r *Rules) { r.Hold, r.NewHold, r.Shadow, r.Block = 2, 0.01, 2, 2 })
	if v := j.Judge(Message{Person: "old", Text: "you are trash", Age: known}, b, noon); v.Outcome != Publish || v.Score == 0 {
		t.Errorf("known, with the classifier off: %+v", v)
	}
	if v := j.Judge(Message{Person: "new", Text: "you are trash"}, b, noon); v.Outcome != Hold || v.Rule != "classifier" || v.Class != Insult {
		t.Errorf("new, with the classifier on: %+v", v)
	}
}

func TestRulesComeBackFromJSON(t *testing.T) {
	r := Rules(wire.DefaultRules())
	r.Words = []Word{{Text: "rival", Class: Spam, Outcome: Block}}
	r.Hosts = []string{"shop.example"}
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var back Rules
	if err := json.Unmarshal(text, &back); err != nil || !reflect.DeepEqual(r, back) {
		t.Errorf("%v: %s became %+v", err, text, back)
	}
}

func TestRulesThatMakeNoSenseAreRefused(t *testing.T) {
	for name, change := range map[string]func(*Rules){
		"language":  func(r *Rules) { r.Lists = []string{"xx"} },
		"no word":   func(r *Rules) { r.Words = []Word{{Text: "...", Class: Spam, Outcome: Hold}} },
		"long word": func(r *Rules) { r.Words = []Word{{Text: strings.Repeat("a", 81), Class: Spam, Outcome: Hold}} },
		"outcome":   func(r *Rules) { r.Words = []Word{{Text: "a", Class: Spam, Outcome: "explode"}} },
		"class":     func(r *Rules) { r.Words = []Word{{Text: "a", Class: "rude", Outcome: Hold}} },
		"many":      func(r *Rules) { r.Words = make([]Word, mostWords+1) },
		"links":     func(r *Rules) { r.Links = "" },
		"host":      func(r *Rules) { r.Hosts = []string{"https://shop.example"} },
		"idn":       func(r *Rules) { r.Hosts = []string{"bücher.example"} },
		"contact":   func(r *Rules) { r.Contact = "" },
		"negative":  func(r *Rules) { r.EmojiMost = -1 },
		"repeats":   func(r *Rules) { r.RepeatMost = mostSketches + 1 },
		"threshold": func(r *Rules) { r.Hold = 0 },
		"no number": func(r *Rules) { r.Block = math.NaN() },
	} {
		r := Rules(wire.DefaultRules())
		change(&r)
		if _, err := r.Compile(); wire.CodeOf(err) != wire.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}
