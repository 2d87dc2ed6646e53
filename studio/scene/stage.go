package scene

import (
	"image"
	"slices"
	"time"

	"vitrine/capture/frame"
	"vitrine/server/wire"
)

// Item is what is drawn in a box of a stage.
type Item struct {
	Spot wire.SpotID
	// Picture is the newest one of who is there; without one Placard is drawn, and without that a dark box.
	Picture, Placard *frame.Video
	// Label stands at the foot of the box, where it fits; nil for none.
	Label *Overlay
}

// Compositor draws a stage: everybody's picture in a box of their own. Pictures of another shape are cut on both sides so that they fill
// their box. When the boxes change they move, and who comes or goes is faded. It keeps the last picture of each, for when they
// go, until the next Draw or Close. It is not safe for concurrent use.
type Compositor struct {
	scale  Scale
	target []wire.StageBox
	places []place
	since  time.Time
	fade   time.Duration

	to, from frame.Video  // parts of pictures, while they are scaled
	faded    *frame.Video // where pictures are made that are not opaque
}

// place is a box on its way.
type place struct {
	spot       wire.SpotID
	begin, end spread
	leaves     bool
	last       *frame.Video // nil for none
}

// spread is a rectangle in units of a stage's picture, and how opaque it is, from 0 to 1.
type spread struct{ left, top, right, bottom, opacity float64 }

func spreadOf(b wire.StageBox) spread {
	return spread{float64(b.X), float64(b.Y), float64(b.X + b.W), float64(b.Y + b.H), 1}
}

// to is what lies between s and another one: s for 0, the other for 1.
func (s spread) to(o spread, k float64) spread {
	mix := func(a, b float64) float64 { return a + (b-a)*k }
	return spread{mix(s.left, o.left), mix(s.top, o.top), mix(s.right, o.right), mix(s.bottom, o.bottom), mix(s.opacity, o.opacity)}
}

// in is the rectangle in a picture of a size. Edges inside of the picture are even, as 4:2:0 needs, and so at most a pixel off.
func (s spread) in(width, height int) image.Rectangle {
	edge := func(at float64, whole int) int {
		if at >= wire.StageUnits {
			return whole
		}
		return min(2*int(max(at, 0)*float64(whole)/(2*wire.StageUnits)+0.5), whole)
	}
	return image.Rect(edge(s.left, width), edge(s.top, height), edge(s.right, width), edge(s.bottom, height))
}

// Pixels is where a box is in a picture of a size: within a pixel of what it says, because colour has every other pixel only.
func Pixels(b wire.StageBox, width, height int) image.Rectangle { return spreadOf(b).in(width, height) }

// NewCompositor returns a compositor without boxes.
func NewCompositor(scale Scale) *Compositor { return &Compositor{scale: scale} }

// Arrange has the boxes be so, after a change that takes fade from now on; 0 changes them at once, and so do the very first. The same boxes
// again change nothing. A spot has one box, its first.
func (c *Compositor) Arrange(boxes []wire.StageBox, fade time.Duration, now time.Time) {
	if slices.Equal(boxes, c.target) {
		return
	}
	before, k := c.places, c.moved(now)
	c.target, c.places = slices.Clone(boxes), nil
	stays := func(spot wire.SpotID) bool {
		return slices.ContainsFunc(boxes, func(b wire.StageBox) bool { return b.Spot == spot })
	}
	for _, p := range before {
		if stays(p.spot) {
			continue
		}
		p.begin, p.leaves = p.begin.to(p.end, k), true
		p.end = p.begin
		p.end.opacity = 0
		c.places = append(c.places, p)
	}
	for i, b := range boxes {
		if slices.ContainsFunc(boxes[:i], func(o wire.StageBox) bool { return o.Spot == b.Spot }) {
			continue
		}
		p := place{spot: b.Spot, begin: spreadOf(b), end: spreadOf(b)}
		if i := slices.IndexFunc(before, func(p place) bool { return p.spot == b.Spot }); i >= 0 {
			p.begin, p.last = before[i].begin.to(before[i].end, k), before[i].last
		} else if len(before) > 0 {
			p.begin.opacity = 0
		}
		c.places = append(c.places, p)
	}
	if c.since, c.fade = now, fade; len(before) == 0 {
		c.fade = 0
	}
}

// Moving says whether boxes are on their way.
func (c *Compositor) Moving(now time.Time) bool { return c.moved(now) < 1 }

// moved is how much of the way is done, gently at both ends (smoothstep).
func (c *Compositor) moved(now time.Time) float64 {
	done := now.Sub(c.since)
	if done >= c.fade {
		return 1
	}
	k := max(float64(done)/float64(c.fade), 0)
	return k * k * (3 - 2*k)
}

// Draw draws the stage as it is at a moment. Items may come in any order; those without a box are not seen.
func (c *Compositor) Draw(dst *frame.Video, items []Item, now time.Time) {
	k := c.moved(now)
	if k == 1 {
		c.forget()
	}
	first := -1
	for i, p := range c.places {
		if s := p.begin.to(p.end, k); s.opacity == 1 && s.in(dst.Width, dst.Height) == image.Rect(0, 0, dst.Width, dst.Height) {
			first = i // hides all that is below
		}
	}
	if first < 0 {
		dst.Fill(stageGround, 130, 126)
	}
	for i := range c.places {
		p := &c.places[i]
		at := slices.IndexFunc(items, func(one Item) bool { return one.Spot == p.spot })
		if at >= 0 {
			p.keep(items[at])
		}
		if i < first {
			continue
		}
		s := p.begin.to(p.end, k)
		r, opacity := s.in(dst.Width, dst.Height), int(s.opacity*Opaque+0.5)
		c.paint(dst, r, p.last, opacity)
		if at >= 0 && items[at].Label != nil {
			label(dst, items[at].Label, r, opacity)
		}
	}
}

// stageGround is the luma of what no box covers.
const stageGround = 22

// keep takes a reference to what is drawn for an item.
func (p *place) keep(i Item) {
	v := i.Picture
	if v == nil {
		v = i.Placard
	}
	if v == p.last {
		return
	}
	if v != nil {
		v.Retain()
	}
	if p.last != nil {
		p.last.Release()
	}
	p.last = v
}

// forget gives back the pictures of those who have left.
func (c *Compositor) forget() {
	c.places = slices.DeleteFunc(c.places, func(p place) bool {
		if p.leaves {
			p.keep(Item{})
		}
		return p.leaves
	})
}

// Close gives back all pictures. The compositor has no boxes then.
func (c *Compositor) Close() {
	for i := range c.places {
		c.places[i].keep(Item{})
	}
	c.target, c.places = nil, nil
}

// paint draws a picture into a rectangle.
func (c *Compositor) paint(dst *frame.Video, r image.Rectangle, v *frame.Video, opacity int) {
	if r.Empty() || opacity <= 0 {
		return
	}
	if opacity < Opaque {
		if c.faded == nil || c.faded.Width != dst.Width || c.faded.Height != dst.Height {
			c.faded = frame.New(dst.Width, dst.Height)
		}
		part(&c.to, c.faded, r)
	} else {
		part(&c.to, dst, r)
	}
	if v == nil {
		shade(&c.to, stageGround+14)
	} else {
		part(&c.from, v, filling(v.Width, v.Height, r.Dx(), r.Dy()))
		c.scale(&c.to, &c.from)
	}
	if opacity < Opaque {
		part(&c.from, &c.to, image.Rect(0, 0, r.Dx(), r.Dy()))
		part(&c.to, dst, r)
		dissolve(&c.to, &c.from, opacity)
	}
}

// filling is the largest middle part of a picture of sw×sh that has the shape of w×h, on even coordinates.
func filling(sw, sh, w, h int) image.Rectangle {
	fw, fh := sw, sh
	if sw*h > sh*w {
		fw = min((sh*w+h/2)/h, sw)
	} else {
		fh = min((sw*h+w/2)/w, sh)
	}
	if sw-fw < 2 {
		fw = sw
	}
	if sh-fh < 2 {
		fh = sh
	}
	fw, fh = max(fw, min(sw, 2)), max(fh, min(sh, 2))
	x, y := (sw-fw)/2&^1, (sh-fh)/2&^1
	return image.Rect(x, y, x+fw, y+fh)
}

// part makes p the part r of v, which begins on even coordinates; it shares v's memory.
func part(p, v *frame.Video, r image.Rectangle) {
	c := r.Min.Y/2*v.CStride + r.Min.X/2
	p.Y, p.U, p.V = v.Y[r.Min.Y*v.YStride+r.Min.X:], v.U[c:], v.V[c:]
	p.YStride, p.CStride, p.Width, p.Height = v.YStride, v.CStride, r.Dx(), r.Dy()
}

// shade paints all of a part grey.
func shade(v *frame.Video, luma byte) {
	box(v, image.Rect(0, 0, v.Width, v.Height), luma)
	for y := range (v.Height + 1) / 2 {
		for x := range (v.Width + 1) / 2 {
			v.U[y*v.CStride+x], v.V[y*v.CStride+x] = 128, 128
		}
	}
}

// dissolve lays one picture over another of its size.
func dissolve(to, over *frame.Video, opacity int) {
	mix := func(d []byte, ds int, s []byte, ss, w, h int) {
		k := int32(opacity)
		for y := range h {
			d, s := d[y*ds:][:w], s[y*ss:][:w]
			for x := range d {
				d[x] = byte((int32(d[x])*(Opaque-k) + int32(s[x])*k + Opaque/2) / Opaque)
			}
		}
	}
	w, h := (to.Width+1)/2, (to.Height+1)/2
	mix(to.Y, to.YStride, over.Y, over.YStride, to.Width, to.Height)
	mix(to.U, to.CStride, over.U, over.CStride, w, h)
	mix(to.V, to.CStride, over.V, over.CStride, w, h)
}

// label lays a label into the left corner at the foot of a box, if it has room for it.
func label(dst *frame.Video, l *Overlay, r image.Rectangle, opacity int) {
	margin := max(2, dst.Height/90)
	at := image.Pt((r.Min.X+margin+1)&^1, (r.Max.Y-margin-l.Size.Y)&^1)
	if at.Y >= r.Min.Y && at.X+l.Size.X <= r.Max.X {
		l.Blend(dst, at, opacity)
	}
}
