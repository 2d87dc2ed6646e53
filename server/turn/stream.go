package turn

import (
	"bufio"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"time"
)

const (
	// firstWithin is how long a connection may take to its first message, idle how long it may then be silent; clients in use
	// check their path every few seconds. writeWithin bounds how long a client may take nothing.
	firstWithin = 10 * time.Second
	idle        = 2 * time.Minute
	writeWithin = 10 * time.Second
	// sendBuffer is asked of the kernel for a connection, in bytes: 0.4 s of a picture at 2.5 Mbit/s. What it grows to by
	// itself is many seconds of delay.
	sendBuffer = 128 << 10
	// again is the pause after an error of a socket that may pass.
	again = 50 * time.Millisecond

	tlsHandshake = 22 // the first byte of a TLS connection (RFC 8446 §5.1); no TURN message begins with it
)

var errMessage = errors.New("not a TURN message")

// streams accepts connections, no more than there may be.
type streams struct{ *Server }

// Accept implements net.Listener. It only fails when the listener is closed.
func (s streams) Accept() (net.Conn, error) {
	for {
		c, err := s.tcp.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return nil, err
		case err != nil: // too many files, perhaps
			time.Sleep(again)
			continue
		}
		t := &stream{TCPConn: c.(*net.TCPConn), server: s.Server}
		if !s.enter(t) {
			_ = c.Close()
			continue
		}
		_ = t.SetWriteBuffer(sendBuffer) // a larger one costs delay, not correctness
		_ = t.SetReadDeadline(time.Now().Add(firstWithin))
		return t, nil
	}
}

// Close implements net.Listener: it also closes the connections, which pion leaves open.
func (s streams) Close() error {
	err := s.tcp.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	for t := range s.connections {
		_ = t.TCPConn.Close()
	}
	return err
}

// Addr implements net.Listener.
func (s streams) Addr() net.Addr { return s.tcp.Addr() }

func (s *Server) enter(t *stream) bool {
	from, same := host(t.RemoteAddr()), 0
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.connections {
		if a == from {
			same++
		}
	}
	if s.closing || same >= s.cfg.MostAnAddress || len(s.connections) >= s.cfg.Most {
		s.quota.Add(1)
		return false
	}
	s.connections[t] = from
	s.open.Add(1)
	return true
}

// stream is a connection, plain or TLS. One goroutine reads; any may write.
type stream struct {
	*net.TCPConn
	server *Server
	// in and out are set by the first Read, which comes before all writes.
	in  *bufio.Reader
	out io.Writer
}

// Read reads exactly one message, padding included (RFC 8656 §12.5).
func (t *stream) Read(b []byte) (int, error) {
	if t.in == nil {
		if err := t.start(); err != nil {
			return 0, err
		}
	}
	head, err := t.in.Peek(4)
	if err != nil {
		return 0, err
	}
	n, ok := length([4]byte(head))
	if !ok || n >= len(b) {
		return 0, errMessage
	}
	if n, err = io.ReadFull(t.in, b[:n]); err == nil {
		err = t.SetReadDeadline(time.Now().Add(idle))
	}
	return n, err
}

// start finds out whether the client speaks TLS, and shakes hands if it does.
func (t *stream) start() error {
	t.in, t.out = bufio.NewReaderSize(t.TCPConn, mtu), t.TCPConn
	first, err := t.in.Peek(1)
	if err != nil || first[0] != tlsHandshake || t.server.cfg.TLS == nil {
		return err
	}
	c := tls.Server(begun{t.TCPConn, t.in}, t.server.cfg.TLS)
	t.in, t.out = bufio.NewReaderSize(c, mtu), c
	return c.Handshake()
}

// begun is a connection whose first bytes are in a reader.
type begun struct {
	*net.TCPConn
	in *bufio.Reader
}

func (b begun) Read(p []byte) (int, error) { return b.in.Read(p) }

// length returns how many bytes the message has that begins with head.
func length(head [4]byte) (n int, ok bool) {
	n = int(binary.BigEndian.Uint16(head[2:]))
	switch head[0] >> 4 {
	case 0, 1, 2, 3: // STUN (RFC 8489 §5)
		return 20 + n, n%4 == 0
	case 4: // ChannelData (RFC 8656 §12.4)
		return 4 + (n+3)/4*4, true
	}
	return 0, false
}

// Write writes one message. A client that does not take it is cut off, as half a message would break the stream.
func (t *stream) Write(b []byte) (int, error) {
	_ = t.SetWriteDeadline(time.Now().Add(writeWithin))
	n, err := t.out.Write(b)
	if err != nil {
		_ = t.TCPConn.Close()
	}
	return n, err
}

// Close implements net.Conn.
func (t *stream) Close() error {
	t.server.mu.Lock()
	if _, ok := t.server.connections[t]; ok {
		delete(t.server.connections, t)
		t.server.open.Done()
	}
	t.server.mu.Unlock()
	return t.TCPConn.Close()
}
