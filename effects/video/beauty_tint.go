package video

import (
	"math"

	"vitrine/capture/frame"
)

// tint draws blush and lips into the tint planes, or leaves them empty.
func (b *Beauty) tint(c cells, s BeautySettings, faces []frame.Face) {
	tints := b.floats[planeTintY*c.size : floatPlanes*c.size]
	if b.tinted {
		clear(tints)
	}
	b.tinted = len(b.heads) > 0 && (s.Blush > 0 || s.Lips > 0)
	if !b.tinted {
		return
	}
	for _, h := range b.heads {
		if s.Blush > 0 {
			for k := range cheeks {
				b.blush(&faces[h.face], h, k, c, share(s.Blush))
			}
		}
		if s.Lips > 0 {
			b.lips(&faces[h.face], h, c, share(s.Lips)*h.strength)
		}
	}
}

// Tints at full strength, in levels at a luma of reference above black. They follow luma, as a dye on skin does: paint would
// not.
const (
	reference             = 130
	blushY                = -3
	blushCb, blushCr      = 1.5, 11
	lipsY, lipsCb, lipsCr = -8, 1, 20
)

// cheeks are points of the mesh that span each cheek: four around the apple, then the inner lower and outer upper end.
var cheeks = [2][6]int{{50, 117, 123, 205, 205, 116}, {280, 346, 352, 425, 425, 345}}

// blush colours a cheek: an ellipse that rises towards the temple and fades to its rim, where the skin mask is.
func (b *Beauty) blush(f *frame.Face, h head, k int, c cells, amount float32) {
	var mx, my float32
	for _, i := range cheeks[k][:4] {
		x, y := cellPoint(f.Points[i])
		mx, my = mx+x/4, my+y/4
	}
	x0, y0 := cellPoint(f.Points[cheeks[k][4]])
	x1, y1 := cellPoint(f.Points[cheeks[k][5]])
	length := float32(math.Hypot(float64(x1-x0), float64(y1-y0)))
	if !(length > 1) {
		return
	}
	ux, uy := (x1-x0)/length, (y1-y0)/length
	long, wide := 0.95*length, 0.34*h.h
	far := max(long, wide)
	for y := max(c.y0, int(my-far)); y < min(c.y1, int(my+far)+2); y++ {
		for x := max(c.x0, int(mx-far)); x < min(c.x1, int(mx+far)+2); x++ {
			dx, dy := float32(x)-mx, float32(y)-my
			a, w := (dx*ux+dy*uy)/long, (dx*uy-dy*ux)/wide
			r := 1 - a*a - w*w
			if r <= 0 {
				continue
			}
			i := y*c.stride + x
			b.dye(i, amount*r*r*b.floats[planeSkin*c.size+i], blushY, blushCb, blushCr)
		}
	}
}

// lips colours what is between the outer and the inner line of the lips, so that teeth stay white.
func (b *Beauty) lips(f *frame.Face, h head, c cells, amount float32) {
	b.shape.set(f, outerLips[:])
	part := b.shape.within(c, 1)
	outside, inside := b.region, b.floats[planeGain*c.size:] // both are free: the mask is made, the filter not yet
	b.kernels.distance(part, &b.shape, outside)
	b.shape.set(f, innerLips[:])
	b.kernels.distance(part, &b.shape, inside)
	for y := part.y0; y < part.y1; y++ {
		for i := y*c.stride + part.x0; i < y*c.stride+part.x1; i++ {
			if outside[i] < 0.75 {
				b.dye(i, amount*ease(0.5-outside[i]/1.5)*ease(0.5+inside[i]), lipsY, lipsCb, lipsCr)
			}
		}
	}
}

func (b *Beauty) dye(i int, amount, y, cb, cr float32) {
	n := b.grid.size
	amount *= b.floats[i] / reference
	b.floats[planeTintY*n+i] += amount * y
	b.floats[planeTintCb*n+i] += amount * cb
	b.floats[planeTintCr*n+i] += amount * cr
}
