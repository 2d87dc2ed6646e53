package server

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/nack"
	"github.com/pion/interceptor/pkg/report"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v3"

	"vitrine/server/wire"
)

// NAL unit types (ITU-T H.264 table 7-1) and the payload structure FU-A (RFC 6184 §5.8).
const (
	nalSlice = 1
	nalIDR   = 5
	nalSEI   = 6
	nalSPS   = 7
	nalPPS   = 8
	nalFUA   = 28
)

// parameters is a codec under the payload type that a client gives it.
func parameters(mime string, rate uint32, channels uint16, format string, payload webrtc.PayloadType, feedback ...webrtc.RTCPFeedback) webrtc.RTPCodecParameters {
	return webrtc.RTPCodecParameters{PayloadType: payload, RTPCodecCapability: webrtc.RTPCodecCapability{
		MimeType: mime, ClockRate: rate, Channels: channels, SDPFmtpLine: format, RTCPFeedback: feedback,
	}}
}

var (
	again = webrtc.RTCPFeedback{Type: "nack"}
	key   = webrtc.RTCPFeedback{Type: "nack", Parameter: "pli"}

	// obsOpus and obsH264 are what OBS offers, and all that it offers.
	obsOpus = parameters("audio/opus", 48000, 2, "minptime=10;maxaveragebitrate=96000;stereo=1;sprop-stereo=1;useinbandfec=1", 111)
	obsH264 = parameters("video/H264", 90000, 0, "profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1", 96, again, key, webrtc.RTCPFeedback{Type: "goog-remb"})
	obsVP8  = parameters("video/VP8", 90000, 0, "", 96, again, key)
)

// encoder is a publisher that behaves as OBS: it says all that it has to say in one offer without candidates, sends key frames
// when it likes, and reacts to nothing that it is sent.
type encoder struct {
	*peer
	sound, picture *webrtc.TrackLocalStaticRTP
	wanted         atomic.Bool // a key frame, by its own clock
	keys           atomic.Int64
	frames         atomic.Int64
	stop           func() // sending

	sequence map[*webrtc.TrackLocalStaticRTP]uint16
}

func newEncoder(r *running, video webrtc.RTPCodecParameters) *encoder {
	r.t.Helper()
	e := &encoder{peer: newPeerWith(r, &interceptor.Registry{}, obsOpus, video), sequence: map[*webrtc.TrackLocalStaticRTP]uint16{}}
	for i, c := range []webrtc.RTPCodecParameters{obsOpus, video} {
		track, err := webrtc.NewTrackLocalStaticRTP(c.RTPCodecCapability, []string{"audio", "video"}[i], "obs")
		if err != nil {
			r.t.Fatal(err)
		}
		if _, err := e.pc.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly}); err != nil {
			r.t.Fatal(err)
		}
		if i == 0 {
			e.sound = track
		} else {
			e.picture = track
		}
	}
	return e
}

// transportLine is a line about the connection, which libdatachannel writes once, for the session.
var transportLine = regexp.MustCompile(`a=(ice-ufrag|ice-pwd|fingerprint|setup):.*\r\n`)

// likeLibdatachannel is a session description as OBS' library writes it.
func likeLibdatachannel(offer string) string {
	session, media, _ := strings.Cut(offer, "m=")
	session = regexp.MustCompile(`a=(fingerprint|extmap-allow-mixed).*\r\n`).ReplaceAllString(session, "")
	lines := transportLine.FindAllString(media, -1)
	slices.Sort(lines)
	media = regexp.MustCompile(`a=(rtcp-rsize|extmap|rid|simulcast|candidate).*\r\n`).ReplaceAllString(transportLine.ReplaceAllString(media, ""), "")
	if !strings.Contains(session, "a=fingerprint") { // pion writes it for the session; then it was taken out above
		lines = append(lines, regexp.MustCompile(`a=fingerprint:.*\r\n`).FindString(offer))
	}
	return session + "a=group:LS 0 1\r\na=ice-options:ice2,trickle\r\n" + strings.Join(slices.Compact(lines), "") + "m=" + media
}

// publish makes the session, as libcurl does for OBS.
func (e *encoder) publish() *encoder {
	e.r.t.Helper()
	a, body := e.r.do(call{method: "POST", path: "/whip/demo", token: token, kind: "application/sdp", body: likeLibdatachannel(e.offer())})
	if a.Header.Get("Content-Type") != "application/sdp" {
		e.r.t.Errorf("the answer is %q", a.Header.Get("Content-Type"))
	}
	e.accept(a, body)
	for _, alien := range []string{"rtx", "red/", "transport-cc", "ccm", "extmap:"} {
		if strings.Contains(body, alien) {
			e.r.t.Errorf("the answer has %s, which was not offered:\n%s", alien, body)
		}
	}
	at, err := url.Parse(e.resource)
	if err != nil || e.resource == "" {
		e.r.t.Fatalf("the session is at %q: %v", e.resource, err)
	}
	e.resource = a.Request.URL.ResolveReference(at).String()
	e.connect()
	return e
}

// run sends, until stop is called, 30 pictures and 50 blocks of sound a second, the first picture being a key frame.
func (e *encoder) run() *encoder {
	e.r.t.Helper()
	done := make(chan struct{})
	var group sync.WaitGroup
	every := func(d time.Duration, do func(n uint32)) {
		group.Go(func() {
			tick := time.NewTicker(d)
			defer tick.Stop()
			for n := uint32(0); ; n++ {
				do(n)
				select {
				case <-done:
					return
				case <-tick.C:
				}
			}
		})
	}
	e.wanted.Store(true)
	var mu sync.Mutex
	every(20*time.Millisecond, func(n uint32) {
		mu.Lock()
		defer mu.Unlock()
		e.packet(e.sound, 960*n, true, []byte{0xfc, byte(n >> 8), byte(n)})
	})
	every(time.Second/30, func(n uint32) {
		mu.Lock()
		defer mu.Unlock()
		e.frame(3000*n, e.wanted.Swap(false))
	})
	e.stop = sync.OnceFunc(func() { close(done); group.Wait() })
	e.r.t.Cleanup(e.stop)
	return e
}

// onAir waits for the show, and for pictures after the key frame.
func (e *encoder) onAir() *encoder {
	e.r.t.Helper()
	await(e.r.t, "the show to be live", func() bool { return e.r.show("demo").Live && e.frames.Load() > 5 })
	return e
}

// frame sends a picture: of H.264, each NAL unit in packets of its own.
func (e *encoder) frame(time uint32, isKey bool) {
	defer e.frames.Add(1)
	if isKey {
		e.keys.Add(1)
	}
	if e.picture.Codec().MimeType == webrtc.MimeTypeVP8 {
		e.packet(e.picture, time, true, []byte{0x10, map[bool]byte{true: 0x00, false: 0x01}[isKey], 0, 0})
		return
	}
	if !isKey {
		e.packet(e.picture, time, true, []byte{2<<5 | nalSlice, 0x9a, byte(time)})
		return
	}
	e.packet(e.picture, time, false, []byte{nalSEI, 5, 1, 0, 0x80})
	e.packet(e.picture, time, false, []byte{3<<5 | nalSPS, 0x42, 0xe0, 0x1f, 0x8c})
	e.packet(e.picture, time, false, []byte{3<<5 | nalPPS, 0xce, 0x3c, 0x80})
	const parts = 5
	for i := range parts {
		head := byte(nalIDR)
		if i == 0 {
			head |= 0x80
		}
		if i == parts-1 {
			head |= 0x40
		}
		e.packet(e.picture, time, i == parts-1, append([]byte{3<<5 | nalFUA, head}, make([]byte, 1100)...))
	}
}

func (e *encoder) packet(track *webrtc.TrackLocalStaticRTP, time uint32, marker bool, payload []byte) {
	n := e.sequence[track]
	e.sequence[track]++
	if err := track.WriteRTP(&rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: 65500 + n, Timestamp: time, Marker: marker}, Payload: payload}); err != nil {
		e.r.t.Error(err)
	}
}

// unbroken reads the next n packets of a track and fails if one is missing, comes twice or goes back in time, since the first that
// was read so. It returns their payloads.
func (p *peer) unbroken(t *webrtc.TrackRemote, n int) (payloads [][]byte) {
	p.r.t.Helper()
	for range n {
		k := p.next(t)
		if l := p.last[t]; l != nil && (k.SequenceNumber != l.SequenceNumber+1 || k.SSRC != l.SSRC || int32(k.Timestamp-l.Timestamp) < 0) {
			p.r.t.Fatalf("%s: %d at %d follows %d at %d", t.Kind(), k.SequenceNumber, k.Timestamp, l.SequenceNumber, l.Timestamp)
		}
		p.last[t] = k
		payloads = append(payloads, k.Payload)
	}
	return payloads
}

// decodable reads n packets of a picture's track and fails if a decoder could not begin with them.
func (p *peer) decodable(t *webrtc.TrackRemote, n int) {
	p.r.t.Helper()
	list := p.unbroken(t, n)
	if t.Codec().MimeType == webrtc.MimeTypeVP8 {
		if list[0][0] != 0x10 || list[0][1]&1 != 0 {
			p.r.t.Errorf("the picture begins with % x", list[0])
		}
		return
	}
	for i, want := range []byte{nalSPS, nalPPS, nalFUA, nalFUA, nalFUA, nalFUA, nalFUA, nalSlice} {
		if got := list[i][0] & 0x1f; got != want || i == 2 && list[i][1] != 0x80|nalIDR {
			p.r.t.Errorf("packet %d of the picture is % x", i, list[i][:2])
		}
	}
}

// both waits for the tracks of sound and picture, of which there may be one, and returns them by kind.
func (p *peer) both(n int) map[webrtc.RTPCodecType]*webrtc.TrackRemote {
	p.r.t.Helper()
	tracks := map[webrtc.RTPCodecType]*webrtc.TrackRemote{}
	for range n {
		t := p.track()
		tracks[t.Kind()] = t
	}
	if len(tracks) != n {
		p.r.t.Fatalf("the tracks are %v", tracks)
	}
	return tracks
}

// wish asks for a key frame and reports, as a player without congestion control does.
func (p *peer) wish(t *webrtc.TrackRemote) {
	p.r.t.Helper()
	if err := p.pc.WriteRTCP([]rtcp.Packet{
		&rtcp.ReceiverReport{SSRC: 1, Reports: []rtcp.ReceptionReport{{SSRC: uint32(t.SSRC())}}},
		&rtcp.PictureLossIndication{SenderSSRC: 1, MediaSSRC: uint32(t.SSRC())},
	}); err != nil {
		p.r.t.Error(err)
	}
}

// pull is a viewer made by others. Its tracks arrive by themselves.
type pull struct {
	name   string
	codecs []webrtc.RTPCodecParameters
	mids   map[webrtc.RTPCodecType]string // its sections, named by itself
	// order lists the sections; options says that it asks for relays first, whole that the offer has its candidates, trickles that
	// they follow it.
	order                    []webrtc.RTPCodecType
	options, whole, trickles bool
	shape                    func(offer string) string
}

// pulls are how MediaMTX and GStreamer read, and players that take one medium.
func pulls(video webrtc.RTPCodecParameters) []pull {
	const sound, picture = webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo
	many := []webrtc.RTPCodecParameters{
		parameters("video/AV1", 90000, 0, "profile=1", 96, again, key), parameters("video/VP9", 90000, 0, "profile-id=0", 99, again, key),
		parameters("video/VP8", 90000, 0, "", 100, again, key),
		parameters("video/H264", 90000, 0, "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f", 101, again, key),
		parameters("audio/opus", 48000, 2, "minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1", 111),
		parameters("audio/G722", 8000, 0, "", 9), parameters("audio/PCMU", 8000, 0, "", 0), parameters("audio/PCMA", 8000, 0, "", 8),
	}
	few := []webrtc.RTPCodecParameters{video, parameters("audio/OPUS", 48000, 2, "", 97)}
	few[0].PayloadType, few[0].RTCPFeedback = 103, []webrtc.RTCPFeedback{key}
	return []pull{
		{name: "MediaMTX", codecs: many, order: []webrtc.RTPCodecType{picture, sound}, options: true, trickles: true},
		{name: "MediaMTX without trickling", codecs: many, order: []webrtc.RTPCodecType{picture, sound}, options: true, whole: true},
		{
			name: "GStreamer", codecs: few, order: []webrtc.RTPCodecType{picture, sound}, whole: true, shape: likeGStreamer,
			mids: map[webrtc.RTPCodecType]string{picture: "video0", sound: "audio1"},
		},
		{name: "only pictures", codecs: few, order: []webrtc.RTPCodecType{picture}, whole: true},
		{name: "only sound", codecs: few, order: []webrtc.RTPCodecType{sound}, whole: true},
	}
}

// likeGStreamer is an offer of webrtcbin with bundle-policy max-bundle, whose transceivers were not told a direction.
func likeGStreamer(offer string) string {
	first, second, _ := strings.Cut(offer, "m=audio 9 ")
	return strings.ReplaceAll(first+"m=audio 0 "+strings.Replace(second, "a=mid:", "a=bundle-only\r\na=mid:", 1), "a=recvonly", "a=sendrecv")
}

// offered is the text of the offer that the client makes.
func (c pull) offered(p *peer) string {
	p.r.t.Helper()
	for _, kind := range c.order {
		t, err := p.pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
		if err != nil {
			p.r.t.Fatal(err)
		}
		if mid := c.mids[kind]; mid != "" {
			if err := t.SetMid(mid); err != nil {
				p.r.t.Fatal(err)
			}
		}
	}
	gathered := webrtc.GatheringCompletePromise(p.pc)
	text := p.offer()
	if c.whole {
		<-gathered
		text = p.pc.LocalDescription().SDP
	}
	if c.shape != nil {
		text = c.shape(text)
	}
	return text
}

// join makes the session of the client.
func (c pull) join(r *running) *peer {
	r.t.Helper()
	chain := &interceptor.Registry{}
	reports, err := report.NewReceiverInterceptor(report.ReceiverInterval(50 * time.Millisecond))
	if err != nil {
		r.t.Fatal(err)
	}
	asks, err := nack.NewGeneratorInterceptor()
	if err != nil {
		r.t.Fatal(err)
	}
	chain.Add(reports)
	chain.Add(asks)
	p := newPeerWith(r, chain, c.codecs...)
	if c.options {
		r.check(r.t, call{method: "OPTIONS", path: "/whep/demo"}, expect{204, "", nil})
	}
	candidates := make(chan string, 64)
	p.pc.OnICECandidate(func(i *webrtc.ICECandidate) {
		if i != nil {
			candidates <- i.ToJSON().Candidate
			return
		}
		close(candidates)
	})
	a, body := r.do(call{method: "POST", path: "/whep/demo", kind: "application/sdp", body: c.offered(p)})
	if a.Header.Get("Content-Type") != "application/sdp" || a.Header.Get("Accept-Patch") != fragmentType || a.Header.Get("ETag") == "" {
		r.t.Errorf("the answer's header is %v", a.Header)
	}
	for _, alien := range []string{"rtx", "red/", "transport-cc", "extmap:"} {
		if strings.Contains(body, alien) {
			r.t.Errorf("the answer has %s, which was not offered:\n%s", alien, body)
		}
	}
	p.accept(a, body)
	if !c.trickles {
		return p.connect()
	}
	head := "a=ice-ufrag:" + attribute(p, "ice-ufrag") + "\r\na=ice-pwd:" + attribute(p, "ice-pwd") + "\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\n"
	for one := range candidates {
		r.check(r.t, call{method: "PATCH", path: p.resource, kind: fragmentType, match: p.etag, body: head + "a=" + one + "\r\n"}, expect{204, "", nil})
	}
	return p.connect()
}

// TestOthers_read_a_show_from_its_first_frame_on: whoever joins between two key frames gets the picture from the one before on,
// without a gap, and the sound; and what it asks for does not reach an encoder that would not listen anyway.
func TestOthers_read_a_show_from_its_first_frame_on(t *testing.T) {
	for name, video := range map[string]webrtc.RTPCodecParameters{"H264": obsH264, "VP8": obsVP8} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t, Config{})
			host := newEncoder(r, video).publish().run().onAir()
			for _, c := range pulls(video) {
				t.Run(c.name, func(t *testing.T) {
					r := *r
					r.t = t
					p := c.join(&r)
					for kind, track := range p.both(len(c.order)) {
						if kind == webrtc.RTPCodecTypeVideo {
							p.decodable(track, 20)
						} else {
							p.unbroken(track, 10)
						}
						p.wish(track)
					}
					if n := host.keys.Load(); n != 1 {
						t.Errorf("the encoder has sent %d key frames", n)
					}
					r.check(t, call{method: "DELETE", path: p.resource}, expect{200, "", nil})
					r.check(t, call{method: "DELETE", path: p.resource}, expect{404, wire.NotFound, nil})
				})
			}
			await(t, "the viewers to be gone", func() bool { return r.show("demo").Viewers == 0 })
		})
	}
}

// TestOBS_publishes: from its POST to its DELETE, with a lost connection between, over plain HTTP.
func TestOBS_publishes(t *testing.T) {
	r := start(t, Config{})
	first := newEncoder(r, obsH264).publish().run().onAir()
	if s := r.show("demo"); s.Video != "H264" {
		t.Errorf("the show is %+v", s)
	}
	browser := pulls(obsH264)[1]
	v := browser.join(r)
	tracks := v.both(2)
	picture, sound := tracks[webrtc.RTPCodecTypeVideo], tracks[webrtc.RTPCodecTypeAudio]
	v.decodable(picture, 15)

	t.Run("a wish that it ignores is granted from what it has sent", func(t *testing.T) {
		granted := false
		for n := 0; n < 300 && !granted; n++ { // ten seconds of pictures
			if n%3 == 0 {
				v.wish(picture)
			}
			granted = v.unbroken(picture, 1)[0][0]&0x1f == nalSPS
		}
		if !granted {
			t.Error("no key frame came")
		}
		if n := first.keys.Load(); n != 1 {
			t.Errorf("the encoder has sent %d key frames", n)
		}
	})
	t.Run("its own next key frame is where the next viewer begins", func(t *testing.T) {
		first.wanted.Store(true)
		await(t, "it", func() bool { return first.keys.Load() == 2 })
		late := browser.join(r)
		late.decodable(late.both(2)[webrtc.RTPCodecTypeVideo], 15)
		r.check(t, call{method: "DELETE", path: late.resource}, expect{200, "", nil})
	})
	t.Run("after a lost connection it comes by a new POST and viewers stay", func(t *testing.T) {
		first.stop()
		second := newEncoder(r, obsH264).publish().run()
		await(t, "the take-over", func() bool {
			a, _ := r.do(call{method: "PATCH", path: first.resource, kind: fragmentType, match: "*", body: "a=end-of-candidates"})
			return a.StatusCode == http.StatusGone
		})
		r.check(t, call{method: "DELETE", path: first.resource, token: token}, expect{410, wire.Replaced, nil})
		for from := second.frames.Load(); second.frames.Load() < from+10; {
			v.unbroken(picture, 2)
			v.unbroken(sound, 2)
		}
		first = second
	})
	t.Run("its DELETE ends the show", func(t *testing.T) {
		first.stop()
		r.check(t, call{method: "DELETE", path: first.resource, token: token}, expect{200, "", nil})
		await(t, "the show to be off air", func() bool { return !r.show("demo").Live })
	})
}
