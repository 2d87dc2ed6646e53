package capture_test

import (
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"vitrine/capture/frame"
	"vitrine/capture/synthetic"
)

// A tenth of the bitrate that 720p wants, and a quarter of the size at the end.
func TestTime_codes_survive_strong_H264_and_VP8_and_scaling_down(t *testing.T) {
	base := time.Unix(1_800_000_000, 0)
	for name, codec := range map[string][]string{
		"card.mp4":  {"-c:v", "libx264", "-preset", "ultrafast", "-b:v", "250k", "-maxrate", "250k", "-bufsize", "100k", "-bf", "0"},
		"card.webm": {"-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "250k"},
	} {
		path := filepath.Join(t.TempDir(), name)
		args := append([]string{"-y", "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", "1280x720", "-r", "30", "-i", "pipe:0"}, codec...)
		enc := exec.Command("ffmpeg", append(args, path)...)
		in, err := enc.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := enc.Start(); err != nil {
			t.Fatalf("ffmpeg (package ffmpeg): %v", err)
		}
		card, v := synthetic.NewCard(1280, 720), frame.New(1280, 720)
		const count = 45
		for i := range count {
			card.Draw(v, base.Add(time.Duration(i)*time.Second/30))
			// 1280 and 640 are multiples of the alignment, so planes have no padding.
			for _, plane := range [][]byte{v.Y, v.U, v.V} {
				if _, err := in.Write(plane); err != nil {
					t.Fatal(err)
				}
			}
		}
		in.Close()
		if err := enc.Wait(); err != nil {
			t.Fatal(err)
		}
		s := open(t, frame.Input{Kind: frame.File, URL: path}, small)
		for last := int64(-1); last < (count-1)*1000/30; {
			v := s.next()
			ms, ok := synthetic.ReadTimeCode(v.Y, v.YStride, v.Width, v.Height)
			since := int64(ms) - int64(uint32(base.UnixMilli()))
			if !ok || since <= last || since > 1500 {
				t.Fatalf("%s: after the picture of %d ms comes %d ms, %v", name, last, since, ok)
			}
			if lit := since%1000 < 100; synthetic.ReadFlash(v.Y, v.YStride, v.Width, v.Height) != lit {
				t.Errorf("%s: at %d ms the flash is %v", name, since, !lit)
			}
			v.Release()
			last = since
		}
	}
}
