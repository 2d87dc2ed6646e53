package widget

import (
	"image"
	"math"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"

	"vitrine/app/theme"
	"vitrine/capture/frame"
)

func setUp(t *testing.T) fyne.App {
	a := test.NewTempApp(t)
	a.Settings().SetTheme(theme.New(theme.Dark))
	return a
}

// drawn is the text as it is painted.
func drawn(t *Text) string {
	for _, o := range test.WidgetRenderer(t).Objects() {
		if c, ok := o.(*canvas.Text); ok {
			return c.Text
		}
	}
	return ""
}

func TestTextEndsInDotsWhereItDoesNotFit(t *testing.T) {
	setUp(t)
	x := NewText("A source with quite a long name", Style{Shrink: true})
	test.NewTempWindow(t, x)
	full := fyne.MeasureText(x.Text(), 13, fyne.TextStyle{}).Width
	for w := float32(20); w < full+20; w += 7 {
		x.Resize(fyne.NewSize(w, 20))
		got := drawn(x)
		if fits := fyne.MeasureText(got, 13, fyne.TextStyle{}).Width; fits > w {
			t.Errorf("%q is %g wide where %g is free", got, fits, w)
		}
		if w >= full && got != x.Text() {
			t.Errorf("%q was cut though it fits", got)
		}
		if w < full && !strings.HasSuffix(got, "…") {
			t.Errorf("%q does not say that it was cut", got)
		}
	}
	x.Set("short")
	if got := drawn(x); got != "short" {
		t.Errorf("%q is drawn", got)
	}
}

func TestTheMeterTakesAnyLevel(t *testing.T) {
	setUp(t)
	m := NewMeter("CLIP")
	test.NewTempWindow(t, m)
	m.Resize(fyne.NewSize(300, 24))
	for _, db := range []float64{math.NaN(), math.Inf(-1), -90, -60, -59.9, -20, -9, -0.1, 0, 3, math.Inf(1)} {
		m.Set(db, db, false, false)
		peak, rms, _ := m.Levels()
		if !(peak >= -60 && peak <= 0 && rms >= -60 && rms <= 0) {
			t.Errorf("%g is shown as %g and %g", db, peak, rms)
		}
		for _, o := range test.WidgetRenderer(m).Objects() {
			if end := o.Position().X + o.Size().Width; o.Visible() && (end > 300.5 || o.Position().X < 0) {
				t.Errorf("at %g dB a piece lies at %v, %v", db, o.Position(), o.Size())
			}
		}
	}
}

func TestButtonsTakeSpaceAndEnterAndPassTheRest(t *testing.T) {
	setUp(t)
	taps, passed := 0, fyne.KeyName("")
	b := NewButton("Go", "", Plain, func() { taps++ })
	let := fyne.KeyName("")
	b.Keys = func(e *fyne.KeyEvent, down bool) {
		if down {
			passed = e.Name
		} else {
			let = e.Name
		}
	}
	w := test.NewTempWindow(t, b)
	w.Canvas().Focus(b)
	for _, k := range []fyne.KeyName{fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter, fyne.KeyF2} {
		w.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: k})
	}
	b.KeyUp(&fyne.KeyEvent{Name: fyne.KeyF1})
	if taps != 3 || passed != fyne.KeyF2 || let != fyne.KeyF1 {
		t.Errorf("%d taps, %s passed on, %s let go", taps, passed, let)
	}
	b.SetEnabled(false)
	test.Tap(b)
	if taps != 3 {
		t.Error("a disabled button was pressed")
	}
}

func TestAPickerTellsEqualLabelsApart(t *testing.T) {
	setUp(t)
	chosen := ""
	p := NewPicker(func(v string) { chosen = v })
	test.NewTempWindow(t, p)
	p.Set([]Choice{{"1", "USB camera"}, {"2", "USB camera"}, {"3", "USB camera"}}, "2")
	if p.Value() != "2" || chosen != "" {
		t.Errorf("setting chose %q and told %q", p.Value(), chosen)
	}
	for _, v := range []string{"1", "3", "2"} {
		p.Choose(v)
		if chosen != v || p.Value() != v {
			t.Errorf("choosing %s told %s", v, chosen)
		}
	}
}

func TestAFaderDoesNotAnswerTheProgram(t *testing.T) {
	setUp(t)
	moved := 0
	f := NewFader(-40, 20, 1, func(float64) { moved++ })
	w := test.NewTempWindow(t, f)
	f.Set(6)
	if moved != 0 || f.Value != 6 {
		t.Errorf("set to %g, told %d times", f.Value, moved)
	}
	w.Canvas().Focus(f)
	f.TypedKey(&fyne.KeyEvent{Name: fyne.KeyRight})
	if moved != 1 || f.Value != 7 {
		t.Errorf("moved to %g, told %d times", f.Value, moved)
	}
}

func TestAPictureIsDrawnAsLargeAsItIsSeen(t *testing.T) {
	setUp(t)
	var got image.Point
	p := NewPicture(func(dst *image.RGBA, _ *frame.Video) { got = dst.Rect.Size() }, canvas.NewRectangle(nil))
	test.NewTempWindow(t, p)
	v := frame.New(1280, 720)
	defer v.Release()
	p.Seen(0, 0)
	if p.Draw(v) {
		t.Error("a picture that nobody sees was drawn")
	}
	for seen, want := range map[image.Point]image.Point{
		{640, 360}: {640, 360}, {1920, 1080}: {1280, 720}, {640, 400}: {640, 360}, {3, 2}: {3, 2}, {1, 1}: {1, 1},
	} {
		p.Seen(seen.X, seen.Y)
		if !p.Draw(v) || got != want {
			t.Errorf("seen at %v it was drawn at %v, want %v", seen, got, want)
		}
		p.Flip()
	}
	p.Hide()
	if p.Draw(v) {
		t.Error("a hidden picture was drawn")
	}
}

func TestASheetClosesOnceAndFreesTheWindow(t *testing.T) {
	setUp(t)
	w := test.NewTempWindow(t, canvas.NewRectangle(nil))
	closed := 0
	done := NewButton("Done", "", Primary, nil)
	s := NewSheet(w.Canvas(), SheetSpec{Heading: "Sure?", Content: NewText("text", Style{}), Foot: []fyne.CanvasObject{done}, Focus: done, Closed: func() { closed++ }})
	if w.Canvas().Focused() != fyne.Focusable(done) {
		t.Error("the sheet's button does not have the keyboard")
	}
	s.Keys(&fyne.KeyEvent{Name: fyne.KeyEscape}, true)
	s.Close()
	if closed != 1 || s.Open() || w.Canvas().Overlays().Top() != nil {
		t.Errorf("closed %d times, open %t", closed, s.Open())
	}
}

func TestAWaveformStaysWithinItsRoomAndSaysWhereItWasClicked(t *testing.T) {
	setUp(t)
	to := -1.0
	w := NewWaveform(func(v float64) { to = v })
	test.NewTempWindow(t, w)
	w.Resize(fyne.NewSize(200, 40))
	for _, strokes := range [][]Stroke{nil, {{-9, 9}}, {{0, 0}, {-0.5, 1}, {float32(math.Inf(-1)), float32(math.Inf(1))}}, make([]Stroke, 1000)} {
		for _, at := range []float64{math.NaN(), -1, 0, 0.5, 1, 2} {
			w.Set(strokes, at)
			if got := w.At(); !(got >= 0 && got <= 1) {
				t.Errorf("%g is shown as %g", at, got)
			}
			for _, size := range [][2]int{{0, 0}, {1, 1}, {200, 40}, {399, 81}} {
				r := test.WidgetRenderer(w).(*waveformRenderer)
				if img := r.paint(size[0], size[1]); img.Bounds().Dx() != size[0] {
					t.Errorf("painted %v", img.Bounds())
				}
			}
		}
	}
	test.TapAt(w, fyne.NewPos(150, 10))
	if to != 0.75 {
		t.Errorf("a click at three quarters goes to %g", to)
	}
}
