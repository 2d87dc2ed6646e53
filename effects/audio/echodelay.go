package audio

import "math"

// echoDelay finds how many blocks the echo comes after the loudspeaker's signal: by the correlation of their spectra with all
// differences of power taken out (PHAT; Knapp and Carter, "The generalized correlation method for estimation of time delay",
// 1976), smoothed over time for each lag, and summed over the bins in which voices have power.
type echoDelay struct {
	far   [echoRing][delayBins]complex64 // phases only, in the order of the canceller's ring
	mic   [delayBins]complex64
	cross [delayLags][delayBins]complex64
	best  int // the lag of the strongest correlation
	since int // blocks for which it has been that
}

const (
	delayFrom  = 16  // 750 Hz
	delayBins  = 80  // up to 4.5 kHz
	delayLags  = 30  // blocks
	delaySpeed = .02 // of the smoothing, a block
	delayPeak  = 2.5 // how far the strongest lag stands out from the mean, and from what sounds that have nothing in common give
	delayNone  = delayBins * delaySpeed / 2
	delaySure  = 15   // blocks that it does so before it is believed
	delayAhead = 1    // blocks before the strongest lag in which the echo may begin
	delayPlay  = 3    // blocks between the two that need no correction
	delayQuiet = 1e-6 // mean square of a loudspeaker that plays nothing
)

// phases keeps only the directions of a spectrum's bins.
func phases(to *[delayBins]complex64, spec []complex64) {
	for i, v := range spec[delayFrom:][:delayBins] {
		to[i] = 0
		if p := power(v); p > 0 {
			to[i] = v * complex(float32(1/math.Sqrt(float64(p))), 0)
		}
	}
}

// update takes the spectra of the same 1024 samples' time, far at an index of the ring, and returns by how many blocks the
// offset at which the canceller's filter begins is too small.
func (d *echoDelay) update(newest, offset int) int {
	best, peak, sum := 0, float32(0), float32(0)
	for l := range d.cross {
		far, cross := &d.far[(newest+l)%echoRing], &d.cross[l]
		var s float32
		for k, y := range d.mic {
			cross[k] += delaySpeed * (y*conj(far[k]) - cross[k])
			s += power(cross[k])
		}
		sum += s
		if s > peak {
			best, peak = l, s
		}
	}
	right := best >= offset && best <= offset+delayPlay
	if right || best != d.best || peak < delayPeak*max(sum/delayLags, delayNone) {
		d.best, d.since = best, 0
		return 0
	}
	if d.since++; d.since < delaySure {
		return 0
	}
	return max(best-delayAhead, 0) - offset
}
