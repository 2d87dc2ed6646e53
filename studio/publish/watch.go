package publish

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/pion/webrtc/v3"

	"vitrine/capture/frame"
)

// Reception is what comes of media that are watched. Picture and Sound are called from one goroutine each; Spare and Link from any. All return soon.
type Reception struct {
	// Picture takes a whole picture in its codec (H.264 in Annex B), in their order, PTS by the sender's clock from the first on; the first, and the
	// first after one was lost or refused, is a key frame. It returns false for one that is of no use: what depends on it is not wanted.
	Picture func(c frame.Codec, p *frame.Packet) (ok bool)
	// Sound takes an Opus packet, in their order, before which so many are missing for good.
	Sound func(p *frame.Packet, lost int)
	// Spare is how much sound is still to be heard: so long a packet that is missing may be waited for.
	Spare func() time.Duration
	// Link says how the connection does: at every change and each second while it lives.
	Link func(frame.Link)
}

// Watcher watches what others publish (WHEP). It may watch any number at a time, from any goroutines.
type Watcher struct {
	log *slog.Logger
	// tls tells whom to trust; nil trusts whom the system trusts.
	tls   *tls.Config
	waits backoff
	paths pathTimes
}

// longestLook is the longest wait before another attempt to watch: somebody on stage who comes back is to be seen soon.
const longestLook = time.Second

// NewWatcher returns a watcher. It starts nothing.
func NewWatcher(log *slog.Logger) *Watcher {
	return &Watcher{log: log, paths: usualPathTimes(), waits: backoff{first: firstWait, most: longestLook, stable: stableAfter}}
}

// Watch watches at a WHEP address and reconnects with back-off until ctx ends, then it returns nil. Refusals are tried again
// too, because who is not there yet may come; only an address that is none ends it with an *Error. When Watch returns, all that it started has ended.
func (w *Watcher) Watch(ctx context.Context, endpoint string, r Reception) error {
	at, err := parseEndpoint(endpoint)
	if err != nil {
		return err
	}
	transport := newTransport(w.tls)
	defer transport.CloseIdleConnections()
	l := &looks{Watcher: w, reception: r, endpoint: at, waits: w.waits, client: &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	for attempt := 1; ; attempt++ {
		l.link(frame.LinkConnecting, attempt, time.Time{})
		lived, err := l.try(ctx)
		if ctx.Err() != nil {
			r.Link(frame.Link{Phase: frame.LinkIdle})
			return nil
		}
		l.fault = frame.Link{Fault: frame.FaultOf(err), Detail: err.Error()}
		if lived > 0 {
			attempt = 0
		}
		if !l.pause(ctx, lived, err, attempt+1) {
			r.Link(frame.Link{Phase: frame.LinkIdle})
			return nil
		}
	}
}

// looks is one call of Watch.
type looks struct {
	*Watcher
	reception Reception
	endpoint  *url.URL
	client    *http.Client
	waits     backoff
	// servers are the ICE servers of the last answer; used says that the last offer had them.
	servers []webrtc.ICEServer
	used    bool
	fault   frame.Link // the last failure's fault and detail
}

func (l *looks) link(p frame.Phase, attempt int, retryAt time.Time) {
	l.reception.Link(frame.Link{Phase: p, Attempt: attempt, RetryAt: retryAt, Fault: l.fault.Fault, Detail: l.fault.Detail})
}

// pause waits before the next attempt and reports whether there is to be one.
func (l *looks) pause(ctx context.Context, lived time.Duration, err error, attempt int) bool {
	wait := l.waits.next(lived)
	var e *Error
	if errors.As(err, &e) {
		wait = max(wait, e.retryAfter)
		if e.fault == frame.FaultMedia && len(l.servers) > 0 && !l.used {
			wait = 0 // with relays it may work
		}
	}
	l.log.Debug("not watching, trying again", "err", err, "wait", wait)
	if wait == 0 {
		return true
	}
	l.link(frame.LinkWaiting, attempt, time.Now().Add(wait))
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// try makes one connection and stays with it. Lived is how long media flowed.
func (l *looks) try(ctx context.Context) (lived time.Duration, err error) {
	v := &viewing{
		log: l.log, reception: l.reception,
		whip: &whip{client: l.client, endpoint: l.endpoint},
		live: func(now frame.Link) {
			l.fault = frame.Link{}
			l.reception.Link(now)
		},
	}
	if err := v.build(l.servers, l.paths); err != nil {
		return 0, fmt.Errorf("set up the connection: %w", err)
	}
	l.used = len(l.servers) > 0
	v.fresh = func(servers []webrtc.ICEServer) bool {
		l.used = l.used && sameServers(servers, l.servers)
		l.servers = servers
		return len(servers) > 0 && !l.used
	}
	err = v.run(ctx)
	if !v.since.IsZero() {
		lived = max(time.Since(v.since), 1)
	}
	return lived, err
}
