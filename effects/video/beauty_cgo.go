package video

/*
#cgo CFLAGS: -O3
#cgo LDFLAGS: -lm
#include "beauty.h"
*/
import "C"

import "vitrine/capture/frame"

// native are the kernels in C: AVX2 where the processor has it.
type native struct{}

func (c cells) c() C.struct_cells {
	return C.struct_cells{
		width: C.int(c.width), height: C.int(c.height), stride: C.int(c.stride), size: C.int(c.size),
		x0: C.int(c.x0), y0: C.int(c.y0), x1: C.int(c.x1), y1: C.int(c.y1),
	}
}

func picture(v *frame.Video) C.struct_picture {
	return C.struct_picture{
		y: (*C.uint8_t)(&v.Y[0]), u: (*C.uint8_t)(&v.U[0]), v: (*C.uint8_t)(&v.V[0]),
		ystride: C.int(v.YStride), cstride: C.int(v.CStride), width: C.int(v.Width), height: C.int(v.Height),
	}
}

func floats(f []float32) *C.float { return (*C.float)(&f[0]) }

func (native) reduce(v *frame.Video, c cells, f []float32) {
	C.vitrine_beauty_reduce(picture(v), c.c(), floats(f))
}

func (native) distance(c cells, p *polygon, out []float32) {
	cp := C.struct_polygon{n: C.int(p.n)}
	for i := range p.n {
		cp.x[i], cp.y[i] = C.float(p.x[i]), C.float(p.y[i])
	}
	C.vitrine_beauty_distance(c.c(), cp, floats(out))
}

func (native) region(c cells, h head, keep, region []float32) {
	C.vitrine_beauty_region(c.c(), C.struct_head{
		cx: C.float(h.cx), cy: C.float(h.cy), ax: C.float(h.ax), ay: C.float(h.ay), bx: C.float(h.bx), by: C.float(h.by),
	}, floats(keep), floats(region))
}

func (native) soften(c cells, f, row []float32) {
	C.vitrine_beauty_soften(c.c(), floats(f), floats(row))
}

func (native) skin(c cells, s skin, region, f []float32) {
	C.vitrine_beauty_skin(c.c(), C.struct_skin{
		luma: C.float(s.luma), cb: C.float(s.cb), cr: C.float(s.cr),
		along:  [2]C.float{C.float(s.along[0]), C.float(s.along[1])},
		across: [2]C.float{C.float(s.across[0]), C.float(s.across[1])},
		dim:    C.float(s.dim), dark: C.float(s.dark), grey: C.float(s.grey), weight: C.float(s.weight),
	}, floats(region), floats(f))
}

func (native) guide(c cells, radius int, f, row []float32) {
	C.vitrine_beauty_guide(c.c(), C.int(radius), floats(f), floats(row))
}

func (native) fold(c cells, radius int, d dose, f, row []float32, planes []int16, spans []int32) {
	cd := C.struct_dose{smooth: C.float(d.smooth), whiten: C.float(d.whiten)}
	C.vitrine_beauty_fold(c.c(), C.int(radius), cd, floats(f), floats(row), (*C.int16_t)(&planes[0]), (*C.int32_t)(&spans[0]))
}

func (native) luma(v *frame.Video, c cells, planes []int16, spans []int32, row []int16) {
	C.vitrine_beauty_luma(picture(v), c.c(), (*C.int16_t)(&planes[0]), (*C.int32_t)(&spans[0]), (*C.int16_t)(&row[0]))
}

func (native) chroma(v *frame.Video, c cells, planes []int16, spans []int32, row []int16) {
	C.vitrine_beauty_chroma(picture(v), c.c(), (*C.int16_t)(&planes[0]), (*C.int32_t)(&spans[0]), (*C.int16_t)(&row[0]))
}

func (native) sharpen(v *frame.Video, c cells, planes []int16, spans []int32, amount int16, row []int16) {
	C.vitrine_beauty_sharpen(picture(v), c.c(), (*C.int16_t)(&planes[0]), (*C.int32_t)(&spans[0]), C.int(amount), (*C.int16_t)(&row[0]))
}

func (native) warp(v, from *frame.Video, c cells, planes []int16, spans []int32, row []int16) {
	C.vitrine_beauty_warp(picture(v), picture(from), c.c(), (*C.int16_t)(&planes[0]), (*C.int32_t)(&spans[0]), (*C.int16_t)(&row[0]))
}
