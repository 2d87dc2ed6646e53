package audio

import (
	"math"

	"vitrine/capture/frame"
)

// GTCRN was trained on spectra of 32 ms every 16 ms at 16 kHz. Spectra of as long at 48 kHz have bins at the same frequencies,
// so its 257 bins are cut out of ours, and no resampler is needed.
const (
	strongHop    = 768
	strongWindow = 2 * strongHop
	strongTop    = 160 // from here, 5 kHz, its bins speak for what lies above 8 kHz
)

// strongNoise is one GTCRN and the overlapping windows around it.
type strongNoise struct {
	net *gtcrn

	fft    *fft
	window []float32 // root of Hann, before and after
	spec   []complex64
	low    [gtBins]complex64
	time   []float32
	in     []float32 // the last window's samples; what is new is behind filled
	filled int
	tail   []float32 // the second half of the last window
	out    []float32 // finished samples that no block took yet
}

func newStrong() (s strongNoise, err error) {
	if s.net, err = newGTCRN(); err != nil {
		return s, err
	}
	s.fft = newFFT(strongWindow)
	s.spec, s.time = make([]complex64, s.fft.bins()), make([]float32, strongWindow)
	s.in, s.tail = make([]float32, strongWindow), make([]float32, strongHop)
	s.out = make([]float32, 0, 3*strongHop)
	for i := range strongWindow {
		s.window = append(s.window, float32(math.Sin(math.Pi*(float64(i)+.5)/strongWindow)))
	}
	s.clear()
	return s, nil
}

// clear forgets all sound.
func (s *strongNoise) clear() {
	s.net.clear()
	clear(s.in)
	clear(s.tail)
	// Blocks and hops have 96 samples in common: with so much silence ahead, a block always finds all it needs.
	s.out = s.out[:strongHop-96]
	clear(s.out)
	s.filled = 0
}

// process puts the cleaned sound, three blocks late, into out.
func (s *strongNoise) process(out, in *Mono) {
	for rest := in[:]; len(rest) > 0; {
		n := copy(s.in[strongHop+s.filled:], rest)
		rest = rest[n:]
		if s.filled += n; s.filled == strongHop {
			s.hop()
			copy(s.in, s.in[strongHop:])
			s.filled = 0
		}
	}
	copy(out[:], s.out)
	s.out = s.out[:copy(s.out, s.out[frame.BlockSamples:])]
}

func (s *strongNoise) hop() {
	for i, v := range s.in {
		s.time[i] = v * s.window[i]
	}
	s.fft.forward(s.spec, s.time)
	s.suppress()
	s.fft.inverse(s.time, s.spec)
	for i := range strongHop {
		s.out = append(s.out, s.tail[i]+s.time[i]*s.window[i])
		s.tail[i] = s.time[strongHop+i] * s.window[strongHop+i]
	}
}

// suppress runs the network on the spectrum. Its numbers are those of 16 kHz: a third of ours.
func (s *strongNoise) suppress() {
	x := s.low[:]
	var before, after float32
	for k, v := range s.spec[:gtBins] {
		x[k] = complex(real(v)/3, imag(v)/3)
		if k >= strongTop {
			before += power(x[k])
		}
	}
	s.net.process(x)
	for k, v := range x {
		s.spec[k] = complex(3*real(v), 3*imag(v))
		if k >= strongTop {
			after += power(v)
		}
	}
	gain := min(1, float32(math.Sqrt(float64(after/(before+1e-12)))))
	for k := gtBins; k < len(s.spec); k++ {
		s.spec[k] *= complex(gain, 0)
	}
}

func power(a complex64) float32 { return real(a)*real(a) + imag(a)*imag(a) }
