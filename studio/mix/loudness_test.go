package mix_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"vitrine/capture/frame"
	"vitrine/studio/mix"
)

const (
	speech = "../../.run/material/asterisk-core-sounds-en-g722/usr/share/asterisk/sounds/en_US_f_Allison"
	music  = "../../.run/material/singularity-music/usr/share/games/singularity/music"
)

// stereo is interleaved sound at 48 kHz.
type stereo []float32

// read decodes the first seconds of a file with ffmpeg, two equal sides from mono.
func read(t testing.TB, path, seconds string, input ...string) stereo {
	t.Helper()
	if _, err := os.Stat(path); err != nil {
		t.Fatal("run .ci/models test: ", err)
	}
	args := append(append([]string{"-v", "error"}, input...), "-t", seconds, "-i", path, "-ac", "2", "-ar", "48000", "-f", "f32le", "-")
	out, err := exec.Command("ffmpeg", args...).Output()
	if err != nil {
		t.Fatal("ffmpeg decodes: ", err)
	}
	s := make(stereo, len(out)/4)
	for i := range s {
		s[i] = math.Float32frombits(binary.LittleEndian.Uint32(out[4*i:]))
	}
	return s[:len(s)/len(frame.Block{})*len(frame.Block{})]
}

func both(s sound) stereo {
	out := make(stereo, 0, 2*len(s))
	for _, v := range s {
		out = append(out, v, v)
	}
	return out
}

func (s stereo) blocks(f func(*frame.Block)) {
	for len(s) > 0 {
		f((*frame.Block)(s))
		s = s[len(frame.Block{}):]
	}
}

// program is what a meter reads at the end, momentary and short-term at their highest.
type program struct{ momentary, short, integrated, spread, peak float64 }

func measure(s stereo) program {
	var l mix.Loudness
	p := program{momentary: mix.Floor, short: mix.Floor}
	n := 0
	s.blocks(func(b *frame.Block) {
		l.Add(b)
		if n++; n%10 == 0 {
			p.momentary = max(p.momentary, l.Momentary())
		}
		if n%10 == 0 && n >= 300 {
			p.short = max(p.short, l.ShortTerm())
		}
	})
	p.integrated, p.spread, p.peak = l.Integrated(), l.Range(), l.TruePeak()
	return p
}

// measureByFFmpeg asks the filter ebur128 of ffmpeg.
func measureByFFmpeg(t *testing.T, s stereo) program {
	t.Helper()
	raw := make([]byte, 4*len(s))
	for i, v := range s {
		binary.LittleEndian.PutUint32(raw[4*i:], math.Float32bits(v))
	}
	path := filepath.Join(t.TempDir(), "in.f32")
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("ffmpeg", "-nostats", "-f", "f32le", "-ar", "48000", "-ac", "2", "-i", path,
		"-af", "ebur128=peak=true:framelog=verbose:metadata=1,ametadata=print:file=-", "-f", "null", "-").CombinedOutput()
	if err != nil {
		t.Fatalf("ffmpeg measures: %v\n%s", err, out)
	}
	p := program{momentary: mix.Floor, short: mix.Floor}
	for line := range strings.Lines(string(out)) {
		line = strings.TrimSpace(line)
		if key, value, ok := strings.Cut(line, "="); ok {
			v, _ := strconv.ParseFloat(value, 64)
			switch key {
			case "lavfi.r128.M":
				p.momentary = max(p.momentary, v)
			case "lavfi.r128.S":
				p.short = max(p.short, v)
			case "lavfi.r128.I":
				p.integrated = v
			case "lavfi.r128.LRA":
				p.spread = v
			}
		}
		fmt.Sscanf(line, "Peak: %f dBFS", &p.peak)
	}
	return p
}

func TestLoudnessAgreesWithFFmpeg(t *testing.T) {
	if testing.Short() {
		t.Skip("much is computed, in one goroutine: not with -short, for the race detector")
	}
	random := rand.New(rand.NewPCG(3, 4))
	steps := wave(12, func(t float64) float64 { return []float64{0.1, 0.02, 0.3}[int(t)/2%3] * random.NormFloat64() })
	for name, s := range map[string]stereo{
		"speech":        read(t, speech+"/demo-instruct.g722", "20", "-f", "g722"),
		"more speech":   read(t, speech+"/demo-congrats.g722", "20", "-f", "g722"),
		"music":         read(t, music+"/Awakening.ogg", "30"),
		"more music":    read(t, music+"/Enemy Unknown.ogg", "30"),
		"noise in step": both(steps),
		"a tone":        both(tone(5, 997, -18, 0)),
	} {
		ours, theirs := measure(s), measureByFFmpeg(t, s)
		t.Logf("%-13s ours %6.2f", name, ours)
		t.Logf("%-13s ffmpeg %6.2f", "", theirs)
		for _, d := range []float64{
			ours.momentary - theirs.momentary, ours.short - theirs.short,
			ours.integrated - theirs.integrated, ours.spread - theirs.spread,
		} {
			if math.Abs(d) > 0.1 {
				t.Errorf("%s is off by %.2f LU", name, d)
			}
		}
		if d := ours.peak - theirs.peak; math.Abs(d) > 0.3 {
			t.Errorf("%s: true peak is off by %.2f dB", name, d)
		}
	}
}

// part is a tone of 1 kHz in a test signal of EBU Tech 3341 and 3342.
type part struct{ db, seconds float64 }

func signal(parts ...part) stereo {
	var all sound
	for _, p := range parts {
		all = append(all, tone(p.seconds, 1000, p.db, 0)...)
	}
	return both(all)
}

func TestLoudnessReadsTheSignalsOfTheEBU(t *testing.T) {
	if testing.Short() {
		t.Skip("much is computed, in one goroutine: not with -short, for the race detector")
	}
	integrated := func(p program) float64 { return p.integrated }
	spread := func(p program) float64 { return p.spread }
	burst := func(on, off, db float64) (s []part) {
		for range 8 {
			s = append(s, part{db, on}, part{-100, off})
		}
		return s
	}
	if p := measure(signal(part{-23, 20})); max(math.Abs(p.momentary+23), math.Abs(p.short+23), math.Abs(p.integrated+23)) > 0.1 {
		t.Errorf("3341-1 reads %.2f", p)
	}
	for _, c := range []struct {
		name   string
		signal stereo
		read   func(program) float64
		want   float64
		within float64
	}{
		{"3341-2", signal(part{-33, 20}), integrated, -33, 0.1},
		{"3341-4", signal(part{-72, 10}, part{-36, 10}, part{-23, 60}, part{-36, 10}, part{-72, 10}), integrated, -23, 0.1},
		{"3341-5", signal(part{-26, 20}, part{-20, 20.1}, part{-26, 20}), integrated, -23, 0.1},
		{"3341-9", signal(burst(1.34, 1.66, -20)...), func(p program) float64 { return p.short }, -23.5, 0.1},
		{"3341-12", signal(burst(0.18, 0.22, -20)...), func(p program) float64 { return p.momentary }, -23.5, 0.1},
		{"3342-1", signal(part{-20, 20}, part{-30, 20}), spread, 10, 1},
		{"3342-2", signal(part{-20, 20}, part{-15, 20}), spread, 5, 1},
		{"3342-3", signal(part{-40, 20}, part{-20, 20}), spread, 20, 1},
		{"3342-4", signal(part{-50, 20}, part{-35, 20}, part{-20, 20}, part{-35, 20}, part{-50, 20}), spread, 15, 1},
	} {
		if got := c.read(measure(c.signal)); math.Abs(got-c.want) > c.within {
			t.Errorf("%s reads %.2f, want %.1f ± %.1f", c.name, got, c.want, c.within)
		}
	}
	for _, c := range []struct{ hertz, degrees float64 }{{12000, 0}, {12000, 45}, {8000, 60}, {6000, 67.5}} {
		got := measure(both(tone(1, c.hertz, -6.02, c.degrees)).faded()).peak
		t.Logf("true peak of %g Hz at %g°: %.2f dBTP", c.hertz, c.degrees, got)
		if got > -6+0.2 || got < -6-0.4 {
			t.Errorf("true peak of %g Hz at %g° reads %.2f, want −6", c.hertz, c.degrees, got)
		}
	}
}

// faded softens both ends over 50 ms, as the signals for true peak demand.
func (s stereo) faded() stereo {
	const n = frame.SampleRate / 20
	for i := range n {
		g := float32(0.5 - 0.5*math.Cos(math.Pi*float64(i)/n))
		for c := range 2 {
			s[2*i+c] *= g
			s[len(s)-2-2*i+c] *= g
		}
	}
	return s
}

func TestASilentProgramHasNoLoudness(t *testing.T) {
	p := measure(make(stereo, 500*len(frame.Block{})))
	if want := (program{mix.Floor, mix.Floor, mix.Silence, 0, mix.Floor}); p != want {
		t.Fatalf("silence reads %v", p)
	}
}
