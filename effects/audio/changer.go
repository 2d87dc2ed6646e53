package audio

import (
	"math"

	"vitrine/capture/frame"
)

// Voice is what a Changer makes of the host's. The zero value leaves it alone.
type Voice struct {
	// Pitch and Formant move the melody and the size of the mouth, each without the other, in semitones from −12 to 12.
	Pitch, Formant float64
	// Monotone speaks all vowels at this pitch, in Hz; 0 keeps the melody.
	Monotone float64
	// Narrow cuts to a telephone's band, 300 to 3400 Hz.
	Narrow bool
}

// shifts says whether the voice needs the spectrum, and thus its delay.
func (v Voice) shifts() bool { return v.Pitch != 0 || v.Formant != 0 || v.Monotone != 0 }

func (v Voice) limited() Voice {
	v.Pitch, v.Formant = min(max(v.Pitch, -12), 12), min(max(v.Formant, -12), 12)
	if v.Monotone != 0 {
		v.Monotone = min(max(v.Monotone, 60), 500)
	}
	return v
}

const (
	changerWindow  = 2400 // samples, 50 ms: harmonics of 70 Hz stand apart
	changerFFT     = 3072
	changerBins    = changerFFT/2 + 1
	changerOverlap = changerWindow / frame.BlockSamples
)

// Changer changes a voice's pitch and its formants. Vowels are moved harmonic by harmonic in the
// short-time spectrum: the bins around harmonic k go together (Laroche and Dolson, "New phase vocoder techniques for
// pitch-shifting", WASPAA 1999) and are turned by k times one common phase, so that the harmonics stay aligned as the glottis
// made them; that keeps the voice close, where free phases sound like a bathroom. The envelope is read at the harmonics
// (Paul, "The spectral envelope estimation vocoder", 1981), with the resonances that stand between two of them (see poles), and put
// back in its place, moved by the formants' shift. Consonants,
// which have no pitch, keep their spectrum but for the formants. Loudness stays. Make it with NewChanger.
type Changer struct {
	voice Voice

	window        [changerWindow]float32
	past, overlap [changerWindow]float32
	frame         [changerFFT]float32
	fft           *fft
	in, out       [changerBins]complex64
	pitch         pitch
	shift         shifter
	warm          int     // blocks that the overlap holds
	wet           float32 // 0 passes the voice, 1 the changed one

	narrow   [4]eqSection
	narrowBy float32
}

// NewChanger returns a changer that is off.
func NewChanger() *Changer {
	c := &Changer{fft: newFFT(changerFFT)}
	for i := range c.window {
		c.window[i] = float32(0.5 - 0.5*math.Cos(2*math.Pi*float64(i)/changerWindow))
	}
	c.pitch.prepare(c.fft, &c.window)
	for i, pass := range []struct{ hz, q, sign float64 }{{300, 0.541, 1}, {300, 1.307, 1}, {3400, 0.541, -1}, {3400, 1.307, -1}} {
		c.narrow[i].cut(pass.hz, pass.q, pass.sign)
	}
	return c
}

// Set wants another voice; pitch and formants move with the next block, the rest fades over one.
func (c *Changer) Set(v Voice) {
	c.voice = v.limited()
}

// Latency is how much later the voice comes out, in samples: 40 ms while pitch or formants are changed, otherwise nothing.
func (c *Changer) Latency() int {
	if c.voice.shifts() {
		return changerWindow - frame.BlockSamples
	}
	return 0
}

// Process changes one block in place.
func (c *Changer) Process(b *Mono) {
	copy(c.past[:], c.past[frame.BlockSamples:])
	copy(c.past[changerWindow-frame.BlockSamples:], b[:])
	c.mixShifted(b)
	c.mixNarrow(b)
}

// mixShifted fades between the voice and the shifted one, which is worked out only while it is heard.
func (c *Changer) mixShifted(b *Mono) {
	on := c.voice.shifts()
	if !on && c.wet == 0 {
		c.warm = 0
		return
	}
	shifted := c.shifted()
	var to float32
	if on && c.warm >= changerOverlap {
		to = 1
	}
	blend(b, &shifted, &c.wet, to)
}

// blend mixes x into b along a line from *share to the share wanted.
func blend(b, x *Mono, share *float32, to float32) {
	step, g := (to-*share)/frame.BlockSamples, *share
	for i, v := range b {
		g += step
		b[i] = v + g*(x[i]-v)
	}
	*share = to
}

// shifted works out the next block.
func (c *Changer) shifted() (out Mono) {
	if c.warm == 0 {
		c.overlap = [changerWindow]float32{}
		c.pitch.hertz, c.shift.turn = 0, 0
	}
	c.warm = min(c.warm+1, changerOverlap)
	const half = changerWindow / 2
	// The window's middle is the transform's first sample: phases then belong to that moment, and spectra are smooth.
	clear(c.frame[half : changerFFT-half])
	for i := range half {
		c.frame[changerFFT-half+i] = c.past[i] * c.window[i]
		c.frame[i] = c.past[half+i] * c.window[half+i]
	}
	c.fft.forward(c.in[:], c.frame[:])
	before := c.pitch.hertz
	c.pitch.find(&c.in)
	c.shift.process(&c.out, &c.in, before, c.pitch.hertz, c.voice)
	c.fft.inverse(c.frame[:], c.out[:])
	// Squared Hann windows at this overlap add up to 3/8 of their number.
	const scale = 1 / (0.375 * changerOverlap)
	for i := range half {
		c.overlap[i] += c.frame[changerFFT-half+i] * c.window[i] * scale
		c.overlap[half+i] += c.frame[i] * c.window[half+i] * scale
	}
	copy(out[:], c.overlap[:])
	n := copy(c.overlap[:], c.overlap[frame.BlockSamples:])
	clear(c.overlap[n:])
	return out
}

// mixNarrow fades the telephone in and out.
func (c *Changer) mixNarrow(b *Mono) {
	if !c.voice.Narrow && c.narrowBy == 0 {
		return
	}
	cut := *b
	for i := range c.narrow {
		c.narrow[i].process(cut[:])
	}
	var to float32
	if c.voice.Narrow {
		to = 1
	}
	blend(b, &cut, &c.narrowBy, to)
}

// cut makes the section a high-pass (sign 1) or low-pass (−1) of the cookbook.
func (s *eqSection) cut(hz, q, sign float64) {
	sin, cos := math.Sincos(2 * math.Pi * hz / frame.SampleRate)
	alpha := sin / (2 * q)
	a0 := 1 + alpha
	s.b0, s.b1, s.b2 = (1+sign*cos)/2/a0, -sign*(1+sign*cos)/a0, (1+sign*cos)/2/a0
	s.a1, s.a2 = -2*cos/a0, (1-alpha)/a0
}
