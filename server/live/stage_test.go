package live

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/pion/dtls/v2"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v3"

	"vitrine/server/wire"
)

// keyFrame sends a key frame of two packets, parameter sets and picture; delta sends one other frame.
func (c *client) keyFrame(ts uint32) {
	c.send(c.video, ts, false, nalSTAPA, 0, 2, 0x67, 1, 0, 2, 0x68, 2)
	c.send(c.video, ts, true, 0x65, 9)
}

func (c *client) delta(ts uint32) { c.send(c.video, ts, true, 0x41, byte(ts>>8), byte(ts)) }

// stream checks that packets make one unbroken stream.
type stream struct {
	t    *testing.T
	last *rtp.Packet
}

func (s *stream) next(p *rtp.Packet) *rtp.Packet {
	s.t.Helper()
	if l := s.last; l != nil {
		if p.SequenceNumber != l.SequenceNumber+1 {
			s.t.Fatalf("sequence number %d follows %d", p.SequenceNumber, l.SequenceNumber)
		}
		if int32(p.Timestamp-l.Timestamp) < 0 {
			s.t.Fatalf("timestamp %d follows %d", p.Timestamp, l.Timestamp)
		}
		if p.SSRC != l.SSRC {
			s.t.Fatalf("SSRC %d follows %d", p.SSRC, l.SSRC)
		}
	}
	s.last = p
	return p
}

func TestA_late_viewer_gets_a_decodable_picture_from_the_cache(t *testing.T) {
	s := startStage(t, Config{})
	p := publish(t, s, "demo", opus, h264)
	p.keyFrame(0)
	const frames = 1800 // a minute at 30 frames a second, and no key frame in it
	for i := range uint32(frames) {
		p.delta(3000 * (i + 1))
		if i%64 == 0 {
			<-time.After(time.Millisecond) // not to overflow the socket's buffer
		}
	}
	await(t, "all packets", func() bool { return s.Stats().PacketsIn >= frames+2 })
	v := watch(t, s, "demo", opus, h264)
	track, got := v.track(webrtc.RTPCodecTypeVideo), stream{t: t}
	first := got.next(v.read(track))
	if first.Payload[0]&0x1f != nalSTAPA {
		t.Errorf("the stream begins with % x", first.Payload)
	}
	for range frames + 1 {
		got.next(v.read(track))
	}
	if span := got.last.Timestamp - first.Timestamp; span > 90000/10 {
		t.Errorf("a minute of backlog spans %d ms", span/90)
	}
	p.delta(3000 * (frames + 1))
	if live := got.next(v.read(track)); live.Timestamp-got.last.Timestamp > 3000 || live.Timestamp != 3000*(frames+1) {
		t.Errorf("the first live frame has time %d", live.Timestamp)
	}
	select {
	case <-p.keys: // this publisher ignores it, as OBS does
	case <-time.After(patience):
		t.Error("nobody asked for a key frame, so that the next viewer would start quicker")
	}
}

func TestA_take_over_keeps_viewers_and_their_stream(t *testing.T) {
	s := startStage(t, Config{})
	first := publish(t, s, "demo", opus, h264)
	first.keyFrame(1000)
	v := watch(t, s, "demo", opus, h264)
	track, got := v.track(webrtc.RTPCodecTypeVideo), stream{t: t}
	got.next(v.read(track))
	got.next(v.read(track))

	second := publish(t, s, "demo", opus, h264)
	first.delta(4000)
	if p := got.next(v.read(track)); p.Timestamp != 4000 {
		t.Errorf("a publisher that has sent nothing yet took over: time %d", p.Timestamp)
	}
	second.keyFrame(900_000_000)
	second.delta(900_003_000)
	for i, want := range []byte{nalSTAPA, 5, 1} {
		if p := got.next(v.read(track)); p.Payload[0]&0x1f != want {
			t.Errorf("packet %d after the take-over is % x", i, p.Payload)
		}
	}
	if err := s.End(t.Context(), Resource{true, "demo", first.answer.Session}); !isCode(err, wire.Replaced) {
		t.Errorf("the first publisher's session: %v", err)
	}
	if err := s.End(t.Context(), Resource{true, "demo", second.answer.Session}); err != nil {
		t.Errorf("the second publisher's session: %v", err)
	}
}

func TestA_publisher_that_returns_heals_the_viewers(t *testing.T) {
	s := startStage(t, Config{})
	p := publish(t, s, "demo", h264)
	p.keyFrame(1000)
	v := watch(t, s, "demo", h264)
	track, got := v.track(webrtc.RTPCodecTypeVideo), stream{t: t}
	got.next(v.read(track))
	got.next(v.read(track))
	if err := s.End(t.Context(), Resource{true, "demo", p.answer.Session}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Watch(t.Context(), wire.Show{ID: "demo"}, newOffer(t, h264), loopback); !isCode(err, wire.NotLive) {
		t.Errorf("joining a show without publisher: %v", err)
	}
	again := publish(t, s, "demo", h264)
	again.keyFrame(7)
	got.next(v.read(track))
}

// newOffer is a viewer's offer that nobody will follow up.
func newOffer(t *testing.T, codecs ...Codec) string {
	t.Helper()
	c := newClient(t, codecs...)
	for _, k := range codecs {
		kind := webrtc.RTPCodecTypeAudio
		if k.Video() {
			kind = webrtc.RTPCodecTypeVideo
		}
		if _, err := c.pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
			t.Fatal(err)
		}
	}
	return c.offer(false)
}

func TestAnother_codec_ends_the_viewers(t *testing.T) {
	s := startStage(t, Config{})
	publish(t, s, "demo", h264).keyFrame(0)
	v := watch(t, s, "demo", h264)
	publish(t, s, "demo", vp8).sendVP8(0)
	await(t, "the viewer's end", func() bool { _, err := s.find(Resource{false, "demo", v.answer.Session}); return err != nil })
}

func (c *client) sendVP8(ts uint32) { c.send(c.video, ts, true, 0x10, 0x00, 1, 2) }

func TestViewers_end_when_no_publisher_returns_in_time(t *testing.T) {
	s := startStage(t, Config{Grace: time.Millisecond})
	p := publish(t, s, "demo", h264)
	p.keyFrame(0)
	v := watch(t, s, "demo", h264)
	if err := s.End(t.Context(), Resource{true, "demo", p.answer.Session}); err != nil {
		t.Fatal(err)
	}
	await(t, "the viewer's end", func() bool { _, err := s.find(Resource{false, "demo", v.answer.Session}); return err != nil })
	await(t, "the show's end", func() bool { s.mu.Lock(); defer s.mu.Unlock(); return len(s.shows) == 0 })
}

func TestViewers_stay_for_good_once_a_publisher_has_returned(t *testing.T) {
	s := startStage(t, Config{Grace: 4 * time.Second})
	p := publish(t, s, "demo", h264)
	p.keyFrame(0)
	v := watch(t, s, "demo", h264)
	if err := s.End(t.Context(), Resource{true, "demo", p.answer.Session}); err != nil {
		t.Fatal(err)
	}
	again := publish(t, s, "demo", h264)
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); <-time.After(100 * time.Millisecond) {
		again.keyFrame(uint32(time.Until(end) / time.Millisecond))
	}
	if _, err := s.find(Resource{false, "demo", v.answer.Session}); err != nil {
		t.Errorf("the viewer was sent away though the show goes on: %v", err)
	}
}

func TestA_session_that_never_connects_is_removed(t *testing.T) {
	s := startStage(t, Config{JoinWithin: time.Millisecond})
	c := newClient(t, h264)
	if _, err := c.pc.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Publish(t.Context(), "demo", c.offer(false), loopback); err != nil {
		t.Fatal(err)
	}
	await(t, "the session's end", func() bool { return s.Stats().Sessions == 0 })
	if f := s.Stats().Failed; f != 1 {
		t.Errorf("%d failed", f)
	}
}

func TestSound_alone_is_a_show(t *testing.T) {
	s := startStage(t, Config{})
	p := publish(t, s, "demo", opus)
	p.send(p.audio, 0, false, 1, 2, 3)
	v := watch(t, s, "demo", opus, h264)
	if !strings.Contains(v.answer.SDP, "a=inactive") || strings.Count(v.answer.SDP, "m=") != 2 {
		t.Errorf("the offer's picture is not answered as inactive:\n%s", v.answer.SDP)
	}
	p.hum(v)
	v.read(v.track(webrtc.RTPCodecTypeAudio))
	if st := s.Show("demo"); !st.Live || st.Video != "" || st.Viewers != 1 {
		t.Errorf("status %+v", st)
	}
}

func TestThe_answer_has_the_publishers_codec_only(t *testing.T) {
	s := startStage(t, Config{})
	publish(t, s, "demo", h264).keyFrame(0)
	v := watch(t, s, "demo", vp8, h264)
	if strings.Contains(v.answer.SDP, "VP8") || !strings.Contains(v.answer.SDP, "H264") {
		t.Error(v.answer.SDP)
	}
	if _, err := s.Watch(t.Context(), wire.Show{ID: "demo"}, newOffer(t, vp8), loopback); !isCode(err, wire.NoCodec) {
		t.Errorf("an offer without the codec: %v", err)
	}
}

func TestA_viewer_without_GCM_works(t *testing.T) {
	s := startStage(t, Config{})
	publish(t, s, "demo", h264).keyFrame(0)
	only := func(e *webrtc.SettingEngine) { e.SetSRTPProtectionProfiles(dtls.SRTP_AES128_CM_HMAC_SHA1_80) }
	v := watchWith(t, s, "demo", only, h264)
	v.read(v.track(webrtc.RTPCodecTypeVideo))
}

func TestICE_restarts_without_losing_the_session(t *testing.T) {
	s := startStage(t, Config{})
	p := publish(t, s, "demo", h264)
	p.keyFrame(0)
	v := watch(t, s, "demo", h264)
	track, got := v.track(webrtc.RTPCodecTypeVideo), stream{t: t}
	got.next(v.read(track))
	got.next(v.read(track))

	offer, err := v.pc.CreateOffer(&webrtc.OfferOptions{ICERestart: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := v.pc.SetLocalDescription(offer); err != nil {
		t.Fatal(err)
	}
	o, err := readOffer(offer.SDP, watching)
	if err != nil {
		t.Fatal(err)
	}
	at := Resource{false, "demo", v.answer.Session}
	r, err := s.Patch(t.Context(), at, "*", "a=ice-ufrag:"+o.ufrag+"\r\na=ice-pwd:"+o.pwd+"\r\n", loopback)
	if err != nil || r == nil || r.ETag == v.answer.ETag {
		t.Fatalf("restart: %+v, %v", r, err)
	}
	if err := v.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: merged(t, v.answer.SDP, r.Fragment)}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Patch(t.Context(), at, v.answer.ETag, "a=end-of-candidates\r\n", loopback); !isCode(err, wire.Precondition) {
		t.Errorf("the old entity tag: %v", err)
	}
	if _, err := s.Patch(t.Context(), at, r.ETag, "a=end-of-candidates\r\n", loopback); err != nil {
		t.Errorf("the new entity tag: %v", err)
	}
	await(t, "packets on the new path", func() bool {
		p.delta(3000)
		_ = track.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
		_, _, err := track.ReadRTP()
		return err == nil
	})
}

// merged is the answer with the fragment's credentials.
func merged(t *testing.T, answer, part string) string {
	t.Helper()
	f, err := readFragment(part)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for line := range strings.Lines(answer) {
		switch {
		case strings.HasPrefix(line, "a=ice-ufrag:"):
			line = "a=ice-ufrag:" + f.ufrag + "\r\n"
		case strings.HasPrefix(line, "a=ice-pwd:"):
			line = "a=ice-pwd:" + f.pwd + "\r\n"
		}
		b.WriteString(line)
	}
	return b.String()
}

func TestLimits_hold(t *testing.T) {
	for name, c := range map[string]struct {
		cfg  Config
		code wire.Code
	}{
		"in total":   {Config{MaxSessions: 2}, wire.Unavailable},
		"a show":     {Config{MaxViewers: 1}, wire.Unavailable},
		"an address": {Config{MaxPerAddress: 2}, wire.RateLimited},
	} {
		t.Run(name, func(t *testing.T) {
			s := startStage(t, c.cfg)
			publish(t, s, "demo", h264).keyFrame(0)
			v := watch(t, s, "demo", h264)
			if _, err := s.Watch(t.Context(), wire.Show{ID: "demo"}, newOffer(t, h264), loopback); !isCode(err, c.code) {
				t.Errorf("one more: %v", err)
			}
			if err := s.End(t.Context(), Resource{false, "demo", v.answer.Session}); err != nil {
				t.Fatal(err)
			}
			watch(t, s, "demo", h264)
		})
	}
}

func TestA_lost_packet_is_sent_again_as_often_as_asked(t *testing.T) {
	s := startStage(t, Config{})
	p := publish(t, s, "demo", h264)
	p.keyFrame(0)
	// Without replay protection the client sees the packet again that it did not lose.
	v := watchWith(t, s, "demo", func(e *webrtc.SettingEngine) { e.DisableSRTPReplayProtection(true) }, h264)
	track := v.track(webrtc.RTPCodecTypeVideo)
	first := v.read(track)
	v.read(track)
	for range 3 {
		v.nack(track, first.SequenceNumber)
		if again := v.read(track); again.SequenceNumber != first.SequenceNumber || again.Timestamp != first.Timestamp ||
			string(again.Payload) != string(first.Payload) {
			t.Errorf("asked for %v, got %v", first, again)
		}
	}
	await(t, "the count", func() bool { return s.Stats().Resent == 3 })
}

func TestPictures_and_sound_stay_in_sync_by_sender_reports(t *testing.T) {
	s := startStage(t, Config{})
	p := publish(t, s, "demo", opus, h264)
	p.keyFrame(5000)
	p.send(p.audio, 70000, false, 1)
	const ntp = uint64(3_900_000_000) << 32
	await(t, "the publisher's reports", func() bool {
		p.report(p.video, ntp, 5000)
		p.report(p.audio, ntp, 70000)
		s.mu.Lock()
		on := s.shows["demo"].state.Load()
		s.mu.Unlock()
		known := func(f *feed) bool {
			if f == nil {
				return false
			}
			c := f.up().clock.Load()
			return c != nil && c.ntp == ntp
		}
		return known(on.audio) && known(on.video)
	})
	v := watch(t, s, "demo", opus, h264)
	p.hum(v)
	for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeVideo, webrtc.RTPCodecTypeAudio} {
		track := v.track(kind)
		rate := uint64(track.Codec().ClockRate)
		sr := v.senderReport(kind, ntp)
		base := map[webrtc.RTPCodecType]uint32{webrtc.RTPCodecTypeVideo: 5000, webrtc.RTPCodecTypeAudio: 70000}[kind]
		ticks := (sr.NTPTime - ntp) * rate >> 32
		if diff := int32(sr.RTPTime - base - uint32(ticks)); diff < -2 || diff > 2 {
			t.Errorf("%s: the report is off by %d ticks", kind, diff)
		}
	}
}

func TestA_drained_stage_refuses_and_ends(t *testing.T) {
	s := startStage(t, Config{})
	publish(t, s, "demo", h264).keyFrame(0)
	s.Drain()
	if _, err := s.Watch(t.Context(), wire.Show{ID: "demo"}, newOffer(t, h264), loopback); !isCode(err, wire.Unavailable) {
		t.Errorf("joining: %v", err)
	}
	if err := s.Close(t.Context(), "demo"); err != nil {
		t.Fatal(err)
	}
	await(t, "the end", func() bool { return s.Stats().Sessions == 0 })
}

func TestBefore_it_runs_a_stage_refuses(t *testing.T) {
	s, err := NewStage(Config{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Watch(context.Background(), wire.Show{ID: "demo"}, newOffer(t, h264), loopback); !isCode(err, wire.Unavailable) {
		t.Errorf("got %v", err)
	}
}
