package app

import (
	"fmt"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

// chord is a key with the modifiers that are held with it; the zero value is no key. Shift alone is no modifier: it types.
type chord struct {
	key fyne.KeyName
	mod fyne.KeyModifier
}

// Modifiers. mainMod is Ctrl, or on a Mac the command key.
const (
	mainMod  = fyne.KeyModifierShortcutDefault
	altMod   = fyne.KeyModifierAlt
	shiftMod = fyne.KeyModifierShift
)

func plainKey(k fyne.KeyName) chord { return chord{key: k} }
func mainKey(k fyne.KeyName) chord  { return chord{key: k, mod: mainMod} }
func altKey(k fyne.KeyName) chord   { return chord{key: k, mod: altMod} }
func digit(n int) fyne.KeyName      { return fyne.KeyName(rune('0' + n)) }

// Prefixes of a chord as it is remembered, on every system the same.
const (
	mainPrefix  = "Ctrl+"
	altPrefix   = "Alt+"
	shiftPrefix = "Shift+"
)

// String is the chord as it is remembered: "Ctrl+Shift+P"; "" for no key.
func (c chord) String() string {
	var b strings.Builder
	for _, m := range []struct {
		mod    fyne.KeyModifier
		prefix string
	}{{mainMod, mainPrefix}, {altMod, altPrefix}, {shiftMod, shiftPrefix}} {
		if c.mod&m.mod != 0 {
			b.WriteString(m.prefix)
		}
	}
	b.WriteString(string(c.key))
	return b.String()
}

// chordOf reads what String wrote. It reports false for what no key can be.
func chordOf(s string) (chord, bool) {
	var c chord
	for _, m := range []struct {
		mod    fyne.KeyModifier
		prefix string
	}{{mainMod, mainPrefix}, {altMod, altPrefix}, {shiftMod, shiftPrefix}} {
		if rest, ok := strings.CutPrefix(s, m.prefix); ok && rest != "" {
			s, c.mod = rest, c.mod|m.mod
		}
	}
	c.key = fyne.KeyName(s)
	return c, s == "" && c.mod == 0 || c.fit() == fitKey
}

// text is the chord as people read it, "–" for no key.
func (c chord) text() string {
	if c.key == "" {
		return "–"
	}
	main, alt, shift := "Ctrl ", "Alt ", "Shift "
	if mainMod == fyne.KeyModifierSuper {
		main, alt, shift = "⌘ ", "⌥ ", "⇧ "
	}
	said := ""
	for _, m := range []struct {
		mod  fyne.KeyModifier
		name string
	}{{mainMod, main}, {altMod, alt}, {shiftMod, shift}} {
		if c.mod&m.mod != 0 {
			said += m.name
		}
	}
	switch c.key {
	case fyne.KeyPageUp:
		return said + "Page ↑"
	case fyne.KeyPageDown:
		return said + "Page ↓"
	case fyne.KeyUp:
		return said + "↑"
	case fyne.KeyDown:
		return said + "↓"
	case fyne.KeyLeft:
		return said + "←"
	case fyne.KeyRight:
		return said + "→"
	}
	return said + string(c.key)
}

// shortcut is the chord as the toolkit tells of it.
func (c chord) shortcut() fyne.Shortcut {
	if c == mainKey(fyne.KeyZ) {
		return &fyne.ShortcutUndo{}
	}
	return &desktop.CustomShortcut{KeyName: c.key, Modifier: c.mod}
}

// types says whether the chord may write a letter: alone, or with Alt, which is how many keyboards reach their third row.
func (c chord) types() bool { return c.mod&mainMod == 0 || c.mod&altMod != 0 }

// shownShortcut is a chord that a menu shows and does not listen to.
type shownShortcut struct{ chord }

// ShortcutName implements fyne.Shortcut.
func (s shownShortcut) ShortcutName() string { return "·" + s.String() }

// Key implements fyne.KeyboardShortcut.
func (s shownShortcut) Key() fyne.KeyName { return s.key }

// Mod implements fyne.KeyboardShortcut.
func (s shownShortcut) Mod() fyne.KeyModifier { return s.mod }

// inMenu is the chord as a menu has it; nil for no key. The toolkit gives a menu its keys wherever somebody types, so those that may write
// are only shown in it: the window listens to them.
func (c chord) inMenu() fyne.Shortcut {
	switch {
	case c.key == "":
		return nil
	case c.mod != 0 && c.types():
		return shownShortcut{c}
	}
	return c.shortcut()
}

// fitness says whether a chord can be the key of something, or what stands against it.
type fitness int

const (
	fitKey       fitness = iota
	editsText            // copy, paste, cut, undo and the like
	movesAround          // Tab, Escape, Enter and arrows: they go through windows and lists
	systemsOwn           // the system has it
	withoutAName         // the toolkit does not know the key
)

// namedKeys are keys that are neither letters nor digits and that something may have.
var namedKeys = []fyne.KeyName{
	fyne.KeyApostrophe, fyne.KeyComma, fyne.KeyMinus, fyne.KeyPeriod, fyne.KeySlash, fyne.KeyBackslash, fyne.KeyLeftBracket,
	fyne.KeyRightBracket, fyne.KeySemicolon, fyne.KeyEqual, fyne.KeyAsterisk, fyne.KeyPlus, fyne.KeyBackTick, fyne.KeyInsert, fyne.KeyDelete,
	fyne.KeyF1, fyne.KeyF2, fyne.KeyF3, fyne.KeyF4, fyne.KeyF5, fyne.KeyF6, fyne.KeyF7, fyne.KeyF8, fyne.KeyF9, fyne.KeyF10, fyne.KeyF11, fyne.KeyF12,
}

func (c chord) fit() fitness {
	main, alt := c.mod&mainMod != 0, c.mod&altMod != 0
	switch c.key {
	case fyne.KeyTab, fyne.KeyEscape, fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace, fyne.KeyBackspace:
		return movesAround
	case fyne.KeyUp, fyne.KeyDown, fyne.KeyLeft, fyne.KeyRight, fyne.KeyHome, fyne.KeyEnd:
		if !alt || main {
			return movesAround
		}
		return fitKey
	case fyne.KeyPageUp, fyne.KeyPageDown:
		if !alt && !main {
			return movesAround
		}
		return fitKey
	}
	letter := len(c.key) == 1 && (c.key >= "A" && c.key <= "Z" || c.key >= "0" && c.key <= "9")
	switch {
	case c.mod == mainMod && slices.Contains([]fyne.KeyName{fyne.KeyC, fyne.KeyV, fyne.KeyX, fyne.KeyA, fyne.KeyZ, fyne.KeyY, fyne.KeyInsert, fyne.KeyDelete}, c.key),
		c.mod == shiftMod && (c.key == fyne.KeyInsert || c.key == fyne.KeyDelete):
		return editsText
	case c.mod == altMod && c.key == fyne.KeyF4, c.mod&^(mainMod|altMod|shiftMod) != 0, main && alt && c.key == fyne.KeyDelete:
		return systemsOwn
	case c.mod == shiftMod, !letter && !slices.Contains(namedKeys, c.key):
		return withoutAName
	}
	return fitKey
}

// unfitKey says why a chord cannot be the key of something, "" if it can.
func (t *words) unfitKey(c chord) string {
	switch c.fit() {
	case editsText:
		return fmt.Sprintf(t.KeyEditsText, c.text())
	case movesAround:
		return fmt.Sprintf(t.KeyMoves, c.text())
	case systemsOwn:
		return fmt.Sprintf(t.KeySystems, c.text())
	case withoutAName:
		return t.KeyNameless
	}
	return ""
}
