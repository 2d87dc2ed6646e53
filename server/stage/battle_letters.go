package stage

import (
	"encoding/json"
	"slices"
	"strconv"

	"vitrine/server/wire"
)

// body is what a letter says: exactly one of Call, Say, Ref and Here. Everything in it may come again, late and in any order without harm: entries
// and wishes have numbers and are taken once, in order; what tells how things are is taken from the newest letter only.
type body struct {
	Battle wire.BattleID    `json:"battle"`
	N      int64            `json:"n"` // counts the letters of a room
	S      int64            `json:"s"` // when it was written, by its writer's clock
	Call   *callBody        `json:"call,omitempty"`
	Say    string           `json:"say,omitempty"`
	Reason string           `json:"reason,omitempty"`
	Room   *wire.BattleRoom `json:"room,omitempty"`
	Ref    *refBody         `json:"ref,omitempty"`
	Here   *hereBody        `json:"here,omitempty"`
}

// What a room says with one word: it takes a call; it drops one, or takes its own back, or is linked no more.
const (
	sayTake = "take"
	sayDrop = "drop"
)

// refBody is what the referee tells another room: what it numbered since what that room is known to have, who gave most, how far that room's wishes
// are dealt with, and when its newest letter was written and came.
type refBody struct {
	You     wire.CornerID                      `json:"you"`
	Entries []entry                            `json:"entries,omitempty"`
	Best    map[wire.CornerID][]wire.BattleFan `json:"best,omitempty"`
	Wished  int64                              `json:"wished,omitempty"`
	Echo    int64                              `json:"echo,omitempty"`
	Came    int64                              `json:"came,omitempty"`
}

// hereBody is what another room tells the referee: what it has, its host's wishes, whether the host's media are away, and its points.
type hereBody struct {
	Got    int64      `json:"got"`
	Wishes []hostWish `json:"wishes,omitempty"`
	Down   bool       `json:"down,omitempty"`
	Tally  report     `json:"tally"`
}

// hostWish is what a host who is not the referee's wants of the battle. N counts them.
type hostWish struct {
	N         int64             `json:"n"`
	Challenge *wire.BattleTerms `json:"challenge,omitempty"`
	Agree     int               `json:"agree,omitempty"` // the round
	Decline   int               `json:"decline,omitempty"`
	End       int               `json:"end,omitempty"`
	Unlink    bool              `json:"unlink,omitempty"`
}

// peer is another room of a link. Times are by this room's clock, but Echo.
type peer struct {
	ID     wire.CornerID   `json:"id"`
	Room   wire.BattleRoom `json:"room"`
	N      int64           `json:"n,omitempty"` // of its newest letter
	Heard  int64           `json:"heard"`
	Echo   int64           `json:"echo,omitempty"` // when it wrote that, by its clock
	Came   int64           `json:"came,omitempty"` // when that came
	Wrote  int64           `json:"wrote,omitempty"`
	Dirty  bool            `json:"dirty,omitempty"` // there is something to be written at once
	Soon   bool            `json:"soon,omitempty"`  // or within a pace
	Acked  int64           `json:"acked,omitempty"` // the newest entry that it is known to have
	Wished int64           `json:"wished,omitempty"`
	Silent bool            `json:"silent,omitempty"`
	Down   bool            `json:"down,omitempty"`
	Tally  report          `json:"tally"`
	Frozen int             `json:"frozen,omitempty"` // the round that it has lost by not being heard: no more is counted
}

// post is a letter that has not arrived. Upto is what its arrival shows: the newest entry that it brings, or the newest wish.
type post struct {
	Letter  wire.StageLetter `json:"letter"`
	Battle  wire.BattleID    `json:"battle"`
	Upto    int64            `json:"upto,omitempty"`
	Expires int64            `json:"expires,omitempty"`
}

// mostBody and mostSaid bound letters, in bytes, and the answers that are kept for rooms that know nothing of us.
const mostBody, mostSaid = 1 << 18, 64

// send writes a letter, which takes the place of an older one about the same battle to the same room: it says all that that one said.
func (t *play) send(to wire.BattleRoom, b body, upto, expires int64) {
	t.c.Wrote++
	b.N, b.S = t.c.Wrote, t.at
	raw, err := json.Marshal(b)
	if err != nil {
		return
	}
	i := slices.IndexFunc(t.c.Posts, func(p post) bool { return p.Battle == b.Battle && same(p.Letter.To, to) })
	if i >= 0 {
		t.c.Posts = slices.Delete(t.c.Posts, i, i+1)
	}
	t.post(post{wire.StageLetter{To: to, Body: raw}, b.Battle, upto, expires})
}

// post has the newest letter carried.
func (t *play) post(p post) {
	p.Letter.ID = string(t.s.room.Show) + "." + strconv.FormatInt(t.c.Wrote, 36) + "." + strconv.FormatInt(t.at, 36)
	p.Letter.From = t.s.room
	t.c.Posts = append(t.c.Posts, p)
}

// say answers a room with a word about a battle that is none of ours any more. Such answers are kept for a while, and not too many of them.
func (t *play) say(to wire.BattleRoom, id wire.BattleID, word, reason string) {
	said := 0
	for i := range t.c.Posts {
		if t.c.Posts[i].Expires > 0 {
			said++
		}
	}
	if said >= mostSaid {
		i := slices.IndexFunc(t.c.Posts, func(p post) bool { return p.Expires > 0 })
		t.c.Posts = slices.Delete(t.c.Posts, i, i+1)
	}
	t.send(to, body{Battle: id, Say: word, Reason: reason}, 0, t.at+lost)
}

// lastTo has the letter about a battle to a room expire.
func (c *corner) lastTo(id wire.BattleID, to wire.BattleRoom, expires int64) {
	for i := range c.Posts {
		if p := &c.Posts[i]; p.Battle == id && same(p.Letter.To, to) {
			p.Expires = expires
		}
	}
}

func (t *play) passPosts() {
	t.c.Posts = slices.DeleteFunc(t.c.Posts, func(p post) bool { return p.Expires > 0 && p.Expires <= t.at })
}

// sent notes that a letter of ours has arrived.
func (t *play) sent(id string) {
	i := slices.IndexFunc(t.c.Posts, func(p post) bool { return p.Letter.ID == id })
	if i < 0 {
		return
	}
	p := t.c.Posts[i]
	t.c.Posts = slices.Delete(t.c.Posts, i, i+1)
	l := t.c.Link
	if l == nil || l.ID != p.Battle {
		return
	}
	if !l.referee() {
		l.dealt(p.Upto)
		return
	}
	for i := range l.Peers {
		if same(l.Peers[i].Room, p.Letter.To) {
			l.Peers[i].Acked = max(l.Peers[i].Acked, p.Upto)
		}
	}
	l.prune()
}

// prune forgets entries that have arrived everywhere.
func (l *link) prune() {
	least := l.Seq
	for i := range l.Peers {
		least = min(least, l.Peers[i].Acked)
	}
	l.Log = slices.DeleteFunc(l.Log, func(e entry) bool { return e.Seq <= least })
}

// dealt forgets wishes that have arrived at the referee's.
func (l *link) dealt(n int64) {
	l.Wishes = slices.DeleteFunc(l.Wishes, func(w hostWish) bool { return w.N <= n })
}

// flush writes what is to be written by now.
func (t *play) flush() {
	l := t.c.Link
	if l == nil {
		return
	}
	if over := l.round() && t.at+l.Clock.Off >= l.End; !l.referee() && over && !l.Mine.Done {
		l.Mine.Done, l.Peers[0].Dirty = true, true
	}
	for i := range l.Peers {
		if p := &l.Peers[i]; p.Dirty || t.at >= p.Wrote+beat || p.Soon && t.at >= p.Wrote+pace {
			t.write(p)
		}
	}
}

// write tells a room of the link all that it may not know.
func (t *play) write(p *peer) {
	l := t.c.Link
	p.Wrote, p.Dirty, p.Soon = t.at, false, false
	if !l.referee() {
		t.send(p.Room, body{Battle: l.ID, Here: &hereBody{
			Got: l.Seq, Wishes: l.Wishes, Down: t.c.Down, Tally: t.report(),
		}}, l.WishN, 0)
		return
	}
	r := &refBody{You: p.ID, Wished: p.Wished, Echo: p.Echo, Came: p.Came, Best: map[wire.CornerID][]wire.BattleFan{}}
	for i := range l.Log {
		if l.Log[i].Seq > p.Acked {
			r.Entries = append(r.Entries, l.Log[i])
		}
	}
	for i := range l.Seats {
		if s := &l.Seats[i]; len(s.Best) > 0 {
			r.Best[s.ID] = s.Best
		}
	}
	upto := l.Seq
	if len(l.Log) > 0 {
		upto = max(upto, l.Log[len(l.Log)-1].Seq)
	}
	t.send(p.Room, body{Battle: l.ID, Ref: r}, upto, 0)
}

// letter takes in what another room tells.
func (t *play) letter(m wire.StageLetter) error {
	from, err := known(m.From, t.s.room.Server)
	if err != nil {
		return err
	}
	var b body
	if len(m.Body) > mostBody {
		return wire.Errorf(wire.TooLarge, "a letter of a stage has at most %d bytes; got %d", mostBody, len(m.Body))
	}
	if err := json.Unmarshal(m.Body, &b); err != nil || b.Battle == "" || len(b.Battle) > 200 || b.N <= 0 || b.S <= 0 {
		return wire.Errorf(wire.Invalid, "the letter of %s is none that a stage writes", cornerOf(from))
	}
	if t.self(from) {
		return wire.Errorf(wire.Forbidden, "a room writes no letters to itself")
	}
	switch {
	case b.Call != nil:
		return t.calledBy(from, &b)
	case b.Say == sayTake:
		return t.taken(from, &b)
	case b.Say == sayDrop:
		return t.dropped(from, &b)
	case b.Ref != nil:
		return t.refereed(from, &b)
	case b.Here != nil:
		return t.told(from, &b)
	}
	return wire.Errorf(wire.Invalid, "the letter of %s says nothing that a stage knows", cornerOf(from))
}

// stranger answers a room that writes about a call or a link as if it were not over, unless what says so is on its way.
func (t *play) stranger(from wire.BattleRoom, b *body) error {
	if t.c.called(b.Battle) != nil {
		return nil
	}
	p := t.c.over(b.Battle)
	if id := cornerOf(from); b.N > p.Heard[id] {
		p.heard(id, b.N)
		t.remind(from, b.Battle)
	}
	return nil
}

// remind tells a room that a battle is over for it, unless that is on its way.
func (t *play) remind(room wire.BattleRoom, id wire.BattleID) {
	if !slices.ContainsFunc(t.c.Posts, func(p post) bool { return p.Battle == id && same(p.Letter.To, room) }) {
		t.say(room, id, sayDrop, DropOver)
	}
}
