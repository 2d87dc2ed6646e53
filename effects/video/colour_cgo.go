//go:build cgo

package video

/*
#cgo CFLAGS: -O3
#include "colour.h"
*/
import "C"

import "vitrine/capture/frame"

func colourApply(v *frame.Video, t *colourTable) {
	C.vitrine_colour_apply(
		(*C.uint8_t)(&v.Y[0]), (*C.uint8_t)(&v.U[0]), (*C.uint8_t)(&v.V[0]),
		C.long(v.YStride), C.long(v.CStride), C.int(v.Width), C.int(v.Height),
		(*C.uint32_t)(&t.y[0]), (*C.uint32_t)(&t.u[0]), (*C.uint32_t)(&t.v[0]))
}
