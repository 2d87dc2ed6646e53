package turn

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	pion "github.com/pion/turn/v5"
)

var (
	errOnlyUDP  = errors.New("only UDP is relayed")
	errNoChoice = errors.New("the relay's port cannot be chosen")
	errStopping = errors.New("the relay is stopping")
	errPeer     = errors.New("not the peer of this allocation")
)

// relays makes the sockets of allocations.
type relays struct{ *Server }

// Validate implements pion's RelayAddressGenerator.
func (relays) Validate() error { return nil }

// AllocateListener implements pion's RelayAddressGenerator; RFC 6062 is not served.
func (relays) AllocateListener(pion.AllocateListenerConfig) (net.Listener, net.Addr, error) {
	return nil, nil, errOnlyUDP
}

// AllocateConn implements pion's RelayAddressGenerator.
func (relays) AllocateConn(pion.AllocateConnConfig) (net.Conn, error) { return nil, errOnlyUDP }

// AllocatePacketConn implements pion's RelayAddressGenerator. Requests for even or reserved ports are refused: pion would
// open up to 128 sockets for one, before it looks at quotas.
func (s relays) AllocatePacketConn(c pion.AllocateListenerConfig) (net.PacketConn, net.Addr, error) {
	if c.UserID == "" || c.RequestedPort != 0 {
		return nil, nil, errNoChoice
	}
	own := s.own()
	i := slices.IndexFunc(own, func(a netip.Addr) bool { return a.Is4() == (c.Network == "udp4") })
	if i < 0 {
		return nil, nil, fmt.Errorf("media has no address for %s", c.Network)
	}
	media := s.cfg.Media
	if media.Addr().IsUnspecified() {
		media = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), media.Port())
	}
	if !s.begin() {
		return nil, nil, errStopping
	}
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(media))
	if err != nil {
		s.open.Done()
		return nil, nil, fmt.Errorf("open relay: %w", err)
	}
	port := conn.LocalAddr().(*net.UDPAddr).AddrPort().Port()
	r := &relay{UDPConn: conn, server: s.Server}
	r.closed = sync.OnceFunc(func() {
		_ = conn.Close() // pion stops closing others at the first error
		s.open.Done()
	})
	return r, net.UDPAddrFromAddrPort(netip.AddrPortFrom(own[i], port)), nil
}

// relay is the socket of an allocation, connected to the media socket.
type relay struct {
	*net.UDPConn
	server *Server
	closed func()
	peer   atomic.Pointer[net.UDPAddr] // what the client calls the media socket
}

// WriteTo implements net.PacketConn. The first permitted peer stays the only one.
func (r *relay) WriteTo(b []byte, to net.Addr) (int, error) {
	a, ok := to.(*net.UDPAddr)
	if !ok || a.Port != int(r.server.cfg.Media.Port()) {
		r.server.peers.Add(1)
		return 0, errPeer
	}
	if r.peer.CompareAndSwap(nil, a); !r.peer.Load().IP.Equal(a.IP) {
		return 0, errPeer
	}
	return r.Write(b)
}

// ReadFrom implements net.PacketConn.
func (r *relay) ReadFrom(b []byte) (int, net.Addr, error) {
	n, err := r.Read(b)
	if err != nil {
		return 0, nil, err
	}
	if from := r.peer.Load(); from != nil {
		return n, from, nil
	}
	return n, &net.UDPAddr{}, nil // nobody may send before the client has
}

// Close implements net.PacketConn.
func (r *relay) Close() error {
	r.closed()
	return nil
}

// steady is a socket whose reads only fail when it is closed: pion would take any error for the end.
type steady struct{ *net.UDPConn }

// ReadFrom implements net.PacketConn.
func (c steady) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, from, err := c.UDPConn.ReadFrom(b)
		if err == nil || errors.Is(err, net.ErrClosed) {
			return n, from, err
		}
		time.Sleep(again)
	}
}
