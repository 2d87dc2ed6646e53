package face

import "fmt"

// node is a step whose tensors have no place in memory yet.
type node struct {
	step
	from, with, to int // tensors; with is noTensor when the step has no second input
	scratch        int // floats needed while it runs
}

const noTensor = -1

// compiler turns operators into steps. It holds back what it makes until somebody needs the result: if that is the only
// one and can take it over, two steps become one. So a convolution takes the depthwise convolution before it, and the
// addition and the activation after it, and each result is written once.
type compiler struct {
	m         *model
	uses      []int  // readers of each tensor
	made      []bool // tensors that have a value, or a pending node
	dense     []bool // tensors without gaps: what callers see
	constants map[int][]float32
	unpacked  int // floats in constants
	pending   map[int]*node
	nodes     []*node
	weights   []float32
}

func compile(m *model) (*compiler, error) {
	n := len(m.tensors)
	c := &compiler{
		m: m, uses: make([]int, n), made: make([]bool, n), dense: make([]bool, n),
		constants: map[int][]float32{}, pending: map[int]*node{},
	}
	for _, o := range m.operators {
		for _, t := range o.in {
			c.uses[t]++
		}
	}
	for _, t := range m.inputs {
		c.made[t], c.dense[t] = true, true
	}
	for _, t := range m.outputs {
		c.uses[t]++
		c.dense[t] = true
	}
	for i := range m.operators {
		o := &m.operators[i]
		if c.made[o.out[0]] {
			return nil, fmt.Errorf("compile operator %d: %w: its result is there already", i, errDamaged)
		}
		if err := c.operator(o); err != nil {
			return nil, fmt.Errorf("compile operator %d: %w", i, err)
		}
		if max(len(c.weights), c.unpacked) > mostFloats {
			return nil, fmt.Errorf("compile operator %d: %w: too many weights", i, errDamaged)
		}
		if m.tensors[o.out[0]].dims[0] != 1 && c.constants[o.out[0]] == nil {
			return nil, fmt.Errorf("compile operator %d: %w: more than one picture", i, errDamaged)
		}
	}
	for _, t := range m.outputs {
		if err := c.need(t); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (c *compiler) dims(t int) dims { return c.m.tensors[t].dims }

func (c *compiler) stride(t int) int {
	if n := c.dims(t).channels(); c.dense[t] || n < 4 {
		return n
	}
	return roundUp(c.dims(t).channels())
}

// floats returns a constant, an error when the tensor is none or has not n values.
func (c *compiler) floats(t, n int) ([]float32, error) {
	v := c.constants[t]
	if v == nil {
		v = c.m.tensors[t].floats()
	}
	if v == nil || len(v) != n {
		return nil, fmt.Errorf("%w: constant %d", errDamaged, t)
	}
	return v, nil
}

// keep appends to the weights and returns where; n is the length with zeros at the end.
func (c *compiler) keep(v []float32, n int) int32 {
	at := len(c.weights)
	c.weights = append(c.weights, v...)
	c.weights = append(c.weights, make([]float32, n-len(v))...)
	return int32(at)
}

// start makes the node of an operator that reads one tensor and writes another.
func (c *compiler) start(kind int32, from, to int) (*node, error) {
	if !c.made[from] {
		return nil, fmt.Errorf("%w: tensor %d has no value", errDamaged, from)
	}
	if c.dims(from)[0] != 1 {
		return nil, fmt.Errorf("%w: more than one picture", errDamaged)
	}
	return &node{step: step{kind: kind}, from: from, with: noTensor, to: to}, nil
}

// hold keeps a node back until its result is needed.
func (c *compiler) hold(n *node) {
	c.made[n.to] = true
	c.pending[n.to] = n
}

// take returns the pending node of a tensor that nobody else reads, nil otherwise.
func (c *compiler) take(t int, kinds ...int32) *node {
	n := c.pending[t]
	if n == nil || c.uses[t] != 1 {
		return nil
	}
	for _, k := range kinds {
		if n.kind == k {
			return n
		}
	}
	return nil
}

// need makes sure that a tensor has its value before the next step.
func (c *compiler) need(t int) error {
	if !c.made[t] {
		return fmt.Errorf("%w: tensor %d has no value", errDamaged, t)
	}
	n := c.pending[t]
	if n == nil {
		return nil
	}
	delete(c.pending, t)
	return c.emit(n)
}

// emit completes a node by the shapes of its tensors and appends it.
func (c *compiler) emit(n *node) error {
	if err := c.need(n.from); err != nil {
		return err
	}
	in, out := c.dims(n.from), c.dims(n.to)
	n.inH, n.inW, n.inC, n.inS = int32(in[0]*in[1]), int32(in[2]), int32(in[3]), int32(c.stride(n.from))
	n.outH, n.outW, n.outC, n.outS = int32(out[0]*out[1]), int32(out[2]), int32(out[3]), int32(c.stride(n.to))
	if n.with != noTensor {
		if err := c.need(n.with); err != nil {
			return err
		}
		with := c.dims(n.with)
		n.otherPixels, n.otherC, n.otherS = int32(with.pixels()), int32(with.channels()), int32(c.stride(n.with))
	}
	depthwise := n.kind == stepDepthwise || n.kind == stepConv && n.front == frontDepthwise
	if depthwise && (n.inS%lanes != 0 || n.kind == stepDepthwise && n.outS%lanes != 0) {
		return fmt.Errorf("a depthwise convolution of %d channels is not known", n.inC)
	}
	n.scratch = scratch(n)
	c.nodes = append(c.nodes, n)
	return nil
}

// scratch is the memory a step needs while it runs: a row of pixels.
func scratch(n *node) int {
	switch {
	case n.kind == stepConv && n.front == frontPatches:
		return int(n.outW) * int(n.patch)
	case n.kind == stepConv && n.front == frontDepthwise:
		return int(n.outW) * int(n.inS)
	case n.kind == stepTranspose:
		return int(n.inW) * roundUp(int(n.kh)*int(n.kw)*int(n.outC))
	}
	return 0
}
