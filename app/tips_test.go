package app

import (
	"testing"
	"time"

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
	said := func() (text string) {
		fyne.DoAndWait(func() { text = tips.Said() })
		return text
	}
	b.w.sources.up.MouseIn(nil)
	if text := said(); text != "" {
		t.Errorf("%q is said at once", text)
	}
	for end := time.Now().Add(time.Minute); said() != "Move up"; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("nothing is said")
		}
	}
	b.w.sources.up.MouseOut()
	if text := said(); text != "" {
		t.Errorf("%q is said of nothing", text)
	}
}
