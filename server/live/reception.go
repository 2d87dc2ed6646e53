package live

import (
	"slices"
	"time"

	"github.com/pion/rtcp"
)

const (
	// reorderFor is how long a missing packet may just be late.
	reorderFor = 5 * time.Millisecond
	// mendWait is how long it may come back by itself where parity comes, which follows the picture, protectedFor how long that
	// counts from the last of it.
	mendWait, protectedFor = 35 * time.Millisecond, 500 * time.Millisecond
	// askFor is how long a packet is worth asking for: then viewers have played past it. Where a newer key frame has come,
	// with which they can go on, it is askPast from then.
	askFor, askPast = 500 * time.Millisecond, 100 * time.Millisecond
	// askLeast is the least time between two requests for one packet, firstTrip what a round trip is taken for before any was
	// seen.
	askLeast, firstTrip = 10 * time.Millisecond, 50 * time.Millisecond
	// maxMissing bounds the packets asked for at a time; beyond it lie interruptions, which only a key frame heals.
	maxMissing = 1024
	// keyHead is how many packets before the first that was recognised as of a key frame may belong to it: parameter sets.
	keyHead = 4
)

// reception is what a receiver knows about one RTP stream (RFC 3550 §6.4.1, appendix A): which packets are missing and when to
// ask for them again, and what to report. It is pure: extended sequence numbers and times go in, requests and reports come
// out. The zero value with a rate is ready; it belongs to one goroutine or a lock.
//
// Loss is counted as it was on the way, before anything was sent again: a sender that steers its redundancy by our reports
// would otherwise take it away as soon as it works.
type reception struct {
	rate uint32 // ticks a second

	started       bool
	first         int64
	highest       int64
	missing       []gap // by index, and so by the time they were found missing
	lost          int64
	gone          uint64        // of those, never came
	loss          float64       // recent share of packets lost
	trip          time.Duration // from a request to its answer
	transit       uint32        // RFC 3550 §A.8
	jitter        float64       // in ticks
	told, toldAll int64         // lost and expected packets at the last report
	senderNTP     uint32        // middle bits of the last sender report
	senderAt      time.Time
	protected     time.Time // when parity came last
}

// gap is a packet that has not come.
type gap struct {
	index        int64
	found, until time.Time // until when it is asked for
	asked, again time.Time // of the first and of the newest request; zero before
}

func newGap(index int64, now time.Time) gap {
	return gap{index: index, found: now, until: now.Add(askFor)}
}

// arrived takes note of a packet.
func (r *reception) arrived(index int64, ticks uint32, now time.Time) {
	switch {
	case !r.started:
		r.started, r.first, r.highest, r.trip = true, index, index, firstTrip
		r.transit = r.clock(now) - ticks
	case index > r.highest:
		r.open(index, now)
		r.highest = index
		r.spread(ticks, now)
	default:
		r.fill(index, now)
	}
}

// made takes note of a packet that was lost and made from others.
func (r *reception) made(index int64, now time.Time) {
	if index > r.highest {
		r.open(index+1, now)
		r.highest = index
	}
	if i, ok := r.gap(index); ok {
		r.missing = slices.Delete(r.missing, i, i+1)
	}
}

// key takes note that a packet starts a key frame: what is missing before is soon not needed any more.
func (r *reception) key(index int64, now time.Time) {
	for i := range r.missing {
		if g := &r.missing[i]; g.index < index-keyHead && g.until.Sub(now) > askPast {
			g.until = now.Add(askPast)
		}
	}
}

// open notes the packets between the highest and index.
func (r *reception) open(index int64, now time.Time) {
	r.loss -= r.loss / 64
	for i := r.highest + 1; i < index; i++ {
		r.lost++
		r.loss += (1 - r.loss) / 64
		if index-i <= maxMissing {
			r.missing = append(r.missing, newGap(i, now))
		}
	}
	if n := len(r.missing) - maxMissing; n > 0 {
		r.gone += uint64(n)
		r.missing = slices.Delete(r.missing, 0, n)
	}
}

// gap finds a packet in the list of those that are missing.
func (r *reception) gap(index int64) (i int, ok bool) {
	return slices.BinarySearchFunc(r.missing, index, func(g gap, index int64) int { return int(g.index - index) })
}

// fill takes a late packet off the list. One that nobody had asked for was not lost.
func (r *reception) fill(index int64, now time.Time) {
	i, ok := r.gap(index)
	if !ok {
		return
	}
	switch g := r.missing[i]; {
	case index < r.first:
	case g.asked.IsZero():
		r.lost--
	default:
		// Requests and answers get lost too, so most answers come later than a round trip: the shortest is near it.
		if d := now.Sub(g.asked); d < r.trip {
			r.trip = d
		} else {
			r.trip += (min(d, askFor) - r.trip) / 64
		}
	}
	r.missing = slices.Delete(r.missing, i, i+1)
}

// spread updates the jitter. Only packets that came by themselves and in order tell about the way.
func (r *reception) spread(ticks uint32, now time.Time) {
	transit := r.clock(now) - ticks
	d := float64(int32(transit - r.transit))
	r.transit = transit
	r.jitter += (max(d, -d) - r.jitter) / 16
}

// clock is a time in ticks. Only differences matter.
func (r *reception) clock(now time.Time) uint32 {
	return uint32(now.Unix())*r.rate + uint32(uint64(now.Nanosecond())*uint64(r.rate)/1e9)
}

// requests appends to out the low 16 bits of what is to be asked for now. It is called every few milliseconds. A packet is
// asked for once a round trip while little is lost, and the oftener the more is lost: if requests are lost as often as
// answers, one of those made in a round trip comes through.
func (r *reception) requests(now time.Time, out []uint16) []uint16 {
	r.missing = slices.DeleteFunc(r.missing, func(g gap) bool {
		late := now.After(g.until)
		if late && g.index >= r.first {
			r.gone++
		}
		return late
	})
	wait := reorderFor
	if now.Sub(r.protected) < protectedFor {
		wait = mendWait
	}
	every := max(time.Duration(float64(r.trip)*(1-r.loss)*(1-r.loss)), askLeast)
	for i := range r.missing {
		g := &r.missing[i]
		if g.asked.IsZero() {
			if now.Sub(g.found) < wait {
				continue
			}
			g.asked = now
		} else if now.Sub(g.again) < every {
			continue
		}
		g.again = now
		out = append(out, uint16(g.index))
	}
	return out
}

// heard takes note of the stream's sender report.
func (r *reception) heard(ntp uint64, now time.Time) {
	r.senderNTP, r.senderAt = uint32(ntp>>16), now
}

// report is what happened since the last one. ok is false before the first packet.
func (r *reception) report(ssrc uint32, now time.Time) (b rtcp.ReceptionReport, ok bool) {
	if !r.started {
		return b, false
	}
	expected := r.highest - r.first + 1
	lost, all := r.lost-r.told, expected-r.toldAll
	r.told, r.toldAll = r.lost, expected
	b = rtcp.ReceptionReport{
		SSRC: ssrc, LastSequenceNumber: uint32(r.highest - r.first&^0xffff), Jitter: uint32(r.jitter),
		TotalLost: uint32(min(r.lost, 1<<23-1)),
	}
	if all > 0 {
		b.FractionLost = uint8(min(max(lost, 0)*256/all, 255))
	}
	if !r.senderAt.IsZero() {
		b.LastSenderReport, b.Delay = r.senderNTP, uint32(ntpDuration(max(now.Sub(r.senderAt), 0))>>16)
	}
	return b, true
}
