package api

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"io"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"vitrine/server/wire"
)

// roomClients are many WebSockets in one process that cost as little as can be: one goroutine reads all of them by epoll, and frames
// that came to many, which have the same bytes, are inflated and read once.
type roomClients struct {
	b       testing.TB
	poll    int
	all     []*roomClient
	stop    atomic.Bool
	reading sync.WaitGroup

	// The reader's:
	seed         maphash.Seed
	known, older map[uint64]*roomFrame
	inflater     io.ReadCloser
	now          *result

	mu     sync.Mutex
	taken  chan *result // what was read, when reset is asked
	asked  bool
	next   int // who writes next
	number int
}

type roomClient struct {
	fd   int
	rest []byte // of a frame that came in part
	part []byte // of a message in several frames, with the first one's first byte
	off  bool
}

// roomFrame is what a frame brings.
type roomFrame struct {
	said    []int64 // when lines were written, Unix µs
	refused bool
}

// result is what clients saw.
type result struct {
	took                         time.Duration
	lines, frames, gone, refused int64
	sent                         int
	ages                         [20_001]int64 // how many lines were so many ms old
}

// age is a percentile, ms.
func (r *result) age(percent int64) float64 {
	var sum int64
	for ms, n := range r.ages {
		if sum += n; sum*100 >= r.lines*percent {
			return float64(ms)
		}
	}
	return 0
}

func newRoomClients(b testing.TB, server string, n int) *roomClients {
	b.Helper()
	at := netip.MustParseAddrPort(server)
	c := &roomClients{b: b, seed: maphash.MakeSeed(), now: &result{}, known: map[uint64]*roomFrame{}, taken: make(chan *result)}
	c.inflater = flate.NewReader(strings.NewReader(""))
	var err error
	if c.poll, err = syscall.EpollCreate1(0); err != nil {
		b.Fatal(err)
	}
	c.reading.Go(c.read)
	for i := range n {
		k, err := c.dial(at, i)
		if err != nil {
			c.close()
			b.Fatal("socket ", i, ": ", err)
		}
		c.all = append(c.all, k)
	}
	return c
}

// dial opens a WebSocket and gives it to the reader.
func (c *roomClients) dial(at netip.AddrPort, i int) (*roomClient, error) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		return nil, err
	}
	k := &roomClient{fd: fd}
	if err := syscall.Connect(fd, &syscall.SockaddrInet4{Port: int(at.Port()), Addr: at.Addr().As4()}); err != nil {
		return k, err
	}
	_ = syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1)
	ask := fmt.Sprintf("GET /api/shows/evening/room HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Forwarded-For: 198.18.%d.%d\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"+
		"Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover; server_no_context_takeover\r\n", at, i>>8&255, i&255)
	if _, err := syscall.Write(fd, []byte(ask+"\r\n")); err != nil {
		return k, err
	}
	var got []byte
	for !bytes.Contains(got, []byte("\r\n\r\n")) {
		buf := make([]byte, 4096)
		n, err := syscall.Read(fd, buf)
		if err != nil || n <= 0 {
			return k, fmt.Errorf("handshake: %v %q", err, got)
		}
		got = append(got, buf[:n]...)
	}
	head, rest, _ := bytes.Cut(got, []byte("\r\n\r\n"))
	if !bytes.HasPrefix(head, []byte("HTTP/1.1 101")) {
		return k, fmt.Errorf("answered %q", got)
	}
	k.rest = bytes.Clone(rest)
	if err := syscall.SetNonblock(fd, true); err != nil {
		return k, err
	}
	clientsMu.Lock()
	clients[fd] = k
	clientsMu.Unlock()
	return k, syscall.EpollCtl(c.poll, syscall.EPOLL_CTL_ADD, fd, &syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(fd)})
}

// clients are those who are read, by file.
var (
	clientsMu sync.Mutex
	clients   = map[int]*roomClient{}
)

func (c *roomClients) read() {
	events, buf := make([]syscall.EpollEvent, 512), make([]byte, 256<<10)
	for !c.stop.Load() {
		n, err := syscall.EpollWait(c.poll, events, 20)
		if err != nil && err != syscall.EINTR {
			c.b.Error(err)
			return
		}
		clientsMu.Lock()
		for _, e := range events[:max(n, 0)] {
			if k := clients[int(e.Fd)]; k != nil && !k.off {
				c.take(k, buf)
			}
		}
		clientsMu.Unlock()
		c.mu.Lock()
		asked := c.asked
		c.asked = false
		c.mu.Unlock()
		if asked {
			c.taken <- c.now
			c.now = &result{}
		}
		if len(c.known) > 4096 {
			c.known, c.older = map[uint64]*roomFrame{}, c.known
		}
	}
}

// take reads what came to a client.
func (c *roomClients) take(k *roomClient, buf []byte) {
	kept := copy(buf, k.rest)
	n, err := syscall.Read(k.fd, buf[kept:])
	if err == syscall.EAGAIN || err == syscall.EINTR {
		return
	}
	if err != nil || n <= 0 {
		c.lose(k)
		return
	}
	text := buf[:kept+n]
	at := time.Now().UnixMicro()
	for len(text) >= 2 {
		size, head := int(text[1]&127), 2
		switch size {
		case 126:
			head = 4
		case 127:
			head = 10
		}
		if len(text) < head {
			break
		}
		if head == 4 {
			size = int(binary.BigEndian.Uint16(text[2:]))
		} else if head == 10 {
			size = int(binary.BigEndian.Uint64(text[2:]))
		}
		if len(text) < head+size {
			break
		}
		c.frame(k, text[0], text[head:head+size], at)
		if k.off {
			return
		}
		text = text[head+size:]
	}
	if k.rest = nil; len(text) > 0 {
		k.rest = bytes.Clone(text)
	}
}

func (c *roomClients) lose(k *roomClient) {
	k.off = true
	c.now.gone++
	_ = syscall.EpollCtl(c.poll, syscall.EPOLL_CTL_DEL, k.fd, nil)
}

func (c *roomClients) frame(k *roomClient, first byte, payload []byte, at int64) {
	switch first & 15 {
	case 8:
		c.lose(k)
		return
	case 9:
		_, _ = syscall.Write(k.fd, append([]byte{0x8a, 0x80 | byte(len(payload)), 0, 0, 0, 0}, payload...))
		return
	}
	c.now.frames++
	switch {
	case first&15 == 0:
		if k.part = append(k.part, payload...); first&0x80 == 0 {
			return
		}
		first, payload, k.part = k.part[0], k.part[1:], nil
	case first&0x80 == 0:
		k.part = append([]byte{first}, payload...)
		return
	}
	sum := maphash.Bytes(c.seed, payload)
	f := c.known[sum]
	if f == nil {
		if f = c.older[sum]; f == nil {
			f = c.open(first, payload)
		}
		c.known[sum] = f
	}
	if f.refused {
		c.now.refused++
	}
	for _, said := range f.said {
		c.now.lines++
		c.now.ages[min(max(0, (at-said)/1000), int64(len(c.now.ages)-1))]++
	}
}

// open reads a frame that came for the first time.
func (c *roomClients) open(first byte, payload []byte) *roomFrame {
	if first&0x40 != 0 { // RFC 7692 §7.2.2
		_ = c.inflater.(flate.Resetter).Reset(io.MultiReader(bytes.NewReader(payload), strings.NewReader("\x00\x00\xff\xff\x01\x00\x00\xff\xff")), nil)
		text, err := io.ReadAll(c.inflater)
		if err != nil {
			c.b.Error("inflate: ", err)
		}
		payload = text
	}
	var all struct {
		Type   string
		Events []wire.RoomEvent
		wire.RoomEvent
		Error *wire.RoomError
	}
	if err := json.Unmarshal(payload, &all); err != nil {
		c.b.Errorf("%v: %q", err, payload)
	}
	f := &roomFrame{refused: all.Error != nil}
	if all.Type == "joined" || all.Type == "answer" {
		return f
	}
	for _, e := range append(all.Events, all.RoomEvent) {
		if e.Said != nil {
			var said int64
			if _, err := fmt.Sscanf(e.Said.Text[strings.LastIndexByte(e.Said.Text, ' ')+1:], "%d", &said); err != nil {
				c.b.Error(err)
			}
			f.said = append(f.said, said)
		}
	}
	return f
}

// sentences are what people in a shop's show say.
var sentences = []string{
	"Is the blue one still there?", "How large is size M?", "Love it!", "Where do you send to? I am in Graz", "hi everybody",
	"That red one please, and show the back of it as well, I cannot see the seam", "is it silver or plated", "hahaha", "can I pay with a card?",
	"My sister has the same one and it still looks new after two years, can only recommend it", "wow", "next please",
}

// run has so many messages written a second, each by the next person, and returns what came.
func (c *roomClients) run(rate int, during time.Duration) *result {
	c.reset()
	began := time.Now()
	sent := 0
	for {
		passed := time.Since(began)
		if passed >= during {
			break
		}
		for due := int(passed.Seconds() * float64(rate)); sent < due; sent++ {
			c.say()
		}
		time.Sleep(time.Millisecond)
	}
	r := c.reset()
	r.sent, r.took = sent, time.Since(began)
	return r
}

func (c *roomClients) reset() *result {
	c.mu.Lock()
	c.asked = true
	c.mu.Unlock()
	return <-c.taken
}

// say has the next person write something.
func (c *roomClients) say() {
	k := c.all[c.next]
	c.next = (c.next + 1) % len(c.all)
	c.number++
	text := fmt.Sprintf("%s %d", sentences[c.number%len(sentences)], time.Now().UnixMicro())
	message, _ := json.Marshal(wire.RoomRequest{ID: fmt.Sprint("m-", c.number), Say: &wire.Say{Text: text}})
	frame := []byte{0x81, 0x80 | 126, byte(len(message) >> 8), byte(len(message)), 0, 0, 0, 0}
	if len(message) < 126 {
		frame = []byte{0x81, 0x80 | byte(len(message)), 0, 0, 0, 0}
	}
	_, _ = syscall.Write(k.fd, append(frame, message...)) // who was cut off says nothing
}

func (c *roomClients) close() {
	c.stop.Store(true)
	c.reading.Wait()
	clientsMu.Lock()
	defer clientsMu.Unlock()
	for _, k := range c.all {
		_ = syscall.Close(k.fd)
		delete(clients, k.fd)
	}
	_ = syscall.Close(c.poll)
}
