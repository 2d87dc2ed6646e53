package server

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"vitrine/server/api"
	"vitrine/server/bus"
	"vitrine/server/chat"
	"vitrine/server/wire"
)

// talk is the rooms of shows, and the ways into them.
type talk struct {
	hub     *chat.Hub
	sockets *api.Sockets
}

// openTalk builds the rooms of shows on the database and the bus.
func (s *Server) openTalk(r *rooms) (*talk, error) {
	hub, err := chat.New(chat.Config{
		Storage: r.db, Bus: line{r.bus}, Subject: bus.Subject, Now: time.Now, Log: s.log,
		Media: func(show wire.ShowID) int64 {
			ms, _ := r.stage.MediaTime(show)
			return ms
		},
	})
	if err != nil {
		return nil, fmt.Errorf("open the rooms: %w", err)
	}
	return &talk{hub, api.NewSockets(hub)}, nil
}

// run serves the rooms until ctx ends. The sockets go first, and are told when to come back.
func (t *talk) run(ctx context.Context) error {
	held, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return t.hub.Run(held) })
	g.Go(func() error {
		defer end()
		return t.sockets.Run(ctx)
	})
	return g.Wait()
}

// line is the bus as rooms need it.
type line struct{ *bus.Bus }

func (l line) Request(ctx context.Context, subject string, payload []byte) ([]byte, error) {
	answer, err := l.Bus.Request(ctx, subject, payload)
	if errors.Is(err, bus.ErrNobody) {
		return nil, fmt.Errorf("%w: %w", chat.ErrNobody, err)
	}
	return answer, err
}
