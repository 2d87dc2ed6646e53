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

// Kind is a button's rank.
type Kind int

// Ranks of buttons.
const (
	Plain   Kind = iota // on its own ground
	Primary             // what this place is for
	Quiet               // no ground until the pointer is over it
	Warn                // on: something the host should not overlook, such as a muted microphone
)

// Button is a text, a symbol or both that does something. It takes Space and Enter when focused.
type Button struct {
	fynewidget.DisableableWidget
	Keyboard

	text   string
	symbol theme.Symbol
	kind   Kind
	tapped func()
	tall   bool
	slim   bool
	snug   bool
	low    bool
	hold   func(on bool)
	said   string

	hovered, focused, pressed bool
}

var (
	_ fyne.Focusable     = (*Button)(nil)
	_ desktop.Hoverable  = (*Button)(nil)
	_ desktop.Mouseable  = (*Button)(nil)
	_ desktop.Cursorable = (*Button)(nil)
)

// NewButton returns a button; text or symbol may be empty.
func NewButton(text string, s theme.Symbol, k Kind, tapped func()) *Button {
	b := &Button{text: text, symbol: s, kind: k, tapped: tapped}
	b.ExtendBaseWidget(b)
	return b
}

// Tall makes the button higher, for the one that matters most, and returns it.
func (b *Button) Tall() *Button {
	b.tall = true
	return b
}

// Slim makes the button narrow and its text small, for a row of many, and returns it.
func (b *Button) Slim() *Button {
	b.slim = true
	return b
}

// Snug makes the button Slim with hardly any room beside its text, for tabs that share a narrow column, and returns it.
func (b *Button) Snug() *Button {
	b.snug = true
	return b.Slim()
}

// Low makes a slim button hardly higher than its text, for a strip of them, and returns it.
func (b *Button) Low() *Button {
	b.slim, b.low = true, true
	return b
}

// Explain says what the button does, for who rests the pointer on it, and returns it. A button with a drawing alone is explained by that
// where nothing else is said.
func (b *Button) Explain(text string) *Button {
	b.said = text
	return b
}

// OnTap changes what the button does.
func (b *Button) OnTap(tapped func()) { b.tapped = tapped }

// OnHold has hold called with true while the button is pressed and with false when it is let go. From the keyboard a press
// turns it on and the next one off.
func (b *Button) OnHold(hold func(on bool)) { b.hold = hold }

func (b *Button) press(on bool) {
	if b.pressed == on {
		return
	}
	b.pressed = on
	if b.hold != nil && !b.Disabled() {
		b.hold(on)
	}
	b.Refresh()
}

// Text is the button's text.
func (b *Button) Text() string { return b.text }

// Symbol is the button's drawing, "" for none.
func (b *Button) Symbol() theme.Symbol { return b.symbol }

// Set changes text, symbol and rank.
func (b *Button) Set(text string, s theme.Symbol, k Kind) {
	if b.text != text || b.symbol != s || b.kind != k {
		b.text, b.symbol, b.kind = text, s, k
		b.Refresh()
	}
}

// SetEnabled enables or disables the button.
func (b *Button) SetEnabled(on bool) {
	switch {
	case on && b.Disabled():
		b.Enable()
	case !on && !b.Disabled():
		b.pressed, b.hovered = false, false
		b.Disable()
	}
}

// Tapped implements fyne.Tappable.
func (b *Button) Tapped(*fyne.PointEvent) {
	if !b.Disabled() && b.tapped != nil {
		b.tapped()
	}
}

// FocusGained implements fyne.Focusable. The ring is for the keyboard: a button under the pointer does without.
func (b *Button) FocusGained() { b.focused = !b.hovered; b.Refresh() }

// FocusLost implements fyne.Focusable.
func (b *Button) FocusLost() { b.focused = false; b.Refresh() }

// TypedRune implements fyne.Focusable.
func (b *Button) TypedRune(rune) {}

// TypedKey implements fyne.Focusable.
func (b *Button) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		if b.hold != nil {
			b.press(!b.pressed)
		}
		b.Tapped(nil)
	default:
		b.pass(e, true)
	}
}

// MouseIn implements desktop.Hoverable.
func (b *Button) MouseIn(*desktop.MouseEvent) {
	b.hovered = true
	if t := tipsOver(b); t != nil {
		t.over(b)
	}
	b.Refresh()
}

// MouseMoved implements desktop.Hoverable.
func (b *Button) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (b *Button) MouseOut() {
	b.hovered = false
	if t := tipsOver(b); t != nil {
		t.off(b)
	}
	b.press(false)
	b.Refresh()
}

// MouseDown implements desktop.Mouseable.
func (b *Button) MouseDown(*desktop.MouseEvent) {
	if t := tipsOver(b); t != nil {
		t.off(b)
	}
	b.press(true)
}

// MouseUp implements desktop.Mouseable.
func (b *Button) MouseUp(*desktop.MouseEvent) { b.press(false) }

// Cursor implements desktop.Cursorable.
func (b *Button) Cursor() desktop.Cursor {
	if b.Disabled() {
		return desktop.DefaultCursor
	}
	return desktop.PointerCursor
}

// CreateRenderer implements fyne.Widget.
func (b *Button) CreateRenderer() fyne.WidgetRenderer {
	r := &buttonRenderer{
		b: b, ground: canvas.NewRectangle(color.Transparent), over: canvas.NewRectangle(color.Transparent),
		icon: canvas.NewImageFromResource(nil), text: canvas.NewText("", nil),
	}
	r.icon.FillMode = canvas.ImageFillContain
	r.objects = []fyne.CanvasObject{r.ground, r.over, r.icon, r.text}
	r.Refresh()
	return r
}

type buttonRenderer struct {
	b            *Button
	ground, over *canvas.Rectangle
	icon         *canvas.Image
	text         *canvas.Text
	objects      []fyne.CanvasObject
	drawn        theme.Symbol
	drawnIn      fyne.ThemeColorName
}

const (
	buttonGap = 7  // between symbol and text
	lowHigh   = 23 // of a low button
)

func (r *buttonRenderer) padding() float32 {
	switch {
	case r.b.snug:
		return 3
	case r.b.text == "" || r.b.slim:
		return 7
	}
	return 12
}

func (r *buttonRenderer) iconSize() float32 {
	if r.b.symbol == "" {
		return 0
	}
	return r.b.Theme().Size(fynetheme.SizeNameInlineIcon)
}

func (r *buttonRenderer) content() float32 {
	w := r.iconSize()
	if r.b.text != "" {
		if w > 0 {
			w += buttonGap
		}
		w += fyne.MeasureText(r.b.text, r.text.TextSize, r.text.TextStyle).Width
	}
	return w
}

func (r *buttonRenderer) MinSize() fyne.Size {
	h := r.b.Theme().Size(theme.Line)
	switch {
	case r.b.tall:
		h += 10
	case r.b.low:
		h = lowHigh
	}
	return fyne.NewSize(max(r.content()+2*r.padding(), h-2), h)
}

func (r *buttonRenderer) Layout(s fyne.Size) {
	r.ground.Resize(s)
	r.over.Resize(s)
	x := (s.Width - r.content()) / 2
	if i := r.iconSize(); i > 0 {
		r.icon.Resize(fyne.NewSquareSize(i))
		r.icon.Move(fyne.NewPos(x, middle(s.Height, i)))
		x += i + buttonGap
	}
	t := fyne.MeasureText(r.b.text, r.text.TextSize, r.text.TextStyle)
	r.text.Resize(t)
	r.text.Move(fyne.NewPos(x, middle(s.Height, t.Height)))
}

// colors are the ground's and the text's for the button's rank and state.
func (b *Button) colors() (ground, text fyne.ThemeColorName) {
	switch {
	case b.Disabled() && b.kind == Quiet:
		return "", fynetheme.ColorNameDisabled
	case b.Disabled():
		return fynetheme.ColorNameDisabledButton, fynetheme.ColorNameDisabled
	case b.kind == Primary || b.kind == Warn:
		return fynetheme.ColorNamePrimary, fynetheme.ColorNameForegroundOnPrimary
	case b.kind == Quiet:
		return "", theme.Quiet
	}
	return fynetheme.ColorNameButton, fynetheme.ColorNameForeground
}

func (r *buttonRenderer) Refresh() {
	th, v := r.b.Theme(), variant()
	ground, text := r.b.colors()
	r.ground.FillColor = color.Transparent
	if ground != "" {
		r.ground.FillColor = th.Color(ground, v)
	}
	radius := th.Size(fynetheme.SizeNameInputRadius)
	r.ground.CornerRadius, r.over.CornerRadius = radius, radius
	r.over.FillColor, r.over.StrokeColor, r.over.StrokeWidth = color.Transparent, color.Transparent, 0
	switch {
	case r.b.Disabled():
	case r.b.pressed:
		r.over.FillColor = th.Color(fynetheme.ColorNamePressed, v)
	case r.b.hovered:
		r.over.FillColor = th.Color(fynetheme.ColorNameHover, v)
	}
	if r.b.focused {
		r.over.StrokeColor, r.over.StrokeWidth = th.Color(theme.Ring, v), 2
	}
	r.text.Text, r.text.Color = r.b.text, th.Color(text, v)
	r.text.TextSize, r.text.TextStyle = th.Size(fynetheme.SizeNameText), fyne.TextStyle{Bold: r.b.kind != Quiet}
	switch {
	case r.b.tall:
		r.text.TextSize = th.Size(fynetheme.SizeNameSubHeadingText)
	case r.b.slim:
		r.text.TextSize = th.Size(theme.Small)
	}
	r.icon.Hidden = r.b.symbol == ""
	if r.drawn != r.b.symbol || r.drawnIn != text {
		r.drawn, r.drawnIn = r.b.symbol, text
		r.icon.Resource = nil
		if r.b.symbol != "" {
			r.icon.Resource = r.b.symbol.Resource(text)
		}
	}
	r.icon.Refresh()
	r.Layout(r.b.Size())
	canvas.Refresh(r.b)
}

func (r *buttonRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *buttonRenderer) Destroy()                     {}
