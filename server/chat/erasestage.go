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
		if b, is := er.unnamed(copied.Now.Battle); is {
			named, copied.Now.Battle = true, b
		}
		e.Staged = &copied
	}
	if b := e.Battled; b != nil {
		if now, is := er.unnamed(b.Now); is {
			copied := *b
			named, copied.Now, e.Battled = true, now, &copied
		}
	}
	return e, named
}

// unnamed is a battle that does not name somebody among those who gave most.
func (er Erasure) unnamed(b *wire.Battle) (*wire.Battle, bool) {
	named := false
	if b == nil {
		return b, named
	}
	copied := *b
	copied.Corners = slices.Clone(b.Corners)
	for i := range copied.Corners {
		best := slices.Clone(copied.Corners[i].Best)
		for k := range best {
			if slices.Contains(er.Names, best[k].Name) {
				named, best[k].Name = true, Erased
			}
		}
		copied.Corners[i].Best = best
	}
	return &copied, named
}
