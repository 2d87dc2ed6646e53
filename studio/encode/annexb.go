package encode

import (
	"bytes"
	"errors"
	"math/bits"
)

// NAL unit types of H.264 (ITU-T H.264 table 7-1).
const (
	nalSlice = 1
	nalIDR   = 5
	nalSPS   = 7
)

var startCode = []byte{0, 0, 1}

// hasIDR reports whether the Annex B access unit is a key frame. It reads no further than the first slice.
func hasIDR(au []byte) bool {
	for {
		i := bytes.Index(au, startCode)
		if i < 0 || i+len(startCode) >= len(au) {
			return false
		}
		au = au[i+len(startCode):]
		switch au[0] & 0x1f {
		case nalIDR:
			return true
		case nalSlice:
			return false
		}
	}
}

// signalBT709 returns the access unit with a sequence parameter set that says how frame.Video's colours are meant: BT.709
// primaries, transfer and matrix in limited range. openh264 can write that, but mediadevices' bridge cannot ask for it, and
// players guess by picture size otherwise: BT.601 below 720p in some, which shifts every skin tone.
func signalBT709(au []byte) ([]byte, error) {
	begin, end := findNAL(au, nalSPS)
	if begin < 0 {
		return nil, errors.New("key frame without sequence parameter set")
	}
	sps, err := insertColour(unescape(au[begin:end]))
	if err != nil {
		return nil, err
	}
	sps = escape(sps)
	out := make([]byte, 0, len(au)-(end-begin)+len(sps))
	out = append(out, au[:begin]...)
	out = append(out, sps...)
	return append(out, au[end:]...), nil
}

// findNAL returns where the first NAL unit of a type begins, behind its start code, and ends; -1 when there is none.
func findNAL(au []byte, kind byte) (begin, end int) {
	for at := 0; ; {
		i := bytes.Index(au[at:], startCode)
		if i < 0 || at+i+len(startCode) >= len(au) {
			return -1, -1
		}
		at += i + len(startCode)
		if au[at]&0x1f != kind {
			continue
		}
		end = len(au)
		if n := bytes.Index(au[at:], startCode); n >= 0 {
			end = at + n
		}
		for end > at && au[end-1] == 0 {
			end--
		}
		return at, end
	}
}

var errSPS = errors.New("sequence parameter set of an unknown shape")

// insertColour copies an SPS of the baseline profile (7.3.2.1.1) and replaces the absent video_signal_type of its VUI
// (E.1.1). One that has it already is returned as it is.
func insertColour(sps []byte) ([]byte, error) {
	const baseline = 66
	if len(sps) < 4 || sps[1] != baseline {
		return nil, errSPS
	}
	r := &bitReader{data: sps, at: 32}
	skipToVUI(r)
	if r.bits(1) != 1 || r.bits(1) != 0 || r.bits(1) != 0 || r.bad {
		return nil, errSPS // no VUI, or one with an aspect ratio or overscan that openh264 does not write
	}
	at := r.at
	if r.bits(1) == 1 {
		return sps, nil
	}
	rest := lastBit(sps) - r.at
	if r.bad || rest < 0 {
		return nil, errSPS
	}
	w := &bitWriter{}
	head := &bitReader{data: sps}
	w.copy(head, at)
	w.bits(1, 1)         // video_signal_type_present_flag
	w.bits(5, 3)         // video_format: unspecified
	w.bits(0, 1)         // video_full_range_flag
	w.bits(1, 1)         // colour_description_present_flag
	w.bits(0x010101, 24) // BT.709 primaries, transfer, matrix
	w.copy(r, rest)
	w.bits(1, 1) // rbsp_stop_one_bit
	return w.data, nil
}

// skipToVUI reads a baseline SPS behind its first four bytes up to vui_parameters_present_flag.
func skipToVUI(r *bitReader) {
	r.ue()          // seq_parameter_set_id
	r.ue()          // log2_max_frame_num_minus4
	switch r.ue() { // pic_order_cnt_type
	case 0:
		r.ue()
	case 2:
	default:
		r.bad = true
	}
	r.ue()    // max_num_ref_frames
	r.bits(1) // gaps_in_frame_num_value_allowed_flag
	r.ue()    // pic_width_in_mbs_minus1
	r.ue()    // pic_height_in_map_units_minus1
	if r.bits(1) == 0 {
		r.bits(1) // mb_adaptive_frame_field_flag
	}
	r.bits(1) // direct_8x8_inference_flag
	if r.bits(1) == 1 {
		for range 4 {
			r.ue() // frame_crop offsets
		}
	}
}

// lastBit is the position of the stop bit.
func lastBit(b []byte) int {
	for i := len(b) - 1; i >= 0; i-- {
		if b[i] != 0 {
			return 8*i + 7 - bits.TrailingZeros8(b[i])
		}
	}
	return -1
}

// bitReader reads big-endian bit fields. Reading past the end sets bad and gives zeros.
type bitReader struct {
	data []byte
	at   int
	bad  bool
}

func (r *bitReader) bits(n int) (v uint32) {
	for range n {
		v <<= 1
		if r.at >= 8*len(r.data) {
			r.bad = true
			continue
		}
		v |= uint32(r.data[r.at/8]>>(7-r.at%8)) & 1
		r.at++
	}
	return v
}

// ue reads an unsigned Exp-Golomb code (9.1).
func (r *bitReader) ue() uint32 {
	zeros := 0
	for r.bits(1) == 0 {
		if zeros++; zeros > 31 || r.bad {
			r.bad = true
			return 0
		}
	}
	return 1<<zeros - 1 + r.bits(zeros)
}

type bitWriter struct {
	data []byte
	n    int
}

func (w *bitWriter) bits(v uint32, n int) {
	for i := n - 1; i >= 0; i-- {
		if w.n%8 == 0 {
			w.data = append(w.data, 0)
		}
		w.data[w.n/8] |= byte(v>>i&1) << (7 - w.n%8)
		w.n++
	}
}

func (w *bitWriter) copy(r *bitReader, n int) {
	for range n {
		w.bits(r.bits(1), 1)
	}
}

// unescape removes emulation prevention bytes (7.4.1).
func unescape(nal []byte) []byte {
	out := make([]byte, 0, len(nal))
	for i, b := range nal {
		if b == 3 && i >= 2 && nal[i-1] == 0 && nal[i-2] == 0 {
			continue
		}
		out = append(out, b)
	}
	return out
}

// escape inserts emulation prevention bytes.
func escape(rbsp []byte) []byte {
	out := make([]byte, 0, len(rbsp)+4)
	zeros := 0
	for _, b := range rbsp {
		if zeros >= 2 && b <= 3 {
			out = append(out, 3)
			zeros = 0
		}
		out = append(out, b)
		if b == 0 {
			zeros++
		} else {
			zeros = 0
		}
	}
	return out
}
