package mix

import (
	"math"
	"slices"
	"sync"
	"time"

	"vitrine/capture/frame"
)

// Limits of the pads.
const (
	PadCount  = 12
	PadLength = 30 * time.Second

	padVoices = 16                  // sounding at once; one more ends the oldest
	padRamp   = frame.BlockDuration // no click where a sound is cut off
)

// Sound is a short sound in memory.
type Sound struct {
	Name string
	// Samples are interleaved stereo at frame.SampleRate, at most PadLength of them. Nobody changes them any more.
	Samples []float32
}

// PadState is what a pad shows.
type PadState struct {
	Name     string
	Length   time.Duration // 0: the pad is empty
	Position time.Duration // of the newest playing, 0 when silent
	Playing  bool
	VolumeDB float64
	Overlap  bool
}

// Pads plays short sounds at once. The zero value has PadCount empty pads. Its methods may be called from any goroutine and
// never wait; numbers of pads are 0 to PadCount−1, others do nothing.
type Pads struct {
	mu     sync.Mutex
	pads   [PadCount]pad
	voices [padVoices]padVoice
	turn   uint64
}

type pad struct {
	sound   Sound
	volume  float64 // dB
	overlap bool
}

// padVoice is one sounding of a pad's sound.
type padVoice struct {
	samples []float32 // what is left; none: free
	pad     int
	turn    uint64  // the higher the newer
	played  int     // pairs
	gain    float64 // of the volume, where the last block ended
	fade    float64 // 1 down to 0 when stopped
	step    float64 // of fade, a block; 0 while it plays on
}

// Set puts a sound on a pad, cut to PadLength. What it played before is faded out.
func (p *Pads) Set(i int, s Sound) {
	s.Samples = s.Samples[:min(len(s.Samples)/2, int(inSamples(PadLength)))*2]
	p.on(i, func(one *pad) {
		p.fadeOut(i, padRamp)
		one.sound = s
	})
}

// SetVolume sets a pad's volume in dB; 0 leaves its sound as it is.
func (p *Pads) SetVolume(i int, decibels float64) {
	p.on(i, func(one *pad) { one.volume = decibels })
}

// SetOverlap says whether a pad that is triggered again sounds twice or begins again.
func (p *Pads) SetOverlap(i int, on bool) { p.on(i, func(one *pad) { one.overlap = on }) }

func (p *Pads) on(i int, f func(*pad)) {
	if i < 0 || i >= PadCount {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	f(&p.pads[i])
}

// Trigger plays a pad.
func (p *Pads) Trigger(i int) {
	p.on(i, func(one *pad) {
		if len(one.sound.Samples) == 0 {
			return
		}
		if !one.overlap {
			p.fadeOut(i, padRamp)
		}
		p.turn++
		*p.free() = padVoice{samples: one.sound.Samples, pad: i, turn: p.turn, gain: fromDecibels(one.volume), fade: 1}
	})
}

// free is a voice that can be used: a silent one, else the one that fades out, else the oldest.
func (p *Pads) free() *padVoice {
	best := &p.voices[0]
	for i := range p.voices {
		v := &p.voices[i]
		if len(v.samples) == 0 {
			return v
		}
		if stopping := v.step > 0; stopping != (best.step > 0) {
			if stopping {
				best = v
			}
		} else if v.turn < best.turn {
			best = v
		}
	}
	return best
}

// Stop fades a pad out.
func (p *Pads) Stop(i int, fade time.Duration) { p.on(i, func(*pad) { p.fadeOut(i, fade) }) }

// StopAll fades all pads out.
func (p *Pads) StopAll(fade time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.pads {
		p.fadeOut(i, fade)
	}
}

func (p *Pads) fadeOut(i int, fade time.Duration) {
	step := float64(frame.BlockDuration) / float64(max(padRamp, fade))
	for v := range p.voices {
		if p.voices[v].pad == i {
			p.voices[v].step = max(p.voices[v].step, step)
		}
	}
}

// Take writes the next 10 ms of all pads together.
func (p *Pads) Take(b *frame.Block) {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(b[:])
	for i := range p.voices {
		if v := &p.voices[i]; len(v.samples) > 0 {
			v.add(b, fromDecibels(p.pads[v.pad].volume))
		}
	}
}

// add plays the voice's next block into b, at a volume that it reaches at the block's end.
func (v *padVoice) add(b *frame.Block, volume float64) {
	fade := max(0, v.fade-v.step)
	from, to := v.gain*v.fade, volume*fade
	step := (to - from) / frame.BlockSamples
	n := min(len(b), len(v.samples))
	for i := 0; i < n; i += 2 {
		from += step
		b[i] += v.samples[i] * float32(from)
		b[i+1] += v.samples[i+1] * float32(from)
	}
	v.gain, v.fade, v.played = volume, fade, v.played+n/2
	v.samples = v.samples[n:]
	if fade < 1e-9 {
		v.samples = nil
	}
}

// State is what the pads show now.
func (p *Pads) State() []PadState {
	p.mu.Lock()
	defer p.mu.Unlock()
	states := make([]PadState, PadCount)
	for i, one := range p.pads {
		states[i] = PadState{
			Name: one.sound.Name, Length: inTime(int64(len(one.sound.Samples) / 2)),
			VolumeDB: one.volume, Overlap: one.overlap,
		}
	}
	voices := p.voices
	slices.SortFunc(voices[:], func(a, b padVoice) int { return int(a.turn) - int(b.turn) })
	for _, v := range voices {
		if len(v.samples) > 0 && v.step == 0 {
			states[v.pad].Playing, states[v.pad].Position = true, inTime(int64(v.played))
		}
	}
	return states
}

func fromDecibels(v float64) float64 { return math.Pow(10, v/20) }
