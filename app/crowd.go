package app

import (
	"context"
	"fmt"

	"fyne.io/fyne/v2"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/server/wire"
	"vitrine/studio"
)

// crowdPanel is who is there: staff, those who may not speak, and those who spoke last. The room tells names only of those who did
// something, of the others how many they are.
type crowdPanel struct {
	w       *Window
	object  fyne.CanvasObject
	count   *widget.Text
	feed    *widget.Feed
	silence *widget.Button
	lift    *widget.Button
	seen    *studio.Room
	ids     map[string]int64 // of a place in the list, by section and alias
	people  map[int64]wire.Member
	lifts   map[int64]bool // the row is that of somebody who may not speak
}

func newCrowdPanel(w *Window) *crowdPanel {
	p := &crowdPanel{w: w, feed: widget.NewFeed(false, 1), ids: map[string]int64{}}
	t := w.words
	p.count = widget.NewText("", widget.Style{Bold: true, Shrink: true})
	p.silence = widget.NewButton(t.Silence, "", widget.Plain, nil).Slim()
	p.silence.OnTap(func() {
		if m, ok := p.people[p.feed.Selected()]; ok {
			w.pop(fyne.CurrentApp().Driver().AbsolutePositionForObject(p.silence), w.silenceItem(m).ChildMenu.Items...)
		}
	})
	p.lift = widget.NewButton(t.Lift, "", widget.Plain, p.liftChosen).Slim()
	p.feed.Keys, p.silence.Keys, p.lift.Keys = w.keys, w.keys, w.keys
	p.feed.Chosen, p.feed.Second, p.feed.Moved = p.menu, p.menu, nil
	p.object = widget.Fill(6, p.count, p.feed, widget.Columns(6, p.silence, p.lift))
	return p
}

func (p *crowdPanel) root() fyne.CanvasObject { return p.object }

func (p *crowdPanel) apply(r *studio.Room) {
	if r != p.seen {
		p.seen = r
		p.show(r)
	}
	_, chosen := p.people[p.feed.Selected()]
	silent := p.lifts[p.feed.Selected()]
	p.silence.SetEnabled(chosen && !silent && p.people[p.feed.Selected()].Role == "")
	p.lift.SetEnabled(chosen && silent)
}

func (p *crowdPanel) show(r *studio.Room) {
	t := p.w.words
	p.count.Set(fmt.Sprintf(t.PeopleHere, r.Viewers))
	p.people, p.lifts = map[int64]wire.Member{}, map[int64]bool{}
	var posts []widget.Post
	section := ""
	add := func(name string, m wire.Member, text string) widget.Post {
		post := widget.Post{ID: p.id(name, m.Alias), Text: text, Ink: theme.Quiet}
		post.Head, post.Color = t.called(&m)
		if name != section {
			section, post.Over = name, name
		}
		p.people[post.ID] = m
		posts = append(posts, post)
		return post
	}
	if r.Me.Alias != "" {
		add(t.Staff, r.Me, "")
	}
	for _, one := range r.People {
		if one.Role != "" && one.Alias != r.Me.Alias {
			add(t.Staff, one.Member, "")
		}
	}
	silent := map[wire.Alias]bool{}
	for _, s := range r.Silenced {
		if s.Until == 0 || serverTime(s.Until, r).After(p.w.now()) {
			silent[s.Who.Alias] = true
			p.lifts[add(t.SilencedHeading, s.Who, t.silence(r, s)).ID] = true
		}
	}
	for _, one := range r.People {
		if one.Role == "" && !silent[one.Alias] {
			add(t.SpokeLast, one.Member, hourOf(one.At, r))
		}
	}
	p.feed.Set(posts)
}

// id is the same for somebody in a section as long as the panel lives.
func (p *crowdPanel) id(section string, alias wire.Alias) int64 {
	key := section + " " + string(alias)
	if p.ids[key] == 0 {
		p.ids[key] = int64(len(p.ids) + 1)
	}
	return p.ids[key]
}

// silence says how somebody may not speak.
func (t *words) silence(r *studio.Room, s wire.Silenced) string {
	text := t.SilencedForGood
	switch {
	case s.Ban && s.Until == 0:
		text = t.BannedForGood
	case s.Ban:
		text = fmt.Sprintf(t.BannedUntil, hourOf(s.Until, r))
	case s.Shadow:
		text = t.SilencedShadow
	case s.Until > 0:
		text = fmt.Sprintf(t.SilencedUntil, hourOf(s.Until, r))
	}
	if s.Reason != "" {
		text += " · " + s.Reason
	}
	return text
}

func (p *crowdPanel) menu(_ int64, at fyne.Position) {
	m, ok := p.people[p.feed.Selected()]
	switch {
	case !ok || m.Role != "":
	case p.lifts[p.feed.Selected()]:
		p.w.pop(at, fyne.NewMenuItem(p.w.words.Lift, p.liftChosen))
	default:
		items := p.w.silenceItem(m).ChildMenu.Items
		if invite := p.w.inviteItem(m); invite != nil {
			items = append([]*fyne.MenuItem{invite, fyne.NewMenuItemSeparator()}, items...)
		}
		p.w.pop(at, items...)
	}
}

func (p *crowdPanel) liftChosen() {
	m, ok := p.people[p.feed.Selected()]
	if ok {
		p.w.tell(func(ctx context.Context) error {
			return p.w.desk.Silence(ctx, wire.SilenceOne{Who: m.Alias, Lift: true})
		})
	}
}
