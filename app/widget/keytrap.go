package widget

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	fynewidget "fyne.io/fyne/v2/widget"
)

// KeyTrap shows an object, and while it has the keyboard takes every key that is pressed, with the modifiers that it is pressed with, in
// place of what the key would do. Keys that are modifiers themselves are not told, nor is Shift alone, which types.
type KeyTrap struct {
	fynewidget.BaseWidget
	// Caught is called with a key, Left once the keyboard has gone elsewhere.
	Caught func(key fyne.KeyName, modifier fyne.KeyModifier)
	Left   func()

	content fyne.CanvasObject
}

var (
	_ fyne.Focusable    = (*KeyTrap)(nil)
	_ fyne.Shortcutable = (*KeyTrap)(nil)
	_ fyne.Tabbable     = (*KeyTrap)(nil)
)

// NewKeyTrap returns a trap that shows an object.
func NewKeyTrap(content fyne.CanvasObject) *KeyTrap {
	k := &KeyTrap{content: content}
	k.ExtendBaseWidget(k)
	return k
}

// AcceptsTab implements fyne.Tabbable: Tab is a key like others here.
func (k *KeyTrap) AcceptsTab() bool { return true }

// FocusGained implements fyne.Focusable.
func (k *KeyTrap) FocusGained() {}

// FocusLost implements fyne.Focusable.
func (k *KeyTrap) FocusLost() {
	if k.Left != nil {
		k.Left()
	}
}

// TypedRune implements fyne.Focusable.
func (k *KeyTrap) TypedRune(rune) {}

// TypedKey implements fyne.Focusable.
func (k *KeyTrap) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case desktop.KeyShiftLeft, desktop.KeyShiftRight, desktop.KeyControlLeft, desktop.KeyControlRight, desktop.KeyAltLeft, desktop.KeyAltRight,
		desktop.KeySuperLeft, desktop.KeySuperRight, desktop.KeyCapsLock:
		return
	}
	k.Caught(e.Name, 0)
}

// TypedShortcut implements fyne.Shortcutable.
func (k *KeyTrap) TypedShortcut(s fyne.Shortcut) {
	if s, ok := s.(fyne.KeyboardShortcut); ok {
		k.Caught(s.Key(), s.Mod())
	}
}

// CreateRenderer implements fyne.Widget.
func (k *KeyTrap) CreateRenderer() fyne.WidgetRenderer {
	return fynewidget.NewSimpleRenderer(k.content)
}
