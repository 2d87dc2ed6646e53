package stage

import (
	"slices"

	"vitrine/server/wire"
)

// link links those who have taken our call. From now on this room is the referee.
func (t *play) link(k call) {
	rooms := []wire.BattleRoom{k.From}
	l := &link{ID: k.ID, Show: t.s.room.Show, Us: cornerOf(k.From), Key: k.Key, Phase: wire.BattleLinked, Since: t.at}
	l.Seats = []seat{{ID: l.Us, Room: k.From, State: wire.CornerHere}}
	for i, r := range k.To {
		a := k.Asked[i]
		if a.Answer != sayTake {
			if a.Answer == "" {
				t.say(r, k.ID, sayDrop, DropOver)
			}
			continue
		}
		rooms = append(rooms, r)
		l.Seats = append(l.Seats, seat{ID: cornerOf(r), Room: r, State: wire.CornerHere, Team: len(l.Seats)})
		l.Peers = append(l.Peers, peer{ID: cornerOf(r), Room: r, N: a.N, Heard: t.at, Echo: a.Echo, Came: a.Came})
	}
	t.linked(l)
	t.number(entry{At: t.at, What: wire.BattleHasLinked, Rooms: rooms})
}

// linked begins a link. Whoever else calls is refused, and nobody is looked for any more.
func (t *play) linked(l *link) {
	t.c.Link, t.c.Seeking, t.c.At = l, 0, t.at
	for _, k := range slices.Clone(t.c.Calls) {
		switch {
		case k.ID == l.ID:
		case k.Ours:
			t.takeBack(k)
		default:
			t.refuse(k, DropFighting)
		}
	}
	t.uncall(l.ID)
}

// join begins the link that a referee tells of, if this room has taken its call.
func (t *play) join(from wire.BattleRoom, b *body) (bool, error) {
	k := t.c.called(b.Battle)
	switch {
	case k == nil:
		return false, t.stranger(from, b)
	case k.Ours || !k.Taken || !same(k.From, from):
		return false, wire.Errorf(wire.Forbidden, "nobody here has taken a call %s of %s", b.Battle, cornerOf(from))
	case len(b.Ref.Entries) == 0 || b.Ref.Entries[0].Seq != 1 || b.Ref.Entries[0].What != wire.BattleHasLinked:
		return false, wire.Errorf(wire.Invalid, "a letter about battle %s does not tell of it from its beginning", b.Battle)
	}
	e := &b.Ref.Entries[0]
	you := slices.IndexFunc(e.Rooms, func(r wire.BattleRoom) bool { return cornerOf(r) == b.Ref.You })
	rooms, err := t.roomsOf(from, e.Rooms, you)
	if err != nil {
		return false, err
	}
	l := &link{ID: k.ID, Show: t.s.room.Show, Us: b.Ref.You, Key: k.Key, Phase: wire.BattleLinked, Since: e.At, Seq: 1}
	for i, r := range rooms {
		l.Seats = append(l.Seats, seat{ID: cornerOf(e.Rooms[i]), Room: r, State: wire.CornerHere, Team: i})
	}
	l.Peers = []peer{{ID: l.Seats[0].ID, Room: from, Heard: t.at, Dirty: true}}
	if from.Server != "" {
		l.Clock.sample(b.Ref.Echo, b.Ref.Came, b.S, t.at)
	}
	t.linked(l)
	t.tell(wire.Battled{ID: l.ID, Seq: 1, What: e.What, Now: l.now()}, false)
	return true, nil
}

// roomsOf are rooms as this server names them, which another's names: its own without a server, and ours with one. you is which is this room.
func (t *play) roomsOf(from wire.BattleRoom, rooms []wire.BattleRoom, you int) ([]wire.BattleRoom, error) {
	if len(rooms) < 2 || len(rooms) > wire.MaxCorners || you < 1 || you >= len(rooms) {
		return nil, wire.Errorf(wire.Invalid, "a letter of %s names %d rooms, or not ours; there are 2 to %d", cornerOf(from), len(rooms), wire.MaxCorners)
	}
	own := rooms[you].Server
	if rooms[0].Show != from.Show || rooms[0].Server != "" || rooms[you].Show != t.s.room.Show || (own == "") != (from.Server == "") {
		return nil, wire.Errorf(wire.Invalid, "a letter of %s names its own room or ours wrongly", cornerOf(from))
	}
	var all []wire.BattleRoom
	seen := map[wire.CornerID]bool{}
	for _, r := range rooms {
		if seen[cornerOf(r)] {
			return nil, wire.Errorf(wire.Invalid, "a letter of %s names a room twice", cornerOf(from))
		}
		seen[cornerOf(r)] = true
		switch r.Server {
		case "":
			r.Server = from.Server
		case own:
			r.Server = ""
		}
		r, err := known(r, t.s.room.Server)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}
