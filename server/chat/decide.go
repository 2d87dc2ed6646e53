package chat

import (
	"regexp"

	"vitrine/server/wire"
)

// actor is who asks.
type actor struct {
	wire.Member
	who Who
	p   *person
}

var requestID = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)

// shape checks that a request asks for one thing, and can be known again.
func shape(q *wire.RoomRequest) error {
	count := 0
	for _, is := range []bool{
		q.Name != nil, q.Say != nil, q.Like != nil, q.Ask != nil, q.Second != nil, q.Vote != nil, q.Cheer != nil, q.Gift != nil, q.Report != nil,
		q.Stage != nil, staffs(q),
	} {
		if is {
			count++
		}
	}
	if staffs(q) {
		count += wishes(q) - 1
	}
	if count != 1 {
		return wire.Errorf(wire.Invalid, "a request asks for exactly one thing; this one asks for %d", count)
	}
	if q.Stage != nil {
		if err := oneWish(q.Stage); err != nil {
			return err
		}
	}
	if (q.Like == nil || q.ID != "") && !requestID.MatchString(q.ID) {
		return wire.Errorf(wire.Invalid, "a request needs an id of 1 to 64 letters, digits and hyphens")
	}
	return nil
}

// staffs says whether a request is for the staff.
func staffs(q *wire.RoomRequest) bool { return wishes(q) > 0 }

// wishes counts what a request asks for that is for the staff.
func wishes(q *wire.RoomRequest) (count int) {
	for _, is := range []bool{
		q.Pin != nil, q.Highlight != nil, q.Remove != nil, q.Announce != nil, q.Show != nil, q.Poll != nil, q.EndPoll != nil,
		q.Answer != nil, q.Modes != nil, q.Judge != nil, q.Silence != nil,
	} {
		if is {
			count++
		}
	}
	return count
}

// decide decides a request. It returns the number of the event that it made, 0 for none.
func (t *tx) decide(r *request) (int64, error) {
	q := r.Request
	if err := shape(q); err != nil {
		return 0, err
	}
	if t.media == 0 {
		t.media = r.Media
	}
	who, err := t.meet(r.Who)
	if err != nil {
		return 0, err
	}
	if !r.charged {
		if err := t.h.limits.charge(who, t.now()); err != nil {
			return 0, err
		}
		r.charged = true
	}
	if who.who.Staff() {
		if staffs(q) {
			t.remember(who)
			return t.rule(who, q)
		}
	} else {
		if staffs(q) {
			return 0, wire.Errorf(wire.Forbidden, "only the staff of the show may do this")
		}
		if s := t.bannedBy(who); s != nil {
			return 0, errBanned(s, t.at)
		}
	}
	switch {
	case q.Name != nil:
		return t.rename(who, r)
	case q.Say != nil:
		return t.say(who, r)
	case q.Ask != nil:
		return t.ask(who, r)
	case q.Second != nil:
		return 0, t.second(who, q.Second.N)
	case q.Vote != nil:
		return 0, t.voteIn(who, *q.Vote)
	case q.Cheer != nil:
		return 0, t.cheer(who)
	case q.Gift != nil:
		return t.gift(who, *q.Gift)
	case q.Report != nil:
		return t.report(who, *q.Report)
	case q.Stage != nil:
		return t.wish(who, q.Stage)
	}
	return 0, wire.Errorf(wire.Invalid, "likes are not asked for so")
}

// rule decides what the staff asks.
func (t *tx) rule(who actor, q *wire.RoomRequest) (int64, error) {
	switch {
	case q.Pin != nil:
		return t.pin(who, q.Pin.N)
	case q.Highlight != nil:
		return t.highlight(who, q.Highlight.N)
	case q.Remove != nil:
		return t.remove(who, *q.Remove)
	case q.Announce != nil:
		return t.announce(who, q.Announce.Text)
	case q.Show != nil:
		return t.show(who, *q.Show)
	case q.Poll != nil:
		return t.startPoll(who, *q.Poll)
	case q.EndPoll != nil:
		return t.stopPoll(who, q.EndPoll.N)
	case q.Answer != nil:
		return t.answerTo(who, *q.Answer)
	case q.Modes != nil:
		return t.setModes(who, *q.Modes)
	case q.Judge != nil:
		return t.judge(who, *q.Judge)
	default:
		return t.silence(who, *q.Silence)
	}
}

// meet knows somebody by their alias. Who was erased is not met again.
func (t *tx) meet(w Who) (actor, error) {
	alias := AliasOf(t.h.room.show, w.Person)
	if t.gone[alias] != nil {
		return actor{}, errGone()
	}
	p := t.people[alias]
	if p == nil {
		p = &person{Person: w.Person}
		t.people[alias] = p
	}
	before := *p
	if p.Role = w.Role; !p.Chosen {
		p.Name = t.nameFor(alias, w)
	}
	p.Device, p.Network = w.Device, w.Network
	if p.known && *p != before {
		t.put(personKind, string(alias), p)
	}
	return actor{wire.Member{Alias: alias, Name: p.Name, Role: w.Role}, w, p}, nil
}

// remember keeps somebody who has done something: others may do something about it.
func (t *tx) remember(who actor) {
	if !who.p.known {
		who.p.known = true
		t.folds[fold(who.p.Name)] = who.Alias
		t.put(personKind, string(who.Alias), who.p)
	}
}

// enter says what somebody hears first.
func (t *tx) enter(w Who) (*wire.RoomJoined, error) {
	who, err := t.meet(w)
	if err != nil {
		return nil, err
	}
	if s := t.bannedBy(who); s != nil && !w.Staff() {
		return nil, errBanned(s, t.at)
	}
	return &wire.RoomJoined{
		Me: who.Member, Stage: t.staged.mine(who.Alias), Moderates: w.Staff(), State: t.view(who.Alias, w.Staff()), Through: t.n, Now: t.state.now(t.h.here),
	}, nil
}
