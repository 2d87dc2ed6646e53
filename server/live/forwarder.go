package live

import "time"

const (
	// runsKept bounds how far back a viewer's NACK is understood: a run begins with each key frame that had to be jumped to.
	runsKept = 8
	// burstSpan is the part of a second that the timestamps of a burst are spread over: 1/100 s.
	burstSpan = 100
	// maxSqueeze is the strongest compression of a burst's timestamps. At the 90 kHz of video, frames keep distinct timestamps
	// up to 87 frames a second.
	maxSqueeze = 1024
)

// Header is what a packet gets on its way to one viewer: sequence number and timestamp (RFC 3550 §5.1).
type Header struct {
	// Number is the sequence number with the roll-over count above its 16 bits (RFC 3711 §3.3.1); it never becomes negative.
	Number int64
	Time   uint32
}

// run is a stretch of packets that are forwarded with the same offsets.
type run struct {
	// first is the index of the run's first packet and out the extended number it gets; end is the highest number given.
	first, out, end int64
	from            *UpTrack
	epoch           uint32
	timeOffset      uint32
	// squeeze > 1 divides the distance of timestamps that lie before pivot, the newest packet when a burst began.
	squeeze, pivot uint32
	// opened says that first was forwarded, sets that the number before out went to parameter sets.
	opened, sets bool
}

// of reports whether p is from the publisher, and of the layer, that the run is of.
func (r *run) of(p *Packet) bool { return r.from == p.From && r.epoch == p.Epoch }

func (r *run) header(p *Packet) Header {
	t := p.Time
	if before := int32(r.pivot - t); r.squeeze > 1 && before > 0 {
		t = r.pivot - (uint32(before)+r.squeeze-1)/r.squeeze
	}
	return Header{Number: p.Index - r.first + r.out, Time: t + r.timeOffset}
}

// Forwarder decides which packets of a track one viewer gets, and under which sequence numbers and timestamps, so that the
// viewer sees one unbroken stream whatever happens before it: joining in the middle, packets dropped, publishers replaced,
// layers switched. It is pure: no clock, no I/O. It belongs to one goroutine.
type Forwarder struct {
	keyed bool   // video: a run can begin only with a key frame
	rate  uint32 // ticks a second
	open  bool   // a run has begun and was not broken
	// last is the highest number given, lastTime the newest timestamp and lastAt when that was given.
	last     int64
	lastTime uint32
	lastAt   time.Time
	begun    bool // lastTime and lastAt hold
	runs     [runsKept]run
	count    int // the newest run is runs[(count-1) % runsKept]
}

// newForwarder makes a Forwarder for a track with the clock rate, whose first sequence number is first.
func newForwarder(video bool, rate uint32, first uint16) *Forwarder {
	return &Forwarder{keyed: video, rate: rate, last: int64(first) - 1}
}

// Forward decides about the next packet. opens says that p is the first of a run: if it has Parameters, they go before it,
// under its header with the sequence number before.
func (f *Forwarder) Forward(p *Packet, now time.Time) (h Header, opens, ok bool) {
	r := f.current()
	if !f.open || !r.of(p) {
		if r != nil && r.from == p.From && int32(p.Epoch-r.epoch) < 0 || f.keyed && !p.KeyStart {
			return h, false, false
		}
		r = f.begin(p, p.Time, now)
	}
	if p.Index < r.first {
		return h, false, false
	}
	h = r.header(p)
	r.end = max(r.end, p.Index-r.first+r.out)
	f.last = max(f.last, r.end)
	if !f.begun || int32(h.Time-f.lastTime) > 0 {
		f.begun, f.lastTime, f.lastAt = true, h.Time, now
	}
	opens = p.Index == r.first && !r.opened
	r.opened = r.opened || opens
	return h, opens, true
}

// Switch opens a run with key, the beginning of a key frame of another layer. shift is what makes that layer's timestamps those
// of the layer before, so that the picture keeps its place in time.
func (f *Forwarder) Switch(key *Packet, shift uint32, now time.Time) {
	before := f.current()
	r := f.begin(key, key.Time, now)
	if before != nil && f.begun {
		r.timeOffset = before.timeOffset + shift
		if t := key.Time + r.timeOffset; int32(t-f.lastTime) <= 0 {
			r.timeOffset += f.lastTime - t + 1
		}
	}
}

// Burst opens a run with key, a packet of the past, so that all packets up to newest can follow each other at once: newest
// takes its place in time and the others lie shortly before. If that part of the stream was forwarded before, it is moved
// into the future by as little as keeps its timestamps growing.
func (f *Forwarder) Burst(key, newest *Packet, now time.Time) {
	r := f.begin(key, newest.Time, now)
	r.pivot = newest.Time
	length := uint32(max(int32(newest.Time-key.Time), 0))
	r.squeeze = min(max(length/(f.rate/burstSpan), 1), maxSqueeze)
	if first := r.header(key).Time; f.begun && int32(first-f.lastTime) <= 0 {
		r.timeOffset += f.lastTime - first + 1
	}
}

// begin opens a run with p: numbers follow the last one, and anchor, a timestamp of p's epoch, is put where time has come to.
func (f *Forwarder) begin(p *Packet, anchor uint32, now time.Time) *run {
	n := run{first: p.Index, from: p.From, epoch: p.Epoch, squeeze: 1, sets: p.Parameters != nil}
	if n.sets {
		f.last++
	}
	n.out = f.last + 1
	n.end = f.last
	switch r := f.current(); {
	case !f.begun:
	case r.of(p):
		n.timeOffset = r.timeOffset
	default:
		ticks := uint32(max(now.Sub(f.lastAt), 0).Seconds() * float64(f.rate))
		n.timeOffset = f.lastTime + max(ticks, 1) - anchor
	}
	f.runs[f.count%runsKept] = n
	f.count++
	f.open = true
	return f.current()
}

// Again returns the header under which p was forwarded; ok is false if it was not, or too long ago to matter.
func (f *Forwarder) Again(p *Packet) (h Header, ok bool) {
	r := f.current()
	if r == nil || !r.of(p) || p.Index < r.first {
		return h, false
	}
	h = r.header(p)
	return h, h.Number <= r.end
}

// Break stops the stream until the next key frame, because packets of it were dropped.
func (f *Forwarder) Break() { f.open = false }

// Origin is what a viewer got under a sequence number.
type Origin struct {
	From  *UpTrack
	Index int64
	// Sets says that it was not the packet but its Parameters.
	Sets bool
	// Past says that the viewer has been sent another key frame since, where it can go on.
	Past bool
	run  *run
}

// Header makes the header again under which p, the packet of that Index, was sent.
func (o Origin) Header(p *Packet) Header {
	h := o.run.header(p)
	if o.Sets {
		h.Number--
	}
	return h
}

// Lookup tells what was sent under a sequence number. Its result holds until the next call of another method.
func (f *Forwarder) Lookup(sequence uint16) (o Origin, ok bool) {
	out := f.last + int64(int16(sequence-uint16(f.last)))
	for i := f.count - 1; i >= max(0, f.count-runsKept); i-- {
		r := &f.runs[i%runsKept]
		switch {
		case out >= r.out && out <= r.end:
			return Origin{From: r.from, Index: out - r.out + r.first, Past: i < f.count-1, run: r}, true
		case r.sets && r.opened && out == r.out-1:
			return Origin{From: r.from, Index: r.first, Sets: true, Past: i < f.count-1, run: r}, true
		case out >= r.out:
			return o, false
		}
	}
	return o, false
}

// Passed reports whether p, or a packet after it in its layer, was forwarded or left out.
func (f *Forwarder) Passed(p *Packet) bool {
	r := f.current()
	return r != nil && r.from == p.From && (int32(p.Epoch-r.epoch) < 0 || p.Epoch == r.epoch && p.Index-r.first+r.out <= r.end)
}

// Offset returns what is added to the publisher's live timestamps, for sender reports. ok is false before the first packet
// and while another layer or epoch is forwarded.
func (f *Forwarder) Offset(from *UpTrack, epoch uint32) (ticks uint32, ok bool) {
	r := f.current()
	if !f.begun || r.from != from || r.epoch != epoch {
		return 0, false
	}
	return r.timeOffset, true
}

// current is the newest run; nil before the first.
func (f *Forwarder) current() *run {
	if f.count == 0 {
		return nil
	}
	return &f.runs[(f.count-1)%runsKept]
}
