package reach

import (
	"context"
	"errors"
	"time"
)

// line sends the letters of one kind. Its loop owns busy and rests.
type line struct {
	cfg    Config
	kind   Kind
	send   func(context.Context, Letter) error
	most   int           // letters under way at a time
	limit  time.Duration // of a try
	delays []time.Duration
	nudge  chan struct{}

	ended chan ended
	busy  map[string]bool      // lanes that have a letter under way
	rests map[string]time.Time // lanes that are left alone until then
	blind bool                 // the outbox did not answer last time
}

// ended is a try that is over. The lane rests for a while.
type ended struct {
	lane string
	rest time.Duration
}

func (c *Courier) line(kind Kind, send func(context.Context, Letter) error, most int, limit time.Duration, delays []time.Duration) *line {
	return &line{
		cfg: c.cfg, kind: kind, send: send, most: most, limit: limit, delays: delays,
		nudge: make(chan struct{}, 1), ended: make(chan ended),
		busy: map[string]bool{}, rests: map[string]time.Time{},
	}
}

// run sends until ctx ends and returns when nothing is under way.
func (l *line) run(ctx context.Context) {
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		l.begin(ctx)
		select {
		case <-ctx.Done():
			for range len(l.busy) {
				<-l.ended
			}
			return
		case e := <-l.ended:
			delete(l.busy, e.lane)
			if e.rest > 0 {
				l.rests[e.lane] = l.cfg.Now().Add(e.rest)
			}
		case <-l.nudge:
		case <-tick.C:
		}
	}
}

// begin starts as many letters as there are places.
func (l *line) begin(ctx context.Context) {
	if len(l.busy) >= l.most || ctx.Err() != nil {
		return
	}
	now := l.cfg.Now()
	for lane, until := range l.rests {
		if !now.Before(until) {
			delete(l.rests, lane)
		}
	}
	// Lanes that are busy or rest are among those that come back, so that many more are asked for.
	letters, err := l.cfg.Outbox.Due(ctx, l.kind, now, l.most+len(l.busy)+len(l.rests))
	if failed := err != nil && ctx.Err() == nil; failed != l.blind {
		if l.blind = failed; failed {
			l.cfg.Log.Error("the outbox cannot be read; trying on", "kind", l.kind, "error", err)
		} else {
			l.cfg.Log.Info("the outbox is read again", "kind", l.kind)
		}
	}
	for _, m := range letters {
		_, rests := l.rests[m.To]
		if rests || l.busy[m.To] || len(l.busy) >= l.most {
			continue
		}
		l.busy[m.To] = true
		go func() { l.ended <- ended{m.To, l.try(ctx, m)} }()
	}
}

// try sends a letter and notes the result. It returns how long the lane shall rest, which may be less than nothing.
func (l *line) try(ctx context.Context, m Letter) time.Duration {
	begun := l.cfg.Now()
	within, cancel := context.WithTimeout(ctx, l.limit)
	err := l.send(within, m)
	cancel()
	if err != nil && ctx.Err() != nil {
		return 0
	}
	took := l.cfg.Now().Sub(begun)
	l.note(ctx, l.result(m, err))
	return 4 * (took - quick)
}

// result decides what becomes of a letter after a try, and returns how to note it.
func (l *line) result(m Letter, err error) func(context.Context) error {
	if err == nil {
		return func(ctx context.Context) error { return l.cfg.Outbox.Sent(ctx, m.ID) }
	}
	why := reason(err, l.limit)
	log := l.cfg.Log.With("letter", m.ID, "kind", l.kind, "type", m.Type, "tries", m.Tries+1, "reason", why)
	var known *failure
	if !errors.As(err, &known) && !errors.Is(err, context.DeadlineExceeded) {
		log = log.With("error", err)
	}
	if known != nil && known.final || m.Tries >= len(l.delays) {
		log.Warn("letter given up")
		return func(ctx context.Context) error { return l.cfg.Outbox.Dead(ctx, m.ID, why) }
	}
	delay := l.delays[max(m.Tries, 0)]
	delay += time.Duration((l.cfg.Spread() - 0.5) / 5 * float64(delay)) // within a tenth of it
	due := l.cfg.Now().Add(delay)
	log.Debug("letter not sent; it will be tried again")
	return func(ctx context.Context) error { return l.cfg.Outbox.Again(ctx, m.ID, due, why) }
}

// note writes a result down, again and again until the outbox takes it: a letter whose sending is not noted would be sent
// without end. A result that is known is noted even when the server is about to end.
func (l *line) note(ctx context.Context, write func(context.Context) error) {
	for {
		within, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteLimit)
		err := write(within)
		cancel()
		if err == nil {
			return
		}
		l.cfg.Log.Error("what became of a letter cannot be noted; trying on", "kind", l.kind, "error", err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(look):
		}
	}
}
