package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"regexp"
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
	// decideWithin is how long a room has to decide.
	decideWithin = 15 * time.Second
	// hardest is the longest message that is answered, in bytes: with a longer one the connection ends.
	hardest = 8 * wire.MaxRequest
	// abuseMost is how many messages too many a client may send until it is cut off, where each abuseEvery takes one off. After each
	// nothing is read for abusePause: what waits fills the window of TCP, and its sender waits too.
	abuseMost, abuseEvery, abusePause = 100, 200 * time.Millisecond, 20 * time.Millisecond
	// staffFor is how long a socket of the staff lasts: then it comes back, and it is looked anew at who it is.
	staffFor = 15 * time.Minute
)

// socket is one client in a room. Its reader asks the room for what the client wants, one thing after another, and owns the
// connection. All that it is told goes through the queue of its subscription to its writer, pings too: one who takes nothing is cut off,
// and nobody waits.
type socket struct {
	*Sockets
	show  wire.ShowID
	who   chat.Who // the reader's
	known People   // nil for nobody
	since time.Time
	sub   *chat.Subscription
	conn  *websocket.Conn
	away  atomic.Pointer[websocket.CloseError] // why it is sent away; nil if it is not by us
	going atomic.Bool                          // it was told to go
	// tooMany is how many messages too many there were, as of tooManyAt; they are the reader's.
	tooMany   int
	tooManyAt time.Time
}

// alone is a message to one client, and ping asks whether it is there: what is made of frames, beside prepared messages.
type (
	alone []byte
	ping  struct{}
)

// frameOf makes a frame that is told as it is.
func frameOf(made any) *chat.Frame {
	f := &chat.Frame{}
	_, _ = f.Made(func([]byte) (any, error) { return made, nil })
	return f
}

// read hears the client until it goes.
func (k *socket) read() {
	defer func() {
		k.sub.Close()
		_ = k.conn.Close() // it may have ended by itself
		k.left(k)
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

// calm is how long the client has to wait until it may send something; 0 for not at all. One that sends far too much for long is told
// to go.
func (k *socket) calm() (wait time.Duration) {
	if wait = k.take(k.who); wait == 0 {
		return 0
	}
	now := time.Now()
	k.tooMany = max(0, k.tooMany-int(now.Sub(k.tooManyAt)/abuseEvery)) + 1
	if k.tooManyAt = now; k.tooMany > abuseMost {
		k.send(wire.RoomFlood, "too many messages")
	}
	time.Sleep(abusePause)
	return wait
}

// hear acts upon a message, and has what comes of it told.
func (k *socket) hear(kind int, message io.Reader) {
	text, _ := k.texts.Get().(*[]byte)
	defer k.texts.Put(text)
	n, err := io.ReadFull(message, *text)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return // nor can the next be read
	}
	r, err := readRequest(kind, (*text)[:n])
	if wait := k.calm(); wait > 0 {
		err = tooFast(wait)
	}
	a := wire.RoomAnswer{ID: r.ID}
	if err == nil {
		a = k.do(r)
	} else {
		a.Error = refusal(err)
	}
	if a.ID == "" && a.Error == nil { // as likes
		return
	}
	if told, err := json.Marshal(a); err == nil {
		k.sub.Put(frameOf(alone(told)))
	}
}

// do asks the room.
func (k *socket) do(r wire.RoomRequest) wire.RoomAnswer {
	ctx, cancel := context.WithTimeout(context.Background(), decideWithin)
	defer cancel()
	if r.Say != nil || r.Ask != nil || r.Report != nil {
		if err := k.meet(ctx, true); err != nil {
			return wire.RoomAnswer{ID: r.ID, Error: refusal(err)}
		}
	}
	return k.rooms.Do(ctx, k.show, k.who, r)
}

// refusal is an error as rooms tell it.
func refusal(err error) *wire.RoomError {
	e := &wire.RoomError{Code: wire.CodeOf(err), Text: err.Error()}
	var known *wire.Error
	if errors.As(err, &known) {
		e.Text, e.Wait = known.Text, known.RetryAfter.Milliseconds()
	}
	return e
}

// ids are what messages may be named by.
var ids = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)

// readRequest reads a message. Of one that is none it returns the ID, if it has a good one that can be found.
func readRequest(kind int, text []byte) (wire.RoomRequest, error) {
	var r wire.RoomRequest
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	err := d.Decode(&r)
	if err == nil {
		if _, more := d.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("it is more than one JSON value")
		}
	}
	none := func(format string, args ...any) (wire.RoomRequest, error) {
		return wire.RoomRequest{ID: idOf(text)}, wire.Errorf(wire.Invalid, format, args...)
	}
	switch {
	case len(text) > wire.MaxRequest:
		return wire.RoomRequest{ID: idOf(text)}, wire.Errorf(wire.TooLarge, "a message has at most %d KB", wire.MaxRequest>>10)
	case kind != websocket.TextMessage:
		return none("a message is JSON, as text")
	case err != nil:
		return none("the message is not one that rooms know: %s", err)
	case wants(r) != 1:
		return none("a message has its ID and exactly one wish")
	case r.ID == "" && r.Like != nil:
		return r, nil
	case !ids.MatchString(r.ID):
		return none("a message needs an ID of 1 to 64 letters, digits and hyphens")
	}
	return r, nil
}

// wants is how many of a request's fields beside its ID are set.
func wants(r wire.RoomRequest) (n int) {
	v := reflect.ValueOf(r)
	for i := range v.NumField() {
		if f := v.Field(i); f.Kind() == reflect.Pointer && !f.IsNil() {
			n++
		}
	}
	return n
}

// idOf finds the ID in what is no request, or in the beginning of what is too long for one.
func idOf(text []byte) string {
	d := json.NewDecoder(bytes.NewReader(text))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return ""
	}
	for {
		key, err := d.Token()
		if err != nil {
			return ""
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return ""
		}
		var id string
		if key == "id" && json.Unmarshal(value, &id) == nil && ids.MatchString(id) {
			return id
		}
	}
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

// send sends the client away, after what it was told before.
func (k *socket) send(code int, reason string) {
	if k.away.CompareAndSwap(nil, &websocket.CloseError{Code: code, Text: reason}) {
		k.sub.Close()
	}
}

// ended is what a client is told whose subscription has ended.
func (k *socket) ended() (code int, reason string) {
	if away := k.away.Load(); away != nil {
		return away.Code, away.Text
	}
	switch k.sub.End() {
	case chat.Slow:
		return wire.RoomSlow, "frames were not read in time"
	case chat.Banned:
		return wire.RoomBanned, "you may not be here"
	case chat.Closed:
		return wire.RoomOver, "the room is closed"
	}
	return k.restart()
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
