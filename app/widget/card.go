package widget

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	fynewidget "fyne.io/fyne/v2/widget"

	"vitrine/app/theme"
)

// Box is content on a ground of its own colour with round corners and, where Edge is set, a border.
type Box struct {
	fynewidget.BaseWidget
	content          fyne.CanvasObject
	fill, edge       fyne.ThemeColorName
	inset            fyne.Size
	radius, edgeWide float32
}

// NewBox returns content on a ground; inset is the room on each side.
func NewBox(content fyne.CanvasObject, fill, edge fyne.ThemeColorName, inset fyne.Size) *Box {
	b := &Box{content: content, fill: fill, edge: edge, inset: inset, radius: theme.Theme{}.Size(theme.Corner), edgeWide: 1}
	b.ExtendBaseWidget(b)
	return b
}

// Square gives the box square corners and returns it.
func (b *Box) Square() *Box {
	b.radius = 0
	return b
}

// SetFill changes the ground.
func (b *Box) SetFill(c fyne.ThemeColorName) {
	if b.fill != c {
		b.fill = c
		b.Refresh()
	}
}

// NewCard returns a panel of the window: a heading, what can be done beside it, and the content below. actions and content
// may be nil.
func NewCard(heading string, actions, content fyne.CanvasObject) *Box {
	title := NewText(heading, Style{Color: theme.Quiet, Size: theme.Small, Bold: true, Shrink: true})
	if actions == nil {
		actions = layout.NewSpacer()
	}
	return newCard(Row(title, actions), content)
}

// NewNotedCard returns a panel with a line beside its heading that has all the room there, and is cut off where that is too little.
func NewNotedCard(heading string, note *Text, content fyne.CanvasObject) *Box {
	title := NewText(heading, Style{Color: theme.Quiet, Size: theme.Small, Bold: true})
	return newCard(container.NewBorder(nil, nil, title, nil, Inset(8, 0, note)), content)
}

func newCard(head, content fyne.CanvasObject) *Box {
	body := head
	if content != nil {
		body = Fill(8, head, content, nil)
	}
	return NewBox(body, theme.Panel, theme.Edge, fyne.NewSize(12, 10))
}

// NewBar returns content on a ground that reaches from side to side.
func NewBar(content fyne.CanvasObject) *Box {
	return NewBox(content, theme.Panel, "", fyne.NewSize(14, 4)).Square()
}

// NewPill returns text on a round ground, such as a state.
func NewPill(text *Text, fill fyne.ThemeColorName) *Box {
	b := NewBox(text, fill, "", fyne.NewSize(9, 3))
	b.radius = 100
	return b
}

// CreateRenderer implements fyne.Widget.
func (b *Box) CreateRenderer() fyne.WidgetRenderer {
	r := &boxRenderer{b: b, ground: newGround()}
	r.objects = append(r.ground.objects(), b.content)
	r.paint()
	return r
}

type boxRenderer struct {
	b       *Box
	ground  *ground
	objects []fyne.CanvasObject
}

func (r *boxRenderer) MinSize() fyne.Size {
	return r.b.content.MinSize().Add(r.b.inset).Add(r.b.inset)
}

func (r *boxRenderer) Layout(s fyne.Size) {
	r.ground.place(fyne.Position{}, s)
	r.b.content.Move(fyne.NewPos(r.b.inset.Width, r.b.inset.Height))
	r.b.content.Resize(s.Subtract(r.b.inset).Subtract(r.b.inset))
}

func (r *boxRenderer) paint() {
	th, v := r.b.Theme(), variant()
	fill, edge := color.Color(color.Transparent), color.Color(color.Transparent)
	if r.b.fill != "" {
		fill = th.Color(r.b.fill, v)
	}
	if r.b.edge != "" {
		edge = th.Color(r.b.edge, v)
	}
	r.ground.paint(fill, edge, min(r.b.radius, r.MinSize().Height/2), r.b.edgeWide)
}

func (r *boxRenderer) Refresh() {
	r.paint()
	canvas.Refresh(r.b)
}

func (r *boxRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *boxRenderer) Destroy()                     {}
