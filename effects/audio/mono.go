package audio

import "vitrine/capture/frame"

// Mono is 10 ms of one channel at 48 kHz, full scale ±1.
type Mono [frame.BlockSamples]float32
