package chat

import (
	"encoding/json"
	"slices"
	"strings"

	"vitrine/server/wire"
)

// fanOf is how events name somebody who gave most points in a battle.
func fanOf(name string) string {
	text, err := json.Marshal(wire.BattleFan{Name: name})
	if err != nil {
		panic(err) // it holds plain values
	}
	fan, _, _ := strings.Cut(string(text), `,"points"`)
	return fan
}

// unstaged is an event about the stage that does not name somebody; false for one that did not before. What it is given stays as it is.
func (er Erasure) unstaged(e wire.RoomEvent) (wire.RoomEvent, bool) {
	named := false
	if s := e.Staged; s != nil {
		copied := *s
		if w := s.Who; w != nil && w.Alias == er.Who && w.Name != Erased {
			named = true
			copied.Who = &wire.Member{Alias: w.Alias, Name: Erased, Role: w.Role}
			copied.Reason = ""
		}
		for _, list := range []*[]wire.StageGuest{&copied.Now.Guests, &copied.Now.Applied} {
			*list = slices.Clone(*list)
			for i := range *list {
				if g := &(*list)[i]; g.Alias == er.Who && g.Name != Erased {
					named, g.Name, g.Note = true, Erased, ""
				}
			}
		}
		e.Staged = &copied
	}
	e, praised := unpraised(e, er.Names, func(b *wire.Battle, c wire.BattleCorner) bool { return c.ID == b.Us })
	return e, named || praised
}

// forget takes names of another room's viewer out of the log, as that room asks. What of the log tells of them was read before.
func (t *tx) forget(l *wire.StageLetter) error {
	if len(l.Forget) > wire.MaxForget {
		return wire.Errorf(wire.Invalid, "a letter has at most %d names that are to be forgotten; got %d", wire.MaxForget, len(l.Forget))
	}
	for _, e := range t.known() {
		r, is := unpraised(e, l.Forget, func(_ *wire.Battle, c wire.BattleCorner) bool {
			here := l.To.Server == "" // both rooms are this server's
			return c.Room.Show == l.From.Show && (c.Room.Server == l.From.Server || here && c.Room.Server == "")
		})
		if is {
			t.change(r)
		}
	}
	return nil
}

// unpraised is an event that has somebody by none of their names among those who gave most for a corner that is theirs; false for one
// that had not before. What it is given stays as it is.
func unpraised(e wire.RoomEvent, names []string, theirs func(*wire.Battle, wire.BattleCorner) bool) (wire.RoomEvent, bool) {
	named := false
	without := func(b *wire.Battle) *wire.Battle {
		if b == nil {
			return nil
		}
		copied := *b
		copied.Corners = slices.Clone(b.Corners)
		for i := range copied.Corners {
			c := &copied.Corners[i]
			if !theirs(b, *c) {
				continue
			}
			c.Best = slices.Clone(c.Best)
			for k := range c.Best {
				if slices.Contains(names, c.Best[k].Name) {
					named, c.Best[k].Name = true, Erased
				}
			}
		}
		return &copied
	}
	if e.Staged != nil {
		copied := *e.Staged
		copied.Now.Battle = without(copied.Now.Battle)
		e.Staged = &copied
	}
	if e.Battled != nil {
		copied := *e.Battled
		copied.Now = without(copied.Now)
		e.Battled = &copied
	}
	return e, named
}
