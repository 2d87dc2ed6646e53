// Package server builds the companion server from its rooms: store keeps the shows, live forwards media, api speaks HTTP,
// web is the page. It owns their lifetimes and the two ports (TCP for HTTP, UDP for all media), introduces the rooms to
// each other, and lets the server go down in order: first it says that it is not ready and takes nothing new, then it ends
// the sessions, then HTTP, then the database. It has no queue.
package server

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"vitrine/server/api"
	"vitrine/server/live"
	"vitrine/server/store"
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
	db, err := store.Open(ctx, s.cfg.Data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := s.furnish(ctx, db); err != nil {
		return err
	}
	listener, media, err := s.listen(ctx)
	if err != nil {
		return err
	}
	stage, err := live.NewStage(s.cfg.live(), media...)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	return s.serve(ctx, db, listener, stage)
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

// listen opens the ports of HTTP and of media on the same host.
func (s *Server) listen(ctx context.Context) (net.Listener, []*net.UDPConn, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", s.cfg.Listen)
	if err != nil {
		return nil, nil, fmt.Errorf("listen for HTTP: %w", err)
	}
	at := l.Addr().(*net.TCPAddr)
	udp := &net.UDPAddr{IP: at.IP, Zone: at.Zone, Port: s.cfg.MediaPort}
	if udp.Port == 0 {
		udp.Port = at.Port
	}
	media, err := live.Listen(ctx, udp)
	if err != nil && s.cfg.MediaPort == 0 {
		udp.Port = 0
		media, err = live.Listen(ctx, udp)
	}
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("listen for media: %w", err), l.Close())
	}
	return l, media, nil
}

// serve runs the rooms until ctx ends and they have drained.
func (s *Server) serve(ctx context.Context, db *store.Store, listener net.Listener, stage *live.Stage) error {
	h := &http.Server{
		Handler: api.New(api.Config{
			Stage: stage, Store: db, Ready: s.readiness(db), Page: web.Handler(), Metrics: metrics(stage), Log: s.log,
		}),
		ReadHeaderTimeout: headerWithin, ReadTimeout: readWithin, WriteTimeout: writeWithin, IdleTimeout: idleWithin,
		MaxHeaderBytes: maxHeader, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	g, broken := errgroup.WithContext(running)
	g.Go(func() error { return stage.Run(broken) })
	<-stage.Ready() // or the first requests would be told that the server is stopping
	g.Go(func() error {
		if err := h.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve HTTP: %w", err)
		}
		return nil
	})
	g.Go(func() error {
		select {
		case <-ctx.Done():
			s.drain(stage)
		case <-broken.Done():
		}
		stop()
		return s.shut(h)
	})
	s.announce(listener, stage)
	return g.Wait()
}

func (s *Server) announce(listener net.Listener, stage *live.Stage) {
	a := Addresses{HTTP: listener.Addr().(*net.TCPAddr).AddrPort(), Media: stage.Address()}
	a.HTTP = netip.AddrPortFrom(a.HTTP.Addr().Unmap(), a.HTTP.Port())
	s.log.Info("listening", "http", a.HTTP, "media", a.Media)
	s.cfg.Listening(a)
}

// readiness says why the server should get no new work.
func (s *Server) readiness(db *store.Store) func(context.Context) error {
	return func(ctx context.Context) error {
		if s.draining.Load() {
			return &wire.Error{Code: wire.Unavailable, Text: "the server is stopping", RetryAfter: s.cfg.Drain}
		}
		if err := db.Check(ctx); err != nil {
			s.log.Error("not ready", "error", err)
			return wire.Errorf(wire.Unavailable, "the database does not answer")
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
func (s *Server) shut(h *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), closeWithin)
	defer cancel()
	if err := h.Shutdown(ctx); err != nil {
		return h.Close()
	}
	return nil
}
