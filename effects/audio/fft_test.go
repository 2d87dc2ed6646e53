package audio

import (
	"math"
	"math/cmplx"
	"math/rand/v2"
	"testing"
)

func TestAnFFTEqualsTheSumItStandsForAndIsUndone(t *testing.T) {
	for _, n := range []int{8, 20, 24, 96, 100, 960, 1024, 1536, 2048} {
		f, rng := newFFT(n), rand.New(rand.NewPCG(1, 2))
		x, back, spec := make([]float32, n), make([]float32, n), make([]complex64, f.bins())
		for i := range x {
			x[i] = float32(rng.NormFloat64())
		}
		f.forward(spec, x)
		var worst float64
		for k := 0; k < f.bins(); k++ {
			var sum complex128
			for i, v := range x {
				sum += complex(float64(v), 0) * cmplx.Rect(1, -2*math.Pi*float64(k*i%n)/float64(n))
			}
			worst = max(worst, cmplx.Abs(sum-complex128(spec[k])))
		}
		f.inverse(back, spec)
		var undone float64
		for i := range x {
			undone = max(undone, math.Abs(float64(x[i]-back[i])))
		}
		t.Logf("%d samples: spectrum within %.1e, back within %.1e", n, worst, undone)
		if worst > 2e-6*float64(n) || undone > 2e-6 {
			t.Errorf("%d samples: wrong", n)
		}
	}
}

func BenchmarkFFT1024(b *testing.B) {
	f := newFFT(1024)
	x, spec := make([]float32, 1024), make([]complex64, f.bins())
	x[3] = 1
	for b.Loop() {
		f.forward(spec, x)
	}
}
