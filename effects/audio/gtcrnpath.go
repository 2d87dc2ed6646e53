package audio

import "math"

// gtPath is GTCRN's dual path: recurrent units that run up and down the bands of one spectrum, then units that run in time, one a
// band; both on two halves of the channels. Each adds to x what its output is when mixed and normalised.
type gtPath struct {
	along [4]gtAlong // up and down, for both halves
	time  [2]gtUnit
	mixed [2]gtMix

	// What the four units along the bands hold and get at a step: a gate has 16 lanes, four a unit.
	lanes         [16]float32
	fromIn, fromH [3 * 16]float32
	heard         []float32 // the units' outputs, as rows of 33
	out           []float32
}

// gtAlong is a recurrent unit of four states that runs along the bands.
type gtAlong struct {
	in   gtLayer
	back []float32 // a row of four weights for each gate of each state
	bias []float32
	from []float32
}

// gtMix mixes the channels and normalises the whole.
type gtMix struct {
	layer       gtLayer
	scale, bias []float32 // of rows of 33
	out         []float32
}

func (p *gtPath) clear() {
	for i := range p.time {
		clear(p.time[i].h)
	}
}

func (p *gtPath) process(x []float32) []float32 {
	p.upAndDown(x)
	copy(p.out, x)
	p.mixed[0].add(p.out, p.heard)
	for i := range p.time {
		u := &p.time[i]
		u.step(p.out[8*gtRow*i:])
		copy(p.heard[8*33*i:], u.h)
	}
	p.mixed[1].add(p.out, p.heard)
	return p.out
}

// upAndDown runs the four units side by side, so that their gates are computed at once.
func (p *gtPath) upAndDown(x []float32) {
	p.lanes = [16]float32{}
	for i := range p.along {
		p.along[i].in.run(33, p.along[i].from, 33, x[i/2*8*gtRow:])
	}
	for step := range 33 {
		for i := range p.along {
			u := &p.along[i]
			band := step
			if i%2 == 1 {
				band = 32 - step
			}
			h := p.lanes[4*i:][:4]
			for r := range 12 {
				w := u.back[4*r:][:4]
				lane := r/4*16 + 4*i + r%4
				p.fromH[lane] = u.bias[r] + w[0]*h[0] + w[1]*h[1] + w[2]*h[2] + w[3]*h[3]
				p.fromIn[lane] = u.from[33*r+band]
			}
		}
		netGates(p.lanes[:], p.fromIn[:], p.fromH[:])
		for lane, v := range p.lanes {
			band := step
			if lane/4%2 == 1 {
				band = 32 - step
			}
			p.heard[33*lane+band] = v
		}
	}
}

func (m *gtMix) add(x, heard []float32) {
	m.layer.run(33, m.out, 33, heard)
	var sum, squares float64
	for _, v := range m.out {
		sum += float64(v)
	}
	mean := float32(sum / float64(len(m.out)))
	for _, v := range m.out {
		squares += float64((v - mean) * (v - mean))
	}
	norm := float32(1 / math.Sqrt(squares/float64(len(m.out))+1e-8))
	for c := range gtRows {
		row := x[c*gtRow+1:][:33]
		for f := range row {
			i := 33*c + f
			row[f] += (m.out[i]-mean)*norm*m.scale[i] + m.bias[i]
		}
	}
}
