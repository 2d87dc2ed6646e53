package api

import (
	"cmp"
	"context"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gorilla/websocket"

	"vitrine/server/chat"
	"vitrine/server/trust"
	"vitrine/server/wire"
)

// Rooms are where people talk: a chat.Hub.
type Rooms interface {
	// Join lets somebody into a show's room, who knows it up to an event.
	Join(ctx context.Context, show wire.ShowID, who chat.Who, after int64) (*chat.Subscription, wire.RoomJoined, error)
	// Do does what somebody in it wants.
	Do(ctx context.Context, show wire.ShowID, who chat.Who, r wire.RoomRequest) wire.RoomAnswer
}

// talking is the address of rooms. It is no handler of huma's, which cannot give its connection away.
func (e *edge) talking(mux *http.ServeMux) {
	const path = "/api/shows/{show}/room"
	o := operation{method: http.MethodGet, path: path}
	e.described.OpenAPI().AddOperation(&huma.Operation{
		OperationID: operationID(o), Method: o.method, Path: path, Extensions: map[string]any{actionKey: string(trust.RoomJoin)},
		Summary: "The room of a show, as a WebSocket of the wire contract's messages",
		Parameters: []*huma.Param{
			{Name: "show", In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString}},
			{Name: "after", In: "query", Description: "the newest event that is known", Schema: &huma.Schema{Type: huma.TypeInteger}},
		},
		Responses: map[string]*huma.Response{"101": {Description: "Switching Protocols"}, "default": {Description: "Error"}},
	})
	mux.Handle("GET "+path, e.methods(methods{http.MethodGet: e.room}, ""))
}

// room lets a visitor into the room of a show.
func (e *edge) room(w http.ResponseWriter, r *http.Request) error {
	v, err := e.guest(w, r)
	if err != nil {
		return err
	}
	if err := trust.May(v.Visit, trust.RoomJoin); err != nil {
		return err
	}
	if !websocket.IsWebSocketUpgrade(r) || r.Method != http.MethodGet {
		if _, _, err := e.openShow(r); err != nil {
			return err
		}
		return wire.Errorf(wire.Invalid, "this address speaks WebSocket: ask for an upgrade")
	}
	show, _, err := e.openShow(r)
	if err != nil {
		return err
	}
	after, err := number(r.URL.Query().Get("after"))
	if err != nil {
		return err
	}
	k := &socket{Sockets: e.Sockets, show: show.ID, who: v.who(show)}
	if err := k.enter(k); err != nil {
		return err
	}
	var joined wire.RoomJoined
	if k.sub, joined, err = k.rooms.Join(r.Context(), show.ID, k.who, after); err != nil {
		k.left(k)
		if wire.CodeOf(err) == wire.Forbidden {
			return k.turnAway(w, r)
		}
		return err
	}
	k.serve(k, w, r, joined)
	return nil
}

// guest finds out who comes. A show's token, like an operator's, is told by its header; who comes by cookies comes from our own pages.
func (e *edge) guest(w http.ResponseWriter, r *http.Request) (*visitor, error) {
	asked := *r
	asked.Method = http.MethodPost // a WebSocket does things, and browsers open it wherever a page wants
	if r.Header.Get("Authorization") == "" {
		return e.visitor(w, &asked)
	}
	_, own, err := e.show(r)
	if err != nil {
		return nil, err
	}
	token, err := bearer(r)
	if err != nil {
		return nil, err
	}
	v, err := e.visitor(w, &asked)
	if wire.CodeOf(err) == wire.Unauthenticated && equal(own, token) {
		now := e.Gate.Now()
		v.Visit = trust.Visit{Session: trust.Session{Person: operator, Proofs: trust.Proofs{Passkey: now}}, Role: trust.Host, At: now}
		return v, nil
	}
	return v, err
}

// who is the visitor as rooms know people.
func (v *visitor) who(show wire.Show) chat.Who {
	who := chat.Who{Network: v.caller.Network(), Since: v.Made}
	if acts := v.Acts(); acts.Staff() {
		who.Role = string(acts)
	}
	if v.Person == operator {
		who.Person, who.Name = wire.PersonID("studio."+who.Role), cmp.Or(show.Title, string(show.ID))
		return who
	}
	who.Device = string(v.browser())
	who.Person = v.buyer()
	return who
}

// number reads the number of an event.
func number(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, wire.Errorf(wire.Invalid, "after is the number of an event; got %.20q", text)
	}
	return n, nil
}
