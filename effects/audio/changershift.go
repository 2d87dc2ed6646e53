package audio

import (
	"math"
	"math/cmplx"

	"vitrine/capture/frame"
)

const (
	binHz     = float64(frame.SampleRate) / changerFFT
	breathHz  = 250.0 // between the points at which the envelope of a consonant is read
	mostNodes = frame.SampleRate/2/pitchLeast + 3
	mostGain  = 5 // nepers that an envelope may raise a harmonic by: 43 dB
)

// shifter moves one spectrum after the other. The envelope is a row of logarithms at equal distances in frequency.
type shifter struct {
	turn  float64 // phase of the shift at the fundamental, rad
	nodes [mostNodes]float64
	n     int
	poles poles
	// rest is what the model leaves of each node, hertz the distance of the nodes.
	rest  [mostNodes]float64
	hertz float64
	gains [mostNodes]float64
}

// process puts the voice in into out. Hertz is its pitch, 0 if none, before that of the frame before.
func (s *shifter) process(out, in *[changerBins]complex64, before, hertz float64, v Voice) {
	formant := math.Exp2(v.Formant / 12)
	if hertz == 0 {
		s.turn = 0
		s.breathe(out, in, formant)
	} else {
		s.sing(out, in, before, hertz, formant, v)
	}
	equalise(out, in)
}

// sing moves a vowel.
func (s *shifter) sing(out, in *[changerBins]complex64, before, hertz, formant float64, v Voice) {
	ratio := math.Exp2(v.Pitch / 12)
	if v.Monotone != 0 {
		ratio *= v.Monotone / hertz
	}
	if before == 0 {
		before = hertz
	} else {
		move := ratio*hertz - hertz
		if v.Monotone == 0 {
			move = (ratio - 1) * (hertz + before) / 2
		}
		s.turn = math.Mod(s.turn+2*math.Pi*move*frame.BlockSamples/frame.SampleRate, 2*math.Pi)
	}
	s.readHarmonics(in, hertz)
	clear(out[:])
	step := cmplx.Rect(1, s.turn)
	turn := step
	const end = frame.SampleRate / 2
	for k := 1; float64(k)*hertz*max(ratio, 1) < end-hertz; k++ {
		at := float64(k)
		gain := s.gain(k, at*ratio/formant)
		moveBins(out, in, at*hertz/binHz, hertz/binHz, (ratio-1)*at*hertz/binHz, complex64(turn*complex(gain, 0)))
		turn *= step
	}
	// What a lower pitch leaves empty at the top is mostly breath, which may stay where it was.
	for k := int((end-hertz)*ratio/hertz) + 1; ratio < 1 && float64(k)*hertz < end-hertz; k++ {
		at := float64(k)
		moveBins(out, in, at*hertz/binHz, hertz/binHz, 0, complex(float32(s.gain(k, at/formant)), 0))
	}
}

// gain is what takes the sound at a node of the envelope to its height at x.
func (s *shifter) gain(node int, x float64) float64 {
	return math.Exp(min(s.envelope(x)-s.nodes[node], mostGain))
}

// moveBins adds the bins around a place, as many as width, to those shifted by a distance that need not be whole, turned and
// scaled by factor. The spectrum is smooth, since its window lies around time 0, so that a cubic finds what is between bins.
func moveBins(out, in *[changerBins]complex64, place, width, distance float64, factor complex64) {
	from := int(math.Ceil(place - width/2 + distance))
	to := int(math.Ceil(place + width/2 + distance))
	whole := math.Floor(-distance)
	x := float32(-distance - whole)
	w0, w1 := -x*(x-1)*(x-2)/6, (x+1)*(x-1)*(x-2)/2
	w2, w3 := -(x+1)*x*(x-2)/2, (x+1)*x*(x-1)/6
	from = max(from, 0, 1-int(whole))
	to = min(to, changerBins, changerBins-2-int(whole))
	if from >= to {
		return
	}
	src := in[from+int(whole)-1:]
	for i := range out[from:to] {
		a, b, c, d := src[i], src[i+1], src[i+2], src[i+3]
		re := real(a)*w0 + real(b)*w1 + real(c)*w2 + real(d)*w3
		im := imag(a)*w0 + imag(b)*w1 + imag(c)*w2 + imag(d)*w3
		out[from+i] += complex(re, im) * factor
	}
}

// breathe moves the formants of a consonant.
func (s *shifter) breathe(out, in *[changerBins]complex64, formant float64) {
	if formant == 1 {
		*out = *in
		return
	}
	s.readBands(in)
	for k := range s.n {
		s.gains[k] = s.gain(k, float64(k)/formant)
	}
	for i, c := range in {
		at := float64(i) * binHz / breathHz
		k := min(int(at), s.n-2)
		g := float32(s.gains[k] + (s.gains[k+1]-s.gains[k])*(at-float64(k)))
		out[i] = complex(real(c)*g, imag(c)*g)
	}
}

// readHarmonics takes the envelope at the harmonics of a pitch.
func (s *shifter) readHarmonics(in *[changerBins]complex64, hertz float64) {
	s.n = 1
	for k := 1; k < mostNodes; k++ {
		from, to := int((float64(k)-0.5)*hertz/binHz)+1, int((float64(k)+0.5)*hertz/binHz)
		if to >= changerBins-1 {
			break
		}
		best, most := from, float32(-1)
		for i, c := range in[from : to+1] {
			if p := real(c)*real(c) + imag(c)*imag(c); p > most {
				best, most = from+i, p
			}
		}
		_, height := summit(float64(size(in[best-1])), float64(size(in[best])), float64(size(in[best+1])), best)
		s.nodes[k] = math.Log(height + 1e-9)
		s.n++
	}
	s.poles.fit(s.nodes[:s.n], hertz)
	s.hertz = hertz
	for k := 1; k < s.n; k++ {
		s.rest[k] = s.nodes[k] - s.model(float64(k))
	}
	s.rest[0] = s.rest[1]
}

// model is what the resonances say about x nodes from 0 Hz; nothing where they do not reach.
func (s *shifter) model(x float64) float64 {
	f := x * s.hertz
	if !s.poles.on || f >= poleTop {
		return 0
	}
	return s.poles.at(f, s.hertz) * min((poleTop-f)/poleBlend, 1)
}

// readBands takes the envelope by the power in bands.
func (s *shifter) readBands(in *[changerBins]complex64) {
	const perBand = breathHz / binHz
	s.n = int((changerBins-1)/perBand) + 1
	for k := range s.n {
		from, to := max(0, int((float64(k)-0.75)*perBand)), min(changerBins, int((float64(k)+0.75)*perBand)+1)
		var sum float64
		for _, c := range in[from:to] {
			sum += float64(real(c)*real(c) + imag(c)*imag(c))
		}
		s.nodes[k] = math.Log(sum/float64(to-from)+1e-18) / 2
	}
	s.poles.on, s.rest = false, s.nodes
}

// envelope is the logarithm at x nodes from 0 Hz: the model's, and what that leaves of the nodes by a cubic (Catmull and Rom).
func (s *shifter) envelope(x float64) float64 {
	x = min(x, float64(s.n-1))
	k := int(x)
	node := func(i int) float64 { return s.rest[min(max(i, 0), s.n-1)] }
	a, b, c, d := node(k-1), node(k), node(k+1), node(k+2)
	t := x - float64(k)
	return s.model(x) + b + t/2*(c-a+t*(2*a-5*b+4*c-d+t*(3*(b-c)+d-a)))
}

// equalise makes out as loud as in, within reason.
func equalise(out, in *[changerBins]complex64) {
	var was, is float64
	for i, c := range in {
		was += float64(real(c)*real(c) + imag(c)*imag(c))
		c = out[i]
		is += float64(real(c)*real(c) + imag(c)*imag(c))
	}
	if is == 0 || is == was {
		return
	}
	g := float32(min(max(math.Sqrt(was/is), 0.25), 4))
	for i, c := range out {
		out[i] = complex(real(c)*g, imag(c)*g)
	}
}
