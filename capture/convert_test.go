package capture

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"vitrine/capture/frame"
)

// encode is the definition of BT.709 limited range (ITU-R BT.709-6 items 3.2–3.5, 8 bit) in floating point.
func encode(r, g, b float64) (y, cb, cr float64) {
	l := 0.2126*r + 0.7152*g + 0.0722*b
	return 16 + 219*l/255, 128 + 224*(b-l)/1.8556/255, 128 + 224*(r-l)/1.5748/255
}

// decode601 is the definition of BT.601 (JFIF for full range) in floating point.
func decode601(y, cb, cr float64, full bool) (r, g, b float64) {
	cb, cr = cb-128, cr-128
	if !full {
		y, cb, cr = (y-16)*255/219, cb*255/224, cr*255/224
	}
	return y + 1.402*cr, y - 0.344136*cb - 0.714136*cr, y + 1.772*cb
}

func clip(x float64) float64 { return max(0, min(255, x)) }

func near(t *rapid.T, what string, got byte, want, tolerance float64) {
	t.Helper()
	if math.Abs(float64(got)-clip(want)) > tolerance {
		t.Fatalf("%s is %d, not %.2f", what, got, want)
	}
}

func bytesOf(n int, seed uint64) []byte {
	r := rand.New(rand.NewPCG(seed, 7))
	p := make([]byte, n)
	for i := range p {
		p[i] = byte(r.Uint32())
	}
	return p
}

func TestRGB_becomes_BT709_as_defined_at_odd_sizes_and_strides(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, h := rapid.IntRange(1, 70).Draw(t, "w"), rapid.IntRange(1, 9).Draw(t, "h")
		stride := 4*w + rapid.IntRange(0, 13).Draw(t, "padding")
		order := rapid.SampledFrom([]red{orderRGBA, orderBGRA}).Draw(t, "order")
		pix := bytesOf(stride*(h-1)+4*w, rapid.Uint64().Draw(t, "seed"))
		v := frame.New(w, h)
		fromRGB(v, pix, stride, order)
		at := func(x, y int) (r, g, b float64) {
			p := pix[min(y, h-1)*stride+4*min(x, w-1):]
			return float64(p[order]), float64(p[1]), float64(p[2-order])
		}
		for y := range h {
			for x := range w {
				l, _, _ := encode(at(x, y))
				near(t, fmt.Sprintf("luma at %d,%d", x, y), v.Y[y*v.YStride+x], l, 0.6)
			}
		}
		for y := 0; y < h; y += 2 {
			for x := 0; x < w; x += 2 {
				var cb, cr float64
				for i := range 4 {
					_, u, v := encode(at(x+i%2, y+i/2))
					cb, cr = cb+u/4, cr+v/4
				}
				near(t, "Cb", v.U[y/2*v.CStride+x/2], cb, 0.6)
				near(t, "Cr", v.V[y/2*v.CStride+x/2], cr, 0.6)
			}
		}
	})
}

func TestYCbCr_of_cameras_becomes_BT709_as_defined(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, h := rapid.IntRange(1, 40).Draw(t, "w"), rapid.IntRange(1, 9).Draw(t, "h")
		ratio := rapid.SampledFrom([]image.YCbCrSubsampleRatio{image.YCbCrSubsampleRatio420, image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio444}).Draw(t, "ratio")
		full := rapid.Bool().Draw(t, "full")
		img := image.NewYCbCr(image.Rect(0, 0, w, h), ratio)
		copy(img.Y, bytesOf(len(img.Y), rapid.Uint64().Draw(t, "seed")))
		cb, cr := rapid.Byte().Draw(t, "cb"), rapid.Byte().Draw(t, "cr")
		for i := range img.Cb {
			img.Cb[i], img.Cr[i] = cb, cr
		}
		from := bt601Limited
		if full {
			from = bt601Full
		}
		var pool frame.Pool
		v := fromImage(&pool, img, from)
		for y := range h {
			for x := range w {
				l, u, c := encode(decode601(float64(img.Y[y*img.YStride+x]), float64(cb), float64(cr), full))
				near(t, "luma", v.Y[y*v.YStride+x], l, 0.6)
				near(t, "Cb", v.U[y/2*v.CStride+x/2], u, 0.6)
				near(t, "Cr", v.V[y/2*v.CStride+x/2], c, 0.6)
			}
		}
		v.Release()
		if pool.Live() != 0 {
			t.Fatal("a picture leaked")
		}
	})
}

func TestA_picture_goes_to_the_screen_with_its_colours(t *testing.T) {
	for _, c := range []color.RGBA{{255, 255, 255, 255}, {0, 0, 0, 255}, {200, 30, 60, 255}, {20, 180, 90, 255}, {40, 60, 220, 255}} {
		in := image.NewRGBA(image.Rect(0, 0, 33, 17))
		for i := 0; i < len(in.Pix); i += 4 {
			copy(in.Pix[i:], []byte{c.R, c.G, c.B, 0})
		}
		v, out := frame.New(33, 17), image.NewRGBA(image.Rect(0, 0, 33, 17))
		fromRGB(v, in.Pix, in.Stride, orderRGBA)
		RGBA(out, v)
		for y := range 17 {
			for x := range 33 {
				got := out.RGBAAt(x, y)
				for i, d := range []int{int(got.R) - int(c.R), int(got.G) - int(c.G), int(got.B) - int(c.B)} {
					if limit := []int{5, 5, 9}[i]; d > limit || d < -limit || got.A != 255 {
						t.Fatalf("%v came back as %v at %d,%d", c, got, x, y)
					}
				}
			}
		}
	}
}

func TestScaling_down_is_the_mean_and_keeps_the_time(t *testing.T) {
	src, dst := frame.New(64, 64), frame.New(16, 16)
	src.Fill(100, 90, 150)
	for i := range src.Y {
		src.Y[i] = byte(100 + 40*(i%2))
	}
	dst.PTS = 5
	Scale(dst, src)
	if y, u, v := dst.Y[5], dst.U[3], dst.V[3]; y < 118 || y > 122 || u != 90 || v != 150 || dst.PTS != 5 {
		t.Errorf("got %d %d %d at %v", y, u, v, dst.PTS)
	}
}

func TestOther_images_are_read_or_refused_without_a_leak(t *testing.T) {
	var pool frame.Pool
	grey := image.NewGray(image.Rect(0, 0, 4, 4))
	grey.Pix[0] = 235
	v := fromImage(&pool, grey, bt601Limited)
	if v.Y[0] != 235 || v.U[0] != 128 {
		t.Errorf("grey became %d %d", v.Y[0], v.U[0])
	}
	v.Release()
	if v := fromImage(&pool, image.NewCMYK(grey.Rect), bt601Limited); v != nil {
		t.Error("CMYK was taken")
	}
	if pool.Live() != 0 {
		t.Error("a picture leaked")
	}
}

func benchSizes(b *testing.B, run func(b *testing.B, w, h int)) {
	for _, f := range []frame.Format{{Width: 1280, Height: 720}, {Width: 1920, Height: 1080}} {
		b.Run(fmt.Sprintf("%dx%d", f.Width, f.Height), func(b *testing.B) {
			run(b, f.Width, f.Height)
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "frames/s")
		})
	}
}

func BenchmarkRGBA(b *testing.B) {
	benchSizes(b, func(b *testing.B, w, h int) {
		v, out := frame.New(w, h), image.NewRGBA(image.Rect(0, 0, w, h))
		for range b.N {
			RGBA(out, v)
		}
	})
}

func BenchmarkFromRGB(b *testing.B) {
	benchSizes(b, func(b *testing.B, w, h int) {
		v, in := frame.New(w, h), make([]byte, 4*w*h)
		for range b.N {
			fromRGB(v, in, 4*w, orderBGRA)
		}
	})
}

func BenchmarkRematrix(b *testing.B) {
	benchSizes(b, func(b *testing.B, w, h int) {
		v := frame.New(w, h)
		for range b.N {
			rematrix(v, bt601Full)
		}
	})
}
