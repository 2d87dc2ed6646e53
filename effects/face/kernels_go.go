//go:build !cgo

package face

func run(steps []step, weights, memory []float32) { runReference(steps, weights, memory) }

func halve(dst *plane, src plane) { halveReference(dst, src) }

func sample(p *picture, c crop, dst []float32) { sampleReference(p, c, dst) }
