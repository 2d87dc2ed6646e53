package live

import (
	"encoding/binary"
	"time"
)

// Feedback of RFC 7728: transport layer feedback (RFC 4585 §6.1) of format 9.
const (
	typeFeedback = 205
	formatPause  = 9
	pauseHeader  = 12 // bytes before the entries
	pauseEntry   = 8  // bytes of an entry without parameters
)

// pauseKind is what an entry asks for or tells (RFC 7728 §8).
type pauseKind uint8

const (
	pausePause   pauseKind = iota // to the sender: pause the stream
	pauseResume                   // to the sender: go on
	pausePaused                   // from the sender: it is paused
	pauseRefused                  // from the sender: it will not be
)

// pauseMessage is one entry of a pause or resume message.
type pauseMessage struct {
	SSRC uint32 // of the stream
	Kind pauseKind
	ID   uint16 // counts the pauses of the stream
}

// appendPause writes a message with one entry without parameters (RFC 7728 §8) as an RTCP packet of its own. The header names
// no media source: entries do.
func appendPause(out []byte, sender uint32, m pauseMessage) []byte {
	out = append(out, 2<<6|formatPause, typeFeedback)
	out = binary.BigEndian.AppendUint16(out, (pauseHeader+pauseEntry)/4-1)
	out = binary.BigEndian.AppendUint32(out, sender)
	out = binary.BigEndian.AppendUint32(out, 0)
	out = binary.BigEndian.AppendUint32(out, m.SSRC)
	out = append(out, byte(m.Kind)<<4, 0)
	return binary.BigEndian.AppendUint16(out, m.ID)
}

// readPauses returns the entries of all pause messages in a compound RTCP packet, without their parameters. What is
// malformed ends the reading.
func readPauses(compound []byte) (list []pauseMessage) {
	for len(compound) >= 4 && compound[0]>>6 == 2 {
		n := 4 * (int(binary.BigEndian.Uint16(compound[2:])) + 1)
		if n > len(compound) {
			return list
		}
		if p := compound[:n]; p[1] == typeFeedback && p[0]&0x3f == formatPause && n >= pauseHeader {
			list = readEntries(p[pauseHeader:], list)
		}
		compound = compound[n:]
	}
	return list
}

func readEntries(p []byte, list []pauseMessage) []pauseMessage {
	for len(p) >= pauseEntry {
		n := pauseEntry + 4*int(p[5])
		if n > len(p) {
			break
		}
		if kind := pauseKind(p[4] >> 4); kind <= pauseRefused {
			list = append(list, pauseMessage{binary.BigEndian.Uint32(p), kind, binary.BigEndian.Uint16(p[6:])})
		}
		p = p[n:]
	}
	return list
}

const (
	// pauseAfter is how long nobody must want a layer: viewers come and go, and a resumed layer begins with a key frame.
	pauseAfter = 5 * time.Second
	// pauseAgain is when a message that had no effect is repeated, and pauseTries how often that is for pauses: a publisher
	// that goes on is right.
	pauseAgain = 200 * time.Millisecond
	pauseTries = 10
)

// pauser decides when a publisher is asked to pause one of its streams and to resume it. It is pure: what is wanted and what
// flows go in, messages come out. The zero value is ready; it belongs to one goroutine or a lock.
type pauser struct {
	id       uint16
	paused   bool      // we asked for a pause, and nobody has wanted the stream since
	ever     bool      // we asked for a pause at any time
	refused  bool      // the publisher does not pause it
	tries    int       // of this pause
	idleFrom time.Time // since when nobody wants it; zero while somebody does
	sent     time.Time // the newest message
}

// next returns the message to send now, if any. quiet is how long nothing has come of the stream.
func (p *pauser) next(wanted bool, quiet time.Duration, now time.Time) (kind pauseKind, ok bool) {
	again := now.Sub(p.sent) >= pauseAgain
	switch {
	case wanted:
		first := p.paused
		p.paused, p.idleFrom = false, time.Time{}
		if first || p.ever && again && quiet >= pauseAgain {
			p.sent = now
			return pauseResume, true
		}
	case p.idleFrom.IsZero():
		p.idleFrom, p.tries = now, 0
	case p.refused || now.Sub(p.idleFrom) < pauseAfter:
	case !p.paused:
		p.id++
		p.paused, p.ever, p.sent, p.tries = true, true, now, 1
		return pausePause, true
	case again && quiet < pauseAgain && p.tries < pauseTries:
		p.sent = now
		p.tries++
		return pausePause, true
	}
	return 0, false
}
