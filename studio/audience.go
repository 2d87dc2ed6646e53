package studio

import (
	"slices"
	"time"
)

// Audience is how many watch, now and over the show.
type Audience struct {
	Viewers int
	// Peak is the most that watched at once since the curve begins.
	Peak int
	// Curve holds a count every Step, oldest first, since the show went on air or the studio was started.
	Curve []int
	Step  time.Duration
	// Fell is the last sudden fall while the show is on air; the zero value when there was none or it is over.
	Fell Fall
}

// Fall is a sudden loss of viewers.
type Fall struct {
	When     time.Time
	From, To int
}

const (
	// maxCurve is how many counts a curve holds before every second one goes.
	maxCurve = 240
	// fallWithin and fallShare are how fast and how deep viewers have to fall for an alarm, leastCrowd from how many.
	fallWithin = 10 * time.Second
	fallShare  = 0.3
	leastCrowd = 10
	// fallShown is how long an alarm stands, unless nearly all have come back before.
	fallShown = time.Minute
)

// audience counts once a second, owned by the loop.
type audience struct {
	curve  []int
	peak   int
	step   int // seconds between two counts
	since  int // seconds since the last
	lately []int
	fell   Fall
}

// second takes how many watch now.
func (a *audience) second(now time.Time, viewers int, onAir bool) {
	a.step, a.peak = max(a.step, 1), max(a.peak, viewers)
	if a.since++; a.since >= a.step || len(a.curve) == 0 {
		a.since, a.curve = 0, append(a.curve, viewers)
	}
	if len(a.curve) > maxCurve {
		half := make([]int, 0, maxCurve)
		for i := 0; i < len(a.curve); i += 2 {
			half = append(half, a.curve[i])
		}
		a.curve, a.step = half, 2*a.step
	}
	a.alarm(now, viewers, onAir)
}

func (a *audience) alarm(now time.Time, viewers int, onAir bool) {
	if over := now.Sub(a.fell.When) > fallShown || 10*viewers >= 9*a.fell.From; over || !onAir {
		a.fell = Fall{}
	}
	if !onAir {
		a.lately = nil
		return
	}
	a.lately = append(a.lately, viewers)
	a.lately = a.lately[max(0, len(a.lately)-int(fallWithin/time.Second)-1):]
	if most := slices.Max(a.lately); most >= leastCrowd && float64(most-viewers) >= fallShare*float64(most) {
		a.fell = Fall{When: now, From: max(most, a.fell.From), To: viewers}
		a.lately = append(a.lately[:0:0], viewers)
	}
}

// begin starts the curve of a show.
func (a *audience) begin() { *a = audience{} }

// watching is how many watch: those who take the media or those who are in the room, whichever are more, because some do only one.
func (s *Session) watching() int { return max(s.air.viewers, s.visit.room.Viewers) }

func (s *Session) audienceNow() Audience {
	a := &s.audience
	return Audience{Viewers: s.watching(), Peak: max(a.peak, s.watching()), Curve: a.curve, Step: time.Duration(max(a.step, 1)) * time.Second, Fell: a.fell}
}
