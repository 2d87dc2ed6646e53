package face

import (
	"image"
	"image/draw"
	_ "image/jpeg"
	_ "image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"vitrine/capture/frame"
)

const (
	demo  = "../../.ci/packages/node_modules/@vladmandic/face-api/demo/"
	plots = "../../.run/material/python-matplotlib-data/usr/share/matplotlib/mpl-data/sample_data/"
	skim  = "../../.run/material/python3-skimage/usr/lib/python3/dist-packages/skimage/data/"
)

// photo reads a photo as the picture a camera would have made of it.
func photo(t testing.TB, path string) *frame.Video {
	t.Helper()
	f, err := os.Open(filepath.FromSlash(path))
	if err != nil {
		t.Fatalf("%v: run .ci/models test", err)
	}
	defer func() { _ = f.Close() }()
	img, _, err := image.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	return video(img)
}

func video(img image.Image) *frame.Video {
	size := img.Bounds().Size()
	rgba := image.NewRGBA(image.Rect(0, 0, size.X, size.Y))
	draw.Draw(rgba, rgba.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(rgba, rgba.Rect, img, img.Bounds().Min, draw.Over)
	v := frame.New(size.X, size.Y)
	luma := func(x, y int) float32 {
		p := rgba.Pix[rgba.PixOffset(min(x, size.X-1), min(y, size.Y-1)):]
		return 0.2126*float32(p[0]) + 0.7152*float32(p[1]) + 0.0722*float32(p[2])
	}
	for y := range size.Y {
		for x := range size.X {
			v.Y[y*v.YStride+x] = byte(16.5 + luma(x, y)*219/255)
		}
	}
	for y := range (size.Y + 1) / 2 {
		for x := range (size.X + 1) / 2 {
			var l, r, b float32
			for i := range 4 {
				px, py := min(2*x+i%2, size.X-1), min(2*y+i/2, size.Y-1)
				p := rgba.Pix[rgba.PixOffset(px, py):]
				l, r, b = l+luma(px, py)/4, r+float32(p[0])/4, b+float32(p[2])/4
			}
			v.U[y*v.CStride+x] = byte(128.5 + (b-l)/1.8556*224/255)
			v.V[y*v.CStride+x] = byte(128.5 + (r-l)/1.5748*224/255)
		}
	}
	return v
}

// window is a part of a picture, which shares its memory; x and y are even.
func window(v *frame.Video, x, y, w, h int) *frame.Video {
	c := y/2*v.CStride + x/2
	return &frame.Video{
		Y: v.Y[y*v.YStride+x:], U: v.U[c:], V: v.V[c:],
		YStride: v.YStride, CStride: v.CStride, Width: w, Height: h,
	}
}

// filmed is v as a camera sees it that stands dx, dy pixels further left and up, less than one, with noise of a deviation
// in steps of luma.
func filmed(v *frame.Video, dx, dy, noise float32, r *rand.Rand) *frame.Video {
	out := frame.New(v.Width, v.Height)
	move := func(dst, src []byte, dstStride, srcStride, w, h int, dx, dy float32) {
		from := plane{src, srcStride, w, h}
		for y := range h {
			for x := range w {
				p := from.at(float32(x)+0.5-dx, float32(y)+0.5-dy) + noise*float32(r.NormFloat64())
				dst[y*dstStride+x] = byte(min(max(p+0.5, 0), 255))
			}
		}
	}
	cw, ch := (v.Width+1)/2, (v.Height+1)/2
	move(out.Y, v.Y, out.YStride, v.YStride, v.Width, v.Height, dx, dy)
	move(out.U, v.U, out.CStride, v.CStride, cw, ch, dx/2, dy/2)
	move(out.V, v.V, out.CStride, v.CStride, cw, ch, dx/2, dy/2)
	return out
}
