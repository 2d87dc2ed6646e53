package widget

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	fynewidget "fyne.io/fyne/v2/widget"

	"vitrine/app/theme"
)

// Pad places somebody in the room: across from −100 (left) to 100 (right), and away from 0 (near, at the foot) to 100 (far, at the top). It is
// dragged, clicked, or moved by the arrow keys.
type Pad struct {
	fynewidget.BaseWidget
	Keyboard
	// Placed is called when the host has placed it: at the end of a drag, and for every click and key.
	Placed func(across, away int)

	across, away     int
	focused, dragged bool
}

var (
	_ fyne.Draggable     = (*Pad)(nil)
	_ fyne.Tappable      = (*Pad)(nil)
	_ fyne.Focusable     = (*Pad)(nil)
	_ desktop.Cursorable = (*Pad)(nil)
)

const (
	padDot  = 14 // across the dot, in pixels
	padStep = 10 // of an arrow key
)

// NewPad returns a pad with the dot in the middle and near.
func NewPad(placed func(across, away int)) *Pad {
	p := &Pad{Placed: placed}
	p.ExtendBaseWidget(p)
	return p
}

// Set moves the dot, unless the host drags it.
func (p *Pad) Set(across, away int) {
	if !p.dragged {
		p.move(across, away)
	}
}

// Place is where the dot is.
func (p *Pad) Place() (across, away int) { return p.across, p.away }

func (p *Pad) move(across, away int) {
	across, away = min(max(across, -100), 100), min(max(away, 0), 100)
	if p.across != across || p.away != away {
		p.across, p.away = across, away
		p.Refresh()
	}
}

// at moves the dot to a place on the pad.
func (p *Pad) at(pos fyne.Position) {
	s := p.Size()
	w, h := max(1, s.Width-padDot), max(1, s.Height-padDot)
	p.move(int((pos.X-padDot/2)/w*200)-100, 100-int((pos.Y-padDot/2)/h*100))
}

func (p *Pad) tell() {
	if p.Placed != nil {
		p.Placed(p.across, p.away)
	}
}

// Tapped implements fyne.Tappable.
func (p *Pad) Tapped(e *fyne.PointEvent) {
	p.at(e.Position)
	p.tell()
}

// Dragged implements fyne.Draggable.
func (p *Pad) Dragged(e *fyne.DragEvent) {
	p.dragged = true
	p.at(e.Position)
}

// DragEnd implements fyne.Draggable.
func (p *Pad) DragEnd() {
	p.dragged = false
	p.tell()
}

// Cursor implements desktop.Cursorable.
func (p *Pad) Cursor() desktop.Cursor { return desktop.PointerCursor }

// FocusGained implements fyne.Focusable.
func (p *Pad) FocusGained() { p.focused = true; p.Refresh() }

// FocusLost implements fyne.Focusable.
func (p *Pad) FocusLost() { p.focused = false; p.Refresh() }

// TypedRune implements fyne.Focusable.
func (p *Pad) TypedRune(rune) {}

// TypedKey implements fyne.Focusable.
func (p *Pad) TypedKey(e *fyne.KeyEvent) {
	step, ok := map[fyne.KeyName][2]int{
		fyne.KeyLeft: {-padStep, 0}, fyne.KeyRight: {padStep, 0}, fyne.KeyUp: {0, padStep}, fyne.KeyDown: {0, -padStep},
	}[e.Name]
	if !ok {
		p.pass(e, true)
		return
	}
	p.move(p.across+step[0], p.away+step[1])
	p.tell()
}

// CreateRenderer implements fyne.Widget.
func (p *Pad) CreateRenderer() fyne.WidgetRenderer {
	r := &padRenderer{p: p, ground: canvas.NewRectangle(color.Transparent), dot: canvas.NewCircle(color.Transparent), ear: canvas.NewCircle(color.Transparent)}
	r.ground.CornerRadius = 8
	for i := range r.lines {
		r.lines[i] = canvas.NewRectangle(color.Transparent)
	}
	r.paint()
	return r
}

type padRenderer struct {
	p        *Pad
	ground   *canvas.Rectangle
	lines    [3]*canvas.Rectangle // the middle, and two distances
	ear, dot *canvas.Circle       // who listens, at the foot, and who is heard
}

func (r *padRenderer) MinSize() fyne.Size { return fyne.NewSize(112, 84) }

func (r *padRenderer) Layout(s fyne.Size) {
	lay(r.ground, fyne.Position{}, s)
	lay(r.lines[0], fyne.NewPos(middle(s.Width, 1), 6), fyne.NewSize(1, s.Height-12))
	for i, o := range r.lines[1:] {
		lay(o, fyne.NewPos(6, s.Height*float32(i+1)/3), fyne.NewSize(s.Width-12, 1))
	}
	lay(r.ear, fyne.NewPos(middle(s.Width, 6), s.Height-8), fyne.NewSquareSize(6))
	x := float32(r.p.across+100) / 200 * (s.Width - padDot)
	y := float32(100-r.p.away) / 100 * (s.Height - padDot)
	lay(r.dot, fyne.NewPos(x, y), fyne.NewSquareSize(padDot))
}

func (r *padRenderer) paint() {
	th, v := r.p.Theme(), variant()
	r.ground.FillColor, r.ground.StrokeColor, r.ground.StrokeWidth = th.Color(theme.Trough, v), th.Color(theme.Edge, v), 1
	if r.p.focused {
		r.ground.StrokeColor, r.ground.StrokeWidth = th.Color(theme.Ring, v), 2
	}
	faint := th.Color(theme.Quiet, v)
	if c, ok := faint.(color.NRGBA); ok {
		c.A = 50
		faint = c
	}
	for _, o := range r.lines {
		o.FillColor = faint
	}
	r.ear.FillColor, r.dot.FillColor = th.Color(theme.Quiet, v), th.Color(theme.Accent, v)
}

func (r *padRenderer) Refresh() {
	r.paint()
	r.Layout(r.p.Size())
	canvas.Refresh(r.p)
}

func (r *padRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.ground, r.lines[0], r.lines[1], r.lines[2], r.ear, r.dot}
}
func (r *padRenderer) Destroy() {}
