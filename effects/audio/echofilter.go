package audio

import (
	"math"

	"vitrine/capture/frame"
)

const (
	echoHop   = frame.BlockSamples
	echoFFT   = 1024
	echoOld   = echoFFT - echoHop
	echoShare = float32(echoHop) / echoFFT
	echoSpan  = 28 // partitions of 10 ms
)

const (
	// What is expected of an echo before anything is known: the power of its first 10 ms, and what is left of it 10 ms later.
	echoFirst, echoDecay = .1, .88
	// How fast the estimate of what is not echo follows the error's power.
	echoNear = .3
	// Partitions a block whose weights are held to the 10 ms that they stand for.
	echoConstrained = 4
	echoTiny        = 1e-9
	// What part of a change of the whole way is expected of each partition, however small its weights are.
	echoHope = 1
)

// echoFilter is a model of the way from loudspeaker to microphone: a partitioned-block frequency-domain Kalman filter. Each bin
// of each partition has a weight and an uncertainty, the expected power of the weight's error; where the weights are uncertain
// and the microphone hears little else, they learn fast, and not at all where somebody speaks.
type echoFilter struct {
	forget float32 // how much of itself the way changes in a block, as power
	w      [][]complex64
	p      [][]float32
	near   []float32         // power of the error, smoothed
	unsure []float32         // power of the echo that the weights' uncertainty lets expect in the error
	next   int               // the partition to hold to its 10 ms
	part   [echoSpan]float32 // mean power of the weights of each partition
	usual  [echoSpan]float32 // part of all power that is expected there
	strong float32           // sum of part
	echo   Mono              // the echo as modelled
	err    Mono              // the microphone less the echo
	loud   float32           // energy of err, smoothed
}

func newEchoFilter(forget float32, bins int) echoFilter {
	f := echoFilter{forget: forget, near: make([]float32, bins), unsure: make([]float32, bins)}
	for range echoSpan {
		f.w = append(f.w, make([]complex64, bins))
		f.p = append(f.p, make([]float32, bins))
	}
	for i := range f.usual {
		f.usual[i] = float32((1 - echoDecay) * math.Pow(echoDecay, float64(i)))
	}
	f.reset()
	return f
}

// reset forgets all weights and makes them as uncertain as at the start.
func (f *echoFilter) reset() {
	f.part, f.strong = [echoSpan]float32{}, 0
	for i, p := range f.p {
		clear(f.w[i])
		for k := range p {
			p[k] = float32(echoFirst * math.Pow(echoDecay, float64(i)))
		}
	}
}

// subtract takes the echo that it expects from the microphone's sound.
func (f *echoFilter) subtract(e *Echo, mic *Mono) {
	clear(e.spec)
	for i, w := range f.w {
		echoMultiply(e.spec, e.far(i), w)
	}
	e.fft.inverse(e.time, e.spec)
	copy(f.echo[:], e.time[echoOld:])
	var sum float32
	for i, v := range mic {
		d := v - f.echo[i]
		f.err[i] = d
		sum += d * d
	}
	f.loud += .1 * (sum - f.loud)
}

// learn improves the weights by the error that is left.
func (f *echoFilter) learn(e *Echo) {
	clear(e.time[:echoOld])
	copy(e.time[echoOld:], f.err[:])
	e.fft.forward(e.spec, e.time)
	clear(e.gain)
	for i, p := range f.p {
		echoSpread(e.gain, e.far(i), p)
	}
	for k, v := range e.spec {
		f.unsure[k] = echoShare * e.gain[k]
		f.near[k] += echoNear * (power(v) - f.near[k])
		e.gain[k] = 1 / (e.gain[k] + f.near[k]/echoShare + echoTiny)
	}
	for i, w := range f.w {
		echoLearn(w, f.p[i], e.far(i), e.spec, e.gain, echoShare, f.forget)
	}
	for range echoConstrained {
		w := f.w[f.next]
		e.fft.inverse(e.time, w)
		clear(e.time[echoHop:])
		e.fft.forward(w, e.time)
		f.hope(f.next)
		f.next = (f.next + 1) % echoSpan
	}
}

// hope has the weights of a partition change by a part of what is usual at its place, however small they are: else those that happened to
// be near zero when they became certain would stay there.
func (f *echoFilter) hope(i int) {
	var sum float32
	for _, v := range f.w[i] {
		sum += power(v)
	}
	n := float32(len(f.w[i]))
	f.strong += sum/n - f.part[i]
	f.part[i] = sum / n
	more := echoHope * f.forget * echoSpan / echoConstrained * f.strong * f.usual[i]
	for k := range f.p[i] {
		f.p[i][k] += more
	}
}

// become takes over all that another filter knows.
func (f *echoFilter) become(o *echoFilter) {
	for i := range f.w {
		copy(f.w[i], o.w[i])
		copy(f.p[i], o.p[i])
	}
	copy(f.near, o.near)
	copy(f.unsure, o.unsure)
	f.part, f.strong = o.part, o.strong
	f.loud = o.loud
}
