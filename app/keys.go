package app

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"

	"vitrine/app/theme"
	"vitrine/app/widget"
)

// keyBefore shows the picture without the look while it is held.
const keyBefore = fyne.KeyB

// Keys of the window. Those without a modifier work wherever no text is being typed.
var (
	keyLive     = &desktop.CustomShortcut{KeyName: fyne.KeyL, Modifier: fyne.KeyModifierShortcutDefault}
	keySettings = &desktop.CustomShortcut{KeyName: fyne.KeyComma, Modifier: fyne.KeyModifierShortcutDefault}
	keyCheck    = &desktop.CustomShortcut{KeyName: fyne.KeyK, Modifier: fyne.KeyModifierShortcutDefault}
	keyUndo     = &fyne.ShortcutUndo{}
	keyMoveUp   = &desktop.CustomShortcut{KeyName: fyne.KeyUp, Modifier: fyne.KeyModifierAlt}
	keyMoveDown = &desktop.CustomShortcut{KeyName: fyne.KeyDown, Modifier: fyne.KeyModifierAlt}
	keyRename   = &desktop.CustomShortcut{KeyName: fyne.KeyF2}
	keyRemove   = &desktop.CustomShortcut{KeyName: fyne.KeyDelete}
	keyMute     = &desktop.CustomShortcut{KeyName: fyne.KeyM}
	keyBig      = &desktop.CustomShortcut{KeyName: fyne.KeyB, Modifier: fyne.KeyModifierShortcutDefault}
	keySay      = &desktop.CustomShortcut{KeyName: fyne.KeyT, Modifier: fyne.KeyModifierShortcutDefault}
	keyQueue    = &desktop.CustomShortcut{KeyName: fyne.KeyU, Modifier: fyne.KeyModifierShortcutDefault}
	keyHelp     = &desktop.CustomShortcut{KeyName: fyne.KeyF1}
)

func (w *Window) bindKeys() {
	c := w.win.Canvas()
	c.SetOnTypedKey(func(e *fyne.KeyEvent) { w.keys(e, true) })
	if d, ok := c.(desktop.Canvas); ok {
		d.SetOnKeyUp(func(e *fyne.KeyEvent) { w.keys(e, false) })
	}
	w.app.Lifecycle().SetOnExitedForeground(func() { w.compare(false) })
	for n := range 9 {
		key := fyne.KeyName(rune('1' + n))
		c.AddShortcut(&desktop.CustomShortcut{KeyName: key, Modifier: fyne.KeyModifierShortcutDefault}, func(fyne.Shortcut) {
			if w.sheet == nil {
				w.selectNumber(n)
			}
		})
	}
}

// keys does what a key without a modifier means when nothing else wants it.
func (w *Window) keys(e *fyne.KeyEvent, down bool) {
	if !down && e.Name == keyBefore {
		w.compare(false)
	}
	if w.sheet != nil {
		w.sheet.Keys(e, down)
		return
	}
	if !down {
		return
	}
	if w.side.at == roomSide && w.room.typed(e) {
		return
	}
	switch e.Name {
	case keyBefore:
		w.compare(true)
	case fyne.KeyF1:
		w.showShortcuts()
	case fyne.KeyF2:
		w.renameSource()
	case fyne.KeyDelete:
		w.removeSource()
	case fyne.KeyM:
		w.toggleMute()
	}
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

// showShortcuts lists the keys.
func (w *Window) showShortcuts() {
	if w.sheet != nil {
		return
	}
	t := w.words
	mod := "Ctrl "
	if fyne.KeyModifierShortcutDefault == fyne.KeyModifierSuper {
		mod = "⌘ "
	}
	list := []struct{ key, does string }{
		{mod + "L", t.ShortcutLive},
		{mod + "K", t.CheckNetwork},
		{"M", t.ShortcutMute},
		{"B", t.ShortcutBefore},
		{mod + "1 … 9", t.ShortcutSelect},
		{"F2", t.ShortcutRename},
		{"Delete", t.ShortcutRemove},
		{mod + "T", t.ShortcutSay},
		{mod + "B", t.ShortcutBig},
		{mod + "U", t.ShortcutQueue},
		{"A R E", t.ShortcutJudge},
		{mod + "Z", t.ShortcutUndo},
		{"Alt ↑ ↓", t.ShortcutMove},
		{mod + ",", t.ShortcutSettings},
		{"Tab", t.ShortcutTab},
		{"F1", t.ShortcutHelp},
	}
	rows := make([]fyne.CanvasObject, 0, len(list))
	for _, l := range list {
		key := widget.NewPill(widget.NewText(l.key, widget.Style{Size: theme.Small, Bold: true}), theme.Trough)
		rows = append(rows, container.NewBorder(nil, nil, widget.Sized(fyne.NewSize(120, 0), widget.Line(0, key)), nil,
			widget.NewText(l.does, widget.Style{Shrink: true})))
	}
	done := widget.NewButton(t.CloseSheet, "", widget.Primary, w.closeSheet)
	w.openSheet(widget.SheetSpec{
		Heading: t.ShortcutsTitle, Content: widget.Stack(8, rows...), Size: fyne.NewSize(420, 0),
		Foot: []fyne.CanvasObject{done}, Focus: done,
	}, done)
}
