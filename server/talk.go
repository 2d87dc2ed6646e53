package server

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"vitrine/server/api"
	"vitrine/server/bus"
	"vitrine/server/chat"
	"vitrine/server/wire"
)

// talk is the rooms in which people speak, with the sockets by which they do.
type talk struct {
	hub     *chat.Hub
	sockets *api.Sockets
	censor  *censor
	purse   purse
	stages  *stages
}

// openTalk builds the rooms on the database, the bus and the stages.
func (s *Server) openTalk(ctx context.Context, r *rooms) (*talk, error) {
	c, err := newCensor(ctx, r.db, r.bus, s.log)
	if err != nil {
		return nil, err
	}
	hub, err := chat.New(chat.Config{
		Storage: r.db, Bus: line{r.bus}, Subject: bus.Subject, Judge: c, Now: s.cfg.now, Log: s.log,
		Media: func(id wire.ShowID) int64 {
			ms, _ := r.stage.MediaTime(id)
			return ms
		},
		Stage: r.stages.make, Staged: r.stages.staged,
	})
	if err != nil {
		return nil, err
	}
	r.stages.hub = hub
	return &talk{
		hub: hub, sockets: api.NewSockets(hub, r.db), censor: c, purse: purse{r.db, r.trade.shop, hub, s.log}, stages: r.stages,
	}, nil
}

// run runs the rooms until ctx ends. Who is in them is sent away as soon as leaving ends.
func (t *talk) run(ctx, leaving context.Context) error {
	g, running := errgroup.WithContext(ctx)
	leaving, leave := context.WithCancel(leaving)
	defer leave()
	defer context.AfterFunc(running, leave)()
	g.Go(func() error { return t.hub.Run(running) })
	g.Go(func() error { return t.sockets.Run(leaving) })
	g.Go(func() error { return t.censor.run(running) })
	g.Go(func() error { return t.purse.run(running) })
	g.Go(func() error { return t.stages.run(running) })
	err := g.Wait()
	t.censor.keepLast(ctx) // what moderators decided while the rooms ended, too
	return err
}

// line is a bus with the errors that rooms know.
type line struct{ *bus.Bus }

func (l line) Request(ctx context.Context, subject string, payload []byte) ([]byte, error) {
	answer, err := l.Bus.Request(ctx, subject, payload)
	if errors.Is(err, bus.ErrNobody) {
		err = fmt.Errorf("%w: %w", chat.ErrNobody, err)
	}
	return answer, err
}
