package synthetic_test

import (
	"context"
	"errors"
	"image"
	"math"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"vitrine/capture/frame"
	"vitrine/capture/synthetic"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestA_time_code_is_read_back_at_any_size_and_time(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, h := rapid.IntRange(96, 700).Draw(t, "w"), rapid.IntRange(48, 500).Draw(t, "h")
		ms := rapid.Uint32().Draw(t, "ms")
		v := frame.New(w, h)
		v.Fill(90, 128, 128)
		synthetic.DrawTimeCode(v, ms)
		got, ok := synthetic.ReadTimeCode(v.Y, v.YStride, w, h)
		if !ok || got != ms {
			t.Fatalf("%d x %d: read %d %v, want %d", w, h, got, ok, ms)
		}
	})
}

func TestA_time_code_survives_scaling_blur_and_quantisation(t *testing.T) {
	noise := rand.New(rand.NewPCG(1, 2))
	for _, size := range []image.Point{{1920, 1080}, {1280, 720}, {854, 480}, {640, 360}} {
		card, v := synthetic.NewCard(size.X, size.Y), frame.New(size.X, size.Y)
		for i := range 12 {
			at := time.Unix(1_800_000_000+int64(i)*97, int64(i)*33_333_333)
			card.Draw(v, at)
			const w, h = 320, 180
			small := shrink(v, w, h)
			for j, y := range small {
				q := int(y)/24*24 + 12 + noise.IntN(61) - 30
				small[j] = byte(max(0, min(255, q)))
			}
			if ms, ok := synthetic.ReadTimeCode(small, w, w, h); !ok || ms != uint32(at.UnixMilli()) {
				t.Fatalf("%v scaled to 320x180 with noise: %d %v, want %d", size, ms, ok, uint32(at.UnixMilli()))
			}
			if lit := at.UnixMilli()%1000 < 100; synthetic.ReadFlash(small, w, w, h) != lit {
				t.Fatalf("%v at %v: flash %v", size, at, !lit)
			}
		}
	}
}

// shrink averages over the area each target pixel covers, widened by half a pixel as a blurring scaler does.
func shrink(v *frame.Video, w, h int) []byte {
	out := make([]byte, w*h)
	for y := range h {
		for x := range w {
			x0, x1 := max(0, (2*x-1)*v.Width/(2*w)), min(v.Width, (2*x+3)*v.Width/(2*w))
			y0, y1 := max(0, (2*y-1)*v.Height/(2*h)), min(v.Height, (2*y+3)*v.Height/(2*h))
			sum := 0
			for sy := y0; sy < y1; sy++ {
				for sx := x0; sx < x1; sx++ {
					sum += int(v.Y[sy*v.YStride+sx])
				}
			}
			out[y*w+x] = byte(sum / ((x1 - x0) * (y1 - y0)))
		}
	}
	return out
}

func TestA_damaged_or_missing_strip_is_not_read(t *testing.T) {
	v := frame.New(640, 360)
	v.Fill(128, 128, 128)
	if _, ok := synthetic.ReadTimeCode(v.Y, v.YStride, 640, 360); ok {
		t.Error("read a grey picture")
	}
	for cell := range synthetic.TimeCodeCells {
		synthetic.DrawTimeCode(v, 0x12345678)
		for y := range synthetic.StripHeight(360) {
			for x := cell * 640 / 48; x < (cell+1)*640/48; x++ {
				v.Y[y*v.YStride+x] = 251 - v.Y[y*v.YStride+x]
			}
		}
		if ms, ok := synthetic.ReadTimeCode(v.Y, v.YStride, 640, 360); ok {
			t.Errorf("cell %d inverted was read as %x", cell, ms)
		}
	}
	if _, ok := synthetic.ReadTimeCode(v.Y[:100], v.YStride, 640, 360); ok {
		t.Error("read a short buffer")
	}
}

func TestCards_of_odd_and_tiny_sizes_are_drawn(t *testing.T) {
	for _, s := range []image.Point{{1, 1}, {2, 2}, {3, 5}, {101, 57}, {641, 361}, {360, 640}} {
		v := frame.New(s.X, s.Y)
		synthetic.NewCard(s.X, s.Y).Draw(v, time.Unix(1_800_000_000, 0))
	}
}

func TestSound_is_continuous_and_beeps_exactly_at_each_second(t *testing.T) {
	base := time.Unix(1_800_000_000, 0).Add(-50 * time.Millisecond)
	var samples []float64
	for i := range 250 {
		var b frame.Block
		synthetic.Sound(&b, base.Add(time.Duration(i)*frame.BlockDuration))
		for j := 0; j < len(b); j += 2 {
			if b[j] != b[j+1] {
				t.Fatal("channels differ")
			}
			samples = append(samples, float64(b[j]))
		}
	}
	quiet := 0.0
	for second := range 2 {
		at := 2400 + second*48000
		if level := tone(samples[at:at+1900], 1000); math.Abs(level-synthetic.BeepLevel) > 0.02 {
			t.Errorf("beep %d has amplitude %.3f", second, level)
		}
		if level := tone(samples[at-2000:at], 1000); level > 0.03 {
			t.Errorf("1 kHz of %.3f before beep %d", level, second)
		}
		for _, s := range samples[at+2000 : at+40000] {
			quiet += s * s / 76000
		}
	}
	if db := 10 * math.Log10(quiet); db < -40 || db > -26 {
		t.Errorf("the voice is at %.1f dBFS RMS", db)
	}
}

// tone is the amplitude of one frequency (Goertzel's sum, written out).
func tone(s []float64, hz float64) float64 {
	var re, im float64
	for i, x := range s {
		sin, cos := math.Sincos(2 * math.Pi * hz * float64(i) / frame.SampleRate)
		re, im = re+x*cos, im+x*sin
	}
	return 2 * math.Hypot(re, im) / float64(len(s))
}

func TestA_minute_of_camera_and_microphone_does_not_drift(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute+time.Millisecond)
		defer cancel()
		out, sound := frame.NewSlot(), frame.NewQueue(5)
		begin := time.Now()
		now := func() time.Duration { return time.Since(begin) }
		go synthetic.Host{}.Camera(ctx, frame.Format{Width: 96, Height: 54, FPS: 30}, nil, now, out)
		go synthetic.Host{}.Microphone(ctx, sound)
		var b frame.Block
		frames, blocks := 0, 0
		for ctx.Err() == nil {
			select {
			case <-ctx.Done():
			case <-out.Ready():
				v := out.Take()
				ms, ok := synthetic.ReadTimeCode(v.Y, v.YStride, v.Width, v.Height)
				if want := uint32(begin.Add(v.PTS).UnixMilli()); !ok || ms != want {
					t.Fatalf("frame %d carries %d at %d", frames, ms, want)
				}
				frames++
				v.Release()
			case <-sound.Ready():
				for sound.Get(&b) {
					blocks++
				}
			}
		}
		if frames != 60*30 || blocks != 60*100 {
			t.Errorf("%d frames and %d blocks in a minute", frames, blocks)
		}
	})
}

func TestA_slow_machine_skips_pictures_and_a_set_clock_is_followed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var offset time.Duration
		h := synthetic.Host{Clock: func() time.Time { return time.Now().Add(offset) }}
		out := frame.NewSlot()
		calls := 0
		now := func() time.Duration {
			switch calls++; calls {
			case 10:
				time.Sleep(5 * time.Second)
			case 20:
				offset = -time.Hour
			case 40:
				cancel()
			}
			return 0
		}
		begin := time.Now()
		if err := h.Camera(ctx, frame.Format{Width: 96, Height: 54, FPS: 25}, nil, now, out); err != nil {
			t.Fatal(err)
		}
		if d := time.Since(begin); d < 6*time.Second || d > 7*time.Second {
			t.Errorf("40 pictures with 5 s lost took %v", d)
		}
		if put, _ := out.Counts(); put != 40 {
			t.Errorf("%d pictures", put)
		}
		out.Drain()
	})
}

func TestDevices_vanish_return_stall_and_are_busy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := synthetic.NewDevices(synthetic.Host{})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		seen := make(chan int, 10)
		go d.Watch(ctx, func(list []frame.Device) { seen <- len(list) })
		if n := <-seen; n != 3 {
			t.Fatalf("%d devices", n)
		}
		ended := make(chan error)
		out := frame.NewQueue(5)
		capture := func() { ended <- d.CaptureAudio(ctx, "", 2, out) }
		for _, c := range []struct {
			fault synthetic.State
			err   error
			list  int
		}{{synthetic.Unplugged, frame.ErrGone, 2}, {synthetic.Busy, frame.ErrBusy, 0}, {synthetic.Stalled, frame.ErrSilent, 0}} {
			d.Set(synthetic.MicrophoneID, synthetic.Present)
			if c.fault != synthetic.Busy {
				go capture()
				<-out.Ready()
			}
			d.Set(synthetic.MicrophoneID, c.fault)
			if c.fault == synthetic.Busy {
				go capture()
			}
			if err := <-ended; !errors.Is(err, c.err) {
				t.Errorf("state %d: %v", c.fault, err)
			}
			if c.list > 0 {
				if n := <-seen; n != c.list {
					t.Errorf("%d devices after unplugging", n)
				}
				d.Set(synthetic.MicrophoneID, synthetic.Present)
				if n := <-seen; n != 3 {
					t.Errorf("%d devices after replugging", n)
				}
			}
		}
		go func() { ended <- d.PlayAudio(ctx, "", out) }()
		time.Sleep(time.Second + time.Millisecond)
		cancel()
		if err := <-ended; err != nil || d.Played() != 100 {
			t.Errorf("speaker played %d blocks: %v", d.Played(), err)
		}
	})
}

func BenchmarkCard(b *testing.B) {
	for _, f := range []frame.Format{{Width: 1280, Height: 720, FPS: 30}, {Width: 1920, Height: 1080, FPS: 30}} {
		b.Run(f.String(), func(b *testing.B) {
			card, v := synthetic.NewCard(f.Width, f.Height), frame.New(f.Width, f.Height)
			for i := range b.N {
				card.Draw(v, time.Unix(1_800_000_000, int64(i)*int64(f.Interval())))
			}
			b.ReportMetric(100*b.Elapsed().Seconds()/float64(b.N)*float64(f.FPS), "%core")
		})
	}
}

func BenchmarkSound(b *testing.B) {
	var block frame.Block
	for i := range b.N {
		synthetic.Sound(&block, time.Unix(1_800_000_000, int64(i%100)*10_000_000))
	}
	b.ReportMetric(100*b.Elapsed().Seconds()/float64(b.N)*100, "%core")
}

func FuzzReadTimeCode(f *testing.F) {
	v := frame.New(96, 54)
	synthetic.DrawTimeCode(v, 123456789)
	f.Add(v.Y, v.YStride, 96, 54)
	f.Add([]byte{}, 0, 0, 0)
	f.Add(make([]byte, 192), 96, 96, 2)
	f.Fuzz(func(t *testing.T, luma []byte, stride, w, h int) {
		if ms, ok := synthetic.ReadTimeCode(luma, stride, w, h); ok && w <= 4096 && h <= 4096 {
			again := frame.New(w, h)
			synthetic.DrawTimeCode(again, ms)
			if back, ok := synthetic.ReadTimeCode(again.Y, again.YStride, w, h); !ok || back != ms {
				t.Errorf("%d became %d", ms, back)
			}
		}
	})
}
