package live

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/pion/ice/v2"
	"golang.org/x/sync/errgroup"

	"vitrine/server/wire"
)

const (
	// endedFor is how long it is remembered why a publisher's session was ended.
	endedFor   = time.Minute
	sweepEvery = 10 * time.Second
	// answerWithin bounds the making of an answer, which takes milliseconds.
	answerWithin = 5 * time.Second
)

// Stage is all shows of a server. Its methods are safe for concurrent use. All but Run, Drain, Show and Stats work only
// while Run does; before and after they fail with code Unavailable.
type Stage struct {
	cfg         Config
	log         *slog.Logger
	stats       counters
	port        *Port
	certificate certificate
	ready       chan struct{} // closed when mux and group are set
	mux         ice.UDPMux
	group       *errgroup.Group
	bell        *bell
	ctx         context.Context // of Run

	mu       sync.Mutex
	closed   bool // no new sessions
	shows    map[wire.ShowID]*Show
	sessions map[SessionID]*entry
	ended    map[SessionID]ending // for a reason
	mutes    map[wire.ShowID]muted

	published map[wire.ShowID][]time.Time // when each show's publishing sessions were made, within the last minute
}

// entry is a session in the register.
type entry struct {
	id   SessionID
	show *Show
	peer *peer // nil while it is being made
	as   role
	from netip.Addr
	cuts int // of the show, when it was reserved
}

// ending is why a session was ended, and when.
type ending struct {
	why *wire.Error
	at  time.Time
}

// NewStage makes a stage that carries all media over the sockets, which share one port (Listen makes them). The caller hands
// them over: Run closes them.
func NewStage(cfg Config, socks ...*net.UDPConn) (*Stage, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("configure live: %w", err)
	}
	certificate, err := newCertificate()
	if err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	return &Stage{
		cfg: cfg, log: cfg.Log, port: newPort(socks), certificate: certificate, ready: make(chan struct{}),
		shows: map[wire.ShowID]*Show{}, sessions: map[SessionID]*entry{}, ended: map[SessionID]ending{},
		published: map[wire.ShowID][]time.Time{}, mutes: map[wire.ShowID]muted{}, bell: newBell(cfg),
	}, nil
}

// Run carries media until ctx ends; then it ends all sessions and returns when nothing of them is left. It may be called
// once.
func (s *Stage) Run(ctx context.Context) error {
	s.group, s.ctx = errgroup.WithContext(ctx)
	reading := make(chan error, 1)
	go func() { reading <- s.port.run() }()
	s.group.Go(func() error {
		wire.Pulse(s.ctx, func(late time.Duration) { s.stats.late.Add(int64(late)) })
		return nil
	})
	s.group.Go(func() error { return s.bell.run(s.ctx) })
	mux := newMux(s.port, pionLog{s.log}.NewLogger("mux"))
	s.mux = mux
	close(s.ready)
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case now := <-tick.C:
			s.sweep(now)
		case <-ctx.Done():
		}
	}
	s.Drain()
	return errors.Join(s.group.Wait(), mux.Close(), s.port.Close(), <-reading)
}

// Ready is closed when Run has begun to take sessions.
func (s *Stage) Ready() <-chan struct{} { return s.ready }

// Drain refuses new sessions from now on.
func (s *Stage) Drain() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
}

func (s *Stage) sweep(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, e := range s.ended {
		if now.Sub(e.at) > endedFor {
			delete(s.ended, id)
		}
	}
	for id, list := range s.published {
		list = slices.DeleteFunc(list, func(at time.Time) bool { return now.Sub(at) > publishWithin })
		if s.published[id] = list; len(list) == 0 {
			delete(s.published, id)
		}
	}
}

// Caller is who asks for a session, as the connection shows that the request came over.
type Caller struct {
	From netip.Addr // the peer's address
	To   netip.Addr // ours; the zero Addr if that is not known
}

// Answer is what an offer is answered with.
type Answer struct {
	Session SessionID
	SDP     string // application/sdp
	ETag    string // of the session's ICE, quoted
}

// Publish answers the offer of somebody who may send the show. If the show has a publisher, that one is replaced as soon as the new
// one's first packet comes. Guests may send less than hosts (SeatLong, SeatShort, SeatBitrate): what the offer shows of that is
// refused, and a session that does not keep to it is ended; Config.Refused is told of both. Errors are of type *wire.Error: Invalid, NoCodec,
// TooLarge, Forbidden, RateLimited, Unavailable.
func (s *Stage) Publish(ctx context.Context, id wire.ShowID, sdp string, by Caller) (*Answer, error) {
	o, p, err := readPublisher(id, sdp)
	if err != nil {
		s.turnedDown(id, err)
		return nil, err
	}
	return s.join(ctx, id, publishing, by, func(show *Show, session SessionID) (admission, error) {
		if p.inbound, err = s.newInbound(o, p.codecs(), p.most != Size{}); err != nil {
			return admission{}, err
		}
		p.peer = s.newPeer(o, session, publishing, p.inbound)
		return admission{p.peer, func() error { show.admitPublisher(p); return nil }}, nil
	})
}

// readPublisher is what an offer to send under an ID says.
func readPublisher(id wire.ShowID, sdp string) (*offer, *Publisher, error) {
	o, err := readOffer(sdp, publishing)
	if err != nil {
		return nil, nil, err
	}
	p, ok := newPublisher(o)
	if !ok {
		return nil, nil, wire.Errorf(wire.NoCodec, "the server carries Opus, H.264 (packetization-mode=1) and VP8; a section of the offer lists none")
	}
	if seat(id) {
		p.most = seatMost
		err = checkSeat(id, o)
	}
	return o, p, err
}

// Watch answers the offer of a viewer. What show says of media does not matter; the rest is what viewers are told of the show
// over their event channels. Errors are of type *wire.Error: Invalid, NotLive, NoCodec, RateLimited, Unavailable.
func (s *Stage) Watch(ctx context.Context, show wire.Show, sdp string, by Caller) (*Answer, error) {
	o, err := readOffer(sdp, watching)
	if err != nil {
		return nil, err
	}
	return s.join(ctx, show.ID, watching, by, func(w *Show, session SessionID) (admission, error) {
		on := w.state.Load()
		if !on.live && !on.interrupted {
			return admission{}, notLive()
		}
		v, err := s.newViewer(o, session, show.ID, on)
		if err != nil {
			return admission{}, err
		}
		return admission{v.peer, func() error { return w.admitViewer(v, on, show) }}, nil
	})
}

// admission is a connection about to answer, and what lets its show take it in.
type admission struct {
	peer  *peer
	admit func() error // called within the show's loop
}

// join makes a session: it reserves a place, builds the connection, answers, and has the show take it in.
func (s *Stage) join(ctx context.Context, id wire.ShowID, as role, by Caller,
	build func(*Show, SessionID) (admission, error),
) (*Answer, error) {
	e, err := s.reserve(id, as, by.From.Unmap())
	if err != nil {
		return nil, err
	}
	defer s.release(e.show)
	a, err := build(e.show, e.id)
	if err != nil {
		s.unregister(e.id, nil)
		return nil, err
	}
	answer, err := s.answer(ctx, a.peer, by)
	if err == nil {
		s.complete(e, a.peer)
		var refused error
		err = errors.Join(e.show.do(ctx, func() {
			if refused = s.stands(e); refused == nil {
				refused = a.admit()
			}
		}), refused)
	}
	if err != nil {
		s.unregister(e.id, nil)
		return nil, errors.Join(err, a.peer.close())
	}
	return answer, nil
}

// answer makes the first answer of a session.
func (s *Stage) answer(ctx context.Context, p *peer, by Caller) (*Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	text, err := p.answer(ctx, p.offer)
	if err != nil {
		return nil, err
	}
	if text, err = s.finish(text, by); err != nil {
		return nil, err
	}
	return &Answer{Session: p.id, SDP: text, ETag: p.etag}, nil
}

func (s *Stage) finish(text string, by Caller) (string, error) {
	local := s.Address()
	list, err := addresses(local, s.cfg.PublicAddresses, by)
	if err != nil {
		return "", err
	}
	return finishAnswer(text, candidates(list, local.Port()))
}

// Address is where the stage's socket is bound.
func (s *Stage) Address() netip.AddrPort {
	return s.port.LocalAddr().(*net.UDPAddr).AddrPort()
}

// Restart is what an ICE restart is answered with.
type Restart struct {
	Fragment string // application/trickle-ice-sdpfrag
	ETag     string
}

// Patch applies an SDP fragment to a session: candidates, answered with nil, or new credentials, which restart its ICE.
// ifMatch is the request's precondition. Errors are of type *wire.Error: PreconditionRequired, Precondition, Invalid,
// NotFound, Replaced.
func (s *Stage) Patch(ctx context.Context, at Resource, ifMatch, text string, by Caller) (*Restart, error) {
	e, err := s.find(at)
	if err != nil {
		return nil, err
	}
	if ifMatch == "" {
		return nil, wire.Errorf(wire.PreconditionRequired, "a PATCH needs If-Match with the session's entity tag")
	}
	answer, etag, err := e.peer.patch(ctx, ifMatch, text)
	if err != nil || answer == nil {
		return nil, err
	}
	whole, err := s.finish(*answer, by)
	if err != nil {
		return nil, err
	}
	part, err := answerFragment(whole)
	return &Restart{part, etag}, err
}

// End ends a session. Errors are of type *wire.Error: NotFound, Replaced.
func (s *Stage) End(ctx context.Context, at Resource) error {
	e, err := s.find(at)
	if err != nil {
		return err
	}
	return e.show.do(ctx, func() { e.show.drop(e.peer, nil) })
}

// Close ends all sessions of a show.
func (s *Stage) Close(ctx context.Context, id wire.ShowID) error {
	s.mu.Lock()
	show := s.shows[id]
	s.mu.Unlock()
	if show == nil {
		return nil
	}
	if err := show.do(ctx, func() { show.endAll(nil) }); err != nil && ctx.Err() != nil {
		return err
	}
	return nil // a show that has ended has no sessions
}

// Status is what everybody may know about a show's media.
type Status struct {
	Live bool
	// Interrupted says that the publisher is expected back: its session goes on, but nothing has come for a moment. Viewers
	// may join and wait.
	Interrupted bool
	Video       string // "H264", "VP8", or "" for sound alone and while nothing is on air
	Viewers     int
	Since       time.Time // zero while nobody is on air
}

// Describe returns the show with what the status says of its media.
func (st Status) Describe(show wire.Show) wire.Show {
	show.Live, show.Interrupted, show.Video, show.Viewers, show.Since = st.Live, st.Interrupted, st.Video, st.Viewers, nil
	if !st.Since.IsZero() {
		since := st.Since.UTC()
		show.Since = &since
	}
	return show
}

// Show returns the state of a show; of one that nobody uses, the zero Status.
func (s *Stage) Show(id wire.ShowID) Status {
	s.mu.Lock()
	show := s.shows[id]
	s.mu.Unlock()
	if show == nil {
		return Status{}
	}
	return show.state.Load().status()
}

// Stats returns what the stage did and does.
func (s *Stage) Stats() Stats {
	st := s.stats.read()
	s.mu.Lock()
	defer s.mu.Unlock()
	st.Sessions = len(s.sessions)
	for _, show := range s.shows {
		on := show.state.Load()
		st.Publishers += on.publishers
		st.Viewers += on.viewers
		switch {
		case !on.live:
		case seat(show.id):
			st.Seats++
		default:
			st.Shows++
		}
	}
	return st
}
