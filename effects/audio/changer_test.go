package audio_test

import (
	"math"
	"slices"
	"testing"

	"vitrine/capture/frame"
	"vitrine/effects/audio"
)

// formant is a resonance of a mouth, in Hz.
type formant struct{ hz, width float64 }

var vowels = map[string][]formant{
	"a": {{730, 110}, {1090, 120}, {2440, 160}, {3400, 220}, {4500, 300}, {5500, 400}, {6500, 500}, {7500, 600}, {8500, 700}},
	"i": {{290, 90}, {2200, 140}, {2900, 180}, {3600, 240}, {4500, 300}, {5500, 400}, {6500, 500}, {7500, 600}, {8500, 700}},
	"u": {{330, 90}, {870, 110}, {2240, 160}, {3300, 220}, {4500, 300}, {5500, 400}, {6500, 500}, {7500, 600}, {8500, 700}},
}

// mouth is the gain in dB of resonances in a row, and a source that falls by 6 dB an octave.
func mouth(f float64, formants []formant) (db float64) {
	for _, r := range formants {
		x, b := f/r.hz, r.width/r.hz
		db -= 10 * math.Log10((1-x*x)*(1-x*x)+b*b*x*x)
	}
	return db - 20*math.Log10(f/100)
}

// sung is a vowel at a pitch that may move.
func sung(seconds float64, formants []formant, hertz func(t float64) float64) voice {
	out := make(voice, int(seconds*frame.SampleRate)/frame.BlockSamples*frame.BlockSamples)
	var phase, pitch float64
	var gains []float64
	for i := range out {
		f := hertz(float64(i) / frame.SampleRate)
		phase += 2 * math.Pi * f / frame.SampleRate
		if f != pitch {
			pitch, gains = f, gains[:0]
			for k := 1.0; k*f < 9000; k++ {
				gains = append(gains, math.Pow(10, mouth(k*f, formants)/20))
			}
		}
		var sum float64
		for k, g := range gains {
			// A phase that grows with the square keeps the crest low, as a throat does.
			sum += g * math.Sin(float64(k+1)*phase+0.05*float64(k*k))
		}
		out[i] = float32(0.05 * sum)
	}
	return out
}

func steady(hertz float64) func(float64) float64 { return func(float64) float64 { return hertz } }

// hertz finds the pitch by the top of the autocorrelation near a guess, over 12 periods, between samples.
func (v voice) hertz(guess float64) float64 {
	around := int(frame.SampleRate / guess * 0.06)
	span := int(12 * frame.SampleRate / guess)
	best := 0.0
	// The longer the lag, the finer: 1 period, then 8.
	for _, periods := range []float64{1, 8} {
		middle := int(periods*frame.SampleRate/guess + 0.5)
		reach := around
		if periods > 1 {
			reach = int(frame.SampleRate / guess * 0.3)
		}
		corr := func(lag int) (sum float64) {
			for i := range span {
				sum += float64(v[i]) * float64(v[i+lag])
			}
			return sum
		}
		top, most := 0, math.Inf(-1)
		for lag := middle - reach; lag <= middle+reach; lag++ {
			if c := corr(lag); c > most {
				top, most = lag, c
			}
		}
		y0, y1, y2 := corr(top-1), corr(top), corr(top+1)
		best = frame.SampleRate * periods / (float64(top) + (y0-y2)/(2*(y0-2*y1+y2)))
		guess = best
	}
	return best
}

// harmonic is the level of the part at a frequency in dB, under a Hann window.
func (v voice) harmonic(hertz float64) float64 {
	var re, im float64
	for i, x := range v {
		w := 0.5 - 0.5*math.Cos(2*math.Pi*float64(i)/float64(len(v)))
		sin, cos := math.Sincos(2 * math.Pi * hertz * float64(i) / frame.SampleRate)
		re, im = re+float64(x)*w*cos, im+float64(x)*w*sin
	}
	return 10 * math.Log10(re*re+im*im+1e-30)
}

func changed(in voice, v audio.Voice) voice {
	c := audio.NewChanger()
	c.Set(v)
	return in.through(c.Process)
}

func cents(got, want float64) float64 { return 1200 * math.Log2(got/want) }

func TestAChangerHitsThePitch(t *testing.T) {
	worst := 0.0
	check := func(name string, in voice, hertz float64) {
		for _, semitones := range []float64{-12, -4, 0.5, 5, 12} {
			out := changed(in, audio.Voice{Pitch: semitones})
			want := hertz * math.Exp2(semitones/12)
			got := cents(out[frame.SampleRate/2:].hertz(want), want)
			worst = max(worst, math.Abs(got))
			if math.Abs(got) > 5 {
				t.Errorf("%s at %.0f Hz by %g semitones is off by %.1f cents", name, hertz, semitones, got)
			}
		}
	}
	for name, vowel := range vowels {
		for _, hertz := range []float64{95, 147, 330} {
			check(name, sung(1.2, vowel, steady(hertz)), hertz)
		}
	}
	for _, hertz := range []float64{82.4, 147, 293} {
		check("sawtooth", generated(1.2, func(t float64) float64 { return 0.5 * (2*math.Mod(t*hertz, 1) - 1) }), hertz)
	}
	t.Logf("worst pitch is off by %.2f cents", worst)
}

func TestAChangerKeepsAndMovesFormants(t *testing.T) {
	var worst, sum, n float64
	for name, vowel := range vowels {
		for _, hertz := range []float64{100, 140, 200} {
			in := sung(1, vowel, steady(hertz))
			for _, v := range []audio.Voice{{Pitch: -7}, {Pitch: 2.5}, {Pitch: 12}, {Pitch: 4, Formant: 3}, {Formant: -4}} {
				out := changed(in, v)[frame.SampleRate/2:]
				pitch, shift := hertz*math.Exp2(v.Pitch/12), math.Exp2(v.Formant/12)
				var errors []float64
				var mean float64
				for k := 1.0; k*pitch < 4500*min(1, shift); k++ {
					e := out.harmonic(k*pitch) - mouth(k*pitch/shift, vowel)
					errors, mean = append(errors, e), mean+e
				}
				mean /= float64(len(errors))
				var square float64
				for _, e := range errors {
					square += (e - mean) * (e - mean) / float64(len(errors))
				}
				got := math.Sqrt(square)
				worst, sum, n = max(worst, got), sum+got, n+1
				t.Logf("%s at %.0f Hz, pitch %+.1f, formants %+.1f: envelope is off by %.2f dB", name, hertz, v.Pitch, v.Formant, got)
			}
		}
	}
	t.Logf("envelope is off by %.2f dB in the mean, %.2f dB at worst", sum/n, worst)
	if sum/n > 0.5 || worst > 1 {
		t.Error("that is too much")
	}
}

func TestAChangerKeepsTheHarmonicsAligned(t *testing.T) {
	// The glottis makes pulses; harmonics that lose each other's phase smear them over the period.
	pulses := generated(1, func(t float64) float64 {
		phase, sum := 2*math.Pi*120*t, 0.0
		for k := 1.0; k <= 40; k++ {
			sum += math.Cos(k * phase)
		}
		return sum / 50
	})
	crest := func(v voice) float64 {
		var peak float64
		for _, x := range v {
			peak = max(peak, math.Abs(float64(x)))
		}
		return 20*math.Log10(peak) - v.rms()
	}
	was := crest(pulses)
	for _, semitones := range []float64{-5, 4, 7} {
		out := changed(pulses, audio.Voice{Pitch: semitones})
		is := crest(out[frame.SampleRate/2:])
		// Fewer harmonics below the same limit make lower pulses, more higher ones.
		want := was - 10*math.Log10(math.Exp2(semitones/12))
		t.Logf("pulses by %+g semitones: %.1f dB over their mean power, of %.1f dB", semitones, is, want)
		if is < want-2 {
			t.Error("they are smeared")
		}
	}
}

func TestAChangerFollowsAMelody(t *testing.T) {
	// A vibrato of half a semitone, 5.5 times a second, over a glide by a fifth.
	melody := func(t float64) float64 { return 150 * math.Exp2(t*7/12/2+0.5/12*math.Sin(2*math.Pi*5.5*t)) }
	in := sung(1.2, vowels["a"], melody)
	out := changed(in, audio.Voice{Pitch: 5})
	var square, n float64
	for at := 9600; at < len(out)-9600; at += 2400 {
		// The pitch around this moment from two periods; the sound is 40 ms late.
		middle := float64(at-1920) / frame.SampleRate
		want := melody(middle) * math.Exp2(5.0/12)
		got := out[at-int(1.5*frame.SampleRate/want):].near(want)
		square, n = square+cents(got, want)*cents(got, want), n+1
	}
	t.Logf("melody is off by %.1f cents in the mean", math.Sqrt(square/n))
	if math.Sqrt(square/n) > 15 {
		t.Error("that is out of tune")
	}
}

func TestAChangerMovesSpeechAsFarAsAsked(t *testing.T) {
	in := announcement(t, "demo-instruct")[:10*frame.SampleRate]
	const late = 1920
	for _, semitones := range []float64{-5, 4} {
		out := changed(in, audio.Voice{Pitch: semitones})
		ratio := math.Exp2(semitones / 12)
		var off []float64
		for at := frame.SampleRate / 2; at < len(in)-frame.SampleRate/5; at += 960 {
			was, sure := in[at:].pitch(120, 350)
			if sure < 0.97 {
				continue
			}
			// Both around the same moment: two periods are looked at.
			shift := int(frame.SampleRate/was*1.5 - frame.SampleRate/was/ratio*1.5)
			got, _ := out[at+late+shift:].pitch(was*ratio*0.8, was*ratio*1.25)
			off = append(off, math.Abs(cents(got, was*ratio)))
		}
		slices.Sort(off)
		t.Logf("speech by %+g semitones: %d moments, half within %.1f cents, nine tenths within %.1f", semitones,
			len(off), off[len(off)/2], off[len(off)*9/10])
		if len(off) < 50 || off[len(off)/2] > 10 {
			t.Error("the pitch of speech is wrong")
		}
	}
}

// pitch is the pitch between two bounds from the first sample on, over three periods, and how alike they are.
func (v voice) pitch(least, most float64) (hertz, sure float64) {
	var corr [1000]float64
	from, to := int(frame.SampleRate/most), int(frame.SampleRate/least)
	top := from + 1
	for lag := from; lag <= to; lag++ {
		var ab, aa, bb float64
		for i := range 2 * lag {
			a, b := float64(v[i]), float64(v[i+lag])
			ab, aa, bb = ab+a*b, aa+a*a, bb+b*b
		}
		corr[lag] = ab / math.Sqrt(aa*bb+1e-12)
		if lag > from && lag < to && corr[lag] > corr[top] {
			top = lag
		}
	}
	y0, y1, y2 := corr[top-1], corr[top], corr[top+1]
	if y1 < y0 || y1 <= y2 {
		return frame.SampleRate / float64(top), 0
	}
	return frame.SampleRate / (float64(top) + (y0-y2)/(2*(y0-2*y1+y2))), y1
}

// near is the pitch over two periods from the first sample on.
func (v voice) near(guess float64) float64 {
	best, top := 0.0, -1.0
	n := int(2 * frame.SampleRate / guess)
	for p := frame.SampleRate / guess * 0.9; p < frame.SampleRate/guess*1.1; p += 0.05 {
		lag := int(p)
		x := float32(p - float64(lag))
		var ab, aa, bb float64
		for i := range n {
			a, b := float64(v[i]), float64(v[i+lag]*(1-x)+v[i+lag+1]*x)
			ab, aa, bb = ab+a*b, aa+a*a, bb+b*b
		}
		if c := ab / math.Sqrt(aa*bb); c > top {
			best, top = p, c
		}
	}
	return frame.SampleRate / best
}

func TestAChangerThatChangesAlmostNothingOnlyDelays(t *testing.T) {
	in := announcement(t, "demo-instruct")[:5*frame.SampleRate]
	c := audio.NewChanger()
	for i, v := range in.through(c.Process) {
		if v != in[i] {
			t.Fatalf("sample %d is %g when off, was %g", i, v, in[i])
		}
	}
	v := audio.Voice{Pitch: 0.0001}
	c.Set(v)
	out := in.through(c.Process)
	late := c.Latency()
	const skip = frame.SampleRate / 2
	rest := make(voice, len(out)-skip-late)
	for i := range rest {
		rest[i] = out[skip+late+i] - in[skip+i]
	}
	t.Logf("%d samples late, the difference is %.1f dB under the voice", late, in.rms()-rest.rms())
	if late > 2400 || in.rms()-rest.rms() < 30 {
		t.Error("it is not the same voice")
	}
}

// voices are what hosts make of theirs.
var voices = []audio.Voice{
	{}, {Pitch: -4, Formant: -2}, {Pitch: 7, Formant: 4}, {Monotone: 110, Formant: -1}, {Pitch: 12, Formant: 9}, {Narrow: true},
}

func TestAChangerChangesWithoutAClick(t *testing.T) {
	c := audio.NewChanger()
	n := 0
	out := sine(8, 300, -6).through(func(b *audio.Mono) {
		if n++; n%40 == 0 {
			c.Set(voices[n/40%len(voices)])
		}
		c.Process(b)
	})
	t.Logf("changes leave %.1f dB above 4 kHz beside a tone at 300 Hz", out.roughness())
	if out.roughness() > -60 {
		t.Error("it clicks")
	}
}

func TestAChangedVoiceKeepsSpeechAboutAsLoud(t *testing.T) {
	in := announcement(t, "demo-congrats")[:10*frame.SampleRate]
	for _, v := range voices {
		out := changed(in, v)
		t.Logf("%+v: %+.1f dB", v, out.rms()-in.rms())
		if math.Abs(out.rms()-in.rms()) > 6 {
			t.Error("that is another loudness")
		}
	}
}

func BenchmarkChanger(b *testing.B) {
	c := audio.NewChanger()
	c.Set(audio.Voice{Pitch: 5, Formant: 2})
	second(b, c.Process)
}
