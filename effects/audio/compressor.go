package audio

import (
	"math"
	"time"

	"vitrine/capture/frame"
)

// Compression says what a Compressor does.
type Compression struct {
	ThresholdDB float64 // where it begins, in dBFS
	Ratio       float64 // decibels in for one decibel out above the threshold, 1 or more
	KneeDB      float64 // how wide the bend around the threshold is
	// Attack and Release are the times in which 63 % of a change of gain, in decibels, is made.
	Attack, Release time.Duration
	MakeupDB        float64 // added to everything
	// RMS goes by the mean power of about 10 ms instead of the peaks of 5 ms: gentler, and later on a plosive.
	RMS bool
}

// VoiceCompression is what suits most voices after Level.
func VoiceCompression() Compression {
	return Compression{
		ThresholdDB: -20, Ratio: 3, KneeDB: 8, Attack: 5 * time.Millisecond, Release: 150 * time.Millisecond, MakeupDB: 3,
	}
}

// The gain is worked out every compStep samples, a third of a millisecond, and interpolated between.
const (
	compStep  = 16
	compPeaks = 15 // steps that the peak detector looks back, half a period at 100 Hz
)

// compKeep is what the mean power keeps after a step.
var compKeep = math.Exp(-compStep / (0.010 * frame.SampleRate))

// Compressor evens out a voice: feed-forward, with a quadratic knee and a branching smoother in decibels (Giannoulis, Massberg
// and Reiss, "Digital dynamic range compressor design", JAES 2012). It does not look ahead and adds no delay. Make it with
// NewCompressor.
type Compressor struct {
	set       Compression
	up, down  float64 // what a reduction keeps of its distance after a step while it falls and while it grows
	peaks     [compPeaks]float32
	at        int
	power     float64
	reduction float64 // dB, 0 or more
	gain      float64 // linear, where the last step ended
}

// NewCompressor returns a compressor that does c.
func NewCompressor(c Compression) *Compressor {
	k := &Compressor{}
	k.Set(c)
	k.gain = math.Pow(10, c.MakeupDB/20)
	return k
}

// Set changes what the compressor does; its gain glides.
func (c *Compressor) Set(to Compression) {
	keep := func(d time.Duration) float64 {
		return math.Exp(-compStep / max(d.Seconds()*frame.SampleRate, 1))
	}
	c.set, c.down, c.up = to, keep(to.Attack), keep(to.Release)
}

// ReductionDB is by how much the voice is turned down now, for a meter: 0 or more, make-up not counted.
func (c *Compressor) ReductionDB() float64 { return c.reduction }

// Process changes one block in place.
func (c *Compressor) Process(b *Mono) {
	for from := 0; from < len(b); from += compStep {
		part := b[from : from+compStep]
		c.smooth(c.wanted(c.level(part)))
		to := math.Pow(10, (c.set.MakeupDB-c.reduction)/20)
		g, slope := float32(c.gain), float32((to-c.gain)/compStep)
		for i := range part {
			g += slope
			part[i] *= g
		}
		c.gain = to
	}
}

// level is that of the sound up to the end of part, in dBFS.
func (c *Compressor) level(part []float32) float64 {
	var peak, sum float32
	for _, v := range part {
		peak = max(peak, v, -v)
		sum += v * v
	}
	c.peaks[c.at] = peak
	c.at = (c.at + 1) % compPeaks
	c.power = c.power*compKeep + float64(sum)/compStep*(1-compKeep)
	if c.set.RMS {
		return 10 * math.Log10(c.power+1e-12)
	}
	for _, v := range c.peaks {
		peak = max(peak, v)
	}
	return 20 * math.Log10(float64(peak)+1e-6)
}

// wanted is the reduction of the static curve at a level.
func (c *Compressor) wanted(level float64) float64 {
	slope := 1 - 1/max(c.set.Ratio, 1)
	switch over := level - c.set.ThresholdDB; {
	case 2*over <= -c.set.KneeDB:
		return 0
	case 2*over < c.set.KneeDB:
		return slope * (over + c.set.KneeDB/2) * (over + c.set.KneeDB/2) / (2 * c.set.KneeDB)
	default:
		return slope * over
	}
}

func (c *Compressor) smooth(wanted float64) {
	keep := c.up
	if wanted > c.reduction {
		keep = c.down
	}
	c.reduction = wanted + (c.reduction-wanted)*keep
}
