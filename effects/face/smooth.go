package face

import (
	"math"

	"vitrine/capture/frame"
)

// The One-Euro filter of Casiez, Roussel and Vogel ("1 € Filter", CHI 2012): a low-pass whose cut-off rises with speed, so
// that what rests does not tremble and what moves is not late. Speed counts in sizes of the face a second, which makes it
// the same near and far.
const (
	restHertz  = 0.3  // cut-off at rest
	perSpeed   = 15.0 // hertz more for each size of the face a second
	speedHertz = 1.0  // cut-off for the speed itself
)

// smoother smooths the points of one face. The zero value takes the first points as they are.
type smoother struct {
	points, raw, speed [frame.FacePoints]frame.Point
	started            bool
}

// add takes the points of the next picture, seconds later, of a face of a size in pixels.
func (s *smoother) add(points *[frame.FacePoints]frame.Point, size, seconds float32) {
	if !s.started || seconds <= 0 {
		s.points, s.raw, s.speed, s.started = *points, *points, [frame.FacePoints]frame.Point{}, true
		return
	}
	keep := weight(speedHertz, seconds)
	for i, p := range points {
		v, raw := &s.speed[i], s.raw[i]
		v.X += keep * ((p.X-raw.X)/seconds - v.X)
		v.Y += keep * ((p.Y-raw.Y)/seconds - v.Y)
		fast := float32(math.Hypot(float64(v.X), float64(v.Y))) / size
		w, q := weight(restHertz+perSpeed*fast, seconds), &s.points[i]
		q.X += w * (p.X - q.X)
		q.Y += w * (p.Y - q.Y)
	}
	s.raw = *points
}

// weight is what a new value counts in a first-order low-pass.
func weight(hertz, seconds float32) float32 {
	r := 2 * math.Pi * hertz * seconds
	return r / (r + 1)
}
