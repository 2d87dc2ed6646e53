package audio

import (
	"math"
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
	fars := farEnds(t, 11)
	for _, c := range []struct {
		far          string
		rt60         float64
		delay, moved int
	}{{"speech", .2, 0, 0}, {"speech", .35, 20, 20}, {"speech", .5, 250, 250}, {"music", .35, 100, 100}, {"music", .5, 20, 20}, {"speech", .35, 20, 103}, {"music", .35, 103, 20}} {
		far := fars[c.far]
		mic := call(far, c.rt60, c.delay, c.moved)
		out := cancelled(mic, far)
		first, steady := erle(mic, out, 1.5, 3), erle(mic, out, 3, 7)
		healed, end := erle(mic, out, 8.5, 9), erle(mic, out, 9, 11)
		t.Logf("%s, RT60 %.2f s, %d then %d ms late: %.0f dB in seconds 1.5-3, %.0f in 3-7; moved: %.0f in 0-.5, %.0f in .5-1, %.0f in 1-1.5, %.0f in 1.5-2, %.0f in 2-4",
			c.far, c.rt60, c.delay, c.moved, first, steady, erle(mic, out, 7, 7.5), erle(mic, out, 7.5, 8), erle(mic, out, 8, 8.5), healed, end)
	}
}

func TestInDoubleTalkTheVoiceStaysClear(t *testing.T) {
	near := levelled(speech(t, 8, "demo-congrats"), -22)
	for name, far := range farEnds(t, 12) {
		for _, rt60 := range []float64{.2, .35, .5} {
			mic := call(far, rt60, 40, -1)
			add(mic[4*48000:], near, 1)
			out := cancelled(mic, far)
			both := out[4*48000 : 12*48000-480]
			clear := siSDR(both, near[:len(both)])
			t.Logf("%s, RT60 %.2f s: SI-SDR %.1f dB", name, rt60, clear)
			if clear < 12 {
				t.Errorf("%s, RT60 %.2f s: too little", name, rt60)
			}
		}
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
