package app

import (
	"fmt"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/server/wire"
	"vitrine/studio"
)

// battlePanel is the desk of battles: calls at its top, below them the way to an opponent, or the link with those that there are.
type battlePanel struct {
	w      *Window
	object *fyne.Container
	calls  *fyne.Container
	strip  *container.Scroll // of the calls
	cards  []*callCard
	desk   *battleDesk
	ring   *battleRing
}

// callsHigh is how high calls are together at most, in pixels, before they scroll.
const callsHigh = 138

func newBattlePanel(w *Window) *battlePanel {
	p := &battlePanel{w: w, calls: widget.Stack(8), desk: newBattleDesk(w), ring: newBattleRing(w)}
	p.strip = container.NewVScroll(p.calls)
	p.strip.Hide()
	p.object = widget.Fill(8, p.strip, container.NewStack(p.desk.object, p.ring.object), nil)
	return p
}

func (p *battlePanel) root() fyne.CanvasObject { return p.object }

func (p *battlePanel) faces(s *studio.Stage) (all []wire.SpotID) {
	if b := s.Now.Battle; b != nil {
		for _, c := range b.Corners {
			if c.ID != b.Us {
				all = append(all, wire.SpotID(c.ID))
			}
		}
	}
	return all
}

func (p *battlePanel) apply(s *studio.Stage) {
	calls := slices.Clone(s.Now.Calls)
	slices.SortStableFunc(calls, func(a, b wire.BattleCall) int { return urgency(a) - urgency(b) })
	if !slices.EqualFunc(p.cards, calls, func(c *callCard, d wire.BattleCall) bool { return c.id == d.ID }) {
		p.cards, p.calls.Objects = nil, nil
		for _, c := range calls {
			card := newCallCard(p.w, c)
			p.cards = append(p.cards, card)
			p.calls.Add(card.object)
		}
		show(p.strip, len(calls) > 0)
		p.strip.SetMinSize(fyne.NewSize(0, min(p.calls.MinSize().Height, callsHigh)))
		p.calls.Refresh()
		p.object.Refresh()
	}
	for i, c := range calls {
		p.cards[i].apply(c)
	}
	show(p.desk.object, s.Now.Battle == nil)
	show(p.ring.object, s.Now.Battle != nil)
	if s.Now.Battle == nil {
		p.desk.apply(s)
	} else {
		p.ring.apply(s, s.Now.Battle)
	}
}

// urgency puts calls that wait for the host before the host's own.
func urgency(c wire.BattleCall) int {
	if c.Ours {
		return 1
	}
	return 0
}

// callCard is a call: a banner while it waits for the host, a line while it waits for others.
type callCard struct {
	w      *Window
	id     wire.BattleID
	object fyne.CanvasObject
	left   *widget.Text
	bar    *widget.Progress
}

func newCallCard(w *Window, c wire.BattleCall) *callCard {
	t := w.words
	card := &callCard{w: w, id: c.ID, bar: widget.NewProgress()}
	var left fyne.CanvasObject
	card.left, left = timer(40, widget.Style{Bold: true, Color: theme.Ring})
	drop := func() { w.wish(wire.StageWish{DropCall: &wire.BattleNamed{ID: c.ID}}) }
	if c.Ours {
		back := w.button(t.BattleTakeBack, widget.Plain, drop).Low()
		text := widget.NewText(fmt.Sprintf(t.BattleCalling, roomNames(c.To)), widget.Style{Size: theme.Small, Shrink: true})
		card.object = widget.Stack(4, widget.Row(text, left, back), card.bar)
		return card
	}
	take := w.button(t.BattleTake, widget.Primary, func() { w.wish(wire.StageWish{TakeCall: &wire.BattleNamed{ID: c.ID}}) })
	refuse := w.button(t.BattleRefuse, widget.Plain, drop)
	block := w.button(t.BattleBlock, widget.Quiet, func() {
		w.block(c.From)
		drop()
	})
	lines := []fyne.CanvasObject{widget.Row(widget.NewText(fmt.Sprintf(t.BattleCalls, roomName(c.From)), widget.Style{Bold: true, Shrink: true}), left)}
	if note := roomNote(c.From); note != "" {
		lines = append(lines, widget.Caption(note))
	}
	if too := without(c.To, wire.BattleRoom{Show: w.snap.Settings.Server.Show}); len(too) > 0 && len(c.To) > 1 {
		lines = append(lines, widget.Caption(fmt.Sprintf(t.BattleCallsToo, roomNames(too))))
	}
	lines = append(lines, card.bar, widget.Columns(4, take, refuse, block))
	card.object = widget.NewBox(widget.Stack(5, lines...), theme.Chosen, theme.Accent, fyne.NewSize(10, 8))
	return card
}

func (c *callCard) apply(call wire.BattleCall) {
	c.left.Set(c.w.leftOn(call.Until))
	c.bar.Set(c.w.share(call.Until, wire.AnswerWithin.Milliseconds()))
}

// share is how much of a time of so many ms is left until a time of the server's in Unix ms.
func (w *Window) share(until, of int64) float64 {
	left := until - w.serverNow().UnixMilli()
	return min(1, max(0, float64(left/100*100)/float64(max(1, of))))
}

// deskOf is whom the host fights with, as the room tells it.
func deskOf(s *studio.Stage) wire.BattleDesk {
	if s.Now.Desk == nil {
		return wire.BattleDesk{}
	}
	return *s.Now.Desk
}

// same says that two rooms are one.
func same(a, b wire.BattleRoom) bool { return a.Show == b.Show && a.Server == b.Server }

// without is a list without a room.
func without(list []wire.BattleRoom, r wire.BattleRoom) []wire.BattleRoom {
	return slices.DeleteFunc(slices.Clone(list), func(o wire.BattleRoom) bool { return same(o, r) })
}

// block keeps a host from calling.
func (w *Window) block(r wire.BattleRoom) {
	w.changeDesk(func(d *wire.BattleDesk) {
		d.Friends, d.Blocked = without(d.Friends, r), append(without(d.Blocked, r), r)
	})
}

// changeDesk changes whom the host fights with, on top of what the host wanted before.
func (w *Window) changeDesk(edit func(*wire.BattleDesk)) {
	d := w.stage.panels[battleTab].(*battlePanel).desk
	if !d.send.sending && !w.now().Before(d.until) { // the room has told what was wanted before
		d.wanted = deskOf(stageOf(w.snap))
	}
	edit(&d.wanted)
	d.until = w.now().Add(tellsWithin)
	desk := d.wanted
	d.send.send(wire.StageWish{Desk: &desk})
}

// roomName is what a host is called.
func roomName(r wire.BattleRoom) string {
	switch {
	case r.Name != "":
		return r.Name
	case r.Title != "":
		return r.Title
	}
	return string(r.Show)
}

func roomNames(list []wire.BattleRoom) string {
	names := make([]string, len(list))
	for i, r := range list {
		names[i] = roomName(r)
	}
	return some(names)
}

// roomNote is what else is known of a host: the show, and the server where it is another one.
func roomNote(r wire.BattleRoom) string {
	var parts []string
	if r.Title != "" && r.Title != roomName(r) {
		parts = append(parts, r.Title)
	}
	if r.Server != "" {
		_, host, found := strings.Cut(r.Server, "://")
		if !found {
			host = r.Server
		}
		parts = append(parts, host)
	}
	return strings.Join(parts, " · ")
}

// cornerName is what a host in a battle is called.
func cornerName(c wire.BattleCorner) string {
	if c.Room.Name == "" && c.Room.Title == "" && c.Room.Show == "" {
		return string(c.ID)
	}
	return roomName(c.Room)
}

// ours is the host's own corner, nil where the battle has none.
func ours(b *wire.Battle) *wire.BattleCorner {
	if b == nil {
		return nil
	}
	for i := range b.Corners {
		if b.Corners[i].ID == b.Us {
			return &b.Corners[i]
		}
	}
	return nil
}

// toAgree says that a challenge waits for the host's answer.
func toAgree(b *wire.Battle) bool {
	us := ours(b)
	return us != nil && b.Phase == wire.BattleChallenged && !us.Agreed
}

// others are the names of the host's opponents.
func (t *words) others(b *wire.Battle) string {
	var names []string
	for _, c := range b.Corners {
		if c.ID != b.Us {
			names = append(names, cornerName(c))
		}
	}
	return some(names)
}
