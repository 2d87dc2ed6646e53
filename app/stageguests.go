package app

import (
	"fmt"
	"strings"

	"fyne.io/fyne/v2"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/server/wire"
	"vitrine/studio"
)

// guestsPanel is who would like to come on stage, and who is on it or on the way.
type guestsPanel struct {
	w      *Window
	object fyne.CanvasObject
	open   *widget.Toggle
	count  *widget.Text
	list   *fyne.Container
	rows   []guestRow
	shown  string     // which rows there are
	wide   wire.Alias // whose card shows all
}

// guestRow is somebody in the list.
type guestRow interface {
	root() fyne.CanvasObject
	apply(s *studio.Stage)
}

func newGuestsPanel(w *Window) *guestsPanel {
	p := &guestsPanel{w: w, list: widget.Stack(10), count: widget.Caption("")}
	t := w.words
	p.open = widget.NewToggle(t.StageOpen, func(on bool) { w.wish(wire.StageWish{Open: &wire.StageOpen{Open: on}}) })
	p.open.Keys = w.keys
	invite := w.button(t.StageInvite, widget.Plain, nil)
	w.under(invite, p.invitations)
	p.object = widget.Fill(8, widget.Stack(2, widget.Row(p.open, invite), p.count), scrolled(p.list), nil)
	return p
}

func (p *guestsPanel) root() fyne.CanvasObject { return p.object }

func (p *guestsPanel) faces(s *studio.Stage) (all []wire.SpotID) {
	for _, g := range s.Now.Guests {
		all = append(all, wire.SpotID(g.Alias))
	}
	return all
}

// mostInvitations is how many people the menu of invitations holds.
const mostInvitations = 18

// invitations offers those of the room who could come on stage, who spoke last first.
func (p *guestsPanel) invitations() (items []*fyne.MenuItem) {
	for _, one := range roomOf(p.w.snap).People {
		if item := p.w.inviteItem(one.Member); item != nil && len(items) < mostInvitations {
			item.Label = one.Name
			items = append(items, item)
		}
	}
	if len(items) == 0 {
		none := fyne.NewMenuItem(p.w.words.StageInviteNobody, nil)
		none.Disabled = true
		items = append(items, none)
	}
	return items
}

// inviteItem offers to invite somebody to the stage; nil where that makes no sense.
func (w *Window) inviteItem(m wire.Member) *fyne.MenuItem {
	now := stageOf(w.snap).Now
	if m.Role != "" || m.Alias == "" || m.Alias == roomOf(w.snap).Me.Alias {
		return nil
	}
	for _, g := range now.Guests {
		if g.Alias == m.Alias {
			return nil
		}
	}
	for _, g := range now.Applied {
		if g.Alias == m.Alias {
			return fyne.NewMenuItem(w.words.StageAdmitMenu, func() { w.wish(wire.StageWish{Admit: &wire.StageWho{Who: m.Alias}}) })
		}
	}
	return fyne.NewMenuItem(w.words.StageInviteMenu, func() { w.wish(wire.StageWish{Invite: &wire.StageWho{Who: m.Alias}}) })
}

func (p *guestsPanel) apply(s *studio.Stage) {
	t := p.w.words
	if p.w.settled(p.w.snap) {
		p.open.Set(s.Now.Open)
	}
	text := fmt.Sprintf(t.StageCount, 1+len(s.Now.Guests), wire.MaxOnStage)
	if s.Now.Waiting > len(s.Now.Applied) {
		text += " · " + fmt.Sprintf(t.StageWaitMore, s.Now.Waiting)
	}
	p.count.Set(text)
	p.build(s)
	for _, row := range p.rows {
		row.apply(s)
	}
}

// build makes the rows anew where others are to be seen.
func (p *guestsPanel) build(s *studio.Stage) {
	var key strings.Builder
	for _, g := range s.Now.Applied {
		key.WriteString("? " + string(g.Alias))
	}
	for _, g := range s.Now.Guests {
		key.WriteString("! " + string(g.Alias))
	}
	if key.String() == p.shown && p.list.Objects != nil {
		return
	}
	t := p.w.words
	kept := map[wire.Alias]guestRow{}
	for _, row := range p.rows {
		if c, ok := row.(*guestCard); ok {
			kept[c.who] = c
		}
	}
	p.shown, p.rows, p.list.Objects = key.String(), nil, nil
	add := func(row guestRow) {
		p.rows = append(p.rows, row)
		p.list.Add(row.root())
	}
	if len(s.Now.Applied) > 0 {
		p.list.Add(heading(t.StageApplied))
	}
	for _, g := range s.Now.Applied {
		add(newApplicant(p.w, g.Alias))
	}
	if len(s.Now.Guests) > 0 {
		p.list.Add(heading(t.StageOn))
	} else {
		p.list.Add(emptyState(t.StageEmpty, t.StageEmptyHint))
	}
	for _, g := range s.Now.Guests {
		if card := kept[g.Alias]; card != nil {
			add(card)
		} else {
			add(newGuestCard(p, g.Alias))
		}
	}
	p.list.Refresh()
}

// applicant is somebody who would like to come on stage.
type applicant struct {
	w          *Window
	who        wire.Alias
	object     *fyne.Container
	name, wait *widget.Text
	note       *widget.Paragraph
	noted      fyne.CanvasObject
}

func newApplicant(w *Window, who wire.Alias) *applicant {
	a := &applicant{w: w, who: who, name: widget.NewText("", widget.Style{Bold: true, Shrink: true})}
	t := w.words
	wait, waits := timer(84, widget.Style{Color: theme.Quiet, Size: theme.Small})
	a.wait = wait
	a.note = widget.NewParagraph("", theme.Quiet)
	a.noted = widget.Inset(-7, -7, a.note)
	admit := w.button(t.StageAdmit, widget.Primary, func() { w.wish(wire.StageWish{Admit: &wire.StageWho{Who: who}}) }).Low()
	turn := w.button(t.StageTurn, widget.Plain, func() { w.wish(wire.StageWish{Turn: &wire.StageWho{Who: who}}) }).Low()
	a.object = widget.Stack(4, widget.Row(a.name, waits), a.noted, widget.Columns(6, admit, turn))
	return a
}

func (a *applicant) root() fyne.CanvasObject { return a.object }

func (a *applicant) apply(s *studio.Stage) {
	for _, g := range s.Now.Applied {
		if g.Alias == a.who {
			a.name.Set(g.Name)
			a.wait.Set(fmt.Sprintf(a.w.words.StageWaits, a.w.sinceOn(g.Since)))
			if a.note.Text() != g.Note {
				a.note.Set(g.Note, theme.Quiet)
			}
			if reshow(a.noted, g.Note != "") {
				a.object.Refresh()
			}
		}
	}
}
