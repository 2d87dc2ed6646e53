package app

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/studio"
)

// tabbed is a row of tabs and the panel of the one that is chosen. A panel's apply is called while it can be seen, and need not be quick.
type tabbed[P interface{ root() fyne.CanvasObject }] struct {
	w      *Window
	tabs   []*widget.Button
	panels []P
	stack  fyne.CanvasObject // the panels, of which one can be seen
	at     int
	apply  func(*studio.Snapshot) // draws all of it
}

func newTabbed[P interface{ root() fyne.CanvasObject }](w *Window, apply func(*studio.Snapshot), panels ...P) tabbed[P] {
	t := tabbed[P]{w: w, panels: panels, apply: apply}
	var roots []fyne.CanvasObject
	for _, panel := range panels {
		t.tabs, roots = append(t.tabs, w.button("", widget.Quiet, nil)), append(roots, panel.root())
	}
	t.stack = container.NewStack(roots...)
	return t
}

// box is the tabs above what holds the panels.
func (t *tabbed[P]) box(body fyne.CanvasObject) fyne.CanvasObject {
	var row []fyne.CanvasObject
	for i, b := range t.tabs {
		b.OnTap(func() { t.choose(i) })
		row = append(row, b)
	}
	return widget.NewBox(widget.Fill(8, container.NewHScroll(widget.Line(2, row...)), body, nil), theme.Panel, theme.Edge, fyne.NewSize(12, 8))
}

// choose shows a panel.
func (t *tabbed[P]) choose(n int) {
	t.at = n
	for i, panel := range t.panels {
		show(panel.root(), i == n)
	}
	t.apply(t.w.snap)
}

// label names the tabs, with how many things each has.
func (t *tabbed[P]) label(names []string, counts ...int) {
	for i, count := range counts {
		kind, name := widget.Quiet, names[i]
		if i == t.at {
			kind = widget.Plain
		}
		if count > 0 {
			name = fmt.Sprintf(t.w.words.Counted, name, count)
		}
		t.tabs[i].Set(name, "", kind)
	}
}

// indoors shows what needs a room, and says why it cannot be had.
type indoors struct {
	object fyne.CanvasObject
	state  *remark
	nobody fyne.CanvasObject
	body   *fyne.Container
}

// newIndoors has a title and a hint for where there is no server.
func newIndoors(w *Window, title, hint string, inside fyne.CanvasObject) *indoors {
	connect := w.button("", widget.Plain, func() { w.openSettings(serverTab) })
	connect.Set(w.words.ConnectServer, theme.Server, widget.Plain)
	in := &indoors{state: newRemark(), nobody: widget.Stack(8, emptyState(title, hint), connect)}
	in.body = widget.Fill(6, in.state.object, inside, nil)
	in.object = container.NewStack(in.nobody, in.body)
	return in
}

// apply reports whether the inside can be seen; alone is for what needs no room of one's own.
func (in *indoors) apply(r *studio.Room, t *words, alone bool) bool {
	there := alone || r.Phase != studio.NoRoom
	show(in.nobody, !there)
	show(in.body, there)
	sentence := ""
	switch {
	case r.Phase == studio.RoomJoining:
		sentence = t.RoomJoining
	case r.Phase == studio.RoomLost:
		sentence = fmt.Sprintf(t.RoomLost, t.fault(r.Problem.Fault))
	case r.Phase == studio.RoomHere && !r.Moderates && !alone:
		sentence = t.RoomNotStaff
	}
	if in.state.say(sentence) {
		in.body.Refresh()
	}
	return there
}
