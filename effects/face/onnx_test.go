package face

import (
	"encoding/binary"
	"fmt"
	"math"
)

// onnx writes a parsed model out as an ONNX file (onnx.ai: onnx.proto3, operators of set 14), so that another runtime can run the very
// same network. Tensors are NCHW there; a new shape is taken in the order of our files, NHWC, and so are the outputs.
type onnx struct {
	m        *model
	unpacked map[int][]float32 // constants that an operator of the model makes
	graph    message
	names    int // made up
}

// onnxOf writes a model; its input is called in and is NCHW, its outputs out0, out1 … are NHWC.
func onnxOf(file []byte) ([]byte, error) {
	m, err := parse(file)
	if err != nil {
		return nil, err
	}
	o := &onnx{m: m, unpacked: map[int][]float32{}}
	d := m.tensors[m.inputs[0]].dims
	o.graph.text(2, "network")
	o.graph.text(11, end("in", d[0], d[3], d[1], d[2]))
	o.put("Identity", tensorName(m.inputs[0]), "in")
	for i := range m.operators {
		if err := o.operator(&m.operators[i]); err != nil {
			return nil, fmt.Errorf("operator %d: %w", i, err)
		}
	}
	for i, t := range m.outputs {
		d := m.tensors[t].dims
		o.put("Transpose", fmt.Sprintf("out%d", i), tensorName(t), integers("perm", 0, 2, 3, 1))
		o.graph.text(12, end(fmt.Sprintf("out%d", i), d[:]...))
	}
	var set, all message
	set.number(2, 14)
	all.number(1, 8)
	all.text(8, string(set))
	all.text(7, string(o.graph))
	return all, nil
}

func (o *onnx) operator(op *operator) error {
	from, to, p := tensorName(op.in[0]), tensorName(op.out[0]), op.options
	d := o.m.tensors[op.out[0]].dims
	strides := integers("strides", p.int32(2, 0), p.int32(1, 0))
	switch op.code {
	case opDequantize:
		o.unpacked[op.out[0]] = o.floats(op.in[0])
	case opConv:
		o.conv(op, 1, p.int8(3), strides)
	case opDepthwise:
		o.conv(op, d.channels(), p.int8(4), strides)
	case opCustom:
		w := o.m.tensors[op.in[1]].dims
		o.put("ConvTranspose", to, from, o.kernel(op.in[1], 3, 0), o.constant(o.floats(op.in[2]), w[0]), integers("strides", w[1], w[2]))
	case opAdd:
		o.acted(p.int8(0), "Add", to, from, tensorName(op.in[1]))
	case opMul:
		o.acted(p.int8(0), "Mul", to, from, tensorName(op.in[1]))
	case opRelu:
		o.put("Relu", to, from)
	case opRelu6:
		o.clip(to, from)
	case opHardSwish:
		o.put("HardSwish", to, from)
	case opLogistic:
		o.put("Sigmoid", to, from)
	case opPrelu:
		o.put("PRelu", to, from, o.constant(o.floats(op.in[1]), d.channels(), 1, 1))
	case opMaxPool:
		kh, kw := p.int32(4, 0), p.int32(3, 0)
		o.put("MaxPool", to, from, integers("kernel_shape", kh, kw), strides, o.pads(op, kh, kw))
	case opMean:
		o.put("ReduceMean", to, from, integers("axes", 2, 3))
	case opResizeBilinear:
		o.put("Resize", to, from, "", "", o.numbers(d[0], d[3], d[1], d[2]), phrase("mode", "linear"), phrase("coordinate_transformation_mode", "half_pixel"))
	case opPad:
		n := o.m.tensors[op.in[1]].ints()
		o.put("Pad", to, from, o.numbers(n[0], n[6], n[2], n[4], n[1], n[7], n[3], n[5]))
	case opReshape:
		rows, shaped := o.name(), o.name()
		o.put("Transpose", rows, from, integers("perm", 0, 2, 3, 1))
		o.put("Reshape", shaped, rows, o.numbers(d[:]...))
		o.put("Transpose", to, shaped, integers("perm", 0, 3, 1, 2))
	case opConcatenation:
		axis := p.int32(0, 0) + len(d) - o.m.tensors[op.out[0]].rank
		parts := []any{integer("axis", []int{0, 2, 3, 1}[axis])}
		for _, t := range op.in {
			parts = append(parts, tensorName(t))
		}
		o.put("Concat", to, parts...)
	default:
		return fmt.Errorf("operator %d is not known", op.code)
	}
	return nil
}

func (o *onnx) conv(op *operator, groups, act int, strides attribute) {
	w, first, second := o.m.tensors[op.in[1]].dims, 0, 3
	if groups > 1 {
		first, second = 3, 0
	}
	o.acted(act, "Conv", tensorName(op.out[0]), tensorName(op.in[0]), o.kernel(op.in[1], first, second),
		o.constant(o.floats(op.in[2]), w[first]), strides, integer("group", groups), o.pads(op, w[1], w[2]))
}

// kernel is a constant of four dimensions with two of them, named by where they stand, before height and width.
func (o *onnx) kernel(t, first, second int) string {
	d, v := o.m.tensors[t].dims, o.floats(t)
	turned := make([]float32, 0, len(v))
	for a := range d[first] {
		for b := range d[second] {
			at := map[int]int{first: a, second: b}
			for k := range d[1] * d[2] {
				turned = append(turned, v[(at[0]*d[1]*d[2]+k)*d[3]+at[3]])
			}
		}
	}
	return o.constant(turned, d[first], d[second], d[1], d[2])
}

// pads are the zeros around, as the compiler of our own executor finds them.
func (o *onnx) pads(op *operator, kh, kw int) attribute {
	in, out, p := o.m.tensors[op.in[0]].dims, o.m.tensors[op.out[0]].dims, op.options
	sh, sw := p.int32(2, 0), p.int32(1, 0)
	if p.int8(0) != 0 {
		return integers("pads", 0, 0, 0, 0)
	}
	h, w := max((out[1]-1)*sh+kh-in[1], 0), max((out[2]-1)*sw+kw-in[2], 0)
	return integers("pads", h/2, w/2, h-h/2, w-w/2)
}

// acted puts an operator and the activation that it has built in.
func (o *onnx) acted(act int, kind, to string, with ...any) {
	switch raw := o.name(); act {
	case 1:
		o.put(kind, raw, with...)
		o.put("Relu", to, raw)
	case 3:
		o.put(kind, raw, with...)
		o.clip(to, raw)
	default:
		o.put(kind, to, with...)
	}
}

func (o *onnx) clip(to, from string) {
	o.put("Clip", to, from, o.constant([]float32{0}), o.constant([]float32{6}))
}

func (o *onnx) floats(t int) []float32 {
	if v := o.unpacked[t]; v != nil {
		return v
	}
	return o.m.tensors[t].floats()
}

func tensorName(t int) string { return fmt.Sprintf("t%d", t) }

func (o *onnx) name() string {
	o.names++
	return fmt.Sprintf("x%d", o.names)
}

// constant adds values that do not change; without dimensions it is one number.
func (o *onnx) constant(v []float32, dims ...int) string {
	var raw []byte
	for _, one := range v {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(one))
	}
	return o.initial(1, raw, dims)
}

func (o *onnx) numbers(v ...int) string {
	var raw []byte
	for _, one := range v {
		raw = binary.LittleEndian.AppendUint64(raw, uint64(one))
	}
	return o.initial(7, raw, []int{len(v)})
}

func (o *onnx) initial(kind int, raw []byte, dims []int) string {
	var t message
	for _, n := range dims {
		t.number(1, n)
	}
	name := o.name()
	t.number(2, kind)
	t.text(8, name)
	t.text(9, string(raw))
	o.graph.text(5, string(t))
	return name
}

// attribute is what an operator of ONNX is told beside its inputs.
type attribute string

func integer(name string, v int) attribute {
	var a message
	a.text(1, name)
	a.number(3, v)
	a.number(20, 2)
	return attribute(a)
}

func phrase(name, v string) attribute {
	var a message
	a.text(1, name)
	a.text(4, v)
	a.number(20, 3)
	return attribute(a)
}

func integers(name string, v ...int) attribute {
	var a message
	a.text(1, name)
	for _, one := range v {
		a.number(8, one)
	}
	a.number(20, 7)
	return attribute(a)
}

// put adds an operator with its inputs, which are names, and attributes.
func (o *onnx) put(kind, to string, with ...any) {
	var n message
	n.text(2, to)
	n.text(4, kind)
	for _, one := range with {
		switch v := one.(type) {
		case string:
			n.text(1, v)
		case attribute:
			n.text(5, string(v))
		}
	}
	o.graph.text(1, string(n))
}

// end describes an input or output of the network.
func end(name string, dims ...int) string {
	var shape, tensor, kind, v message
	for _, n := range dims {
		var d message
		d.number(1, n)
		shape.text(1, string(d))
	}
	tensor.number(1, 1)
	tensor.text(2, string(shape))
	kind.text(1, string(tensor))
	v.text(1, name)
	v.text(2, string(kind))
	return string(v)
}

// message is a protocol buffer being written (protobuf.dev, "Encoding").
type message []byte

func (p *message) number(field, v int) {
	*p = binary.AppendUvarint(*p, uint64(field)<<3)
	*p = binary.AppendUvarint(*p, uint64(v))
}

func (p *message) text(field int, v string) {
	*p = binary.AppendUvarint(*p, uint64(field)<<3|2)
	*p = append(binary.AppendUvarint(*p, uint64(len(v))), v...)
}
