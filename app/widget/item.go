package widget

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	fynetheme "fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"vitrine/app/theme"
)

// Face is what an Item shows.
type Face struct {
	Symbol   theme.Symbol
	Title    string
	Detail   string // below the title; "" makes the item one line high
	Trouble  bool   // the detail is about something wrong
	Selected bool
	Action   theme.Symbol // a small button at the end; "" for none
}

// Item is a line of a list: it is chosen by a click, Enter or Space, and every other key goes to Keys.
type Item struct {
	fynewidget.BaseWidget
	Keyboard
	Chosen  func()
	Second  func(at fyne.Position) // the other mouse button, at a place on the canvas
	Acted   func()
	Focused func()

	face             Face
	hovered, focused bool
	action           *Button
}

var (
	_ fyne.Focusable         = (*Item)(nil)
	_ fyne.SecondaryTappable = (*Item)(nil)
	_ desktop.Hoverable      = (*Item)(nil)
)

// NewItem returns an empty item.
func NewItem() *Item {
	i := &Item{}
	i.action = NewButton("", "", Quiet, func() {
		if i.Acted != nil {
			i.Acted()
		}
	})
	i.action.Keys = func(e *fyne.KeyEvent, down bool) { i.pass(e, down) }
	i.ExtendBaseWidget(i)
	return i
}

// Face is what the item shows.
func (i *Item) Face() Face { return i.face }

// Set changes what the item shows.
func (i *Item) Set(f Face) {
	if i.face != f {
		i.face = f
		i.Refresh()
	}
}

// Tapped implements fyne.Tappable. A click brings the keyboard along.
func (i *Item) Tapped(e *fyne.PointEvent) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(i); e != nil && c != nil {
		c.Focus(i)
	}
	if i.Chosen != nil {
		i.Chosen()
	}
}

// TappedSecondary implements fyne.SecondaryTappable.
func (i *Item) TappedSecondary(e *fyne.PointEvent) {
	if i.Second != nil {
		i.Second(e.AbsolutePosition)
	}
}

// FocusGained implements fyne.Focusable.
func (i *Item) FocusGained() {
	i.focused = true
	if i.Focused != nil {
		i.Focused()
	}
	i.Refresh()
}

// FocusLost implements fyne.Focusable.
func (i *Item) FocusLost() { i.focused = false; i.Refresh() }

// TypedRune implements fyne.Focusable.
func (i *Item) TypedRune(rune) {}

// TypedKey implements fyne.Focusable.
func (i *Item) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		i.Tapped(nil)
	default:
		i.pass(e, true)
	}
}

// MouseIn implements desktop.Hoverable.
func (i *Item) MouseIn(*desktop.MouseEvent) { i.hovered = true; i.Refresh() }

// MouseMoved implements desktop.Hoverable.
func (i *Item) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (i *Item) MouseOut() { i.hovered = false; i.Refresh() }

// CreateRenderer implements fyne.Widget.
func (i *Item) CreateRenderer() fyne.WidgetRenderer {
	r := &itemRenderer{
		i: i, ground: canvas.NewRectangle(color.Transparent), bar: canvas.NewRectangle(color.Transparent),
		icon:  canvas.NewImageFromResource(nil),
		title: NewText("", Style{Shrink: true}), detail: Caption(""),
	}
	r.icon.FillMode = canvas.ImageFillContain
	r.objects = []fyne.CanvasObject{r.ground, r.bar, r.icon, r.title, r.detail, i.action}
	r.paint()
	return r
}

type itemRenderer struct {
	i             *Item
	ground, bar   *canvas.Rectangle
	icon          *canvas.Image
	title, detail *Text
	objects       []fyne.CanvasObject
	drawn         theme.Symbol
	drawnIn       fyne.ThemeColorName
}

func (r *itemRenderer) MinSize() fyne.Size {
	if r.i.face.Detail == "" {
		return fyne.NewSize(80, 36)
	}
	return fyne.NewSize(80, 48)
}

func (r *itemRenderer) Layout(s fyne.Size) {
	const left, gap float32 = 11, 10
	r.ground.Resize(s)
	r.bar.Move(fyne.NewPos(0, 8))
	r.bar.Resize(fyne.NewSize(3, s.Height-16))
	icon := r.i.Theme().Size(fynetheme.SizeNameInlineIcon)
	r.icon.Resize(fyne.NewSquareSize(icon))
	r.icon.Move(fyne.NewPos(left, middle(s.Height, icon)))
	end := s.Width - 8
	if r.i.face.Action != "" {
		a := r.i.action.MinSize()
		r.i.action.Resize(a)
		end -= a.Width - 4
		r.i.action.Move(fyne.NewPos(end, middle(s.Height, a.Height)))
		end -= 4
	}
	x := left + icon + gap
	if r.i.face.Symbol == "" {
		x = left
	}
	w, th := max(0, end-x), r.title.MinSize().Height
	if r.i.face.Detail == "" {
		r.title.Move(fyne.NewPos(x, middle(s.Height, th)))
		r.title.Resize(fyne.NewSize(w, th))
		return
	}
	dh := r.detail.MinSize().Height
	y := middle(s.Height, th+dh+1)
	r.title.Move(fyne.NewPos(x, y))
	r.title.Resize(fyne.NewSize(w, th))
	r.detail.Move(fyne.NewPos(x, y+th+1))
	r.detail.Resize(fyne.NewSize(w, dh))
}

func (r *itemRenderer) paint() {
	th, v, f := r.i.Theme(), variant(), r.i.face
	r.ground.FillColor, r.ground.StrokeWidth = color.Transparent, 0
	switch {
	case f.Selected:
		r.ground.FillColor = th.Color(theme.Chosen, v)
	case r.i.hovered:
		r.ground.FillColor = th.Color(fynetheme.ColorNameHover, v)
	}
	r.ground.CornerRadius = th.Size(fynetheme.SizeNameInputRadius)
	r.ground.StrokeColor = color.Transparent
	if r.i.focused && !r.i.hovered {
		r.ground.StrokeColor, r.ground.StrokeWidth = th.Color(theme.Ring, v), 2
	}
	r.bar.FillColor, r.bar.CornerRadius, r.bar.Hidden = th.Color(theme.Accent, v), 2, !f.Selected
	r.title.Set(f.Title)
	r.detail.Set(f.Detail)
	r.detail.Hidden = f.Detail == ""
	detail, icon := theme.Quiet, theme.Quiet
	if f.Trouble {
		detail = fynetheme.ColorNameWarning
	}
	if f.Selected {
		icon = theme.Accent
	}
	r.detail.SetColor(detail)
	if r.drawn != f.Symbol || r.drawnIn != icon {
		r.drawn, r.drawnIn = f.Symbol, icon
		r.icon.Resource = nil
		if f.Symbol != "" {
			r.icon.Resource = f.Symbol.Resource(icon)
		}
	}
	r.i.action.Set("", f.Action, Quiet)
	r.i.action.Hidden = f.Action == ""
}

func (r *itemRenderer) Refresh() {
	r.paint()
	r.icon.Refresh()
	r.title.Refresh()
	r.detail.Refresh()
	r.Layout(r.i.Size())
	canvas.Refresh(r.i)
}

func (r *itemRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *itemRenderer) Destroy()                     {}
