package audio

import "math"

// lightNoise is RNNoise, which takes blocks of just our size, in the range of 16-bit integers. What it leaves
// of sudden noises, such as keys, is turned down further in pauses, which it tells by its own estimate whether somebody speaks.
// That estimate comes a block before the sound it is about, so no word loses its beginning.
type lightNoise struct {
	net    *rnnoise
	speech int     // blocks that the last word still keeps from being a pause
	gain   float32 // at the end of the last block
}

const (
	lightSpeech = .25 // probability; keys stay below .05, most speech is above .9
	lightHold   = 15
	lightPause  = .25
)

func newLight() (l lightNoise, err error) {
	l.net, err = newRNNoise()
	l.gain = 1
	return l, err
}

// process puts the cleaned sound, a block late, into out.
func (l *lightNoise) process(out, in *Mono) {
	for i, v := range in {
		out[i] = v * math.MaxInt16
	}
	slope := (l.target(l.net.process(out)) - l.gain) / float32(len(out))
	for i, v := range out {
		l.gain += slope
		out[i] = v * l.gain / math.MaxInt16
	}
}

// target is the gain to reach in a block's time: at once where speech begins, little by little where it ends.
func (l *lightNoise) target(probability float32) float32 {
	if probability > lightSpeech {
		l.speech = lightHold
	} else if l.speech > 0 {
		l.speech--
	}
	if l.speech > 0 {
		return 1
	}
	return max(lightPause, l.gain*.85)
}
