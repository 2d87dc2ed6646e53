package audio

import (
	"math"
	"testing"
)

var modes = []struct {
	name string
	mode NoiseMode
}{{"light", NoiseLight}, {"strong", NoiseStrong}}

func newNoise(t testing.TB) *Noise {
	t.Helper()
	n, err := NewNoise()
	if err != nil {
		t.Fatal(err, "; run .ci/models test")
	}
	return n
}

func babble(t testing.TB, n int) []float32 {
	x := make([]float32, n)
	for _, name := range []string{"conf-adminmenu-162", "conf-adminmenu-18", "demo-echotest", "priv-callee-options", "screen-callee-options", "vm-options", "conf-usermenu"} {
		s := speech(t, 10, name)
		for at := 0; at < n; at += len(s) {
			add(x[at:], s, 1)
		}
	}
	return x
}

func TestNoiseSuppressionMakesSpeechClearer(t *testing.T) {
	clean := levelled(speech(t, 9, "demo-instruct"), -24)
	noises := []struct {
		name  string
		noise []float32
		gain  [3]float64
	}{
		{"pink noise", pink(len(clean)), [3]float64{0, 5, 5}},
		// Seven times the voice that is to be kept: the networks keep all of them, and even who knew them apart would gain little more
		// than the 5 dB that are wanted of the other noises.
		{"babble", babble(t, len(clean)), [3]float64{0, 1, 1}},
		{"keys", keys(t, 9), [3]float64{0, 5, 5}},
	}
	n := newNoise(t)
	for _, c := range noises {
		noisy := append([]float32(nil), clean...)
		add(noisy, levelled(c.noise, -29), 1)
		before := siSDR(noisy, clean)
		t.Logf("%s: knowing voice and noise, a gain for each bin would reach %+.1f", c.name, idealGain(noisy, clean)-before)
		for _, m := range modes {
			n.Set(m.mode, 100)
			out := blocks(noisy, n.Process)
			d := n.Latency()
			gain := siSDR(out[d+48000:], clean[48000:len(clean)-d]) - before
			t.Logf("%s, %s: SI-SDR %.1f dB and %+.1f", c.name, m.name, before, gain)
			if gain < c.gain[m.mode] {
				t.Errorf("%s, %s: too little", c.name, m.name)
			}
		}
	}
}

// idealGain is the clearness that the best gain of each bin of 32 ms reaches, as Wiener's filter has it.
func idealGain(noisy, clean []float32) float64 {
	f, window := newFFT(strongWindow), rootOfHann(strongWindow)
	out, time := make([]float32, len(clean)), make([]float32, strongWindow)
	spectrum := func(x []float32) []complex64 {
		for i, w := range window {
			time[i] = x[i] * w
		}
		spec := make([]complex64, f.bins())
		f.forward(spec, time)
		return spec
	}
	end := 0
	for at := 0; at+strongWindow <= len(clean); at += strongHop {
		x, s := spectrum(noisy[at:]), spectrum(clean[at:])
		for k, v := range s {
			kept, lost := power(v), power(x[k]-v)
			x[k] *= complex(kept/(kept+lost+1e-20), 0)
		}
		f.inverse(time, x)
		for i, w := range window {
			out[at+i] += time[i] * w
		}
		end = at + strongHop
	}
	return siSDR(out[48000:end], clean[48000:end])
}

func TestTheLatencyOfNoiseSuppressionIsWhatItSays(t *testing.T) {
	clean := levelled(speech(t, 6, "demo-instruct"), -24)
	n := newNoise(t)
	for _, m := range modes {
		n.Set(m.mode, 100)
		out := blocks(clean, n.Process)
		best, at := math.Inf(-1), 0
		for d := 0; d < 3000; d += 3 {
			if s := siSDR(out[d+96000:][:24000], clean[96000:][:24000]); s > best {
				best, at = s, d
			}
		}
		t.Logf("%s: %d samples, SI-SDR of clean speech there %.1f dB", m.name, at, best)
		if at != n.Latency() || best < 15 {
			t.Errorf("%s: says %d", m.name, n.Latency())
		}
	}
}

func TestNoiseSuppressionSilencesTheKeyboardInPauses(t *testing.T) {
	n := newNoise(t)
	typing := levelled(keys(t, 8), -35)
	add(typing, white(len(typing)), math.Pow(10, -70./20))
	for _, m := range modes {
		n.Set(m.mode, 100)
		out := blocks(typing, n.Process)
		gain := decibels(energy(out[48000:]) / energy(typing[48000:]))
		t.Logf("%s: %.1f dB", m.name, gain)
		if gain > -20 {
			t.Errorf("%s leaves too much", m.name)
		}
	}
}

func TestStrengthMixesSuppressedAndOriginalInStep(t *testing.T) {
	clean := levelled(speech(t, 4, "demo-instruct"), -24)
	n := newNoise(t)
	for _, m := range modes {
		n.Set(m.mode, 0)
		out := blocks(clean, n.Process)
		d := n.Latency()
		if s := siSDR(out[d+4800:], clean[4800:len(clean)-d]); s < 100 {
			t.Errorf("%s: at strength 0 the sound is not the delayed original: %.1f dB", m.name, s)
		}
	}
}

func TestChangingTheModeMakesNoClick(t *testing.T) {
	n, b, at := newNoise(t), Mono{}, 0
	var last float32
	var jump float64
	for i := range 60 {
		n.Set(NoiseMode(i/10%3), 0)
		for j := range b {
			b[j] = float32(.5 * math.Sin(2*math.Pi*300*float64(at)/48000))
			at++
		}
		n.Process(&b)
		for _, v := range b {
			jump = max(jump, math.Abs(float64(v-last)))
			last = v
		}
	}
	t.Logf("largest step %.4f; the tone's own is %.4f", jump, .5*2*math.Pi*300/48000)
	if jump > .023 {
		t.Error("a click")
	}
}

func TestAMissingOrAnotherModelIsSaid(t *testing.T) {
	for _, name := range []string{"none.wasm", "gtcrn.wasm"} {
		if _, err := lockedModel(name, rnSum); err == nil {
			t.Errorf("%s is taken for RNNoise", name)
		}
	}
}

func TestNoiseSuppressionAllocatesNothing(t *testing.T) {
	n, b := newNoise(t), Mono{}
	for _, m := range modes {
		n.Set(m.mode, 100)
		if a := testing.AllocsPerRun(20, func() { n.Process(&b) }); a != 0 {
			t.Errorf("%s: %.1f allocations a block", m.name, a)
		}
	}
}

func BenchmarkNoise(b *testing.B) {
	voice := levelled(speech(b, 5, "demo-instruct"), -24)
	for _, m := range modes {
		b.Run(m.name, func(b *testing.B) {
			n := newNoise(b)
			n.Set(m.mode, 100)
			at := 0
			for b.Loop() {
				block := Mono(voice[at:])
				n.Process(&block)
				at = (at + 480) % len(voice)
			}
			reportSecond(b)
		})
	}
}

// reportSecond tells what 100 blocks, a second of sound, cost.
func reportSecond(b *testing.B) {
	b.ReportMetric(b.Elapsed().Seconds()*1000/float64(b.N)*100, "ms/s")
}
