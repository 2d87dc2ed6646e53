package live

import "time"

const (
	// sendsKept is how many packets wait for their feedback: most of a second of a high picture with all its copies.
	sendsKept = 1 << 11
	// sendTick is the unit of times on the way; feedback counts in 250 µs.
	sendTick = 250 * time.Microsecond
	// standingOver is how long packets must all have been late for a queue to count; leastOver is how long the quickest packet
	// is what others are compared with, so that clocks may drift and routes change.
	standingOver = 400 * time.Millisecond
	leastOver    = 20 * time.Second
	// rateOver is over what time arrivals are measured, rateLeast over what time at least.
	// missedWeight is how much a message counts for the share that was missed; missedMost the longest gap that is one.
	missedWeight = 0.02
	missedMost   = 30
	rateOver     = 300 * time.Millisecond
	rateLeast    = 80 * time.Millisecond
	// A queue need not stand as long if the first packets of lateLeast frames in a row are late by lateAtOnce and the queue does not
	// empty, as it does after a key frame, by lateLess or more from one to the next. Frames are sent frameApart or more after each
	// other. What waits for a busy receiver comes to it all at once, which a queue does not do: it takes lateApart or more.
	lateAtOnce = 70 * time.Millisecond
	lateLeast  = 3
	lateLess   = int64(3 * time.Millisecond / sendTick)
	lateApart  = int64(time.Millisecond / sendTick)
	frameApart = int32(8 * time.Millisecond / sendTick)
)

// way measures what the packets to a viewer meet, from its transport-wide feedback. Of the one-way delay it knows not how long
// packets take, for the clocks differ, but how much longer than the quickest. A queue delays every packet, a busy receiver only
// some: so what counts is the quickest of a moment. It belongs to the viewer's lane.
type way struct {
	sent   []departure // by transport-wide number
	least  window      // delay of the quickest packet, in ticks
	now    window
	origin time.Time // what times of departure count from
	link   estimate
	// What follows measures what arrives: over the packets up to next, the newest of which came at newest.
	heard       bool
	next        uint16
	newest      int64
	bytes, span float64
	late        int   // frames in a row
	lateBy      int64 // the last of them
	frame       int32 // when the newest frame left
	// messages counts those of feedback as the viewer does, and missed is the smoothed share of them that did not come: its losses on
	// the way back.
	messages uint8
	missed   float64
}

// departure is when a packet left, in ticks from 1 on, and its size in bytes.
type departure struct{ at, size int32 }

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

// leaves notes when a packet of so many bytes is sent.
func (w *way) leaves(number uint16, size int, now time.Time) {
	if w.sent == nil {
		w.sent, w.origin = make([]departure, sendsKept), now
	}
	w.sent[number%sendsKept] = departure{int32(now.Sub(w.origin)/sendTick) + 1, int32(size)}
}

// standing is how much later than the quickest packet all of the last moment were.
func (w *way) standing() time.Duration {
	if w.now.filled < 2 {
		return 0
	}
	return time.Duration(w.now.min()-w.least.min()) * sendTick
}

// congested reports whether a queue stands on the way.
func (w *way) congested() bool { return w.late >= lateLeast || w.standing() > queueing }

// reported takes a message of feedback and returns how many packets it covers and how many of them were lost.
func (w *way) reported(message []byte, now time.Time) (packets, lost int) {
	if w.sent == nil {
		return 0, 0
	}
	a := newArrivals(message)
	if a.left > sendsKept {
		return 0, 0 // nobody was sent as much
	}
	a.time = w.newest + (a.time-w.newest)<<referenceSpare>>referenceSpare
	w.missing(message[19])
	if a.number != w.next {
		w.heard = false // a message was lost: what it told of is not known to have come
	}
	bytes := 0
	for number, received, ok := a.next(); ok; number, received, ok = a.next() {
		packets++
		d := w.sent[number%sendsKept]
		w.link.saw(number, int(d.size), int64(d.at), a.time, received, now)
		if !received {
			lost++
			continue
		}
		if w.heard {
			bytes += int(d.size)
		} else {
			w.heard, w.newest = true, a.time
		}
		w.arrived(d, a.time, now)
	}
	w.next = a.number
	w.bytes += float64(bytes)
	return packets, lost
}

// missing takes the number of a message.
func (w *way) missing(number uint8) {
	gone := float64(number - w.messages - 1)
	if !w.heard || gone > missedMost {
		gone = 0
	}
	w.messages = number
	w.missed += missedWeight * (gone/(gone+1) - w.missed) * (gone + 1)
}

// arrived takes a packet that was received.
func (w *way) arrived(d departure, at int64, now time.Time) {
	if delay := at - int64(d.at); d.at != 0 {
		w.now.put(delay, standingOver, now)
		w.least.put(delay, leastOver, now)
		if d.at-w.frame >= frameApart {
			w.frame = d.at
			w.begins(delay, at)
		}
	}
	if at > w.newest {
		w.span += float64(at - w.newest)
		w.newest = at
	}
}

// begins takes the first packet of a frame.
func (w *way) begins(delay, at int64) {
	delay -= w.least.min()
	switch {
	case time.Duration(delay)*sendTick < lateAtOnce || w.late > 0 && delay <= w.lateBy-lateLess:
		w.late = 0
	case at-w.newest >= lateApart:
		if w.late++; w.late == 1 {
			w.bytes, w.span = 0, 0 // what arrives now is what the link carries
		}
	}
	w.lateBy = delay
}

// rate is what arrived lately, in bits a second; 0 before that is known.
func (w *way) rate() float64 {
	seconds := w.span * sendTick.Seconds()
	if seconds > rateOver.Seconds() {
		keep := rateOver.Seconds() / seconds
		w.bytes, w.span = w.bytes*keep, w.span*keep
	}
	if seconds < rateLeast.Seconds() {
		return 0
	}
	return 8 * w.bytes / (w.span * sendTick.Seconds())
}
