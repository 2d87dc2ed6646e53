package publish

import (
	"math/rand/v2"
	"time"
)

// backoff says how long to wait before the next attempt: not at all after a connection that had been stable, then first,
// doubling up to most. Every wait is spread by half of itself both ways, so that the studios of a server that went down do
// not come back in step.
type backoff struct {
	first, most time.Duration
	// stable is how long a connection must have lived to count as success; shorter ones keep the wait growing.
	stable time.Duration
	step   int
}

// next is the wait after an attempt whose connection lived for a time, 0 if it never came to be.
func (b *backoff) next(lived time.Duration) time.Duration {
	if lived >= b.stable {
		b.step = 0
		return 0
	}
	wait := min(b.most, b.first<<min(b.step, 16))
	b.step++
	return wait/2 + rand.N(wait+1)
}
