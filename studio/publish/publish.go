// Package publish carries the show to the server: a WHIP client (RFC 9725) with its own RTP packetization, sender reports
// and reconnects. The same way back, a Watcher brings what others on stage publish: a WHEP client.
//
// It owns the peer connection, the HTTP connections of signalling and the decision when to try again. Run is the one loop
// over attempts; each attempt is a session with a loop of its own and, while it lives, a sending goroutine and one that
// reads RTCP a stream. Pion's callbacks only send to the session's loop.
//
// Queues. Between the encoders and the sending goroutine 8 pictures of each layer and 16 packets of sound wait. A full picture queue drops
// up to the next key frame, which it asks for; a full sound queue drops what comes. With no connection everything is
// dropped: nobody wants to see later what was said while the line was down. Drops are counted. 64 messages of the server wait
// for the sending goroutine; more are dropped, since it repeats itself. What is watched waits nowhere but for packets that are missing: a sound as
// long as there is some to be heard, a picture a quarter of a second, then for the next key frame.
//
// Why. RTP times and sender reports are computed from the show's clock (Packet.PTS), the same line for sound and picture, so
// that lips and voice stay together whatever the encoders' delays are; where that clock lies in wall time is looked up each
// second, so that viewers are told truly when a picture was taken. A path that falls silent is first restarted (the
// session, its keys and its streams stay), then replaced by a new offer; a restart is also the question whether another
// studio took over, in which case Run ends: two studios must not fight for a show. AES-GCM is preferred because it costs a
// sixth of AES-CM with SHA-1 a packet.
//
// The picture is offered in three layers (simulcast, RFC 8853); a server that takes one gets one. What the path carries is
// estimated here (estimator) and shared out by the session; what nobody watches the server pauses (RFC 7728).
//
// What is lost is sent again when the server asks. Where the path is so long that this comes late, and loses packets whatever
// we send, sound is sent several times and pictures are followed by parity (protection), to servers that know it. All of that is
// part of what the path carries, is bounded by it, and stops while a queue stands.
package publish

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"vitrine/capture/frame"
)

// Feedback is what comes back against the stream of media. The functions are called from any goroutine and return at once.
type Feedback struct {
	// KeyFrame asks for a key frame of one layer: somebody joined, lost too much, or the connection is new.
	KeyFrame func(frame.Layer)
	// Demand says which layers are wanted and what the path carries, whenever that changes.
	Demand func(frame.Demand)
	// Link says how the connection does: at every change and each second while it lives.
	Link func(frame.Link)
}

// Publisher publishes one show at a time. Write methods may be called from any goroutine, Run from one.
type Publisher struct {
	log *slog.Logger
	// tls tells whom to trust; nil trusts whom the system trusts.
	tls     *tls.Config
	waits   backoff
	paths   pathTimes
	running atomic.Bool
	out     atomic.Pointer[sender]
	dropped atomic.Uint64
	// expected is the most that the show can use, in bits a second of picture.
	expected atomic.Int64
}

// A server that was restarted must not wait for its host: the viewers do. One studio a show may knock often.
const (
	firstWait   = 250 * time.Millisecond
	longestWait = 800 * time.Millisecond
	stableAfter = 5 * time.Second
)

// New returns a publisher. It starts nothing.
func New(log *slog.Logger) *Publisher {
	return &Publisher{
		log: log, paths: usualPathTimes(),
		waits: backoff{first: firstWait, most: longestWait, stable: stableAfter},
	}
}

var errRunning = errors.New("already publishing")

// WriteVideo sends a picture, or drops it while nothing is connected. It does not wait.
func (p *Publisher) WriteVideo(f *frame.Packet) {
	if s := p.out.Load(); s != nil {
		s.writeVideo(f)
		return
	}
	p.dropped.Add(1)
}

// WriteAudio sends a packet of sound, or drops it while nothing is connected. It does not wait.
func (p *Publisher) WriteAudio(f *frame.Packet) {
	if s := p.out.Load(); s != nil {
		s.writeAudio(f)
		return
	}
	p.dropped.Add(1)
}

// Expect says how many bits a second of picture the show can use at most: the search for more bandwidth ends there.
func (p *Publisher) Expect(bps int) { p.expected.Store(int64(bps)) }

// Dropped is the number of packets that were not sent since New, without those of the running connection's queues.
func (p *Publisher) Dropped() uint64 { return p.dropped.Load() }

// Run publishes to t and reconnects with back-off until ctx ends; then it takes the show off the server and returns nil. It
// returns an *Error when trying again would not help: a wrong token, an unknown or closed show, an address that is none,
// another studio that took over. The last Link then says why. When Run returns, all that it started has ended.
func (p *Publisher) Run(ctx context.Context, t frame.Target, f Feedback) error {
	if !p.running.CompareAndSwap(false, true) {
		return errRunning
	}
	defer p.running.Store(false)
	transport := newTransport(p.tls)
	defer transport.CloseIdleConnections()
	r := &run{Publisher: p, target: t, feedback: f, tries: tries{log: p.log, waits: p.waits, tell: f.Link, attempt: 1}, client: &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	endpoint, err := parseEndpoint(t.Endpoint)
	if err != nil {
		return r.refuse(err)
	}
	return r.loop(ctx, isFinal, func() (time.Duration, error) { return r.try(ctx, endpoint) })
}

func isFinal(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.final
}

func newTransport(c *tls.Config) *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
		TLSClientConfig:       c,
		TLSHandshakeTimeout:   5 * time.Second,
		ResponseHeaderTimeout: postTimeout,
		IdleConnTimeout:       time.Minute,
		MaxIdleConnsPerHost:   1,
		ForceAttemptHTTP2:     true,
	}
}

// run is one call of Run.
type run struct {
	*Publisher
	tries
	target   frame.Target
	feedback Feedback
	client   *http.Client
	// plain says that the server cannot do simulcast and must not be offered it.
	plain bool
}

// try makes one connection and stays with it. Lived is how long media flowed.
func (r *run) try(ctx context.Context, endpoint *url.URL) (lived time.Duration, err error) {
	s := &session{
		log:  r.Publisher.log,
		whip: &whip{client: r.client, endpoint: endpoint, token: r.target.Token},
		live: r.live,
		waiting: func(err error) {
			r.feedback.Link(frame.Link{Phase: frame.LinkConnecting, Attempt: 1, Fault: frame.FaultOf(err), Detail: err.Error()})
		},
	}
	ways := senderWays{keyFrame: r.feedback.KeyFrame, demand: r.feedback.Demand, expected: &r.expected, position: r.target.Position}
	if err := s.build(r.target.Video, !r.plain, r.servers, r.paths, ways); err != nil {
		return 0, &Error{fault: frame.FaultMedia, final: true, err: err}
	}
	s.fresh = r.fresh()
	err = s.run(ctx, func(out *sender) { r.out.Store(out) })
	r.dropped.Add(s.out.dropped.Load())
	if errors.Is(err, errHalfSimulcast) && !r.plain {
		r.plain = true
		return r.try(ctx, endpoint)
	}
	if !s.since.IsZero() {
		lived = max(time.Since(s.since), 1)
	}
	return lived, err
}

func parseEndpoint(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil {
		return nil, addressError("the endpoint is not a web address")
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return nil, addressError("the endpoint is not a web address: it needs http or https and a host")
	}
	return u, nil
}
