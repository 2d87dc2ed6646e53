package app

import (
	"context"
	"maps"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"vitrine/studio"
)

// bindKeys has the window listen to the keyboard.
func (w *Window) bindKeys() {
	c := w.win.Canvas()
	c.SetOnTypedKey(func(e *fyne.KeyEvent) { w.keys(e, true) })
	c.SetOnTypedRune(func(r rune) {
		if r == '?' {
			w.showShortcuts()
		}
	})
	if d, ok := c.(desktop.Canvas); ok {
		d.SetOnKeyUp(func(e *fyne.KeyEvent) { w.keys(e, false) })
	}
	w.app.Lifecycle().SetOnExitedForeground(func() { w.compare(false) })
	w.bindChords()
}

// bindChords has the window listen to the keys with modifiers, as they are now. A line to type in keeps its keyboard from the window; the menu,
// which has those with Ctrl, comes before both.
func (w *Window) bindChords() {
	c := w.win.Canvas()
	for _, s := range w.bound {
		c.RemoveShortcut(s)
	}
	w.bound = nil
	for k, id := range w.hot.names {
		if k.mod != 0 {
			w.bound = append(w.bound, k.shortcut())
			c.AddShortcut(k.shortcut(), func(fyne.Shortcut) { w.act(id) })
		}
	}
}

// act does an action at its key or in the menu. While a new key is awaited, its key is that key.
func (w *Window) act(id string) {
	if w.awaits != nil {
		w.awaits(w.hot.chords[id])
		return
	}
	if a, ok := w.action(id); ok && a.do != nil {
		a.do()
	}
}

// keys does what a key without a modifier means when nothing else wants it.
func (w *Window) keys(e *fyne.KeyEvent, down bool) {
	again := w.repeats(e.Name, down)
	a, ok := w.action(w.hot.names[plainKey(e.Name)])
	if !down && ok && a.hold != nil {
		a.hold(false)
	}
	if w.sheet != nil {
		w.sheet.Keys(e, down)
		return
	}
	switch {
	case !down || w.side.at == roomSide && w.room.typed(e):
	case e.Name == fyne.KeySlash && shifted():
		w.showShortcuts()
	case !ok || a.here != nil && !a.here():
	case a.hold != nil:
		a.hold(true)
	case !again:
		a.do()
	}
}

// repeatWithin is the longest time after which a key that is held is told of again: keyboards wait for half a second, some for one.
const repeatWithin = 1200 * time.Millisecond

// repeats says whether a key that is told of was never let go since it was told of last: a key that is held must not switch the
// microphone on and off. That it was let go may have been told to another window, so it does not count for long.
func (w *Window) repeats(k fyne.KeyName, down bool) bool {
	if !down {
		w.held = ""
		return false
	}
	now := w.now()
	again := w.held == k && now.Sub(w.heldAt) < repeatWithin
	w.held, w.heldAt = k, now
	return again
}

// shifted says whether Shift is held: the toolkit does not tell with a key.
func shifted() bool {
	d, ok := fyne.CurrentApp().Driver().(desktop.Driver)
	return ok && d.CurrentKeyModifiers() == fyne.KeyModifierShift
}

// compare shows the host the picture without the look while on.
func (w *Window) compare(on bool) {
	if w.comparing == on {
		return
	}
	w.comparing = on
	w.command(func(ctx context.Context) error { return w.desk.Compare(ctx, on) })
}

// covered ends comparing once something lies over the panels: what has the keyboard there keeps to itself that a key is let go.
func (w *Window) covered() {
	if w.comparing && w.win.Canvas().Overlays().Top() != nil {
		w.compare(false)
	}
}

// makeActions makes the table anew, for a language.
func (w *Window) makeActions() {
	w.groups, w.actions = w.table(), nil
	for _, g := range w.groups {
		w.actions = append(w.actions, g.list...)
	}
	w.hot = keymapOf(w.actions, w.chosen)
}

// rekey makes the host's choice of keys count, wherever a key is listened to or read.
func (w *Window) rekey() {
	w.compare(false)
	w.hot = keymapOf(w.actions, w.chosen)
	w.bindChords()
	w.menu.keys()
	w.room.queue.label()
	if w.big != nil {
		w.big.bind()
	}
	if w.keyList != nil {
		w.keyList.apply()
	}
}

// followKeys takes over what the desk remembers of keys.
func (w *Window) followKeys(s *studio.Snapshot) {
	if w.settled(s) && !maps.Equal(w.chosen, s.Settings.Keys) {
		w.chosen = s.Settings.Keys
		w.rekey()
	}
}

// remember has the desk keep the host's choice of keys.
func (w *Window) remember(k studio.Keys) func(context.Context) error {
	return func(ctx context.Context) error { return w.desk.SetKeys(ctx, k) }
}

// showShortcuts lists the keys.
func (w *Window) showShortcuts() { w.openSettings(keysTab) }

// menuKey is an action's key as a menu has it.
func (w *Window) menuKey(id string) fyne.Shortcut { return w.hot.chords[id].inMenu() }
