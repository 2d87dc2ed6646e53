package audio

import "math"

// gtcrn is the network GTCRN (Rong et al., "GTCRN: A Speech Enhancement Model Requiring Ultralow Computational Resources", 2024) with its
// state, for one spectrum after the other of 257 bins up to 8 kHz, 16 ms apart. Its convolutions over frequency look back in time too;
// in the middle, recurrent units run over the bands and, for each band, over time. It is run here and not as the program that it
// comes in, because that takes five times as long.
//
// Features are rows of bands, one row a channel, with a zero before and after, so that a convolution finds the edges it wants: rows
// of 33 bands begin every gtRow numbers, of 65 every gtWide.
type gtcrn struct {
	bands  []gtBand // of bin 65 and those above
	first  gtHalving
	second gtHalving
	encode [3]*gtBlock
	paths  [2]*gtPath
	decode [3]*gtBlock
	third  gtDoubling
	last   gtDoubling

	plain [3][gtLow + gtHigh]float32 // amplitude, real and imaginary part
}

const (
	gtBins = 257
	gtLow  = 65 // bins that are bands of their own
	gtHigh = 64 // bands of what lies above
	gtRow  = 33 + 2
	gtWide = 65 + 2
	gtFull = gtLow + gtHigh + 2
	gtRows = 16
)

// gtBand says between which two bands a bin lies, the share counting for the upper one.
type gtBand struct {
	band  int
	share float32
}

// gtBands are equally far from each other on the scale of equivalent rectangular bandwidths (Glasberg and Moore, 1990).
func gtBands() (b []gtBand) {
	const perHertz, scale, hertz = 0.00437, 21.4, 16000. / 512
	erb := func(bin float64) float64 { return scale * math.Log10(1+perHertz*hertz*bin) }
	edge := func(i int) int {
		low, high := erb(gtLow), erb(gtBins-1)
		e := low + (high-low)*float64(i)/(gtHigh-1)
		return int(math.Round((math.Pow(10, e/scale) - 1) / perHertz / hertz))
	}
	for i := range gtHigh - 1 {
		from, to := edge(i), edge(i+1)
		for k := from; k < to; k++ {
			b = append(b, gtBand{i, float32(k-from) / float32(to-from)})
		}
	}
	return append(b, gtBand{gtHigh - 2, 1})
}

// clear forgets all sound.
func (g *gtcrn) clear() {
	for i := range 3 {
		g.encode[i].clear()
		g.decode[i].clear()
	}
	for _, p := range g.paths {
		p.clear()
	}
}

// process multiplies the spectrum by the mask that the network gives it.
func (g *gtcrn) process(spec []complex64) {
	spec = spec[:gtBins]
	g.features(spec)
	wide := g.first.process(g.neighbours())
	narrow := g.second.process(wide)
	x := narrow
	for _, b := range g.encode {
		x = b.process(x)
	}
	for _, p := range g.paths {
		x = p.process(x)
	}
	for i, b := range g.decode {
		x = b.process(plus(x, g.encode[2-i].out))
	}
	x = g.third.process(plus(x, narrow))
	x = g.last.process(plus(x, wide))
	re, im := x[1:gtFull], x[gtFull+1:]
	for k := range spec {
		var m complex64
		if k < gtLow {
			m = complex(hyperbolic(re[k]), hyperbolic(im[k]))
		} else {
			b := g.bands[k-gtLow]
			at := gtLow + b.band
			m = complex(hyperbolic(re[at])*(1-b.share)+hyperbolic(re[at+1])*b.share, hyperbolic(im[at])*(1-b.share)+hyperbolic(im[at+1])*b.share)
		}
		spec[k] *= m
	}
}

// features sums the bins up into bands.
func (g *gtcrn) features(spec []complex64) {
	for c := range g.plain {
		clear(g.plain[c][gtLow:])
	}
	for k, v := range spec {
		f := [3]float32{float32(math.Sqrt(float64(power(v)) + 1e-12)), real(v), imag(v)}
		for c, v := range f {
			if k < gtLow {
				g.plain[c][k] = v
				continue
			}
			b := g.bands[k-gtLow]
			g.plain[c][gtLow+b.band] += v * (1 - b.share)
			g.plain[c][gtLow+b.band+1] += v * b.share
		}
	}
}

// neighbours puts the features into the first layer: each as it is, and moved by a band to either side.
func (g *gtcrn) neighbours() []float32 {
	to := g.first.in
	for c := range g.plain {
		for side := range 3 {
			row := to[(3*c+side)*gtFull:][:gtFull]
			for f := range gtLow + gtHigh {
				row[f+1] = 0
				if from := f + side - 1; from >= 0 && from < gtLow+gtHigh {
					row[f+1] = g.plain[c][from]
				}
			}
		}
	}
	return to
}

// plus adds y to x, which it returns.
func plus(x, y []float32) []float32 {
	for i, v := range y {
		x[i] += v
	}
	return x
}

// gtLayer is a layer of weights between rows: see goRows.
type gtLayer struct {
	groups, outs, ins int
	w, bias           []float32
	slope             float32
	at                []int32
	step              int
}

// run computes n numbers of each row.
func (l *gtLayer) run(n int, y []float32, stride int, x []float32) {
	netRows(l.groups, l.outs, l.ins, n, y, stride, x, l.at, l.step, l.w, l.bias, l.slope)
}

// gtHalving is a convolution over five bands that keeps every second one.
type gtHalving struct {
	layer gtLayer
	bands int       // that come out
	in    []float32 // of the network's first one
	split []float32 // of each channel a row of bands 0, 2, …, and one of 1, 3, …
	out   []float32
}

func (h *gtHalving) process(x []float32) []float32 {
	row := h.bands + 2
	whole := 2*h.bands + 1
	for c := range len(x) / whole {
		even, odd := h.split[2*c*row:][:row], h.split[(2*c+1)*row:][:row]
		from := x[c*whole+1:][:2*h.bands-1]
		for f := range h.bands - 1 {
			even[f+1], odd[f+1] = from[2*f], from[2*f+1]
		}
		even[h.bands] = from[2*h.bands-2]
	}
	h.layer.run(h.bands, h.out[1:], row, h.split)
	return h.out
}

// gtDoubling is the opposite: a convolution over five bands, with a new one between any two of x.
type gtDoubling struct {
	even, odd gtLayer // for the bands of x and for those between
	bands     int     // of x
	part      []float32
	out       []float32
}

func (d *gtDoubling) process(x []float32) []float32 {
	even, odd := d.part[:len(d.part)/2], d.part[len(d.part)/2:]
	d.even.run(d.bands, even, d.bands, x)
	d.odd.run(d.bands-1, odd, d.bands, x)
	row := 2*d.bands + 1
	for c := range len(d.out) / row {
		y := d.out[c*row+1:]
		for f := range d.bands {
			y[2*f] = even[c*d.bands+f]
		}
		for f := range d.bands - 1 {
			y[2*f+1] = odd[c*d.bands+f]
		}
	}
	return d.out
}

// gtBlock is a convolution in time and frequency of half of the channels, each weighed by how loud all of them were so far; then it
// shuffles both halves.
type gtBlock struct {
	point, depth, back gtLayer
	dilation           int       // from one spectrum to the next of the three that depth sees
	past               []float32 // what point made of the last spectra, a ring
	now                int
	loud               gtUnit
	weigh              gtLayer

	deep, narrow, out []float32
	loudness, weight  [gtRows / 2]float32
}

func (b *gtBlock) clear() {
	clear(b.past)
	clear(b.loud.h)
}

func (b *gtBlock) process(x []float32) []float32 {
	const size = gtRows * gtRow
	frames := len(b.past) / size
	b.now = (b.now + 1) % frames
	b.point.run(33, b.past[b.now*size+1:], gtRow, x)
	for i := range 3 {
		frame := (b.now - i*b.dilation + frames) % frames
		for side := range 3 {
			b.depth.at[3*i+side] = int32(frame*size + side)
		}
	}
	b.depth.run(33, b.deep[1:], gtRow, b.past)
	b.back.run(33, b.narrow, 33, b.deep)
	for c := range b.loudness {
		var sum float32
		for _, v := range b.narrow[33*c:][:33] {
			sum += v * v
		}
		b.loudness[c] = sum / 33
	}
	b.loud.step(b.loudness[:])
	b.weigh.run(1, b.weight[:], 1, b.loud.h)
	for c := range gtRows / 2 {
		weight := sigmoid(b.weight[c])
		copy(b.out[(2*c+1)*gtRow:][:gtRow], x[(c+gtRows/2)*gtRow:])
		for f, v := range b.narrow[33*c:][:33] {
			b.out[2*c*gtRow+1+f] = v * weight
		}
	}
	return b.out
}

// gtUnit are gated recurrent units side by side, as many as the state h has columns.
type gtUnit struct {
	in, back         gtLayer
	columns          int
	h, fromIn, fromH []float32
}

func (u *gtUnit) step(x []float32) {
	u.in.run(u.columns, u.fromIn, u.columns, x)
	u.back.run(u.columns, u.fromH, u.columns, u.h)
	netGates(u.h, u.fromIn, u.fromH)
}
