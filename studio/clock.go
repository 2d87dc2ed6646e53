package studio

import (
	"sync"
	"time"

	"vitrine/capture/frame"
)

// clock is the show's clock. Sound is the master: the position advances by the samples that came in, and between two
// blocks by the machine's time. Blocks arrive in bursts, so the machine's time is steered towards the samples by a
// hundredth of the difference a block instead of jumping: pictures stamped by it are evenly spaced and still follow the
// sound card's drift. Safe for any goroutine.
type clock struct {
	mu     sync.Mutex
	start  time.Time
	offset time.Duration // added to the machine's time
	sound  time.Duration // samples counted so far
}

const (
	steer = 100
	// latest is how far sound may run behind or ahead of the clock before a block is inserted or dropped.
	latest = 60 * time.Millisecond
)

func newClock(now time.Time) *clock { return &clock{start: now} }

// Now is the position on the show's clock.
func (c *clock) Now() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now()
}

func (c *clock) now() time.Duration { return time.Since(c.start) + c.offset }

// accept counts a block that a microphone delivered and returns the position of its first sample, or false when the sound
// is so far ahead that the block must be dropped.
func (c *clock) accept() (pts time.Duration, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	ahead := c.sound + frame.BlockDuration - c.now()
	if ahead > latest {
		return 0, false
	}
	c.offset += ahead / steer
	pts = c.sound
	c.sound += frame.BlockDuration
	return pts, true
}

// insert counts a block of silence if the sound is too far behind, and reports whether it did.
func (c *clock) insert() (pts time.Duration, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.now()-c.sound < latest {
		return 0, false
	}
	pts = c.sound
	c.sound += frame.BlockDuration
	return pts, true
}
