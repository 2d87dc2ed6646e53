//go:build !cgo

package audio

func netRows(groups, outs, ins, n int, y []float32, stride int, x []float32, at []int32, step int, w, bias []float32, slope float32) {
	goRows(groups, outs, ins, n, y, stride, x, at, step, w, bias, slope)
}

func netGates(h, x, back []float32) { goGates(h, x, back) }
