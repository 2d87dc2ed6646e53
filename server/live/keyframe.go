package live

import (
	"encoding/binary"
	"slices"
)

// NAL unit types (ITU-T H.264 table 7-1) and payload structures (RFC 6184 §5.2).
const (
	nalIDR   = 5
	nalSPS   = 7
	nalPPS   = 8
	nalSTAPA = 24
	nalFUA   = 28
)

// frameScanner looks into the payloads of a video track for the places where decoding can begin. It belongs to one
// goroutine; payloads that make no sense are simply no key frames.
type frameScanner struct {
	vp8      bool
	sps, pps []byte // the newest parameter sets, kept for publishers that send them once
	keyTime  uint32 // of the newest key frame
	inKey    bool   // packets of keyTime have been seen to start a key frame
	size     Size   // of the newest key frame
}

// scan reports whether the packet is the first of a key frame, and, if that frame does not bring its own parameter sets, a
// payload that does.
func (s *frameScanner) scan(payload []byte, time uint32) (start bool, parameters []byte) {
	key, hasSets := false, true
	if s.vp8 {
		frame := vp8Frame(payload)
		if key = len(frame) > 0 && frame[0]&1 == 0; key {
			s.size = vp8Size(frame)
		}
	} else {
		key, hasSets = s.h264(payload)
	}
	if !key || s.inKey && s.keyTime == time {
		return false, nil
	}
	s.inKey, s.keyTime = true, time
	if !hasSets && s.sps != nil && s.pps != nil {
		parameters = stapA(s.sps, s.pps)
	}
	return true, parameters
}

// h264 looks for parameter sets and parts of an IDR picture in a payload (RFC 6184), and remembers the sets.
func (s *frameScanner) h264(payload []byte) (key, hasSets bool) {
	if len(payload) == 0 {
		return false, false
	}
	switch kind := payload[0] & 0x1f; kind {
	case nalSTAPA:
		for rest := payload[1:]; len(rest) > 2; {
			n := int(binary.BigEndian.Uint16(rest))
			if rest = rest[2:]; n == 0 || n > len(rest) {
				break
			}
			k, p := s.nal(rest[:n])
			key, hasSets = key || k, hasSets || p
			rest = rest[n:]
		}
		return key, hasSets
	case nalFUA:
		return len(payload) > 1 && payload[1]&0x80 != 0 && payload[1]&0x1f == nalIDR, false
	default:
		return s.nal(payload)
	}
}

func (s *frameScanner) nal(unit []byte) (key, hasSets bool) {
	switch unit[0] & 0x1f {
	case nalIDR:
		return true, false
	case nalSPS:
		if !slices.Equal(s.sps, unit) {
			s.sps, s.size = slices.Clone(unit), spsSize(unit)
		}
		return true, true
	case nalPPS:
		if !slices.Equal(s.pps, unit) {
			s.pps = slices.Clone(unit)
		}
	}
	return false, false
}

// setsAlone reports whether a payload (RFC 6184) holds parameter sets alone.
func setsAlone(payload []byte) bool {
	if len(payload) == 0 {
		return false
	}
	isSets := func(b byte) bool { return b&0x1f == nalSPS || b&0x1f == nalPPS }
	if payload[0]&0x1f != nalSTAPA {
		return isSets(payload[0])
	}
	rest := payload[1:]
	for len(rest) > 2 {
		n := int(binary.BigEndian.Uint16(rest))
		if rest = rest[2:]; n == 0 || n > len(rest) || !isSets(rest[0]) {
			return false
		}
		rest = rest[n:]
	}
	return len(rest) == 0
}

// stapA aggregates NAL units into one payload (RFC 6184 §5.7.1).
func stapA(units ...[]byte) []byte {
	out := []byte{nalSTAPA}
	for _, u := range units {
		out[0] |= u[0] & 0x60 // the highest importance of its parts
		out = binary.BigEndian.AppendUint16(out, uint16(len(u)))
		out = append(out, u...)
	}
	return out
}

// vp8Frame returns the frame of which the payload is the first part; nothing if it is a later one (RFC 7741 §4.2, §4.3).
func vp8Frame(p []byte) []byte {
	if len(p) == 0 || p[0]&0x17 != 0x10 { // S is set and the partition index is 0
		return nil
	}
	at := 1
	if p[0]&0x80 != 0 && len(p) > 1 { // X
		ext := p[1]
		at++
		if ext&0x80 != 0 { // I
			if len(p) > at && p[at]&0x80 != 0 {
				at++
			}
			at++
		}
		if ext&0x40 != 0 { // L
			at++
		}
		if ext&0x30 != 0 { // T or K
			at++
		}
	}
	return p[min(at, len(p)):]
}
