package scene_test

import (
	"image"
	"testing"

	"pgregory.net/rapid"

	"vitrine/capture/frame"
	"vitrine/studio/scene"
)

// nearest is a scaler without interpolation, good enough to see where pictures land.
func nearest(dst, src *frame.Video) {
	plane := func(d []byte, ds, dw, dh int, s []byte, ss, sw, sh int) {
		for y := range dh {
			for x := range dw {
				d[y*ds+x] = s[y*sh/dh*ss+x*sw/dw]
			}
		}
	}
	plane(dst.Y, dst.YStride, dst.Width, dst.Height, src.Y, src.YStride, src.Width, src.Height)
	dw, dh, sw, sh := (dst.Width+1)/2, (dst.Height+1)/2, (src.Width+1)/2, (src.Height+1)/2
	plane(dst.U, dst.CStride, dw, dh, src.U, src.CStride, sw, sh)
	plane(dst.V, dst.CStride, dw, dh, src.V, src.CStride, sw, sh)
}

func TestASourceOfAnotherShapeIsShownWholeWithBlackAround(t *testing.T) {
	src, dst := frame.New(480, 640), frame.New(1280, 720)
	src.Fill(200, 90, 160)
	src.PTS = 42
	scene.Fit(dst, src, nearest)
	if dst.PTS != 42 {
		t.Fatal("the picture lost its time")
	}
	for _, p := range []struct {
		at   image.Point
		want byte
	}{{image.Pt(10, 360), 16}, {image.Pt(1270, 360), 16}, {image.Pt(640, 0), 200}, {image.Pt(640, 719), 200}, {image.Pt(372, 10), 200}, {image.Pt(366, 10), 16}} {
		if got := dst.Y[p.at.Y*dst.YStride+p.at.X]; got != p.want {
			t.Errorf("luma at %v is %d, want %d", p.at, got, p.want)
		}
	}
}

func TestWhatFitsIsCentredEvenAndInside(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, h := 2*rapid.IntRange(1, 2000).Draw(t, "w"), 2*rapid.IntRange(1, 2000).Draw(t, "h")
		sw, sh := rapid.IntRange(1, 4000).Draw(t, "sw"), rapid.IntRange(1, 4000).Draw(t, "sh")
		r := scene.Inside(w, h, sw, sh)
		if !r.In(image.Rect(0, 0, w, h)) || r.Empty() {
			t.Fatalf("%v is not inside %d×%d", r, w, h)
		}
		if r.Min.X%2+r.Min.Y%2+r.Dx()%2+r.Dy()%2 != 0 {
			t.Fatalf("%v is not on even coordinates", r)
		}
		if r.Dx() < w && r.Dy() < h {
			t.Fatalf("%v touches no edge of %d×%d", r, w, h)
		}
	})
}

func TestTheSlateIsCalmAndNotBlack(t *testing.T) {
	for _, size := range []image.Point{{320, 180}, {1280, 720}, {641, 361}} {
		v := frame.New(size.X, size.Y)
		scene.Slate(v)
		var sum int
		for y := range v.Height {
			for _, l := range v.Y[y*v.YStride : y*v.YStride+v.Width] {
				sum += int(l)
			}
		}
		if mean := sum / (v.Width * v.Height); mean < 24 || mean > 90 {
			t.Errorf("slate of %v has a mean luma of %d", size, mean)
		}
	}
}
