package audio

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"vitrine/assets"
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

// NewNoise reads both networks, with suppression off and the strength 100. An error means that the caller does without noise
// suppression: this build has not got a model, or another one.
func NewNoise() (*Noise, error) {
	strong, err := newStrong()
	if err != nil {
		return nil, fmt.Errorf("read GTCRN: %w", err)
	}
	light, err := newLight()
	if err != nil {
		return nil, fmt.Errorf("read RNNoise: %w", err)
	}
	return &Noise{light: light, strong: strong, strength: 1}, nil
}

// lockedModel returns the model of that name. It is an error if this build has not got it, or has one whose SHA-256 is not sum: where in
// it the weights are is known of that one only.
func lockedModel(name, sum string) ([]byte, error) {
	model := assets.Model(name)
	if model == nil {
		return nil, fmt.Errorf("%s is not part of this build", name)
	}
	if is := sha256.Sum256(model); hex.EncodeToString(is[:]) != sum {
		return nil, fmt.Errorf("%s is another one than is known here: its SHA-256 is %x", name, is)
	}
	return model, nil
}

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

// Process cleans one block in place.
func (n *Noise) Process(b *Mono) {
	copy(n.dry[:], n.dry[len(b):])
	copy(n.dry[len(n.dry)-len(b):], b[:])
	var wet [3]Mono
	if n.mode == NoiseLight || n.heard == NoiseLight {
		n.light.process(&wet[NoiseLight], b)
	}
	if n.mode == NoiseStrong || n.heard == NoiseStrong {
		n.strong.process(&wet[NoiseStrong], b)
	}
	n.mix(b, &wet[n.heard], n.heard)
	if n.mode == n.heard {
		return
	}
	if n.ready--; n.ready >= 0 {
		return
	}
	var next Mono
	n.mix(&next, &wet[n.mode], n.mode)
	for i := range b {
		b[i] += (next[i] - b[i]) * float32(i) / float32(len(b))
	}
	n.heard = n.mode
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
