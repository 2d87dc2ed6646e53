package audio

import (
	"math"
	"testing"
)

func TestTheHighPassTakesRumbleAndLeavesTheVoice(t *testing.T) {
	for _, c := range []struct{ hz, low, high float64 }{
		{20, -60, -46}, {40, -25, -23.5}, {80, -3.1, -2.9}, {160, -.05, 0}, {1000, -.01, .01}, {15000, -.01, .01},
	} {
		h, b := NewHighPass(), Mono{}
		var in, out float64
		for n := range 300 {
			for i := range b {
				b[i] = float32(.5 * math.Sin(2*math.Pi*c.hz*float64(n*len(b)+i)/48000))
			}
			before := b
			h.Process(&b)
			if n >= 100 {
				in, out = in+energy(before[:]), out+energy(b[:])
			}
		}
		gain := 10 * math.Log10(out/in)
		t.Logf("%5.0f Hz: %6.2f dB", c.hz, gain)
		if gain < c.low || gain > c.high {
			t.Errorf("%.0f Hz passes with %.2f dB, want %.2f to %.2f", c.hz, gain, c.low, c.high)
		}
	}
}
