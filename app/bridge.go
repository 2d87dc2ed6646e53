package app

import (
	"context"
	"errors"
	"time"

	"fyne.io/fyne/v2"
	"golang.org/x/sync/errgroup"

	"vitrine/capture/frame"
)

// gesture is something that the host asked for, on its way to the desk.
type gesture struct {
	do func(context.Context) error
	// done takes the outcome, on the toolkit's goroutine; nil lets a failure show as a toast.
	done func(error)
	slow bool // waits for the network: it must not hold up the gestures behind it
	long bool // a slow one that reads or writes a large file: it may take its time
	look bool // changes nothing at the desk: panels need not wait for its outcome
}

// Bounds of what is under way. A gesture that finds the queue full is refused with a word to the host.
const (
	maxGestures    = 64
	commandTimeout = 5 * time.Second
	networkTimeout = 15 * time.Second
	fileTimeout    = time.Hour
)

// command sends a gesture to the desk; its failure shows as a toast.
func (w *Window) command(do func(context.Context) error) { w.ask(gesture{do: do}) }

// ask sends a gesture to the desk, in order, and reports whether it was taken. It runs on the toolkit's goroutine and never waits.
func (w *Window) ask(g gesture) bool {
	select {
	case w.gestures <- g:
		if !g.look {
			w.underWay++
		}
		return true
	default:
		w.toast.say(w.words.Busy)
		return false
	}
}

// settle takes a gesture's outcome, on the toolkit's goroutine.
func (w *Window) settle(g gesture, err error) {
	if !g.look {
		w.underWay--
		w.stale = w.desk.Snapshot()
	}
	switch {
	case errors.Is(err, context.Canceled):
	case g.done != nil:
		g.done(err)
	case err != nil:
		w.toast.say(w.sentence(err))
	}
}

// Run carries snapshots and pictures to the window and gestures to the desk until ctx ends. All that it started has ended
// when it returns.
func (w *Window) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return w.bridge(ctx) })
	group.Go(func() error { return w.hands(ctx, group) })
	return group.Wait()
}

// hands does what the host asked for, one after the other; what waits for the network runs beside.
func (w *Window) hands(ctx context.Context, group *errgroup.Group) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case g := <-w.gestures:
			if !g.slow {
				w.perform(ctx, g, commandTimeout)
				continue
			}
			timeout := networkTimeout
			if g.long {
				timeout = fileTimeout
			}
			group.Go(func() error {
				w.perform(ctx, g, timeout)
				return nil
			})
		}
	}
}

func (w *Window) perform(ctx context.Context, g gesture, timeout time.Duration) {
	call, cancel := context.WithTimeout(ctx, timeout)
	err := g.do(call)
	cancel()
	select {
	case w.outcomes <- func() { w.settle(g, err) }:
	case <-ctx.Done():
	}
}

// together is how long a snapshot waits for a picture to be shown with: one repaint serves both.
const together = 60 * time.Millisecond

// bridge is the one goroutine that speaks to the toolkit. At most one snapshot and one picture are under way there; what
// comes meanwhile waits, and the newest wins. While pictures flow a snapshot goes with the next one; a session says
// something new more often than that would take, so none stays behind when they stop.
func (w *Window) bridge(ctx context.Context) error {
	var (
		outcomes           []func()
		news               = true
		applying, flipping bool
		applied, flipped   = make(chan struct{}, 1), make(chan struct{}, 1)
		preview            = w.desk.Preview()
		shown              time.Time
	)
	defer preview.Drain()
	for {
		drawn := !flipping && w.draw(preview)
		if drawn {
			flipping, shown = true, time.Now()
			fyne.Do(func() {
				w.picture.Flip()
				flipped <- struct{}{}
			})
		}
		if news && !applying && (drawn || len(outcomes) > 0 || time.Since(shown) > together) {
			news, applying = false, true
			ready := outcomes
			outcomes = nil
			faces := w.eyes.draw()
			fyne.Do(func() {
				w.eyes.keep(faces)
				for _, outcome := range ready {
					outcome()
				}
				w.apply(w.desk.Snapshot())
				applied <- struct{}{}
			})
		}
		select {
		case <-ctx.Done():
			return nil
		case <-w.desk.Changed():
			news = true
		case outcome := <-w.outcomes:
			outcomes, news = append(outcomes, outcome), true
		case <-applied:
			applying = false
		case <-flipped:
			flipping = false
		case <-preview.Ready():
		}
	}
}

// draw prepares the newest picture, if there is one.
func (w *Window) draw(preview *frame.Slot) bool {
	v := preview.Take()
	if v == nil {
		return false
	}
	defer v.Release()
	return w.picture.Draw(v)
}
