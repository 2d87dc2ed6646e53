package stage

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"vitrine/server/wire"
)

// turn is one step of the guests.
type turn struct {
	*State
	*guests
	in  wire.StageInput
	out *wire.StageOutput
}

// say tells of something; staff, that only the staff hears it.
func (t turn) say(what wire.StageWhat, who *wire.Member, reason string, staff bool) {
	if who != nil {
		one := *who
		who = &one
	}
	t.out.Events = append(t.out.Events, wire.RoomEvent{By: t.in.By, Staff: staff, Staged: &wire.Staged{What: what, Who: who, Reason: reason}})
}

// end takes somebody off the stage, or off the way there, and tells them why.
func (t turn) end(who wire.Member, why, what wire.StageWhat, reason string, staff bool) {
	t.drop(who.Alias)
	t.say(what, &who, reason, staff)
	tellOne(t.out, who.Alias, wire.StageMine{Why: why, Reason: reason})
}

// full says whether nobody else has room on the stage, when so many are on the way already.
func (t turn) full(guests int) bool {
	return 1+guests+len(t.doc.Battle.spots()) >= wire.MaxOnStage
}

// admit lets somebody on, last of all.
func (t turn) admit(g guest) {
	t.drop(g.Alias)
	g.Media = string(t.room.Show) + "~" + string(g.Alias)
	g.become(wire.GuestAdmitted, t.in.At, wire.ConnectWithin)
	t.On = append(t.On, g)
	t.say(wire.StageAdmitted, &g.Member, "", false)
}

// lapse ends what has run out.
func (t turn) lapse() {
	for _, g := range slices.Clone(t.On) {
		switch {
		case !g.over(t.in.At):
		case g.State == wire.GuestInvited:
			t.end(g.Member, wire.StageLapsed, wire.StageLapsed, "", true)
		default:
			t.end(g.Member, wire.StageLapsed, wire.StageLeft, "", false)
			t.say(wire.StageLapsed, &g.Member, "", true)
		}
	}
	for who, until := range t.Out {
		if t.in.At >= until {
			delete(t.Out, who)
		}
	}
}

// gone forgets somebody who is in the room no more.
func (t turn) gone(who wire.Alias) {
	delete(t.Out, who)
	g := t.find(who)
	switch {
	case g == nil:
	case g.admitted():
		t.end(g.Member, wire.StageRemoved, wire.StageRemoved, "", false)
	case g.State == wire.GuestInvited:
		t.end(g.Member, wire.StageRemoved, wire.StageTurned, "", true)
	default:
		t.end(g.Member, wire.StageRemoved, wire.StageWithdrawn, "", true)
	}
}

// named calls somebody otherwise from now on.
func (t turn) named(m *wire.Member) {
	g := t.find(m.Alias)
	if g == nil || g.Name == m.Name {
		return
	}
	g.Name = m.Name
	t.say(wire.StageChanged, &g.Member, "", !g.admitted())
}

// media takes note of what comes from a guest.
func (t turn) media(m wire.StageMedia) error {
	g := t.find(wire.Alias(m.Spot))
	silent := g.Quiet
	if m.Up {
		silent = m.Silent
	}
	switch {
	case !g.admitted():
		return wire.Errorf(wire.Forbidden, "only who was let on the stage may send to it")
	case m.Refused != "":
		g.Refused = m.Refused
		t.say(wire.StageChanged, &g.Member, "", true)
		tellOne(t.out, g.Alias, *t.mine(g.Alias)) // once more if it is as before: they have tried again
		return nil
	case m.Up && g.over(t.in.At):
		return wire.Errorf(wire.Conflict, "this came too late: the place on the stage is given up")
	case m.Up && g.State == wire.GuestAdmitted:
		g.become(wire.GuestLive, t.in.At, 0)
		g.Refused = ""
		t.say(wire.StageJoined, &g.Member, "", false)
	case m.Up && g.State == wire.GuestAway:
		g.become(wire.GuestLive, t.in.At, 0)
		g.Refused = ""
		t.say(wire.StageBack, &g.Member, "", false)
	case !m.Up && g.State == wire.GuestLive:
		g.become(wire.GuestAway, t.in.At, wire.StageGrace)
		t.say(wire.StageAway, &g.Member, "", false)
	case g.State == wire.GuestAdmitted && m.Coming != g.Coming:
		g.Coming = m.Coming
		t.say(wire.StageChanged, &g.Member, "", false)
	case silent != g.Quiet && !g.Muted && !g.SelfMuted:
		t.say(wire.StageChanged, &g.Member, "", false)
	}
	g.Quiet = silent
	return nil
}

// readable checks a text that people write for others.
func readable(what, text string) (string, error) {
	text = strings.TrimSpace(text)
	if !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }) {
		return "", wire.Errorf(wire.Invalid, "%s is text on one line, without control characters", what)
	}
	if n := utf8.RuneCountInString(text); n > wire.MaxNote {
		return "", wire.Errorf(wire.Invalid, "%s has %d characters, and %d at most are possible: make it shorter", what, n, wire.MaxNote)
	}
	return text, nil
}

// wait is an error that says when it makes sense to try again.
func wait(e *wire.Error, until, at int64) error {
	e.RetryAfter = time.Duration(until-at) * time.Millisecond
	return e
}
