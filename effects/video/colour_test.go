package video

import (
	"image"
	_ "image/jpeg"
	_ "image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vitrine/capture/frame"
)

const (
	astronaut = "python3-skimage/usr/lib/python3/dist-packages/skimage/data/astronaut.png"
	hopper    = "python-matplotlib-data/usr/share/matplotlib/mpl-data/sample_data/grace_hopper.jpg"
	coffee    = "python3-skimage/usr/lib/python3/dist-packages/skimage/data/coffee.png"
)

// photo reads one of the tests' pictures.
func photo(t testing.TB, name string) image.Image {
	t.Helper()
	f, err := os.Open(filepath.Join("../../.run/material", name))
	if err != nil {
		t.Fatalf("%v: run .ci/models test", err)
	}
	defer f.Close()
	img, _, err := image.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// picture is a photo as a frame.
func loaded(t testing.TB, name string) *frame.Video {
	t.Helper()
	img := photo(t, name)
	b := img.Bounds()
	v := frame.New(b.Dx(), b.Dy())
	at := func(x, y int) (float32, float32, float32) {
		r, g, b, _ := img.At(b.Min.X+min(x, v.Width-1), b.Min.Y+min(y, v.Height-1)).RGBA()
		return ycbcr(float32(r)/65535, float32(g)/65535, float32(b)/65535, 1)
	}
	for y := range v.Height {
		for x := range v.Width {
			l, _, _ := at(x, y)
			v.Y[y*v.YStride+x] = level(l)
		}
	}
	for y := 0; y < v.Height; y += 2 {
		for x := 0; x < v.Width; x += 2 {
			var cb, cr float32
			for i := range 4 {
				_, u, v := at(x+i%2, y+i/2)
				cb, cr = cb+u/4, cr+v/4
			}
			v.U[y/2*v.CStride+x/2], v.V[y/2*v.CStride+x/2] = level(cb), level(cr)
		}
	}
	return v
}

// speckle is a picture of noise with its own strides and with bytes around it that must not change.
func speckle(t *rapid.T, w, h int) *frame.Video {
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 3))
	ys, cs := w+rapid.IntRange(0, 9).Draw(t, "padding"), (w+1)/2+rapid.IntRange(0, 9).Draw(t, "chroma padding")
	v := frame.New(w, h)
	v.YStride, v.CStride = ys, cs
	v.Y, v.U, v.V = make([]byte, ys*(h-1)+w), make([]byte, cs*((h+1)/2-1)+(w+1)/2), make([]byte, cs*((h+1)/2-1)+(w+1)/2)
	for _, p := range [][]byte{v.Y, v.U, v.V} {
		for i := range p {
			p[i] = byte(r.Uint32())
		}
	}
	return v
}

func twin(v *frame.Video) *frame.Video {
	w := frame.New(v.Width, v.Height)
	w.YStride, w.CStride, w.PTS = v.YStride, v.CStride, v.PTS
	w.Y, w.U, w.V = append([]byte{}, v.Y...), append([]byte{}, v.U...), append([]byte{}, v.V...)
	return w
}

func same(a, b *frame.Video) bool {
	return string(a.Y) == string(b.Y) && string(a.U) == string(b.U) && string(a.V) == string(b.V)
}

func drawSettings(t *rapid.T) ColourSettings {
	draw := func(name string, bound float64) float64 { return rapid.Float64Range(-bound, bound).Draw(t, name) }
	return ColourSettings{
		Temperature: draw("temperature", 100), Tint: draw("tint", 100), Exposure: draw("exposure", 2),
		Contrast: draw("contrast", 100), Saturation: draw("saturation", 100),
	}
}

func TestSettings_of_zero_leave_every_bit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := speckle(t, rapid.IntRange(1, 70).Draw(t, "w"), rapid.IntRange(1, 9).Draw(t, "h"))
		before := twin(v)
		new(Colour).Apply(v, ColourSettings{Strength: 50})
		if !same(v, before) {
			t.Fatal("the picture changed")
		}
	})
}

func TestThe_colour_kernel_equals_its_reference_at_odd_sizes_and_strides(t *testing.T) {
	table := new(colourTable)
	rapid.Check(t, func(t *rapid.T) {
		v := speckle(t, rapid.IntRange(1, 70).Draw(t, "w"), rapid.IntRange(1, 9).Draw(t, "h"))
		table.build(grade{ColourSettings: drawSettings(t)})
		want := twin(v)
		colourApplyPlain(want, table)
		colourApply(v, table)
		if !same(v, want) {
			t.Fatal("kernel and reference differ")
		}
	})
}

// direct grades one colour in floating point, without table or curves.
func direct(g grade, y, u, v byte) (float64, float64, float64) {
	r, gr, b := rgb(float32(y), float32(u), float32(v))
	k := g.gains()
	top := signal(max(k[0], k[1], k[2]))
	bent := func(c int, x float32) float32 { return float32(g.tone(float64(x), k[c], top)) }
	Y, U, V := ycbcr(bent(0, r), bent(1, gr), bent(2, b), float32(1+g.Saturation/100))
	if g.LUT != nil {
		r, gr, b := rgb(Y, U, V)
		r, gr, b = g.LUT.over(r, gr, b, float32(g.Strength/100))
		Y, U, V = ycbcr(r, gr, b, 1)
	}
	return bounded(float64(Y), 0, 255), bounded(float64(U), 0, 255), bounded(float64(V), 0, 255)
}

func psnr(squares float64, n int) float64 { return 10 * math.Log10(255*255*float64(n)/squares) }

// fidelity compares a graded picture with the direct computation on the original.
func fidelity(g grade, was, is *frame.Video) (luma, chroma float64) {
	var sy, sc float64
	for y := range was.Height {
		for x := range was.Width {
			c := y/2*was.CStride + x/2
			l, _, _ := direct(g, was.Y[y*was.YStride+x], was.U[c], was.V[c])
			d := l - float64(is.Y[y*is.YStride+x])
			sy += d * d
		}
	}
	for y := 0; y+1 < was.Height; y += 2 {
		for x := 0; x+1 < was.Width; x += 2 {
			i, c := y*was.YStride+x, y/2*was.CStride+x/2
			mean := (int(was.Y[i]) + int(was.Y[i+1]) + int(was.Y[i+was.YStride]) + int(was.Y[i+was.YStride+1]) + 2) / 4
			_, cb, cr := direct(g, byte(mean), was.U[c], was.V[c])
			du, dv := cb-float64(is.U[c]), cr-float64(is.V[c])
			sc += du*du + dv*dv
		}
	}
	return psnr(sy, was.Width*was.Height), psnr(sc, was.Width/2*(was.Height/2)*2)
}

func TestThe_table_is_as_good_as_direct_computation_on_photos(t *testing.T) {
	for _, s := range []ColourSettings{
		{Temperature: 60, Tint: -20},
		{Exposure: 1},
		{Exposure: -1.5, Contrast: 40},
		{Contrast: 80, Saturation: 60},
		{Saturation: -100},
		{Temperature: -50, Exposure: 0.7, Contrast: -40, Saturation: 20},
	} {
		for _, name := range []string{astronaut, hopper, coffee} {
			v := loaded(t, name)
			was := twin(v)
			new(Colour).Apply(v, s)
			luma, chroma := fidelity(grade{ColourSettings: s}, was, v)
			t.Logf("%s %+v: PSNR luma %.1f dB, chroma %.1f dB", filepath.Base(name), s, luma, chroma)
			if luma < 45 || chroma < 45 {
				t.Errorf("%s %+v: PSNR luma %.1f dB, chroma %.1f dB", filepath.Base(name), s, luma, chroma)
			}
		}
	}
}

// graded is what becomes of one colour.
func graded(s ColourSettings, y, u, v byte) (byte, byte, byte) {
	f := frame.New(2, 2)
	f.Fill(y, u, v)
	new(Colour).Apply(f, s)
	return f.Y[0], f.U[0], f.V[0]
}

func TestGrey_stays_grey_under_tone_and_saturation(t *testing.T) {
	for _, s := range []ColourSettings{{Exposure: 1.3}, {Exposure: -2}, {Contrast: 70}, {Contrast: -70}, {Saturation: 90}, {Saturation: -40}} {
		before := byte(0)
		for y := 16; y <= 235; y++ {
			l, u, v := graded(s, byte(y), 128, 128)
			if u != 128 || v != 128 || l < before {
				t.Fatalf("%+v: grey %d became %d %d %d after %d", s, y, l, u, v, before)
			}
			before = l
		}
	}
}

func TestTemperature_and_tint_move_the_right_way(t *testing.T) {
	for _, c := range []struct {
		s      ColourSettings
		cb, cr int // sign of the change of grey
	}{
		{ColourSettings{Temperature: 50}, -1, 1},
		{ColourSettings{Temperature: -50}, 1, -1},
		{ColourSettings{Tint: 50}, 1, 1},
		{ColourSettings{Tint: -50}, -1, -1},
	} {
		y, u, v := graded(c.s, 120, 128, 128)
		if (int(u)-128)*c.cb < 3 || (int(v)-128)*c.cr < 3 || y < 112 || y > 128 {
			t.Errorf("%+v: grey became %d %d %d", c.s, y, u, v)
		}
	}
}

func TestA_stop_of_exposure_doubles_light(t *testing.T) {
	for y := 20; y < 110; y += 5 {
		for _, stops := range []float64{1, -1} {
			l, _, _ := graded(ColourSettings{Exposure: stops}, byte(y), 128, 128)
			want := 16 + 219*signal(light(float64(y-16)/219)*math.Exp2(stops))
			if math.Abs(float64(l)-want) > 1.5 {
				t.Errorf("%+.0f stop: %d became %d, not %.1f", stops, y, l, want)
			}
		}
	}
	if l, u, v := graded(ColourSettings{Exposure: 2, Temperature: 80}, 235, 128, 128); l > 235 || u > 128 || v < 128 {
		t.Errorf("white became %d %d %d", l, u, v)
	}
}

func TestSaturation_scales_colours(t *testing.T) {
	if _, u, v := graded(ColourSettings{Saturation: -100}, 120, 90, 170); u != 128 || v != 128 {
		t.Errorf("monochrome has %d %d", u, v)
	}
	if _, u, v := graded(ColourSettings{Saturation: 50}, 120, 108, 148); u > 99 || u < 97 || v < 157 || v > 159 {
		t.Errorf("half as much again of ±20 is %d %d", u, v)
	}
}

// watched lets Auto see a still picture for some seconds and returns the last result.
func watched(c *Colour, v *frame.Video, from time.Duration, seconds float64) (*frame.Video, time.Duration) {
	var out *frame.Video
	for end := from + time.Duration(seconds*float64(time.Second)); from < end; from += time.Second / 12 {
		out = twin(v)
		out.PTS = from
		c.Apply(out, ColourSettings{Auto: true})
	}
	return out, from
}

func average(p []byte) float64 {
	sum := 0
	for _, b := range p {
		sum += int(b)
	}
	return float64(sum) / float64(len(p))
}

func TestAuto_lifts_a_dark_room_gently_and_then_rests(t *testing.T) {
	v := loaded(t, coffee)
	new(Colour).Apply(v, ColourSettings{Exposure: -2})
	var c Colour
	was := average(v.Y)
	out, at := watched(&c, v, 0, 0.2)
	if early := average(out.Y); early > was+12 {
		t.Errorf("luma jumped from %.0f to %.0f in 0.2 s", was, early)
	}
	out, at = watched(&c, v, at, 6)
	if late := average(out.Y); late < was+20 {
		t.Errorf("luma went from %.0f to %.0f only", was, late)
	}
	rest := c.grade
	for range 5 {
		if _, at = watched(&c, v, at, 1); c.grade != rest {
			t.Fatal("it still moves")
		}
	}
}

func TestAuto_takes_a_cast_away_and_leaves_good_pictures_alone(t *testing.T) {
	v := frame.New(320, 240)
	r := rand.New(rand.NewPCG(1, 2))
	v.Fill(0, 128, 128)
	for y := range v.Height {
		for x := range v.Width {
			v.Y[y*v.YStride+x] = byte(60 + 120*x/v.Width + r.IntN(3))
		}
	}
	var good Colour
	was := twin(v)
	if out, _ := watched(&good, v, 0, 3); !same(out, was) {
		t.Error("a neutral, well exposed picture was changed")
	}
	new(Colour).Apply(v, ColourSettings{Temperature: 60})
	var c Colour
	out, _ := watched(&c, v, 0, 8)
	b0, b1 := 128-average(v.U), 128-average(out.U)
	r0, r1 := average(v.V)-128, average(out.V)-128
	if b1 > 0.4*b0 || r1 > 0.4*r0 || b1 < -1 || r1 < -1 {
		t.Errorf("blue is short by %.1f, was %.1f; red exceeds by %.1f, was %.1f", b1, b0, r1, r0)
	}
}

func TestAuto_does_not_lift_noise(t *testing.T) {
	noisy := func(deviation float64) float64 {
		v := frame.New(320, 240)
		v.Fill(0, 128, 128)
		r := rand.New(rand.NewPCG(4, 5))
		for i := range v.Y {
			v.Y[i] = level(float32(40 + deviation*r.NormFloat64()))
		}
		var c Colour
		watched(&c, v, 0, 8)
		return c.grade.stops
	}
	if quiet, loud := noisy(0.5), noisy(4); quiet < 1 || loud != 0 {
		t.Errorf("lifted by %.2f stops when quiet and %.2f when noisy", quiet, loud)
	}
}

func TestGrading_does_not_allocate(t *testing.T) {
	v := frame.New(64, 48)
	var c Colour
	i := 0.0
	if n := testing.AllocsPerRun(10, func() {
		i++
		v.PTS += time.Second / 30
		c.Apply(v, ColourSettings{Exposure: i / 20, Auto: true})
	}); n != 0 {
		t.Errorf("%.0f allocations a picture", n)
	}
}

func benchmarkPicture(b *testing.B, w, h int) *frame.Video {
	src := loaded(b, astronaut)
	v := frame.New(w, h)
	for y := range h {
		for x := range w {
			v.Y[y*v.YStride+x] = src.Y[y*src.Height/h*src.YStride+x*src.Width/w]
		}
	}
	for y := range (h + 1) / 2 {
		for x := range (w + 1) / 2 {
			from, to := y*2*src.Height/h/2*src.CStride+x*2*src.Width/w/2, y*v.CStride+x
			v.U[to], v.V[to] = src.U[from], src.V[from]
		}
	}
	return v
}

func BenchmarkColour(b *testing.B) {
	for _, size := range []struct {
		name string
		w, h int
	}{{"720p", 1280, 720}, {"1080p", 1920, 1080}} {
		src := benchmarkPicture(b, size.w, size.h)
		v := twin(src)
		table := new(colourTable)
		table.build(grade{ColourSettings: ColourSettings{Exposure: 0.01}})
		b.Run(size.name+"/table", func(b *testing.B) {
			for b.Loop() {
				colourApply(v, table)
			}
		})
		b.Run(size.name+"/go", func(b *testing.B) {
			for b.Loop() {
				colourApplyPlain(v, table)
			}
		})
		b.Run(size.name+"/copy", func(b *testing.B) {
			for b.Loop() {
				v.Copy(src)
			}
		})
		b.Run(size.name+"/auto", func(b *testing.B) {
			var a auto
			for b.Loop() {
				a.measure(v)
			}
		})
	}
	b.Run("build", func(b *testing.B) {
		table := new(colourTable)
		for b.Loop() {
			table.build(grade{ColourSettings: ColourSettings{Exposure: 1, Contrast: 20}})
		}
	})
}
