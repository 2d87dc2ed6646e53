package api

import (
	"context"
	"math/rand/v2"
	"net/http"
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
	// comeBack is how many of those whom a stopping server sends away come back a second.
	comeBack = 500
	// readSome is the size of a socket's reading buffer, in bytes: most requests fit it. writeSome is that of those that are lent to
	// sockets while they write something of their own.
	readSome, writeSome = 512, 4 << 10
)

// Sockets are the WebSockets (RFC 6455) by which people are in rooms. A socket has two goroutines, one that reads and one that writes,
// and waits for no other. What is told to all in a room is framed and compressed once.
type Sockets struct {
	rooms             Rooms
	upgrade           websocket.Upgrader
	people, addresses *trust.Limiter
	texts             sync.Pool // *[]byte, for messages that are read
	all               sync.WaitGroup
	stop              context.CancelFunc

	ctx context.Context // ends when the server does

	mu     sync.Mutex     // guards what follows
	count  map[string]int // by person and by address
	inAll  int
	ending bool
}

// NewSockets makes ways into rooms. It starts nothing.
func NewSockets(rooms Rooms) *Sockets {
	s := &Sockets{
		rooms: rooms, count: map[string]int{},
		people: trust.NewLimiter(messageEvery, messageBurst), addresses: trust.NewLimiter(addressEvery, addressBurst),
		upgrade: websocket.Upgrader{
			ReadBufferSize: readSome, WriteBufferSize: writeSome, WriteBufferPool: &sync.Pool{}, EnableCompression: true,
			CheckOrigin: func(*http.Request) bool { return true }, // it was checked when it was found out who comes
		},
	}
	s.texts.New = func() any {
		b := make([]byte, wire.MaxRequest+1)
		return &b
	}
	s.ctx, s.stop = context.WithCancel(context.Background())
	return s
}

// Run keeps the ways open until ctx ends. Then it sends all away, with a hint when to come back that spreads them, and returns when
// they have gone.
func (s *Sockets) Run(ctx context.Context) error {
	<-ctx.Done()
	s.mu.Lock()
	s.ending = true
	s.mu.Unlock()
	s.stop()
	s.all.Wait()
	return nil
}

// enter counts somebody who comes, or says why they may not. leave is to be called once, when they have gone.
func (s *Sockets) enter(who chat.Who) (leave func(), err error) {
	most := map[string]int{"person " + string(who.Person): socketsEach, "address " + who.Network: socketsAddress}
	if who.Role != "" {
		delete(most, "person "+string(who.Person)) // many studios have one token
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ending {
		return nil, &wire.Error{Code: wire.Unavailable, Text: "the server is stopping", RetryAfter: s.returnIn()}
	}
	for key, n := range most {
		if s.count[key] >= n || s.inAll >= socketsMost {
			return nil, &wire.Error{Code: wire.RateLimited, Text: "too many pages are in the room: close one", RetryAfter: 10 * time.Second}
		}
	}
	for key := range most {
		s.count[key]++
	}
	s.inAll++
	s.all.Add(1) // under the mutex, so that Run does not wait yet
	return func() { s.left(most) }, nil
}

func (s *Sockets) left(keys map[string]int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key := range keys {
		if s.count[key]--; s.count[key] == 0 {
			delete(s.count, key)
		}
	}
	s.inAll--
	s.all.Done()
}

// returnIn is when somebody whom a stopping server sends away may come back. The mutex is held.
func (s *Sockets) returnIn() time.Duration {
	return rand.N(time.Second + time.Duration(s.inAll)*time.Second/comeBack)
}

// open makes a request a socket and serves it from then on. The request's own goroutine is done then, with all that it holds.
func (s *Sockets) open(k *socket, w http.ResponseWriter, r *http.Request, joined wire.RoomJoined) {
	header := http.Header{}
	if set := w.Header().Values("Set-Cookie"); set != nil {
		header["Set-Cookie"] = set
	}
	conn, err := s.upgrade.Upgrade(w, r, header)
	if err != nil { // the client was told
		k.sub.Close()
		k.leave()
		return
	}
	k.conn, k.answers, k.gone = conn, make(chan []byte, answersOf), make(chan struct{})
	s.all.Go(k.read)
	s.all.Go(func() { k.write(joined) })
}

// take counts a message of somebody; wait is how long they have to wait first, 0 for not at all.
func (s *Sockets) take(who chat.Who) (wait time.Duration) {
	now := time.Now()
	if wait = s.people.Take(now, string(who.Person)); wait == 0 {
		wait = s.addresses.Take(now, who.Network)
	}
	return wait
}

// restart is what those are told who are sent away because the server stops.
func (s *Sockets) restart() (code int, reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return wire.RoomRestart, strconv.FormatInt(s.returnIn().Milliseconds(), 10)
}
