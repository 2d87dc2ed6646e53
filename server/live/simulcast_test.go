package live

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v3"

	"vitrine/server/wire"
)

// sizes are the pictures that a simulcast publisher of the tests sends, by stream identifier.
var sizes = map[string]struct {
	sps  string
	size Size
}{
	"f": {"67640028acd940780227e5c044000003000400000300283c60c658", Size{1920, 1080}},
	"h": {"6742c01fd9005005bb0110000003001000000300a0f1832480", Size{1280, 720}},
	"q": {"6764000cf36505067e37016c800000030080000005078a14cb", Size{320, 180}},
}

// sender sends one simulcast stream of a stock pion peer, and keeps what the stage asks of it.
type sender struct {
	track    *webrtc.TrackLocalStaticRTP
	ssrc     uint32
	stop     chan struct{}
	mu       sync.Mutex
	paused   bool
	deaf     int // messages to ignore
	asked    []pauseKind
	keys     int
	sequence uint16
	frames   uint32
}

// publishLayers publishes H.264 in layers, which are sent until the test ends: 20 frames a second, each second a key frame.
// extra lines are put into the offer's picture section.
func publishLayers(t *testing.T, s *Stage, id wire.ShowID, extra string, rids ...string) (*client, map[string]*sender) {
	t.Helper()
	begin := make(chan struct{})
	close(begin)
	return publishLayersLater(t, s, id, extra, begin, rids...)
}

// publishLayersLater is publishLayers that sends nothing before begin is closed.
func publishLayersLater(t *testing.T, s *Stage, id wire.ShowID, extra string, begin <-chan struct{}, rids ...string) (*client, map[string]*sender) {
	t.Helper()
	all := map[string]*sender{}
	// RTCP is taken off the connection's buffers, because pion's reader of it by stream identifier races with closing.
	hear := func(raw []byte) {
		for _, one := range all {
			one.hear(raw)
		}
	}
	c := newClient(t, h264)
	var first *webrtc.RTPSender
	for _, rid := range rids {
		track, err := webrtc.NewTrackLocalStaticRTP(h264.parameters(nil).RTPCodecCapability, "video", "show", webrtc.WithRTPStreamID(rid))
		if err != nil {
			t.Fatal(err)
		}
		all[rid] = &sender{track: track, stop: make(chan struct{})}
		if first != nil {
			if err := first.AddEncoding(track); err != nil {
				t.Fatal(err)
			}
			continue
		}
		tr, err := c.pc.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
		if err != nil {
			t.Fatal(err)
		}
		first = tr.Sender()
	}
	for _, rid := range rids {
		for _, e := range first.GetParameters().Encodings {
			if e.RID == rid {
				all[rid].ssrc = uint32(e.SSRC)
			}
		}
	}
	c.waiting.hear.Store(&hear)
	c.accept(s.Publish(t.Context(), id, strings.Replace(c.offer(false), "a=sendonly\r\n", "a=sendonly\r\n"+extra, 1), loopback))
	c.connect()
	var wg sync.WaitGroup
	for _, rid := range rids {
		wg.Go(func() {
			select {
			case <-begin:
				all[rid].send(t, first, rid, c.pc.GetTransceivers()[0].Mid())
			case <-all[rid].stop:
			}
		})
	}
	t.Cleanup(func() {
		for _, one := range all {
			close(one.stop)
		}
		wg.Wait()
	})
	return c, all
}

// send sends until stopped.
func (s *sender) send(t *testing.T, over *webrtc.RTPSender, rid, mid string) {
	ids := map[string]uint8{}
	for _, e := range over.GetParameters().HeaderExtensions {
		ids[e.URI] = uint8(e.ID)
	}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-s.stop:
			return
		case <-tick.C:
		}
		s.mu.Lock()
		paused, n := s.paused, s.frames
		if !paused {
			s.frames++
		}
		s.mu.Unlock()
		if paused {
			continue
		}
		payloads := [][]byte{{0x41, byte(n)}}
		if n%20 == 0 {
			payloads = [][]byte{stapA(unhex(t, sizes[rid].sps), []byte{0x68, 2}), {0x65, byte(n)}}
		}
		for i, p := range payloads {
			h := rtp.Header{Version: 2, SequenceNumber: s.sequence, Timestamp: 4500 * n, Marker: i == len(payloads)-1}
			s.sequence++
			for uri, value := range map[string]string{sdp.SDESMidURI: mid, sdp.SDESRTPStreamIDURI: rid} {
				if err := h.SetExtension(ids[uri], []byte(value)); err != nil {
					t.Error(err)
				}
			}
			_ = s.track.WriteRTP(&rtp.Packet{Header: h, Payload: append(p, make([]byte, len(rid)*100)...)}) // fails at the end of a test
		}
	}
}

// hear does what the stage asks of the stream.
func (s *sender) hear(raw []byte) {
	list, err := rtcp.Unmarshal(raw)
	if err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range list {
		if pli, ok := m.(*rtcp.PictureLossIndication); ok && pli.MediaSSRC == s.ssrc {
			s.keys++
		}
	}
	for _, m := range readPauses(raw) {
		if m.SSRC != s.ssrc {
			continue
		}
		s.asked = append(s.asked, m.Kind)
		if s.deaf > 0 {
			s.deaf--
			continue
		}
		s.paused = m.Kind == pausePause
	}
}

func (s *sender) is(so func() bool) func() bool {
	return func() bool { s.mu.Lock(); defer s.mu.Unlock(); return so() }
}

// picture is the feed of a show's picture, or nil.
func (s *Stage) picture(id wire.ShowID) *feed {
	s.mu.Lock()
	defer s.mu.Unlock()
	if show := s.shows[id]; show != nil {
		return show.state.Load().video
	}
	return nil
}

// order lists the stream identifiers of a show's layers, lowest first.
func (s *Stage) order(id wire.ShowID) (rids string) {
	if f := s.picture(id); f != nil {
		for _, l := range f.layers() {
			rids += l.rid
		}
	}
	return rids
}

func TestA_simulcast_publisher_has_layers_in_order_of_size(t *testing.T) {
	t.Parallel()
	s := startStage(t, Config{})
	c, all := publishLayers(t, s, "demo", "", "h", "f", "q")
	for _, line := range []string{"a=simulcast:recv h;f;q", "a=rid:f recv", "nack pli", sdp.SDESMidURI, sdp.SDESRTPStreamIDURI} {
		if !strings.Contains(c.answer.SDP, line) {
			t.Errorf("the answer has no %q:\n%s", line, c.answer.SDP)
		}
	}
	await(t, "three layers in order", func() bool { return s.order("demo") == "qhf" })
	f := s.picture("demo")
	await(t, "all to flow", func() bool {
		for _, l := range f.layers() {
			if now := time.Now(); !l.Alive(now) || l.Bitrate(now) == 0 || l.Size() != sizes[l.rid].size {
				return false
			}
		}
		return f.up() == f.layer("f").up
	})
	f.layer("h").up.RequestKey(time.Now().Add(time.Minute))
	await(t, "the key frame request of one layer", all["h"].is(func() bool { return all["h"].keys > 0 }))
	v := watch(t, s, "demo", h264)
	track, got := v.track(webrtc.RTPCodecTypeVideo), stream{t: t}
	for range 40 {
		got.next(v.read(track))
	}
	c.restart(s, "demo")
	await(t, "all to flow on", func() bool {
		got.next(v.read(track))
		e, err := s.find(Resource{true, "demo", c.answer.Session})
		return err == nil && e.peer.transport.(*inbound).reached.Load() && s.Show("demo").Live
	})
	restarted := time.Now()
	await(t, "every layer after the restart", func() bool {
		got.next(v.read(track))
		for _, l := range f.layers() {
			if time.Unix(0, l.up.lastAt.Load()).Before(restarted) {
				return false
			}
		}
		return true
	})
}

func TestA_publisher_that_does_not_offer_pauses_is_never_asked(t *testing.T) {
	t.Parallel()
	s := startStage(t, Config{})
	_, all := publishLayers(t, s, "demo", "", "f", "q")
	await(t, "layers in order", func() bool { return s.order("demo") == "qf" })
	await(t, "a time in which it would have been", all["f"].is(func() bool { return all["f"].frames > 20*7 }))
	if got := all["f"].asked; got != nil {
		t.Errorf("asked %v", got)
	}
}

func TestLayers_that_nobody_watches_are_paused_and_come_back(t *testing.T) {
	t.Parallel()
	s := startStage(t, Config{})
	c, all := publishLayers(t, s, "demo", "a=rtcp-fb:* ccm pause\r\n", "f", "h", "q")
	if !strings.Contains(c.answer.SDP, "ccm pause") {
		t.Error("the answer does not take the offer to pause")
	}
	full, low := all["f"], all["q"]
	full.mu.Lock()
	full.deaf = 1 // the first message is lost
	full.mu.Unlock()
	await(t, "the pause", full.is(func() bool { return full.paused }))
	await(t, "the others' pause", all["h"].is(func() bool { return all["h"].paused }))
	f := s.picture("demo")
	await(t, "its silence", func() bool { return !f.layer("f").Alive(time.Now()) })
	if l := f.layer("f"); !l.Paused() || l.Bitrate(time.Now()) == 0 || f.best(time.Now()) != l {
		t.Errorf("a paused layer is not offered: %v, %d bit/s", l.Paused(), l.Bitrate(time.Now()))
	}
	full.mu.Lock()
	full.deaf, full.asked, full.keys = 2, nil, 0
	full.mu.Unlock()
	f.layer("f").Want(true)
	await(t, "it to flow", func() bool { return f.layer("f").Alive(time.Now()) && !f.layer("f").Paused() })
	full.mu.Lock()
	defer full.mu.Unlock()
	if len(full.asked) < 3 || full.asked[0] != pauseResume || full.keys < 3 {
		t.Errorf("asked %v, and %d times for a key frame", full.asked, full.keys)
	}
	low.mu.Lock()
	defer low.mu.Unlock()
	if low.asked != nil {
		t.Errorf("the lowest layer was asked %v", low.asked)
	}
}

func TestA_take_over_keeps_viewers_whatever_the_layers(t *testing.T) {
	t.Parallel()
	s := startStage(t, Config{})
	on, _ := publishLayers(t, s, "demo", "", "f", "q")
	await(t, "layers in order", func() bool { return s.order("demo") == "qf" })
	v := watch(t, s, "demo", h264)
	track, got := v.track(webrtc.RTPCodecTypeVideo), stream{t: t}
	got.next(v.read(track))
	before := s.picture("demo")
	for _, rids := range [][]string{{"q", "f"}, {"h", "q"}, {"f", "h", "q"}} {
		next, _ := publishLayers(t, s, "demo", "", rids...)
		await(t, "the take-over", func() bool {
			got.next(v.read(track))
			_, err := s.find(Resource{true, "demo", on.answer.Session})
			return isCode(err, wire.Replaced)
		})
		on = next
		for range 40 {
			got.next(v.read(track))
		}
		if s.picture("demo") != before {
			t.Errorf("%v: the layers are others", rids)
		}
	}
}

func TestOffers_of_simulcast_are_read(t *testing.T) {
	section := func(lines ...string) string {
		return strings.ReplaceAll(asPublisher(chromium), "a=mid:1\r\n", "a=mid:1\r\n"+strings.Join(lines, "\r\n")+"\r\n")
	}
	for name, c := range map[string]struct {
		offer string
		want  []string
		bad   bool
	}{
		"none":                {asPublisher(chromium), nil, false},
		"three":               {section("a=rid:f send", "a=rid:h send", "a=rid:q send", "a=simulcast:send f;h;q"), []string{"f", "h", "q"}, false},
		"alternatives, pause": {section("a=rid:1 send pt=96", "a=rid:2 send", "a=rid:3 send", "a=simulcast:recv 9 send ~1,2;3"), []string{"1", "3"}, false},
		"rids alone":          {section("a=rid:1 send"), nil, false},
		"to receive":          {section("a=rid:1 recv", "a=simulcast:recv 1"), nil, false},
		"undeclared":          {section("a=rid:1 send", "a=simulcast:send 1;2"), nil, true},
		"twice":               {section("a=rid:1 send", "a=simulcast:send 1;1"), nil, true},
		"odd":                 {section("a=rid:a/b send", "a=simulcast:send a/b"), nil, true},
		"five": {
			section("a=rid:1 send", "a=rid:2 send", "a=rid:3 send", "a=rid:4 send", "a=rid:5 send", "a=simulcast:send 1;2;3;4;5"), nil, true,
		},
	} {
		o, err := readOffer(c.offer, publishing)
		if c.bad {
			if !isCode(err, wire.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil || strings.Join(o.video.rids, " ") != strings.Join(c.want, " ") {
			t.Errorf("%s: %v, %v", name, o, err)
		}
	}
}
