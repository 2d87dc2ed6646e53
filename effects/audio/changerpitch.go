package audio

import (
	"math"

	"vitrine/capture/frame"
)

// Pitches that a voice may have, and the periods at the rate of the spectrum's lower part that they stand for.
const (
	pitchLeast = 60  // Hz
	pitchMost  = 750 // Hz
	pitchFFT   = 768 // of the spectrum up to 6 kHz, so a lag is 1/12 ms
	pitchRate  = frame.SampleRate * pitchFFT / changerFFT
	lagLeast   = pitchRate / pitchMost
	lagMost    = pitchRate / pitchLeast
)

// How sure a frame must be of its pitch to begin a vowel and to go on with it, 1 being a perfect wave; what a halved pitch is
// worth less, and what one near the last is worth more.
const (
	voicedFrom  = 0.36
	voicedStill = 0.28
	octaveCost  = 0.04
	nearWorth   = 0.12
	quietVoice  = 1e-5 // mean square below which nothing is a vowel: −50 dBFS
)

// pitch follows a voice's fundamental: by the autocorrelation that belongs to the magnitudes of the spectrum, which flattens
// formants, over that of the window (Boersma 1993), then exactly by where the harmonics are.
type pitch struct {
	hertz float64 // 0 where there is no pitch

	fft     *fft
	spec    [pitchFFT/2 + 1]complex64
	lags    [pitchFFT]float32
	ideal   [pitchFFT]float32 // of a tone without end under the window
	power   float64           // sum of squared magnitudes per mean square of the sound
	emphasy [pitchFFT/2 + 1]float32
}

func (p *pitch) prepare(full *fft, window *[changerWindow]float32) {
	p.fft = newFFT(pitchFFT)
	for i := range p.emphasy {
		f := float64(i) * frame.SampleRate / changerFFT
		switch {
		case f < 50:
		case f < 2500:
			p.emphasy[i] = 1
		default:
			p.emphasy[i] = float32(0.5 + 0.5*math.Cos(math.Pi*(f-2500)/3500))
		}
	}
	var x [changerFFT]float32
	var spec [changerBins]complex64
	const half = changerWindow / 2
	for i := range half {
		x[changerFFT-half+i], x[i] = window[i], window[half+i]
		p.power += float64(window[i]*window[i]) * changerFFT
	}
	full.forward(spec[:], x[:])
	for i := range p.spec {
		p.spec[i] = complex(size(spec[i]), 0)
	}
	p.fft.inverse(p.ideal[:], p.spec[:])
	for i := pitchFFT - 1; i >= 0; i-- {
		p.ideal[i] /= p.ideal[0]
	}
}

func size(c complex64) float32 {
	return float32(math.Sqrt(float64(real(c)*real(c) + imag(c)*imag(c))))
}

// find sets hertz by the spectrum of the next frame.
func (p *pitch) find(spec *[changerBins]complex64) {
	var power float64
	for i := range p.spec {
		m := size(spec[i]) * p.emphasy[i]
		p.spec[i] = complex(m, 0)
		power += float64(m) * float64(m)
	}
	if power < quietVoice*p.power {
		p.hertz = 0
		return
	}
	p.fft.inverse(p.lags[:], p.spec[:])
	lag, sure := p.period()
	if least := voicedStill; lag == 0 || sure < least || (p.hertz == 0 && sure < voicedFrom) {
		p.hertz = 0
		return
	}
	p.hertz = p.refined(pitchRate / lag)
}

// period is the lag that most likely is the voice's, between samples, and how high its correlation is. A peak at a multiple of
// the period is as high as the first, hence the cost of an octave.
func (p *pitch) period() (lag, sure float64) {
	var last float64
	if p.hertz != 0 {
		last = pitchRate / p.hertz
	}
	at := func(i int) float64 { return float64(p.lags[i]) / float64(p.lags[0]*p.ideal[i]) }
	best := math.Inf(-1)
	for i := lagLeast; i <= lagMost; i++ {
		y0, y1, y2 := at(i-1), at(i), at(i+1)
		if y1 < y0 || y1 <= y2 {
			continue
		}
		x := (y0 - y2) / (2 * (y0 - 2*y1 + y2))
		l, y := float64(i)+x, y1-(y0-y2)*x/4
		worth := y - octaveCost*math.Log2(l/float64(lagLeast))
		if last != 0 && math.Abs(l/last-1) < 0.15 {
			worth += nearWorth
		}
		if worth > best {
			best, lag, sure = worth, l, y
		}
	}
	return lag, sure
}

// refined fits the first harmonics, each as heavy as its power; the lower ones show where to look for the higher ones.
func (p *pitch) refined(hertz float64) float64 {
	const bin = float64(frame.SampleRate) / changerFFT
	var sum, weight float64
	for k := 1.0; k <= 10 && k*hertz < 3000; k++ {
		f, m := p.peak(k*hertz/bin, 0.3*hertz/bin)
		if f == 0 {
			continue
		}
		sum += m * m * k * f * bin
		weight += m * m * k * k
		if math.Abs(sum/weight/hertz-1) < 0.05 {
			hertz = sum / weight
		}
	}
	return min(max(hertz, pitchLeast), pitchMost)
}

// peak finds the highest magnitude within a reach of a place, both in bins, by a parabola through logarithms.
func (p *pitch) peak(place, reach float64) (at, magnitude float64) {
	from, to := max(1, int(place-reach)), min(len(p.spec)-2, int(place+reach+1))
	best := 0
	for i := from; i <= to; i++ {
		if best == 0 || real(p.spec[i]) > real(p.spec[best]) {
			best = i
		}
	}
	if best <= from || best >= to {
		return 0, 0
	}
	return summit(float64(real(p.spec[best-1])), float64(real(p.spec[best])), float64(real(p.spec[best+1])), best)
}

// summit is the place and height of the peak of which three magnitudes around bin i are known. Without a peak it is the bin.
func summit(m0, m1, m2 float64, i int) (at, height float64) {
	if m1 <= m0 || m1 <= m2 {
		return float64(i), m1
	}
	y0, y1, y2 := math.Log(m0+1e-12), math.Log(m1+1e-12), math.Log(m2+1e-12)
	x := (y0 - y2) / (2 * (y0 - 2*y1 + y2))
	return float64(i) + x, math.Exp(y1 - (y0-y2)*x/4)
}
