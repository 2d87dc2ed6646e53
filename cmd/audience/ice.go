package main

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/pion/stun"
)

const (
	// checkEvery is the time between connectivity checks until one is answered, triesEach how many one candidate gets before
	// the next.
	checkEvery = 100 * time.Millisecond
	triesEach  = 5
	// consentEvery is the time between checks that ask whether the server still wants to send (RFC 7675 §5.1).
	consentEvery = 5 * time.Second
	// ourPriority is that of a host candidate (RFC 8445 §5.1.2.1).
	ourPriority = 126<<24 | 0xffff<<8 | 255
)

// agent is the controlling agent of one viewer (RFC 8445). It nominates the first candidate that answers, with the check itself.
type agent struct {
	own, peer credentials
	tie       [8]byte
}

func newAgent(own, peer credentials) *agent {
	a := &agent{own: own, peer: peer}
	_, _ = rand.Read(a.tie[:]) // never fails
	return a
}

// check makes a connectivity check.
func (a *agent) check() []byte {
	m, err := stun.Build(stun.TransactionID, stun.BindingRequest,
		stun.NewUsername(a.peer.ufrag+":"+a.own.ufrag),
		stun.RawAttribute{Type: stun.AttrICEControlling, Value: a.tie[:]},
		stun.RawAttribute{Type: stun.AttrPriority, Value: binary.BigEndian.AppendUint32(nil, ourPriority)},
		stun.RawAttribute{Type: stun.AttrUseCandidate},
		stun.NewShortTermIntegrity(a.peer.pwd), stun.Fingerprint)
	if err != nil {
		return nil // only names that are too long do that, which the server then sees as silence
	}
	return m.Raw
}

// take takes a STUN message from the server. It reports whether it answers a check, and what to answer to a check of the
// server's own; nil for nothing.
func (a *agent) take(raw []byte, from netip.AddrPort) (answered bool, reply []byte) {
	m := &stun.Message{Raw: slices.Clone(raw)}
	if m.Decode() != nil {
		return false, nil
	}
	switch m.Type {
	case stun.BindingSuccess:
		return stun.NewShortTermIntegrity(a.peer.pwd).Check(m) == nil, nil
	case stun.BindingRequest:
		key := stun.NewShortTermIntegrity(a.own.pwd)
		if key.Check(m) != nil {
			return false, nil
		}
		r, err := stun.Build(stun.NewTransactionIDSetter(m.TransactionID), stun.BindingSuccess,
			&stun.XORMappedAddress{IP: from.Addr().AsSlice(), Port: int(from.Port())}, key, stun.Fingerprint)
		if err == nil {
			return false, r.Raw
		}
	}
	return false, nil
}

// connect finds a candidate that answers and returns a socket that is connected to it.
func (a *agent) connect(ctx context.Context, to []netip.AddrPort) (*net.UDPConn, error) {
	for {
		for _, c := range to {
			sock, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(c))
			if err != nil {
				continue // no way to that address from here
			}
			if a.reach(ctx, sock, c) {
				return sock, nil
			}
			_ = sock.Close()
		}
		select {
		case <-ctx.Done():
			return nil, errors.New("no candidate of the server answers")
		case <-time.After(checkEvery):
		}
	}
}

// reach sends checks until one is answered.
func (a *agent) reach(ctx context.Context, sock *net.UDPConn, at netip.AddrPort) bool {
	buf := make([]byte, mtu)
	for range triesEach {
		if ctx.Err() != nil {
			return false
		}
		_, _ = sock.Write(a.check())
		_ = sock.SetReadDeadline(time.Now().Add(checkEvery))
		for {
			n, err := sock.Read(buf)
			if err != nil {
				break
			}
			answered, reply := a.take(buf[:n], at)
			if reply != nil {
				_, _ = sock.Write(reply)
			}
			if answered {
				return sock.SetReadDeadline(time.Time{}) == nil
			}
		}
	}
	return false
}
