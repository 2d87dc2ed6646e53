package audio

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// call is what a microphone hears of a loudspeaker in a room, −22 dBFS on average, with noise of −60 dBFS; from the seventh
// second on the loudspeaker stands elsewhere, later by the second delay.
func call(far []float32, rt60 float64, delay, moved int) []float32 {
	played := loudspeaker(far)
	mic := delayed(convolve(played, room(rt60, 0)), delay*48)
	if moved >= 0 {
		copy(mic[7*48000:], delayed(convolve(played, room(rt60, .4)), moved*48)[7*48000:])
	}
	mic = levelled(blocks(mic, NewHighPass().Process), -22)
	add(mic, white(len(mic)), math.Pow(10, -60./20))
	return mic
}

// cancelled is what a new canceller makes of a call, without its delay.
func cancelled(mic, far []float32) []float32 {
	e, at := NewEcho(), 0
	out := blocks(mic, func(b *Mono) {
		f := Mono(far[at:])
		e.Process(b, &f)
		at += len(b)
	})
	return out[e.Latency():]
}

// erle is how much less energy is in out than in mic between two times in seconds, in dB: echo return loss enhancement.
func erle(mic, out []float32, from, to float64) float64 {
	i, j := int(from*48000), min(int(to*48000), len(out))
	return decibels(energy(mic[i:j]) / energy(out[i:j]))
}

func farEnds(t testing.TB, seconds float64) map[string][]float32 {
	return map[string][]float32{
		"speech": levelled(speech(t, seconds, "demo-instruct"), -20),
		"music":  levelled(music(t, seconds, "By-Product"), -20),
	}
}

func TestTheEchoGoesAndComesBackOnlyBrieflyWhenTheRoomChanges(t *testing.T) {
	fars := farEnds(t, 10)
	for _, c := range []struct {
		far            string
		rt60           float64
		delay, moved   int
		steady, healed float64 // dB in seconds 3 to 7, and in the second after 1.5 s
	}{
		{"speech", .2, 0, 0, 33, 30},
		{"speech", .35, 20, 20, 33, 30},
		// Echoes that begin within a partition, at one end of it and at the other.
		{"speech", .35, 23, 23, 33, 30},
		{"speech", .35, 105, 105, 33, 30},
		{"music", .35, 100, 100, 36, 35},
		{"music", .5, 20, 20, 35, 33},
		// So long a reverberation partly lies beyond the filter.
		{"speech", .5, 250, 250, 35, 35},
		// Another delay is believed after about .6 s only, then the filters begin anew.
		{"music", .35, 103, 20, 36, 33},
		{"speech", .35, 20, 103, 33, 33},
	} {
		far := fars[c.far]
		mic := call(far, c.rt60, c.delay, c.moved)
		out := cancelled(mic, far)
		steady, healed := erle(mic, out, 3, 7), erle(mic, out, 8.5, 9.5)
		t.Logf("%s, RT60 %.2f s, %d then %d ms late: ERLE %.0f dB in seconds 1.5-3, %.0f in 3-7; moved: %.0f in 0-.5, %.0f in .5-1, %.0f in 1-1.5, %.0f in 1.5-2.5",
			c.far, c.rt60, c.delay, c.moved, erle(mic, out, 1.5, 3), steady,
			erle(mic, out, 7, 7.5), erle(mic, out, 7.5, 8), erle(mic, out, 8, 8.5), healed)
		if steady < c.steady || healed < c.healed {
			t.Errorf("want %.0f in seconds 3-7 and %.0f after 1.5 s", c.steady, c.healed)
		}
	}
}

func TestInDoubleTalkTheVoiceStaysClear(t *testing.T) {
	near := levelled(speech(t, 6, "demo-congrats"), -22)
	fars := farEnds(t, 10)
	for _, c := range []struct {
		far  string
		rt60 float64
	}{{"speech", .2}, {"speech", .35}, {"speech", .5}, {"music", .2}, {"music", .35}, {"music", .5}} {
		mic := call(fars[c.far], c.rt60, 40, -1)
		add(mic[4*48000:], near, 1)
		both := cancelled(mic, fars[c.far])[4*48000:]
		clear := siSDR(both, near[:len(both)])
		t.Logf("%s, RT60 %.2f s: SI-SDR %.1f dB", c.far, c.rt60, clear)
		if clear < 14 {
			t.Errorf("%s, RT60 %.2f s: too little", c.far, c.rt60)
		}
	}
}

func TestWithoutAnEchoTheVoiceIsUntouched(t *testing.T) {
	voice := levelled(speech(t, 8, "demo-congrats"), -22)
	far := make([]float32, len(voice))
	copy(far, levelled(speech(t, 6, "demo-instruct"), -20)) // into headphones
	out := cancelled(voice, far)
	headphones, silence := siSDR(out[:6*48000], voice[:6*48000]), siSDR(out[7*48000:], voice[7*48000:len(out)])
	t.Logf("SI-SDR %.1f dB while headphones play, %.1f dB in silence", headphones, silence)
	if silence < 40 || headphones < 25 {
		t.Error("the canceller harms a voice that has no echo")
	}
}

func TestComfortNoiseKeepsTheRoomsNoise(t *testing.T) {
	far := levelled(speech(t, 10, "demo-instruct"), -20)
	mic := call(far, .2, 20, -1)
	out := cancelled(mic, far)
	var quiet []float64
	for at := 4 * 48000; at+4800 < len(out); at += 4800 {
		quiet = append(quiet, decibels(energy(out[at:at+4800])/4800))
	}
	slices.Sort(quiet)
	low, high := quiet[len(quiet)/10], quiet[len(quiet)*9/10]
	t.Logf("noise of -60 dBFS: what is left of the echo is between %.0f and %.0f dBFS in 8 of 10 tenths of a second", low, high)
	if low < -72 || high > -48 {
		t.Error("the background comes and goes")
	}
}

func TestTheCancellerSurvivesAnySound(t *testing.T) {
	e, rng := NewEcho(), rand.New(rand.NewPCG(1, 1))
	for n := range 400 {
		var mic, far Mono
		for i := range mic {
			switch n / 50 % 4 {
			case 0:
				mic[i], far[i] = 1, -1
			case 1:
				mic[i], far[i] = float32(rng.IntN(3)-1), float32(rng.IntN(3)-1)
			case 2:
				mic[i], far[i] = 1e-30, 1e-20
			}
		}
		e.Process(&mic, &far)
		if peak := energy(mic[:]); !(peak < 100*echoHop) {
			t.Fatalf("block %d has an energy of %g", n, peak)
		}
	}
}

func TestTheCancellerAllocatesNothing(t *testing.T) {
	e, mic, far := NewEcho(), Mono{3: .1}, Mono{5: .2}
	if a := testing.AllocsPerRun(50, func() { e.Process(&mic, &far) }); a != 0 {
		t.Errorf("%.1f allocations a block", a)
	}
}

func BenchmarkEcho(b *testing.B) {
	far := levelled(speech(b, 10, "demo-instruct"), -20)
	e, at := NewEcho(), 0
	for b.Loop() {
		mic, f := Mono(far[(at+96000)%len(far):]), Mono(far[at:])
		e.Process(&mic, &f)
		at = (at + 480) % len(far)
	}
	reportSecond(b)
}
