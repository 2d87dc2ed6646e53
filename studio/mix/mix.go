// Package mix makes the program's sound: the microphone through its gain, muted or not, into a level-safe master. It is
// pure: blocks in, blocks and levels out, no clock or device.
//
// One queue: a Deck's 200 blocks between its reader, the one goroutine of this room, and the mixer. The reader waits when it is
// full; when it is empty there is silence, counted.
//
// Gain and mute move over one block instead of jumping, because a step in gain is a click. The master ends in a true-peak
// limiter that leaves everything well below −1 dBTP untouched and never passes it, so a shout neither wraps here nor clips in a
// decoder. A limiter needs to look ahead, so the program leaves 5 ms late.
//
// Beside strips and master stand what a show needs around a voice: Ducker makes music give way to it, Space gives a guest a place,
// Loudness measures what platforms go by. They are joined by whoever runs the sound, because only it knows which strip is what.
package mix

import (
	"math"

	"vitrine/capture/frame"
)

// Floor is the lowest level a meter shows, in dBFS: below it is silence.
const Floor = -90.0

// Level is what a meter shows, in dBFS (0 is full scale), never below Floor.
type Level struct {
	// Peak is the highest sample of the last block with the fall-back of a peak programme meter (IEC 60268-18: 20 dB in
	// 1.7 s); RMS is the mean power over about 300 ms.
	Peak, RMS float64
	// Clipped says that a sample reached full scale within the last second.
	Clipped bool
}

// Meter measures blocks. The zero value is ready. Not safe for concurrent use.
type Meter struct {
	peak, power float64
	hold        int
}

// Fall-back and integration per block of 10 ms, and how long the clip light stays on.
var (
	peakFall = math.Pow(10, -20.0/20/170)
	rmsKeep  = math.Exp(-10.0 / 300)
)

const clipBlocks = 100

// Add measures one block.
func (m *Meter) Add(b *frame.Block) {
	var top, sum float64
	for _, s := range b {
		v := math.Abs(float64(s))
		top = max(top, v)
		sum += v * v
	}
	m.peak = max(top, m.peak*peakFall)
	m.power = m.power*rmsKeep + sum/float64(len(b))*(1-rmsKeep)
	if m.hold > 0 {
		m.hold--
	}
	if top >= 1 {
		m.hold = clipBlocks
	}
}

// Level is what the meter shows now.
func (m *Meter) Level() Level {
	return Level{Peak: decibels(m.peak), RMS: decibels(math.Sqrt(m.power)), Clipped: m.hold > 0}
}

func decibels(v float64) float64 {
	return max(Floor, 20*math.Log10(max(v, 1e-9)))
}

// Strip is one input of the mixer. The zero value passes sound unchanged. Not safe for concurrent use.
type Strip struct {
	GainDB float64
	Muted  bool
	Meter  Meter

	gain    float64 // linear, where the last block ended
	started bool
}

// Process applies gain and mute in place and measures what is left.
func (s *Strip) Process(b *frame.Block) {
	target := math.Pow(10, s.GainDB/20)
	if s.Muted {
		target = 0
	}
	if !s.started {
		s.gain, s.started = target, true
	}
	if s.gain != 1 || target != 1 {
		step := (target - s.gain) / frame.BlockSamples
		g := s.gain
		for i := 0; i < len(b); i += 2 {
			g += step
			b[i] *= float32(g)
			b[i+1] *= float32(g)
		}
		s.gain = target
	}
	s.Meter.Add(b)
}

// Master is the last stage before the encoder. The zero value is ready. Not safe for concurrent use.
type Master struct {
	Meter   Meter
	limiter Limiter
}

// Process measures the block, clip light included, then replaces it by the one LimiterDelay earlier, at or below Ceiling.
func (m *Master) Process(b *frame.Block) {
	m.Meter.Add(b)
	m.limiter.Process(b)
}
