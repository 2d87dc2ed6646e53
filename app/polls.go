package app

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/server/wire"
	"vitrine/studio"
)

// pollsPanel starts polls, shows those that run and how the last have ended. A poll takes two clicks: the tab, and what is asked.
type pollsPanel struct {
	w        *Window
	object   fyne.CanvasObject
	question *widget.Entry
	lasts    *widget.Picker
	cards    *fyne.Container
	shown    []*pollCard
	open     int // of them, the first; −1 before the first snapshot
	empty    fyne.CanvasObject
	results  fyne.CanvasObject
}

// pollTimes are how long a poll may last, in seconds, in the order of the words' PollTimes; 0 until it is ended by hand.
var pollTimes = []int{30, 60, 180, 0}

func newPollsPanel(w *Window) *pollsPanel {
	p := &pollsPanel{w: w, cards: widget.Stack(10), open: -1}
	t := w.words
	p.question = widget.NewEntry(t.PollHint)
	p.lasts = widget.NewPicker(func(v string) { w.pollLasts = v })
	var times []widget.Choice
	for i, label := range strings.Split(t.PollTimes, "|") {
		times = append(times, widget.Choice{Value: fmt.Sprint(pollTimes[i]), Label: label})
	}
	if w.pollLasts == "" {
		w.pollLasts = times[1].Value
	}
	p.lasts.Set(times, w.pollLasts)
	preset := func(label, ask string, options ...string) *widget.Button {
		b := widget.NewButton(label, "", widget.Primary, func() {
			if said := strings.TrimSpace(p.question.Text); said != "" {
				ask = said
			}
			w.startPoll(ask, options)
			p.question.SetText("")
		}).Slim()
		b.Keys = w.keys
		return b
	}
	own := widget.NewButton(t.PollOwn, "", widget.Plain, p.own).Slim()
	own.Keys, p.question.Keys, p.lasts.Keys = w.keys, w.keys, w.keys
	p.empty = paragraph(t.NoPolls)
	p.results = heading(t.PollResults)
	head := widget.Stack(6, widget.Row(p.question, p.lasts),
		widget.Columns(4, preset(t.PollYesNo, t.PollAskYesNo, t.Yes, t.No), preset(t.PollAB, t.PollAskAB, "A", "B"), own))
	p.object = widget.Fill(10, head, scrolled(p.cards), nil)
	return p
}

func (p *pollsPanel) root() fyne.CanvasObject { return p.object }

// startPoll starts a poll that lasts as long as the host chose.
func (w *Window) startPoll(question string, options []string) {
	poll := wire.StartPoll{Question: question, Options: options}
	for _, s := range pollTimes {
		if fmt.Sprint(s) == w.pollLasts {
			poll.Seconds = s
		}
	}
	w.tell(func(ctx context.Context) error { return w.desk.StartPoll(ctx, poll) })
}

// ownOptions is how many options the sheet asks for.
const ownOptions = 4

// own asks for a poll's question and options.
func (p *pollsPanel) own() {
	w, t := p.w, p.w.words
	if w.sheet != nil {
		return
	}
	question := widget.NewEntry("")
	question.SetText(p.question.Text)
	fields, pieces := []fyne.CanvasObject{field(t.PollQuestion, question)}, []fyne.CanvasObject{question}
	var entries []*widget.Entry
	for i := range ownOptions {
		label := t.PollOption
		if i >= 2 {
			label = t.PollOptionOpt
		}
		e := widget.NewEntry("")
		entries = append(entries, e)
		fields, pieces = append(fields, field(fmt.Sprintf(label, i+1), e)), append(pieces, e)
	}
	w.form(t.PollTitle, widget.Stack(8, fields...), question, t.PollStart, func() string {
		var options []string
		for _, e := range entries {
			if text := strings.TrimSpace(e.Text); text != "" {
				options = append(options, text)
			}
		}
		if strings.TrimSpace(question.Text) == "" || len(options) < 2 {
			return t.PollWrong
		}
		w.startPoll(strings.TrimSpace(question.Text), options)
		p.question.SetText("")
		return ""
	}, pieces...)
}

func (p *pollsPanel) apply(r *studio.Room) {
	all := append(slices.Clone(r.Polls), r.Ended...)
	if p.open != len(r.Polls) || !slices.EqualFunc(p.shown, all, func(c *pollCard, o wire.OpenPoll) bool { return c.n == o.N }) {
		p.build(r, all)
	}
	for i, c := range p.shown {
		c.apply(p.w, r, all[i], i < len(r.Polls))
	}
}

// build makes a card for each poll: those that run, then the results.
func (p *pollsPanel) build(r *studio.Room, all []wire.OpenPoll) {
	p.open, p.shown, p.cards.Objects = len(r.Polls), nil, nil
	if len(r.Polls) == 0 {
		p.cards.Add(p.empty)
	}
	for i, o := range all {
		if i == len(r.Polls) {
			p.cards.Add(p.results)
		}
		c := newPollCard(p.w, o)
		p.shown = append(p.shown, c)
		p.cards.Add(c.object)
	}
	p.cards.Refresh()
}

// pollCard is a poll with a bar for each option.
type pollCard struct {
	n      int64
	object fyne.CanvasObject
	note   *widget.Text
	end    *widget.Button
	values []*widget.Text
	bars   []*widget.Progress
}

func newPollCard(w *Window, o wire.OpenPoll) *pollCard {
	c := &pollCard{n: o.N, note: widget.Caption("")}
	c.end = widget.NewButton(w.words.PollEnd, theme.Stop, widget.Plain, func() {
		w.tell(func(ctx context.Context) error { return w.desk.EndPoll(ctx, o.N) })
	}).Slim()
	c.end.Keys = w.keys
	rows := []fyne.CanvasObject{widget.Row(widget.Stack(0, widget.NewText(o.Question, widget.Style{Bold: true, Shrink: true}), c.note), c.end)}
	for _, option := range o.Options {
		value := widget.NewText("", widget.Style{Size: theme.Small, Color: theme.Quiet})
		bar := widget.NewProgress()
		c.values, c.bars = append(c.values, value), append(c.bars, bar)
		rows = append(rows, widget.Stack(2, widget.Row(widget.NewText(option, widget.Style{Shrink: true}), value), bar))
	}
	c.object = widget.Stack(5, rows...)
	return c
}

func (c *pollCard) apply(w *Window, r *studio.Room, o wire.OpenPoll, open bool) {
	t, all := w.words, sum(o.Counts)
	note := fmt.Sprintf(t.PollVotes, all)
	if open {
		left := t.PollOpen
		if o.Until > 0 {
			s := max(0, seconds(serverTime(o.Until, r).Sub(w.now()).Truncate(100*time.Millisecond)))
			left = fmt.Sprintf(t.PollLeft, s/60, s%60)
		}
		note += " · " + left
	}
	c.note.Set(note)
	show(c.end, open)
	for i := range c.bars {
		share := 0.0
		if all > 0 && i < len(o.Counts) {
			share = float64(o.Counts[i]) / float64(all)
		}
		c.bars[i].Set(share)
		if i < len(o.Counts) {
			c.values[i].Set(fmt.Sprintf(t.PollShare, o.Counts[i], 100*share))
		}
	}
}
