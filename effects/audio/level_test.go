package audio_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"vitrine/capture/frame"
	"vitrine/effects/audio"
)

const announcements = "../../.run/material/asterisk-core-sounds-en-g722/usr/share/asterisk/sounds/en_US_f_Allison/"

// voice is mono sound at 48 kHz for tests.
type voice []float32

// announcement is a woman reading.
func announcement(t testing.TB, name string) voice {
	t.Helper()
	path := announcements + name + ".g722"
	if _, err := os.Stat(path); err != nil {
		t.Fatal("run .ci/models test: ", err)
	}
	out, err := exec.Command("ffmpeg", "-v", "error", "-f", "g722", "-i", path, "-ar", "48000", "-f", "f32le", "-").Output()
	if err != nil {
		t.Fatal("ffmpeg: ", err)
	}
	v := make(voice, len(out)/4)
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(out[4*i:]))
	}
	return v
}

func generated(seconds float64, f func(t float64) float64) voice {
	v := make(voice, int(seconds*frame.SampleRate)/frame.BlockSamples*frame.BlockSamples)
	for i := range v {
		v[i] = float32(f(float64(i) / frame.SampleRate))
	}
	return v
}

func sine(seconds, hertz, db float64) voice {
	a := math.Pow(10, db/20)
	return generated(seconds, func(t float64) float64 { return a * math.Sin(2*math.Pi*hertz*t) })
}

func (v voice) scaled(db float64) voice {
	out := make(voice, len(v))
	for i, x := range v {
		out[i] = x * float32(math.Pow(10, db/20))
	}
	return out
}

func (v voice) through(f func(*audio.Mono)) voice {
	out := make(voice, 0, len(v))
	for from := 0; from+frame.BlockSamples <= len(v); from += frame.BlockSamples {
		b := audio.Mono(v[from:])
		f(&b)
		out = append(out, b[:]...)
	}
	return out
}

// rms is the level in dB re full scale.
func (v voice) rms() float64 {
	var sum float64
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	return 10 * math.Log10(sum/float64(len(v))+1e-20)
}

// lufs is the integrated loudness by ffmpeg, of a program that has v on both sides.
func (v voice) lufs(t *testing.T) (loudness float64) {
	t.Helper()
	raw := make([]byte, 4*len(v))
	for i, x := range v {
		binary.LittleEndian.PutUint32(raw[4*i:], math.Float32bits(x))
	}
	path := filepath.Join(t.TempDir(), "in.f32")
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("ffmpeg", "-nostats", "-f", "f32le", "-ar", "48000", "-ac", "1", "-i", path,
		"-af", "ebur128=dualmono=true:framelog=verbose", "-f", "null", "-").CombinedOutput()
	if err != nil {
		t.Fatalf("ffmpeg measures: %v\n%s", err, out)
	}
	for line := range strings.Lines(string(out)) {
		fmt.Sscanf(strings.TrimSpace(line), "I: %f LUFS", &loudness)
	}
	return loudness
}

func TestLevelBringsEveryVoiceToItsTarget(t *testing.T) {
	const settled = 6 * frame.SampleRate
	for _, name := range []string{"demo-instruct", "demo-congrats"} {
		in := announcement(t, name)
		in = in[:min(len(in), 25*frame.SampleRate)]
		was := in.lufs(t)
		for want := -40.0; want <= -2; want += 9.5 {
			l := audio.NewLevel()
			out := in.scaled(want - was).through(l.Process)
			got := out[settled:].lufs(t)
			t.Logf("%s at %5.1f LUFS: %6.2f LUFS after 6 s, gain %5.1f dB", name, want, got, l.GainDB())
			if math.Abs(got-audio.TargetLUFS) > 1 {
				t.Errorf("%s at %.1f LUFS becomes %.2f", name, want, got)
			}
		}
	}
}

func TestLevelDoesNotLiftPauses(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	speech := announcement(t, "demo-instruct")[:10*frame.SampleRate]
	speech = speech.scaled(-30 - speech.lufs(t))
	in := append(speech, make(voice, 10*frame.SampleRate)...)
	for i := range in {
		in[i] += float32(random.NormFloat64() * math.Pow(10, -55.0/20))
	}
	l := audio.NewLevel()
	in[:10*frame.SampleRate].through(l.Process)
	before, most := l.GainDB(), l.GainDB()
	in[10*frame.SampleRate:].through(func(b *audio.Mono) { l.Process(b); most = max(most, l.GainDB()) })
	t.Logf("gain %.1f dB after speech, at most %.1f in 10 s of pause", before, most)
	if most > before+0.5 {
		t.Error("a pause is lifted")
	}
	l = audio.NewLevel()
	generated(10, func(float64) float64 { return random.NormFloat64() * math.Pow(10, -45.0/20) }).through(l.Process)
	t.Logf("gain %.1f dB after 10 s of a fan", l.GainDB())
	if l.GainDB() > 6 {
		t.Error("a fan is lifted")
	}
}

func TestLevelHoldsStillWithinASpeechAndFollowsAChange(t *testing.T) {
	in := announcement(t, "demo-congrats")
	l := audio.NewLevel()
	in[:8*frame.SampleRate].through(l.Process)
	least, most := l.GainDB(), l.GainDB()
	in[8*frame.SampleRate:].through(func(b *audio.Mono) {
		l.Process(b)
		least, most = min(least, l.GainDB()), max(most, l.GainDB())
	})
	t.Logf("gain moves by %.2f dB during steady speech", most-least)
	if most-least > 3 {
		t.Error("the gain pumps")
	}
	was := l.GainDB()
	for i, db := range []float64{15, 0} {
		loud := in.scaled(db)
		n := 0
		for loud := loud; math.Abs(l.GainDB()+db-was) > 2 && len(loud) > frame.BlockSamples; n++ {
			loud[:frame.BlockSamples].through(l.Process)
			loud = loud[frame.BlockSamples:]
		}
		t.Logf("a step of 15 dB is followed within 2 dB in %.1f s", float64(n)/100)
		if n > []int{150, 700}[i] {
			t.Error("that is slow")
		}
	}
}
