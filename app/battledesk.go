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

// battleDesk is the way to an opponent: friends, a search, chance; and who may call.
type battleDesk struct {
	w       *Window
	object  fyne.CanvasObject
	query   *widget.Entry
	find    *widget.Button
	note    *remark
	friends *hostList
	found   *hostList
	empty   fyne.CanvasObject
	list    *fyne.Container
	foot    *fyne.Container
	ways    *fyne.Container // to an opponent
	shown   deskLook
	nobody  *widget.Text
	call    *widget.Button
	seek    *widget.Button
	busy    *widget.Toggle
	open    *widget.Toggle
	blocked *widget.Button

	hosts    []wire.BattleHost // that were found
	searched bool
	chosen   []wire.BattleRoom
	finding  bool
	wanted   wire.BattleDesk // what the host last wanted of it
	until    time.Time       // for so long the room may not have told it
	send     lastWish
	calling  bool
}

// deskLook is what the desk is laid out by.
type deskLook struct {
	friends, found, chosen, blocked int
	searched, seeking, laid         bool
}

// mostCalled is how many hosts are called at once: with the host's own they fill a battle.
const mostCalled = wire.MaxCorners - 1

func newBattleDesk(w *Window) *battleDesk {
	d := &battleDesk{w: w, send: lastWish{w: w}, note: newRemark(), nobody: widget.Caption(w.words.BattleNobody)}
	t := w.words
	d.send.refused = func() { d.until = time.Time{} }
	d.query = widget.NewEntry(t.BattleFindHint)
	d.query.Keys = w.keys
	d.query.OnSubmitted = func(string) { d.search() }
	d.find = w.button(t.BattleFind, widget.Plain, d.search)
	d.friends, d.found = newHostList(d, t.BattleFriends), newHostList(d, t.BattleFound)
	d.empty = emptyState(t.BattleNone, t.BattleNoneHint)
	d.call = w.button("", widget.Primary, d.callChosen)
	d.seek = w.button("", widget.Plain, func() {
		w.wish(wire.StageWish{Seek: &wire.BattleSeek{On: stageOf(w.snap).Now.Seeking == 0}})
	})
	d.busy = widget.NewToggle(t.BattleBusy, func(on bool) { w.changeDesk(func(b *wire.BattleDesk) { b.Busy = on }) })
	d.open = widget.NewToggle(t.BattleOpen, func(on bool) { w.changeDesk(func(b *wire.BattleDesk) { b.Found = on }) })
	d.busy.Keys, d.open.Keys = w.keys, w.keys
	d.blocked = w.button("", widget.Quiet, nil).Low()
	w.under(d.blocked, d.unblock)
	d.list = widget.Stack(8, d.empty, d.friends.object, d.found.object, d.nobody)
	d.foot = widget.Row(d.open, d.blocked)
	d.ways = widget.Spread(6, d.call, d.seek)
	foot := widget.Stack(4, d.ways, d.busy, d.foot)
	d.object = widget.Fill(8, widget.Stack(4, widget.Row(d.query, d.find), d.note.object), scrolled(d.list), foot)
	return d
}

// search asks the server who can be called.
func (d *battleDesk) search() {
	if d.finding {
		return
	}
	w, q := d.w, strings.TrimSpace(d.query.Text)
	var found []wire.BattleHost
	d.finding = w.ask(gesture{
		slow: true,
		do: func(ctx context.Context) (err error) {
			found, err = w.desk.FindHosts(ctx, q)
			return err
		},
		done: func(err error) {
			d.finding = false
			if err != nil {
				d.say(w.sentence(err))
			} else {
				d.hosts, d.searched = found, true
				d.say("")
			}
			d.apply(stageOf(w.snap))
		},
	})
	d.find.SetEnabled(!d.finding)
}

func (d *battleDesk) say(sentence string) {
	if d.note.say(sentence) {
		d.object.Refresh()
	}
}

// choose takes a host among those who are to be called, or out of them.
func (d *battleDesk) choose(r wire.BattleRoom) {
	switch {
	case d.isChosen(r):
		d.chosen = without(d.chosen, r)
	case len(d.chosen) == mostCalled:
		d.say(fmt.Sprintf(d.w.words.BattleMost, mostCalled))
		return
	default:
		d.chosen = append(d.chosen, r)
	}
	d.say("")
	d.apply(stageOf(d.w.snap))
}

func (d *battleDesk) isChosen(r wire.BattleRoom) bool {
	return slices.ContainsFunc(d.chosen, func(o wire.BattleRoom) bool { return same(o, r) })
}

// callChosen calls those who are chosen; they stay chosen where the server refuses.
func (d *battleDesk) callChosen() {
	if d.calling || len(d.chosen) == 0 {
		return
	}
	w, wish := d.w, wire.StageWish{Call: &wire.BattleInvite{To: slices.Clone(d.chosen)}}
	d.calling = w.ask(gesture{
		slow: true,
		do:   func(ctx context.Context) error { return w.desk.StageDo(ctx, wish) },
		done: func(err error) {
			d.calling = false
			if err != nil {
				d.say(w.sentence(err))
			} else {
				d.chosen = nil
				d.say("")
			}
			d.apply(stageOf(w.snap))
		},
	})
}

// menu offers what can be done about a host beside calling.
func (d *battleDesk) menu(r wire.BattleRoom) []*fyne.MenuItem {
	w, t, desk := d.w, d.w.words, deskOf(stageOf(d.w.snap))
	friend := fyne.NewMenuItem(t.BattleBefriend, func() {
		w.changeDesk(func(b *wire.BattleDesk) { b.Friends = append(without(b.Friends, r), r) })
	})
	if slices.ContainsFunc(desk.Friends, func(o wire.BattleRoom) bool { return same(o, r) }) {
		friend = fyne.NewMenuItem(t.BattleUnfriend, func() {
			w.changeDesk(func(b *wire.BattleDesk) { b.Friends = without(b.Friends, r) })
		})
	}
	return []*fyne.MenuItem{friend, fyne.NewMenuItem(t.BattleBlock, func() { w.block(r) })}
}

// unblock offers to let somebody call again.
func (d *battleDesk) unblock() (items []*fyne.MenuItem) {
	for _, r := range deskOf(stageOf(d.w.snap)).Blocked {
		items = append(items, fyne.NewMenuItem(fmt.Sprintf(d.w.words.BattleUnblock, roomName(r)), func() {
			d.w.changeDesk(func(b *wire.BattleDesk) { b.Blocked = without(b.Blocked, r) })
		}))
	}
	return items
}

func (d *battleDesk) apply(s *studio.Stage) {
	t, desk := d.w.words, deskOf(s)
	d.find.SetEnabled(!d.finding)
	friends := make([]wire.BattleHost, 0, len(desk.Friends))
	for _, r := range desk.Friends {
		friends = append(friends, d.known(r))
	}
	found := slices.DeleteFunc(slices.Clone(d.hosts), func(h wire.BattleHost) bool {
		in := func(o wire.BattleRoom) bool { return same(o, h.BattleRoom) }
		return slices.ContainsFunc(desk.Friends, in) || slices.ContainsFunc(desk.Blocked, in)
	})
	d.friends.apply(friends)
	d.found.apply(found)
	show(d.empty, len(friends)+len(found) == 0 && !d.searched)
	show(d.nobody, d.searched && len(found) == 0)
	name := t.BattleCall
	if n := len(d.chosen); n > 1 {
		name = fmt.Sprintf(t.BattleCallMany, n)
	}
	d.call.Set(name, "", widget.Primary)
	d.call.SetEnabled(len(d.chosen) > 0 && !d.calling)
	kind := widget.Plain
	if name = t.BattleSeek; s.Now.Seeking > 0 {
		name, kind = fmt.Sprintf(t.BattleSeeking, d.w.sinceOn(s.Now.Seeking)), widget.Warn
	}
	d.seek.Set(name, "", kind)
	if d.w.settled(d.w.snap) {
		d.busy.Set(desk.Busy)
		d.open.Set(desk.Found)
	}
	d.blocked.Set(fmt.Sprintf(t.BattleBlocked, len(desk.Blocked)), "", widget.Quiet)
	show(d.blocked, len(desk.Blocked) > 0)
	if look := (deskLook{len(friends), len(found), len(d.chosen), len(desk.Blocked), d.searched, s.Now.Seeking > 0, true}); look != d.shown {
		d.shown = look
		d.list.Refresh()
		d.foot.Refresh()
		d.ways.Refresh()
		d.object.Refresh()
	}
}

// known is a host with what the last search said of them.
func (d *battleDesk) known(r wire.BattleRoom) wire.BattleHost {
	for _, h := range d.hosts {
		if same(h.BattleRoom, r) {
			return h
		}
	}
	return wire.BattleHost{BattleRoom: r, Viewers: -1}
}

// hostList is a part of the list of hosts.
type hostList struct {
	d      *battleDesk
	object *fyne.Container
	list   *fyne.Container
	rows   []*widget.Item
	shown  []wire.BattleHost
}

func newHostList(d *battleDesk, name string) *hostList {
	l := &hostList{d: d, list: widget.Stack(2)}
	l.object = widget.Stack(4, heading(name), l.list)
	return l
}

func (l *hostList) apply(hosts []wire.BattleHost) {
	l.shown = hosts
	show(l.object, len(hosts) > 0)
	w := l.d.w
	l.rows = w.fit(l.list, l.rows, len(hosts), l.row)
	for i, h := range hosts {
		face := widget.Face{Symbol: theme.Viewers, Title: roomName(h.BattleRoom), Detail: w.words.hostNote(h), Action: theme.More}
		if l.d.isChosen(h.BattleRoom) {
			face.Symbol, face.Selected = theme.Check, true
		}
		l.rows[i].Set(face)
	}
}

func (l *hostList) row(i int) *widget.Item {
	item, w := widget.NewItem(), l.d.w
	item.Keys = w.keys
	item.Chosen = func() {
		if i < len(l.shown) {
			l.d.choose(l.shown[i].BattleRoom)
		}
	}
	item.Second = func(at fyne.Position) {
		if i < len(l.shown) {
			w.pop(at, l.d.menu(l.shown[i].BattleRoom)...)
		}
	}
	item.Acted = func() {
		at := fyne.CurrentApp().Driver().AbsolutePositionForObject(item)
		item.Second(at.AddXY(item.Size().Width/2, item.Size().Height/2))
	}
	return item
}

// hostNote is what is known of a host: the show, how many watch, and whether they fight now.
func (t *words) hostNote(h wire.BattleHost) string {
	var parts []string
	if h.Fighting {
		parts = append(parts, t.BattleFighting)
	}
	if h.Viewers >= 0 {
		parts = append(parts, fmt.Sprintf(t.Viewers, h.Viewers))
	}
	if note := roomNote(h.BattleRoom); note != "" {
		parts = append(parts, note)
	}
	if len(parts) == 0 {
		return string(h.Show)
	}
	return strings.Join(parts, " · ")
}
