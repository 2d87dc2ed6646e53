package cmd

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vitrine/capture/rig"
)

// speech is a voice in 16-bit mono at 16 kHz, from Debian's pocketsphinx-testdata (see .ci/setup).
const speech = "/usr/share/pocketsphinx/test/data/goforward.raw"

// tool runs a program that the set-up installs.
func tool(t *testing.T, env []string, name string, args ...string) {
	t.Helper()
	c := exec.CommandContext(t.Context(), name, args...)
	c.Env = append(os.Environ(), env...)
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
}

// The camera is a file that ffmpeg decodes, the microphone a real PulseAudio daemon that PortAudio records from.
func TestAFileAndARealMicrophoneReachTheViewerAsTheyAre(t *testing.T) {
	clip := filepath.Join(t.TempDir(), "clip.mp4")
	tool(t, nil, "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "color=red:640x360:r=30:d=1", "-f", "lavfi", "-i", "color=lime:640x360:r=30:d=1",
		"-f", "lavfi", "-i", "color=blue:640x360:r=30:d=1", "-filter_complex", "[0][1][2]concat=n=3", "-pix_fmt", "yuv420p", clip)
	sound, err := rig.StartSound(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sound.Close)
	e := newEvening(t)
	studio := start(t, append(sound.Env, "VITRINE_TOKEN="+e.token), "studio",
		"--server", e.url(""), "--show", "evening", "--headless", "--live", "--look=off", "--voice=off",
		"--source", "file:"+clip, "--figures")
	e.live()
	v := e.watch(t, browser(t))
	v.state("playing")

	for _, want := range [][3]float64{{255, 0, 0}, {0, 255, 0}, {0, 0, 255}} {
		v.eval(fmt.Sprintf(`new Promise((done) => {
			const look = () => vitrineProbe.colour(0.25, 0.25, 0.5, 0.5).every((c, i) => Math.abs(c - [%v, %v, %v][i]) < 24) ? done(true) : setTimeout(look, 20);
			look();
		})`, want[0], want[1], want[2]))
	}

	play := func(samples []int16, rate int) {
		raw := filepath.Join(t.TempDir(), "play.raw")
		f, err := os.Create(raw)
		if err != nil {
			t.Fatal(err)
		}
		if err := binary.Write(f, binary.LittleEndian, samples); err != nil {
			t.Fatal(err)
		}
		f.Close()
		tool(t, sound.Env, "pacat", "--playback", "--raw", "--format=s16le", "--channels=1", fmt.Sprintf("--rate=%d", rate),
			"--device="+rig.MicrophoneSink, raw)
	}

	t.Run("a tone keeps its frequency and level", func(t *testing.T) {
		tone := make([]int16, 3*48000)
		for i := range tone {
			tone[i] = int16(8000 * math.Sin(2*math.Pi*750*float64(i)/48000))
		}
		done := make(chan struct{})
		go func() { defer close(done); play(tone, 48000) }()
		// Loud for a second: the tone has arrived and fills the analyser.
		v.eval(`new Promise((done) => {
			const look = () => vitrineProbe.loudness().slice(-50).every((l) => l.RMS > 0.05) ? done(true) : setTimeout(look, 20);
			look();
		})`)
		var heard struct{ Hertz, RMS float64 }
		if err := json.Unmarshal([]byte(v.eval("JSON.stringify(vitrineProbe.tone())")), &heard); err != nil {
			t.Fatal(err)
		}
		<-done
		want := 8000 / 32768.0 / math.Sqrt2
		if db := 20 * math.Log10(heard.RMS/want); math.Abs(heard.Hertz-750) > 12 || math.Abs(db) > 1 {
			t.Errorf("750 Hz arrive as %.0f Hz, %+.1f dB", heard.Hertz, db)
		}
	})

	t.Run("speech keeps its shape", func(t *testing.T) {
		b, err := os.ReadFile(speech)
		if err != nil {
			t.Fatalf("%v (Debian: apt-get install pocketsphinx-testdata)", err)
		}
		voice := make([]int16, len(b)/2)
		for i := range voice {
			voice[i] = int16(binary.LittleEndian.Uint16(b[2*i:]))
		}
		// Said again where a busy computer has let a sound card run dry or the page look away.
		best := 0.0
		for n := 0; n < 3 && best < 0.9; n++ {
			from := v.eval("performance.timeOrigin + performance.now()")
			play(voice, 16000)
			v.after(500 * time.Millisecond)
			var heard []struct{ At, RMS float64 }
			if err := json.Unmarshal([]byte(v.eval("JSON.stringify(vitrineProbe.loudness().filter((l) => l.At > "+from+"))")), &heard); err != nil {
				t.Fatal(err)
			}
			at, rms := make([]float64, len(heard)), make([]float64, len(heard))
			for i, h := range heard {
				at[i], rms[i] = h.At-heard[0].At, h.RMS
			}
			best = max(best, likeness(envelope(voice, 16), at, rms))
		}
		if best < 0.9 {
			t.Errorf("the envelope heard is like the one spoken by %.2f", best)
		}
	})

	if lost := figure(t, last(t, studio), "Sound", "Dropped"); lost > 100 { // a second in all, on a computer that has too much to do
		t.Errorf("%.0f blocks of sound were dropped", lost)
	}
}

// envelope is the RMS of each 20 ms at the given samples a millisecond.
func envelope(s []int16, perMS int) []float64 {
	var out []float64
	for n := 20 * perMS; len(s) >= n; s = s[n:] {
		sum := 0.0
		for _, v := range s[:n] {
			sum += float64(v) * float64(v)
		}
		out = append(out, math.Sqrt(sum/float64(n)))
	}
	return out
}

// likeness is the highest correlation of the envelope with what was heard, over all delays that fit.
func likeness(spoken, at, rms []float64) float64 {
	// Heard loudness on the same 20 ms raster.
	heard := make([]float64, int(at[len(at)-1]/20)+1)
	n := make([]float64, len(heard))
	for i := range at {
		heard[int(at[i]/20)] += rms[i]
		n[int(at[i]/20)]++
	}
	for i := range heard {
		if n[i] > 0 {
			heard[i] /= n[i]
		} else if i > 0 {
			heard[i] = heard[i-1]
		}
	}
	best := 0.0
	for lag := 0; lag+len(spoken) <= len(heard); lag++ {
		best = max(best, correlation(spoken, heard[lag:lag+len(spoken)]))
	}
	return best
}

func correlation(a, b []float64) float64 {
	var ma, mb, ab, aa, bb float64
	for i := range a {
		ma += a[i] / float64(len(a))
		mb += b[i] / float64(len(b))
	}
	for i := range a {
		x, y := a[i]-ma, b[i]-mb
		ab += x * y
		aa += x * x
		bb += y * y
	}
	return ab / math.Sqrt(aa*bb)
}

// The camera is a real X11 screen.
func TestAScreenReachesTheViewerInItsColours(t *testing.T) {
	display, err := rig.StartDisplay(t.Context(), 1280, 720)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(display.Close)
	env := []string{"DISPLAY=" + display.Name}
	e := newEvening(t)
	start(t, append(env, "VITRINE_TOKEN="+e.token), "studio",
		"--server", e.url(""), "--show", "evening", "--headless", "--live", "--source", "screen:", "--microphone", "synthetic")
	e.live()
	v := e.watch(t, browser(t))
	v.state("playing")
	for _, c := range []struct {
		name    string
		r, g, b int
	}{{"#c02040", 0xc0, 0x20, 0x40}, {"#20a060", 0x20, 0xa0, 0x60}, {"#808080", 0x80, 0x80, 0x80}} {
		tool(t, env, "xsetroot", "-solid", c.name)
		v.eval(fmt.Sprintf(`new Promise((done) => {
			const look = () => vitrineProbe.colour(0.2, 0.2, 0.6, 0.6).every((c, i) => Math.abs(c - [%d, %d, %d][i]) < 8) ? done(true) : setTimeout(look, 20);
			look();
		})`, c.r, c.g, c.b))
	}
	if c := v.console(); strings.TrimSpace(c) != "" {
		t.Errorf("the page complains: %s", c)
	}
}
