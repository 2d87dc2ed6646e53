package audio

import (
	"context"
	"math"

	"github.com/tetratelabs/wazero/api"

	"vitrine/capture/frame"
)

// lightNoise is RNNoise, which takes blocks of just our size, in the range of 16-bit integers. What it leaves
// of sudden noises, such as keys, is turned down further in pauses, which it tells by its own estimate whether somebody speaks.
// That estimate comes a block before the sound it is about, so no word loses its beginning.
type lightNoise struct {
	net    *program
	state  uint32
	buffer uint32
	speech int     // blocks that the last word still keeps from being a pause
	gain   float32 // at the end of the last block
}

const (
	lightSpeech = .25 // probability; keys stay below .05, most speech is above .9
	lightHold   = 15
	lightPause  = .25
)

func newLight(ctx context.Context) (l lightNoise, err error) {
	host := []hostFunction{{"__assert_fail", wasmFail, 4, 0}, {"emscripten_resize_heap", wasmGrow, 1, 1}, {"emscripten_memcpy_big", wasmCopy, 3, 1}}
	if l.net, err = startProgram(ctx, "rnnoise.wasm", "env", host, "__wasm_call_ctors", "rnnoise_process_frame", 3); err != nil {
		return l, err
	}
	if l.state, err = l.net.call(ctx, "rnnoise_create", 0); err != nil {
		return l, err
	}
	if l.buffer, err = l.net.call(ctx, "malloc", 4*frame.BlockSamples); err != nil {
		return l, err
	}
	l.gain = 1
	return l, nil
}

// process puts the cleaned sound, a block late, into out.
func (l *lightNoise) process(out, in *Mono) error {
	x := l.net.floats(l.buffer, len(in))
	for i, v := range in {
		x.set(i, v*math.MaxInt16)
	}
	args := l.net.args
	args[0], args[1], args[2] = uint64(l.state), uint64(l.buffer), uint64(l.buffer)
	if err := l.net.work.CallWithStack(context.Background(), args); err != nil {
		return err
	}
	slope := (l.target(api.DecodeF32(args[0])) - l.gain) / float32(len(out))
	x = l.net.floats(l.buffer, len(out))
	for i := range out {
		l.gain += slope
		out[i] = x.at(i) * l.gain / math.MaxInt16
	}
	return nil
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
