package studio

import (
	"math"

	"vitrine/capture/frame"
)

// chime is what the speaker test plays: two soft bell tones, left then right, so that the host hears which side is which.
func chime() []frame.Block {
	const (
		seconds = 1.4
		blocks  = int(seconds * frame.SampleRate / frame.BlockSamples)
	)
	out := make([]frame.Block, blocks)
	tone := func(channel int, start, hertz float64) {
		from := int(start * frame.SampleRate)
		for i := from; i < blocks*frame.BlockSamples; i++ {
			t := float64(i-from) / frame.SampleRate
			attack := 1 - math.Exp(-t*400)
			v := 0.25 * attack * math.Exp(-t*5) * (math.Sin(2*math.Pi*hertz*t) + 0.3*math.Sin(4*math.Pi*hertz*t))
			out[i/frame.BlockSamples][2*(i%frame.BlockSamples)+channel] += float32(v)
		}
	}
	tone(0, 0, 660)
	tone(1, 0.6, 880)
	return out
}
