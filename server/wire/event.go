package wire

import "encoding/json"

// EventChannel is the label of the data channel that carries events: ordered and reliable, offered by the page with its
// WHEP offer. Every message is one JSON object, sent as text, that has a "type". Whoever gets a type that it does not know
// passes over it.
const EventChannel = "events"

// IdempotencyKey is the header of requests that may be repeated because their answer was lost: the POST that joins a show
// and the PATCH that restarts a session's ICE. The page makes a random key for each wish, not for each try, and repeats the
// same body with it. A server that has answered the key answers again with the same status, headers and body and makes no
// second session; one that is still answering lets the repetition wait for that answer. It remembers keys for a minute at
// least. A key that comes back with another body is a Conflict. Servers that do not know the header make one session a
// try; those that nobody uses end by themselves.
const IdempotencyKey = "Idempotency-Key"

// Event is what a server tells a page: over the event channel ShowEvent, LayersEvent, LinkEvent or ClockEvent, over the shop's stream of
// events those of its name, over a room's socket RoomJoined, RoomFrame or RoomAnswer, which also come over the event channel, with
// RoomLeft and Piece, to who enters the room through it.
type Event interface {
	json.Marshaler
	event()
}

// ShowEvent tells about the show, when the channel opens and on every change.
type ShowEvent struct {
	Show Show `json:"show"`
}

// LayersEvent tells in which sizes the picture is sent, when the channel opens and on every change.
type LayersEvent struct {
	// Layers ascend in bitrate. There is one where the picture is sent in one size only, none for sound alone.
	Layers []Layer `json:"layers"`
	// Current is the layer sent to this viewer now; "" while it is sent no picture.
	Current LayerID `json:"current"`
	// Pinned is the layer that the viewer asked for; "" while the server chooses.
	Pinned LayerID `json:"pinned"`
}

// LayerID names a layer within its show, for example "q", "h" and "f".
type LayerID string

// Layer is one size of the picture.
type Layer struct {
	ID LayerID `json:"id"`
	// Height is that of the picture in pixels; 0 while it is not known.
	Height int `json:"height"`
	// Bitrate is what it takes, in bit/s.
	Bitrate int `json:"bitrate"`
}

// LinkEvent tells once a second how the way to this viewer does.
type LinkEvent struct {
	// Down is the bandwidth towards the viewer as the server estimates it, in bit/s.
	Down int `json:"down"`
	// Loss is the share of packets that the viewer reports as lost, 0 to 1.
	Loss float64 `json:"loss"`
	// RTT is the round trip in ms.
	RTT int `json:"rtt"`
	// Redundancy is how many copies of each packet are sent; 1 on a link that loses none.
	Redundancy int `json:"redundancy"`
}

// ClockEvent tells how the timestamps of the picture that this viewer gets go with media time, which is when the host's camera
// took it by the host's own clock: a frame with the RTP timestamp was taken at Media, and those after it later by their
// distance, in ticks of 1/90,000 s, until a newer ClockEvent begins. It comes each second and after every jump.
type ClockEvent struct {
	// RTP is a timestamp (RFC 3550 §5.1) as this viewer gets it.
	RTP uint32 `json:"rtp"`
	// Media is in ms since 1970.
	Media int64 `json:"media"`
}

func (ShowEvent) event()   {}
func (LayersEvent) event() {}
func (LinkEvent) event()   {}
func (ClockEvent) event()  {}

// MarshalJSON writes the event with its type.
func (e ShowEvent) MarshalJSON() ([]byte, error) {
	type plain ShowEvent
	return json.Marshal(struct {
		Type string `json:"type"`
		plain
	}{"show", plain(e)})
}

// MarshalJSON writes the event with its type.
func (e LayersEvent) MarshalJSON() ([]byte, error) {
	type plain LayersEvent
	return json.Marshal(struct {
		Type string `json:"type"`
		plain
	}{"layers", plain(e)})
}

// MarshalJSON writes the event with its type.
func (e LinkEvent) MarshalJSON() ([]byte, error) {
	type plain LinkEvent
	return json.Marshal(struct {
		Type string `json:"type"`
		plain
	}{"link", plain(e)})
}

// MarshalJSON writes the event with its type.
func (e ClockEvent) MarshalJSON() ([]byte, error) {
	type plain ClockEvent
	return json.Marshal(struct {
		Type string `json:"type"`
		plain
	}{"clock", plain(e)})
}

// ReadEvent reads an event; nil for a type that this program does not know. Errors have code Invalid.
func ReadEvent(message []byte) (Event, error) {
	kind, err := readType(message)
	if err != nil {
		return nil, err
	}
	switch kind {
	case "show":
		return readAs[ShowEvent](message)
	case "layers":
		return readAs[LayersEvent](message)
	case "link":
		return readAs[LinkEvent](message)
	case "clock":
		return readAs[ClockEvent](message)
	}
	if e, err := readShopEvent(kind, message); e != nil || err != nil {
		return e, err
	}
	return readRoomEvent(kind, message)
}

func readAs[E Event](message []byte) (Event, error) {
	var e E
	if err := json.Unmarshal(message, &e); err != nil {
		return nil, Errorf(Invalid, "the event does not have the form of its type")
	}
	return e, nil
}

// PinLayer is what a page tells the server over the event channel: the viewer wants this layer, "" for the server's choice.
type PinLayer struct {
	ID LayerID `json:"id"`
}

// MarshalJSON writes the wish with its type.
func (p PinLayer) MarshalJSON() ([]byte, error) {
	type plain PinLayer
	return json.Marshal(struct {
		Type string `json:"type"`
		plain
	}{"layer", plain(p)})
}

// ReadWish reads what a page sent; ok is false for a type that this program does not know. Errors have code Invalid.
func ReadWish(message []byte) (wish PinLayer, ok bool, err error) {
	kind, err := readType(message)
	if err != nil || kind != "layer" {
		return PinLayer{}, false, err
	}
	if err := json.Unmarshal(message, &wish); err != nil {
		return PinLayer{}, false, Errorf(Invalid, "the wish for a layer does not name one")
	}
	return wish, true, nil
}

// ShowPicture is what a page tells the server over the event channel: whether its viewer sees the picture of what it watches, and how
// large. Until it says so the viewer sees all of it.
type ShowPicture struct {
	// Picture says that it is seen: else none is sent, and the sound goes on.
	Picture bool `json:"picture"`
	// Height is that of the place where it is seen, in pixels of the screen: of several layers none larger than it needs is sent. 0 is for
	// the largest that the link carries.
	Height int `json:"height,omitempty"`
}

// MarshalJSON writes the wish with its type.
func (p ShowPicture) MarshalJSON() ([]byte, error) {
	type plain ShowPicture
	return json.Marshal(struct {
		Type string `json:"type"`
		plain
	}{"show", plain(p)})
}

// ReadShowPicture reads what a page sent; ok is false for another type. Errors have code Invalid.
func ReadShowPicture(message []byte) (p ShowPicture, ok bool, err error) {
	kind, err := readType(message)
	if err != nil || kind != "show" {
		return ShowPicture{}, false, err
	}
	if err := json.Unmarshal(message, &p); err != nil || p.Height < 0 {
		return ShowPicture{}, false, Errorf(Invalid, "the wish for a picture does not say whether it is seen, and in what height from 0 on")
	}
	return p, true, nil
}

func readType(message []byte) (string, error) {
	var m struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(message, &m); err != nil || m.Type == "" {
		return "", Errorf(Invalid, "a message is a JSON object with a type")
	}
	return m.Type, nil
}
