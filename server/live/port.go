package live

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	socketsMost = 16
	// socketBuffer is asked of the kernel for each media socket, in bytes. It gives what its limits allow.
	socketBuffer = 4 << 20
	// strangers is how many datagrams of publishers and unknown peers may wait for the mux.
	strangers = 1024
)

// Port is the one UDP port that carries all media: one socket or several that share it, of which each lane sends through
// one. What comes in goes to the session that has proved to own the address it came from, or, if it is a connectivity check,
// to the session that it names; publishers' datagrams go to pion's mux, which sees the port as a net.PacketConn.
type Port struct {
	socks []*net.UDPConn
	other chan *datagram // for the mux
	spare sync.Pool      // of *datagram, for the mux
	done  chan struct{}

	mu     sync.RWMutex
	byName map[string]*direct         // by our ICE user name fragment
	byAddr map[netip.AddrPort]*direct // validated addresses
}

// datagram is one that waits for the mux.
type datagram struct {
	data [receiveMTU]byte
	n    int
	from netip.AddrPort
}

// Listen opens the port, for NewStage: with a socket a processor where sockets can share a port, so that lanes do not wait for
// each other, else with one. Port 0 picks one. It fails if anybody has the port, also if they would share it.
func Listen(ctx context.Context, at *net.UDPAddr) ([]*net.UDPConn, error) {
	alone, err := net.ListenUDP("udp", at)
	if err != nil {
		return nil, err //nolint:wrapcheck // says what was tried, and where
	}
	n := min(runtime.GOMAXPROCS(0), socketsMost)
	if !portsAreShared || n == 1 {
		return []*net.UDPConn{alone}, nil
	}
	address := alone.LocalAddr().String()
	if err := alone.Close(); err != nil {
		return nil, err //nolint:wrapcheck // as above
	}
	config := net.ListenConfig{Control: sharePort}
	socks := make([]*net.UDPConn, 0, n)
	for range n {
		c, err := config.ListenPacket(ctx, "udp", address)
		if err != nil {
			for _, s := range socks {
				_ = s.Close()
			}
			return nil, err //nolint:wrapcheck // as above
		}
		socks = append(socks, c.(*net.UDPConn))
	}
	return socks, nil
}

func newPort(socks []*net.UDPConn) *Port {
	return &Port{
		socks: socks, other: make(chan *datagram, strangers), done: make(chan struct{}),
		spare:  sync.Pool{New: func() any { return new(datagram) }},
		byName: map[string]*direct{}, byAddr: map[netip.AddrPort]*direct{},
	}
}

// run reads until the port is closed.
func (p *Port) run() error {
	var g errgroup.Group
	for _, s := range p.socks {
		_ = s.SetReadBuffer(socketBuffer) // a small buffer costs packets, not correctness
		_ = s.SetWriteBuffer(socketBuffer)
		g.Go(func() error { return p.read(s) })
	}
	return g.Wait()
}

func (p *Port) read(s *net.UDPConn) error {
	buf := make([]byte, receiveMTU)
	for {
		n, from, err := s.ReadFromUDPAddrPort(buf)
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil || n == 0 {
			continue // an ICMP error of some peer, or a datagram that is too long
		}
		p.take(buf[:n], netip.AddrPortFrom(from.Addr().Unmap(), from.Port()))
	}
}

// take hands over one datagram (RFC 7983). It does not keep data.
func (p *Port) take(data []byte, from netip.AddrPort) {
	if data[0] < 4 {
		if name := ufragOf(data); name != "" {
			p.mu.RLock()
			d := p.byName[name]
			p.mu.RUnlock()
			if d != nil {
				d.check(data, from)
				return
			}
		}
	} else {
		p.mu.RLock()
		d := p.byAddr[from]
		p.mu.RUnlock()
		if d != nil {
			d.receive(data)
			return
		}
	}
	d := p.spare.Get().(*datagram)
	d.n, d.from = copy(d.data[:], data), from
	select {
	case p.other <- d:
	default: // pion's peers repeat what they miss
		p.spare.Put(d)
	}
}

// name makes a session known by its fragment, instead of old ("" for none).
func (p *Port) name(d *direct, ufrag, old string) {
	p.mu.Lock()
	delete(p.byName, old)
	p.byName[ufrag] = d
	p.mu.Unlock()
}

// validate remembers that an address has proved to be the session's.
func (p *Port) validate(d *direct, from netip.AddrPort) {
	p.mu.RLock()
	known := p.byAddr[from] == d
	p.mu.RUnlock()
	if known {
		return
	}
	p.mu.Lock()
	p.byAddr[from] = d
	p.mu.Unlock()
}

// forget takes a session off the tables.
func (p *Port) forget(d *direct, ufrag string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.byName, ufrag)
	for a, o := range p.byAddr {
		if o == d {
			delete(p.byAddr, a)
		}
	}
}

// WriteTo implements net.PacketConn.
func (p *Port) WriteTo(b []byte, to net.Addr) (int, error) {
	return p.socks[0].WriteTo(b, to) //nolint:wrapcheck // for pion
}

// ReadFrom implements net.PacketConn.
func (p *Port) ReadFrom(b []byte) (int, net.Addr, error) {
	select {
	case d := <-p.other:
		n, from := copy(b, d.data[:d.n]), net.UDPAddrFromAddrPort(d.from)
		p.spare.Put(d)
		return n, from, nil
	case <-p.done:
		return 0, nil, net.ErrClosed
	}
}

// Close implements net.PacketConn: it closes all sockets.
func (p *Port) Close() error {
	select {
	case <-p.done:
		return nil
	default:
	}
	close(p.done)
	var err error
	for _, s := range p.socks {
		err = errors.Join(err, s.Close())
	}
	return err
}

// LocalAddr implements net.PacketConn.
func (p *Port) LocalAddr() net.Addr { return p.socks[0].LocalAddr() }

// SetDeadline implements net.PacketConn. Nothing on the port waits for a time.
func (p *Port) SetDeadline(time.Time) error { return nil }

// SetReadDeadline implements net.PacketConn.
func (p *Port) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline implements net.PacketConn.
func (p *Port) SetWriteDeadline(time.Time) error { return nil }
