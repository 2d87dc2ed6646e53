package capture

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"vitrine/capture/frame"
)

// soundPatience bounds the wait for one call to PortAudio and for the turn. Calls take less than a second; those to a sound
// daemon that is frozen return when it goes on, or never.
const soundPatience = 3 * time.Second

// errStuck means that a call to PortAudio, ours or somebody's before, has not returned in time.
var errStuck = fmt.Errorf("the sound system does not answer: %w", frame.ErrSilent)

// take waits for the turn.
func (p *portAudio) take(ctx context.Context) error {
	timer := time.NewTimer(soundPatience)
	defer timer.Stop()
	select {
	case <-p.turn:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return errStuck
	}
}

func (p *portAudio) give() { p.turn <- struct{}{} }

// with runs f, which calls PortAudio, and gives the turn that the caller has taken. What f leaves may be read when with
// returns nil. It returns errStuck when f takes too long: f then keeps the turn until its call returns, and undo, which may
// be nil, follows it. That is the one goroutine that may outlive who started it, as a call into C cannot be ended.
func (p *portAudio) with(f, undo func()) error {
	var decided atomic.Bool // by f having ended, or by our having gone
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer p.give()
		f()
		if !decided.CompareAndSwap(false, true) && undo != nil {
			undo()
		}
	}()
	timer := time.NewTimer(soundPatience)
	defer timer.Stop()
	select {
	case <-done:
		return nil
	case <-timer.C:
		if decided.CompareAndSwap(false, true) {
			return errStuck
		}
		<-done
		return nil
	}
}

// stop closes a stream. It does not depend on a context: what was opened is closed, if need be when the sound system answers
// again.
func (p *portAudio) stop(s *soundStream) {
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		<-p.turn
		defer p.give()
		p.release(s)
	}()
	timer := time.NewTimer(soundPatience)
	defer timer.Stop()
	select {
	case <-closed:
	case <-timer.C:
		p.log.Warn("sound device does not close yet", "device", s.name)
	}
}
