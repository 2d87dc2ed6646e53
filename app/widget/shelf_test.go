package widget

import (
	"fmt"
	"image"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"pgregory.net/rapid"
)

func TestARowOfAShelfIsDraggedBetweenTwoOthers(t *testing.T) {
	test.NewTempApp(t)
	s := NewShelf()
	s.Face = func(i int) Good { return Good{Title: fmt.Sprint(i)} }
	moves := ""
	s.Moved = func(from, to int) { moves += fmt.Sprintf("%d→%d ", from, to) }
	w := test.NewTempWindow(t, s)
	w.Resize(fyne.NewSize(240, 5*goodHeight))
	s.Set(20, -1)
	drag := func(from, to float32) {
		for y := from; y != to; {
			step := min(max(to-y, -10), 10)
			y += step
			s.body.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(50, y)}, Dragged: fyne.NewDelta(0, step)})
		}
		s.body.DragEnd()
	}
	drag(0.5*goodHeight, 2.9*goodHeight)
	drag(2.5*goodHeight, 0.2*goodHeight)
	drag(2.5*goodHeight, 2.7*goodHeight) // not far enough
	if moves != "0→2 2→0 " {
		t.Errorf("moved %s", moves)
	}
	if s.Chosen() != 2 {
		t.Errorf("row %d is chosen", s.Chosen())
	}
}

func TestAnyFrameOfACropperIsASquareWithinThePicture(t *testing.T) {
	test.NewTempApp(t)
	rapid.Check(t, func(t *rapid.T) {
		b := image.Rect(0, 0, rapid.IntRange(1, 3000).Draw(t, "width"), rapid.IntRange(1, 3000).Draw(t, "height"))
		c := NewCropper(image.NewUniform(image.Black))
		c.picture = image.NewAlpha(image.Rect(0, 0, max(1, b.Dx()/10), max(1, b.Dy()/10)))
		c.Resize(fyne.NewSquareSize(348))
		for range rapid.IntRange(0, 5).Draw(t, "moves") {
			c.SetZoom(rapid.Float64Range(0, 9).Draw(t, "zoom"))
			c.Dragged(&fyne.DragEvent{Dragged: fyne.NewDelta(rapid.Float32Range(-900, 900).Draw(t, "dx"), rapid.Float32Range(-900, 900).Draw(t, "dy"))})
		}
		if r := c.Region(b); !r.In(b) || r.Dx() != r.Dy() || r.Empty() {
			t.Fatalf("%v of %v", r, b)
		}
	})
}
