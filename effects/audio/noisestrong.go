package audio

import (
	"math"

	"vitrine/capture/frame"
)

// GTCRN was trained on spectra of 32 ms every 16 ms at 16 kHz. Spectra of as long at 48 kHz have bins at the same frequencies,
// so its 257 bins are cut out of ours, and no resampler is needed. To put its spectra together again would take as long as one lasts. Of
// a spectrum it is only asked how much of each bin is speech, and that is taken of windows of 20 ms, one for each block, with as
// many zeros behind them as give the same bins: the newest answer there is, for a sound that is not much younger.
const (
	strongHop    = 768
	strongWindow = 2 * strongHop
	strongTop    = 160 // from here, 5 kHz, its bins speak for what lies above 8 kHz
	// strongWait is by how many samples windows are older than they have to be. Without, 1 to 3 dB more of the noise stays; with twice as
	// much, half a dB less.
	strongWait    = 240
	strongLatency = frame.BlockSamples + strongWait
)

// strongNoise is one GTCRN and the overlapping windows beside it.
type strongNoise struct {
	net *gtcrn

	fft   *fft
	spec  []complex64
	time  []float32
	low   [gtBins]complex64
	gain  []float32 // of each bin, 0 to 1, by the newest answer
	long  []float32 // the network's window, root of Hann
	short []float32 // ours, before and after
	in    []float32 // the last samples, newest last: as many as a long window has and a block
	fresh int       // of them the network has not heard
	tail  Mono      // the second half of the last short window
}

func newStrong() (s strongNoise, err error) {
	if s.net, err = newGTCRN(); err != nil {
		return s, err
	}
	s.fft = newFFT(strongWindow)
	s.spec, s.gain = make([]complex64, s.fft.bins()), make([]float32, s.fft.bins())
	s.time, s.in = make([]float32, strongWindow), make([]float32, strongWindow+frame.BlockSamples)
	s.long, s.short = rootOfHann(strongWindow), rootOfHann(2*frame.BlockSamples)
	return s, nil
}

// clear forgets all sound.
func (s *strongNoise) clear() {
	s.net.clear()
	clear(s.gain)
	clear(s.in)
	s.fresh, s.tail = 0, Mono{}
}

// process puts the cleaned sound, strongLatency late, into out.
func (s *strongNoise) process(out, in *Mono) {
	copy(s.in, s.in[len(in):])
	copy(s.in[strongWindow:], in[:])
	if s.fresh += len(in); s.fresh >= strongHop {
		s.fresh -= strongHop
		s.hear(s.in[len(s.in)-s.fresh-strongWindow:][:strongWindow])
	}
	clear(s.time)
	for i, v := range s.in[len(s.in)-strongWait-len(s.short):][:len(s.short)] {
		s.time[i] = v * s.short[i]
	}
	s.fft.forward(s.spec, s.time)
	for k, g := range s.gain {
		s.spec[k] *= complex(g, 0)
	}
	s.fft.inverse(s.time, s.spec)
	for i := range out {
		out[i] = s.tail[i] + s.time[i]*s.short[i]
		s.tail[i] = s.time[len(out)+i] * s.short[len(out)+i]
	}
}

// hear has the network say how much of each bin of the sound is speech. Its numbers are those of 16 kHz: a third of ours.
func (s *strongNoise) hear(sound []float32) {
	for i, v := range sound {
		s.time[i] = v * s.long[i]
	}
	s.fft.forward(s.spec, s.time)
	for k, v := range s.spec[:gtBins] {
		s.low[k] = complex(real(v)/3, imag(v)/3)
	}
	s.net.process(s.low[:])
	var before, after float32
	for k, v := range s.low {
		was, is := power(s.spec[k])/9, power(v)
		s.gain[k] = share(is, was)
		if k >= strongTop {
			before, after = before+was, after+is
		}
	}
	for k := gtBins; k < len(s.gain); k++ {
		s.gain[k] = share(after, before)
	}
}

// share is the gain that leaves so much power of what there was; at most 1.
func share(after, before float32) float32 {
	return min(1, float32(math.Sqrt(float64(after/(before+1e-12)))))
}

func power(a complex64) float32 { return real(a)*real(a) + imag(a)*imag(a) }
