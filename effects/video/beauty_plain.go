package video

import (
	"math"

	"vitrine/capture/frame"
)

// cells is the grid of the working picture: a cell covers 4×4 pixels of luma and 2×2 of chroma. Kernels touch the cells
// x0 ≤ x < x1, y0 ≤ y < y1; all others count as no skin.
type cells struct {
	width, height, stride, size int
	x0, y0, x1, y1              int
}

// Planes of the working picture, size cells apart: mean luma less black, mean chroma less 128, how sure it is skin (0 to 1);
// gain and base of the guided filter and the weight they stand on; mean chroma of the skin around; tints to add.
const (
	planeLuma = iota
	planeCb
	planeCr
	planeSkin
	planeGain
	planeBase
	planeWeight
	planeMeanCb
	planeMeanCr
	planeTintY
	planeTintCb
	planeTintCr
	floatPlanes
)

// What the full-resolution pass reads, size cells apart. A pixel x of luma becomes x + gate·(b − a·x + lift), of chroma
// x + b − a·x: a in Q15, b and lift in Q6, gate as 2^17 divided by the deviation in levels at which it closes.
const (
	planeA = iota
	planeB
	planeLift
	planeGate
	planeCA
	planeCbB
	planeCrB
	planeMask // the skin mask in Q15
	intPlanes
)

// skin is what colour skin has. Lit more or less, one skin keeps the direction of (luma, Cb, Cr): the chroma expected at a
// luma is proportional to it. The deviation from it is measured along and across the direction in which skins differ.
type skin struct {
	luma, cb, cr  float32 // of the middle of the skin, less black and less 128
	along, across [2]float32
	dim, dark     float32 // share of luma from which on it may be skin, and below which it is hair or a shadow
	grey          float32 // chroma along that direction, as share of luma, at which it is too pale for skin
	weight        float32
}

// dose is how strongly filter and mask are folded into the planes, 0 to 1.
type dose struct {
	smooth, whiten float32
}

// kernels are the passes over pixels. Native ones are C where there is a C compiler, and [plain] elsewhere.
type kernels interface {
	reduce(v *frame.Video, c cells, f []float32)
	soften(c cells, f, row []float32)
	distance(c cells, p *polygon, out []float32)
	region(c cells, h head, keep, region []float32)
	skin(c cells, s skin, region, f []float32)
	guide(c cells, radius int, f, row []float32)
	fold(c cells, radius int, d dose, f, row []float32, planes []int16, spans []int32)
	luma(v *frame.Video, c cells, planes []int16, spans []int32, row []int16)
	chroma(v *frame.Video, c cells, planes []int16, spans []int32, row []int16)
	sharpen(v *frame.Video, c cells, planes []int16, spans []int32, amount int16, row []int16)
	warp(v, from *frame.Video, c cells, planes []int16, spans []int32, row []int16)
}

// plain is the reference of the kernels in Go; the C agrees within rounding of floats.
type plain struct{}

func ease(x float32) float32 {
	x = min(max(x, 0), 1)
	return x * x * (3 - 2*x)
}

// reduce takes the mean of every cell; at the right and lower edge the last pixel goes on.
func (plain) reduce(v *frame.Video, c cells, f []float32) {
	cw, ch := (v.Width+1)/2, (v.Height+1)/2
	for y := c.y0; y < c.y1; y++ {
		for x := c.x0; x < c.x1; x++ {
			i := y*c.stride + x
			f[i] = mean(v.Y, v.YStride, 4*x, 4*y, 4, v.Width, v.Height) - 16
			f[planeCb*c.size+i] = mean(v.U, v.CStride, 2*x, 2*y, 2, cw, ch) - 128
			f[planeCr*c.size+i] = mean(v.V, v.CStride, 2*x, 2*y, 2, cw, ch) - 128
		}
	}
}

func mean(p []byte, stride, x, y, n, w, h int) float32 {
	sum := 0
	if x+n <= w && y+n <= h {
		for j := range n {
			for _, b := range p[(y+j)*stride+x:][:n] {
				sum += int(b)
			}
		}
		return float32(sum) / float32(n*n)
	}
	for j := range n {
		for i := range n {
			sum += int(p[min(y+j, h-1)*stride+min(x+i, w-1)])
		}
	}
	return float32(sum) / float32(n*n)
}

// soften takes noise out of chroma, by which the mask would flicker: binomially over 3×3 cells.
func (plain) soften(c cells, f, row []float32) {
	n := c.x1 - c.x0
	above, sum := row[:n], row[n:2*n]
	for k := planeCb; k <= planeCr; k++ {
		copy(above, f[k*c.size+c.y0*c.stride+c.x0:])
		for y := c.y0; y < c.y1; y++ {
			at := f[k*c.size+y*c.stride+c.x0:][:n]
			below := f[k*c.size+min(y+1, c.y1-1)*c.stride+c.x0:][:n]
			for x, here := range at {
				sum[x] = 0.25 * (above[x] + 2*here + below[x])
				above[x] = here
			}
			for x := range at {
				at[x] = 0.25 * (sum[max(x-1, 0)] + 2*sum[x] + sum[min(x+1, n-1)])
			}
		}
	}
}

// distance is how far from the polygon's line each cell is, negative inside: the smallest distance to any side, and inside
// is told by the sides that a ray to the right crosses.
func (plain) distance(c cells, p *polygon, out []float32) {
	for y := c.y0; y < c.y1; y++ {
		for x := c.x0; x < c.x1; x++ {
			best, sign := float32(math.MaxFloat32), float32(1)
			j := p.n - 1
			for i := range p.n {
				ex, ey := p.x[j]-p.x[i], p.y[j]-p.y[i]
				wx, wy := float32(x)-p.x[i], float32(y)-p.y[i]
				t := min(max((wx*ex+wy*ey)/max(ex*ex+ey*ey, 1e-6), 0), 1)
				dx, dy := wx-t*ex, wy-t*ey
				best = min(best, dx*dx+dy*dy)
				if (p.y[i] > float32(y)) != (p.y[j] > float32(y)) && wx < wy*ex/ey {
					sign = -sign
				}
				j = i
			}
			out[y*c.stride+x] = sign * float32(math.Sqrt(float64(best)))
		}
	}
}

// region is keep where skin may belong to the head.
func (plain) region(c cells, h head, keep, region []float32) {
	for y := c.y0; y < c.y1; y++ {
		for x := c.x0; x < c.x1; x++ {
			dx, dy := float32(x)-h.cx, float32(y)-h.cy
			a, b := dx*h.ax+dy*h.ay, dx*h.bx+dy*h.by
			if b > 0 {
				b *= 1 / reach
			}
			region[y*c.stride+x] = keep[y*c.stride+x] * ease((outer*outer-a*a-b*b)*(1/(outer*outer-inner*inner)))
		}
	}
}

// skin adds to the skin plane the likelihood under s, times region; what is skin twice is skin once.
func (plain) skin(c cells, s skin, region, f []float32) {
	per, ramp := 1/s.luma, 1/(s.dim-s.dark)
	for y := c.y0; y < c.y1; y++ {
		for x := c.x0; x < c.x1; x++ {
			i := y*c.stride + x
			if region[i] == 0 {
				continue
			}
			k := f[i] * per
			light := min(max(k, 0.35), 1.1)
			near := 0.5 + 0.5*min(light, 1)
			u, v := f[planeCb*c.size+i], f[planeCr*c.size+i]
			du, dv := u-light*s.cb, v-light*s.cr
			e, g := du*s.along[0]+dv*s.along[1], du*s.across[0]+dv*s.across[1]
			q := (e*e + g*g) / (near * near)
			colour := u*s.along[0] + v*s.along[1] - s.grey*f[i]
			m := ease((4.5-q)*(1/3.5)) * ease((k-s.dark)*ramp) * ease(4.5*colour) * s.weight * region[i]
			f[planeSkin*c.size+i] = min(f[planeSkin*c.size+i]+m, 1)
		}
	}
}

// slide adds sign times a row of cells to the sums over columns of the moments of luma and chroma, weighted by skin.
func slide(c cells, f []float32, y int, sign float32, n int, col []float32) {
	for x := range n {
		i := y*c.stride + c.x0 + x
		l, w := f[i], sign*f[planeSkin*c.size+i]
		wl := w * l
		col[x] += w
		col[n+x] += wl
		col[2*n+x] += wl * l
		col[3*n+x] += w * f[planeCb*c.size+i]
		col[4*n+x] += w * f[planeCr*c.size+i]
	}
}

// box sums col over 2r+1 neighbours.
func box(sum, col []float32, r int) {
	var s float32
	n := len(col)
	for x := range min(r, n) {
		s += col[x]
	}
	for x := range n {
		if x+r < n {
			s += col[x+r]
		}
		if x-r-1 >= 0 {
			s -= col[x-r-1]
		}
		sum[x] = s
	}
}

// slack is the weight of the cell itself where there is no skin around, so that nothing is divided by zero.
const slack = 0.05

// guide is the guided filter (He, Sun and Tang 2010, equations 5 and 6, with the picture as its own guide) over windows of
// 2·radius+1 cells, weighted by skin: hair and background beside skin neither bleed into it nor keep it rough. What counts
// as an edge is relative to luma, so that dark skin is smoothed like light skin.
func (plain) guide(c cells, radius int, f, row []float32) {
	n := c.x1 - c.x0
	col, sum := row[:5*n], row[5*n:10*n]
	clear(col)
	for y := c.y0; y < min(c.y0+radius, c.y1); y++ {
		slide(c, f, y, 1, n, col)
	}
	for y := c.y0; y < c.y1; y++ {
		if y+radius < c.y1 {
			slide(c, f, y+radius, 1, n, col)
		}
		if y-radius-1 >= c.y0 {
			slide(c, f, y-radius-1, -1, n, col)
		}
		for k := range 5 {
			box(sum[k*n:(k+1)*n], col[k*n:(k+1)*n], radius)
		}
		for x := range n {
			i := y*c.stride + c.x0 + x
			l := f[i]
			w := sum[x] + slack
			per := 1 / w
			mean := (sum[n+x] + slack*l) * per
			variance := max((sum[2*n+x]+slack*l*l)*per-mean*mean, 0)
			e := edge*mean + 0.4
			a := f[planeSkin*c.size+i] * e * e / (variance + e*e)
			f[planeGain*c.size+i] = a
			f[planeBase*c.size+i] = a * mean
			f[planeWeight*c.size+i] = w
			f[planeMeanCb*c.size+i] = (sum[3*n+x] + slack*f[planeCb*c.size+i]) * per
			f[planeMeanCr*c.size+i] = (sum[4*n+x] + slack*f[planeCr*c.size+i]) * per
		}
	}
}

// The look of the filter. Edge is the contrast that is half an edge, grain the share of the finest texture that stays,
// chroma the share of blotches in colour that goes; whitening lifts the middle of luma by up to lift levels and takes pale
// of the saturation; deviations of more than hair times luma are hair and not skin, and stay.
const (
	edge   = 0.085
	grain  = 0.25
	chroma = 0.7
	lift   = 18
	pale   = 0.22
	hair   = 0.45
)

// fixed rounds to the nearest integer.
func fixed(x float32) int16 { return int16(int(x+32768.5) - 32768) }

// fold averages gain and base over the window (equation 8) and folds them with mask, whitening and tints into the planes of
// the full-resolution pass. Spans tells for each row which cells change anything: 2 numbers, from and to.
func (plain) fold(c cells, radius int, d dose, f, row []float32, planes []int16, spans []int32) {
	n := c.x1 - c.x0
	col, sum := row[:2*n], row[2*n:4*n]
	clear(col)
	add := func(y int, sign float32) {
		i := y*c.stride + c.x0
		for x := range n {
			col[x] += sign * f[planeGain*c.size+i+x]
			col[n+x] += sign * f[planeBase*c.size+i+x]
		}
	}
	for y := c.y0; y < min(c.y0+radius, c.y1); y++ {
		add(y, 1)
	}
	for y := c.y0; y < c.y1; y++ {
		if y+radius < c.y1 {
			add(y+radius, 1)
		}
		if y-radius-1 >= c.y0 {
			add(y-radius-1, -1)
		}
		box(sum[:n], col[:n], radius)
		box(sum[n:], col[n:], radius)
		for x := range n {
			foldCell(c, radius, d, f, y*c.stride+c.x0+x, sum[x], sum[n+x], planes)
		}
		spans[2*y], spans[2*y+1] = span(c, planes[y*c.stride:])
	}
}

func foldCell(c cells, radius int, d dose, f []float32, i int, gain, base float32, planes []int16) {
	l, w := f[i], f[planeWeight*c.size+i]
	area := 1 / float32((2*radius+1)*(2*radius+1))
	mask := f[planeSkin*c.size+i] * min(max(w*area*3-0.2, 0), 1)
	per := d.smooth * mask / w
	a := gain * per
	b := base*per - grain*a*l
	a *= 1 - grain
	up := d.whiten*mask*min(max(l*(219-l)*(1/11990.0), 0), 1)*lift + f[planeTintY*c.size+i]
	cs := chroma * d.smooth * mask
	ca := cs + pale*d.whiten*mask
	bu := cs*f[planeMeanCb*c.size+i] + f[planeTintCb*c.size+i]
	bv := cs*f[planeMeanCr*c.size+i] + f[planeTintCr*c.size+i]
	planes[planeA*c.size+i] = fixed(a * 32767)
	planes[planeB*c.size+i] = fixed((b + 16*a) * 64)
	planes[planeLift*c.size+i] = fixed(up * 64)
	planes[planeGate*c.size+i] = fixed(131072 / min(max(hair*l, 5), 60))
	planes[planeCA*c.size+i] = fixed(ca * 32767)
	planes[planeCbB*c.size+i] = fixed((bu + 128*ca) * 64)
	planes[planeCrB*c.size+i] = fixed((bv + 128*ca) * 64)
	planes[planeMask*c.size+i] = fixed(mask * 32767)
}

func span(c cells, at []int16) (from, to int32) {
	still := func(x int) bool {
		return at[planeMask*c.size+x]|at[planeLift*c.size+x]|at[planeCbB*c.size+x]|at[planeCrB*c.size+x] == 0
	}
	a, b := c.x0, c.x1
	for a < b && still(a) {
		a++
	}
	for b > a && still(b-1) {
		b--
	}
	return int32(a), int32(b)
}
