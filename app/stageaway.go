package app

import (
	"context"
	"fmt"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	fynetheme "fyne.io/fyne/v2/theme"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/capture/frame"
	"vitrine/server/wire"
	"vitrine/studio"
)

// awayPanel is the host as a guest in somebody else's show: the way there, how far it is, and those who are seen and heard there.
type awayPanel struct {
	w           *Window
	object      *fyne.Container
	home, there fyne.CanvasObject
	title       *widget.Text
	state       *widget.Paragraph
	note        *widget.Entry

	ask, withdraw, accept, refuse, dark, leave *widget.Button

	acts  *fyne.Container
	list  *fyne.Container
	rows  []*awayRow
	sheet struct{ page, name string } // as they were typed last
	looks awayLook
}

// awayLook is what the panel is laid out by.
type awayLook struct {
	guest bool
	state wire.GuestState
	shown string
}

// awayRow is somebody who is seen and heard.
type awayRow struct {
	spot   wire.SpotID
	object fyne.CanvasObject
	thumb  *widget.Thumb
	name   *widget.Text
	state  *widget.Text
	level  *widget.Level
	gain   *dial
	strip  studio.StageStrip
}

func newAwayPanel(w *Window) *awayPanel {
	p := &awayPanel{w: w, title: widget.NewText("", widget.Style{Bold: true, Shrink: true}), list: widget.Stack(10)}
	t := w.words
	p.state = widget.NewParagraph("", fynetheme.ColorNameForeground)
	p.note = widget.NewEntry(t.AwayNoteHint)
	p.note.Keys = w.keys
	wish := func(make func() wire.StageWish) func() { return func() { w.wish(make()) } }
	p.ask = w.button(t.AwayApply, widget.Primary, wish(func() wire.StageWish {
		return wire.StageWish{Apply: &wire.StageNote{Text: strings.TrimSpace(p.note.Text)}}
	}))
	p.note.OnSubmitted = func(string) { p.ask.Tapped(nil) }
	p.withdraw = w.button(t.AwayWithdraw, widget.Plain, wish(func() wire.StageWish { return wire.StageWish{Withdraw: &struct{}{}} }))
	p.accept = w.button(t.AwayAccept, widget.Primary, wish(func() wire.StageWish { return wire.StageWish{Accept: &struct{}{}} }))
	p.refuse = w.button(t.AwayRefuse, widget.Plain, wish(func() wire.StageWish { return wire.StageWish{Refuse: &struct{}{}} }))
	p.dark = w.button(t.AwayDark, widget.Plain, w.darkenGuest)
	p.leave = w.button(t.AwayLeave, widget.Plain, w.endGuest)
	join := w.button(t.AwayJoin, widget.Primary, p.join)
	p.home = widget.Stack(8, emptyState(t.AwayNone, t.AwayNoneHint), join)
	p.acts = widget.Stack(6, p.note, p.ask, widget.Columns(6, p.accept, p.refuse), p.withdraw, p.dark)
	p.there = widget.Fill(8, widget.Stack(2, widget.Row(p.title, p.leave), widget.Inset(-7, -7, p.state), p.acts), scrolled(p.list), nil)
	p.object = container.NewStack(p.home, p.there)
	show(p.there, false)
	return p
}

func (p *awayPanel) root() fyne.CanvasObject { return p.object }

func (p *awayPanel) faces(s *studio.Stage) (all []wire.SpotID) {
	if p.w.snap.Guest != nil {
		for _, f := range s.Feeds {
			all = append(all, f.Spot)
		}
	}
	return all
}

// join asks whose show it is to be, and under which name.
func (p *awayPanel) join() {
	w, t := p.w, p.w.words
	if w.sheet != nil {
		return
	}
	page, name := widget.NewEntry(t.AwayPageHint), widget.NewEntry("")
	page.SetText(p.sheet.page)
	name.SetText(p.sheet.name)
	if name.Text == "" {
		name.SetText(roomOf(w.snap).Me.Name)
	}
	s := &wishSheet{w: w}
	s.read = func() (func(context.Context) error, string) {
		p.sheet.page, p.sheet.name = strings.TrimSpace(page.Text), strings.TrimSpace(name.Text)
		at := p.sheet
		wrong := ""
		switch n := len([]rune(at.name)); {
		case at.page == "":
			wrong = t.AwayNoPage
		case n < 1 || n > wire.MaxName:
			wrong = fmt.Sprintf(t.YourNameWrong, wire.MaxName)
		}
		return func(ctx context.Context) error { return w.desk.BeGuest(ctx, at.page, at.name) }, wrong
	}
	s.open(t.AwayJoinTitle, widget.Stack(8, flush(t.AwayJoinText), field(t.AwayPage, page), field(t.AwayName, name)), 460, page, t.AwayGo, page, name)
}

// endGuest leaves the show in which the host is a guest.
func (w *Window) endGuest() {
	if w.snap.Guest != nil {
		w.tell(w.desk.EndGuest)
	}
}

// darkenGuest switches the camera off for another's show, or on again.
func (w *Window) darkenGuest() {
	if g := w.snap.Guest; g != nil {
		w.command(func(ctx context.Context) error { return w.desk.DarkenGuest(ctx, !g.Dark) })
	}
}

func (p *awayPanel) apply(s *studio.Stage) {
	g, t := p.w.snap.Guest, p.w.words
	p.shows(s, g)
	if g == nil {
		return
	}
	p.title.Set(g.Title)
	if text, color := p.w.awayState(g); text != p.state.Text() {
		p.state.Set(text, color)
		p.object.Refresh()
	}
	label, kind := t.AwayDark, widget.Plain
	if g.Dark {
		label, kind = t.AwayLight, widget.Warn
	}
	p.dark.Set(label, theme.Camera, kind)
	for _, r := range p.rows {
		r.apply(p.w, s.Feed(r.spot))
	}
}

// shows lays out what there is to do for a state.
func (p *awayPanel) shows(s *studio.Stage, g *studio.Guest) {
	look := awayLook{guest: g != nil}
	if g != nil {
		look.state = g.Mine.State
		for _, f := range s.Feeds {
			look.shown += string(f.Spot) + " "
		}
	}
	if look == p.looks {
		return
	}
	again := look.shown != p.looks.shown
	p.looks = look
	show(p.home, g == nil)
	show(p.there, g != nil)
	on := look.state == wire.GuestAdmitted || look.state == wire.GuestLive || look.state == wire.GuestAway
	for _, one := range []struct {
		o    fyne.CanvasObject
		seen bool
	}{
		{p.note, look.state == ""},
		{p.ask, look.state == ""},
		{p.accept, look.state == wire.GuestInvited},
		{p.refuse, look.state == wire.GuestInvited},
		{p.withdraw, look.state == wire.GuestApplied},
		{p.dark, on},
	} {
		show(one.o, one.seen)
	}
	if again {
		p.build(s)
	}
	p.acts.Refresh()
	p.object.Refresh()
}

// build makes the rows anew.
func (p *awayPanel) build(s *studio.Stage) {
	p.rows, p.list.Objects = nil, nil
	for _, f := range s.Feeds {
		row := p.row(f.Spot)
		p.rows = append(p.rows, row)
		p.list.Add(row.object)
	}
	p.list.Refresh()
}

func (p *awayPanel) row(spot wire.SpotID) *awayRow {
	w := p.w
	r := &awayRow{spot: spot, thumb: widget.NewThumb(84), level: widget.NewLevel(), state: widget.Caption("")}
	r.name = widget.NewText("", widget.Style{Bold: true, Shrink: true})
	r.gain = w.newDial(w.words.StageGain, "", studio.MinStageGain, studio.MaxStageGain, func(v int) {
		r.strip.Gain = float64(v)
		strip := r.strip
		w.command(func(ctx context.Context) error { return w.desk.SetStageStrip(ctx, spot, strip) })
	})
	about := widget.Stack(1, r.name, r.state, widget.Inset(0, 3, r.level))
	r.object = widget.Stack(6, container.NewBorder(nil, nil, container.NewVBox(r.thumb), nil, widget.Inset(8, 0, about)), r.gain.object)
	return r
}

func (r *awayRow) apply(w *Window, f *studio.StageFeed) {
	if f == nil {
		return
	}
	if w.settled(w.snap) {
		r.strip = f.Strip
	}
	r.name.Set(f.Name)
	text, color := w.words.guestState(w, wire.StageGuest{}, f)
	r.state.Set(text)
	r.state.SetColor(color)
	r.thumb.Set(w.eyes.of(r.spot), theme.Camera)
	r.level.Set(f.Level.Peak, f.Status != studio.Running)
	r.gain.fader.Set(r.strip.Gain)
	r.gain.value.Set(minus(fmt.Sprintf("%.0f", r.strip.Gain)))
}

// awayState says how far the host is on the way to another's stage, and in which colour.
func (w *Window) awayState(g *studio.Guest) (string, fyne.ThemeColorName) {
	t, mine := w.words, g.Mine
	switch mine.State {
	case wire.GuestApplied:
		return fmt.Sprintf(t.AwayInLine, mine.Place), fynetheme.ColorNameForeground
	case wire.GuestInvited:
		return fmt.Sprintf(t.AwayIsInvited, w.leftOn(mine.Until)), fynetheme.ColorNameWarning
	case wire.GuestAdmitted, wire.GuestAway:
		if g.Link.Fault != frame.FaultNone {
			return fmt.Sprintf(t.AwayLost, w.leftOn(mine.Until), t.fault(g.Link.Fault)), fynetheme.ColorNameWarning
		}
		return fmt.Sprintf(t.AwayConnects, w.leftOn(mine.Until)), fynetheme.ColorNameForeground
	case wire.GuestLive:
		return w.awayLive(g)
	}
	said, ended := map[wire.StageWhat]string{
		wire.StageTurned: t.AwayTurned, wire.StageRemoved: t.AwayRemoved, wire.StageLapsed: t.AwayLapsed,
	}[mine.Why]
	switch {
	case ended && mine.Reason != "":
		return said + " " + mine.Reason, fynetheme.ColorNameWarning
	case ended:
		return said, fynetheme.ColorNameWarning
	case !stageOf(w.snap).Now.Open:
		return t.AwayShut, fynetheme.ColorNameForeground
	}
	return t.AwayWatches, fynetheme.ColorNameForeground
}

// awayLive says what of the host is seen and heard.
func (w *Window) awayLive(g *studio.Guest) (string, fyne.ThemeColorName) {
	t := w.words
	switch {
	case g.Mine.Muted && g.Mine.Dark:
		return t.AwayTakenBoth, fynetheme.ColorNameWarning
	case g.Mine.Muted:
		return t.AwayTakenSound, fynetheme.ColorNameWarning
	case g.Mine.Dark:
		return t.AwayTakenPicture, fynetheme.ColorNameWarning
	case w.snap.Settings.Microphone.Muted:
		return t.AwayMuted, fynetheme.ColorNameWarning
	}
	return t.AwayLive, fynetheme.ColorNameSuccess
}
