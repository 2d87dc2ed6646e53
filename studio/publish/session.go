package publish

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/pion/rtp/codecs"
	"github.com/pion/webrtc/v3"
	"golang.org/x/sync/errgroup"

	"vitrine/capture/frame"
	"vitrine/server/wire"
)

const (
	// gatherPatience is how long an offer waits for candidates: those of the machine itself are there in milliseconds, and
	// what STUN and TURN servers add is trickled.
	gatherPatience = 200 * time.Millisecond
	// connectPatience ends an attempt that found no path.
	connectPatience = 10 * time.Second
	// relayPatience is the same while the server has just named ICE servers that only a new offer can use.
	relayPatience = 3 * time.Second
	// eventQueue holds what pion's callbacks send to the session's loop. Full, they wait: the loop is away for one request.
	eventQueue = 64
)

// event is what a callback of pion tells the session's loop.
type event struct {
	state     webrtc.PeerConnectionState
	candidate *webrtc.ICECandidate
	// gathered says that there are no more candidates.
	gathered bool
}

// session is one connection to the server, from the offer to the end. Its loop (watch) owns it.
type session struct {
	log  *slog.Logger
	whip *whip
	pc   *webrtc.PeerConnection
	out  *sender
	// live is called when media begins to flow and every second while it does; waiting when the path broke.
	live    func(frame.Link)
	waiting func(error)

	tracks  []*track
	reports receiverReports
	events  chan event
	done    chan struct{}
	// patience is how long connecting may take, heals how long restarting.
	patience, heals time.Duration

	answer string
	// told is every description the server got from us, to tell which candidates it knows.
	told     strings.Builder
	trickles bool
	// fresh takes the ICE servers that came with an answer and reports whether a new offer could use them.
	fresh func([]webrtc.ICEServer) bool

	since   time.Time // when media first flowed; zero before
	healing bool
	counted int64 // bytes at the last report
}

// rids name the layers in the offer, by frame.Layer.
var rids = [frame.Layers]string{frame.Full: "f", frame.Half: "h", frame.Quarter: "q"}

// build makes the peer connection; nothing is sent yet. Simulcast offers the picture in all layers, else in one stream. After
// an error nothing is left, otherwise run ends it.
func (s *session) build(video frame.Codec, simulcast bool, servers []webrtc.ICEServer, paths pathTimes, w senderWays) error {
	sound := newTrack(opusCodec(), "sound", "")
	s.tracks = []*track{sound}
	var layers []*layer
	if video != "" {
		var err error
		if layers, err = pictureLayers(video, simulcast); err != nil {
			return err
		}
		for _, l := range layers {
			s.tracks = append(s.tracks, l.track)
		}
	}
	api, err := newAPI(s.tracks, paths, isLoopback(s.whip.endpoint))
	if err != nil {
		return err
	}
	if s.pc, err = api.NewPeerConnection(webrtc.Configuration{ICEServers: servers, BundlePolicy: webrtc.BundlePolicyMaxBundle}); err != nil {
		return fmt.Errorf("build the peer connection: %w", err)
	}
	s.heals = paths.heal
	s.events, s.done = make(chan event, eventQueue), make(chan struct{})
	s.pc.OnConnectionStateChange(func(state webrtc.PeerConnectionState) { s.tell(event{state: state}) })
	s.pc.OnICECandidate(func(c *webrtc.ICECandidate) { s.tell(event{candidate: c, gathered: c == nil}) })
	if err := s.addTracks(); err != nil {
		return errors.Join(err, s.close())
	}
	w.control, w.reports = s.pc.WriteRTCP, &s.reports
	s.out = newSender(layers, newStream(sound, &codecs.OpusPayloader{}, rand.Uint32()), w)
	return nil
}

// pictureLayers makes the streams of the picture. Their time stamps begin at one random number, so a server that changes
// from one layer to another need not guess how they relate.
func pictureLayers(video frame.Codec, simulcast bool) (layers []*layer, err error) {
	base := rand.Uint32()
	for size, rid := range rids {
		codec, payloader, err := videoCodec(video)
		if err != nil {
			return nil, err
		}
		if !simulcast {
			rid = ""
		}
		layers = append(layers, newLayer(newStream(newTrack(codec, "picture", rid), payloader, base), frame.Layer(size)))
		if !simulcast {
			break
		}
	}
	return layers, nil
}

// addTracks describes sound and picture in a section each; the picture's layers share theirs.
func (s *session) addTracks() error {
	var section *webrtc.RTPTransceiver
	for _, t := range s.tracks {
		var err error
		if t.rid != "" && t.rid != rids[frame.Full] {
			err = section.Sender().AddEncoding(t)
		} else {
			section, err = s.pc.AddTransceiverFromTrack(t, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
		}
		if err != nil {
			return fmt.Errorf("add the %s: %w", t.id, err)
		}
		t.section = section.Mid
	}
	return nil
}

// tell hands an event to the loop, or drops it when the session is over.
func (s *session) tell(e event) {
	select {
	case s.events <- e:
	case <-s.done:
	}
}

func (s *session) close() error {
	close(s.done)
	return s.pc.GracefulClose()
}

// run connects and stays until ctx ends, which is no error, or the connection does. It leaves nothing running.
func (s *session) run(ctx context.Context, active func(*sender)) (err error) {
	g, loops := errgroup.WithContext(ctx)
	stop, cancel := context.WithCancel(loops)
	defer func() {
		active(nil)
		cancel()
		// Told first, the server can tell viewers at once; the connection would take seconds to look dead.
		if e := s.whip.end(context.WithoutCancel(ctx)); e != nil {
			s.log.Debug("session not taken off the server", "err", e)
		}
		if e := s.close(); e != nil {
			s.log.Debug("peer connection not closed cleanly", "err", e)
		}
		err = errors.Join(err, g.Wait())
	}()
	if err := s.open(ctx); err != nil {
		return err
	}
	g.Go(func() error { return s.out.run(stop) })
	for _, t := range s.tracks {
		g.Go(func() error { s.listen(t); return nil })
	}
	return s.watch(ctx, active)
}

// open offers and takes the answer.
func (s *session) open(ctx context.Context) error {
	offer, err := s.offer(ctx, nil)
	if err != nil {
		return err
	}
	if offer, err = oneSource(offer); err != nil {
		return err
	}
	offer, parity, err := offerParity(offer)
	if err != nil {
		return err
	}
	s.told.WriteString(offer)
	answer, servers, err := s.whip.post(ctx, offer)
	if err != nil {
		return err
	}
	s.trickles, s.patience = true, connectPatience
	if s.fresh(servers) {
		s.patience = relayPatience
	}
	if err := checkAnswer(answer, min(len(s.tracks), 2)); err != nil {
		return serverError("%w", err)
	}
	taken, err := takenLayers(answer)
	if err != nil {
		return serverError("%w", err)
	}
	s.out.agree(taken)
	if strings.Contains(answer, fmt.Sprintf("\na=%s:%d\r", wire.ParityAttribute, parity)) {
		s.out.parity.ssrc = parity
	}
	if err := s.accept(answer); err != nil {
		return serverError("%w", err)
	}
	return nil
}

func (s *session) offer(ctx context.Context, o *webrtc.OfferOptions) (string, error) {
	return makeOffer(ctx, s.pc, o)
}

// makeOffer makes a description with the candidates that are quick to have.
func makeOffer(ctx context.Context, pc *webrtc.PeerConnection, o *webrtc.OfferOptions) (string, error) {
	offer, err := pc.CreateOffer(o)
	if err != nil {
		return "", fmt.Errorf("make an offer: %w", err)
	}
	gathered := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(offer); err != nil {
		return "", fmt.Errorf("make an offer: %w", err)
	}
	patience := time.NewTimer(gatherPatience)
	defer patience.Stop()
	select {
	case <-gathered:
	case <-patience.C:
	case <-ctx.Done():
		return "", ctx.Err()
	}
	return pc.LocalDescription().SDP, nil
}

func (s *session) accept(answer string) error {
	if err := s.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
		return fmt.Errorf("use the server's answer: %w", err)
	}
	s.answer = answer
	return nil
}

// watch is the session's loop.
func (s *session) watch(ctx context.Context, active func(*sender)) error {
	deadline := time.NewTimer(s.patience)
	defer deadline.Stop()
	second := time.NewTicker(time.Second)
	defer second.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-deadline.C:
			return s.lost()
		case <-second.C:
			s.report()
		case e := <-s.events:
			switch {
			case e.candidate != nil || e.gathered:
				if err := s.trickle(ctx); err != nil {
					return err
				}
			case e.state == webrtc.PeerConnectionStateConnected:
				if !s.bound(ctx, deadline.C) {
					if ctx.Err() != nil {
						return nil
					}
					return mediaError("the connection stands, but its tracks do not")
				}
				deadline.Stop()
				active(s.out)
				s.connected()
			case e.state == webrtc.PeerConnectionStateDisconnected && !s.since.IsZero() && !s.healing:
				deadline.Reset(s.heals)
				if err := s.heal(ctx); err != nil {
					return err
				}
			case e.state == webrtc.PeerConnectionStateFailed:
				return s.lost()
			}
		}
	}
}

// bound waits until the tracks have their ways out, which pion gives them a moment after the connection stands, and reports
// whether they have.
func (s *session) bound(ctx context.Context, deadline <-chan time.Time) bool {
	for _, t := range s.tracks {
		select {
		case <-t.ready:
		case <-ctx.Done():
			return false
		case <-deadline:
			return false
		}
	}
	return true
}

func (s *session) lost() error {
	if s.since.IsZero() {
		return mediaError("no path for the media to the server was found")
	}
	return mediaError("the path for the media to the server broke")
}

func (s *session) connected() {
	if s.since.IsZero() {
		s.since = time.Now()
	}
	s.healing = false
	s.out.askKeys()
	s.report()
}

// report tells how the connection does, while it lives.
func (s *session) report() {
	if s.since.IsZero() || s.healing {
		return
	}
	rtt, loss := s.reports.quality()
	sent := s.out.bytes.Load()
	s.live(frame.Link{
		Phase: frame.LinkLive, RTT: rtt, LossPercent: loss, Bitrate: int(8 * (sent - s.counted)), Estimate: int(s.out.carries.Load()), Since: s.since,
	})
	s.counted = sent
}

func (s *session) trickle(ctx context.Context) (err error) {
	if s.trickles {
		s.trickles, err = trickle(ctx, s.log, s.pc, s.whip, &s.told)
	}
	return err
}

// trickle sends candidates that the server does not know yet (RFC 9725 §4.3.2), and reports whether it takes any; one that takes none is left alone.
// told is every description that it got.
func trickle(ctx context.Context, log *slog.Logger, pc *webrtc.PeerConnection, w *whip, told *strings.Builder) (takes bool, err error) {
	local := pc.LocalDescription()
	if local == nil {
		return true, nil
	}
	frag, n, err := fragment(local.SDP, func(c string) bool { return strings.Contains(told.String(), "candidate:"+c) })
	if err != nil || n == 0 {
		return true, err
	}
	told.WriteString(frag)
	takes, err = w.trickle(ctx, frag)
	var e *Error
	if errors.As(err, &e) && e.final {
		return takes, err
	}
	if err != nil {
		log.Debug("candidates not sent", "err", err)
	}
	return takes, nil
}

// heal restarts ICE over the running session (RFC 9725 §4.3.3), which keeps keys and streams. It is also how a studio learns
// that it was replaced: the server answers so.
func (s *session) heal(ctx context.Context) error {
	s.healing = true
	s.waiting(s.lost())
	if s.whip.etag == "" {
		return s.lost() // the server does not restart
	}
	local, err := s.offer(ctx, &webrtc.OfferOptions{ICERestart: true})
	if err != nil {
		return err
	}
	frag, _, err := fragment(local, func(string) bool { return false })
	if err != nil {
		return err
	}
	s.told.WriteString(frag)
	remote, err := s.whip.restart(ctx, frag)
	if err != nil {
		return err
	}
	answer, err := restarted(s.answer, remote)
	if err != nil {
		return serverError("%w", err)
	}
	if err := s.accept(answer); err != nil {
		return serverError("%w", err)
	}
	return nil
}
