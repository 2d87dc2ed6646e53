package audio

import (
	"math"

	"vitrine/capture/frame"
)

// Gate turns the pauses of a voice down: a downward expander. It opens when the sound passes the threshold, stays open for a
// hold time after it was last above the threshold less a hysteresis, and closes down to the range. The gain moves smoothly,
// fast up and, in decibels, slowly down. It is worked out for 1.25 ms at a time from these very samples and interpolated
// between, so a word's first sound gets through without any delay of the voice. Make it with NewGate.
type Gate struct {
	threshold, reopen float64 // mean square
	floor             float64 // factor of a closed gate
	level             float64 // mean square, follows peaks at once and falls in 10 ms
	held              int     // sub-blocks left before it closes
	gain              float64 // factor, at the end of the last sub-block
}

const (
	gateStep       = 60 // samples in a sub-block
	gateHold       = 150e-3
	gateOpening    = 1e-3
	gateClosing    = 120e-3
	gateHysteresis = 4.0 // dB
)

// NewGate returns a gate, open, with a threshold of −50 dBFS and a range of 12 dB.
func NewGate() *Gate {
	g := &Gate{gain: 1}
	g.Set(-50, 12)
	return g
}

// Set changes when the gate closes and how far. The threshold is the level of a sine's peak in dBFS; the range is by how many
// decibels, 0 or more, a closed gate turns down, 0 being no gate.
func (g *Gate) Set(thresholdDB, rangeDB float64) {
	g.threshold = math.Pow(10, thresholdDB/10) / 2
	g.reopen = g.threshold * math.Pow(10, -gateHysteresis/10)
	g.floor = math.Pow(10, -max(rangeDB, 0)/20)
}

// Process changes one block in place.
func (g *Gate) Process(b *Mono) {
	fall := math.Exp(-gateStep / (10e-3 * frame.SampleRate))
	for at := 0; at < len(b); at += gateStep {
		sub := b[at:][:gateStep]
		var sum float64
		for _, v := range sub {
			sum += float64(v) * float64(v)
		}
		g.level = max(sum/gateStep, g.level*fall)
		gain := float32(g.gain)
		slope := (float32(g.move()) - gain) / gateStep
		for i := range sub {
			gain += slope
			sub[i] *= gain
		}
	}
}

// move takes the gain one sub-block on towards open or closed.
func (g *Gate) move() float64 {
	const step = gateStep / float64(frame.SampleRate)
	open := g.level > g.threshold || (g.held > 0 && g.level > g.reopen)
	if open {
		g.held = int(gateHold / step)
	} else if g.held > 0 {
		g.held--
	}
	if g.held > 0 {
		g.gain += (1 - g.gain) * (1 - math.Exp(-step/gateOpening))
	} else {
		g.gain *= math.Pow(g.floor/g.gain, 1-math.Exp(-step/gateClosing))
	}
	return g.gain
}
