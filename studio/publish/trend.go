package publish

import (
	"math"
	"time"
)

// usage is what the packets' delays say about the path.
type usage int

const (
	normal usage = iota
	over         // a queue grows
	under        // a queue drains
)

// Constants of the delay gradient filter (draft-ietf-rmcat-gcc-02 §5, with the trendline that replaced its Kalman filter).
const (
	groupSpan   = 5 * time.Millisecond // packets sent this close together are one group
	heldGap     = 5 * time.Millisecond // those that were held up arrive no further apart
	heldMost    = 250 * time.Millisecond
	trendPoints = 20
	trendSmooth = 0.9
	trendGain   = 4.0
	trendDeltas = 60
	overTime    = 10 * time.Millisecond
	threshFirst = 12.5 // of the modified trend, in ms
	threshLeast = 6
	threshMost  = 600
	threshUp    = 0.0087
	threshDown  = 0.039
	threshJump  = 15 // a trend that far above the threshold is an outlier and does not move it
)

// trend finds out whether delay grows: it fits a line through the smoothed delays of the last groups of packets and compares
// its slope with a threshold that adapts, so that a busy path is not always taken for a full one. Pure.
type trend struct {
	open, last  group
	groups      int
	accumulated float64 // ms
	smoothed    float64
	points      [][2]float64 // arrival and smoothed delay, ms
	deltas      int
	threshold   float64
	moved       time.Duration // arrival at which the threshold last moved
	overFor     time.Duration
	overSeen    int
	slope       float64
	is          usage
}

// group is packets that left together, or were held up together: when its first and last left, and when its last arrived.
type group struct {
	first, sent, arrived time.Duration
	held                 time.Duration // when the first of those arrived that were held up; 0 if none was
}

// delay is that of its last packet, plus whatever the clocks differ by.
func (g *group) delay() time.Duration { return g.arrived - g.sent }

// late says whether a packet comes so much later than the group that it was held up.
func (g *group) late(sent, arrived time.Duration) bool { return arrived-sent > g.delay()+heldGap }

// take adds a packet.
func (g *group) take(sent, arrived time.Duration) {
	if g.late(sent, arrived) {
		g.held = arrived
	}
	g.sent, g.arrived = max(g.sent, sent), max(g.arrived, arrived)
}

// forget starts anew: what comes next has nothing to do with what was before.
func (t *trend) forget() {
	*t = trend{threshold: t.threshold, moved: t.moved}
}

// add takes a packet in the order of sending: when it left by our clock, when it arrived by the receiver's.
func (t *trend) add(sent, arrived time.Duration) {
	if t.groups > 0 && t.belongs(sent, arrived) {
		t.open.take(sent, arrived)
		return
	}
	if t.groups > 1 {
		t.gradient(t.open.arrived-t.last.arrived, t.open.sent-t.last.sent, t.open.arrived)
	}
	next := group{first: sent, sent: sent, arrived: arrived}
	if t.groups > 0 && t.open.late(sent, arrived) {
		next.held = arrived
	}
	t.last, t.open = t.open, next
	t.groups++
}

// belongs says whether a packet is of the open group. After a pause of the path, or of a program that takes packets up late, what was
// held up comes in a burst, and is one group (§5.2, pre-filtering) until the delay is what it was before: that is no queue that grows.
func (t *trend) belongs(sent, arrived time.Duration) bool {
	g := &t.open
	burst := g.held > 0 && arrived-g.arrived <= heldGap && arrived-g.held < heldMost && t.groups > 1 && arrived-sent > t.last.delay()
	return sent-g.first <= groupSpan || burst
}

func (t *trend) gradient(arrivedLater, sentLater, at time.Duration) {
	const ms = float64(time.Millisecond)
	t.deltas = min(t.deltas+1, trendDeltas)
	t.accumulated += float64(arrivedLater-sentLater) / ms
	t.smoothed = trendSmooth*t.smoothed + (1-trendSmooth)*t.accumulated
	t.points = append(t.points, [2]float64{float64(at) / ms, t.smoothed})
	if len(t.points) > trendPoints {
		t.points = t.points[1:]
	}
	if len(t.points) < trendPoints {
		return
	}
	slope := fit(t.points)
	t.detect(slope, sentLater, at)
	t.slope = slope
}

// fit is the slope of the least-squares line.
func fit(points [][2]float64) float64 {
	var mx, my float64
	for _, p := range points {
		mx += p[0] / float64(len(points))
		my += p[1] / float64(len(points))
	}
	var num, den float64
	for _, p := range points {
		num += (p[0] - mx) * (p[1] - my)
		den += (p[0] - mx) * (p[0] - mx)
	}
	if den == 0 {
		return 0
	}
	return num / den
}

func (t *trend) detect(slope float64, sentLater, at time.Duration) {
	if t.threshold == 0 {
		t.threshold = threshFirst
	}
	modified := float64(t.deltas) * slope * trendGain
	switch {
	case modified > t.threshold:
		t.overFor += sentLater
		t.overSeen++
		if t.overFor > overTime && t.overSeen > 1 && slope >= t.slope {
			t.overFor, t.overSeen, t.is = 0, 0, over
		}
	case modified < -t.threshold:
		t.overFor, t.overSeen, t.is = 0, 0, under
	default:
		t.overFor, t.overSeen, t.is = 0, 0, normal
	}
	t.adapt(math.Abs(modified), at)
}

func (t *trend) adapt(modified float64, at time.Duration) {
	since := min(at-t.moved, 100*time.Millisecond)
	t.moved = at
	if modified > t.threshold+threshJump {
		return
	}
	k := threshDown
	if modified > t.threshold {
		k = threshUp
	}
	t.threshold += k * (modified - t.threshold) * float64(since.Milliseconds())
	t.threshold = min(max(t.threshold, threshLeast), threshMost)
}
