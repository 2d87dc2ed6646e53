package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"time"

	"vitrine/server/bus"
	"vitrine/server/insight"
	"vitrine/server/live"
	"vitrine/server/store"
	"vitrine/server/turn"
	"vitrine/server/wire"
)

// rooms are what a server is made of, with their sockets open.
type rooms struct {
	db    *store.Store
	bus   *bus.Bus
	sec   *security
	stage *live.Stage
	truth *insight.Desk
	relay *turn.Server // nil if there is none
	trade *trade
	talk  *talk
	// stages are those of shows.
	stages *stages
	http   net.Listener
	plain  net.Listener // of port 80, for a domain; nil otherwise
}

// open opens all sockets, on the same host, and builds the rooms on them.
func (s *Server) open(ctx context.Context, db *store.Store, sec *security) (r *rooms, err error) {
	var opened []io.Closer
	defer func() {
		if err != nil {
			for _, c := range opened {
				err = errors.Join(err, c.Close())
			}
		}
	}()
	r = &rooms{db: db, sec: sec}
	if r.bus, err = bus.New(s.cfg.bus()); err != nil {
		return nil, err
	}
	if r.http, err = listen(ctx, "HTTP", s.cfg.Listen); err != nil {
		return nil, err
	}
	opened = append(opened, r.http)
	media, err := s.listenMedia(ctx, address(r.http))
	if err != nil {
		return nil, err
	}
	for _, m := range media {
		opened = append(opened, m)
	}
	r.truth = insight.New(insight.Config{Now: time.Now, Measure: func(id wire.ShowID) (insight.Measured, bool) { return measured(r.stage, id) }})
	config := s.cfg.live()
	config.Reported = r.reported
	config.Room = func(show wire.ShowID, say live.Say) live.Guest { return r.talk.sockets.Channel(show, say) }
	config.Changed = func(id wire.ShowID, now live.Flow) { r.stages.flows(id, now) }
	config.Refused = func(id wire.ShowID, why *wire.Error) {
		s.log.Info("a guest may not send so", "media", id, "error", why)
		r.stages.refuses(id, why.Code)
	}
	if r.stage, err = live.NewStage(config, media...); err != nil {
		return nil, err
	}
	if sec.challenge != nil {
		at := netip.AddrPortFrom(address(r.http).Addr(), s.cfg.acme.plainPort())
		if r.plain, err = listen(ctx, "HTTP without encryption", at.String()); err != nil {
			return nil, err
		}
		opened = append(opened, r.plain)
	}
	if r.trade, err = s.openTrade(ctx, db, address(r.http)); err != nil {
		return nil, err
	}
	origins := s.origins(address(r.http))
	r.stages = s.newStages(stagesConfig{
		db: db, media: r.stage, sold: r.trade.shop, seed: r.trade.seed, passes: r.trade.passes, origin: origins[0], hosts: hostsOf(origins),
	})
	r.trade.changed = r.stages.bought
	if r.talk, err = s.openTalk(ctx, r); err != nil {
		return nil, err
	}
	r.relay, err = s.openRelay(ctx, address(r.http).Addr(), r.stage.Address(), sec.config)
	return r, err
}

func listen(ctx context.Context, what, at string) (net.Listener, error) {
	lc := net.ListenConfig{Control: thin}
	l, err := lc.Listen(ctx, "tcp", at)
	if err != nil {
		return nil, fmt.Errorf("listen for %s: %w", what, err)
	}
	return l, nil
}

func address(l net.Listener) netip.AddrPort {
	a := l.Addr().(*net.TCPAddr).AddrPort()
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

// listenMedia opens the port of media, if it can, on HTTP's.
func (s *Server) listenMedia(ctx context.Context, http netip.AddrPort) ([]*net.UDPConn, error) {
	at := net.UDPAddrFromAddrPort(http)
	if s.cfg.MediaPort != 0 {
		at.Port = s.cfg.MediaPort
	}
	c, err := live.Listen(ctx, at)
	if err != nil && s.cfg.MediaPort == 0 {
		at.Port = 0
		c, err = live.Listen(ctx, at)
	}
	if err != nil {
		return nil, fmt.Errorf("listen for media: %w", err)
	}
	return c, nil
}
