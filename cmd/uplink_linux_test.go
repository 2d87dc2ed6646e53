package cmd

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v3"

	"vitrine/capture/frame"
	"vitrine/server/live"
	"vitrine/server/wire"
	"vitrine/studio/publish"
)

const (
	// uplinkRate is what the host's picture takes where the path carries it, in bits a second.
	uplinkRate = 2_000_000
	// uplinkSettle is what the estimate is given to settle, uplinkFor how long is measured.
	uplinkSettle, uplinkFor = 8 * time.Second, 20 * time.Second
)

// BenchmarkUplink measures what of a show reaches the server when the studio's uplink loses packets: the true publisher and
// the true server over a path that drops and delays, and a viewer beside the server who asks for nothing again. The picture is
// not encoded, so that the machine's load is that of the network code alone. Run it with -benchtime 1x.
func BenchmarkUplink(b *testing.B) {
	for _, percent := range []int{0, 10, 30, 50} {
		for _, trip := range []time.Duration{0, 80 * time.Millisecond} {
			to := weather{Drop: float64(percent) / 100, Delay: trip / 2}
			name := fmt.Sprintf("loss%d_rtt%d", percent, trip.Milliseconds())
			b.Run(name, func(b *testing.B) { benchUplink(b, name, to, weather{Delay: trip / 2}) })
		}
	}
	both := weather{Drop: 0.3, Delay: 40 * time.Millisecond}
	b.Run("both30_rtt80", func(b *testing.B) { benchUplink(b, "both30_rtt80", both, both) })
	slow := weather{Rate: 1_000_000, Delay: 20 * time.Millisecond}
	b.Run("slow1000_rtt40", func(b *testing.B) { benchUplink(b, "slow1000_rtt40", slow, weather{Delay: slow.Delay}) })
	slow.Drop = 0.3
	b.Run("slow1000_loss30_rtt40", func(b *testing.B) { benchUplink(b, "slow1000_loss30_rtt40", slow, weather{Delay: slow.Delay}) })
}

func benchUplink(b *testing.B, name string, to, back weather) {
	u := newUplinkRig(b, weather{Delay: to.Delay}, weather{Delay: back.Delay})
	u.relay.set(to, back)
	u.host.pass(b, uplinkSettle)
	from, sent := u.host.count(), u.relay.count()
	u.host.pass(b, uplinkFor)
	until, spent := u.host.count(), u.relay.count()-sent
	u.host.pass(b, 2*time.Second)

	seen := u.seen.read()
	result := func(kind string, sent []time.Duration, came map[int]time.Duration, from, until int) {
		var late [3]int
		for n := from; n < until; n++ {
			at, ok := came[n]
			for i, limit := range []time.Duration{200, 400, 1000} {
				if !ok || at-sent[n] > limit*time.Millisecond {
					late[i]++
				}
			}
		}
		for i, limit := range []string{"200ms", "400ms", "1s"} {
			line(fmt.Sprintf("uplink_%s_%s_within_%s", name, kind, limit), 1-float64(late[i])/float64(max(until-from, 1)), "share", "-")
		}
	}
	result("pictures", until.pictures, seen.pictures, len(from.pictures), len(until.pictures))
	result("sound", until.sound, seen.sound, len(from.sound), len(until.sound))
	useful := until.bytes - from.bytes
	line("uplink_"+name+"_picture", 8*float64(until.pictureBytes-from.pictureBytes)/uplinkFor.Seconds()/1000, "kbit/s", "-")
	line("uplink_"+name+"_sent", 8*float64(spent)/uplinkFor.Seconds()/1000, "kbit/s", "-")
	line("uplink_"+name+"_cost", float64(spent)/float64(useful), "ratio", "-")
	line("uplink_"+name+"_key_frames", float64(until.keys-from.keys), "count", "-")
	text, _ := os.ReadFile("/proc/loadavg")
	load := 0.0
	fmt.Sscan(string(text), &load)
	line("uplink_"+name+"_machine_load", load, "-", "-")
}

// uplinkRig is a publisher, a path, a server and a viewer in this process.
type uplinkRig struct {
	stage *live.Stage
	relay *relay
	host  *uplinkHost
	seen  *uplinkSeen
}

// newUplinkRig is on air over a path of that weather.
func newUplinkRig(b testing.TB, to, back weather) *uplinkRig {
	b.Helper()
	socks, err := live.Listen(b.Context(), &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		b.Fatal(err)
	}
	stage, err := live.NewStage(live.Config{}, socks...)
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	b.Cleanup(func() { cancel(); running.Wait() })
	running.Go(func() { _ = stage.Run(ctx) })
	<-stage.Ready()
	u := &uplinkRig{stage: stage, relay: newRelay(b, stage.Address()), seen: newUplinkSeen()}
	u.relay.set(to, back)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Method != http.MethodPost {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		a, err := stage.Publish(r.Context(), "evening", string(body), live.Caller{From: netip.MustParseAddr("127.0.0.1")})
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/sdp")
		w.Header().Set("Location", "/sessions/1")
		w.WriteHeader(http.StatusCreated)
		port := func(p uint16) string { return fmt.Sprintf(" %d typ host", p) }
		_, _ = io.WriteString(w, strings.ReplaceAll(a.SDP, port(stage.Address().Port()), port(u.relay.port())))
	}))
	b.Cleanup(web.Close)
	u.host = newUplinkHost(publish.New(slog.New(slog.DiscardHandler)))
	running.Go(func() {
		_ = u.host.Run(ctx, frame.Target{Endpoint: web.URL, Token: "t", Video: frame.H264, Position: u.host.now}, publish.Feedback{
			KeyFrame: func(l frame.Layer) { u.host.wish.Store(true) },
			Demand:   func(d frame.Demand) { u.host.demand.Store(int64(d.Bitrate)) },
			Link:     func(frame.Link) {},
		})
	})
	u.watch(b, stage)
	return u
}

// watch joins as a viewer who has no way to ask for what is missing.
func (u *uplinkRig) watch(b testing.TB, stage *live.Stage) {
	m := &webrtc.MediaEngine{}
	for _, c := range []webrtc.RTPCodecParameters{
		{PayloadType: 102, RTPCodecCapability: webrtc.RTPCodecCapability{
			MimeType: webrtc.MimeTypeH264, ClockRate: 90000, SDPFmtpLine: "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
			RTCPFeedback: []webrtc.RTCPFeedback{{Type: "nack", Parameter: "pli"}},
		}},
		{PayloadType: 111, RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2}},
	} {
		kind := webrtc.RTPCodecTypeVideo
		if c.PayloadType == 111 {
			kind = webrtc.RTPCodecTypeAudio
		}
		if err := m.RegisterCodec(c, kind); err != nil {
			b.Fatal(err)
		}
	}
	var e webrtc.SettingEngine
	e.SetIncludeLoopbackCandidate(true)
	e.SetSRTPReplayProtectionWindow(1 << 13) // what comes late still counts
	e.SetInterfaceFilter(func(name string) bool { return name == "lo" })
	pc, err := webrtc.NewAPI(webrtc.WithMediaEngine(m), webrtc.WithSettingEngine(e)).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = pc.GracefulClose() })
	pc.OnTrack(func(t *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		for {
			p, _, err := t.ReadRTP()
			if err != nil {
				return
			}
			u.seen.add(p, t.Kind() == webrtc.RTPCodecTypeVideo, u.host.now())
		}
	})
	for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo} {
		if _, err := pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
			b.Fatal(err)
		}
	}
	offer, err := pc.CreateOffer(nil)
	if err != nil {
		b.Fatal(err)
	}
	if err := pc.SetLocalDescription(offer); err != nil {
		b.Fatal(err)
	}
	for end := time.Now().Add(patience); ; {
		u.host.pass(b, 100*time.Millisecond)
		a, err := stage.Watch(b.Context(), wire.Show{ID: "evening"}, offer.SDP, live.Caller{From: netip.MustParseAddr("127.0.0.1")})
		if err == nil {
			if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: a.SDP}); err != nil {
				b.Fatal(err)
			}
			return
		}
		if time.Now().After(end) {
			b.Fatal(err)
		}
	}
}

// uplinkHost makes pictures and sound of the size that is asked for, numbered, and remembers when each was given away.
type uplinkHost struct {
	*publish.Publisher
	start  time.Time
	wish   atomic.Bool
	demand atomic.Int64
	did    uplinkSent
	text   []byte
}

// uplinkSent is when each picture and each packet of sound was handed to the publisher, and their bytes.
type uplinkSent struct {
	pictures, sound     []time.Duration
	bytes, pictureBytes int
	keys                int
}

func newUplinkHost(p *publish.Publisher) *uplinkHost {
	h := &uplinkHost{Publisher: p, start: time.Now(), text: make([]byte, 1<<20)}
	for i := range h.text {
		h.text[i] = byte(rand.IntN(255) + 1) // never like a start code
	}
	p.Expect(uplinkRate)
	return h
}

func (h *uplinkHost) now() time.Duration { return time.Since(h.start) }

func (h *uplinkHost) count() uplinkSent { return h.did }

// pass sends for a while. It belongs to one goroutine.
func (h *uplinkHost) pass(b testing.TB, d time.Duration) {
	b.Helper()
	const fps = 30
	end := h.now() + d
	for now := h.now(); now < end; now = h.now() {
		pictureAt := time.Duration(len(h.did.pictures)) * time.Second / fps
		soundAt := time.Duration(len(h.did.sound)) * soundEvery
		if soundAt <= pictureAt {
			time.Sleep(soundAt - now)
			data := append(numbered(len(h.did.sound)), h.text[:soundBytes-8]...)
			h.did.sound, h.did.bytes = append(h.did.sound, h.now()), h.did.bytes+len(data)
			h.WriteAudio(&frame.Packet{Data: data, PTS: soundAt, Duration: soundEvery})
			continue
		}
		time.Sleep(pictureAt - now)
		rate := int(h.demand.Load())
		if rate == 0 || rate > uplinkRate {
			rate = uplinkRate
		}
		var data []byte
		key, size := h.wish.Swap(false) || len(h.did.pictures) == 0, rate/8/fps
		if key {
			data, size = append(data, 0, 0, 0, 1, 0x67, 0x42, 0xc0, 0x1f, 0, 0, 0, 1, 0x68, 0xce), 4*size
			h.did.keys++
		}
		data = append(append(data, 0, 0, 0, 1, map[bool]byte{true: 0x65, false: 0x61}[key]), numbered(len(h.did.pictures))...)
		data = append(data, h.text[:max(size, 16)]...)
		h.did.pictures, h.did.bytes, h.did.pictureBytes = append(h.did.pictures, h.now()), h.did.bytes+len(data), h.did.pictureBytes+len(data)
		h.WriteVideo(&frame.Packet{Data: data, PTS: pictureAt, Duration: time.Second / fps, Key: key})
	}
}

// numbered is a number as text, which is never like a start code.
func numbered(n int) []byte { return fmt.Appendf(nil, "%08d", n) }

// uplinkSeen is what came to the viewer: when each picture was complete, and when each packet of sound came.
type uplinkSeen struct {
	mu       sync.Mutex
	parts    map[uint32]*uplinkPicture
	pictures map[int]time.Duration
	sound    map[int]time.Duration
}

// uplinkPicture is a picture on its way: the number of its first packet and of its last, and which came.
type uplinkPicture struct {
	number      int
	first, last uint16
	begun, over bool
	have        map[uint16]bool
}

func newUplinkSeen() *uplinkSeen {
	return &uplinkSeen{parts: map[uint32]*uplinkPicture{}, pictures: map[int]time.Duration{}, sound: map[int]time.Duration{}}
}

func (s *uplinkSeen) read() *uplinkSeen {
	s.mu.Lock()
	defer s.mu.Unlock()
	return &uplinkSeen{pictures: maps.Clone(s.pictures), sound: maps.Clone(s.sound)}
}

func (s *uplinkSeen) add(p *rtp.Packet, video bool, now time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(p.Payload) < 12 {
		return
	}
	if !video {
		if n, err := strconv.Atoi(string(p.Payload[:8])); err == nil && s.sound[n] == 0 {
			s.sound[n] = now
		}
		return
	}
	part := s.parts[p.Timestamp]
	if part == nil {
		part = &uplinkPicture{have: map[uint16]bool{}}
		s.parts[p.Timestamp] = part
	}
	part.have[p.SequenceNumber] = true
	text := p.Payload[1:]
	whole := p.Payload[0]&0x1f < 24
	if p.Payload[0]&0x1f == 28 {
		text, whole = p.Payload[2:], p.Payload[1]&0x80 != 0
	}
	if whole {
		if n, err := strconv.Atoi(string(text[:8])); err == nil {
			part.number, part.first, part.begun = n, p.SequenceNumber, true
		}
	}
	if p.Marker {
		part.last, part.over = p.SequenceNumber, true
	}
	if !part.begun || !part.over || s.pictures[part.number] != 0 {
		return
	}
	for q := part.first; q != part.last+1; q++ {
		if !part.have[q] {
			return
		}
	}
	s.pictures[part.number] = now
}

// relay stands between a publisher and a server on this machine: what it is sent goes on to the server as its path says,
// and back.
type relay struct {
	front   *net.UDPConn
	server  netip.AddrPort
	running sync.WaitGroup

	mu    sync.Mutex
	paths [2]*path
	ends  map[netip.AddrPort]*net.UDPConn
	bytes int // sent to the server, with the headers of IP and UDP
}

func newRelay(b testing.TB, server netip.AddrPort) *relay {
	b.Helper()
	front, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		b.Fatal(err)
	}
	r := &relay{front: front, server: server, paths: [2]*path{newPath(1), newPath(2)}, ends: map[netip.AddrPort]*net.UDPConn{}}
	b.Cleanup(func() {
		front.Close()
		r.mu.Lock()
		for _, c := range r.ends {
			c.Close()
		}
		r.mu.Unlock()
		r.running.Wait()
	})
	_ = front.SetReadBuffer(4 << 20)
	r.running.Go(r.forth)
	return r
}

func (r *relay) port() uint16 { return uint16(r.front.LocalAddr().(*net.UDPAddr).Port) }

func (r *relay) set(to, back weather) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.paths[0].weather, r.paths[1].weather = to, back
}

func (r *relay) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.bytes
}

// forth reads what publishers send. Ends with the front.
func (r *relay) forth() {
	buf := make([]byte, 1<<11)
	give := make(map[netip.AddrPort]chan<- parcel)
	defer func() {
		for _, c := range give {
			close(c)
		}
	}()
	for {
		n, from, err := r.front.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		if give[from] == nil {
			end, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(r.server))
			if err != nil {
				return
			}
			_ = end.SetReadBuffer(4 << 20)
			r.mu.Lock()
			r.ends[from] = end
			r.mu.Unlock()
			queue := make(chan parcel, 1<<12)
			give[from] = queue
			r.running.Go(func() { deliver(queue, func(p []byte) { _, _ = end.Write(p) }) })
			r.running.Go(func() { r.back(end, from) })
		}
		r.carry(0, buf[:n], give[from])
	}
}

// back returns what the server says. Ends with its socket.
func (r *relay) back(end *net.UDPConn, to netip.AddrPort) {
	queue := make(chan parcel, 1<<12)
	defer close(queue)
	r.running.Go(func() { deliver(queue, func(p []byte) { _, _ = r.front.WriteToUDPAddrPort(p, to) }) })
	buf := make([]byte, 1<<11)
	for {
		n, err := end.Read(buf)
		if err != nil {
			return
		}
		r.carry(1, buf[:n], queue)
	}
}

func (r *relay) carry(direction int, data []byte, queue chan<- parcel) {
	const headers = 28
	r.mu.Lock()
	at, f := r.paths[direction].decide(time.Now(), len(data)+headers)
	if direction == 0 {
		r.bytes += len(data) + headers
	}
	r.mu.Unlock()
	if f == passed {
		queue <- parcel{packet: bytes.Clone(data), arrives: at}
	}
}

// deliver hands packets on when their time has come. Ends with the queue.
func deliver(queue <-chan parcel, give func([]byte)) {
	for p := range queue {
		if wait := time.Until(p.arrives); wait > 0 {
			time.Sleep(wait)
		}
		give(p.packet)
	}
}
