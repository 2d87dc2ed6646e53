package face

import "fmt"

func (c *compiler) operator(o *operator) error {
	switch o.code {
	case opDequantize:
		return c.dequantize(o)
	case opConv:
		return c.conv(o)
	case opDepthwise:
		return c.depthwise(o)
	case opCustom:
		return c.transpose(o)
	case opAdd:
		return c.add(o)
	case opMul:
		return c.mul(o)
	case opRelu, opRelu6, opHardSwish, opLogistic, opPrelu:
		return c.activation(o)
	case opMaxPool:
		return c.maxPool(o)
	case opMean:
		return c.mean(o)
	case opResizeBilinear:
		return c.resize(o)
	case opPad:
		return c.pad(o)
	case opReshape, opConcatenation:
		return c.concatenate(o)
	}
	return fmt.Errorf("operator %d is not known", o.code)
}

// fused reads the activation that an operator has built in.
func fused(o *operator, field int) (int32, error) {
	switch o.options.int8(field) {
	case 0:
		return actNone, nil
	case 1:
		return actRelu, nil
	case 3:
		return actRelu6, nil
	}
	return 0, fmt.Errorf("built-in activation %d is not known", o.options.int8(field))
}

func (c *compiler) dequantize(o *operator) error {
	v := c.m.tensors[o.in[0]].floats()
	if v == nil || len(v) != c.dims(o.out[0]).size() {
		return fmt.Errorf("%w: dequantized tensor %d", errDamaged, o.in[0])
	}
	c.constants[o.out[0]] = v
	c.unpacked += len(v)
	return nil
}

func needs(o *operator, inputs int) error {
	if len(o.in) != inputs {
		return fmt.Errorf("%w: %d inputs", errDamaged, len(o.in))
	}
	return nil
}

func (c *compiler) add(o *operator) error {
	if err := needs(o, 2); err != nil {
		return err
	}
	act, err := fused(o, 0)
	if err != nil {
		return err
	}
	for i, t := range o.in {
		n, other := c.take(t, stepConv), o.in[1-i]
		if n == nil || n.act != actNone || n.with != noTensor || !c.made[other] {
			continue
		}
		// Zeros in added channels need no adding.
		if p := c.take(other, stepPad); p != nil && c.dims(p.to) == c.dims(t) && c.dims(p.from).pixels() == c.dims(t).pixels() {
			delete(c.pending, other)
			other = p.from
		} else if c.dims(other) != c.dims(t) {
			continue
		}
		if c.dims(o.out[0]) != c.dims(t) {
			break
		}
		if err := c.need(other); err != nil {
			return err
		}
		delete(c.pending, t)
		n.with, n.to, n.act = other, o.out[0], act
		c.hold(n)
		return nil
	}
	return c.binary(stepAdd, o, act)
}

func (c *compiler) mul(o *operator) error {
	if err := needs(o, 2); err != nil {
		return err
	}
	act, err := fused(o, 0)
	if err != nil {
		return err
	}
	return c.binary(stepMul, o, act)
}

// binary combines two tensors of one shape, or each pixel of one with the only pixel of the other.
func (c *compiler) binary(kind int32, o *operator, act int32) error {
	a, b, to := o.in[0], o.in[1], o.out[0]
	if c.dims(a).pixels() == 1 {
		a, b = b, a
	}
	n, err := c.start(kind, a, to)
	if err != nil {
		return err
	}
	da, db := c.dims(a), c.dims(b)
	if !c.made[b] || c.dims(to) != da || db.channels() != da.channels() || db != da && db.pixels() != 1 {
		return fmt.Errorf("%w: %v and %v to %v", errDamaged, da, db, c.dims(to))
	}
	n.with, n.act = b, act
	c.hold(n)
	return nil
}

func (c *compiler) activation(o *operator) error {
	from, to := o.in[0], o.out[0]
	if !c.made[from] || c.dims(from) != c.dims(to) {
		return fmt.Errorf("%w: activation of %v to %v", errDamaged, c.dims(from), c.dims(to))
	}
	n := c.take(from, stepConv, stepDepthwise, stepAdd, stepMul)
	if n != nil && n.act == actNone && (o.code != opPrelu || n.front != frontDepthwise || n.frontAct != actPrelu) {
		delete(c.pending, from)
		n.to = to
	} else {
		var err error
		if n, err = c.start(stepAct, from, to); err != nil {
			return err
		}
	}
	switch o.code {
	case opRelu:
		n.act = actRelu
	case opRelu6:
		n.act = actRelu6
	case opHardSwish:
		n.act = actHardSwish
	case opLogistic:
		n.act = actLogistic
	case opPrelu:
		if err := needs(o, 2); err != nil {
			return err
		}
		alpha, err := c.floats(o.in[1], c.dims(to).channels())
		if err != nil {
			return err
		}
		n.act, n.alpha = actPrelu, c.keep(alpha, roundUp(len(alpha)))
	}
	c.hold(n)
	return nil
}

func (c *compiler) maxPool(o *operator) error {
	from, to, p := o.in[0], o.out[0], o.options
	n, err := c.start(stepMaxPool, from, to)
	if err != nil {
		return err
	}
	if act, err := fused(o, 5); err != nil || act != actNone || c.dims(from).channels() != c.dims(to).channels() {
		return fmt.Errorf("%w: pooling", errDamaged)
	}
	if err := n.window(c.dims(from), c.dims(to), p.int32(4, 0), p.int32(3, 0), p.int32(2, 0), p.int32(1, 0), p.int8(0) == 0); err != nil {
		return err
	}
	c.hold(n)
	return nil
}

func (c *compiler) mean(o *operator) error {
	n, err := c.start(stepMean, o.in[0], o.out[0])
	if err != nil {
		return err
	}
	var axes []int
	if len(o.in) == 2 {
		axes = c.m.tensors[o.in[1]].ints()
	}
	out := c.dims(o.out[0])
	if len(axes) != 2 || axes[0] != 1 || axes[1] != 2 || out.pixels() != 1 || out.channels() != c.dims(o.in[0]).channels() {
		return fmt.Errorf("mean over %v is not known", axes)
	}
	c.hold(n)
	return nil
}

func (c *compiler) resize(o *operator) error {
	n, err := c.start(stepResize, o.in[0], o.out[0])
	if err != nil {
		return err
	}
	corners, centres := o.options.int8(2) != 0, o.options.int8(3) != 0
	if corners || !centres || c.dims(o.in[0]).channels() != c.dims(o.out[0]).channels() {
		return fmt.Errorf("resizing other than by pixel centres is not known")
	}
	c.hold(n)
	return nil
}

func (c *compiler) pad(o *operator) error {
	from, to := o.in[0], o.out[0]
	n, err := c.start(stepPad, from, to)
	if err != nil {
		return err
	}
	var pads []int
	if len(o.in) == 2 {
		pads = c.m.tensors[o.in[1]].ints()
	}
	if len(pads) != 8 || c.m.tensors[from].rank != 4 {
		return fmt.Errorf("%w: padding %v", errDamaged, pads)
	}
	for i, size := range c.dims(from) {
		before, after := pads[2*i], pads[2*i+1]
		if min(before, after) < 0 || size+before+after != c.dims(to)[i] || before != 0 && i != 1 && i != 2 {
			return fmt.Errorf("padding %v is not known", pads)
		}
	}
	n.top, n.left = int32(pads[2]), int32(pads[4])
	c.hold(n)
	return nil
}

// concatenate puts tensors one after the other, which is joining along the first axis that is longer than 1; a new shape
// is the same with one tensor.
func (c *compiler) concatenate(o *operator) error {
	in, to := o.in, o.out[0]
	if o.code == opReshape {
		in = in[:1]
	} else {
		axis := o.options.int32(0, 0) + len(dims{}) - c.m.tensors[to].rank
		if act, err := fused(o, 1); err != nil || act != actNone || axis < 0 || axis >= len(dims{}) {
			return fmt.Errorf("%w: concatenation along %d", errDamaged, axis)
		}
		shape := c.dims(to)
		for _, n := range shape[:axis] {
			if n != 1 {
				return fmt.Errorf("concatenation to %v along %d is not known", shape, axis)
			}
		}
	}
	written := 0
	for _, t := range in {
		n, err := c.start(stepCopy, t, to)
		if err != nil {
			return err
		}
		n.pad = int32(written)
		written += c.dims(t).size()
		if written > c.dims(to).size() {
			break
		}
		if err := c.emit(n); err != nil {
			return err
		}
	}
	if written != c.dims(to).size() {
		return fmt.Errorf("%w: %d values for %v", errDamaged, written, c.dims(to))
	}
	c.made[to] = true
	return nil
}
