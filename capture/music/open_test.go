package music

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"vitrine/capture/frame"
)

// song is real music, fetched by .ci/models.
func song(t testing.TB) string {
	t.Helper()
	path := "../../.run/material/singularity-music/usr/share/games/singularity/music/Awakening.ogg"
	if _, err := os.Stat(path); err != nil {
		t.Fatal("run .ci/models test: ", err)
	}
	return path
}

// encoded is a file that ffmpeg makes by its arguments.
func encoded(t testing.TB, name string, args ...string) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	args = append([]string{"-v", "error", "-nostdin", "-y"}, append(args, path)...)
	if out, err := exec.Command("ffmpeg", args...).CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg %v: %v\n%s", args, err, out)
	}
	return read(t, path)
}

// excerpt is some seconds of the song in a form that ffmpeg makes.
func excerpt(t testing.TB, name string, seconds float64, args ...string) []byte {
	t.Helper()
	return encoded(t, name, append([]string{"-ss", "31.7", "-t", fmt.Sprint(seconds), "-i", song(t)}, args...)...)
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func opened(t testing.TB, b []byte, name string) *Track {
	t.Helper()
	track, err := Open(bytes.NewReader(b), name)
	if err != nil {
		t.Fatal(err)
	}
	return track
}

func loaded(t testing.TB, track *Track) []float32 {
	t.Helper()
	all, err := track.Load(time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// difference is how far b lies from a, in dB below a.
func difference(a, b []float32) float64 {
	var signal, rest float64
	for i := range min(len(a), len(b)) {
		signal += float64(a[i]) * float64(a[i])
		rest += float64(a[i]-b[i]) * float64(a[i]-b[i])
	}
	return 10 * math.Log10(signal/max(rest, 1e-30))
}

// common are the forms that tests use for whom one of a kind is enough.
var common = []int{4, 7, 8, 9, 10}

// forms are the kinds of files of the tests: what ffmpeg is told, and how near to its own decoding ours must come.
var forms = []struct {
	name     string
	args     []string
	decibels float64
}{
	{"8.wav", []string{"-c:a", "pcm_u8"}, 300},
	{"16.wav", []string{"-c:a", "pcm_s16le"}, 300},
	{"24.wav", []string{"-c:a", "pcm_s24le"}, 300},
	{"32.wav", []string{"-c:a", "pcm_s32le"}, 140},
	{"float.wav", []string{"-c:a", "pcm_f32le"}, 300},
	{"double.wav", []string{"-c:a", "pcm_f64le"}, 300},
	{"16.flac", []string{"-c:a", "flac", "-sample_fmt", "s16"}, 300},
	{"24.flac", []string{"-c:a", "flac", "-sample_fmt", "s32"}, 300},
	{"192k.mp3", []string{"-c:a", "libmp3lame", "-b:a", "192k"}, 60},
	{"variable.mp3", []string{"-c:a", "libmp3lame", "-q:a", "4"}, 60},
	{"vorbis.ogg", []string{"-c:a", "libvorbis", "-q:a", "5"}, 100},
}

func TestFilesSoundAsFfmpegDecodesThem(t *testing.T) {
	for _, f := range forms {
		t.Run(f.name, func(t *testing.T) { compare(t, f.name, 44100, 2, f.decibels, f.args) })
	}
	for _, i := range []int{4, 7, 9, 10} {
		f := forms[i]
		for channels, rate := range map[int]int{1: 22050, 2: 48000} {
			t.Run(f.name, func(t *testing.T) { compare(t, f.name, rate, channels, f.decibels, f.args) })
		}
		if ext := filepath.Ext(f.name); ext != ".mp3" {
			t.Run(f.name, func(t *testing.T) { compare(t, f.name, 96000, 1, f.decibels, f.args) })
			if ext == ".ogg" {
				continue
			}
			t.Run(f.name, func(t *testing.T) { compare(t, f.name, 44100, 6, f.decibels, f.args) })
		}
	}
}

// compare has ffmpeg encode music and decode it again, and holds our decoding against that.
func compare(t *testing.T, name string, rate, channels int, least float64, args []string) {
	b := excerpt(t, name, 1.37, append([]string{"-ar", fmt.Sprint(rate), "-ac", fmt.Sprint(channels)}, args...)...)
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	want := loaded(t, opened(t, encoded(t, "decoded.wav", "-i", path, "-c:a", "pcm_f32le"), "decoded.wav"))
	track := opened(t, b, name)
	got := loaded(t, track)
	db := difference(want, got)
	t.Logf("%5d Hz, %d channels: %.1f dB, %v", rate, channels, db, track.Length())
	if len(got) != len(want) || track.Length() != duration(int64(len(want)/2)) {
		t.Errorf("%d samples and %v, ffmpeg has %d", len(got)/2, track.Length(), len(want)/2)
	}
	if db < least {
		t.Errorf("%.1f dB from ffmpeg's", db)
	}
}

func TestASeekGivesTheVerySamplesOfReadingThrough(t *testing.T) {
	for _, i := range common {
		f := forms[i]
		for _, rate := range []int{44100, 48000} {
			if i%2 == 0 && rate == 48000 {
				continue
			}
			content := excerpt(t, f.name, 5.3, append([]string{"-ar", fmt.Sprint(rate)}, f.args...)...)
			if f.name == "vorbis.ogg" {
				content = read(t, song(t)) // ffmpeg's pages err by some milliseconds; the song was made by Xiph's encoder
			}
			track := opened(t, content, f.name)
			all := loaded(t, track)
			n := len(all) / 2
			for _, at := range []int{0, 1, 479, 23455, n / 3, n / 2, 2 * n / 3, n - 30000, n - 1000, n - 100, 7, n} {
				if err := track.Seek(duration(int64(at))); err != nil {
					t.Fatal(f.name, err)
				}
				if track.Position() != duration(int64(at)) {
					t.Fatalf("%s: at %v after a seek to %v", f.name, track.Position(), duration(int64(at)))
				}
				var b frame.Block
				for i, end := at, min(at+2000, n); i < end; i += frame.BlockSamples {
					if err := track.Read(&b); err != nil {
						t.Fatal(f.name, at, err)
					}
					for k := range min(frame.BlockSamples, n-i) {
						if b[2*k] != all[2*(i+k)] || b[2*k+1] != all[2*(i+k)+1] {
							t.Fatalf("%s %d: sample %d after a seek to %d is %v, reading through gives %v", f.name, rate, k+i-at, at, b[2*k], all[2*(i+k)])
						}
					}
				}
			}
			var b frame.Block
			if err := track.Seek(time.Hour); err != nil || track.Read(&b) != io.EOF || b != (frame.Block{}) {
				t.Errorf("%s: no end after the end", f.name)
			}
		}
	}
}

func TestWhatTheLibrariesCannotReadIsRefused(t *testing.T) {
	for name, args := range map[string][]string{
		"a.mp3": {"-ar", "22050", "-c:a", "libmp3lame", "-b:a", "32k"},
		"b.mp3": {"-ar", "11025", "-c:a", "libmp3lame", "-b:a", "32k"},
		"c.ogg": {"-ac", "6", "-c:a", "libvorbis"},
		"d.ogg": {"-c:a", "libopus"},
		"e.m4a": {"-c:a", "aac"},
		"f.wav": {"-c:a", "pcm_alaw"},
		"g.aif": {},
		"h.mka": {"-c:a", "flac"},
	} {
		_, err := Open(bytes.NewReader(excerpt(t, name, 0.5, args...)), name)
		t.Log(err)
		if !errors.Is(err, ErrForeign) {
			t.Error(name, err)
		}
	}
}

func BenchmarkASecondOfMusic(b *testing.B) {
	for _, i := range common {
		f := forms[i]
		b.Run(f.name, func(b *testing.B) {
			track := opened(b, excerpt(b, f.name, 20, append([]string{"-ar", "44100"}, f.args...)...), f.name)
			var block frame.Block
			for b.Loop() {
				for range 100 {
					if err := track.Read(&block); err == io.EOF {
						err = track.Seek(0)
						if err != nil {
							b.Fatal(err)
						}
					}
				}
			}
		})
	}
}

func BenchmarkOpening(b *testing.B) {
	for _, i := range common {
		f := forms[i]
		b.Run(f.name, func(b *testing.B) {
			content := encoded(b, f.name, append([]string{"-i", song(b)}, f.args...)...)
			for b.Loop() {
				opened(b, content, f.name)
			}
		})
	}
}
