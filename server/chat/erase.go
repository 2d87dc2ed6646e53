package chat

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"vitrine/server/wire"
)

// Erased is what somebody is called who was erased.
const Erased = "Deleted"

// Erase takes what people, who are all the same person, said, asked and reported out of all rooms, and their names (GDPR, article 17).
// Events keep their numbers, polls and questions their votes, the ledger of coins its lines; what the staff announced, asked in
// polls and answered is the shop's, and stays without a name. It is the home of each room that does it, so that none writes back
// what it remembers. From then on they can do nothing more in these rooms. It may be done again, and must be after an error.
func (h *Hub) Erase(ctx context.Context, people []wire.PersonID) error {
	for _, p := range people {
		shows, err := h.c.Storage.RoomsOf(ctx, func(s wire.ShowID) wire.Alias { return AliasOf(s, p) })
		if err != nil {
			return err
		}
		for _, show := range shows {
			if err := h.erase(ctx, show, p); err != nil {
				return err
			}
		}
		if err := h.c.Storage.Forget(ctx, p); err != nil { // the last, since a home may add to it until it has forgotten them
			return err
		}
	}
	return nil
}

func (h *Hub) erase(ctx context.Context, show wire.ShowID, p wire.PersonID) error {
	r, err := h.enter(ctx, show)
	if err != nil {
		return err
	}
	defer h.leave(r)
	a, err := r.ask(ctx, &call{Who: Who{Person: p}, Erase: true})
	if err == nil && a.Error != nil {
		err = wireError(a.Error)
	}
	return err
}

// gone is that somebody was erased, which is kept so that what they ask for later is refused.
type gone struct {
	At int64 `json:"at"`
}

func errGone() error {
	return wire.Errorf(wire.Unauthenticated, "what was known of you was erased: come anew").Because("erased")
}

// Erasure is somebody to take out of a room, with what they were called there, and what they gave as reasons of reports.
type Erasure struct {
	Who            wire.Alias
	Names, Reasons []string
}

// erase takes somebody out of the room. What of the log tells of them was read before.
func (t *tx) erase(p wire.PersonID) {
	t.offStage(AliasOf(t.h.room.show, p)) // what is told of that is among the events
	events := t.known()
	er := t.erasure(AliasOf(t.h.room.show, p), events)
	t.eraseMarks(er)
	for i := range t.batch.Letters {
		t.batch.Letters[i].Body.Redact(er)
	}
	t.gone[er.Who] = &gone{At: t.at}
	t.put(goneKind, string(er.Who), t.gone[er.Who])
	t.expelled = append(t.expelled, p)
	t.batch.Erased = append(t.batch.Erased, ErasedRow{er, nobody()})
	for _, e := range events {
		r, is := er.Redact(e)
		if !is {
			continue
		}
		t.change(r)
		if shown := t.event(e.N) != nil && (e.Said != nil || e.Asked != nil); shown && textOf(e) != "" && textOf(r) == "" {
			t.emit(wire.RoomEvent{Staff: e.Staff, Removed: &wire.Removed{Line: e.N}}) // who has it on the screen takes it away
		}
	}
}

// nobody is an alias that no person has.
func nobody() wire.Alias { return wire.Alias("erased." + freshName()) }

// known are the events that are at hand.
func (t *tx) known() (events []wire.RoomEvent) {
	for _, n := range sorted(t.older) {
		if t.event(n) == nil {
			events = append(events, *t.older[n])
		}
	}
	return append(events, t.recent...)
}

// learnMore reads what of the log names somebody who is to be erased otherwise than by their alias.
func (t *tx) learnMore(ctx context.Context, batch []*request) error {
	var q Questions
	for _, r := range batch {
		if r.Erase {
			er := t.erasure(AliasOf(t.h.room.show, r.Who.Person), t.known())
			for _, n := range er.Names {
				q.Holding = append(q.Holding, "@"+n, fanOf(n))
			}
			q.Holding = append(q.Holding, er.Reasons...)
		}
	}
	if len(q.Holding) == 0 {
		return nil
	}
	a, err := t.h.c.Storage.AskRoom(ctx, t.h.room.show, q)
	for _, e := range a.Events {
		t.older[e.N] = &e
	}
	return err
}

// erasure is what events and the room know somebody by.
func (t *tx) erasure(who wire.Alias, events []wire.RoomEvent) Erasure {
	er := Erasure{Who: who}
	add := func(m *wire.Member) {
		if m != nil && m.Alias == who && m.Name != "" && m.Name != Erased && !slices.Contains(er.Names, m.Name) {
			er.Names = append(er.Names, m.Name)
		}
	}
	if p := t.people[who]; p != nil {
		add(&wire.Member{Alias: who, Name: p.Name})
	}
	for _, e := range events {
		if add(e.By); e.Silenced != nil {
			add(&e.Silenced.Who)
		}
		if e.Reported != nil && e.By != nil && e.By.Alias == who && e.Reported.Reason != "" {
			er.Reasons = append(er.Reasons, e.Reported.Reason)
		}
	}
	return er
}

// eraseMarks takes somebody out of what is so in the room.
func (t *tx) eraseMarks(er Erasure) {
	who := er.Who
	if p := t.main.Pinned; p != nil {
		if r, is := er.Redact(*p); is {
			if t.main.Pinned = &r; textOf(r) == "" {
				t.main.Pinned = nil
				t.emit(wire.RoomEvent{Pinned: &wire.Pinned{}})
			}
			t.putMain()
		}
	}
	for _, n := range sorted(t.questions) {
		if q := t.questions[n]; q.By.Alias == who {
			t.dropQuestion(n)
		} else if text := er.uncalled(q.Text); text != q.Text {
			q.Text = text
			t.putNumbered(questionKind, n, q)
		}
	}
	for _, n := range sorted(t.held) {
		if by := t.held[n].Event.By; by != nil && by.Alias == who {
			delete(t.held, n)
			t.dropNumbered(heldKind, n)
			t.emit(wire.RoomEvent{Staff: true, Judged: &wire.Judged{Held: n, Decision: wire.Refuse}})
		} else if r, is := er.Redact(t.held[n].Event); is {
			t.held[n].Event = r
			t.putNumbered(heldKind, n, t.held[n])
		}
	}
	if s := t.silenced[who]; s != nil { // who was put out stays out
		s.Who.Name, s.Reason, s.Device, s.Network = Erased, "", "", ""
		t.put(silencedKind, string(who), s)
	}
	if p := t.people[who]; p != nil {
		if fold := fold(p.Name); t.folds[fold] == who {
			delete(t.folds, fold)
		}
		delete(t.people, who)
		t.put(personKind, string(who), nil)
	}
	for _, votes := range t.votes {
		if choice, voted := votes[who]; voted {
			delete(votes, who)
			votes[nobody()] = choice
		}
	}
	delete(t.said, who)
	delete(t.combos, who)
}

// Redact is an event without what somebody said in it and the names that they had; false for one that tells nothing of them. What
// others said keeps its text but for the names by which it calls them. It changes nothing of the event that it is given.
func (er Erasure) Redact(e wire.RoomEvent) (wire.RoomEvent, bool) {
	is := false
	if e.By != nil && e.By.Alias == er.Who {
		is, e = true, withoutText(e)
		e.By = &wire.Member{Alias: er.Who, Name: Erased, Role: e.By.Role}
	}
	if s := e.Silenced; s != nil && s.Who.Alias == er.Who {
		is = true
		copied := *s
		copied.Who.Name, copied.Reason = Erased, ""
		e.Silenced = &copied
	}
	if staged, named := er.unstaged(e); named {
		is, e = true, staged
	}
	text := er.uncalled(textOf(e))
	switch {
	case e.Said != nil && (text != e.Said.Text || slices.Contains(e.Said.Mentions, er.Who)):
		is = true
		copied := *e.Said
		copied.Mentions = slices.DeleteFunc(slices.Clone(copied.Mentions), func(a wire.Alias) bool { return a == er.Who })
		copied.Text = text
		e.Said = &copied
	case e.Asked != nil && text != e.Asked.Text:
		is = true
		e.Asked = &wire.Asked{Text: text, Like: e.Asked.Like}
	case e.Held != nil && (text != e.Held.Text || slices.Contains(er.Reasons, e.Held.Why)):
		is = true
		copied := *e.Held
		if copied.Text = text; slices.Contains(er.Reasons, copied.Why) {
			copied.Why = ""
		}
		e.Held = &copied
	}
	return e, is
}

// withoutText is an event of somebody's without what they typed.
func withoutText(e wire.RoomEvent) wire.RoomEvent {
	switch {
	case e.Said != nil:
		e.Said = &wire.Said{Reply: e.Said.Reply, Highlight: e.Said.Highlight}
	case e.Asked != nil:
		e.Asked = &wire.Asked{Like: e.Asked.Like}
	case e.Held != nil:
		e.Held = &wire.Withheld{Class: e.Held.Class, Score: e.Held.Score, Line: e.Held.Line}
	case e.Reported != nil:
		e.Reported = &wire.Reported{Line: e.Reported.Line}
	}
	return e
}

// uncalled is a text that does not call somebody by their names.
func (er Erasure) uncalled(text string) string {
	if len(er.Names) == 0 || !strings.Contains(text, "@") {
		return text
	}
	names := slices.SortedFunc(slices.Values(er.Names), func(a, b string) int { return len(b) - len(a) }) // the longest first
	for i, n := range names {
		names[i] = regexp.QuoteMeta(n)
	}
	return regexp.MustCompile(`(?i)@(?:`+strings.Join(names, "|")+`)([^\p{L}\p{N}]|$)`).ReplaceAllString(text, "@"+Erased+"$1")
}

// Redact takes somebody out of it.
func (l *Escalation) Redact(er Erasure) {
	l.Held, _ = er.Redact(l.Held)
	if l.By.Alias == er.Who {
		l.By.Name, l.Reason = Erased, ""
	}
	for i := range l.Before {
		l.Before[i], _ = er.Redact(l.Before[i])
	}
}
