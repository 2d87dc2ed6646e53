package live

import (
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/webrtc/v3"

	"vitrine/server/wire"
)

func TestOnly_the_layer_that_fills_its_place_is_sent_and_nothing_where_it_is_hidden(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStair(t, 50e6, 0)
		var most ceiling
		var told []wire.LayerID
		see := func(c ceiling) {
			s.lanes[0].do(s.ctx, func(now time.Time) {
				most = c
				s.down.choice.ceiling = func() ceiling { return most }
				s.down.choice.changed = func(l *Layer) { told = append(told, l.id()) }
				s.lanes[0].see(s.down, now)
			})
			synctest.Wait()
		}
		wanted := func() (n int32) {
			for _, l := range s.feed.layers() {
				n += l.wanted.Load()
			}
			return n
		}
		for _, c := range []struct {
			height int
			want   string
		}{{0, "f"}, {180, "q"}, {240, "q"}, {300, "h"}, {960, "h"}, {961, "f"}, {1, "q"}, {5000, "f"}, {720, "h"}} {
			see(ceiling{height: c.height})
			time.Sleep(2 * time.Second)
			if got := s.now(); got != c.want {
				t.Errorf("in a height of %d it gets %s, want %s", c.height, got, c.want)
			}
			if wanted() != 1 {
				t.Errorf("in a height of %d %d layers are wanted", c.height, wanted())
			}
		}
		for _, hidden := range []time.Duration{100 * time.Millisecond, 10 * time.Second} {
			see(ceiling{height: 720, hidden: true})
			time.Sleep(hidden / 2)
			from := time.Now()
			time.Sleep(hidden / 2)
			if _, bytes := s.link.since(from); bytes > 0 || wanted() != 0 || told[len(told)-1] != "" {
				t.Errorf("hidden, it gets %d bytes, %d layers are wanted, and it is told of %q", bytes, wanted(), told)
			}
			s.lanes[0].tell(feedback{down: s.down, key: true, guard: s.down.guard})
			from = time.Now()
			see(ceiling{height: 720})
			time.Sleep(3 * time.Second)
			synctest.Wait()
			first, _ := s.link.since(from)
			if at := first['h']; len(first) != 1 || at == 0 || at > 300*time.Millisecond || s.down.phase != flowing || told[len(told)-1] != "h" {
				t.Errorf("seen again after %v, layers came after %v; it is told of %q", hidden, first, told)
			}
		}
		see(ceiling{hidden: true})
		s.lanes[0].do(s.ctx, func(time.Time) { s.lanes[0].detach([]*DownTrack{s.down}) })
		synctest.Wait()
		if wanted() != 0 {
			t.Errorf("%d layers are wanted by nobody", wanted())
		}
		see(ceiling{})
		time.Sleep(time.Second)
		synctest.Wait()
		if wanted() != 0 || s.down.phase != resting {
			t.Error("who has gone is sent something again")
		}
	})
}

func TestA_publisher_that_answers_no_wish_is_seen_again_all_the_same(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, 1)
		f.frame(0, true)
		var s screen
		d := f.join(0, &s)
		hidden := false
		see := func(h bool) {
			f.lanes[0].do(f.ctx, func(now time.Time) {
				hidden = h
				d.choice.ceiling = func() ceiling { return ceiling{hidden: hidden} }
				f.lanes[0].see(d, now)
			})
			synctest.Wait()
		}
		n := uint32(0)
		play := func(frames int) {
			for range frames {
				n++
				f.frame(3000*n, false)
				f.feed.sort(time.Now())
				time.Sleep(time.Second / 30)
			}
			synctest.Wait()
		}
		play(60)
		see(true)
		before := len(s.headers())
		play(60)
		if got := len(s.headers()); got != before {
			t.Errorf("%d packets came to who saw nothing", got-before)
		}
		asked := f.asked
		see(false)
		play(60)
		if f.asked == asked {
			t.Error("no key frame was asked for")
		}
		if got := s.headers(); len(got) < before+120 || d.phase != flowing {
			t.Errorf("only %d packets came", len(got)-before)
		}
		contiguous(t, s.headers())
	})
}

func TestA_newcomer_to_a_seat_has_a_key_frame_asked_for_and_gets_the_backlog_where_none_comes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, answers := range []bool{true, false} {
			f := newFixture(t, 1)
			f.feed.asked = true
			for i := range uint32(600) {
				f.frame(3000*i, i == 0)
			}
			synctest.Wait()
			var s screen
			f.join(0, &s)
			time.Sleep(keyPatience / 2)
			synctest.Wait()
			if f.asked == 0 || len(s.headers()) > 0 {
				t.Errorf("a key frame was asked for %d times, and %d packets were sent", f.asked, len(s.headers()))
			}
			want := 600
			if answers {
				f.frame(3000*600, true)
				want = 1
			}
			time.Sleep(3 * time.Second)
			synctest.Wait()
			if got := len(s.headers()); got != want {
				t.Errorf("where the publisher answers: %v, %d packets came", answers, got)
			}
		}
	})
}

func TestA_viewer_that_hides_a_seat_hears_it_and_sees_it_again_with_a_key_frame(t *testing.T) {
	t.Parallel()
	s := startStage(t, Config{})
	p := publish(t, s, guestSeat, opus, h264)
	p.keyFrame(0)
	await(t, "the seat", func() bool { return s.Show(guestSeat).Live })
	l := listen(t, s, wire.Show{ID: guestSeat}, opus, h264)
	ts := uint32(0)
	play := func() { ts += 3000; p.send(p.audio, ts/2, false, 9, 9, 9, 9); p.delta(ts) }
	heard(l, "a picture", func(e wire.LayersEvent) bool { return e.Current == onlyLayer })
	for _, garbage := range []string{`{"type":"show","picture":7}`, `{"type":"show","picture":true,"height":-1}`} {
		if err := l.channel.SendText(garbage); err != nil {
			t.Fatal(err)
		}
	}
	l.tells(wire.ShowPicture{})
	heard(l, "none", func(e wire.LayersEvent) bool { return e.Current == "" })
	await(t, "sound", func() bool { play(); return len(l.tracks[webrtc.RTPCodecTypeAudio]) > 0 })
	sound := l.track(webrtc.RTPCodecTypeAudio)
	for range 50 {
		play()
		l.read(sound)
	}
	l.tells(wire.ShowPicture{Picture: true, Height: 180})
	heard(l, "the picture again", func(e wire.LayersEvent) bool { return e.Current == onlyLayer })
	ts += 3000
	p.keyFrame(ts)
	track, whole := l.track(webrtc.RTPCodecTypeVideo), stream{t: t}
	for i, want := range []byte{nalSTAPA, 0x65, nalSTAPA, 0x65} { // before and after it was hidden
		if k := whole.next(l.read(track)); k.Payload[0] != want {
			t.Errorf("packet %d is % x", i, k.Payload)
		}
	}
}

func TestA_viewer_gets_the_layer_of_the_size_that_it_sees(t *testing.T) {
	t.Parallel()
	s := startStage(t, Config{Room: func(id wire.ShowID, _ Say) Guest {
		t.Errorf("the channel of %q leads into a room", id)
		return outsider{}
	}})
	publishLayers(t, s, guestSeat, "", "h", "q")
	await(t, "layers in order", func() bool { return s.order(guestSeat) == "qh" })
	l := listen(t, s, wire.Show{ID: guestSeat}, h264)
	heard(l, "layers", func(wire.LayersEvent) bool { return true })
	for _, c := range []struct {
		wish wire.ShowPicture
		want wire.LayerID
	}{
		{wire.ShowPicture{Picture: true, Height: 180}, "q"},
		{wire.ShowPicture{Picture: true, Height: 700}, "h"},
		{wire.ShowPicture{}, ""},
		{wire.ShowPicture{Picture: true, Height: 90}, "q"},
		{wire.ShowPicture{Picture: true}, "h"},
	} {
		l.tells(c.wish)
		heard(l, "layer "+string(c.want), func(e wire.LayersEvent) bool { return e.Current == c.want })
	}
}

// tells sends a wish over the event channel.
func (l *listener) tells(wish json.Marshaler) {
	l.t.Helper()
	text, err := wish.MarshalJSON()
	if err != nil {
		l.t.Fatal(err)
	}
	if err := l.channel.SendText(string(text)); err != nil {
		l.t.Fatal(err)
	}
}
