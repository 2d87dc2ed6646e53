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
	// decideWithin is how long a room has to decide.
	decideWithin = 15 * time.Second
	// abuseMost is how many messages too many a client may send until it is cut off, where each abuseEvery takes one off. After each
	// nothing is read for abusePause: what waits fills the window of TCP, and its sender waits too.
	abuseMost, abuseEvery, abusePause = 100, 200 * time.Millisecond, 20 * time.Millisecond
	// staffFor is how long a socket of the staff lasts: then it comes back, and it is looked anew at who it is.
	staffFor = 15 * time.Minute
)

// seat is one client's place in a room, whichever way leads there. One goroutine hears the client, another tells it what comes.
type seat struct {
	*Sockets
	show  wire.ShowID
	who   chat.Who // the hearer's
	new   bool     // who it is has not been known before, and has said nothing yet
	since time.Time
	sub   *chat.Subscription
	away  atomic.Pointer[websocket.CloseError] // why it is sent away; nil if it is not by us
	// tooMany is how many messages too many there were, as of tooManyAt; they are the hearer's.
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

// calm is how long the client has to wait until it may send something; 0 for not at all. One that sends far too much for long is told
// to go.
func (k *seat) calm() (wait time.Duration) {
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
func (k *seat) hear(kind int, message io.Reader) {
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
func (k *seat) do(r wire.RoomRequest) wire.RoomAnswer {
	ctx, cancel := context.WithTimeout(context.Background(), decideWithin)
	defer cancel()
	if r.Say == nil && r.Ask == nil && r.Report == nil {
		return k.rooms.Do(ctx, k.show, k.who, r)
	}
	k.speaks()
	a := k.rooms.Do(ctx, k.show, k.who, r)
	if a.Error == nil || a.Error.Code != wire.Forbidden || k.who.Follows {
		return a
	}
	if err := k.meet(ctx); err == nil && k.who.Follows { // since a moment ago
		return k.rooms.Do(ctx, k.show, k.who, r)
	}
	return a
}

// sit gives somebody a seat in a room, which is counted until left is called.
func (s *Sockets) sit(ctx context.Context, show wire.ShowID, who chat.Who, after int64) (*seat, wire.RoomJoined, error) {
	k := &seat{Sockets: s, show: show, who: who, since: time.Now()}
	err := k.meet(ctx)
	if err == nil {
		err = s.enter(k)
	}
	if err != nil {
		return nil, wire.RoomJoined{}, err
	}
	var joined wire.RoomJoined
	if k.sub, joined, err = s.rooms.Join(ctx, show, k.who, after); err != nil {
		s.left(k)
	}
	return k, joined, err
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

// send sends the client away, after what it was told before.
func (k *seat) send(code int, reason string) {
	if k.away.CompareAndSwap(nil, &websocket.CloseError{Code: code, Text: reason}) {
		k.sub.Close()
	}
}

// ended is what a client is told whose subscription has ended.
func (k *seat) ended() (code int, reason string) {
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
