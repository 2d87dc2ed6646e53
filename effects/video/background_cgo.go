package video

/*
#include "background.h"
*/
import "C"

import "vitrine/capture/frame"

// backdropNative are the kernels in C: AVX2 where the processor has it.
type backdropNative struct{}

func (g backdropGrid) c() C.struct_backdrop_grid {
	return C.struct_backdrop_grid{width: C.int(g.width), height: C.int(g.height), shift: C.int(g.shift)}
}

func (m matte) c() C.struct_backdrop_matte {
	return C.struct_backdrop_matte{gain: backdropWords(m.gain), base: backdropWords(m.base), level: backdropWords(m.level)}
}

func backdropFrame(v *frame.Video) C.struct_backdrop_picture {
	return C.struct_backdrop_picture{
		y: backdropBytes(v.Y), u: backdropBytes(v.U), v: backdropBytes(v.V),
		ystride: C.long(v.YStride), cstride: C.long(v.CStride), width: C.int(v.Width), height: C.int(v.Height),
	}
}

func backdropBytes(p []byte) *C.uint8_t  { return (*C.uint8_t)(&p[0]) }
func backdropWords(p []int16) *C.int16_t { return (*C.int16_t)(&p[0]) }

func (backdropNative) reduce(src []byte, stride, width, height, shift int, dst []byte, cells, rows int, row []uint16) {
	C.vitrine_backdrop_reduce(backdropBytes(src), C.long(stride), C.int(width), C.int(height), C.int(shift),
		backdropBytes(dst), C.int(cells), C.int(rows), (*C.uint16_t)(&row[0]))
}

func (backdropNative) guide(luma, mask []byte, g backdropGrid, out matte, work []int16, sums []int32) {
	C.vitrine_backdrop_guide(backdropBytes(luma), backdropBytes(mask), g.c(), edgeReach, edgeContrast*edgeContrast,
		out.c(), backdropWords(work), (*C.int32_t)(&sums[0]))
}

func (backdropNative) defocus(yuv [3][]byte, base []int16, g backdropGrid, reach []int32, radius int, out [3][]int16, sums []uint32) {
	C.vitrine_backdrop_defocus(backdropBytes(yuv[0]), backdropBytes(yuv[1]), backdropBytes(yuv[2]), backdropWords(base), g.c(),
		(*C.int32_t)(&reach[0]), C.int(radius), backdropWords(out[0]), backdropWords(out[1]), backdropWords(out[2]), (*C.uint32_t)(&sums[0]))
}

func (backdropNative) compose(v *frame.Video, g backdropGrid, m matte, behind [3][]int16, lines []int16, alpha []byte) {
	C.vitrine_backdrop_compose(backdropFrame(v), g.c(), m.c(),
		backdropWords(behind[0]), backdropWords(behind[1]), backdropWords(behind[2]), backdropWords(lines), backdropBytes(alpha))
}

func (backdropNative) replace(v *frame.Video, g backdropGrid, m matte, behind *frame.Video, room [3][]int16, lines []int16, alpha []byte) {
	C.vitrine_backdrop_replace(backdropFrame(v), g.c(), m.c(),
		backdropFrame(behind), backdropWords(room[0]), backdropWords(room[1]), backdropWords(room[2]), backdropWords(lines), backdropBytes(alpha))
}

func (backdropNative) scale(src []byte, stride, sw int, dst []byte, dstStride, width, height int, xs, ys []int32, low, gain int, row []uint16) {
	C.vitrine_backdrop_scale(backdropBytes(src), C.long(stride), C.int(sw), backdropBytes(dst), C.long(dstStride), C.int(width), C.int(height),
		(*C.int32_t)(&xs[0]), (*C.int32_t)(&ys[0]), C.int(low), C.int(gain), (*C.uint16_t)(&row[0]))
}
