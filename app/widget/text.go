// Package widget holds the window's own pieces: text that shortens itself, buttons, rows, cards, meters and the picture. A
// piece keeps its state apart from its renderer, draws in the theme's colours, and repaints only when a setter changed
// something; so a panel may set everything twenty times a second.
//
// Every piece belongs to the toolkit's goroutine, except Picture.Draw, which says so.
package widget

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	fynetheme "fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"vitrine/app/theme"
)

// Style is how text looks. The zero value is ordinary text.
type Style struct {
	Color  fyne.ThemeColorName
	Size   fyne.ThemeSizeName
	Bold   bool
	Mono   bool
	Align  fyne.TextAlign
	Shrink bool // give way to others: the text ends in … where it does not fit
	Struck bool // crossed out
}

// Text is one line of text without padding.
type Text struct {
	fynewidget.BaseWidget
	text  string
	style Style
}

// NewText returns a line of text.
func NewText(text string, s Style) *Text {
	if s.Color == "" {
		s.Color = fynetheme.ColorNameForeground
	}
	if s.Size == "" {
		s.Size = fynetheme.SizeNameText
	}
	t := &Text{text: text, style: s}
	t.ExtendBaseWidget(t)
	return t
}

// Caption is text of second rank that gives way.
func Caption(text string) *Text {
	return NewText(text, Style{Color: theme.Quiet, Size: theme.Small, Shrink: true})
}

// Text is what was set.
func (t *Text) Text() string { return t.text }

// Struck says that the text is crossed out.
func (t *Text) Struck() bool { return t.style.Struck }

// Set changes the text.
func (t *Text) Set(text string) {
	if t.text != text {
		t.text = text
		t.Refresh()
	}
}

// SetColor changes the colour.
func (t *Text) SetColor(c fyne.ThemeColorName) {
	if t.style.Color != c {
		t.style.Color = c
		t.Refresh()
	}
}

// CreateRenderer implements fyne.Widget.
func (t *Text) CreateRenderer() fyne.WidgetRenderer {
	r := &textRenderer{t: t, text: canvas.NewText("", nil), strike: canvas.NewRectangle(nil)}
	r.Refresh()
	return r
}

type textRenderer struct {
	t    *Text
	text *canvas.Text
	size fyne.Size
	// strike lies over the text where it is crossed out.
	strike *canvas.Rectangle
}

func (r *textRenderer) style() fyne.TextStyle {
	return fyne.TextStyle{Bold: r.t.style.Bold, Monospace: r.t.style.Mono}
}

func (r *textRenderer) MinSize() fyne.Size {
	size := r.t.Theme().Size(r.t.style.Size)
	min := fyne.MeasureText(r.t.text, size, r.style())
	if r.t.style.Shrink {
		min.Width = fyne.MeasureText("…", size, r.style()).Width
	}
	return min
}

func (r *textRenderer) Layout(size fyne.Size) {
	r.size = size
	r.text.Text = r.fit(size.Width)
	r.text.Resize(size)
	r.text.Refresh()
	if r.t.style.Struck {
		r.strike.Move(fyne.NewPos(0, middle(size.Height, -1)))
		r.strike.Resize(fyne.NewSize(fyne.MeasureText(r.text.Text, r.text.TextSize, r.text.TextStyle).Width, 1))
	}
}

// fit is the text, shortened by halving until it is no wider than width.
func (r *textRenderer) fit(width float32) string {
	if !r.t.style.Shrink {
		return r.t.text
	}
	size, style := r.t.Theme().Size(r.t.style.Size), r.style()
	if width <= 0 || fyne.MeasureText(r.t.text, size, style).Width <= width {
		return r.t.text
	}
	runes := []rune(r.t.text)
	fits, not := 0, len(runes)
	for not-fits > 1 {
		n := (fits + not) / 2
		if fyne.MeasureText(string(runes[:n])+"…", size, style).Width <= width {
			fits = n
		} else {
			not = n
		}
	}
	return string(runes[:fits]) + "…"
}

func (r *textRenderer) Refresh() {
	th := r.t.Theme()
	r.text.Color = th.Color(r.t.style.Color, variant())
	r.text.TextSize = th.Size(r.t.style.Size)
	r.text.TextStyle = r.style()
	r.text.Alignment = r.t.style.Align
	r.text.Text = r.fit(r.size.Width)
	r.text.Refresh()
	r.strike.FillColor, r.strike.Hidden = r.text.Color, !r.t.style.Struck
	r.strike.Refresh()
}

func (r *textRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.text, r.strike} }
func (r *textRenderer) Destroy()                     {}

// variant is the system's, which a theme in a fixed mode overrules.
func variant() fyne.ThemeVariant { return fyne.CurrentApp().Settings().ThemeVariant() }

// Paragraph is wrapped text.
type Paragraph struct {
	fynewidget.RichText
	segment *fynewidget.TextSegment
}

// NewParagraph returns wrapped text in a colour.
func NewParagraph(text string, c fyne.ThemeColorName) *Paragraph {
	p := &Paragraph{segment: &fynewidget.TextSegment{Text: text, Style: fynewidget.RichTextStyle{ColorName: c, SizeName: fynetheme.SizeNameText}}}
	p.Segments, p.Wrapping, p.Scroll = []fynewidget.RichTextSegment{p.segment}, fyne.TextWrapWord, fyne.ScrollNone
	p.ExtendBaseWidget(p)
	return p
}

// Text is what was set.
func (p *Paragraph) Text() string { return p.segment.Text }

// Set changes the text and its colour.
func (p *Paragraph) Set(text string, c fyne.ThemeColorName) {
	if p.segment.Text != text || p.segment.Style.ColorName != c {
		p.segment.Text, p.segment.Style.ColorName = text, c
		p.Refresh()
	}
}
