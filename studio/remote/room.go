package remote

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	random "math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/sync/errgroup"

	"vitrine/server/wire"
)

// RoomFeedback is what a room tells. The functions are called one at a time; what comes behind waits for them.
type RoomFeedback struct {
	// Joined says how the room is; its events go on from those before where it says Whole.
	Joined func(wire.RoomJoined)
	// Frame tells what happened since. An event may come more than once: its number tells.
	Frame func(wire.RoomFrame)
	// Lost says that there is no connection and why; Run tries again by itself.
	Lost func(error)
}

// Room is the way into one show's room. Ask may be called from any goroutine, Run from one.
//
// A request waits here until it is answered: it is sent over every new connection until then, and its ID keeps the server from
// doing it twice. At most maxWaiting wait.
type Room struct {
	dialer  websocket.Dialer
	address url.URL
	header  http.Header
	through int64 // the newest number that was heard; Run's

	mu      sync.Mutex
	waiting []*asked
	fresh   chan struct{} // something waits that was not sent
}

// asked is a request that waits for its answer.
type asked struct {
	id     string
	body   []byte
	sent   bool // over the present connection
	answer chan wire.RoomAnswer
}

// Times and bounds of a room's connection.
const (
	firstWait, longestWait = 500 * time.Millisecond, 15 * time.Second
	// pingEvery keeps the path open and finds a dead one: silent is when it counts as dead.
	pingEvery, silent = 10 * time.Second, 25 * time.Second
	writeWithin       = 5 * time.Second
	// maxMessage bounds what the server may send at once, in bytes: a room's state and some hundred long messages.
	maxMessage = 4 << 20
	maxWaiting = 64
)

// Room returns the room of a show, not yet joined; the token is an operator's or the show's, "" for a visitor.
func (c *Client) Room(server, token string, id wire.ShowID) (*Room, error) {
	base, err := Address(server)
	if err != nil {
		return nil, err
	}
	if err := id.Validate(); err != nil {
		return nil, err
	}
	u := base.JoinPath("api", "shows", string(id), "room")
	u.Scheme = map[string]string{"http": "ws", "https": "wss"}[u.Scheme]
	t := c.oneProtocol()
	r := &Room{
		address: *u, header: http.Header{}, fresh: make(chan struct{}, 1),
		dialer: websocket.Dialer{
			Proxy: t.Proxy, NetDialContext: t.DialContext, TLSClientConfig: t.TLSClientConfig,
			HandshakeTimeout: timeout, EnableCompression: true,
		},
	}
	if token != "" {
		r.header.Set("Authorization", "Bearer "+token)
	} else {
		r.dialer.Jar = c.visitor.Jar
	}
	return r, nil
}

// Run stays in the room until ctx ends, then it returns nil. It comes back by itself after every loss of the connection, resuming
// by number, with waits that grow and are spread so that the studios of a server that went down do not come back in step.
func (r *Room) Run(ctx context.Context, f RoomFeedback) error {
	return again(ctx, func(joined func()) error { return r.visit(ctx, f, joined) }, func(_ bool, err error) { f.Lost(err) })
}

// again visits until ctx ends, then it returns nil. A visit says when it was let in; lost is told how it ended and whether it was. Between visits
// it waits, the longer the more of them were refused.
func again(ctx context.Context, visit func(here func()) error, lost func(here bool, err error)) error {
	wait := firstWait
	for {
		here := false
		err := visit(func() { here = true })
		if ctx.Err() != nil {
			return nil
		}
		lost(here, err)
		if here {
			wait = firstWait
		}
		var refused *wire.Error
		pause := wait/2 + random.N(wait+1)
		if errors.As(err, &refused) {
			pause = max(pause, refused.RetryAfter)
		}
		wait = min(2*wait, longestWait)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
	}
}

// visit is one connection; joined is called once the room has let us in.
func (r *Room) visit(ctx context.Context, f RoomFeedback, joined func()) error {
	conn, err := r.dial(ctx)
	if err != nil {
		return fmt.Errorf("join the room: %w", err)
	}
	defer conn.Close()
	conn.SetReadLimit(maxMessage)
	r.resend()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return r.listen(conn, f, joined) })
	group.Go(func() error {
		err := r.speak(ctx, conn)
		_ = conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), time.Now().Add(time.Second))
		conn.Close()
		return err
	})
	return group.Wait()
}

func (r *Room) dial(ctx context.Context) (*websocket.Conn, error) {
	u := r.address
	if r.through > 0 {
		u.RawQuery = url.Values{"after": {strconv.FormatInt(r.through, 10)}}.Encode()
	}
	conn, answer, err := r.dialer.DialContext(ctx, u.String(), r.header)
	if errors.Is(err, websocket.ErrBadHandshake) {
		body, _ := io.ReadAll(answer.Body) // the dialer has bounded it
		return nil, complaint(answer, body)
	}
	return conn, err
}

// listen reads until the connection ends.
func (r *Room) listen(conn *websocket.Conn, f RoomFeedback, joined func()) error {
	alive := func(string) error { return conn.SetReadDeadline(time.Now().Add(silent)) }
	pong := conn.PingHandler()
	conn.SetPongHandler(alive)
	conn.SetPingHandler(func(s string) error { return errors.Join(alive(s), pong(s)) })
	for {
		if err := alive(""); err != nil {
			return fmt.Errorf("hear the room: %w", err)
		}
		kind, message, err := conn.ReadMessage()
		var closed *websocket.CloseError
		if errors.As(err, &closed) {
			return goodbye(closed)
		}
		if err != nil {
			return fmt.Errorf("hear the room: %w", err)
		}
		if kind != websocket.TextMessage {
			continue
		}
		e, err := wire.ReadEvent(message)
		if err != nil {
			return fmt.Errorf("hear the room: %w", err)
		}
		r.hear(e, f, joined)
	}
}

// goodbye is why the server closed the connection, and when to come back where it says so.
func goodbye(c *websocket.CloseError) error {
	switch c.Code {
	case wire.RoomRestart:
		e := wire.Errorf(wire.Unavailable, "the server starts anew")
		if ms, err := strconv.Atoi(c.Text); err == nil {
			e.RetryAfter = min(time.Duration(ms)*time.Millisecond, longestWait)
		}
		return e
	case wire.RoomBanned:
		return wire.Errorf(wire.Forbidden, "the room does not let this person in")
	case wire.RoomOver:
		return wire.Errorf(wire.ShowClosed, "the room is closed")
	}
	return wire.Errorf(wire.Unavailable, "the server closed the room's connection: %d %.300s", c.Code, c.Text)
}

func (r *Room) hear(e wire.Event, f RoomFeedback, joined func()) {
	switch e := e.(type) {
	case wire.RoomJoined:
		joined()
		r.heard(e.Through, e.Events)
		f.Joined(e)
	case wire.RoomFrame:
		r.heard(e.Through, e.Events)
		f.Frame(e)
	case wire.RoomAnswer:
		r.answered(e)
	}
}

func (r *Room) heard(through int64, events []wire.RoomEvent) {
	r.through = max(r.through, through)
	for _, e := range events {
		r.through = max(r.through, e.N)
	}
}

// speak sends what waits, and pings, until ctx ends.
func (r *Room) speak(ctx context.Context, conn *websocket.Conn) error {
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	for {
		for body := r.next(); body != nil; body = r.next() {
			_ = conn.SetWriteDeadline(time.Now().Add(writeWithin))
			if err := conn.WriteMessage(websocket.TextMessage, body); err != nil {
				return fmt.Errorf("speak to the room: %w", err)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-r.fresh:
		case <-ping.C:
			if err := conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(writeWithin)); err != nil {
				return fmt.Errorf("speak to the room: %w", err)
			}
		}
	}
}

// Ask asks the room for something and waits for its answer, across lost connections, or for the end of ctx. A request without an
// ID gets one; the same ID again is the same wish, for when the answer was not waited for. It returns the number of the event
// that came of it, 0 for none. What the room refuses is a *wire.Error.
func (r *Room) Ask(ctx context.Context, q wire.RoomRequest) (n int64, err error) {
	if q.ID == "" {
		q.ID = rand.Text()
	}
	body, err := json.Marshal(q)
	if err != nil {
		return 0, fmt.Errorf("write the request: %w", err)
	}
	if len(body) > wire.MaxRequest {
		return 0, wire.Errorf(wire.TooLarge, "this is too long for the room: at most %d bytes", wire.MaxRequest)
	}
	a := &asked{id: q.ID, body: body, answer: make(chan wire.RoomAnswer, 1)}
	if !r.add(a) {
		return 0, wire.Errorf(wire.Unavailable, "the room has not answered what it was asked before: try again later")
	}
	defer r.remove(a)
	select {
	case answer := <-a.answer:
		if e := answer.Error; e != nil {
			return 0, &wire.Error{Code: e.Code, Text: e.Text, RetryAfter: time.Duration(e.Wait) * time.Millisecond}
		}
		return answer.N, nil
	case <-ctx.Done():
		return 0, fmt.Errorf("the room has not answered: %w", ctx.Err())
	}
}

func (r *Room) add(a *asked) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.waiting) >= maxWaiting {
		return false
	}
	r.waiting = append(r.waiting, a)
	select {
	case r.fresh <- struct{}{}:
	default:
	}
	return true
}

func (r *Room) remove(a *asked) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waiting = slices.DeleteFunc(r.waiting, func(b *asked) bool { return a == b })
}

// resend has everything that waits sent again.
func (r *Room) resend() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, a := range r.waiting {
		a.sent = false
	}
}

// next is what is to be sent next, nil for nothing.
func (r *Room) next() []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, a := range r.waiting {
		if !a.sent {
			a.sent = true
			return a.body
		}
	}
	return nil
}

func (r *Room) answered(answer wire.RoomAnswer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, a := range r.waiting {
		if a.id == answer.ID {
			select {
			case a.answer <- answer:
			default:
			}
		}
	}
}
