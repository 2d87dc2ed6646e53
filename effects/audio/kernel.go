package audio

// The loops in which the canceller spends its time. The same in C is in kernel.c, for builds with cgo; a test compares them.

// goMultiply adds x times w to sum, bin by bin.
func goMultiply(sum, x, w []complex64) {
	x, w = x[:len(sum)], w[:len(sum)]
	for k := range sum {
		sum[k] += x[k] * w[k]
	}
}

// goSpread adds to s the power of the echo that the uncertainty p of the weights leaves of x.
func goSpread(s []float32, x []complex64, p []float32) {
	x, p = x[:len(s)], p[:len(s)]
	for k := range s {
		s[k] += p[k] * power(x[k])
	}
}

// goLearn is the Kalman filter's step for one partition: weights w and their uncertainty p learn from the error e by the gain
// p·g·x*, of which share is the part of a transform that is new sound; then the weights may have changed by forget.
func goLearn(w []complex64, p []float32, x, e []complex64, g []float32, share, forget float32) {
	n := len(w)
	p, x, e, g = p[:n], x[:n], e[:n], g[:n]
	for k, xk := range x {
		step := p[k] * g[k]
		sr, si := step*real(xk), -step*imag(xk)
		er, ei := real(e[k]), imag(e[k])
		wr, wi := real(w[k])+(sr*er-si*ei), imag(w[k])+(sr*ei+si*er)
		w[k] = complex(wr, wi)
		p[k] = p[k]*(1-forget-share*step*power(xk)) + forget*(wr*wr+wi*wi)
	}
}

// goBy4 is a step of radix 4.
func goBy4(g, n int, y, x, turn []complex64) {
	for p := range g {
		x0, x1, x2, x3 := x[n*p:][:n], x[n*(p+g):][:n], x[n*(p+2*g):][:n], x[n*(p+3*g):][:n]
		out := y[4*n*p:][:4*n]
		y0, y1, y2, y3 := out[:n], out[n:][:n], out[2*n:][:n], out[3*n:][:n]
		w := turn[3*p:][:3]
		w1, w2, w3 := w[0], w[1], w[2]
		for q, a := range x0 {
			b, c, d := x1[q], x2[q], x3[q]
			ac, bd := a+c, b+d
			am, bm := a-c, turned(b-d)
			y0[q], y1[q], y2[q], y3[q] = ac+bd, (am+bm)*w1, (ac-bd)*w2, (am-bm)*w3
		}
	}
}
