package shop

import (
	"sync"

	"vitrine/server/wire"
)

// lines count who waits for what, as it was committed last. They are kept by the batches, so that nobody has to look through all
// reservations.
type lines struct {
	mu      sync.Mutex
	waiters map[wire.ReservationID]target
	counts  map[target]int
}

// fill begins with those who wait at the start.
func (l *lines) fill(s *state) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiters, l.counts = map[wire.ReservationID]target{}, map[target]int{}
	for t, queue := range s.queues {
		for _, r := range queue {
			l.waiters[r.ID] = t
		}
		l.counts[t] = len(queue)
	}
}

func (l *lines) put(list []*Reservation) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range list {
		t, was := l.waiters[r.ID]
		switch waits := r.State == wire.Waiting; {
		case waits && !was:
			t = r.target()
			l.waiters[r.ID] = t
			l.counts[t]++
		case was && !waits:
			delete(l.waiters, r.ID)
			if l.counts[t]--; l.counts[t] == 0 {
				delete(l.counts, t)
			}
		}
	}
}

// waiting is how many wait for a variant or an offer.
func (l *lines) waiting(t target) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.counts[t]
}

// withWaiting says of each variant how many wait for it. The product's variants are the caller's own.
func withWaiting(p wire.Product, count func(target) int) wire.Product {
	for i := range p.Variants {
		p.Variants[i].Waiting = count(target{variant: p.Variants[i].ID})
	}
	return p
}
