package audio

import (
	"math"
	"testing"
)

// tones sends sines of the given levels (dBFS) through p, a second each, and returns the gain in the last 100 ms of each.
func tones(p func(*Mono), levels ...float64) []float64 {
	var gains []float64
	n := 0
	for _, level := range levels {
		var in, out float64
		for block := range 100 {
			var b Mono
			for i := range b {
				b[i] = float32(math.Pow(10, level/20) * math.Sin(2*math.Pi*1000*float64(n)/48000))
				n++
			}
			before := b
			p(&b)
			if block >= 90 {
				in, out = in+energy(before[:]), out+energy(b[:])
			}
		}
		gains = append(gains, 10*math.Log10(out/in))
	}
	return gains
}

func TestAGateClosesInPausesOnlyAndHasHysteresis(t *testing.T) {
	g := NewGate()
	g.Set(-40, 20)
	levels := []float64{-20, -42, -60, -42, -38, -50}
	want := []float64{0, 0, -20, -20, 0, -20}
	for i, gain := range tones(g.Process, levels...) {
		t.Logf("%.0f dBFS: %.2f dB", levels[i], gain)
		if math.Abs(gain-want[i]) > .2 {
			t.Errorf("a tone of %.0f dBFS passes with %.2f dB, want %.0f", levels[i], gain, want[i])
		}
	}
}

func TestAGateNeitherClicksNorSwallowsTheFirstSound(t *testing.T) {
	g := NewGate()
	g.Set(-40, 60)
	tones(g.Process, -80)
	var b Mono
	for i := range b {
		b[i] = float32(.3 * math.Sin(2*math.Pi*200*float64(i)/48000))
	}
	in := b
	g.Process(&b)
	lost := 10 * math.Log10(energy(b[:])/energy(in[:]))
	var jump float64
	for i := 1; i < len(b); i++ {
		jump = max(jump, math.Abs(float64(b[i]-b[i-1])))
	}
	t.Logf("the first 10 ms come with %.1f dB, largest step %.4f", lost, jump)
	if lost < -4 || jump > .02 {
		t.Error("the gate opens too late or with a click")
	}
}
