package audio

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestTheKernelsOfThisBuildEqualThoseInGo(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	pairs := func(n int) []complex64 {
		x := make([]complex64, n)
		for i := range x {
			x[i] = complex(float32(rng.NormFloat64()), float32(rng.NormFloat64()))
		}
		return x
	}
	reals := func(n int) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = rng.Float32()
		}
		return x
	}
	type kernels struct {
		multiply func(sum, x, w []complex64)
		spread   func(s []float32, x []complex64, p []float32)
		learn    func(w []complex64, p []float32, x, e []complex64, g []float32, share, forget float32)
		by4      func(groups, stride int, y, x, turn []complex64)
	}
	for _, n := range []int{1, 3, 8, 513} {
		x, w, e, p, g := pairs(n), pairs(n), pairs(n), reals(n), reals(n)
		wide, turn := pairs(12*n), pairs(9)
		results := func(k kernels) []float32 {
			sum, s := append([]complex64(nil), e...), append([]float32(nil), g...)
			w, p := append([]complex64(nil), w...), append([]float32(nil), p...)
			long, short := make([]complex64, 12*n), make([]complex64, 12*n)
			k.multiply(sum, x, w)
			k.spread(s, x, p)
			k.learn(w, p, x, e, g, echoShare, echoSteady)
			k.by4(3, n, long, wide, turn)
			k.by4(1, n, short, wide, turn)
			out := append(s, p...)
			for _, c := range [][]complex64{sum, w, long, short} {
				for _, v := range c {
					out = append(out, real(v), imag(v))
				}
			}
			return out
		}
		want := results(kernels{goMultiply, goSpread, goLearn, goBy4})
		for i, v := range results(kernels{echoMultiply, echoSpread, echoLearn, by4}) {
			if math.Abs(float64(v-want[i])) > 1e-5*(1+math.Abs(float64(want[i]))) {
				t.Fatalf("%d bins: number %d is %g, in Go %g", n, i, v, want[i])
			}
		}
	}
}
