package stage

import (
	"slices"

	"vitrine/server/wire"
)

// farthest bound where a guest is heard.
const farthest = 100

// wish does what somebody wants of the guests.
func (t turn) wish(w *wire.StageWish) error {
	switch me := t.find(t.in.By.Alias); {
	case w.Apply != nil:
		return t.apply(me, w.Apply.Text)
	case w.Withdraw != nil:
		return t.withdraw(me)
	case w.Accept != nil:
		return t.accept(me)
	case w.Refuse != nil:
		return t.refuse(me)
	case w.Leave != nil:
		return t.leave(me)
	case w.Self != nil:
		return t.self(me, *w.Self)
	}
	if !t.in.Staff && !t.in.Host {
		return wire.Errorf(wire.Forbidden, "only the staff of the show may do this")
	}
	return t.rule(w)
}

// rule does what the staff wants.
func (t turn) rule(w *wire.StageWish) error {
	switch {
	case w.Open != nil:
		return t.open(w.Open.Open)
	case w.Invite != nil:
		return t.invite(w.Invite.Who)
	case w.Admit != nil:
		return t.letOn(w.Admit.Who)
	case w.Turn != nil:
		return t.turnAway(*w.Turn)
	case w.Remove != nil:
		return t.remove(*w.Remove)
	case w.Mute != nil:
		return t.change(w.Mute.Who, func(g *guest) { g.Muted = w.Mute.Off })
	case w.Dark != nil:
		return t.change(w.Dark.Who, func(g *guest) { g.Dark = w.Dark.Off })
	case w.Place != nil:
		return t.place(*w.Place)
	case w.Late != nil:
		return t.late(w.Late.Late)
	}
	return t.layout(*w.Layout)
}

func (t turn) apply(me *guest, note string) error {
	note, err := readable("a note", note)
	until := t.Out[t.in.By.Alias]
	switch {
	case err != nil:
		return err
	case t.in.By.Role == "host":
		return wire.Errorf(wire.Conflict, "the host is on the stage already")
	case me != nil && me.State == wire.GuestApplied:
		return wire.Errorf(wire.Conflict, "you have applied already: the host answers in the order of the line").Because("stage_applied")
	case me != nil && me.State == wire.GuestInvited:
		return wire.Errorf(wire.Conflict, "you are invited: accept the invitation").Because("stage_invited")
	case me != nil:
		return wire.Errorf(wire.Conflict, "you are on the stage already").Because("stage_on")
	case t.in.At < until:
		return wait(wire.Errorf(wire.Forbidden, "you were taken off the stage, and can apply again 10 minutes after that").Because("stage_off"), until, t.in.At)
	case !t.Open:
		return wire.Errorf(wire.Conflict, "the host takes no applications now: wait until the stage is opened").Because("stage_shut")
	case len(t.Line) >= wire.MaxApplied:
		return wire.Errorf(wire.Conflict, "%d people wait already: try again when the line is shorter", wire.MaxApplied).Because("stage_line")
	}
	g := guest{StageGuest: wire.StageGuest{Member: *t.in.By, Note: note}}
	g.become(wire.GuestApplied, t.in.At, 0)
	t.Line = append(t.Line, g)
	t.say(wire.StageApplied, &g.Member, "", true)
	return nil
}

func (t turn) withdraw(me *guest) error {
	if me == nil || me.State != wire.GuestApplied {
		return wire.Errorf(wire.Conflict, "you have no application that waits")
	}
	t.end(me.Member, wire.StageWithdrawn, wire.StageWithdrawn, "", true)
	return nil
}

func (t turn) accept(me *guest) error {
	switch {
	case me == nil || me.State != wire.GuestInvited:
		return wire.Errorf(wire.Conflict, "you have no invitation to the stage")
	case me.over(t.in.At):
		return wire.Errorf(wire.Conflict, "the invitation has run out: apply, or ask the host for another").Because("stage_lapsed")
	case t.full(len(t.On) - 1):
		return errFull()
	}
	t.admit(*me)
	return nil
}

func errFull() error {
	return wire.Errorf(wire.Conflict, "the stage is full: %d are on it or invited, and somebody must leave first", wire.MaxOnStage).Because("stage_full")
}

func (t turn) refuse(me *guest) error {
	if me == nil || me.State != wire.GuestInvited {
		return wire.Errorf(wire.Conflict, "you have no invitation to the stage")
	}
	t.end(me.Member, wire.StageRefused, wire.StageRefused, "", true)
	return nil
}

func (t turn) leave(me *guest) error {
	if me == nil || !me.admitted() {
		return wire.Errorf(wire.Conflict, "you are not on the stage: withdraw an application, or refuse an invitation")
	}
	t.end(me.Member, wire.StageLeft, wire.StageLeft, "", false)
	return nil
}

func (t turn) self(me *guest, s wire.StageSelf) error {
	if me == nil || !me.admitted() {
		return wire.Errorf(wire.Conflict, "you are not on the stage, so there is nothing to switch")
	}
	if me.SelfMuted != s.Muted || me.SelfDark != s.Dark {
		me.SelfMuted, me.SelfDark = s.Muted, s.Dark
		t.say(wire.StageChanged, &me.Member, "", false)
	}
	return nil
}

func (t turn) open(open bool) error {
	if t.Open == open {
		return nil
	}
	t.Open = open
	what := wire.StageShut
	if open {
		what = wire.StageOpened
	}
	t.say(what, nil, "", false)
	return nil
}

func (t turn) invite(who wire.Alias) error {
	g := t.find(who)
	switch {
	case t.in.Subject == nil || t.in.Subject.Alias != who || who == "":
		return wire.Errorf(wire.NotFound, "nobody in this room has that name: only who is here can be invited")
	case t.in.Subject.Role == "host":
		return wire.Errorf(wire.Conflict, "the host is on the stage already")
	case g != nil && g.State == wire.GuestApplied:
		return wire.Errorf(wire.Conflict, "they have applied themselves: let them on")
	case g != nil && g.State == wire.GuestInvited:
		return wire.Errorf(wire.Conflict, "they are invited already: wait for the answer")
	case g != nil:
		return wire.Errorf(wire.Conflict, "they are on the stage already")
	case t.full(len(t.On)):
		return errFull()
	}
	one := guest{StageGuest: wire.StageGuest{Member: *t.in.Subject}}
	one.become(wire.GuestInvited, t.in.At, wire.AnswerWithin)
	t.On = append(t.On, one)
	delete(t.Out, who)
	t.say(wire.StageInvited, &one.Member, "", true)
	return nil
}

func (t turn) letOn(who wire.Alias) error {
	g := t.find(who)
	switch {
	case g == nil:
		return wire.Errorf(wire.NotFound, "nobody of that name has applied: they may have withdrawn")
	case g.State == wire.GuestInvited:
		return wire.Errorf(wire.Conflict, "they are invited: wait for the answer")
	case g.admitted():
		return wire.Errorf(wire.Conflict, "they were let on already")
	case t.full(len(t.On)):
		return errFull()
	}
	t.admit(*g)
	return nil
}

func (t turn) turnAway(w wire.StageWho) error {
	reason, err := readable("a reason", w.Reason)
	g := t.find(w.Who)
	switch {
	case err != nil:
		return err
	case g == nil:
		return wire.Errorf(wire.NotFound, "nobody of that name has applied or is invited")
	case g.admitted():
		return wire.Errorf(wire.Conflict, "they were let on already: take them off the stage")
	}
	t.end(g.Member, wire.StageTurned, wire.StageTurned, reason, true)
	return nil
}

func (t turn) remove(w wire.StageWho) error {
	reason, err := readable("a reason", w.Reason)
	if err != nil {
		return err
	}
	g, err := t.onStage(w.Who)
	if err != nil {
		return err
	}
	t.end(g.Member, wire.StageRemoved, wire.StageRemoved, reason, false)
	if t.Out == nil {
		t.Out = map[wire.Alias]int64{}
	}
	t.Out[w.Who] = t.in.At + outFor.Milliseconds()
	return nil
}

// onStage finds somebody who was let on.
func (t turn) onStage(who wire.Alias) (*guest, error) {
	g := t.find(who)
	switch {
	case g == nil:
		return nil, wire.Errorf(wire.NotFound, "nobody of that name is on the stage")
	case !g.admitted():
		return nil, wire.Errorf(wire.Conflict, "they are not on the stage yet: turn them away, or let them on first")
	}
	return g, nil
}

// change changes something about somebody on stage, and tells of it if it is not so already.
func (t turn) change(who wire.Alias, how func(*guest)) error {
	g, err := t.onStage(who)
	if err != nil {
		return err
	}
	was := *g
	if how(g); *g != was {
		t.say(wire.StageChanged, &g.Member, "", false)
	}
	return nil
}

func (t turn) place(p wire.StagePlace) error {
	if p.Pan < -farthest || p.Pan > farthest || p.Distance < 0 || p.Distance > farthest {
		return wire.Errorf(wire.Invalid, "a place is %d to %d from left to right, and 0 to %d far; got %d and %d", -farthest, farthest, farthest, p.Pan, p.Distance)
	}
	return t.change(p.Who, func(g *guest) { g.Pan, g.Distance = p.Pan, p.Distance })
}

// layout changes how those on stage share the picture.
func (t turn) layout(l wire.StageLayout) error {
	spots := t.spots()
	if err := usable(l, spots); err != nil {
		return err
	}
	if l.Kind == wire.LayoutFree && len(l.Boxes) == 0 {
		l.Boxes = t.Layout.Boxes
	}
	l.Late = t.Layout.Late
	t.Layout = arranged(l, spots)
	t.say(wire.StageArranged, nil, "", false)
	return nil
}

// late changes how much later the others are seen in the program than heard.
func (t turn) late(by int) error {
	switch {
	case by < 0 || by > latest:
		return wire.Errorf(wire.Invalid, "the others are 0 to %d ms late in a program; got %d", latest, by)
	case by == t.Layout.Late:
		return nil
	}
	t.Layout.Late = by
	t.say(wire.StageArranged, nil, "", false)
	return nil
}

// usable checks a layout that somebody wants.
func usable(l wire.StageLayout, spots []wire.SpotID) error {
	twice := map[wire.SpotID]bool{}
	for _, b := range l.Boxes {
		if twice[b.Spot] {
			return wire.Errorf(wire.Invalid, "a layout has one box for each; this one has two for %q", clip(b.Spot))
		}
		twice[b.Spot] = true
	}
	switch {
	case !slices.Contains(kinds, l.Kind):
		return wire.Errorf(wire.Invalid, "a layout is one of %v; got %q", kinds, clip(l.Kind))
	case l.Main != "" && !slices.Contains(spots, l.Main):
		return wire.Errorf(wire.NotFound, "who is to be large is not on the stage: take somebody who is")
	case l.Fade < 0 || l.Fade > longestFade:
		return wire.Errorf(wire.Invalid, "a layout changes within 0 to %d ms; got %d", longestFade, l.Fade)
	case len(l.Boxes) > mostBoxes:
		return wire.Errorf(wire.Invalid, "a layout has at most %d boxes; this one has %d", mostBoxes, len(l.Boxes))
	}
	return nil
}

// clip is a word from outside, short enough to be shown.
func clip[S ~string](s S) string { return string(s[:min(len(s), 40)]) }
