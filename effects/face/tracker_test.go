package face

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"vitrine/capture/frame"
)

const thirtieth = time.Second / 30

func newTestTracker(t testing.TB) *Tracker {
	t.Helper()
	tracker, err := NewTracker()
	if err != nil {
		t.Fatalf("%v: run .ci/models build", err)
	}
	return tracker
}

func distance(a, b frame.Point) float64 { return math.Hypot(float64(a.X-b.X), float64(a.Y-b.Y)) }

func eyes(points *[frame.FacePoints]frame.Point) float64 {
	return distance(points[rightCorner], points[leftCorner])
}

func TestPointsOfAStillFaceRest(t *testing.T) {
	hopper := photo(t, plots+"grace_hopper.jpg")
	webcam := photo(t, demo+"screenshot-webcam.png")
	astronaut := photo(t, skim+"astronaut.png")
	for _, c := range []struct {
		name         string
		v            *frame.Video
		noise, shake float32 // in steps of luma; in pixels to either side, another in each picture
	}{
		{"hopper", hopper, 5, 0},
		{"hopper", hopper, 3, 0.5},
		{"webcam", window(webcam, 200, 100, 520, 520), 3, 0.5},
		{"astronaut", window(astronaut, 100, 20, 280, 280), 3, 0.25},
	} {
		r := rand.New(rand.NewPCG(3, 4))
		tracker := newTestTracker(t)
		const warm, n = 15, 45
		var seen, shown [n][frame.FacePoints]frame.Point
		var size float64
		for i := range warm + n {
			dx, dy := c.shake*(2*r.Float32()-1), c.shake*(2*r.Float32()-1)
			v := filmed(c.v, dx, dy, c.noise, r)
			v.PTS = time.Duration(i) * thirtieth
			faces := tracker.Track(v, nil)
			if i < warm {
				continue
			}
			if len(faces) != 1 {
				t.Fatalf("%s: %d faces", c.name, len(faces))
			}
			size = eyes(&faces[0].Points)
			shown[i-warm] = faces[0].Points
			for k, p := range faces[0].Points {
				seen[i-warm][k] = frame.Point{X: p.X - dx, Y: p.Y - dy}
			}
		}
		jitter, still := 100*deviation(seen[:])/size, 100*deviation(shown[:])/size
		t.Logf("%s, %.0f pixels between the eyes, noise %.0f, shake %.2f: jitter against the face %.2f %%, on the screen %.2f %%",
			c.name, size, c.noise, c.shake, jitter, still)
		if max(jitter, still) > 0.5 {
			t.Error("points tremble")
		}
	}
}

// deviation is the root mean square distance of points from where they are on average.
func deviation(seen [][frame.FacePoints]frame.Point) float64 {
	sum := 0.0
	for k := range frame.FacePoints {
		var mean frame.Point
		for i := range seen {
			mean.X += seen[i][k].X / float32(len(seen))
			mean.Y += seen[i][k].Y / float32(len(seen))
		}
		for i := range seen {
			d := distance(seen[i][k], mean)
			sum += d * d
		}
	}
	return math.Sqrt(sum / float64(len(seen)*frame.FacePoints))
}

func TestAMovingFaceIsFollowed(t *testing.T) {
	v := photo(t, demo+"sample6.jpg")
	tracker := newTestTracker(t)
	mesh, err := NewMesh()
	if err != nil {
		t.Fatal(err)
	}
	// Three quarters of a second of rest, then half a second in which the picture moves by a face's width, and rest.
	worst := 0.0
	for i := range 60 {
		x := 500 + 16*min(max(i-22, 0), 15)
		w := window(v, x, 200, 640, 480)
		w.PTS = time.Duration(i) * thirtieth
		faces := tracker.Track(w, nil)
		if i == 0 {
			continue
		}
		if len(faces) == 0 {
			t.Fatalf("lost at %d", i)
		}
		points := faces[0].Points
		view := mesh.Follow(w, &points)
		off := 0.0
		for k := range points {
			off += distance(points[k], faces[0].Points[k]) / frame.FacePoints
		}
		worst = max(worst, off/eyes(&points))
		if view.Presence < 0.5 {
			t.Fatalf("no face under the points at %d", i)
		}
	}
	t.Logf("points lag by %.1f %% of the eyes' distance at most", 100*worst)
	if worst > 0.25 {
		t.Error("too late")
	}
}

func TestStrengthFadesInAndOutOverAQuarterSecond(t *testing.T) {
	hopper := photo(t, plots+"grace_hopper.jpg")
	empty := frame.New(hopper.Width, hopper.Height)
	empty.Fill(90, 120, 130)
	tracker := newTestTracker(t)
	track := func(v *frame.Video, from, to time.Duration) (strengths []float32) {
		for at := from; at < to; at += 50 * time.Millisecond {
			v.PTS = at
			s := float32(0)
			for _, f := range tracker.Track(v, nil) {
				s = f.Strength
			}
			strengths = append(strengths, s)
		}
		return strengths
	}
	second := time.Second
	for _, c := range []struct {
		v         *frame.Video
		from, to  time.Duration
		first     float32
		step, end float32
	}{
		{hopper, 0, second, 0, 0.2, 1},
		{empty, second, 2 * second, 0.8, -0.2, 0},
		{hopper, 2 * second, 2*second + 150*time.Millisecond, 0.2, 0.2, 0.6},
		{empty, 2*second + 150*time.Millisecond, 2*second + 200*time.Millisecond, 0.4, 0, 0.4},
		{hopper, 2*second + 200*time.Millisecond, 3 * second, 0.6, 0.2, 1},
	} {
		got := track(c.v, c.from, c.to)
		want := c.first
		for i, s := range got {
			if math.Abs(float64(s-want)) > 0.01 {
				t.Fatalf("from %v: strengths %v, want %.2f at %d", c.from, got, want, i)
			}
			want = min(max(want+c.step, 0), 1)
		}
		if last := got[len(got)-1]; math.Abs(float64(last-c.end)) > 0.01 {
			t.Fatalf("from %v: strengths %v, want %.2f in the end", c.from, got, c.end)
		}
	}
}

func TestAsManyFacesAsThereAreAreFollowed(t *testing.T) {
	for _, c := range []struct {
		path  string
		faces int
		full  int // of full strength
	}{
		{demo + "sample3.jpg", 3, 3},
		{demo + "sample4.jpg", 4, 4},
		{demo + "sample5.jpg", MostFaces, MostFaces},
		{demo + "sample6.jpg", 4, 4},
		{skim + "camera.png", 0, 0},
		{skim + "coffee.png", 0, 0},
		{skim + "chelsea.png", 0, 0},
	} {
		v := photo(t, c.path)
		tracker := newTestTracker(t)
		var faces []frame.Face
		for i := range 45 {
			v.PTS = time.Duration(i) * 100 * time.Millisecond
			faces = tracker.Track(v, faces[:0])
		}
		full := 0
		for _, f := range faces {
			if f.Strength == 1 {
				full++
			}
		}
		if len(faces) != c.faces || full != c.full {
			t.Errorf("%s: %d faces, %d of full strength, want %d and %d", c.path, len(faces), full, c.faces, c.full)
		}
	}
}

func TestTrackingAllocatesNothing(t *testing.T) {
	v := photo(t, demo+"sample6.jpg")
	tracker := newTestTracker(t)
	out := make([]frame.Face, 0, MostFaces)
	if n := testing.AllocsPerRun(20, func() {
		v.PTS += 200 * time.Millisecond
		out = tracker.Track(v, out[:0])
	}); n != 0 {
		t.Errorf("%v allocations a picture", n)
	}
}
