package live

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v3"

	"vitrine/server/wire"
)

const guestSeat wire.ShowID = "demo~m7"

// diary keeps what a stage tells of its shows. That somebody comes may be no news any more when it is told: it has no line.
type diary struct {
	mu    sync.Mutex
	lines []string
	came  []wire.ShowID
	why   *wire.Error
}

func (d *diary) changed(id wire.ShowID, now Flow) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if now.Coming {
		d.came = append(d.came, id)
		return
	}
	what := map[Flow]string{{}: "nothing", {Up: true}: "up", {Up: true, Silent: true}: "silent"}[now]
	d.lines = append(d.lines, string(id)+" "+what)
}

func (d *diary) refused(_ wire.ShowID, why *wire.Error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.why = why
}

func (d *diary) says(lines ...string) func() bool {
	return func() bool { d.mu.Lock(); defer d.mu.Unlock(); return slices.Equal(d.lines, lines) }
}

func TestSeats_have_names_that_no_show_has(t *testing.T) {
	for _, c := range []struct {
		show wire.ShowID
		spot wire.SpotID
		id   wire.ShowID
	}{{"demo", "m7", "demo~m7"}, {"demo", wire.HostSpot, "demo"}, {"demo", "at-0123456789abcdef", "demo~at-0123456789abcdef"}} {
		id := SeatID(c.show, c.spot)
		show, spot := ShowOf(id)
		if id != c.id || show != c.show || spot != c.spot || CheckID(id) != nil {
			t.Errorf("%v is %q: %q, %q, %v", c, id, show, spot, CheckID(id))
		}
		if seat(id) && id.Validate() == nil {
			t.Errorf("%q could be a show's name", id)
		}
	}
	for _, bad := range []wire.ShowID{"", "~", "demo~", "~m7", "demo~m7~m8", "demo~M7", "demo~m 7", "Demo~m7", "demo~-"} {
		if err := CheckID(bad); !isCode(err, wire.Invalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// vp8Key sends a key frame of VP8 with the size (RFC 6386 §9.1).
func (c *client) vp8Key(ts uint32, width, height uint16) {
	frame := []byte{0x10, 0, 0, 0, 0x9d, 0x01, 0x2a}
	frame = binary.LittleEndian.AppendUint16(frame, width)
	c.send(c.video, ts, true, binary.LittleEndian.AppendUint16(frame, height)...)
}

func TestA_guest_who_sends_too_large_a_picture_is_told_so(t *testing.T) {
	for name, send := range map[string]func(*client, uint32){
		"VP8 in 4K":            func(c *client, ts uint32) { c.vp8Key(ts, 3840, 2160) },
		"VP8, a little":        func(c *client, ts uint32) { c.vp8Key(ts, 1282, 720) },
		"VP8, large later":     func(c *client, ts uint32) { c.vp8Key(ts, 1920, 1080) },
		"H.264 in full height": func(c *client, ts uint32) { c.send(c.video, ts, true, unhex(c.t, sizes["f"].sps)...) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var d diary
			s := startStage(t, Config{Changed: d.changed, Refused: d.refused})
			codec := vp8
			if strings.HasPrefix(name, "H.264") {
				codec = h264
			}
			p := publish(t, s, guestSeat, codec)
			if !strings.Contains(p.answer.SDP, "b=AS:2500\r\nb=TIAS:2500000\r\n") {
				t.Errorf("the answer does not bound the picture:\n%s", p.answer.SDP)
			}
			if name == "VP8, large later" {
				p.vp8Key(0, 720, 1280)
				await(t, "the seat", func() bool { return s.Show(guestSeat).Live })
			}
			ts := uint32(3000)
			at := Resource{true, guestSeat, p.answer.Session}
			await(t, "the refusal", func() bool {
				send(p, ts)
				ts += 3000
				_, err := s.find(at)
				return isCode(err, wire.TooLarge)
			})
			if _, err := s.Patch(t.Context(), at, "*", "a=end-of-candidates\r\n", loopback); !isCode(err, wire.TooLarge) || !strings.Contains(err.Error(), "1280×720") {
				t.Errorf("the guest is told %v", err)
			}
			await(t, "the room to hear why", func() bool { d.mu.Lock(); defer d.mu.Unlock(); return d.why != nil && d.why.Code == wire.TooLarge })
			if key, _ := s.cached(guestSeat); key != nil && name != "VP8, large later" {
				t.Error("the picture was kept for viewers")
			}
		})
	}
}

// cached is the key frame that newcomers to a show begin with, and the newest packet of its picture.
func (s *Stage) cached(id wire.ShowID) (key, newest *Packet) {
	if f := s.picture(id); f != nil {
		return f.up().cache.Key()
	}
	return nil, nil
}

func TestWhat_guests_may_not_send_is_refused_where_the_offer_shows_it(t *testing.T) {
	s := startStage(t, Config{})
	section := func(lines ...string) string {
		return strings.ReplaceAll(asPublisher(chromium), "a=mid:1\r\n", "a=mid:1\r\n"+strings.Join(lines, "\r\n")+"\r\n")
	}
	none := newOffer(t, Codec{MimeType: "video/AV1", ClockRate: 90000})
	for name, c := range map[string]struct {
		id    wire.ShowID
		offer string
		code  wire.Code
	}{
		"a stream of 4K":         {guestSeat, section("a=rid:f send max-width=3840;max-height=2160", "a=simulcast:send f"), wire.TooLarge},
		"a list of 4K":           {guestSeat, section("a=imageattr:96 send [x=3840,y=2160] recv [x=640,y=480]"), wire.TooLarge},
		"a host's, of 4K":        {"demo", section("a=imageattr:96 send [x=3840,y=2160]"), ""},
		"a guest's, to receive":  {guestSeat, section("a=imageattr:96 send [x=720,y=1280] recv [x=3840,y=2160]"), ""},
		"no codec of ours":       {guestSeat, strings.ReplaceAll(none, "recvonly", "sendonly"), wire.NoCodec},
		"another server's seat":  {"demo~at-0123456789abcdef", section(), wire.Forbidden},
		"a seat of no such name": {"demo~M7", section(), wire.Invalid},
	} {
		_, err := s.Publish(t.Context(), c.id, c.offer, loopback)
		if got := wire.CodeOf(err); err != nil && got != c.code || err == nil && c.code != "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWho_sends_too_much_for_long_is_over_the_pace(t *testing.T) {
	var p pace
	now := time.Unix(1000, 0)
	for i, bits := range []int{2 * SeatBitrate, 9_000_000, 9_000_000, 1_000_000, 9_000_000} {
		if p.over(bits, now.Add(time.Duration(i)*2*time.Second)) {
			t.Errorf("over after %d", i)
		}
	}
	if !p.over(2*SeatBitrate+1, now.Add(14*time.Second)) {
		t.Error("not over after six seconds")
	}
}

func TestThe_server_hears_when_media_flow_stop_and_come_back(t *testing.T) {
	t.Parallel()
	var d diary
	s := startStage(t, Config{Changed: d.changed})
	p := publish(t, s, guestSeat, vp8)
	p.vp8Key(0, 640, 480)
	await(t, "up", d.says("demo~m7 up"))
	await(t, "away", d.says("demo~m7 up", "demo~m7 nothing"))
	p.vp8Key(3000, 640, 480)
	await(t, "back", d.says("demo~m7 up", "demo~m7 nothing", "demo~m7 up"))
	if err := s.End(t.Context(), Resource{true, guestSeat, p.answer.Session}); err != nil {
		t.Fatal(err)
	}
	await(t, "gone", d.says("demo~m7 up", "demo~m7 nothing", "demo~m7 up", "demo~m7 nothing"))
}

func TestA_bell_that_nobody_hears_in_time_tells_the_newest_of_each_in_order(t *testing.T) {
	begun, let := make(chan struct{}), make(chan struct{})
	var d diary
	b := newBell(Config{Changed: func(id wire.ShowID, now Flow) {
		begun <- struct{}{}
		<-let
		d.changed(id, now)
	}, Refused: d.refused})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); _ = b.run(ctx) }()
	b.rang("a", Flow{Up: true})
	<-begun
	for range 1000 {
		b.rang("a", Flow{})
		b.rang("b", Flow{Up: true})
		b.rang("a", Flow{Up: true, Silent: true})
	}
	let <- struct{}{}
	for range 2 {
		<-begun
		let <- struct{}{}
	}
	await(t, "all", d.says("a up", "a silent", "b up"))
	cancel()
	<-done
}

func TestSilence_is_told_and_sound_ends_it(t *testing.T) {
	t.Parallel()
	var d diary
	s := startStage(t, Config{Changed: d.changed, SilentAfter: time.Second})
	p := publish(t, s, guestSeat, opus)
	ts := uint32(0)
	speak := func(payload ...byte) func() {
		return func() { ts += 960; p.send(p.audio, ts, false, payload...) }
	}
	until := func(what string, send func(), lines ...string) {
		t.Helper()
		await(t, what, func() bool { send(); return d.says(lines...)() })
	}
	nothing, something := speak(0xfc, 0xff, 0xfe), speak(0xfc, 1, 2, 3, 4, 5)
	until("sound", something, "demo~m7 up")
	until("silence", nothing, "demo~m7 up", "demo~m7 silent")
	until("sound again", something, "demo~m7 up", "demo~m7 silent", "demo~m7 up")
	s.Mute(guestSeat, true, false)
	for end := time.Now().Add(1500 * time.Millisecond); time.Now().Before(end); <-time.After(20 * time.Millisecond) {
		nothing()
	}
	if !d.says("demo~m7 up", "demo~m7 silent", "demo~m7 up")() {
		t.Errorf("who was muted is told to be silent: %v", d.lines)
	}
}

func TestSound_is_told_from_nothing_by_its_level_or_its_length(t *testing.T) {
	packet := func(level int, padding byte, payload ...byte) []byte {
		h := rtp.Header{Version: 2}
		if level >= 0 {
			for id, value := range map[uint8]byte{1: 9, 3: byte(level) | 0x80} {
				if err := h.SetExtension(id, []byte{value}); err != nil {
					t.Fatal(err)
				}
			}
		}
		raw, err := (&rtp.Packet{Header: h, Payload: payload}).Marshal()
		if err != nil {
			t.Fatal(err)
		}
		if padding > 0 {
			raw[0] |= 0x20
			raw = append(append(raw, make([]byte, padding-1)...), padding)
		}
		return raw
	}
	for _, c := range []struct {
		packet []byte
		want   bool
	}{
		{packet(127, 0, 1, 2, 3, 4, 5), false},
		{packet(120, 0, 1, 2, 3, 4), false},
		{packet(119, 0, 1), true},
		{packet(20, 0, 1, 2, 3, 4), true},
		{packet(-1, 0, 1, 2, 3), false},
		{packet(-1, 0, 1, 2, 3, 4), true},
		{packet(-1, 30, 1, 2, 3), false},
		{packet(-1, 30, 1, 2, 3, 4), true},
		{nil, false},
		{[]byte{0x90, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, false},
		{append(packet(9, 0)[:12], 0xbe, 0xde, 0xff, 0xff), false},
	} {
		if got := audible(c.packet, 3); got != c.want {
			t.Errorf("% x: %v", c.packet, got)
		}
	}
}

func TestWhat_the_staff_mutes_reaches_nobody_and_comes_back_whole(t *testing.T) {
	t.Parallel()
	s := startStage(t, Config{})
	s.Mute(guestSeat, true, true) // before anybody sends
	p := publish(t, s, guestSeat, opus, h264)
	ts := uint32(0)
	send := func(key bool) {
		ts += 3000
		p.send(p.audio, ts/2, false, 9, byte(ts>>16), byte(ts>>8), byte(ts))
		if key {
			p.keyFrame(ts)
		} else {
			p.delta(ts)
		}
	}
	send(true)
	v := watch(t, s, guestSeat, opus, h264)
	send(true)
	sent := func() uint64 { return s.Stats().PacketsOut }
	quiet := func(what string) {
		t.Helper()
		before, in := sent(), s.Stats().PacketsIn
		for settled := false; !settled; { // what was handed on before it was muted may be on its way
			time.Sleep(20 * time.Millisecond)
			now := sent()
			settled, before = now == before, now
		}
		for i := range 40 {
			send(i%10 == 0)
		}
		await(t, "what was sent", func() bool { return s.Stats().PacketsIn >= in+80 })
		if n := sent() - before; n > 0 {
			t.Errorf("%s: %d packets went out", what, n)
		}
	}
	quiet("muted from the beginning")
	s.Mute(guestSeat, false, false)
	await(t, "sound and picture", func() bool {
		send(true)
		return len(v.tracks[webrtc.RTPCodecTypeAudio]) > 0 && len(v.tracks[webrtc.RTPCodecTypeVideo]) > 0
	})
	sound, picture := v.track(webrtc.RTPCodecTypeAudio), v.track(webrtc.RTPCodecTypeVideo)
	last := v.read(sound).SequenceNumber
	got := stream{t: t}
	got.next(v.read(picture))
	before := ts
	s.Mute(guestSeat, true, true)
	quiet("muted")
	s.Mute(guestSeat, false, false)
	send(false) // is nothing to begin with
	send(true)
	for { // the very next numbers, and nothing that was sent while muted
		k := v.read(sound)
		if k.SequenceNumber != last+1 {
			t.Fatalf("sound goes on with %d after %d", k.SequenceNumber, last)
		}
		last = k.SequenceNumber
		if at := uint32(k.Payload[1])<<16 | uint32(k.Payload[2])<<8 | uint32(k.Payload[3]); at > before {
			if at < ts-2*3000 { // the last one that was muted may have been counted and not looked at yet
				t.Fatalf("a packet of %d came, which was muted", at)
			}
			break
		}
	}
	for range 3 {
		got.next(v.read(picture))
	}
}

func TestCut_ends_all_of_a_seat_and_nothing_of_others(t *testing.T) {
	t.Parallel()
	var d diary
	s := startStage(t, Config{Changed: d.changed})
	host := publish(t, s, "demo", h264)
	host.keyFrame(0)
	p := publish(t, s, guestSeat, h264)
	p.keyFrame(0)
	v := watch(t, s, guestSeat, h264)
	v.read(v.track(webrtc.RTPCodecTypeVideo))
	s.Mute(guestSeat, true, true)
	slow, err := s.reserve(guestSeat, publishing, loopback.From) // about to send
	if err != nil {
		t.Fatal(err)
	}
	defer s.release(slow.show)
	if err := s.Cut(t.Context(), guestSeat); err != nil {
		t.Fatal(err)
	}
	if err := s.stands(slow); !isCode(err, wire.Forbidden) {
		t.Errorf("who was about to send: %v", err)
	}
	s.unregister(slow.id, nil)
	if _, err := s.find(Resource{true, guestSeat, p.answer.Session}); !isCode(err, wire.Forbidden) {
		t.Errorf("the guest is told %v", err)
	}
	if _, err := s.find(Resource{false, guestSeat, v.answer.Session}); !isCode(err, wire.NotFound) {
		t.Errorf("the viewer is told %v", err)
	}
	if _, err := s.Watch(t.Context(), wire.Show{ID: guestSeat}, newOffer(t, h264), loopback); !isCode(err, wire.NotLive) {
		t.Errorf("a new viewer is told %v", err)
	}
	if _, err := s.find(Resource{true, "demo", host.answer.Session}); err != nil {
		t.Errorf("the host: %v", err)
	}
	await(t, "the end to be told", func() bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		return slices.Contains(d.lines, "demo~m7 nothing")
	})
	again := publish(t, s, guestSeat, h264)
	again.keyFrame(0)
	w := watch(t, s, guestSeat, h264)
	w.read(w.track(webrtc.RTPCodecTypeVideo)) // nothing is muted any more
	if err := s.Cut(t.Context(), "nobody"); err != nil {
		t.Errorf("a show that is none: %v", err)
	}
}

func TestOne_address_may_watch_a_whole_stage_and_no_more_than_its_share(t *testing.T) {
	s := startStage(t, Config{MaxPerAddress: 1, MaxSessions: 2, MaxSeatSessions: 20})
	at := loopback.From
	claim := func(id wire.ShowID) error {
		e, err := s.reserve(id, watching, at)
		if err == nil {
			t.Cleanup(func() { s.unregister(e.id, nil); s.release(e.show) })
		}
		return err
	}
	if err := claim("demo"); err != nil {
		t.Fatal(err)
	}
	if err := claim("demo"); !isCode(err, wire.RateLimited) {
		t.Errorf("a second show: %v", err)
	}
	for i := range wire.MaxOnStage {
		if err := claim(SeatID("demo", wire.SpotID(fmt.Sprintf("m%d", i)))); err != nil {
			t.Fatalf("seat %d: %v", i, err)
		}
	}
	if err := claim("demo~m99"); !isCode(err, wire.RateLimited) {
		t.Errorf("one more seat: %v", err)
	}
	at = loopback.From.Next()
	for i := range 4 {
		if err := claim("demo~m1"); (err != nil) != (i == 3) {
			t.Errorf("session %d of another address: %v", i, err)
		}
	}
}
