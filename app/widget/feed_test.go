package widget

import (
	"fmt"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
	"pgregory.net/rapid"

	"vitrine/app/theme"
)

func TestTextIsWrappedWithoutLosingAWord(t *testing.T) {
	setUp(t)
	rapid.Check(t, func(r *rapid.T) {
		text := strings.Join(strings.Fields(rapid.StringMatching(`([a-zA-Z]{1,30}|[一-龥]{1,6}| ){0,20}`).Draw(r, "text")), " ")
		begin, room := rapid.Float32Range(0, 90).Draw(r, "begin"), rapid.Float32Range(-10, 300).Draw(r, "room")
		lines := wrap(text, begin, room, 13)
		if got := strings.ReplaceAll(strings.Join(lines, ""), " ", ""); got != strings.ReplaceAll(text, " ", "") {
			r.Fatalf("%q became %q", text, lines)
		}
		for i, l := range lines {
			w := fyne.MeasureText(l, 13, fyne.TextStyle{}).Width
			if i == 0 {
				w += begin
			}
			if w > max(room, begin)+1 && len([]rune(l)) > 1 {
				r.Fatalf("line %d is %g wide where %g is free: %q", i, w, room, l)
			}
		}
	})
}

// feed shows n rows in a window of 200×100 pixels.
func feed(t *testing.T, follows bool, n int) *Feed {
	setUp(t)
	f := NewFeed(follows, 1)
	w := test.NewTempWindow(t, f)
	w.SetPadded(false)
	w.Resize(fyne.NewSize(200, 100))
	f.Set(rowsTo(n))
	return f
}

func rowsTo(n int) (rows []Post) {
	for i := 1; i <= n; i++ {
		rows = append(rows, Post{ID: int64(i), Head: "Ada", Text: "line " + strings.Repeat("x", i%40)})
	}
	return rows
}

// sight are the texts that are drawn.
func sight(f *Feed) (all []string) {
	for _, o := range f.body.objects {
		if text, ok := o.(*canvas.Text); ok && text.Text != "Ada" {
			all = append(all, text.Text)
		}
	}
	return all
}

func TestAFeedFollowsItsEndUntilSomebodyReads(t *testing.T) {
	f := feed(t, true, 300)
	if got := sight(f); len(got) > 12 || f.at(fyne.NewPos(5, 97)) != 299 {
		t.Errorf("in sight: %q", got)
	}
	moved := 0
	f.Moved = func() { moved++ }
	f.scroll.Scrolled(&fyne.ScrollEvent{Scrolled: fyne.Delta{DY: 200}})
	if f.Following() || moved != 1 {
		t.Error("it follows although somebody scrolled up")
	}
	before := sight(f)
	f.Set(rowsTo(320))
	if after := sight(f); strings.Join(before, "|") != strings.Join(after, "|") {
		t.Errorf("what is read moved from %q to %q", before, after)
	}
	f.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEnd})
	if !f.Following() || moved != 2 || f.scroll.Offset.Y+100 < f.height-1 {
		t.Error("End does not go to the end")
	}
}

func TestAFeedIsGoneThroughWithKeysAndClicks(t *testing.T) {
	f := feed(t, false, 50)
	var chosen, second []int64
	f.Chosen = func(id int64, _ fyne.Position) { chosen = append(chosen, id) }
	f.Second = func(id int64, _ fyne.Position) { second = append(second, id) }
	for _, k := range []fyne.KeyName{fyne.KeyDown, fyne.KeyDown, fyne.KeyDown, fyne.KeyUp, fyne.KeyReturn} {
		f.TypedKey(&fyne.KeyEvent{Name: k})
	}
	test.TapAt(f, fyne.NewPos(20, 5))
	test.TapAt(f, fyne.NewPos(20, 5))
	test.TapSecondaryAt(f, fyne.NewPos(20, f.shapes[2].y+2))
	if len(chosen) != 2 || chosen[0] != 2 || chosen[1] != 1 || len(second) != 1 || second[0] != 3 || f.Selected() != 3 {
		t.Errorf("chosen %v, second %v, selected %d", chosen, second, f.Selected())
	}
	f.Set(rowsTo(2))
	if f.Selected() != 0 {
		t.Error("a row that went is chosen")
	}
}

// A busy room: 300 lines a second come in ten frames of 30, of which the feed holds 400.
func BenchmarkAFrameOfABusyRoom(b *testing.B) {
	a := test.NewTempApp(b)
	a.Settings().SetTheme(theme.New(theme.Dark))
	f := NewFeed(true, 1)
	w := test.NewTempWindow(b, f)
	w.Resize(fyne.NewSize(320, 400))
	var all []Post
	for i := range 12_400 {
		all = append(all, Post{ID: int64(i + 1), Head: fmt.Sprint("Guest ", i%977), Text: strings.Repeat("words that are said ", 1+i%4)})
	}
	for n := 0; b.Loop(); n = (n + 30) % 12_000 {
		f.Set(all[n : n+400])
	}
}
