package api

import (
	"encoding/json"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"vitrine/server/chat"
	"vitrine/server/wire"
)

const (
	// pingEvery is how often a client is asked whether it is there, and goneAfter how long it may be silent: who left without a word
	// has gone from the room within 15 s.
	pingEvery, goneAfter = 5 * time.Second, 12 * time.Second
	// socketWithin is how long a client has to take a message, closeWithin to say goodbye.
	socketWithin, closeWithin = 10 * time.Second, time.Second
	// hardest is the longest message that is answered, in bytes: with a longer one the connection ends.
	hardest = 8 * wire.MaxRequest
)

// socket is a seat that is reached over a WebSocket. Its reader asks the room for what the client wants, one thing after another, and owns
// the connection. All that it is told goes through the queue of its subscription to its writer, pings too: one who takes nothing is cut
// off, and nobody waits.
type socket struct {
	*seat
	conn  *websocket.Conn
	going atomic.Bool // it was told to go
}

// read hears the client until it goes.
func (k *socket) read() {
	defer func() {
		k.sub.Close()
		_ = k.conn.Close() // it may have ended by itself
		k.left(k.seat)
	}()
	k.conn.SetReadLimit(hardest)
	k.conn.SetPongHandler(func(string) error { return k.alive() })
	k.conn.SetPingHandler(func(text string) error {
		if k.calm() > 0 {
			return nil
		}
		_ = k.conn.WriteControl(websocket.PongMessage, []byte(text), time.Now().Add(closeWithin)) // the writer sees what is wrong
		return k.alive()
	})
	for {
		_ = k.alive()
		kind, message, err := k.conn.NextReader()
		if err != nil {
			return
		}
		if k.sub.End() == chat.Open {
			k.hear(kind, message)
		}
	}
}

// alive notes that the client is there, and is not to go.
func (k *socket) alive() error {
	if k.going.Load() {
		return nil
	}
	return k.conn.SetReadDeadline(time.Now().Add(goneAfter))
}

// write greets the client and tells it what comes, until its subscription ends.
func (k *socket) write(joined wire.RoomJoined) {
	text, err := json.Marshal(joined)
	if err == nil {
		err = k.say(text)
	}
	for f := range k.sub.Frames() {
		if err == nil {
			err = k.tell(f)
		}
		if err != nil {
			_ = k.conn.Close() // so that the reader ends
			return
		}
	}
	k.bye(k.ended())
}

// tell sends a frame.
func (k *socket) tell(f *chat.Frame) error {
	made, err := f.Made(func(text []byte) (any, error) { return websocket.NewPreparedMessage(websocket.TextMessage, text) })
	switch m := made.(type) {
	case *websocket.PreparedMessage:
		_ = k.conn.SetWriteDeadline(time.Now().Add(socketWithin))
		k.conn.EnableWriteCompression(true)
		return k.conn.WritePreparedMessage(m)
	case alone:
		return k.say(m)
	case ping:
		return k.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(socketWithin))
	}
	return err
}

// say sends what is told to this client alone.
func (k *socket) say(text []byte) error {
	_ = k.conn.SetWriteDeadline(time.Now().Add(socketWithin))
	k.conn.EnableWriteCompression(len(text) >= smallFrom)
	return k.conn.WriteMessage(websocket.TextMessage, text)
}

// bye closes the WebSocket. The client has a second to say goodbye: a connection that is closed before what came is read loses what was sent.
func (k *socket) bye(code int, reason string) {
	k.going.Store(true)
	end := time.Now().Add(closeWithin)
	_ = k.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, reason), end) // it goes in any case
	_ = k.conn.SetReadDeadline(end)
}
