package live

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/nack"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v3"
	"go.uber.org/goleak"

	"vitrine/server/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var loopback = Caller{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("127.0.0.1")}

// patience bounds every wait of a test; it is no measure of speed.
const patience = time.Minute

// startStage runs a stage on a free port until the test ends.
func startStage(t *testing.T, cfg Config) *Stage {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewStage(cfg, conn)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	<-s.ready
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("stage ended with %v", err)
		}
	})
	return s
}

// client is the far end of a session: a stock pion peer.
type client struct {
	t      *testing.T
	pc     *webrtc.PeerConnection
	answer *Answer
	up     chan struct{} // closed when connected
	tracks map[webrtc.RTPCodecType]chan *webrtc.TrackRemote

	audio, video *webrtc.TrackLocalStaticRTP // of a publisher
	keys         chan struct{}               // a publisher's PLIs
	sequence     map[*webrtc.TrackLocalStaticRTP]uint16
	waiting      buffers // see there why they are closed
}

func newClient(t *testing.T, codecs ...Codec) *client {
	t.Helper()
	return newClientWith(t, func(*webrtc.SettingEngine) {}, codecs...)
}

func newClientWith(t *testing.T, set func(*webrtc.SettingEngine), codecs ...Codec) *client {
	t.Helper()
	c := makeClient(t, set, codecs...)
	t.Cleanup(c.close)
	return c
}

func (c *client) close() {
	_ = c.pc.GracefulClose()
	c.waiting.close()
}

// makeClient makes a client that the caller closes.
func makeClient(t *testing.T, set func(*webrtc.SettingEngine), codecs ...Codec) *client {
	t.Helper()
	m := &webrtc.MediaEngine{}
	for i, c := range codecs {
		kind := webrtc.RTPCodecTypeAudio
		var fb []webrtc.RTCPFeedback
		if c.Video() {
			kind = webrtc.RTPCodecTypeVideo
			fb = []webrtc.RTCPFeedback{{Type: "nack"}, {Type: "nack", Parameter: "pli"}}
		}
		if c.Payload == 0 {
			c.Payload = uint8(100 + i)
		}
		if err := m.RegisterCodec(c.parameters(fb), kind); err != nil {
			t.Fatal(err)
		}
	}
	for _, uri := range []string{sdp.SDESMidURI, sdp.SDESRTPStreamIDURI, absCaptureTime} {
		if err := m.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: uri}, webrtc.RTPCodecTypeVideo); err != nil {
			t.Fatal(err)
		}
	}
	chain := &interceptor.Registry{}
	answers, err := nack.NewResponderInterceptor()
	if err != nil {
		t.Fatal(err)
	}
	chain.Add(answers)
	c := &client{
		t: t, up: make(chan struct{}), keys: make(chan struct{}, 64),
		sequence: map[*webrtc.TrackLocalStaticRTP]uint16{},
		tracks: map[webrtc.RTPCodecType]chan *webrtc.TrackRemote{
			webrtc.RTPCodecTypeAudio: make(chan *webrtc.TrackRemote, 4),
			webrtc.RTPCodecTypeVideo: make(chan *webrtc.TrackRemote, 4),
		},
		waiting: buffers{parity: &mender{}},
	}
	e := webrtc.SettingEngine{}
	e.SetIncludeLoopbackCandidate(true)
	e.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	e.SetInterfaceFilter(func(name string) bool { return name == "lo" })
	e.BufferFactory = c.waiting.open
	set(&e)
	c.pc, err = webrtc.NewAPI(webrtc.WithMediaEngine(m), webrtc.WithSettingEngine(e), webrtc.WithInterceptorRegistry(chain)).
		NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	c.pc.OnTrack(func(tr *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { c.tracks[tr.Kind()] <- tr })
	var once sync.Once
	c.pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		if s == webrtc.PeerConnectionStateConnected {
			once.Do(func() { close(c.up) })
		}
	})
	return c
}

// offer makes an offer, with all of the client's candidates if whole.
func (c *client) offer(whole bool) string {
	c.t.Helper()
	o, err := c.pc.CreateOffer(nil)
	if err != nil {
		c.t.Fatal(err)
	}
	gathered := webrtc.GatheringCompletePromise(c.pc)
	if err := c.pc.SetLocalDescription(o); err != nil {
		c.t.Fatal(err)
	}
	if !whole {
		return o.SDP
	}
	<-gathered
	return c.pc.LocalDescription().SDP
}

func (c *client) accept(a *Answer, err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
	c.answer = a
	if err := c.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: a.SDP}); err != nil {
		c.t.Fatalf("%v in\n%s", err, a.SDP)
	}
}

func (c *client) connect() *client {
	c.t.Helper()
	select {
	case <-c.up:
	case <-time.After(patience):
		c.t.Fatal("no connection")
	}
	return c
}

var (
	opus = Codec{MimeType: "audio/opus", ClockRate: 48000, Channels: 2, Format: "minptime=10;useinbandfec=1"}
	h264 = Codec{MimeType: "video/H264", ClockRate: 90000, Format: "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"}
	vp8  = Codec{MimeType: "video/VP8", ClockRate: 90000}
)

// publish puts a show on air with the codecs. The offer has no candidates and nothing follows it, as from OBS.
func publish(t *testing.T, s *Stage, id wire.ShowID, codecs ...Codec) *client {
	t.Helper()
	c := newClient(t, codecs...)
	for _, k := range codecs {
		track, err := webrtc.NewTrackLocalStaticRTP(k.parameters(nil).RTPCodecCapability, k.Name(), "show")
		if err != nil {
			t.Fatal(err)
		}
		if k.Video() {
			c.video = track
		} else {
			c.audio = track
		}
		tr, err := c.pc.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
		if err != nil {
			t.Fatal(err)
		}
		go c.readReports(tr.Sender())
	}
	c.accept(s.Publish(t.Context(), id, c.offer(false), loopback))
	return c.connect()
}

func (c *client) readReports(sender *webrtc.RTPSender) {
	for {
		list, _, err := sender.ReadRTCP()
		if err != nil {
			return
		}
		for _, m := range list {
			if _, ok := m.(*rtcp.PictureLossIndication); ok {
				select {
				case c.keys <- struct{}{}:
				default:
				}
			}
		}
	}
}

// send sends one packet of the publisher.
func (c *client) send(track *webrtc.TrackLocalStaticRTP, ts uint32, marker bool, payload ...byte) {
	c.t.Helper()
	n := c.sequence[track]
	c.sequence[track]++
	err := track.WriteRTP(&rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: 1000 + n, Timestamp: ts, Marker: marker}, Payload: payload})
	if err != nil {
		c.t.Error(err)
	}
}

// hum sends sound until the viewer hears it.
func (c *client) hum(v *client) {
	c.t.Helper()
	ts := uint32(70_000)
	await(c.t, "sound", func() bool {
		ts += 960
		c.send(c.audio, ts, false, 1, 2, 3)
		return len(v.tracks[webrtc.RTPCodecTypeAudio]) > 0
	})
}

// watch joins a show with the codecs and reads what comes.
func watch(t *testing.T, s *Stage, id wire.ShowID, codecs ...Codec) *client {
	t.Helper()
	return watchWith(t, s, id, func(*webrtc.SettingEngine) {}, codecs...)
}

func watchWith(t *testing.T, s *Stage, id wire.ShowID, set func(*webrtc.SettingEngine), codecs ...Codec) *client {
	t.Helper()
	c := newClientWith(t, set, codecs...)
	kinds := map[webrtc.RTPCodecType]bool{}
	for _, k := range codecs {
		kind := webrtc.RTPCodecTypeAudio
		if k.Video() {
			kind = webrtc.RTPCodecTypeVideo
		}
		if kinds[kind] {
			continue
		}
		kinds[kind] = true
		if _, err := c.pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
			t.Fatal(err)
		}
	}
	offer := c.offer(true)
	var (
		a   *Answer
		err error
	)
	await(t, "the show to be live", func() bool { // what a player does: ask again
		a, err = s.Watch(t.Context(), wire.Show{ID: id}, offer, loopback)
		return !isCode(err, wire.NotLive)
	})
	c.accept(a, err)
	return c.connect()
}

// track waits for the track of a kind.
func (c *client) track(kind webrtc.RTPCodecType) *webrtc.TrackRemote {
	c.t.Helper()
	select {
	case t := <-c.tracks[kind]:
		return t
	case <-time.After(patience):
		c.t.Fatalf("no %s", kind)
		return nil
	}
}

// read reads the next packet of the track.
func (c *client) read(track *webrtc.TrackRemote) *rtp.Packet {
	c.t.Helper()
	if err := track.SetReadDeadline(time.Now().Add(patience)); err != nil {
		c.t.Fatal(err)
	}
	p, _, err := track.ReadRTP()
	if err != nil {
		c.t.Fatal(err)
	}
	return p
}

func isCode(err error, c wire.Code) bool {
	var e *wire.Error
	return errors.As(err, &e) && e.Code == c
}

// await asks until it is so. Where there is an event to wait for, tests wait for that.
func await(t *testing.T, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !so(); {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
		<-time.After(5 * time.Millisecond)
	}
}

// nack asks for a packet again.
func (c *client) nack(track *webrtc.TrackRemote, sequence uint16) {
	c.t.Helper()
	err := c.pc.WriteRTCP([]rtcp.Packet{&rtcp.TransportLayerNack{
		MediaSSRC: uint32(track.SSRC()), Nacks: []rtcp.NackPair{{PacketID: sequence}},
	}})
	if err != nil {
		c.t.Fatal(err)
	}
}

// report sends a publisher's sender report for a track.
func (c *client) report(track *webrtc.TrackLocalStaticRTP, ntp uint64, ticks uint32) {
	c.t.Helper()
	for _, s := range c.pc.GetSenders() {
		if s.Track() == track {
			sr := &rtcp.SenderReport{SSRC: uint32(s.GetParameters().Encodings[0].SSRC), NTPTime: ntp, RTPTime: ticks}
			if err := c.pc.WriteRTCP([]rtcp.Packet{sr}); err != nil {
				c.t.Fatal(err)
			}
		}
	}
}

// senderReport waits for a report of the kind's track that is not older than ntp.
func (c *client) senderReport(kind webrtc.RTPCodecType, ntp uint64) *rtcp.SenderReport {
	c.t.Helper()
	for _, r := range c.pc.GetReceivers() {
		if r.Track() == nil || r.Track().Kind() != kind {
			continue
		}
		if err := r.SetReadDeadline(time.Now().Add(patience)); err != nil {
			c.t.Fatal(err)
		}
		for {
			list, _, err := r.ReadRTCP()
			if err != nil {
				c.t.Fatal(err)
			}
			for _, m := range list {
				if sr, ok := m.(*rtcp.SenderReport); ok && sr.NTPTime-ntp < 1<<40 {
					return sr
				}
			}
		}
	}
	c.t.Fatalf("no %s", kind)
	return nil
}
