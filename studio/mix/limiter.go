package mix

import (
	"math"

	"vitrine/capture/frame"
)

// Ceiling is the highest true peak that leaves a Limiter, in dBTP: what EBU R 128 allows.
const Ceiling = -1.0

// LimiterDelay is how much later sound leaves a Limiter than it enters, in samples of each channel: 5 ms.
const LimiterDelay = 240

// The limiter's delay is spent on the detector's filter, on a stretch around each peak where the gain stands still, so that
// its movement makes no new peak, and on two boxes that together bend the gain down smoothly. The hold after a peak keeps
// the gain from following the waves of a bass note.
const (
	flat     = 12
	boxA     = (LimiterDelay - peakReach - flat + 1) / 2
	boxB     = LimiterDelay - peakReach - flat + 1 - boxA
	holdGain = boxA + boxB + 2*flat + frame.BlockSamples
)

// margin is what the detector may read too little on noise that fills the band up to half the sampling rate, in dB, found with
// the test's sinc of 512 taps. On voices and music it reads right within 0.1 dB.
const margin = 0.42

// movement is by which share of a reduction the gain goes further down: where the whole band is full, a gain that moves makes
// new peaks between samples from the tails of the interpolation, the more the further it moves.
const movement = 0.06

// unit is a gain of one. Gains are integers, so that moving sums stay exact however long the show is, and sound that needs no
// limiting leaves bit for bit as it came.
const unit = 1 << 30

// keepGain is what a gain keeps of its distance to the one wanted after each sample: 63 % are recovered in 100 ms.
var keepGain = math.Exp(-1 / (0.1 * frame.SampleRate))

// Limiter holds stereo sound at or below Ceiling between the samples too, both channels by one gain. It looks LimiterDelay
// ahead, so its gain bends down before a peak and never clips. Sound that stays 0.6 dB below the ceiling is delayed and not
// touched by a bit. Samples that are no number count as silence. The zero value is ready. Not safe for concurrent use.
//
// The peak between samples is measured as in ITU-R BS.1770-5 annex 2; the gain is the minimum wanted over a window, smoothed by
// moving averages, which never pass the smallest of what they average.
type Limiter struct {
	started bool
	peaks   [2]truePeak
	wanted  lowest
	gain    int64
	a, b    average
	delay   [2 * LimiterDelay]float32
	at      int
}

// Process replaces the block by the one LimiterDelay earlier, limited.
func (l *Limiter) Process(b *frame.Block) {
	if !l.started {
		l.started, l.gain = true, unit
		l.a.start(boxA, unit)
		l.b.start(boxB, unit*boxA)
	}
	var left, right, peak [frame.BlockSamples]float32
	for i := range left {
		b[2*i], b[2*i+1] = number(b[2*i]), number(b[2*i+1])
		left[i], right[i] = b[2*i], b[2*i+1]
	}
	l.peaks[0].measure(&left, &peak, float32(top))
	l.peaks[1].measure(&right, &peak, float32(top))
	for i, p := range peak {
		g := float32(l.next(p))
		d := l.delay[2*l.at : 2*l.at+2]
		b[2*i], d[0] = d[0]*g, b[2*i]
		b[2*i+1], d[1] = d[1]*g, b[2*i+1]
		if l.at++; l.at == LimiterDelay {
			l.at = 0
		}
	}
}

// top is the peak that the limiter aims at, linear.
var top = math.Pow(10, (Ceiling-margin)/20)

// next takes the peak that was just measured and gives the gain for the sample that leaves.
func (l *Limiter) next(peak float32) float64 {
	want := int64(unit)
	if float64(peak) > top {
		g := top / float64(peak)
		want = int64(unit * g * (1 - movement*(1-g)))
	}
	want = l.wanted.add(want)
	switch rest := float64(want-l.gain) * keepGain; {
	case rest < 1024:
		l.gain = want
	default:
		l.gain = want - int64(rest)
	}
	return float64(l.b.add(l.a.add(l.gain))) / (unit * boxA * boxB)
}

// number is v, or silence where v is not a number that could be sound.
func number(v float32) float32 {
	if v > -1e6 && v < 1e6 {
		return v
	}
	return 0
}

// average is a moving sum over a few values.
type average struct {
	ring [max(boxA, boxB)]int64
	n    int
	at   int
	sum  int64
}

func (a *average) start(n int, v int64) {
	a.n, a.sum = n, int64(n)*v
	for i := range a.ring {
		a.ring[i] = v
	}
}

func (a *average) add(v int64) int64 {
	a.sum += v - a.ring[a.at]
	a.ring[a.at] = v
	if a.at++; a.at == a.n {
		a.at = 0
	}
	return a.sum
}

// lowest is the minimum of the last holdGain values. It keeps only those that no later one undercuts (Lemire 2006).
type lowest struct {
	value   [holdGain]int64
	time    [holdGain]int64
	head, n int
	now     int64
}

func (w *lowest) add(v int64) int64 {
	for w.n > 0 && w.value[(w.head+w.n-1)%holdGain] >= v {
		w.n--
	}
	if w.n > 0 && w.time[w.head] <= w.now-holdGain {
		w.head = (w.head + 1) % holdGain
		w.n--
	}
	at := (w.head + w.n) % holdGain
	w.value[at], w.time[at] = v, w.now
	w.n++
	w.now++
	return w.value[w.head]
}
