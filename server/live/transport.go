package live

import "encoding/binary"

// Transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1): transport layer feedback of format 15.
const (
	formatTransport = 15
	transportHeader = 20 // bytes before the chunks
	// referenceTicks is the unit of the reference time, in sendTicks, which are the unit of deltas.
	referenceTicks = 64_000 / 250
	// referenceSpare are the bits above those in which a reference time, of 24 bits and in sendTicks, is unambiguous.
	referenceSpare = 64 - 24 - 8
)

// messages calls transport for each message of transport-wide feedback in a compound RTCP packet, and other for each other one.
// What is malformed ends the reading.
func messages(compound []byte, transport, other func(message []byte)) {
	for len(compound) >= 4 && compound[0]>>6 == 2 {
		n := 4 * (int(binary.BigEndian.Uint16(compound[2:])) + 1)
		if n > len(compound) {
			return
		}
		if p := compound[:n]; p[1] != typeFeedback || p[0]&0x1f != formatTransport {
			other(p)
		} else if n >= transportHeader {
			transport(p)
		}
		compound = compound[n:]
	}
}

// arrivals walks in place, for a thousand viewers' reports must not become garbage, through what a message says of each packet:
// its number, and when it came, in sendTicks of the viewer's clock, if it was received. It ends early where the message is
// shorter than it says.
type arrivals struct {
	chunks, deltas []byte
	number         uint16
	left           int
	time           int64
	chunk          uint16
	in             int // symbols of the chunk that were read
	held           int // symbols in the chunk
}

func newArrivals(message []byte) arrivals {
	count := int(binary.BigEndian.Uint16(message[14:]))
	reference := int64(int32(binary.BigEndian.Uint32(message[16:])) >> 8)
	a := arrivals{number: binary.BigEndian.Uint16(message[12:]), left: count, time: reference * referenceTicks}
	rest := message[transportHeader:]
	covered, at := 0, 0
	for covered < count && at+2 <= len(rest) {
		covered += symbols(binary.BigEndian.Uint16(rest[at:]))
		at += 2
	}
	a.chunks, a.deltas = rest[:at], rest[at:]
	return a
}

// symbols is how many a chunk holds: a run's length, or 14 of one bit, or 7 of two.
func symbols(chunk uint16) int {
	switch {
	case chunk&0x8000 == 0:
		return int(chunk & 0x1fff)
	case chunk&0x4000 == 0:
		return 14
	}
	return 7
}

func (a *arrivals) next() (number uint16, received, ok bool) {
	for a.in == a.held {
		if a.left == 0 || len(a.chunks) < 2 {
			return 0, false, false
		}
		a.chunk, a.chunks, a.in = binary.BigEndian.Uint16(a.chunks), a.chunks[2:], 0
		a.held = min(symbols(a.chunk), a.left)
		a.left -= a.held
	}
	number = a.number
	symbol := a.symbol()
	a.number++
	a.in++
	switch {
	case symbol == 1 && len(a.deltas) >= 1:
		a.time += int64(a.deltas[0])
		a.deltas = a.deltas[1:]
	case symbol == 2 && len(a.deltas) >= 2:
		a.time += int64(int16(binary.BigEndian.Uint16(a.deltas)))
		a.deltas = a.deltas[2:]
	case symbol == 1 || symbol == 2:
		return 0, false, false
	}
	return number, symbol == 1 || symbol == 2, true
}

func (a *arrivals) symbol() uint16 {
	switch {
	case a.chunk&0x8000 == 0:
		return a.chunk >> 13
	case a.chunk&0x4000 == 0:
		return a.chunk >> (13 - a.in) & 1
	}
	return a.chunk >> (12 - 2*a.in) & 3
}
