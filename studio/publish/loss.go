package publish

import (
	"math"
	"time"
)

// Judging loss.
const (
	lossWindow = time.Second
	// lossBad is the loss from which on the cause matters (draft-ietf-rmcat-gcc-02 §6).
	lossBad = 0.10
	// lossTrial is how long a lower rate is tried, beside the round trip.
	lossTrial = time.Second
	// lossGone is the part of the loss that remains if our own rate was the cause.
	lossGone = 0.6
)

// lossJudge tells loss that we cause from loss that is the path's own (radio, policers far away), which no lower rate would
// cure. When loss appears while delay does not grow it tries what got through as the rate: where loss then goes, the rate was
// the cause and stays low; where it does not, it is the path's own, and the rate comes back. Pure.
type lossJudge struct {
	sent, lost int
	since      time.Duration // when the window began
	// own is the share of packets that the path loses whatever we send.
	own float64
	// While trying:
	trying bool
	until  time.Duration
	seen   float64 // the loss that began it
	before float64 // the target then
}

func (j *lossJudge) count(got bool) {
	j.sent++
	if !got {
		j.lost++
	}
}

// abandon ends a trial because delay has told the cause.
func (j *lossJudge) abandon(now time.Duration) {
	if j.trying {
		j.trying = false
		j.restart(now)
	}
}

func (j *lossJudge) restart(now time.Duration) { j.sent, j.lost, j.since = 0, 0, now }

// judge returns the new target at the end of a window, else the old one. Carried is the rate that arrives.
func (j *lossJudge) judge(now, rtt time.Duration, target, carried float64) float64 {
	if j.trying && now < j.until {
		if now < j.until-lossTrial { // packets of the rate before are still on their way
			j.restart(now)
		}
		return target
	}
	if now-j.since < lossWindow || j.sent < 20 {
		return target
	}
	loss := float64(j.lost) / float64(j.sent)
	spread := 2 * math.Sqrt(loss*(1-loss)/float64(j.sent))
	defer j.restart(now)
	switch {
	case j.trying:
		j.trying = false
		if loss > j.seen*lossGone {
			j.own = loss
			return max(target, j.before)
		}
	case loss >= lossBad && loss > j.own+0.05+spread && carried > 0:
		j.trying, j.seen, j.before = true, loss, target
		j.until = now + rtt + lossTrial
		return min(target, 0.9*carried)
	default:
		j.own += 0.3 * (loss - j.own)
	}
	return target
}
