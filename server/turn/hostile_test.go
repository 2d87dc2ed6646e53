package turn

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/pion/stun/v4"
	pion "github.com/pion/turn/v5"
)

// hostile are datagrams that have ended TURN and STUN code, pion's and others': cut, overlong, lying about lengths, with
// attributes that are empty, too short or too long for what they mean.
func hostile() map[string][]byte {
	head := func(method uint16, length int, rest ...byte) []byte {
		b := make([]byte, 20, 20+len(rest))
		binary.BigEndian.PutUint16(b, method)
		binary.BigEndian.PutUint16(b[2:], uint16(length))
		binary.BigEndian.PutUint32(b[4:], 0x2112A442)
		return append(b, rest...)
	}
	const allocate, send, permit, bind = 0x0003, 0x0016, 0x0008, 0x0009
	return map[string][]byte{
		"nothing":                  {},
		"a byte":                   {0},
		"a channel's number":       {0x40, 0},
		"a channel's head alone":   {0x40, 0, 0, 0},
		"a channel that lies":      {0x40, 0, 0xff, 0xff, 1, 2, 3, 4},
		"a channel of 65532 bytes": append([]byte{0x40, 0, 0xff, 0xfc}, make([]byte, 16)...),
		"a channel out of range":   {0x4f, 0xff, 0, 4, 1, 2, 3, 4},
		"a head alone":             head(allocate, 0),
		"a head without a cookie":  make([]byte, 20),
		"a length of 65516":        head(allocate, 65516),
		"a length of 65535":        head(allocate, 65535),
		"an odd length":            head(allocate, 3, 0, 6, 0),
		"an attribute's head cut":  head(allocate, 2, 0, 6),
		"an attribute that lies":   head(allocate, 4, 0, 6, 0xff, 0xff),
		"empty integrity":          head(allocate, 4, 0, 8, 0, 0),
		"short integrity":          head(allocate, 8, 0, 8, 0, 4, 1, 2, 3, 4),
		"empty peer and data":      head(send, 8, 0, 0x12, 0, 0, 0, 0x13, 0, 0),
		// 32 bytes, which is all that an allocator then gives: reading on behind the end ends stun v0.6.1, and with it TURN v2.
		"an empty peer at the end":     head(send, 12, 0, 0x13, 0, 4, 1, 2, 3, 4, 0, 0x12, 0, 0),
		"a peer of a family only":      head(send, 8, 0, 0x12, 0, 2, 0, 1, 0, 0),
		"a peer without an address":    head(send, 8, 0, 0x12, 0, 4, 0, 1, 0, 9),
		"a peer cut":                   head(send, 12, 0, 0x12, 0, 5, 0, 1, 0, 9, 1, 0, 0, 0),
		"a peer that is too long":      append(head(send, 36, 0, 0x12, 0, 32, 0, 1, 0, 9), make([]byte, 28)...),
		"a permission without a peer":  head(permit, 0),
		"a channel without a number":   head(bind, 4, 0, 0x0c, 0, 0),
		"an indication of allocation":  head(0x0013, 0),
		"an answer":                    head(0x0101, 12, 0, 0x20, 0, 8, 0, 1, 0, 9, 1, 2, 3, 4),
		"an answer with a bad address": head(0x0101, 8, 0, 0x20, 0, 4, 0, 1, 0, 9),
		"an unknown attribute":         head(allocate, 4, 0x7f, 0xff, 0, 0),
	}
}

// TestHostile_datagrams_change_nothing sends them from a client that has an allocation, raw and as requests that it signs:
// what anybody can do who has watched a show.
func TestHostile_datagrams_change_nothing(t *testing.T) {
	s := start(t, Config{})
	a := attack(t, s)
	_, conn := allocate(t, s, "udp")
	for title, b := range hostile() {
		t.Run(title, func(t *testing.T) {
			a.send(b)
			for _, m := range methods {
				a.send(a.signed(m, b))
				if len(b) > 20 { // its attributes alone
					a.send(a.signed(m, b[20:]))
				}
			}
			roundTrip(t, s, conn, "all is as it was")
		})
	}
}

// TestHostile_streams_are_cut_off sends the same over TCP and TLS. A stream that cannot become a message any more is closed;
// v5's own reader would spin on "a length of 65516" and "a channel of 65532 bytes".
func TestHostile_streams_are_cut_off(t *testing.T) {
	s := start(t, Config{TLS: certificate(t)})
	_, conn := allocate(t, s, "tcp")
	for title, b := range hostile() {
		for _, transport := range []string{"tcp", "tls"} {
			t.Run(title+" over "+transport, func(t *testing.T) {
				raw, err := net.Dial("tcp", s.at())
				if err != nil {
					t.Fatal(err)
				}
				defer raw.Close()
				c := raw
				if transport == "tls" {
					c = tls.Client(raw, &tls.Config{InsecureSkipVerify: true})
				}
				if _, err := c.Write(b); err != nil {
					t.Fatal(err)
				}
				if _, err := c.Write(bytes.Repeat([]byte{0xff}, 2*mtu)); err != nil && !errors.Is(err, net.ErrClosed) {
					return // it is closed already
				}
				_ = c.SetReadDeadline(time.Now().Add(patience))
				for err == nil {
					_, err = c.Read(make([]byte, mtu))
				}
				if errors.Is(err, context.DeadlineExceeded) {
					t.Error("it is still open")
				}
				roundTrip(t, s, conn, "all is as it was")
			})
		}
	}
}

var methods = []stun.Method{
	stun.MethodAllocate, stun.MethodRefresh, stun.MethodCreatePermission, stun.MethodChannelBind, stun.MethodConnect, stun.MethodConnectionBind,
}

// attacker is a user of the relay who writes messages by hand.
type attacker struct {
	net.Conn
	user, password, nonce string
}

func attack(t testing.TB, s *Server) *attacker {
	t.Helper()
	c, err := net.Dial("udp", s.at())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	a := &attacker{Conn: c}
	a.user, a.password = s.Credentials()
	m := a.ask(t, stun.MustBuild(stun.TransactionID, stun.NewType(stun.MethodAllocate, stun.ClassRequest)).Raw)
	var nonce stun.Nonce
	if err := nonce.GetFrom(m); err != nil {
		t.Fatal(err)
	}
	a.nonce = nonce.String()
	if m := a.ask(t, a.allocation()); m.Type.Class != stun.ClassSuccessResponse {
		t.Fatalf("the allocation is answered %v", m)
	}
	return a
}

func (a *attacker) ask(t testing.TB, raw []byte) *stun.Message {
	t.Helper()
	a.send(raw)
	_ = a.SetReadDeadline(time.Now().Add(patience))
	b := make([]byte, mtu)
	n, err := a.Read(b)
	m := &stun.Message{Raw: b[:n]}
	if err = errors.Join(err, m.Decode()); err != nil {
		t.Fatal(err)
	}
	return m
}

func (a *attacker) send(raw []byte) { _, _ = a.Write(raw) } // what comes back does not matter

func (a *attacker) allocation() []byte {
	return a.signed(stun.MethodAllocate, []byte{0, 0x19, 0, 4, 17, 0, 0, 0})
}

// signed is a request whose attributes are read from the body, as far as they can be.
func (a *attacker) signed(method stun.Method, body []byte) []byte {
	m := &stun.Message{TransactionID: stun.NewTransactionID(), Type: stun.NewType(method, stun.ClassRequest)}
	m.WriteHeader()
	for len(body) >= 4 {
		kind, n := binary.BigEndian.Uint16(body), int(binary.BigEndian.Uint16(body[2:]))
		n = min(n, len(body)-4)
		m.Add(stun.AttrType(kind), body[4:4+n])
		body = body[4+n:]
	}
	_ = stun.NewUsername(a.user).AddTo(m)
	_ = stun.NewRealm(realm).AddTo(m)
	_ = stun.NewNonce(a.nonce).AddTo(m)
	_ = stun.MessageIntegrity(pion.GenerateAuthKey(a.user, realm, a.password)).AddTo(m)
	return m.Raw
}

// FuzzDatagram does as TestHostile_datagrams_change_nothing. Run it with -fuzzminimizetime 1x: what the relay does at the same
// time makes the coverage of one input vary, so that minimizing never ends.
func FuzzDatagram(f *testing.F) {
	for _, b := range hostile() {
		f.Add(b)
	}
	s := start(f, Config{})
	a := attack(f, s)
	_, conn := allocate(f, s, "udp")
	f.Fuzz(func(t *testing.T, b []byte) {
		b = b[:min(len(b), 1200)]
		a.send(a.allocation()) // it may have been given back
		a.send(b)
		for _, m := range methods {
			a.send(a.signed(m, b))
		}
		roundTrip(t, s, conn, "all is as it was")
	})
}

func FuzzLength(f *testing.F) {
	for _, b := range hostile() {
		if len(b) >= 4 {
			f.Add(b[0], b[1], b[2], b[3])
		}
	}
	f.Fuzz(func(t *testing.T, a, b, c, d byte) {
		if n, ok := length([4]byte{a, b, c, d}); ok && (n < 4 || n%4 != 0 || n > 65535+20) {
			t.Errorf("a message of %d bytes", n)
		}
	})
}
