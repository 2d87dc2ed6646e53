package audio_test

import (
	"math"
	"testing"
	"time"

	"vitrine/capture/frame"
	"vitrine/effects/audio"
)

// modes names a Reverb's modes.
var reverbs = map[string]audio.ReverbMode{
	"studio": audio.ReverbStudio, "room": audio.ReverbRoom, "plate": audio.ReverbPlate, "hall": audio.ReverbHall,
}

// response is what a reverb answers to an impulse, without the impulse, on both sides.
func response(mode audio.ReverbMode, decay time.Duration, seconds float64) (left, right voice) {
	r := audio.NewReverb()
	r.Set(mode, decay, 1)
	var out frame.Block
	for i := range int(seconds*100) + 20 {
		var in audio.Mono
		if i == 20 {
			in[0] = 1
		}
		r.Process(&in, &out)
		for k := 0; i >= 20 && k < len(out); k += 2 {
			left, right = append(left, out[k]), append(right, out[k+1])
		}
	}
	left[0], right[0] = left[0]-1, right[0]-1
	return left, right
}

// octave filters by two sections around a frequency, forwards.
func (v voice) octave(hertz float64) voice {
	sin, cos := math.Sincos(2 * math.Pi * hertz / frame.SampleRate)
	alpha := sin / 2 / math.Sqrt2
	out := append(voice{}, v...)
	for range 2 {
		var x1, x2, y1, y2 float64
		for i, s := range out {
			x := float64(s)
			y := (alpha*(x-x2) + 2*cos*y1 - (1-alpha)*y2) / (1 + alpha)
			x2, x1, y2, y1 = x1, x, y1, y
			out[i] = float32(y)
		}
	}
	return out
}

// decay is the time to fall by 60 dB, from the line through −5 and −35 dB of the backward integral (Schroeder 1965; ISO 3382).
func (v voice) decay() float64 {
	left := make([]float64, len(v)+1)
	for i := len(v) - 1; i >= 0; i-- {
		left[i] = left[i+1] + float64(v[i])*float64(v[i])
	}
	var n, st, sy, stt, sty float64
	for i := range v {
		y := 10 * math.Log10(left[i]/left[0]+1e-20)
		if y > -5 || y < -35 {
			continue
		}
		t := float64(i) / frame.SampleRate
		n, st, sy, stt, sty = n+1, st+t, sy+y, stt+t*t, sty+t*y
	}
	return -60 * (n*stt - st*st) / (n*sty - st*sy)
}

// density is how like noise the echoes from a moment on are, 1 for Gaussian noise (Abel and Huang, AES 2006).
func (v voice) density(from int) float64 {
	w := v[from : from+960]
	limit := math.Pow(10, w.rms()/20)
	n := 0
	for _, x := range w {
		if math.Abs(float64(x)) > limit {
			n++
		}
	}
	return float64(n) / float64(len(w)) / math.Erfc(1/math.Sqrt2)
}

func TestAReverbTakesTheTimeThatWasSet(t *testing.T) {
	for name, mode := range reverbs {
		for _, share := range []float64{0.7, 1, 1.6, 3} {
			want := share * mode.Decay().Seconds()
			decay := time.Duration(want * float64(time.Second))
			left, right := response(mode, decay, want*1.5+0.3)
			t.Logf("%-6s of %.2f s: %.3f at 500 Hz, %.3f and %.3f at 1 kHz, %.3f at 8 kHz", name, want,
				left.octave(500).decay(), left.octave(1000).decay(), right.octave(1000).decay(), left.octave(8000).decay())
			for _, got := range []float64{left.octave(500).decay(), left.octave(1000).decay(), right.octave(1000).decay()} {
				if math.Abs(got/want-1) > 0.1 {
					t.Errorf("%s takes %.3f s, want %.3f", name, got, want)
				}
			}
		}
	}
}

func TestAReverbIsDenseWideAndAsLoudAsSet(t *testing.T) {
	for name, mode := range reverbs {
		left, right := response(mode, 0, 1.5)
		dense := 0
		for dense+960 < len(left) && left.density(dense) < 0.85 {
			dense += 240
		}
		var after, n float64
		for at := dense; at < dense+48*400; at += 960 {
			after, n = after+left.density(at), n+1
		}
		var both, l, r float64
		for i := 2400; i < len(left); i++ {
			both += float64(left[i]) * float64(right[i])
			l += float64(left[i]) * float64(left[i])
			r += float64(right[i]) * float64(right[i])
		}
		var energy float64
		for _, v := range left {
			energy += float64(v) * float64(v)
		}
		alike, loud := both/math.Sqrt(l*r), 10*math.Log10(energy)
		t.Logf("%-6s: dense after %.0f ms, then %.2f of noise; ears alike %.2f; %.1f dB re the voice", name,
			float64(dense)/48, after/n, alike, loud)
		if dense > 48*120 || after/n < 0.9 || math.Abs(alike) > 0.2 || math.Abs(loud) > 3 {
			t.Errorf("%s is not what a room should be", name)
		}
	}
}

func TestAReverbChangesWithoutAClickAndIsNothingWhenOff(t *testing.T) {
	in := sine(4, 440, -6)
	r := audio.NewReverb()
	var out frame.Block
	var left voice
	n := 0
	in.through(func(b *audio.Mono) {
		switch n++; n {
		case 50:
			r.Set(audio.ReverbHall, 0, 0.7)
		case 150:
			r.Set(audio.ReverbHall, time.Second, 0.2)
		case 200:
			r.Set(audio.ReverbPlate, 0, 0.7)
		case 300:
			r.Set(audio.ReverbOff, 0, 0)
		}
		r.Process(b, &out)
		for i := 0; i < len(out); i += 2 {
			left = append(left, out[i])
		}
	})
	click := left.roughness()
	t.Logf("changes leave %.1f dB above 4 kHz beside a tone at 440 Hz", click)
	if click > -60 {
		t.Error("it clicks")
	}
	for i := 350 * frame.BlockSamples; i < len(in); i++ {
		if left[i] != in[i] {
			t.Fatal("it is heard when off")
		}
	}
}

func BenchmarkReverb(b *testing.B) {
	r := audio.NewReverb()
	r.Set(audio.ReverbHall, 0, 0.5)
	var out frame.Block
	second(b, func(b *audio.Mono) { r.Process(b, &out) })
}

// second gives the cost of a second of voice as ms/s.
func second(b *testing.B, f func(*audio.Mono)) {
	b.Helper()
	in := generated(1, func(t float64) float64 { return 0.3 * math.Mod(t*130, 1) })
	for b.Loop() {
		in.through(f)
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms/s")
}

func BenchmarkLevel(b *testing.B) { second(b, audio.NewLevel().Process) }

func BenchmarkCompressor(b *testing.B) {
	second(b, audio.NewCompressor(audio.VoiceCompression()).Process)
}

func BenchmarkEqualiser(b *testing.B) {
	var e audio.Equaliser
	e.Set([audio.Bands]float64{3, -3, 3, -3, 3, -3, 3, -3, 3, -3})
	second(b, e.Process)
}

func TestShapingAllocatesNothing(t *testing.T) {
	l, c, r := audio.NewLevel(), audio.NewCompressor(audio.VoiceCompression()), audio.NewReverb()
	var e audio.Equaliser
	r.Set(audio.ReverbRoom, 0, 0.5)
	v := audio.NewChanger()
	in := sine(0.01, 200, -10)
	var b audio.Mono
	var out frame.Block
	n := 0
	if got := testing.AllocsPerRun(300, func() {
		n++
		b = audio.Mono(in)
		e.Set([audio.Bands]float64{float64(n % 12)})
		v.Set(voices[n/30%len(voices)])
		l.Process(&b)
		e.Process(&b)
		c.Process(&b)
		v.Process(&b)
		r.Process(&b, &out)
	}); got != 0 {
		t.Fatalf("%g allocations a block", got)
	}
}
