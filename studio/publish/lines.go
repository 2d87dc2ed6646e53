package publish

import (
	"time"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"

	"vitrine/capture/frame"
)

const (
	// tooFar is a step of sequence numbers that is no loss but another stream.
	tooFar = 1000
	// soundMargin is how much sound there must still be to wait for a packet that is missing: the next chance to give up is a packet later.
	soundMargin = 25 * time.Millisecond
	// mostWaiting is how many packets may wait for one that is missing.
	mostWaiting = 20
	// A picture that is not whole is waited for as long as an answer to a NACK and its repetition take.
	leastPatience, mostPatience = 60 * time.Millisecond, 250 * time.Millisecond
	// keyEvery is how often a key frame is asked for while there is none.
	keyEvery = 400 * time.Millisecond
	// maxPicture bounds a picture in bytes.
	maxPicture = 4 << 20
)

// soundLine puts packets of sound in their order. A packet that is missing is waited for as long as there is sound to be heard meanwhile.
type soundLine struct {
	sound func(p *frame.Packet, lost int)
	spare func() time.Duration

	begun bool
	next  uint16
	held  map[uint16]*rtp.Packet // that came before one that is missing
	lost  int                    // before next
	first uint32
}

func (l *soundLine) put(p *rtp.Packet) {
	if !l.begun || step(l.next, p.SequenceNumber) > tooFar || step(l.next, p.SequenceNumber) < -tooFar {
		if !l.begun {
			l.first = p.Timestamp
		}
		l.begun, l.next, l.held, l.lost = true, p.SequenceNumber, map[uint16]*rtp.Packet{}, 0
	}
	if step(l.next, p.SequenceNumber) < 0 {
		return // too late, or twice
	}
	l.held[p.SequenceNumber] = p
	l.flush()
	for len(l.held) > mostWaiting || len(l.held) > 0 && l.spare() < soundMargin {
		for l.held[l.next] == nil {
			l.next++
			l.lost++
		}
		l.flush()
	}
}

// flush hands out what is next.
func (l *soundLine) flush() {
	for p := l.held[l.next]; p != nil; p = l.held[l.next] {
		delete(l.held, l.next)
		l.next++
		if len(p.Payload) == 0 { // only padding
			continue
		}
		l.sound(&frame.Packet{Data: p.Payload, PTS: ticks(p.Timestamp-l.first, frame.SampleRate)}, l.lost)
		l.lost = 0
	}
}

// step is how far it is from one sequence number to another.
func step(from, to uint16) int { return int(int16(to - from)) }

func ticks(n uint32, rate int) time.Duration {
	return time.Duration(n) * time.Second / time.Duration(rate)
}

// pictureLine makes whole pictures of packets. Where one stays incomplete, or is of no use, the next is a key frame, which it asks for.
type pictureLine struct {
	picture func(c frame.Codec, p *frame.Packet) bool
	ask     func()
	rtt     func() time.Duration

	codec frame.Codec
	// flows says that next is the first packet of the next picture; else a key frame is waited for.
	flows bool
	next  uint16
	held  map[uint16]*rtp.Packet
	gap   time.Time // since when a packet is missing; zero for none
	asked time.Time
	timed bool
	first uint32
}

func (l *pictureLine) put(c frame.Codec, p *rtp.Packet, now time.Time) {
	if l.held == nil || c != l.codec {
		l.codec, l.held, l.flows, l.gap = c, map[uint16]*rtp.Packet{}, false, time.Time{}
	}
	if !l.timed {
		l.timed, l.first = true, p.Timestamp
	}
	if l.flows && (step(l.next, p.SequenceNumber) > tooFar || step(l.next, p.SequenceNumber) < -tooFar) {
		l.stop()
	}
	if l.flows && step(l.next, p.SequenceNumber) < 0 {
		return
	}
	l.held[p.SequenceNumber] = p
	if !l.flows {
		l.begin(p, now)
	}
	for l.flows && l.whole() {
	}
	l.hurry(now)
}

// begin goes on at a packet with which a key frame begins.
func (l *pictureLine) begin(p *rtp.Packet, now time.Time) {
	if startsKey(l.codec, p.Payload) {
		l.flows, l.next, l.gap = true, p.SequenceNumber, time.Time{}
		for n := range l.held {
			if step(l.next, n) < 0 {
				delete(l.held, n)
			}
		}
		return
	}
	if len(l.held) > tooFar {
		clear(l.held)
	}
	if now.Sub(l.asked) >= keyEvery {
		l.asked = now
		l.ask()
	}
}

// stop waits for a key frame from now on.
func (l *pictureLine) stop() {
	l.flows, l.gap = false, time.Time{}
	clear(l.held)
}

// whole hands out the next picture if all its packets are there, and reports whether it did.
func (l *pictureLine) whole() bool {
	n, size := l.next, 0
	head := l.held[n]
	for head != nil && len(head.Payload) == 0 { // only padding
		delete(l.held, n)
		n++
		l.next = n
		head = l.held[n]
	}
	if head == nil {
		return false
	}
	var parts []*rtp.Packet
	for {
		p := l.held[n]
		if p == nil {
			return false
		}
		if p.Timestamp != head.Timestamp { // its marker is of a packet that was left out
			break
		}
		parts = append(parts, p)
		size += len(p.Payload)
		n++
		if p.Marker {
			break
		}
	}
	for at := l.next; at != n; at++ {
		delete(l.held, at)
	}
	l.next = n
	data, key := join(l.codec, parts, size)
	if data == nil || size > maxPicture || !l.picture(l.codec, &frame.Packet{Data: data, Key: key, PTS: ticks(head.Timestamp-l.first, 90000)}) {
		l.stop()
	}
	return true
}

// hurry gives up on a picture of which something is missing for too long.
func (l *pictureLine) hurry(now time.Time) {
	switch {
	case !l.flows:
		if now.Sub(l.asked) >= keyEvery {
			l.asked = now
			l.ask()
		}
	case !l.missing():
		l.gap = time.Time{}
	case l.gap.IsZero():
		l.gap = now
	case now.Sub(l.gap) > min(max(3*l.rtt(), leastPatience), mostPatience):
		l.stop()
		l.asked = now
		l.ask()
	}
}

// missing reports whether a packet is missing before one that is there.
func (l *pictureLine) missing() bool {
	n := l.next
	for range l.held {
		if l.held[n] == nil {
			return true
		}
		n++
	}
	return false
}

// H.264's units (RFC 6184 §5.2, H.264 table 7-1) with which a key frame begins.
const (
	unitIDR, unitParameters, unitSTAP, unitFU = 5, 7, 24, 28
)

// startsKey reports whether a key frame begins with a payload.
func startsKey(c frame.Codec, b []byte) bool {
	switch c {
	case frame.VP8:
		var p codecs.VP8Packet
		data, err := p.Unmarshal(b)
		return err == nil && p.S == 1 && p.PID == 0 && len(data) > 0 && data[0]&1 == 0
	case frame.H264:
		if len(b) < 4 {
			return false
		}
		switch b[0] & 31 {
		case unitParameters:
			return true
		case unitSTAP:
			return b[3]&31 == unitParameters
		}
	}
	return false
}

// join makes a picture of its packets; nil for packets that make none.
func join(c frame.Codec, parts []*rtp.Packet, size int) (data []byte, key bool) {
	data = make([]byte, 0, size+16)
	var units codecs.H264Packet
	for i, p := range parts {
		var b []byte
		var err error
		switch c {
		case frame.VP8:
			var v codecs.VP8Packet
			if b, err = v.Unmarshal(p.Payload); err == nil && i == 0 {
				if v.S != 1 || v.PID != 0 || len(b) == 0 {
					return nil, false
				}
				key = b[0]&1 == 0
			}
		case frame.H264:
			b, err = units.Unmarshal(p.Payload)
			key = key || isIDR(p.Payload)
		}
		if err != nil {
			return nil, false
		}
		data = append(data, b...)
	}
	if len(data) == 0 {
		return nil, false
	}
	return data, key
}

// isIDR reports whether a payload holds a part of an IDR picture or the parameters before one.
func isIDR(b []byte) bool {
	if len(b) < 2 {
		return false
	}
	switch b[0] & 31 {
	case unitIDR, unitParameters:
		return true
	case unitFU:
		return b[1]&31 == unitIDR
	case unitSTAP:
		return len(b) > 3 && (b[3]&31 == unitIDR || b[3]&31 == unitParameters)
	}
	return false
}
