package live

import (
	"math"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v3"
	"pgregory.net/rapid"

	"vitrine/server/wire"
)

func TestNTP_times_are_read_in_the_era_that_is_near(t *testing.T) {
	turn := time.Date(2036, 2, 7, 6, 28, 16, 0, time.UTC) // RFC 5905 §6: the first era ends
	if ntp := toNTP(turn); ntp != 0 {
		t.Fatalf("the second era begins at %x", ntp)
	}
	rapid.Check(t, func(t *rapid.T) {
		ms := func(name string) time.Time {
			return turn.Add(time.Duration(rapid.Int64Range(-30*365*24*3600*1000, 30*365*24*3600*1000).Draw(t, name)) * time.Millisecond)
		}
		then, now := ms("then"), ms("now").Add(time.Duration(rapid.IntRange(0, 999_999).Draw(t, "ns")))
		if got := unixMilli(toNTP(then), now); got != then.UnixMilli() {
			t.Fatalf("%v reads as %v", then, time.UnixMilli(got).UTC())
		}
	})
}

func TestCapture_times_follow_timestamps_that_begin_anew(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := clock{ntp: rapid.Uint64().Draw(t, "NTP"), rtp: rapid.Uint32().Draw(t, "RTP"), rate: 90000, at: dawn}
		age := time.Duration(rapid.Int64Range(0, 3*24*3600).Draw(t, "age of the clock, s")) * time.Second
		ticks := int64(age.Seconds()*90000) + rapid.Int64Range(-1<<30, 1<<30).Draw(t, "ticks from now")
		seconds := float64(int64(c.captured(c.rtp+uint32(ticks), dawn.Add(age))-c.ntp)) / (1 << 32)
		if math.Abs(seconds-float64(ticks)/90000) > 2e-5 {
			t.Fatalf("%d ticks are %v s", ticks, seconds)
		}
	})
}

// mediaOf is what the page makes of a timestamp (server/web/src/mediatime.ts).
func mediaOf(told []wire.ClockEvent, ticks uint32) float64 {
	clock := told[0]
	for _, c := range told {
		if int32(ticks-c.RTP) >= 0 {
			clock = c
		}
	}
	return float64(clock.Media) + float64(int32(ticks-clock.RTP))/90
}

// filmed is a way out that keeps when each timestamp was first sent, which in a bubble is when the frame was taken.
type filmed struct {
	*narrow
	mu     sync.Mutex
	frames []shot
}

type shot struct {
	ticks uint32
	at    time.Time
}

func (f *filmed) rtp(h *head, payload []byte) int {
	f.mu.Lock()
	if n := len(f.frames); !h.repeats && (n == 0 || f.frames[n-1].ticks != h.time) {
		f.frames = append(f.frames, shot{h.time, time.Now()})
	}
	f.mu.Unlock()
	return f.narrow.rtp(h, payload)
}

func (f *filmed) take() (frames []shot) {
	f.mu.Lock()
	defer f.mu.Unlock()
	frames, f.frames = f.frames, nil
	return frames
}

func TestEvery_frame_that_a_viewer_gets_has_the_media_time_at_which_it_was_taken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, pin, film := newStair(t, 50e6, 0), wire.LayerID("f"), &filmed{}
		var wg sync.WaitGroup
		t.Cleanup(wg.Wait)
		s.lanes[0].do(s.ctx, func(time.Time) {
			film.narrow, s.down.exit = s.link, film
			s.down.choice.ceiling = func() ceiling { return ceiling{pinned: pin} }
		})
		check := func(what string, d, ahead, off time.Duration) {
			t.Helper()
			film.take()
			time.Sleep(d)
			synctest.Wait()
			frames := film.take()
			if least := int(20 * d.Seconds()); len(frames) < least {
				t.Errorf("%s: %d frames", what, len(frames))
			}
			s.lanes[0].do(s.ctx, func(now time.Time) {
				for _, f := range frames {
					want := float64(f.at.Add(ahead).UnixMicro()) / 1000
					if got := mediaOf(s.told, f.ticks); math.Abs(got-want) > float64(off.Microseconds())/1000 {
						t.Errorf("%s: a frame taken at %.1f is told to be of %+.1f ms", what, want, got-want)
						break
					}
				}
				if got := s.feed.mediaTime(now) - now.Add(ahead).UnixMilli(); max(got, -got) > off.Milliseconds() {
					t.Errorf("%s: the media time is off by %d ms", what, got)
				}
			})
			synctest.Wait()
		}
		const exact, frame = 2 * time.Millisecond, 35 * time.Millisecond
		time.Sleep(time.Second) // what came before the viewer has been sent
		check("at first", 5*time.Second, hostAhead, exact)
		for _, pin = range []wire.LayerID{"q", "h", "f"} {
			check("layer "+string(pin), 20*time.Second, hostAhead, exact)
			if got := s.now(); got != string(pin) {
				t.Errorf("it gets %s instead of %s", got, pin)
			}
		}
		for what, next := range map[string]struct {
			clock wallClock
			ahead time.Duration
			off   time.Duration
		}{
			"another publisher, of another clock":   {wallClock{ahead: -time.Hour}, -time.Hour, exact},
			"one that never tells its clock":        {wallClock{from: -1}, 0, frame},
			"one that tells it after half a second": {wallClock{ahead: time.Hour, from: 15}, time.Hour, exact},
		} {
			for _, l := range s.feed.layers() {
				l.up.Silence() // all layers change hands at once
			}
			for _, l := range s.feed.layers() {
				wg.Go(func() { s.publish(l, next.clock) })
			}
			if next.clock.from > 0 {
				time.Sleep(time.Second)
			}
			check(what, 20*time.Second, next.ahead, next.off)
		}
	})
}

func TestThe_media_time_of_a_host_is_what_its_packets_or_reports_tell(t *testing.T) {
	s := startStage(t, Config{})
	if ms, ok := s.MediaTime("demo"); ok {
		t.Errorf("of a show that nobody sends: %d", ms)
	}
	p := publish(t, s, "demo", h264)
	taken := time.Date(2040, 1, 2, 3, 4, 5, 678_000_000, time.UTC)
	near := func(what string, want time.Time) {
		t.Helper()
		if ms, ok := s.MediaTime("demo"); !ok || ms < want.UnixMilli() || ms > want.Add(patience).UnixMilli() {
			t.Errorf("by %s it is %v, %v", what, time.UnixMilli(ms).UTC(), ok)
		}
	}
	p.report(p.video, toNTP(taken), 6000) // before the stream that it is of
	p.keyFrame(6000)
	await(t, "the show", func() bool { return s.Show("demo").Live })
	l := listen(t, s, wire.Show{ID: "demo"}, h264)
	heard(l, "the time by a report that came early", func(e wire.ClockEvent) bool { return e == wire.ClockEvent{RTP: 6000, Media: taken.UnixMilli()} })
	near("reports", taken)

	p.report(p.video, 0, 6000) // no clock: not worth a change (RFC 3550 §6.4.1)
	p.delta(9000)
	heard(l, "the next frame's", func(e wire.ClockEvent) bool { return e == wire.ClockEvent{RTP: 9000, Media: taken.UnixMilli() + 33} })

	stamped := taken.Add(-20 * time.Minute)
	h := rtp.Header{Version: 2, SequenceNumber: 1000 + p.sequence[p.video], Timestamp: 12000, Marker: true}
	for _, e := range p.pc.GetSenders()[0].GetParameters().HeaderExtensions {
		if e.URI == absCaptureTime {
			value, err := rtp.NewAbsCaptureTimeExtension(stamped).Marshal()
			if err == nil {
				err = h.SetExtension(uint8(e.ID), value)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := p.video.WriteRTP(&rtp.Packet{Header: h, Payload: []byte{0x41, 1}}); err != nil {
		t.Fatal(err)
	}
	heard(l, "the time by a packet", func(e wire.ClockEvent) bool { return e == wire.ClockEvent{RTP: 12000, Media: stamped.UnixMilli()} })
	near("packets", stamped)

	if err := s.End(t.Context(), Resource{true, "demo", p.answer.Session}); err != nil {
		t.Fatal(err)
	}
	await(t, "the end", func() bool { _, ok := s.MediaTime("demo"); return !ok })
}

func TestA_show_of_sound_alone_has_a_media_time_and_tells_viewers_of_none(t *testing.T) {
	s := startStage(t, Config{})
	p := publish(t, s, "demo", opus)
	taken := time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)
	p.report(p.audio, toNTP(taken), 0)
	p.send(p.audio, 0, false, 1)
	await(t, "the show", func() bool { return s.Show("demo").Live })
	if ms, ok := s.MediaTime("demo"); !ok || ms < taken.UnixMilli() || ms > taken.Add(patience).UnixMilli() {
		t.Errorf("it is %v, %v", time.UnixMilli(ms).UTC(), ok)
	}
	l := listen(t, s, wire.Show{ID: "demo"}, opus)
	p.hum(l.client)
	for range 2 {
		heard(l, "its link", func(wire.LinkEvent) bool { return true })
	}
	for len(l.events) > 0 {
		if e, ok := (<-l.events).(wire.ClockEvent); ok {
			t.Errorf("it hears %+v", e)
		}
	}
	_ = l.track(webrtc.RTPCodecTypeAudio)
}

// FuzzStamps: no packet makes the reader of capture times panic, and what it reads is in the packet.
func FuzzStamps(f *testing.F) {
	h := rtp.Header{Version: 2, Timestamp: 7}
	if err := h.SetExtension(5, []byte{1, 2, 3, 4, 5, 6, 7, 8}); err != nil {
		f.Fatal(err)
	}
	raw, err := h.Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw, uint8(5))
	f.Add(raw, uint8(0))
	f.Add(raw[:20], uint8(5))
	f.Fuzz(func(t *testing.T, packet []byte, id uint8) {
		s := stamps{id: id}
		ticks, ntp, ok := s.read(packet)
		again, same, so := s.read(packet)
		if ok != so || ticks != again || ntp != same || ok && id == 0 {
			t.Errorf("read %d %d %v, and then %d %d %v", ticks, ntp, ok, again, same, so)
		}
	})
}
