package audio

import (
	"encoding/binary"
	"math"
)

// gtSum is the SHA-256 of gtcrn.wasm, the program whose weights are read.
const gtSum = "01a5286ddaa1ce6d0dd5510bd9241f3bf0cc727a05d5767ae6881d85d9983719"

// Where in the program they are, in bytes. Most are constants in its memory; slopes, and some biases, are in its code.
const (
	gtFirst, gtFirstSlope, gtSecondSlope = 92670, 28908, 29263
	gtThird, gtThirdSlope                = 182371, 85383
)

var (
	gtEncoders = [3]gtPlace{
		{base: 99032, slopes: [2]int{30052, 30520}, weigh: [2]int{32475, 32438}},
		{base: 107320, slopes: [2]int{33921, 34393}, weigh: [2]int{36348, 36311}},
		{base: 115608, slopes: [2]int{37890, 38362}, weigh: [2]int{40317, 40280}},
	}
	gtDecoders = [3]gtPlace{
		{base: 158704, slopes: [2]int{59138, 64148}, weigh: [2]int{66122, 66085}, depth: 59599, back: 125624},
		{base: 164417, slopes: [2]int{67828, 72766}, weigh: [2]int{74958, 74921}, depth: 68217},
		{base: 173394, slopes: [2]int{76645, 81583}, weigh: [2]int{83775, 83738}, depth: 77034},
	}
	// Of each path: the units along the bands, the units' states in time, all else.
	gtPaths = [2][3]int{{187906, 123896, 131479}, {190594, 143831, 145559}}
)

// gtPlace is where a block's weights are: base, then slopes of point and depth, two halves of weigh's bias, and of decoders depth's
// biases and, if it is not where the others have it, the loudness unit's weights for its own state.
type gtPlace struct {
	base        int
	slopes      [2]int
	weigh       [2]int
	depth, back int
}

// gtTape reads numbers one after the other.
type gtTape struct {
	program []byte
	at      int
}

func (t *gtTape) next(n int) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(t.program[t.at:]))
		t.at += 4
	}
	return out
}

func (t *gtTape) from(at int) *gtTape { return &gtTape{t.program, at} }

// transposed are rows × columns numbers as columns × rows.
func transposed(x []float32, rows, columns int) []float32 {
	out := make([]float32, 0, len(x))
	for c := range columns {
		for r := range rows {
			out = append(out, x[r*columns+c])
		}
	}
	return out
}

// newGTCRN reads the network out of gtcrn.wasm.
func newGTCRN() (*gtcrn, error) {
	program, err := lockedModel("gtcrn.wasm", gtSum)
	if err != nil {
		return nil, err
	}
	g := &gtcrn{bands: gtBands()}
	t := &gtTape{program, gtFirst}
	g.first = t.halving(1, 9, 65, t.from(gtFirstSlope).next(1)[0])
	g.first.in = netSpace(9 * gtFull)
	g.second = t.halving(2, 8, 33, t.from(gtSecondSlope).next(1)[0])
	for i, p := range gtEncoders {
		g.encode[i] = t.encoder(p, []int{1, 2, 5}[i])
	}
	for i, p := range gtPaths {
		g.paths[i] = t.path(p)
	}
	for i, p := range gtDecoders {
		g.decode[i] = t.decoder(p, []int{5, 2, 1}[i])
	}
	t.at = gtThird
	g.third = t.doubling(2, 8, 8, 33, t.from(gtThirdSlope).next(1)[0])
	g.last = t.doubling(1, 16, 2, 65, 1)
	return g, nil
}

// halving reads 16 rows from ins in each group.
func (t *gtTape) halving(groups, ins, bands int, slope float32) gtHalving {
	row := bands + 2
	h := gtHalving{bands: bands, split: netSpace(2 * groups * ins * row), out: netSpace(gtRows * row)}
	h.layer = gtLayer{groups: groups, outs: gtRows / groups, ins: 5 * ins, w: t.next(gtRows * 5 * ins), bias: t.next(gtRows), slope: slope}
	h.layer.step = 2 * ins * row
	for c := range ins {
		even, odd := int32(2*c*row), int32((2*c+1)*row)
		h.layer.at = append(h.layer.at, even, odd, even+1, odd+1, even+2)
	}
	return h
}

// doubling reads a convolution that was trained transposed: weights by input, output and place.
func (t *gtTape) doubling(groups, ins, outs, bands int, slope float32) gtDoubling {
	row, rows := bands+2, groups*outs
	d := gtDoubling{bands: bands, part: make([]float32, 2*rows*bands), out: netSpace(rows * (2*bands + 1))}
	all := gtLayer{groups: groups, outs: outs, ins: 5 * ins, slope: slope, step: ins * row}
	for range groups {
		w := t.next(ins * outs * 5)
		for o := range outs {
			for i := range ins {
				all.w = append(all.w, w[(i*outs+o)*5:][:5]...)
			}
		}
		all.bias = append(all.bias, t.next(outs)...)
	}
	t.normalise(&all)
	d.even, d.odd = all, all
	d.even.ins, d.odd.ins, d.even.w, d.odd.w = 3*ins, 2*ins, nil, nil
	for i := 0; i < len(all.w); i += 5 {
		d.even.w = append(d.even.w, all.w[i], all.w[i+2], all.w[i+4])
		d.odd.w = append(d.odd.w, all.w[i+1], all.w[i+3])
	}
	for c := range int32(ins) {
		at := c * int32(row)
		d.even.at = append(d.even.at, at+2, at+1, at)
		d.odd.at = append(d.odd.at, at+2, at+1)
	}
	return d
}

// normalise puts into a layer the normalisation that follows it: scale, bias, mean and deviation of each row.
func (t *gtTape) normalise(l *gtLayer) {
	n := l.groups * l.outs
	scale, bias, mean, deviation := t.next(n), t.next(n), t.next(n), t.next(n)
	for r := range n {
		s := scale[r] / deviation[r]
		for i := range l.ins {
			l.w[r*l.ins+i] *= s
		}
		l.bias[r] = (l.bias[r]-mean[r])*s + bias[r]
	}
}

// rowsAt are where n rows begin, every stride numbers.
func rowsAt(n, stride, first int) (at []int32) {
	for i := range n {
		at = append(at, int32(i*stride+first))
	}
	return at
}

func (t *gtTape) block(p gtPlace, dilation int) *gtBlock {
	b := &gtBlock{
		dilation: dilation, past: netSpace((2*dilation + 1) * gtRows * gtRow), deep: netSpace(gtRows * gtRow),
		narrow: make([]float32, gtRows/2*33), out: netSpace(gtRows * gtRow),
	}
	b.point = gtLayer{groups: 1, outs: gtRows, ins: 24, slope: t.from(p.slopes[0]).next(1)[0]}
	for c := range int32(gtRows / 2) {
		b.point.at = append(b.point.at, c*gtRow, c*gtRow+1, c*gtRow+2)
	}
	b.depth = gtLayer{groups: gtRows, outs: 1, ins: 9, slope: t.from(p.slopes[1]).next(1)[0], at: make([]int32, 9), step: gtRow}
	b.back = gtLayer{groups: 1, outs: gtRows / 2, ins: gtRows, slope: 1, at: rowsAt(gtRows, gtRow, 1)}
	b.weigh = gtLayer{groups: 1, outs: gtRows / 2, ins: 16, slope: 1, at: rowsAt(16, 1, 0)}
	b.weigh.bias = append(t.from(p.weigh[0]).next(4), t.from(p.weigh[1]).next(4)...)
	return b
}

func (t *gtTape) encoder(p gtPlace, dilation int) *gtBlock {
	b := t.block(p, dilation)
	t.at = p.base
	b.point.w, b.point.bias = t.next(gtRows*24), t.next(gtRows)
	w := t.next(gtRows * 9)
	for c := range gtRows { // from the newest spectrum to the oldest
		w := w[9*c:]
		b.depth.w = append(append(append(b.depth.w, w[6:9]...), w[3:6]...), w[:3]...)
	}
	b.depth.bias = t.next(gtRows)
	b.back.w, b.back.bias = t.next(gtRows/2*gtRows), t.next(gtRows/2)
	b.loud = newGTUnit(gtRows/2, 16, 1, rowsAt(gtRows/2, 1, 0))
	t.weights(&b.loud.in, 48)
	t.weights(&b.loud.back, 48)
	b.weigh.w = transposed(t.next(16*gtRows/2), 16, gtRows/2)
	return b
}

func (t *gtTape) decoder(p gtPlace, dilation int) *gtBlock {
	b := t.block(p, dilation)
	t.at = p.base
	b.point.w, b.point.bias = transposed(t.next(24*gtRows), 24, gtRows), t.next(gtRows)
	t.normalise(&b.point)
	for c := range gtRows { // each channel's is a constant of its own, and its bias in code of its own
		w := t.next(9)
		b.depth.w = append(b.depth.w, w[2], w[1], w[0], w[5], w[4], w[3], w[8], w[7], w[6])
		b.depth.bias = append(b.depth.bias, t.from(p.depth+269*c).next(1)...)
		t.at += 7
	}
	t.at++
	t.normalise(&b.depth)
	b.back.w, b.back.bias = transposed(t.next(gtRows*gtRows/2), gtRows, gtRows/2), t.next(gtRows/2)
	t.normalise(&b.back)
	b.loud = newGTUnit(gtRows/2, 16, 1, rowsAt(gtRows/2, 1, 0))
	t.weights(&b.loud.in, 48)
	if p.back != 0 {
		t.from(p.back).weights(&b.loud.back, 48)
	} else {
		t.weights(&b.loud.back, 48)
	}
	b.weigh.w = transposed(t.next(16*gtRows/2), 16, gtRows/2)
	return b
}

// weights reads a layer whose weights are stored by input.
func (t *gtTape) weights(l *gtLayer, outs int) {
	l.w, l.bias = transposed(t.next(l.ins*outs), l.ins, outs), t.next(outs)
}

// newGTUnit makes units without weights, of so many states, from rows that begin at at.
func newGTUnit(ins, states, columns int, at []int32) gtUnit {
	n := states * columns
	return gtUnit{
		in:      gtLayer{groups: 1, outs: 3 * states, ins: ins, slope: 1, at: at},
		back:    gtLayer{groups: 1, outs: 3 * states, ins: states, slope: 1, at: rowsAt(states, columns, 0)},
		columns: columns, h: netSpace(n), fromIn: make([]float32, 3*n), fromH: make([]float32, 3*n),
	}
}

func (t *gtTape) path(at [3]int) *gtPath {
	p := &gtPath{heard: netSpace(gtRows * 33), out: netSpace(gtRows * gtRow)}
	t.at = at[0]
	for i := range p.along {
		u := &p.along[i]
		u.in = gtLayer{groups: 1, outs: 12, ins: 8, slope: 1, at: rowsAt(8, gtRow, 1), w: t.next(12 * 8)}
		u.back, u.in.bias, u.bias = t.next(12*4), t.next(12), t.next(12)
		u.from = make([]float32, 12*33)
	}
	back := t.from(at[1])
	t.at = at[2]
	p.mixed[0] = t.mix()
	for i := range p.time {
		p.time[i] = newGTUnit(8, 8, 33, rowsAt(8, gtRow, 1))
		t.weights(&p.time[i].in, 24)
		back.weights(&p.time[i].back, 24)
	}
	p.mixed[1] = t.mix()
	return p
}

func (t *gtTape) mix() gtMix {
	m := gtMix{layer: gtLayer{groups: 1, outs: gtRows, ins: gtRows, slope: 1, at: rowsAt(gtRows, 33, 0)}, out: make([]float32, gtRows*33)}
	t.weights(&m.layer, gtRows)
	m.scale, m.bias = transposed(t.next(33*gtRows), 33, gtRows), transposed(t.next(33*gtRows), 33, gtRows)
	return m
}
