package chat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"sync"
	"time"

	"vitrine/server/wire"
)

// ask asks the room's home, wherever it is, and becomes it if nobody is.
func (r *room) ask(ctx context.Context, c *call) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	payload, err := json.Marshal(c)
	if err != nil {
		return answer{}, fmt.Errorf("ask the room: %w", err)
	}
	silent := 0
	for pause := againAfter; ; pause = min(2*pause, againMost) {
		a, err := r.once(ctx, c, payload)
		switch {
		case err == nil && !a.Moved:
			return a, nil
		case ctx.Err() != nil:
			return answer{}, fmt.Errorf("ask the room: %w", ctx.Err())
		case r.ctx.Err() != nil:
			return answer{}, errClosing()
		case err == nil: // it has moved
			silent = 0
		case errors.Is(err, errBusy):
			return answer{}, err
		default:
			silent++
		}
		if errors.Is(err, ErrNobody) || silent >= deaf {
			silent = 0
			if err = r.take(ctx); err == nil {
				continue
			}
			r.hub.c.Log.Debug("a room could not be taken", "show", r.show, "error", err)
		}
		sleep(ctx, pause/2+mathrand.N(pause))
	}
}

// once asks once.
func (r *room) once(ctx context.Context, c *call, payload []byte) (answer, error) {
	r.mu.Lock()
	home := r.home
	r.mu.Unlock()
	if home != nil {
		return home.do(ctx, c)
	}
	ctx, cancel := context.WithTimeout(ctx, hearWithin)
	defer cancel()
	text, err := r.hub.c.Bus.Request(ctx, r.subject("home"), payload)
	if err != nil {
		return answer{}, err
	}
	var a answer
	if err := json.Unmarshal(text, &a); err != nil {
		return answer{}, fmt.Errorf("read the room's answer: %w", err)
	}
	return a, nil
}

// take makes this process the room's home, once for all who want it at the same time.
func (r *room) take(ctx context.Context) error {
	r.mu.Lock()
	if r.home != nil {
		r.mu.Unlock()
		return nil
	}
	if wait := r.taking; wait != nil {
		r.mu.Unlock()
		select {
		case <-wait:
		case <-ctx.Done():
		}
		return ctx.Err()
	}
	wait := make(chan struct{})
	r.taking = wait
	r.mu.Unlock()
	home, err := r.begin()
	r.mu.Lock()
	r.home, r.taking = home, nil
	r.mu.Unlock()
	close(wait)
	if home != nil && !r.hub.start(home.run) {
		home.close()
	}
	return err
}

// begin takes the room in the store. It listens before, so that nobody finds that there is no home while there is one.
func (r *room) begin() (*home, error) {
	h := newHome(r)
	hears := make(chan struct{})
	if !r.hub.start(func() { h.serve(sync.OnceFunc(func() { close(hears) })) }) {
		return nil, errClosing()
	}
	late := time.NewTimer(serveWithin)
	defer late.Stop()
	select {
	case <-hears:
	case <-late.C: // the bus is away
	case <-h.ctx.Done():
	}
	ctx, cancel := context.WithTimeout(h.ctx, storeWithin)
	defer cancel()
	head, err := r.hub.c.Storage.TakeRoom(ctx, r.show, r.hub.c.Now().Add(-answersKept).UnixMilli())
	if err != nil {
		h.close()
		return nil, err
	}
	h.epoch = head.Epoch
	return h, nil
}

func (r *room) leaveHome(h *home) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.home == h {
		r.home = nil
	}
}

// joined is what somebody hears first.
func (r *room) joined(ctx context.Context, who Who, after int64) (wire.RoomJoined, error) {
	a, err := r.ask(ctx, &call{Who: who, Enter: true, Known: r.crowd.told()})
	if err != nil {
		return wire.RoomJoined{}, err
	}
	if a.Error != nil {
		return wire.RoomJoined{}, wireError(a.Error)
	}
	j := *a.Joined
	if j.Events, j.Whole, err = r.missed(ctx, after, j.Through); err != nil {
		return wire.RoomJoined{}, err
	}
	seen := j.Events[:0]
	for _, e := range j.Events {
		if e, ok := seenBy(e, j.Me.Alias, j.Moderates); ok {
			seen = append(seen, e)
		}
	}
	j.Events = seen
	if j.Coins, err = r.hub.Coins(ctx, who.Person); err != nil {
		return wire.RoomJoined{}, err
	}
	return j, nil
}

// missed reads what came after an event up to another; if that is too much, or nobody knows after which, the newest.
func (r *room) missed(ctx context.Context, after, through int64) ([]wire.RoomEvent, bool, error) {
	span := Span{Through: through, Most: joinedLines, Lines: true}
	if known := after > 0 && after <= through; known {
		span = Span{After: after, Through: through, Most: joinedEvents}
		if through-after > joinedEvents {
			span.Newest = true
		}
	}
	list, err := r.hub.c.Storage.ReadRoom(ctx, r.show, span)
	if err != nil {
		return nil, false, err
	}
	return list, !span.Lines && !span.Newest || through <= 0, nil
}
