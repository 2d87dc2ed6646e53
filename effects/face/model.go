package face

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// model is a TensorFlow Lite file as far as this room needs it: one subgraph of operators on tensors of float32, with
// constants of float32, float16 or int32 (tensorflow/lite/schema/schema.fbs, version 3).
type model struct {
	tensors         []tensor
	operators       []operator
	inputs, outputs []int
}

// tensor is a shape and, for constants, its raw content.
type tensor struct {
	dims  dims
	rank  int
	kind  int
	bytes []byte
}

// dims is a shape filled with ones from the left to batch, height, width and channels.
type dims [4]int

func (d dims) size() int     { return d[0] * d[1] * d[2] * d[3] }
func (d dims) pixels() int   { return d[0] * d[1] * d[2] }
func (d dims) channels() int { return d[3] }

type operator struct {
	code    opcode
	in, out []int
	options table
	custom  []byte
}

type opcode int

// The operators that the three models use, numbered as in the schema's BuiltinOperator.
const (
	opAdd            opcode = 0
	opConcatenation  opcode = 2
	opConv           opcode = 3
	opDepthwise      opcode = 4
	opDequantize     opcode = 6
	opLogistic       opcode = 14
	opMaxPool        opcode = 17
	opMul            opcode = 18
	opRelu           opcode = 19
	opRelu6          opcode = 21
	opReshape        opcode = 22
	opResizeBilinear opcode = 23
	opCustom         opcode = 32
	opPad            opcode = 34
	opMean           opcode = 40
	opPrelu          opcode = 54
	opHardSwish      opcode = 117
)

// transposeName is MediaPipe's own operator: a transposed convolution with a bias.
const transposeName = "Convolution2DTransposeBias"

const (
	kindFloat32 = 0
	kindFloat16 = 1
	kindInt32   = 2
)

// mostFloats bounds a tensor and the memory of a network: 64 MB.
const mostFloats = 1 << 24

var errDamaged = errors.New("the model file is damaged")

// parse reads a model and checks that all its numbers are in range; that operators fit their tensors is checked where
// they are compiled.
func parse(b []byte) (*model, error) {
	f := &flatbuffer{b: b}
	if len(b) < 8 || string(b[4:8]) != "TFL3" {
		return nil, fmt.Errorf("read model: %w: no TensorFlow Lite file", errDamaged)
	}
	root := f.root()
	graphs := root.tables(2)
	if len(graphs) != 1 || f.broken {
		return nil, fmt.Errorf("read model: %w: %d graphs", errDamaged, len(graphs))
	}
	m := &model{inputs: graphs[0].ints(1), outputs: graphs[0].ints(2)}
	if err := m.readTensors(graphs[0].tables(0), root.tables(4)); err != nil {
		return nil, err
	}
	if err := m.readOperators(graphs[0].tables(3), root.tables(1)); err != nil {
		return nil, err
	}
	for _, list := range [][]int{m.inputs, m.outputs} {
		if len(list) == 0 || !m.known(list) {
			return nil, fmt.Errorf("read model: %w: inputs or outputs", errDamaged)
		}
	}
	if f.broken {
		return nil, fmt.Errorf("read model: %w", errDamaged)
	}
	return m, nil
}

func (m *model) known(list []int) bool {
	for _, t := range list {
		if t < 0 || t >= len(m.tensors) {
			return false
		}
	}
	return true
}

func (m *model) readTensors(tensors, buffers []table) error {
	m.tensors = make([]tensor, len(tensors))
	for i, t := range tensors {
		buffer := t.int32(2, 0)
		shape := t.ints(0)
		if buffer < 0 || buffer >= len(buffers) || len(shape) > len(dims{}) {
			return fmt.Errorf("read tensor %d: %w", i, errDamaged)
		}
		d := dims{1, 1, 1, 1}
		size := 1
		for k, n := range shape {
			if n < 1 || n > mostFloats/size {
				return fmt.Errorf("read tensor %d: %w: shape %v", i, errDamaged, shape)
			}
			size *= n
			d[len(d)-len(shape)+k] = n
		}
		m.tensors[i] = tensor{dims: d, rank: len(shape), kind: t.int8(1), bytes: buffers[buffer].bytes(0, 1)}
	}
	return nil
}

func (m *model) readOperators(operators, codes []table) error {
	m.operators = make([]operator, len(operators))
	for i, t := range operators {
		code := t.int32(0, 0)
		if code < 0 || code >= len(codes) {
			return fmt.Errorf("read operator %d: %w", i, errDamaged)
		}
		// Small numbers are kept in an older field of one byte.
		o := operator{
			code: opcode(max(codes[code].int8(0), codes[code].int32(3, 0))),
			in:   t.ints(1), out: t.ints(2), options: t.table(4), custom: t.bytes(5, 1),
		}
		if name := codes[code].string(1); o.code == opCustom && name != transposeName {
			return fmt.Errorf("read operator %d: %q is not known", i, name)
		}
		if len(o.in) == 0 || len(o.out) != 1 || !m.known(o.in) || !m.known(o.out) {
			return fmt.Errorf("read operator %d: %w: tensors %v to %v", i, errDamaged, o.in, o.out)
		}
		m.operators[i] = o
	}
	return nil
}

// floats returns the values of a constant tensor, or nil if it is none.
func (t *tensor) floats() []float32 {
	n := t.dims.size()
	switch {
	case t.kind == kindFloat32 && len(t.bytes) == 4*n:
		v := make([]float32, n)
		for i := range v {
			v[i] = math.Float32frombits(binary.LittleEndian.Uint32(t.bytes[4*i:]))
		}
		return v
	case t.kind == kindFloat16 && len(t.bytes) == 2*n:
		v := make([]float32, n)
		for i := range v {
			v[i] = half(binary.LittleEndian.Uint16(t.bytes[2*i:]))
		}
		return v
	}
	return nil
}

// ints returns the values of a constant tensor of whole numbers, or nil if it is none.
func (t *tensor) ints() []int {
	if t.kind != kindInt32 || len(t.bytes) != 4*t.dims.size() || t.dims.size() > mostElements {
		return nil
	}
	v := make([]int, len(t.bytes)/4)
	for i := range v {
		v[i] = int(int32(binary.LittleEndian.Uint32(t.bytes[4*i:])))
	}
	return v
}

// half converts IEEE 754 binary16.
func half(b uint16) float32 {
	sign, exponent, fraction := uint32(b>>15)<<31, uint32(b>>10)&31, uint32(b)&1023
	switch exponent {
	case 0:
		v := float32(fraction) / (1 << 24)
		return math.Float32frombits(math.Float32bits(v) | sign)
	case 31:
		return math.Float32frombits(sign | 0xff<<23 | fraction<<13)
	}
	return math.Float32frombits(sign | (exponent+127-15)<<23 | fraction<<13)
}
