package face

import (
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vitrine/capture/frame"
)

// patches is a mask of rectangles.
func patches(list ...[4]int) *frame.Mask {
	m := &frame.Mask{Pix: make([]byte, 100*80), Stride: 100, Width: 100, Height: 80}
	for _, r := range list {
		for y := r[1]; y < r[3]; y++ {
			for x := r[0]; x < r[2]; x++ {
				m.Pix[y*m.Stride+x] = 250
			}
		}
	}
	return m
}

var (
	body     = [4]int{30, 20, 70, 80} // 2400 pixels
	hand     = [4]int{80, 30, 90, 40} // 100
	fragment = [4]int{0, 0, 12, 15}   // 180
	second   = [4]int{2, 40, 20, 56}  // 288
	arm      = [4]int{69, 33, 81, 36}
)

// seen is a sequence of masks, sifted; something may move in each.
type seen struct {
	c     components
	moved [personWidth * personHeight]float32
	fresh bool
}

func newSeen() *seen { return &seen{fresh: true} }

func (s *seen) sift(m *frame.Mask, faces ...frame.Point) *frame.Mask {
	s.c.sift(m, &scene{faces: faces, moved: s.moved[:], calm: noise, passed: thirtieth, fresh: s.fresh})
	s.fresh = false
	return m
}

func (s *seen) move(r [4]int, by float32) {
	for y := r[1]; y < r[3]; y++ {
		for x := r[0]; x < r[2]; x++ {
			s.moved[y*personWidth+x] = by
		}
	}
}

func at(m *frame.Mask, r [4]int) int { return int(m.Pix[(r[1]+r[3])/2*m.Stride+(r[0]+r[2])/2]) }

func TestSmallPartsCountIfAFaceLiesInThemOrTheyAreLarge(t *testing.T) {
	m := newSeen().sift(patches(body, fragment, hand, second))
	if at(m, body) != 250 || at(m, second) != 250 || at(m, fragment) != 0 || at(m, hand) != 0 {
		t.Error("another choice of parts than the large ones")
	}
	m = newSeen().sift(patches(body, fragment), frame.Point{X: 5, Y: 5}, frame.Point{X: -50, Y: 500})
	if at(m, fragment) != 250 {
		t.Error("a part with a face is dropped")
	}
}

func TestAHandThatComesOffThePersonStays(t *testing.T) {
	s := newSeen()
	s.sift(patches(body, hand, arm))
	for range 60 {
		if m := s.sift(patches(body, hand)); at(m, hand) != 250 {
			t.Fatal("the hand fades")
		}
	}
}

func TestAHandThatComesUpBesideThePersonAppearsAndWhatNeverMovedDoesNot(t *testing.T) {
	s := newSeen()
	s.sift(patches(body, fragment))
	s.move(hand, 0.2)
	if m := s.sift(patches(body, hand, fragment)); at(m, hand) != 250 || at(m, fragment) != 0 {
		t.Fatalf("the hand has %d, the fragment %d", at(m, hand), at(m, fragment))
	}
	s.move(hand, 0)
	for range 60 {
		if m := s.sift(patches(body, hand, fragment)); at(m, hand) != 250 || at(m, fragment) != 0 {
			t.Fatalf("holding still, the hand has %d, the fragment %d", at(m, hand), at(m, fragment))
		}
	}
}

func TestAPartFadesInsteadOfBlinking(t *testing.T) {
	s := newSeen()
	s.sift(patches(body, second))
	last, steps := 250, 0
	small := [4]int{2, 44, 5, 48} // less than a hand
	for range 15 {
		now := at(s.sift(patches(body, small)), small)
		if now > last || last-now > 40 {
			t.Fatalf("from %d to %d", last, now)
		}
		if now < last {
			steps++
		}
		last = now
	}
	if last != 0 || steps < 6 {
		t.Errorf("%d is left after %d steps", last, steps)
	}
	// About the limit of large parts: what it was, it stays.
	for _, began := range [2][4]int{{0, 0, 12, 19}, {0, 0, 12, 21}} {
		s, first := newSeen(), 0
		for i := range 30 {
			r := began
			if i > 0 {
				r[3] = 19 + i%2*2
			}
			now := at(s.sift(patches(body, r)), began)
			if i == 0 {
				first = now
			}
			if now != first && first == 250 {
				t.Fatalf("it was %d, it is %d", first, now)
			}
		}
	}
}

func TestAPartWithManyPixelsIsNeverTakenForSeveral(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, h := rapid.IntRange(1, 24).Draw(t, "width"), rapid.IntRange(1, 16).Draw(t, "height")
		stride := w + rapid.IntRange(0, 3).Draw(t, "stride")
		m := &frame.Mask{Pix: make([]byte, stride*h), Stride: stride, Width: w, Height: h}
		for i := range m.Pix {
			m.Pix[i] = rapid.SampledFrom([]byte{0, 20, 47, 48, 200, 255}).Draw(t, "pixel")
		}
		var c components
		c.find(m)
		c.number()
		areas := flood(m)
		if len(areas) != len(c.list) {
			t.Fatalf("%d parts instead of %d", len(c.list), len(areas))
		}
		for i, a := range areas {
			if c.list[i].area != a {
				t.Fatalf("part %d has %d pixels instead of %d", i, c.list[i].area, a)
			}
		}
	})
}

// flood is the sizes of the parts in the order of their first pixels, found by walking.
func flood(m *frame.Mask) (areas []int) {
	seen := make([]bool, m.Width*m.Height)
	var walk func(x, y int) int
	walk = func(x, y int) int {
		if x < 0 || y < 0 || x >= m.Width || y >= m.Height || seen[y*m.Width+x] || m.Pix[y*m.Stride+x] < wisp {
			return 0
		}
		seen[y*m.Width+x] = true
		n := 1
		for i := range 9 {
			n += walk(x+i%3-1, y+i/3-1)
		}
		return n
	}
	for y := range m.Height {
		for x := range m.Width {
			if n := walk(x, y); n > 0 {
				areas = append(areas, n)
			}
		}
	}
	return areas
}

func TestTheRocketBehindTheAstronautIsNoPerson(t *testing.T) {
	v := photo(t, skim+"astronaut.png")
	tracker, err := NewTracker()
	if err != nil {
		t.Fatal(err)
	}
	person, r := newTestPerson(t), rand.New(rand.NewPCG(7, 8))
	for i := range 20 {
		now := filmed(v, r.Float32()-0.5, r.Float32()-0.5, 3, r)
		now.PTS = time.Duration(i) * thirtieth
		var m frame.Mask
		person.Mask(now, tracker.Track(now, nil), &m)
		for y := range 56 { // the rocket's booster, on the left
			for x := range 26 {
				if p := m.Pix[y*m.Stride+x]; p >= wisp {
					t.Fatalf("picture %d: %d at %d, %d", i, p, x, y)
				}
			}
		}
	}
}

func BenchmarkSift(b *testing.B) {
	p, err := NewPerson()
	if err != nil {
		b.Fatal(err)
	}
	var m frame.Mask
	p.Mask(photo(b, skim+"astronaut.png"), nil, &m)
	whole := m
	whole.Pix = append([]byte(nil), m.Pix...)
	s := newSeen()
	for b.Loop() {
		copy(m.Pix, whole.Pix)
		s.sift(&m)
	}
}
