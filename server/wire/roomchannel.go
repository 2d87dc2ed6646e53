package wire

import "encoding/json"

// Where most packets are lost, TCP dies and media lives. So a room is also reached by the event channel of a viewer's session: the page
// sends RoomWishes, and is sent what it would be sent over a WebSocket, then a RoomLeft when the server ends it. A message that is
// long comes in pieces.

// RoomUnknown is a Code of RoomLeft: the session has not said who it is, or too long ago. A new ticket helps.
const RoomUnknown = 4401

// RoomTicket says once, within a minute, to one server who somebody is. It is had by a POST to /api/shows/{show}/room/ticket.
type RoomTicket struct {
	Ticket string `json:"ticket"`
}

// RoomWish is what a page sends over the event channel about the room. It has exactly one of its fields.
type RoomWish struct {
	// Ticket says who this is, for as long as the session lasts; for the staff, 15 minutes.
	Ticket string `json:"ticket,omitempty"`
	// Enter joins the room, to hear what came after an event; 0 for the newest events.
	Enter *Numbered `json:"enter,omitempty"`
	// Ask is a RoomRequest.
	Ask   json.RawMessage `json:"ask,omitempty"`
	Leave *struct{}       `json:"leave,omitempty"`
}

// MarshalJSON writes the wish with its type.
func (w RoomWish) MarshalJSON() ([]byte, error) {
	type plain RoomWish
	return json.Marshal(struct {
		Type string `json:"type"`
		plain
	}{"room", plain(w)})
}

// ReadRoomWish reads what a page sent; ok is false for another type. Errors have code Invalid.
func ReadRoomWish(message []byte) (w RoomWish, ok bool, err error) {
	kind, err := readType(message)
	if err != nil || kind != "room" {
		return RoomWish{}, false, err
	}
	if err := json.Unmarshal(message, &w); err != nil {
		return RoomWish{}, false, Errorf(Invalid, "the wish about the room does not have the form of its type")
	}
	return w, true, nil
}

// RoomLeft says that somebody is in the room no more, as the closing of a WebSocket does.
type RoomLeft struct {
	Code   int    `json:"code"`
	Reason string `json:"reason,omitempty"`
}

// Piece is a part of a message that is too long for the event channel. Other messages, but no others in pieces, may come between two pieces.
type Piece struct {
	Text  string `json:"text"`
	First bool   `json:"first,omitempty"` // what came of a message before is forgotten
	More  bool   `json:"more,omitempty"`  // this is not the last
}

func (RoomLeft) event() {}
func (Piece) event()    {}

// MarshalJSON writes the event with its type.
func (e RoomLeft) MarshalJSON() ([]byte, error) {
	type plain RoomLeft
	return json.Marshal(struct {
		Type string `json:"type"`
		plain
	}{"left", plain(e)})
}

// MarshalJSON writes the event with its type.
func (e Piece) MarshalJSON() ([]byte, error) {
	type plain Piece
	return json.Marshal(struct {
		Type string `json:"type"`
		plain
	}{"piece", plain(e)})
}
