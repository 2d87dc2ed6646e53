package audio

// rnNetwork is RNNoise's network (section "Deep learning architecture"): a dense layer, then three recurrent units that tell in turn
// whether somebody speaks, what the noise is, and what of each band to keep. The latter two hear the features again.
type rnNetwork struct {
	dense                 rnLayer
	voice, noise, denoise rnUnit
	speech, gains         rnLayer

	gain [rnBands]float32
}

// process returns the gain of each band, which stays as it is until the next call, and the probability of speech.
func (n *rnNetwork) process(features []float32) (gain *[rnBands]float32, speech float32) {
	n.dense.hear(features)
	heard := n.dense.run(0, len(n.dense.y), 1)
	for i, v := range heard {
		heard[i] = hyperbolic(v)
	}
	n.voice.step(heard)
	n.noise.step(heard, n.voice.h, features)
	n.denoise.step(n.voice.h, n.noise.h, features)
	n.speech.hear(n.voice.h)
	n.gains.hear(n.denoise.h)
	for i, v := range n.gains.run(0, rnBands, 1) {
		n.gain[i] = sigmoid(v)
	}
	return &n.gain, sigmoid(n.speech.run(0, 1, 1)[0])
}

// rnLayer is a matrix of weights, an input a row.
type rnLayer struct {
	x  []float32 // 1, whose row is the bias, then the inputs
	w  []float32
	at []int32 // where rows begin
	y  []float32
}

// hear sets the first inputs.
func (l *rnLayer) hear(inputs ...[]float32) {
	rest := l.x[1:]
	for _, x := range inputs {
		rest = rest[copy(rest, x):]
	}
}

// run computes some outputs; those below zero are multiplied by slope.
func (l *rnLayer) run(from, to int, slope float32) []float32 {
	y := l.y[from:to]
	weigh(y, l.w[from:], l.at, l.x, slope)
	return y
}

// weigh puts into y the sum of rows of x, which begin at at, each as often as w says; what is below zero is multiplied by slope. Rows one
// number apart from each other make a correlation of it.
func weigh(y, x []float32, at []int32, w []float32, slope float32) {
	netRows(1, 1, len(w), len(y), y, len(y), x, at, 0, w, noBias, slope)
}

// noBias is not on the stack, because a kernel gets its address.
var noBias = make([]float32, 1)

// rnUnit are gated recurrent units. Unlike GTCRN's, they reset the state before it is weighed, and end in a rectifier instead of a
// hyperbolic tangent. Columns of the layer are the gates that keep, those that reset, and the new state; its last inputs the state.
type rnUnit struct {
	layer rnLayer
	h     []float32
}

func (u *rnUnit) step(inputs ...[]float32) {
	n := len(u.h)
	state := u.layer.x[len(u.layer.x)-n:]
	copy(state, u.h)
	u.layer.hear(inputs...)
	gates := u.layer.run(0, 2*n, 1)
	for i := range state {
		state[i] *= sigmoid(gates[n+i])
	}
	for i, fresh := range u.layer.run(2*n, 3*n, 0) {
		u.h[i] = fresh + sigmoid(gates[i])*(u.h[i]-fresh)
	}
}

// rnSum is the SHA-256 of rnnoise.wasm, from whose byte rnFirst on weights are: 256 times as large, as 8-bit integers.
const (
	rnSum   = "378fd17c294db15ee4e818ba5ef072242a21c8ad7445b483f7f46d7dc4f2c253"
	rnFirst = 65227
)

// newRNNetwork reads the network out of rnnoise.wasm.
func newRNNetwork() (*rnNetwork, error) {
	program, err := lockedModel("rnnoise.wasm", rnSum)
	if err != nil {
		return nil, err
	}
	t := &rnTape{rest: program[rnFirst:]}
	n := &rnNetwork{dense: t.layer(rnInputs, 0, 24), voice: t.unit(24, 24), noise: t.unit(24+24+rnInputs, 48), denoise: t.unit(24+48+rnInputs, 96)}
	n.gains, n.speech = t.layer(96, 0, rnBands), t.layer(24, 0, 1)
	return n, nil
}

// rnTape reads weights one after the other.
type rnTape struct{ rest []byte }

// next reads n weights, and over what is left of the last 16 bytes.
func (t *rnTape) next(n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(int8(t.rest[i])) / 256
	}
	t.rest = t.rest[(n+15)/16*16:]
	return x
}

// layer reads biases, then the weights by input, then by state.
func (t *rnTape) layer(ins, states, outs int) rnLayer {
	rows := 1 + ins + states
	l := rnLayer{x: make([]float32, rows), w: netSpace(rows * outs)[:0], at: rowsAt(rows, outs, 0), y: make([]float32, outs)}
	l.x[0] = 1
	for _, rows := range [...]int{1, ins, states} {
		l.w = append(l.w, t.next(rows*outs)...)
	}
	return l
}

func (t *rnTape) unit(ins, states int) rnUnit {
	return rnUnit{layer: t.layer(ins, states, 3*states), h: make([]float32, states)}
}
