package cmd

import (
	"context"
	"fmt"
	random "math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"vitrine/server/trust"
	"vitrine/server/wire"
)

// regularSilence is after how long without a word a guest looks for another server: one that stands still says nothing.
const regularSilence = 3 * time.Second

// regular is somebody in a room, who comes back to any of the servers whenever the connection is lost, and asks again then.
type regular struct {
	t     testing.TB
	p     *pair
	i     int
	staff bool
	jar   *cookiejar.Jar
	head  http.Header
	own   []int64 // what it said, by number; of the goroutine that asks

	mu      sync.Mutex // guards what follows
	conn    *websocket.Conn
	turned  chan struct{} // closed when there is another connection, or an answer
	answers map[string]wire.RoomAnswer
	me      wire.Member
	through int64
	visits  int
	since   int64 // when it began anew for the last time
	heard   []wire.RoomEvent
	seen    map[int64]bool // of a viewer
}

func newRegular(p *pair, i int, staff bool) *regular {
	jar, err := cookiejar.New(nil)
	if err != nil {
		p.t.Fatal(err)
	}
	g := &regular{t: p.t, p: p, i: i, staff: staff, jar: jar, turned: make(chan struct{}), answers: map[string]wire.RoomAnswer{}, seen: map[int64]bool{}}
	g.head = http.Header{"X-Forwarded-For": {fmt.Sprintf("198.51.100.%d", i)}}
	if staff {
		g.head.Set("Authorization", "Bearer "+p.token)
	}
	return g
}

// person is who the guest is in the books.
func (g *regular) person() wire.PersonID {
	for _, c := range g.jar.Cookies(&url.URL{Scheme: "http", Host: "127.0.0.1"}) {
		if c.Name == trust.VisitorCookie {
			return trust.Token(c.Value).Visitor()
		}
	}
	g.t.Fatal("a guest has no cookie")
	return ""
}

// live is in the room until ctx ends.
func (g *regular) live(ctx context.Context) {
	for ctx.Err() == nil {
		g.visit(ctx, g.p.at(random.IntN(2)))
		select {
		case <-ctx.Done():
		case <-time.After(random.N(100 * time.Millisecond)):
		}
	}
}

// visit is one connection.
func (g *regular) visit(ctx context.Context, at string) {
	g.mu.Lock()
	after := g.through
	g.mu.Unlock()
	dialer := websocket.Dialer{Jar: g.jar, HandshakeTimeout: regularSilence, EnableCompression: true}
	conn, answer, err := dialer.DialContext(ctx, fmt.Sprintf("ws://%s/api/shows/evening/room?after=%d", at, after), g.head)
	if answer != nil {
		answer.Body.Close()
	}
	if err != nil {
		return
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	for {
		_ = conn.SetReadDeadline(time.Now().Add(regularSilence))
		_, message, err := conn.ReadMessage()
		if err != nil {
			g.turn(func() { g.conn = nil })
			return
		}
		e, err := wire.ReadEvent(message)
		if err != nil {
			g.t.Error("a room says what nobody understands:", err)
			return
		}
		g.turn(func() { g.hear(conn, after, e) })
	}
}

// turn changes something, and wakes those who wait for it.
func (g *regular) turn(change func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	change()
	close(g.turned)
	g.turned = make(chan struct{})
}

// hear takes what the room says. The mutex is held.
func (g *regular) hear(conn *websocket.Conn, after int64, e wire.Event) {
	switch e := e.(type) {
	case wire.RoomJoined:
		if g.me, g.conn = e.Me, conn; g.visits > 0 {
			switch {
			case e.Whole:
				g.note(e.Events, e.Through)
			case e.Through-after <= 500:
				g.t.Errorf("who comes back after %d when there are %d events gets no whole log", after, e.Through)
			default: // it was away for more than one is told, and begins anew
				g.t.Logf("guest %d was away for %d events", g.i, e.Through-after)
				g.heard, g.since = nil, e.Through
			}
		}
		g.through = max(g.through, e.Through)
		g.visits++
	case wire.RoomFrame:
		g.note(e.Events, e.Through)
	case wire.RoomAnswer:
		g.answers[e.ID] = e
	}
}

// note keeps events that are new. Of the staff nothing is kept from them.
func (g *regular) note(list []wire.RoomEvent, through int64) {
	for _, e := range list {
		switch {
		case !g.staff && !g.seen[e.N]:
			g.seen[e.N] = true
			g.heard = append(g.heard, e)
		case g.staff && e.N > g.through:
			if e.N != g.through+1 {
				g.t.Errorf("one of the staff hears event %d after %d", e.N, g.through)
			}
			g.heard, g.through = append(g.heard, e), e.N
		}
	}
	if g.staff && through > g.through {
		g.t.Errorf("one of the staff is told of %d, and heard %d", through, g.through)
	}
	g.through = max(g.through, through)
}

// until waits for something to be so. is is called with the mutex held.
func (g *regular) until(within time.Duration, is func() bool) bool {
	late := time.NewTimer(within)
	defer late.Stop()
	for {
		g.mu.Lock()
		turned, ok := g.turned, is()
		g.mu.Unlock()
		if ok {
			return true
		}
		select {
		case <-turned:
		case <-late.C:
			return false
		}
	}
}

func (g *regular) arrives() {
	g.t.Helper()
	if !g.until(patience, func() bool { return g.visits > 0 }) {
		g.t.Fatal("a guest is not let in")
	}
}

func (g *regular) hears(n int64) {
	g.t.Helper()
	if !g.until(patience, func() bool { return g.through >= n }) {
		g.t.Errorf("guest %d heard up to %d of %d", g.i, g.through, n)
	}
}

// ask asks for something, over each connection anew under the same ID, until it is answered for good.
func (g *regular) ask(q wire.RoomRequest) (wire.RoomAnswer, error) {
	end := time.Now().Add(patience)
	for {
		var conn *websocket.Conn
		if !g.until(time.Until(end), func() bool { conn = g.conn; return conn != nil }) {
			return wire.RoomAnswer{}, fmt.Errorf("no server lets guest %d in", g.i)
		}
		if err := conn.WriteJSON(q); err != nil {
			conn.Close()
		}
		var a wire.RoomAnswer
		answered := false
		g.until(time.Until(end), func() bool {
			if a, answered = g.answers[q.ID]; answered {
				delete(g.answers, q.ID)
			}
			return answered || g.conn != conn
		})
		switch {
		case time.Now().After(end):
			return a, fmt.Errorf("guest %d waited in vain; at last it was told %+v", g.i, a.Error)
		case !answered:
		case a.Error != nil && (a.Error.Code == wire.Unavailable || a.Error.Code == wire.RateLimited):
			time.Sleep(time.Duration(a.Error.Wait) * time.Millisecond)
		default:
			return a, nil
		}
	}
}

// must asks for something that is not refused.
func (g *regular) must(q wire.RoomRequest) int64 {
	g.t.Helper()
	q.ID = fmt.Sprint("must-", random.Uint64())
	a, err := g.ask(q)
	if err != nil || a.Error != nil {
		g.t.Fatalf("%v, %+v", err, a.Error)
	}
	return a.N
}
