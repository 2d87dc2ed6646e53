package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/logging"
	"github.com/pion/webrtc/v3"
	"github.com/pion/webrtc/v3/pkg/media"
	"github.com/pion/webrtc/v3/pkg/media/h264reader"
	"github.com/pion/webrtc/v3/pkg/media/ivfreader"
	"github.com/pion/webrtc/v3/pkg/media/oggreader"
	"golang.org/x/sync/errgroup"

	"vitrine/server/wire"
)

// tape is a few seconds of real media, made by ffmpeg once a test run: frames of 1/30 s and Opus packets of 20 ms.
type tape struct{ vp8, h264, opus [][]byte }

const (
	frameTime = time.Second / 30
	opusTime  = 20 * time.Millisecond
)

var record = sync.OnceValues(func() (tape, error) {
	var t tape
	const picture = "testsrc2=size=640x360:rate=30:duration=3"
	ivf, err := ffmpeg("-f", "lavfi", "-i", picture, "-c:v", "libvpx", "-b:v", "600k", "-g", "15", "-deadline", "realtime", "-f", "ivf")
	if err != nil {
		return t, err
	}
	annexB, err := ffmpeg("-f", "lavfi", "-i", picture, "-c:v", "libx264", "-profile:v", "baseline", "-pix_fmt", "yuv420p",
		"-preset", "ultrafast", "-g", "15", "-x264-params", "slices=1:aud=1:repeat-headers=1:scenecut=0", "-f", "h264")
	if err != nil {
		return t, err
	}
	ogg, err := ffmpeg("-f", "lavfi", "-i", "sine=frequency=330:duration=3", "-c:a", "libopus", "-ac", "2", "-page_duration", "20000", "-f", "ogg")
	if err != nil {
		return t, err
	}
	t.vp8, err = readIVF(ivf)
	return t, errors.Join(err, readAnnexB(annexB, &t.h264), readOgg(ogg, &t.opus))
})

func ffmpeg(args ...string) ([]byte, error) {
	cmd := exec.Command("ffmpeg", append(append([]string{"-hide_banner", "-loglevel", "error"}, args...), "-")...)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%v: %w: %s", cmd.Args, err, complaint.String())
	}
	return out, nil
}

func readIVF(b []byte) (frames [][]byte, err error) {
	r, _, err := ivfreader.NewWith(bytes.NewReader(b))
	for err == nil {
		var f []byte
		if f, _, err = r.ParseNextFrame(); err == nil {
			frames = append(frames, f)
		}
	}
	return frames, ended(err)
}

// readAnnexB gathers the units from one access unit delimiter to the next into a frame.
func readAnnexB(b []byte, frames *[][]byte) error {
	r, err := h264reader.NewReader(bytes.NewReader(b))
	for err == nil {
		var n *h264reader.NAL
		if n, err = r.NextNAL(); err != nil {
			break
		}
		if n.UnitType == h264reader.NalUnitTypeAUD {
			*frames = append(*frames, nil)
			continue
		}
		last := &(*frames)[len(*frames)-1]
		*last = append(append(*last, 0, 0, 0, 1), n.Data...)
	}
	return ended(err)
}

func readOgg(b []byte, packets *[][]byte) error {
	r, _, err := oggreader.NewWith(bytes.NewReader(b))
	for err == nil {
		var p []byte
		if p, _, err = r.ParseNextPage(); err == nil && !bytes.HasPrefix(p, []byte("OpusTags")) {
			*packets = append(*packets, p)
		}
	}
	return ended(err)
}

func ended(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// stage is a server as the page expects one: the page, the WHEP endpoint with pion behind it, and what the page asks about
// shows. Tests change what is on and pull the cable.
type stage struct {
	t    *testing.T
	tape tape
	api  *webrtc.API
	addr string

	mu       sync.Mutex
	shows    map[wire.ShowID]wire.Show
	halls    map[wire.ShowID]*hall
	listed   bool // live shows are listed
	peers    map[string]*session
	lost     []*session // what crash left
	sinks    map[wire.ShowID]*sink
	refuse   int  // status of every POST, if not 0
	old      bool // refuses offers with a data channel
	mute     int  // so many next POSTs and PATCHes of every key are answered never
	keys     []string
	joins    int
	answers  sync.Map // what makes or made each, by address and Idempotency-Key
	asks     int      // how often the show was asked for by HTTP
	restarts int
	pins     chan wire.LayerID
	leaves   chan string
	server   *http.Server
	guests   uplinks
	answered chan struct{}
}

// sink is what a show sends.
type sink struct {
	codec        string
	video, audio *webrtc.TrackLocalStaticSample
	stalled      bool
}

// newStage starts a stage that ends with the test.
func newStage(t *testing.T) *stage {
	t.Helper()
	tp, err := record()
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{
		t: t, tape: tp, shows: map[wire.ShowID]wire.Show{}, halls: map[wire.ShowID]*hall{}, peers: map[string]*session{},
		sinks: map[wire.ShowID]*sink{}, leaves: make(chan string, 64), pins: make(chan wire.LayerID, 16),
	}
	media := &webrtc.MediaEngine{}
	if err := media.RegisterDefaultCodecs(); err != nil {
		t.Fatal(err)
	}
	packets, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	quiet := &logging.DefaultLoggerFactory{Writer: io.Discard}
	settings := webrtc.SettingEngine{LoggerFactory: quiet}
	settings.SetLite(true)
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	settings.SetICEUDPMux(webrtc.NewICEUDPMux(quiet.NewLogger("ice"), packets))
	s.api = webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithSettingEngine(settings))

	s.serve("127.0.0.1:0")
	ctx, stop := context.WithCancel(context.Background())
	var pumps errgroup.Group
	pumps.Go(func() error { return s.pump(ctx, frameTime, s.sendPicture) })
	pumps.Go(func() error { return s.pump(ctx, opusTime, s.sendSound) })
	t.Cleanup(func() {
		stop()
		_ = pumps.Wait()
		s.down()
		_ = packets.Close()
	})
	return s
}

// serve starts the HTTP side.
func (s *stage) serve(addr string) {
	s.t.Helper()
	l, err := net.Listen("tcp4", addr)
	if err != nil {
		s.t.Fatal(err)
	}
	mux := http.NewServeMux()
	page := Handler(Config{Shows: s, Public: "http://" + l.Addr().String()})
	mux.Handle("GET /watch/{show}", page)
	mux.Handle("GET /assets/", page)
	mux.HandleFunc("GET /api/shows/{show}", s.tell)
	mux.HandleFunc("GET /api/shows/{show}/room", s.enterHall)
	mux.HandleFunc("POST /api/shows/{show}/room/ticket", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"ticket":"any"}`) })
	mux.HandleFunc("GET /api/live", s.listLive)
	sell(mux)
	s.hear(mux)
	mux.HandleFunc("POST /whep/{show}", s.once(s.admit))
	mux.HandleFunc("PATCH /whep/{show}/{session}", s.once(s.restart))
	mux.HandleFunc("DELETE /whep/{show}/{session}", s.release)
	s.addr, s.server = l.Addr().String(), &http.Server{Handler: mux, ReadHeaderTimeout: time.Second}
	s.answered = make(chan struct{})
	go func(server *http.Server, done chan struct{}) {
		defer close(done)
		_ = server.Serve(l) // ErrServerClosed
	}(s.server, s.answered)
}

// down closes the server and ends every session.
func (s *stage) down() {
	_ = s.server.Close()
	for _, h := range s.halls {
		h.empty()
	}
	<-s.answered
	s.hangUp()
}

// crash takes the server away without a word to the viewers: from then on all is silent.
func (s *stage) crash() {
	s.mu.Lock()
	peers := s.peers
	s.peers = map[string]*session{}
	for _, p := range peers {
		s.lost = append(s.lost, p)
		p.silence(true)
	}
	halls := s.halls
	s.mu.Unlock()
	_ = s.server.Close()
	for _, h := range halls {
		h.empty()
	}
	<-s.answered
}

// count tells how many sessions there have been.
func (s *stage) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.joins
}

// up starts the server again on the same port.
func (s *stage) up() { s.serve(s.addr) }

// hangUp ends every session.
func (s *stage) hangUp() {
	s.mu.Lock()
	peers := append(slices.Collect(maps.Values(s.peers)), s.lost...)
	s.peers, s.lost = map[string]*session{}, nil
	s.mu.Unlock()
	for _, p := range peers {
		_ = p.peer.Close()
	}
}

// put sets what there is to know about a show, and its tracks when it is on air with another codec than before.
func (s *stage) put(show wire.Show) {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shows[show.ID] = show
	for _, p := range s.peers {
		if p.show == show.ID {
			p.tell(wire.ShowEvent{Show: show})
		}
	}
	if old := s.sinks[show.ID]; !show.Live || old != nil && old.codec == show.Video {
		return
	}
	k := &sink{codec: show.Video}
	var err error
	if k.audio, err = webrtc.NewTrackLocalStaticSample(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus}, "a", "show"); err != nil {
		s.t.Fatal(err)
	}
	if show.Video != "" {
		mime := map[string]string{"VP8": webrtc.MimeTypeVP8, "H264": webrtc.MimeTypeH264}[show.Video]
		if k.video, err = webrtc.NewTrackLocalStaticSample(webrtc.RTPCodecCapability{MimeType: mime}, "v", "show"); err != nil {
			s.t.Fatal(err)
		}
	}
	s.sinks[show.ID] = k
}

// stall stops or goes on with a show's media; the sessions stay.
func (s *stage) stall(id wire.ShowID, on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sinks[id].stalled = on
}

// answerPosts makes every POST fail with the status, or succeed with 0.
func (s *stage) answerPosts(status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = status
}

func (s *stage) pump(ctx context.Context, every time.Duration, send func(i int)) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for i := 0; ; i++ {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			send(i)
		}
	}
}

func (s *stage) sendPicture(i int) {
	for _, k := range s.flowing() {
		frames := s.tape.vp8
		if k.codec == "H264" {
			frames = s.tape.h264
		}
		if k.video != nil {
			_ = k.video.WriteSample(media.Sample{Data: frames[i%len(frames)], Duration: frameTime})
		}
	}
}

func (s *stage) sendSound(i int) {
	for _, k := range s.flowing() {
		_ = k.audio.WriteSample(media.Sample{Data: s.tape.opus[i%len(s.tape.opus)], Duration: opusTime})
	}
}

func (s *stage) flowing() []*sink {
	s.mu.Lock()
	defer s.mu.Unlock()
	var on []*sink
	for id, k := range s.sinks {
		if s.shows[id].Live && !k.stalled {
			on = append(on, k)
		}
	}
	return on
}

func (s *stage) show(id wire.ShowID) wire.Show {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shows[id]
}

func problem(w http.ResponseWriter, status int, code wire.Code) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Retry-After", "1")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(wire.Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Code: code})
}

func (s *stage) tell(w http.ResponseWriter, r *http.Request) {
	show := s.show(wire.ShowID(r.PathValue("show")))
	s.mu.Lock()
	s.asks++
	s.mu.Unlock()
	if show.ID == "" {
		problem(w, http.StatusNotFound, wire.NotFound)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(show)
}

func (s *stage) admit(w http.ResponseWriter, r *http.Request) {
	id := wire.ShowID(r.PathValue("show"))
	s.mu.Lock()
	show, sink, refuse := s.shows[id], s.sinks[id], s.refuse
	s.mu.Unlock()
	switch {
	case refuse != 0:
		problem(w, refuse, wire.Unavailable)
		return
	case show.ID == "":
		problem(w, http.StatusNotFound, wire.NotFound)
		return
	case show.State == wire.Closed:
		problem(w, http.StatusConflict, wire.ShowClosed)
		return
	case !show.Live:
		problem(w, http.StatusConflict, wire.NotLive)
		return
	}
	offer, err := io.ReadAll(r.Body)
	if err != nil || r.Header.Get("Content-Type") != "application/sdp" || !asExpected(string(offer)) {
		http.Error(w, "no offer as expected", http.StatusBadRequest)
		return
	}
	if s.isOld() && strings.Contains(string(offer), "m=application") {
		problem(w, http.StatusBadRequest, wire.Invalid)
		return
	}
	name, answer, err := s.negotiate(string(offer), id, sink)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/sdp")
	w.Header().Set("Location", "/whep/"+string(id)+"/"+name)
	w.WriteHeader(http.StatusCreated)
	_, _ = io.WriteString(w, answer)
}

func (s *stage) release(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("session")
	s.mu.Lock()
	p := s.peers[name]
	delete(s.peers, name)
	s.mu.Unlock()
	if p == nil {
		problem(w, http.StatusNotFound, wire.NotFound)
		return
	}
	_ = p.peer.Close()
	s.leaves <- name
	w.WriteHeader(http.StatusOK)
}
