//go:build cgo

package audio

// #include "netkernel.h"
import "C"

func netRows(groups, outs, ins, n int, y []float32, stride int, x []float32, at []int32, step int, w, bias []float32, slope float32) {
	C.vitrine_rows(C.int(groups), C.int(outs), C.int(ins), C.int(n), reals(y), C.int(stride), reals(x), (*C.int)(&at[0]), C.int(step),
		reals(w), reals(bias), C.float(slope))
}

func netGates(h, x, back []float32) { C.vitrine_gates(C.int(len(h)), reals(h), reals(x), reals(back)) }
