package chat

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"vitrine/server/wire"
)

// PersonOf is who is called that in a show's room. It knows those only who are there now, and are served by this process.
func (h *Hub) PersonOf(show wire.ShowID, a wire.Alias) (wire.PersonID, bool) {
	h.mu.Lock()
	r := h.rooms[show]
	h.mu.Unlock()
	if r == nil {
		return "", false
	}
	select {
	case <-r.open:
	default: // it is being opened: nobody is there
		return "", false
	}
	r.crowd.mu.Lock()
	defer r.crowd.mu.Unlock()
	if who := r.crowd.aliases[a]; who != nil {
		return who.person, true
	}
	return "", false
}

// Showing is what the host of a show showed last, as it was stored. It opens no room: whoever looks need not come in.
func (h *Hub) Showing(ctx context.Context, show wire.ShowID) (wire.Showing, error) {
	head, err := h.c.Storage.RoomHead(ctx, show)
	if err != nil || head == (Head{}) { // nobody has been there
		return wire.Showing{}, err
	}
	saved, err := h.c.Storage.LoadRoom(ctx, show)
	if err != nil {
		return wire.Showing{}, err
	}
	i := slices.IndexFunc(saved.Records, func(r Record) bool { return r.Kind == mainKind })
	if i < 0 {
		return wire.Showing{}, nil
	}
	var m main
	if err := json.Unmarshal(saved.Records[i].Doc, &m); err != nil {
		return wire.Showing{}, fmt.Errorf("read what the room of show %q shows: %w", show, err)
	}
	return m.Showing, nil
}
