package live

import (
	"context"
	"sync"

	"vitrine/server/wire"
)

// Flow is how the media of a show or seat flow. Coming is of seats: somebody's connection to send is being made, and viewers may join
// meanwhile. Up says that media flow, Silent that no sound has come of them for Config.SilentAfter.
type Flow struct{ Coming, Up, Silent bool }

// bell tells the server what has changed, in a goroutine of its own, so that no show waits for who hears it. Of a show only the newest
// waits to be told; what is told of one show keeps its order.
type bell struct {
	changed func(id wire.ShowID, now Flow)
	refusal func(id wire.ShowID, why *wire.Error)
	wake    chan struct{}

	mu      sync.Mutex // guards what follows
	order   []wire.ShowID
	waiting map[wire.ShowID]*peal
}

// peal is what is to be told of a show.
type peal struct {
	now *Flow
	why *wire.Error
}

func newBell(c Config) *bell {
	return &bell{changed: c.Changed, refusal: c.Refused, wake: make(chan struct{}, 1), waiting: map[wire.ShowID]*peal{}}
}

// rang takes a show's new state. It never blocks. Media that flow have outlived what was refused before.
func (b *bell) rang(id wire.ShowID, now Flow) {
	b.put(id, func(p *peal) {
		if p.now = &now; now.Up {
			p.why = nil
		}
	})
}

// refused takes why a publisher was refused. It never blocks.
func (b *bell) refused(id wire.ShowID, why *wire.Error) { b.put(id, func(p *peal) { p.why = why }) }

func (b *bell) put(id wire.ShowID, set func(*peal)) {
	b.mu.Lock()
	p := b.waiting[id]
	if p == nil {
		p = &peal{}
		b.waiting[id] = p
		b.order = append(b.order, id)
	}
	set(p)
	b.mu.Unlock()
	select {
	case b.wake <- struct{}{}:
	default: // whoever tells will look anyway
	}
}

func (b *bell) next() (id wire.ShowID, p *peal) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.order) == 0 {
		return "", nil
	}
	id = b.order[0]
	b.order = b.order[1:]
	p = b.waiting[id]
	delete(b.waiting, id)
	return id, p
}

// run tells until ctx ends.
func (b *bell) run(ctx context.Context) error {
	for {
		select {
		case <-b.wake:
		case <-ctx.Done():
			return nil
		}
		for id, p := b.next(); p != nil && ctx.Err() == nil; id, p = b.next() {
			if p.now != nil {
				b.changed(id, *p.now)
			}
			if p.why != nil { // of what has flowed, or has not begun to
				b.refusal(id, p.why)
			}
		}
	}
}
