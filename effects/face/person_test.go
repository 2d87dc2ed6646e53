package face

import (
	"math/rand/v2"
	"testing"
	"time"

	"vitrine/capture/frame"
)

func newTestPerson(t testing.TB) *Person {
	t.Helper()
	p, err := NewPerson()
	if err != nil {
		t.Fatalf("%v: run .ci/models build", err)
	}
	return p
}

// Outlines of persons, drawn by hand over the photos with a grid, each within some 3 pixels of the original's 500 to 1000.
var (
	hopperOutline = []frame.Point{
		{X: 10, Y: 600},
		{X: 18, Y: 528},
		{X: 28, Y: 437},
		{X: 48, Y: 389},
		{X: 81, Y: 368},
		{X: 127, Y: 353},
		{X: 168, Y: 340},
		{X: 190, Y: 328},
		{X: 200, Y: 310},
		{X: 198, Y: 297},
		{X: 170, Y: 284},
		{X: 160, Y: 254},
		{X: 161, Y: 229},
		{X: 152, Y: 203},
		{X: 158, Y: 173},
		{X: 152, Y: 152},
		{X: 154, Y: 109},
		{X: 175, Y: 84},
		{X: 185, Y: 63},
		{X: 218, Y: 43},
		{X: 223, Y: 30},
		{X: 254, Y: 23},
		{X: 284, Y: 26},
		{X: 301, Y: 43},
		{X: 325, Y: 51},
		{X: 345, Y: 66},
		{X: 354, Y: 86},
		{X: 363, Y: 86},
		{X: 372, Y: 127},
		{X: 370, Y: 178},
		{X: 376, Y: 190},
		{X: 368, Y: 229},
		{X: 358, Y: 249},
		{X: 361, Y: 269},
		{X: 350, Y: 300},
		{X: 333, Y: 307},
		{X: 331, Y: 315},
		{X: 356, Y: 335},
		{X: 401, Y: 356},
		{X: 467, Y: 378},
		{X: 493, Y: 392},
		{X: 503, Y: 422},
		{X: 512, Y: 447},
		{X: 512, Y: 600},
	}
	astronautOutline = []frame.Point{
		{X: 30, Y: 340},
		{X: 35, Y: 310},
		{X: 50, Y: 270},
		{X: 75, Y: 238},
		{X: 112, Y: 210},
		{X: 114, Y: 185},
		{X: 130, Y: 160},
		{X: 150, Y: 150},
		{X: 182, Y: 149},
		{X: 181, Y: 131},
		{X: 172, Y: 120},
		{X: 160, Y: 108},
		{X: 153, Y: 80},
		{X: 160, Y: 55},
		{X: 190, Y: 38},
		{X: 200, Y: 22},
		{X: 235, Y: 16},
		{X: 270, Y: 25},
		{X: 295, Y: 55},
		{X: 302, Y: 88},
		{X: 298, Y: 110},
		{X: 278, Y: 131},
		{X: 268, Y: 137},
		{X: 258, Y: 172},
		{X: 280, Y: 190},
		{X: 300, Y: 220},
		{X: 306, Y: 238},
		{X: 330, Y: 255},
		{X: 348, Y: 280},
		{X: 358, Y: 320},
		{X: 361, Y: 340},
	}
	webcamOutline = []frame.Point{
		{X: 0, Y: 910},
		{X: 55, Y: 870},
		{X: 90, Y: 800},
		{X: 165, Y: 680},
		{X: 235, Y: 600},
		{X: 300, Y: 570},
		{X: 365, Y: 540},
		{X: 410, Y: 510},
		{X: 375, Y: 480},
		{X: 335, Y: 420},
		{X: 325, Y: 350},
		{X: 325, Y: 200},
		{X: 350, Y: 150},
		{X: 400, Y: 120},
		{X: 450, Y: 112},
		{X: 500, Y: 115},
		{X: 560, Y: 150},
		{X: 600, Y: 220},
		{X: 615, Y: 300},
		{X: 635, Y: 320},
		{X: 632, Y: 370},
		{X: 615, Y: 400},
		{X: 612, Y: 440},
		{X: 650, Y: 470},
		{X: 700, Y: 500},
		{X: 790, Y: 535},
		{X: 852, Y: 575},
		{X: 852, Y: 1070},
		{X: 330, Y: 1070},
		{X: 300, Y: 960},
		{X: 270, Y: 885},
		{X: 200, Y: 920},
		{X: 165, Y: 935},
		{X: 100, Y: 1005},
		{X: 70, Y: 1070},
		{X: 0, Y: 1070},
	}
)

// inside tells by counting the edges to the right of a place.
func inside(outline []frame.Point, x, y float32) bool {
	in := false
	for i, a := range outline {
		b := outline[(i+1)%len(outline)]
		if (a.Y > y) != (b.Y > y) && x < a.X+(b.X-a.X)*(y-a.Y)/(b.Y-a.Y) {
			in = !in
		}
	}
	return in
}

// share is intersection over union of two sets of places in a picture of w × h.
func share(w, h int, a, b func(x, y int) bool) float64 {
	both, either := 0, 0
	for y := range h {
		for x := range w {
			inA, inB := a(x, y), b(x, y)
			if inA && inB {
				both++
			}
			if inA || inB {
				either++
			}
		}
	}
	return float64(both) / float64(either)
}

func covered(m *frame.Mask, w, h int) func(x, y int) bool {
	return func(x, y int) bool { return m.Pix[y*m.Height/h*m.Stride+x*m.Width/w] >= 128 }
}

func TestTheMaskCoversPersons(t *testing.T) {
	for _, c := range []struct {
		name    string
		v       *frame.Video
		outline []frame.Point
	}{
		{"hopper", photo(t, plots+"grace_hopper.jpg"), hopperOutline},
		{"astronaut without the helmet", window(photo(t, skim+"astronaut.png"), 0, 0, 512, 340), astronautOutline},
		{"webcam", window(photo(t, demo+"screenshot-webcam.png"), 0, 0, 852, 1070), webcamOutline},
	} {
		var m frame.Mask
		newTestPerson(t).Mask(c.v, nil, &m)
		got := share(c.v.Width, c.v.Height, covered(&m, c.v.Width, c.v.Height),
			func(x, y int) bool { return inside(c.outline, float32(x)+0.5, float32(y)+0.5) })
		t.Logf("%s: mask of %d×%d, intersection over union %.3f", c.name, m.Width, m.Height, got)
		if got < 0.9 {
			t.Error("another shape than the person's")
		}
	}
	// Of pictures without persons: the model takes large single things, a cat's head or a cup, for persons, not these.
	for _, name := range []string{"brick.png", "coins.png", "moon.png", "motorcycle_left.png", "rocket.jpg"} {
		var m frame.Mask
		newTestPerson(t).Mask(photo(t, skim+name), nil, &m)
		for _, p := range m.Pix {
			if p >= 128 {
				t.Errorf("%s: a person", name)
				break
			}
		}
	}
}

func TestTheMaskOfAStillPersonDoesNotFlicker(t *testing.T) {
	photo := photo(t, plots+"grace_hopper.jpg")
	r := rand.New(rand.NewPCG(5, 6))
	steady, raw := newTestPerson(t), newTestPerson(t)
	changes := [2]float64{}
	var last, now [2]frame.Mask
	const n = 30
	for i := range n {
		v := filmed(photo, r.Float32()-0.5, r.Float32()-0.5, 4, r)
		v.PTS = time.Duration(i) * thirtieth
		steady.Mask(v, nil, &now[0])
		// A gap before each picture turns smoothing off.
		v.PTS = time.Duration(i) * time.Minute
		raw.Mask(v, nil, &now[1])
		for k := range now {
			if i > 5 {
				changes[k] += change(&last[k], &now[k]) / (n - 6)
			}
			last[k].Pix = append(last[k].Pix[:0], now[k].Pix...)
		}
	}
	t.Logf("mean change of pixels at the edge from picture to picture: %.2f of 255, %.2f without smoothing", changes[0], changes[1])
	if changes[0] > changes[1]/3 {
		t.Error("flickers")
	}
}

// change is the mean difference of two masks where they are neither surely person nor surely background.
func change(a, b *frame.Mask) float64 {
	sum, n := 0.0, 0
	for i := range a.Pix {
		if x, y := int(a.Pix[i]), int(b.Pix[i]); max(x, y) > 12 && min(x, y) < 243 {
			sum += float64(max(x-y, y-x))
			n++
		}
	}
	return sum / float64(max(n, 1))
}

func TestTheMaskFollowsMovesAndBeginsAnewAfterACut(t *testing.T) {
	webcam, hopper := photo(t, demo+"screenshot-webcam.png"), photo(t, plots+"grace_hopper.jpg")
	person := newTestPerson(t)
	var got, want frame.Mask
	same := func() float64 {
		return share(want.Width, want.Height, covered(&got, want.Width, want.Height), covered(&want, want.Width, want.Height))
	}
	worst := 1.0
	for i := range 10 {
		v := window(webcam, 16*i, 60, 680, 900)
		v.PTS = time.Duration(i) * thirtieth
		person.Mask(v, nil, &got)
		newTestPerson(t).Mask(v, nil, &want)
		worst = min(worst, same())
	}
	t.Logf("moving by 16 pixels a picture: %.3f of the mask without a past", worst)
	if worst < 0.97 {
		t.Error("the mask trails behind")
	}
	hopper.PTS = 10 * thirtieth
	person.Mask(hopper, nil, &got)
	newTestPerson(t).Mask(hopper, nil, &want)
	if same() != 1 {
		t.Error("something of the scene before a change of size is left")
	}
	wall := frame.New(hopper.Width, hopper.Height)
	wall.Fill(200, 128, 128)
	wall.PTS = 11 * thirtieth
	person.Mask(wall, nil, &got)
	newTestPerson(t).Mask(wall, nil, &want)
	for i := range want.Pix {
		if got.Pix[i] != want.Pix[i] {
			t.Fatal("something of the scene before a cut is left")
		}
	}
}

func TestMaskingAllocatesNothing(t *testing.T) {
	v := photo(t, plots+"grace_hopper.jpg")
	p := newTestPerson(t)
	var m frame.Mask
	if n := testing.AllocsPerRun(5, func() {
		v.PTS += thirtieth
		p.Mask(v, nil, &m)
	}); n != 0 {
		t.Errorf("%v allocations a picture", n)
	}
}
