package mix

import (
	"math"

	"vitrine/capture/frame"
)

// The detector interpolates to four times the rate. peakReach is how many samples it looks to either side; a reading is for
// the sample peakReach before the newest and the gap behind it.
const (
	peakReach = 32
	peakTaps  = 2 * peakReach
)

// quarters holds the filters for a quarter, half and three quarters of the way from one sample to the next: a sinc under a
// shallow Kaiser window, which sees most of what lies right below half the rate.
var quarters = quarterFilters()

// loudest is the largest factor by which a peak between samples can pass the samples around it, as the filters see it.
var loudest = largestSum()

func quarterFilters() (q [peakTaps][3]float32) {
	const beta = 1
	for phase := range 3 {
		var sum float64
		var h [peakTaps]float64
		for i := range h {
			x := float64(i-peakReach+1) - float64(phase+1)/4
			h[i] = math.Sin(math.Pi*x) / (math.Pi * x) * bessel(beta*math.Sqrt(1-x*x/(peakReach*peakReach)))
			sum += h[i]
		}
		for i := range h {
			q[i][phase] = float32(h[i] / sum)
		}
	}
	return q
}

func largestSum() float32 {
	var sum [3]float64
	for _, q := range quarters {
		for i, v := range q {
			sum[i] += math.Abs(float64(v))
		}
	}
	return float32(max(sum[0], sum[1], sum[2]))
}

// bessel is the modified Bessel function of the first kind and order 0.
func bessel(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > 1e-12*sum; k++ {
		term *= x * x / (4 * k * k)
		sum += term
	}
	return sum
}

// truePeak measures one channel. The zero value is ready.
type truePeak struct {
	in     [peakTaps - 1 + frame.BlockSamples]float32
	before [2]float32 // the last two interpolated values, without sign
}

// measure raises peak[i] to the true peak around sample i−peakReach. Sound that stays below enough whatever lies between its
// samples is not interpolated, which saves most of the work.
func (t *truePeak) measure(block, peak *[frame.BlockSamples]float32, enough float32) {
	copy(t.in[:], t.in[frame.BlockSamples:])
	copy(t.in[peakTaps-1:], block[:])
	const stride = 32
	for from := 0; from < frame.BlockSamples; from += stride {
		span := t.in[from : from+stride+peakTaps-1]
		if highest(span)*loudest < enough {
			for i := range stride {
				peak[from+i] = max(peak[from+i], magnitude(span[i+peakReach-1]))
			}
			t.before = [2]float32{}
			continue
		}
		for i := range stride {
			peak[from+i] = max(peak[from+i], t.around((*[peakTaps]float32)(span[i:])))
		}
	}
}

// around is the highest value near the gap in the middle of x. Where the interpolated values turn, a parabola through three
// of them finds the top between: at half the sampling rate four points a period alone would read 0.7 dB too little.
func (t *truePeak) around(x *[peakTaps]float32) float32 {
	var a, b, c float32
	for i := range peakTaps / 2 {
		// A quarter from the left is the mirror of a quarter from the right.
		v, w := x[i], x[peakTaps-1-i]
		p, q := quarters[i][0], quarters[i][2]
		a += v*p + w*q
		b += (v + w) * quarters[i][1]
		c += v*q + w*p
	}
	v := [6]float32{t.before[0], t.before[1], magnitude(x[peakReach-1]), magnitude(a), magnitude(b), magnitude(c)}
	t.before = [2]float32{v[4], v[5]}
	var most float32
	for i := 1; i < len(v)-1; i++ {
		y0, y1, y2 := v[i-1], v[i], v[i+1]
		if y1 < y0 || y1 < y2 {
			continue
		}
		if bend := 2*y1 - y0 - y2; bend > 0 {
			y1 += (y2 - y0) * (y2 - y0) / (8 * bend)
		}
		most = max(most, y1)
	}
	return max(most, v[5])
}

func highest(x []float32) (m float32) {
	for _, v := range x {
		m = max(m, magnitude(v))
	}
	return m
}

func magnitude(v float32) float32 { return math.Float32frombits(math.Float32bits(v) &^ (1 << 31)) }
