package app

import (
	"testing"

	"fyne.io/fyne/v2"

	"vitrine/app/widget"
)

func TestEveryButtonWithADrawingAloneIsExplained(t *testing.T) {
	b := newBench(t, withServer)
	tips := widget.NewTips(b.w.words.symbols())
	seen := 0
	for tab := range b.w.side.panels {
		b.w.side.choose(tab)
		walkButtons(b.w.win.Canvas().Content(), func(x *widget.Button) {
			if x.Text() != "" || x.Symbol() == "" {
				return
			}
			seen++
			if tips.Explains(x) == "" {
				t.Errorf("tab %d: nobody knows what %q does", tab, x.Symbol())
			}
		})
	}
	if seen < 20 {
		t.Errorf("only %d buttons were looked at", seen)
	}
}

func TestAButtonUnderAPointerThatRestsIsExplained(t *testing.T) {
	b := newBench(t, withServer)
	content := b.w.win.Canvas().Content().(*fyne.Container)
	tips := content.Objects[len(content.Objects)-1].(*widget.Tips)
	var rested func()
	tips.Rested = func(then func()) { rested = then }
	up, down := b.w.sources.up, b.w.sources.down
	up.MouseIn(nil)
	if text := tips.Said(); text != "" {
		t.Errorf("%q is said at once", text)
	}
	rested()
	if text := tips.Said(); text != b.w.words.MoveUp {
		t.Errorf("%q is said of what moves up", text)
	}
	up.MouseOut()
	if text := tips.Said(); text != "" {
		t.Errorf("%q is said of nothing", text)
	}
	down.MouseIn(nil)
	down.MouseOut()
	rested()
	if text := tips.Said(); text != "" {
		t.Errorf("%q is said of a button that the pointer only passed", text)
	}
}
