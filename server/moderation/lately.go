package moderation

import (
	"slices"
	"sync"
	"time"

	"vitrine/server/wire"
)

const (
	// sketchSize is how many of a text's smallest hashes are its sketch.
	sketchSize = 16
	// mostSketches is how many texts of a person are compared with.
	mostSketches = 4
	// alikeFrom is the similarity (Jaccard) from which on two texts are nearly the same.
	alikeFrom = 0.75
	// repeatFrom is how many pieces a text must have to count as a repeat: "yes", "+1" and "size M" are said again and again.
	repeatFrom = 10
	// raidFrom is the same for what several people say: "how much is it" is asked by many.
	raidFrom = 60
	// remembered is how many persons, and how many texts, a generation of memory holds: a few tens of megabytes at the most.
	remembered = 20_000
)

// sketch stands for a text in comparisons: the smallest of its hashes (a bottom-k sketch after Broder 1997 and Cohen and Kaplan
// 2007), which tell how similar two texts are.
type sketch struct {
	size int
	all  [sketchSize]uint32
}

func sketchOf(features []uint32) (s sketch) {
	s.size = copy(s.all[:], features)
	return s
}

// similar estimates the Jaccard similarity of what two sketches were made of, 0 to 1.
func (s sketch) similar(o sketch) float64 {
	both, union, a, b := 0, 0, 0, 0
	for union < sketchSize && (a < s.size || b < o.size) {
		switch {
		case b == o.size || a < s.size && s.all[a] < o.all[b]:
			a++
		case a == s.size || o.all[b] < s.all[a]:
			b++
		default:
			both++
			a++
			b++
		}
		union++
	}
	if union == 0 {
		return 0
	}
	return float64(both) / float64(union)
}

// generations is a map that forgets what was not used lately: when the young half is full, the old half goes.
type generations[K comparable, V any] struct{ young, old map[K]*V }

// at returns the value of a key, nil if it is not remembered.
func (g *generations[K, V]) at(k K) *V {
	if v, ok := g.young[k]; ok {
		return v
	}
	v, ok := g.old[k]
	if ok {
		g.put(k, v)
	}
	return v
}

func (g *generations[K, V]) put(k K, v *V) {
	if g.young == nil || len(g.young) >= remembered {
		g.young, g.old = map[K]*V{}, g.young
	}
	g.young[k] = v
}

// lately remembers what was said lately.
type lately struct {
	mu      sync.Mutex
	persons generations[author, habit]
	texts   generations[shared, chorus]
}

type author struct {
	room   wire.ShowID
	person string
}

// habit is what somebody said lately.
type habit struct {
	times []int64 // of all texts within the rate's window, in Unix ms, the oldest first
	said  [mostSketches]struct {
		sketch sketch
		at     time.Time
	}
	next int
}

// shared is a room and one of the hashes that a text is found again by.
type shared struct {
	room wire.ShowID
	hash uint64
}

// chorus is a text and who said nearly the same.
type chorus struct {
	sketch sketch
	voices []voice
}

type voice struct {
	person string
	at     time.Time
}

func (l *lately) judge(v Verdict, m Message, rules Rules, r *reading, now time.Time) Verdict {
	s := sketchOf(r.features)
	l.mu.Lock()
	defer l.mu.Unlock()
	a := author{m.Room, m.Person}
	h := l.persons.at(a)
	if h == nil {
		h = new(habit)
		l.persons.put(a, h)
	}
	if rules.RateMost > 0 && h.count(now, seconds(rules.RateSeconds)) > rules.RateMost {
		v = v.stricter(Block, Flood, "rate", "")
	}
	if rules.RepeatMost > 0 && len(r.features) >= repeatFrom && h.repeats(s, now, seconds(rules.RepeatSeconds)) >= rules.RepeatMost {
		v = v.stricter(Block, Flood, "repeat", "")
	}
	if rules.RaidPersons > 0 && len(r.features) >= raidFrom && l.voices(m, s, now, seconds(rules.RaidSeconds)) >= rules.RaidPersons {
		v = v.stricter(Hold, Spam, "raid", "")
	}
	return v
}

func seconds(n int) time.Duration { return time.Duration(n) * time.Second }

// count counts this text and those before it within the window.
func (h *habit) count(now time.Time, window time.Duration) int {
	h.times = slices.DeleteFunc(h.times, func(at int64) bool { return now.UnixMilli()-at >= window.Milliseconds() })
	if len(h.times) <= mostTimes {
		h.times = append(h.times, now.UnixMilli())
	}
	return len(h.times)
}

// repeats tells how many of the last texts within the window were nearly the same, and remembers this one.
func (h *habit) repeats(s sketch, now time.Time, window time.Duration) (n int) {
	for _, old := range h.said {
		if now.Sub(old.at) < window && s.similar(old.sketch) >= alikeFrom {
			n++
		}
	}
	h.said[h.next].sketch, h.said[h.next].at = s, now
	h.next = (h.next + 1) % mostSketches
	return n
}

// voices tells how many people, with this one, said nearly the same within the window.
func (l *lately) voices(m Message, s sketch, now time.Time, window time.Duration) int {
	keys := s.keys()
	var c *chorus
	for _, k := range keys {
		if old := l.texts.at(shared{m.Room, k}); old != nil && s.similar(old.sketch) >= alikeFrom {
			c = old
			break
		}
	}
	if c == nil {
		c = &chorus{sketch: s}
		for _, k := range keys {
			l.texts.put(shared{m.Room, k}, c)
		}
	}
	c.voices = slices.DeleteFunc(c.voices, func(o voice) bool { return now.Sub(o.at) >= window || o.person == m.Person })
	if len(c.voices) < mostPersons {
		c.voices = append(c.voices, voice{m.Person, now})
	}
	return len(c.voices)
}

// keys are hashes of which two texts that are nearly the same are likely to share one: of the whole sketch, and the smallest hash of
// each of three parts.
func (s sketch) keys() (keys [4]uint64) {
	for _, h := range s.all[:s.size] {
		keys[3] = (keys[3] ^ uint64(h)) * 1099511628211
		if part := h % 3; keys[part] == 0 {
			keys[part] = uint64(h) | uint64(part+1)<<32
		}
	}
	return keys
}
