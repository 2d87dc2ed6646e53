package audio

// The loops in which the networks spend their time. The same in C is in netkernel.c; a test compares them.

// goRows is a layer of weights between rows of n numbers. In each group, every row of y is the sum of ins rows of x, weighed, and a
// bias; what is below zero is multiplied by slope. Row i of the first group begins at x[at[i]], those of the next group are step
// further on; rows of y are stride apart. Shifted rows make a convolution of it. x is made by netSpace.
func goRows(groups, outs, ins, n int, y []float32, stride int, x []float32, at []int32, step int, w, bias []float32, slope float32) {
	for r := range groups * outs {
		row := y[r*stride:][:n]
		for f := range row {
			row[f] = bias[r]
		}
		for i, v := range w[r*ins:][:ins] {
			from := x[r/outs*step+int(at[i]):][:n]
			for f := range row {
				row[f] += v * from[f]
			}
		}
		for f, v := range row {
			if v < 0 {
				row[f] = v * slope
			}
		}
	}
}

// goGates is what a gated recurrent unit does with its n states h: x and back are what its weights made of the input and of h, for
// the gates that keep the state, that reset it, and for the new one.
func goGates(h, x, back []float32) {
	n := len(h)
	for i, was := range h {
		keep := sigmoid(x[i] + back[i])
		reset := sigmoid(x[n+i] + back[n+i])
		fresh := hyperbolic(x[2*n+i] + reset*back[2*n+i])
		h[i] = fresh + keep*(was-fresh)
	}
}

// hyperbolic is tanh, to the precision of float32, in arithmetic that processors do on several numbers at once: Lambert's continued
// fraction for half of x, then the formula for the double.
func hyperbolic(x float32) float32 {
	y := min(max(x/2, -5), 5)
	s := y * y
	p := y * (135135 + s*(17325+s*(378+s)))
	q := 135135 + s*(62370+s*(3150+s*28))
	return 2 * p * q / (p*p + q*q)
}

func sigmoid(x float32) float32 { return .5 + .5*hyperbolic(x/2) }

// netSpace makes n numbers that rows are read from: the kernels read, and do not use, what lies behind.
func netSpace(n int) []float32 { return make([]float32, n+40)[:n] }
