package audio

import (
	"math"

	"vitrine/capture/frame"
)

// HighPass takes away what lies below a voice: a Butterworth filter of 4th order, −3 dB at 80 Hz, 24 dB an octave below, as two
// sections by the bilinear transform (Bristow-Johnson, "Audio EQ Cookbook"). It adds no delay. Make it with NewHighPass.
type HighPass struct{ sections [2]hpSection }

// hpSection is a second-order section in transposed direct form II; float64 because poles this close to 1 need it.
type hpSection struct{ b0, b1, b2, a1, a2, z1, z2 float64 }

const hpCorner = 80 // Hz

// NewHighPass returns a filter at rest.
func NewHighPass() *HighPass {
	var h HighPass
	for i := range h.sections {
		// The poles of a Butterworth filter of order 4 lie at 22.5° and 67.5° from the real axis.
		q := 1 / (2 * math.Cos((2*float64(i)+1)*math.Pi/8))
		h.sections[i] = newHPSection(hpCorner, q)
	}
	return &h
}

func newHPSection(hz, q float64) hpSection {
	sin, cos := math.Sincos(2 * math.Pi * hz / frame.SampleRate)
	alpha := sin / (2 * q)
	a0 := 1 + alpha
	return hpSection{
		b0: (1 + cos) / 2 / a0, b1: -(1 + cos) / a0, b2: (1 + cos) / 2 / a0,
		a1: -2 * cos / a0, a2: (1 - alpha) / a0,
	}
}

// Process filters one block in place.
func (h *HighPass) Process(b *Mono) {
	for i := range h.sections {
		s := &h.sections[i]
		for j, v := range b {
			x := float64(v)
			y := s.b0*x + s.z1
			s.z1 = s.b1*x - s.a1*y + s.z2
			s.z2 = s.b2*x - s.a2*y
			b[j] = float32(y)
		}
	}
}
