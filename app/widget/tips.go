package widget

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	fynetheme "fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"vitrine/app/theme"
)

// tipAfter is how long the pointer rests on a button before it is explained, tipGap how far from it that stands, in pixels.
const (
	tipAfter = 500 * time.Millisecond
	tipGap   = 6
)

// Tips says in words what a button with a drawing alone does, while the pointer rests on it. It lies over all else in its window's content,
// as the last thing of the container that is the content, and takes no part in where the pointer is.
type Tips struct {
	fynewidget.BaseWidget
	// Rested calls what is given to it, as all of the toolkit's, once the pointer has rested long enough.
	Rested func(then func())

	words  map[theme.Symbol]string
	of     *Button // that is explained, or about to be; nil for none
	ground *canvas.Rectangle
	text   *Text
}

// NewTips returns tips that explain symbols by these words, where a button does not say its own.
func NewTips(words map[theme.Symbol]string) *Tips {
	rested := func(then func()) { time.AfterFunc(tipAfter, func() { fyne.Do(then) }) }
	t := &Tips{Rested: rested, words: words, ground: canvas.NewRectangle(nil), text: NewText("", Style{Size: theme.Small})}
	t.ground.CornerRadius = 6
	t.ground.StrokeWidth = 1
	t.ExtendBaseWidget(t)
	t.say("")
	return t
}

// Said is what is shown now, "" for nothing.
func (t *Tips) Said() string {
	if !t.text.Visible() {
		return ""
	}
	return t.text.Text()
}

// tipsOver finds the tips of the content that a piece is in; nil where there are none, as in sheets and menus.
func tipsOver(o fyne.CanvasObject) *Tips {
	c := fyne.CurrentApp().Driver().CanvasForObject(o)
	if c == nil {
		return nil
	}
	content, ok := c.Content().(*fyne.Container)
	if !ok || len(content.Objects) == 0 {
		return nil
	}
	t, _ := content.Objects[len(content.Objects)-1].(*Tips)
	return t
}

// Explains is what there is to say of a button.
func (t *Tips) Explains(b *Button) string {
	switch {
	case b.said != "":
		return b.said
	case b.text == "":
		return t.words[b.symbol]
	}
	return ""
}

// over is told that the pointer has come to a button.
func (t *Tips) over(b *Button) {
	t.of = b
	t.Rested(func() {
		if t.of == b {
			t.show(b)
		}
	})
}

// off is told that the pointer has gone from a button, or the button was used.
func (t *Tips) off(b *Button) {
	if t.of == b {
		t.of = nil
		t.say("")
	}
}

// show explains a button above it, or beneath it where there is no room above.
func (t *Tips) show(b *Button) {
	t.say(t.Explains(b))
	if t.Said() == "" {
		return
	}
	driver := fyne.CurrentApp().Driver()
	at := driver.AbsolutePositionForObject(b).Subtract(driver.AbsolutePositionForObject(t))
	size := t.text.MinSize().Add(fyne.NewSize(16, 8))
	x := max(4, min(at.X+(b.Size().Width-size.Width)/2, t.Size().Width-size.Width-4))
	y := at.Y - size.Height - tipGap
	if y < 4 {
		y = at.Y + b.Size().Height + tipGap
	}
	t.ground.Move(fyne.NewPos(x, y))
	t.ground.Resize(size)
	t.text.Move(fyne.NewPos(x+8, y+4))
	t.text.Resize(t.text.MinSize())
	t.Refresh()
}

func (t *Tips) say(text string) {
	t.text.Set(text)
	t.text.Hidden, t.ground.Hidden = text == "", text == ""
	t.Refresh()
}

// CreateRenderer implements fyne.Widget.
func (t *Tips) CreateRenderer() fyne.WidgetRenderer {
	r := &tipsRenderer{t}
	r.Refresh()
	return r
}

type tipsRenderer struct{ t *Tips }

func (r *tipsRenderer) Layout(fyne.Size)   {}
func (r *tipsRenderer) MinSize() fyne.Size { return fyne.Size{} }
func (r *tipsRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.t.ground, r.t.text}
}
func (r *tipsRenderer) Destroy() {}

func (r *tipsRenderer) Refresh() {
	th, v := r.t.Theme(), fyne.CurrentApp().Settings().ThemeVariant()
	r.t.ground.FillColor = th.Color(fynetheme.ColorNameOverlayBackground, v)
	r.t.ground.StrokeColor = th.Color(theme.Edge, v)
	r.t.ground.Refresh()
	r.t.text.Refresh()
}
