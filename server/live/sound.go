package live

import (
	"encoding/binary"
	"time"
)

const (
	// audioLevel is the header extension by which a sender tells how loud its sound is (RFC 6464).
	audioLevel = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
	// nothingLevel is from what level, in -dBov, sound is none: only what no microphone hears is as quiet. nothingBytes is how many bytes
	// of Opus, at most, hold none: what is sent of no sound, and where nothing is sent (RFC 6716 §2.1.9).
	nothingLevel = 120
	nothingBytes = 3
)

// audible reports whether an RTP packet of sound holds any, by the level that the extension with the id tells, or by its length where it tells
// none.
func audible(packet []byte, id uint8) bool {
	if len(packet) < 12 {
		return false
	}
	at := 12 + 4*int(packet[0]&0x0f)
	if packet[0]&0x10 != 0 && len(packet) >= at+4 {
		end := at + 4 + 4*int(binary.BigEndian.Uint16(packet[at+2:]))
		if id != 0 && end <= len(packet) && binary.BigEndian.Uint16(packet[at:]) == 0xbede {
			if level, ok := levelIn(packet[at+4:end], id); ok {
				return level < nothingLevel
			}
		}
		at = end
	}
	if packet[0]&0x20 != 0 {
		at += int(packet[len(packet)-1])
	}
	return len(packet)-at > nothingBytes
}

// levelIn finds a level among one-byte header extensions (RFC 8285 §4.2).
func levelIn(elements []byte, id uint8) (level uint8, ok bool) {
	for len(elements) > 1 {
		if elements[0] == 0 {
			elements = elements[1:]
			continue
		}
		if elements[0]>>4 == id {
			return elements[1] & 0x7f, true
		}
		elements = elements[min(len(elements), 2+int(elements[0]&0x0f)):]
	}
	return 0, false
}

// silent reports whether no sound has come from the publisher for long. What was muted here is not silent.
func (s *Show) silent(now time.Time) bool {
	p := s.onAir
	return p != nil && !s.dumb.Load() && now.Sub(time.Unix(0, p.sounded.Load())) >= s.cfg.SilentAfter
}
