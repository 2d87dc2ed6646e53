package audio

import "math"

// echoResidue suppresses the echo that subtracting a model leaves. It learns, a band of 750 Hz at a time, how much of the
// modelled echo's power leaks into the error: the least ratio of the two in the last seconds, because a voice near the
// microphone only ever raises it. A voice is thus taken for echo only as far as echo really was left when it was silent, and
// double talk stays clear; and where the error has much more power than the leak explains, the leak is taken as it is, without
// the margin that silences what is only echo. From leak and echo follows a Wiener filter by the decision-directed rule (Ephraim and Malah, 1984).
// While the model is new and knows of no echo, what the loudspeaker plays tells of it, by the least ratio of microphone to loudspeaker.
// What is taken away is filled up to the room's own noise, so that the background does not come and go with the echo.
type echoResidue struct {
	fft       *fft
	window    []float32 // root of Hann, before and after
	time      []float32
	err, echo residueInput
	far       []float32 // power of the loudspeaker's sound where the echo begins
	unsure    []float32 // power of the echo that the model's uncertainty lets expect
	speech    []float32 // power of what was kept in the block before
	noise     []float32 // power of the room's noise
	bands     []residueBand
	gain      []float32
	near      float32 // power of what was kept in this block that no uncertainty of the model explains
	expected  float32 // power of the echo in it before the model was subtracted
	door      echoDoor
	tail      Mono
	random    uint32
}

type residueInput struct {
	last  []float32 // two blocks
	spec  []complex64
	power []float32
}

// residueBand has smoothed powers of error, echo, microphone and loudspeaker, and of these the least ratios: error to echo, and
// microphone to loudspeaker. Doubt is how much the second counts, while the model is new and knows of no echo.
type residueBand struct {
	err, echo, mic, far float32
	leak, couple, doubt float32
}

const (
	residueBins   = 16   // in a band
	residueSpeed  = .05  // of the bands' smoothing, a block
	residueRise   = .001 // of the leak, a block: 0.4 dB a second
	residueOver   = 12   // a ratio's minimum lies below what has to be reckoned with
	residueDoubt  = 7    // how far above the leak an error is certainly more than echo
	residueTrust  = .985 // of the doubt that is left after a block in which the loudspeaker plays: 1 s in all
	residueDecay  = .8   // of the echo's power in a block: reverberation, 1 dB in 10 ms
	residueMemory = .92  // of the decision-directed rule
	residueLate   = 4    // how far the reverberation that no model covers may lie above its estimate
	residueUnsure = 8    // how far above what the uncertainty lets expect something is certainly more than echo
	residueLeast  = .01  // gain
	noiseRise     = .005 // a block: 2 dB a second
	noiseLeast    = 5e-7 // power in a bin: −90 dBFS
	noiseFill     = 2    // the least power lies below the mean
)

func newEchoResidue(f *fft) *echoResidue {
	bins := f.bins()
	input := func() residueInput {
		return residueInput{make([]float32, 2*echoHop), make([]complex64, bins), make([]float32, bins)}
	}
	r := &echoResidue{
		fft: f, time: make([]float32, echoFFT), err: input(), echo: input(),
		far: make([]float32, bins), unsure: make([]float32, bins), gain: make([]float32, bins), door: echoDoor{gain: 1},
		speech: make([]float32, bins), noise: make([]float32, bins),
		bands: make([]residueBand, (bins+residueBins-1)/residueBins), random: 1,
	}
	for i := range r.bands {
		r.bands[i].leak, r.bands[i].couple, r.bands[i].doubt = 1, 1, 1
	}
	for k := range r.noise {
		r.noise[k] = 1 // the first block's is less
	}
	r.window = rootOfHann(2 * echoHop)
	return r
}

// distrust believes for the moment that all there is may be echo: the model has just changed.
func (r *echoResidue) distrust() {
	for i := range r.bands {
		b := &r.bands[i]
		b.leak = min(1, b.err/(b.echo+echoTiny))
	}
}

// forget is for when the model knows nothing any more.
func (r *echoResidue) forget() {
	r.distrust()
	for i := range r.bands {
		r.bands[i].doubt = 1
	}
}

// process puts the error with less echo, a block late, into out. Far is the loudspeaker's spectrum where the echo begins, late the
// power of reverberation that the model does not cover, unsure that of echo which its own uncertainty lets expect; all are nil where there
// is no echo.
func (r *echoResidue) process(out, err, echo *Mono, far []complex64, late, unsure []float32) {
	r.transform(&r.err, err)
	r.transform(&r.echo, echo)
	for k := range r.noise {
		p := power(r.err.spec[k])
		r.err.power[k] += (p - r.err.power[k]) / 2
		r.echo.power[k] = max(power(r.echo.spec[k]), r.echo.power[k]*residueDecay)
		r.far[k] *= residueDecay
		if far != nil {
			r.far[k] = max(power(far[k]), r.far[k])
		}
		r.unsure[k] *= residueDecay
		if unsure != nil {
			r.unsure[k] = max(unsure[k], r.unsure[k])
		}
		rise := float32(1 + noiseRise)
		if r.echo.power[k] > r.noise[k] { // what is more may be echo
			rise = 1
		}
		r.noise[k] = max(min(r.noise[k]*rise, r.err.power[k]), noiseLeast)
	}
	r.near, r.expected = 0, 0
	for i := range r.bands {
		from := i * residueBins
		r.suppress(&r.bands[i], late, from, min(from+residueBins, len(r.noise)))
	}
	r.fill(r.door.pass(r.near, r.expected))
	r.fft.inverse(r.time, r.err.spec)
	for i := range out {
		out[i] = r.tail[i] + r.time[i]*r.window[i]
		r.tail[i] = r.time[echoHop+i] * r.window[echoHop+i]
	}
}

func (r *echoResidue) transform(in *residueInput, b *Mono) {
	copy(in.last, in.last[echoHop:])
	copy(in.last[echoHop:], b[:])
	for i, v := range in.last {
		r.time[i] = v * r.window[i]
	}
	clear(r.time[2*echoHop:])
	r.fft.forward(in.spec, r.time)
}

// fill applies the gains, and one for all, and puts the room's noise where something was taken away.
func (r *echoResidue) fill(all float32) {
	for k, v := range r.err.spec {
		gain := all * r.gain[k]
		noise := noiseFill * float32(math.Sqrt(float64((1-gain*gain)*r.noise[k])))
		r.err.spec[k] = complex(gain, 0)*v + complex(noise, 0)*r.direction()
	}
}

// suppress works out the gains of one band's bins.
func (r *echoResidue) suppress(b *residueBand, late []float32, from, to int) {
	var err, echo, mic, far, noise float32
	for k := from; k < to; k++ {
		err, echo, noise = err+r.err.power[k], echo+r.echo.power[k], noise+r.noise[k]
		mic, far = mic+power(r.err.spec[k]+r.echo.spec[k]), far+r.far[k]
	}
	b.err += residueSpeed * (max(err-noise, 0) - b.err)
	b.echo += residueSpeed * (echo - b.echo)
	b.mic += residueSpeed * (max(mic-noise, 0) - b.mic)
	b.far += residueSpeed * (far - b.far)
	if echo > 10*noise {
		b.leak = max(min(b.leak*(1+residueRise), 1, b.err/b.echo), 1e-4)
	}
	if b.couple*far > 10*noise {
		b.couple = max(min(b.couple*(1+residueRise), b.mic/b.far), 1e-6)
		b.doubt *= residueTrust
	}
	guess := b.doubt * b.couple
	over := max(1, residueOver*min(1, residueDoubt*max(b.leak*echo, guess*far)/(err+echoTiny)))
	r.expected += max(echo, guess*far)
	for k := from; k < to; k++ {
		left := over*max(b.leak*r.echo.power[k], guess*r.far[k]) + 1e-12
		if late != nil {
			left += residueLate * late[k]
		}
		p := power(r.err.spec[k])
		snr := residueMemory*r.speech[k]/left + (1-residueMemory)*max(p/left-1, 0)
		gain := max(snr/(1+snr), residueLeast)
		r.gain[k], r.speech[k] = gain, gain*gain*p
		r.near += max(r.speech[k]-residueUnsure*r.unsure[k], 0)
	}
}

// direction is a random number of mean power 1.
func (r *echoResidue) direction() complex64 {
	const scale = 1.2247 / (1 << 15) // root of 3/2: two evenly distributed parts have a power of 1/3 each
	r.random ^= r.random << 13       // Marsaglia, "Xorshift RNGs", 2003
	r.random ^= r.random >> 17
	r.random ^= r.random << 5
	return complex(scale*float32(int16(r.random>>16)), scale*float32(int16(r.random)))
}
