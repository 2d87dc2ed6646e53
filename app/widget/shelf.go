package widget

import (
	"image"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	fynetheme "fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"vitrine/app/theme"
)

// Shelf is a list of things with a picture, however long: only the rows in sight exist. It is gone through with Up, Down, Page Up, Page
// Down, Home and End, and sorted by dragging. Who fills it sets the functions once and calls Set whenever what they say has changed.
type Shelf struct {
	fynewidget.BaseWidget
	Keyboard
	// Face is what a row shows, counted from 0.
	Face func(i int) Good
	// Selected is called when somebody chooses a row, Opened for Enter or a click on the row that is chosen already, Acted for the
	// row's button, Second for the other mouse button at a place on the canvas. Moved is called when a row was dragged; nil where
	// the order is fixed.
	Selected, Opened, Acted func(i int)
	Second                  func(i int, at fyne.Position)
	Moved                   func(from, to int)

	n, chosen   int
	hovered     int
	focused     bool
	from, gap   int // the row that is dragged and the gap above which row it goes to; −1 for none
	scroll      *container.Scroll
	body        *shelfBody
	rows        []*goodRow // row i is drawn by rows[i % len]
	first, last int        // rows in sight, last excluded
}

var (
	_ fyne.Focusable         = (*Shelf)(nil)
	_ fyne.Tappable          = (*Shelf)(nil)
	_ fyne.SecondaryTappable = (*Shelf)(nil)
	_ fyne.Draggable         = (*shelfBody)(nil)
	_ desktop.Hoverable      = (*shelfBody)(nil)
)

// NewShelf returns an empty shelf.
func NewShelf() *Shelf {
	s := &Shelf{chosen: -1, hovered: -1, from: -1, gap: -1}
	s.body = &shelfBody{s: s}
	s.body.line = canvas.NewRectangle(color.Transparent)
	s.body.ExtendBaseWidget(s.body)
	s.scroll = container.NewVScroll(s.body)
	s.scroll.OnScrolled = func(fyne.Position) { s.arrange() }
	s.ExtendBaseWidget(s)
	return s
}

// Set shows n rows, of which one is chosen, −1 for none.
func (s *Shelf) Set(n, chosen int) {
	grew := n != s.n
	s.n, s.chosen = n, chosen
	if s.from >= n {
		s.from, s.gap = -1, -1
	}
	if grew {
		s.scroll.Refresh()
	}
	s.arrange()
}

// Chosen is the row that is chosen, −1 for none.
func (s *Shelf) Chosen() int { return s.chosen }

// Reveal brings a row into sight.
func (s *Shelf) Reveal(i int) {
	y, view := float32(i)*goodHeight, s.scroll.Size().Height
	switch at := s.scroll.Offset.Y; {
	case y < at:
		s.scroll.ScrollToOffset(fyne.NewPos(0, y))
	case y+goodHeight > at+view:
		s.scroll.ScrollToOffset(fyne.NewPos(0, y+goodHeight-view))
	}
	s.arrange()
}

// arrange draws the rows that are in sight.
func (s *Shelf) arrange() {
	view := s.scroll.Size()
	s.first = max(0, int(s.scroll.Offset.Y/goodHeight))
	s.last = min(s.n, int((s.scroll.Offset.Y+view.Height)/goodHeight)+1)
	if s.Face == nil || view.Width <= 0 {
		return
	}
	for len(s.rows) < s.last-s.first {
		s.rows = append(s.rows, newGoodRow(s))
	}
	wide := view.Width - s.Theme().Size(fynetheme.SizeNameScrollBar)
	s.body.objects = s.body.objects[:0]
	for i := s.first; i < s.last; i++ {
		r := s.rows[i%len(s.rows)]
		r.show(i)
		r.Resize(fyne.NewSize(wide, goodHeight-2))
		r.Move(fyne.NewPos(0, float32(i)*goodHeight))
		s.body.objects = append(s.body.objects, r)
	}
	if s.gap >= 0 {
		s.body.line.FillColor = s.Theme().Color(theme.Accent, variant())
		s.body.line.Resize(fyne.NewSize(wide, 3))
		s.body.line.Move(fyne.NewPos(0, max(0, float32(s.gap)*goodHeight-2)))
		s.body.objects = append(s.body.objects, s.body.line)
	}
	canvas.Refresh(s.body)
}

// at is the row at a height of the whole list, −1 for none.
func (s *Shelf) at(y float32) int {
	if i := int(y / goodHeight); y >= 0 && i < s.n {
		return i
	}
	return -1
}

// choose chooses a row as the host would.
func (s *Shelf) choose(i int) {
	if i < 0 || i >= s.n {
		return
	}
	s.chosen = i
	if s.Selected != nil {
		s.Selected(i)
	}
	s.Reveal(i)
}

// Tapped implements fyne.Tappable: a click chooses and brings the keyboard along.
func (s *Shelf) Tapped(e *fyne.PointEvent) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(s); c != nil {
		c.Focus(s)
	}
	i := s.at(e.Position.Y + s.scroll.Offset.Y)
	if i >= 0 && i == s.chosen && s.Opened != nil {
		s.Opened(i)
		return
	}
	s.choose(i)
}

// TappedSecondary implements fyne.SecondaryTappable.
func (s *Shelf) TappedSecondary(e *fyne.PointEvent) {
	if i := s.at(e.Position.Y + s.scroll.Offset.Y); i >= 0 {
		s.choose(i)
		if s.Second != nil {
			s.Second(i, e.AbsolutePosition)
		}
	}
}

// FocusGained implements fyne.Focusable.
func (s *Shelf) FocusGained() { s.focused = true; s.arrange() }

// FocusLost implements fyne.Focusable.
func (s *Shelf) FocusLost() { s.focused = false; s.arrange() }

// TypedRune implements fyne.Focusable.
func (s *Shelf) TypedRune(rune) {}

// TypedKey implements fyne.Focusable.
func (s *Shelf) TypedKey(e *fyne.KeyEvent) {
	page := max(1, int(s.scroll.Size().Height/goodHeight)-1)
	switch e.Name {
	case fyne.KeyUp:
		s.step(-1)
	case fyne.KeyDown:
		s.step(+1)
	case fyne.KeyPageUp:
		s.step(-page)
	case fyne.KeyPageDown:
		s.step(+page)
	case fyne.KeyHome:
		s.choose(0)
	case fyne.KeyEnd:
		s.choose(s.n - 1)
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		if s.chosen >= 0 && s.Opened != nil {
			s.Opened(s.chosen)
		}
	default:
		s.pass(e, true)
	}
}

// step goes by rows; without a chosen row it begins at the first.
func (s *Shelf) step(by int) {
	if s.chosen < 0 {
		s.choose(0)
		return
	}
	s.choose(min(max(s.chosen+by, 0), s.n-1))
}

// CreateRenderer implements fyne.Widget.
func (s *Shelf) CreateRenderer() fyne.WidgetRenderer {
	return &shelfRenderer{s, []fyne.CanvasObject{s.scroll}}
}

type shelfRenderer struct {
	s       *Shelf
	objects []fyne.CanvasObject
}

func (r *shelfRenderer) MinSize() fyne.Size { return fyne.NewSize(80, goodHeight) }

func (r *shelfRenderer) Layout(size fyne.Size) {
	r.s.scroll.Resize(size)
	r.s.arrange()
}

// Refresh draws anew in what may be other colours.
func (r *shelfRenderer) Refresh() {
	for _, row := range r.s.rows {
		row.Refresh()
	}
	r.s.arrange()
}

func (r *shelfRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *shelfRenderer) Destroy()                     {}

// shelfBody is what the shelf scrolls. It takes the pointer, because the scroll lies between it and the shelf.
type shelfBody struct {
	fynewidget.BaseWidget
	s       *Shelf
	line    *canvas.Rectangle
	objects []fyne.CanvasObject
}

// dragEdge is within how many pixels of the list's ends a dragged row makes it scroll, and dragStep by how much.
const dragEdge, dragStep = 20, 12

// Dragged implements fyne.Draggable.
func (b *shelfBody) Dragged(e *fyne.DragEvent) {
	s := b.s
	if s.Moved == nil {
		return
	}
	if s.from < 0 {
		if s.from = s.at(e.Position.Y - e.Dragged.DY); s.from < 0 {
			return
		}
		s.choose(s.from)
	}
	s.gap = min(max(int(e.Position.Y/goodHeight+0.5), 0), s.n)
	switch at, view := s.scroll.Offset.Y, s.scroll.Size().Height; {
	case e.Position.Y < at+dragEdge:
		s.scroll.ScrollToOffset(fyne.NewPos(0, max(0, at-dragStep)))
	case e.Position.Y > at+view-dragEdge:
		s.scroll.ScrollToOffset(fyne.NewPos(0, at+dragStep))
	}
	s.arrange()
}

// DragEnd implements fyne.Draggable.
func (b *shelfBody) DragEnd() {
	s := b.s
	from, to := s.from, s.gap
	s.from, s.gap = -1, -1
	if to > from {
		to--
	}
	if from >= 0 && to != from && s.Moved != nil {
		s.Moved(from, to)
	}
	s.arrange()
}

// MouseIn implements desktop.Hoverable.
func (b *shelfBody) MouseIn(e *desktop.MouseEvent) { b.hover(b.s.at(e.Position.Y)) }

// MouseMoved implements desktop.Hoverable.
func (b *shelfBody) MouseMoved(e *desktop.MouseEvent) { b.hover(b.s.at(e.Position.Y)) }

// MouseOut implements desktop.Hoverable.
func (b *shelfBody) MouseOut() { b.hover(-1) }

func (b *shelfBody) hover(i int) {
	if b.s.hovered != i {
		b.s.hovered = i
		b.s.arrange()
	}
}

// CreateRenderer implements fyne.Widget.
func (b *shelfBody) CreateRenderer() fyne.WidgetRenderer { return shelfBodyRenderer{b} }

type shelfBodyRenderer struct{ b *shelfBody }

func (r shelfBodyRenderer) MinSize() fyne.Size {
	return fyne.NewSize(0, float32(r.b.s.n)*goodHeight)
}
func (r shelfBodyRenderer) Layout(fyne.Size)             {}
func (r shelfBodyRenderer) Refresh()                     {}
func (r shelfBodyRenderer) Objects() []fyne.CanvasObject { return r.b.objects }
func (r shelfBodyRenderer) Destroy()                     {}

// Good is what a row of a Shelf shows. All may be empty.
type Good struct {
	Picture image.Image // square; nobody changes it
	Title   string
	Line    string
	// Note and Badge are below the line, each in its colour.
	Note, Badge           string
	NoteColor, BadgeColor fyne.ThemeColorName
	Faint                 bool         // as what is not for all
	Marked                bool         // stands out, and so does its button
	Action                theme.Symbol // a small button at the end
}
