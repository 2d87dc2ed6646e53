package plug

import (
	"context"
	"time"

	"vitrine/capture/frame"
)

// probeEvery is how often a program that was too slow is tried again: a picture costs it and the studio something.
const probeEvery = 200 * time.Millisecond

// Video is a plug-in for pictures. Run and State may be called from any goroutine, Apply from one.
type Video struct {
	program
	sequence uint64
	asked    time.Time // when the last picture was handed over
	timer    *time.Timer
}

// NewVideo makes a plug-in of a program and its arguments, as they are given to the system: no shell reads them.
func NewVideo(argv []string) *Video {
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	return &Video{program: newProgram(argv, videoHello, 1), timer: timer}
}

// Run starts the program and keeps it running until ctx ends, then ends it with all processes of its group and returns nil.
// It fails at once if argv is empty; whatever becomes of the program is in State and tried again. Run is called once.
func (p *Video) Run(ctx context.Context) error { return p.run(ctx) }

// State is how the plug-in does now.
func (p *Video) State() State { return p.look() }

// Apply has the program change v, which the caller owns, in place, and waits at most limit for it. It reports whether v was
// changed; else v is as it was: there is no program, it is too slow, or it still has an earlier picture.
func (p *Video) Apply(v *frame.Video, limit time.Duration) bool {
	l := p.current()
	if l == nil {
		return p.count(nil, false)
	}
	if l.due(p.sequence) && !p.collect(l, limit) {
		if time.Since(p.asked) > limit {
			l.breaker.judge(false)
		}
		return p.count(l, false)
	}
	if !l.breaker.waits && l.breaker.missed && time.Since(p.asked) < probeEvery {
		return p.count(l, false)
	}
	p.ask(l, v)
	if !l.breaker.waits {
		return p.count(l, false)
	}
	p.timer.Reset(limit)
	defer p.timer.Stop()
	q := l.receive(p.timer.C)
	l.breaker.judge(q != nil)
	if q == nil {
		return p.count(l, false)
	}
	p.answered(q)
	unpack(v, q.answer)
	return p.count(l, true)
}

// collect drops the answer to an earlier picture and reports whether it has come. One that was waited for was judged then.
func (p *Video) collect(l *link, limit time.Duration) bool {
	q := l.receive(nil)
	if q == nil {
		return false
	}
	p.answered(q)
	if !l.breaker.waits {
		l.breaker.judge(q.back.Sub(q.sent) <= limit)
	}
	return true
}

func (p *Video) ask(l *link, v *frame.Video) {
	p.sequence++
	payload := l.spare().fill(header{
		kind: kindVideo, length: uint32(videoSize(v.Width, v.Height)), sequence: p.sequence, pts: v.PTS,
		width: uint32(v.Width), height: uint32(v.Height),
	})
	pack(payload, v)
	l.send()
	p.asked = time.Now()
}
