package live

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/rtcp"

	"vitrine/server/wire"
)

// chromium is the shape of a browser's offer to receive.
const chromium = "v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n" +
	"a=extmap-allow-mixed\r\na=msid-semantic: WMS\r\n" +
	"m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0\r\nc=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\n" +
	"a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\na=ice-options:trickle\r\n" +
	"a=fingerprint:sha-256 AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA\r\n" +
	"a=setup:actpass\r\na=mid:0\r\na=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\na=recvonly\r\na=rtcp-mux\r\n" +
	"a=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 transport-cc\r\na=fmtp:111 minptime=10;useinbandfec=1;stereo=1\r\n" +
	"a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\na=rtpmap:9 G722/8000\r\na=rtpmap:0 PCMU/8000\r\n" +
	"m=video 0 UDP/TLS/RTP/SAVPF 96 97 103 104\r\nc=IN IP4 0.0.0.0\r\na=bundle-only\r\n" +
	"a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n" +
	"a=fingerprint:sha-256 AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA\r\n" +
	"a=setup:actpass\r\na=mid:1\r\na=recvonly\r\na=rtcp-mux\r\na=rtcp-rsize\r\n" +
	"a=candidate:1 1 udp 2122260223 192.0.2.1 50000 typ host generation 0\r\n" +
	"a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack pli\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n" +
	"a=rtpmap:103 H264/90000\r\na=rtcp-fb:103 nack\r\na=rtcp-fb:103 nack pli\r\n" +
	"a=fmtp:103 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f\r\n" +
	"a=rtpmap:104 rtx/90000\r\na=fmtp:104 apt=103\r\n"

// dataSection is what a browser's offer has where it wants data channels.
const dataSection = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\n" +
	"a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n" +
	"a=fingerprint:sha-256 AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA\r\n" +
	"a=setup:actpass\r\na=mid:2\r\na=sctp-port:5000\r\na=max-message-size:262144\r\n"

// asPublisher is the offer turned round.
func asPublisher(offer string) string { return strings.ReplaceAll(offer, "a=recvonly", "a=sendonly") }

// FuzzOffer: no offer, however odd, makes a stage panic or fail in a way that is not the client's fault, and what is answered
// is an answer.
func FuzzOffer(f *testing.F) {
	f.Add(chromium, false)
	f.Add(asPublisher(chromium), true)
	f.Add(strings.ReplaceAll(chromium, "a=mid:1", "a=mid:0"), false)
	f.Add(strings.ReplaceAll(chromium, "103 104", "103 103 104 111"), false)
	f.Add(strings.ReplaceAll(asPublisher(chromium), "actpass", "passive"), true)
	f.Add(strings.ReplaceAll(asPublisher(chromium), "a=mid:1", "a=mid:1\r\na=rid:h send\r\na=simulcast:send h"), true)
	f.Add(strings.ReplaceAll(asPublisher(chromium), "a=mid:1", "a=mid:1\r\na=rtcp-fb:* ccm pause\r\na=msid:a b\r\na=ssrc-group:FID 1 2\r\n"+
		"a=rid:f send pt=96\r\na=rid:h send\r\na=rid:q send\r\na=simulcast:send f,x;~h;q recv 9"), true)
	f.Add(chromium+dataSection, false)
	f.Add(asPublisher(chromium+dataSection), true)
	f.Add("v=0", false)
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		f.Fatal(err)
	}
	s, err := NewStage(Config{Grace: time.Hour}, conn)
	if err != nil {
		f.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	f.Cleanup(func() { cancel(); <-done })
	<-s.ready
	on := &onAir{
		audio: newFeed(opus, nil, 1<<20, nil, &s.stats), video: newFeed(h264, nil, 1<<20, nil, &s.stats),
		live: true,
	}
	f.Fuzz(func(t *testing.T, text string, sends bool) {
		as := map[bool]role{true: publishing, false: watching}[sends]
		o, err := readOffer(text, as)
		if err != nil {
			if !isCode(err, wire.Invalid) {
				t.Fatal(err)
			}
			return
		}
		p, err := fuzzPeer(s, o, as, on)
		if err != nil {
			return // the codecs do not fit
		}
		defer func() { _ = p.close() }()
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		a, err := s.answer(ctx, p, loopback)
		if ctx.Err() != nil {
			t.Fatalf("no answer: %v", err)
		}
		if err != nil {
			return
		}
		if _, err := answerFragment(a.SDP); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(a.SDP, "192.0.2.1") {
			t.Fatal("the answer repeats a candidate of the offer")
		}
	})
}

func fuzzPeer(s *Stage, o *offer, as role, on *onAir) (*peer, error) {
	if as == watching {
		v, err := s.newViewer(o, "session", "demo", on)
		if err != nil {
			return nil, err
		}
		return v.peer, nil
	}
	p, ok := newPublisher(o)
	if !ok {
		return nil, notLive()
	}
	u, err := s.newInbound(o, p.codecs(), true)
	if err != nil {
		return nil, err
	}
	return s.newPeer(o, "session", as, u), nil
}

// FuzzFragment: what is taken as credentials is fit to be written into a description.
func FuzzFragment(f *testing.F) {
	f.Add("a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n" +
		"a=candidate:1 1 udp 1 192.0.2.1 1 typ host\r\na=end-of-candidates\r\n")
	f.Add("a=ice-ufrag:abcd\r\na=ice-ufrag:efgh\r\n")
	f.Add("\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		part, err := readFragment(text)
		if err != nil {
			if !isCode(err, wire.Invalid) {
				t.Fatal(err)
			}
			return
		}
		if part.ufrag == "" {
			return
		}
		o, err := readOffer(chromium, watching)
		if err != nil {
			t.Fatal(err)
		}
		if err := o.restart(part.ufrag, part.pwd); err != nil {
			t.Fatal(err)
		}
		if again, err := readOffer(o.text, watching); err != nil || again.ufrag != part.ufrag || again.pwd != part.pwd {
			t.Fatalf("%v in\n%s", err, o.text)
		}
	})
}

// FuzzPacket: no packet of a publisher makes a track panic, and what it stores is what came.
func FuzzPacket(f *testing.F) {
	f.Add([]byte{0x80, 102, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, nalSTAPA, 0, 2, 0x67, 1, 0, 2, 0x68, 2}, false)
	f.Add([]byte{0x80, 102, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, nalFUA, 0x85, 1}, false)
	f.Add([]byte{0xa0, 102, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 9}, false)
	f.Add([]byte{0x80, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0x90, 0xe0, 0x80, 1, 2, 3, 0}, true)
	f.Fuzz(func(_ *testing.T, raw []byte, isVP8 bool) {
		c := h264
		if isVP8 {
			c = vp8
		}
		var stats counters
		u := newUpTrack(c, 1<<16, nil, &stats)
		epoch := u.Switch(func() {})
		for range 3 {
			_ = u.Write(epoch, raw, time.Unix(1, 0))
		}
	})
}

func TestKey_frames_are_found(t *testing.T) {
	for name, c := range map[string]struct {
		vp8     bool
		payload []byte
		start   bool
	}{
		"IDR":                         {false, []byte{0x65, 1}, true},
		"sequence parameter set":      {false, []byte{0x67, 1}, true},
		"picture parameter set alone": {false, []byte{0x68, 1}, false},
		"other slice":                 {false, []byte{0x41, 1}, false},
		"aggregate with an IDR":       {false, []byte{24, 0, 2, 0x06, 1, 0, 2, 0x65, 1}, true},
		"aggregate that lies":         {false, []byte{24, 0, 9, 0x65, 1}, false},
		"first fragment of an IDR":    {false, []byte{0x7c, 0x85, 1}, true},
		"later fragment of an IDR":    {false, []byte{0x7c, 0x05, 1}, false},
		"nothing":                     {false, nil, false},
		"VP8 key frame":               {true, []byte{0x10, 0x00}, true},
		"VP8 other frame":             {true, []byte{0x10, 0x01}, false},
		"VP8 later packet":            {true, []byte{0x00, 0x00}, false},
		"VP8 other partition":         {true, []byte{0x11, 0x00}, false},
		"VP8 with long picture id":    {true, []byte{0x90, 0x80, 0x81, 0x01, 0x00}, true},
		"VP8 with all extensions":     {true, []byte{0x90, 0xf0, 0x01, 0x02, 0x03, 0x01}, false},
		"VP8 cut short":               {true, []byte{0x90, 0x80}, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := frameScanner{vp8: c.vp8}
			if start, _ := s.scan(c.payload, 1); start != c.start {
				t.Errorf("start is %v", start)
			}
		})
	}
	t.Run("a key frame without parameter sets gets those sent before", func(t *testing.T) {
		var s frameScanner
		for i, p := range [][]byte{{0x67, 1}, {0x68, 2}, {0x65, 3}} {
			if _, sets := s.scan(p, 1); sets != nil {
				t.Errorf("packet %d of the first frame gets % x", i, sets)
			}
		}
		start, sets := s.scan([]byte{0x7c, 0x85, 1}, 2)
		if want := "\x78\x00\x02\x67\x01\x00\x02\x68\x02"; !start || string(sets) != want {
			t.Errorf("start %v, sets % x", start, sets)
		}
	})
}

func FuzzFeedback(f *testing.F) {
	to := &recipient{Recorder: twcc.NewRecorder(1)}
	at := time.Unix(1000, 0)
	for i := range uint16(60) {
		if i%7 != 3 {
			to.got(65500+i, at.Add(time.Duration(i*i)*time.Millisecond))
		}
	}
	for _, p := range to.BuildFeedbackPacket() {
		raw, err := p.Marshal()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, compound []byte) {
		g, now := &guard{}, time.Unix(1000, 0)
		for i := range sendsKept {
			g.way.leaves(uint16(i), 1000, now)
		}
		messages(compound, func(message []byte) {
			packets, lost := g.way.reported(message, now)
			if packets < lost || packets > sendsKept {
				t.Errorf("of %d packets %d were lost", packets, lost)
			}
			g.told(message, now)
			theirs := &rtcp.TransportLayerCC{}
			if theirs.Unmarshal(message) == nil && packets > int(theirs.PacketStatusCount) {
				t.Errorf("%d packets instead of %d", packets, theirs.PacketStatusCount)
			}
		}, func([]byte) {})
	})
}
