package api

import (
	"context"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"vitrine/server/chat"
	"vitrine/server/trust"
	"vitrine/server/wire"
)

const (
	// socketsEach is how many ways into rooms one person has, socketsAddress how many come from one address, socketsMost in all.
	socketsEach    = 8
	socketsAddress = 2000
	socketsMost    = 20_000
	// A person may send messageBurst messages to rooms at once, and one each messageEvery in the long run; an address, which may be
	// many people's, as many requests as elsewhere.
	messageEvery, messageBurst = 100 * time.Millisecond, 50
	// turns is in how many turns sockets are looked after, so that not all are pinged at once.
	turns = 20
	// comeBack is how many of those whom a stopping server sends away come back a second.
	comeBack = 500
	// readSome is the size of a socket's reading buffer, in bytes: most requests fit it. writeSome is that of those that are lent to
	// sockets while they write something of their own.
	readSome, writeSome = 512, 4 << 10
)

// Sockets are the ways by which people are in rooms: WebSockets (RFC 6455), and event channels (see channel). A socket has two goroutines, one that reads and one that writes,
// and waits for no other. What is told to all in a room is framed and compressed once.
type Sockets struct {
	rooms             Rooms
	upgrade           websocket.Upgrader
	known             People // nil for nobody
	people, addresses *trust.Limiter
	texts             sync.Pool // *[]byte, for messages that are read
	ping              *chat.Frame
	all               sync.WaitGroup

	mu     sync.Mutex     // guards what follows
	count  map[string]int // by person and by address
	inAll  int
	ending bool
	// open are the sockets by the turn in which they are looked after.
	open   [turns]map[*seat]struct{}
	opened int
	// tickets are known by their hashes; aging are those, and some that were used, from the oldest on.
	tickets map[Hash]ticket
	aging   []Hash
	// newcomers are those who have begun to speak, since when they are known; they are written down together.
	newcomers map[wire.PersonID]time.Time
}

// NewSockets makes ways into rooms, for people who may be known. It starts nothing.
func NewSockets(rooms Rooms, known People) *Sockets {
	s := &Sockets{
		rooms: rooms, known: known, count: map[string]int{}, tickets: map[Hash]ticket{}, ping: frameOf(ping{}),
		newcomers: map[wire.PersonID]time.Time{},
		people:    trust.NewLimiter(messageEvery, messageBurst), addresses: trust.NewLimiter(addressEvery, addressBurst),
		upgrade: websocket.Upgrader{
			ReadBufferSize: readSome, WriteBufferSize: writeSome, WriteBufferPool: &sync.Pool{}, EnableCompression: true,
			CheckOrigin: func(*http.Request) bool { return true }, // it was checked when it was found out who comes
		},
	}
	s.texts.New = func() any {
		b := make([]byte, wire.MaxRequest+1)
		return &b
	}
	for i := range s.open {
		s.open[i] = map[*seat]struct{}{}
	}
	return s
}

// Run looks after the sockets until ctx ends. Then it sends all away, with a hint when to come back that spreads them, and returns
// when they have gone.
func (s *Sockets) Run(ctx context.Context) error {
	tick := time.NewTicker(pingEvery / turns)
	defer tick.Stop()
	for turn := 0; ; turn = (turn + 1) % turns {
		select {
		case now := <-tick.C:
			s.look(turn, now)
			s.meetNew(ctx)
		case <-ctx.Done():
			s.end()
			s.all.Wait()
			last, enough := context.WithTimeout(context.WithoutCancel(ctx), decideWithin)
			defer enough()
			s.meetNew(last)
			return nil
		}
	}
}

// look asks those whose turn it is whether they are there, and sends those of the staff away who have not shown for long who they are.
func (s *Sockets) look(turn int, now time.Time) {
	s.mu.Lock()
	list := slices.Collect(maps.Keys(s.open[turn]))
	s.mu.Unlock()
	for _, k := range list {
		if k.who.Role != "" && now.Sub(k.since) > staffFor {
			k.send(wire.RoomRestart, "0")
		}
		k.sub.Put(s.ping)
	}
}

func (s *Sockets) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ending = true
	for _, turn := range s.open {
		for k := range turn {
			k.send(wire.RoomRestart, s.hint())
		}
	}
}

// enter lets somebody in who is counted until left is called, or says why they may not.
func (s *Sockets) enter(k *seat) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ending {
		return &wire.Error{Code: wire.Unavailable, Text: "the server is stopping", RetryAfter: s.returnIn()}
	}
	for key, most := range k.keys() {
		if s.count[key] >= most || s.inAll >= socketsMost {
			return &wire.Error{Code: wire.RateLimited, Text: "too many pages are in the room: close one", RetryAfter: 10 * time.Second}
		}
	}
	for key := range k.keys() {
		s.count[key]++
	}
	s.inAll++
	s.all.Add(1) // under the mutex, so that Run does not wait yet
	return nil
}

// keys are what a socket is counted by, and how many there may be of each.
func (k *seat) keys() map[string]int {
	keys := map[string]int{"address " + k.who.Network: socketsAddress}
	if k.who.Role == "" { // many studios have one token
		keys["person "+string(k.who.Person)] = socketsEach
	}
	return keys
}

// Open is how many there are.
func (s *Sockets) Open() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.inAll
}

// left is called once for each that was let in.
func (s *Sockets) left(k *seat) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key := range k.keys() {
		if s.count[key]--; s.count[key] == 0 {
			delete(s.count, key)
		}
	}
	for _, turn := range s.open {
		delete(turn, k)
	}
	s.inAll--
	s.all.Done()
}

// hint is when somebody whom a stopping server sends away may come back, in ms. The mutex is held.
func (s *Sockets) hint() string { return strconv.FormatInt(s.returnIn().Milliseconds(), 10) }

func (s *Sockets) returnIn() time.Duration {
	return rand.N(time.Second + time.Duration(s.inAll)*time.Second/comeBack)
}

// serve makes a request of somebody who was let in a socket. The request's own goroutine is done then, with all that it holds.
func (s *Sockets) serve(k *socket, w http.ResponseWriter, r *http.Request, joined wire.RoomJoined) {
	header := http.Header{}
	if set := w.Header().Values("Set-Cookie"); set != nil {
		header["Set-Cookie"] = set
	}
	var err error
	if k.conn, err = s.upgrade.Upgrade(w, r, header); err != nil { // the client was told
		k.sub.Close()
		s.left(k.seat)
		return
	}
	s.all.Go(func() { k.write(joined) })
	s.all.Go(k.read) // the last, because it ends with left
	s.begin(k.seat)
}

// begin has a seat looked after.
func (s *Sockets) begin(k *seat) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.opened++; k.sub.End() == chat.Open {
		s.open[s.opened%turns][k] = struct{}{}
	}
	if s.ending {
		k.send(wire.RoomRestart, s.hint())
	}
}

// turnAway tells somebody who is banned so in a way that the page can read: it does not see how a WebSocket was refused.
func (s *Sockets) turnAway(w http.ResponseWriter, r *http.Request) error {
	conn, err := s.upgrade.Upgrade(w, r, nil)
	if err != nil { // the client was told
		return nil
	}
	message := websocket.FormatCloseMessage(wire.RoomBanned, "you may not be here")
	_ = conn.WriteControl(websocket.CloseMessage, message, time.Now().Add(closeWithin))
	_ = conn.Close()
	return nil
}

// take counts a message of somebody; wait is how long they have to wait first, 0 for not at all.
func (s *Sockets) take(who chat.Who) (wait time.Duration) {
	now := time.Now()
	if wait = s.people.Take(now, string(who.Person)); wait == 0 {
		wait = s.addresses.Take(now, who.Network)
	}
	return wait
}

// restart is what those are told whom a room that ends with its process lets go.
func (s *Sockets) restart() (code int, reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return wire.RoomRestart, s.hint()
}
