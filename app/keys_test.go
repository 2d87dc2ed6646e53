package app

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"pgregory.net/rapid"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/studio"
)

// The usual keys, as the toolkit tells of them.
var (
	keyCheck    = ctrl(fyne.KeyK)
	keyMoveUp   = &desktop.CustomShortcut{KeyName: fyne.KeyUp, Modifier: fyne.KeyModifierAlt}
	keyMoveDown = &desktop.CustomShortcut{KeyName: fyne.KeyDown, Modifier: fyne.KeyModifierAlt}
	keyBig      = ctrl(fyne.KeyB)
	keyQueue    = ctrl(fyne.KeyU)
	keyFind     = ctrl(fyne.KeyF)
	keyCopy     = ctrl(fyne.KeyD)
	keyNext     = ctrl(fyne.KeyPageDown)
	keyPrevious = ctrl(fyne.KeyPageUp)
	keyProducts = ctrl(fyne.KeyP)
	keyOffers   = ctrl(fyne.KeyE)
	keyOrders   = ctrl(fyne.KeyO)
	keyFlash    = ctrl(fyne.KeyG)
	keyHelp     = &desktop.CustomShortcut{KeyName: fyne.KeyF1}
)

const (
	keyBefore = fyne.KeyB
	keyShow   = fyne.KeyP
)

// lets lets a key go where the keyboard is, as the desktop driver does.
func (b *bench) lets(k fyne.KeyName) {
	e := &fyne.KeyEvent{Name: k}
	if f := b.w.win.Canvas().Focused(); f != nil {
		if keyable, ok := f.(desktop.Keyable); ok {
			keyable.KeyUp(e)
		}
		return
	}
	b.w.keys(e, false)
}

func TestWhileBIsHeldThePictureIsWithoutTheLook(t *testing.T) {
	b := newBench(t)
	c := b.w.win.Canvas()
	fader, entry := widget.NewFader(0, 1, 1, func(float64) {}), widget.NewEntry("")
	fader.Keys, entry.Keys = b.w.keys, b.w.keys
	b.w.win.SetContent(widget.Stack(0, fader, entry))
	c.Focus(fader)
	hold := func() {
		b.Helper()
		for range 3 { // a key that is held repeats
			b.key(keyBefore)
		}
		b.expect("compare true")
	}
	hold()
	b.lets(keyBefore)
	b.expect("compare false")
	c.Unfocus()
	hold()
	b.lets(keyBefore)
	b.expect("compare false")

	hold()
	c.Focus(entry)
	b.lets(keyBefore)
	b.expect("compare false")
	b.key(keyBefore) // is typed
	b.lets(keyBefore)
	b.expect()

	c.Unfocus()
	hold()
	b.w.showShortcuts()
	b.reads("While held: the picture without the look")
	b.w.apply(b.d.snap)
	b.expect("compare false")
	b.key(keyBefore)
	b.lets(keyBefore)
	b.expect()
}

// entry is the menu's entry of an action, and how many clicks lead to it: submenus open by themselves.
func entryOf(bar []*fyne.Menu, i *fyne.MenuItem) (clicks int) {
	for _, m := range bar {
		for _, one := range m.Items {
			if one == i || one.ChildMenu != nil && slices.Contains(one.ChildMenu.Items, i) {
				return 2
			}
		}
	}
	return 0
}

// clicksTo is how many clicks lead to a button of the side column: its tab and itself.
func (b *bench) clicksTo(button *widget.Button) int {
	for n := range b.w.side.panels {
		b.w.side.choose(n)
		found := false
		b.all(func(o fyne.CanvasObject) { found = found || o == fyne.CanvasObject(button) })
		if found {
			return 2
		}
	}
	return 0
}

func TestEveryActionHasANameAKeyOfItsOwnAndIsReachedInTwoClicks(t *testing.T) {
	for _, language := range []string{"en", "zh"} {
		b := newBench(t, withMusic, func(s *studio.Snapshot) { s.Settings.Language = language })
		ids, names := map[string]bool{}, map[string]bool{}
		for _, a := range b.w.actions {
			c := b.w.hot.chords[a.id]
			if a.id == "" || a.name == "" || ids[a.id] || names[a.name] {
				t.Errorf("%s: %q is called %q, as another one is", language, a.id, a.name)
			}
			ids[a.id], names[a.name] = true, true
			if c != a.key || c.key == "" || !a.fits(c) {
				t.Errorf("the usual key of %s is %v, it is on %v", a.id, a.key, c)
			}
			if again, ok := chordOf(c.String()); (!ok || again != c) && c != mainKey(fyne.KeyZ) {
				t.Errorf("the key of %s is remembered as %q and read as %v", a.id, c.String(), again)
			}
			clicks := entryOf(b.w.menu.bar.Items, b.w.menu.items[a.id])
			if a.button != nil {
				clicks = b.clicksTo(a.button())
			}
			if clicks < 1 || clicks > 2 {
				t.Errorf("no two clicks lead to %s", a.id)
			}
			if (a.do == nil) == (a.hold == nil) {
				t.Errorf("%s does nothing, or two things", a.id)
			}
		}
		if len(ids) < 55 {
			t.Errorf("%d actions", len(ids))
		}
	}
}

func TestAKeyThatIsHeldActsOnce(t *testing.T) {
	b := newBench(t)
	now := b.w.now()
	b.w.now = func() time.Time { return now }
	for range 4 {
		b.key(fyne.KeyM)
		now = now.Add(500 * time.Millisecond)
	}
	b.expect(`mic "" 1 true 0`)
	b.lets(fyne.KeyM)
	b.key(fyne.KeyM)
	b.expect(`mic "" 1 false 0`)
	now = now.Add(3 * time.Second) // let go in another window
	b.key(fyne.KeyM)
	b.expect(`mic "" 1 true 0`)
}

func TestTheLiveActionsReachTheDeskByKey(t *testing.T) {
	b := newBench(t, withMusic, withServer)
	music := func(edit func(*studio.Music)) string {
		m := b.w.music
		edit(&m)
		return fmt.Sprintf("music %+v", m)
	}
	duck := music(func(m *studio.Music) { m.Duck = !m.Duck })
	for _, c := range []struct {
		key  chord
		want string
	}{
		{plainKey(fyne.KeyM), `mic "" 1 true 0`},
		{plainKey(fyne.KeyF8), "pause"},
		{plainKey(fyne.KeyF9), "next"},
		{plainKey(fyne.KeyF7), "previous"},
		{plainKey(fyne.KeyF6), "stop"},
		{plainKey(fyne.Key1), "pad 0"},
		{plainKey(fyne.Key5), "pad 4"},
		{plainKey(fyne.Key0), "stop pads"},
		{plainKey(fyne.KeyD), duck},
		{mainKey(fyne.KeyL), "go live"},
		{mainKey(fyne.Key2), "select b"},
	} {
		if c.key.mod == 0 {
			b.key(c.key.key)
		} else {
			b.shortcut(c.key.shortcut())
		}
		b.expect(c.want)
	}
	b.shortcut(altKey(fyne.Key4).shortcut())
	if got := b.carry(); len(got) != 1 || b.w.looks.want.Preset() != "radiant" {
		t.Errorf("the look is %s: %q", b.w.looks.want.Preset(), got)
	}
	b.shortcut(altKey(fyne.Key6).shortcut())
	if got := b.carry(); len(got) != 1 || b.w.looks.want.Background != "blur" {
		t.Errorf("the background is %q: %q", b.w.looks.want.Background, got)
	}
}

// row is the line of an action in the list of keys.
func (b *bench) row(f *keysForm, id string) *keyRow {
	b.Helper()
	for _, g := range f.groups {
		for _, r := range g.rows {
			if r.action.id == id {
				return r
			}
		}
	}
	b.Fatalf("%s is not in the list", id)
	return nil
}

// openKeys opens the list of keys and returns it.
func (b *bench) openKeys() *keysForm {
	b.Helper()
	b.w.showShortcuts()
	if b.w.keyList == nil || b.w.page != keysTab {
		b.Fatal("the list of keys is not open")
	}
	return b.w.keyList
}

// kept answers as a desk that remembers the keys.
func (b *bench) kept() {
	b.Helper()
	b.carry()
	keys := maps.Clone(b.w.chosen)
	b.change(func(s *studio.Snapshot) { s.Settings.Keys = keys })
}

func TestAKeyIsChangedByPressingTheNewOne(t *testing.T) {
	b := newBench(t)
	f := b.openKeys()
	mute := b.row(f, actMute)
	if mute.key.Text() != "M" || mute.back.Visible() || !mute.clear.Visible() {
		t.Errorf("muting is on %q", mute.key.Text())
	}
	test.Tap(mute.key)
	b.reads("Now press the new key for “Mute / unmute the microphone”.")
	b.key(desktop.KeyControlLeft) // on the way to Ctrl and a letter
	b.shortcut(&desktop.CustomShortcut{KeyName: fyne.KeyJ, Modifier: fyne.KeyModifierShortcutDefault | fyne.KeyModifierShift})
	b.reads("“Mute / unmute the microphone” is on " + chord{fyne.KeyJ, mainMod | shiftMod}.text() + " now.")
	b.expect("keys map[sound/mute:Ctrl+Shift+J]")
	b.kept()
	if b.w.win.Canvas().Focused() != fyne.Focusable(mute.key) || !mute.back.Visible() {
		t.Error("the keyboard is not back on the key, or it cannot be set back")
	}
	b.key(fyne.KeyEscape)
	b.key(fyne.KeyM)
	b.expect()
	b.shortcut(&desktop.CustomShortcut{KeyName: fyne.KeyJ, Modifier: fyne.KeyModifierShortcutDefault | fyne.KeyModifierShift})
	b.expect(`mic "" 1 true 0`)
	if got := b.w.menu.items[actMute].Shortcut.ShortcutName(); !strings.HasSuffix(got, "J") {
		t.Errorf("the menu shows %s", got)
	}

	f = b.openKeys()
	test.Tap(b.row(f, actMute).clear)
	b.reads("has no key now")
	b.expect("keys map[sound/mute:]")
	b.kept()
	if b.w.menu.items[actMute].Shortcut != nil || b.row(f, actMute).key.Text() != "–" {
		t.Error("the key is still shown")
	}
	test.Tap(b.row(f, actMute).back)
	b.expect("keys map[]")
	b.key(fyne.KeyEscape)
	b.key(fyne.KeyM)
	b.expect(`mic "" 1 true 0`)
}

func TestAKeyThatIsTakenIsNamedAndSwappedOnlyWithAYes(t *testing.T) {
	b := newBench(t, withServer, withMusic)
	f := b.openKeys()
	mute := b.row(f, actMute)
	test.Tap(mute.key)
	b.key(fyne.KeyD)
	b.reads("D is the key of “Lower the music while I speak, or not”. Swap them?")
	b.press("Cancel")
	b.expect()
	test.Tap(mute.key)
	b.shortcut(ctrl(fyne.KeyL)) // which the menu has before everybody
	b.expect()
	b.reads("is the key of “Go live / end the show”. Swap them?")
	b.key(fyne.KeyReturn)
	b.expect("keys map[sound/mute:Ctrl+L studio/live:M]")
	b.kept()
	b.key(fyne.KeyEscape)
	b.key(fyne.KeyM)
	b.shortcut(ctrl(fyne.KeyL))
	b.expect("go live", `mic "" 1 true 0`)

	f = b.openKeys()
	b.press("Set all back")
	b.reads("Every key becomes what it was at first.")
	b.expect()
	b.press("Cancel")
	b.press("Set all back")
	test.Tap(f.yes)
	b.expect("keys map[]")
	b.kept()
	if !f.reset.Disabled() || b.w.hot.chords[actLive] != mainKey(fyne.KeyL) {
		t.Error("the keys are not what they were")
	}
	// What was lent away is asked for, not taken.
	b.w.setKeys(map[string]chord{"sound/duck": plainKey(fyne.KeyM), actMute: {}})
	b.kept()
	test.Tap(b.row(f, actMute).back)
	b.reads("M is the key of “Lower the music while I speak, or not”. Swap them?")
	b.key(fyne.KeyReturn)
	b.expect("keys map[sound/duck:]")
}

func TestReservedKeysAreRefusedWithASentence(t *testing.T) {
	b := newBench(t)
	f := b.openKeys()
	clipboard := test.NewClipboard()
	for _, c := range []struct {
		press fyne.Shortcut
		key   fyne.KeyName
		says  string
	}{
		{press: &fyne.ShortcutCopy{Clipboard: clipboard}, says: "C edits text everywhere"},
		{press: &fyne.ShortcutPaste{Clipboard: clipboard}, says: "V edits text everywhere"},
		{press: &fyne.ShortcutCut{Clipboard: clipboard}, says: "X edits text everywhere"},
		{press: &fyne.ShortcutSelectAll{}, says: "A edits text everywhere"},
		{press: &fyne.ShortcutUndo{}, says: "Z edits text everywhere"},
		{key: fyne.KeyTab, says: "Tab goes through windows and lists"},
		{key: fyne.KeyReturn, says: "Return goes through windows and lists"},
		{key: fyne.KeyUp, says: "↑ goes through windows and lists"},
		{press: &desktop.CustomShortcut{KeyName: fyne.KeyF4, Modifier: fyne.KeyModifierAlt}, says: "Alt F4 belongs to the system"},
		{key: fyne.KeyUnknown, says: "This key cannot be told from others here"},
	} {
		test.Tap(b.row(f, actMute).key)
		if c.press != nil {
			b.shortcut(c.press)
		} else {
			b.key(c.key)
		}
		b.reads(c.says)
		b.expect()
		if b.w.awaits == nil {
			t.Errorf("after %q no other key is awaited", c.says)
		}
	}
	b.key(fyne.KeyEscape)
	b.reads("Escape goes through windows and lists")
	if b.w.sheet == nil || b.w.awaits != nil {
		t.Fatal("Escape closes the sheet, or a key is still awaited")
	}
	held := b.row(f, "picture/before")
	test.Tap(held.key)
	b.shortcut(altKey(fyne.KeyJ).shortcut())
	b.reads("cannot be held here")
	b.w.win.Canvas().Focus(f.search)
	if b.w.awaits != nil {
		t.Error("a key is awaited though the keyboard is elsewhere")
	}
	b.lacks("cannot be held here")
	b.key(fyne.KeyEscape)
	b.key(fyne.KeyM)
	b.expect(`mic "" 1 true 0`)
}

func TestTheListIsSearchedByNameByPlaceAndByKey(t *testing.T) {
	b := newBench(t)
	f := b.openKeys()
	for text, want := range map[string]string{"announce": "Announce…", "f8": "Play or pause the music", " PADS ": "Stop the pads", "ctrl+page": "", "sources": "Show source 9"} {
		f.search.SetText(text)
		if want == "" {
			b.reads("Nothing is called that, and no key either.")
			b.lacks("Announce…")
		} else {
			b.reads(want)
		}
		if text != " PADS " {
			b.lacks("Stop the pads", "Nothing is called that\n")
		}
	}
	f.search.SetText("")
	b.reads("Announce…", "Stop the pads", "STUDIO")
}

func TestKeysDoNotActWhereTextIsTyped(t *testing.T) {
	b := newBench(t, withServer)
	entry := widget.NewEntry("")
	entry.Keys = b.w.keys
	b.w.win.SetContent(entry)
	c := b.w.win.Canvas()
	c.Focus(entry)
	for _, a := range b.w.actions {
		k := b.w.hot.chords[a.id]
		switch {
		case k.mod == 0:
			b.key(k.key)
		case k.types():
			// The driver asks the menu, then what has the keyboard: the window comes after it.
			if menuItem(b.w.menu.bar.Items, k.shortcut()) != nil {
				t.Errorf("the menu listens to %s where text is typed", k)
			}
			if _, ok := c.Focused().(fyne.Shortcutable); !ok {
				t.Fatal("a line to type in does not keep its keyboard")
			}
			entry.TypedShortcut(k.shortcut())
		}
	}
	b.expect()
	if b.w.sheet != nil {
		t.Error("a key opened a sheet")
	}
	c.Unfocus()
	b.key(fyne.KeyM)
	b.expect(`mic "" 1 true 0`)
}

func TestAQuestionMarkListsTheKeys(t *testing.T) {
	b := newBench(t)
	c := b.w.win.Canvas()
	c.OnTypedRune()('!')
	if b.w.sheet != nil {
		t.Fatal("any letter opens the list")
	}
	c.OnTypedRune()('?')
	b.openKeys()
	b.reads("Set all back", "F1")
}

func TestWhatIsRememberedCountsAndWhatMakesNoSenseDoesNot(t *testing.T) {
	b := newBench(t, func(s *studio.Snapshot) {
		s.Settings.Keys = studio.Keys{
			actMute: "F8", "sound/duck": "Ctrl+C", "sound/next": "Meta+Q", "stage/later": "M", "room/say": "Ctrl+Shift++", "sound/stop": "F8",
		}
	})
	want := map[string]string{
		actMute: "F8", "sound/music": "", "sound/duck": "D", "sound/next": "F9", "room/say": "Ctrl+Shift++", "sound/stop": "",
	}
	for id, key := range want {
		if got := b.w.hot.chords[id].String(); got != key {
			t.Errorf("%s is on %q, not %q", id, got, key)
		}
	}
	b.w.setKeys(map[string]chord{actMute: plainKey(fyne.KeyM)})
	if b.w.chosen["stage/later"] != "M" {
		t.Error("what a later version remembered is lost")
	}
	// Somebody else changed them: the desk's word counts once nothing is under way.
	b.carry()
	b.change(func(s *studio.Snapshot) { s.Settings.Keys = studio.Keys{actMute: "K"} })
	b.key(fyne.KeyK)
	b.expect(`mic "" 1 true 0`)
}

func TestTheButtonsOfTheQueueShowTheirKeysAndTheKeysCountThereOnly(t *testing.T) {
	b := newBench(t, withServer)
	b.key(fyne.KeyA)
	if b.w.side.at == roomSide {
		t.Error("a key of the queue leads there from elsewhere")
	}
	b.w.menu.items[actPublish].Action()
	if !b.w.atQueue() {
		t.Error("the menu does not show the queue")
	}
	if got := b.w.room.queue.buttons[1].Text(); got != "Refuse R" {
		t.Errorf("the button is called %q", got)
	}
	b.w.setKeys(map[string]chord{actRefuse: plainKey(fyne.KeyX), actEscalate: {}})
	if got := b.w.room.queue.buttons[1].Text() + ", " + b.w.room.queue.buttons[2].Text(); got != "Refuse X, Escalate" {
		t.Errorf("the buttons are called %q", got)
	}
}

func TestNoTwoActionsShareAKeyWhateverIsRemembered(t *testing.T) {
	b := newBench(t)
	keys := []string{"", "M", "F8", "Ctrl+L", "Alt+1", "Ctrl+C", "nonsense", "Ctrl+Shift+", "+"}
	rapid.Check(t, func(t *rapid.T) {
		chosen := studio.Keys{}
		for _, a := range b.w.actions {
			if rapid.IntRange(0, 3).Draw(t, "chosen") == 0 {
				chosen[a.id] = rapid.SampledFrom(keys).Draw(t, a.id)
			}
		}
		m := keymapOf(b.w.actions, chosen)
		seen := map[chord]string{}
		for _, a := range b.w.actions {
			c := m.chords[a.id]
			if c.key == "" {
				continue
			}
			if seen[c] != "" || m.names[c] != a.id || !a.fits(c) {
				t.Fatalf("%v is the key of %s, of %s and of %s", c, a.id, seen[c], m.names[c])
			}
			seen[c] = a.id
		}
		if len(m.names) != len(seen) {
			t.Fatalf("%d keys are listened to, %d are shown", len(m.names), len(seen))
		}
	})
}

func TestSoundsForTheHostAreSwitchedAndTried(t *testing.T) {
	b := newBench(t, func(s *studio.Snapshot) { s.Settings.QuietCues = []studio.Cue{studio.CueWon} })
	b.w.openSettings(audioTab)
	toggles := map[string]*widget.Toggle{}
	var plays []*widget.Button
	b.all(func(o fyne.CanvasObject) {
		switch o := o.(type) {
		case *widget.Toggle:
			toggles[o.Text] = o
		case *widget.Button:
			if o.Symbol() == theme.Play {
				plays = append(plays, o)
			}
		}
	})
	if len(plays) != len(studio.Cues) || len(toggles) < len(studio.Cues)+1 {
		t.Fatalf("%d switches, %d buttons", len(toggles), len(plays))
	}
	for _, c := range studio.Cues {
		if on := toggles[b.w.words.cue(c)].Checked; on == (c == studio.CueWon) {
			t.Errorf("the switch of %s is %t", c, on)
		}
	}
	toggles["A round is won"].SetChecked(true)
	toggles["Another host calls"].SetChecked(false)
	toggles["A new order"].SetChecked(false)
	test.Tap(plays[0])
	b.expect("cue won true", "cue called false", "order chime false", "play applied")
}
