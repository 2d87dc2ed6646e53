// Package server builds the companion server from its rooms: store keeps the shows, live forwards media, pictures keeps those of products, insight says what
// viewers see of it, chat lets them speak, api speaks HTTP, web is the page, turn relays media for those who cannot reach live, bus
// joins several servers of one database, and stages lets hosts of several shops meet. It owns their lifetimes, their sockets (TCP for HTTP,
// UDP for all media, one port of both for TURN) and the certificate, introduces the rooms to each other, and lets the server
// go down in order: first it says that it is not ready and takes nothing new, then it ends the sessions, then HTTP, then the
// bus, then the database. It has no queue.
package server

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"vitrine/server/api"
	"vitrine/server/bus"
	"vitrine/server/live"
	"vitrine/server/store"
	"vitrine/server/trust"
	"vitrine/server/web"
	"vitrine/server/wire"
)

const (
	// closeWithin bounds how long HTTP may take to finish its last requests.
	closeWithin = 3 * time.Second
	// drainLook is how often a draining server looks whether all sessions have left.
	drainLook = 50 * time.Millisecond

	headerWithin = 5 * time.Second
	readWithin   = 15 * time.Second
	writeWithin  = 30 * time.Second
	idleWithin   = 2 * time.Minute
	maxHeader    = 16 << 10
)

// Server is a companion server that has not started or runs.
type Server struct {
	cfg      Config
	log      *slog.Logger
	draining atomic.Bool
}

// New checks the configuration. It starts and opens nothing.
func New(cfg Config) (*Server, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	cfg = cfg.withDefaults()
	return &Server{cfg: cfg, log: cfg.Log}, nil
}

// Run serves until ctx ends, then drains and returns when all that it started has ended, within the drain time and a few
// seconds. It may be called once.
func (s *Server) Run(ctx context.Context) (err error) {
	db, err := store.Open(ctx, store.Config{Folder: s.cfg.Data, URL: s.cfg.Database})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := s.furnish(ctx, db); err != nil {
		return err
	}
	sec, err := s.security()
	if err != nil {
		return err
	}
	defer sec.close()
	r, err := s.open(ctx, db, sec)
	if err != nil {
		return err
	}
	return s.serve(ctx, r)
}

// furnish makes sure that there are an operator and the declared shows.
func (s *Server) furnish(ctx context.Context, db *store.Store) error {
	operators, err := db.Operators(ctx)
	if err != nil {
		return err
	}
	if len(operators) == 0 {
		token := rand.Text()
		if err := db.AddOperator(ctx, sha256.Sum256([]byte(token))); err != nil {
			return err
		}
		if _, err := fmt.Fprintf(s.cfg.Out, "Operator's token, shown this once: %s\n", token); err != nil {
			return fmt.Errorf("print the operator's token: %w", err)
		}
	}
	for _, d := range s.cfg.Shows {
		if err := db.PutShow(ctx, wire.NewShow{ID: d.ID}, sha256.Sum256([]byte(d.Token))); err != nil {
			return err
		}
	}
	return nil
}

// serve runs the bus, and the rooms on it, until ctx ends and they have drained.
func (s *Server) serve(ctx context.Context, r *rooms) error {
	g, broken := errgroup.WithContext(context.WithoutCancel(ctx))
	needed, leave := context.WithCancel(broken)
	g.Go(func() error { return r.bus.Run(needed) })
	g.Go(func() error {
		defer leave()
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		defer context.AfterFunc(broken, stop)()
		select { // or the first visitors would find the rooms apart
		case <-r.bus.Ready():
		case <-ctx.Done():
		}
		return s.serveRooms(ctx, r)
	})
	return g.Wait()
}

// serveRooms runs the rooms until ctx ends and they have drained.
func (s *Server) serveRooms(ctx context.Context, r *rooms) error {
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	g, broken := errgroup.WithContext(running)
	g.Go(func() error { return r.stage.Run(broken) })
	g.Go(func() error { return r.truth.Run(broken) })
	<-r.stage.Ready() // or the first requests would be told that the server is stopping
	if r.relay != nil {
		g.Go(func() error { return r.relay.Run(broken) })
	}
	g.Go(func() error { return r.trade.run(broken, r.db, s.log) })
	g.Go(func() error { return r.talk.run(broken, ctx) })
	select { // or the first visitors would find the shop empty
	case <-r.trade.shop.Ready():
	case <-ctx.Done():
	case <-broken.Done():
	}
	edge := s.edge(r)
	secure, plain := s.http(edge), s.http(s.plain(r, edge))
	g.Go(func() error { return r.sec.serve(secure, r.http) })
	if r.plain != nil {
		g.Go(func() error { return unencrypted(plain, r.plain) })
	}
	g.Go(func() error {
		select {
		case <-ctx.Done():
			s.drain(r.stage)
		case <-broken.Done():
		}
		stop()
		return errors.Join(shut(plain), shut(secure))
	})
	if err := r.sec.start(broken); err != nil {
		g.Go(func() error { return fmt.Errorf("get a certificate: %w", err) })
	}
	s.announce(r)
	return g.Wait()
}

// edge is the handler of all requests.
func (s *Server) edge(r *rooms) http.Handler {
	h := api.New(api.Config{
		Stage: r.stage, Store: r.db, Ready: s.readiness(r.db, r.bus), Metrics: metrics(r.stage, r.relay, r.bus, r.talk),
		Page:   web.Handler(web.Config{Shows: &display{rooms: r}, Public: r.trade.public, Stripe: s.cfg.Pay.Stripe != nil, Now: time.Now, Log: s.log}),
		Relays: s.relays(r.relay), Truth: r.truth, TrustedProxies: s.cfg.TrustedProxies, Log: s.log,
		Gate: r.trade.gate, Shop: r.trade.shop, Pay: r.trade.ways, Open: r.trade.open, Feed: r.trade.feed, Withdrawals: r.trade.links, Public: r.trade.public,
		Sockets: r.talk.sockets, Purses: r.talk.hub, People: r.db, Pictures: r.trade.pictures, Censor: r.talk.censor, Members: r.talk.hub, Stages: r.stages,
		Webhooks: r.trade.outbox, Exports: map[string]trust.Exporter{"shop": store.Bought{Store: r.db, Open: r.trade.open}, "rooms": r.talk.hub},
		Erasers: []trust.Eraser{r.talk.hub}, Outside: s.cfg.Webhooks, Risk: trust.Risk{Large: s.cfg.Large},
	})
	if s.cfg.secure() {
		return strict(h)
	}
	return h
}

func (s *Server) http(h http.Handler) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: headerWithin, ReadTimeout: readWithin, WriteTimeout: writeWithin, IdleTimeout: idleWithin,
		MaxHeaderBytes: maxHeader, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
}

func (s *Server) announce(r *rooms) {
	a := Addresses{HTTP: address(r.http), Media: r.stage.Address()}
	if r.relay != nil {
		a.TURN = r.relay.Address()
	}
	s.log.Info("listening", "http", a.HTTP, "media", a.Media, "turn", a.TURN)
	s.cfg.Listening(a)
}

// readiness says why the server should get no new work.
func (s *Server) readiness(db *store.Store, b *bus.Bus) func(context.Context) error {
	return func(ctx context.Context) error {
		if s.draining.Load() {
			return &wire.Error{Code: wire.Unavailable, Text: "the server is stopping", RetryAfter: s.cfg.Drain}
		}
		if err := db.Check(ctx); err != nil {
			s.log.Error("not ready", "error", err)
			return wire.Errorf(wire.Unavailable, "the database does not answer")
		}
		if err := b.Check(ctx); err != nil {
			s.log.Error("not ready", "error", err)
			return wire.Errorf(wire.Unavailable, "the bus between the servers does not answer")
		}
		return nil
	}
}

// drain takes no new work and waits until the sessions have left, at most the drain time.
func (s *Server) drain(stage *live.Stage) {
	s.draining.Store(true)
	stage.Drain()
	s.log.Info("draining", "sessions", stage.Stats().Sessions)
	end := time.NewTimer(s.cfg.Drain)
	defer end.Stop()
	look := time.NewTicker(drainLook)
	defer look.Stop()
	for stage.Stats().Sessions > 0 {
		select {
		case <-look.C:
		case <-end.C:
			return
		}
	}
}

// shut ends HTTP: gracefully as long as that lasts, then at once.
func shut(h *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), closeWithin)
	defer cancel()
	if err := h.Shutdown(ctx); err != nil {
		return h.Close()
	}
	return nil
}
