package live

import "time"

const (
	// hope is what a newcomer's link is taken to carry until it has shown otherwise, in bits a second: a high picture.
	hope = 2_500_000
	// spare is the share of a full link that the picture is given, so that its queue empties.
	spare = 0.9
	// cutEvery is the least time between two cuts: the effect of one shows when the queue has emptied. again is what a cut leaves
	// if the one before was too little.
	cutEvery = 400 * time.Millisecond
	again    = 0.8
	// probeAfter is how long a link must have been well until it is asked for more, probeAgain how long after it could not give
	// it; that doubles up to probeMost. A queue that stands within probeBlame of a probe is taken for its fault. probeLost is
	// after what time a probe that nobody reported has failed.
	probeAfter = time.Second
	probeAgain = 1500 * time.Millisecond
	probeMost  = 6 * time.Second
	probeBlame = 3 * time.Second
	probeLost  = 700 * time.Millisecond
	// A probe is at least probePackets and probeFor long, at a rate that is probeStep times what the link is known to carry: so
	// that a link which carries no more is late by a few of its packets and not by a second.
	probePackets = 6
	probeFor     = 25 * time.Millisecond
	probeStep    = 2.0
	// A loss of judgedBad in a reception report is too much, and of judgedGood none; the estimate becomes judgedLess of what is sent,
	// after judgedEvery at the earliest, and judgedMore of what it was after judgedAfter without loss, or later.
	judgedBad   = 0.1
	judgedGood  = 0.02
	judgedLess  = 0.7
	judgedMore  = 2.5
	judgedEvery = 2 * time.Second
	judgedAfter = 10 * time.Second
	judgedMost  = 80 * time.Second
	// reached is the share of a probe's rate that must arrive for the link to be asked for yet more at once.
	reached = 0.85
)

// estimate is what a viewer's link carries beside the sound, in bits a second of picture with all that repeats it. It falls to
// what arrives when a queue stands, rises to what has arrived without one, and is raised by probes: repeated packets whose
// spacing on arrival shows how fast the link is (as in J. C. Hoe's and later packet trains). It is pure and belongs to one
// goroutine.
type estimate struct {
	rate     float64
	cutAt    time.Time
	askedAt  time.Time // when the last probe ended
	granted  bool      // the last probe was, so the next may follow
	patience time.Duration
	probe    probe
}

// probe is a train of packets that is being sent or was.
type probe struct {
	rate        float64 // at which it is sent; 0 if there is none
	begun       time.Time
	bytes       int    // to send
	packets     int    // sent
	done        int    // bytes sent
	first, last uint16 // transport-wide numbers; last holds once it is sent
	sent        bool
	train       train
}

// train measures packets that followed each other.
type train struct {
	packets              int   // that arrived
	bytes                int   // sent after the first that arrived up to the last
	pending              int   // sent after the last
	left, leftLast       int64 // ticks
	arrived, arrivedLast int64
}

// add takes the next packet of a train; received is false if it did not arrive.
func (t *train) add(size int, left, arrival int64, received bool) {
	switch {
	case !received:
		if t.packets > 0 {
			t.pending += size
		}
	case t.packets == 0:
		t.packets, t.left, t.arrived, t.leftLast, t.arrivedLast = 1, left, arrival, left, arrival
	default:
		t.packets++
		t.bytes += t.pending + size
		t.pending = 0
		t.leftLast, t.arrivedLast = left, max(arrival, t.arrivedLast)
	}
}

// rate is what the train shows the way to carry, in bits a second: not more than it was sent at. Packets that chance took
// count, for the link had carried others in their place.
func (t *train) rate() float64 {
	span := max(t.leftLast-t.left, t.arrivedLast-t.arrived)
	if t.packets < probePackets/2 || span <= 0 {
		return 0
	}
	return float64(8*t.bytes) / (time.Duration(span) * sendTick).Seconds()
}

// carries is the estimate.
func (e *estimate) carries() float64 {
	if e.rate == 0 {
		return hope
	}
	return e.rate
}

// arrived takes what came through lately, in bits a second, and whether a queue stands.
func (e *estimate) arrived(rate float64, congested bool, now time.Time) {
	before := e.carries()
	switch {
	case rate == 0:
	case !congested:
		e.rate = max(before, rate)
	case now.Sub(e.cutAt) >= cutEvery:
		e.rate = min(before, spare*rate)
		if now.Sub(e.cutAt) < 2*cutEvery { // the last cut did not do
			e.rate = min(e.rate, again*before)
		}
		e.cut(now)
	}
}

// limit takes a rate that the viewer names (draft-alvestrand-rmcat-remb-03).
func (e *estimate) limit(rate float64) { e.rate = rate }

// judged takes the share of packets that a viewer who sends no other feedback reports as lost (RFC 3550 §6.4.1) of a picture of so
// many bits a second. What is lost may be chance or a full queue: a smaller picture is right for both. After a while without
// loss more is tried, less and less often where it fails.
func (e *estimate) judged(loss, picture float64, now time.Time) {
	switch {
	case e.cutAt.IsZero():
		e.cutAt, e.patience = now, judgedAfter
	case loss >= judgedBad && now.Sub(e.cutAt) >= judgedEvery:
		if now.Sub(e.askedAt) < judgedAfter {
			e.patience = min(2*e.patience, judgedMost)
		}
		e.rate, e.cutAt = judgedLess*min(e.carries(), picture), now
	case loss <= judgedGood && now.Sub(e.cutAt) >= e.patience:
		e.rate, e.cutAt, e.askedAt = judgedMore*e.carries(), now, now
	}
}

func (e *estimate) cut(now time.Time) {
	if e.cutAt = now; e.probe.rate > 0 || now.Sub(e.askedAt) < probeBlame {
		e.end(false, now)
	}
}

// end ends the probe.
func (e *estimate) end(granted bool, now time.Time) {
	e.probe, e.askedAt, e.granted = probe{}, now, granted
	if !granted {
		e.patience = min(max(2*e.patience, probeAgain), probeMost)
	}
}

// wants begins a probe towards a rate if it is time for one.
func (e *estimate) wants(rate float64, next uint16, now time.Time) {
	if p := &e.probe; p.rate > 0 {
		if now.Sub(p.begun) > probeLost {
			e.end(false, now)
		}
		return
	}
	if rate <= e.carries() || now.Sub(e.cutAt) < probeAfter || !e.granted && now.Sub(e.askedAt) < e.patience {
		return
	}
	at := min(probeStep*e.carries(), 1.2*rate)
	e.probe = probe{rate: at, begun: now, bytes: int(at / 8 * probeFor.Seconds()), first: next}
}

// sending reports whether packets of it have still to leave.
func (p *probe) sending() bool { return p.rate > 0 && !p.sent }

// due reports whether another packet of it should have left by now.
func (p *probe) due(now time.Time) bool {
	return p.sending() && float64(p.done) <= p.rate/8*now.Sub(p.begun).Seconds()
}

// leaves takes a packet of the probe that was sent, and the transport-wide number that comes next.
func (p *probe) leaves(size int, next uint16) {
	p.packets++
	p.done += size
	if p.packets >= probePackets && p.done >= p.bytes {
		p.sent, p.last = true, next-1
	}
}

// saw takes what was reported of a packet.
func (e *estimate) saw(number uint16, size int, left, arrival int64, received bool, now time.Time) {
	p := &e.probe
	if p.rate == 0 || int16(number-p.first) < 0 {
		return
	}
	if !p.sent || int16(number-p.last) <= 0 {
		p.train.add(size, left, arrival, received)
	}
	if !p.sent || int16(number-p.last) < 0 {
		return
	}
	got := p.train.rate()
	e.rate = max(e.carries(), spare*got)
	e.end(got >= reached*p.rate, now)
}
