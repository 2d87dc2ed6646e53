package moderation

import (
	"embed"
	"fmt"
	"strings"

	"vitrine/server/wire"
)

//go:embed words/*.txt
var lists embed.FS

// Languages are those that have a built-in list.
func Languages() []string { return wire.RuleLists() }

// Words returns the built-in list of a language, nil for another.
func Words(language string) []Word {
	text, err := lists.ReadFile("words/" + language + ".txt")
	if err != nil {
		return nil
	}
	all, err := parseWords(string(text))
	if err != nil {
		panic(fmt.Sprintf("built-in words %s: %v", language, err)) // a test reads them all
	}
	return all
}

// parseWords reads lines of the form "class outcome: word, phrase of words, begin*". A # begins a comment.
func parseWords(text string) (all []Word, err error) {
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		kinds, words, ok := strings.Cut(line, ":")
		class, outcome, both := strings.Cut(kinds, " ")
		if !ok || !both {
			return nil, fmt.Errorf("the line %q does not begin with class, outcome and colon", line)
		}
		for w := range strings.SplitSeq(words, ",") {
			word := Word{Text: strings.TrimSpace(w), Class: Class(class), Outcome: Outcome(outcome)}
			if err := validateWord(word); err != nil {
				return nil, err
			}
			all = append(all, word)
		}
	}
	return all, nil
}

// trie finds the words of lists in folded texts. A space is an edge like letters are.
type trie struct {
	next map[edge]int32 // 0 for none: the root follows nothing
	ends map[int32]Word
	size int32
}

type edge struct {
	node int32
	r    rune
}

func newTrie() *trie { return &trie{next: map[edge]int32{}, ends: map[int32]Word{}} }

// add puts in a word, in the place of one that reads the same.
func (t *trie) add(w Word) {
	var f reading
	f.read(w.Text)
	node := int32(0)
	for _, u := range f.units {
		if u.gap != none {
			node = t.grow(node, ' ')
		}
		node = t.grow(node, u.r)
	}
	t.ends[node] = w
}

func (t *trie) grow(node int32, r rune) int32 {
	to, ok := t.next[edge{node, r}]
	if !ok {
		t.size++
		to = t.size
		t.next[edge{node, r}] = to
	}
	return to
}

// at returns the strictest word that begins at unit i. Spaces of the list may be missing in the text. What is one word in the list may
// be parted in the text by signs, or between single letters and around Chinese characters by anything. A letter may stand
// there a few times more than in the list.
func (t *trie) at(units []unit, i int) (found Word, ok bool) {
	const staysMost = 3
	if !units[i].start {
		return found, false
	}
	node, stays := t.letter(0, units[i]), 0
	for k := i; node != 0; {
		w, end := t.ends[node]
		if end && (units[k].end || strings.HasSuffix(w.Text, "*")) && (!ok || strictness[w.Outcome] > strictness[found.Outcome]) {
			found, ok = w, true
		}
		if k++; k == len(units) {
			break
		}
		to := t.step(node, units[k-1], units[k])
		stays++
		if to != node {
			stays = 0
		}
		if node = to; stays > staysMost {
			break
		}
	}
	return found, ok
}

// step returns the node after unit u, which follows another: the same node if u only stretches that, 0 for none.
func (t *trie) step(node int32, before, u unit) int32 {
	if over := t.next[edge{node, ' '}]; over != 0 {
		if to := t.letter(over, u); to != 0 {
			return to
		}
	}
	if u.gap == wide && (u.size > 1 || before.size > 1) && !u.solo && !before.solo {
		return 0
	}
	if to := t.letter(node, u); to != 0 {
		return to
	}
	if u.r == before.r && !digit(u.r) {
		return node
	}
	return 0
}

func (t *trie) letter(node int32, u unit) int32 {
	if to := t.next[edge{node, u.r}]; to != 0 || u.or == 0 {
		return to
	}
	return t.next[edge{node, u.or}]
}
