package widget

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	fynetheme "fyne.io/fyne/v2/theme"

	"vitrine/app/theme"
)

// Sheet is a dialog over the window: a heading, content, and buttons at its foot. While it is open nothing behind it can be
// reached. Escape closes it.
type Sheet struct {
	over   *fyne.Container
	box    *Box
	canvas fyne.Canvas
	closed func()
	open   bool
}

// SheetSpec is what a sheet holds.
type SheetSpec struct {
	Heading string
	Content fyne.CanvasObject
	// Foot are the buttons, from left to right.
	Foot []fyne.CanvasObject
	// Note stands at the foot's left; nil for none.
	Note fyne.CanvasObject
	// Size is the content's least size.
	Size fyne.Size
	// Focus is what has the keyboard first; nil for nothing.
	Focus fyne.Focusable
	// Closed is called once, however the sheet was closed.
	Closed func()
}

// NewSheet opens a sheet on a canvas.
func NewSheet(c fyne.Canvas, spec SheetSpec) *Sheet {
	s := &Sheet{canvas: c, closed: spec.Closed, open: true}
	foot := make([]fyne.CanvasObject, 0, len(spec.Foot)+2)
	if spec.Note != nil {
		foot = append(foot, spec.Note)
	}
	foot = append(foot, layout.NewSpacer())
	foot = append(foot, spec.Foot...)
	heading := NewText(spec.Heading, Style{Size: theme.Title, Bold: true})
	body := Fill(16, heading, Sized(spec.Size, spec.Content), Line(8, foot...))
	s.box = NewBox(body, fynetheme.ColorNameOverlayBackground, theme.Edge, fyne.NewSize(24, 20))
	scrim := NewBox(layout.NewSpacer(), fynetheme.ColorNameShadow, "", fyne.Size{}).Square()
	s.over = container.NewStack(scrim, container.NewCenter(s.box))
	c.Overlays().Add(s.over)
	s.over.Resize(c.Size())
	if spec.Focus != nil {
		c.Focus(spec.Focus)
	}
	return s
}

// Open reports whether the sheet is still there.
func (s *Sheet) Open() bool { return s.open }

// Fit lays the sheet out again when its content needs another size.
func (s *Sheet) Fit() { s.over.Refresh() }

// Close closes the sheet; the keyboard goes back to what had it.
func (s *Sheet) Close() {
	if !s.open {
		return
	}
	s.open = false
	s.canvas.Overlays().Remove(s.over)
	if s.closed != nil {
		s.closed()
	}
}

// Keys closes the sheet on Escape; give it to the pieces within.
func (s *Sheet) Keys(e *fyne.KeyEvent, down bool) {
	if down && e.Name == fyne.KeyEscape {
		s.Close()
	}
}
