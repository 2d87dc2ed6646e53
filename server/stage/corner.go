package stage

import (
	"maps"
	"slices"

	"vitrine/server/wire"
)

// corner is a room's part in battles: whom its host fights with, calls that wait, and the link with its battle. All of it is stored as JSON; it
// depends on nothing but what was stepped, so a corner that is read again goes on as if nothing had been.
type corner struct {
	At      int64               `json:"at,omitempty"`      // the newest time while linked; a leap says that the room was asleep
	Count   int64               `json:"count,omitempty"`   // calls made
	Wrote   int64               `json:"wrote,omitempty"`   // letters written
	Down    bool                `json:"down,omitempty"`    // nothing comes from the host
	Seeking int64               `json:"seeking,omitempty"` // since when
	Desk    wire.BattleDesk     `json:"desk"`
	Named   map[wire.Alias]bool `json:"named,omitempty"` // who may be named
	// Praised are those who were named to other rooms, until they are erased.
	Praised map[wire.Alias]praised `json:"praised,omitempty"`
	Calls   []call                 `json:"calls,omitempty"`
	Link    *link                  `json:"link,omitempty"`
	Posts   []post                 `json:"posts,omitempty"` // letters that have not arrived, the newest alone of those about one battle to one room
	Past    []past                 `json:"past,omitempty"`  // calls and links that are over, the newest last
}

// past is a call or a link that is over. Heard is the newest letter about it of each of its rooms: who writes a newer one does not know yet.
type past struct {
	ID    wire.BattleID           `json:"id"`
	Heard map[wire.CornerID]int64 `json:"heard,omitempty"`
}

// maxPast is how many calls and links are remembered that are over, so that late letters about them are told from new ones.
const maxPast = 64

// play is one step of a corner.
type play struct {
	c   *corner
	s   *State
	at  int64
	out *wire.StageOutput
}

// step takes an input in. What is refused changes nothing. Wishes are refused with an error that says why; letters that are not what
// they seem with Forbidden or Invalid. What comes too late, or again, is no error and without effect.
func (c *corner) step(s *State, in wire.StageInput, out *wire.StageOutput) error {
	if in.Points != nil { // often, so they are told when time passes
		if err := checkPoints(in.Points); err != nil {
			return err
		}
		c.points(in.At, in.Points)
		return nil
	}
	told, work := len(out.Events), c
	if in.Wish != nil || in.Letter != nil || in.Match != nil {
		work = c.clone()
	}
	t := &play{c: work, s: s, at: in.At, out: out}
	if work.Link != nil {
		t.at = max(in.At, work.At)
	}
	if err := t.take(in); err != nil {
		out.Events = out.Events[:told]
		return err
	}
	if work != c {
		*c = *work
	}
	return nil
}

// clone is a copy to step, which leaves c as it is. Points, terms, results and entries are not changed by what is stepped on a copy, and shared.
func (c *corner) clone() *corner {
	fresh := *c
	fresh.Named, fresh.Praised, fresh.Posts = maps.Clone(c.Named), maps.Clone(c.Praised), slices.Clone(c.Posts)
	fresh.Calls, fresh.Past = slices.Clone(c.Calls), slices.Clone(c.Past)
	for i := range fresh.Calls {
		k := &fresh.Calls[i]
		k.To, k.Asked = slices.Clone(k.To), slices.Clone(k.Asked)
	}
	for i := range fresh.Past {
		fresh.Past[i].Heard = maps.Clone(fresh.Past[i].Heard)
	}
	if c.Link != nil {
		l := *c.Link
		l.Seats, l.Out, l.Wins, l.Peers = slices.Clone(l.Seats), slices.Clone(l.Out), slices.Clone(l.Wins), slices.Clone(l.Peers)
		l.Log, l.Leaving, l.Wishes = slices.Clone(l.Log), slices.Clone(l.Leaving), slices.Clone(l.Wishes)
		l.Former, l.Hears = maps.Clone(l.Former), maps.Clone(l.Hears)
		fresh.Link = &l
	}
	return &fresh
}

// take lets time pass, takes the input in, and sees what follows from both.
func (t *play) take(in wire.StageInput) error {
	t.wake()
	t.pass()
	if err := t.hear(in); err != nil {
		return err
	}
	t.follow()
	t.pass()
	t.flush()
	if t.c.Link != nil {
		t.c.At = t.at
	}
	return nil
}

// hear takes the input itself in.
func (t *play) hear(in wire.StageInput) error {
	switch {
	case in.Wish != nil:
		return t.wish(in)
	case in.Letter != nil:
		return t.letter(*in.Letter)
	case in.Match != nil:
		return t.match(*in.Match)
	case in.Media != nil && in.Media.Spot == wire.HostSpot:
		t.presence(in.Media.Up)
	case in.Gone != "":
		t.gone(in.Gone)
	case in.Named != nil:
		t.called(in.Named)
	}
	for _, id := range in.Sent {
		t.sent(id)
	}
	return nil
}

// wish does what somebody wants of a battle. Wishes that are about guests are none of its business.
func (t *play) wish(in wire.StageInput) error {
	w := in.Wish
	if w.Honour != nil {
		return t.honour(in.By, w.Honour.Named)
	}
	if !ofBattle(w) {
		return nil
	}
	if !in.Host {
		return wire.Errorf(wire.Forbidden, "battles are the host's: only the host and producers decide about them")
	}
	switch {
	case w.Call != nil:
		return t.call(w.Call.To, false)
	case w.TakeCall != nil:
		return t.takeCall(w.TakeCall.ID)
	case w.DropCall != nil:
		return t.dropCall(w.DropCall.ID)
	case w.Seek != nil:
		return t.seek(w.Seek.On)
	case w.Hear != nil:
		return t.hearing(*w.Hear)
	case w.Desk != nil:
		return t.desk(*w.Desk)
	}
	return t.fightWish(w)
}

// now is what is to be known of battles. All but the battle itself is nil and zero unless for the staff.
func (c *corner) now(staff bool) (b *wire.Battle, calls []wire.BattleCall, seeking int64, desk *wire.BattleDesk) {
	if c.Link != nil {
		b = c.Link.now()
	}
	if !staff {
		return b, nil, 0, nil
	}
	for i := range c.Calls {
		calls = append(calls, c.Calls[i].shown())
	}
	if d := c.Desk; d.Busy || d.Found || len(d.Friends)+len(d.Blocked) > 0 {
		desk = &wire.BattleDesk{Friends: slices.Clone(d.Friends), Blocked: slices.Clone(d.Blocked), Busy: d.Busy, Found: d.Found}
	}
	return b, calls, c.Seeking, desk
}

// due is when the corner wants an input at the latest, Unix ms; 0 for never.
func (c *corner) due() int64 {
	var d soonest
	for i := range c.Calls {
		d.at(c.Calls[i].ends())
	}
	for i := range c.Posts {
		d.at(c.Posts[i].Expires)
	}
	if c.Link != nil {
		c.Link.due(&d)
	}
	return d.when
}

// soonest is the least of some times; 0 is none.
type soonest struct{ when int64 }

func (d *soonest) at(when int64) {
	if when > 0 && (d.when == 0 || when < d.when) {
		d.when = when
	}
}

// letters are those that have not arrived.
func (c *corner) letters() []wire.StageLetter {
	var all []wire.StageLetter
	for i := range c.Posts {
		all = append(all, c.Posts[i].Letter)
	}
	return all
}

// spots are the opponents that are linked. Who is away keeps their place until they are back or unlinked.
func (c *corner) spots() []wire.SpotID {
	if c.Link == nil {
		return nil
	}
	var all []wire.SpotID
	for i := range c.Link.Seats {
		if id := c.Link.Seats[i].ID; id != c.Link.Us {
			all = append(all, wire.SpotID(id))
		}
	}
	return all
}

// tell adds an event about a battle to the room's log.
func (t *play) tell(b wire.Battled, staff bool) {
	t.out.Events = append(t.out.Events, wire.RoomEvent{Staff: staff, Battled: &b})
}

// over remembers that a call or link is over.
func (c *corner) over(id wire.BattleID) *past {
	if i := c.past(id); i >= 0 {
		return &c.Past[i]
	}
	c.Past = append(c.Past, past{ID: id})
	if len(c.Past) > maxPast {
		c.Past = append([]past(nil), c.Past[len(c.Past)-maxPast:]...)
	}
	return &c.Past[len(c.Past)-1]
}

// heard notes the newest letter of a room.
func (p *past) heard(room wire.CornerID, n int64) {
	if p.Heard == nil {
		p.Heard = map[wire.CornerID]int64{}
	}
	p.Heard[room] = n
}

func (c *corner) past(id wire.BattleID) int {
	return slices.IndexFunc(c.Past, func(p past) bool { return p.ID == id })
}
