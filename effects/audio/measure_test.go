package audio

import "math"

func energy(x []float32) float64 {
	var sum float64
	for _, v := range x {
		sum += float64(v) * float64(v)
	}
	return sum
}

// decibels is the level of a ratio of energies.
func decibels(ratio float64) float64 { return 10 * math.Log10(ratio) }

// siSDR is how far, in dB, got lies above what in it is not a scaled copy of want (Le Roux et al., "SDR – half-baked or well
// done?", 2019).
func siSDR(got, want []float32) float64 {
	var dot float64
	for i, v := range want {
		dot += float64(v) * float64(got[i])
	}
	scale := dot / energy(want)
	var signal, rest float64
	for i, v := range want {
		s := scale * float64(v)
		signal += s * s
		rest += (float64(got[i]) - s) * (float64(got[i]) - s)
	}
	return decibels(signal / rest)
}
