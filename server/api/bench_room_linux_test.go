package api

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"vitrine/server/chat"
	"vitrine/server/store"
	"vitrine/server/trust"
	"vitrine/server/trust/trusttest"
	"vitrine/server/wire"
)

// BenchmarkRoom is a room over real WebSockets on loopback: a server in a process of its own, and another with the clients, which share
// the machine's cores. Each person writes in turn. It prints, for so many sockets at so many messages a second: lines that came to
// clients a second, the server's processor time a message and lines a second of it, and their age, from before the client that
// writes sent them to after another read them. Viewers get the sample of 20 lines a second; "whole" is the same room with all lines to
// all, as the staff has it, which is what is compared with "plain": gorilla's classic chat example, a frame a message.
//
// Run it with -benchtime 1x.
func BenchmarkRoom(b *testing.B) {
	raiseFiles(b)
	for _, sockets := range []int{2000, 5000} {
		var plain, whole measured
		b.Run(fmt.Sprintf("plain_%d", sockets), func(b *testing.B) {
			plain = benchRoom(b, "plain", sockets, []int{25, 100, 300})
		})
		b.Run(fmt.Sprintf("whole_%d", sockets), func(b *testing.B) {
			whole = benchRoom(b, "whole", sockets, []int{25, 100, 300})
		})
		b.Run(fmt.Sprintf("room_%d", sockets), func(b *testing.B) {
			benchRoom(b, "room", sockets, []int{25, 100, 300, 400})
		})
		for _, rate := range []int{25, 100, 300} {
			goal := "-"
			if rate == 300 {
				goal = ">=5"
			}
			if p := plain[rate]; p > 0 {
				roomLine(fmt.Sprintf("whole_%d_%d_to_plain", sockets, rate), whole[rate]/p, "ratio", goal)
			}
		}
	}
}

// measured is how many lines came to clients for a second of the server's processor time, by messages a second.
type measured map[int]float64

func roomLine(name string, value float64, unit, goal string) {
	fmt.Printf("%s %.4g %s %s\n", name, value, unit, goal)
}

const (
	roomSettle = 2 * time.Second
	roomLasts  = 10 * time.Second
)

func benchRoom(b *testing.B, kind string, sockets int, rates []int) measured {
	s := startRoomServer(b, kind)
	empty := s.usage(b, "memory")
	c := newRoomClients(b, s.address, sockets)
	defer c.close()
	all := measured{}
	for _, rate := range rates {
		name := fmt.Sprintf("%s_%d_%d", kind, sockets, rate)
		c.run(rate, roomSettle)
		before := s.usage(b, "")
		r := c.run(rate, roomLasts)
		used := s.usage(b, "").CPU - before.CPU
		all[rate] = float64(r.lines) / used.Seconds()
		goal := "-"
		if kind == "room" && sockets == 5000 && rate == 300 {
			goal = "<=250"
		}
		roomLine(name+"_deliveries", float64(r.lines)/r.took.Seconds(), "1/s", "-")
		roomLine(name+"_frames", float64(r.frames)/r.took.Seconds(), "1/s", "-")
		roomLine(name+"_said", float64(r.sent)/r.took.Seconds(), "1/s", "-")
		roomLine(name+"_cpu", used.Seconds()/r.took.Seconds(), "cores", "-")
		roomLine(name+"_cpu_message", float64(used.Microseconds())/float64(max(1, r.sent)), "µs", "-")
		roomLine(name+"_deliveries_cpu", all[rate], "1/s", "-")
		roomLine(name+"_p50", r.age(50), "ms", "-")
		roomLine(name+"_p99", r.age(99), "ms", goal)
		if r.gone > 0 || r.refused > 0 {
			fmt.Printf("# %s: %d sockets were closed, %d messages refused\n", name, r.gone, r.refused)
		}
	}
	goal := "-"
	if kind == "room" {
		goal = "<=40"
	}
	roomLine(fmt.Sprintf("%s_%d_memory", kind, sockets), float64(s.usage(b, "memory").Memory-empty.Memory)/float64(sockets)/1024, "KiB", goal)
	return all
}

// raiseFiles lets this process and those it starts have as many files as they may.
func raiseFiles(b *testing.B) {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		b.Fatal(err)
	}
	if l.Max < 11_000 {
		b.Skipf("a process may have %d files: raise ulimit -Hn", l.Max)
	}
	l.Cur = l.Max
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		b.Fatal(err)
	}
}

// roomServer is a server in a process of its own.
type roomServer struct{ address string }

// usage is what a process has used.
type usage struct {
	CPU    time.Duration
	Memory int64 // resident, bytes
}

// roomKind is the variable that has the test binary serve rooms of that kind instead of running tests.
const roomKind = "VITRINE_ROOM_KIND"

// asServer serves rooms instead of running tests, where that is asked for.
func asServer() {
	if kind := os.Getenv(roomKind); kind != "" {
		os.Exit(serveRooms(kind))
	}
}

func startRoomServer(b *testing.B, kind string) *roomServer {
	b.Helper()
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), roomKind+"="+kind, "TMPDIR="+b.TempDir())
	c.Stderr = os.Stderr
	in, err := c.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := c.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = in.Close()
		if err := c.Wait(); err != nil {
			b.Error("the server ended:", err)
		}
	})
	at, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	return &roomServer{strings.TrimSpace(at)}
}

// usage is what the server has used; with "memory" it first lets go of what is free.
func (s *roomServer) usage(b *testing.B, what string) (u usage) {
	b.Helper()
	a, err := http.Get("http://" + s.address + "/usage?" + what)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = a.Body.Close() }()
	if err := json.NewDecoder(a.Body).Decode(&u); err != nil {
		b.Fatal(err)
	}
	return u
}

// serveRooms is the server's process: it says where it listens, and ends with its input.
func serveRooms(kind string) int {
	var all sync.WaitGroup
	defer all.Wait()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	var h http.Handler
	var err error
	if kind == "plain" {
		h = plainHub()
	} else {
		h, err = realRooms(ctx, &all, kind == "whole")
	}
	var l net.Listener
	if err == nil {
		l, err = net.Listen("tcp", "127.0.0.1:0")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	mux := http.NewServeMux()
	mux.Handle("/", h)
	mux.HandleFunc("/usage", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RawQuery == "memory" {
			debug.FreeOSMemory()
		}
		u := usage{CPU: processor()}
		text, _ := os.ReadFile("/proc/self/statm")
		var size, resident int64
		_, _ = fmt.Sscan(string(text), &size, &resident)
		u.Memory = resident * int64(os.Getpagesize())
		_ = json.NewEncoder(w).Encode(u)
	})
	go func() { _ = http.Serve(l, mux) }()
	fmt.Println(l.Addr())
	_, _ = io.Copy(io.Discard, os.Stdin)
	return 0
}

// allStaff are rooms where everybody is of the staff.
type allStaff struct{ Rooms }

func (r allStaff) Join(ctx context.Context, show wire.ShowID, who chat.Who, after int64) (*chat.Subscription, wire.RoomJoined, error) {
	who.Role = string(trust.Moderator)
	return r.Rooms.Join(ctx, show, who, after)
}

func (r allStaff) Do(ctx context.Context, show wire.ShowID, who chat.Who, q wire.RoomRequest) wire.RoomAnswer {
	who.Role = string(trust.Moderator)
	return r.Rooms.Do(ctx, show, who, q)
}

// realRooms is the edge as it is, with a room on SQLite.
func realRooms(ctx context.Context, all *sync.WaitGroup, staff bool) (http.Handler, error) {
	db, err := store.Open(ctx, store.Config{Folder: os.Getenv("TMPDIR")})
	if err != nil {
		return nil, err
	}
	if err := db.CreateShow(ctx, wire.NewShow{ID: "evening", Title: "Evening"}, sha256.Sum256([]byte(showToken))); err != nil {
		return nil, err
	}
	memory := trusttest.NewMemory()
	gate, err := trust.New(trust.Config{
		Storage: memory, Vault: trust.NewVault(trust.NewKeyring(), memory), Post: &letters{all: map[string]map[string]string{}},
		Now: time.Now, Origins: []string{"http://localhost"},
	})
	if err != nil {
		return nil, err
	}
	room, err := newHub(db)
	if err != nil {
		return nil, err
	}
	var rooms Rooms = room
	if staff {
		rooms = allStaff{room}
	}
	sockets := NewSockets(rooms, db)
	for _, run := range []func(context.Context) error{room.Run, sockets.Run} {
		all.Go(func() { _ = run(ctx) })
	}
	return New(Config{
		Store: db, Page: http.NotFoundHandler(), Ready: func(context.Context) error { return nil }, Gate: gate, Sockets: sockets,
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
	}), nil
}

// plainHub is the design of gorilla's chat example: one goroutine has all clients and puts each message into the queue of each, a
// goroutine a client writes it as a frame of its own. Who has a full queue misses it, instead of being cut off.
func plainHub() http.Handler {
	type client struct {
		*websocket.Conn
		send chan []byte
	}
	var n int64
	join, say := make(chan *client), make(chan string)
	go func() {
		var clients []*client
		for {
			select {
			case c := <-join:
				clients = append(clients, c)
			case text := <-say:
				n++
				by := &wire.Member{Alias: "01234567abcdefgh", Name: "Somebody"}
				line, _ := json.Marshal(wire.RoomEvent{N: n, At: time.Now().UnixMilli(), By: by, Said: &wire.Said{Text: text}})
				for _, c := range clients {
					select {
					case c.send <- line:
					default:
					}
				}
			}
		}
	}()
	up := websocket.Upgrader{ReadBufferSize: 1024, WriteBufferSize: 1024}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := up.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		c := &client{conn, make(chan []byte, 256)}
		join <- c
		go func() {
			for line := range c.send {
				_ = c.SetWriteDeadline(time.Now().Add(10 * time.Second))
				if c.WriteMessage(websocket.TextMessage, line) != nil {
					return
				}
			}
		}()
		for {
			var q wire.RoomRequest
			if err := c.ReadJSON(&q); err != nil {
				return
			}
			if q.Say != nil {
				say <- q.Say.Text
			}
		}
	})
}
