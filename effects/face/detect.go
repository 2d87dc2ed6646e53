package face

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"vitrine/assets"
	"vitrine/capture/frame"
)

// Box is a face as the detector sees it, in pixels of the picture. It spans the face from the eyebrows to the chin, and may
// reach outside the picture.
type Box struct {
	Min, Max frame.Point
	Keys     [Keys]frame.Point
	Score    float32 // how sure it is, 0 to 1
}

// Places of a Box's key points. Right and left are the person's own.
const (
	RightEye = iota
	LeftEye
	NoseTip
	MouthCentre
	RightEar
	LeftEar
	Keys
)

// Size of the detector's picture, and what it tells about each anchor: a box, key points, and a score apart.
const (
	detectSize    = 128
	detectAnchors = 16*16*2 + 8*8*6
	detectValues  = 4 + 2*Keys
)

// Two boxes that overlap by more than sameFace, as intersection over union, are one face. What scores less than likely is
// none; what is not sure may be folds of cloth, and is a face only if the mesh agrees.
const (
	sameFace = 0.3
	likely   = 0.5
	sure     = 0.8
)

// Detector finds faces with BlazeFace, short range (Bazarevsky et al., "BlazeFace: Sub-millisecond Neural Face Detection on
// Mobile GPUs", 2019). It sees a picture of 128 × 128, in which faces from about 10 pixels are found. Not safe for
// concurrent use.
type Detector struct {
	net     *Network
	anchors [detectAnchors]frame.Point // of 0 to 1
	sampler sampler
	found   []Box
}

// NewDetector returns a detector, or an error when its model is missing or damaged.
func NewDetector() (*Detector, error) { return newDetector(assets.Model("face.tflite")) }

func newDetector(file []byte) (*Detector, error) {
	net, err := newModel(file, detectSize*detectSize*3, detectAnchors*detectValues, detectAnchors)
	if err != nil {
		return nil, fmt.Errorf("face detector: %w", err)
	}
	d := &Detector{net: net}
	// Anchors sit in the middle of the cells of two grids, several in one place (Liu et al., "SSD: Single Shot MultiBox
	// Detector", 2016; all of one size here).
	i := 0
	for _, grid := range []struct{ cells, each int }{{16, 2}, {8, 6}} {
		for cell := range grid.cells * grid.cells {
			at := frame.Point{
				X: (float32(cell%grid.cells) + 0.5) / float32(grid.cells),
				Y: (float32(cell/grid.cells) + 0.5) / float32(grid.cells),
			}
			for range grid.each {
				d.anchors[i] = at
				i++
			}
		}
	}
	return d, nil
}

// Find appends the faces of v to out, the surest first. It looks once at the whole picture, so it finds faces from about a
// tenth of the picture's longer side: those of hosts. Some with a score below 0.8 are folds of cloth: Mesh tells them by
// their Presence.
func (d *Detector) Find(v *frame.Video, out []Box) []Box {
	d.start(v)
	d.look(&d.sampler, whole(v))
	return d.merge(out, likely)
}

// Search appends the faces of v to out, the surest first. It looks closer too, at overlapping squares of the picture, for
// small faces, and leaves out those it is not sure of. It takes some thirty times as long as Find: for still pictures.
func (d *Detector) Search(v *frame.Video, out []Box) []Box {
	d.start(v)
	d.look(&d.sampler, whole(v))
	short := min(v.Width, v.Height)
	for _, side := range []int{short, short * 2 / 3, short * 4 / 9} {
		side = max(side, 1)
		for i := range tiles(v, side) {
			d.look(&d.sampler, tile(v, side, i))
		}
	}
	return d.merge(out, sure)
}

func (d *Detector) start(v *frame.Video) {
	d.sampler.set(v)
	d.found = d.found[:0]
}

// whole is the crop that shows all of a picture with black above and below, or left and right.
func whole(v *frame.Video) crop {
	middle := frame.Point{X: float32(v.Width) / 2, Y: float32(v.Height) / 2}
	return square(middle, float64(max(v.Width, v.Height)), 0, detectSize)
}

// along is the number of squares of a side that cover a length and overlap by at least half.
func along(length, side int) int { return 1 + (2*(length-side)+side-1)/side }

// tiles is the number of squares of a side that cover v.
func tiles(v *frame.Video, side int) int { return along(v.Width, side) * along(v.Height, side) }

// tile is the crop that shows one of those squares.
func tile(v *frame.Video, side, i int) crop {
	columns, rows := along(v.Width, side), along(v.Height, side)
	middle := func(i, n, length int) float32 {
		return float32(side)/2 + float32(length-side)*float32(i)/float32(max(n-1, 1))
	}
	at := frame.Point{X: middle(i%columns, columns, v.Width), Y: middle(i/columns, rows, v.Height)}
	return square(at, float64(side), 0, detectSize)
}

// look runs the network on a crop and keeps the likely boxes.
func (d *Detector) look(s *sampler, c crop) {
	c.black = true
	s.read(c.ranged(-1, 1), d.net.Input(0))
	d.net.Run()
	values, scores := d.net.Output(0), d.net.Output(1)
	for i, raw := range scores {
		score := float32(1 / (1 + math.Exp(-float64(raw))))
		if !(score >= likely) {
			continue
		}
		v := values[i*detectValues:][:detectValues]
		point := func(x, y float32) frame.Point {
			return c.point(x+d.anchors[i].X*detectSize, y+d.anchors[i].Y*detectSize)
		}
		b := Box{
			Min: point(v[0]-v[2]/2, v[1]-v[3]/2), Max: point(v[0]+v[2]/2, v[1]+v[3]/2), Score: score,
		}
		for k := range b.Keys {
			b.Keys[k] = point(v[4+2*k], v[5+2*k])
		}
		d.found = append(d.found, b)
	}
}

// merge appends one box for each face that scores enough: those that overlap the surest, averaged by their scores.
func (d *Detector) merge(out []Box, enough float32) []Box {
	found := d.found
	slices.SortFunc(found, func(a, b Box) int { return cmp.Compare(b.Score, a.Score) })
	for len(found) > 0 && found[0].Score >= enough {
		best := found[0]
		var sum Box
		rest := found[:0]
		for _, b := range found {
			if overlap(&best, &b) <= sameFace {
				rest = append(rest, b)
				continue
			}
			sum.add(&b, b.Score)
		}
		if len(rest) == len(found) {
			// A box without area is not even itself.
			rest = rest[1:]
		} else {
			var mean Box
			mean.add(&sum, 1/sum.Score)
			mean.Score = best.Score
			out = append(out, mean)
		}
		found = rest
	}
	return out
}

// add adds another box, its places times a weight; Score counts the weights.
func (b *Box) add(o *Box, weight float32) {
	move := func(p *frame.Point, q frame.Point) {
		p.X += q.X * weight
		p.Y += q.Y * weight
	}
	move(&b.Min, o.Min)
	move(&b.Max, o.Max)
	for k := range b.Keys {
		move(&b.Keys[k], o.Keys[k])
	}
	b.Score += weight
}

func (b *Box) area() float32 { return (b.Max.X - b.Min.X) * (b.Max.Y - b.Min.Y) }

// overlap is the intersection of two boxes over their union, 0 to 1.
func overlap(a, b *Box) float32 {
	w := min(a.Max.X, b.Max.X) - max(a.Min.X, b.Min.X)
	h := min(a.Max.Y, b.Max.Y) - max(a.Min.Y, b.Min.Y)
	if w <= 0 || h <= 0 {
		return 0
	}
	return w * h / (a.area() + b.area() - w*h)
}
