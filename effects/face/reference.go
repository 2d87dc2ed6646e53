package face

import "math"

// runReference runs steps in plain Go. It says what the kernels in C must compute, and runs where C cannot.
func runReference(steps []step, weights, memory []float32) {
	for i := range steps {
		s := reference{&steps[i], weights, memory}
		switch s.kind {
		case stepConv:
			s.conv()
		case stepDepthwise:
			for y := range s.outH {
				s.depthwiseRow(y, memory[s.out+y*s.outW*s.outS:], s.outS, s.weights, s.bias, s.act)
			}
		case stepAdd, stepMul:
			s.binary()
		case stepAct:
			s.each(func(c int32, v float32) float32 { return s.activate(s.act, c, v) })
		case stepMaxPool:
			s.maxPool()
		case stepMean:
			s.mean()
		case stepResize:
			s.resize()
		case stepPad:
			s.zeros()
		case stepCopy:
			s.copy()
		case stepTranspose:
			s.transpose()
		}
	}
}

type reference struct {
	*step
	w, m []float32
}

// activate applies an activation to channel c: Howard et al., "Searching for MobileNetV3", 2019, for hard swish; He et
// al., "Delving Deep into Rectifiers", 2015, for PReLU.
func (s reference) activate(act, c int32, v float32) float32 {
	switch act {
	case actRelu:
		return max(v, 0)
	case actRelu6:
		return min(max(v, 0), 6)
	case actPrelu:
		if v < 0 {
			return v * s.w[s.alpha+c]
		}
	case actHardSwish:
		return v * min(max(v+3, 0), 6) / 6
	case actLogistic:
		return float32(1 / (1 + math.Exp(-float64(v))))
	}
	return v
}

// input returns a pixel of in, nil outside.
func (s reference) input(y, x int32) []float32 {
	if y < 0 || y >= s.inH || x < 0 || x >= s.inW {
		return nil
	}
	at := s.in + (y*s.inW+x)*s.inS
	return s.m[at : at+s.inC]
}

func (s reference) output(p int32) []float32 {
	at := s.out + p*s.outS
	return s.m[at : at+s.outC]
}

func (s reference) conv() {
	row := s.m[s.scratch:]
	for y := range s.outH {
		pixels, stride := row, s.patch
		switch s.front {
		case frontPatches:
			s.patchRow(y, row)
		case frontDepthwise:
			stride = s.inS
			s.depthwiseRow(y, row, stride, s.frontWeights, s.frontBias, s.frontAct)
		case frontNone:
			pixels, stride = s.m[s.in+y*s.inW*s.inS:], s.inS
		}
		for x := range s.outW {
			p := y*s.outW + x
			s.multiply(pixels[x*stride:][:s.patch], s.output(p), p)
		}
	}
}

// multiply is one pixel's product with the packed weights, and what follows it.
func (s reference) multiply(pixel, out []float32, p int32) {
	for b := int32(0); b < int32(len(out)); b += lanes {
		sum := [lanes]float32(s.w[s.bias+b:])
		w := s.w[s.weights+b*s.patch:]
		for k, v := range pixel {
			for l, wl := range w[k*lanes:][:lanes] {
				sum[l] += v * wl
			}
		}
		for l := int32(0); l < lanes && b+l < int32(len(out)); l++ {
			v := sum[l]
			if b+l < s.otherC {
				v += s.m[s.other+p*s.otherS+b+l]
			}
			out[b+l] = s.activate(s.act, b+l, v)
		}
	}
}

func (s reference) patchRow(y int32, row []float32) {
	for x := range s.outW {
		for ky := range s.kh {
			for kx := range s.kw {
				at := row[x*s.patch+(ky*s.kw+kx)*s.inC:][:s.inC]
				clear(at)
				copy(at, s.input(y*s.sh+ky-s.top, x*s.sw+kx-s.left))
			}
		}
	}
}

func (s reference) depthwiseRow(y int32, row []float32, stride, weights, bias, act int32) {
	for x := range s.outW {
		out := row[x*stride:][:s.inC]
		copy(out, s.w[bias:])
		for ky := range s.kh {
			for kx := range s.kw {
				w := s.w[weights+(ky*s.kw+kx)*s.inS:]
				for c, v := range s.input(y*s.sh+ky-s.top, x*s.sw+kx-s.left) {
					out[c] += v * w[c]
				}
			}
		}
		for c := range out {
			out[c] = s.activate(act, int32(c), out[c])
		}
	}
}

// each maps every value of in to out.
func (s reference) each(f func(c int32, v float32) float32) {
	for p := range s.outH * s.outW {
		out := s.output(p)
		for c := range s.outC {
			out[c] = f(c, s.m[s.in+p*s.inS+c])
		}
	}
}

func (s reference) binary() {
	step := s.otherS
	if s.otherPixels == 1 {
		step = 0
	}
	for p := range s.outH * s.outW {
		out := s.output(p)
		for c := range s.outC {
			a, b := s.m[s.in+p*s.inS+c], s.m[s.other+p*step+c]
			if s.kind == stepAdd {
				a += b
			} else {
				a *= b
			}
			out[c] = s.activate(s.act, c, a)
		}
	}
}

func (s reference) maxPool() {
	for y := range s.outH {
		for x := range s.outW {
			out := s.output(y*s.outW + x)
			for c := range out {
				out[c] = -math.MaxFloat32
			}
			for ky := range s.kh {
				for kx := range s.kw {
					for c, v := range s.input(y*s.sh+ky-s.top, x*s.sw+kx-s.left) {
						out[c] = max(out[c], v)
					}
				}
			}
		}
	}
}

func (s reference) mean() {
	out, n := s.output(0), s.inH*s.inW
	clear(out)
	for p := range n {
		for c := range out {
			out[c] += s.m[s.in+p*s.inS+int32(c)]
		}
	}
	for c := range out {
		out[c] /= float32(n)
	}
}

// between returns the two places of n that output i of m lies between, by pixel centres, and its distance to the first.
func between(i, n, m int32) (a, b int32, f float32) {
	p := max((float32(i)+0.5)*float32(n)/float32(m)-0.5, 0)
	a = min(int32(p), n-1)
	return a, min(a+1, n-1), p - float32(a)
}

func (s reference) resize() {
	for y := range s.outH {
		y0, y1, fy := between(y, s.inH, s.outH)
		for x := range s.outW {
			x0, x1, fx := between(x, s.inW, s.outW)
			a, b, c, d := s.input(y0, x0), s.input(y0, x1), s.input(y1, x0), s.input(y1, x1)
			for i := range s.output(y*s.outW + x) {
				upper, lower := a[i]+(b[i]-a[i])*fx, c[i]+(d[i]-c[i])*fx
				s.output(y*s.outW + x)[i] = upper + (lower-upper)*fy
			}
		}
	}
}

func (s reference) zeros() {
	for y := range s.outH {
		for x := range s.outW {
			out := s.output(y*s.outW + x)
			clear(out)
			copy(out, s.input(y-s.top, x-s.left))
		}
	}
}

func (s reference) copy() {
	i := s.pad
	for p := range s.inH * s.inW {
		for c := range s.inC {
			s.m[s.out+i/s.outC*s.outS+i%s.outC] = s.m[s.in+p*s.inS+c]
			i++
		}
	}
}

func (s reference) transpose() {
	n := s.kh * s.kw * s.outC
	small := reference{&step{
		weights: s.weights, bias: s.bias, patch: s.patch,
	}, s.w, s.m}
	places := s.m[s.scratch:][:n]
	for y := range s.inH {
		for x := range s.inW {
			small.multiply(s.input(y, x), places, 0)
			for i, v := range places {
				k, c := int32(i)/s.outC, int32(i)%s.outC
				p := (y*s.kh+k/s.kw)*s.outW + x*s.kw + k%s.kw
				s.output(p)[c] = s.activate(s.act, c, v)
			}
		}
	}
}
