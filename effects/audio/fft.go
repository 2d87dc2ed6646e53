package audio

import (
	"math"
	"math/cmplx"
)

// fft is the discrete Fourier transform of n real samples, done as one complex transform of half the length (Stockham's
// self-sorting algorithm, radix 4, and at the end 2, 3 and 5). n is a multiple of four without prime factors above 5.
// It owns its work space: one goroutine at a time.
type fft struct {
	n      int
	steps  []fftStep
	turn   []complex64 // e^(-2πik/n) for k up to n/4
	a, b   []complex64
	packed []complex64
}

// fftStep is one pass: transforms of the given radix, with what they are turned by.
type fftStep struct {
	radix, groups, stride int
	turn                  []complex64 // (radix-1) factors a group
}

func newFFT(n int) *fft {
	half := n / 2
	f := &fft{n: n, a: make([]complex64, half), b: make([]complex64, half), packed: make([]complex64, half)}
	for k := range n/4 + 1 {
		f.turn = append(f.turn, unit(-k, n))
	}
	rest, stride := half, 1
	for rest > 1 {
		radix := 5
		switch {
		case rest%4 == 0:
			radix = 4
		case rest%2 == 0:
			radix = 2
		case rest%3 == 0:
			radix = 3
		}
		s := fftStep{radix: radix, groups: rest / radix, stride: stride}
		for p := range s.groups {
			for k := 1; k < radix; k++ {
				s.turn = append(s.turn, unit(-p*k, rest))
			}
		}
		f.steps = append(f.steps, s)
		rest, stride = rest/radix, stride*radix
	}
	return f
}

func unit(k, n int) complex64 {
	return complex64(cmplx.Rect(1, 2*math.Pi*float64(k)/float64(n)))
}

// bins is the number of values of a spectrum: 0 Hz up to half the sampling rate.
func (f *fft) bins() int { return f.n/2 + 1 }

// forward puts the spectrum of x (n samples) into spec (n/2+1 bins), unscaled.
func (f *fft) forward(spec []complex64, x []float32) {
	half := f.n / 2
	for i := range f.packed {
		f.packed[i] = complex(x[2*i], x[2*i+1])
	}
	z := f.transform(f.packed)
	spec = spec[:half+1]
	spec[0] = complex(real(z[0])+imag(z[0]), 0)
	spec[half] = complex(real(z[0])-imag(z[0]), 0)
	for k := 1; k <= half/2; k++ {
		a, b := z[k], conj(z[half-k])
		even, odd := halved(a+b), halved(turned(a-b))*f.turn[k]
		spec[k] = even + odd
		spec[half-k] = conj(even - odd)
	}
}

// inverse puts the n samples whose spectrum is spec into x, so that it undoes forward. Spec is left alone.
func (f *fft) inverse(x []float32, spec []complex64) {
	half := f.n / 2
	scale := 1 / float32(f.n)
	// The conjugate of a forward transform of the conjugate is the inverse one.
	f.packed[0] = complex(real(spec[0])+real(spec[half]), real(spec[half])-real(spec[0]))
	for k := 1; k <= half/2; k++ {
		a, b := spec[k], conj(spec[half-k])
		even, odd := a+b, -turned((a-b)*conj(f.turn[k]))
		f.packed[k] = conj(even + odd)
		f.packed[half-k] = even - odd
	}
	for i, v := range f.transform(f.packed) {
		x[2*i], x[2*i+1] = real(v)*scale, -imag(v)*scale
	}
}

func conj(a complex64) complex64 { return complex(real(a), -imag(a)) }

func halved(a complex64) complex64 { return scaled(a, .5) }

func scaled(a complex64, by float32) complex64 { return complex(real(a)*by, imag(a)*by) }

// turned is -i times a.
func turned(a complex64) complex64 { return complex(imag(a), -real(a)) }

// transform returns the spectrum of in, in work space that the next call overwrites.
func (f *fft) transform(in []complex64) []complex64 {
	from, to, other := in, f.a, f.b
	for i := range f.steps {
		s := &f.steps[i]
		switch s.radix {
		case 2:
			s.by2(to, from)
		case 3:
			s.by3(to, from)
		case 5:
			s.by5(to, from)
		default:
			by4(s.groups, s.stride, to, from, s.turn)
		}
		from, to, other = to, other, to
	}
	return from
}

func (s *fftStep) by2(y, x []complex64) {
	n := s.stride
	for p := range s.groups {
		x0, x1 := x[n*p:][:n], x[n*(p+s.groups):][:n]
		y0, y1 := y[2*n*p:][:n], y[n*(2*p+1):][:n]
		w := s.turn[p]
		for q, a := range x0 {
			b := x1[q]
			y0[q], y1[q] = a+b, (a-b)*w
		}
	}
}

func (s *fftStep) by3(y, x []complex64) {
	const sin60 = 0.8660254037844386
	n := s.stride
	for p := range s.groups {
		x0, x1, x2 := x[n*p:][:n], x[n*(p+s.groups):][:n], x[n*(p+2*s.groups):][:n]
		y0, y1, y2 := y[3*n*p:][:n], y[n*(3*p+1):][:n], y[n*(3*p+2):][:n]
		w := s.turn[2*p:][:2]
		for q, a := range x0 {
			sum, diff := x1[q]+x2[q], turned(x1[q]-x2[q])
			mid := complex(real(a)-real(sum)/2, imag(a)-imag(sum)/2)
			diff = scaled(diff, sin60)
			y0[q], y1[q], y2[q] = a+sum, (mid+diff)*w[0], (mid-diff)*w[1]
		}
	}
}

func (s *fftStep) by5(y, x []complex64) {
	const cos72, cos144, sin72, sin144 = 0.30901699437494745, -0.8090169943749475, 0.9510565162951535, 0.5877852522924731
	n := s.stride
	for p := range s.groups {
		x0, x1, x2 := x[n*p:][:n], x[n*(p+s.groups):][:n], x[n*(p+2*s.groups):][:n]
		x3, x4 := x[n*(p+3*s.groups):][:n], x[n*(p+4*s.groups):][:n]
		y0, y1, y2 := y[5*n*p:][:n], y[n*(5*p+1):][:n], y[n*(5*p+2):][:n]
		y3, y4 := y[n*(5*p+3):][:n], y[n*(5*p+4):][:n]
		w := s.turn[4*p:][:4]
		for q, a := range x0 {
			b, c := x1[q]+x4[q], x2[q]+x3[q]
			d, e := turned(x1[q]-x4[q]), turned(x2[q]-x3[q])
			near, far := a+scaled(b, cos72)+scaled(c, cos144), a+scaled(b, cos144)+scaled(c, cos72)
			aside, across := scaled(d, sin72)+scaled(e, sin144), scaled(d, sin144)-scaled(e, sin72)
			y0[q], y1[q], y2[q] = a+b+c, (near+aside)*w[0], (far+across)*w[1]
			y3[q], y4[q] = (far-across)*w[2], (near-aside)*w[3]
		}
	}
}

// rootOfHann is a window that, used twice, adds up to one with those before and after it that overlap it by a half.
func rootOfHann(n int) (window []float32) {
	for i := range n {
		window = append(window, float32(math.Sin(math.Pi*(float64(i)+.5)/float64(n))))
	}
	return window
}
