package music

import (
	"fmt"
	"math"

	"vitrine/capture/frame"
)

// The lowest and highest sample rates that are converted.
const (
	minRate = 8000
	maxRate = 192000
)

// The filter's form: wide is its length in samples of the lower of both rates, beta the Kaiser window's for 120 dB of
// stop-band (Kaiser 1974: 0.1102 (A − 8.7)). Both together leave a transition of 9.3 % of the lower rate's half, which
// ends exactly there: at 44.1 kHz everything up to 20 kHz passes and nothing above 22.05 kHz does.
const (
	wide      = 168
	beta      = 0.1102 * (120 - 8.7)
	edge      = 1 - 0.093/2
	maxPhases = 4096
)

// resampler converts stereo sound of any rate to frame.SampleRate by a polyphase filter bank (Crochiere and Rabiner,
// Multirate Digital Signal Processing, 1983). Times are kept as whole numbers of the common clock up·rate, so nothing drifts.
// Every rate with up to maxPhases phases has a row of coefficients for each; between the rows of the others (rates that
// share few divisors with 48,000) it interpolates linearly, which is exact to −130 dB.
//
// It is pulled: feed it with write while read returns less than asked for. Sample n of the output is centred on time n/48000
// of the input, so it neither delays nor shortens. It allocates nothing after its making. Not safe for concurrent use.
type resampler struct {
	up, down int64     // 48000/rate, in lowest terms
	taps     int       // per row, even
	rows     int       // phases in the table; one more closes the circle
	table    []float32 // (rows+1)·taps

	out   int64     // number of the next output sample
	first int64     // input number of buf's first pair
	buf   []float32 // input that is still needed, and what was written ahead
}

// newResampler makes a resampler for an input of rate samples a second.
func newResampler(rate int) (*resampler, error) {
	if rate < minRate || rate > maxRate {
		return nil, fmt.Errorf("sample rate %d Hz is not between %d and %d Hz", rate, minRate, maxRate)
	}
	g := gcd(frame.SampleRate, rate)
	r := &resampler{up: int64(frame.SampleRate / g), down: int64(rate / g)}
	if r.up == r.down {
		r.taps, r.rows, r.table = 2, 1, []float32{1, 0, 0, 1}
	} else {
		r.design(rate)
	}
	r.buf = make([]float32, 0, 2*(r.taps+4096))
	r.reset(0)
	return r, nil
}

// design makes the table.
func (r *resampler) design(rate int) {
	lower := min(1, float64(frame.SampleRate)/float64(rate)) // lower of both rates, in units of the input's
	r.taps = (int(math.Ceil(wide/lower)) + 1) / 2 * 2
	r.rows = int(min(r.up, maxPhases))
	r.table = make([]float32, (r.rows+1)*r.taps)
	for row := range r.rows + 1 {
		fillRow(r.table[row*r.taps:][:r.taps], float64(row)/float64(r.rows), lower*edge)
	}
}

// fillRow writes the windowed sinc that is centred phase after the tap before the middle, cutoff as a share of half the
// input's rate. The row is scaled to pass a constant exactly.
func fillRow(row []float32, phase, cutoff float64) {
	half := float64(len(row)) / 2
	sum := 0.0
	values := make([]float64, len(row))
	for k := range values {
		t := float64(k) - (half - 1) - phase
		x := math.Pi * cutoff * t
		sinc := 1.0
		if math.Abs(x) > 1e-9 {
			sinc = math.Sin(x) / x
		}
		values[k] = sinc * kaiser(t/half)
		sum += values[k]
	}
	for k, v := range values {
		row[k] = float32(v / sum)
	}
}

// kaiser is the window at x from −1 to 1: I0(β √(1−x²)) / I0(β).
func kaiser(x float64) float64 {
	if x <= -1 || x >= 1 {
		return 0
	}
	return bessel(beta*math.Sqrt(1-x*x)) / bessel(beta)
}

// bessel is the modified Bessel function of the first kind and order 0 by its power series.
func bessel(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > 1e-17*sum; k++ {
		term *= x / (2 * k) * (x / (2 * k))
		sum += term
	}
	return sum
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// reset forgets all input and continues with output sample out, not negative. It returns the number of the input sample
// that must be written first.
func (r *resampler) reset(out int64) int64 {
	r.out = out
	r.first = out*r.down/r.up - int64(r.taps)/2 + 1
	r.buf = r.buf[:0]
	if r.first < 0 { // before the beginning is silence
		r.buf = r.buf[:-2*r.first]
		clear(r.buf)
		return 0
	}
	return r.first
}

// write takes as many of the pairs in src as there is room for and returns their number.
func (r *resampler) write(src []float32) int {
	if used := 2 * int(r.out*r.down/r.up-int64(r.taps)/2+1-r.first); used > 0 && used <= len(r.buf) {
		r.buf = r.buf[:copy(r.buf, r.buf[used:])]
		r.first += int64(used / 2)
	}
	n := min(len(src), cap(r.buf)-len(r.buf))
	r.buf = append(r.buf, src[:n]...)
	return n / 2
}

// read makes as many pairs of output as dst holds and the input allows, and returns their number.
func (r *resampler) read(dst []float32) int {
	n := 0
	for ; n < len(dst)/2; n++ {
		clock := r.out * r.down
		at := int(clock/r.up-int64(r.taps)/2+1-r.first) * 2
		if at+2*r.taps > len(r.buf) {
			break
		}
		dst[2*n], dst[2*n+1] = r.sample(clock%r.up, r.buf[at:at+2*r.taps])
		r.out++
	}
	return n
}

// sample is the output at phase/up of an input sample after the middle of x.
func (r *resampler) sample(phase int64, x []float32) (left, right float32) {
	if int64(r.rows) == r.up {
		return dot(r.table[int(phase)*r.taps:][:r.taps], x)
	}
	at := phase * int64(r.rows)
	row, share := int(at/r.up), float32(at%r.up)/float32(r.up)
	al, ar := dot(r.table[row*r.taps:][:r.taps], x)
	bl, br := dot(r.table[(row+1)*r.taps:][:r.taps], x)
	return al + (bl-al)*share, ar + (br-ar)*share
}

// dot weighs the pairs of x with h. Two sums a channel keep the processor's adders busy and the rounding small.
func dot(h, x []float32) (left, right float32) {
	var l0, l1, r0, r1 float32
	x = x[:2*len(h)]
	for k := 0; k+1 < len(h); k += 2 {
		a, b, p := h[k], h[k+1], x[2*k:2*k+4:2*k+4]
		l0 += a * p[0]
		r0 += a * p[1]
		l1 += b * p[2]
		r1 += b * p[3]
	}
	return l0 + l1, r0 + r1
}
