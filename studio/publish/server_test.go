package publish

import (
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/ice/v2"
	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/transport/v2/packetio"
	"github.com/pion/webrtc/v3"
	"go.uber.org/goleak"

	"vitrine/capture/frame"
	"vitrine/server/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const testToken = "t0ken"

// cable is the server's UDP socket with a switch: pulled, nothing passes. It may also lose RTP packets on their first way.
type cable struct {
	net.PacketConn
	pulled atomic.Bool
	lose   func(h *rtp.Header) bool
	lost   map[uint32]bool
}

func (c *cable) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, a, err := c.PacketConn.ReadFrom(b)
		if err != nil || !c.pulled.Load() && !c.loses(b[:n]) {
			return n, a, err
		}
	}
}

func (c *cable) loses(b []byte) bool {
	var h rtp.Header
	isRTP := len(b) > 12 && b[0]>>6 == 2 && (b[1] < 192 || b[1] > 223) // RFC 5761, RFC 7983
	if c.lose == nil || !isRTP {
		return false
	}
	if _, err := h.Unmarshal(b); err != nil {
		return false
	}
	id := h.SSRC<<16 ^ uint32(h.SequenceNumber)
	if c.lost[id] || !c.lose(&h) {
		return false
	}
	c.lost[id] = true
	return true
}

func (c *cable) WriteTo(b []byte, a net.Addr) (int, error) {
	if c.pulled.Load() {
		return len(b), nil
	}
	return c.PacketConn.WriteTo(b, a)
}

// request is what the server got.
type request struct {
	method, path, ifMatch, auth, contentType, body string
}

// simulcast is how a server answers an offer of layers.
type simulcast int

const (
	takesLayers simulcast = iota
	takesOne
	// takesHalf is how pion answers by itself: it takes the layers without the extensions that name them.
	takesHalf
)

// whipServer is a WHIP server independent of ours: net/http and a real pion peer per session, everything on 127.0.0.1.
type whipServer struct {
	t    *testing.T
	http *httptest.Server
	wire *cable
	mux  *ice.UDPMuxDefault
	// before may answer a request itself, and says so.
	before func(w http.ResponseWriter, r request) bool

	requests chan request
	packets  chan *rtp.Packet
	// layers holds the packets of a simulcast by rid, beside packets.
	layers map[string]chan *rtp.Packet
	// simulcast says what the server makes of an offer of layers.
	simulcast simulcast
	reports   chan *rtcp.SenderReport

	mu    sync.Mutex
	peers []*webrtc.PeerConnection
	// buffers are where the peers' packets wait.
	buffers []io.Closer
	pc      *webrtc.PeerConnection
	offer   string
	posts   int
}

func newWHIPServer(t *testing.T) *whipServer {
	t.Helper()
	return newLossyServer(t, nil)
}

// newLossyServer is a server behind a network that loses what lose says.
func newLossyServer(t *testing.T, lose func(*rtp.Header) bool) *whipServer {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return newServer(t, conn, lose)
}

func newServer(t *testing.T, conn net.PacketConn, lose func(*rtp.Header) bool) *whipServer {
	t.Helper()
	s := &whipServer{
		t: t, wire: &cable{PacketConn: conn, lose: lose, lost: map[uint32]bool{}}, requests: make(chan request, 4096),
		layers:  map[string]chan *rtp.Packet{"f": make(chan *rtp.Packet, 1<<16), "h": make(chan *rtp.Packet, 1<<16), "q": make(chan *rtp.Packet, 1<<16)},
		packets: make(chan *rtp.Packet, 1<<16), reports: make(chan *rtcp.SenderReport, 1024),
	}
	s.mux = ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: s.wire})
	s.http = httptest.NewServer(s)
	t.Cleanup(func() {
		s.http.Close()
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, pc := range s.peers {
			_ = pc.GracefulClose()
		}
		// pion v3 forgets the reader of a track that was just being started when its connection closed.
		for _, b := range s.buffers {
			_ = b.Close()
		}
		_ = s.mux.Close()
		_ = conn.Close()
	})
	return s
}

func (s *whipServer) endpoint() string { return s.http.URL + "/whip/evening" }

func (s *whipServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	got := request{r.Method, r.URL.Path, r.Header.Get("If-Match"), r.Header.Get("Authorization"), r.Header.Get("Content-Type"), string(body)}
	s.requests <- got
	if s.before != nil && s.before(w, got) {
		return
	}
	switch r.Method {
	case http.MethodPost:
		s.post(w, got)
	case http.MethodPatch:
		s.patch(w, got)
	case http.MethodDelete:
		s.closePeer()
		w.WriteHeader(http.StatusOK)
	default:
		w.WriteHeader(http.StatusMethodNotAllowed)
	}
}

func (s *whipServer) post(w http.ResponseWriter, r request) {
	s.closePeer()
	pc := s.peer()
	if s.simulcast == takesOne {
		r.body = oneStream(r.body)
	}
	answer, err := describe(pc, r.body)
	if err != nil {
		problemAnswer(w, http.StatusBadRequest, wire.Invalid)
		return
	}
	s.mu.Lock()
	s.pc, s.offer = pc, r.body
	s.posts++
	s.mu.Unlock()
	w.Header().Set("Content-Type", "application/sdp")
	w.Header().Set("Location", "../sessions/1")
	w.Header().Set("ETag", `"first"`)
	w.WriteHeader(http.StatusCreated)
	_, _ = io.WriteString(w, answer)
}

// patch restarts ICE when asked to, and takes candidates otherwise.
func (s *whipServer) patch(w http.ResponseWriter, r request) {
	s.mu.Lock()
	pc, offer := s.pc, s.offer
	s.mu.Unlock()
	if r.ifMatch != "*" {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	f, err := parseFragment(r.body)
	if err == nil {
		offer, err = restarted(offer, f)
	}
	var answer string
	if err == nil {
		answer, err = describe(pc, offer)
	}
	var frag string
	if err == nil {
		frag, _, err = fragment(answer, func(string) bool { return false })
	}
	if err != nil {
		s.t.Error(err)
		problemAnswer(w, http.StatusBadRequest, wire.Invalid)
		return
	}
	w.Header().Set("Content-Type", "application/trickle-ice-sdpfrag")
	w.Header().Set("ETag", `"second"`)
	_, _ = io.WriteString(w, frag)
}

func (s *whipServer) buffer(packetio.BufferPacketType, uint32) io.ReadWriteCloser {
	b := packetio.NewBuffer()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.buffers = append(s.buffers, b)
	return b
}

func (s *whipServer) closePeer() {
	s.mu.Lock()
	pc := s.pc
	s.pc = nil
	s.mu.Unlock()
	if pc != nil {
		_ = pc.GracefulClose()
	}
}

// current is the peer of the running session.
func (s *whipServer) current() *webrtc.PeerConnection {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pc
}

func describe(pc *webrtc.PeerConnection, offer string) (string, error) {
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}); err != nil {
		return "", err
	}
	answer, err := pc.CreateAnswer(nil)
	if err != nil {
		return "", err
	}
	gathered := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(answer); err != nil {
		return "", err
	}
	<-gathered
	return pc.LocalDescription().SDP, nil
}

// oneStream is an offer as a server reads it that knows nothing of simulcast.
func oneStream(offer string) string {
	var kept []string
	for line := range strings.Lines(offer) {
		if !strings.HasPrefix(line, "a=rid:") && !strings.HasPrefix(line, "a=simulcast:") && !strings.Contains(line, ":sdes:") {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "")
}

func (s *whipServer) peer() *webrtc.PeerConnection {
	m := &webrtc.MediaEngine{}
	registry := &interceptor.Registry{}
	if err := m.RegisterDefaultCodecs(); err != nil {
		s.t.Error(err)
	}
	if s.simulcast == takesLayers {
		if err := webrtc.ConfigureSimulcastExtensionHeaders(m); err != nil {
			s.t.Error(err)
		}
	}
	if err := webrtc.RegisterDefaultInterceptors(m, registry); err != nil {
		s.t.Error(err)
	}
	var e webrtc.SettingEngine
	e.SetICEUDPMux(s.mux)
	e.SetIncludeLoopbackCandidate(true)
	e.SetIPFilter(net.IP.IsLoopback)
	e.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	e.BufferFactory = s.buffer
	e.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	pc, err := webrtc.NewAPI(webrtc.WithMediaEngine(m), webrtc.WithInterceptorRegistry(registry), webrtc.WithSettingEngine(e)).
		NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		s.t.Error(err)
		return nil
	}
	s.mu.Lock()
	s.peers = append(s.peers, pc)
	s.mu.Unlock()
	pc.OnTrack(func(t *webrtc.TrackRemote, r *webrtc.RTPReceiver) {
		go s.readReports(r, t.RID())
		for {
			p, _, err := t.ReadRTP()
			if err != nil {
				return
			}
			s.packets <- p
			if c := s.layers[t.RID()]; c != nil {
				c <- p
			}
		}
	})
	return pc
}

func (s *whipServer) readReports(r *webrtc.RTPReceiver, rid string) {
	read := func() ([]rtcp.Packet, error) { p, _, err := r.ReadRTCP(); return p, err }
	if rid != "" {
		read = func() ([]rtcp.Packet, error) { p, _, err := r.ReadSimulcastRTCP(rid); return p, err }
	}
	for {
		packets, err := read()
		if err != nil {
			return
		}
		for _, p := range packets {
			if sr, ok := p.(*rtcp.SenderReport); ok {
				s.reports <- sr
			}
		}
	}
}

func problemAnswer(w http.ResponseWriter, status int, code wire.Code) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(wire.Problem{Status: status, Code: code, Detail: "said the test"})
}

// show is a publisher with what it told.
type show struct {
	*Publisher
	links    chan frame.Link
	wishes   chan frame.Layer
	demands  chan frame.Demand
	finished chan error
	stop     func()
}

// onAir starts a publisher whose patience fits a test.
func onAir(t *testing.T, endpoint string, change ...func(*Publisher)) *show {
	t.Helper()
	s := &show{
		Publisher: New(slog.New(slog.DiscardHandler)),
		links:     make(chan frame.Link, 4096), wishes: make(chan frame.Layer, 4096), demands: make(chan frame.Demand, 1<<16), finished: make(chan error, 1),
	}
	s.waits = backoff{first: time.Millisecond, most: 2 * time.Millisecond, stable: time.Hour}
	s.paths = pathTimes{disconnected: 150 * time.Millisecond, failed: 5 * time.Second, keepAlive: 30 * time.Millisecond, heal: 5 * time.Second}
	for _, c := range change {
		c(s.Publisher)
	}
	ctx, cancel := contextFor(t)
	s.stop = cancel
	go func() {
		s.finished <- s.Run(ctx, frame.Target{Endpoint: endpoint, Token: testToken, Video: frame.H264}, Feedback{
			KeyFrame: func(l frame.Layer) { s.wishes <- l },
			Demand:   func(d frame.Demand) { s.demands <- d },
			Link:     func(l frame.Link) { s.links <- l },
		})
	}()
	return s
}
