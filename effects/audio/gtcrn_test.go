package audio

import (
	"context"
	"math"
	"math/cmplx"
	"math/rand/v2"
	"testing"
)

// gtcrnProgram runs the very program that the weights are taken from. By its locked hash it has these short names: d initialises, h
// runs the network, k allocates. The returned function cleans a spectrum.
func gtcrnProgram(t *testing.T) func([]complex64) {
	t.Helper()
	net, err := startProgram(t.Context(), "gtcrn.wasm", "a", []hostFunction{{"a", wasmFail, 4, 0}, {"b", wasmGrow, 1, 1}}, "d", "h", 8)
	if err != nil {
		t.Fatal(err, "; run .ci/models test")
	}
	t.Cleanup(func() { _ = net.close(context.Background()) })
	// The spectrum, three parts of the state, and where it puts the same for the next call.
	lengths := [...]int{2 * gtBins, 16896, 96, 1056}
	var at [8]uint32
	for i := range at {
		if at[i], err = net.call(t.Context(), "k", uint64(4*lengths[i%4])); err != nil {
			t.Fatal(err)
		}
		clear(net.floats(at[i], lengths[i%4]))
	}
	return func(spec []complex64) {
		x := net.floats(at[0], 2*gtBins)
		for k, v := range spec {
			x.set(2*k, real(v))
			x.set(2*k+1, imag(v))
		}
		for i := range at {
			net.args[i] = uint64(at[i])
		}
		if err := net.work.CallWithStack(t.Context(), net.args); err != nil {
			t.Fatal(err)
		}
		for i := 1; i < 4; i++ {
			at[i], at[i+4] = at[i+4], at[i]
		}
		y := net.floats(at[4], 2*gtBins)
		for k := range spec {
			spec[k] = complex(y.at(2*k), y.at(2*k+1))
		}
	}
}

func newTestGTCRN(t testing.TB) *gtcrn {
	t.Helper()
	g, err := newGTCRN()
	if err != nil {
		t.Fatal(err, "; run .ci/models test")
	}
	return g
}

func TestGTCRNComputesWhatTheProgramThatItsWeightsAreFromComputes(t *testing.T) {
	g, want := newTestGTCRN(t), gtcrnProgram(t)
	voice := levelled(speech(t, 6, "demo-instruct"), -24)
	add(voice, pink(len(voice)), .02)
	f := newFFT(strongWindow)
	spec := make([]complex64, f.bins())
	var difference, power float64
	for at := 0; at+strongWindow <= len(voice); at += strongHop {
		f.forward(spec, voice[at:at+strongWindow])
		ours := append([]complex64(nil), spec[:gtBins]...)
		theirs := append([]complex64(nil), ours...)
		g.process(ours)
		want(theirs)
		for k := range ours {
			power += math.Pow(cmplx.Abs(complex128(theirs[k])), 2)
			difference += math.Pow(cmplx.Abs(complex128(ours[k]-theirs[k])), 2)
		}
	}
	t.Logf("the difference is %.1f dB", decibels(difference/power))
	if decibels(difference/power) > -80 {
		t.Error("that is another network")
	}
}

func TestTheNetworksKernelsOfThisBuildEqualThoseInGo(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 9))
	numbers := func(n int) []float32 {
		x := netSpace(n)
		for i := range x {
			x[i] = float32(rng.NormFloat64())
		}
		return x
	}
	equal := func(what string, got, want []float32) {
		t.Helper()
		for i, v := range got {
			if math.Abs(float64(v-want[i])) > 1e-5*(1+math.Abs(float64(want[i]))) {
				t.Fatalf("%s: number %d is %g, in Go %g", what, i, v, want[i])
			}
		}
	}
	for _, n := range []int{1, 2, 33, 40, 65} {
		x, w, bias, at := numbers(3*10*80), numbers(3*4*7), numbers(12), []int32{0, 80, 1, 160, 2, 81, 400}
		got, want := make([]float32, 12*70), make([]float32, 12*70)
		netRows(3, 4, 7, n, got, 70, x, at, 800, w, bias, .3)
		goRows(3, 4, 7, n, want, 70, x, at, 800, w, bias, .3)
		equal("rows", got, want)
		h, in, back := numbers(n), numbers(3*n), numbers(3*n)
		goes := append([]float32(nil), h...)
		netGates(h, in, back)
		goGates(goes, in, back)
		equal("gates", h, goes)
	}
	for x := -20.; x < 20; x += .01 {
		if d := math.Abs(float64(hyperbolic(float32(x))) - math.Tanh(x)); d > 3e-7 {
			t.Fatalf("tanh of %.2f is wrong by %g", x, d)
		}
	}
}

func BenchmarkGTCRN(b *testing.B) {
	g := newTestGTCRN(b)
	spec := make([]complex64, gtBins)
	n := 0
	for b.Loop() {
		for k := range spec {
			n = n*1103515245 + 12345
			spec[k] = complex(float32(n>>16&255)/256, 0)
		}
		g.process(spec)
	}
	b.ReportMetric(b.Elapsed().Seconds()*1000/float64(b.N)*62.5, "ms/s")
}
