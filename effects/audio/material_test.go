package audio

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

const material = "../../.run/material/"

// sound reads the first seconds of a file as 48 kHz mono, as ffmpeg decodes it.
func sound(t testing.TB, seconds float64, path string) []float32 {
	t.Helper()
	path = material + path
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%v; run .ci/models test", err)
	}
	args := []string{"-v", "error", "-i", path, "-ac", "1", "-ar", "48000", "-f", "f32le", "-"}
	if filepath.Ext(path) == ".g722" {
		args = append([]string{"-f", "g722"}, args...)
	}
	b, err := exec.Command("ffmpeg", args...).Output()
	if err != nil {
		t.Fatal("ffmpeg: ", err)
	}
	x := make([]float32, min(len(b)/4, int(seconds*48000))/480*480)
	for i := range x {
		x[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return x
}

// speech is a woman reading one of Asterisk's announcements.
func speech(t testing.TB, seconds float64, name string) []float32 {
	t.Helper()
	return sound(t, seconds, "asterisk-core-sounds-en-g722/usr/share/asterisk/sounds/en_US_f_Allison/"+name+".g722")
}

// keys is somebody typing on an old keyboard, 7 keys a second.
func keys(t testing.TB, seconds float64) []float32 {
	t.Helper()
	rng := rand.New(rand.NewPCG(7, 7))
	x := make([]float32, int(seconds*48000)/480*480)
	var hits [][]float32
	for _, name := range []string{"1e-1", "1e-0", "2c-1", "2c-0", "39-1", "39-0", "13-1", "13-0"} {
		hits = append(hits, sound(t, 1, "bucklespring-data/usr/share/buckle/wav/"+name+".wav"))
	}
	for at := 4800; at < len(x); at += 4800 + rng.IntN(4800) {
		add(x[at:], hits[rng.IntN(len(hits))], 1)
	}
	return x
}

// pink is noise with equal power in every octave (Kellet's filter), white is equal at all frequencies; both of level 1.
func pink(n int) []float32 {
	var b [3]float64
	x := white(n)
	for i, v := range x {
		w := float64(v)
		b[0] = .99765*b[0] + w*.0990460
		b[1] = .96300*b[1] + w*.2965164
		b[2] = .57000*b[2] + w*1.0526913
		x[i] = float32(b[0] + b[1] + b[2] + w*.1848)
	}
	return levelled(x, 0)
}

func white(n int) []float32 {
	rng := rand.New(rand.NewPCG(3, 4))
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	return x
}

// add puts x times gain on top of to, as far as both go.
func add(to, x []float32, gain float64) {
	for i := range min(len(to), len(x)) {
		to[i] += x[i] * float32(gain)
	}
}

// levelled is x at a mean level in dB re full scale (root mean square 1).
func levelled(x []float32, level float64) []float32 {
	out := make([]float32, len(x))
	add(out, x, math.Pow(10, level/20)/math.Sqrt(energy(x)/float64(len(x))))
	return out
}

// blocks sends x through p and returns what comes out.
func blocks(x []float32, p func(*Mono)) []float32 {
	out := make([]float32, 0, len(x))
	for at := 0; at+480 <= len(x); at += 480 {
		b := Mono(x[at:])
		p(&b)
		out = append(out, b[:]...)
	}
	return out
}

func music(t testing.TB, seconds float64, name string) []float32 {
	t.Helper()
	return sound(t, seconds, "singularity-music/usr/share/games/singularity/music/"+name+".ogg")
}
