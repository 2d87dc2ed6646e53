package publish

import "encoding/binary"

// Formats of RFC 7728 §8: transport layer feedback with one or more requests, of which a sender obeys two.
const (
	feedbackType   = 205
	pauseFormat    = 9
	pauseHeader    = 12
	pauseRequest   = 8
	typePause      = 0
	typeResume     = 1
	versionAndMask = 0xc0
)

// pauseWish is one request to stop or go on sending a stream.
type pauseWish struct {
	ssrc   uint32
	resume bool
	// id numbers the pauses of a stream, modulo 65,536.
	id uint16
}

// parsePauses reads the requests of one RTCP packet; none if it is another packet or damaged.
func parsePauses(raw []byte) (wishes []pauseWish) {
	if len(raw) < pauseHeader || raw[0]&versionAndMask != 2<<6 || raw[0]&0x1f != pauseFormat || raw[1] != feedbackType {
		return nil
	}
	size := 4 * (int(binary.BigEndian.Uint16(raw[2:])) + 1)
	raw = raw[:max(pauseHeader, min(size, len(raw)))]
	for b := raw[pauseHeader:]; len(b) >= pauseRequest; {
		kind, size := b[4]>>4, pauseRequest+4*int(b[5])
		if kind == typePause || kind == typeResume {
			wishes = append(wishes, pauseWish{
				ssrc: binary.BigEndian.Uint32(b), resume: kind == typeResume, id: binary.BigEndian.Uint16(b[6:]),
			})
		}
		if size > len(b) {
			break
		}
		b = b[size:]
	}
	return wishes
}

// pausing is whether the server wants a stream. Requests that come late, after newer ones, are ignored (RFC 7728 §5.2).
type pausing struct {
	paused, begun bool
	id            uint16
}

func (p *pausing) hear(w pauseWish) {
	if p.begun && int16(w.id-p.id) < 0 {
		return
	}
	p.begun, p.id, p.paused = true, w.id, !w.resume
}
