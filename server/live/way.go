package live

import (
	"time"

	"github.com/pion/rtcp"
)

const (
	// sendsKept is how many packets wait for their feedback: most of a second of a high picture with all its copies.
	sendsKept = 1 << 11
	// sendTick is the unit of times on the way; feedback counts in 250 µs.
	sendTick = 250 * time.Microsecond
	// standingOver is how long packets must all have been late for a queue to count; leastOver is how long the quickest packet
	// is what others are compared with, so that clocks may drift and routes change.
	standingOver = 400 * time.Millisecond
	leastOver    = 20 * time.Second
)

// way measures the one-way delay to a viewer from its transport-wide feedback
// (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1): not how long packets take, for the clocks differ, but how much longer
// than the quickest. A queue delays every packet, a busy receiver only some: so what counts is the quickest of a moment. It belongs
// to the viewer's lane.
type way struct {
	sent   []int32 // when packets were sent, in ticks, by their transport-wide number
	least  window  // delay of the quickest packet, in ticks
	now    window
	begins time.Time // what sent counts from
}

// window is a sliding minimum in two halves.
type window struct {
	old, young int64
	turned     time.Time
	filled     int // halves that hold something
}

func (w *window) put(v int64, over time.Duration, now time.Time) {
	switch {
	case w.filled == 0:
		w.young, w.turned, w.filled = v, now, 1
	case now.Sub(w.turned) > over/2:
		w.old, w.young, w.turned, w.filled = w.young, v, now, 2
	default:
		w.young = min(w.young, v)
	}
}

func (w *window) min() int64 {
	if w.filled == 2 {
		return min(w.old, w.young)
	}
	return w.young
}

// leaves notes when a packet is sent.
func (w *way) leaves(number uint16, now time.Time) {
	if w.sent == nil {
		w.sent, w.begins = make([]int32, sendsKept), now
	}
	w.sent[number%sendsKept] = int32(now.Sub(w.begins)/sendTick) + 1
}

// standing is how much later than the quickest packet all of the last moment were.
func (w *way) standing() time.Duration {
	if w.now.filled < 2 {
		return 0
	}
	return time.Duration(w.now.min()-w.least.min()) * sendTick
}

// reported takes feedback and returns how many packets it covers and how many of them were lost.
func (w *way) reported(r *rtcp.TransportLayerCC, now time.Time) (packets, lost int) {
	arrival := int64(r.ReferenceTime) * 64 * int64(time.Millisecond/sendTick)
	left, deltas, number := int(r.PacketStatusCount), r.RecvDeltas, r.BaseSequenceNumber
	take := func(symbol uint16) {
		if left == 0 {
			return
		}
		left--
		packets++
		number++
		if symbol == rtcp.TypeTCCPacketNotReceived {
			lost++
			return
		}
		if len(deltas) == 0 {
			return
		}
		arrival += deltas[0].Delta / int64(sendTick/time.Microsecond)
		deltas = deltas[1:]
		if w.sent == nil {
			return
		}
		if at := w.sent[(number-1)%sendsKept]; at != 0 {
			w.now.put(arrival-int64(at), standingOver, now)
			w.least.put(arrival-int64(at), leastOver, now)
		}
	}
	for _, c := range r.PacketChunks {
		switch c := c.(type) {
		case *rtcp.RunLengthChunk:
			for range min(int(c.RunLength), left) {
				take(c.PacketStatusSymbol)
			}
		case *rtcp.StatusVectorChunk:
			for _, s := range c.SymbolList {
				take(s)
			}
		}
	}
	return packets, lost
}
