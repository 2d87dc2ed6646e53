package app

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"vitrine/app/widget"
)

// side is the right column: a row of tabs and the panel of the one that is chosen.
type side struct {
	object fyne.CanvasObject
	tabs   []*widget.Button
	panels []sidePanel
	at     int
	wants  int // the panel that waits for the host, −1 for none
}

// sidePanel is one panel of the column.
type sidePanel struct {
	name   string
	object fyne.CanvasObject
}

func newSide(w *Window, at int, panels ...sidePanel) *side {
	s := &side{panels: panels, wants: -1}
	var tabs, objects []fyne.CanvasObject
	for i, p := range panels {
		b := widget.NewButton(p.name, "", widget.Quiet, func() { s.choose(i) }).Snug()
		b.Keys = w.keys
		s.tabs = append(s.tabs, b)
		tabs, objects = append(tabs, b), append(objects, p.object)
	}
	s.object = widget.Fill(6, widget.Spread(0, tabs...), container.NewStack(objects...), nil)
	s.choose(at)
	return s
}

// choose shows a panel, counted from 0.
func (s *side) choose(n int) {
	s.at = n
	for i, p := range s.panels {
		show(p.object, i == n)
	}
	s.paint()
}

// want marks the tab of a panel that waits for the host, counted from 0; −1 marks none.
func (s *side) want(n int) {
	if s.wants != n {
		s.wants = n
		s.paint()
	}
}

func (s *side) paint() {
	for i, p := range s.panels {
		kind := widget.Quiet
		switch i {
		case s.at:
			kind = widget.Plain
		case s.wants:
			kind = widget.Warn
		}
		s.tabs[i].Set(p.name, "", kind)
	}
}

// scrolled is a panel's content, which may be higher than the window.
func scrolled(content fyne.CanvasObject) *container.Scroll {
	return container.NewVScroll(container.New(layout.NewCustomPaddedLayout(0, 0, 0, scrollRoom), content))
}
