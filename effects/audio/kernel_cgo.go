//go:build cgo

package audio

/*
#cgo CFLAGS: -O3
#include "kernel.h"
*/
import "C"

import "unsafe"

func reals(x []float32) *C.float   { return (*C.float)(&x[0]) }
func pairs(x []complex64) *C.float { return (*C.float)(unsafe.Pointer(&x[0])) }

func echoMultiply(sum, x, w []complex64) {
	C.vitrine_multiply(C.int(len(sum)), pairs(sum), pairs(x), pairs(w))
}

func echoSpread(s []float32, x []complex64, p []float32) {
	C.vitrine_spread(C.int(len(s)), reals(s), pairs(x), reals(p))
}

func echoLearn(w []complex64, p []float32, x, e []complex64, g []float32, share, forget float32) {
	C.vitrine_learn(C.int(len(w)), pairs(w), reals(p), pairs(x), pairs(e), reals(g), C.float(share), C.float(forget))
}

func by4(groups, stride int, y, x, turn []complex64) {
	C.vitrine_by4(C.int(groups), C.int(stride), pairs(y), pairs(x), pairs(turn))
}
