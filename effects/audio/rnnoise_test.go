package audio

import (
	"context"
	"math"
	"testing"

	"github.com/tetratelabs/wazero/api"
)

// rnnoiseProgram runs the very program that the weights are taken from. The returned function cleans a block.
func rnnoiseProgram(t testing.TB) func(*Mono) (speech float32) {
	t.Helper()
	host := []hostFunction{{"__assert_fail", wasmFail, 4, 0}, {"emscripten_resize_heap", wasmGrow, 1, 1}, {"emscripten_memcpy_big", wasmCopy, 3, 1}}
	net, err := startProgram(t.Context(), "rnnoise.wasm", "env", host, "__wasm_call_ctors", "rnnoise_process_frame", 3)
	if err != nil {
		t.Fatal(err, "; run .ci/models test")
	}
	t.Cleanup(func() { _ = net.close(context.Background()) })
	state, err := net.call(t.Context(), "rnnoise_create", 0)
	if err != nil {
		t.Fatal(err)
	}
	at, err := net.call(t.Context(), "malloc", 4*uint64(len(Mono{})))
	if err != nil {
		t.Fatal(err)
	}
	return func(b *Mono) float32 {
		x := net.floats(at, len(b))
		for i, v := range b {
			x.set(i, v)
		}
		net.args[0], net.args[1], net.args[2] = uint64(state), uint64(at), uint64(at)
		if err := net.work.CallWithStack(t.Context(), net.args); err != nil {
			t.Fatal(err)
		}
		x = net.floats(at, len(b))
		for i := range b {
			b[i] = x.at(i)
		}
		return api.DecodeF32(net.args[0])
	}
}

func newTestRNNoise(t testing.TB) *rnnoise {
	t.Helper()
	r, err := newRNNoise()
	if err != nil {
		t.Fatal(err, "; run .ci/models test")
	}
	return r
}

// Where speech is clean, some of the program's gains are 1 where they are .9999997 here, because its sigmoid is from a table. The comb filter
// takes a root of the difference. All else is within -100 dB as long as both find the same periods; hence the kernel that is exact.
func TestRNNoiseComputesWhatTheProgramThatItsWeightsAreFromComputes(t *testing.T) {
	clean := append(make([]float32, 48000), levelled(speech(t, 20, "demo-instruct"), -24)...)
	for _, c := range []struct {
		name  string
		noise []float32
		level float64
	}{
		{"nothing", make([]float32, len(clean)), 0},
		{"pink noise", pink(len(clean)), -34},
		{"babble", babble(t, len(clean)), -34},
		{"keys", keys(t, 20), -24},
	} {
		r, want := newTestRNNoise(t), rnnoiseProgram(t)
		noisy := append([]float32(nil), clean...)
		if c.level != 0 {
			add(noisy[24000:], levelled(c.noise, c.level), 1)
		}
		var difference, power, probability float64
		for at := 0; at+480 <= len(noisy); at += 480 {
			ours := Mono(noisy[at:])
			for i := range ours {
				ours[i] *= math.MaxInt16
			}
			theirs := ours
			probability = max(probability, math.Abs(float64(r.process(&ours)-want(&theirs))))
			for i, v := range theirs {
				power += float64(v) * float64(v)
				difference += math.Pow(float64(v-ours[i]), 2)
			}
		}
		t.Logf("speech and %s: the difference is %.1f dB, probabilities are within %.1e", c.name, decibels(difference/power), probability)
		if decibels(difference/power) > -70 || probability > 1e-3 {
			t.Error("that is another network")
		}
	}
}

// BenchmarkRNNoise runs the network here and as the program that it comes in, in turns on the same sound.
func BenchmarkRNNoise(b *testing.B) {
	noisy := levelled(speech(b, 5, "demo-instruct"), -24)
	add(noisy, levelled(pink(len(noisy)), -40), 1)
	noisy = levelled(noisy, 65)
	r := newTestRNNoise(b)
	for _, c := range []struct {
		name    string
		process func(*Mono) float32
	}{{"here", r.process}, {"program", rnnoiseProgram(b)}} {
		b.Run(c.name, func(b *testing.B) {
			at := 0
			for b.Loop() {
				block := Mono(noisy[at:])
				c.process(&block)
				at = (at + 480) % len(noisy)
			}
			reportSecond(b)
		})
	}
}
