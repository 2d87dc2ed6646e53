package live

import (
	"context"
	"encoding/binary"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"
)

// screen is the far end of a DownTrack: it keeps what was written, and can be made to block.
type screen struct {
	mu    sync.Mutex
	got   []rtp.Header
	again []uint16 // what was repeated as it was
	at    []time.Time
	gate  chan struct{} // closed or nil: open
	taken chan struct{} // gets a token when a write meets a closed gate
}

func (s *screen) rtp(h *head, payload []byte) int {
	if s.gate != nil {
		select {
		case s.taken <- struct{}{}:
		default:
		}
		<-s.gate
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got = append(s.got, rtp.Header{
		SequenceNumber: uint16(h.number), Timestamp: h.time, SSRC: h.ssrc, PayloadType: h.payload, Marker: h.marker,
	})
	s.at = append(s.at, time.Now())
	return len(payload)
}

func (s *screen) last() []byte {
	return binary.BigEndian.AppendUint16(nil, s.got[len(s.got)-1].SequenceNumber)
}
func (s *screen) repeat(b []byte)     { s.again = append(s.again, binary.BigEndian.Uint16(b)) }
func (s *screen) nextCounted() uint16 { return 0 }
func (s *screen) rtcp([]byte)         {}

func (s *screen) headers() []rtp.Header {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]rtp.Header(nil), s.got...)
}

// fixture is a track with lanes that run, and no network. It must be used within a synctest bubble.
type fixture struct {
	t     *testing.T
	stats counters
	lanes []*lane
	feed  *feed
	up    *UpTrack
	epoch uint32
	asked int
	seq   uint16
	ctx   context.Context
}

func newFixture(t *testing.T, lanes int) *fixture {
	f := &fixture{t: t}
	ctx, cancel := context.WithCancel(t.Context())
	f.ctx = ctx
	var wg sync.WaitGroup
	for range lanes {
		l := newLane(&f.stats, newOutbox(&net.UDPConn{}))
		f.lanes = append(f.lanes, l)
		wg.Go(func() { _ = l.run(ctx) })
	}
	t.Cleanup(func() { cancel(); wg.Wait() })
	f.feed = newFeed(h264, nil, 1<<24, f.lanes, &f.stats)
	f.up = f.feed.up()
	f.epoch = f.up.Switch(func() { f.asked++ })
	return f
}

// frame sends one packet: a key frame or another.
func (f *fixture) frame(ts uint32, key bool) {
	f.t.Helper()
	h := rtp.Header{Version: 2, SequenceNumber: f.seq, Timestamp: ts, Marker: true}
	f.seq++
	raw, err := h.Marshal()
	if err != nil {
		f.t.Fatal(err)
	}
	nal := byte(0x41)
	if key {
		nal = 0x65
	}
	if err := f.up.Write(f.epoch, append(raw, nal, 1, 2, 3), time.Now()); err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) join(lane int, s *screen) *DownTrack {
	d := newDownTrack(h264, &section{}, f.feed, f.feed.layer(""))
	d.exit = s
	f.lanes[lane].do(f.ctx, func(now time.Time) { f.lanes[lane].attach(now, []*DownTrack{d}) })
	return d
}

func contiguous(t *testing.T, got []rtp.Header) {
	t.Helper()
	for i := 1; i < len(got); i++ {
		if got[i].SequenceNumber != got[i-1].SequenceNumber+1 || int32(got[i].Timestamp-got[i-1].Timestamp) < 0 {
			t.Fatalf("packet %d: %d at %d follows %d at %d", i,
				got[i].SequenceNumber, got[i].Timestamp, got[i-1].SequenceNumber, got[i-1].Timestamp)
		}
	}
}

func TestA_backlog_is_paced_and_joins_the_live_stream_without_a_seam(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, 1)
		for i := range uint32(600) {
			f.frame(3000*i, i == 0)
		}
		synctest.Wait()
		var s screen
		f.join(0, &s)
		for i := range uint32(30) {
			time.Sleep(33 * time.Millisecond)
			f.frame(3000*(600+i), false)
		}
		synctest.Wait()
		got := s.headers()
		if len(got) != 630 {
			t.Fatalf("%d packets came", len(got))
		}
		contiguous(t, got)
		for i := 0; i+burstMost < 600; i++ {
			if s.at[i+burstMost].Sub(s.at[i]) < burstTick {
				t.Fatalf("more than %d packets within %v from packet %d on", burstMost, burstTick, i)
			}
		}
		if last := got[629].Timestamp; last != 3000*629 {
			t.Errorf("live time is %d", last)
		}
	})
}

func TestA_newer_key_frame_cuts_the_backlog_short(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, 1)
		for i := range uint32(600) {
			f.frame(3000*i, i == 0)
		}
		synctest.Wait()
		var s screen
		f.join(0, &s)
		time.Sleep(20 * time.Millisecond)
		f.frame(3000*600, true)
		time.Sleep(20 * time.Millisecond)
		f.frame(3000*601, false)
		time.Sleep(20 * time.Millisecond)
		synctest.Wait() // a burst may be due at this very moment
		got := s.headers()
		contiguous(t, got)
		if n := len(got); n > 200 || got[n-1].Timestamp != 3000*601 || got[n-2].Timestamp != 3000*600 {
			t.Errorf("%d packets came, the last at %d", n, got[n-1].Timestamp)
		}
	})
}

func TestA_blocked_viewer_holds_neither_the_publisher_nor_other_lanes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, 2)
		f.frame(0, true)
		synctest.Wait()
		slow, quick := &screen{gate: make(chan struct{}), taken: make(chan struct{}, 1)}, &screen{}
		f.join(0, slow)
		f.join(1, quick)
		const n = 3 * videoQueue
		for i := range uint32(n) {
			time.Sleep(time.Millisecond)
			f.frame(3000*(i+1), false)
			synctest.Wait() // a publisher that had to wait for the slow viewer would deadlock here
		}
		if got := len(quick.headers()); got != n+1 {
			t.Errorf("the quick viewer got %d packets of %d", got, n+1)
		}
		if f.stats.videoDropped.Load() == 0 {
			t.Error("nothing was counted as dropped")
		}
		close(slow.gate)
		synctest.Wait()
		f.frame(3000*(n+1), false)
		f.frame(3000*(n+2), true)
		f.frame(3000*(n+3), false)
		synctest.Wait()
		time.Sleep(time.Second)
		got := slow.headers()
		contiguous(t, got)
		if k := len(got); k > n || got[k-1].Timestamp != 3000*(n+3) {
			t.Errorf("the slow viewer got %d packets, the last at %d", k, got[k-1].Timestamp)
		}
	})
}

func TestA_publisher_that_ignores_key_frame_requests_is_replaced_by_the_cache(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, 1)
		f.frame(0, true)
		f.frame(3000, false)
		synctest.Wait()
		var s screen
		d := f.join(0, &s)
		time.Sleep(time.Second)
		for range 4 { // as browsers do until a key frame comes
			f.lanes[0].tell(feedback{down: d, key: true})
			time.Sleep(300 * time.Millisecond)
		}
		got := s.headers()
		contiguous(t, got)
		if len(got) != 4 {
			t.Errorf("%d packets came", len(got))
		}
		if f.asked == 0 || f.asked > 4 {
			t.Errorf("the publisher was asked %d times", f.asked)
		}
	})
}

func TestKey_frame_requests_are_limited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, 1)
		for range 100 {
			f.up.RequestKey(time.Now())
			time.Sleep(20 * time.Millisecond)
		}
		if f.asked != 4 {
			t.Errorf("asked %d times in two seconds", f.asked)
		}
	})
}

func TestA_replaced_publisher_cannot_write(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, 1)
		var s screen
		f.join(0, &s)
		old := f.epoch
		f.epoch = f.up.Switch(nil)
		f.frame(0, true)
		f.epoch = old
		f.frame(3000, true)
		time.Sleep(time.Second) // whoever is late gets it from the cache
		synctest.Wait()
		if got := s.headers(); len(got) != 1 {
			t.Errorf("%d packets came", len(got))
		}
		if key, _ := f.up.cache.Key(); key == nil || key.Epoch != old+1 {
			t.Errorf("the cache begins with %+v", key)
		}
	})
}
