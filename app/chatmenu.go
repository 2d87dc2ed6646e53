package app

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"fyne.io/fyne/v2"

	"vitrine/app/widget"
	"vitrine/server/wire"
	"vitrine/studio"
)

// menu offers what the staff can do with a line.
func (p *chatPanel) menu(id int64, at fyne.Position) {
	r, w, t := roomOf(p.w.snap), p.w, p.w.words
	l := r.Line(id)
	if l == nil {
		return
	}
	line := func(label string, do func(context.Context, int64) error) *fyne.MenuItem {
		return fyne.NewMenuItem(label, func() { w.tell(func(ctx context.Context) error { return do(ctx, id) }) })
	}
	var items []*fyne.MenuItem
	if l.Said != nil && !l.Removed {
		items = append(items, fyne.NewMenuItem(t.Reply, func() { p.answer(id) }))
		if r.Pinned != nil && r.Pinned.N == id {
			items = append(items, line(t.Unpin, func(ctx context.Context, _ int64) error { return w.desk.Pin(ctx, 0) }))
		} else {
			items = append(items, line(t.Pin, w.desk.Pin))
		}
		items = append(items, line(t.Highlight, w.desk.Highlight))
	}
	if (l.Said != nil || l.Asked != nil) && !l.Removed {
		items = append(items, fyne.NewMenuItemSeparator(), line(t.TakeBack, func(ctx context.Context, n int64) error { return w.desk.RemoveLine(ctx, n, "") }))
	}
	if l.By != nil && l.By.Role == "" {
		items = append(items, w.silenceItem(*l.By))
		if invite := w.inviteItem(*l.By); invite != nil {
			items = append(items, invite)
		}
	}
	w.pop(at, items...)
}

// silences are what the menu offers, in the order of the words' SilenceTimes.
var silences = []time.Duration{time.Minute, 10 * time.Minute, time.Hour, 0}

// silenceItem offers how long somebody may not speak.
func (w *Window) silenceItem(m wire.Member) *fyne.MenuItem {
	t := w.words
	one := func(label string, s wire.SilenceOne) *fyne.MenuItem {
		s.Who = m.Alias
		return fyne.NewMenuItem(label, func() { w.tell(func(ctx context.Context) error { return w.desk.Silence(ctx, s) }) })
	}
	var items []*fyne.MenuItem
	for i, label := range strings.Split(t.SilenceTimes, "|") {
		items = append(items, one(label, wire.SilenceOne{Seconds: int(silences[i].Seconds())}))
	}
	item := fyne.NewMenuItem(t.Silence, nil)
	item.ChildMenu = fyne.NewMenu("", append(items, one(t.SilenceShadow, wire.SilenceOne{Shadow: true}), fyne.NewMenuItemSeparator(),
		one(t.Ban, wire.SilenceOne{Ban: true}))...)
	return item
}

// pauses are the slow modes that the menu offers, in seconds.
var pauses = []int{wire.ShortestPause, wire.UsualPause, 5, 10, 30, wire.LongestPause}

// modes offers who may say what, how often, and an announcement.
func (p *chatPanel) modes() []*fyne.MenuItem {
	w, t, m := p.w, p.w.words, roomOf(p.w.snap).Modes
	set := func(label string, on bool, m wire.Modes) *fyne.MenuItem {
		i := fyne.NewMenuItem(label, func() { w.tell(func(ctx context.Context) error { return w.desk.SetModes(ctx, m) }) })
		i.Checked = on
		return i
	}
	slow := fyne.NewMenuItem(t.ModePause, nil)
	slow.ChildMenu = fyne.NewMenu("")
	for _, n := range pauses {
		next := m
		next.Pause = n
		slow.ChildMenu.Items = append(slow.ChildMenu.Items, set(fmt.Sprintf(t.ModePauses, n), m.Pause == n, next))
	}
	followers, emoji, paused := m, m, m
	followers.Followers, emoji.Emoji, paused.Paused = !m.Followers, !m.Emoji, !m.Paused
	return []*fyne.MenuItem{
		fyne.NewMenuItem(t.Announce, w.announce), fyne.NewMenuItem(t.YourName, w.nameInRoom),
		fyne.NewMenuItem(t.RulesMenu, w.openRules), fyne.NewMenuItemSeparator(), slow,
		set(t.ModeFollowers, m.Followers, followers), set(t.ModeEmoji, m.Emoji, emoji), set(t.ModePaused, m.Paused, paused),
		fyne.NewMenuItemSeparator(), fyne.NewMenuItem(t.BigType, w.toggleBig),
	}
}

// announce asks for the text of an announcement.
func (w *Window) announce() {
	t := w.words
	text := widget.NewEntry("")
	text.SetText(roomOf(w.snap).Announced)
	w.form(t.AnnounceTitle, field(t.AnnounceText, text), text, t.Save, func() string {
		if over := utf8.RuneCountInString(text.Text) - wire.MaxLine; over > 0 {
			return fmt.Sprintf(t.TextLong, wire.MaxLine, over)
		}
		w.tell(func(ctx context.Context) error { return w.desk.Announce(ctx, strings.TrimSpace(text.Text)) })
		return ""
	}, text)
}

// nameInRoom asks how the host is to be called in the room.
func (w *Window) nameInRoom() {
	t := w.words
	name := widget.NewEntry("")
	name.SetText(roomOf(w.snap).Me.Name)
	w.form(t.YourNameTitle, field(t.YourNameText, name), name, t.Save, func() string {
		text := strings.TrimSpace(name.Text)
		if n := utf8.RuneCountInString(text); n < 1 || n > wire.MaxName {
			return fmt.Sprintf(t.YourNameWrong, wire.MaxName)
		}
		w.tell(func(ctx context.Context) error { return w.desk.CallMe(ctx, text) })
		return ""
	}, name)
}

// posts are lines as they are read.
func (t *words) posts(r *studio.Room, lines []studio.Line) []widget.Post {
	all := make([]widget.Post, 0, len(lines))
	for _, l := range lines {
		all = append(all, t.post(r, l))
	}
	return all
}
