package audio

import (
	"context"
	"math"

	"vitrine/capture/frame"
)

// GTCRN was trained on spectra of 32 ms every 16 ms at 16 kHz. Spectra of as long at 48 kHz have bins at the same frequencies,
// so its 257 bins are cut out of ours, and no resampler is needed.
const (
	strongHop    = 768
	strongWindow = 2 * strongHop
	strongBins   = 257 // up to 8 kHz
	strongTop    = 160 // from here, 5 kHz, its bins speak for what lies above 8 kHz
)

// The network's arguments: the spectrum, three caches that carry its state, and where it puts the same for the next call.
// Lengths in numbers.
var strongLengths = [...]int{2 * strongBins, 16896, 96, 1056}

// strongNoise is one instance of GTCRN and the overlapping windows around it.
type strongNoise struct {
	net *network
	at  [8]uint32

	fft    *fft
	window []float32 // root of Hann, before and after
	spec   []complex64
	time   []float32
	in     []float32 // the last window's samples; what is new is behind filled
	filled int
	tail   []float32 // the second half of the last window
	out    []float32 // finished samples that no block took yet
}

func (n *Networks) newStrong(ctx context.Context) (s strongNoise, err error) {
	// By its locked hash this build of the program has these short names: d initialises, h runs the network, k allocates.
	if s.net, err = n.start(ctx, n.gtcrn, "d", "h"); err != nil {
		return s, err
	}
	for i := range s.at {
		if s.at[i], err = s.net.call(ctx, "k", uint64(4*strongLengths[i%4])); err != nil {
			return s, err
		}
	}
	s.net.args = make([]uint64, 8)
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
	for i, at := range s.at {
		clear(s.net.floats(at, strongLengths[i%4]))
	}
	clear(s.in)
	clear(s.tail)
	// Blocks and hops have 96 samples in common: with so much silence ahead, a block always finds all it needs.
	s.out = s.out[:strongHop-96]
	clear(s.out)
	s.filled = 0
}

// process puts the cleaned sound, three blocks late, into out.
func (s *strongNoise) process(out, in *Mono) error {
	for rest := in[:]; len(rest) > 0; {
		n := copy(s.in[strongHop+s.filled:], rest)
		rest = rest[n:]
		if s.filled += n; s.filled == strongHop {
			if err := s.hop(); err != nil {
				return err
			}
			copy(s.in, s.in[strongHop:])
			s.filled = 0
		}
	}
	copy(out[:], s.out)
	s.out = s.out[:copy(s.out, s.out[frame.BlockSamples:])]
	return nil
}

func (s *strongNoise) hop() error {
	for i, v := range s.in {
		s.time[i] = v * s.window[i]
	}
	s.fft.forward(s.spec, s.time)
	if err := s.suppress(); err != nil {
		return err
	}
	s.fft.inverse(s.time, s.spec)
	for i := range strongHop {
		s.out = append(s.out, s.tail[i]+s.time[i]*s.window[i])
		s.tail[i] = s.time[strongHop+i] * s.window[strongHop+i]
	}
	return nil
}

// suppress runs the network on the spectrum. Its numbers are those of 16 kHz: a third of ours.
func (s *strongNoise) suppress() error {
	x := s.net.floats(s.at[0], 2*strongBins)
	for k, v := range s.spec[:strongBins] {
		x.set(2*k, real(v)/3)
		x.set(2*k+1, imag(v)/3)
	}
	for i := range s.at {
		s.net.args[i] = uint64(s.at[i])
	}
	if err := s.net.work.CallWithStack(context.Background(), s.net.args); err != nil {
		return err
	}
	for i := 1; i < 4; i++ {
		s.at[i], s.at[i+4] = s.at[i+4], s.at[i]
	}
	var before, after float32
	y := s.net.floats(s.at[4], 2*strongBins)
	for k := range strongBins {
		v := s.spec[k]
		s.spec[k] = complex(3*y.at(2*k), 3*y.at(2*k+1))
		if k >= strongTop {
			before, after = before+power(v), after+power(s.spec[k])
		}
	}
	gain := min(1, float32(math.Sqrt(float64(after/(before+1e-12)))))
	for k := strongBins; k < len(s.spec); k++ {
		s.spec[k] *= complex(gain, 0)
	}
	return nil
}

func power(a complex64) float32 { return real(a)*real(a) + imag(a)*imag(a) }
