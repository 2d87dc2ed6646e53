package capture

/*
#cgo CFLAGS: -O3
#cgo LDFLAGS: -lyuv
#include <libyuv.h>
#include "convert.h"

static int to_rgba(struct planes s, uint8_t *dst, int stride) {
	// libyuv names formats by the order in a little-endian word: ABGR is R, G, B, A in memory, which is ARGB with the
	// chroma planes and their constants swapped.
	return I420ToARGBMatrix(s.y, s.ystride, s.v, s.cstride, s.u, s.cstride, dst, stride, &kYvuH709Constants, s.width, s.height);
}
*/
import "C"

import (
	"fmt"
	"image"
	"math"

	"vitrine/capture/frame"
)

func planes(v *frame.Video) C.struct_planes {
	return C.struct_planes{
		y: ptr(v.Y), u: ptr(v.U), v: ptr(v.V),
		ystride: C.int(v.YStride), cstride: C.int(v.CStride), width: C.int(v.Width), height: C.int(v.Height),
	}
}

func ptr(p []byte) *C.uint8_t { return (*C.uint8_t)(&p[0]) }

// RGBA converts a picture for the screen. Dst must have its size; all of it is overwritten, opaque. Libyuv's 6-bit
// coefficients leave saturated blue up to 8 of 255 short, every other colour is within 5.
func RGBA(dst *image.RGBA, v *frame.Video) {
	if dst.Rect.Dx() != v.Width || dst.Rect.Dy() != v.Height {
		panic(fmt.Sprintf("capture: convert %dx%d into %v", v.Width, v.Height, dst.Rect))
	}
	p := planes(v)
	C.to_rgba(p, ptr(dst.Pix), C.int(dst.Stride))
}

// Scale resizes all of src into all of dst. Each pixel is the mean of those it covers where the picture shrinks, and
// interpolated where it grows. The PTS is left alone.
func Scale(dst, src *frame.Video) {
	C.I420Scale(
		ptr(src.Y), C.int(src.YStride), ptr(src.U), C.int(src.CStride), ptr(src.V), C.int(src.CStride), C.int(src.Width), C.int(src.Height),
		ptr(dst.Y), C.int(dst.YStride), ptr(dst.U), C.int(dst.CStride), ptr(dst.V), C.int(dst.CStride), C.int(dst.Width), C.int(dst.Height),
		C.kFilterBox)
}

// red tells the order of colours in 32-bit pixels by the byte that holds red.
type red int

const (
	orderRGBA red = 0
	orderBGRA red = 2
)

// fromRGB converts full-range RGB with 4 bytes a pixel, rows stride bytes apart, into dst; alpha is ignored.
func fromRGB(dst *frame.Video, pix []byte, stride int, order red) {
	if len(pix) < (dst.Height-1)*stride+4*dst.Width {
		panic(fmt.Sprintf("capture: %d bytes are no picture of %dx%d", len(pix), dst.Width, dst.Height))
	}
	C.vitrine_from_rgb(ptr(pix), C.int(stride), C.int(order), planes(dst))
}

// fromYCbCr copies a picture of any chroma subsampling into dst, which has its size, unchanged in matrix and range.
func fromYCbCr(dst *frame.Video, img *image.YCbCr) bool {
	r := img.Rect
	y, c := img.YOffset(r.Min.X, r.Min.Y), img.COffset(r.Min.X, r.Min.Y)
	if r.Dx() != dst.Width || r.Dy() != dst.Height || r.Empty() {
		return false
	}
	sy, su, sv := ptr(img.Y[y:]), ptr(img.Cb[c:]), ptr(img.Cr[c:])
	ys, cs := C.int(img.YStride), C.int(img.CStride)
	d := planes(dst)
	switch img.SubsampleRatio {
	case image.YCbCrSubsampleRatio420:
		C.I420Copy(sy, ys, su, cs, sv, cs, d.y, d.ystride, d.u, d.cstride, d.v, d.cstride, d.width, d.height)
	case image.YCbCrSubsampleRatio422:
		C.I422ToI420(sy, ys, su, cs, sv, cs, d.y, d.ystride, d.u, d.cstride, d.v, d.cstride, d.width, d.height)
	case image.YCbCrSubsampleRatio444:
		C.I444ToI420(sy, ys, su, cs, sv, cs, d.y, d.ystride, d.u, d.cstride, d.v, d.cstride, d.width, d.height)
	default:
		return false
	}
	return true
}

// colour is a way to write colours as Y, Cb, Cr: the weights of red and blue in luma, and whether all of 0…255 is used.
type colour struct {
	kr, kb float64
	full   bool
}

var (
	bt709        = colour{kr: 0.2126, kb: 0.0722}
	bt601Limited = colour{kr: 0.299, kb: 0.114}
	bt601Full    = colour{kr: 0.299, kb: 0.114, full: true}
)

// rematrix rewrites a picture from one colour to BT.709 limited range in place.
func rematrix(v *frame.Video, from colour) {
	m := coefficients(from)
	black := 16
	if from.full {
		black = 0
	}
	C.vitrine_rematrix(planes(v), C.int(black), (*C.int16_t)(&m[0]))
}

// coefficients is the matrix that turns from's Y, Cb, Cr, less their zero, into BT.709's, in Q14: decoding to R, G, B and
// encoding again, multiplied out (ITU-R BT.709-6 items 3.2–3.4, BT.601-7 §2.5).
func coefficients(from colour) (m [9]int16) {
	scale, chroma := 219.0/255, 224.0/255
	inY, inC := 1/scale, 1/chroma
	if from.full {
		inY, inC = 1, 1
	}
	kg := 1 - from.kr - from.kb
	to := bt709
	for column := range 3 {
		var y, cb, cr float64
		switch column {
		case 0:
			y = inY
		case 1:
			cb = inC
		case 2:
			cr = inC
		}
		r := y + 2*(1-from.kr)*cr
		b := y + 2*(1-from.kb)*cb
		g := (y - from.kr*r - from.kb*b) / kg
		l := to.kr*r + (1-to.kr-to.kb)*g + to.kb*b
		for row, x := range [3]float64{l * scale, (b - l) / (2 * (1 - to.kb)) * chroma, (r - l) / (2 * (1 - to.kr)) * chroma} {
			m[3*row+column] = int16(math.Round(x * (1 << 14)))
		}
	}
	return m
}

// fromImage turns a driver's image into a picture from pool, or returns nil for a kind of image no driver delivers.
// Colour is what Y, Cb, Cr mean in it.
func fromImage(pool *frame.Pool, img image.Image, c colour) *frame.Video {
	size := img.Bounds().Size()
	if size.X < 1 || size.Y < 1 {
		return nil
	}
	v := pool.Get(size.X, size.Y)
	switch img := img.(type) {
	case *image.YCbCr:
		if fromYCbCr(v, img) {
			rematrix(v, c)
			return v
		}
	case *image.RGBA:
		fromRGB(v, img.Pix[img.PixOffset(img.Rect.Min.X, img.Rect.Min.Y):], img.Stride, orderRGBA)
		return v
	case *image.Gray:
		v.Fill(0, 128, 128)
		for y := range v.Height {
			copy(v.Y[y*v.YStride:y*v.YStride+v.Width], img.Pix[y*img.Stride:y*img.Stride+v.Width])
		}
		rematrix(v, c)
		return v
	}
	v.Release()
	return nil
}
