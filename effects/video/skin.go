package video

import (
	"math"

	"vitrine/capture/frame"
)

// anySkin is the colour of human skin of all tones under about white light: in Cb and Cr the tones lie on a short line that
// points away from grey, and spread far less across it.
var anySkin = skin{
	luma: 130, cb: -26, cr: 27,
	along: [2]float32{-0.69 / 18, 0.72 / 18}, across: [2]float32{0.72 / 8, 0.69 / 8},
	dim: 0.3, dark: 0.12, grey: 0.06 / 18, weight: 1,
}

// Bounds of how far a face's own skin may be from its median, in levels, before it counts as something else: what it is when
// the face is all of one colour, and when make-up, shadow and mixed light spread it.
const (
	leastSpread = 6
	mostSpread  = 13
	// What belongs to the skin for certain: 2 standard deviations, with the median deviation as measure of them.
	spreads = 2 * 1.4826
)

// tally counts cells by a value of -128…127 levels.
type tally [256]int32

func (t *tally) add(x float32) { t[min(max(int(x+128), 0), 255)]++ }

// median is exact to a small part of a level, as cells within one level are taken to be spread evenly: a median that jumped
// by a level with the noise would be seen.
func (t *tally) median() float32 {
	var n, below int32
	for _, k := range t {
		n += k
	}
	for i, k := range t {
		if 2*(below+k) >= n && k > 0 {
			return float32(i) - 128 + (float32(n)/2-float32(below))/float32(k)
		}
		below += k
	}
	return 0
}

// ownSkin measures the colour of one face where region is whole, within its oval: medians, which make-up, beard, glasses and
// a strand of hair do not move as long as they are the smaller part.
func ownSkin(h head, c cells, region, f []float32) (skin, bool) {
	var t [3]tally
	n := 0
	h.oval(c, func(i int) {
		if region[i] > 0.9 {
			t[0].add(f[i] - 128)
			t[1].add(f[planeCb*c.size+i])
			t[2].add(f[planeCr*c.size+i])
			n++
		}
	})
	s := skin{luma: t[0].median() + 128, cb: t[1].median(), cr: t[2].median(), dim: 0.6, dark: 0.24, grey: -10, weight: h.strength}
	if n < 12 || s.luma < 4 {
		return s, false
	}
	dx, dy := float32(-0.66), float32(0.75)
	if l := float32(math.Hypot(float64(s.cb), float64(s.cr))); l > 6 {
		dx, dy = s.cb/l, s.cr/l
	}
	t = [3]tally{}
	h.oval(c, func(i int) {
		if region[i] > 0.9 {
			light := min(max(f[i]/s.luma, 0.35), 1.3)
			du, dv := f[planeCb*c.size+i]-light*s.cb, f[planeCr*c.size+i]-light*s.cr
			t[0].add(4 * abs(du*dx+dv*dy))
			t[1].add(4 * abs(du*dy-dv*dx))
		}
	})
	a := min(max(spreads/4*t[0].median(), leastSpread), mostSpread)
	b := min(max(spreads/4*t[1].median(), leastSpread), mostSpread)
	s.along, s.across = [2]float32{dx / a, dy / a}, [2]float32{dy / b, -dx / b}
	return s, true
}

func abs(x float32) float32 { return max(x, -x) }

// head is the frame of a face, in cells: its middle, and the inverses of its half axes, so that the oval is where
// (x-cx, y-cy) times them has a length below 1.
type head struct {
	cx, cy   float32
	ax, ay   float32 // across: from one ear to the other
	bx, by   float32 // down: from forehead to chin
	w, h     float32 // half axes
	strength float32
	face     int // which of the faces it is
}

// Where around the oval skin belongs to the face, in its half axes: all of it to inner, none from outer on. Neck and
// décolleté reach further, by a factor of reach.
const (
	inner = 1.25
	outer = 1.85
	reach = 1.6
)

// smallest half axis of a face that is worth the work, in cells.
const smallest = 3

func cellPoint(p frame.Point) (x, y float32) { return p.X/4 - 0.5, p.Y/4 - 0.5 }

// newHead reports false for a face that is too small, or not in its place.
func newHead(f *frame.Face, i int) (head, bool) {
	tx, ty := cellPoint(f.Points[10])
	dx, dy := cellPoint(f.Points[152])
	lx, ly := cellPoint(f.Points[234])
	rx, ry := cellPoint(f.Points[454])
	h := head{strength: min(max(f.Strength, 0), 1), face: i}
	vx, vy := (dx-tx)/2, (dy-ty)/2
	h.h = float32(math.Hypot(float64(vx), float64(vy)))
	// A head that is turned is narrower between the ears than it is.
	h.w = max(float32(math.Hypot(float64(rx-lx), float64(ry-ly)))/2, 0.7*h.h)
	if !(h.h >= smallest && h.w < 1e4 && h.h < 1e4 && h.strength > 0) {
		return h, false
	}
	h.cx, h.cy = (tx+dx)/4+(lx+rx)/4, (ty+dy)/2
	h.bx, h.by = vx/(h.h*h.h), vy/(h.h*h.h)
	h.ax, h.ay = vy/(h.h*h.w), -vx/(h.h*h.w)
	return h, true
}

// box is the part of the grid in which the region of the head lies.
func (h head) box(c cells) cells { return h.bounds(c, outer, outer*reach) }

// bounds is the part of the grid that holds the oval, made wide times wider and below its middle down times longer.
func (h head) bounds(c cells, wide, down float32) cells {
	ux, uy := wide*h.ax*h.w*h.w, wide*h.ay*h.w*h.w
	vx, vy := h.bx*h.h*h.h, h.by*h.h*h.h
	x0, x1, y0, y1 := h.cx, h.cx, h.cy, h.cy
	for _, e := range [...][2]float32{{1, -wide}, {-1, -wide}, {1, down}, {-1, down}} {
		px, py := h.cx+e[0]*ux+e[1]*vx, h.cy+e[0]*uy+e[1]*vy
		x0, x1, y0, y1 = min(x0, px), max(x1, px), min(y0, py), max(y1, py)
	}
	c.x0, c.x1 = min(max(int(x0), 0), c.width), min(max(int(x1)+2, 0), c.width)
	c.y0, c.y1 = min(max(int(y0), 0), c.height), min(max(int(y1)+2, 0), c.height)
	return c
}

// oval calls do with cells well inside the face: all of a small face, rows far enough apart in a large one.
func (h head) oval(c cells, do func(i int)) {
	step := max(1, int(h.h/20))
	for y := max(c.y0, int(h.cy-1.2*max(h.h, h.w))); y < min(c.y1, int(h.cy+1.2*max(h.h, h.w))+1); y += step {
		for x := max(c.x0, int(h.cx-1.2*max(h.h, h.w))); x < min(c.x1, int(h.cx+1.2*max(h.h, h.w))+1); x++ {
			dx, dy := float32(x)-h.cx, float32(y)-h.cy
			a, b := dx*h.ax+dy*h.ay, dx*h.bx+dy*h.by
			if a*a+b*b < 0.72 {
				do(y*c.stride + x)
			}
		}
	}
}

// Points of MediaPipe's mesh around what is no skin.
var (
	eyes = [2][16]int{
		{33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246},
		{263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466},
	}
	brows = [2][10]int{
		{70, 63, 105, 66, 107, 55, 65, 52, 53, 46},
		{300, 293, 334, 296, 336, 285, 295, 282, 283, 276},
	}
	outerLips = [20]int{61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185}
	innerLips = [20]int{78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191}
	nostrils  = [2][6]int{{98, 240, 75, 60, 20, 97}, {327, 460, 305, 290, 250, 326}}
)

// carve takes the features of a face out of keep, as far as its strength goes.
func (b *Beauty) carve(f *frame.Face, h head, c cells) {
	unit := (h.w + h.h) / 2
	soft := 0.04*unit + 0.5
	cut := func(points []int, grow float32) {
		b.shape.set(f, points)
		part := b.shape.within(c, grow*unit+soft)
		b.kernels.distance(part, &b.shape, b.region)
		for y := part.y0; y < part.y1; y++ {
			for i := y*c.stride + part.x0; i < y*c.stride+part.x1; i++ {
				if d := b.region[i]; d < grow*unit+soft/2 {
					b.keep[i] *= 1 - h.strength*ease((grow*unit-d)/soft+0.5)
				}
			}
		}
	}
	for k := range 2 {
		cut(eyes[k][:], 0.05)
		cut(brows[k][:], 0.02)
		cut(nostrils[k][:], 0.015)
	}
	cut(outerLips[:], 0.02)
}

// polygon is a closed line through points of the mesh, in cells.
type polygon struct {
	x, y [36]float32
	n    int
}

func (p *polygon) set(f *frame.Face, points []int) {
	p.n = len(points)
	for i, k := range points {
		p.x[i], p.y[i] = cellPoint(f.Points[k])
	}
}

// within is the part of the grid that is at most far from the box around the polygon.
func (p *polygon) within(c cells, far float32) cells {
	x0, x1, y0, y1 := p.x[0], p.x[0], p.y[0], p.y[0]
	for i := range p.n {
		x0, x1, y0, y1 = min(x0, p.x[i]), max(x1, p.x[i]), min(y0, p.y[i]), max(y1, p.y[i])
	}
	c.x0, c.x1 = max(c.x0, min(max(int(x0-far), 0), c.width)), min(c.x1, min(max(int(x1+far)+2, 0), c.width))
	c.y0, c.y1 = max(c.y0, min(max(int(y0-far), 0), c.height)), min(c.y1, min(max(int(y1+far)+2, 0), c.height))
	return c
}
