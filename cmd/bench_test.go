package cmd

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"vitrine/capture/frame"
	"vitrine/studio"
	"vitrine/studio/encode"
)

// line prints a figure for `make bench`: name, value, unit, goal.
func line(name string, value float64, unit, goal string) {
	fmt.Printf("%s %.4g %s %s\n", name, value, unit, goal)
}

// BenchmarkEvening measures the whole way from a host's camera to a viewer's screen with the real programs and a real
// browser on this machine, and prints the figures of `make bench`. Run it with -benchtime 1x.
func BenchmarkEvening(b *testing.B) {
	b.Run("latency", benchLatency)
	b.Run("join", benchJoin)
	b.Run("studio720", func(b *testing.B) { benchStudio(b, "720p", frame.Format{Width: 1280, Height: 720, FPS: 30}) })
	b.Run("studio1080", func(b *testing.B) { benchStudio(b, "1080p", frame.Format{Width: 1920, Height: 1080, FPS: 30}) })
	b.Run("server", func(b *testing.B) { benchServer(b, 100) })
}

func benchLatency(b *testing.B) {
	e := newEvening(b)
	host := e.studio("--synthetic", "--figures")
	e.live()
	v := e.watch(b, browser(b))
	v.gather(60, 2)
	s := v.gather(600, 20)
	picture, sound := s.latencies(), s.soundDelays()
	line("latency_720p30_p50", quantile(picture, 0.5), "ms", "-")
	line("latency_720p30_p95", quantile(picture, 0.95), "ms", "<=100")
	line("lip_sync_720p30", quantile(sound, 0.5)-quantile(picture, 0.5), "ms", "<=45")
	line("frames_dropped_by_studio", figure(b, last(b, host), "Program", "Dropped"), "frames", "<=0")
}

// last is the newest line that the program said; it waits for one that is still to come.
func last(b testing.TB, p *program) []byte {
	for len(p.out) > 0 {
		<-p.out
	}
	select {
	case l := <-p.out:
		return l
	case <-time.After(patience):
		b.Fatal("the program says nothing")
		return nil
	}
}

// benchJoin loads the page again and again. A join lasts from the player's first request to its first picture on screen; the
// whole page, from the start of the navigation.
func benchJoin(b *testing.B) {
	const joins = 40
	e := newEvening(b)
	e.studio("--synthetic")
	e.live()
	in := browser(b)
	var join, page []float64
	for range joins {
		v := e.watch(b, in)
		s := v.gather(1, 0)
		began, err := strconv.ParseFloat(v.eval(`Math.min(...performance.getEntriesByType("resource").filter((r) => r.initiatorType === "fetch").map((r) => r.startTime))`), 64)
		if err != nil {
			b.Fatal(err)
		}
		join, page = append(join, s.First-s.Start-began), append(page, s.First-s.Start)
		v.close()
	}
	line("join_to_first_picture_p50", quantile(sorted(join), 0.5), "ms", "-")
	line("join_to_first_picture_p95", quantile(sorted(join), 0.95), "ms", "<=300")
	line("navigation_to_first_picture_p50", quantile(sorted(page), 0.5), "ms", "-")
	line("navigation_to_first_picture_p95", quantile(sorted(page), 0.95), "ms", "-")
}

// benchStudio compares the studio's processor time on air with that of the picture's encoder alone, on the same pictures: a
// clip with a camera's noise, which the studio takes from ffmpeg's pipe. A viewer watches, because a layer that nobody watches
// is not encoded.
func benchStudio(b *testing.B, name string, f frame.Format) {
	const seconds = 20
	clip := noisyClip(b, f)
	e := newEvening(b)
	host := e.studio("--source", "file:"+clip, "--microphone", "synthetic", "--figures", "--size", fmt.Sprintf("%dx%d", f.Width, f.Height))
	e.live()
	viewer := exec.CommandContext(b.Context(), filepath.Join(bin, "audience"), "--url", e.url("/watch/evening"), "--viewers", "1", "--for", "1h")
	if err := viewer.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = viewer.Wait() })
	e.until("the viewer gets the whole picture", func() bool { return bytes.Contains(last(b, host), []byte(`"Layers":[{"State":"on"`)) })
	before, start := host.cpu(), time.Now()
	var l []byte
	for range seconds {
		l = last(b, host)
	}
	cores := float64(host.cpu()-before) / float64(time.Since(start))
	host.end()
	bare := bareEncoder(b, f, clip)
	line("studio_cpu_"+name+"30", cores, "cores", "-")
	line("encoder_alone_cpu_"+name+"30", bare, "cores", "-")
	line("studio_to_encoder_"+name+"30", cores/bare, "ratio", "<=1.5")
	line("studio_fps_"+name+"30", figure(b, l, "Program", "FPS"), "frames/s", ">=29")
	line("studio_dropped_"+name+"30", figure(b, l, "Program", "Dropped"), "frames", "<=0")
}

// noisyClip makes ten seconds of moving pictures with a camera's noise: the synthetic host is too easy to encode.
func noisyClip(b *testing.B, f frame.Format) string {
	clip := filepath.Join(b.TempDir(), "clip.mp4")
	made := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", fmt.Sprintf("testsrc2=size=%dx%d:rate=%d:duration=10", f.Width, f.Height, f.FPS),
		"-vf", "noise=alls=8:allf=t", "-c:v", "mpeg4", "-q:v", "3", clip)
	if out, err := made.CombinedOutput(); err != nil {
		b.Fatalf("make a clip: %v\n%s", err, out)
	}
	return clip
}

// bareEncoder is the cores that the encoder alone takes for the clip's pictures at 30 a second.
func bareEncoder(b *testing.B, f frame.Format, clip string) float64 {
	const pictures = 300
	enc, err := encode.NewVideo(frame.VideoSettings{Codec: frame.H264, Format: f, Bitrate: studio.Output{Format: f}.Bitrate(), KeyInterval: 2 * time.Second})
	if err != nil {
		b.Fatal(err)
	}
	defer enc.Close()
	decode := exec.CommandContext(b.Context(), "ffmpeg", "-v", "error", "-i", clip, "-f", "rawvideo", "-pix_fmt", "yuv420p", "-")
	pipe, err := decode.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := decode.Start(); err != nil {
		b.Fatal(err)
	}
	// At the pace of a show, as the studio works: an encoder in a tight loop finds its data in the cache.
	pace := time.NewTicker(f.Interval())
	defer pace.Stop()
	v := frame.New(f.Width, f.Height)
	raw := make([]byte, f.Width*f.Height*3/2)
	var spent time.Duration
	for i := range pictures {
		if _, err := io.ReadFull(pipe, raw); err != nil {
			b.Fatal(err)
		}
		<-pace.C
		w, h := f.Width, f.Height
		v.Copy(&frame.Video{
			Y: raw, U: raw[w*h:], V: raw[w*h*5/4:], YStride: w, CStride: w / 2, Width: w, Height: h,
			PTS: time.Duration(i) * f.Interval(),
		})
		before := used(b)
		if _, err := enc.Encode(v, i == 0); err != nil {
			b.Fatal(err)
		}
		spent += used(b) - before
	}
	if err := decode.Wait(); err != nil {
		b.Fatal(err)
	}
	return spent.Seconds() / pictures * float64(f.FPS)
}

// used is the processor time of this process.
func used(b *testing.B) time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		b.Fatal(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// benchServer measures what a viewer costs the server.
func benchServer(b *testing.B, viewers int) {
	const seconds = 20
	clip := noisyClip(b, frame.Format{Width: 1280, Height: 720, FPS: 30})
	e := newEvening(b)
	e.studio("--source", "file:"+clip, "--microphone", "synthetic", "--bitrate", "2100")
	e.live()
	heap := e.metric("go_memstats_heap_inuse_bytes") + e.metric("go_memstats_stack_inuse_bytes")
	resident := e.metric("process_resident_memory_bytes")
	crowd := exec.Command(filepath.Join(bin, "audience"), "--url", e.url("/watch/evening"), "--viewers", fmt.Sprint(viewers),
		"--for", fmt.Sprintf("%ds", seconds+15), "--json")
	var out strings.Builder
	crowd.Stdout = &out
	if err := crowd.Start(); err != nil {
		b.Fatal(err)
	}
	e.until("all have joined", func() bool { return e.show().Viewers == viewers })
	before, packets, start := e.server.cpu(), e.metric("vitrine_packets_out_total"), time.Now()
	wait := time.NewTimer(seconds * time.Second)
	<-wait.C
	cores := float64(e.server.cpu()-before) / float64(time.Since(start))
	sent := e.metric("vitrine_packets_out_total") - packets
	more := e.metric("go_memstats_heap_inuse_bytes") + e.metric("go_memstats_stack_inuse_bytes") - heap
	rss := e.metric("process_resident_memory_bytes") - resident
	if err := crowd.Wait(); err != nil {
		b.Fatal(err)
	}
	var heard map[string]any
	if err := json.Unmarshal([]byte(out.String()), &heard); err != nil {
		b.Fatalf("%v in %q", err, out.String())
	}
	n := float64(viewers)
	line("server_cpu_a_viewer", cores/n*100, "percent_of_a_core", "-")
	line("server_cpu_a_packet", cores*seconds*1e6/sent, "us", "-")
	line("server_heap_and_stacks_a_viewer", more/n/1024, "KiB", "-")
	line("server_resident_a_viewer", rss/n/1024, "KiB", "-")
	for name, v := range heard {
		switch v := v.(type) {
		case float64:
			line("audience_"+name, v, "-", "-")
		case map[string]any:
			for q, f := range v {
				line("audience_"+name+"_"+q, f.(float64), "-", "-")
			}
		}
	}
}

// metric reads one of the server's metrics.
func (e *evening) metric(name string) float64 {
	r, err := e.client.Get(e.url("/metrics"))
	if err != nil {
		e.t.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		e.t.Fatal(err)
	}
	for l := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(l, name+" "); ok {
			var v float64
			fmt.Sscan(rest, &v)
			return v
		}
	}
	e.t.Fatalf("the server has no metric %s", name)
	return 0
}
