package mix

import (
	"math"

	"vitrine/capture/frame"
)

// Silence is what a Loudness shows before it has heard anything above its absolute gate, in LUFS.
const Silence = -70.0

// Windows of EBU Tech 3341, and how often they are weighed, in blocks of 10 ms.
const (
	momentaryBlocks = 40
	shortBlocks     = 300
	weighBlocks     = 10
)

// Loudness measures program loudness after ITU-R BS.1770-5 and EBU R 128 (Tech 3341, 3342): momentary over 400 ms, short-term
// over 3 s, integrated and range since the last Reset. Hours cost no more memory than seconds: gated windows are counted in
// steps of 0.01 LU. The zero value is ready. Not safe for concurrent use.
type Loudness struct {
	weights [2]weighting
	peaks   [2]truePeak
	peak    float32
	power   [shortBlocks]float64
	blocks  int
	windows histogram // momentary, for Integrated
	terms   histogram // short-term, for Range
}

// Reset begins a new program: everything heard is forgotten.
func (l *Loudness) Reset() { *l = Loudness{} }

// Add measures one block.
func (l *Loudness) Add(b *frame.Block) {
	var x, peak [frame.BlockSamples]float32
	var sum float64
	for c := range 2 {
		for i := range x {
			x[i] = number(b[2*i+c])
		}
		l.peaks[c].measure(&x, &peak, l.peak)
		sum += l.weights[c].power(&x)
	}
	l.peak = max(l.peak, highest(peak[:]))
	l.power[l.blocks%shortBlocks] = sum / frame.BlockSamples
	l.blocks++
	if l.blocks%weighBlocks != 0 {
		return
	}
	if l.blocks >= momentaryBlocks {
		l.windows.add(l.mean(momentaryBlocks))
	}
	if l.blocks >= shortBlocks {
		l.terms.add(l.mean(shortBlocks))
	}
}

// mean is the power over the last n blocks; before the first there was silence.
func (l *Loudness) mean(n int) (sum float64) {
	for i := max(0, l.blocks-n); i < l.blocks; i++ {
		sum += l.power[i%shortBlocks]
	}
	return sum / float64(n)
}

// Momentary is the loudness of the last 400 ms, in LUFS, never below Floor.
func (l *Loudness) Momentary() float64 { return max(Floor, lufs(l.mean(momentaryBlocks))) }

// ShortTerm is the loudness of the last 3 s, in LUFS, never below Floor.
func (l *Loudness) ShortTerm() float64 { return max(Floor, lufs(l.mean(shortBlocks))) }

// Integrated is the loudness of the program so far, in LUFS: the mean of all windows of 400 ms that are louder than −70 LUFS and
// than 10 LU below the mean of those. It is Silence while there is none.
func (l *Loudness) Integrated() float64 {
	power, n := l.windows.from(Silence)
	if n == 0 {
		return Silence
	}
	power, n = l.windows.from(lufs(power/float64(n)) - 10)
	return lufs(power / float64(n))
}

// Range is the loudness range in LU: from the 10th to the 95th percentile of all windows of 3 s that are louder than −70 LUFS and
// than 20 LU below the mean of those (EBU Tech 3342).
func (l *Loudness) Range() float64 {
	power, n := l.terms.from(Silence)
	if n == 0 {
		return 0
	}
	gate := lufs(power/float64(n)) - 20
	_, n = l.terms.from(gate)
	return l.terms.percentile(gate, n, 0.95) - l.terms.percentile(gate, n, 0.10)
}

// TruePeak is the highest peak so far, between samples too, in dBTP, never below Floor.
func (l *Loudness) TruePeak() float64 { return decibels(float64(l.peak)) }

// lufs is the loudness of a K-weighted mean power, summed over both channels.
func lufs(power float64) float64 { return -0.691 + 10*math.Log10(max(power, 1e-12)) }

// histogram counts windows from Silence upwards in steps of 0.01 LU and sums their power.
type histogram struct {
	count [steps]uint32
	power [steps]float64
}

const (
	stepsPerLU = 100
	steps      = 90 * stepsPerLU // up to +20 LUFS
)

func step(l float64) int { return min(max(int(math.Floor((l-Silence)*stepsPerLU)), 0), steps-1) }

func (h *histogram) add(power float64) {
	if l := lufs(power); l > Silence {
		h.count[step(l)]++
		h.power[step(l)] += power
	}
}

// from sums the power of all windows at gate LUFS or louder, and counts them.
func (h *histogram) from(gate float64) (power float64, n int) {
	for i := step(gate); i < steps; i++ {
		n += int(h.count[i])
		power += h.power[i]
	}
	return power, n
}

// percentile is the loudness below which a share of the n windows from gate upwards lies.
func (h *histogram) percentile(gate float64, n int, share float64) float64 {
	rank := int(share*float64(n-1) + 0.5)
	for i := step(gate); i < steps; i++ {
		if rank -= int(h.count[i]); rank < 0 {
			return Silence + (float64(i)+0.5)/stepsPerLU
		}
	}
	return Silence
}

// weighting is the K filter of BS.1770 for one channel at 48 kHz: a shelf for the head, then a high-pass.
type weighting struct{ s1, s2, s3, s4 float64 }

// power filters x and sums the squares.
func (w *weighting) power(x *[frame.BlockSamples]float32) (sum float64) {
	s1, s2, s3, s4 := w.s1, w.s2, w.s3, w.s4
	for _, v := range x {
		in := float64(v)
		shelf := 1.53512485958697*in + s1
		s1 = -2.69169618940638*in + 1.69065929318241*shelf + s2
		s2 = 1.19839281085285*in - 0.73248077421585*shelf
		out := shelf + s3
		s3 = -2*shelf + 1.99004745483398*out + s4
		s4 = shelf - 0.99007225036621*out
		sum += out * out
	}
	w.s1, w.s2, w.s3, w.s4 = s1, s2, s3, s4
	return sum
}
