package cmd

import (
	"math"
	"testing"
)

// stretch is what one viewer went through between two times.
type stretch struct {
	from, to float64 // ms since 1970
	seen     seen
	series   []counters
}

func (s stretch) seconds() float64 { return (s.to - s.from) / 1000 }

// times are when frames came on screen. A page that was too busy to hear of each frame learns later how many there were:
// those are spread evenly, for a report that is missed is no frame that is missed.
func (s stretch) times() (at []float64) {
	for i, f := range s.seen.Shown {
		if i > 0 {
			before := s.seen.Shown[i-1]
			n := f.Presented - before.Presented
			for k := 1.0; k < n && n < 1000; k++ {
				at = append(at, before.At+(f.At-before.At)*k/n)
			}
		}
		at = append(at, f.At)
	}
	return at
}

// fps is frames on screen a second.
func (s stretch) fps() float64 {
	n := 0
	for _, at := range s.times() {
		if at >= s.from && at < s.to {
			n++
		}
	}
	return float64(n) / s.seconds()
}

// gap is a time without a new frame, in ms.
type gap struct{ from, to float64 }

// gaps are the times between frames inside the stretch, the last one up to its end.
func (s stretch) gaps() (g []gap) {
	last := s.from
	for _, at := range append(s.times(), s.to) {
		if at > last {
			g = append(g, gap{last, min(at, s.to)})
			last = at
		}
		if at >= s.to {
			break
		}
	}
	return g
}

// freezes are the gaps longer than three times the usual and than the usual and 150 ms (W3C webrtc-stats, freezeCount). What
// is usual is the show's 30 frames a second: WebRTC's own mean of the last 30 frames forgives a picture that is always slow,
// takes frames for shown that were decoded too late to be, and counts no freeze before it has ended.
func (s stretch) freezes() (f []gap) {
	const usual = 1000.0 / 30
	for _, g := range s.gaps() {
		if g.to-g.from > max(3*usual, usual+150) {
			f = append(f, g)
		}
	}
	return f
}

// length is the sum of gaps in seconds, and the longest.
func length(gaps []gap) (sum, longest float64) {
	for _, g := range gaps {
		sum, longest = sum+(g.to-g.from)/1000, max(longest, (g.to-g.from)/1000)
	}
	return sum, longest
}

// latencies of the frames inside the stretch, in ms, sorted.
func (s stretch) latencies() []float64 {
	within := seen{}
	for _, f := range s.seen.Frames {
		if f.Shown >= s.from && f.Shown < s.to {
			within.Frames = append(within.Frames, f)
		}
	}
	return within.latencies()
}

// counted is by how much the counters grew inside the stretch, and in how many seconds.
func (s stretch) counted() (grown counters, seconds float64) {
	var first, last *counters
	for i := range s.series {
		c := &s.series[i]
		if c.At >= s.from && c.At <= s.to {
			if first == nil {
				first = c
			}
			last = c
		}
	}
	if first == nil || first == last {
		return grown, s.seconds()
	}
	return counters{
		Sessions: last.Sessions - first.Sessions, Frames: last.Frames - first.Frames, Freezes: last.Freezes - first.Freezes,
		Frozen: last.Frozen - first.Frozen, Samples: last.Samples - first.Samples, Concealed: last.Concealed - first.Concealed,
		Silent: last.Silent - first.Silent, Gaps: last.Gaps - first.Gaps,
	}, (last.At - first.At) / 1000
}

// concealed is the share of sound that was made up: all, with the time in which nothing was played, and what could be heard
// of it, which is what WebRTC counts as concealed and not silent.
func (s stretch) concealed() (all, audible float64) {
	const rate, accuracy = 48000, 0.01
	c, seconds := s.counted()
	missing := rate*seconds - c.Samples
	if missing < accuracy*rate*seconds {
		missing = 0 // the counters are read a little off their time
	}
	all = (c.Concealed + missing) / (c.Samples + missing)
	if c.Samples > 0 {
		audible = (c.Concealed - c.Silent) / c.Samples
	}
	return all, audible
}

// heights are the heights of pictures shown inside the stretch, in order of time.
func (s stretch) heights() (h []shown) {
	for _, f := range s.seen.Shown {
		if f.At >= s.from && f.At < s.to {
			h = append(h, f)
		}
	}
	return h
}

func TestAStretchCountsWhatAViewerWentThrough(t *testing.T) {
	const frame = 1000.0 / 30
	s := stretch{from: 1000, to: 11_000}
	at, presented := 0.0, 0.0
	show := func() { s.seen.Shown = append(s.seen.Shown, shown{At: at, Presented: presented}) }
	for at < 10_500 {
		at, presented = at+frame, presented+1
		switch {
		case presented == 60: // one report is missed
		case presented == 150: // the picture stands for a second
			at += 1000
			show()
		default:
			show()
		}
	}
	freezes := s.freezes()
	sum, longest := length(freezes)
	if len(freezes) != 2 || math.Abs(longest-1-frame/1000) > 1e-6 || sum < 1.5 || sum > 1.6 {
		t.Errorf("a freeze of 1 s and one of ½ s that has not ended are counted as %v", freezes)
	}
	if fps := s.fps(); math.Abs(fps-8.5*3) > 0.2 {
		t.Errorf("%.2f frames a second", fps)
	}
	none := stretch{from: 0, to: 1000}
	if sum, _ := length(none.freezes()); sum != 1 {
		t.Errorf("no picture at all is frozen for %v of 1 s", sum)
	}
	if all, _ := none.concealed(); all != 1 {
		t.Errorf("no sound at all is concealed by %v", all)
	}
	none.series = []counters{{At: 0}, {At: 500, Samples: 12_000, Concealed: 6000, Silent: 3000}}
	if all, audible := none.concealed(); all != 0.75 || audible != 0.25 {
		t.Errorf("half a second, half of which was played, half of that made up: %v and %v", all, audible)
	}
}
