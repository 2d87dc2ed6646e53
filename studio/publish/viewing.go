package publish

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/nack"
	"github.com/pion/interceptor/pkg/report"
	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/rtcp"
	"github.com/pion/sdp/v3"
	"github.com/pion/transport/v2/packetio"
	"github.com/pion/webrtc/v3"
	"golang.org/x/sync/errgroup"

	"vitrine/capture/frame"
)

// nackEvery is how often lost packets are asked for. A host who talks with a guest has no time to lose.
const nackEvery = 20 * time.Millisecond

// h264Profiles are what is offered of H.264: constrained baseline, baseline, main.
var h264Profiles = []string{"42e01f", "42001f", "4d001f"}

// viewing is one connection to watch. Its loop (watch) owns it.
type viewing struct {
	log       *slog.Logger
	whip      *whip
	pc        *webrtc.PeerConnection
	reception Reception
	live      func(frame.Link)
	fresh     func([]webrtc.ICEServer) bool

	events chan viewEvent
	done   chan struct{}
	told   strings.Builder // every description the server got from us
	deaf   bool            // the server takes no candidates

	patience time.Duration
	since    time.Time // when the connection stood; zero before
	bytes    atomic.Int64
	counted  int64
	rtt      atomic.Int64 // ns

	mu      sync.Mutex
	buffers []io.Closer // of packets that wait
}

// viewEvent is what a callback of pion tells the loop.
type viewEvent struct {
	event
	track    *webrtc.TrackRemote
	receiver *webrtc.RTPReceiver
}

// build makes the peer connection. After an error nothing is left, otherwise run ends it.
func (v *viewing) build(servers []webrtc.ICEServer, paths pathTimes) error {
	m := &webrtc.MediaEngine{}
	sound := opusCodec()
	codecs := []webrtc.RTPCodecParameters{sound}
	vp8, _, err := videoCodec(frame.VP8)
	if err != nil {
		return err
	}
	codecs = append(codecs, vp8)
	for i, profile := range h264Profiles {
		c, _, err := videoCodec(frame.H264)
		if err != nil {
			return err
		}
		c.PayloadType += webrtc.PayloadType(2 * i)
		c.SDPFmtpLine = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=" + profile
		codecs = append(codecs, c)
	}
	for _, c := range codecs {
		kind := webrtc.RTPCodecTypeVideo
		if c.MimeType == sound.MimeType {
			kind = webrtc.RTPCodecTypeAudio
		}
		if err := m.RegisterCodec(c, kind); err != nil {
			return fmt.Errorf("register %s: %w", c.MimeType, err)
		}
	}
	for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo} {
		if err := m.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: sdp.TransportCCURI}, kind); err != nil {
			return fmt.Errorf("register %s: %w", sdp.TransportCCURI, err)
		}
	}
	registry, err := listeners()
	if err != nil {
		return err
	}
	e := settings(paths, isLoopback(v.whip.endpoint))
	e.BufferFactory = v.buffer
	api := webrtc.NewAPI(webrtc.WithMediaEngine(m), webrtc.WithInterceptorRegistry(registry), webrtc.WithSettingEngine(e))
	if v.pc, err = api.NewPeerConnection(webrtc.Configuration{ICEServers: servers, BundlePolicy: webrtc.BundlePolicyMaxBundle}); err != nil {
		return fmt.Errorf("build the peer connection: %w", err)
	}
	v.events, v.done = make(chan viewEvent, eventQueue), make(chan struct{})
	v.pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) { v.tell(viewEvent{event: event{state: s}}) })
	v.pc.OnICECandidate(func(c *webrtc.ICECandidate) { v.tell(viewEvent{event: event{candidate: c, gathered: c == nil}}) })
	v.pc.OnTrack(func(t *webrtc.TrackRemote, r *webrtc.RTPReceiver) { v.tell(viewEvent{track: t, receiver: r}) })
	for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo} {
		if _, err := v.pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
			return errors.Join(fmt.Errorf("ask for %s: %w", kind, err), v.close())
		}
	}
	return nil
}

// listeners are what tells a sender how its packets come: what is missing, how many, and when each came.
func listeners() (*interceptor.Registry, error) {
	missing, err := nack.NewGeneratorInterceptor(nack.GeneratorInterval(nackEvery), nack.GeneratorMaxNacksPerPacket(10))
	if err != nil {
		return nil, fmt.Errorf("set up NACKs: %w", err)
	}
	reports, err := report.NewReceiverInterceptor()
	if err != nil {
		return nil, fmt.Errorf("set up reports: %w", err)
	}
	arrivals, err := twcc.NewSenderInterceptor()
	if err != nil {
		return nil, fmt.Errorf("set up arrival times: %w", err)
	}
	r := &interceptor.Registry{}
	r.Add(missing)
	r.Add(reports)
	r.Add(arrivals)
	return r, nil
}

// buffer is where packets of a stream wait. All are closed at the end: pion v3 forgets the reader of a track that was just being started.
func (v *viewing) buffer(packetio.BufferPacketType, uint32) io.ReadWriteCloser {
	b := packetio.NewBuffer()
	b.SetLimitSize(1 << 20)
	v.mu.Lock()
	v.buffers = append(v.buffers, b)
	v.mu.Unlock()
	return b
}

// tell hands an event to the loop, or drops it when the connection is over.
func (v *viewing) tell(e viewEvent) {
	select {
	case v.events <- e:
	case <-v.done:
	}
}

func (v *viewing) close() error {
	close(v.done)
	err := v.pc.GracefulClose()
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, b := range v.buffers {
		_ = b.Close()
	}
	return err
}

// run connects and stays until ctx ends, which is no error, or the connection does. It leaves nothing running.
func (v *viewing) run(ctx context.Context) error {
	var readers errgroup.Group
	defer func() {
		if e := v.whip.end(context.WithoutCancel(ctx)); e != nil {
			v.log.Debug("session not taken off the server", "err", e)
		}
		if e := v.close(); e != nil {
			v.log.Debug("peer connection not closed cleanly", "err", e)
		}
		_ = readers.Wait() // they return no errors
	}()
	offer, err := makeOffer(ctx, v.pc, nil)
	if err != nil {
		return err
	}
	v.told.WriteString(offer)
	answer, servers, err := v.whip.post(ctx, offer)
	if err != nil {
		return err
	}
	v.patience = connectPatience
	if v.fresh(servers) {
		v.patience = relayPatience
	}
	if err := v.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
		return serverError("use the server's answer: %w", err)
	}
	return v.watch(ctx, &readers)
}

// watch is the loop.
func (v *viewing) watch(ctx context.Context, readers *errgroup.Group) error {
	deadline := time.NewTimer(v.patience)
	defer deadline.Stop()
	second := time.NewTicker(time.Second)
	defer second.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-deadline.C:
			return mediaError("no path for the media was found")
		case <-second.C:
			v.report()
		case e := <-v.events:
			switch {
			case e.track != nil:
				readers.Go(func() error { v.read(e.track); return nil })
				readers.Go(func() error { drainReports(e.receiver); return nil })
			case e.candidate != nil || e.gathered:
				if err := v.trickle(ctx); err != nil {
					return err
				}
			case e.state == webrtc.PeerConnectionStateConnected:
				deadline.Stop()
				v.since = time.Now()
				v.report()
			case e.state == webrtc.PeerConnectionStateDisconnected && !v.since.IsZero(), e.state == webrtc.PeerConnectionStateFailed:
				return mediaError("the path for the media broke")
			}
		}
	}
}

func (v *viewing) trickle(ctx context.Context) (err error) {
	if v.deaf {
		return nil
	}
	takes, err := trickle(ctx, v.log, v.pc, v.whip, &v.told)
	v.deaf = !takes
	return err
}

// report tells how the connection does, while it lives.
func (v *viewing) report() {
	if v.since.IsZero() {
		return
	}
	if rtt, ok := roundTrip(v.pc); ok {
		v.rtt.Store(int64(rtt))
	}
	got := v.bytes.Load()
	v.live(frame.Link{Phase: frame.LinkLive, RTT: time.Duration(v.rtt.Load()), Bitrate: int(8 * (got - v.counted)), Since: v.since})
	v.counted = got
}

// roundTrip is how long the path takes there and back, as the connection's own checks measure it.
func roundTrip(pc *webrtc.PeerConnection) (time.Duration, bool) {
	for _, one := range pc.GetStats() {
		if p, ok := one.(webrtc.ICECandidatePairStats); ok && p.Nominated && p.CurrentRoundTripTime > 0 {
			return time.Duration(p.CurrentRoundTripTime * float64(time.Second)), true
		}
	}
	return 0, false
}

// drainReports reads what the server says of its stream, which the interceptors listen to.
func drainReports(r *webrtc.RTPReceiver) {
	buf := make([]byte, maxRTCP)
	for {
		if _, _, err := r.Read(buf); err != nil {
			return
		}
	}
}

// read reads a track until the connection ends.
func (v *viewing) read(t *webrtc.TrackRemote) {
	sound := soundLine{sound: v.reception.Sound, spare: v.reception.Spare}
	picture := pictureLine{picture: v.reception.Picture, rtt: func() time.Duration { return time.Duration(v.rtt.Load()) }}
	picture.ask = func() {
		_ = v.pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: uint32(t.SSRC())}}) // asked again soon
	}
	for {
		p, _, err := t.ReadRTP()
		if err != nil {
			return
		}
		v.bytes.Add(int64(len(p.Payload)))
		switch t.Codec().MimeType {
		case webrtc.MimeTypeOpus:
			sound.put(p)
		case webrtc.MimeTypeVP8:
			picture.put(frame.VP8, p, time.Now())
		case webrtc.MimeTypeH264:
			picture.put(frame.H264, p, time.Now())
		}
	}
}
