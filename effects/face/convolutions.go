package face

import "fmt"

const mostKernel = 64

// window sets kernel, stride and padding and checks the size of the result: SAME keeps a picture's size divided by the
// stride, with the odd zero at the end; VALID stays inside (tensorflow.org, tf.nn "Notes on padding").
func (n *node) window(in, out dims, kh, kw, sh, sw int, same bool) error {
	if min(kh, kw, sh, sw) < 1 || max(kh, kw, sh, sw) > mostKernel {
		return fmt.Errorf("%w: kernel %d×%d, stride %d×%d", errDamaged, kw, kh, sw, sh)
	}
	axis := func(in, out, k, s int) (before int, ok bool) {
		if !same {
			return 0, in >= k && out == (in-k)/s+1
		}
		return max((out-1)*s+k-in, 0) / 2, out == (in+s-1)/s
	}
	top, okH := axis(in[1], out[1], kh, sh)
	left, okW := axis(in[2], out[2], kw, sw)
	if !okH || !okW {
		return fmt.Errorf("%w: %v through %d×%d gives %v", errDamaged, in, kw, kh, out)
	}
	n.kh, n.kw, n.sh, n.sw, n.top, n.left = int32(kh), int32(kw), int32(sh), int32(sw), int32(top), int32(left)
	return nil
}

func (c *compiler) conv(o *operator) error {
	if err := needs(o, 3); err != nil {
		return err
	}
	from, to, p := o.in[0], o.out[0], o.options
	n, err := c.start(stepConv, from, to)
	if err != nil {
		return err
	}
	in, out, w := c.dims(from), c.dims(to), c.dims(o.in[1])
	if w[0] != out.channels() || w.channels() != in.channels() || p.int32(4, 1) != 1 || p.int32(5, 1) != 1 {
		return fmt.Errorf("%w: weights %v", errDamaged, w)
	}
	if err := n.window(in, out, w[1], w[2], p.int32(2, 0), p.int32(1, 0), p.int8(0) == 0); err != nil {
		return err
	}
	if n.act, err = fused(o, 3); err != nil {
		return err
	}
	weights, err := c.floats(o.in[1], w.size())
	if err != nil {
		return err
	}
	bias, err := c.floats(o.in[2], w[0])
	if err != nil {
		return err
	}
	n.patch = int32(w.size() / w[0])
	n.weights = c.keepPacked(weights, w[0])
	n.bias = c.keep(bias, roundUp(w[0]))
	if n.kh != 1 || n.kw != 1 || n.sh != 1 || n.sw != 1 {
		n.front = frontPatches
	} else if d := c.take(from, stepDepthwise); d != nil {
		delete(c.pending, from)
		n.front, n.from = frontDepthwise, d.from
		n.kh, n.kw, n.sh, n.sw, n.top, n.left = d.kh, d.kw, d.sh, d.sw, d.top, d.left
		n.frontWeights, n.frontBias, n.frontAct, n.alpha = d.weights, d.bias, d.act, d.alpha
	}
	c.hold(n)
	return nil
}

// keepPacked stores a matrix of rows as blocks of lanes rows, column by column, so that a vector of weights multiplies
// one value of a pixel.
func (c *compiler) keepPacked(w []float32, rows int) int32 {
	columns := len(w) / rows
	packed := make([]float32, roundUp(rows)*columns)
	for r := range rows {
		for k := range columns {
			packed[(r/lanes*columns+k)*lanes+r%lanes] = w[r*columns+k]
		}
	}
	return c.keep(packed, len(packed))
}

func (c *compiler) depthwise(o *operator) error {
	if err := needs(o, 3); err != nil {
		return err
	}
	from, to, p := o.in[0], o.out[0], o.options
	n, err := c.start(stepDepthwise, from, to)
	if err != nil {
		return err
	}
	in, out, w := c.dims(from), c.dims(to), c.dims(o.in[1])
	channels := in.channels()
	if w[0] != 1 || w.channels() != channels || out.channels() != channels || p.int32(5, 1) != 1 || p.int32(6, 1) != 1 {
		return fmt.Errorf("%w: weights %v", errDamaged, w)
	}
	if err := n.window(in, out, w[1], w[2], p.int32(2, 0), p.int32(1, 0), p.int8(0) == 0); err != nil {
		return err
	}
	if n.act, err = fused(o, 4); err != nil {
		return err
	}
	weights, err := c.floats(o.in[1], w.size())
	if err != nil {
		return err
	}
	bias, err := c.floats(o.in[2], channels)
	if err != nil {
		return err
	}
	n.weights = int32(len(c.weights))
	for k := range w[1] * w[2] {
		c.keep(weights[k*channels:(k+1)*channels], roundUp(channels))
	}
	n.bias = c.keep(bias, roundUp(channels))
	c.hold(n)
	return nil
}

// transpose compiles MediaPipe's transposed convolution where kernels lie side by side, as they do in its models: each
// pixel becomes kh · kw pixels.
func (c *compiler) transpose(o *operator) error {
	if err := needs(o, 3); err != nil {
		return err
	}
	from, to := o.in[0], o.out[0]
	n, err := c.start(stepTranspose, from, to)
	if err != nil {
		return err
	}
	in, out, w := c.dims(from), c.dims(to), c.dims(o.in[1])
	kh, kw, channels := w[1], w[2], w.channels()
	if max(kh, kw) > mostKernel || w[0] != out.channels() || channels != in.channels() ||
		out[1] != in[1]*kh || out[2] != in[2]*kw {
		return fmt.Errorf("transposed convolution of %v with %v to %v is not known", in, w, out)
	}
	weights, err := c.floats(o.in[1], w.size())
	if err != nil {
		return err
	}
	bias, err := c.floats(o.in[2], w[0])
	if err != nil {
		return err
	}
	// Channels go behind the places of the kernel, which is the order in which they are written.
	rows := kh * kw * w[0]
	turned, biases := make([]float32, 0, len(weights)), make([]float32, 0, rows)
	for k := range kh * kw {
		for r := range w[0] {
			turned = append(turned, weights[(r*kh*kw+k)*channels:][:channels]...)
			biases = append(biases, bias[r])
		}
	}
	n.kh, n.kw, n.patch = int32(kh), int32(kw), int32(channels)
	n.weights, n.bias = c.keepPacked(turned, rows), c.keep(biases, roundUp(rows))
	c.hold(n)
	return nil
}
