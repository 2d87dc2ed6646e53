package face

import (
	"fmt"
	"math"

	"vitrine/assets"
	"vitrine/capture/frame"
)

const meshSize = 192

// Points of the mesh that fix where a face is and how it is turned: outer corners of the eyes, and the sides of the head
// before the ears. Right and left are the person's own.
const (
	rightCorner = 33
	leftCorner  = 263
	rightSide   = 234
	leftSide    = 454
)

// Mesh places the 468 points of a face with MediaPipe's face mesh (Kartynnik et al., "Real-time Facial Surface Geometry
// from Monocular Video on Mobile GPUs", 2019). It sees the face upright, in 192 × 192 pixels. Not safe for concurrent use.
type Mesh struct {
	net     *Network
	sampler sampler
}

// View is what the mesh knows of a face beside its points.
type View struct {
	Presence float32 // how sure it is that there is a face, 0 to 1
	Yaw      float32 // how far the head is turned aside, in radians; 0 looks into the camera
}

// NewMesh returns a mesh, or an error when its model is missing or damaged.
func NewMesh() (*Mesh, error) { return newMesh(assets.Model("mesh.tflite")) }

func newMesh(file []byte) (*Mesh, error) {
	net, err := newModel(file, meshSize*meshSize*3, 3*frame.FacePoints, 1)
	if err != nil {
		return nil, fmt.Errorf("face mesh: %w", err)
	}
	return &Mesh{net: net}, nil
}

// Place writes the points of the face in b, in pixels of v.
func (m *Mesh) Place(v *frame.Video, b *Box, points *[frame.FacePoints]frame.Point) View {
	m.sampler.set(v)
	return m.place(&m.sampler, fromBox(b), points)
}

// Follow moves points of the picture before to where the face is in v.
func (m *Mesh) Follow(v *frame.Video, points *[frame.FacePoints]frame.Point) View {
	m.sampler.set(v)
	return m.place(&m.sampler, fromPoints(points), points)
}

func (m *Mesh) place(s *sampler, c crop, points *[frame.FacePoints]frame.Point) View {
	s.read(c.ranged(0, 1), m.net.Input(0))
	m.net.Run()
	p := m.net.Output(0)
	for i := range points {
		points[i] = c.point(p[3*i], p[3*i+1])
	}
	across, deep := p[3*leftSide]-p[3*rightSide], p[3*leftSide+2]-p[3*rightSide+2]
	return View{
		Presence: float32(1 / (1 + math.Exp(-float64(m.net.Output(1)[0])))),
		Yaw:      float32(math.Atan2(float64(deep), float64(across))),
	}
}

// roomy is how much wider than the face the mesh's view is.
const roomy = 1.5

// fromBox is the view of a detected face, with the eyes level.
func fromBox(b *Box) crop {
	r, l := b.Keys[RightEye], b.Keys[LeftEye]
	middle := frame.Point{X: (b.Min.X + b.Max.X) / 2, Y: (b.Min.Y + b.Max.Y) / 2}
	side := max(b.Max.X-b.Min.X, b.Max.Y-b.Min.Y)
	return square(middle, float64(side)*roomy, angle(r, l), meshSize)
}

// fromPoints is the view of a face whose points are known, with the eyes level: the square around the points as they lie
// when the head is turned upright.
func fromPoints(points *[frame.FacePoints]frame.Point) crop {
	turn := angle(points[rightCorner], points[leftCorner])
	s64, c64 := math.Sincos(turn)
	sin, cos := float32(s64), float32(c64)
	lo := frame.Point{X: math.MaxFloat32, Y: math.MaxFloat32}
	hi := frame.Point{X: -math.MaxFloat32, Y: -math.MaxFloat32}
	for _, p := range points {
		x, y := p.X*cos+p.Y*sin, p.Y*cos-p.X*sin
		lo.X, lo.Y, hi.X, hi.Y = min(lo.X, x), min(lo.Y, y), max(hi.X, x), max(hi.Y, y)
	}
	x, y := (lo.X+hi.X)/2, (lo.Y+hi.Y)/2
	middle := frame.Point{X: x*cos - y*sin, Y: y*cos + x*sin}
	return square(middle, float64(max(hi.X-lo.X, hi.Y-lo.Y))*roomy, turn, meshSize)
}

// angle is how far the line from a to b falls, in radians.
func angle(a, b frame.Point) float64 { return math.Atan2(float64(b.Y-a.Y), float64(b.X-a.X)) }
