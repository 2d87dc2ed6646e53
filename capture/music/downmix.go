package music

import "math"

// Speakers in the order of a file's channels: L left, R right, C centre, E low effects, l and r surround, B back, M all.
var (
	riffOrder   = [maxChannels + 1]string{"", "M", "LR", "LRC", "LRlr", "LRClr", "LRCElr", "LRCEBlr", "LRCElrlr"} // also FLAC
	vorbisOrder = [maxChannels + 1]string{"", "M", "LR", "LCR", "LRlr", "LCRlr", "LCRlrE", "LCRlrBE", "LCRlrlrE"}
)

// downmix folds channels into two by the weights of ITU-R BS.775, together 1, so that nothing clips.
type downmix struct{ left, right []float32 }

func newDownmix(speakers string) downmix {
	m := downmix{make([]float32, len(speakers)), make([]float32, len(speakers))}
	var sum float32
	for i, s := range speakers {
		switch s {
		case 'L':
			m.left[i] = 1
		case 'R':
			m.right[i] = 1
		case 'M':
			m.left[i], m.right[i] = 1, 1
		case 'C':
			m.left[i], m.right[i] = math.Sqrt2/2, math.Sqrt2/2
		case 'l':
			m.left[i] = math.Sqrt2 / 2
		case 'r':
			m.right[i] = math.Sqrt2 / 2
		case 'B':
			m.left[i], m.right[i] = 0.5, 0.5
		}
		sum += m.left[i]
	}
	for i := range speakers {
		m.left[i] /= sum
		m.right[i] /= sum
	}
	return m
}

// mix writes the pairs of all the whole frames of channels in x that dst holds and returns their number.
func (m downmix) mix(dst, x []float32) int {
	channels := len(m.left)
	n := min(len(dst)/2, len(x)/channels)
	for i := range n {
		var l, r float32
		for c, v := range x[i*channels:][:channels] {
			l += m.left[c] * v
			r += m.right[c] * v
		}
		dst[2*i], dst[2*i+1] = l, r
	}
	return n
}
