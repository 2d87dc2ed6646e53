package server

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v3"
	"go.uber.org/goleak"

	"vitrine/server/wire"
)

func TestMain(m *testing.M) {
	trustAuthority()         // before anything loads the system's
	goleak.VerifyTestMain(m, // but for what has no end, or a slow one, in the test authority and in certmagic
		goleak.IgnoreAnyFunction("github.com/letsencrypt/pebble/v2/va.VAImpl.processTasks"),
		goleak.IgnoreAnyFunction("github.com/caddyserver/certmagic.(*RingBufferRateLimiter).loop"),
		goleak.IgnoreAnyFunction("github.com/caddyserver/certmagic.keepLockfileFresh"))
}

// patience bounds every wait of a test; it is no measure of speed.
const patience = time.Minute

const (
	token      = "correct-horse"
	otherToken = "battery-staple"
)

// running is a server under test.
type running struct {
	t        *testing.T
	at       Addresses
	operator string
	cancel   context.CancelFunc
	done     chan error
	http     *http.Client
	scheme   string
	prefix   string // of paths; "" for the server's own address
	// relays, if there are any, are all that its peers may use.
	relays []webrtc.ICEServer
}

// start runs a server with the shows demo and other until the test ends.
func start(t *testing.T, cfg Config) *running {
	t.Helper()
	if cfg.Data == "" {
		cfg.Data = t.TempDir()
	}
	if cfg.Listen == "" {
		cfg.Listen = "127.0.0.1:0"
	}
	if cfg.Drain == 0 {
		cfg.Drain = 10 * time.Millisecond
	}
	cfg.Shows = append(cfg.Shows, DeclaredShow{"demo", token}, DeclaredShow{"other", otherToken})
	var out bytes.Buffer
	cfg.Out = &out
	listening := make(chan Addresses, 1)
	cfg.Listening = func(a Addresses) { listening <- a }
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	transport := &http.Transport{}
	r := &running{t: t, cancel: cancel, done: make(chan error, 1), http: &http.Client{Transport: transport}, scheme: "http"}
	if cfg.secure() {
		r.scheme = "https"
	}
	go func() { r.done <- s.Run(ctx) }()
	t.Cleanup(transport.CloseIdleConnections)
	t.Cleanup(r.stop)
	select {
	case r.at = <-listening:
	case err := <-r.done:
		r.done <- err
		t.Fatal(err)
	case <-time.After(patience):
		t.Fatal("the server does not listen")
	}
	if m := regexp.MustCompile(`once: (\S+)`).FindStringSubmatch(out.String()); m != nil {
		r.operator = m[1]
	}
	return r
}

// stop ends the server, once.
func (r *running) stop() {
	r.t.Helper()
	r.cancel()
	select {
	case err, ok := <-r.done:
		if ok && err != nil {
			r.t.Errorf("the server ended with %v", err)
		}
		if ok {
			close(r.done)
		}
	case <-time.After(patience):
		r.t.Error("the server does not end")
	}
}

// call is a request.
type call struct {
	method, path, body string
	token, kind, match string
	none               string // If-None-Match
	from               string // X-Forwarded-For
	key                string // Idempotency-Key
}

// do makes the call and returns the answer with its body read.
func (r *running) do(c call) (*http.Response, string) {
	r.t.Helper()
	path := c.path
	switch {
	case strings.Contains(path, "://"):
	case r.prefix != "":
		path = r.prefix + path
	default:
		path = r.scheme + "://" + r.at.HTTP.String() + path
	}
	q, err := http.NewRequestWithContext(r.t.Context(), c.method, path, strings.NewReader(c.body))
	if err != nil {
		r.t.Fatal(err)
	}
	for name, value := range map[string]string{
		"Content-Type": c.kind, "If-Match": c.match, "If-None-Match": c.none, "X-Forwarded-For": c.from, wire.IdempotencyKey: c.key,
	} {
		if value != "" {
			q.Header.Set(name, value)
		}
	}
	if c.token != "" {
		q.Header.Set("Authorization", "Bearer "+c.token)
	}
	a, err := r.http.Do(q)
	if err != nil {
		r.t.Fatal(err)
	}
	defer a.Body.Close()
	b, err := io.ReadAll(a.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return a, string(b)
}

// show reads a show as anybody may.
func (r *running) show(id string) (s wire.Show) {
	r.t.Helper()
	_, body := r.do(call{method: "GET", path: "/api/shows/" + id})
	if err := json.Unmarshal([]byte(body), &s); err != nil {
		r.t.Fatalf("%v in %q", err, body)
	}
	return s
}

// await asks until it is so.
func await(t *testing.T, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !so(); {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
		<-time.After(10 * time.Millisecond)
	}
}

// peer is a stock pion client that speaks WHIP or WHEP.
type peer struct {
	r        *running
	pc       *webrtc.PeerConnection
	resource string
	etag     string
	up       chan struct{}
	tracks   chan *webrtc.TrackRemote
	video    *webrtc.TrackLocalStaticSample
	last     map[*webrtc.TrackRemote]*rtp.Packet // read by unbroken
}

var h264 = webrtc.RTPCodecCapability{
	MimeType: webrtc.MimeTypeH264, ClockRate: 90000, SDPFmtpLine: "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
}

// newPeer makes a peer that can do H.264, or only what the codecs are.
func newPeer(r *running, codecs ...webrtc.RTPCodecCapability) *peer {
	r.t.Helper()
	if len(codecs) == 0 {
		codecs = []webrtc.RTPCodecCapability{h264}
	}
	var list []webrtc.RTPCodecParameters
	for i, c := range codecs {
		list = append(list, webrtc.RTPCodecParameters{RTPCodecCapability: c, PayloadType: webrtc.PayloadType(100 + i)})
	}
	return newPeerWith(r, &interceptor.Registry{}, list...)
}

// newPeerWith makes a peer that can do what the codecs are, and reacts to what it gets as the chain does.
func newPeerWith(r *running, chain *interceptor.Registry, codecs ...webrtc.RTPCodecParameters) *peer {
	r.t.Helper()
	m := &webrtc.MediaEngine{}
	for _, c := range codecs {
		kind := webrtc.RTPCodecTypeVideo
		if strings.HasPrefix(c.MimeType, "audio/") {
			kind = webrtc.RTPCodecTypeAudio
		}
		if err := m.RegisterCodec(c, kind); err != nil {
			r.t.Fatal(err)
		}
	}
	e := webrtc.SettingEngine{}
	e.SetIncludeLoopbackCandidate(true)
	e.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	e.SetInterfaceFilter(func(name string) bool { return name == "lo" })
	pc, err := webrtc.NewAPI(webrtc.WithMediaEngine(m), webrtc.WithSettingEngine(e), webrtc.WithInterceptorRegistry(chain)).
		NewPeerConnection(r.ice())
	if err != nil {
		r.t.Fatal(err)
	}
	p := &peer{r: r, pc: pc, up: make(chan struct{}), tracks: make(chan *webrtc.TrackRemote, 2), last: map[*webrtc.TrackRemote]*rtp.Packet{}}
	var once sync.Once
	pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		if s == webrtc.PeerConnectionStateConnected {
			once.Do(func() { close(p.up) })
		}
	})
	pc.OnTrack(func(t *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { p.tracks <- t })
	r.t.Cleanup(func() { _ = pc.GracefulClose() })
	return p
}

func (r *running) ice() webrtc.Configuration {
	if len(r.relays) == 0 {
		return webrtc.Configuration{}
	}
	return webrtc.Configuration{ICEServers: r.relays, ICETransportPolicy: webrtc.ICETransportPolicyRelay}
}

func (p *peer) offer() string {
	p.r.t.Helper()
	o, err := p.pc.CreateOffer(nil)
	if err != nil {
		p.r.t.Fatal(err)
	}
	if err := p.pc.SetLocalDescription(o); err != nil {
		p.r.t.Fatal(err)
	}
	return o.SDP
}

// accept takes the answer to a POST.
func (p *peer) accept(a *http.Response, body string) {
	p.r.t.Helper()
	if a.StatusCode != http.StatusCreated {
		p.r.t.Fatalf("the offer was answered %s: %s", a.Status, body)
	}
	p.resource, p.etag = a.Header.Get("Location"), a.Header.Get("ETag")
	if err := p.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: body}); err != nil {
		p.r.t.Fatal(err)
	}
}

func (p *peer) connect() *peer {
	p.r.t.Helper()
	select {
	case <-p.up:
	case <-time.After(patience):
		p.r.t.Fatal("no connection")
	}
	return p
}

// sending makes a publisher that is not connected yet.
func sending(r *running, codecs ...webrtc.RTPCodecCapability) *peer {
	r.t.Helper()
	p := newPeer(r, codecs...)
	if len(codecs) == 0 {
		codecs = []webrtc.RTPCodecCapability{h264}
	}
	track, err := webrtc.NewTrackLocalStaticSample(codecs[0], "track", "show")
	if err != nil {
		r.t.Fatal(err)
	}
	p.video = track
	if _, err := p.pc.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly}); err != nil {
		r.t.Fatal(err)
	}
	return p
}

// receiving makes a viewer that is not connected yet.
func receiving(r *running, codecs ...webrtc.RTPCodecCapability) *peer {
	r.t.Helper()
	p := newPeer(r, codecs...)
	if _, err := p.pc.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
		r.t.Fatal(err)
	}
	return p
}

// publish puts demo on air as OBS would: no candidates, nothing after the offer, no reaction to anything.
func publish(r *running) *peer {
	r.t.Helper()
	p := sending(r)
	p.accept(r.do(call{method: "POST", path: "/whip/demo", token: token, kind: "application/sdp", body: p.offer()}))
	p.connect().keyFrame()
	await(r.t, "the show to be live", func() bool { return r.show("demo").Live })
	return p
}

// aKeyFrame is H.264: parameters and an intra picture.
const aKeyFrame = "\x00\x00\x00\x01\x67\x42\xe0\x1f\x00\x00\x00\x01\x68\xce\x00\x00\x00\x01\x65\x88"

// keyFrame and delta send one frame.
func (p *peer) keyFrame() { p.send(aKeyFrame) }
func (p *peer) delta()    { p.send("\x00\x00\x00\x01\x41\x9a") }

func (p *peer) send(frame string) {
	p.r.t.Helper()
	if err := p.video.WriteSample(sample(frame)); err != nil {
		p.r.t.Error(err)
	}
}

// watch joins demo.
func watch(r *running) *peer {
	r.t.Helper()
	p := receiving(r)
	p.accept(r.do(call{method: "POST", path: "/whep/demo", kind: "application/sdp", body: p.offer()}))
	return p.connect()
}

// track waits for the viewer's track; next reads a packet from it.
func (p *peer) track() *webrtc.TrackRemote {
	p.r.t.Helper()
	select {
	case t := <-p.tracks:
		return t
	case <-time.After(patience):
		p.r.t.Fatal("no track")
		return nil
	}
}

func (p *peer) next(t *webrtc.TrackRemote) *rtp.Packet {
	p.r.t.Helper()
	if err := t.SetReadDeadline(time.Now().Add(patience)); err != nil {
		p.r.t.Fatal(err)
	}
	k, _, err := t.ReadRTP()
	if err != nil {
		p.r.t.Fatal(err)
	}
	return k
}

func TestA_restarted_server_goes_on_with_the_same_shows_and_addresses(t *testing.T) {
	data := t.TempDir()
	r := start(t, Config{Data: data})
	_, made := r.do(call{method: "POST", path: "/api/shows", token: r.operator, kind: "application/json", body: `{"id":"new","title":"New"}`})
	var created wire.CreatedShow
	if err := json.Unmarshal([]byte(made), &created); err != nil {
		t.Fatal(err)
	}
	p := publish(r)
	watch(r)
	r.stop()

	again := start(t, Config{Data: data, Listen: r.at.HTTP.String(), MediaPort: int(r.at.Media.Port())})
	if again.operator != "" {
		t.Error("a second operator's token was printed")
	}
	a, _ := again.do(call{method: "GET", path: "/api/shows", token: r.operator})
	if a.StatusCode != http.StatusOK {
		t.Errorf("the operator's token is answered %s", a.Status)
	}
	if got := again.show("new"); got.Title != "New" || got.State != wire.Open {
		t.Errorf("the new show is %+v", got)
	}
	a, _ = again.do(call{method: "PATCH", path: p.resource, kind: "application/trickle-ice-sdpfrag", match: "*", body: "a=end-of-candidates"})
	if a.StatusCode != http.StatusNotFound {
		t.Errorf("a session of the old server is answered %s", a.Status)
	}
	publish(again)
	v := watch(again)
	v.next(v.track())
	a, _ = again.do(call{method: "POST", path: "/api/shows/new/close", token: created.Token})
	if a.StatusCode != http.StatusNoContent {
		t.Errorf("the token of the new show is answered %s", a.Status)
	}
}

func TestA_server_told_to_stop_refuses_and_ends(t *testing.T) {
	r := start(t, Config{Drain: patience})
	p := publish(r)
	v := receiving(r)
	r.cancel()
	await(t, "not ready", func() bool {
		a, _ := r.do(call{method: "GET", path: "/readyz"})
		return a.StatusCode == http.StatusServiceUnavailable
	})
	if a, _ := r.do(call{method: "GET", path: "/healthz"}); a.StatusCode != http.StatusOK {
		t.Errorf("health is %s", a.Status)
	}
	a, _ := r.do(call{method: "POST", path: "/whep/demo", kind: "application/sdp", body: v.offer()})
	if a.StatusCode != http.StatusServiceUnavailable || a.Header.Get("Retry-After") == "" {
		t.Errorf("a new viewer is answered %s, Retry-After %q", a.Status, a.Header.Get("Retry-After"))
	}
	p.delta() // the show goes on as long as it may
	if a, _ := r.do(call{method: "DELETE", path: p.resource}); a.StatusCode != http.StatusOK {
		t.Errorf("leaving is answered %s", a.Status)
	}
	r.stop() // at once, and not after the drain time: nobody is left
}

func TestTwo_servers_cannot_listen_at_one_address(t *testing.T) {
	r := start(t, Config{})
	s, err := New(Config{Listen: r.at.HTTP.String(), Data: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "listen for HTTP") {
		t.Errorf("got %v", err)
	}
}
