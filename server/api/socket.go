package api

import (
	"bytes"
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
	// answersOf is how many answers may wait for a client; then what it asks is not read.
	answersOf = 8
	// hardest is the longest message that is answered, in bytes: with a longer one the connection ends.
	hardest = 8 * wire.MaxRequest
	// abuseMost is how many messages too many a client may send until it is cut off, where each abuseEvery takes one off.
	abuseMost, abuseEvery = 300, 200 * time.Millisecond
	// staffFor is how long a socket of the staff lasts: then it comes back, and it is looked anew at who it is.
	staffFor = 15 * time.Minute
)

// socket is one client in a room. Its reader asks the room for what the client wants, one thing after another, and owns the
// connection; its writer tells what comes.
type socket struct {
	*Sockets
	show    wire.ShowID
	who     chat.Who
	sub     *chat.Subscription
	leave   func()
	conn    *websocket.Conn
	answers chan []byte
	gone    chan struct{} // closed when nothing is read any more
	going   atomic.Bool   // the client was sent away
	// tooMany is how many messages too many there were, as of tooManyAt; they are the reader's.
	tooMany   int
	tooManyAt time.Time
}

// read hears the client until it goes.
func (k *socket) read() {
	defer func() {
		close(k.gone)
		_ = k.conn.Close() // it may have ended by itself
		k.sub.Close()
		k.leave()
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
		if !k.going.Load() {
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
		k.bye(wire.RoomFlood, "too many messages")
	}
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
		a = k.rooms.Do(k.ctx, k.show, k.who, r)
	} else {
		a.Error = refusal(err)
	}
	if a.ID == "" && a.Error == nil { // as likes
		return
	}
	if told, err := json.Marshal(a); err == nil {
		k.answers <- told
	}
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

// write tells the client what comes, until it goes or is sent away.
func (k *socket) write(joined wire.RoomJoined) {
	defer func() {
		for { // the reader may wait to give an answer
			select {
			case <-k.answers:
			case <-k.gone:
				return
			}
		}
	}()
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	var long <-chan time.Time
	if k.who.Role != "" {
		t := time.NewTimer(staffFor)
		defer t.Stop()
		long = t.C
	}
	text, err := json.Marshal(joined)
	if err == nil {
		err = k.say(text)
	}
	for err == nil {
		select {
		case <-k.gone:
			return
		case f, on := <-k.sub.Frames():
			if !on {
				k.bye(k.ended())
				return
			}
			err = k.tell(f)
		case a := <-k.answers:
			err = k.say(a)
		case <-ping.C:
			err = k.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(socketWithin))
		case <-long:
			k.bye(wire.RoomRestart, "0")
			return
		case <-k.ctx.Done():
			k.bye(k.restart())
			return
		}
	}
	_ = k.conn.Close() // so that the reader ends
}

// ended is what a client is told whose subscription has ended.
func (k *socket) ended() (code int, reason string) {
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

// tell sends what is told to many.
func (k *socket) tell(f *chat.Frame) error {
	made, err := f.Made(func(text []byte) (any, error) { return websocket.NewPreparedMessage(websocket.TextMessage, text) })
	if err != nil {
		return err
	}
	m, _ := made.(*websocket.PreparedMessage)
	_ = k.conn.SetWriteDeadline(time.Now().Add(socketWithin))
	k.conn.EnableWriteCompression(true)
	return k.conn.WritePreparedMessage(m)
}

// say sends what is told to this client alone.
func (k *socket) say(text []byte) error {
	_ = k.conn.SetWriteDeadline(time.Now().Add(socketWithin))
	k.conn.EnableWriteCompression(len(text) >= smallFrom)
	return k.conn.WriteMessage(websocket.TextMessage, text)
}

// bye sends the client away. It has a second to say goodbye: a connection that is closed before what came is read loses what was sent.
func (k *socket) bye(code int, reason string) {
	if k.going.Swap(true) {
		return
	}
	end := time.Now().Add(closeWithin)
	_ = k.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, reason), end) // it goes in any case
	_ = k.conn.SetReadDeadline(end)
}
