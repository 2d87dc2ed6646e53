package video

import (
	"math"

	"vitrine/capture/frame"
)

// bend is the field of the warp and the picture as it was. A cell says from where its middle comes, in 32nds of a pixel.
type bend struct {
	field []int16 // 2 planes of the grid: to the right, down
	spans []int32
	was   *frame.Video
}

// What full strength does: how far the jaw moves in, as share of the half width of the face, and how much larger an eye is.
const (
	slimmest = 0.1
	widest   = 0.2
)

// warp slims faces and widens eyes. Displacements are smooth, and exactly none outside of their faces' surroundings.
func (b *Beauty) warp(v *frame.Video, s BeautySettings, faces []frame.Face) {
	c := b.grid
	if b.bend.was == nil || b.bend.was.Width != v.Width || b.bend.was.Height != v.Height {
		b.bend = bend{field: make([]int16, 2*c.size), spans: make([]int32, 2*c.height), was: frame.New(v.Width, v.Height)}
	}
	c.x0, c.y0, c.x1, c.y1 = c.width, c.height, 0, 0
	for _, h := range b.heads {
		part := h.bounds(b.grid, 1.7, 1.5)
		c.x0, c.y0, c.x1, c.y1 = min(c.x0, part.x0), min(c.y0, part.y0), max(c.x1, part.x1), max(c.y1, part.y1)
	}
	if c.x0 >= c.x1 || c.y0 >= c.y1 {
		return
	}
	b.bend.clear(c)
	for _, h := range b.heads {
		part := h.bounds(b.grid, 1.7, 1.5)
		if s.SlimFace > 0 {
			b.bend.slim(h, part, share(s.SlimFace)*h.strength*slimmest)
		}
		for k := range eyes {
			if s.BigEyes > 0 {
				b.bend.widen(&faces[h.face], k, part, share(s.BigEyes)*h.strength*widest)
			}
		}
	}
	b.bend.was.Copy(v)
	b.kernels.warp(v, b.bend.was, c, b.bend.field, b.bend.spans, b.line)
}

func (d *bend) clear(c cells) {
	for y := c.y0; y < c.y1; y++ {
		clear(d.field[y*c.stride:][c.x0:c.x1])
		clear(d.field[c.size+y*c.stride:][c.x0:c.x1])
		d.spans[2*y], d.spans[2*y+1] = int32(c.x0), int32(c.x1)
	}
}

// add moves a cell by what is given in cells.
func (d *bend) add(c cells, i int, dx, dy float32) {
	d.field[i] += int16(min(max(dx*128, -8192), 8192))
	d.field[c.size+i] += int16(min(max(dy*128, -8192), 8192))
}

// slim pulls cheeks and jaw towards the middle line of the face: most at the contour (where q is a third) and below the
// cheekbones, nothing at the middle, above the eyes, below the throat and beside the face.
func (d *bend) slim(h head, c cells, amount float32) {
	ux, uy := h.ax*h.w*h.w*amount, h.ay*h.w*h.w*amount
	for y := c.y0; y < c.y1; y++ {
		for x := c.x0; x < c.x1; x++ {
			dx, dy := float32(x)-h.cx, float32(y)-h.cy
			a, t := dx*h.ax+dy*h.ay, (dx*h.bx+dy*h.by-0.55)*(1/0.88)
			q := a * a * (1 / 1.7 / 1.7)
			if q >= 1 || t*t >= 1 {
				continue
			}
			m := 6.75 * q * (1 - q) * (1 - q) * (1 - t*t) * (1 - t*t)
			if a < 0 {
				m = -m
			}
			d.add(c, y*c.stride+x, m*ux, m*uy)
		}
	}
}

// widen magnifies an eye around its middle.
func (d *bend) widen(f *frame.Face, k int, c cells, amount float32) {
	var p polygon
	p.set(f, eyes[k][:])
	var mx, my float32
	for i := range p.n {
		mx, my = mx+p.x[i]/float32(p.n), my+p.y[i]/float32(p.n)
	}
	r := 1.15 * float32(math.Hypot(float64(p.x[8]-p.x[0]), float64(p.y[8]-p.y[0])))
	if !(r > 1) {
		return
	}
	for y := max(c.y0, int(my-r)); y < min(c.y1, int(my+r)+2); y++ {
		for x := max(c.x0, int(mx-r)); x < min(c.x1, int(mx+r)+2); x++ {
			dx, dy := float32(x)-mx, float32(y)-my
			t := 1 - (dx*dx+dy*dy)/(r*r)
			if t > 0 {
				d.add(c, y*c.stride+x, -amount*t*t*dx, -amount*t*t*dy)
			}
		}
	}
}

// cubic is Catmull and Rom's cubic through four neighbours, in Q6, at 32nds between the middle two.
func cubic(part int) (w [4]int) {
	t, s := part, 32-part
	w[0] = -(t*s*s + 512) >> 10
	w[1] = ((3*t-5*32)*t*t + 2*32768 + 512) >> 10
	w[3] = -(t*t*s + 512) >> 10
	w[2] = 64 - w[0] - w[1] - w[3]
	return w
}

func (plain) warp(v, from *frame.Video, c cells, planes []int16, spans []int32, row []int16) {
	var cubics [32][4]int
	for i := range cubics {
		cubics[i] = cubic(i)
	}
	cw, ch := (v.Width+1)/2, (v.Height+1)/2
	warpPlane(v.Y, from.Y, v.YStride, from.YStride, v.Width, v.Height, 4, c, planes, spans, row, &cubics)
	warpPlane(v.U, from.U, v.CStride, from.CStride, cw, ch, 2, c, planes, spans, row, &cubics)
	warpPlane(v.V, from.V, v.CStride, from.CStride, cw, ch, 2, c, planes, spans, row, &cubics)
}

// warpPlane warps a plane whose cells are so many pixels wide and high: 4 of luma, 2 of chroma, whose pixels are twice as
// large.
func warpPlane(to, from []byte, stride, fromStride, w, h, cell int, c cells, planes []int16, spans []int32, row []int16, cubics *[32][4]int) {
	pitch, part, half := c.width+2*margin, part4[:], 0
	if cell == 2 {
		part, half = part2[:], 1
	}
	for y := max(cell*c.y0-cell/2, 0); y < min(cell*c.y1+cell/2, h); y++ {
		x0, x1 := rows(c, planes, spans, y, cell, 2, row)
		if x0 == x1 {
			continue
		}
		for x := max(cell*(x0-1), 0); x < min(cell*(x1+1), w); x++ {
			k, j := x/cell, x%cell
			dx := int(sample(row, k, j >= cell/2, part[j]))
			dy := int(sample(row[pitch:], k, j >= cell/2, part[j]))
			if dx|dy != 0 {
				to[y*stride+x] = fetch(from, fromStride, w, h, 32*x+dx>>half, 32*y+dy>>half, cubics)
			}
		}
	}
}

// fetch is a pixel at a place in 32nds of a pixel; beyond the edge the last pixel goes on.
func fetch(p []byte, stride, w, h, sx, sy int, cubics *[32][4]int) byte {
	x, y, sum := sx>>5-1, sy>>5-1, 0
	for j, wy := range cubics[sy&31] {
		line := p[min(max(y+j, 0), h-1)*stride:]
		for i, wx := range cubics[sx&31] {
			sum += wy * wx * int(line[min(max(x+i, 0), w-1)])
		}
	}
	return byte(min(max((sum+2048)>>12, 0), 255))
}
