package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/server/wire"
	"vitrine/studio"
)

// chatPanel is what is said, and the box to say something. Somebody who scrolls up or chooses a line reads on undisturbed: what
// comes is counted.
type chatPanel struct {
	w      *Window
	object *fyne.Container
	feed   *widget.Feed
	empty  fyne.CanvasObject
	lines  []studio.Line // that are shown
	heard  int           // lines when they were taken
	seen   *studio.Room
	fresh  *widget.Button

	pinned, announced *banner
	box               *widget.Entry
	send              *widget.Button
	note              *remark
	reply             int64 // the line that is answered, 0 for none
	replyTo           *widget.Text
	replying          fyne.CanvasObject
	sending           bool
	waitUntil         time.Time // the room wants nothing before
	wrong             string    // why what was typed was not said
}

func newChatPanel(w *Window) *chatPanel {
	p := &chatPanel{w: w, feed: widget.NewFeed(true, 1)}
	p.feed.Keys = w.keys
	p.feed.Chosen, p.feed.Second, p.feed.Moved = p.menu, p.menu, func() { p.show(roomOf(w.snap)) }
	p.empty = widget.NewText(w.words.ChatEmpty, widget.Style{Color: theme.Quiet, Shrink: true})
	p.fresh = p.button("", theme.Down, widget.Primary, p.feed.Follow)
	p.pinned = newBanner(w, func() { w.tell(func(ctx context.Context) error { return w.desk.Pin(ctx, 0) }) })
	p.announced = newBanner(w, func() { w.tell(func(ctx context.Context) error { return w.desk.Announce(ctx, "") }) })
	over := container.NewBorder(nil, container.NewCenter(p.fresh), nil, nil)
	p.object = widget.Fill(6, widget.Stack(4, p.announced.object, p.pinned.object), container.NewStack(p.empty, p.feed, over), p.newBox())
	show(p.fresh, false)
	return p
}

// newBox is what lies below the lines: whom one answers, what is wrong, and the box with its buttons.
func (p *chatPanel) newBox() fyne.CanvasObject {
	t := p.w.words
	p.box = widget.NewEntry(t.SayHint)
	p.box.OnSubmitted = func(string) { p.say() }
	p.box.OnChanged = func(string) { p.wrong = ""; p.speak() }
	p.box.Keys = func(e *fyne.KeyEvent, down bool) {
		if down && e.Name == fyne.KeyEscape && p.reply != 0 {
			p.answer(0)
			return
		}
		p.w.keys(e, down)
	}
	p.send = p.button(t.Send, "", widget.Plain, p.say)
	more := p.button("", theme.More, widget.Plain, nil)
	more.OnTap(func() { p.w.pop(fyne.CurrentApp().Driver().AbsolutePositionForObject(more), p.modes()...) })
	p.note = newRemark()
	p.replyTo = widget.Caption("")
	p.replying = widget.Row(p.replyTo, p.button("", theme.Close, widget.Quiet, func() { p.answer(0) }))
	p.replying.Hide()
	return widget.Stack(4, p.replying, p.note.object, widget.Row(p.box, p.send, more))
}

func (p *chatPanel) button(text string, s theme.Symbol, k widget.Kind, do func()) *widget.Button {
	b := widget.NewButton(text, s, k, do)
	b.Keys = p.w.keys
	return b
}

func (p *chatPanel) root() fyne.CanvasObject { return p.object }

func (p *chatPanel) apply(r *studio.Room) {
	if r != p.seen {
		p.seen = r
		p.show(r)
	}
	p.speak()
}

// show shows the newest lines, or while somebody reads those that are there, without what was taken back.
func (p *chatPanel) show(r *studio.Room) {
	t := p.w.words
	if p.feed.Following() {
		p.lines, p.heard = r.Lines, r.Heard
	} else {
		p.lines = slices.Clone(p.lines)
		for i, l := range p.lines {
			if now := r.Line(l.N); now != nil {
				p.lines[i] = *now
			}
		}
	}
	p.feed.Set(t.posts(r, p.lines))
	show(p.empty, len(p.lines) == 0)
	news := max(0, r.Heard-p.heard)
	p.fresh.Set(fmt.Sprintf(t.NewLines, news), theme.Down, widget.Primary)
	show(p.fresh, news > 0)
	head, text := t.Pinned, ""
	if r.Pinned != nil {
		if r.Pinned.By != nil {
			head += " · " + r.Pinned.By.Name
		}
		if text = "…"; r.Pinned.Said != nil {
			text = r.Pinned.Said.Text
		}
	}
	p.pinned.set(head, text)
	p.announced.set(t.Announced, r.Announced)
}

// speak shows how the box stands.
func (p *chatPanel) speak() {
	t := p.w.words
	text := p.wrong
	if left := p.waitUntil.Sub(p.w.now()); left > 0 {
		text = fmt.Sprintf(t.WaitSeconds, seconds(left))
	}
	if over := utf8.RuneCountInString(strings.TrimSpace(p.box.Text)) - wire.MaxLine; over > 0 {
		text = fmt.Sprintf(t.TextLong, wire.MaxLine, over)
	}
	if p.note.say(text) {
		p.object.Refresh()
	}
}

// say says what was typed. It stays until the room has it.
func (p *chatPanel) say() {
	text, reply := strings.TrimSpace(p.box.Text), p.reply
	if text == "" || utf8.RuneCountInString(text) > wire.MaxLine || p.sending || p.w.now().Before(p.waitUntil) {
		return
	}
	p.sending = p.w.ask(gesture{
		do:   func(ctx context.Context) error { return p.w.desk.Say(ctx, text, reply) },
		done: func(err error) { p.said(text, err) },
		slow: true,
	})
}

func (p *chatPanel) said(text string, err error) {
	p.sending = false
	var refused *wire.Error
	switch {
	case err == nil:
		if strings.TrimSpace(p.box.Text) == text {
			p.box.SetText("")
		}
		p.answer(0)
	case errors.As(err, &refused) && refused.RetryAfter > 0:
		p.waitUntil = p.w.now().Add(refused.RetryAfter)
	default:
		p.wrong = p.w.sentence(err)
	}
	p.speak()
}

// answer makes what is said next an answer to a line; 0 to none.
func (p *chatPanel) answer(line int64) {
	p.reply = line
	if l := roomOf(p.w.snap).Line(line); l != nil && l.By != nil {
		p.replyTo.Set(fmt.Sprintf(p.w.words.ReplyTo, l.By.Name))
		p.w.win.Canvas().Focus(p.box)
	}
	show(p.replying, line != 0)
	p.object.Refresh()
}

// banner is a text above the chat that can be taken down.
type banner struct {
	object     fyne.CanvasObject
	head, text *widget.Text
}

func newBanner(w *Window, down func()) *banner {
	b := &banner{head: widget.Caption(""), text: widget.NewText("", widget.Style{Shrink: true})}
	off := widget.NewButton("", theme.Close, widget.Quiet, down)
	off.Keys = w.keys
	b.object = widget.NewBox(widget.Row(widget.Stack(0, b.head, b.text), off), theme.Chosen, "", fyne.NewSize(8, 3))
	b.object.Hide()
	return b
}

func (b *banner) set(head, text string) {
	b.head.Set(head)
	b.text.Set(text)
	show(b.object, text != "")
}
