package publish

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/pion/webrtc/v3"

	"vitrine/capture/frame"
)

// tries is how attempts to connect follow each other, for who publishes and for who watches.
type tries struct {
	log   *slog.Logger
	level slog.Level // of what is tried again
	waits backoff
	tell  func(frame.Link)
	// attempt is 1 at the first try, and at the first after a success.
	attempt int
	// servers are the ICE servers of the last answer; used says that the last offer had them.
	servers []webrtc.ICEServer
	used    bool
	fault   frame.Link // the last failure's fault and detail, shown while the next attempt runs
}

// loop tries until ctx ends, then it returns nil, or until an error is final, which it returns. A try says how long media flowed.
func (t *tries) loop(ctx context.Context, final func(error) bool, try func() (lived time.Duration, err error)) error {
	for ; ; t.attempt++ {
		t.link(frame.LinkConnecting, time.Time{})
		lived, err := try()
		if ctx.Err() != nil {
			break
		}
		if final(err) {
			return t.refuse(err)
		}
		t.fails(err)
		if lived > 0 {
			t.attempt = 0
		}
		if !t.pause(ctx, lived, err) {
			break
		}
	}
	t.tell(frame.Link{Phase: frame.LinkIdle})
	return nil
}

// refuse says why there will be no other try, and returns it.
func (t *tries) refuse(err error) error {
	t.fails(err)
	t.log.Warn("not connected", "fault", t.fault.Fault, "err", err)
	t.link(frame.LinkRefused, time.Time{})
	return err
}

func (t *tries) fails(err error) {
	t.fault = frame.Link{Fault: frame.FaultOf(err), Detail: err.Error()}
}

// pause waits before the next attempt and reports whether there is to be one.
func (t *tries) pause(ctx context.Context, lived time.Duration, err error) bool {
	wait := t.waits.next(lived)
	var e *Error
	if errors.As(err, &e) {
		wait = max(wait, e.retryAfter)
		if e.fault == frame.FaultMedia && len(t.servers) > 0 && !t.used {
			wait = 0 // with relays it may work
		}
	}
	t.log.Log(ctx, t.level, "not connected, trying again", "fault", t.fault.Fault, "err", err, "wait", wait)
	if wait == 0 {
		return true
	}
	t.attempt++
	t.link(frame.LinkWaiting, time.Now().Add(wait))
	t.attempt--
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (t *tries) link(p frame.Phase, retryAt time.Time) {
	t.tell(frame.Link{Phase: p, Attempt: t.attempt, RetryAt: retryAt, Fault: t.fault.Fault, Detail: t.fault.Detail})
}

// live passes on how a connection does that stands.
func (t *tries) live(l frame.Link) {
	t.fault = frame.Link{}
	t.tell(l)
}

// fresh begins an offer with the servers that are known. What it returns takes those of the answer, and tells whether they
// are new, so that the next try may do better.
func (t *tries) fresh() func([]webrtc.ICEServer) bool {
	t.used = len(t.servers) > 0
	return func(servers []webrtc.ICEServer) bool {
		same := slices.EqualFunc(servers, t.servers, func(x, y webrtc.ICEServer) bool { return slices.Equal(x.URLs, y.URLs) })
		t.used = t.used && same
		t.servers = servers
		return len(servers) > 0 && !t.used
	}
}
