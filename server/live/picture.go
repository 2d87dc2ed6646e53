package live

import "encoding/binary"

// Size is a picture's, in pixels as they are shown. The zero Size is one that is not known.
type Size struct{ Width, Height int }

func (s Size) area() int { return s.Width * s.Height }

// maxSide bounds what is believed of a stream: beyond it no level of H.264 goes, and areas do not overflow.
const maxSide = 1 << 14

func sizeOf(width, height int) Size {
	if width <= 0 || height <= 0 || width > maxSide || height > maxSide {
		return Size{}
	}
	return Size{width, height}
}

// vp8Size reads the header of a key frame (RFC 6386 §9.1): three bytes of tag, a start code, then 14 bits of each side.
func vp8Size(frame []byte) Size {
	if len(frame) < 10 || frame[3] != 0x9d || frame[4] != 0x01 || frame[5] != 0x2a {
		return Size{}
	}
	side := func(b []byte) int { return int(binary.LittleEndian.Uint16(b) & 0x3fff) }
	return sizeOf(side(frame[6:]), side(frame[8:]))
}

// spsSize reads the size from an H.264 sequence parameter set, a NAL unit with its header (ITU-T H.264 §7.3.2.1.1).
func spsSize(unit []byte) Size {
	if len(unit) < 5 {
		return Size{}
	}
	r := &bitReader{data: withoutEmulation(unit[1:])}
	profile := r.bits(8)
	r.bits(16) // constraints, level
	r.ue()     // identifier
	chroma := uint32(1)
	switch profile {
	case 100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135:
		chroma = r.format()
	}
	r.ue() // frame number's length
	r.pictureOrder()
	r.ue()    // reference frames
	r.bits(1) // gaps allowed
	width, height := int64(r.ue()+1)*16, int64(r.ue()+1)*16
	fields := int64(2 - r.bits(1)) // a map unit is a pair of macroblocks where fields may be coded
	height *= fields
	if fields == 2 {
		r.bits(1) // adaptive
	}
	r.bits(1) // direct inference
	if r.bits(1) == 1 {
		unitX, unitY := int64(1), fields
		if chroma == 1 || chroma == 2 {
			unitX = 2
		}
		if chroma == 1 {
			unitY *= 2
		}
		width -= unitX * (int64(r.ue()) + int64(r.ue()))
		height -= unitY * (int64(r.ue()) + int64(r.ue()))
	}
	if r.over || width > maxSide || height > maxSide {
		return Size{}
	}
	return sizeOf(int(width), int(height))
}

// format reads what only high profiles have, and returns chroma_format_idc.
func (r *bitReader) format() (chroma uint32) {
	chroma = r.ue()
	if chroma == 3 {
		r.bits(1) // separate planes
	}
	r.ue()    // bits of luma
	r.ue()    // bits of chroma
	r.bits(1) // transform bypass
	if r.bits(1) == 0 {
		return chroma
	}
	lists := 8
	if chroma == 3 {
		lists = 12
	}
	for i := range lists {
		if r.bits(1) == 1 {
			r.scalingList(map[bool]int{true: 16, false: 64}[i < 6])
		}
	}
	return chroma
}

// scalingList skips one list (§7.3.2.1.1.1).
func (r *bitReader) scalingList(size int) {
	last, next := 8, 8
	for range size {
		if next != 0 {
			next = (last + int(r.se()) + 256) & 255
		}
		if next != 0 {
			last = next
		}
	}
}

// pictureOrder skips what says in which order pictures are shown.
func (r *bitReader) pictureOrder() {
	switch r.ue() {
	case 0:
		r.ue()
	case 1:
		r.bits(1)
		r.se()
		r.se()
		for range min(r.ue(), 255) {
			r.se()
		}
	}
}

// withoutEmulation takes out the bytes that keep start codes from occurring within a NAL unit (§7.4.1).
func withoutEmulation(data []byte) []byte {
	out, zeros := make([]byte, 0, len(data)), 0
	for _, b := range data {
		if zeros >= 2 && b == 3 {
			zeros = 0
			continue
		}
		zeros++
		if b != 0 {
			zeros = 0
		}
		out = append(out, b)
	}
	return out
}

// bitReader reads bits and Exp-Golomb codes (§9.1). Behind the end it reads zeros and sets over.
type bitReader struct {
	data []byte
	at   int // bits read
	over bool
}

func (r *bitReader) bits(n int) (v uint32) {
	for range n {
		v <<= 1
		if r.at>>3 >= len(r.data) {
			r.over = true
			continue
		}
		v |= uint32(r.data[r.at>>3]>>(7-r.at&7)) & 1
		r.at++
	}
	return v
}

func (r *bitReader) ue() uint32 {
	zeros := 0
	for r.bits(1) == 0 {
		if zeros++; r.over || zeros > 31 {
			r.over = true
			return 0
		}
	}
	return 1<<zeros - 1 + r.bits(zeros)
}

func (r *bitReader) se() int32 {
	v := r.ue()
	if v&1 == 1 {
		return int32(v/2 + 1)
	}
	return -int32(v / 2)
}
