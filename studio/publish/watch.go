package publish

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

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
	l := &looks{Watcher: w, reception: r, endpoint: at, tries: tries{log: w.log, level: slog.LevelDebug, waits: w.waits, tell: r.Link, attempt: 1}, client: &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	return l.loop(ctx, func(error) bool { return false }, func() (time.Duration, error) { return l.try(ctx) })
}

// looks is one call of Watch.
type looks struct {
	*Watcher
	tries
	reception Reception
	endpoint  *url.URL
	client    *http.Client
}

// try makes one connection and stays with it. Lived is how long media flowed.
func (l *looks) try(ctx context.Context) (lived time.Duration, err error) {
	v := &viewing{
		log: l.Watcher.log, reception: l.reception,
		whip: &whip{client: l.client, endpoint: l.endpoint},
		live: l.live,
	}
	if err := v.build(l.servers, l.paths); err != nil {
		return 0, fmt.Errorf("set up the connection: %w", err)
	}
	v.fresh = l.fresh()
	err = v.run(ctx)
	if !v.since.IsZero() {
		lived = max(time.Since(v.since), 1)
	}
	return lived, err
}
