//go:build !cgo

package audio

func echoMultiply(sum, x, w []complex64) { goMultiply(sum, x, w) }

func echoSpread(s []float32, x []complex64, p []float32) { goSpread(s, x, p) }

func echoLearn(w []complex64, p []float32, x, e []complex64, g []float32, share, forget float32) {
	goLearn(w, p, x, e, g, share, forget)
}

func by4(groups, stride int, y, x, turn []complex64) { goBy4(groups, stride, y, x, turn) }
