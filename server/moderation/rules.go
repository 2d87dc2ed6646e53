package moderation

import (
	"slices"
	"strings"
	"unicode/utf8"

	"vitrine/server/wire"
)

// The words for rules are those of the wire contract, for whoever edits them.
type (
	// Word is an entry of a list of blocked words. Outcome Publish takes a word out of the built-in lists.
	Word = wire.BlockedWord
	// LinkRule says which links people may send. The staff may send any.
	LinkRule = wire.LinkRule
)

// Rules for links.
const (
	AnyLink     = wire.AnyLink
	ListedLinks = wire.ListedLinks
	NoLink      = wire.NoLink
)

// Rules are what a shop may change about moderation. Begin with wire.DefaultRules, also when reading JSON, so that what is not said stays as it
// is there.
type Rules wire.Rules

// Bounds of what rules may hold.
const (
	mostWords   = 5000
	mostHosts   = 1000
	mostCount   = 1000
	mostSeconds = 30 * 24 * 3600
	// mostPersons is how many authors of one text are told apart.
	mostPersons = 16
	// mostTimes is how many of a person's texts are remembered.
	mostTimes = 60
)

// Validate reports what is wrong with the rules, with code Invalid.
func (r Rules) Validate() error {
	for _, l := range r.Lists {
		if !slices.Contains(Languages(), l) {
			return wire.Errorf(wire.Invalid, "there is no list of words for the language %.20q: it takes %s", l, strings.Join(Languages(), ", "))
		}
	}
	if len(r.Words) > mostWords || len(r.Hosts) > mostHosts {
		return wire.Errorf(wire.Invalid, "rules hold at most %d words and %d hosts", mostWords, mostHosts)
	}
	for _, w := range r.Words {
		if err := validateWord(w); err != nil {
			return err
		}
	}
	if !slices.Contains([]LinkRule{AnyLink, ListedLinks, NoLink}, r.Links) {
		return wire.Errorf(wire.Invalid, "links are %q, %q or %q", AnyLink, ListedLinks, NoLink)
	}
	for _, h := range r.Hosts {
		other := func(r rune) bool { return r >= utf8.RuneSelf || !hostByte(byte(r)) }
		if !strings.Contains(h, ".") || strings.ContainsFunc(h, other) {
			return wire.Errorf(wire.Invalid, "a host is written as shop.example, in small letters of ASCII and without https:// or a path; got %.80q", h)
		}
	}
	if _, ok := strictness[r.Contact]; !ok {
		return wire.Errorf(wire.Invalid, "phone numbers and e-mail addresses take one of the outcomes publish, hold, shadow and block")
	}
	return r.validateNumbers()
}

func (r Rules) validateNumbers() error {
	for _, n := range []struct {
		name       string
		value, top int
	}{
		{"capsLength", r.CapsLength, MaxText},
		{"capsPercent", r.CapsPercent, 100},
		{"emojiMost", r.EmojiMost, MaxText},
		{"repeatMost", r.RepeatMost, mostSketches},
		{"rateMost", r.RateMost, mostTimes},
		{"raidPersons", r.RaidPersons, mostPersons},
		{"repeatSeconds", r.RepeatSeconds, mostCount},
		{"rateSeconds", r.RateSeconds, mostCount},
		{"raidSeconds", r.RaidSeconds, mostCount},
		{"newSeconds", r.NewSeconds, mostSeconds},
	} {
		if n.value < 0 || n.value > n.top {
			return wire.Errorf(wire.Invalid, "%s goes from 0 to %d; got %d", n.name, n.top, n.value)
		}
	}
	for _, t := range []float64{r.Hold, r.NewHold, r.Shadow, r.Block} {
		if !(t > 0 && t <= 2) { // refuses what is no number, too
			return wire.Errorf(wire.Invalid, "the thresholds hold, newHold, shadow and block are above 0 and at most 1, or 2 for never")
		}
	}
	return nil
}

func validateWord(w Word) error {
	var f reading
	f.read(w.Text)
	if len(f.units) == 0 || utf8.RuneCountInString(w.Text) > wire.LongestWord {
		return wire.Errorf(wire.Invalid, "a blocked word has 1 to %d characters, with letters or emoji among them; got %.80q", wire.LongestWord, w.Text)
	}
	if _, ok := strictness[w.Outcome]; !ok {
		return wire.Errorf(wire.Invalid, "the word %q takes one of the outcomes publish, hold, shadow and block", w.Text)
	}
	if !slices.Contains(wire.WordClasses(), w.Class) {
		return wire.Errorf(wire.Invalid, "the word %q takes one of the classes insult, hate, threat, sexual, scam, spam and contact", w.Text)
	}
	return nil
}

// Book is Rules made ready for judging. It never changes and is safe for concurrent use.
type Book struct {
	rules Rules
	trie  *trie
	hosts map[string]bool
}

// Compile validates the rules and makes them ready, which takes about a millisecond: do it once for each change.
func (r Rules) Compile() (*Book, error) {
	if err := r.Validate(); err != nil {
		return nil, err
	}
	b := &Book{rules: r, trie: newTrie(), hosts: map[string]bool{}}
	for _, l := range r.Lists {
		for _, w := range Words(l) {
			b.trie.add(w)
		}
	}
	for _, w := range r.Words {
		b.trie.add(w)
	}
	for _, h := range r.Hosts {
		b.hosts[h] = true
	}
	return b, nil
}

// words looks for blocked words.
func (b *Book) words(v Verdict, r *reading) Verdict {
	for i := range r.units {
		if w, ok := b.trie.at(r.units, i); ok {
			v = v.stricter(w.Outcome, w.Class, "word", w.Text)
		}
	}
	return v
}

// shape looks at what a text looks like, whatever it says.
func (b *Book) shape(v Verdict, m Message, r *reading) Verdict {
	if m.EmojiOnly && (r.emoji == 0 || r.words > 0) {
		v = v.stricter(Block, Mode, "emoji_only", "")
	}
	if r.marks > marksMost {
		v = v.stricter(Block, Flood, "marks", "")
	}
	if b.rules.EmojiMost > 0 && r.emoji > b.rules.EmojiMost {
		v = v.stricter(Block, Flood, "emoji", "")
	}
	if n := b.rules.CapsLength; n > 0 && r.cased >= n && r.capitals*100 >= r.cased*b.rules.CapsPercent {
		v = v.stricter(Block, Flood, "shouting", "")
	}
	return v
}
