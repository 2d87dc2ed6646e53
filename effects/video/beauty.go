package video

import "vitrine/capture/frame"

// BeautySettings are the strengths of the effects, each 0 (off) to 100.
type BeautySettings struct {
	Smooth   int // evens skin out; pores and edges stay
	Whiten   int // lifts and cools skin
	Blush    int // colour of the cheeks
	Lips     int // colour of the lips
	Sharpen  int // detail of what is not skin
	SlimFace int // narrows cheeks and jaw
	BigEyes  int // widens eyes
}

// Beauty applies BeautySettings to pictures. The zero value is ready; it allocates with the first picture of a size and not after.
// Not safe for concurrent use.
type Beauty struct {
	kernels kernels // native unless a test asks for others
	grid    cells
	heads   []head
	radius  float32   // of the filter's window in cells, before rounding
	floats  []float32 // floatPlanes of the grid
	keep    []float32 // where no feature of a face is, 0 to 1
	carved  bool      // whether keep is not all 1
	region  []float32 // where a face's skin may be, 0 to 1; before, distances from its features
	shape   polygon   // the feature at work
	tinted  bool      // whether tints are not all 0
	row     []float32
	planes  []int16 // intPlanes of the grid
	spans   []int32
	line    []int16
	bend    bend
}

const mostRadius = 12

// Apply changes v, which the caller owns, in place. Faces are those in v; each one's Strength scales all that is done to it.
// Without faces skin is found by its colour alone, and the effects that need landmarks (blush, lips, contours) are not
// applied; as much as the strongest face lacks of 1 is done so, hence nothing jumps when faces come and go.
func (b *Beauty) Apply(v *frame.Video, s BeautySettings, faces []frame.Face) {
	b.size(v.Width, v.Height)
	if s.Smooth > 0 || s.Whiten > 0 || s.Blush > 0 || s.Lips > 0 || s.Sharpen > 0 {
		b.paint(v, s, faces)
	}
	if s.SlimFace > 0 || s.BigEyes > 0 {
		b.meet(faces)
		b.warp(v, s, faces)
	}
}

// paint does what stays in place.
func (b *Beauty) paint(v *frame.Video, s BeautySettings, faces []frame.Face) {
	k := b.kernels
	c := b.mask(v, faces)
	if c.x0 < c.x1 && c.y0 < c.y1 {
		b.tint(c, s, faces)
		r := b.window(v.Height)
		k.guide(c, r, b.floats, b.row)
		k.fold(c, r, dose{smooth: share(s.Smooth), whiten: share(s.Whiten)}, b.floats, b.row, b.planes, b.spans)
		k.luma(v, c, b.planes, b.spans, b.line)
		k.chroma(v, c, b.planes, b.spans, b.line)
	}
	if s.Sharpen > 0 {
		k.sharpen(v, c, b.planes, b.spans, int16(share(s.Sharpen)*sharpest*8192), b.line)
	}
}

// sharpest is what full strength adds, as a multiple of the detail there is.
const sharpest = 1.2

// mask reduces the picture, finds what is skin in it and tells in which cells that was done.
func (b *Beauty) mask(v *frame.Video, faces []frame.Face) cells {
	c, rest := b.meet(faces)
	k := b.kernels
	for y := c.y0; y < c.y1; y++ {
		clear(b.floats[planeSkin*c.size+y*c.stride:][c.x0:c.x1])
	}
	k.reduce(v, c, b.floats)
	k.soften(c, b.floats, b.row)
	b.spare(c, faces)
	if rest > 0 {
		any := anySkin
		any.weight = rest
		k.skin(c, any, b.keep, b.floats)
	}
	for i := range b.heads {
		h := &b.heads[i]
		part := h.box(c)
		k.region(part, *h, b.keep, b.region)
		if s, ok := ownSkin(*h, part, b.region, b.floats); ok {
			k.skin(part, s, b.region, b.floats)
		}
	}
	return c
}

// meet keeps the heads of faces that are worth the work. It tells which cells they cover (all, unless a face is there in full
// strength) and how much is left to do by colour alone.
func (b *Beauty) meet(faces []frame.Face) (c cells, rest float32) {
	b.heads, rest = b.heads[:0], 1
	c = b.grid
	x0, y0, x1, y1 := c.x1, c.y1, 0, 0
	for i := range faces {
		h, ok := newHead(&faces[i], i)
		if !ok {
			continue
		}
		b.heads = append(b.heads, h)
		rest = min(rest, 1-h.strength)
		part := h.box(c)
		x0, y0, x1, y1 = min(x0, part.x0), min(y0, part.y0), max(x1, part.x1), max(y1, part.y1)
	}
	if rest == 0 {
		c.x0, c.y0, c.x1, c.y1 = x0, y0, x1, y1
	}
	return c, rest
}

// spare makes keep.
func (b *Beauty) spare(c cells, faces []frame.Face) {
	if b.carved {
		fill(b.keep, 1)
	}
	b.carved = len(b.heads) > 0
	for _, h := range b.heads {
		b.carve(&faces[h.face], h, c)
	}
}

// window is the radius of the filter: it grows with the largest face, or with the picture where none is known, and keeps a
// size until another fits clearly better, since a change can be seen.
func (b *Beauty) window(height int) int {
	want := float32(height) / 260
	if len(b.heads) > 0 {
		want = 0
		for _, h := range b.heads {
			want = max(want, h.h/11)
		}
	}
	want = min(max(want, 2), mostRadius)
	if abs(want-b.radius) > 0.7 {
		b.radius = float32(int(want + 0.5))
	}
	return int(b.radius)
}

func share(percent int) float32 { return float32(min(max(percent, 0), 100)) / 100 }

// size makes room for pictures of w × h pixels.
func (b *Beauty) size(w, h int) {
	if b.kernels == nil {
		b.kernels = native{}
	}
	gw, gh := (w+3)/4, (h+3)/4
	if b.grid.width == gw && b.grid.height == gh {
		return
	}
	b.grid = cells{width: gw, height: gh, stride: gw, size: gw * gh, x1: gw, y1: gh}
	b.floats = make([]float32, floatPlanes*gw*gh)
	b.keep, b.region = make([]float32, gw*gh), make([]float32, gw*gh)
	fill(b.keep, 1)
	b.row = make([]float32, 11*(gw+2*mostRadius))
	b.planes = make([]int16, intPlanes*gw*gh+64)
	b.spans = make([]int32, 2*gh)
	b.line = make([]int16, 17*gw+16*margin)
}

func fill(p []float32, x float32) {
	for i := range p {
		p[i] = x
	}
}
