package server

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"vitrine/server/api"
	"vitrine/server/reach"
	"vitrine/server/trust"
	"vitrine/server/wire"
)

// strait is a way to a server that can be shut, as a network between two servers: then nothing comes through, and nothing breaks; what
// was sent meanwhile arrives when it opens, whether anybody waits for it or not. It notes what goes to the server.
type strait struct {
	at       string // host:port
	listener net.Listener

	mu    sync.Mutex
	to    string
	open  chan struct{} // closed while it is
	ended bool
	conns []net.Conn
	went  []*bytes.Buffer // to the server, by connection
	work  sync.WaitGroup
}

func newStrait(t *testing.T) *strait {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &strait{at: fmt.Sprint("localhost:", l.Addr().(*net.TCPAddr).Port), listener: l, open: make(chan struct{})}
	close(s.open)
	s.work.Go(s.run)
	t.Cleanup(func() {
		_ = l.Close()
		s.mu.Lock()
		s.ended = true
		for _, c := range s.conns {
			_ = c.Close()
		}
		s.mu.Unlock()
		s.opens()
		s.work.Wait()
	})
	return s
}

func (s *strait) run() {
	for {
		c, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.work.Go(func() { s.ferry(c) })
	}
}

// ferry carries what comes by a connection over, and what is answered back.
func (s *strait) ferry(c net.Conn) {
	defer c.Close()
	o, err := net.Dial("tcp", s.passes())
	if err != nil {
		return
	}
	defer o.Close()
	went := new(bytes.Buffer)
	s.mu.Lock()
	s.conns, s.went = append(s.conns, c, o), append(s.went, went)
	ended := s.ended
	s.mu.Unlock()
	if ended {
		return
	}
	back := make(chan struct{})
	go func() {
		defer close(back)
		s.carries(c, o, new(bytes.Buffer))
	}()
	s.carries(o, c, went)
	<-back
}

func (s *strait) carries(to, from net.Conn, noted *bytes.Buffer) {
	defer to.Close()
	some := make([]byte, 32<<10)
	for {
		n, err := from.Read(some)
		s.passes()
		s.mu.Lock()
		noted.Write(some[:n])
		s.mu.Unlock()
		if _, failed := to.Write(some[:n]); err != nil || failed != nil {
			return
		}
	}
}

// passes waits until it is open, and says where it leads.
func (s *strait) passes() string {
	s.mu.Lock()
	open := s.open
	s.mu.Unlock()
	<-open
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.to
}

func (s *strait) shuts() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open = make(chan struct{})
}

func (s *strait) opens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.open:
	default:
		close(s.open)
	}
}

func (s *strait) leads(to string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.to = to
}

// brought are the requests that brought letters to the server, and their bodies.
func (s *strait) brought(t *testing.T) (heads []http.Header, bodies [][]byte) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, went := range s.went {
		r := bufio.NewReader(bytes.NewReader(went.Bytes()))
		for {
			q, err := http.ReadRequest(r)
			if err != nil {
				if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Fatal(err)
				}
				break
			}
			body, _ := io.ReadAll(q.Body) // the last may be on its way
			if q.URL.Path == api.LettersPath && int64(len(body)) == q.ContentLength {
				heads, bodies = append(heads, q.Header), append(bodies, body)
			}
		}
	}
	return heads, bodies
}

// land is a server that can be reached by others through a strait only.
type land struct {
	*running
	way    *strait
	folder string
	cfg    Config
}

func (l *land) url() string { return "http://" + l.way.at }

func (l *land) begins(t *testing.T) {
	t.Helper()
	before := l.running
	if l.running = start(t, l.cfg); before != nil {
		l.operator = before.operator
	}
	l.way.leads(l.at.HTTP.String())
}

// quick is a clock that goes so many times as fast as others.
func quick(times time.Duration) func() time.Time {
	begun := time.Now()
	return func() time.Time { return begun.Add(times * time.Since(begun)) }
}

// twoLands are two servers that trust each other, and have one clock; nil is for that of all.
func twoLands(t *testing.T, now func() time.Time) (a, b *land) {
	t.Helper()
	both := [2]*land{}
	for i := range both {
		way := newStrait(t)
		folder := t.TempDir()
		both[i] = &land{way: way, folder: folder, cfg: Config{Data: folder, Origins: []string{"http://" + way.at}, now: now}}
		both[i].begins(t)
	}
	var ports []uint16
	for _, l := range both {
		ports = append(ports, uint16(l.way.listener.Addr().(*net.TCPAddr).Port))
	}
	for i, l := range both {
		card, status := asks[wire.StagePeer](both[1-i].running, call{method: "GET", path: "/api/stage/peer", token: both[1-i].operator})
		if status != http.StatusOK || card.Server != both[1-i].url() {
			t.Fatalf("a server is known as %+v, %d", card, status)
		}
		p, err := ParsePeer(card.Server + "=" + card.Key)
		if err != nil {
			t.Fatal(err)
		}
		l.cfg.Peers = []Peer{p}
		l.cfg.Webhooks = reach.Guard{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, Ports: ports}
	}
	for _, l := range both {
		l.stop()
		l.begins(t)
	}
	return both[0], both[1]
}

// posts brings letters to a server as this one does, signed as it signs, and then changed.
func (l *land) posts(to *land, letters []wire.StageLetter, change func(*http.Request)) (status int) {
	l.t.Helper()
	body, err := json.Marshal(wire.StagePost{Letters: letters})
	if err != nil {
		l.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(l.t.Context(), http.MethodPost, to.url()+api.LettersPath, bytes.NewReader(body))
	if err != nil {
		l.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	sign(r, body, keyOf(l.t, l.folder), l.url(), time.Now())
	change(r)
	a, err := to.http.Do(r)
	if err != nil {
		l.t.Fatal(err)
	}
	_ = a.Body.Close()
	return a.StatusCode
}

// asSigned changes nothing.
func asSigned(*http.Request) {}

// again brings all letters that have ever come from a server once more, the newest first: as they were signed, which is refused, and signed anew.
func (l *land) again(to *land) {
	l.t.Helper()
	heads, bodies := to.way.brought(l.t)
	if len(bodies) == 0 {
		l.t.Fatal("no letters have come")
	}
	for i := range slices.Backward(bodies) {
		var post wire.StagePost
		if err := json.Unmarshal(bodies[i], &post); err != nil {
			l.t.Fatal(err)
		}
		replayed := func(r *http.Request) {
			r.Header, r.Body, r.ContentLength = heads[i], io.NopCloser(bytes.NewReader(bodies[i])), int64(len(bodies[i]))
		}
		if status := l.posts(to, nil, replayed); status != http.StatusUnauthorized {
			l.t.Errorf("what came before is answered %d", status)
		}
		if status := l.posts(to, post.Letters, asSigned); status != http.StatusOK {
			l.t.Errorf("letters that are signed anew are answered %d", status)
		}
	}
}

// keyOf is the key of a server, by its folder.
func keyOf(t *testing.T, folder string) ed25519.PrivateKey {
	t.Helper()
	ring, err := trust.OpenKeyring(folder)
	if err != nil {
		t.Fatal(err)
	}
	return ed25519.NewKeyFromSeed(secretOf(ring, "stages"))
}
