package encode

import (
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"vitrine/capture"
	"vitrine/capture/frame"
)

func buildLayers(t testing.TB, codec frame.Codec, f frame.Format) *Layers {
	t.Helper()
	l, err := NewLayers(frame.VideoSettings{Codec: codec, Format: f, KeyInterval: time.Minute}, capture.Scale)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// run encodes n pictures of the show from number from on and returns the packets by layer.
func run(t testing.TB, l *Layers, plan frame.Plan, from, n int, keys [frame.Layers]bool) (out [frame.Layers][]*frame.Packet) {
	t.Helper()
	f := l.settings.Format
	v := frame.New(f.Width, f.Height)
	for i := from; i < from+n; i++ {
		paint(v, i, f.FPS)
		packets, err := l.Encode(v, plan, keys)
		if err != nil {
			t.Fatal(err)
		}
		keys = [frame.Layers]bool{}
		for _, p := range packets {
			if p.PTS != v.PTS {
				t.Errorf("picture %d of layer %d at %v, want %v", i, p.Layer, p.PTS, v.PTS)
			}
			out[p.Layer] = append(out[p.Layer], p)
		}
	}
	return out
}

func keysOf(packets []*frame.Packet) (n int) {
	for _, p := range packets {
		if p.Key {
			n++
		}
	}
	return n
}

func all(full, half, quarter int) frame.Plan {
	return frame.Plan{{Bitrate: full, FPS: 30}, {Bitrate: half, FPS: 30}, {Bitrate: quarter, FPS: 30}}
}

func TestThree_layers_hold_the_same_pictures_in_three_sizes(t *testing.T) {
	for _, codec := range videoCodecs {
		for _, f := range []frame.Format{{Width: 1280, Height: 720, FPS: 30}, {Width: 854, Height: 480, FPS: 30}} {
			t.Run(fmt.Sprintf("%s %v", codec, f), func(t *testing.T) {
				const n = 12
				l := buildLayers(t, codec, f)
				out := run(t, l, all(6_000_000, 2_000_000, 800_000), 0, n, [frame.Layers]bool{})
				for i, packets := range out {
					size := f.At(frame.Layer(i))
					pictures := decode(t, codec, size, packets)
					if len(pictures) != n || !packets[0].Key || keysOf(packets) != 1 {
						t.Fatalf("layer %v: %d pictures of %d, %d key frames", size, len(pictures), n, keysOf(packets))
					}
					v := frame.New(f.Width, f.Height)
					paint(v, n-1, f.FPS)
					want := frame.New(size.Width, size.Height)
					capture.Scale(want, v)
					if db := psnr(want, pictures[n-1]); db < 32 {
						t.Errorf("layer %v differs from the picture scaled at once: PSNR %.1f dB, want at least 32", size, db)
					}
				}
			})
		}
	}
}

func TestA_layer_that_is_off_costs_nothing_and_begins_with_a_key_frame(t *testing.T) {
	for _, codec := range videoCodecs {
		t.Run(string(codec), func(t *testing.T) {
			l := buildLayers(t, codec, frame.Format{Width: 640, Height: 360, FPS: 30})
			scaled := 0
			l.scale = func(dst, src *frame.Video) { scaled++; capture.Scale(dst, src) }
			plan := all(800_000, 300_000, 100_000)
			plan[frame.Half], plan[frame.Quarter] = frame.Share{}, frame.Share{}
			out := run(t, l, plan, 0, 5, [frame.Layers]bool{})
			if len(out[1])+len(out[2])+scaled != 0 || l.rungs[1].encoder != nil {
				t.Errorf("layers that are off: %d and %d packets, scaled %d times", len(out[1]), len(out[2]), scaled)
			}
			run(t, l, all(800_000, 300_000, 100_000), 5, 5, [frame.Layers]bool{})
			plan[frame.Quarter] = frame.Share{Bitrate: 100_000, FPS: 30}
			run(t, l, plan, 10, 5, [frame.Layers]bool{})
			out = run(t, l, all(800_000, 300_000, 100_000), 15, 5, [frame.Layers]bool{})
			if !out[frame.Half][0].Key || keysOf(out[frame.Full])+keysOf(out[frame.Quarter]) != 0 {
				t.Error("switched on again: no key frame, or one where none was asked for")
			}
			out = run(t, l, frame.Plan{}, 20, 3, [frame.Layers]bool{})
			if len(out[0])+len(out[1])+len(out[2]) != 0 {
				t.Error("with all layers off something was encoded")
			}
		})
	}
}

func TestKey_frames_are_made_in_the_layers_asked_for(t *testing.T) {
	for _, codec := range videoCodecs {
		l := buildLayers(t, codec, frame.Format{Width: 640, Height: 360, FPS: 30})
		plan := all(800_000, 300_000, 100_000)
		run(t, l, plan, 0, 5, [frame.Layers]bool{})
		out := run(t, l, plan, 5, 5, [frame.Layers]bool{frame.Half: true})
		if k := [3]int{keysOf(out[0]), keysOf(out[1]), keysOf(out[2])}; k != [3]int{0, 1, 0} {
			t.Errorf("%s: key frames %v, want one of the half size only", codec, k)
		}
	}
}

func TestFewer_frames_a_second_spend_the_same_bitrate(t *testing.T) {
	for _, codec := range videoCodecs {
		for _, fps := range []int{30, 15, 10} {
			t.Run(fmt.Sprintf("%s %d fps", codec, fps), func(t *testing.T) {
				const bps = 300_000
				l := buildLayers(t, codec, frame.Format{Width: 640, Height: 360, FPS: 30})
				plan := frame.Plan{frame.Quarter: {Bitrate: bps, FPS: fps}}
				plan[frame.Half] = frame.Share{Bitrate: bps, FPS: fps}
				run(t, l, plan, 0, 60, [frame.Layers]bool{})
				out := run(t, l, plan, 60, 120, [frame.Layers]bool{})[frame.Half]
				skipped := int(l.Skipped()[frame.Half])
				if n := len(out); n > 4*fps || n+skipped < 4*fps {
					t.Errorf("%d pictures and %d skipped ones in 4 s, want %d", n, skipped, 4*fps)
				}
				bytes := 0
				for _, p := range out {
					bytes += len(p.Data)
					if p.Duration != time.Second/time.Duration(fps) {
						t.Fatalf("a picture lasts %v", p.Duration)
					}
				}
				if dev := math.Abs(float64(8*bytes/4)/bps - 1); dev > 0.25 {
					t.Errorf("%d bit/s for a target of %d: off by %.0f %%", 8*bytes/4, bps, 100*dev)
				}
			})
		}
	}
}

func TestLayers_refuse_what_makes_no_sense(t *testing.T) {
	f := frame.Format{Width: 640, Height: 360, FPS: 30}
	l := buildLayers(t, frame.VP8, f)
	v := frame.New(f.Width, f.Height)
	paint(v, 0, 30)
	for name, plan := range map[string]frame.Plan{
		"too many frames": {{Bitrate: 500_000, FPS: 60}},
		"no frames":       {{Bitrate: 500_000}},
		"too few bits":    {{Bitrate: 1, FPS: 30}},
	} {
		if _, err := l.Encode(v, plan, [frame.Layers]bool{}); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := l.Encode(frame.New(320, 180), all(500_000, 0, 0), [frame.Layers]bool{}); err == nil {
		t.Error("a picture of another size was accepted")
	}
	for _, s := range []frame.VideoSettings{
		{Codec: frame.Opus, Format: f, KeyInterval: time.Second},
		{Codec: frame.VP8, Format: frame.Format{Width: 40, Height: 40, FPS: 30}, KeyInterval: time.Second},
		{Codec: frame.VP8, Format: f},
	} {
		if _, err := NewLayers(s, capture.Scale); err == nil {
			t.Errorf("%+v was accepted", s)
		}
	}
	if err := errors.Join(l.Close(), l.Close()); err != nil {
		t.Error(err)
	}
	if _, err := l.Encode(v, frame.Plan{}, [frame.Layers]bool{}); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

// BenchmarkLayers encodes all three layers, and each of them alone with the scaling left out: the ratio is the price of the
// chain.
func BenchmarkLayers(b *testing.B) {
	for _, codec := range videoCodecs {
		b.Run(string(codec), func(b *testing.B) {
			f := frame.Format{Width: 1280, Height: 720, FPS: 30}
			l := buildLayers(b, codec, f)
			plan := all(f.Width*f.Height*2, f.Width*f.Height/2, f.Width*f.Height/8)
			var pictures [15][frame.Layers]*frame.Video
			var bare [frame.Layers]Video
			for i := range frame.Layers {
				size := f.At(frame.Layer(i))
				bare[i] = build(b, frame.VideoSettings{Codec: codec, Format: size, Bitrate: plan[i].Bitrate, KeyInterval: time.Minute})
				for n := range pictures {
					pictures[n][i] = frame.New(size.Width, size.Height)
					if i == 0 {
						paint(pictures[n][i], n, f.FPS)
					} else {
						capture.Scale(pictures[n][i], pictures[n][i-1])
					}
				}
			}
			var chained, alone time.Duration
			n := 0
			for b.Loop() {
				set := pictures[max(n%28-14, 14-n%28)]
				for _, v := range set {
					v.PTS = time.Duration(n) * f.Interval()
				}
				start := time.Now()
				if _, err := l.Encode(set[0], plan, [frame.Layers]bool{}); err != nil {
					b.Fatal(err)
				}
				between := time.Now()
				for i, e := range bare {
					encodeOne(b, e, set[i], false)
				}
				chained += between.Sub(start)
				alone += time.Since(between)
				n++
			}
			b.ReportMetric(float64(n)/chained.Seconds(), "frames/s")
			b.ReportMetric(float64(chained)/float64(alone), "chain/alone")
		})
	}
}
