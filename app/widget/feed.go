package widget

import (
	"image/color"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	fynetheme "fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"vitrine/app/theme"
)

// Feed is a long list of texts that is read with the eyes and gone through with Up and Down. One that follows stands at its end
// while rows come, until somebody scrolls up or chooses a row; End or Escape goes back. Only the rows in sight are drawn.
type Feed struct {
	fynewidget.BaseWidget
	Keyboard
	// Chosen is called for Enter, Space or a click on the row that is chosen already, Second for the other mouse button; at is a
	// place on the canvas. Moved is called when the feed stops or begins to follow.
	Chosen, Second func(id int64, at fyne.Position)
	Moved          func()

	rows    []Post
	shapes  []*shape // parallel to rows
	scale   float32
	chosen  int64
	focused bool
	follows bool // by its kind
	atEnd   bool
	scroll  *container.Scroll
	body    *feedBody
	width   float32
	height  float32
}

var (
	_ fyne.Focusable         = (*Feed)(nil)
	_ fyne.Tappable          = (*Feed)(nil)
	_ fyne.SecondaryTappable = (*Feed)(nil)
)

// NewFeed returns an empty feed whose texts are scale times the usual size.
func NewFeed(follows bool, scale float32) *Feed {
	f := &Feed{scale: scale, follows: follows, atEnd: follows}
	f.body = &feedBody{f: f}
	f.body.ExtendBaseWidget(f.body)
	f.scroll = container.NewVScroll(f.body)
	f.scroll.OnScrolled = func(at fyne.Position) {
		f.arrange()
		f.stand(at.Y+f.scroll.Size().Height >= f.height-1)
	}
	f.ExtendBaseWidget(f)
	return f
}

// stand notes whether the feed stands at its end.
func (f *Feed) stand(atEnd bool) {
	if atEnd = atEnd && f.follows; atEnd != f.atEnd {
		f.atEnd = atEnd
		if f.Moved != nil {
			f.Moved()
		}
	}
}

// Following reports whether the feed shows what comes.
func (f *Feed) Following() bool { return f.atEnd }

// Follow goes to the end and stays there.
func (f *Feed) Follow() {
	f.chosen = 0
	f.scroll.ScrollToBottom()
	f.stand(true)
	f.arrange()
}

// Posts are what was set; nobody changes them.
func (f *Feed) Posts() []Post { return f.rows }

// Selected is the ID of the chosen row, 0 for none.
func (f *Feed) Selected() int64 { return f.chosen }

// Select chooses a row without bringing it into sight.
func (f *Feed) Select(id int64) {
	if f.chosen != id {
		f.chosen = id
		f.arrange()
	}
}

// Set shows rows, which nobody changes any more. What is the same as before is not made again.
func (f *Feed) Set(rows []Post) {
	if slices.Equal(f.rows, rows) {
		return
	}
	known := make(map[int64]*shape, len(f.shapes))
	for _, s := range f.shapes {
		known[s.row.ID] = s
	}
	f.rows, f.shapes = rows, make([]*shape, len(rows))
	for i, r := range rows {
		if s := known[r.ID]; s != nil && s.row == r {
			f.shapes[i] = s
		} else {
			f.shapes[i] = &shape{row: r}
		}
	}
	if f.index(f.chosen) < 0 {
		f.chosen = 0
	}
	f.settle()
}

// settle lays the rows out for the width and keeps to the end.
func (f *Feed) settle() {
	f.height = 0
	if f.width > 0 {
		for _, s := range f.shapes {
			s.lay(f)
			s.y = f.height
			f.height += s.height
		}
	}
	f.scroll.Refresh()
	if f.atEnd {
		f.scroll.ScrollToBottom()
	}
	f.arrange()
}

func (f *Feed) index(id int64) int {
	return slices.IndexFunc(f.rows, func(r Post) bool { return r.ID == id })
}

// arrange puts the rows that are in sight on the canvas.
func (f *Feed) arrange() {
	top, bottom := f.scroll.Offset.Y, f.scroll.Offset.Y+f.scroll.Size().Height
	f.body.objects = f.body.objects[:0]
	for i, s := range f.shapes {
		if s.y+s.height > top && s.y < bottom {
			s.place(f, f.rows[i].ID == f.chosen)
			f.body.objects = append(f.body.objects, s.objects...)
		}
	}
	canvas.Refresh(f.body)
}

// at is the row at a place of the feed, -1 for none.
func (f *Feed) at(p fyne.Position) int {
	y := p.Y + f.scroll.Offset.Y
	return slices.IndexFunc(f.shapes, func(s *shape) bool { return y >= s.y && y < s.y+s.height })
}

// Tapped implements fyne.Tappable: a click chooses and brings the keyboard along.
func (f *Feed) Tapped(e *fyne.PointEvent) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(f); c != nil {
		c.Focus(f)
	}
	i := f.at(e.Position)
	if i < 0 {
		return
	}
	again := f.rows[i].ID == f.chosen
	f.choose(i)
	if again && f.Chosen != nil {
		f.Chosen(f.chosen, e.AbsolutePosition)
	}
}

// TappedSecondary implements fyne.SecondaryTappable.
func (f *Feed) TappedSecondary(e *fyne.PointEvent) {
	if i := f.at(e.Position); i >= 0 {
		f.choose(i)
		if f.Second != nil {
			f.Second(f.chosen, e.AbsolutePosition)
		}
	}
}

// choose chooses a row and brings it into sight.
func (f *Feed) choose(i int) {
	s := f.shapes[i]
	f.chosen = s.row.ID
	view := f.scroll.Size().Height
	switch at := f.scroll.Offset.Y; {
	case s.y < at:
		f.scroll.ScrollToOffset(fyne.NewPos(0, s.y))
	case s.y+s.height > at+view:
		f.scroll.ScrollToOffset(fyne.NewPos(0, s.y+s.height-view))
	}
	f.stand(false)
	f.arrange()
}

// FocusGained implements fyne.Focusable.
func (f *Feed) FocusGained() { f.focused = true; f.arrange() }

// FocusLost implements fyne.Focusable.
func (f *Feed) FocusLost() { f.focused = false; f.arrange() }

// TypedRune implements fyne.Focusable.
func (f *Feed) TypedRune(rune) {}

// TypedKey implements fyne.Focusable.
func (f *Feed) TypedKey(e *fyne.KeyEvent) {
	i := f.index(f.chosen)
	switch e.Name {
	case fyne.KeyUp:
		f.step(i, -1)
	case fyne.KeyDown:
		f.step(i, +1)
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		if i >= 0 && f.Chosen != nil {
			place := fyne.CurrentApp().Driver().AbsolutePositionForObject(f)
			f.Chosen(f.chosen, place.AddXY(f.width/2, f.shapes[i].y-f.scroll.Offset.Y+f.shapes[i].height))
		}
	case fyne.KeyEnd, fyne.KeyEscape:
		if f.follows {
			f.Follow()
			return
		}
		f.Select(0)
		f.pass(e, true)
	default:
		f.pass(e, true)
	}
}

// step goes by rows; without a chosen row it begins at the newest where the feed follows, else at the first.
func (f *Feed) step(i, by int) {
	switch {
	case len(f.rows) == 0:
	case i < 0 && f.follows:
		f.choose(len(f.rows) - 1)
	case i < 0:
		f.choose(0)
	default:
		f.choose(min(max(i+by, 0), len(f.rows)-1))
	}
}

// CreateRenderer implements fyne.Widget.
func (f *Feed) CreateRenderer() fyne.WidgetRenderer {
	ring := canvas.NewRectangle(color.Transparent)
	return &feedRenderer{f: f, ring: ring, objects: []fyne.CanvasObject{f.scroll, ring}}
}

type feedRenderer struct {
	f       *Feed
	ring    *canvas.Rectangle
	objects []fyne.CanvasObject
}

func (r *feedRenderer) MinSize() fyne.Size { return fyne.NewSize(80, 40) }

func (r *feedRenderer) Layout(s fyne.Size) {
	grew := s.Width != r.f.width
	r.f.width = s.Width
	r.f.scroll.Resize(s)
	if grew {
		for _, one := range r.f.shapes {
			one.laid = false
		}
	}
	r.f.settle()
}

// Refresh draws anew in what may be other colours.
func (r *feedRenderer) Refresh() {
	for _, s := range r.f.shapes {
		s.laid = false
	}
	r.f.settle()
	canvas.Refresh(r.f)
}

func (r *feedRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *feedRenderer) Destroy()                     {}

// feedBody is what the feed scrolls.
type feedBody struct {
	fynewidget.BaseWidget
	f       *Feed
	objects []fyne.CanvasObject
}

// CreateRenderer implements fyne.Widget.
func (b *feedBody) CreateRenderer() fyne.WidgetRenderer { return feedBodyRenderer{b} }

type feedBodyRenderer struct{ b *feedBody }

func (r feedBodyRenderer) MinSize() fyne.Size           { return fyne.NewSize(0, r.b.f.height) }
func (r feedBodyRenderer) Layout(fyne.Size)             {}
func (r feedBodyRenderer) Refresh()                     {}
func (r feedBodyRenderer) Objects() []fyne.CanvasObject { return r.b.objects }
func (r feedBodyRenderer) Destroy()                     {}

// textSize is that of the feed's texts, and of those of second rank.
func (f *Feed) textSize(n fyne.ThemeSizeName) float32 { return f.scale * f.Theme().Size(n) }

func (f *Feed) color(n fyne.ThemeColorName) color.Color {
	if n == "" {
		n = fynetheme.ColorNameForeground
	}
	return f.Theme().Color(n, variant())
}

// ground is a row's: marked, chosen, or neither.
func (f *Feed) ground(marked, chosen bool) (fill, edge color.Color) {
	fill, edge = color.Transparent, color.Transparent
	if marked || chosen {
		fill = f.color(theme.Chosen)
	}
	if chosen && f.focused {
		edge = f.color(theme.Ring)
	}
	return fill, edge
}
