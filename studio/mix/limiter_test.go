package mix_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"vitrine/capture/frame"
	"vitrine/studio/mix"
)

// sound is a signal for tests: the same on both sides unless a function says otherwise.
type sound []float32

func wave(seconds float64, f func(t float64) float64) sound {
	s := make(sound, int(seconds*frame.SampleRate)/frame.BlockSamples*frame.BlockSamples)
	for i := range s {
		s[i] = float32(f(float64(i) / frame.SampleRate))
	}
	return s
}

func tone(seconds, hertz, db, degrees float64) sound {
	a := math.Pow(10, db/20)
	return wave(seconds, func(t float64) float64 { return a * math.Sin(2*math.Pi*hertz*t+degrees*math.Pi/180) })
}

// through passes a signal through f in blocks and gives the left side.
func (s sound) through(f func(*frame.Block)) sound {
	out := make(sound, 0, len(s))
	var b frame.Block
	for from := 0; from+frame.BlockSamples <= len(s); from += frame.BlockSamples {
		for i, v := range s[from : from+frame.BlockSamples] {
			b[2*i], b[2*i+1] = v, v
		}
		f(&b)
		for i := range frame.BlockSamples {
			out = append(out, b[2*i])
		}
	}
	return out
}

// peak is the true peak in dBTP by a sinc of 512 taps at 8 times the rate, under a Kaiser window with side lobes at −80 dB. It
// looks closely only near loud samples: elsewhere no peak can be.
func (s sound) peak() float64 {
	const half, phases = 256, 8
	var filters [phases][2 * half]float64
	for p := range filters {
		for i := range filters[p] {
			x := float64(i-half+1) - float64(p)/phases
			w := bessel(8*math.Sqrt(max(0, 1-x*x/half/half))) / bessel(8)
			if x == 0 {
				filters[p][i] = 1
				continue
			}
			filters[p][i] = math.Sin(math.Pi*x) / (math.Pi * x) * w
		}
	}
	padded := append(append(make(sound, half), s...), make(sound, half)...)
	var most, loud float64
	for _, v := range s {
		loud = max(loud, math.Abs(float64(v)))
	}
	for i := half; i < half+len(s); i++ {
		if max(math.Abs(float64(padded[i])), math.Abs(float64(padded[i+1]))) < loud*0.6 && loud > 0.75 {
			continue
		}
		x := padded[i-half+1 : i+half+1]
		for p := range filters {
			var y float64
			for k, h := range filters[p] {
				y += h * float64(x[k])
			}
			most = max(most, math.Abs(y))
		}
	}
	return 20 * math.Log10(most)
}

func bessel(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; k < 40; k++ {
		term *= x * x / (4 * k * k)
		sum += term
	}
	return sum
}

func TestALimiterNeverPassesItsCeiling(t *testing.T) {
	if testing.Short() {
		t.Skip("much is computed, in one goroutine: not with -short, for the race detector")
	}
	random := rand.New(rand.NewPCG(1, 2))
	noise := func(gain float64) sound {
		return wave(0.25, func(float64) float64 { return gain * (2*random.Float64() - 1) })
	}
	signals := map[string]sound{
		"noise just over":            noise(0.5),
		"noise at full scale":        noise(1),
		"noise 20 dB over":           noise(10),
		"normal noise":               wave(0.25, func(float64) float64 { return random.NormFloat64() }),
		"square wave 997 Hz":         wave(0.25, func(t float64) float64 { return math.Copysign(1.5, math.Sin(2*math.Pi*997*t)) }),
		"square wave 50 Hz":          wave(0.25, func(t float64) float64 { return math.Copysign(1.5, math.Sin(2*math.Pi*50*t)) }),
		"quarter rate, 45°":          tone(0.25, 12000, 3, 45),
		"third rate, 60°":            tone(0.25, 16000, 3, 60),
		"quarter rate, just over   ": tone(0.25, 12000, 0, 45),
		"sweep to 23.5 kHz":          wave(0.5, func(t float64) float64 { return 1.2 * math.Sin(2*math.Pi*23500*t*t) }),
		"sine burst": wave(0.25, func(t float64) float64 {
			if t < 0.12 {
				return 0.1 * math.Sin(2*math.Pi*997*t)
			}
			return 4 * math.Sin(2*math.Pi*997*t)
		}),
		"clicks": wave(0.25, func(t float64) float64 {
			if int(t*frame.SampleRate+0.5)%1117 == 0 {
				return 8
			}
			return 0.3 * math.Sin(2*math.Pi*220*t)
		}),
		"full scale, random signs": wave(0.25, func(float64) float64 { return float64(2*random.IntN(2) - 1) }),
		"clipped noise":            wave(0.25, func(float64) float64 { return max(-1, min(1, 2*random.NormFloat64())) }),
	}
	for name, in := range signals {
		var l mix.Limiter
		in = append(make(sound, frame.BlockSamples), append(in, make(sound, 2*frame.BlockSamples)...)...)
		before, after := in.peak(), in.through(l.Process).peak()
		t.Logf("%-28s %6.2f → %6.3f dBTP", name, before, after)
		if after > mix.Ceiling {
			t.Errorf("%s leaves with %.3f dBTP", name, after)
		}
		if after < mix.Ceiling-1 {
			t.Errorf("%s is limited to %.3f dBTP, more than needed", name, after)
		}
	}
}

func TestALimiterOnlyDelaysWhatIsBelowItsCeiling(t *testing.T) {
	loud := tone(0.2, 300, 6, 0)
	quiet := tone(3, 997, -1.6, 17)
	var l mix.Limiter
	out := append(loud, quiet...).through(l.Process)
	recovered := 0
	for i := mix.LimiterDelay; i < len(quiet); i++ {
		if out[len(loud)+i] != quiet[i-mix.LimiterDelay] {
			recovered = i
		}
	}
	t.Logf("after 6 dB too much, every bit is right again in %.2f s", float64(recovered)/frame.SampleRate)
	if recovered > 2*frame.SampleRate {
		t.Fatal("the limiter never lets go")
	}
	var fresh mix.Limiter
	out = quiet.through(fresh.Process)
	for i := mix.LimiterDelay; i < len(quiet); i++ {
		if out[i] != quiet[i-mix.LimiterDelay] {
			t.Fatalf("sample %d was %g, became %g", i, quiet[i-mix.LimiterDelay], out[i])
		}
	}
}

func TestALimiterMovesSmoothlyAndSurvivesNoNumbers(t *testing.T) {
	var l mix.Limiter
	in := tone(1, 60, 4, 0)
	out := in.through(l.Process)
	var least, most float64 = 2, 0
	for i := frame.SampleRate / 2; i < len(out); i++ {
		if v := math.Abs(float64(in[i-mix.LimiterDelay])); v > 0.1 {
			g := math.Abs(float64(out[i])) / v
			least, most = min(least, g), max(most, g)
		}
	}
	t.Logf("gain on a bass note of 60 Hz moves by %.3f dB", 20*math.Log10(most/least))
	if 20*math.Log10(most/least) > 0.3 {
		t.Fatal("the gain follows the waves")
	}
	var b frame.Block
	for i := range b {
		b[i] = float32([]float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e30}[i%4])
	}
	l.Process(&b)
	for _, v := range tone(0.1, 440, -3, 0).through(l.Process) {
		if v != v || v > 1 || v < -1 {
			t.Fatalf("no numbers left %g behind", v)
		}
	}
}

func TestTheMastersToolsAllocateNothing(t *testing.T) {
	var (
		m mix.Master
		l mix.Loudness
		s mix.Space
	)
	d := mix.NewDucker()
	b, voice := sine(1.5, 997, 0), sine(0.5, 200, 0)
	if n := testing.AllocsPerRun(200, func() { s.Process(b); d.Process(b, voice); m.Process(b); l.Add(b) }); n != 0 {
		t.Fatalf("%g allocations a block", n)
	}
}

// second gives the cost of a second of sound as ms/s.
func second(b *testing.B, in sound, f func(*frame.Block)) {
	b.Helper()
	for b.Loop() {
		in.through(f)
	}
	perSecond := float64(b.Elapsed().Microseconds()) / 1000 / float64(b.N) / (float64(len(in)) / frame.SampleRate)
	b.ReportMetric(perSecond, "ms/s")
}

func BenchmarkLimiter(b *testing.B) {
	var l mix.Limiter
	second(b, tone(1, 997, -1.1, 0), l.Process)
}

func BenchmarkLoudness(b *testing.B) {
	var l mix.Loudness
	second(b, tone(1, 997, -1.1, 0), l.Add)
}

func BenchmarkDucker(b *testing.B) {
	d, voice := mix.NewDucker(), sine(0.5, 200, 0)
	second(b, tone(1, 997, -1.1, 0), func(b *frame.Block) { d.Process(b, voice) })
}

func BenchmarkSpace(b *testing.B) {
	var s mix.Space
	s.Set(mix.Place{Side: 1, Distance: 1})
	second(b, tone(1, 997, -1.1, 0), s.Process)
}
