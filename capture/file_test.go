package capture_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"vitrine/capture"
	"vitrine/capture/frame"
)

// patience bounds every wait for something to happen; it is no expectation.
const patience = time.Minute

var small = frame.Format{Width: 320, Height: 180, FPS: 30}

// movie makes a file with ffmpeg from a lavfi source.
func movie(t *testing.T, name, source string, args ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	all := append([]string{"-y", "-loglevel", "error", "-f", "lavfi", "-i", source}, args...)
	if out, err := exec.Command("ffmpeg", append(all, path)...).CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg (package ffmpeg) makes a test file: %v: %s", err, out)
	}
	return path
}

// show is a CaptureVideo call that runs.
type show struct {
	t     *testing.T
	out   *frame.Slot
	play  *frame.Playback
	ended chan error
	stop  context.CancelFunc
}

func open(t *testing.T, in frame.Input, want frame.Format) *show {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	s := &show{t: t, out: frame.NewSlot(), play: &frame.Playback{}, ended: make(chan error, 1), stop: stop}
	begin := time.Now()
	go func() {
		s.ended <- devices().CaptureVideo(ctx, in, want, s.play, func() time.Duration { return time.Since(begin) }, s.out)
	}()
	t.Cleanup(func() {
		stop()
		s.end()
		s.out.Drain()
	})
	return s
}

// next is the next picture.
func (s *show) next() *frame.Video {
	s.t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case <-s.out.Ready():
			if v := s.out.Take(); v != nil {
				return v
			}
		case err := <-s.ended:
			s.ended <- err
			if v := s.out.Take(); v != nil {
				return v
			}
			s.t.Fatalf("ended: %v", err)
		case <-deadline:
			s.t.Fatal("no picture")
		}
	}
}

func (s *show) end() error {
	s.t.Helper()
	select {
	case err := <-s.ended:
		s.ended <- err
		return err
	case <-time.After(patience):
		s.t.Fatal("did not end")
		return nil
	}
}

// colour is the picture's Y, Cb, Cr at a place given in hundredths of its size.
func colour(v *frame.Video, x, y int) [3]int {
	px, py := v.Width*x/100, v.Height*y/100
	c := py/2*v.CStride + px/2
	return [3]int{int(v.Y[py*v.YStride+px]), int(v.U[c]), int(v.V[c])}
}

func wantColour(t *testing.T, what string, got, want [3]int) {
	t.Helper()
	if !near(got, want) {
		t.Errorf("%s is %v, not %v", what, got, want)
	}
}

func near(a, b [3]int) bool {
	for i := range a {
		if d := a[i] - b[i]; d > 4 || d < -4 {
			return false
		}
	}
	return true
}

// BT.709 limited range.
var (
	red   = [3]int{63, 102, 240}
	green = [3]int{173, 42, 26}
	blue  = [3]int{32, 240, 118}
	black = [3]int{16, 128, 128}
)

func TestA_file_keeps_its_shape_and_colours_plays_once_and_ends(t *testing.T) {
	path := movie(t, "red.mp4", "color=c=0xff0000:s=240x240:r=25:d=1,scale=out_color_matrix=bt709", "-colorspace", "bt709", "-c:v", "libx264", "-pix_fmt", "yuv420p")
	s := open(t, frame.Input{Kind: frame.File, URL: path}, small)
	v := s.next()
	if v.Width != 320 || v.Height != 180 {
		t.Errorf("size %dx%d", v.Width, v.Height)
	}
	wantColour(t, "middle", colour(v, 50, 50), red)
	wantColour(t, "left", colour(v, 5, 50), black)
	wantColour(t, "right", colour(v, 95, 50), black)
	pts := v.PTS
	v.Release()
	if err := s.end(); !errors.Is(err, frame.ErrEnded) || !strings.Contains(err.Error(), "red.mp4") {
		t.Error(err)
	}
	if put, _ := s.out.Counts(); put < 28 || put > 32 {
		t.Errorf("%d pictures of one second at 30", put)
	}
	if last := s.out.Take(); last == nil || last.PTS <= pts {
		t.Error("time stands still")
	} else {
		last.Release()
	}
}

func TestA_looped_file_goes_on_and_a_held_one_stands(t *testing.T) {
	path := movie(t, "two.mkv", "color=c=0x00ff00:s=320x180:r=30:d=0.5", "-c:v", "ffv1")
	s := open(t, frame.Input{Kind: frame.File, URL: path, Loop: true}, small)
	for range 40 {
		s.next().Release()
	}
	s.play.SetPaused(true)
	// One picture may be on its way when the flag is set.
	before, _ := s.out.Counts()
	time.Sleep(200 * time.Millisecond)
	if after, _ := s.out.Counts(); after > before+1 {
		t.Errorf("%d pictures while held", after-before)
	}
	s.play.SetPaused(false)
	for range 5 {
		s.next().Release()
	}
	s.stop()
	if err := s.end(); err != nil {
		t.Error(err)
	}
}

func TestA_still_picture_stays(t *testing.T) {
	for _, c := range []struct{ name, encoder string }{{"blue.png", "png"}, {"blue.jpg", "mjpeg"}} {
		path := movie(t, c.name, "color=c=0x0000ff:s=320x180:d=1", "-frames:v", "1", "-c:v", c.encoder, "-pix_fmt", map[string]string{"png": "rgb24", "mjpeg": "yuvj444p"}[c.encoder])
		s := open(t, frame.Input{Kind: frame.File, URL: path, Loop: true}, small)
		for range 20 {
			v := s.next()
			wantColour(t, c.name, colour(v, 50, 50), blue)
			v.Release()
		}
		s.stop()
		if err := s.end(); err != nil {
			t.Error(err)
		}
	}
}

func TestFiles_that_cannot_be_played_say_why(t *testing.T) {
	dir := t.TempDir()
	damaged := filepath.Join(dir, "damaged.mp4")
	if err := os.WriteFile(damaged, []byte(strings.Repeat("not a film ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	tone := movie(t, "tone.wav", "sine=d=1")
	list := filepath.Join(dir, "list.m3u8")
	if err := os.WriteFile(list, []byte("#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:1/a.ts\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]error{
		os.DevNull:                        frame.ErrFormat,
		filepath.Join(dir, "missing.mp4"): frame.ErrGone,
		damaged:                           frame.ErrFormat,
		dir:                               frame.ErrFormat,
		tone:                              frame.ErrFormat,
		list:                              frame.ErrFormat,
		"-version":                        frame.ErrGone,
	} {
		s := open(t, frame.Input{Kind: frame.File, URL: path}, small)
		if err := s.end(); !errors.Is(err, want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", filepath.Base(path), err)
		}
	}
}

func TestA_missing_ffmpeg_is_named(t *testing.T) {
	path := movie(t, "a.mkv", "color=d=0.1", "-c:v", "ffv1")
	t.Setenv("PATH", t.TempDir())
	s := open(t, frame.Input{Kind: frame.File, URL: path}, small)
	if err := s.end(); !errors.Is(err, frame.ErrFormat) || !strings.Contains(err.Error(), "package ffmpeg") {
		t.Error(err)
	}
}

// children are the processes that this test has started and that run, by program.
func children(t *testing.T, program string) (pids []int) {
	t.Helper()
	out, _ := exec.Command("ps", "--ppid", strconv.Itoa(os.Getpid()), "-o", "pid=,comm=").Output()
	for line := range strings.Lines(string(out)) {
		var pid int
		var name string
		if n, _ := fmt.Sscan(line, &pid, &name); n == 2 && name == program {
			pids = append(pids, pid)
		}
	}
	return pids
}

func TestA_stream_recovers_from_a_killed_child_and_a_lost_server(t *testing.T) {
	path := movie(t, "live.ts", "color=c=0xff0000:s=320x180:r=30:d=60,scale=out_color_matrix=bt709", "-colorspace", "bt709", "-c:v", "libx264", "-preset", "ultrafast", "-g", "15", "-pix_fmt", "yuv420p")
	var requests atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if requests.Add(1) == 2 {
			http.Error(w, "not now", http.StatusServiceUnavailable)
			return
		}
		http.ServeFile(w, r, path)
	}))
	defer server.Close()
	s := open(t, frame.Input{Kind: frame.Stream, URL: server.URL + "/live.ts"}, small)
	v := s.next()
	wantColour(t, "stream", colour(v, 50, 50), red)
	v.Release()
	pids := children(t, "ffmpeg")
	if len(pids) != 1 {
		t.Fatalf("children %v", pids)
	}
	p, err := os.FindProcess(pids[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Kill(); err != nil {
		t.Fatal(err)
	}
	for requests.Load() < 3 {
		s.next().Release()
	}
	s.next().Release()
	s.stop()
	if err := s.end(); err != nil {
		t.Error(err)
	}
	if pids := children(t, "ffmpeg"); len(pids) != 0 {
		t.Errorf("left running: %v", pids)
	}
}

func TestStreams_that_cannot_be_opened_say_why(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	for address, want := range map[string]error{
		"file:///etc/passwd":         frame.ErrFormat,
		"concat:a|b":                 frame.ErrFormat,
		"pipe:0":                     frame.ErrFormat,
		"http://":                    frame.ErrFormat,
		"\x00":                       frame.ErrFormat,
		server.URL + "/x?key=secret": frame.ErrGone,
	} {
		s := open(t, frame.Input{Kind: frame.Stream, URL: address}, small)
		err := s.end()
		if !errors.Is(err, want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v", address, err)
		}
		if strings.Contains(fmt.Sprint(err), "secret") {
			t.Errorf("the address is in %v", err)
		}
	}
}

func TestAn_unknown_kind_of_input_is_refused(t *testing.T) {
	if err := devices().CaptureVideo(t.Context(), frame.Input{Kind: "hologram"}, small, nil, nil, frame.NewSlot()); !errors.Is(err, frame.ErrFormat) {
		t.Error(err)
	}
}

func TestThe_synthetic_host_is_a_device_like_others(t *testing.T) {
	s := open(t, frame.Input{Kind: frame.Synthetic}, small)
	s.next().Release()
	ctx, cancel := context.WithCancel(t.Context())
	q, ended := frame.NewQueue(5), make(chan error)
	go func() { ended <- devices().CaptureAudio(ctx, capture.Synthetic, 2, q) }()
	<-q.Ready()
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
