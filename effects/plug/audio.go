package plug

import (
	"context"
	"time"

	"vitrine/capture/frame"
)

// DelayBlocks is how many blocks the sound comes out behind, always, with a program or without: 20 ms. While one block is
// on its way there and back two more may follow, so that a pipe's round trip is no part of the sound's time.
const DelayBlocks = 2

// kept is how many blocks are remembered as they were: those under way, and the one that went out last.
const kept = DelayBlocks + 2

// Audio is a plug-in for sound. Run and State may be called from any goroutine, Apply from one.
type Audio struct {
	program
	sequence uint64
	dry      [kept]frame.Block // the last blocks unchanged, by sequence
	wet      frame.Block       // the answer that is due
	wasWet   bool              // whether the last block came out changed
	tail     [2]float32        // its last samples
	timer    *time.Timer
}

// NewAudio makes a plug-in of a program and its arguments, as they are given to the system: no shell reads them.
func NewAudio(argv []string) *Audio {
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	return &Audio{program: newProgram(argv, audioHello, DelayBlocks+1), sequence: DelayBlocks, timer: timer}
}

// Run starts the program and keeps it running until ctx ends, then ends it with all processes of its group and returns nil.
// It fails at once if argv is empty; whatever becomes of the program is in State and tried again. Run is called once.
func (a *Audio) Run(ctx context.Context) error { return a.run(ctx) }

// State is how the plug-in does now.
func (a *Audio) State() State { return a.look() }

// Apply takes the next block and puts the one from DelayBlocks before in its place, silence at first: changed by the
// program, which it reports, or as it was. It waits at most limit, and only if the program needed more than the delay.
// Passing from changed to unchanged sound and back makes no click: the difference fades over the block.
func (a *Audio) Apply(b *frame.Block, limit time.Duration) bool {
	a.sequence++
	a.dry[a.sequence%kept] = *b
	l := a.current()
	wet := l != nil && a.exchange(l, b, limit)
	a.emit(b, wet)
	return a.count(l, wet)
}

// exchange hands b over and reports whether the answer that is due now is in a.wet.
func (a *Audio) exchange(l *link, b *frame.Block, limit time.Duration) bool {
	turn := a.sequence - DelayBlocks
	wet := a.collect(l, turn, nil)
	if q := l.spare(); q != nil {
		packBlock(q.fill(header{
			kind: kindAudio, length: blockSize, sequence: a.sequence,
			pts: time.Duration(a.sequence-DelayBlocks-1) * frame.BlockDuration, width: frame.BlockSamples, height: 2,
		}), b)
		l.send()
	}
	if turn < l.first {
		return false
	}
	if !wet && l.breaker.waits {
		a.timer.Reset(limit)
		wet = a.collect(l, turn, a.timer.C)
		a.timer.Stop()
	}
	used := wet && l.breaker.waits
	l.breaker.judge(wet)
	return used
}

// collect takes the answers up to the one that is due, drops those that are late and reports whether a.wet now holds the one
// that is not.
func (a *Audio) collect(l *link, turn uint64, late <-chan time.Time) bool {
	for l.due(turn) {
		q := l.receive(late)
		if q == nil {
			return false
		}
		a.answered(q)
		if q.head.sequence == turn {
			unpackBlock(&a.wet, q.answer)
			return true
		}
	}
	return false
}

// emit puts the block that is due into b. From changed to unchanged there is no changed sound to fade from, so the step
// between the two is what fades.
func (a *Audio) emit(b *frame.Block, wet bool) {
	turn := a.sequence - DelayBlocks
	dry, before := &a.dry[turn%kept], &a.dry[(turn-1)%kept]
	switch {
	case wet && a.wasWet:
		*b = a.wet
	case wet:
		for i := range b {
			b[i] = dry[i] + (a.wet[i]-dry[i])*rise(i)
		}
	case a.wasWet:
		for i := range b {
			step := a.tail[i%2] - before[len(before)-2+i%2]
			b[i] = dry[i] + step*(1-rise(i))
		}
	default:
		*b = *dry
	}
	a.wasWet, a.tail = wet, [2]float32(b[len(b)-2:])
}

// rise goes from just over 0 to 1 over a block.
func rise(i int) float32 { return float32(i/2+1) / frame.BlockSamples }
