package video

import (
	"image/color"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vitrine/capture/frame"
)

// shape is part of a hand-drawn mask: an ellipse by its centre and half axes, in shares of the picture.
type shape struct{ x, y, a, b float64 }

// The persons of two photos, roughly, as a network would see them.
var (
	astronautShape = []shape{{0.435, 0.23, 0.155, 0.245}, {0.43, 0.85, 0.43, 0.42}}
	hopperShape    = []shape{{0.50, 0.38, 0.22, 0.20}, {0.51, 0.16, 0.24, 0.12}, {0.50, 0.95, 0.52, 0.42}}
)

// ellipses is a soft mask of some ellipses.
func ellipses(w, h int, shapes []shape) *frame.Mask {
	m := &frame.Mask{Pix: make([]byte, w*h), Stride: w, Width: w, Height: h}
	for i := range m.Pix {
		x, y := (float64(i%w)+0.5)/float64(w), (float64(i/w)+0.5)/float64(h)
		inside := -9.0
		for _, s := range shapes {
			r := math.Hypot((x-s.x)/s.a, (y-s.y)/s.b)
			inside = max(inside, (1-r)*min(s.a, s.b)*float64(h))
		}
		m.Pix[i] = level(float32(128 + inside*60))
	}
	return m
}

func drawMask(t *rapid.T) *frame.Mask {
	w, h := rapid.IntRange(1, 40).Draw(t, "mask width"), rapid.IntRange(1, 30).Draw(t, "mask height")
	m := ellipses(w, h, []shape{{rapid.Float64Range(0, 1).Draw(t, "x"), 0.5, 0.3, 0.4}})
	m.Stride += 5
	pix := make([]byte, m.Stride*(h-1)+w)
	for y := range h {
		copy(pix[y*m.Stride:], m.Pix[y*w:][:w])
	}
	m.Pix = pix
	return m
}

func TestBackground_kernels_equal_their_reference_at_odd_sizes_and_strides(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := speckle(t, rapid.IntRange(1, 90).Draw(t, "w"), rapid.IntRange(1, 40).Draw(t, "h"))
		p := speckle(t, rapid.IntRange(1, 200).Draw(t, "w"), rapid.IntRange(1, 70).Draw(t, "h"))
		m := drawMask(t)
		s := BackgroundSettings{
			Mode:   rapid.SampledFrom([]BackgroundMode{BackgroundBlur, BackgroundColour, BackgroundPicture}).Draw(t, "mode"),
			Blur:   rapid.Float64Range(0, 100).Draw(t, "blur"),
			Colour: color.RGBA{R: 200, G: 90, B: 30},
		}
		want := twin(v)
		new(Background).Apply(v, s, m, p)
		(&Background{kernels: backdropPlain{}}).Apply(want, s, m, p)
		if !same(v, want) {
			t.Fatal("kernels and reference differ")
		}
	})
}

func TestBackground_kernels_equal_their_reference_on_large_pictures(t *testing.T) {
	for _, size := range [][2]int{{1281, 719}, {1921, 1081}, {3841, 2161}} {
		v := frame.New(size[0], size[1])
		r := rand.New(rand.NewPCG(9, uint64(size[0])))
		for _, p := range [][]byte{v.Y, v.U, v.V} {
			for i := range p {
				p[i] = byte(100 + i%v.Width/20 + r.IntN(8))
			}
		}
		m := ellipses(256, 144, astronautShape)
		for _, mode := range []BackgroundMode{BackgroundBlur, BackgroundColour} {
			s := BackgroundSettings{Mode: mode, Blur: 20, Colour: color.RGBA{R: 20, G: 90, B: 200}}
			got, want := twin(v), twin(v)
			new(Background).Apply(got, s, m, nil)
			(&Background{kernels: backdropPlain{}}).Apply(want, s, m, nil)
			if !same(got, want) {
				t.Errorf("%v, %s: kernels and reference differ", size, mode)
			}
		}
	}
}

func TestWithout_a_mask_the_room_is_shown(t *testing.T) {
	v := loaded(t, hopper)
	was := twin(v)
	var b Background
	b.Apply(v, BackgroundSettings{Mode: BackgroundBlur, Blur: 50}, nil, nil)
	b.Apply(v, BackgroundSettings{Mode: BackgroundPicture}, ellipses(8, 8, hopperShape), nil)
	b.Apply(v, BackgroundSettings{}, ellipses(8, 8, hopperShape), nil)
	if !same(v, was) {
		t.Error("the picture changed")
	}
}

func TestPersons_keep_every_bit_and_the_rest_is_replaced(t *testing.T) {
	v := loaded(t, astronaut)
	was := twin(v)
	m := ellipses(256, 144, astronautShape)
	new(Background).Apply(v, BackgroundSettings{Mode: BackgroundColour, Colour: color.RGBA{R: 255, G: 255, B: 255}}, m, nil)
	kept, replaced := 0, 0
	for y := range v.Height {
		for x := range v.Width {
			// Far from the mask's border, as the guided filter's windows reach.
			lo, hi := 255, 0
			for _, d := range [][2]int{{-44, 0}, {44, 0}, {0, -44}, {0, 44}, {-32, -32}, {32, 32}, {-32, 32}, {32, -32}, {0, 0}} {
				px, py := min(max(x+d[0], 0), v.Width-1), min(max(y+d[1], 0), v.Height-1)
				k := int(m.Pix[py*m.Height/v.Height*m.Stride+px*m.Width/v.Width])
				lo, hi = min(lo, k), max(hi, k)
			}
			i, c := y*v.YStride+x, y/2*v.CStride+x/2
			switch {
			case lo == 255:
				kept++
				if v.Y[i] != was.Y[i] || v.U[c] != was.U[c] || v.V[c] != was.V[c] {
					t.Fatalf("the person changed at %d,%d", x, y)
				}
			case hi == 0:
				replaced++
				if v.Y[i] != 235 || v.U[c] != 128 || v.V[c] != 128 {
					t.Fatalf("the room is seen at %d,%d: %d %d %d", x, y, v.Y[i], v.U[c], v.V[c])
				}
			}
		}
	}
	if kept < 50000 || replaced < 20000 {
		t.Errorf("looked at %d of the person and %d of the room only", kept, replaced)
	}
}

// person is a bright disc on a dark ground with its exact mask.
func person(w, h int) (*frame.Video, *frame.Mask) {
	v := frame.New(w, h)
	v.Fill(60, 120, 130)
	m := &frame.Mask{Pix: make([]byte, w*h), Stride: w, Width: w, Height: h}
	for y := range h {
		for x := range w {
			if math.Hypot(float64(x-w/2), float64(y-h/2)) < float64(h)/4 {
				v.Y[y*v.YStride+x], v.U[y/2*v.CStride+x/2], v.V[y/2*v.CStride+x/2] = 220, 100, 170
				m.Pix[y*w+x] = 255
			}
		}
	}
	return v, m
}

func TestA_person_does_not_shine_into_the_blur(t *testing.T) {
	v, m := person(320, 240)
	new(Background).Apply(v, BackgroundSettings{Mode: BackgroundBlur, Blur: 100}, m, nil)
	for y := range v.Height {
		for x := range v.Width {
			r := math.Hypot(float64(x-160), float64(y-120))
			i, c := y*v.YStride+x, y/2*v.CStride+x/2
			if r > 64 && (v.Y[i] > 62 || v.U[c] < 118 || v.V[c] > 132) {
				t.Fatalf("%.0f pixels from the person: %d %d %d", r-60, v.Y[i], v.U[c], v.V[c])
			}
		}
	}
}

func TestA_border_of_the_mask_moves_to_the_border_of_the_person(t *testing.T) {
	v, _ := person(320, 240)
	coarse := ellipses(40, 30, []shape{{0.5, 0.5, 0.20, 0.265}})
	new(Background).Apply(v, BackgroundSettings{Mode: BackgroundColour, Colour: color.RGBA{R: 30, G: 120, B: 30}}, coarse, nil)
	wrong := 0
	want, _, _ := ycbcr(30.0/255, 120.0/255, 30.0/255, 1)
	for y := range v.Height {
		for x := range v.Width {
			r, l := math.Hypot(float64(x-160), float64(y-120)), v.Y[y*v.YStride+x]
			if r < 57 && l < 200 || r > 63 && math.Abs(float64(l)-float64(want)) > 12 {
				wrong++
			}
		}
	}
	if wrong > 100 {
		t.Errorf("%d pixels on the wrong side", wrong)
	}
}

func TestNo_rim_of_the_room_remains_around_a_person(t *testing.T) {
	// A dark person with a soft border before a white wall, then before a green one.
	v, want := frame.New(320, 240), frame.New(320, 240)
	m := &frame.Mask{Pix: make([]byte, 320*240), Stride: 320, Width: 320, Height: 240}
	paint := func(v *frame.Video, y, u, cr float64) {
		for i := range m.Pix {
			x, row := i%320, i/320
			a := bounded((60-math.Hypot(float64(x)-159.5, float64(row)-119.5))/8+0.5, 0, 1)
			m.Pix[i] = byte(255 * a)
			v.Y[row*v.YStride+x] = level(float32(a*40 + (1-a)*y))
			c := row/2*v.CStride + x/2
			v.U[c], v.V[c] = level(float32(a*128+(1-a)*u)), level(float32(a*128+(1-a)*cr))
		}
	}
	y, u, cr := ycbcr(0, 0.5, 0, 1)
	paint(want, float64(y), float64(u), float64(cr))
	paint(v, 230, 128, 128)
	new(Background).Apply(v, BackgroundSettings{Mode: BackgroundColour, Colour: color.RGBA{G: 128}}, m, nil)
	worst := 0
	for i := range v.Y {
		worst = max(worst, int(v.Y[i])-int(want.Y[i]))
	}
	if worst > 30 {
		t.Errorf("the rim is up to %d levels too bright", worst)
	}
}

func TestNoise_does_not_make_the_border_flicker(t *testing.T) {
	src := loaded(t, astronaut)
	m := ellipses(256, 144, astronautShape)
	r := rand.New(rand.NewPCG(1, 1))
	var b Background
	var first *frame.Video
	for range 4 {
		v := twin(src)
		for i := range v.Y {
			v.Y[i] = level(float32(v.Y[i]) + float32(r.NormFloat64()))
		}
		b.Apply(v, BackgroundSettings{Mode: BackgroundBlur, Blur: 60}, m, nil)
		if first == nil {
			first = v
			continue
		}
		var sum float64
		for i := range v.Y {
			d := float64(v.Y[i]) - float64(first.Y[i])
			sum += d * d
		}
		if rms := math.Sqrt(sum / float64(len(v.Y))); rms > 1.5 {
			t.Errorf("noise of 1 level made a difference of %.2f", rms)
		}
	}
}

func TestA_picture_covers_without_being_stretched(t *testing.T) {
	src := frame.New(400, 100) // a white square of 100 in the middle
	src.Fill(16, 128, 128)
	for y := range 100 {
		for x := 150; x < 250; x++ {
			src.Y[y*src.YStride+x] = 235
		}
	}
	v := frame.New(60, 60)
	v.Fill(90, 90, 90)
	nobody := &frame.Mask{Pix: make([]byte, 16), Stride: 4, Width: 4, Height: 4}
	new(Background).Apply(v, BackgroundSettings{Mode: BackgroundPicture}, nobody, src)
	for _, i := range []int{0, 59, 30*v.YStride + 30, 59 * v.YStride, 59*v.YStride + 59} {
		if v.Y[i] < 225 || v.U[0] != 128 {
			t.Errorf("luma %d at %d", v.Y[i], i)
		}
	}
}

func TestA_moving_background_is_scaled_for_each_of_its_pictures(t *testing.T) {
	src, v := frame.New(10, 10), frame.New(60, 60)
	nobody := &frame.Mask{Pix: make([]byte, 1), Stride: 1, Width: 1, Height: 1}
	var b Background
	for i := range 3 {
		src.Fill(byte(50+i), 128, 128)
		src.PTS = time.Duration(i) * time.Second
		b.Apply(v, BackgroundSettings{Mode: BackgroundPicture}, nobody, src)
		if v.Y[0] != byte(50+i) {
			t.Errorf("picture %d: luma %d", i, v.Y[0])
		}
	}
}

func TestBackgrounds_do_not_allocate(t *testing.T) {
	v, m := person(320, 240)
	src := frame.New(100, 90)
	var b Background
	for _, mode := range []BackgroundMode{BackgroundBlur, BackgroundColour, BackgroundPicture} {
		if n := testing.AllocsPerRun(5, func() {
			src.PTS++
			b.Apply(v, BackgroundSettings{Mode: mode, Blur: 70}, m, src)
		}); n != 0 {
			t.Errorf("%s: %.0f allocations a picture", mode, n)
		}
	}
}

func BenchmarkBackground(b *testing.B) {
	for _, size := range []struct {
		name string
		w, h int
	}{{"720p", 1280, 720}, {"1080p", 1920, 1080}} {
		src := benchmarkPicture(b, size.w, size.h)
		v := twin(src)
		m := ellipses(256, 144, astronautShape)
		behind := benchmarkPicture(b, size.w, size.h)
		other := benchmarkPicture(b, 1600, 1200)
		run := func(name string, s BackgroundSettings, picture *frame.Video, k backdropKernels) {
			back := Background{kernels: k}
			b.Run(size.name+"/"+name, func(b *testing.B) {
				for b.Loop() {
					if picture != nil {
						picture.PTS++
					}
					back.Apply(v, s, m, picture)
				}
			})
		}
		run("blur", BackgroundSettings{Mode: BackgroundBlur, Blur: 60}, nil, backdropNative{})
		run("blur100", BackgroundSettings{Mode: BackgroundBlur, Blur: 100}, nil, backdropNative{})
		run("colour", BackgroundSettings{Mode: BackgroundColour}, nil, backdropNative{})
		run("picture", BackgroundSettings{Mode: BackgroundPicture}, behind, backdropNative{})
		run("scaled", BackgroundSettings{Mode: BackgroundPicture}, other, backdropNative{})
		run("go", BackgroundSettings{Mode: BackgroundBlur, Blur: 60}, nil, backdropPlain{})
		b.Run(size.name+"/copy", func(b *testing.B) {
			for b.Loop() {
				v.Copy(src)
			}
		})
	}
}
