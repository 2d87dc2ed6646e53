package widget

import (
	"fyne.io/fyne/v2"
	fynetheme "fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"vitrine/app/theme"
)

// RowFace is what a row of Rows shows, on two lines: number, text and amount, below them a state in its colour and what else is known.
type RowFace struct {
	Lead, Title, Value string
	State              string
	Color              fyne.ThemeColorName
	Note               string
}

// Rows is a long list of records that are opened by a click, Enter or Space; Up and Down go through it. Only the rows in sight are made.
type Rows struct {
	fynewidget.List
	Keyboard
	faces []RowFace
}

// NewRows returns an empty list; chosen is called with a row's place.
func NewRows(chosen func(i int)) *Rows {
	r := &Rows{}
	r.HideSeparators = true
	r.Length = func() int { return len(r.faces) }
	r.CreateItem = func() fyne.CanvasObject { return newRow() }
	r.UpdateItem = func(i fynewidget.ListItemID, o fyne.CanvasObject) {
		if i < len(r.faces) {
			o.(*row).set(r.faces[i])
		}
	}
	r.OnSelected = func(i fynewidget.ListItemID) {
		r.Unselect(i)
		chosen(i)
	}
	r.ExtendBaseWidget(r)
	return r
}

// Faces are what was set; nobody changes them.
func (r *Rows) Faces() []RowFace { return r.faces }

// Set shows rows, which nobody changes any more.
func (r *Rows) Set(faces []RowFace) {
	r.faces = faces
	r.Refresh()
}

// MinSize implements fyne.CanvasObject: the list takes what there is.
func (r *Rows) MinSize() fyne.Size { return fyne.NewSize(80, 60) }

// TypedKey implements fyne.Focusable.
func (r *Rows) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyUp, fyne.KeyDown, fyne.KeySpace:
		r.List.TypedKey(e)
	case fyne.KeyReturn, fyne.KeyEnter:
		r.List.TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
	default:
		r.pass(e, true)
	}
}

// row is one of them.
type row struct {
	fynewidget.BaseWidget
	lead, title, value, state, note *Text
}

func newRow() *row {
	r := &row{
		lead:  NewText("", Style{Color: theme.Quiet, Bold: true}),
		title: NewText("", Style{Shrink: true}),
		value: NewText("", Style{Bold: true}),
		state: NewText("", Style{Size: theme.Small, Bold: true}),
		note:  NewText("", Style{Color: theme.Quiet, Size: theme.Small, Shrink: true, Align: fyne.TextAlignTrailing}),
	}
	r.ExtendBaseWidget(r)
	return r
}

func (r *row) set(f RowFace) {
	r.lead.Set(f.Lead)
	r.title.Set(f.Title)
	r.value.Set(f.Value)
	r.state.Set(f.State)
	if f.Color == "" {
		f.Color = fynetheme.ColorNameForeground
	}
	r.state.SetColor(f.Color)
	r.note.Set(f.Note)
	r.Refresh()
}

// CreateRenderer implements fyne.Widget.
func (r *row) CreateRenderer() fyne.WidgetRenderer {
	return &rowRenderer{r, []fyne.CanvasObject{r.lead, r.title, r.value, r.state, r.note}}
}

type rowRenderer struct {
	r       *row
	objects []fyne.CanvasObject
}

// rowHigh is a row's height, rowLead the room for its number, in pixels.
const (
	rowHigh = 44
	rowLead = 34
)

func (r *rowRenderer) MinSize() fyne.Size { return fyne.NewSize(80, rowHigh) }

func (r *rowRenderer) Layout(s fyne.Size) {
	const edge, gap = 8, 6 // the scroll bar lies over the edge
	put := func(t *Text, x, y, width float32) {
		t.Move(fyne.NewPos(x, y))
		t.Resize(fyne.NewSize(max(0, width), t.MinSize().Height))
	}
	high := r.r.title.MinSize().Height
	top := middle(s.Height, high+r.r.state.MinSize().Height+1)
	lead := max(rowLead, r.r.lead.MinSize().Width+gap)
	value := r.r.value.MinSize().Width
	put(r.r.lead, edge, top, lead)
	put(r.r.title, edge+lead, top, s.Width-2*edge-lead-value-gap)
	put(r.r.value, s.Width-edge-value, top, value)
	state := r.r.state.MinSize().Width
	put(r.r.state, edge+lead, top+high+1, state)
	x := edge + lead + state + gap
	put(r.r.note, x, top+high+1, s.Width-edge-x)
}

func (r *rowRenderer) Refresh()                     { r.Layout(r.r.Size()) }
func (r *rowRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *rowRenderer) Destroy()                     {}
