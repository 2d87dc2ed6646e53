package app

import (
	"fyne.io/fyne/v2"
	fynewidget "fyne.io/fyne/v2/widget"

	"vitrine/capture/frame"
	"vitrine/studio"
)

// menu is the menu bar: every action of the window, with its key.
type menu struct {
	w     *Window
	bar   *fyne.MainMenu
	items map[string]*fyne.MenuItem // by the action's id
	seen  menuState
	shown bool
}

// menuState is what the menu's texts depend on.
type menuState struct {
	phase studio.AirPhase
	muted bool
	undo  studio.Change
}

func newMenu(w *Window) *menu {
	m := &menu{w: w, items: map[string]*fyne.MenuItem{}}
	var bar []*fyne.Menu
	for _, g := range w.groups {
		bar = append(bar, m.menu(g))
	}
	m.items[actQuit].IsQuit = true
	m.bar = fyne.NewMainMenu(bar...)
	w.win.SetMainMenu(m.bar)
	return m
}

// menu is one of the bar.
func (m *menu) menu(g actions) *fyne.Menu {
	menu := fyne.NewMenu(g.name)
	unders := map[string]*fyne.Menu{}
	for _, a := range g.list {
		if a.button != nil {
			continue
		}
		into := menu
		if a.apart {
			into.Items = append(into.Items, fyne.NewMenuItemSeparator())
		}
		if a.under != "" && unders[a.under] == nil {
			unders[a.under] = fyne.NewMenu(a.under)
			folder := fyne.NewMenuItem(a.under, nil)
			folder.ChildMenu = unders[a.under]
			into.Items = append(into.Items, folder)
		}
		if a.under != "" {
			into = unders[a.under]
		}
		label := a.label
		if label == "" {
			label = a.name
		}
		m.items[a.id] = item(label, m.w.menuKey(a.id), func() { m.w.act(a.id) })
		into.Items = append(into.Items, m.items[a.id])
	}
	return menu
}

// sourceItems are the commands about one source, for a menu of its own.
func (m *menu) sourceItems() (items []*fyne.MenuItem) {
	for _, id := range []string{actRename, actMoveUp, actMoveDown, actRemove} {
		one := *m.items[id]
		items = append(items, &one)
	}
	return items
}

// keys shows the keys as they are now.
func (m *menu) keys() {
	for id, i := range m.items {
		i.Shortcut = m.w.menuKey(id)
	}
	m.bar.Refresh()
}

func item(label string, key fyne.Shortcut, do func()) *fyne.MenuItem {
	i := fyne.NewMenuItem(label, do)
	i.Shortcut = key
	return i
}

func (m *menu) apply(s *studio.Snapshot) {
	now := menuState{phase: s.Air.Phase, muted: s.Settings.Microphone.Muted, undo: s.Undo}
	if now == m.seen && m.shown {
		return
	}
	m.seen, m.shown = now, true
	t := m.w.words
	live, mute, undo := m.items[actLive], m.items[actMute], m.items[actUndo]
	live.Label = t.GoLive
	switch now.phase {
	case studio.OnAir:
		live.Label = t.End
	case studio.Starting:
		live.Label = t.CancelStart
	}
	live.Disabled, m.items[actCheck].Disabled = now.phase == studio.Ending, now.phase != studio.OffAir
	mute.Label = t.Mute
	if now.muted {
		mute.Label = t.Unmute
	}
	undo.Label, undo.Disabled = t.undo(now.undo), now.undo.Kind == ""
	m.bar.Refresh()
}

// showAddMenu offers what can be added, below an object, or in the middle of the window.
func (w *Window) showAddMenu(below fyne.CanvasObject) {
	if w.sheet != nil {
		return
	}
	c := w.win.Canvas()
	pop := fynewidget.NewPopUpMenu(fyne.NewMenu("", w.addItems()...), c)
	if below == nil {
		size := c.Size().Subtract(pop.MinSize())
		pop.ShowAtPosition(fyne.NewPos(size.Width/2, size.Height/3))
		return
	}
	pop.ShowAtRelativePosition(fyne.NewPos(0, below.Size().Height+4), below)
}

func (w *Window) addItems() []*fyne.MenuItem {
	t := w.words
	return []*fyne.MenuItem{
		w.deviceItem(t.KindCamera, t.NoCamera, frame.Camera),
		w.deviceItem(t.KindScreen, t.NoScreen, frame.Screen),
		w.deviceItem(t.KindWindow, t.NoWindow, frame.Window),
		fyne.NewMenuItem(t.MenuRegion, w.addRegion),
		fyne.NewMenuItemSeparator(),
		fyne.NewMenuItem(t.MenuFile, w.addFile),
		fyne.NewMenuItem(t.MenuStream, w.addStream),
		w.syntheticItem(),
	}
}

func (w *Window) syntheticItem() *fyne.MenuItem {
	name := w.words.KindSynthetic
	return fyne.NewMenuItem(name, func() { w.addSource(name, frame.Input{Kind: frame.Synthetic}) })
}

// deviceItem offers the machine's devices of a kind.
func (w *Window) deviceItem(label, none string, kind frame.Kind) *fyne.MenuItem {
	i := fyne.NewMenuItem(label, nil)
	var children []*fyne.MenuItem
	for _, d := range w.snap.Devices {
		if d.Kind == kind {
			children = append(children, fyne.NewMenuItem(d.Name, func() {
				w.addSource(d.Name, frame.Input{Kind: kind, Device: d.ID})
			}))
		}
	}
	if len(children) == 0 {
		empty := fyne.NewMenuItem(none, nil)
		empty.Disabled = true
		children = []*fyne.MenuItem{empty}
	}
	i.ChildMenu = fyne.NewMenu("", children...)
	return i
}
