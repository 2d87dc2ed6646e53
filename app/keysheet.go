package app

import (
	"fmt"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	fynetheme "fyne.io/fyne/v2/theme"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/studio"
)

// keysForm lists every action with its key, and changes keys: press the key's button, then the new key. What already has it is named, with the
// offer to swap.
type keysForm struct {
	w      *Window
	object fyne.CanvasObject
	search *widget.Entry
	reset  *widget.Button
	trap   *widget.KeyTrap
	said   *widget.Paragraph
	yes    *widget.Button
	no     *widget.Button
	agreed func()  // what yes does
	waits  *keyRow // for its new key; nil for none
	none   fyne.CanvasObject
	body   *fyne.Container
	scroll *container.Scroll
	groups []keyGroup
	seen   string // what the rows show was found by
}

// keyGroup is a heading and the rows below it.
type keyGroup struct {
	head fyne.CanvasObject
	name string
	rows []*keyRow
}

// keyRow is an action, its key, and what can be done about that.
type keyRow struct {
	action action
	object *fyne.Container
	key    *widget.Button
	clear  *widget.Button
	back   *widget.Button
}

// saysHigh is room for two lines of what the form says, in pixels.
const saysHigh = 42

// keyWide is how wide the button of a key is.
const keyWide = 118

func newKeysForm(w *Window) *keysForm {
	t := w.words
	f := &keysForm{w: w, search: widget.NewEntry(t.KeysFind), said: widget.NewParagraph("", theme.Quiet), body: widget.Stack(3)}
	f.search.OnChanged = func(string) { f.find() }
	f.reset = widget.NewButton(t.KeysReset, "", widget.Plain, f.resetAll)
	f.yes = widget.NewButton("", "", widget.Primary, func() { f.agreed() })
	f.no = widget.NewButton(t.Cancel, "", widget.Plain, f.calm)
	says := container.NewBorder(nil, nil, nil, widget.Line(6, f.no, f.yes), widget.Inset(-7, -7, f.said))
	f.trap = widget.NewKeyTrap(widget.Sized(fyne.NewSize(0, saysHigh), says))
	f.none = paragraph(t.KeysNone)
	for _, g := range w.groups {
		group := keyGroup{head: heading(strings.ToUpper(g.name)), name: g.name}
		f.body.Add(group.head)
		for _, a := range g.list {
			group.rows = append(group.rows, f.row(a))
			f.body.Add(group.rows[len(group.rows)-1].object)
		}
		f.groups = append(f.groups, group)
	}
	f.body.Add(f.none)
	f.scroll = container.NewVScroll(container.New(layout.NewCustomPaddedLayout(0, 0, 0, scrollRoom), f.body))
	f.object = widget.Fill(8, widget.Stack(6, widget.Row(f.search, f.reset), f.trap), f.scroll, nil)
	f.apply()
	f.calm()
	return f
}

func (f *keysForm) row(a action) *keyRow {
	r := &keyRow{action: a}
	r.key = widget.NewButton("", "", widget.Plain, func() { f.await(r) }).Low()
	r.clear = widget.NewButton("", theme.Close, widget.Quiet, func() { f.propose(r, chord{}) }).Low()
	r.back = widget.NewButton("", theme.Turn, widget.Quiet, func() { f.propose(r, a.key) }).Low()
	r.object = widget.Row(widget.NewText(a.name, widget.Style{Shrink: true}), r.back, r.clear, widget.Sized(fyne.NewSize(keyWide, 0), r.key))
	return r
}

// pieces are what takes the keyboard.
func (f *keysForm) pieces() []fyne.CanvasObject {
	all := []fyne.CanvasObject{f.search, f.reset, f.yes, f.no}
	for _, g := range f.groups {
		for _, r := range g.rows {
			all = append(all, r.back, r.clear, r.key)
		}
	}
	return all
}

// apply shows the keys as they are now.
func (f *keysForm) apply() {
	changed := false
	for _, g := range f.groups {
		for _, r := range g.rows {
			now := f.w.hot.chords[r.action.id]
			r.key.Set(now.text(), "", f.rank(r))
			show(r.clear, now.key != "")
			show(r.back, now != r.action.key)
			r.object.Refresh()
			changed = changed || now != r.action.key
		}
	}
	f.reset.SetEnabled(changed)
	f.find()
}

// find shows what is called as the host searches, by name, heading or key.
func (f *keysForm) find() {
	want := strings.ToLower(strings.TrimSpace(f.search.Text))
	state := want
	found := false
	for _, g := range f.groups {
		some := false
		for _, r := range g.rows {
			now := f.w.hot.chords[r.action.id]
			text := strings.ToLower(strings.Join([]string{g.name, r.action.name, r.action.label, now.text(), now.String()}, "\n"))
			match := strings.Contains(text, want)
			show(r.object, match)
			some = some || match
			state += "\n" + now.String()
		}
		show(g.head, some)
		found = found || some
	}
	show(f.none, !found)
	if state != f.seen {
		f.seen = state
		f.scroll.Refresh()
		f.scroll.ScrollToOffset(fyne.NewPos(0, min(f.scroll.Offset.Y, max(0, f.body.MinSize().Height-f.scroll.Size().Height))))
	}
}

// say says a sentence, and asks for a yes if there is something to do then.
func (f *keysForm) say(sentence string, color fyne.ThemeColorName, yes string, agreed func()) {
	f.w.awaits, f.agreed = nil, agreed
	f.wait(nil)
	f.said.Set(sentence, color)
	f.yes.Set(yes, "", widget.Primary)
	show(f.yes, agreed != nil)
	show(f.no, agreed != nil)
	f.trap.Refresh()
}

// wait marks the row that waits for its new key, nil for none.
func (f *keysForm) wait(r *keyRow) {
	was := f.waits
	f.waits = r
	for _, one := range []*keyRow{was, r} {
		if one != nil {
			one.key.Set(one.key.Text(), "", f.rank(one))
		}
	}
}

func (f *keysForm) rank(r *keyRow) widget.Kind {
	if r == f.waits {
		return widget.Primary
	}
	return widget.Plain
}

// calm says how the form is used.
func (f *keysForm) calm() {
	name, _, _ := strings.Cut(mainKey(fyne.KeyA).text(), " ")
	f.say(fmt.Sprintf(f.w.words.KeysHint, name), theme.Quiet, "", nil)
}

// await waits for a row's new key.
func (f *keysForm) await(r *keyRow) {
	f.say(fmt.Sprintf(f.w.words.KeyPress, r.action.name), fynetheme.ColorNameForeground, "", nil)
	f.wait(r)
	f.w.win.Canvas().Focus(f.trap)
	f.w.awaits = func(c chord) { f.caught(r, c) }
	f.trap.Caught = func(key fyne.KeyName, mod fyne.KeyModifier) { f.caught(r, chord{key, mod}) }
	f.trap.Left = func() {
		if f.w.awaits != nil {
			f.calm()
		}
	}
}

// caught takes a row's new key, or says why it cannot be that and waits for another one.
func (f *keysForm) caught(r *keyRow, c chord) {
	why := ""
	if c.key == "" || !r.action.fits(c) {
		why = f.w.words.unfitKey(c)
	} else if r.action.hold != nil && c.mod != 0 {
		why = fmt.Sprintf(f.w.words.KeyHeld, c.text())
	}
	switch {
	case c.key == fyne.KeyEscape:
		f.w.awaits = nil
		f.w.win.Canvas().Focus(r.key)
		f.say(why, theme.Quiet, "", nil)
	case why != "":
		f.said.Set(why, fynetheme.ColorNameWarning)
	default:
		f.w.awaits = nil
		f.w.win.Canvas().Focus(r.key)
		f.propose(r, c)
	}
}

// propose gives a row a key, and asks before it takes that from another action.
func (f *keysForm) propose(r *keyRow, c chord) {
	w, t, old := f.w, f.w.words, f.w.hot.chords[r.action.id]
	other, taken := w.action(w.hot.names[c])
	switch {
	case c.key == "":
		f.set(map[string]chord{r.action.id: c}, fmt.Sprintf(t.KeyCleared, r.action.name))
	case !taken || other.id == r.action.id:
		f.set(map[string]chord{r.action.id: c}, fmt.Sprintf(t.KeySet, r.action.name, c.text()))
	default:
		if !other.fits(old) || other.hold != nil && old.mod != 0 {
			old = chord{}
		}
		f.say(fmt.Sprintf(t.KeyTaken, c.text(), other.name), fynetheme.ColorNameWarning, t.KeySwap, func() {
			f.set(map[string]chord{r.action.id: c, other.id: old}, fmt.Sprintf(t.KeySet, r.action.name, c.text()))
			w.win.Canvas().Focus(r.key)
		})
		w.win.Canvas().Focus(f.yes)
	}
}

// resetAll asks before all keys become what they were at first.
func (f *keysForm) resetAll() {
	t := f.w.words
	f.say(t.KeysResetSure, fynetheme.ColorNameWarning, t.KeysReset, func() {
		f.w.changeKeys(studio.Keys{})
		f.calm()
		f.w.win.Canvas().Focus(f.search)
	})
	f.w.win.Canvas().Focus(f.no)
}

func (f *keysForm) set(keys map[string]chord, sentence string) {
	f.w.setKeys(keys)
	f.say(sentence, theme.Quiet, "", nil)
}

// keysPage lists the keys. Its rows follow the keys, not the snapshots.
func (w *Window) keysPage() page {
	f := newKeysForm(w)
	w.keyList = f
	return page{symbol: theme.Keys, name: w.words.TabKeys, object: f.object, pieces: f.pieces(), apply: func(*studio.Snapshot) {}, fills: true}
}
