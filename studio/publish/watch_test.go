package publish

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pion/ice/v2"
	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/pion/webrtc/v3"

	"vitrine/capture/frame"
	"vitrine/server/wire"
)

// whepServer is a WHEP server independent of ours: net/http and a pion peer that sends sound and a picture.
type whepServer struct {
	t    *testing.T
	http *httptest.Server
	mux  *ice.UDPMuxDefault
	conn *thinning
	// refuse answers the first offers with this status.
	refuse int

	mu      sync.Mutex
	peers   []*webrtc.PeerConnection
	posts   int
	ended   int
	sound   *webrtc.TrackLocalStaticRTP
	picture *webrtc.TrackLocalStaticRTP
	keys    chan struct{} // a key frame was asked for
	flowing chan struct{} // a connection stands
}

// thinning loses packets of a share that the server sends, the first time each.
type thinning struct {
	net.PacketConn
	mu   sync.Mutex
	lose float64
	r    *rand.Rand
	seen map[uint64]bool
}

func (c *thinning) WriteTo(b []byte, a net.Addr) (int, error) {
	var h rtp.Header
	if len(b) > 12 && b[0]>>6 == 2 && (b[1] < 192 || b[1] > 223) {
		if _, err := h.Unmarshal(b); err == nil && c.loses(uint64(h.SSRC)<<16|uint64(h.SequenceNumber)) {
			return len(b), nil
		}
	}
	return c.PacketConn.WriteTo(b, a)
}

func (c *thinning) loses(id uint64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seen[id] {
		return false
	}
	c.seen[id] = true
	return c.r.Float64() < c.lose
}

func newWHEPServer(t *testing.T, lose float64) *whepServer {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &whepServer{t: t, conn: &thinning{PacketConn: conn, lose: lose, r: rand.New(rand.NewPCG(1, 2)), seen: map[uint64]bool{}}, keys: make(chan struct{}, 1000), flowing: make(chan struct{}, 10)}
	s.mux = ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: s.conn})
	s.sound, _ = webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2}, "sound", "s")
	s.picture, _ = webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}, "picture", "s")
	s.http = httptest.NewServer(s)
	t.Cleanup(func() {
		s.http.Close()
		for _, pc := range s.peers {
			_ = pc.GracefulClose()
		}
		_ = s.mux.Close()
		_ = conn.Close()
	})
	return s
}

func (s *whepServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch r.Method {
	case http.MethodPost:
		if s.posts++; s.refuse != 0 && s.posts <= 2 {
			problemAnswer(w, s.refuse, wire.NotFound)
			return
		}
		answer, err := s.answer(string(body))
		if err != nil {
			s.t.Error(err)
		}
		w.Header().Set("Content-Type", "application/sdp")
		w.Header().Set("Location", "/sessions/1")
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, answer)
	case http.MethodDelete:
		s.ended++
	default:
		w.WriteHeader(http.StatusMethodNotAllowed)
	}
}

func (s *whepServer) answer(offer string) (string, error) {
	m, registry := &webrtc.MediaEngine{}, &interceptor.Registry{}
	vp8, _, err := videoCodec(frame.VP8)
	err = errors.Join(err, m.RegisterCodec(opusCodec(), webrtc.RTPCodecTypeAudio), m.RegisterCodec(vp8, webrtc.RTPCodecTypeVideo), webrtc.RegisterDefaultInterceptors(m, registry))
	var e webrtc.SettingEngine
	e.SetICEUDPMux(s.mux)
	e.SetIncludeLoopbackCandidate(true)
	e.SetIPFilter(net.IP.IsLoopback)
	e.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	pc, err2 := webrtc.NewAPI(webrtc.WithMediaEngine(m), webrtc.WithInterceptorRegistry(registry), webrtc.WithSettingEngine(e)).NewPeerConnection(webrtc.Configuration{})
	if err = errors.Join(err, err2); err != nil {
		return "", err
	}
	s.peers = append(s.peers, pc)
	pc.OnConnectionStateChange(func(st webrtc.PeerConnectionState) {
		if st == webrtc.PeerConnectionStateConnected {
			s.flowing <- struct{}{}
		}
	})
	for _, track := range []webrtc.TrackLocal{s.sound, s.picture} {
		sender, err := pc.AddTrack(track)
		if err != nil {
			return "", err
		}
		go s.listen(sender)
	}
	return describe(pc, offer)
}

func (s *whepServer) listen(r *webrtc.RTPSender) {
	for {
		packets, _, err := r.ReadRTCP()
		if err != nil {
			return
		}
		for _, p := range packets {
			if _, ok := p.(*rtcp.PictureLossIndication); ok {
				select {
				case s.keys <- struct{}{}:
				default:
				}
			}
		}
	}
}

// received is what a watcher got.
type received struct {
	mu       sync.Mutex
	pictures []*frame.Packet
	sounds   []*frame.Packet
	lost     int
	links    []frame.Link
	spare    time.Duration
	refuse   bool
}

func (r *received) reception() Reception {
	return Reception{
		Picture: func(_ frame.Codec, p *frame.Packet) bool {
			r.mu.Lock()
			defer r.mu.Unlock()
			if r.refuse {
				r.refuse = false
				return false
			}
			r.pictures = append(r.pictures, p)
			return true
		},
		Sound: func(p *frame.Packet, lost int) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.sounds = append(r.sounds, p)
			r.lost += lost
		},
		Spare: func() time.Duration { r.mu.Lock(); defer r.mu.Unlock(); return r.spare },
		Link:  func(l frame.Link) { r.mu.Lock(); r.links = append(r.links, l); r.mu.Unlock() },
	}
}

// send sends so many pictures of several packets each and twice as many sounds, a key frame first and whenever one is asked for. A picture is known by its
// number in its bytes.
func (s *whepServer) send(n int) {
	var payloader codecs.VP8Payloader
	seq, soundSeq := uint16(65500), uint16(65500)
	for i := range n {
		key := i == 0
		select {
		case <-s.keys:
			key = true
		default:
		}
		data := make([]byte, 3000)
		if !key {
			data[0] = 1
		}
		for j := 1; j < len(data); j++ {
			data[j] = byte(i)
		}
		parts := payloader.Payload(1100, data)
		for j, b := range parts {
			_ = s.picture.WriteRTP(&rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: seq, Timestamp: uint32(i * 3000), Marker: j == len(parts)-1}, Payload: b})
			seq++
		}
		for j := range 2 {
			_ = s.sound.WriteRTP(&rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: soundSeq, Timestamp: uint32(soundSeq) * 480}, Payload: []byte{byte(2*i + j)}})
			soundSeq++
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func watch(t *testing.T, s *whepServer, r *received, during func()) {
	t.Helper()
	w := NewWatcher(slog.New(slog.DiscardHandler))
	w.waits = backoff{first: time.Millisecond, most: 2 * time.Millisecond, stable: time.Hour}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.Watch(ctx, s.http.URL+"/whep/evening~mia", r.reception()) }()
	<-s.flowing
	during()
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("the watcher ended with %v", err)
	}
	if last := r.links[len(r.links)-1]; last.Phase != frame.LinkIdle {
		t.Errorf("the last link is %+v", last)
	}
}

func TestWhatIsLostIsAskedForAndComesInItsOrder(t *testing.T) {
	s, r := newWHEPServer(t, 0.05), &received{spare: time.Second}
	watch(t, s, r, func() {
		s.send(200)
		time.Sleep(300 * time.Millisecond)
	})
	whole := 0
	for i, p := range r.pictures {
		if len(p.Data) != 3000 || slices.ContainsFunc(p.Data[2:], func(b byte) bool { return b != p.Data[1] }) {
			t.Fatalf("picture %d of %d bytes is mixed", i, len(p.Data))
		}
		if i > 0 && p.PTS <= r.pictures[i-1].PTS {
			t.Fatalf("picture %d at %v comes after one at %v", i, p.PTS, r.pictures[i-1].PTS)
		}
		whole++
	}
	if !r.pictures[0].Key || whole < 190 {
		t.Errorf("%d of 200 pictures came, the first a key frame: %v", whole, r.pictures[0].Key)
	}
	for i := 1; i < len(r.sounds); i++ {
		if want := r.sounds[i-1].Data[0] + 1; r.sounds[i].Data[0] != want {
			t.Fatalf("sound %d came instead of %d", r.sounds[i].Data[0], want)
		}
	}
	if len(r.sounds) < 380 || r.lost > 0 {
		t.Errorf("%d of 400 sounds came, %d are said to be lost", len(r.sounds), r.lost)
	}
	live := slices.IndexFunc(r.links, func(l frame.Link) bool { return l.Phase == frame.LinkLive && l.Bitrate > 0 })
	if live < 0 || r.links[live].RTT <= 0 {
		t.Error("no link says how much comes and how long it takes")
	}
	if s.ended != 1 {
		t.Errorf("the session was taken off the server %d times", s.ended)
	}
}

func TestSoundThatIsNeededNowIsNotWaitedFor(t *testing.T) {
	s, r := newWHEPServer(t, 0.2), &received{}
	watch(t, s, r, func() {
		s.send(100)
		time.Sleep(100 * time.Millisecond)
	})
	if r.lost < 10 || len(r.sounds)+r.lost < 180 {
		t.Errorf("of 200 sounds, a fifth of which was lost, %d came and %d are said to be lost", len(r.sounds), r.lost)
	}
}

func TestARefusedPictureIsFollowedByAKeyFrame(t *testing.T) {
	s, r := newWHEPServer(t, 0), &received{spare: time.Second}
	watch(t, s, r, func() {
		s.send(50)
		r.mu.Lock()
		r.refuse, r.pictures = true, nil
		r.mu.Unlock()
		s.send(100)
		time.Sleep(100 * time.Millisecond)
	})
	if len(r.pictures) == 0 || !r.pictures[0].Key {
		t.Errorf("%d pictures came after the refused one, the first is no key frame", len(r.pictures))
	}
}

func TestAWatcherWaitsForWhoIsNotThereYet(t *testing.T) {
	s, r := newWHEPServer(t, 0), &received{spare: time.Second}
	s.refuse = http.StatusNotFound
	watch(t, s, r, func() { s.send(30) })
	if len(r.pictures) == 0 || !slices.ContainsFunc(r.links, func(l frame.Link) bool { return l.Fault == frame.FaultShow }) {
		t.Errorf("%d pictures came; links %+v", len(r.pictures), r.links)
	}
	if err := NewWatcher(slog.New(slog.DiscardHandler)).Watch(t.Context(), "ftp://x", r.reception()); frame.FaultOf(err) != frame.FaultAddress {
		t.Errorf("ftp://x: %v", err)
	}
}

func TestLinesSurviveAnyPackets(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, codec := range []frame.Codec{frame.VP8, frame.H264} {
		got := 0
		sound := soundLine{sound: func(*frame.Packet, int) { got++ }, spare: func() time.Duration { return time.Duration(r.IntN(60)) * time.Millisecond }}
		picture := pictureLine{picture: func(frame.Codec, *frame.Packet) bool { got++; return r.IntN(10) > 0 }, ask: func() {}, rtt: func() time.Duration { return 0 }}
		now, seq := time.Unix(0, 0), uint16(65000)
		for range 20000 {
			now = now.Add(time.Duration(r.IntN(5)) * time.Millisecond)
			if seq++; r.IntN(50) == 0 {
				seq += uint16(r.Uint32())
			}
			b := make([]byte, r.IntN(20))
			for i := range b {
				b[i] = byte(r.Uint32())
			}
			p := &rtp.Packet{Header: rtp.Header{SequenceNumber: seq + uint16(r.IntN(4)), Timestamp: uint32(r.IntN(4)), Marker: r.IntN(2) == 0}, Payload: b}
			sound.put(p)
			picture.put(codec, p, now)
			if len(sound.held) > 2*tooFar || len(picture.held) > 2*tooFar {
				t.Fatalf("%d and %d packets are held", len(sound.held), len(picture.held))
			}
		}
		if got == 0 {
			t.Error("nothing comes through")
		}
	}
}
