package widget

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	fynetheme "fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"vitrine/app/theme"
)

// Checklist is a list of records of any length of which only what is in sight is made. One row is chosen, by a click, Up, Down, Home or End; rows may have a
// check box, which Space turns as a click on it does.
type Checklist struct {
	fynewidget.List
	Keyboard
	// Chosen is called when another row is chosen, Turned when the host turns a row's check box.
	Chosen, Turned func(i int)
	// Done is called by Return: the host has chosen.
	Done func()

	n    int
	at   int
	face func(i int) CheckFace
}

// CheckFace is what a row shows.
type CheckFace struct {
	// Check says that there is a check box, and On that it is turned on.
	Check, On bool
	Title     string
	Detail    string // below the title
	Tag       string // a word at the end
	TagColor  fyne.ThemeColorName
}

// NewChecklist returns a list of n rows, none of them chosen; face says what a row shows.
func NewChecklist(n int, face func(i int) CheckFace) *Checklist {
	r := &Checklist{n: n, at: -1, face: face}
	r.Length = func() int { return r.n }
	r.HideSeparators = true
	r.CreateItem = func() fyne.CanvasObject { return newCheckLine(r) }
	r.UpdateItem = func(i int, o fyne.CanvasObject) {
		line := o.(*checkLine)
		line.i = i
		line.set(face(i))
	}
	r.OnSelected = func(i int) {
		r.at = i
		if r.Chosen != nil {
			r.Chosen(i)
		}
	}
	r.ExtendBaseWidget(r)
	return r
}

// Len is how many rows there are.
func (r *Checklist) Len() int { return r.n }

// Choose chooses a row as the host would.
func (r *Checklist) Choose(i int) {
	if r.n > 0 {
		r.Select(min(max(i, 0), r.n-1))
	}
}

// TypedKey implements fyne.Focusable.
func (r *Checklist) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyUp:
		r.Choose(r.at - 1)
	case fyne.KeyDown:
		r.Choose(r.at + 1)
	case fyne.KeyPageUp:
		r.Choose(r.at - 10)
	case fyne.KeyPageDown:
		r.Choose(r.at + 10)
	case fyne.KeyHome:
		r.Choose(0)
	case fyne.KeyEnd:
		r.Choose(r.n - 1)
	case fyne.KeySpace:
		r.turn(r.at)
	case fyne.KeyReturn, fyne.KeyEnter:
		if r.Done != nil {
			r.Done()
		}
	default:
		r.pass(e, true)
	}
}

func (r *Checklist) turn(i int) {
	if i >= 0 && i < r.n && r.Turned != nil && r.face(i).Check {
		r.Turned(i)
		r.RefreshItem(i)
	}
}

// checkLine is a row in sight.
type checkLine struct {
	fynewidget.BaseWidget
	rows          *Checklist
	i             int
	face          CheckFace
	tick          *checkTick
	title, detail *Text
	tag           *canvas.Text
}

func newCheckLine(r *Checklist) *checkLine {
	l := &checkLine{rows: r, title: NewText("", Style{Shrink: true}), detail: NewText("", Style{Color: theme.Quiet, Size: theme.Small, Shrink: true})}
	l.tag = canvas.NewText("", color.Transparent)
	l.tick = &checkTick{l: l}
	l.tick.ExtendBaseWidget(l.tick)
	l.ExtendBaseWidget(l)
	return l
}

func (l *checkLine) set(f CheckFace) {
	l.face = f
	l.title.Set(f.Title)
	l.detail.Set(f.Detail)
	l.Refresh()
}

// CreateRenderer implements fyne.Widget.
func (l *checkLine) CreateRenderer() fyne.WidgetRenderer { return &checkLineRenderer{l} }

type checkLineRenderer struct{ l *checkLine }

// checkHigh is a row's height, tickWide the place of its check box.
const checkHigh, tickWide = 44, 34

func (r *checkLineRenderer) MinSize() fyne.Size { return fyne.NewSize(120, checkHigh) }

func (r *checkLineRenderer) Layout(s fyne.Size) {
	x := float32(10)
	if r.l.face.Check {
		r.l.tick.Resize(fyne.NewSize(tickWide, s.Height))
		x = tickWide + 2
	}
	tag := r.l.tag.MinSize()
	end := s.Width - 12
	if r.l.face.Tag != "" {
		end -= tag.Width
		r.l.tag.Move(fyne.NewPos(end, middle(s.Height, tag.Height)))
		end -= 10
	}
	th, dh := r.l.title.MinSize().Height, r.l.detail.MinSize().Height
	y := middle(s.Height, th+dh)
	r.l.title.Move(fyne.NewPos(x, y))
	r.l.title.Resize(fyne.NewSize(max(0, end-x), th))
	r.l.detail.Move(fyne.NewPos(x, y+th))
	r.l.detail.Resize(fyne.NewSize(max(0, end-x), dh))
}

func (r *checkLineRenderer) Refresh() {
	l := r.l
	th := l.Theme()
	l.tag.Text, l.tag.TextSize = l.face.Tag, th.Size(theme.Small)
	c := l.face.TagColor
	if c == "" {
		c = theme.Quiet
	}
	l.tag.Color = th.Color(c, variant())
	l.tick.Hidden = !l.face.Check
	l.tick.Refresh()
	l.title.Refresh()
	l.detail.Refresh()
	r.Layout(l.Size())
	canvas.Refresh(l)
}

func (r *checkLineRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.l.title, r.l.detail, r.l.tag, r.l.tick}
}
func (r *checkLineRenderer) Destroy() {}

// checkTick is a row's check box.
type checkTick struct {
	fynewidget.BaseWidget
	l *checkLine
}

// Tapped implements fyne.Tappable.
func (t *checkTick) Tapped(*fyne.PointEvent) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(t); c != nil {
		c.Focus(t.l.rows)
	}
	t.l.rows.Choose(t.l.i)
	t.l.rows.turn(t.l.i)
}

// CreateRenderer implements fyne.Widget.
func (t *checkTick) CreateRenderer() fyne.WidgetRenderer {
	return &checkTickRenderer{t: t, icon: canvas.NewImageFromResource(nil)}
}

type checkTickRenderer struct {
	t    *checkTick
	icon *canvas.Image
}

func (r *checkTickRenderer) MinSize() fyne.Size { return fyne.NewSize(tickWide, checkHigh) }

func (r *checkTickRenderer) Layout(s fyne.Size) {
	const side = 20
	r.icon.Resize(fyne.NewSquareSize(side))
	r.icon.Move(fyne.NewPos(8, middle(s.Height, side)))
}

func (r *checkTickRenderer) Refresh() {
	if r.t.l.face.On {
		r.icon.Resource = fynetheme.NewThemedResource(fynetheme.CheckButtonCheckedIcon())
	} else {
		r.icon.Resource = fynetheme.NewThemedResource(fynetheme.CheckButtonIcon())
	}
	r.icon.Refresh()
}

func (r *checkTickRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.icon} }
func (r *checkTickRenderer) Destroy()                     {}
