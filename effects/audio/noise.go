package audio

import (
	"context"
	"fmt"

	"vitrine/capture/frame"
)

// NoiseMode says which network cleans the voice.
type NoiseMode int

// The modes of noise suppression. Light is RNNoise (Valin, 2018) over the full band. Strong is GTCRN (Rong et al., 2024) below
// 8 kHz, with what lies above turned down as GTCRN turns down the top of its own band; it removes more, also noise that comes
// and goes, for more delay.
const (
	NoiseOff NoiseMode = iota
	NoiseLight
	NoiseStrong
)

// latency is by how many samples a mode delays the sound.
func (m NoiseMode) latency() int { return [...]int{0, frame.BlockSamples, strongLatency}[m] }

// Noise takes from one voice what is not speech. Both networks eat music: a microphone's sound is all it is for. When the mode
// changes, the new network first runs unheard for as long as its delay, then the sound is cross-faded over one block. Make it
// with NewNoise.
type Noise struct {
	light    lightNoise
	strong   strongNoise
	mode     NoiseMode
	heard    NoiseMode // mode but for the blocks after a change
	ready    int       // blocks until mode may be heard
	strength float32

	dry [3 * frame.BlockSamples]float32 // the last samples, newest last
}

// NewNoise makes machine code of RNNoise and reads GTCRN, with suppression off and the strength 100. It takes some tenths of a second.
// An error means that the caller does without noise suppression: this build has not got a model, or a damaged one.
func NewNoise(ctx context.Context) (*Noise, error) {
	strong, err := newStrong()
	if err != nil {
		return nil, fmt.Errorf("read GTCRN: %w", err)
	}
	light, err := newLight(ctx)
	if err != nil {
		return nil, fmt.Errorf("start RNNoise: %w", err)
	}
	return &Noise{light: light, strong: strong, strength: 1}, nil
}

// Close frees what NewNoise made; the Noise may not be at work or used afterwards.
func (n *Noise) Close(ctx context.Context) error { return n.light.net.close(ctx) }

// Set chooses the mode and how much of the suppressed sound is in the mix, 0 (none) to 100.
func (n *Noise) Set(mode NoiseMode, strength float64) {
	n.strength = float32(min(max(strength, 0), 100) / 100)
	if mode == n.mode {
		return
	}
	n.mode, n.ready = mode, (mode.latency()+frame.BlockSamples-1)/frame.BlockSamples
	switch mode {
	case NoiseLight:
		n.ready++
	case NoiseStrong:
		n.strong.clear()
	}
}

// Latency is by how many samples the mode that is set delays the sound: 0, 480 (10 ms) or 720 (15 ms).
func (n *Noise) Latency() int { return n.mode.latency() }

// Process cleans one block in place. An error comes from a network that broke; the block then is the microphone's, delayed, and
// the caller had better do without this Noise.
func (n *Noise) Process(b *Mono) error {
	copy(n.dry[:], n.dry[len(b):])
	copy(n.dry[len(n.dry)-len(b):], b[:])
	var wet [3]Mono
	var err error
	if n.mode == NoiseLight || n.heard == NoiseLight {
		err = n.light.process(&wet[NoiseLight], b)
	}
	if n.mode == NoiseStrong || n.heard == NoiseStrong {
		n.strong.process(&wet[NoiseStrong], b)
	}
	if err != nil {
		n.mix(b, &wet[NoiseOff], NoiseOff)
		return fmt.Errorf("suppress noise: %w", err)
	}
	n.mix(b, &wet[n.heard], n.heard)
	if n.mode == n.heard {
		return nil
	}
	if n.ready--; n.ready >= 0 {
		return nil
	}
	var next Mono
	n.mix(&next, &wet[n.mode], n.mode)
	for i := range b {
		b[i] += (next[i] - b[i]) * float32(i) / float32(len(b))
	}
	n.heard = n.mode
	return nil
}

// mix puts into b the suppressed sound and the original as late as it, by the strength.
func (n *Noise) mix(b, wet *Mono, m NoiseMode) {
	dry := n.dry[len(n.dry)-len(b)-m.latency():][:len(b)]
	if m == NoiseOff {
		copy(b[:], dry)
		return
	}
	for i, v := range dry {
		b[i] = v + (wet[i]-v)*n.strength
	}
}
