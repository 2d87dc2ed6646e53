package cmd

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"vitrine/capture/frame"
	"vitrine/effects"
)

// BenchmarkEffects measures what looks and voices cost, and prints the figures of `make bench-effects`. Times of single effects are
// the rooms' own benchmarks'. Run it with -benchtime 1x.
func BenchmarkEffects(b *testing.B) {
	b.Run("beauty", benchBeauty)
	b.Run("seeing", benchSeeing)
	b.Run("composite", benchComposite)
	b.Run("voice", benchVoice)
	b.Run("chain", benchChain)
	b.Run("evening", benchDressedEvening)
}

// bench runs a room's benchmarks and returns their metrics by "Name/case unit".
func bench(b *testing.B, room, which string) map[string]float64 {
	b.Helper()
	run := exec.Command("go", "test", "-run", "^$", "-bench", which, "-benchtime", "60x", "./"+room)
	run.Dir = ".."
	out, err := run.CombinedOutput()
	if err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	found := map[string]float64{}
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		words := strings.Fields(lines.Text())
		if len(words) < 4 || !strings.HasPrefix(words[0], "Benchmark") {
			continue
		}
		name := strings.TrimPrefix(words[0][:strings.LastIndexByte(words[0], '-')], "Benchmark")
		for i := 2; i+1 < len(words); i += 2 {
			v, err := strconv.ParseFloat(words[i], 64)
			if err != nil {
				b.Fatalf("%v in %q", err, lines.Text())
			}
			found[name+" "+words[i+1]] = v
		}
	}
	return found
}

func benchBeauty(b *testing.B) {
	m := bench(b, "effects/video", "Beauty|Background|Colour")
	for _, size := range []string{"720p", "1080p"} {
		beauty := m["Beauty/"+size+"/face ms"]
		line("beauty_"+size, beauty, "ms", "-")
		line("beauty_to_copy_"+size, m["Beauty/"+size+"/face copies"], "ratio", "<=34")
		line("beauty_plain_go_to_c_"+size, m["Beauty/"+size+"/face/plain ms"]/beauty, "ratio", "-")
		line("beauty_all_skin_to_copy_"+size, m["Beauty/"+size+"/skin copies"], "ratio", "<=34")
		line("sharpen_"+size, m["Beauty/"+size+"/sharpen ms"], "ms", "-")
		line("warp_"+size, m["Beauty/"+size+"/warp ms"], "ms", "-")
		line("beauty_everything_"+size, m["Beauty/"+size+"/all ms"], "ms", "-")
		line("lut_"+size, m["Colour/"+size+"/table ns/op"]/1e6, "ms", "-")
		line("background_blur_"+size, m["Background/"+size+"/blur ns/op"]/1e6, "ms", "-")
		line("background_picture_"+size, m["Background/"+size+"/picture ns/op"]/1e6, "ms", "-")
	}
	bilateral := openCV(b)
	line("opencv_bilateral_720p", bilateral, "ms", "-")
	line("opencv_bilateral_to_beauty_720p", bilateral/m["Beauty/720p/face ms"], "ratio", ">=15")
}

// openCV is how long OpenCV's bilateral filter of diameter 9 takes for the luma and chroma of a 720p picture on one core, in ms.
func openCV(b *testing.B) float64 {
	b.Helper()
	dir := b.TempDir()
	source, program := filepath.Join(dir, "bilateral.cc"), filepath.Join(dir, "bilateral")
	const text = `
#include <opencv2/imgproc.hpp>
#include <chrono>
#include <cstdio>
int main() {
	cv::setNumThreads(1);
	cv::Mat in(720, 1280, CV_8UC3), out;
	cv::randu(in, 60, 200);
	double best = 1e9;
	for (int i = 0; i < 15; i++) {
		auto start = std::chrono::steady_clock::now();
		cv::bilateralFilter(in, out, 9, 30, 7);
		best = std::min(best, std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
	}
	std::printf("%f\n", best);
}
`
	if err := os.WriteFile(source, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	build := exec.Command("g++", "-O2", "-I/usr/include/opencv4", source, "-o", program, "-lopencv_imgproc", "-lopencv_core")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("build OpenCV's side: %v\n%s(Debian: .ci/setup bench)", err, out)
	}
	out, err := exec.Command(program).Output()
	if err != nil {
		b.Fatal(err)
	}
	ms, err := strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
	if err != nil {
		b.Fatal(err)
	}
	return ms
}

func benchSeeing(b *testing.B) {
	m := bench(b, "effects/face", "Detect|Mesh|Mask|BesideONNXRuntime")
	for _, what := range [][2]string{{"faces", "Detect"}, {"landmarks", "Mesh"}, {"mask", "Mask"}} {
		line(what[0]+"_720p", m[what[1]+" ns/op"]/1e6, "ms", "-")
	}
	for _, name := range []string{"face", "mesh", "person"} {
		one := "BesideONNXRuntime/" + name
		theirs, there := m[one+" onnxruntime-ms"]
		if !there {
			fmt.Fprintln(os.Stderr, "onnxruntime is not there: run .ci/models bench")
			return
		}
		line("executor_"+name, m[one+" ms"], "ms", "-")
		line("onnxruntime_to_executor_"+name, theirs/m[one+" ms"], "ratio", "-")
		line("executor_apart_from_onnxruntime_"+name, m[one+" apart"], "of_1", "<=0.0001")
	}
}

// benchComposite is what it costs to put four pictures of several sizes, or a product's card, into one.
func benchComposite(b *testing.B) {
	m := bench(b, "studio/scene", "Stage|Card/(blend|copy)")
	for _, name := range []string{"grid", "spotlight", "moving"} {
		line("composite_"+name+"_1080p", m["Stage/"+name+" ns/op"]/1e6, "ms", "-")
		line("composite_"+name+"_to_copy_1080p", m["Stage/"+name+" ns/op"]/m["Stage/copy ns/op"], "ratio", "-")
	}
	line("composite_card_720p", m["Card/blend ns/op"]/1e6, "ms", "-")
	line("composite_card_to_copy_720p", m["Card/blend ns/op"]/m["Card/copy ns/op"], "ratio", "-")
}

// benchVoice runs voices through the whole chain.
func benchVoice(b *testing.B) {
	const seconds = 10
	rack := effects.New()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		rack.Run(ctx, func(err error) { b.Error(err) })
	}()
	defer func() { cancel(); <-done }()
	n := 0
	block := func() {
		var mic, far frame.Block
		for i := range frame.BlockSamples {
			t := float64(n*frame.BlockSamples+i) / frame.SampleRate
			mic[2*i] = float32(0.2 * math.Mod(130*t, 1))
			far[2*i] = float32(0.1 * math.Sin(2*math.Pi*440*t))
			mic[2*i+1], far[2*i+1] = mic[2*i], far[2*i]
		}
		n++
		rack.Sound.Process(&mic, &far)
	}
	full := effects.Voice{Rumble: true, Echo: true, Noise: effects.LightNoise, Level: true, Gate: true, Press: 50, Reverb: effects.HallRoom, Wet: 20}
	full.Equaliser = [effects.Bands]int{2, 0, -3, 0, 0, 2, 0, 3, 0, 0}
	changed := full.With(effects.Child)
	strong := full
	strong.Noise = effects.StrongNoise
	for _, c := range []struct {
		name  string
		voice effects.Voice
		goal  string
	}{
		{"clean", effects.CleanVoice(), "-"}, {"full", full, "<=60"}, {"full_and_changed", changed, "-"}, {"full_with_strong_noise_suppression", strong, "-"},
	} {
		rack.Sound.Set(c.voice)
		for end := time.Now().Add(2 * time.Second); time.Now().Before(end); {
			block()
		}
		before := used(b)
		for range seconds * 100 {
			block()
		}
		line("voice_"+c.name, (used(b)-before).Seconds()*1000/seconds, "ms/s", c.goal)
		line("voice_"+c.name+"_delay", float64(rack.Sound.Delay().Milliseconds()), "ms", "-")
	}
}

// portrait makes ten seconds of a person who moves, with a camera's noise.
func portrait(b testing.TB, f frame.Format) string {
	b.Helper()
	found, err := filepath.Glob("../.run/material/python3-skimage/usr/lib/python3/dist-packages/skimage/data/astronaut.png")
	if err != nil || len(found) == 0 {
		b.Fatal("there is no photo: run .ci/models test")
	}
	clip := filepath.Join(b.TempDir(), "portrait.mp4")
	made := exec.Command("ffmpeg", "-v", "error", "-loop", "1", "-i", found[0], "-t", "10", "-r", strconv.Itoa(f.FPS), "-vf",
		fmt.Sprintf("crop=448:252:32+24*sin(n/20):8+8*cos(n/15),scale=%d:%d,noise=alls=6:allf=t", f.Width, f.Height), "-c:v", "mpeg4", "-q:v", "3", clip)
	if out, err := made.CombinedOutput(); err != nil {
		b.Fatalf("make a clip: %v\n%s", err, out)
	}
	return clip
}

// benchChain is what the whole look costs a studio on air, in cores, beside one without.
func benchChain(b *testing.B) {
	for _, f := range []frame.Format{{Width: 1280, Height: 720, FPS: 30}, {Width: 1920, Height: 1080, FPS: 30}} {
		clip := portrait(b, f)
		cores := func(name string, args ...string) float64 {
			e := newEvening(b)
			host := e.studio(append(args, "--source", "file:"+clip, "--microphone", "synthetic", "--figures", "--size", fmt.Sprintf("%dx%d", f.Width, f.Height))...)
			e.live()
			for range 5 {
				last(b, host)
			}
			before, start := host.cpu(), time.Now()
			var l []byte
			for range 10 {
				l = last(b, host)
			}
			spent := float64(host.cpu()-before) / float64(time.Since(start))
			name = fmt.Sprintf("%s_%dp30", name, f.Height)
			line(name+"_studio", spent, "cores", "-")
			line(name+"_fps", figure(b, l, "Program", "FPS"), "frames/s", ">=28")
			line(name+"_thrift", figure(b, l, "Program", "Thrift"), "step", "-")
			line(name+"_height", figure(b, l, "Program", "Format", "Height"), "pixels", fmt.Sprintf(">=%d", f.Height))
			host.end()
			return spent
		}
		plain := cores("plain")
		for _, c := range [][]string{{"look", "--look=radiant"}, {"look_and_blur", "--look=radiant", "--background=blur"}} {
			line(fmt.Sprintf("%s_%dp30_more_than_plain", c[0], f.Height), cores(c[0], c[1:]...)-plain, "cores", "-")
		}
	}
}

// benchDressedEvening is a show with beauty, background blur, music and a clean voice beside server and browser on this machine.
func benchDressedEvening(b *testing.B) {
	f := frame.Format{Width: 1280, Height: 720, FPS: 30}
	e := newEvening(b)
	const music = "../.run/material/singularity-music/usr/share/games/singularity/music/Awakening.ogg"
	host := e.studio("--look=radiant", "--background=blur", "--voice=clean", "--music", music, "--source", "file:"+portrait(b, f), "--microphone", "synthetic", "--figures")
	e.live()
	v := e.watch(b, browser(b))
	v.after(5 * time.Second)
	v.look()
	first := last(b, host)
	v.after(30 * time.Second)
	s, l := v.look().Shown, last(b, host)
	if len(s) < 2 {
		b.Fatal("Chromium shows nothing")
	}
	from, to := s[0], s[len(s)-1]
	line("dressed_fps_in_chromium", 1000*(to.Presented-from.Presented)/(to.At-from.At), "frames/s", ">=28")
	line("dressed_thrift", figure(b, l, "Program", "Thrift"), "step", "-")
	line("dressed_dropped_by_studio", figure(b, l, "Program", "Dropped")-figure(b, first, "Program", "Dropped"), "frames", "<=0")
	line("dressed_music", figure(b, l, "Sound", "Music", "RMS"), "dBFS", "-")
	line("dressed_sound_gaps_at_the_start", figure(b, first, "Sound", "Silence"), "blocks", "-")
	line("dressed_sound_gaps", figure(b, l, "Sound", "Silence")-figure(b, first, "Sound", "Silence"), "blocks", "<=0")
}
