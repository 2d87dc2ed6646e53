package face

import "fmt"

// Network is a model ready to run: its weights packed for the kernels, its steps, and the memory they work in. It is built
// once; Run allocates nothing. Not safe for concurrent use.
type Network struct {
	steps           []step
	weights, memory []float32
	inputs, outputs []view
}

// view is what callers see of a tensor.
type view struct{ at, size int }

// NewNetwork reads a TensorFlow Lite model of float32 or float16 weights. It knows the operators of this room's three
// models; for others, and for damaged files, it returns an error.
func NewNetwork(file []byte) (*Network, error) {
	m, err := parse(file)
	if err != nil {
		return nil, err
	}
	c, err := compile(m)
	if err != nil {
		return nil, err
	}
	size, err := c.place()
	if err != nil {
		return nil, err
	}
	// A vector after the end may be read, never used.
	n := &Network{weights: append(c.weights, make([]float32, lanes)...), memory: make([]float32, size)}
	for _, s := range c.nodes {
		n.steps = append(n.steps, s.step)
	}
	at := map[int]int{}
	for _, s := range c.nodes {
		at[s.from], at[s.to] = int(s.in), int(s.out)
	}
	see := func(list []int) []view {
		v := make([]view, len(list))
		for i, t := range list {
			v[i] = view{at[t], m.tensors[t].dims.size()}
		}
		return v
	}
	n.inputs, n.outputs = see(m.inputs), see(m.outputs)
	return n, nil
}

// newModel builds a network and checks that it has one input and the outputs of the sizes that its owner counts on.
func newModel(file []byte, input int, outputs ...int) (*Network, error) {
	if file == nil {
		return nil, fmt.Errorf("the model is missing")
	}
	n, err := NewNetwork(file)
	if err != nil {
		return nil, err
	}
	ok := len(n.inputs) == 1 && n.inputs[0].size == input && len(n.outputs) == len(outputs)
	for i := range outputs {
		ok = ok && n.outputs[i].size == outputs[i]
	}
	if !ok {
		return nil, fmt.Errorf("%w: another model", errDamaged)
	}
	return n, nil
}

// Input returns the values of an input, channels fastest, then columns, then rows. They are to be written before each Run,
// which uses the memory for other things.
func (n *Network) Input(i int) []float32 {
	v := n.inputs[i]
	return n.memory[v.at : v.at+v.size]
}

// Output returns the values of an output, valid until the next Run.
func (n *Network) Output(i int) []float32 {
	v := n.outputs[i]
	return n.memory[v.at : v.at+v.size]
}

// Run computes the outputs from the inputs.
func (n *Network) Run() { run(n.steps, n.weights, n.memory) }
