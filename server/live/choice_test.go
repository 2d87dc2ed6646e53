package live

import (
	"encoding/hex"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/rtp"

	"vitrine/server/wire"
)

// narrow is a viewer's way out over a link that is slow, loses and delays, and the viewer that reports what comes.
type narrow struct {
	t    *testing.T
	way  *way
	back func(message []byte)

	mu     sync.Mutex
	rate   float64 // bits a second of picture
	drop   float64
	random *rand.Rand
	next   uint16
	idle   time.Time
	coming []coming
	got    []coming
	to     recipient
	number uint16
	time   uint32
	begun  bool
}

type coming struct {
	at     time.Time
	number uint16
	layer  byte
	fresh  bool // sent for the first time
	bytes  int
}

const (
	narrowQueue = 300 * time.Millisecond
	narrowDelay = 20 * time.Millisecond
)

func (n *narrow) rtp(h *head, payload []byte) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	now, size := time.Now(), len(payload)+60
	if !h.repeats {
		if n.begun && (uint16(h.number) != n.number+1 || int32(h.time-n.time) < 0) {
			n.t.Errorf("packet %d at %d follows %d at %d", uint16(h.number), h.time, n.number, n.time)
		}
		n.number, n.time, n.begun = uint16(h.number), h.time, true
	}
	if !h.counted {
		n.t.Error("a packet that nobody counts")
	}
	n.way.leaves(n.next, size, now)
	n.next++
	if n.idle.Before(now) {
		n.idle = now
	}
	if n.idle.Sub(now) > narrowQueue {
		return size
	}
	n.idle = n.idle.Add(time.Duration(float64(8*size) / n.rate * float64(time.Second)))
	if n.random.Float64() >= n.drop {
		n.coming = append(n.coming, coming{n.idle.Add(narrowDelay), n.next - 1, payload[len(payload)-1], !h.repeats, size})
	}
	return size
}

func (n *narrow) last() []byte        { return nil }
func (n *narrow) repeat([]byte)       {}
func (n *narrow) nextCounted() uint16 { return n.next }
func (n *narrow) rtcp([]byte)         {}

func (n *narrow) set(rate, drop float64) {
	n.mu.Lock()
	n.rate, n.drop = rate, drop
	n.mu.Unlock()
}

// report reports what has come, every 100 ms, until the test ends.
func (n *narrow) report() {
	for range time.Tick(100 * time.Millisecond) {
		if n.t.Context().Err() != nil {
			return
		}
		n.mu.Lock()
		for len(n.coming) > 0 && n.coming[0].at.Before(time.Now()) {
			n.to.got(n.coming[0].number, n.coming[0].at)
			n.got = append(n.got, n.coming[0])
			n.coming = n.coming[1:]
		}
		messages := n.to.report(n.t)
		n.mu.Unlock()
		for _, m := range messages {
			n.back(m)
		}
	}
}

// since returns what came since a time: how long after it each layer came first, and what came in all.
func (n *narrow) since(from time.Time) (first map[byte]time.Duration, bytes int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	first = map[byte]time.Duration{}
	for _, c := range n.got {
		if c.at.Before(from) {
			continue
		}
		bytes += c.bytes
		if _, ok := first[c.layer]; !ok && c.fresh {
			first[c.layer] = c.at.Sub(from)
		}
	}
	return first, bytes
}

// stair is a simulcast publisher whose layers all flow, and one viewer of it.
type stair struct {
	*fixture
	down *DownTrack
	link *narrow
	told []wire.ClockEvent // to the viewer
}

var stairRates = map[string]int{"f": 2_100_000, "h": 700_000, "q": 160_000}

func newStair(t *testing.T, rate, drop float64) *stair {
	f := newFixture(t, 1)
	f.feed = newFeed(h264, []string{"f", "h", "q"}, 1<<24, f.lanes, &f.stats)
	s := &stair{fixture: f}
	var wg sync.WaitGroup
	for _, l := range f.feed.layers() {
		wg.Go(func() { s.publish(l, wallClock{ahead: hostAhead}) })
	}
	wg.Go(func() {
		for range time.Tick(lookAround) {
			if t.Context().Err() != nil {
				return
			}
			f.feed.sort(time.Now())
		}
	})
	time.Sleep(3 * time.Second)
	g := &guard{}
	s.down = newDownTrack(h264, &section{}, f.feed, f.feed.first(g, ceiling{}, time.Now()))
	s.down.guard, s.down.repeat = g, Codec{Payload: 97}
	s.link = &narrow{t: t, way: &g.way, rate: rate, drop: drop, random: rand.New(rand.NewPCG(1, 2)), to: recipient{Recorder: twcc.NewRecorder(1)}}
	s.link.back = func(m []byte) {
		f.lanes[0].tell(feedback{guard: g, down: s.down, transport: append(make([]byte, 0, receiveMTU), m...)})
	}
	s.down.exit = s.link
	s.down.timed = func(e wire.ClockEvent) { s.told = append(s.told, e) }
	wg.Go(s.link.report)
	f.lanes[0].do(f.ctx, func(now time.Time) { f.lanes[0].attach(now, []*DownTrack{s.down}) })
	t.Cleanup(wg.Wait)
	return s
}

// wallClock is how the clock of a publisher goes, and from which frame on it tells it; negative for never.
type wallClock struct {
	ahead time.Duration
	from  int
}

// hostAhead is how wrong the clock of the stair's first publisher is.
const hostAhead = 3 * time.Minute

// publish sends a layer, 30 frames a second, until the test ends. Key frames come when asked for, and are six times as large.
// Timestamps begin anew within the first 20 s.
func (s *stair) publish(l *Layer, w wallClock) {
	var mu sync.Mutex
	asked := true
	epoch := l.up.Switch(func() { mu.Lock(); asked = true; mu.Unlock() })
	sps, err := hex.DecodeString(sizes[l.rid].sps)
	if err != nil {
		s.t.Error(err)
		return
	}
	h := rtp.Header{Version: 2, SequenceNumber: rand.N[uint16](1 << 15), Timestamp: -rand.N[uint32](20 * 90000)}
	send := func(payload []byte) {
		raw, err := h.Marshal()
		if err != nil {
			s.t.Error(err)
			return
		}
		h.SequenceNumber++
		if err := l.up.Write(epoch, append(raw, payload...), time.Now()); err != nil {
			s.t.Error(err)
		}
	}
	for i := 0; s.t.Context().Err() == nil; i++ {
		if w.from >= 0 && i >= w.from && (i-w.from)%30 == 0 {
			l.up.Report(epoch, toNTP(time.Now().Add(w.ahead)), h.Timestamp, time.Now())
		}
		mu.Lock()
		key := asked
		asked = false
		mu.Unlock()
		size, head := stairRates[l.rid]/8/30, []byte{0x41}
		if key {
			size, head = 6*size, []byte{0x65}
			h.Marker = false
			send(append(slices.Clone(sps), l.rid[0]))
		}
		for size > 0 {
			n := min(size, 1100)
			size -= n
			h.Marker = size == 0
			payload := append(slices.Clone(head), make([]byte, n)...)
			payload[len(payload)-1] = l.rid[0]
			send(payload)
			head = []byte{0x7c, 0x01}
		}
		h.Timestamp += 3000
		time.Sleep(time.Second / 30)
	}
}

func (s *stair) now() (rid string) {
	s.lanes[0].do(s.ctx, func(time.Time) { rid = s.down.layer.rid })
	synctest.Wait()
	return rid
}

func TestA_viewer_gets_the_layer_that_its_link_carries(t *testing.T) {
	for _, c := range []struct {
		name string
		rate float64
		drop float64
		want string
	}{
		{"a fast link", 50e6, 0, "f"},
		{"a link just fast enough", 3.2e6, 0, "f"},
		{"a slow link", 1.2e6, 0, "h"},
		{"a very slow link", 300e3, 0, "q"},
		{"a fast link with some loss", 50e6, 0.1, "f"},
		{"a fast link with much loss, where the lowest layer carries the copies", 50e6, 0.7, "q"},
		{"a slow link with loss", 1.2e6, 0.1, "h"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStair(t, c.rate, c.drop)
				time.Sleep(20 * time.Second)
				times := map[string]int{}
				for range 200 {
					times[s.now()]++
					time.Sleep(100 * time.Millisecond)
				}
				if times[c.want] < 180 {
					t.Errorf("over 20 s it gets %v; its link is thought to carry %.0f kbit/s, its loss to be %.2f", times, s.down.guard.way.link.carries()/1000, s.down.guard.loss)
				}
			})
		})
	}
}

func TestThe_picture_follows_bandwidth_down_and_up_again(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStair(t, 4e6, 0)
		time.Sleep(20 * time.Second)
		for _, step := range []struct {
			rate   float64
			want   byte
			within time.Duration
		}{{300e3, 'q', 2 * time.Second}, {4e6, 'f', 10 * time.Second}, {1e6, 'h', 2 * time.Second}, {8e6, 'f', 10 * time.Second}} {
			s.link.set(step.rate, 0)
			from := time.Now()
			time.Sleep(20 * time.Second)
			if first, _ := s.link.since(from); first[step.want] == 0 && from.After(time.Time{}) || first[step.want] > step.within {
				t.Errorf("at %.0f kbit/s layers came after %v", step.rate/1000, first)
			}
		}
	})
}

func TestA_pinned_layer_is_the_highest_that_is_sent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStair(t, 50e6, 0)
		pin := wire.LayerID("h")
		s.lanes[0].do(s.ctx, func(time.Time) { s.down.choice.ceiling = func() ceiling { return ceiling{pinned: pin} } })
		for _, c := range []struct {
			rate float64
			want string
		}{{50e6, "h"}, {300e3, "q"}, {50e6, "h"}} {
			s.link.set(c.rate, 0)
			time.Sleep(15 * time.Second)
			if got := s.now(); got != c.want {
				t.Errorf("at %.0f kbit/s it gets %s, want %s", c.rate/1000, got, c.want)
			}
		}
	})
}

func TestWithout_other_feedback_loss_lowers_the_picture_and_time_raises_it(t *testing.T) {
	var e estimate
	now := time.Unix(1000, 0)
	var at []time.Duration
	for second := range 300 {
		picture, loss := 160_000.0, 0.0
		for _, rate := range []float64{700_000, 2_100_000} {
			if margin*rate <= e.carries() {
				picture = rate
			}
		}
		if picture > 700_000 { // the link carries the middle one
			loss = 0.4
			at = append(at, time.Duration(second)*time.Second)
		}
		e.judged(loss, picture, now)
		now = now.Add(time.Second)
	}
	if len(at) == 0 || len(at) > 15 {
		t.Fatalf("too high a picture was sent in %d of 300 seconds: %v", len(at), at)
	}
	if margin*700_000 > e.carries() {
		t.Errorf("in the end it is thought to carry %.0f", e.carries())
	}
}
