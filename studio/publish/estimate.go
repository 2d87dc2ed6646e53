package publish

import (
	"math"
	"time"
)

// Bounds and steps of the estimate, in bits a second on the wire.
const (
	firstEstimate = 1_500_000
	leastEstimate = 60_000
	// decrease is the part of what the path carried that is used after congestion; increase the growth a second while none
	// is near; creep the growth a second, in bits a second, where there was congestion before.
	decrease = 0.85
	increase = 1.08
	creep    = 50_000
	// A queue is left to drain at drainLeast of the estimate or more, the less the longer it is; up to drainFrom it is taken
	// for jitter.
	drainLeast = 0.5
	drainFrom  = 100 * time.Millisecond
	drainWhole = time.Second
	// baseWindow is how long the shortest delay counts as the path's own, at least; clocks drift.
	baseWindow = 30 * time.Second
	// carriedWindow is what a rate is measured over.
	carriedWindow = 500 * time.Millisecond
	historySize   = 1 << 13
)

// estimator finds out what the path to the server carries, from what was sent and what the server says about it (Google's
// congestion control, draft-ietf-rmcat-gcc-02, over transport-wide feedback, draft-holmer-rmcat-transport-wide-cc-
// extensions-01). Growing delay means congestion and lowers the estimate at once; loss alone does only if a lower rate
// cures it (lossJudge); probes raise it. Pure: times are handed in, the receiver's clock need not be ours.
//
// Why not pion's: it never probes, so it cannot find what the show does not use yet; it halves the rate for loss of any
// cause; and its pacer sends at the estimate exactly, which makes every key frame late.
type estimator struct {
	most     float64 // nothing above is searched for
	target   float64
	history  [historySize]sentPacket
	trend    trend
	loss     lossJudge
	probe    prober
	carried  meter
	repeated meter   // what was sent beside the packets that are numbered: repetitions
	link     float64 // carried at the last congestion; 0 unknown
	delays   shortest
	queue    time.Duration // that the last feedback saw
	rtt      time.Duration
	adjusted time.Duration
	heard    bool
}

// sentPacket is what is known about a packet on its way.
type sentPacket struct {
	at     time.Duration
	size   int
	seq    uint16
	open   bool // nothing heard of it yet
	resent bool // because the server lacks it
	copied bool // unasked: whether it was lost is not known
	probe  uint8
}

// ack is what the server says about one packet.
type ack struct {
	seq uint16
	got bool
	at  time.Duration // by the receiver's clock
}

func newEstimator(most int) *estimator {
	e := &estimator{target: firstEstimate}
	e.expect(most)
	return e
}

// expect sets the highest rate that could be used.
func (e *estimator) expect(most int) {
	e.most = float64(most)
	e.target = min(e.target, e.most)
}

// rate is the estimate in bits a second, with all headers; 0 before the server has said anything.
func (e *estimator) rate() int {
	if !e.heard {
		return 0
	}
	full := 1 - float64(e.queue-drainFrom)/float64(drainWhole)
	return int(e.target * min(max(full, drainLeast), 1))
}

// sent notes a packet that is being sent; size is that on the wire, in bytes.
func (e *estimator) sent(seq uint16, size int, now time.Duration) {
	e.history[seq%historySize] = sentPacket{at: now, size: size, seq: seq, open: true, probe: e.probe.mark(now, size)}
}

// resent notes that a packet was sent again under its old number, because it was asked for or not.
func (e *estimator) resent(seq uint16, asked bool) {
	if p := &e.history[seq%historySize]; p.seq == seq {
		p.resent, p.copied = p.resent || asked, p.copied || !asked
	}
}

// repeat notes bytes that are sent without a number of their own.
func (e *estimator) repeat(size int, now time.Duration) { e.repeated.add(now, size) }

// padding is how many bytes of nothing should be sent now to find out whether the path carries more. It begins a probe when
// it is time for one.
func (e *estimator) padding(now time.Duration) (bytes int, probing bool) {
	if !e.heard || !e.probe.start(now, e.target, e.most, e.trend.is == normal && !e.loss.trying) {
		return 0, false
	}
	return e.probe.missing(now), true
}

// feedback takes what the server said, in the order of sending.
func (e *estimator) feedback(now time.Duration, acks []ack) {
	e.heard = true
	var newest time.Duration
	queue := time.Duration(math.MaxInt64)
	for _, a := range acks {
		p := &e.history[a.seq%historySize]
		if p.seq != a.seq || !p.open {
			continue
		}
		p.open = false
		newest = max(newest, p.at)
		if p.copied && a.got {
			e.carried.add(a.at, p.size)
		}
		if p.copied {
			continue
		}
		got := a.got && !p.resent
		e.loss.count(got)
		if !got {
			continue
		}
		e.rtt = now - p.at
		queue = min(queue, e.delays.above(a.at-p.at, now))
		e.carried.add(a.at, p.size)
		if p.probe == 0 {
			e.trend.add(p.at, a.at)
			continue
		}
		e.probe.arrived(p.probe, p.at, a.at)
		e.trend.forget() // the queue that a probe makes is its own doing
	}
	if queue != math.MaxInt64 {
		e.queue = queue
	}
	e.adjust(now)
	if e.probe.over(now, newest) {
		e.conclude(now)
	}
	e.target = min(max(e.target, leastEstimate), e.most)
}

// passing is the rate at which a path of the loss it has by itself would be full: what is sent now, as far as it is not the
// queue that takes it. Repetitions meet the fate of the rest.
func (e *estimator) passing() float64 {
	return e.carried.rate()/(1-min(e.loss.own, 0.9)) + e.repeated.rate()
}

// adjust follows delay and loss (§5.5, §6).
func (e *estimator) adjust(now time.Duration) {
	since := min(now-e.adjusted, time.Second).Seconds()
	e.adjusted = now
	switch e.trend.is {
	case over:
		if e.carried.rate() > 0 && e.target > decrease*e.passing() {
			e.target, e.link = decrease*e.passing(), e.passing()
		}
		e.loss.abandon(now)
		e.probe.congested(now)
		return
	case under:
		return
	}
	before := e.target
	e.target = e.loss.judge(now, e.rtt, e.target, e.carried.rate())
	if e.loss.trying || e.target != before {
		return
	}
	if e.link > 0 && e.target > 1.2*e.link {
		e.link = 0 // that was long ago
	}
	grown := e.target * math.Pow(increase, since)
	if e.link > 0 && e.target > 0.8*e.link {
		grown = e.target + creep*since
	}
	e.target = max(e.target, min(grown, 1.5*e.passing()+10_000))
}

func (e *estimator) conclude(now time.Duration) {
	if rate := e.probe.conclude(now, e.loss.own); rate > 1.05*e.target && !e.loss.trying {
		e.target = rate
		e.probe.succeeded(now)
		return
	}
	e.probe.failed(now)
}

// meter measures a rate over the last carriedWindow.
type meter struct {
	at    []time.Duration
	size  []int
	bytes int
	begun time.Duration
}

func (m *meter) add(at time.Duration, size int) {
	if len(m.at) == 0 {
		m.begun = at
	}
	m.at, m.size, m.bytes = append(m.at, at), append(m.size, size), m.bytes+size
	for at-m.at[0] > carriedWindow {
		m.bytes -= m.size[0]
		m.at, m.size = m.at[1:], m.size[1:]
	}
}

// rate is in bits a second; 0 until half a window is filled.
func (m *meter) rate() float64 {
	if len(m.at) < 2 {
		return 0
	}
	newest := m.at[len(m.at)-1]
	if newest-m.begun < carriedWindow/2 {
		return 0
	}
	return 8 * float64(m.bytes) / min(newest-m.begun, carriedWindow).Seconds()
}

// shortest remembers the shortest delay of the last one or two baseWindows: that of the path without a queue, plus whatever
// the clocks differ by.
type shortest struct {
	current, before time.Duration
	since           time.Duration
	begun           bool
}

// above is how much longer a delay is than the shortest.
func (s *shortest) above(delay, now time.Duration) time.Duration {
	switch {
	case !s.begun:
		*s = shortest{delay, delay, now, true}
	case now-s.since > baseWindow:
		*s = shortest{delay, s.current, now, true}
	}
	s.current = min(s.current, delay)
	return delay - min(s.current, s.before)
}
