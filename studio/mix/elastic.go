package mix

import (
	"math"
	"sync"
	"time"

	"vitrine/capture/frame"
)

// Bounds of an Elastic.
const (
	elasticBlocks = 32 // 320 ms: what is later is not talk any more
	mostGoal      = 16
	// elasticWindow is over how many blocks there must have been too many before one is left out; in elasticQuiet blocks where it is quiet.
	elasticWindow, elasticQuiet = 150, 30
	// elasticCalm is after how many blocks without a gap less is kept in reserve.
	elasticCalm = 1000
	// silentPeak is below what no block is missed.
	silentPeak = 0.002
)

// Elastic holds the sound of somebody far away, which comes in bursts and by another clock, until the mixer wants it: as little of it as has just been
// enough. A gap fades out and makes it keep more in reserve; where there is always too much, a block is left out, best in a pause, and two
// blocks go over into each other. A full one drops its oldest block. Make it with NewElastic. One producer and one consumer, on any goroutines.
type Elastic struct {
	mu      sync.Mutex
	ring    [elasticBlocks]frame.Block
	head, n int

	goal    int // blocks that are to be left after a Take
	filling bool
	last    frame.Block // that was heard
	fade    bool        // the next block comes after a gap
	least   int         // blocks that were left, in this window
	seen    int         // blocks of this window
	calm    int         // blocks without a gap
	gaps    uint64
	dropped uint64
}

// NewElastic returns an empty one.
func NewElastic() *Elastic { return &Elastic{goal: 1, filling: true, fade: true, least: elasticBlocks} }

// Put takes the next block. It never waits.
func (e *Elastic) Put(b *frame.Block) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.n == elasticBlocks {
		e.skip()
	}
	e.ring[(e.head+e.n)%elasticBlocks] = *b
	e.n++
}

func (e *Elastic) skip() {
	e.head = (e.head + 1) % elasticBlocks
	e.n--
	e.dropped++
}

func (e *Elastic) next(b *frame.Block) {
	*b = e.ring[e.head]
	e.head = (e.head + 1) % elasticBlocks
	e.n--
}

// Take makes b the next block to be heard, silence where there is none, and reports whether there was one. It never waits.
func (e *Elastic) Take(b *frame.Block) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.filling && e.n <= e.goal {
		*b = frame.Block{}
		return false
	}
	e.filling = false
	if e.n == 0 {
		e.gap(b)
		return false
	}
	e.next(b)
	e.least = min(e.least, e.n)
	e.seen++
	e.shorten(b)
	if e.fade {
		ramp(b, b, 0, 1)
		e.fade = false
	}
	if e.calm++; e.calm >= elasticCalm {
		e.calm, e.goal = 0, max(e.goal-1, 1)
	}
	e.last = *b
	return true
}

// gap ends the sound: what was heard last is heard backwards, which goes on without a step, and fades out.
func (e *Elastic) gap(b *frame.Block) {
	for i := 0; i < len(b); i += 2 {
		b[i], b[i+1] = e.last[len(b)-2-i], e.last[len(b)-1-i]
	}
	ramp(b, b, 1, 0)
	e.filling, e.fade = true, true
	e.goal = min(e.goal+1, mostGoal)
	e.gaps++
	e.begin()
	e.calm = 0
}

// begin begins another window.
func (e *Elastic) begin() { e.least, e.seen = elasticBlocks, 0 }

// shorten leaves a block out if there were always too many in the window. The more there are the sooner it does.
func (e *Elastic) shorten(b *frame.Block) {
	excess := e.least - e.goal
	if excess < 0 || e.n == 0 {
		if e.seen >= elasticWindow {
			e.begin()
		}
		return
	}
	window := elasticWindow / (1 + excess*excess)
	if quiet(b) {
		window = min(window, elasticQuiet)
	}
	if e.seen < window {
		return
	}
	var after frame.Block
	e.next(&after)
	for i := range b {
		w := float32(i/2+1) / frame.BlockSamples
		b[i] += (after[i] - b[i]) * w
	}
	e.dropped++
	e.least, e.seen = e.least-1, 0
	if excess == 0 {
		e.begin()
	}
}

func quiet(b *frame.Block) bool {
	for _, v := range b {
		if math.Abs(float64(v)) > silentPeak {
			return false
		}
	}
	return true
}

// Waiting is how long what comes now will wait until it is heard.
func (e *Elastic) Waiting() time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	return time.Duration(e.n) * frame.BlockDuration
}

// Counts are how many gaps there were, and how many blocks were left out.
func (e *Elastic) Counts() (gaps, dropped uint64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.gaps, e.dropped
}
