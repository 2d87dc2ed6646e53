package plug

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"time"
)

const (
	// helloAfter is how long a program may take to start, models and all.
	helloAfter = 30 * time.Second
	// grace is what a program has to end by itself when its input ends.
	grace = 500 * time.Millisecond
	// A program that ends is started again after firstWait, doubled each time up to mostWait, until it has lived for stable.
	firstWait = 200 * time.Millisecond
	mostWait  = 20 * time.Second
	stable    = 30 * time.Second
)

// program is what Video and Audio share: starting and restarting, and the state that the host sees.
type program struct {
	argv  []string
	hello hello
	depth int // messages on the way at most

	mu    sync.Mutex
	link  *link // nil while the program is not ready
	state State
}

func newProgram(argv []string, h hello, depth int) program {
	return program{argv: argv, hello: h, depth: depth, state: State{Status: Stopped}}
}

// run keeps the program running until ctx ends.
func (p *program) run(ctx context.Context) error {
	if len(p.argv) == 0 {
		return fmt.Errorf("%w: no program is named", ErrMissing)
	}
	// Linux ends the program with the thread that started it, should the studio die: so the thread stays.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer p.change(func(s *State) { s.Status, s.Err, s.PID = Stopped, nil, 0 })
	wait := firstWait
	for {
		p.change(func(s *State) { s.Status = Starting })
		began := time.Now()
		said, err := p.live(ctx)
		if ctx.Err() != nil {
			return nil
		}
		p.change(func(s *State) { s.Status, s.Err, s.Said, s.PID = Crashed, err, said, 0 })
		if time.Since(began) >= stable {
			wait = firstWait
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait/2 + rand.N(wait)):
		}
		wait = min(2*wait, mostWait)
		p.change(func(s *State) { s.Restarts++ })
	}
}

// live runs the program once and says why it ended, and what it has said at the end.
func (p *program) live(ctx context.Context) (said string, err error) {
	c, err := start(p.argv)
	if err != nil {
		return "", err
	}
	p.change(func(s *State) { s.PID = c.cmd.Process.Pid })
	l := newLink(p.hello, p.depth)
	writer, reader := make(chan struct{}), make(chan struct{})
	go func() { defer close(writer); l.write(c.stdin) }()
	go func() { defer close(reader); l.read(c.stdout) }()
	p.oversee(ctx, l)
	if ctx.Err() != nil {
		c.stdin.Close()
		select {
		case <-reader:
		case <-time.After(grace):
		}
	}
	l.fail(ctx.Err())
	exit := c.end()
	<-writer
	<-reader
	if errors.Is(l.err, ErrEnded) {
		return c.stderr.String(), fmt.Errorf("%w: %s", ErrEnded, c.obituary(exit))
	}
	return c.stderr.String(), l.err
}

// oversee lets Apply use the program from its hello until it fails or ctx ends.
func (p *program) oversee(ctx context.Context, l *link) {
	slow := time.NewTimer(helloAfter)
	defer slow.Stop()
	for greeted := l.greeted; ; {
		select {
		case <-greeted:
			slow.Stop()
			p.use(l)
			greeted = nil
		case <-slow.C:
			l.fail(fmt.Errorf("%w: no hello within %v", ErrSilent, helloAfter))
		case <-l.dead:
			p.use(nil)
			return
		case <-ctx.Done():
			p.use(nil)
			return
		}
	}
}

func (p *program) use(l *link) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.link = l
}

func (p *program) change(f func(*State)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f(&p.state)
}

// current is the link to use now, or nil.
func (p *program) current() *link {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.link
}

// meanOf is how many answers the mean round trip looks back on.
const meanOf = 30

// answered takes the time of an answer into the mean.
func (p *program) answered(q *parcel) {
	took := q.back.Sub(q.sent)
	p.change(func(s *State) {
		if s.RoundTrip == 0 {
			s.RoundTrip = took
		}
		s.RoundTrip += (took - s.RoundTrip) / meanOf
	})
}

// count notes what Apply did over l, nil if there was no program, and returns it.
func (p *program) count(l *link, processed bool) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if processed {
		p.state.Processed++
	} else {
		p.state.Passed++
	}
	if l == nil || l != p.link {
		return processed
	}
	switch p.state.Status = l.breaker.status(); p.state.Status {
	case Running:
		p.state.Err = nil
	case Late, Bypassed:
		p.state.Err = ErrLate
	}
	return processed
}

func (p *program) look() State {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state
}
