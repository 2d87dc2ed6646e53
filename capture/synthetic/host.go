// Package synthetic is the host who needs no hardware: a camera whose pictures say when they were taken, a microphone whose
// beeps begin when the picture flashes, and a machine that lists both. Tests measure delay, loss and the distance between
// sound and picture with it; a shop rehearses with it; vitrine-studio falls back on it where there is no camera.
//
// Picture and sound are pure functions of the wall clock ([Card.Draw], [Sound]), so that a camera and a microphone that know
// nothing of each other stay locked, and a run can be repeated. The loops only decide when to call them: pictures are due at
// whole multiples of 1/fps of Unix time (one falls on each whole second), blocks at multiples of 10 ms. A late picture is
// skipped, late blocks of sound are caught up to 100 ms and then skipped; nothing drifts and nothing queues.
//
// The package is plain Go and runs under testing/synctest.
package synthetic

import (
	"context"
	"time"

	"vitrine/capture/frame"
)

// Host is the synthetic camera and microphone. The zero value is ready; it holds no state between calls.
type Host struct {
	// Clock is the wall clock that the pictures show; nil means time.Now.
	Clock func() time.Time
}

func (h Host) now() time.Time {
	if h.Clock != nil {
		return h.Clock()
	}
	return time.Now()
}

// Camera puts a picture into out at each 1/fps of a second until ctx ends, and then returns nil. Zero width, height or
// rate mean 1280, 720 and 30. While play is paused nothing is put; play may be nil.
func (h Host) Camera(ctx context.Context, want frame.Format, play *frame.Playback, now func() time.Duration, out *frame.Slot) error {
	want = orDefault(want)
	var pool frame.Pool
	card := NewCard(want.Width, want.Height)
	return h.pace(ctx, want.FPS, 0, func(at time.Time) {
		if play != nil && play.Paused() {
			return
		}
		v := pool.Get(want.Width, want.Height)
		v.PTS = now()
		card.Draw(v, at)
		out.Put(v)
	})
}

func orDefault(f frame.Format) frame.Format {
	if f.Width < 1 || f.Height < 1 {
		f.Width, f.Height = 1280, 720
	}
	if f.FPS < 1 {
		f.FPS = 30
	}
	return f
}

// blockRate is blocks of sound a second, and catchUp how many late ones are still put.
const (
	blockRate = int(time.Second / frame.BlockDuration)
	catchUp   = 10
)

// Microphone puts a block into out every 10 ms, at the instant it begins with, until ctx ends, and then returns nil.
func (h Host) Microphone(ctx context.Context, out *frame.Queue) error {
	var b frame.Block
	return h.pace(ctx, blockRate, catchUp, func(at time.Time) {
		Sound(&b, at)
		out.Put(&b)
	})
}

// Speaker takes a block from in every 10 ms and discards it until ctx ends, and then returns nil. heard, which may be nil,
// sees each block, silence where in was empty.
func (h Host) Speaker(ctx context.Context, in *frame.Queue, heard func(*frame.Block)) error {
	return h.pace(ctx, blockRate, catchUp, func(time.Time) {
		var b frame.Block
		in.Get(&b)
		if heard != nil {
			heard(&b)
		}
	})
}

// pace calls each at every whole 1/rate of Unix time. What is late by more than behind steps is skipped, also after the
// clock was set.
func (h Host) pace(ctx context.Context, rate int, behind int64, each func(at time.Time)) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	next := tickAfter(h.now(), rate)
	for {
		wait := timeOf(next, rate).Sub(h.now())
		if wait > time.Second {
			next = tickAfter(h.now(), rate)
			continue
		}
		if wait > 0 {
			timer.Reset(wait)
			select {
			case <-ctx.Done():
				return nil
			case <-timer.C:
			}
		} else if ctx.Err() != nil {
			return nil
		}
		if last := tickAfter(h.now(), rate) - 1; last-next > behind {
			next = last
		}
		each(timeOf(next, rate))
		next++
	}
}

// tickAfter numbers the first tick after t; ticks count from the Unix epoch.
func tickAfter(t time.Time, rate int) int64 {
	n := t.Unix()*int64(rate) + int64(t.Nanosecond())*int64(rate)/int64(time.Second)
	for !timeOf(n, rate).After(t) {
		n++
	}
	return n
}

// timeOf is the wall time of tick n, without a monotonic reading so that it compares with what the clock shows.
func timeOf(n int64, rate int) time.Time {
	r := int64(rate)
	return time.Unix(n/r, n%r*int64(time.Second)/r)
}
