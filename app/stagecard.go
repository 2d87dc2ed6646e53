package app

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	fynetheme "fyne.io/fyne/v2/theme"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/server/wire"
	"vitrine/studio"
)

// guestCard is somebody on stage or on the way there: how they look and sound, and what the host can do about it.
type guestCard struct {
	p      *guestsPanel
	who    wire.Alias
	object *fyne.Container

	thumb             *widget.Thumb
	name, state, deal *widget.Text
	badges            *widget.Text
	level             *widget.Level
	mute, dark, solo  *widget.Button
	sound, sell, back *widget.Button
	pad               *widget.Pad
	placed            lastWish
	gain              *dial
	on, more          *fyne.Container // what there is for those who are on, and what opens
	guest             wire.StageGuest // as it was shown last
	look              guestLook
	strip             studio.StageStrip
}

// guestLook is what a card is laid out by.
type guestLook struct{ laid, on, invited, wide, badges, deal bool }

func newGuestCard(p *guestsPanel, who wire.Alias) *guestCard {
	c := &guestCard{p: p, who: who, placed: lastWish{w: p.w}, thumb: widget.NewThumb(84), level: widget.NewLevel()}
	w, t := p.w, p.w.words
	c.name = widget.NewText("", widget.Style{Bold: true, Shrink: true})
	c.state, c.badges, c.deal = widget.Caption(""), widget.NewText("", widget.Style{Size: theme.Small, Shrink: true, Color: fynetheme.ColorNameWarning}), widget.Caption("")
	c.mute = w.symbolButton(theme.Mic, widget.Plain, func() {
		w.wish(wire.StageWish{Mute: &wire.StageSwitch{Who: who, Off: !c.guest.Muted}})
	})
	c.dark = w.symbolButton(theme.Camera, widget.Plain, func() {
		w.wish(wire.StageWish{Dark: &wire.StageSwitch{Who: who, Off: !c.guest.Dark}})
	})
	c.solo = w.button(t.StageSolo, widget.Plain, func() { c.mix(func(s *studio.StageStrip) { s.Solo = !s.Solo }) })
	c.sell = w.button(t.StageDeal, widget.Plain, func() { w.openDeal(c.guest.Member) })
	c.sound = w.symbolButton(theme.Speaker, widget.Plain, c.toggle).Explain(t.TipStrip)
	menu := w.symbolButton(theme.More, widget.Plain, nil)
	w.under(menu, c.menu)
	c.back = w.button(t.StageTakeBack, widget.Plain, func() { w.wish(wire.StageWish{Turn: &wire.StageWho{Who: who}}) })
	c.pad = widget.NewPad(func(across, away int) {
		c.placed.send(wire.StageWish{Place: &wire.StagePlace{Who: who, Pan: across, Distance: away}})
	})
	c.pad.Keys = w.keys
	c.gain = w.newDial(t.StageGain, "", studio.MinStageGain, studio.MaxStageGain, func(v int) {
		c.mix(func(s *studio.StageStrip) { s.Gain = float64(v) })
	})
	c.more = widget.Stack(6, c.gain.object, c.place())
	c.on = widget.Stack(6, widget.Line(3, c.mute, c.dark, c.solo, c.sell, c.sound, menu), c.more)
	about := widget.Stack(1, c.name, c.state, widget.Inset(0, 3, c.level), c.badges, c.deal)
	c.object = widget.Stack(6, container.NewBorder(nil, nil, container.NewVBox(c.thumb), c.back, widget.Inset(8, 0, about)), c.on)
	return c
}

// place is the pad with its edges named.
func (c *guestCard) place() fyne.CanvasObject {
	t := c.p.w.words
	foot := func(text string, align fyne.TextAlign) fyne.CanvasObject {
		return widget.NewText(text, widget.Style{Color: theme.Quiet, Size: theme.Small, Align: align, Shrink: true})
	}
	return widget.Stack(2, foot(t.StageFar, fyne.TextAlignCenter), c.pad,
		widget.Columns(2, foot(t.StageLeft, fyne.TextAlignLeading), foot(t.StageNear, fyne.TextAlignCenter), foot(t.StageRight, fyne.TextAlignTrailing)))
}

func (c *guestCard) root() fyne.CanvasObject { return c.object }

// mix changes how the guest is mixed, on top of what the host wanted before.
func (c *guestCard) mix(edit func(*studio.StageStrip)) {
	edit(&c.strip)
	c.showStrip()
	spot, strip, w := wire.SpotID(c.who), c.strip, c.p.w
	w.command(func(ctx context.Context) error { return w.desk.SetStageStrip(ctx, spot, strip) })
}

// toggle opens what the card says about the sound, and closes that of others.
func (c *guestCard) toggle() {
	if c.p.wide == c.who {
		c.p.wide = ""
	} else {
		c.p.wide = c.who
	}
	c.p.apply(stageOf(c.p.w.snap))
}

// menu offers what is done seldom.
func (c *guestCard) menu() []*fyne.MenuItem {
	w, t := c.p.w, c.p.w.words
	large := fyne.NewMenuItem(t.StageLarge, func() { w.makeLarge(wire.SpotID(c.who)) })
	remove := fyne.NewMenuItem(t.StageRemove, func() { w.removeGuest(c.guest.Member) })
	return []*fyne.MenuItem{large, fyne.NewMenuItemSeparator(), remove}
}

// removeGuest asks why somebody has to leave the stage, and removes them.
func (w *Window) removeGuest(m wire.Member) {
	if w.sheet != nil {
		return
	}
	t := w.words
	reason := widget.NewEntry(t.StageReasonHint)
	s := &wishSheet{w: w}
	s.read = func() (func(context.Context) error, string) {
		wish := wire.StageWish{Remove: &wire.StageWho{Who: m.Alias, Reason: strings.TrimSpace(reason.Text)}}
		wrong := ""
		if over := len([]rune(wish.Remove.Reason)) - wire.MaxNote; over > 0 {
			wrong = fmt.Sprintf(t.TextLong, wire.MaxNote, over)
		}
		w.notices.news.ours[m.Alias] = wrong == ""
		return func(ctx context.Context) error { return w.desk.StageDo(ctx, wish) }, wrong
	}
	s.open(fmt.Sprintf(t.StageRemoveTitle, m.Name), widget.Stack(8, flush(t.StageRemoveText), field(t.StageReason, reason)), 440, reason, t.StageRemoveYes, reason)
}

func (c *guestCard) apply(s *studio.Stage) {
	w, t := c.p.w, c.p.w.words
	for _, g := range s.Now.Guests {
		if g.Alias == c.who {
			c.guest = g
		}
	}
	g, spot := c.guest, wire.SpotID(c.who)
	feed := s.Feed(spot)
	c.name.Set(g.Name)
	text, color := t.guestState(w, g, feed)
	c.state.Set(text)
	c.state.SetColor(color)
	badges := strings.Join(t.guestBadges(g), " · ")
	c.badges.Set(badges)
	text, color = w.dealState(w.deals[c.who])
	c.deal.Set(text)
	c.deal.SetColor(color)
	picture := w.eyes.of(spot)
	symbol := theme.Camera
	if g.Dark || g.SelfDark {
		picture, symbol = nil, theme.Hide
	}
	c.thumb.Set(picture, symbol)
	on := g.State == wire.GuestLive || g.State == wire.GuestAway || g.State == wire.GuestAdmitted
	peak := math.Inf(-1)
	if feed != nil {
		peak = feed.Level.Peak
		if w.settled(w.snap) {
			c.strip = feed.Strip
		}
	}
	c.level.Set(peak, g.Muted || g.SelfMuted)
	c.lay(guestLook{true, on, g.State == wire.GuestInvited, c.p.wide == c.who, badges != "", text != ""})
	c.switches(g)
	if w.settled(w.snap) {
		c.pad.Set(g.Pan, g.Distance)
	}
	c.showStrip()
}

// lay shows the pieces that there are now.
func (c *guestCard) lay(look guestLook) {
	if look == c.look {
		return
	}
	c.look = look
	show(c.badges, look.badges)
	show(c.deal, look.deal)
	show(c.level, look.on)
	show(c.on, look.on)
	show(c.back, look.invited)
	show(c.more, look.wide)
	c.on.Refresh()
	c.object.Refresh()
	c.p.list.Refresh()
}

// switches shows what was taken from the guest.
func (c *guestCard) switches(g wire.StageGuest) {
	set := func(b *widget.Button, off bool, on, not theme.Symbol) {
		if off {
			b.Set("", not, widget.Warn)
		} else {
			b.Set("", on, widget.Plain)
		}
	}
	set(c.mute, g.Muted, theme.Mic, theme.MicOff)
	set(c.dark, g.Dark, theme.Camera, theme.Hide)
	kind := widget.Plain
	if c.p.wide == c.who {
		kind = widget.Primary
	}
	c.sound.Set("", theme.Speaker, kind)
}

func (c *guestCard) showStrip() {
	kind := widget.Plain
	if c.strip.Solo {
		kind = widget.Warn
	}
	c.solo.Set(c.p.w.words.StageSolo, "", kind)
	c.gain.fader.Set(c.strip.Gain)
	c.gain.value.Set(minus(fmt.Sprintf("%.0f", c.strip.Gain)))
}

// nothingAfter is how long nothing may come of who was let on until that is said.
const nothingAfter = 15 * time.Second

// guestState says how far a guest is, and in which colour.
func (t *words) guestState(w *Window, g wire.StageGuest, feed *studio.StageFeed) (string, fyne.ThemeColorName) {
	switch g.State {
	case wire.GuestInvited:
		return fmt.Sprintf(t.StageIsInvited, w.leftOn(g.Until)), theme.Quiet
	case wire.GuestAdmitted:
		if w.serverNow().Sub(time.UnixMilli(g.Since)) > nothingAfter {
			return fmt.Sprintf(t.StageNothing, w.leftOn(g.Until)), fynetheme.ColorNameWarning
		}
		return fmt.Sprintf(t.StageConnects, w.leftOn(g.Until)), theme.Quiet
	case wire.GuestAway:
		return fmt.Sprintf(t.StageIsAway, w.leftOn(g.Until)), fynetheme.ColorNameWarning
	}
	switch {
	case feed == nil:
	case feed.Status == studio.Failed:
		return fmt.Sprintf(t.StageFeedFails, t.problem(feed.Problem)), fynetheme.ColorNameWarning
	case feed.Status == studio.Opening:
		return t.StageFeedOpens, theme.Quiet
	case feed.Delay > 0:
		return fmt.Sprintf(t.StageLive, feed.Delay.Milliseconds()), fynetheme.ColorNameSuccess
	}
	return t.StageIsLive, fynetheme.ColorNameSuccess
}

// guestBadges are what is not as it could be.
func (t *words) guestBadges(g wire.StageGuest) (all []string) {
	for _, one := range []struct {
		is   bool
		says string
	}{
		{g.Muted, t.StageMuted},
		{g.SelfMuted && !g.Muted, t.StageSelfMuted},
		{g.Dark, t.StageDark},
		{g.SelfDark && !g.Dark, t.StageSelfDark},
		{g.Silent && !g.Muted && !g.SelfMuted, t.StageSilent},
		{g.Refused == wire.TooLarge, t.StageTooLarge},
		{g.Refused == wire.NoCodec, t.StageNoCodec},
	} {
		if one.is {
			all = append(all, one.says)
		}
	}
	return all
}
