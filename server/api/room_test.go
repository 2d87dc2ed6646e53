package api

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"vitrine/server/chat"
	"vitrine/server/store"
	"vitrine/server/trust"
	"vitrine/server/wire"
)

// salon is a market with the room of an open show.
type salon struct {
	*market
	hub     *chat.Hub
	sockets *Sockets
	stop    func() // ends the sockets, and waits for it
}

const showToken = "a show's token"

func talks(t *testing.T) *salon {
	t.Helper()
	s := &salon{}
	s.market = opens(t, nil, func(c *Config) {
		var err error
		if s.hub, err = newHub(c.Store.(*store.Store)); err != nil {
			t.Fatal(err)
		}
		s.sockets = NewSockets(s.hub, c.People)
		c.Sockets, c.Members = s.sockets, s.hub
	})
	for _, show := range []string{"evening", "morning"} {
		if err := s.db.CreateShow(t.Context(), wire.NewShow{ID: wire.ShowID(show), Title: "An " + show}, sha256.Sum256([]byte(show+showToken))); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.db.SetState(t.Context(), "morning", wire.Closed); err != nil {
		t.Fatal(err)
	}
	runs := func(run func(context.Context) error) (stop func()) {
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() { ended <- run(ctx) }()
		return sync.OnceFunc(func() {
			cancel()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	}
	t.Cleanup(runs(s.hub.Run))
	s.stop = runs(s.sockets.Run)
	t.Cleanup(s.stop)
	return s
}

// pipe is somebody's WebSocket.
type pipe struct {
	t testing.TB
	*websocket.Conn
	answer *http.Response
}

// dials opens a WebSocket to a show's room, whose name may have a query; headers are pairs. It fails where the answer is no upgrade, and then has the answer only.
func (b *browser) dials(show string, headers ...string) *pipe {
	b.m.t.Helper()
	h := http.Header{"X-Forwarded-For": {b.address}}
	if b.token != "" {
		h.Set("Authorization", "Bearer "+b.token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		h.Set(headers[i], headers[i+1])
	}
	d := websocket.Dialer{EnableCompression: true, Jar: b.client.Jar}
	show, query, _ := strings.Cut(show, "?")
	c, a, err := d.Dial("ws"+strings.TrimPrefix(b.m.url, "http")+"/api/shows/"+show+"/room?"+query, h)
	if err != nil && a == nil {
		b.m.t.Fatal(err)
	}
	if c != nil {
		b.m.t.Cleanup(func() { _ = c.Close() })
		_ = c.SetReadDeadline(time.Now().Add(time.Minute))
	}
	return &pipe{b.m.t, c, a}
}

// enters opens a WebSocket and reads the greeting.
func (b *browser) enters(show string, headers ...string) (*pipe, wire.RoomJoined) {
	b.m.t.Helper()
	p := b.dials(show, headers...)
	if p.Conn == nil {
		b.m.t.Fatal(p.answer.Status)
	}
	return p, expects(p, func(wire.RoomJoined) bool { return true })
}

// expects reads until an event is what is wanted.
func expects[E wire.Event](p *pipe, want func(E) bool) E {
	p.t.Helper()
	for {
		_, text, err := p.ReadMessage()
		if err != nil {
			p.t.Fatalf("there was no such %T: %v", *new(E), err)
		}
		e, err := wire.ReadEvent(text)
		if err != nil || e == nil {
			p.t.Fatal(string(text), err)
		}
		if got, ok := e.(E); ok && want(got) {
			return got
		}
	}
}

func (p *pipe) sends(text string) {
	p.t.Helper()
	if err := p.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
		p.t.Fatal(err)
	}
}

func (p *pipe) says(id, text string) {
	p.t.Helper()
	r, _ := json.Marshal(wire.RoomRequest{ID: id, Say: &wire.Say{Text: text}})
	p.sends(string(r))
}

// closed reads to the end and returns the code of it.
func (p *pipe) closed() (code int, reason string) {
	p.t.Helper()
	for {
		if _, _, err := p.ReadMessage(); err != nil {
			var c *websocket.CloseError
			if !errors.As(err, &c) {
				p.t.Fatal("the connection ends with", err)
			}
			return c.Code, c.Text
		}
	}
}

func says(text string) func(wire.RoomFrame) bool {
	return func(f wire.RoomFrame) bool {
		for _, e := range f.Events {
			if e.Said != nil && e.Said.Text == text {
				return true
			}
		}
		return false
	}
}

func TestWhatOneSaysAllInTheRoomHear(t *testing.T) {
	m := talks(t)
	mei, me := m.browser().enters("evening")
	ana, her := m.browser().enters("evening?after=3")
	if me.Me.Alias == her.Me.Alias || me.Me.Role != "" {
		t.Errorf("%+v, %+v", me, her)
	}
	if ext := mei.answer.Header.Get("Sec-Websocket-Extensions"); !strings.Contains(ext, "permessage-deflate") {
		t.Errorf("extensions are %q", ext)
	}
	text := strings.Repeat("How large is it? ", 20) + "Tell!"
	mei.says("a-1", text)
	if a := expects(mei, func(a wire.RoomAnswer) bool { return a.ID == "a-1" }); a.Error != nil || a.N != 1 {
		t.Errorf("%+v", a)
	}
	for _, p := range []*pipe{ana, mei} {
		expects(p, says(text))
	}
}

func TestWhoComesBackGoesOnWithoutAGap(t *testing.T) {
	m := talks(t)
	host := m.browser()
	host.token = "evening" + showToken
	studio, _ := host.enters("evening")
	for i := range 5 {
		studio.says(fmt.Sprint("s-", i), fmt.Sprint("line ", i))
		expects(studio, func(a wire.RoomAnswer) bool { return a.Error == nil })
	}
	if _, j := m.browser().enters("evening?after=2"); !j.Whole || len(j.Events) != 3 || j.Events[0].N != 3 || j.Through != 5 {
		t.Errorf("%+v", j)
	}
}

func TestWhoIsBannedIsSentAwayAndNotLetIn(t *testing.T) {
	m := talks(t)
	host, b := m.browser(), m.browser()
	host.token = "evening" + showToken
	studio, _ := host.enters("evening")
	bad, j := b.enters("evening")
	bad.says("b-1", "hi")
	expects(studio, says("hi"))
	studio.sends(fmt.Sprintf(`{"id":"s-1","silence":{"who":%q,"ban":true,"reason":"spam"}}`, j.Me.Alias))
	if a := expects(studio, func(a wire.RoomAnswer) bool { return a.ID == "s-1" }); a.Error != nil {
		t.Errorf("%+v", a.Error)
	}
	expects(bad, func(f wire.RoomFrame) bool { return len(f.Events) == 1 && f.Events[0].Silenced != nil })
	if code, _ := bad.closed(); code != wire.RoomBanned {
		t.Errorf("it ends with %d", code)
	}
	if code, _ := b.dials("evening").closed(); code != wire.RoomBanned { // a page does not see how it was refused
		t.Errorf("who comes again is sent away with %d", code)
	}
}

func TestABrowserIsTheSamePersonWheneverItComesAndWhoeverSignsIn(t *testing.T) {
	m := talks(t)
	b := m.browser()
	p, one := b.enters("evening")
	if c := p.answer.Header.Get("Set-Cookie"); !strings.HasPrefix(c, trust.VisitorCookie+"=") {
		t.Errorf("the cookie is %q", c)
	}
	p, two := b.enters("evening")
	if one.Me.Alias != two.Me.Alias || p.answer.Header.Get("Set-Cookie") != "" {
		t.Errorf("%+v, %+v", one.Me, two.Me)
	}
	b.link("mei@example.com")
	_, three := b.enters("evening")
	if three.Me.Alias == one.Me.Alias {
		t.Error("somebody who signs in is still nobody")
	}
}

func TestTheStaffHasItsRolesAndAStudioIsTheHost(t *testing.T) {
	m := talks(t)
	weak := m.browser()
	gets[wire.Appointed](m.operates(), "POST", "/api/people", wire.Appoint{Email: "weak@shop.example", Role: "owner"})
	weak.link("weak@shop.example")
	host := m.browser()
	host.token = "evening" + showToken
	for _, c := range []struct {
		who  *browser
		role string
	}{{m.plays(trust.Moderator), "moderator"}, {weak, ""}, {host, "host"}, {m.operates(), "owner"}, {m.signsIn("b@example.com"), ""}} {
		if p, j := c.who.enters("evening"); j.Me.Role != c.role || c.who.token != "" && p.answer.Header.Get("Set-Cookie") != "" {
			t.Errorf("%s comes as %+v", c.role, j.Me)
		}
	}
	if p := host.dials("evening", "Origin", "https://evil.example"); p.Conn == nil {
		t.Errorf("who has a token comes from anywhere; answered %s", p.answer.Status)
	}
	host.token = "another show's token"
	if p := host.dials("evening"); p.Conn != nil || p.answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("a wrong token is answered %s", p.answer.Status)
	}
}

func TestPagesOfOtherSitesDoNotComeIn(t *testing.T) {
	m := talks(t)
	b := m.signsIn("b@example.com")
	own := strings.Replace(m.url, "127.0.0.1", "localhost", 1)
	for _, c := range []struct {
		headers []string
		status  int
	}{
		{[]string{"Origin", "https://evil.example"}, http.StatusForbidden},
		{[]string{"Origin", "null"}, http.StatusForbidden},
		{[]string{"Origin", own, "Sec-Fetch-Site", "cross-site"}, http.StatusSwitchingProtocols}, // an origin that the gate trusts
		{[]string{"Sec-Fetch-Site", "cross-site"}, http.StatusForbidden},
		{[]string{"Origin", own}, http.StatusSwitchingProtocols},
		{[]string{"Origin", m.url, "Sec-Fetch-Site", "same-origin"}, http.StatusSwitchingProtocols},
		{nil, http.StatusSwitchingProtocols}, // no browser
	} {
		if p := b.dials("evening", c.headers...); p.answer.StatusCode != c.status {
			t.Errorf("%v is answered %s", c.headers, p.answer.Status)
		}
	}
}

func TestWhatIsNoRoomIsAProblem(t *testing.T) {
	m := talks(t)
	b := m.browser()
	b.refused(wire.Invalid, "GET", "/api/shows/evening/room", nil)
	b.refused(wire.NotFound, "GET", "/api/shows/none/room", nil)
	b.refused(wire.Method, "POST", "/api/shows/evening/room", "{}")
	for show, status := range map[string]int{"none": 404, "morning": 409, "evening?after=x": 400, "evening?after=-1": 400} {
		if p := b.dials(show); p.answer.StatusCode != status {
			t.Errorf("%s is answered %s", show, p.answer.Status)
		}
	}
	if s := b.asks("GET", "/api/shows/evening/room", nil, "Connection", "Upgrade", "Upgrade", "websocket"); s.status != http.StatusBadRequest {
		t.Errorf("half a handshake is answered %d", s.status)
	}
}

func TestABadMessageIsAnsweredAndTheConnectionLives(t *testing.T) {
	m := talks(t)
	p, _ := m.browser().enters("evening")
	long := strings.Repeat("x", wire.MaxRequest)
	for _, c := range []struct {
		text, id string
		code     wire.Code
	}{
		{``, "", wire.Invalid},
		{`{`, "", wire.Invalid},
		{`[]`, "", wire.Invalid},
		{`null`, "", wire.Invalid},
		{`{"id":"a-1","say":{"text":"hi"}`, "a-1", wire.Invalid},
		{`{"id":"a-2","say":{"text":"hi"}} {}`, "a-2", wire.Invalid},
		{`{"id":"a-3","fly":{"high":true}}`, "a-3", wire.Invalid},
		{`{"fly":[1,{"id":"no"}],"id":"a-4"}`, "a-4", wire.Invalid},
		{`{"id":"a-5","say":{"text":5}}`, "a-5", wire.Invalid},
		{`{"id":"a-6"}`, "a-6", wire.Invalid},
		{`{"id":"a-7","say":{"text":"hi"},"cheer":{}}`, "a-7", wire.Invalid},
		{`{"say":{"text":"hi"}}`, "", wire.Invalid},
		{`{"id":"no id","say":{"text":"hi"}}`, "", wire.Invalid},
		{`{"id":5,"say":{"text":"hi"}}`, "", wire.Invalid},
		{`{"id":"a-8","say":{"text":"` + long + `"}}`, "a-8", wire.TooLarge},
	} {
		p.sends(c.text)
		a := expects(p, func(wire.RoomAnswer) bool { return true })
		if a.ID != c.id || a.Error == nil || a.Error.Code != c.code || a.Error.Text == "" {
			t.Errorf("%.40s is answered %+v, %+v", c.text, a, a.Error)
		}
	}
	if err := p.WriteMessage(websocket.BinaryMessage, []byte(`{"id":"b-1","cheer":{}}`)); err != nil {
		t.Fatal(err)
	}
	if a := expects(p, func(wire.RoomAnswer) bool { return true }); a.ID != "b-1" || a.Error == nil {
		t.Errorf("%+v", a)
	}
	p.sends(`{"like":{"count":3}}`) // has no answer
	p.says("c-1", "still here")
	if a := expects(p, func(wire.RoomAnswer) bool { return true }); a.ID != "c-1" || a.Error != nil {
		t.Errorf("%+v", a)
	}
	p.sends(strings.Repeat(long, 20)) // is short on its way
	if a := expects(p, func(wire.RoomAnswer) bool { return true }); a.Error == nil || a.Error.Code != wire.TooLarge {
		t.Errorf("%+v", a)
	}
	p.EnableWriteCompression(false)
	_ = p.WriteMessage(websocket.TextMessage, []byte(strings.Repeat(long, 12)))
	for err := error(nil); err == nil; { // what is as long ends it
		_, _, err = p.ReadMessage()
	}
}

func TestAFloodIsRefusedAndThenEnded(t *testing.T) {
	m := talks(t)
	p, _ := m.browser().enters("evening")
	other, _ := m.browser().enters("evening")
	go func() {
		for i := range messageBurst + 2*abuseMost {
			if p.WriteMessage(websocket.TextMessage, fmt.Appendf(nil, `{"id":"a-%d","cheer":{}}`, i)) != nil {
				return
			}
		}
	}()
	a := expects(p, func(a wire.RoomAnswer) bool { return a.Error != nil && a.Error.Code == wire.RateLimited })
	if a.Error.Wait <= 0 || a.ID == "" {
		t.Errorf("%+v", a.Error)
	}
	if code, _ := p.closed(); code != wire.RoomFlood {
		t.Errorf("a flood ends with %d", code)
	}
	other.says("b-1", "hi")
	if a := expects(other, func(a wire.RoomAnswer) bool { return true }); a.Error != nil {
		t.Errorf("%+v", a.Error)
	}
}

func TestNobodyHasTooManySockets(t *testing.T) {
	m := talks(t)
	b := m.signsIn("b@example.com")
	var first *pipe
	for i := range socketsEach {
		if p, _ := b.enters("evening"); i == 0 {
			first = p
		}
	}
	if p := b.dials("evening"); p.answer.StatusCode != http.StatusTooManyRequests || p.answer.Header.Get("Retry-After") == "" {
		t.Errorf("one more is answered %s", p.answer.Status)
	}
	_ = first.Close()
	for range 3000 {
		if p := b.dials("evening"); p.Conn != nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("a socket that was closed still counts")
}

func TestAServerThatStopsSendsAllAwayWithAHint(t *testing.T) {
	m := talks(t)
	p, _ := m.browser().enters("evening")
	m.stop()
	code, reason := p.closed()
	var wait int
	if _, err := fmt.Sscan(reason, &wait); code != wire.RoomRestart || err != nil || wait < 0 || wait > 2000 {
		t.Errorf("%d %q", code, reason)
	}
	if p := m.browser().dials("evening"); p.answer.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("who comes then is answered %s", p.answer.Status)
	}
}

// pipes listens for connections in memory, which work on a fake clock.
type pipes chan net.Conn

func (l pipes) Accept() (net.Conn, error) {
	c, ok := <-l
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}
func (l pipes) Close() error   { return nil }
func (l pipes) Addr() net.Addr { return &net.TCPAddr{} }

// hall is a room with its sockets on a fake clock.
type hall struct {
	*Sockets
	*chat.Hub
	t    *testing.T
	line pipes
}

// dial opens somebody's WebSocket.
func (h *hall) dial(name string) (net.Conn, *bufio.Reader) {
	h.t.Helper()
	ours, theirs := net.Pipe()
	h.line <- theirs
	go fmt.Fprintf(ours, "GET /%s HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", name)
	r := bufio.NewReader(ours)
	a, err := http.ReadResponse(r, nil)
	if err != nil || a.StatusCode != http.StatusSwitchingProtocols {
		h.t.Fatal(a, err)
	}
	return ours, r
}

func (h *hall) here() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.inAll
}

func (h *hall) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	k, joined, err := h.sit(r.Context(), "evening", chat.Who{Person: wire.PersonID(r.URL.Path), Network: r.URL.Path}, 0)
	if err != nil {
		h.t.Error(err)
	}
	h.serve(&socket{seat: k}, w, r, joined)
}

// inHall runs a test.
func inHall(t *testing.T, test func(*hall)) {
	synctest.Test(t, func(t *testing.T) {
		db, err := store.Open(t.Context(), store.Config{Folder: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = db.Close() }()
		hub, err := newHub(db)
		if err != nil {
			t.Fatal(err)
		}
		h := &hall{Sockets: NewSockets(hub, nil), Hub: hub, t: t, line: make(pipes)}
		server := http.Server{Handler: h}
		ctx, stop := context.WithCancel(t.Context())
		var all sync.WaitGroup
		all.Go(func() { _ = server.Serve(h.line) })
		all.Go(func() { _ = h.Hub.Run(ctx) })
		all.Go(func() { _ = h.Sockets.Run(ctx) })
		test(h)
		stop()
		close(h.line)
		all.Wait()
	})
}

func TestAGhostIsGoneWithinFifteenSeconds(t *testing.T) {
	inHall(t, func(s *hall) {
		ghost, from := s.dial("ghost")
		go func() { // takes all and says nothing
			for {
				if _, err := from.ReadByte(); err != nil {
					return
				}
			}
		}()
		stuck, _ := s.dial("stuck") // takes nothing
		time.Sleep(9 * time.Second)
		if s.here() != 2 {
			t.Errorf("%d are here after 9 s", s.here())
		}
		time.Sleep(6 * time.Second)
		synctest.Wait()
		if s.here() != 0 {
			t.Errorf("%d are here after 15 s", s.here())
		}
		_, _ = ghost.Close(), stuck.Close()
	})
}

func TestAStuckReaderDelaysNobody(t *testing.T) {
	inHall(t, func(s *hall) {
		stuck, _ := s.dial("stuck")
		here, from := s.dial("here")
		got := make(chan time.Time, 100)
		go func() {
			for {
				line, err := from.ReadString('}')
				if err != nil {
					return
				}
				if strings.Contains(line, `"said"`) {
					got <- time.Now()
				}
			}
		}()
		var pongs sync.WaitGroup
		pongs.Go(func() { // masked and empty
			for err := error(nil); err == nil; time.Sleep(pingEvery) {
				_, err = here.Write([]byte{0x8a, 0x80, 0, 0, 0, 0})
			}
		})
		for i := range 20 {
			time.Sleep(time.Second)
			began := time.Now()
			s.Do(s.t.Context(), "evening", chat.Who{Person: "ana", Role: "host"}, wire.RoomRequest{ID: fmt.Sprint(i), Say: &wire.Say{Text: "hi"}})
			if at := <-got; at.Sub(began) > 100*time.Millisecond { // a frame may have gone just before
				t.Errorf("line %d comes after %v", i, at.Sub(began))
			}
		}
		if s.here() != 1 {
			t.Errorf("%d are here", s.here())
		}
		_, _ = stuck.Close(), here.Close()
		pongs.Wait()
	})
}

func FuzzRequest(f *testing.F) {
	f.Add(1, []byte(`{"id":"a","say":{"text":"hi"}}`))
	f.Add(1, []byte(`{"like":{"count":3}}`))
	f.Add(1, []byte(`{"id":"a","say":{"text":"hi"}`))
	f.Fuzz(func(t *testing.T, kind int, text []byte) {
		r, err := readRequest(kind, text)
		if r.ID != "" && !ids.MatchString(r.ID) || err == nil && (wants(r) != 1 || r.ID == "" && r.Like == nil) {
			t.Errorf("%q is %+v, %v", text, r, err)
		}
	})
}
