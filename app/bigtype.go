package app

import (
	"fmt"

	"fyne.io/fyne/v2"
	fynetheme "fyne.io/fyne/v2/theme"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/studio"
)

// bigType is a window of its own with the chat, the questions and what is pinned in letters that are read from two metres: at that
// distance letters of 29 pixels look as 13 do at the desk's 90 cm.
type bigType struct {
	w        *Window
	win      fyne.Window
	chat     *widget.Feed
	asked    *widget.Feed
	pinned   *widget.Feed
	top      *fyne.Container // of pinned
	watching *widget.Text
	seen     *studio.Room
	bound    fyne.Shortcut // what closes it, nil for nothing
}

const (
	bigScale            = 2.2
	bigWidth, bigHeight = 1120, 680
)

// toggleBig opens the window with big letters, or closes it.
func (w *Window) toggleBig() {
	if w.big != nil {
		w.big.win.Close()
		return
	}
	b := &bigType{w: w, win: w.app.NewWindow(w.words.BigTitle)}
	w.big = b
	b.win.SetIcon(theme.Mark())
	b.win.SetPadded(false)
	b.win.SetOnClosed(func() { w.big = nil })
	c := b.win.Canvas()
	c.SetOnTypedKey(b.key)
	b.bind()
	b.build()
	b.win.Resize(fyne.NewSize(bigWidth, bigHeight))
	b.win.Show()
}

// build makes the content in the window's language.
func (b *bigType) build() {
	t := b.w.words
	b.seen = nil
	b.win.SetTitle(t.BigTitle)
	b.chat, b.asked, b.pinned = widget.NewFeed(true, bigScale), widget.NewFeed(false, bigScale), widget.NewFeed(false, bigScale)
	for _, f := range []*widget.Feed{b.chat, b.asked, b.pinned} {
		f.Keys = func(e *fyne.KeyEvent, down bool) {
			if down {
				b.key(e)
			}
		}
	}
	b.watching = widget.NewText("", widget.Style{Size: fynetheme.SizeNameHeadingText, Bold: true})
	questions := widget.NewText(t.BigQuestions, widget.Style{Size: fynetheme.SizeNameHeadingText, Bold: true, Color: theme.Quiet, Shrink: true})
	side := widget.NewBox(widget.Fill(6, questions, b.asked, nil), theme.Panel, theme.Edge, fyne.NewSize(14, 10))
	// Across both columns a pin of the usual length is read without scrolling.
	b.top = widget.Sized(fyne.NewSize(0, 130), b.pinned)
	main := widget.NewBox(b.chat, theme.Panel, theme.Edge, fyne.NewSize(14, 10))
	b.win.SetContent(widget.Inset(12, 12, widget.Fill(8, widget.Stack(6, b.watching, b.top), widget.Columns(12, main, side), nil)))
	b.apply(b.w.snap)
}

// bind has the key that opened the window close it.
func (b *bigType) bind() {
	c := b.win.Canvas()
	if b.bound != nil {
		c.RemoveShortcut(b.bound)
		b.bound = nil
	}
	if k := b.w.hot.chords[actBig]; k.mod != 0 {
		b.bound = k.shortcut()
		c.AddShortcut(b.bound, func(fyne.Shortcut) { b.win.Close() })
	}
}

// key closes the window with Escape, or with the key that opened it, and fills the screen with F11.
func (b *bigType) key(e *fyne.KeyEvent) {
	switch {
	case e.Name == fyne.KeyEscape, plainKey(e.Name) == b.w.hot.chords[actBig]:
		b.win.Close()
	case e.Name == fyne.KeyF11:
		b.win.SetFullScreen(!b.win.FullScreen())
	}
}

func (b *bigType) apply(s *studio.Snapshot) {
	t, r := b.w.words, roomOf(s)
	b.watching.Set(fmt.Sprintf(t.BigWatching, s.Audience.Viewers))
	if r == b.seen {
		return
	}
	b.seen = r
	if b.chat.Following() {
		b.chat.Set(t.posts(r, r.Lines))
	}
	var asked, pinned []widget.Post
	for _, q := range r.Questions {
		asked = append(asked, t.question(q))
	}
	b.asked.Set(asked)
	if r.Announced != "" {
		pinned = append(pinned, widget.Post{ID: 1, Over: t.Announced, Text: r.Announced, Marked: true})
	}
	if p := r.Pinned; p != nil && p.Said != nil {
		post := t.post(r, studio.Line{RoomEvent: *p})
		post.Over = t.Pinned
		pinned = append(pinned, post)
	}
	b.pinned.Set(pinned)
	show(b.top, len(pinned) > 0)
}
