package face

import (
	"time"

	"vitrine/capture/frame"
)

// The person model takes bits of some rooms for persons: parts of the mask that hang together among themselves but not with
// a person. A part counts if it is large or a face lies in it; a small one if it has belonged to what counts, as a hand
// whose arm is covered by what it holds, or if it has moved while all else was calm, as a hand that comes up from below the
// picture. What never moved is furniture.
const (
	// wisp is what a pixel of a part has at least; the background effects take less for the room in any case, so that nothing
	// is left of a part that goes.
	wisp = 48
	// large and small parts are such shares of the largest one.
	large = 0.1
	small = 0.01
)

// stretch is a piece of a row of the mask that belongs to one component: the pixels from … to−1.
type stretch struct {
	y, from, to int
	of          int // the component; while they are found, a stretch above that hangs together with this one, or this one
	weight      float32
}

// component is a part of the mask whose pixels touch, corners included.
type component struct {
	area   int
	face   bool
	met    int     // pixels that belonged to a component in the last picture
	weight float32 // how much it counts, 0 to 1; first the sum of those pixels'
}

// components tells the parts of the mask that count from those that do not, and fades them over time. Its cost is a look at
// each pixel.
type components struct {
	stretches, last []stretch
	list            []component
}

// newComponents has room for more than masks of persons have, which are some hundred stretches.
func newComponents() components {
	const room = 4096
	return components{stretches: make([]stretch, 0, room), last: make([]stretch, 0, room), list: make([]component, 0, room)}
}

// scene is what tells components apart beside their size.
type scene struct {
	faces  []frame.Point // their centres, in pixels of the mask
	moved  []float32     // how much each pixel changed, in rows of personWidth
	calm   float32       // by how much all pixels do in the mean, and noise
	passed time.Duration // since the last picture
	fresh  bool          // there was none
}

// sift takes what does not count out of m.
func (c *components) sift(m *frame.Mask, s *scene) {
	c.last, c.stretches = c.stretches, c.last[:0]
	c.find(m)
	c.number()
	if s.fresh {
		c.last = c.last[:0]
	}
	c.remember()
	for _, f := range s.faces {
		c.mark(f)
	}
	c.weigh(s)
	for i := range c.stretches {
		r := &c.stretches[i]
		r.weight = c.list[r.of].weight
		if r.weight < 1 {
			pix := m.Pix[r.y*m.Stride+r.from : r.y*m.Stride+r.to]
			for x, p := range pix {
				pix[x] = byte(float32(p)*r.weight + 0.5)
			}
		}
	}
}

// find finds the stretches, from top left to bottom right, and joins those that touch.
func (c *components) find(m *frame.Mask) {
	above := 0 // the first stretch of the row above
	for y := range m.Height {
		row, first := m.Pix[y*m.Stride:][:m.Width], len(c.stretches)
		for x := 0; x < len(row); x++ {
			if row[x] < wisp {
				continue
			}
			from := x
			for x++; x < len(row) && row[x] >= wisp; {
				x++
			}
			c.stretches = append(c.stretches, stretch{y: y, from: from, to: x, of: len(c.stretches)})
		}
		for i, j := first, above; i < len(c.stretches) && j < first; {
			a, b := &c.stretches[i], &c.stretches[j]
			if a.from <= b.to && b.from <= a.to {
				c.join(i, j)
			}
			if a.to < b.to {
				i++
			} else {
				j++
			}
		}
		above = first
	}
}

// join makes two stretches one component, which is known by its first stretch.
func (c *components) join(i, j int) {
	a, b := c.first(i), c.first(j)
	c.stretches[max(a, b)].of = min(a, b)
}

func (c *components) first(i int) int {
	for c.stretches[i].of != i {
		c.stretches[i].of = c.stretches[c.stretches[i].of].of
		i = c.stretches[i].of
	}
	return i
}

// number lists the components, so that stretches know theirs by its place in the list.
func (c *components) number() {
	c.list = c.list[:0]
	for i := range c.stretches {
		r := &c.stretches[i]
		if r.of == i {
			r.of = len(c.list)
			c.list = append(c.list, component{})
		} else {
			r.of = c.stretches[r.of].of // came before and knows
		}
		c.list[r.of].area += r.to - r.from
	}
}

// remember sums up how much the pixels of each component counted in the last picture.
func (c *components) remember() {
	for i, j := 0, 0; i < len(c.stretches) && j < len(c.last); {
		a, b := &c.stretches[i], &c.last[j]
		if n := min(a.to, b.to) - max(a.from, b.from); a.y == b.y && n > 0 {
			c.list[a.of].met += n
			c.list[a.of].weight += float32(n) * b.weight
		}
		if a.y < b.y || a.y == b.y && a.to < b.to {
			i++
		} else {
			j++
		}
	}
}

// mark notes that a face lies in the component at p.
func (c *components) mark(p frame.Point) {
	x, y := int(p.X), int(p.Y)
	for i := range c.stretches {
		if r := &c.stretches[i]; r.y == y && r.from <= x && x < r.to {
			c.list[r.of].face = true
		}
	}
}

// weigh moves the weight of each component to where it belongs: at once if nothing was there before.
func (c *components) weigh(s *scene) {
	most := 0
	for i := range c.list {
		most = max(most, c.list[i].area)
	}
	step := float32(s.passed.Seconds() / fade.Seconds())
	for i := range c.list {
		k := &c.list[i]
		share := float32(k.area) / float32(most)
		if k.met > 0 {
			k.weight /= float32(k.met)
		}
		want := float32(0)
		if share >= large || k.face || share >= small && (k.weight >= 0.5 || c.moves(i, s)) {
			want = 1
		}
		switch {
		case k.met == 0 || k.area == most:
			k.weight = want
		default:
			k.weight += max(-step, min(want-k.weight, step))
		}
	}
}

// moves tells whether a component changes more than the picture does.
func (c *components) moves(component int, s *scene) bool {
	if s.fresh {
		return false
	}
	sum := float32(0)
	for i := range c.stretches {
		if r := &c.stretches[i]; r.of == component {
			for _, d := range s.moved[r.y*personWidth+r.from : r.y*personWidth+r.to] {
				sum += d
			}
		}
	}
	return sum > s.calm*float32(c.list[component].area)
}
