package face

import (
	"fmt"
	"math"
	"time"

	"vitrine/assets"
	"vitrine/capture/frame"
)

// MostFaces is how many faces a Tracker follows.
const MostFaces = 4

const (
	lookAgain = time.Second            // between looks for more faces while some are there
	fade      = 250 * time.Millisecond // from no strength to all
	forget    = time.Second            // a gap in the pictures after which nothing is where it was
)

// A face begins where the mesh is sure that there is one, and ends where it doubts it.
const (
	begins = 0.7
	ends   = 0.4
)

// Heads turned aside by more than aside lose strength, in radians as the mesh measures them, which is less than they are:
// it makes some 0.85 of a profile.
const (
	aside   = 0.55
	profile = 0.85
)

// Tracker follows up to four faces from picture to picture. It looks for faces with the detector while there is none, and
// every second while there is room for more: at the whole picture, and each time at another of the squares that cover it,
// where faces may be smaller. Between looks, each face is where its points were. It is run beside the picture loop, on the
// newest picture, as fast as it goes. Not safe for concurrent use.
type Tracker struct {
	detector *Detector
	mesh     *Mesh
	boxes    []Box

	faces         []followed // at most MostFaces
	pts, looked   time.Duration
	width, height int
	square        int // next to look at
}

// followed is a face that is there, or was until a moment ago and fades.
type followed struct {
	smooth   smoother
	view     View
	there    bool
	strength float32
}

// NewTracker returns a tracker, or an error when one of its models is missing or damaged.
func NewTracker() (*Tracker, error) {
	return newTracker(assets.Model("face.tflite"), assets.Model("mesh.tflite"))
}

func newTracker(detector, mesh []byte) (*Tracker, error) {
	d, err := newDetector(detector)
	if err != nil {
		return nil, fmt.Errorf("track faces: %w", err)
	}
	m, err := newMesh(mesh)
	if err != nil {
		return nil, fmt.Errorf("track faces: %w", err)
	}
	return &Tracker{detector: d, mesh: m, faces: make([]followed, 0, MostFaces)}, nil
}

// Track appends the faces of v to out, smoothed over time by v.PTS, oldest first. Pictures may come at any rate; after one
// of another size, from before the last one or from more than a second later, all begins anew. It only reads v.
func (t *Tracker) Track(v *frame.Video, out []frame.Face) []frame.Face {
	passed := v.PTS - t.pts
	if passed < 0 || passed > forget || v.Width != t.width || v.Height != t.height {
		t.faces, passed = t.faces[:0], 0
	}
	t.pts, t.width, t.height = v.PTS, v.Width, v.Height
	t.detector.start(v)
	t.follow(float32(passed.Seconds()))
	if n := t.there(); n == 0 || n < MostFaces && (v.PTS-t.looked >= lookAgain || v.PTS < t.looked) {
		t.look(v)
	}
	t.fade(passed)
	for i := range t.faces {
		if f := &t.faces[i]; f.strength > 0 {
			out = append(out, frame.Face{Points: f.smooth.points, Strength: f.strength})
		}
	}
	return out
}

func (t *Tracker) there() int {
	n := 0
	for i := range t.faces {
		if t.faces[i].there {
			n++
		}
	}
	return n
}

// follow moves the points of all faces. Of two that have become one, the younger goes.
func (t *Tracker) follow(seconds float32) {
	for i := 0; i < len(t.faces); i++ {
		f := &t.faces[i]
		if !f.there {
			continue
		}
		points := f.smooth.points
		f.view = t.mesh.place(&t.detector.sampler, fromPoints(&points), &points)
		size := sizeOf(&points)
		if !(f.view.Presence >= ends) || !(size >= 1) {
			f.there = false
			continue
		}
		f.smooth.add(&points, size, seconds)
		if box := boxOf(&f.smooth.points); t.at(&box, t.faces[:i]) >= 0 {
			t.faces = append(t.faces[:i], t.faces[i+1:]...)
			i--
		}
	}
}

// look finds faces that are not followed yet. One that was lost a moment ago goes on where its strength is.
func (t *Tracker) look(v *frame.Video) {
	t.looked = v.PTS
	d := t.detector
	d.look(&d.sampler, whole(v))
	side := min(v.Width, v.Height)
	d.look(&d.sampler, tile(v, side, t.square%tiles(v, side)))
	t.square++
	t.boxes = d.merge(t.boxes[:0], likely)
	tries := MostFaces - t.there()
	for i := range t.boxes {
		if k := t.at(&t.boxes[i], t.faces); k >= 0 && t.faces[k].there {
			continue
		}
		if tries == 0 {
			return
		}
		tries--
		t.begin(&t.boxes[i])
	}
}

// begin takes up a face if the mesh agrees that there is one.
func (t *Tracker) begin(b *Box) {
	var f followed
	var points [frame.FacePoints]frame.Point
	f.view = t.mesh.place(&t.detector.sampler, fromBox(b), &points)
	size := sizeOf(&points)
	if !(f.view.Presence >= begins) || !(size >= 1) {
		return
	}
	f.smooth.add(&points, size, 0)
	f.there = true
	box := boxOf(&points)
	k := t.at(&box, t.faces)
	switch {
	case k >= 0 && t.faces[k].there:
	case k >= 0:
		f.strength = t.faces[k].strength
		t.faces[k] = f
	case len(t.faces) < MostFaces:
		t.faces = append(t.faces, f)
	}
}

// at returns which of faces lies in a box, or -1.
func (t *Tracker) at(b *Box, faces []followed) int {
	for i := range faces {
		if box := boxOf(&faces[i].smooth.points); overlap(b, &box) > sameFace {
			return i
		}
	}
	return -1
}

// fade moves all strengths towards what they should be, and lets go of faces that are gone.
func (t *Tracker) fade(passed time.Duration) {
	step := float32(passed) / float32(fade)
	left := t.faces[:0]
	for _, f := range t.faces {
		want := float32(0)
		if f.there {
			turned := float32(math.Abs(float64(f.view.Yaw)))
			want = min(max((profile-turned)/(profile-aside), 0), 1)
		}
		f.strength += min(max(want-f.strength, -step), step)
		if f.there || f.strength > 0 {
			left = append(left, f)
		}
	}
	t.faces = left
}

// boxOf is the rectangle around points, little larger than the detector's box of the same face.
func boxOf(points *[frame.FacePoints]frame.Point) (b Box) {
	b.Min, b.Max = points[0], points[0]
	for _, p := range points {
		b.Min.X, b.Min.Y = min(b.Min.X, p.X), min(b.Min.Y, p.Y)
		b.Max.X, b.Max.Y = max(b.Max.X, p.X), max(b.Max.Y, p.Y)
	}
	return b
}

// sizeOf is the larger side of the square around points, in pixels.
func sizeOf(points *[frame.FacePoints]frame.Point) float32 {
	b := boxOf(points)
	return max(b.Max.X-b.Min.X, b.Max.Y-b.Min.Y)
}
