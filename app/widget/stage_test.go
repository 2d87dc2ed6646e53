package widget

import (
	"image"
	"image/color"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"pgregory.net/rapid"

	"vitrine/app/theme"
)

// halves is a stage of two.
func halves() []StageBox {
	return []StageBox{{ID: "a", Name: "Ann", Rect: Rect{0, 0, .5, 1}}, {ID: "b", Name: "Ben", Rect: Rect{.5, 0, .5, 1}}}
}

// carry drags from one place to another, both in shares of the stage, as the desktop driver does.
func (m *StageMap) carry(fromX, fromY, toX, toY float32) {
	at, size := m.screen()
	place := func(x, y float32) fyne.Position { return at.AddXY(x*size.Width, y*size.Height) }
	m.MouseDown(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: place(fromX, fromY)}})
	for i := 1; i <= 4; i++ {
		part := float32(i) / 4
		m.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: place(fromX+(toX-fromX)*part, fromY+(toY-fromY)*part)}})
	}
	m.DragEnd()
	m.MouseUp(nil)
}

func near(a, b Rect) bool {
	apart := func(x, y float32) bool { return x-y > 0.006 || y-x > 0.006 }
	return !apart(a.X, b.X) && !apart(a.Y, b.Y) && !apart(a.W, b.W) && !apart(a.H, b.H)
}

func TestBoxesOfAStageAreDraggedAndResized(t *testing.T) {
	setUp(t)
	var told [][]StageBox
	m := NewStageMap()
	m.Arranged = func(boxes []StageBox) { told = append(told, boxes) }
	test.NewTempWindow(t, m).Resize(fyne.NewSize(340, 200))
	m.Set(halves(), false)
	m.carry(.25, .5, .5, .5)
	if len(told) != 0 || m.Chosen() != "a" {
		t.Errorf("in a fixed layout a drag told %v and chose %q", told, m.Chosen())
	}
	m.Set(halves(), true)
	m.carry(.99, .98, .8, .5) // Ben's corner
	if len(told) != 1 || !near(told[0][1].Rect, Rect{.5, 0, .31, .52}) {
		t.Fatalf("resized to %+v", told)
	}
	m.carry(.6, .2, .1, .7)
	if got := told[1][1].Rect; !near(got, Rect{0, .48, .31, .52}) {
		t.Errorf("moved to %+v", got)
	}
	m.carry(.9, .2, .1, .1) // nothing is there
	if len(told) != 2 {
		t.Errorf("a drag from nowhere moved %+v", told[2])
	}
	m.Choose("a")
	m.Raise()
	if got := told[2]; got[1].ID != "a" || got[0].ID != "b" {
		t.Errorf("raised to %+v", got)
	}
}

func TestWhatHappensToABoxItStaysOnTheStage(t *testing.T) {
	setUp(t)
	m := NewStageMap()
	test.NewTempWindow(t, m).Resize(fyne.NewSize(340, 200))
	m.Set(halves(), true)
	share := rapid.Float32Range(-0.3, 1.3)
	keys := []fyne.KeyName{fyne.KeyLeft, fyne.KeyRight, fyne.KeyUp, fyne.KeyDown, fyne.KeyPageDown, fyne.KeyPageUp}
	rapid.Check(t, func(r *rapid.T) {
		if rapid.Bool().Draw(r, "by the pointer") {
			m.carry(share.Draw(r, "from x"), share.Draw(r, "from y"), share.Draw(r, "to x"), share.Draw(r, "to y"))
		} else {
			m.shift = rapid.Bool().Draw(r, "with Shift")
			m.TypedKey(&fyne.KeyEvent{Name: rapid.SampledFrom(keys).Draw(r, "key")})
		}
		for _, b := range m.Boxes() {
			const soft = 0.0001
			if b.X < 0 || b.Y < 0 || b.X+b.W > 1+soft || b.Y+b.H > 1+soft || b.W < leastBox-soft || b.H < leastBox-soft {
				r.Fatalf("%s is at %+v", b.ID, b.Rect)
			}
		}
	})
}

func TestABoxThatIsDraggedStaysWithThePointer(t *testing.T) {
	setUp(t)
	m := NewStageMap()
	test.NewTempWindow(t, m).Resize(fyne.NewSize(340, 200))
	m.Set(halves(), true)
	at, size := m.screen()
	m.MouseDown(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: at.AddXY(size.Width*.95, size.Height*.95)}})
	m.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: at.AddXY(size.Width*.8, size.Height*.8)}})
	held := m.Boxes()[1].Rect
	m.Set(halves(), true) // as the room tells it meanwhile
	if m.Boxes()[1].Rect != held {
		t.Error("the box jumped away from the pointer")
	}
	m.DragEnd()
	m.Set(halves(), true)
	if m.Boxes()[1].Rect == held {
		t.Error("the box does not follow the room any more")
	}
}

func TestAPadPlacesByPointerAndKeys(t *testing.T) {
	setUp(t)
	var told [][2]int
	p := NewPad(func(across, away int) { told = append(told, [2]int{across, away}) })
	test.NewTempWindow(t, p).Resize(fyne.NewSize(214, 114))
	p.Resize(fyne.NewSize(214, 114))
	p.Tapped(&fyne.PointEvent{Position: fyne.NewPos(7, 7)})
	p.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(400, 400)}})
	p.Set(0, 0) // as the room tells it meanwhile
	p.DragEnd()
	p.TypedKey(&fyne.KeyEvent{Name: fyne.KeyUp})
	p.TypedKey(&fyne.KeyEvent{Name: fyne.KeyRight}) // not further
	want := [][2]int{{-100, 100}, {100, 0}, {100, 10}, {100, 10}}
	if len(told) != len(want) {
		t.Fatalf("told %v", told)
	}
	for i := range want {
		if told[i] != want[i] {
			t.Errorf("told %v, want %v", told, want)
		}
	}
	passed := fyne.KeyName("")
	p.Keys = func(e *fyne.KeyEvent, _ bool) { passed = e.Name }
	p.TypedKey(&fyne.KeyEvent{Name: fyne.KeyM})
	if passed != fyne.KeyM {
		t.Error("keys that are not the pad's are lost")
	}
}

func TestTheBarOfScoresIsSharedAndNobodyVanishes(t *testing.T) {
	setUp(t)
	rapid.Check(t, func(r *rapid.T) {
		scores := rapid.SliceOfN(rapid.Int64Range(-10, 1<<50), 2, 9).Draw(r, "scores")
		s := NewScores()
		s.Set(scores)
		sum := float32(0)
		for i, share := range s.Shares() {
			sum += share
			if share < leastShare-0.001 {
				r.Errorf("side %d has %g of %v", i, share, scores)
			}
			for j, other := range s.Shares() {
				if max(0, scores[i]) > max(0, scores[j]) && share < other-0.001 {
					r.Errorf("%v is shared %v", scores, s.Shares())
				}
			}
		}
		if sum < 0.999 || sum > 1.001 {
			r.Errorf("the shares come to %g", sum)
		}
	})
}

func TestSidesOfAContestCanBeToldApart(t *testing.T) {
	seen := map[color.Color]bool{}
	for i := range 9 {
		if c := theme.Side(i); seen[c] {
			t.Errorf("side %d looks like another", i)
		} else {
			seen[c] = true
		}
	}
}

func TestACopyOfThePictureIsSmallAndItsOwn(t *testing.T) {
	setUp(t)
	p := NewPicture(nil, test.NewTempWindow(t, NewThumb(80)).Content())
	p.front = image.NewRGBA(image.Rect(0, 0, 640, 360))
	p.front.SetRGBA(320, 180, color.RGBA{200, 0, 0, 255})
	c := p.Copy(160)
	if c.Rect.Max != image.Pt(160, 90) || c.RGBAAt(80, 45).R != 200 {
		t.Errorf("%v, %v", c.Rect, c.RGBAAt(80, 45))
	}
	p.front.SetRGBA(320, 180, color.RGBA{})
	if c.RGBAAt(80, 45).R != 200 {
		t.Error("what is drawn later is seen in the copy")
	}
	if wide := p.Copy(5000).Rect.Dx(); wide != 640 {
		t.Errorf("the copy is %d wide", wide)
	}
}
