package video

import "math"

// Weights of ITU-R BT.709-6 item 3.2, and the spans of its colour differences.
const (
	lumaRed, lumaBlue = 0.2126, 0.0722
	lumaGreen         = 1 - lumaRed - lumaBlue
	spanCb, spanCr    = 2 * (1 - lumaBlue), 2 * (1 - lumaRed)
)

// light is the inverse of the BT.709-6 item 1.2 transfer: scene light of a signal, both 0 to 1, odd below 0.
func light(x float64) float64 {
	switch {
	case x < 0:
		return -light(-x)
	case x < 0.081:
		return x / 4.5
	default:
		return math.Pow((x+0.099)/1.099, 1/0.45)
	}
}

// signal is the BT.709-6 item 1.2 transfer from scene light.
func signal(l float64) float64 {
	switch {
	case l < 0:
		return -signal(-l)
	case l < 0.018:
		return 4.5 * l
	default:
		return 1.099*math.Pow(l, 0.45) - 0.099
	}
}

// kneeAt is where highlights begin to roll off, as a signal.
const kneeAt = 0.7

// knee keeps what lies below kneeAt and bends the rest so that top becomes 1: Reinhard's curve with a white point ("Photographic
// Tone Reproduction", 2002, eq. 4) on the part above. With a top of 1 it is the identity.
func knee(x, top float64) float64 {
	if x <= kneeAt || top <= 1 {
		return x
	}
	t, white := (x-kneeAt)/(1-kneeAt), (top-kneeAt)/(1-kneeAt)
	return kneeAt + (1-kneeAt)*t*(1+t/(white*white))/(1+t)
}

// pivot is the tone that contrast leaves alone: a little above middle grey, where faces are.
const pivot = 0.45

// contrast bends tones around the pivot, amount −1 to 1. Black and white stay when it steepens, so that nothing clips;
// flattening is a straight line, so that black is lifted and noise is not.
func contrast(x, amount float64) float64 {
	if amount <= 0 {
		return pivot + (x-pivot)*(1+amount/2)
	}
	c := bounded(x, 0, 1)
	out := x - c
	power := 1 + amount
	if c < pivot {
		return out + pivot*math.Pow(c/pivot, power)
	}
	return out + 1 - (1-pivot)*math.Pow((1-c)/(1-pivot), power)
}

// locus is the CIE 1960 chromaticity of a daylight phase (CIE 15 §4.1.2) by its reciprocal temperature in mired.
func locus(mired float64) (u, v float64) {
	t := 1e6 / mired
	var x float64
	if t <= 7000 {
		x = 0.244063 + (0.09911e3+(2.9678e6-4.6070e9/t)/t)/t
	} else {
		x = 0.237040 + (0.24748e3+(1.9018e6-2.0064e9/t)/t)/t
	}
	y := (2.870-3*x)*x - 0.275
	d := -2*x + 12*y + 3
	return 4 * x / d, 6 * y / d
}

// whitePoint is the colour of a daylight phase in linear BT.709 of luminance 1, off the locus by duv towards magenta.
func whitePoint(mired, duv float64) [3]float64 {
	u, v := locus(mired)
	u1, v1 := locus(mired + 1)
	long := math.Hypot(u1-u, v1-v)
	u, v = u+duv*(v1-v)/long, v-duv*(u1-u)/long
	d := 2*u - 8*v + 4
	x, y := 3*u/d, 2*v/d
	X, Z := x/y, (1-x-y)/y
	return [3]float64{
		3.2409699*X - 1.5373832 - 0.4986108*Z,
		-0.9692436*X + 1.8759675 + 0.0415551*Z,
		0.0556301*X - 0.2039770 + 1.0569715*Z,
	}
}

// gains are the factors of linear red, green and blue.
func (g grade) gains() (k [3]float64) {
	const d65 = 1e6 / 6504.0
	from := whitePoint(d65, 0)
	to := whitePoint(d65+0.8*g.Temperature, 0.02*g.Tint/100)
	exposure := math.Exp2(g.Exposure + g.stops)
	for i, cast := range [3]float64{g.red, 0, g.blue} {
		k[i] = exposure * to[i] / from[i] * math.Exp2(cast)
	}
	if g.red != 0 || g.blue != 0 {
		l := lumaRed*math.Exp2(g.red) + lumaGreen + lumaBlue*math.Exp2(g.blue)
		for i := range k {
			k[i] /= l
		}
	}
	return k
}

// tone is what happens to one channel's signal before saturation and LUT. Top is the highest signal that white reaches.
func (g grade) tone(x, gain, top float64) float64 {
	return contrast(knee(signal(gain*light(x)), top), g.Contrast/100)
}

// rgb is the signal of a limited-range colour; Y'CbCr that no RGB has lies outside 0…1.
func rgb(y, cb, cr float32) (r, g, b float32) {
	y = (y - 16) * (1.0 / 219)
	r = y + (cr-128)*(spanCr/224)
	b = y + (cb-128)*(spanCb/224)
	g = (y - lumaRed*r - lumaBlue*b) * (1 / lumaGreen)
	return r, g, b
}

// ycbcr is the inverse of rgb, with chroma scaled.
func ycbcr(r, g, b, saturation float32) (y, cb, cr float32) {
	y = lumaRed*r + lumaGreen*g + lumaBlue*b
	cb = 128 + saturation*(b-y)*(224/spanCb)
	cr = 128 + saturation*(r-y)*(224/spanCr)
	return 16 + 219*y, cb, cr
}
