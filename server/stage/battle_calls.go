package stage

import (
	"cmp"
	"slices"
	"strconv"

	"vitrine/server/wire"
)

// Why a call was dropped, as Battled.Reason says it.
const (
	DropRefused  = "refused"  // the host does not want to, or has blocked who calls
	DropBusy     = "busy"     // the host does not want to be disturbed, or too many call
	DropFighting = "fighting" // the host is linked, or is about to be
	DropBack     = "back"     // the caller has taken it back
	DropOver     = "over"     // it was over before
)

// mostCalls is how many calls wait for a host at most.
const mostCalls = 20

// call is a call that waits. Times are by this room's clock, but Echo.
type call struct {
	wire.BattleCall
	Asked  []invitee `json:"asked,omitempty"` // of our own: whom it asks, as To
	Taken  bool      `json:"taken,omitempty"` // another's: we wait to be linked
	Random bool      `json:"random,omitempty"`
	Key    string    `json:"key,omitempty"` // the caller's, who will be the referee
}

// invitee is whom a call of ours asks.
type invitee struct {
	Answer string `json:"answer,omitempty"` // what they said; "" for nothing yet
	N      int64  `json:"n,omitempty"`      // the letter's number, and when it was written, and came
	Echo   int64  `json:"echo,omitempty"`
	Came   int64  `json:"came,omitempty"`
}

// callBody is a call, as the caller's server names rooms; the caller is the first of them.
type callBody struct {
	Rooms  []wire.BattleRoom `json:"rooms"`
	You    int               `json:"you"`
	Until  int64             `json:"until"` // by the caller's clock
	Wait   int64             `json:"wait"`  // how long that is from when the letter was written, ms
	Random bool              `json:"random,omitempty"`
	Key    string            `json:"key,omitempty"`
}

func (k *call) shown() wire.BattleCall {
	b := k.BattleCall
	b.To = slices.Clone(b.To)
	return b
}

func (k *call) ends() int64 {
	if k.Taken {
		return k.Until + grace
	}
	return k.Until
}

// ours is our own call; nil for none.
func (c *corner) ours() *call {
	for i := range c.Calls {
		if c.Calls[i].Ours {
			return &c.Calls[i]
		}
	}
	return nil
}

func (c *corner) called(id wire.BattleID) *call {
	for i := range c.Calls {
		if c.Calls[i].ID == id {
			return &c.Calls[i]
		}
	}
	return nil
}

// us is this room as its own server names it.
func (t *play) us() wire.BattleRoom {
	return wire.BattleRoom{Show: t.s.room.Show, Name: t.s.room.Name, Title: t.s.room.Title}
}

// call calls hosts.
func (t *play) call(to []wire.BattleRoom, random bool) error {
	switch {
	case t.c.Link != nil:
		return wire.Errorf(wire.Conflict, "you are linked already: unlink before you call somebody")
	case t.c.ours() != nil:
		return wire.Errorf(wire.Conflict, "your call waits for an answer: take it back before you call somebody else")
	case slices.ContainsFunc(t.c.Calls, func(k call) bool { return k.Taken }):
		return wire.Errorf(wire.Conflict, "you have taken a call, and are about to be linked")
	case len(to) < 1 || len(to) > wire.MaxCorners-1:
		return wire.Errorf(wire.Invalid, "a call goes to 1 to %d hosts; got %d", wire.MaxCorners-1, len(to))
	}
	rooms := []wire.BattleRoom{t.us()}
	for _, r := range to {
		r, err := known(r, t.s.room.Server)
		switch {
		case err != nil:
			return err
		case t.self(r):
			return wire.Errorf(wire.Invalid, "there is no battle with oneself: call another host")
		case t.blocked(r):
			return wire.Errorf(wire.Conflict, "you have blocked %s: unblock them before you call them", cornerOf(r))
		case slices.ContainsFunc(rooms, func(o wire.BattleRoom) bool { return cornerOf(o) == cornerOf(r) }):
			return wire.Errorf(wire.Invalid, "%s is called twice: name each host once", cornerOf(r))
		}
		rooms = append(rooms, r)
	}
	t.c.Count++
	id := wire.BattleID(string(t.s.room.Show) + "-" + strconv.FormatInt(t.c.Count, 36) + "-" + strconv.FormatInt(t.at, 36))
	k := call{BattleCall: wire.BattleCall{ID: id, From: rooms[0], To: rooms[1:], Ours: true, Until: t.at + answer}, Asked: make([]invitee, len(to)), Random: random}
	if t.s.signer != nil {
		k.Key = t.s.signer.Key()
	}
	t.c.Calls = append(t.c.Calls, k)
	for i, r := range k.To {
		t.send(r, body{Battle: id, Call: &callBody{Rooms: rooms, You: i + 1, Until: k.Until, Wait: answer, Random: random, Key: k.Key}}, 0, k.Until)
	}
	t.tellCall(wire.BattleCalled, &k, "", "")
	return nil
}

func (t *play) tellCall(what wire.BattleWhat, k *call, who wire.CornerID, reason string) {
	t.tell(wire.Battled{ID: k.ID, What: what, Corner: who, Reason: reason}, true)
}

// uncall forgets a call.
func (t *play) uncall(id wire.BattleID) {
	t.c.Calls = slices.DeleteFunc(t.c.Calls, func(k call) bool { return k.ID == id })
}

// takeCall takes a call. Our own is taken back.
func (t *play) takeCall(id wire.BattleID) error {
	k := t.c.called(id)
	switch {
	case k == nil || k.Ours:
		return wire.Errorf(wire.NotFound, "the call is over: it was taken back, or nobody answered in time")
	case t.c.Link != nil:
		return wire.Errorf(wire.Conflict, "you are linked already: unlink before you take another call")
	case slices.ContainsFunc(t.c.Calls, func(k call) bool { return k.Taken }):
		return wire.Errorf(wire.Conflict, "you have taken a call, and are about to be linked")
	}
	k.Taken = true
	us := t.us()
	t.send(k.From, body{Battle: id, Say: sayTake, Room: &us}, 0, k.ends())
	if o := t.c.ours(); o != nil {
		t.takeBack(*o)
	}
	return nil
}

// dropCall drops a call, or takes our own back.
func (t *play) dropCall(id wire.BattleID) error {
	k := t.c.called(id)
	switch {
	case k == nil:
		return wire.Errorf(wire.NotFound, "the call is over: it was taken back, or nobody answered in time")
	case k.Ours:
		t.takeBack(*k)
	default:
		t.refuse(*k, DropRefused)
	}
	return nil
}

func (t *play) takeBack(k call) {
	t.uncallOver(k)
	for i, r := range k.To {
		if k.Asked[i].Answer != sayDrop {
			t.say(r, k.ID, sayDrop, DropBack)
		}
	}
	t.tellCall(wire.BattleCallDropped, &k, cornerOf(t.us()), DropBack)
}

// refuse drops another's call.
func (t *play) refuse(k call, reason string) {
	t.uncall(k.ID)
	t.c.over(k.ID)
	t.say(k.From, k.ID, sayDrop, reason)
	t.tellCall(wire.BattleCallDropped, &k, cornerOf(t.us()), reason)
}

// calledBy takes in that somebody calls.
func (t *play) calledBy(from wire.BattleRoom, b *body) error {
	c := t.c
	if c.called(b.Battle) != nil || c.Link != nil && c.Link.ID == b.Battle || c.past(b.Battle) >= 0 {
		return nil
	}
	rooms, err := t.roomsOf(from, b.Call.Rooms, b.Call.You)
	if err != nil {
		return err
	}
	if b.Call.Wait < 0 || b.Call.Wait > answer || len(b.Call.Key) > 200 {
		return wire.Errorf(wire.Invalid, "a call waits for %d ms at most; got %d", answer, b.Call.Wait)
	}
	until := t.at + b.Call.Wait
	if from.Server == "" {
		until = min(until, b.Call.Until)
	}
	k := call{BattleCall: wire.BattleCall{ID: b.Battle, From: rooms[0], To: rooms[1:], Until: until}, Random: b.Call.Random, Key: b.Call.Key}
	if until <= t.at || b.Call.Until < t.at-lost {
		c.over(k.ID)
		return nil
	}
	reason, sought := "", k.Random && c.Seeking > 0
	switch {
	case t.blocked(from):
		reason = DropRefused
	case c.Link != nil || slices.ContainsFunc(c.Calls, func(k call) bool { return k.Taken }):
		reason = DropFighting
	case c.Desk.Busy && !sought || len(c.Calls) >= mostCalls:
		reason = DropBusy
	}
	if reason != "" {
		c.over(k.ID)
		t.say(from, k.ID, sayDrop, reason)
		return nil
	}
	c.Calls = append(c.Calls, k)
	t.tellCall(wire.BattleCalled, &k, cornerOf(from), "")
	if sought {
		return t.takeCall(k.ID)
	}
	return nil
}

// taken takes in that somebody takes our call.
func (t *play) taken(from wire.BattleRoom, b *body) error {
	k := t.c.called(b.Battle)
	if k == nil || !k.Ours {
		return t.lateTake(from, b)
	}
	i := slices.IndexFunc(k.To, func(r wire.BattleRoom) bool { return same(r, from) })
	if i < 0 {
		return wire.Errorf(wire.Forbidden, "%s was not called", cornerOf(from))
	}
	if k.Asked[i].Answer != "" {
		return nil
	}
	k.Asked[i] = invitee{sayTake, b.N, b.S, t.at}
	if b.Room != nil {
		k.To[i].Name, k.To[i].Title = tame(b.Room.Name, wire.MaxTitle), tame(b.Room.Title, wire.MaxTitle)
	}
	t.answered(k)
	return nil
}

// lateTake answers who takes a call that is over, or has been linked by it already.
func (t *play) lateTake(from wire.BattleRoom, b *body) error {
	l := t.c.Link
	if l == nil || l.ID != b.Battle {
		return t.stranger(from, b)
	}
	if id := cornerOf(from); l.of(from) < 0 && b.N > l.Former[id] {
		l.former(id, b.N)
		t.remind(from, l.ID)
	}
	return nil
}

// dropped takes in that somebody drops our call, takes theirs back, or is linked no more.
func (t *play) dropped(from wire.BattleRoom, b *body) error {
	reason := tame(b.Reason, 40)
	if l := t.c.Link; l != nil && l.ID == b.Battle {
		i := l.of(from)
		switch {
		case i < 0 && l.Former[cornerOf(from)] > 0:
		case i < 0:
			return wire.Errorf(wire.Forbidden, "%s is not in that battle, or tells of its end who is not its referee", cornerOf(from))
		case l.referee():
			t.unlink(l.Peers[i].ID, t.at, reason)
		default:
			t.tell(wire.Battled{ID: l.ID, What: wire.BattleUnlinked, Corner: l.Peers[i].ID, Reason: reason}, false)
			t.unlinked()
		}
		return nil
	}
	k := t.c.called(b.Battle)
	if k == nil { // a call that this takes back may be on its way yet
		t.c.over(b.Battle)
		return nil
	}
	if !k.Ours {
		if !same(k.From, from) {
			return wire.Errorf(wire.Forbidden, "the call is not of %s", cornerOf(from))
		}
		gone := *k
		t.uncall(gone.ID)
		t.c.over(gone.ID)
		t.tellCall(wire.BattleCallDropped, &gone, cornerOf(from), reason)
		return nil
	}
	i := slices.IndexFunc(k.To, func(r wire.BattleRoom) bool { return same(r, from) })
	if i < 0 {
		return wire.Errorf(wire.Forbidden, "%s was not called", cornerOf(from))
	}
	if k.Asked[i].Answer == sayDrop || b.N <= k.Asked[i].N {
		return nil
	}
	k.Asked[i] = invitee{Answer: sayDrop, N: b.N}
	t.tellCall(wire.BattleCallDropped, k, cornerOf(from), reason)
	t.answered(k)
	return nil
}

// answered links those who have taken our call once all have answered.
func (t *play) answered(k *call) {
	if slices.ContainsFunc(k.Asked, func(a invitee) bool { return a.Answer == "" }) {
		return
	}
	all := *k
	if t.uncallOver(all); slices.ContainsFunc(all.Asked, func(a invitee) bool { return a.Answer == sayTake }) {
		t.link(all)
	}
}

func (t *play) uncallOver(k call) {
	t.uncall(k.ID)
	p := t.c.over(k.ID)
	for i, a := range k.Asked {
		if a.N > 0 {
			p.heard(cornerOf(k.To[i]), a.N)
		}
	}
}

// passCalls ends calls whose time is over: with whom has taken ours we are linked.
func (t *play) passCalls() {
	for _, k := range slices.Clone(t.c.Calls) {
		if k.ends() > t.at {
			continue
		}
		t.uncallOver(k)
		if slices.ContainsFunc(k.Asked, func(a invitee) bool { return a.Answer == sayTake }) && t.c.Link == nil {
			t.link(k)
			continue
		}
		if k.Taken {
			t.say(k.From, k.ID, sayDrop, DropOver)
		}
		for i, a := range k.Asked {
			if a.Answer == "" {
				t.say(k.To[i], k.ID, sayDrop, DropOver)
			}
		}
		t.tellCall(wire.BattleCallLapsed, &k, "", "")
	}
}

// match calls the random opponent that was found, or waits for their call: of the two the one whose show is named first calls.
func (t *play) match(r wire.BattleRoom) error {
	r, err := known(r, t.s.room.Server)
	switch {
	case err != nil:
		return err
	case t.c.Seeking == 0:
		return wire.Errorf(wire.Conflict, "the host does not look for an opponent any more")
	case t.self(r):
		return wire.Errorf(wire.Invalid, "there is no battle with oneself: find another host")
	case t.blocked(r):
		return wire.Errorf(wire.Conflict, "the host has blocked %s: find another", cornerOf(r))
	case cmp.Or(cmp.Compare(t.s.room.Show, r.Show), cmp.Compare(t.s.room.Server, r.Server)) > 0:
		return nil
	}
	return t.call([]wire.BattleRoom{r}, true)
}

// seek looks for a random opponent, or no more.
func (t *play) seek(on bool) error {
	switch {
	case !on:
		t.c.Seeking = 0
	case t.c.Link != nil:
		return wire.Errorf(wire.Conflict, "you are linked already: unlink before you look for somebody")
	case t.c.Desk.Busy:
		return wire.Errorf(wire.Conflict, "you do not want to be disturbed: change that before you look for somebody")
	case t.c.Seeking == 0:
		t.c.Seeking = t.at
	}
	return nil
}
