package audio

import "math"

const (
	poleTop   = 7000.0 // Hz: up to here a mouth is told by its resonances
	poleBlend = 1000.0 // Hz below it in which the model fades out
	poleOrder = 16     // two for each resonance, and some for the source
	poleSteps = 8
	// poleLeast is how many harmonics it takes to tell them.
	poleLeast = 10
)

// poles is an all-pole model of a vowel's envelope, fitted to the heights of its harmonics alone, so that it also says how high the
// envelope stands between them: discrete all-pole modelling (El-Jaroudi and Makhoul, 1991) of the band below poleTop, stretched to
// the whole circle (Makhoul's selective linear prediction, 1975). The model is of the envelope raised by 6 dB an octave, as a
// glottis lowers it.
type poles struct {
	on    bool
	power [poleOrder + 1]float64 // of |A|² as a sum of cosines
}

// fit takes logarithms of heights at the multiples of hertz; the one at 0 is not read.
func (p *poles) fit(logs []float64, hertz float64) {
	n := min(len(logs)-1, int(poleTop/hertz))
	if p.on = n >= poleLeast; !p.on {
		return
	}
	step := math.Pi * hertz / poleTop
	top := math.Inf(-1)
	for k := 1; k <= n; k++ {
		top = max(top, logs[k]+math.Log(float64(k)))
	}
	var r [poleOrder + 1]float64
	for k := 1; k <= n; k++ {
		height := math.Exp(2 * (logs[k] + math.Log(float64(k)) - top))
		addCosines(r[:], height/float64(n), step*float64(k))
	}
	r[0] *= 1 + 1e-7
	l, ok := cholesky(&r)
	if p.on = ok; !ok {
		return
	}
	a := [poleOrder + 1]float64{}
	a[0] = 1
	l.solve(&a)
	scale := 1 / math.Sqrt(a[0])
	for i := range a {
		a[i] *= scale
	}
	for range poleSteps {
		var h [poleOrder + 1]float64
		for k := 1; k <= n; k++ {
			addResponse(h[:], a[:], step*float64(k), 1/float64(n))
		}
		l.solve(&h)
		for i := range a {
			a[i] = (a[i] + h[i]) / 2
		}
	}
	for lag := range p.power {
		p.power[lag] = 0
		for i := lag; i < len(a); i++ {
			p.power[lag] += a[i] * a[i-lag]
		}
	}
}

// addCosines adds height · cos(i·w) to each x[i].
func addCosines(x []float64, height, w float64) {
	c := math.Cos(w)
	x[0] += height
	before, now := height, height*c
	for i := 1; i < len(x); i++ {
		x[i] += now
		before, now = now, 2*c*now-before
	}
}

// addResponse adds scale · Re(exp(−jwi) / A(w)) to each h[i].
func addResponse(h, a []float64, w, scale float64) {
	sin, cos := math.Sincos(w)
	turn := complex(cos, -sin)
	var sum complex128
	for i := len(a) - 1; i >= 0; i-- {
		sum = sum*turn + complex(a[i], 0)
	}
	z := complex(scale, 0) / sum
	for i := range h {
		h[i] += real(z)
		z *= turn
	}
}

// at is the logarithm of the model's height at a frequency below poleTop, for harmonics at multiples of hertz.
func (p *poles) at(f, hertz float64) float64 {
	c := math.Cos(math.Pi * f / poleTop)
	before, now := 1.0, c
	sum := p.power[0]
	for i := 1; i < len(p.power); i++ {
		sum += 2 * p.power[i] * now
		before, now = now, 2*c*now-before
	}
	return -math.Log(max(sum, 1e-12))/2 - math.Log(max(f, hertz/2)/hertz)
}

// lower is the lower triangle of a matrix.
type lower [poleOrder + 1][poleOrder + 1]float64

// cholesky takes the square root of the Toeplitz matrix of an autocorrelation.
func cholesky(r *[poleOrder + 1]float64) (l lower, ok bool) {
	for i := range l {
		for j := range i + 1 {
			sum := r[i-j]
			for k := range j {
				sum -= l[i][k] * l[j][k]
			}
			switch {
			case i != j:
				l[i][j] = sum / l[j][j]
			case sum <= 0:
				return l, false
			default:
				l[i][i] = math.Sqrt(sum)
			}
		}
	}
	return l, true
}

// solve divides x by the matrix.
func (l *lower) solve(x *[poleOrder + 1]float64) {
	for i := range x {
		for k := range i {
			x[i] -= l[i][k] * x[k]
		}
		x[i] /= l[i][i]
	}
	for i := len(x) - 1; i >= 0; i-- {
		for k := i + 1; k < len(x); k++ {
			x[i] -= l[k][i] * x[k]
		}
		x[i] /= l[i][i]
	}
}
