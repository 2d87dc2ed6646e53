package encode

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os/exec"
	"strings"
	"testing"
	"time"

	"vitrine/capture/frame"
)

var videoCodecs = []frame.Codec{frame.H264, frame.VP8}

func build(t testing.TB, s frame.VideoSettings) Video {
	t.Helper()
	if s.KeyInterval == 0 {
		s.KeyInterval = 2 * time.Second
	}
	e, err := NewVideo(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

func encodeOne(t testing.TB, e Video, v *frame.Video, key bool) *frame.Packet {
	t.Helper()
	p, err := e.Encode(v, key)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// container joins packets to something that ffmpeg reads: Annex B as it is, VP8 in IVF.
func container(codec frame.Codec, f frame.Format, packets []*frame.Packet) []byte {
	var w bytes.Buffer
	if codec == frame.VP8 {
		h := make([]byte, 32)
		copy(h, "DKIF")
		binary.LittleEndian.PutUint16(h[6:], 32)
		copy(h[8:], "VP80")
		binary.LittleEndian.PutUint16(h[12:], uint16(f.Width))
		binary.LittleEndian.PutUint16(h[14:], uint16(f.Height))
		binary.LittleEndian.PutUint32(h[16:], uint32(f.FPS))
		binary.LittleEndian.PutUint32(h[20:], 1)
		w.Write(h)
	}
	for i, p := range packets {
		if codec == frame.VP8 {
			h := make([]byte, 12)
			binary.LittleEndian.PutUint32(h, uint32(len(p.Data)))
			binary.LittleEndian.PutUint64(h[4:], uint64(i))
			w.Write(h)
		}
		w.Write(p.Data)
	}
	return w.Bytes()
}

// decode returns the pictures that ffmpeg's own decoder makes of the stream, as packed I420.
func decode(t *testing.T, codec frame.Codec, f frame.Format, packets []*frame.Packet) [][]byte {
	t.Helper()
	demuxer := map[frame.Codec]string{frame.H264: "h264", frame.VP8: "ivf"}[codec]
	cmd := exec.CommandContext(t.Context(), "ffmpeg", "-v", "error", "-xerror", "-f", demuxer, "-i", "pipe:0",
		"-vsync", "passthrough", "-f", "rawvideo", "-pix_fmt", "yuv420p", "pipe:1")
	cmd.Stdin = bytes.NewReader(container(codec, f, packets))
	var complaints strings.Builder
	cmd.Stderr = &complaints
	raw, err := cmd.Output()
	if err != nil || complaints.Len() > 0 {
		t.Fatalf("ffmpeg: %v %s", err, complaints.String())
	}
	size := f.Width * f.Height * 3 / 2
	if len(raw)%size != 0 {
		t.Fatalf("ffmpeg gave %d bytes, not pictures of %v", len(raw), f)
	}
	var pictures [][]byte
	for ; len(raw) > 0; raw = raw[size:] {
		pictures = append(pictures, raw[:size])
	}
	return pictures
}

// psnr compares the luma of a picture with a decoded one, in dB.
func psnr(v *frame.Video, decoded []byte) float64 {
	var sum float64
	for y := range v.Height {
		for x := range v.Width {
			d := float64(v.Y[y*v.YStride+x]) - float64(decoded[y*v.Width+x])
			sum += d * d
		}
	}
	return 10 * math.Log10(255*255*float64(v.Width*v.Height)/sum)
}

func TestFFmpeg_decodes_what_was_encoded(t *testing.T) {
	for _, codec := range videoCodecs {
		for _, f := range []frame.Format{{Width: 640, Height: 360, FPS: 30}, {Width: 854, Height: 480, FPS: 25}} {
			t.Run(fmt.Sprintf("%s %v", codec, f), func(t *testing.T) {
				e := build(t, frame.VideoSettings{Codec: codec, Format: f, Bitrate: 2_000_000})
				v := frame.New(f.Width, f.Height)
				var packets []*frame.Packet
				for n := range 30 {
					paint(v, n, f.FPS)
					p := encodeOne(t, e, v, false)
					if p == nil {
						t.Fatalf("picture %d skipped at a generous bitrate", n)
					}
					if p.PTS != v.PTS || p.Duration != f.Interval() {
						t.Errorf("picture %d at %v for %v, want %v for %v", n, p.PTS, p.Duration, v.PTS, f.Interval())
					}
					packets = append(packets, p)
				}
				pictures := decode(t, codec, f, packets)
				if len(pictures) != len(packets) {
					t.Fatalf("%d packets gave %d pictures", len(packets), len(pictures))
				}
				for n, d := range pictures {
					paint(v, n, f.FPS)
					if db := psnr(v, d); n >= 10 && db < 34 {
						t.Errorf("picture %d: PSNR %.1f dB, want at least 34", n, db)
					}
				}
			})
		}
	}
}

func TestKey_frames_come_on_demand_and_at_the_interval(t *testing.T) {
	for _, codec := range videoCodecs {
		t.Run(string(codec), func(t *testing.T) {
			f := frame.Format{Width: 320, Height: 180, FPS: 30}
			e := build(t, frame.VideoSettings{Codec: codec, Format: f, Bitrate: 600_000, KeyInterval: time.Second})
			v := frame.New(f.Width, f.Height)
			var keys []int
			for n := range 90 {
				paint(v, n, f.FPS)
				if p := encodeOne(t, e, v, n == 17); p != nil && p.Key {
					keys = append(keys, n)
				}
			}
			if got, want := fmt.Sprint(keys), "[0 17 47 77]"; got != want {
				t.Errorf("key frames at %s, want %s", got, want)
			}
		})
	}
}

func TestA_key_frame_wish_outlives_skipped_pictures(t *testing.T) {
	for _, codec := range videoCodecs {
		t.Run(string(codec), func(t *testing.T) {
			f := frame.Format{Width: 640, Height: 360, FPS: 30}
			e := build(t, frame.VideoSettings{Codec: codec, Format: f, Bitrate: MinVideoBitrate, KeyInterval: time.Minute})
			v := frame.New(f.Width, f.Height)
			skipped, waited := 0, -1
			for n := range 120 {
				paint(v, n, f.FPS)
				p := encodeOne(t, e, v, n == 60)
				switch {
				case p == nil:
					skipped++
				case n >= 60 && waited < 0:
					waited = n
					if !p.Key {
						t.Errorf("first packet after the wish, of picture %d, is no key frame", n)
					}
				}
			}
			if skipped == 0 || waited < 0 {
				t.Errorf("%d pictures skipped, key frame at %d: the test means nothing", skipped, waited)
			}
		})
	}
}

func TestBitrate_is_kept_and_changes_while_running(t *testing.T) {
	for _, codec := range videoCodecs {
		t.Run(string(codec), func(t *testing.T) {
			f := frame.Format{Width: 1280, Height: 720, FPS: 30}
			e := build(t, frame.VideoSettings{Codec: codec, Format: f, Bitrate: 2_500_000})
			v := frame.New(f.Width, f.Height)
			n := 0
			second := func() (bytes int) {
				for range f.FPS {
					paint(v, n, f.FPS)
					n++
					if p := encodeOne(t, e, v, false); p != nil {
						bytes += len(p.Data)
					}
				}
				return bytes
			}
			for _, bps := range []int{2_500_000, 1_000_000, 2_000_000} {
				if err := e.SetBitrate(bps); err != nil {
					t.Fatal(err)
				}
				second() // the rate control settles
				got := 8 * (second() + second()) / 2
				if dev := math.Abs(float64(got)/float64(bps) - 1); dev > 0.15 {
					t.Errorf("%d bit/s for a target of %d: off by %.0f %%", got, bps, 100*dev)
				}
			}
		})
	}
}

func TestH264_key_frames_carry_their_parameters_and_colours(t *testing.T) {
	f := frame.Format{Width: 640, Height: 360, FPS: 30}
	e := build(t, frame.VideoSettings{Codec: frame.H264, Format: f, Bitrate: 1_000_000})
	v := frame.New(f.Width, f.Height)
	for n := range 3 {
		paint(v, n, f.FPS)
		key := n != 1
		p := encodeOne(t, e, v, key)
		if !bytes.HasPrefix(p.Data, []byte{0, 0, 0, 1}) {
			t.Errorf("picture %d does not begin with a start code: % x", n, p.Data[:4])
		}
		if got, want := fmt.Sprint(nalTypes(p.Data)), map[bool]string{true: "[7 8 5]", false: "[1]"}[key]; got != want {
			t.Errorf("picture %d holds NAL units %s, want %s", n, got, want)
		}
		if !key {
			continue
		}
		begin, _ := findNAL(p.Data, nalSPS)
		if sps := p.Data[begin:]; sps[1] != 0x42 || sps[2]&0xc0 != 0xc0 {
			t.Errorf("profile %02x%02x is not constrained baseline", sps[1], sps[2])
		}
		const want = "yuv420p,tv,bt709,bt709,bt709"
		if got := probe(t, p.Data, "pix_fmt,color_range,color_space,color_transfer,color_primaries"); got != want {
			t.Errorf("colours %s, want %s", got, want)
		}
	}
}

func nalTypes(au []byte) (types []byte) {
	for {
		i := bytes.Index(au, startCode)
		if i < 0 {
			return types
		}
		types = append(types, au[i+3]&0x1f)
		au = au[i+3:]
	}
}

func probe(t *testing.T, stream []byte, entries string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "ffprobe", "-v", "error", "-f", "h264", "-show_entries", "stream="+entries, "-of", "csv=p=0", "pipe:0")
	cmd.Stdin = bytes.NewReader(stream)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

func TestA_picture_of_another_size_is_refused(t *testing.T) {
	for _, codec := range videoCodecs {
		e := build(t, frame.VideoSettings{Codec: codec, Format: frame.Format{Width: 320, Height: 180, FPS: 30}, Bitrate: 300_000})
		_, err := e.Encode(frame.New(640, 360), false)
		if err == nil || !strings.Contains(err.Error(), "640x360") || !strings.Contains(err.Error(), "320x180") {
			t.Errorf("%s: %v", codec, err)
		}
		v := frame.New(320, 180)
		paint(v, 0, 30)
		if p := encodeOne(t, e, v, false); p == nil || !p.Key {
			t.Errorf("%s: nothing encoded after the refusal", codec)
		}
	}
}

func TestSettings_that_make_no_encoder_are_refused(t *testing.T) {
	good := frame.VideoSettings{Codec: frame.H264, Format: frame.Format{Width: 320, Height: 180, FPS: 30}, Bitrate: 300_000, KeyInterval: time.Second}
	for name, spoil := range map[string]func(*frame.VideoSettings){
		"codec":        func(s *frame.VideoSettings) { s.Codec = "H265" },
		"sound codec":  func(s *frame.VideoSettings) { s.Codec = frame.Opus },
		"odd width":    func(s *frame.VideoSettings) { s.Format.Width = 321 },
		"no height":    func(s *frame.VideoSettings) { s.Format.Height = 0 },
		"huge":         func(s *frame.VideoSettings) { s.Format.Width = 8192 },
		"no rate":      func(s *frame.VideoSettings) { s.Format.FPS = 0 },
		"low bitrate":  func(s *frame.VideoSettings) { s.Bitrate = 1 },
		"key interval": func(s *frame.VideoSettings) { s.KeyInterval = 0 },
	} {
		s := good
		spoil(&s)
		if _, err := NewVideo(s); err == nil {
			t.Errorf("%s: %+v was accepted", name, s)
		}
	}
	for _, codec := range videoCodecs {
		s := good
		s.Codec = codec
		if err := build(t, s).SetBitrate(-1); err == nil {
			t.Errorf("%s: a negative bitrate was accepted", codec)
		}
	}
}

func TestA_closed_encoder_says_so(t *testing.T) {
	for _, codec := range videoCodecs {
		e := build(t, frame.VideoSettings{Codec: codec, Format: frame.Format{Width: 320, Height: 180, FPS: 30}, Bitrate: 300_000})
		if err := errors.Join(e.Close(), e.Close()); err != nil {
			t.Error(err)
		}
		if _, err := e.Encode(frame.New(320, 180), false); !errors.Is(err, ErrClosed) {
			t.Errorf("%s: Encode: %v", codec, err)
		}
		if err := e.SetBitrate(300_000); !errors.Is(err, ErrClosed) {
			t.Errorf("%s: SetBitrate: %v", codec, err)
		}
	}
}

func FuzzSPS(f *testing.F) {
	e := build(f, frame.VideoSettings{Codec: frame.H264, Format: frame.Format{Width: 854, Height: 480, FPS: 30}, Bitrate: 300_000})
	v := frame.New(854, 480)
	p := encodeOne(f, e, v, true)
	f.Add(p.Data)
	f.Add([]byte{0, 0, 1, 0x67, 66, 0, 0, 0})
	f.Add([]byte{0, 0, 1})
	f.Fuzz(func(t *testing.T, au []byte) {
		_ = hasIDR(au)
		out, err := signalBT709(au)
		if err != nil {
			return
		}
		again, err := signalBT709(out)
		if err != nil || !bytes.Equal(out, again) {
			t.Errorf("describing colours twice differs: %v", err)
		}
	})
}

func BenchmarkVideo(b *testing.B) {
	for _, codec := range videoCodecs {
		for _, f := range []frame.Format{{Width: 1280, Height: 720, FPS: 30}, {Width: 1920, Height: 1080, FPS: 30}} {
			b.Run(fmt.Sprintf("%s/%dp", codec, f.Height), func(b *testing.B) {
				e := build(b, frame.VideoSettings{Codec: codec, Format: f, Bitrate: f.Width * f.Height * 3})
				pictures := make([]*frame.Video, 15)
				for n := range pictures {
					pictures[n] = frame.New(f.Width, f.Height)
					paint(pictures[n], n, f.FPS)
				}
				n := 0
				for b.Loop() {
					v := pictures[max(n%28-14, 14-n%28)] // there and back, without a jump
					v.PTS = time.Duration(n) * f.Interval()
					encodeOne(b, e, v, false)
					n++
				}
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "frames/s")
			})
		}
	}
}
