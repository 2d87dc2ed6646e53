package music

import (
	"math"
	"testing"

	"vitrine/capture/frame"
)

// convert runs a mono function of time through the resampler and returns the left channel.
func convert(t testing.TB, rate, pairs int, f func(seconds float64) float64) []float32 {
	t.Helper()
	r, err := newResampler(rate)
	if err != nil {
		t.Fatal(err)
	}
	in := make([]float32, 2*pairs)
	for i := range pairs {
		in[2*i] = float32(f(float64(i) / float64(rate)))
		in[2*i+1] = -in[2*i]
	}
	var out []float32
	block := make([]float32, 2*frame.BlockSamples)
	for {
		n := r.read(block)
		for i := range n {
			if block[2*i] != -block[2*i+1] {
				t.Fatal("the channels differ")
			}
			out = append(out, block[2*i])
		}
		if n == frame.BlockSamples {
			continue
		}
		n = r.write(in)
		if in = in[2*n:]; n == 0 {
			return out
		}
	}
}

// ratio is how far what is left of x after the best sine of that frequency has been taken out lies below it, in dB.
func ratio(x []float32, hertz float64) (snr, gain float64) {
	var ss, sc, cc, xs, xc float64
	for n, v := range x {
		s, c := math.Sincos(2 * math.Pi * hertz * float64(n) / frame.SampleRate)
		ss, sc, cc = ss+s*s, sc+s*c, cc+c*c
		xs, xc = xs+float64(v)*s, xc+float64(v)*c
	}
	d := ss*cc - sc*sc
	a, b := (xs*cc-xc*sc)/d, (xc*ss-xs*sc)/d
	var signal, rest float64
	for n, v := range x {
		s, c := math.Sincos(2 * math.Pi * hertz * float64(n) / frame.SampleRate)
		fit := a*s + b*c
		signal += fit * fit
		rest += (float64(v) - fit) * (float64(v) - fit)
	}
	return 10 * math.Log10(signal/rest), 20 * math.Log10(math.Hypot(a, b))
}

func TestSinesPassTheResamplerClean(t *testing.T) {
	for _, rate := range []int{8000, 11025, 16000, 22050, 32000, 44100, 44101, 88200, 96000, 176400, 192000} {
		top := min(18000, 0.41*float64(rate))
		worst, flat := 200.0, 0.0
		for _, hz := range []float64{50, 997, top / 2, 0.9 * top, top} {
			out := convert(t, rate, rate/2, func(s float64) float64 { return math.Sin(2 * math.Pi * hz * s) })
			snr, gain := ratio(out[2000:len(out)-2000], hz)
			worst, flat = min(worst, snr), max(flat, math.Abs(gain))
		}
		t.Logf("%6d Hz → 48 kHz: SNR ≥ %.1f dB, flat within %.4f dB up to %.0f Hz", rate, worst, flat, top)
		if worst < 110 || flat > 0.01 {
			t.Errorf("%d Hz: SNR %.1f dB, ripple %.4f dB", rate, worst, flat)
		}
	}
}

// power is the level of x in dB of full scale square.
func power(x []float32) float64 {
	var sum float64
	for _, v := range x {
		sum += float64(v) * float64(v)
	}
	return 10 * math.Log10(sum/float64(len(x))+1e-30)
}

func TestWhatLiesAboveHalfTheLowerRateIsStopped(t *testing.T) {
	for _, rate := range []int{88200, 96000, 176400, 192000} {
		worst := -200.0
		for hz := 24010.0; hz < float64(rate)/2; hz += 1830 {
			out := convert(t, rate, rate/4, func(s float64) float64 { return math.Sin(2 * math.Pi * hz * s) })
			worst = max(worst, power(out[2000:len(out)-2000])+3.01)
		}
		t.Logf("%d Hz → 48 kHz: stop-band %.1f dB", rate, worst)
		if worst > -110 {
			t.Errorf("%d Hz: only %.1f dB", rate, worst)
		}
	}
	// Going up, the images of a tone at f lie at rate−f; the prototype's own response says what is left of them.
	for _, rate := range []int{8000, 22050, 44100} {
		r, _ := newResampler(rate)
		worst := -200.0
		for f := 0.5; f < 3; f += 0.0137 { // in units of the input's rate
			var re, im float64
			for row := range r.rows {
				for k := range r.taps {
					at := float64(k) - float64(row)/float64(r.rows)
					s, c := math.Sincos(2 * math.Pi * f * at)
					h := float64(r.table[row*r.taps+k])
					re, im = re+h*c, im+h*s
				}
			}
			worst = max(worst, 20*math.Log10(math.Hypot(re, im)/float64(r.rows)))
		}
		t.Logf("%d Hz → 48 kHz: images %.1f dB", rate, worst)
		if worst > -110 {
			t.Errorf("%d Hz: images only %.1f dB", rate, worst)
		}
	}
}

func TestTheResamplerNeitherDelaysNorJumpsAtAReset(t *testing.T) {
	f := func(s float64) float64 { return math.Sin(2*math.Pi*440*s) * math.Exp(-math.Pow((s-0.25)*20, 2)) }
	for _, rate := range []int{8000, 44100, 96000, 44101} {
		for n, v := range convert(t, rate, rate/2, f) {
			if want := f(float64(n) / frame.SampleRate); math.Abs(float64(v)-want) > 1e-5 {
				t.Fatalf("%d Hz: sample %d is %.6f, want %.6f", rate, n, v, want)
			}
		}
		r, _ := newResampler(rate)
		first := r.reset(9001)
		in := make([]float32, 2*r.taps)
		for i := range r.taps {
			in[2*i] = float32(f(float64(first+int64(i)) / float64(rate)))
		}
		r.write(in)
		var out [2]float32
		if want := f(9001.0 / frame.SampleRate); r.read(out[:]) != 1 || math.Abs(float64(out[0])-want) > 1e-5 {
			t.Fatalf("%d Hz: %.6f after a reset, want %.6f", rate, out[0], want)
		}
	}
	for _, rate := range []int{0, 7999, 192001} {
		if _, err := newResampler(rate); err == nil {
			t.Errorf("%d Hz was accepted", rate)
		}
	}
}

func TestTheResamplerAllocatesNothing(t *testing.T) {
	r, _ := newResampler(44100)
	var in [882]float32
	var out frame.Block
	if n := testing.AllocsPerRun(100, func() {
		r.write(in[:])
		r.read(out[:])
	}); n != 0 {
		t.Fatalf("%.0f allocations a block", n)
	}
}

func BenchmarkASecondFrom44100(b *testing.B) {
	r, _ := newResampler(44100)
	var in [882]float32
	var out frame.Block
	for b.Loop() {
		for range 100 {
			r.write(in[:])
			r.read(out[:])
		}
	}
}
