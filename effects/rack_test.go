package effects_test

import (
	"context"
	"image"
	_ "image/jpeg"
	_ "image/png"
	"io"
	"math"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"vitrine/capture/frame"
	"vitrine/effects"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const astronaut = "../.run/material/python3-skimage/usr/lib/python3/dist-packages/skimage/data/astronaut.png"

// photo is a picture of a person, cropped to the shape of a program.
func photo(t testing.TB, width, height int) *frame.Video {
	t.Helper()
	file, err := os.Open(astronaut)
	if err != nil {
		t.Fatalf("%v: run .ci/models test", err)
	}
	defer file.Close()
	img, _, err := image.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	v := frame.New(width, height)
	zoom := float64(img.Bounds().Dx()) / float64(width)
	at := func(x, y int) (r, g, b float64) {
		cr, cg, cb, _ := img.At(int(float64(x)*zoom), int(float64(y)*zoom)).RGBA()
		return float64(cr) / 65535, float64(cg) / 65535, float64(cb) / 65535
	}
	for y := range height {
		for x := range width {
			r, g, b := at(x, y)
			luma := 0.2126*r + 0.7152*g + 0.0722*b
			v.Y[y*v.YStride+x] = byte(math.Round(16 + 219*luma))
			if x%2 == 0 && y%2 == 0 {
				v.U[y/2*v.CStride+x/2] = byte(math.Round(128 + 224*(b-luma)/1.8556))
				v.V[y/2*v.CStride+x/2] = byte(math.Round(128 + 224*(r-luma)/1.5748))
			}
		}
	}
	return v
}

// running is a rack at work.
func running(t testing.TB) *effects.Rack {
	t.Helper()
	r := effects.New()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.Run(ctx, func(err error) { t.Error(err) })
	}()
	t.Cleanup(func() {
		cancel()
		<-done
		r.Picture.Close()
	})
	return r
}

// distance is the root of the mean square of what two pictures differ by in luma within a rectangle.
func distance(a, b *frame.Video, x0, y0, x1, y1 int) float64 {
	var sum float64
	for y := y0; y < y1; y++ {
		for x := x0; x < x1; x++ {
			d := float64(a.Y[y*a.YStride+x]) - float64(b.Y[y*b.YStride+x])
			sum += d * d
		}
	}
	return math.Sqrt(sum / float64((x1-x0)*(y1-y0)))
}

// soon shows v to the rack again and again, at 30 pictures a second of the show's time, until what comes out is as wanted.
func soon(t *testing.T, r *effects.Rack, v *frame.Video, wanted func(out *frame.Video) bool) {
	t.Helper()
	for range 3000 {
		v.PTS += time.Second / 30
		out := r.Picture.Apply(v)
		ok := wanted(out)
		out.Release()
		if ok {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatal("it does not come")
}

func TestALookThatChangesNothingHandsThePictureThrough(t *testing.T) {
	for _, r := range []*effects.Rack{effects.New(), {}} {
		v := frame.New(64, 36)
		if out := r.Picture.Apply(v); out != v {
			t.Error("another picture came out")
		}
	}
}

func TestAFaceIsFoundBesideThePictureLoopAndItsEyesGrow(t *testing.T) {
	r, v := running(t), photo(t, 640, 360)
	r.Picture.Set(effects.Look{Eyes: 100}, nil)
	soon(t, r, v, func(out *frame.Video) bool { return distance(v, out, 230, 60, 360, 180) > 2 })
	out := r.Picture.Apply(v)
	defer out.Release()
	if d := distance(v, out, 480, 0, 640, 360); d != 0 {
		t.Errorf("far from the face the picture differs by %.2f", d)
	}
}

func TestALookOfBeautyAndBackgroundShowsTheHostFromTheStart(t *testing.T) {
	r, v := running(t), photo(t, 640, 360)
	r.Picture.Set(effects.Look{Smooth: 45, Background: effects.ReplaceBackground, Backdrop: "#00ff00"}, nil)
	soon(t, r, v, func(out *frame.Video) bool { return out.U[60*out.CStride+140] > 90 && out.U[10*out.CStride+10] < 70 })
}

func TestARoomThatTheHostHidesIsNeverShown(t *testing.T) {
	r, v := running(t), photo(t, 640, 360)
	r.Picture.Set(effects.Look{Background: effects.ReplaceBackground, Backdrop: "#00ff00"}, nil)
	green := func(out *frame.Video, x, y int) bool { return out.U[y/2*out.CStride+x/2] < 70 }
	first := r.Picture.Apply(v) // before the eyes have seen anything
	if !green(first, 20, 20) || !green(first, 600, 20) {
		t.Error("the first picture shows the room")
	}
	first.Release()
	soon(t, r, v, func(out *frame.Video) bool { return distance(v, out, 270, 90, 320, 150) < 4 })
	r.Picture.Spare(effects.MostThrift)
	out := r.Picture.Apply(v)
	defer out.Release()
	if !green(out, 20, 20) || !green(out, 600, 20) {
		t.Error("a slow computer shows the room")
	}
	r.Picture.Switch()
	other := r.Picture.Apply(v)
	defer other.Release()
	if !green(other, 20, 20) || !green(other, 290, 120) {
		t.Error("another source is seen through the silhouette of the last one")
	}
}

func TestThriftLeavesOutWhatItSays(t *testing.T) {
	r, v := running(t), photo(t, 640, 360)
	r.Picture.Set(effects.Look{Smooth: 100, Exposure: 50}, nil)
	soon(t, r, v, func(out *frame.Video) bool { return distance(v, out, 270, 90, 320, 150) > 2 })
	r.Picture.Spare(effects.NoColour)
	out := r.Picture.Apply(v)
	defer out.Release()
	if d := distance(v, out, 0, 0, 640, 360); d != 0 {
		t.Errorf("the picture differs by %.2f", d)
	}
}

func TestEveryOwnGradeIsReadAndABadFileIsTold(t *testing.T) {
	open := func(string) (io.ReadSeekCloser, error) { return os.Open("rack_test.go") }
	for _, name := range effects.Grades() {
		if g, err := effects.ReadGrade(name, open); g == nil || err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := effects.ReadGrade("mine.cube", open); err == nil {
		t.Error("a Go file is a grade")
	}
}

// tone is a block of a sine of 300 Hz.
func tone(n int, amplitude float64) (b frame.Block) {
	for i := range frame.BlockSamples {
		v := float32(amplitude * math.Sin(2*math.Pi*300*float64(n*frame.BlockSamples+i)/frame.SampleRate))
		b[2*i], b[2*i+1] = v, v
	}
	return b
}

func TestAVoiceWithoutEffectsKeepsEveryBit(t *testing.T) {
	for _, r := range []*effects.Rack{effects.New(), {}} {
		b := tone(3, 0.4)
		b[5] = 0.123 // stereo
		was := b
		r.Sound.Process(&b, nil)
		if b != was {
			t.Error("the sound is another one")
		}
	}
}

func TestTheDelayOfTheVoiceIsTold(t *testing.T) {
	s := effects.New().Sound
	for _, c := range []struct {
		voice effects.Voice
		want  time.Duration
	}{{effects.Voice{}, 0}, {effects.Voice{Rumble: true, Level: true}, 0}, {effects.Voice{Pitch: 3}, 40 * time.Millisecond}} {
		s.Set(c.voice)
		b := tone(0, 0.1)
		s.Process(&b, nil)
		if s.Delay() != c.want {
			t.Errorf("%+v delays by %v", c.voice, s.Delay())
		}
	}
}

func TestPresetsAreKnownByTheirSettingsAndAllLooksAreValid(t *testing.T) {
	for _, p := range effects.Presets {
		l := effects.Look{Temperature: 20, Background: effects.BlurBackground}.With(p)
		if l.Preset() != p || l.Temperature != 20 || l.Validate() != nil {
			t.Errorf("%s became %q: %+v", p, l.Preset(), l)
		}
	}
	for _, c := range effects.Changers {
		v := effects.CleanVoice().With(c)
		if v.Changer() != c || !v.Level || v.Validate() != nil {
			t.Errorf("%s became %q: %+v", c, v.Changer(), v)
		}
	}
	for _, bad := range []effects.Look{{Smooth: 101}, {Tint: -101}, {Background: "gone"}} {
		if bad.Validate() == nil {
			t.Errorf("%+v is valid", bad)
		}
	}
	for _, bad := range []effects.Voice{{Pitch: 13}, {Noise: "none"}, {Reverb: "cave"}, {Equaliser: [effects.Bands]int{3: 13}}} {
		if bad.Validate() == nil {
			t.Errorf("%+v is valid", bad)
		}
	}
}

func TestTheWholeVoiceChainAllocatesNothing(t *testing.T) {
	r := running(t)
	voice := effects.Voice{Echo: true, Rumble: true, Noise: effects.StrongNoise, Level: true, Gate: true, Press: 50, Pitch: 3, Reverb: effects.HallRoom, Wet: 30}
	voice.Equaliser[4] = 6
	r.Sound.Set(voice)
	n := 0
	step := func() {
		n++
		b, far := tone(n, 0.2), tone(n, 0.1)
		r.Sound.Process(&b, &far)
	}
	for r.Sound.Delay() <= 50*time.Millisecond { // the canceller's and the changer's; the networks take longer to be there
		r.Sound.Set(voice)
		step()
		time.Sleep(time.Millisecond)
	}
	for range 50 {
		step()
	}
	if a := testing.AllocsPerRun(100, step); a > 0 {
		t.Errorf("%.1f allocations a block", a)
	}
}
