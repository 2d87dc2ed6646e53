package video

import "vitrine/capture/frame"

// mulhrs multiplies in Q15 with rounding.
func mulhrs(a, b int16) int16 { return int16(((int(a)*int(b))>>14 + 1) >> 1) }

// Parts of the right or lower cell in Q15 by the pixel's place in its cell: from centre to centre.
var (
	part4 = [4]int16{20480, 28672, 4096, 12288}
	part2 = [2]int16{24576, 8192}
)

// margin lies before and after a row of interpolated cells, so that vectors may begin and end outside it.
const margin = 8

// rows interpolates n planes between the two rows of cells that pixel row y lies between (a cell is 4 or 2 pixels) and tells
// which cells change anything. Outside them is zero; at the picture's edge the last cell goes on.
func rows(c cells, planes []int16, spans []int32, y, cell, n int, row []int16) (from, to int) {
	j := y % cell
	part := part4[j]
	if cell == 2 {
		part = part2[j]
	}
	top := y / cell
	if j < cell/2 {
		top--
	}
	bottom := min(top+1, c.height-1)
	top = max(top, 0)
	hasTop := top >= c.y0 && top < c.y1 && spans[2*top] < spans[2*top+1]
	hasBottom := bottom >= c.y0 && bottom < c.y1 && spans[2*bottom] < spans[2*bottom+1]
	switch {
	case hasTop && hasBottom:
		from, to = int(min(spans[2*top], spans[2*bottom])), int(max(spans[2*top+1], spans[2*bottom+1]))
	case hasTop:
		from, to = int(spans[2*top]), int(spans[2*top+1])
	case hasBottom:
		from, to = int(spans[2*bottom]), int(spans[2*bottom+1])
	default:
		return 0, 0
	}
	for k := range n {
		out := row[k*(c.width+2*margin):][:c.width+2*margin]
		t, u := planes[k*c.size+top*c.stride:], planes[k*c.size+bottom*c.stride:]
		for x := from; x < to; x++ {
			switch {
			case hasTop && hasBottom:
				out[margin+x] = t[x] + mulhrs(u[x]-t[x], part)
			case hasTop:
				out[margin+x] = t[x] - mulhrs(t[x], part)
			default:
				out[margin+x] = mulhrs(u[x], part)
			}
		}
		out[margin+from-2], out[margin+from-1], out[margin+to], out[margin+to+1] = 0, 0, 0, 0
		if from == 0 {
			out[margin-1] = out[margin]
		}
		if to == c.width {
			out[margin+to] = out[margin+to-1]
		}
	}
	return from, to
}

// sample is the value of a row of cells at a pixel, between cell k and the one left or right of it.
func sample(row []int16, k int, right bool, part int16) int16 {
	if !right {
		k--
	}
	l := row[margin+k]
	return l + mulhrs(row[margin+k+1]-l, part)
}

// gate is how much of a deviation d (Q6) is applied: all of a small one, none of one that reaches what per stands for
// (Tukey's biweight). So a hair across a cheek and the rim of glasses stay crisp.
func gate(d, per int16) int16 {
	e := int16(min(max(int(d), -int(d)), 4095) << 3)
	e = min(mulhrs(e, per), 2047) << 4
	g := 32767 - mulhrs(e, e)
	return mulhrs(g, g)
}

func (plain) luma(v *frame.Video, c cells, planes []int16, spans []int32, row []int16) {
	pitch := c.width + 2*margin
	for y := max(4*c.y0-2, 0); y < min(4*c.y1+2, v.Height); y++ {
		from, to := rows(c, planes, spans, y, 4, 4, row)
		if from == to {
			continue
		}
		for x := max(4*from-4, 0); x < min(4*to+4, v.Width); x++ {
			k, right, part := x>>2, x&2 != 0, part4[x&3]
			p := &v.Y[y*v.YStride+x]
			d := sample(row[pitch:], k, right, part) - mulhrs(int16(*p)<<6, sample(row, k, right, part))
			up := sample(row[2*pitch:], k, right, part)
			g := gate(d, sample(row[3*pitch:], k, right, part))
			*p = byte(min(max(int(*p)+(int(mulhrs(d+up, g))+32)>>6, 0), 255))
		}
	}
}

func (plain) chroma(v *frame.Video, c cells, planes []int16, spans []int32, row []int16) {
	pitch, w, h := c.width+2*margin, (v.Width+1)/2, (v.Height+1)/2
	for y := max(2*c.y0-1, 0); y < min(2*c.y1+1, h); y++ {
		from, to := rows(c, planes[planeCA*c.size:], spans, y, 2, 3, row)
		if from == to {
			continue
		}
		for x := max(2*from-2, 0); x < min(2*to+2, w); x++ {
			k, right, part := x>>1, x&1 != 0, part2[x&1]
			a := sample(row, k, right, part)
			pu, pv := &v.U[y*v.CStride+x], &v.V[y*v.CStride+x]
			*pu = shift(*pu, a, sample(row[pitch:], k, right, part))
			*pv = shift(*pv, a, sample(row[2*pitch:], k, right, part))
		}
	}
}

func shift(p byte, a, b int16) byte {
	return byte(min(max(int(p)+(int(b-mulhrs(int16(p)<<6, a))+32)>>6, 0), 255))
}

// Sharpening takes what is finer than a binomial blur of 3×3 pixels (units of 1/16 level), leaves noise out and adds at most
// overshoot, so that edges get no bright seam.
const (
	noise     = 16
	overshoot = 24 * 16
)

func (plain) sharpen(v *frame.Video, c cells, planes []int16, spans []int32, amount int16, row []int16) {
	w, pitch := v.Width, 4*c.width+2*margin
	skin, sum := row[c.width+2*margin:][:pitch], row[c.width+2*margin+pitch:][:pitch]
	above, here := row[c.width+2*margin+2*pitch:][:pitch], row[c.width+2*margin+3*pitch:][:pitch]
	for x := range w {
		here[x] = int16(v.Y[x])
	}
	for y := range v.Height {
		line, below := v.Y[y*v.YStride:][:w], v.Y[min(y+1, v.Height-1)*v.YStride:][:w]
		above, here = here, above
		clear(skin)
		from, to := rows(c, planes[planeMask*c.size:], spans, y, 4, 1, row)
		if from < to {
			for x := max(4*from-4, 0); x < min(4*to+4, w); x++ {
				skin[x] = sample(row, x>>2, x&2 != 0, part4[x&3])
			}
		}
		for x := range w {
			here[x] = int16(line[x])
			sum[x+1] = above[x] + 2*here[x] + int16(below[x])
		}
		sum[0], sum[w+1] = sum[1], sum[w]
		for x := range w {
			d := 16*here[x] - sum[x] - 2*sum[x+1] - sum[x+2]
			e := mulhrs(4*(d-min(max(d, -noise), noise)), amount)
			e = min(max(mulhrs(e, 32767-skin[x]), -overshoot), overshoot)
			line[x] = byte(min(max((16*int(here[x])+int(e)+8)>>4, 0), 255))
		}
	}
}
