package widget

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	fynetheme "fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"vitrine/app/theme"
)

// Sizes of a shelf's row in pixels.
const (
	goodHeight  = 62
	goodPicture = 46
	goodInset   = 8
)

// goodRow is a row of a shelf that is in sight.
type goodRow struct {
	fynewidget.BaseWidget
	s      *Shelf
	i      int
	good   Good
	state  [3]bool // chosen, with the keyboard, under the pointer
	button *Button
}

func newGoodRow(s *Shelf) *goodRow {
	r := &goodRow{s: s, i: -1}
	r.button = NewButton("", "", Quiet, func() {
		if s.Acted != nil {
			s.Acted(r.i)
		}
	})
	r.button.Keys = func(e *fyne.KeyEvent, down bool) { s.pass(e, down) }
	r.ExtendBaseWidget(r)
	return r
}

// show shows a row of the list.
func (r *goodRow) show(i int) {
	good, state := r.s.Face(i), [3]bool{i == r.s.chosen, i == r.s.chosen && r.s.focused, i == r.s.hovered}
	if r.i != i || r.good != good || r.state != state {
		r.i, r.good, r.state = i, good, state
		r.Refresh()
	}
}

// CreateRenderer implements fyne.Widget.
func (r *goodRow) CreateRenderer() fyne.WidgetRenderer {
	g := &goodRenderer{
		r: r, ring: canvas.NewRectangle(color.Transparent), ground: canvas.NewRectangle(color.Transparent), bar: canvas.NewRectangle(color.Transparent),
		frame: canvas.NewRectangle(color.Transparent), none: canvas.NewImageFromResource(theme.Image.Resource(theme.Quiet)), picture: &canvas.Image{},
		title: NewText("", Style{Bold: true, Shrink: true}), line: NewText("", Style{Size: theme.Small, Shrink: true}),
		note: NewText("", Style{Size: theme.Small, Shrink: true}), badge: NewText("", Style{Size: theme.Small, Bold: true, Shrink: true}),
	}
	g.picture.FillMode, g.picture.ScaleMode, g.none.FillMode = canvas.ImageFillContain, canvas.ImageScaleFastest, canvas.ImageFillContain
	g.picture.CornerRadius = 5
	g.objects = []fyne.CanvasObject{g.ring, g.ground, g.bar, g.frame, g.none, g.picture, g.title, g.line, g.note, g.badge, r.button}
	g.paint()
	return g
}

type goodRenderer struct {
	r                        *goodRow
	ring, ground, bar, frame *canvas.Rectangle
	none, picture            *canvas.Image
	title, line, note, badge *Text
	objects                  []fyne.CanvasObject
}

func (g *goodRenderer) MinSize() fyne.Size { return fyne.NewSize(80, goodHeight-2) }

func (g *goodRenderer) Layout(s fyne.Size) {
	lay(g.ring, fyne.Position{}, s)
	inset := float32(0)
	if g.r.state[1] {
		inset = 2
	}
	lay(g.ground, fyne.NewPos(inset, inset), s.SubtractWidthHeight(2*inset, 2*inset))
	lay(g.bar, fyne.NewPos(0, 8), fyne.NewSize(3, s.Height-16))
	at := fyne.NewPos(goodInset, middle(s.Height, goodPicture))
	for _, o := range []fyne.CanvasObject{g.frame, g.picture} {
		lay(o, at, fyne.NewSquareSize(goodPicture))
	}
	lay(g.none, at.AddXY(13, 13), fyne.NewSquareSize(goodPicture-26))
	end := s.Width - 3
	if g.r.good.Action != "" {
		b := g.r.button.MinSize()
		end -= b.Width
		lay(g.r.button, fyne.NewPos(end, middle(s.Height, b.Height)), b)
	}
	x := float32(goodInset + goodPicture + 9)
	wide := max(0, end-x-3)
	title, line := g.title.MinSize().Height, g.line.MinSize().Height
	y := middle(s.Height, title+2*line)
	lay(g.title, fyne.NewPos(x, y), fyne.NewSize(wide, title))
	lay(g.line, fyne.NewPos(x, y+title), fyne.NewSize(wide, line))
	note := min(wide, fyne.MeasureText(g.r.good.Note, g.r.Theme().Size(theme.Small), fyne.TextStyle{}).Width+1)
	lay(g.note, fyne.NewPos(x, y+title+line), fyne.NewSize(note, line))
	if note > 1 {
		note += 7
	}
	lay(g.badge, fyne.NewPos(x+note, y+title+line), fyne.NewSize(max(0, wide-note), line))
}

func (g *goodRenderer) paint() {
	th, v, good := g.r.Theme(), variant(), g.r.good
	chosen, ringed, hovered := g.r.state[0], g.r.state[1], g.r.state[2]
	radius := th.Size(fynetheme.SizeNameInputRadius)
	g.ring.FillColor, g.ground.FillColor = color.Transparent, color.Transparent
	g.ring.CornerRadius, g.ground.CornerRadius, g.frame.CornerRadius = radius, radius, 5
	switch {
	case good.Marked || chosen:
		g.ground.FillColor = th.Color(theme.Chosen, v)
	case hovered:
		g.ground.FillColor = th.Color(fynetheme.ColorNameHover, v)
	}
	if ringed {
		g.ring.FillColor, g.ground.CornerRadius = th.Color(theme.Ring, v), radius-2
	}
	g.bar.FillColor, g.bar.CornerRadius, g.bar.Hidden = th.Color(theme.Live, v), 2, !good.Marked
	g.frame.FillColor = th.Color(theme.Trough, v)
	g.none.Hidden, g.picture.Hidden, g.picture.Image = good.Picture != nil, good.Picture == nil, good.Picture
	g.picture.Translucency = 0
	ink, second := fynetheme.ColorNameForeground, theme.Quiet
	if good.Faint {
		ink, g.picture.Translucency = theme.Quiet, 0.55
	}
	for _, one := range []struct {
		text  *Text
		says  string
		color fyne.ThemeColorName
	}{{g.title, good.Title, ink}, {g.line, good.Line, ink}, {g.note, good.Note, good.NoteColor}, {g.badge, good.Badge, good.BadgeColor}} {
		if one.color == "" {
			one.color = second
		}
		one.text.Set(one.says)
		one.text.SetColor(one.color)
		one.text.Hidden = one.says == ""
	}
	kind := Quiet
	if good.Marked {
		kind = Primary
	}
	g.r.button.Set("", good.Action, kind)
	g.r.button.Hidden = good.Action == ""
}

func (g *goodRenderer) Refresh() {
	g.paint()
	g.picture.Refresh()
	g.none.Refresh()
	for _, t := range []*Text{g.title, g.line, g.note, g.badge} {
		t.Refresh()
	}
	g.Layout(g.r.Size())
	canvas.Refresh(g.r)
}

func (g *goodRenderer) Objects() []fyne.CanvasObject { return g.objects }
func (g *goodRenderer) Destroy()                     {}

// lay gives an object its place and size.
func lay(o fyne.CanvasObject, at fyne.Position, size fyne.Size) {
	o.Move(at)
	o.Resize(size)
}
