package app

import (
	"fmt"
	"slices"
	"strings"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/server/wire"
	"vitrine/studio"
)

// post is a line as it is read: messages in full colour, what happened beside them in a quieter one.
func (t *words) post(r *studio.Room, l studio.Line) widget.Post {
	p := widget.Post{ID: l.N, Ink: theme.Quiet}
	p.Head, p.Color = t.called(l.By)
	if l.About != "" {
		p.Over = fmt.Sprintf(t.About, l.About)
	}
	switch {
	case l.Removed:
		p.Text, p.Over = t.TakenBack, ""
	case l.Said != nil:
		p.Text, p.Ink = l.Said.Text, ""
		p.Marked = l.Said.Highlight || r.Pinned != nil && r.Pinned.N == l.N || slices.Contains(l.Said.Mentions, r.Me.Alias)
	case l.Announced != nil:
		p.Text, p.Marked = fmt.Sprintf(t.SaysAnnounced, l.Announced.Text), true
	case l.Asked != nil:
		p.Text, p.Ink = fmt.Sprintf(t.SaysAsked, l.Asked.Text), ""
	case l.Answered != nil && l.Answered.Text == "":
		p.Text = t.SaysAloud
	case l.Answered != nil:
		p.Text, p.Ink = fmt.Sprintf(t.SaysAnswered, l.Answered.Text), ""
	case l.Polled != nil:
		p.Text = fmt.Sprintf(t.SaysPoll, l.Polled.Question)
	case l.PollEnded != nil:
		p.Text = fmt.Sprintf(t.SaysResult, t.result(r, l.PollEnded))
	case l.Gifted != nil:
		p.Text, p.Marked = t.gift(r, l.Gifted), true
	case l.Silenced != nil:
		p.Head, p.Color = t.called(&l.Silenced.Who)
		p.Text = t.silenced(r, *l.Silenced)
	}
	return p
}

// result is how a poll has ended, the most wanted first; the poll's number where it is not known.
func (t *words) result(r *studio.Room, e *wire.PollEnded) string {
	i := slices.IndexFunc(r.Ended, func(p wire.OpenPoll) bool { return p.N == e.Poll })
	if i < 0 {
		return fmt.Sprintf(t.PollVotes, sum(e.Counts))
	}
	poll := r.Ended[i]
	order := make([]int, 0, len(poll.Options))
	for o := range poll.Options {
		if o < len(e.Counts) {
			order = append(order, o)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return int(e.Counts[b] - e.Counts[a]) })
	var parts []string
	for _, o := range order {
		parts = append(parts, fmt.Sprintf(t.Counted, poll.Options[o], e.Counts[o]))
	}
	return strings.Join(parts, " · ")
}

func sum(counts []int64) (n int64) {
	for _, c := range counts {
		n += c
	}
	return n
}

func (t *words) gift(r *studio.Room, g *wire.Gifted) string {
	name := string(g.Gift)
	if i := slices.IndexFunc(r.Gifts, func(one wire.Gift) bool { return one.ID == g.Gift }); i >= 0 {
		name = r.Gifts[i].Emoji + " " + r.Gifts[i].Name
	}
	if g.Combo > g.Count {
		return fmt.Sprintf(t.SaysCombo, name, g.Count, g.Combo)
	}
	return fmt.Sprintf(t.SaysGift, name, g.Count)
}

func (t *words) silenced(r *studio.Room, s wire.Silenced) string {
	switch {
	case s.Lifted:
		return t.SaysLifted
	case s.Ban:
		return t.SaysBanned
	case s.Until == 0:
		return t.SaysForGood
	}
	return fmt.Sprintf(t.SaysSilenced, hourOf(s.Until, r))
}
