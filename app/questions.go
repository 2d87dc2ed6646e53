package app

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"vitrine/app/widget"
	"vitrine/server/wire"
	"vitrine/studio"
)

// questionsPanel is what the audience asks, the most wanted first. The buttons are about the question that is chosen, or the first.
type questionsPanel struct {
	w       *Window
	object  fyne.CanvasObject
	feed    *widget.Feed
	empty   fyne.CanvasObject
	buttons []*widget.Button
	seen    *studio.Room
}

func newQuestionsPanel(w *Window) *questionsPanel {
	p := &questionsPanel{w: w, feed: widget.NewFeed(false, 1)}
	t := w.words
	p.empty = emptyState(t.NoQuestions, t.NoQuestionsHint)
	p.buttons = []*widget.Button{
		widget.NewButton(t.Aloud, "", widget.Primary, p.aloud).Slim(),
		widget.NewButton(t.AnswerText, "", widget.Plain, p.write).Slim(),
		widget.NewButton(t.MakePoll, "", widget.Plain, p.poll).Slim(),
	}
	p.feed.Keys = w.keys
	p.feed.Second = func(_ int64, at fyne.Position) { p.menu(at) }
	p.feed.Chosen = p.feed.Second
	for _, b := range p.buttons {
		b.Keys = w.keys
	}
	p.object = widget.Fill(6, nil, container.NewStack(p.empty, p.feed), widget.Row(p.buttons[0], p.buttons[1], p.buttons[2]))
	return p
}

func (p *questionsPanel) root() fyne.CanvasObject { return p.object }

func (p *questionsPanel) apply(r *studio.Room) {
	if r == p.seen {
		return
	}
	p.seen = r
	posts := make([]widget.Post, 0, len(r.Questions))
	for _, q := range r.Questions {
		posts = append(posts, p.w.words.question(q))
	}
	p.feed.Set(posts)
	show(p.empty, len(posts) == 0)
	for _, b := range p.buttons {
		b.SetEnabled(len(posts) > 0)
	}
}

// question is a question as it is read.
func (t *words) question(q wire.OpenQuestion) widget.Post {
	post := widget.Post{ID: q.N, Lead: strconv.Itoa(q.Votes), Text: q.Text, Under: q.By.Name}
	if q.Votes > 1 {
		post.Under = fmt.Sprintf(t.Asked, q.By.Name, q.Votes)
	}
	return post
}

// current is the question that is chosen, or the first.
func (p *questionsPanel) current() (q wire.OpenQuestion, ok bool) {
	for i, one := range roomOf(p.w.snap).Questions {
		if i == 0 || one.N == p.feed.Selected() {
			q, ok = one, true
		}
	}
	return q, ok
}

func (p *questionsPanel) aloud() {
	if q, ok := p.current(); ok {
		p.w.tell(func(ctx context.Context) error { return p.w.desk.AnswerQuestion(ctx, q.N, "") })
	}
}

// write asks for the text of an answer.
func (p *questionsPanel) write() {
	q, ok := p.current()
	w, t := p.w, p.w.words
	if !ok || w.sheet != nil {
		return
	}
	text := widget.NewEntry("")
	w.form(t.AnswerTitle, widget.Stack(8, flush(q.Text), field(t.AnswerField, text)), text, t.Send, func() string {
		answer := strings.TrimSpace(text.Text)
		switch over := utf8.RuneCountInString(answer) - wire.MaxLine; {
		case answer == "":
			return t.AnswerNone
		case over > 0:
			return fmt.Sprintf(t.TextLong, wire.MaxLine, over)
		}
		w.tell(func(ctx context.Context) error { return w.desk.AnswerQuestion(ctx, q.N, answer) })
		return ""
	}, text)
}

// poll asks everybody what one asks.
func (p *questionsPanel) poll() {
	if q, ok := p.current(); ok {
		p.w.startPoll(q.Text, []string{p.w.words.Yes, p.w.words.No})
		p.w.room.choose(pollsTab)
	}
}

func (p *questionsPanel) menu(at fyne.Position) {
	q, ok := p.current()
	if !ok {
		return
	}
	w, t := p.w, p.w.words
	items := []*fyne.MenuItem{
		fyne.NewMenuItem(t.Aloud, p.aloud), fyne.NewMenuItem(t.AnswerText, p.write), fyne.NewMenuItem(t.MakePoll, p.poll),
		fyne.NewMenuItemSeparator(),
		fyne.NewMenuItem(t.TakeBack, func() {
			w.tell(func(ctx context.Context) error { return w.desk.RemoveLine(ctx, q.N, "") })
		}),
	}
	if q.By.Role == "" {
		items = append(items, w.silenceItem(q.By))
	}
	w.pop(at, items...)
}
