package studio

import (
	"context"
	"math"

	"vitrine/capture/frame"
)

// cash is what a new order sounds like: three quick bright bells, the last one ringing out. It is in both ears, and short, because the
// host is speaking.
func cash() []frame.Block {
	const (
		seconds = 0.9
		blocks  = int(seconds * frame.SampleRate / frame.BlockSamples)
	)
	out := make([]frame.Block, blocks)
	bell := func(start, hertz, loud, decay float64) {
		from := int(start * frame.SampleRate)
		for i := from; i < blocks*frame.BlockSamples; i++ {
			t := float64(i-from) / frame.SampleRate
			ring := math.Sin(2*math.Pi*hertz*t) + 0.4*math.Sin(2*math.Pi*2.76*hertz*t)*math.Exp(-t*9) // a bell's second partial dies first
			v := float32(loud * (1 - math.Exp(-t*900)) * math.Exp(-t*decay) * ring)
			out[i/frame.BlockSamples][2*(i%frame.BlockSamples)] += v
			out[i/frame.BlockSamples][2*(i%frame.BlockSamples)+1] += v
		}
	}
	bell(0, 1318.5, 0.10, 14)
	bell(0.07, 1568, 0.10, 14)
	bell(0.14, 2093, 0.14, 6)
	return out
}

// ChimeOrder plays the sound of a new order on the host's speaker, which viewers do not hear, unless the host has switched it off or it
// is heard already. A speaker that does not play leaves the host with what the window says.
func (s *Session) ChimeOrder(ctx context.Context) error {
	return s.do(ctx, func() error {
		if !s.settings.QuietOrders {
			s.chime("", cash())
		}
		return nil
	})
}

// SetOrderChime has a sound tell the host of new orders, or not.
func (s *Session) SetOrderChime(ctx context.Context, on bool) error {
	return s.do(ctx, func() error {
		s.change(func(set *Settings) { set.QuietOrders = !on })
		return nil
	})
}
