package face

/*
#cgo CFLAGS: -O3 -Wno-psabi
#include "kernels.h"
*/
import "C"

import "unsafe"

// The two declarations of a step are one.
var _ = [1]struct{}{}[unsafe.Sizeof(step{})-unsafe.Sizeof(C.struct_step{})]

// Whether kernels may use more than every processor of this kind has.
const (
	best  = 0
	plain = 1
)

func run(steps []step, weights, memory []float32) { runC(steps, weights, memory, best) }

func runC(steps []step, weights, memory []float32, only int) {
	C.vitrine_face_run((*C.struct_step)(unsafe.Pointer(&steps[0])), C.int(len(steps)),
		(*C.float)(&weights[0]), (*C.float)(&memory[0]), C.int(only))
}

func halve(dst *plane, src plane) { halveC(dst, src, best) }

func halveC(dst *plane, src plane, only int) {
	C.vitrine_face_halve(ptr(src.pix), C.int(src.stride), C.int(src.width), C.int(src.height),
		ptr(dst.pix), C.int(dst.stride), C.int(only))
}

func sample(p *picture, c crop, dst []float32) { sampleC(p, c, dst, best) }

func sampleC(p *picture, c crop, dst []float32, only int) {
	black := C.int(0)
	if c.black {
		black = 1
	}
	C.vitrine_face_sample(
		C.struct_picture{
			y: ptr(p.y.pix), u: ptr(p.u.pix), v: ptr(p.v.pix),
			ystride: C.int(p.y.stride), cstride: C.int(p.u.stride), width: C.int(p.y.width), height: C.int(p.y.height),
		},
		C.struct_crop{
			xx: C.float(c.xx), xy: C.float(c.xy), x0: C.float(c.x0), yx: C.float(c.yx), yy: C.float(c.yy), y0: C.float(c.y0),
			gain: C.float(c.gain), offset: C.float(c.offset),
			width: C.int(c.width), height: C.int(c.height), black: black,
		},
		(*C.float)(&dst[0]), C.int(only))
}

func ptr(p []byte) *C.uint8_t { return (*C.uint8_t)(&p[0]) }
