package chat

import (
	"fmt"
	"time"

	"vitrine/server/wire"
)

const (
	// longestSilence is the longest that has an end, in seconds: a year.
	longestSilence = 366 * 24 * 60 * 60
	// evidenceOf is how many lines before it an escalated message is sent with.
	evidenceOf = 20
)

// reason is why the staff did something.
func reason(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	return clean("the reason", text, wire.MaxLine)
}

// pin puts a message above the chat, or with 0 takes it down.
func (t *tx) pin(who actor, n int64) (int64, error) {
	var pinned *wire.RoomEvent
	if n != 0 {
		e, err := t.readable(n, who)
		if err != nil {
			return 0, err
		}
		if e.Staff {
			return 0, wire.Errorf(wire.Conflict, "only the staff sees this message: it cannot be pinned")
		}
		copied := *e
		pinned = &copied
	}
	t.main.Pinned = pinned
	t.putMain()
	return t.emit(wire.RoomEvent{By: &who.Member, Pinned: &wire.Pinned{Line: n}}), nil
}

// highlight lifts a message out.
func (t *tx) highlight(who actor, n int64) (int64, error) {
	e, err := t.readable(n, who)
	if err != nil {
		return 0, err
	}
	if e.Said.Highlight {
		return 0, wire.Errorf(wire.Conflict, "this message is lifted out already")
	}
	lifted, said := *e, *e.Said
	said.Highlight = true
	lifted.Said = &said
	t.change(lifted)
	if p := t.main.Pinned; p != nil && p.N == n {
		t.main.Pinned = &lifted
		t.putMain()
	}
	return t.emit(wire.RoomEvent{By: &who.Member, Staff: e.Staff, Highlighted: &wire.Numbered{N: n}}), nil
}

// remove takes a message or question back.
func (t *tx) remove(who actor, q wire.Removed) (n int64, err error) {
	if q.Reason, err = reason(q.Reason); err != nil {
		return 0, err
	}
	e := t.line(q.Line)
	switch {
	case e == nil || e.Said == nil && e.Asked == nil:
		return 0, wire.Errorf(wire.NotFound, "there is no message or question %d", q.Line)
	case e.Said != nil && e.Said.Text == "" || e.Asked != nil && e.Asked.Text == "":
		return 0, wire.Errorf(wire.Conflict, "this was removed already")
	}
	if text := textOf(*e); !e.Staff {
		t.lessons = append(t.lessons, lesson{text, false})
	}
	return t.blank(who, *e, q), nil
}

func textOf(e wire.RoomEvent) string {
	switch {
	case e.Said != nil:
		return e.Said.Text
	case e.Asked != nil:
		return e.Asked.Text
	case e.Held != nil:
		return e.Held.Text
	}
	return ""
}

// blank leaves a text out of the log.
func (t *tx) blank(who actor, e wire.RoomEvent, q wire.Removed) int64 {
	if e.Said != nil {
		said := *e.Said
		said.Text, said.Mentions = "", nil
		e.Said = &said
	} else {
		asked := *e.Asked
		asked.Text = ""
		e.Asked = &asked
		if t.questions[e.N] != nil {
			t.dropQuestion(e.N)
		}
	}
	t.change(e)
	if p := t.main.Pinned; p != nil && p.N == e.N {
		t.main.Pinned = nil
		t.putMain()
		t.emit(wire.RoomEvent{By: &who.Member, Pinned: &wire.Pinned{}})
	}
	return t.emit(wire.RoomEvent{By: &who.Member, Staff: e.Staff, Removed: &q})
}

// announce tells everybody something; an empty text takes it down.
func (t *tx) announce(who actor, text string) (n int64, err error) {
	if text != "" {
		if text, err = clean("the announcement", text, wire.MaxLine); err != nil {
			return 0, err
		}
	}
	t.main.Announced = text
	t.putMain()
	return t.emit(wire.RoomEvent{By: &who.Member, Announced: &wire.Announced{Text: text}}), nil
}

// nameOf is how long the name of a product or offer may be.
const nameOf = 64

// show says what the host shows now.
func (t *tx) show(who actor, s wire.Showing) (int64, error) {
	if len(s.Product) > nameOf || len(s.Offer) > nameOf {
		return 0, wire.Errorf(wire.Invalid, "there is no such product or offer")
	}
	n := t.emit(wire.RoomEvent{By: &who.Member, Showing: &s})
	t.main.Showing, t.main.ShowingAt = s, t.line(n).Media
	t.putMain()
	return n, nil
}

// setModes says who may say what, how often.
func (t *tx) setModes(who actor, m wire.Modes) (int64, error) {
	if m.Pause < wire.ShortestPause || m.Pause > wire.LongestPause {
		return 0, wire.Errorf(wire.Invalid, "the pause between two messages is %d to %d seconds", wire.ShortestPause, wire.LongestPause)
	}
	t.main.Modes = m
	t.putMain()
	return t.emit(wire.RoomEvent{By: &who.Member, Modes: &m}), nil
}

// judge decides about a held message.
func (t *tx) judge(who actor, q wire.Judged) (n int64, err error) {
	if q.Reason, err = reason(q.Reason); err != nil {
		return 0, err
	}
	h := t.held[q.Held]
	if h == nil {
		return 0, wire.Errorf(wire.Conflict, "no message %d waits: somebody has decided about it already", q.Held)
	}
	switch q.Decision {
	case wire.Publish, wire.Refuse:
	case wire.Escalate:
		return t.escalate(who, h, q)
	default:
		return 0, wire.Errorf(wire.Invalid, "a held message is published, refused or escalated")
	}
	delete(t.held, q.Held)
	t.dropNumbered(heldKind, q.Held)
	n = t.emit(wire.RoomEvent{By: &who.Member, Staff: true, Judged: &q})
	t.lessons = append(t.lessons, lesson{h.Event.Held.Text, q.Decision == wire.Publish})
	if h.Event.Held.Line > 0 {
		t.judgeReports(who, h, q)
		return n, nil
	}
	author := actor{Member: *h.Event.By, p: t.people[h.Event.By.Alias]}
	if q.Decision == wire.Refuse {
		if author.p != nil {
			told := t.line(n)
			e := wire.RoomEvent{N: n, At: told.At, Judged: &q}
			t.notices = append(t.notices, notice{author.p.Person, wire.RoomFrame{Through: n, Events: []wire.RoomEvent{e}}})
		}
		return n, nil
	}
	if h.Asks {
		_, err = t.question(author, Judgement{Outcome: Publish}, wire.RoomEvent{By: h.Event.By, Asked: &wire.Asked{Text: h.Event.Held.Text}})
		return n, err
	}
	t.emit(wire.RoomEvent{By: h.Event.By, Media: h.Event.Media, Said: &wire.Said{
		Text: h.Event.Held.Text, Reply: h.Reply, Mentions: t.mentions(h.Event.Held.Text),
	}})
	return n, nil
}

// escalate asks others to judge, and lets the message wait.
func (t *tx) escalate(who actor, h *held, q wire.Judged) (int64, error) {
	if h.Escalated {
		return 0, wire.Errorf(wire.Conflict, "this message was escalated already")
	}
	h.Escalated = true
	t.putNumbered(heldKind, h.Event.N, h)
	letter := Escalation{Show: t.h.room.show, Held: h.Event, By: who.Member, Reason: q.Reason}
	for i := len(t.recent) - 1; i >= 0 && len(letter.Before) < evidenceOf; i-- {
		if e := t.recent[i]; e.Said != nil && e.N < h.Event.N {
			letter.Before = append(letter.Before, e)
		}
	}
	n := t.emit(wire.RoomEvent{By: &who.Member, Staff: true, Judged: &q})
	t.batch.Letters = append(t.batch.Letters, Letter{ID: fmt.Sprintf("room-%s-%d", t.h.room.show, n), Kind: "room.escalated", At: t.at, Body: letter})
	return n, nil
}

// silence keeps somebody from speaking, or lets them again.
func (t *tx) silence(who actor, q wire.SilenceOne) (n int64, err error) {
	if q.Reason, err = reason(q.Reason); err != nil {
		return 0, err
	}
	p, known := t.people[q.Who]
	s, is := t.silenced[q.Who]
	switch {
	case !known && !is:
		return 0, wire.Errorf(wire.NotFound, "nobody in this room has that name")
	case known && Who{Role: p.Role}.Staff():
		return 0, wire.Errorf(wire.Forbidden, "the staff cannot be silenced here")
	case q.Seconds < 0 || q.Seconds > longestSilence:
		return 0, wire.Errorf(wire.Invalid, "somebody is silenced for 1 to %d seconds, or with 0 for ever", longestSilence)
	case q.Lift && !is:
		return 0, wire.Errorf(wire.Conflict, "they may speak already")
	}
	if q.Lift {
		delete(t.silenced, q.Who)
		t.put(silencedKind, string(q.Who), nil)
		lifted := wire.Silenced{Who: s.Who, Lifted: true, Shadow: s.Shadow, Reason: q.Reason}
		return t.emit(wire.RoomEvent{By: &who.Member, Staff: true, Silenced: &lifted}), nil
	}
	t.remember(actor{Member: wire.Member{Alias: q.Who}, p: p})
	s = &silenced{Silenced: wire.Silenced{
		Who: wire.Member{Alias: q.Who, Name: p.Name, Role: p.Role}, Ban: q.Ban, Shadow: q.Shadow && !q.Ban, Reason: q.Reason,
	}}
	if q.Seconds > 0 {
		s.Until = t.at + int64(q.Seconds)*1000
	}
	if q.Ban {
		s.Device, s.Network = p.Device, p.Network
	}
	t.silenced[q.Who] = s
	t.put(silencedKind, string(q.Who), s)
	one := s.Silenced
	n = t.emit(wire.RoomEvent{By: &who.Member, Staff: true, Silenced: &one})
	if q.Ban {
		t.offStage(q.Who)
	}
	return n, nil
}

// bannedBy finds why somebody may not be here: they were banned, or somebody with their device or network; nil for nothing.
func (t *tx) bannedBy(who actor) *silenced {
	if s := t.silenced[who.Alias]; s != nil && s.Ban {
		return s
	}
	for _, a := range sorted(t.silenced) {
		s := t.silenced[a]
		if s.Ban && (s.Device != "" && s.Device == who.who.Device || s.Network != "" && s.Network == who.who.Network) {
			return s
		}
	}
	return nil
}

func errBanned(s *silenced, now int64) error { return errNot("you were put out of this room", s, now) }

func errSilenced(s *silenced, now int64) error {
	return errNot("the staff does not let you speak", s, now)
}

// errNot says for how long and why.
func errNot(what string, s *silenced, now int64) error {
	e := &wire.Error{Code: wire.Forbidden, Text: what}
	if s.Until > 0 {
		e.RetryAfter = max(0, time.Duration(s.Until-now)*time.Millisecond)
		e.Text += fmt.Sprintf(" for %s", e.RetryAfter.Round(time.Second))
	}
	if s.Reason != "" {
		e.Text += ": " + s.Reason
	}
	return e
}
