package chat

import (
	"time"

	"vitrine/server/wire"
)

// say says something.
func (t *tx) say(who actor, r *request) (int64, error) {
	q := *r.Request.Say
	text, err := t.mayWrite(who, "the message", q.Text)
	if err != nil {
		return 0, err
	}
	if q.Reply != 0 {
		if _, err := t.readable(q.Reply, who); err != nil {
			return 0, err
		}
	}
	j := t.judged(who, r, text)
	said := wire.RoomEvent{By: &who.Member, Said: &wire.Said{Text: text, Reply: q.Reply, Mentions: t.mentions(text)}, Media: r.Media}
	return t.publish(who, j, said, held{Reply: q.Reply})
}

// mayWrite says whether somebody may write now, and what it is then.
func (t *tx) mayWrite(who actor, what, text string) (string, error) {
	text, err := clean(what, text, wire.MaxLine)
	if err != nil || who.who.Staff() {
		return text, err
	}
	m := t.main.Modes
	switch s := t.silenced[who.Alias]; {
	case s != nil && !s.Shadow:
		return "", errSilenced(s, t.at)
	case m.Paused:
		return "", wire.Errorf(wire.Forbidden, "the chat is paused: only the staff speaks now")
	case m.Followers && !who.who.Follows:
		return "", wire.Errorf(wire.Forbidden, "only those who follow the shop speak now: follow it to join in")
	case m.Emoji && !onlyEmoji(text):
		return "", wire.Errorf(wire.Forbidden, "only emoji are said now")
	}
	if last, ok := t.said[who.Alias]; ok {
		wait := time.Duration(last+int64(m.Pause)*1000-t.at) * time.Millisecond
		if err := tooFast(wait, "one message at a time: yours can be sent in a moment"); err != nil {
			return "", err
		}
	}
	return text, nil
}

// readable finds a message that somebody may answer, report or lift out.
func (t *tx) readable(n int64, who actor) (*wire.RoomEvent, error) {
	e := t.line(n)
	if e == nil || e.Said == nil {
		return nil, wire.Errorf(wire.NotFound, "there is no message %d", n)
	}
	if _, ok := seenBy(*e, who.Alias, who.who.Staff()); !ok {
		return nil, wire.Errorf(wire.NotFound, "there is no message %d", n)
	}
	if e.Said.Text == "" {
		return nil, wire.Errorf(wire.Conflict, "this message was removed").Because("gone")
	}
	return e, nil
}

// judged has a text judged, once a request.
func (t *tx) judged(who actor, r *request, text string) Judgement {
	if who.who.Staff() {
		return Judgement{Outcome: Publish}
	}
	if r.judged == nil {
		known := time.Duration(0)
		if !who.who.Since.IsZero() {
			known = t.now().Sub(who.who.Since)
		}
		j := t.h.c.Judge.Judge(Text{
			Show: t.h.room.show, Author: who.Alias, Text: text, Known: known, EmojiOnly: t.main.Modes.Emoji,
		}, t.now())
		r.judged = &j
	}
	return *r.judged
}

// publish does with a message or question what its judgement says.
func (t *tx) publish(who actor, j Judgement, e wire.RoomEvent, wait held) (int64, error) {
	if s := t.silenced[who.Alias]; s != nil && s.Shadow && j.Outcome != Block {
		j.Outcome = Shadow
	}
	text := ""
	if e.Said != nil {
		text = e.Said.Text
	} else {
		text, wait.Asks = e.Asked.Text, true
	}
	t.outcomes[j.Outcome]++
	switch j.Outcome {
	case Block:
		if j.Words == "" {
			j.Words = "this cannot be said here"
		}
		return 0, wire.Errorf(wire.Forbidden, "%s", j.Words).Because(j.Key)
	case Hold:
		t.remember(who)
		e.Said, e.Asked, e.Staff = nil, nil, true
		e.Held = &wire.Withheld{Text: text, Class: j.Class, Why: j.Why, Score: j.Score}
		n := t.emit(e)
		wait.Event = *t.line(n)
		t.held[n] = &wait
		t.putNumbered(heldKind, n, &wait)
		return n, nil
	case Shadow:
		e.Staff, e.Said, e.Asked = true, &wire.Said{Text: text}, nil
		if !wait.Asks {
			e.Said.Reply = wait.Reply
		}
	}
	t.remember(who)
	return t.emit(e), nil
}
