package music

import (
	"bytes"
	"encoding/binary"
)

// Versions in an MPEG audio header.
const (
	mpeg25 = 0
	mpeg2  = 2
	mpeg1  = 3
)

// mp3Header is what the four bytes before every layer III frame say.
type mp3Header struct {
	version int
	rate    int // Hz
	samples int // per channel
	size    int // bytes, these four included
	mono    bool
	// short is set where go-mp3 v0.3.4 takes the frame for a byte shorter than it is and loses its place in the sound: it
	// adds the padding byte of MPEG-2 before it halves the size. Only 22,050 Hz at some constant bit rates has such frames.
	short bool
}

// Kilobits a second by the header's four bits, and sample rates of MPEG-1 by its two.
var (
	mp3Rates1 = [15]int{0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320}
	mp3Rates2 = [15]int{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160}
	mp3Hertz  = [3]int{44100, 48000, 32000}
)

func parseMP3Header(v uint32) (h mp3Header, ok bool) {
	bits := func(at, n int) int { return int(v >> at & (1<<n - 1)) }
	const layer3 = 1
	rate, hertz := bits(12, 4), bits(10, 2)
	h.version = bits(19, 2)
	if bits(21, 11) != 0x7ff || h.version == 1 || bits(17, 2) != layer3 || rate == 0 || rate == 15 || hertz == 3 || bits(0, 2) == 2 {
		return h, false
	}
	h.rate, h.samples, h.mono = mp3Hertz[hertz], 1152, bits(6, 2) == 3
	switch h.version {
	case mpeg1:
		h.size = 144000*mp3Rates1[rate]/h.rate + bits(9, 1)
	default:
		h.rate, h.samples = h.rate/2, 576
		if h.version == mpeg25 {
			h.rate /= 2
		}
		h.size = 72000*mp3Rates2[rate]/h.rate + bits(9, 1)
		h.short = (144000*mp3Rates2[rate]/h.rate+bits(9, 1))/2 != h.size
	}
	return h, true
}

// fits reports whether both are frames of one stream.
func (h mp3Header) fits(other mp3Header) bool {
	return h.version == other.version && h.rate == other.rate
}

// gaps reads the tag that encoders write in place of a first frame (Xing's and, within it, LAME's; "Info" at a constant bit
// rate): how many samples to cut off at both ends. ok is false where the frame is music.
func (h mp3Header) gaps(b []byte) (delay, padding int64, ok bool) {
	side := 4 + 32
	switch {
	case h.version == mpeg1 && h.mono, h.version != mpeg1 && !h.mono:
		side = 4 + 17
	case h.version != mpeg1:
		side = 4 + 9
	}
	if len(b) >= 4+32+4 && string(b[36:40]) == "VBRI" { // Fraunhofer's
		return 0, 0, true
	}
	if len(b) < side+8 || string(b[side:side+4]) != "Xing" && string(b[side:side+4]) != "Info" {
		return 0, 0, false
	}
	flags := binary.BigEndian.Uint32(b[side+4:])
	b = b[side+8:]
	for i, n := range []int{4, 4, 100, 4} { // frames, bytes, table of contents, quality
		if flags>>i&1 == 1 {
			b = b[min(n, len(b)):]
		}
	}
	if len(b) < 24 || !bytes.HasPrefix(b, []byte("LAME")) && !bytes.HasPrefix(b, []byte("Lav")) {
		return 0, 0, true
	}
	v := int64(b[21])<<16 | int64(b[22])<<8 | int64(b[23])
	return v >> 12, v & 0xfff, true
}
