// Package scene makes the program picture out of what sources deliver. It is pure: pictures in, pictures out, no clock,
// device or goroutine. It owns no queue. Scaling is handed in, because the fast way to scale is in C and C lives elsewhere.
//
// A source of another shape than the program is shown whole, with black bars, and never stretched: a product must look as
// it is.
package scene

import (
	"image"

	"vitrine/capture/frame"
)

// Scale resizes all of src into all of dst, both I420.
type Scale func(dst, src *frame.Video)

// Fit paints src into dst as large as it fits, centred, with black around it, and takes over its time.
func Fit(dst, src *frame.Video, scale Scale) {
	dst.PTS = src.PTS
	r := Inside(dst.Width, dst.Height, src.Width, src.Height)
	if r.Dx() < dst.Width || r.Dy() < dst.Height {
		dst.Fill(16, 128, 128)
	}
	scale(view(dst, r), src)
}

// Inside is the largest centred rectangle in a picture of w×h that has the shape of sw×sh, on even coordinates as 4:2:0
// needs. A shape that differs by less than two pixels fills the picture.
func Inside(w, h, sw, sh int) image.Rectangle {
	fw, fh := w, w*sh/sw
	if fh > h {
		fw, fh = h*sw/sh, h
	}
	if w-fw < 2 {
		fw = w
	}
	if h-fh < 2 {
		fh = h
	}
	fw, fh = max(fw&^1, min(w, 2)), max(fh&^1, min(h, 2))
	x, y := (w-fw)/2&^1, (h-fh)/2&^1
	return image.Rect(x, y, x+fw, y+fh)
}

// view is the part r of v as a picture of its own that shares v's memory; r lies on even coordinates.
func view(v *frame.Video, r image.Rectangle) *frame.Video {
	c := r.Min.Y/2*v.CStride + r.Min.X/2
	return &frame.Video{
		Y: v.Y[r.Min.Y*v.YStride+r.Min.X:], U: v.U[c:], V: v.V[c:],
		YStride: v.YStride, CStride: v.CStride, Width: r.Dx(), Height: r.Dy(),
	}
}

// Slate paints the picture that stands where there is none: a calm dark gradient with the mark of a shop window in its
// middle, free of words because viewers of every language see it.
func Slate(v *frame.Video) {
	for y := range v.Height {
		box(v, image.Rect(0, y, v.Width, y+1), byte(26+22*(v.Height-y)/v.Height))
	}
	for i := range v.U {
		v.U[i], v.V[i] = 134, 125
	}
	u := max(v.Height/24, 2) &^ 1
	cx, cy := v.Width/2, v.Height/2
	frameRect(v, image.Rect(cx-4*u, cy-3*u, cx+4*u, cy+3*u), max(u/4, 1), 120)
	for i := range 4 { // the awning
		x := cx - 4*u + i*2*u
		box(v, image.Rect(x, cy-3*u, x+u, cy-2*u), 120)
	}
	box(v, image.Rect(cx-u, cy-u, cx-u/3, cy+2*u-u/2), 150) // two bars: a pause
	box(v, image.Rect(cx+u/3, cy-u, cx+u, cy+2*u-u/2), 150)
}

func frameRect(v *frame.Video, r image.Rectangle, t int, luma byte) {
	box(v, image.Rect(r.Min.X, r.Min.Y, r.Max.X, r.Min.Y+t), luma)
	box(v, image.Rect(r.Min.X, r.Max.Y-t, r.Max.X, r.Max.Y), luma)
	box(v, image.Rect(r.Min.X, r.Min.Y, r.Min.X+t, r.Max.Y), luma)
	box(v, image.Rect(r.Max.X-t, r.Min.Y, r.Max.X, r.Max.Y), luma)
}

func box(v *frame.Video, r image.Rectangle, luma byte) {
	r = r.Intersect(image.Rect(0, 0, v.Width, v.Height))
	if r.Empty() {
		return
	}
	first := v.Y[r.Min.Y*v.YStride+r.Min.X:][:r.Dx()]
	for x := range first {
		first[x] = luma
	}
	for y := r.Min.Y + 1; y < r.Max.Y; y++ {
		copy(v.Y[y*v.YStride+r.Min.X:], first)
	}
}
