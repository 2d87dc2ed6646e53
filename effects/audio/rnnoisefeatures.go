package audio

import "math"

// rnFeatures is what RNNoise's network is told of each window (sections "Band structure" and "Feature extraction"): 22 cepstral
// coefficients of the energy in its bands, of the first six also how they change and how fast, six coefficients of how alike the bands
// are to those a period earlier, the period, and how much the spectrum varied in the last 80 ms.
type rnFeatures struct {
	features [rnInputs]float32

	bands  [rnTop]int16   // the band below each bin
	shares [rnTop]float32 // and how much the one above it has of it
	cosine [rnBands][rnBands]float32

	cepstra [rnRecent][rnBands]float32 // of the last windows, a ring
	apart   [rnRecent][rnRecent]float32
	now     int
}

const (
	rnBands  = 22
	rnTop    = 400 // bins of 50 Hz, up to 20 kHz; what is above is left out
	rnDeltas = 6
	rnInputs = rnBands + 3*rnDeltas + 2
	rnRecent = 8
)

// rnMiddles are the bins where bands are at their highest: 200 Hz apart, as in Opus, and from 1.6 kHz ever wider, as ears have it.
var rnMiddles = [rnBands]int{0, 4, 8, 12, 16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 96, 112, 136, 160, 192, 240, 312, rnTop}

func newRNFeatures() (f rnFeatures) {
	for i, from := range rnMiddles[:rnBands-1] {
		to := rnMiddles[i+1]
		for k := from; k < to; k++ {
			f.bands[k], f.shares[k] = int16(i), float32(k-from)/float32(to-from)
		}
	}
	for i := range rnBands {
		for j := range rnBands {
			f.cosine[i][j] = float32(math.Cos((float64(i)+.5)*float64(j)*math.Pi/rnBands) * math.Sqrt(2./rnBands))
		}
		f.cosine[i][0] *= math.Sqrt2 / 2
	}
	return f
}

// sums multiplies two spectra bin by bin, real parts and imaginary parts, and sums up each band: from its middle, where all of a bin
// counts, to the middles of its neighbours, where nothing does.
func (f *rnFeatures) sums(a, b []complex64) (sums [rnBands]float32) {
	const scale = 1. / (rnWindow * rnWindow) // the network learnt from spectra that were divided by their length
	for k, share := range f.shares {
		product := real(a[k])*real(b[k]) + imag(a[k])*imag(b[k])
		band := sums[f.bands[k]:][:2]
		band[0] += (1 - share) * product
		band[1] += share * product
	}
	sums[0] *= 2
	sums[rnBands-1] *= 2
	for i := range sums {
		sums[i] *= scale
	}
	return sums
}

// at is at a bin what lies on straight lines between the middles of the bands.
func (f *rnFeatures) at(bands *[rnBands]float32, k int) float32 {
	i, share := f.bands[k], f.shares[k]
	return (1-share)*bands[i] + share*bands[i+1]
}

// transform puts the first coefficients of the cosine transform of x into out.
func (f *rnFeatures) transform(out []float32, x *[rnBands]float32) {
	clear(out)
	for i, v := range x {
		for j, c := range f.cosine[i][:len(out)] {
			out[j] += v * c
		}
	}
}

// listen computes the features of a window: of its energy, how alike it is to what it was a period earlier, and the period in samples.
func (f *rnFeatures) listen(energy, alike *[rnBands]float32, period int) {
	f.now = (f.now + 1) % rnRecent
	now, last, older := &f.cepstra[f.now], &f.cepstra[(f.now+rnRecent-1)%rnRecent], &f.cepstra[(f.now+rnRecent-2)%rnRecent]
	logs := rnLogarithms(energy)
	f.transform(now[:], &logs)
	now[0] -= 12
	now[1] -= 4
	x := f.features[:]
	copy(x, now[:])
	faster, like := x[rnBands+rnDeltas:], x[rnBands+2*rnDeltas:]
	for i := range rnDeltas {
		x[i] = now[i] + last[i] + older[i]
		x[rnBands+i] = now[i] - older[i]
		faster[i] = now[i] - 2*last[i] + older[i]
	}
	f.transform(like[:rnDeltas], alike)
	like[0] -= 1.3
	like[1] -= .9
	x[rnInputs-2] = .01 * float32(period-300)
	x[rnInputs-1] = f.variety() - 2.1
}

// rnLogarithms are those of the bands' energies. None is far below the highest of those under it, and none falls steeply: ears hear
// no more.
func rnLogarithms(energy *[rnBands]float32) (logs [rnBands]float32) {
	highest, before := float32(-2), float32(-2)
	for i, e := range energy {
		before = max(highest-7, before-1.5, float32(math.Log10(.01+float64(e))))
		highest = max(highest, before)
		logs[i] = before
	}
	return logs
}

// variety is how far, on average, each of the last windows is from the one that is most like it. Only distances from the newest window
// are new.
func (f *rnFeatures) variety() float32 {
	for i := range rnRecent {
		var apart float32
		for j, v := range f.cepstra[f.now] {
			d := v - f.cepstra[i][j]
			apart += d * d
		}
		f.apart[i][f.now], f.apart[f.now][i] = apart, apart
	}
	var sum float32
	for i, row := range f.apart {
		least := float32(math.MaxFloat32)
		for j, apart := range row {
			if j != i {
				least = min(least, apart)
			}
		}
		sum += least
	}
	return sum / rnRecent
}
