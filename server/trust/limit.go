package trust

import (
	"time"

	"golang.org/x/time/rate"
)

// Limiter lets a burst through a key, and then one every so often (a token bucket). It remembers the keys used last, some ten
// thousands: a key that is forgotten has its burst again. It is safe for concurrent use.
type Limiter struct {
	recent[*rate.Limiter]
	every time.Duration
	burst int
}

// NewLimiter makes a limiter.
func NewLimiter(every time.Duration, burst int) *Limiter { return &Limiter{every: every, burst: burst} }

// Take takes one from the key's bucket and returns 0, or how long until there is one.
func (l *Limiter) Take(now time.Time, key string) (wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.at(key)
	if *b == nil {
		*b = rate.NewLimiter(rate.Every(l.every), l.burst)
	}
	r := (*b).ReserveN(now, 1)
	if wait = r.DelayFrom(now); wait > 0 {
		r.CancelAt(now)
	}
	return wait
}
