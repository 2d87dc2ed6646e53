package audio

import (
	"math"

	"vitrine/capture/frame"
)

// Bands is the number of an Equaliser's bands, BandHz their middles: octaves. The outer two are shelves.
const Bands = 10

var BandHz = [Bands]float64{31.5, 63, 125, 250, 500, 1000, 2000, 4000, 8000, 16000}

// MostBandDB is the most that a band may be raised or lowered.
const MostBandDB = 12

// eqStep is how often a moving band gets new coefficients, in samples: 1 ms, by so little that no step is heard.
const eqStep = 48

// eqKeep is what remains of a band's distance to its setting after each step: it arrives in about 0.1 s.
var eqKeep = math.Exp(-1.0 / 30)

// Equaliser colours a voice in ten octaves by peaking filters between two shelves (Bristow-Johnson, "Audio EQ Cookbook"). Bands at
// 0 dB cost nothing and change nothing. It adds no delay. The zero value is flat.
type Equaliser struct {
	want, now [Bands]float64 // dB
	sections  [Bands]eqSection
}

// Set wants gains in dB, each within ±MostBandDB; the sound glides there.
func (e *Equaliser) Set(gains [Bands]float64) {
	for i, g := range gains {
		e.want[i] = min(max(g, -MostBandDB), MostBandDB)
	}
}

// Process filters one block in place.
func (e *Equaliser) Process(b *Mono) {
	for i := range e.sections {
		switch {
		case e.now[i] != e.want[i]:
			for from := 0; from < frame.BlockSamples; from += eqStep {
				e.glide(i)
				e.sections[i].process(b[from : from+eqStep])
			}
		case e.now[i] != 0:
			e.sections[i].process(b[:])
		}
	}
}

// glide moves a band one step. Coming to rest at 0 dB it forgets its past: the filter does nothing by then.
func (e *Equaliser) glide(i int) {
	d := (e.now[i] - e.want[i]) * eqKeep
	if math.Abs(d) < 1e-3 {
		d = 0
	}
	e.now[i] = e.want[i] + d
	if e.now[i] == 0 {
		e.sections[i] = eqSection{b0: 1}
		return
	}
	e.sections[i].tune(i, e.now[i])
}

// eqSection is a second-order section in transposed direct form II; float64 because poles at 31.5 Hz are close to 1.
type eqSection struct{ b0, b1, b2, a1, a2, z1, z2 float64 }

func (s *eqSection) process(b []float32) {
	z1, z2 := s.z1, s.z2
	for i, v := range b {
		x := float64(v)
		y := s.b0*x + z1
		z1 = s.b1*x - s.a1*y + z2
		z2 = s.b2*x - s.a2*y
		b[i] = float32(y)
	}
	s.z1, s.z2 = z1, z2
}

// tune sets the coefficients of a band: one octave wide between the points of half its gain in dB, shelves as steep as they
// can be without a bump.
func (s *eqSection) tune(band int, db float64) {
	a := math.Pow(10, db/40)
	w := 2 * math.Pi * BandHz[band] / frame.SampleRate
	sin, cos := math.Sincos(w)
	switch band {
	case 0:
		s.shelf(a, cos, sin/math.Sqrt2)
	case Bands - 1:
		s.shelf(1/a, cos, sin/math.Sqrt2)
		// A high shelf is a low shelf the other way round, raised by its gain.
		s.b0, s.b1, s.b2 = s.b0*a*a, s.b1*a*a, s.b2*a*a
	default:
		alpha := sin * math.Sinh(math.Ln2/2*w/sin)
		a0 := 1 + alpha/a
		s.b0, s.b1, s.b2 = (1+alpha*a)/a0, -2*cos/a0, (1-alpha*a)/a0
		s.a1, s.a2 = -2*cos/a0, (1-alpha/a)/a0
	}
}

// shelf is the low one of slope 1, with alpha = sin/2·√2.
func (s *eqSection) shelf(a, cos, alpha float64) {
	root := 2 * math.Sqrt(a) * alpha
	a0 := (a + 1) + (a-1)*cos + root
	s.b0 = a * ((a + 1) - (a-1)*cos + root) / a0
	s.b1 = 2 * a * ((a - 1) - (a+1)*cos) / a0
	s.b2 = a * ((a + 1) - (a-1)*cos - root) / a0
	s.a1 = -2 * ((a - 1) + (a+1)*cos) / a0
	s.a2 = ((a + 1) + (a-1)*cos - root) / a0
}
