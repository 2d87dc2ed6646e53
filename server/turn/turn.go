// Package turn is the relay for viewers and publishers whose network lets no UDP through: a TURN server (RFC 8656) over UDP,
// TCP and TLS, all on one port, that reaches nothing but the server's own media socket.
//
// It owns the port's two sockets, the connections accepted there and one relay socket an allocation. Credentials are made
// here from a secret and expire; no list of users exists.
//
// Queues: none of ours. What a slow client does not take waits in its kernel buffers, which are kept small, and is then
// dropped at the relay socket, because media that is late is worth nothing.
//
// Decisions. A relay is no open relay, by construction: its socket is connected to the media socket, whatever peer the client
// names, so that private, loopback and other people's addresses cannot be reached even if a check failed. The named peer only
// has to be an address that peers are told (or the client is refused, 403), and the first one that a client sends to stays
// the peer of its allocation: all of them lead to the same socket, and the answers must come from the one that was asked.
// The relayed address that a client is told is therefore a name and no more: nobody can send to it.
//
// Datagrams are read by pion/turn v5. The TURN code that pion/webrtc v3 brings along (v2) is a client, and only a client that
// is given TURN servers starts it; the server's peers are given none. Streams are cut into messages here and not by v5's
// STUNConn, which a length near 65536 sends into an endless loop.
package turn

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/logging"
	pion "github.com/pion/turn/v5"
)

const (
	realm = "vitrine"
	// mostAUser bounds the allocations of one pair of credentials: a browser tries every transport on every interface.
	mostAUser = 12
	// lifetime is how long an allocation, a permission and a channel stay without being refreshed.
	lifetime = 10 * time.Minute
	// mtu bounds a message, in bytes; longer ones are not media.
	mtu = 1600
)

// Config is what a relay needs to know.
type Config struct {
	// Media is where the media socket is bound: the only peer. Public are addresses it is known by beside the host's own.
	Media  netip.AddrPort
	Public []netip.Addr
	// Secret makes the credentials. Whoever knows it can make some.
	Secret []byte
	// TLS serves turns: on the same port; nil if there is no certificate.
	TLS *tls.Config
	// Most bounds allocations, and likewise connections; MostAnAddress those from one IP address.
	Most, MostAnAddress int
}

// Stats is what a relay did and does.
type Stats struct {
	Allocations, Connections                       int
	RefusedCredentials, RefusedQuota, RefusedPeers uint64
}

// Server is a relay. Its methods are safe for concurrent use.
type Server struct {
	cfg  Config
	udp  *net.UDPConn
	tcp  net.Listener
	open sync.WaitGroup // relays and connections

	credentials, quota, peers atomic.Uint64 // refused

	mu          sync.Mutex
	closing     bool
	allocations places
	connections map[*stream]netip.Addr
}

// New makes a relay on the two sockets, which are bound to the same port. The caller hands them over: Run closes them.
func New(cfg Config, udp *net.UDPConn, tcp net.Listener) *Server {
	return &Server{
		cfg: cfg, udp: udp, tcp: tcp,
		allocations: places{users: map[string]int{}, addresses: map[netip.Addr]int{}},
		connections: map[*stream]netip.Addr{},
	}
}

// Run relays until ctx ends, and returns when all relays and connections are closed. It may be called once.
func (s *Server) Run(ctx context.Context) error {
	server, err := pion.NewServer(pion.ServerConfig{
		Realm: realm, InboundMTU: mtu,
		AuthHandler: s.authenticate, QuotaHandler: s.admit,
		EventHandler: pion.EventHandler{
			OnAuth:              s.authenticated,
			OnAllocationCreated: s.allocated,
			OnAllocationDeleted: s.freed,
		},
		AllocationLifetime: lifetime, PermissionTimeout: lifetime, ChannelBindTimeout: lifetime,
		LoggerFactory:     &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled},
		PacketConnConfigs: []pion.PacketConnConfig{{PacketConn: steady{s.udp}, RelayAddressGenerator: relays{s}, PermissionHandler: s.permit}},
		ListenerConfigs:   []pion.ListenerConfig{{Listener: streams{s}, RelayAddressGenerator: relays{s}, PermissionHandler: s.permit}},
	})
	if err != nil {
		return errors.Join(fmt.Errorf("start TURN: %w", err), s.udp.Close(), s.tcp.Close())
	}
	<-ctx.Done()
	s.mu.Lock()
	s.closing = true
	s.mu.Unlock()
	err = server.Close()
	s.open.Wait()
	return err
}

// Address is where clients reach the relay, with UDP, TCP and TLS.
func (s *Server) Address() netip.AddrPort {
	a := s.udp.LocalAddr().(*net.UDPAddr).AddrPort()
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

// Stats returns what the relay did and does.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Stats{
		Allocations: s.allocations.all, Connections: len(s.connections),
		RefusedCredentials: s.credentials.Load(), RefusedQuota: s.quota.Load(), RefusedPeers: s.peers.Load(),
	}
}

// begin counts something that must be closed before Run returns. It reports false when Run is about to.
func (s *Server) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closing {
		s.open.Add(1)
	}
	return !s.closing
}

// own lists the addresses that the media socket has for peers, the public ones first.
func (s *Server) own() []netip.Addr {
	if a := s.cfg.Media.Addr().Unmap(); !a.IsUnspecified() {
		return append(slices.Clone(s.cfg.Public), a)
	}
	list := slices.Clone(s.cfg.Public)
	all, _ := net.InterfaceAddrs() // none is an answer too: then nobody is permitted
	for _, i := range all {
		if p, err := netip.ParsePrefix(i.String()); err == nil {
			list = append(list, p.Addr().Unmap())
		}
	}
	return list
}

// permit tells whether a client may name the address as a peer (RFC 8656 §9). An IPv4 address written as an IPv6 one is
// refused: no candidate of ours looks like that.
func (s *Server) permit(_ net.Addr, ip net.IP) bool {
	a, ok := netip.AddrFromSlice(ip)
	if ok = ok && slices.Contains(s.own(), a); !ok {
		s.peers.Add(1)
	}
	return ok
}
