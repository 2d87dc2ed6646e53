package mix

import (
	"math"
	"math/rand/v2"
	"time"

	"vitrine/capture/frame"
)

// Sounds makes the studio's own sounds for the pads: applause, bell, drum roll, cash register and ding. They are computed,
// the same each time, in some hundred milliseconds, and end in silence. Their highest sample is −3 dBFS.
func Sounds() []Sound {
	return []Sound{
		{"Applause", applause()},
		{"Bell", bell()},
		{"Drum roll", drumRoll()},
		{"Cash register", cashRegister()},
		{"Ding", ding()},
	}
}

// padPeak is the sounds' highest sample.
var padPeak = math.Pow(10, -3.0/20)

// canvas is a sound being made.
type canvas struct {
	samples []float64 // interleaved stereo
	random  *rand.Rand
}

func newCanvas(length time.Duration, seed uint64) *canvas {
	return &canvas{make([]float64, 2*inSamples(length)), rand.New(rand.NewPCG(seed, 1))}
}

// finish scales the highest sample to padPeak, the last 20 ms fading to silence. Drive, above 0, bends peaks softly so that
// what lies between them is heard.
func (c *canvas) finish(drive float64) []float32 {
	top := 0.0
	for _, v := range c.samples {
		top = max(top, math.Abs(v))
	}
	out := make([]float32, len(c.samples))
	const tail = 2 * 960
	for i, v := range c.samples {
		out[i] = float32(math.Tanh(drive*v/top) / math.Tanh(drive) * padPeak * min(1, float64(len(c.samples)-i)/tail))
	}
	return out
}

// partial is a sine that decays: frequency in Hz, level, and the time in which it falls by 60 dB.
type partial struct{ hertz, level, decay float64 }

// strike adds partials that begin together, side −1 left to 1 right.
func (c *canvas) strike(at, side, level float64, partials []partial) {
	first := int(at * frame.SampleRate)
	left, right := pan(side)
	for _, p := range partials {
		keep := math.Exp(-6.91 / (p.decay * frame.SampleRate))
		turn := 2 * math.Pi * p.hertz / frame.SampleRate
		loud := level * p.level
		for n := 0; 2*(first+n)+1 < len(c.samples) && loud > 1e-6; n++ {
			v := loud * math.Sin(turn*float64(n)) * min(1, float64(n)/24) // half a millisecond: a strike, not a click
			c.samples[2*(first+n)] += left * v
			c.samples[2*(first+n)+1] += right * v
			loud *= keep
		}
	}
}

// burst adds noise through a resonance that decays: its centre and width in Hz.
func (c *canvas) burst(at, side, level, hertz, width, decay float64) {
	first := int(at * frame.SampleRate)
	left, right := pan(side)
	// A resonator with two poles: radius by the width, angle by the centre.
	r := math.Exp(-math.Pi * width / frame.SampleRate)
	a, b := 2*r*math.Cos(2*math.Pi*hertz/frame.SampleRate), -r*r
	keep := math.Exp(-6.91 / (decay * frame.SampleRate))
	gain := level * (1 - r)
	var y1, y2 float64
	for n := 0; 2*(first+n)+1 < len(c.samples) && gain > level*(1-r)*1e-4; n++ {
		y := gain*c.random.NormFloat64() + a*y1 + b*y2
		y1, y2 = y, y1
		v := y * min(1, float64(n)/24)
		c.samples[2*(first+n)] += left * v
		c.samples[2*(first+n)+1] += right * v
		gain *= keep
	}
}

// pan splits a level with equal power.
func pan(side float64) (left, right float64) {
	right, left = math.Sincos((side + 1) * math.Pi / 4)
	return left, right
}

// applause is some sixty people who clap about four times a second, each with hands, place and rhythm of their own, more at
// the beginning than at the end.
func applause() []float32 {
	const length = 5.0
	c := newCanvas(length*time.Second, 1)
	for range 60 {
		side, far := 2*c.random.Float64()-1, 0.3+0.7*c.random.Float64()
		hands, rate := 900+1500*c.random.Float64(), 3.5+1.5*c.random.Float64()
		stop := length * (0.5 + 0.5*math.Sqrt(c.random.Float64()))
		for at := 0.4 * c.random.Float64(); at < stop; at += (0.9 + 0.2*c.random.Float64()) / rate {
			fade := min(1, 2*(stop-at))
			c.burst(at, side, far*fade*(0.6+0.4*c.random.Float64()), hands, 1100, 0.03+0.04*c.random.Float64())
		}
	}
	return c.finish(2)
}

// bell is a church bell's hum, prime, tierce, quint, nominal and above, each as a pair that beats slowly.
func bell() []float32 {
	c := newCanvas(4*time.Second, 2)
	const nominal = 880
	for _, p := range []partial{
		{0.25, 0.5, 5}, {0.5, 0.7, 4}, {0.6, 0.6, 3}, {0.75, 0.25, 2.4}, {1, 1, 2.2}, {1.5, 0.35, 1.2}, {2, 0.3, 0.9}, {2.66, 0.2, 0.6},
	} {
		p.hertz *= nominal
		c.strike(0, -0.3, p.level, []partial{{p.hertz * 0.9994, 1, p.decay}})
		c.strike(0, 0.3, p.level, []partial{{p.hertz * 1.0006, 1, p.decay}})
	}
	c.burst(0, 0, 2, 3500, 2500, 0.03)
	return c.finish(1.2)
}

// drumRoll is a snare drum, two sticks in turn, growing louder, and a last stroke with a cymbal.
func drumRoll() []float32 {
	c := newCanvas(4*time.Second, 3)
	drum := []partial{{185, 1, 0.12}, {278, 0.6, 0.09}, {331, 0.4, 0.07}}
	stroke := func(at, side, level float64) {
		c.strike(at, side, 0.25*level, drum)
		c.burst(at, side, level, 3800, 3000, 0.09)
		c.burst(at, side, 1.2*level, 1700, 900, 0.05)
	}
	const roll = 2.4
	for i := 0; ; i++ {
		at := float64(i) * 0.042
		if at > roll {
			break
		}
		side := 0.25 * float64(1-2*(i%2))
		stroke(at+0.004*c.random.Float64(), side, (0.15+0.6*at/roll)*(0.85+0.3*c.random.Float64()))
	}
	stroke(roll+0.12, 0, 1.5)
	c.burst(roll+0.12, 0.2, 1.1, 8200, 5000, 1.4)
	c.burst(roll+0.12, -0.2, 1.1, 5600, 2600, 1.1)
	return c.finish(3.5)
}

// cashRegister is keys, the bell and the drawer that springs open with its coins.
func cashRegister() []float32 {
	c := newCanvas(1800*time.Millisecond, 4)
	for _, at := range []float64{0, 0.09} {
		c.burst(at, -0.3, 1.2, 1400, 900, 0.035)
		c.burst(at+0.02, -0.3, 0.6, 3100, 1500, 0.02)
	}
	c.strike(0.2, 0.1, 0.5, []partial{{2093, 1, 1.1}, {5640, 0.5, 0.6}, {4186, 0.3, 0.7}, {9320, 0.2, 0.25}})
	c.burst(0.26, 0.2, 1.5, 420, 300, 0.12)
	for range 14 {
		at := 0.3 + 0.35*c.random.Float64()
		hertz := 3800 + 3600*c.random.Float64()
		c.strike(at, c.random.Float64()-0.2, 0.09, []partial{{hertz, 1, 0.09}, {1.51 * hertz, 0.6, 0.06}})
	}
	return c.finish(3)
}

// ding is two notes of a small chime, the second a sixth above.
func ding() []float32 {
	c := newCanvas(1600*time.Millisecond, 5)
	chime := func(at, side, hertz float64) {
		c.strike(at, side, 1, []partial{{hertz, 1, 1.2}, {2.756 * hertz, 0.35, 0.5}, {5.404 * hertz, 0.12, 0.2}})
	}
	chime(0, -0.2, 1046.5)
	chime(0.14, 0.2, 1760)
	return c.finish(1)
}
