package app

import (
	"context"
	"fmt"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"vitrine/app/widget"
	"vitrine/server/wire"
	"vitrine/studio"
)

// queuePanel is what waits for a moderator, the oldest first: keys publish, refuse and escalate what is chosen, Up and Down
// choose. After a decision the next one is chosen.
type queuePanel struct {
	w       *Window
	object  fyne.CanvasObject
	feed    *widget.Feed
	empty   fyne.CanvasObject
	buttons []*widget.Button
	seen    *studio.Room
	judged  map[int64]bool // asked of the room, not yet in the log
}

// decisions go with the buttons, and have their keys from the actions.
var decisions = []struct {
	action   string
	decision wire.Decision
}{{actPublish, wire.Publish}, {actRefuse, wire.Refuse}, {actEscalate, wire.Escalate}}

func newQueuePanel(w *Window) *queuePanel {
	p := &queuePanel{w: w, feed: widget.NewFeed(false, 1), judged: map[int64]bool{}}
	t := w.words
	p.empty = emptyState(t.QueueEmpty, t.QueueEmptyHint)
	p.feed.Keys = p.keys
	for i := range decisions {
		b := widget.NewButton("", "", widget.Plain, func() { p.judge(decisions[i].decision) }).Slim()
		b.Keys = p.keys
		p.buttons = append(p.buttons, b)
	}
	p.label()
	p.object = widget.Fill(6, nil, container.NewStack(p.empty, p.feed), widget.Row(p.buttons[0], p.buttons[1], p.buttons[2]))
	return p
}

// label writes the decisions and their keys on the buttons.
func (p *queuePanel) label() {
	t := p.w.words
	for i, name := range []string{t.Publish, t.Refuse, t.Escalate} {
		if c := p.w.hot.chords[decisions[i].action]; c.key != "" {
			name += " " + c.text()
		}
		p.buttons[i].Set(name, "", p.rank(i))
	}
}

// rank is that of the button of a decision: to publish is what the queue is for.
func (p *queuePanel) rank(i int) widget.Kind {
	if i == 0 {
		return widget.Primary
	}
	return widget.Plain
}

func (p *queuePanel) root() fyne.CanvasObject { return p.object }

func (p *queuePanel) apply(r *studio.Room) {
	if r == p.seen {
		return
	}
	p.seen = r
	p.show(r)
}

func (p *queuePanel) show(r *studio.Room) {
	waiting := map[int64]bool{}
	posts := make([]widget.Post, 0, len(r.Held))
	for _, e := range r.Held {
		waiting[e.N] = true
		if !p.judged[e.N] {
			posts = append(posts, p.w.words.held(r, e))
		}
	}
	for n := range p.judged {
		if !waiting[n] {
			delete(p.judged, n)
		}
	}
	p.feed.Set(posts)
	if p.feed.Selected() == 0 && len(posts) > 0 {
		p.feed.Select(posts[0].ID)
	}
	show(p.empty, len(posts) == 0)
	for _, b := range p.buttons {
		b.SetEnabled(len(posts) > 0)
	}
}

// held is a held message as it is read.
func (t *words) held(r *studio.Room, e studio.Held) widget.Post {
	p := widget.Post{ID: e.N}
	p.Head, p.Color = t.called(e.By)
	h := e.Held
	p.Text = h.Text
	var why []string
	if e.Escalated {
		why = append(why, t.Escalated)
	}
	if h.Line > 0 {
		why = append(why, t.HeldReported)
	}
	switch class := t.class(h.Class); {
	case class != "" && h.Score >= worthSaying:
		why = append(why, fmt.Sprintf(t.HeldScore, class, 100*h.Score))
	case class != "":
		why = append(why, class)
	}
	if h.Why != "" {
		why = append(why, h.Why)
	}
	p.Under = strings.Join(append(why, hourOf(e.At, r)), " · ")
	return p
}

// worthSaying is how sure the classifier has to be for its figure to tell anything: below half it speaks against the rule that held
// the message.
const worthSaying = 0.5

// class is what a kind of message is called; those that are not known keep their name.
func (t *words) class(class string) string {
	for one := range strings.SplitSeq(t.HeldClasses, "|") {
		if id, name, _ := strings.Cut(one, "="); id == class {
			return name
		}
	}
	return class
}

// keys takes the keys of somebody who goes through the queue.
func (p *queuePanel) keys(e *fyne.KeyEvent, down bool) {
	if down && p.typed(e) {
		return
	}
	p.w.keys(e, down)
}

func (p *queuePanel) typed(e *fyne.KeyEvent) bool {
	if p.w.sheet != nil {
		return false
	}
	if e.Name == fyne.KeyUp || e.Name == fyne.KeyDown {
		p.w.win.Canvas().Focus(p.feed)
		p.feed.TypedKey(e)
		return true
	}
	return false
}

// atQueue says whether the queue can be seen and reached.
func (w *Window) atQueue() bool {
	return w.sheet == nil && w.side.at == roomSide && w.room.at == queueTab
}

// judgeChosen decides about the chosen message if the queue can be seen, else shows it.
func (w *Window) judgeChosen(d wire.Decision) {
	if w.atQueue() {
		w.room.queue.judge(d)
		return
	}
	w.openRoom(queueTab)
}

// judge decides about the chosen message and goes on to the next.
func (p *queuePanel) judge(d wire.Decision) {
	n := p.feed.Selected()
	if n == 0 {
		return
	}
	p.judged[n] = p.w.ask(gesture{
		do:   func(ctx context.Context) error { return p.w.desk.Judge(ctx, n, d, "") },
		done: func(err error) { p.decided(n, d, err) },
		slow: true,
	})
	rows := p.feed.Posts()
	for i, row := range rows {
		if row.ID == n && i+1 < len(rows) {
			p.feed.Select(rows[i+1].ID)
		}
	}
	p.show(roomOf(p.w.snap))
}

// decided shows again what the room did not decide, and what waits on because it was escalated.
func (p *queuePanel) decided(n int64, d wire.Decision, err error) {
	if err != nil {
		p.w.toast.say(p.w.sentence(err))
	}
	if err != nil || d == wire.Escalate {
		delete(p.judged, n)
		p.show(roomOf(p.w.snap))
	}
}
