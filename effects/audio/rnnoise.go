package audio

import (
	"math"

	"vitrine/capture/frame"
)

// rnnoise is RNNoise (Valin, "A Hybrid DSP/Deep Learning Approach to Real-Time Full-Band Speech Enhancement", 2018, arXiv:1709.08243)
// with its state, for one block after the other of 480 samples in the range of 16-bit integers. A small network says by how much
// to turn down each of 22 bands; a comb filter, tuned to the voice's pitch, takes out what lies between harmonics. It is run here and
// not as the program that it comes in, because that takes four times as long.
type rnnoise struct {
	hear  rnFeatures
	pitch rnPitch
	net   *rnNetwork

	fft    *fft
	window [rnWindow]float32
	slow   [2]float32        // what the high-pass filter remembers
	past   [rnPast]float32   // filtered samples, the block's last
	spec   []complex64       // of the last window
	before []complex64       // of the window that is a period of the voice earlier
	time   [rnWindow]float32 // before or after a transform
	gain   [rnBands]float32  // of the bands in the block before
	tail   Mono              // the second half of the last window
}

const (
	rnWindow = 2 * frame.BlockSamples
	rnPast   = rnWindow + rnLongest
	// rnSilence is the energy of a window, with samples in the range of 16-bit integers, below which nothing is done to it.
	rnSilence = .04
	// rnFall is what a band's gain keeps at least from block to block: in 135 ms it falls by 60 dB, as sound in a room may (section
	// "Gain smoothing").
	rnFall = .6
)

// newRNNoise reads the network out of rnnoise.wasm.
func newRNNoise() (*rnnoise, error) {
	net, err := newRNNetwork()
	if err != nil {
		return nil, err
	}
	r := &rnnoise{hear: newRNFeatures(), pitch: newRNPitch(), net: net, fft: newFFT(rnWindow)}
	r.spec, r.before = make([]complex64, r.fft.bins()), make([]complex64, r.fft.bins())
	for i := range r.window { // Vorbis' window: its square and that of the next window add up to 1
		sin := math.Sin(math.Pi * (float64(i) + .5) / rnWindow)
		r.window[i] = float32(math.Sin(math.Pi / 2 * sin * sin))
	}
	return r, nil
}

// process cleans b in place and returns the probability that it is speech. What comes out is of the block before.
func (r *rnnoise) process(b *Mono) (speech float32) {
	r.highPass(b)
	copy(r.past[:], r.past[len(b):])
	copy(r.past[rnPast-len(b):], b[:])
	r.transform(r.spec, 0)
	energy := r.hear.sums(r.spec, r.spec)
	period := r.pitch.find(&r.past)
	var sum float32
	for _, e := range energy {
		sum += e
	}
	if sum >= rnSilence {
		speech = r.suppress(&energy, period)
	}
	r.fft.inverse(r.time[:], r.spec)
	for i := range b {
		b[i] = r.tail[i] + r.time[i]*r.window[i]
		r.tail[i] = r.time[len(b)+i] * r.window[len(b)+i]
	}
	return speech
}

// highPass takes out what is below some 20 Hz. Its poles are so close to 1 that rounding is heard by the network; it therefore rounds
// as the program does, to 32 bits after each step.
func (r *rnnoise) highPass(b *Mono) {
	const a1, a2 = float64(float32(-1.99599)), float64(float32(.996))
	for i, x := range b {
		y := x + r.slow[0]
		r.slow[0] = float32(float64(r.slow[1]) + (-2*float64(x) - a1*float64(y)))
		r.slow[1] = float32(float64(x) - a2*float64(y))
		b[i] = y
	}
}

// transform puts into spec the spectrum of the window that ends as many samples earlier.
func (r *rnnoise) transform(spec []complex64, earlier int) {
	for i, v := range r.past[rnPast-rnWindow-earlier:][:rnWindow] {
		r.time[i] = v * r.window[i]
	}
	r.fft.forward(spec, r.time[:])
}

// suppress cleans the spectrum, whose bands have that energy, and returns the probability that it is speech.
func (r *rnnoise) suppress(energy *[rnBands]float32, period int) float32 {
	r.transform(r.before, period)
	energyBefore := r.hear.sums(r.before, r.before)
	alike := r.hear.sums(r.spec, r.before)
	for i := range alike {
		alike[i] /= float32(math.Sqrt(.001 + float64(energy[i]*energyBefore[i])))
	}
	r.hear.listen(energy, &alike, period)
	gain, speech := r.net.process(r.hear.features[:])
	r.comb(energy, &energyBefore, &alike, gain)
	restore := r.hear.sums(r.spec, r.spec)
	for i := range restore {
		restore[i] = float32(math.Sqrt(float64(energy[i]) / (1e-8 + float64(restore[i]))))
		r.gain[i] = max(gain[i], rnFall*r.gain[i])
	}
	for k := range rnTop {
		r.spec[k] = scaled(r.spec[k], r.hear.at(&restore, k)*r.hear.at(&r.gain, k))
	}
	clear(r.spec[rnTop:])
	return speech
}

// comb adds to each band of the spectrum so much of that a period earlier as makes it as periodic as the speech in it is held to be, all
// of it where it is more alike than the gain is high (section "Pitch filtering").
func (r *rnnoise) comb(energy, before, alike, gain *[rnBands]float32) {
	var share [rnBands]float32
	for i, p := range alike {
		share[i] = 1
		if g := gain[i]; p <= g {
			ratio := float64(p*p*(1-g*g)) / (.001 + float64(g*g*(1-p*p)))
			share[i] = float32(math.Sqrt(min(1, max(0, ratio))))
		}
		share[i] *= float32(math.Sqrt(float64(energy[i]) / (1e-8 + float64(before[i]))))
	}
	for k := range rnTop {
		r.spec[k] += scaled(r.before[k], r.hear.at(&share, k))
	}
}
