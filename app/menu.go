package app

import (
	"fyne.io/fyne/v2"
	fynewidget "fyne.io/fyne/v2/widget"

	"vitrine/capture/frame"
	"vitrine/studio"
)

// menu is the menu bar: every command of the window, with its key.
type menu struct {
	w     *Window
	bar   *fyne.MainMenu
	live  *fyne.MenuItem
	check *fyne.MenuItem
	undo  *fyne.MenuItem
	mute  *fyne.MenuItem
	seen  menuState
}

// menuState is what the menu's texts depend on.
type menuState struct {
	phase studio.AirPhase
	muted bool
	undo  studio.Change
}

func newMenu(w *Window) *menu {
	m := &menu{w: w}
	t := w.words
	m.live = item(t.GoLive, keyLive, w.goLive)
	m.check = item(t.CheckNetworkMenu, keyCheck, w.checkNetwork)
	quit := item(t.Quit, nil, w.requestClose)
	quit.IsQuit = true
	m.undo = item(t.Undo, keyUndo, w.undoTyped)
	m.mute = item(t.Mute, keyMute, w.toggleMute)
	add := fyne.NewMenuItem(t.AddSourceMenu, func() { w.showAddMenu(nil) })
	m.bar = fyne.NewMainMenu(
		fyne.NewMenu(t.MenuStudio, m.live, m.check, fyne.NewMenuItemSeparator(), m.undo, fyne.NewMenuItemSeparator(),
			item(t.Settings, keySettings, func() { w.openSettings(serverTab) }),
			fyne.NewMenuItemSeparator(), quit),
		fyne.NewMenu(t.MenuSources, append([]*fyne.MenuItem{add, fyne.NewMenuItemSeparator()}, m.sourceItems()...)...),
		fyne.NewMenu(t.MenuSound, m.mute, fyne.NewMenuItem(t.TestSpeakerMenu, w.testSpeaker)),
		fyne.NewMenu(t.MenuRoom, item(t.SayHint, keySay, w.sayToRoom), item(t.TabQueue, keyQueue, func() { w.openRoom(queueTab) }),
			fyne.NewMenuItem(t.Announce, w.announce), fyne.NewMenuItem(t.RulesMenu, w.openRules), fyne.NewMenuItemSeparator(), item(t.BigType, keyBig, w.toggleBig)),
		fyne.NewMenu(t.MenuHelp, fyne.NewMenuItem(t.GuideMenu, w.Guide), item(t.ShortcutsMenu, keyHelp, w.showShortcuts)),
	)
	w.win.SetMainMenu(m.bar)
	return m
}

// sourceItems are the commands about one source.
func (m *menu) sourceItems() []*fyne.MenuItem {
	t, w := m.w.words, m.w
	return []*fyne.MenuItem{
		item(t.Rename, keyRename, w.renameSource),
		item(t.MoveUp, keyMoveUp, func() { w.moveSource(-1) }),
		item(t.MoveDown, keyMoveDown, func() { w.moveSource(+1) }),
		item(t.Remove, keyRemove, w.removeSource),
	}
}

func item(label string, key fyne.Shortcut, do func()) *fyne.MenuItem {
	i := fyne.NewMenuItem(label, do)
	i.Shortcut = key
	return i
}

func (m *menu) apply(s *studio.Snapshot) {
	now := menuState{phase: s.Air.Phase, muted: s.Settings.Microphone.Muted, undo: s.Undo}
	if now == m.seen && m.live.Label != "" {
		return
	}
	m.seen = now
	t := m.w.words
	m.live.Label = t.GoLive
	switch now.phase {
	case studio.OnAir:
		m.live.Label = t.End
	case studio.Starting:
		m.live.Label = t.CancelStart
	}
	m.live.Disabled, m.check.Disabled = now.phase == studio.Ending, now.phase != studio.OffAir
	m.mute.Label = t.Mute
	if now.muted {
		m.mute.Label = t.Unmute
	}
	m.undo.Label, m.undo.Disabled = t.undo(now.undo), now.undo.Kind == ""
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
