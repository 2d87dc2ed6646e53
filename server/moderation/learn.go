package moderation

import (
	"bytes"
	"cmp"
	"embed"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"time"

	"vitrine/server/wire"
)

//go:embed seed/*.txt
var seeds embed.FS

// seed reads the built-in examples of all languages.
func seed() (groups [][]example) {
	for _, l := range Languages() {
		text, err := seeds.ReadFile("seed/" + l + ".txt")
		if err != nil {
			panic(err) // embedded
		}
		more, err := parseExamples(string(text))
		if err != nil {
			panic(fmt.Sprintf("built-in seed %s: %v", l, err)) // a test reads them all
		}
		for _, group := range more {
			var g []example
			for _, line := range group {
				g = append(g, line.example())
			}
			groups = append(groups, g)
		}
	}
	return groups
}

// line is a text and what it is.
type line struct {
	class Class
	text  string
}

func (l line) example() example {
	var r reading
	r.read(l.text)
	r.extract()
	e := exampleOf(r.features, slices.Index(learnable[:], l.class))
	e.writing = r.writing()
	return e
}

// parseExamples reads lines of the form "class: text". An empty line parts groups: near-twins of different classes, or lines that
// say the same. A # begins a line of comment.
func parseExamples(text string) (groups [][]line, err error) {
	var group []line
	for raw := range strings.Lines(text + "\n\n") {
		raw = strings.TrimSpace(raw)
		if raw == "" && len(group) > 0 {
			groups = append(groups, group)
			group = nil
		}
		if raw == "" || raw[0] == '#' {
			continue
		}
		class, said, ok := strings.Cut(raw, ": ")
		if !ok || !slices.Contains(learnable[:], Class(class)) {
			return nil, fmt.Errorf("the line %q does not begin with a class and a colon", raw)
		}
		group = append(group, line{Class(class), said})
	}
	return groups, nil
}

// Learn takes in what a moderator decided about a text: that it is Fine, of which class, or just Harmful. The latest decision about a text
// counts, whenever it comes. The error has code Invalid for a class that cannot be learned.
func (j *Judge) Learn(text string, c Class, now time.Time) error {
	class := slices.Index(learnable[:], c)
	switch {
	case c == Harmful:
		class = harm
	case class < 0:
		return wire.Errorf(wire.Invalid, "a decision is one of fine, insult, hate, threat, sexual, scam, spam and harmful; got %.20q", c)
	}
	r := j.scratch.Get().(*reading)
	defer j.scratch.Put(r)
	r.read(text)
	r.extract()
	if len(r.features) == 0 {
		return nil
	}
	j.model.learn(decision{exampleOf(r.features, class), now.UTC().Truncate(time.Second)})
	return nil
}

// Forget takes back all that was learned before a time.
func (j *Judge) Forget(before time.Time) {
	m := j.model
	m.mu.Lock()
	defer m.mu.Unlock()
	n, _ := slices.BinarySearchFunc(m.decisions, before, func(d decision, t time.Time) int { return d.at.Compare(t) })
	m.drop(n)
}

func (m *model) learn(d decision) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if i := slices.IndexFunc(m.decisions, func(o decision) bool { return slices.Equal(o.rows, d.rows) }); i >= 0 {
		if m.decisions[i].compare(d) >= 0 {
			return
		}
		m.add([]example{m.decisions[i].example}, -1)
		m.decisions = slices.Delete(m.decisions, i, i+1)
	}
	i, _ := slices.BinarySearchFunc(m.decisions, d, decision.compare)
	m.decisions = slices.Insert(m.decisions, i, d)
	m.add([]example{d.example}, 1)
	m.drop(len(m.decisions) - m.most)
}

// compare orders decisions by time, and those of one time in some way that is always the same.
func (d decision) compare(o decision) int {
	return cmp.Or(d.at.Compare(o.at), cmp.Compare(d.class, o.class), slices.Compare(d.rows, o.rows))
}

// drop forgets the n oldest decisions.
func (m *model) drop(n int) {
	for i := range max(n, 0) {
		m.add([]example{m.decisions[i].example}, -1)
	}
	m.decisions = slices.Delete(m.decisions, 0, max(n, 0))
}

// decisionsMost is what the counts can hold.
const decisionsMost = 50_000

// stateMark begins a state; its last character is the version of how texts become rows.
const stateMark = "vitrine moderation 1"

// Export returns what was learned, without the seed: some hundred bytes a decision.
func (j *Judge) Export() []byte {
	m := j.model
	m.mu.RLock()
	defer m.mu.RUnlock()
	b := []byte(stateMark)
	for _, d := range m.decisions {
		b = binary.AppendVarint(b, d.at.Unix())
		b = append(b, byte(d.class))
		b = binary.AppendUvarint(b, uint64(len(d.rows)))
		for _, row := range d.rows {
			b = binary.BigEndian.AppendUint16(b, row)
		}
	}
	return b
}

// Import puts what Export returned in the place of all that was learned. The error has code Invalid, and then nothing has changed.
func (j *Judge) Import(state []byte) error {
	all, err := parseState(state)
	if err != nil {
		return err
	}
	m := j.model
	m.mu.Lock()
	defer m.mu.Unlock()
	m.drop(len(m.decisions))
	m.decisions = all
	for _, d := range all {
		m.add([]example{d.example}, 1)
	}
	m.drop(len(all) - m.most)
	return nil
}

// Merge adds what another has learned, as its Export returned it. Whoever merges what the others have learned knows the same as they.
// The error has code Invalid, and then nothing has changed.
func (j *Judge) Merge(state []byte) error {
	all, err := parseState(state)
	for _, d := range all {
		j.model.learn(d)
	}
	return err
}

var errState = wire.Errorf(wire.Invalid, "this is no state of the moderation, or one of another version")

func parseState(b []byte) (all []decision, err error) {
	b, ok := bytes.CutPrefix(b, []byte(stateMark))
	if !ok {
		return nil, errState
	}
	for len(b) > 0 {
		at, n := binary.Varint(b)
		if n <= 0 || len(b) < n+2 || at < 0 || at > 1<<40 || int(b[n]) >= cells {
			return nil, errState
		}
		d := decision{at: time.Unix(at, 0).UTC()}
		d.class = int(b[n])
		b = b[n+1:]
		size, n := binary.Uvarint(b)
		if n <= 0 || size > featuresMost || len(b) < n+2*int(size) {
			return nil, errState
		}
		for b = b[n:]; size > 0; size-- {
			d.rows = append(d.rows, binary.BigEndian.Uint16(b))
			b = b[2:]
		}
		ordered := slices.IsSortedFunc(d.rows, func(a, b uint16) int {
			if a <= b { // not twice, either
				return -1
			}
			return 1
		})
		if !ordered || len(all) > 0 && d.compare(all[len(all)-1]) <= 0 || len(all) == decisionsMost {
			return nil, errState
		}
		all = append(all, d)
	}
	return all, nil
}
