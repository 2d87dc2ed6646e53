package mix

import (
	"math"

	"vitrine/capture/frame"
)

// How a Ducker hears a voice and moves. A voice opens it by voiceOver dB above the noise floor and keeps it open down to
// voiceStays dB, so that soft ends of words do not let the music jump in; a floor is the quietest 100 ms of the last 3 s.
const (
	duckDepth    = 12.0 // dB
	duckAttack   = 8    // blocks until the music is all the way down
	duckHold     = 30   // blocks after the voice was last heard
	duckRelease  = 60   // blocks until it is all the way back
	voiceOver    = 12.0 // dB
	voiceStays   = 6.0
	voiceLeast   = -50.0 // dBFS, mean power: nothing below is a voice
	floorBlocks  = 10
	floorWindows = 30
)

// Ducker makes music give way to a voice: down by DepthDB within 80 ms, held for 300 ms after the last word, back in 600 ms. The
// gain moves along a smooth curve in decibels, so that neither end is heard. Make it with NewDucker. Not safe for concurrent use.
type Ducker struct {
	// DepthDB is how far the music goes down, 0 or more.
	DepthDB float64

	floor  floor
	open   bool
	held   int
	travel float64 // 0 is up, 1 all the way down
	gain   float64 // linear, where the last block ended
}

// NewDucker returns a ducker of 12 dB with the music up.
func NewDucker() *Ducker { return &Ducker{DepthDB: duckDepth, gain: 1, floor: floor{db: Floor}} }

// Process turns a block of music down in place while the voice, of the same 10 ms, speaks. The voice is left alone; it
// should be cleaned and levelled.
func (d *Ducker) Process(music, voice *frame.Block) {
	d.hear(voice)
	if d.held > 0 {
		d.travel = min(1, d.travel+1.0/duckAttack)
	} else {
		d.travel = max(0, d.travel-1.0/duckRelease)
	}
	smooth := d.travel * d.travel * (3 - 2*d.travel)
	to := math.Pow(10, -d.DepthDB*smooth/20)
	if d.gain == 1 && to == 1 {
		return
	}
	step, g := (to-d.gain)/frame.BlockSamples, d.gain
	for i := 0; i < len(music); i += 2 {
		g += step
		music[i] *= float32(g)
		music[i+1] *= float32(g)
	}
	d.gain = to
}

// GainDB is how far the music is down now, 0 or less.
func (d *Ducker) GainDB() float64 { return 20 * math.Log10(d.gain) }

// hear decides whether there is a voice in the block.
func (d *Ducker) hear(voice *frame.Block) {
	var power float64
	for _, v := range voice {
		power += float64(v) * float64(v)
	}
	power /= float64(len(voice))
	level, over := 10*math.Log10(power+1e-12), voiceOver
	if d.open {
		over = voiceStays
	}
	d.open = level > max(voiceLeast, d.floor.db+over)
	d.floor.add(power)
	if d.open {
		d.held = duckHold + 1
	}
	d.held = max(0, d.held-1)
}

// floor finds the level of the noise behind a voice: the quietest of the last windows, in dBFS.
type floor struct {
	db      float64
	sum     float64
	blocks  int
	windows [floorWindows]float64
	n       int
}

func (f *floor) add(power float64) {
	f.sum += power
	if f.blocks++; f.blocks < floorBlocks {
		return
	}
	f.windows[f.n%floorWindows] = f.sum / floorBlocks
	f.n++
	f.sum, f.blocks = 0, 0
	least := math.Inf(1)
	for _, p := range f.windows[:min(f.n, floorWindows)] {
		least = min(least, p)
	}
	f.db = max(Floor, 10*math.Log10(least+1e-12))
}
