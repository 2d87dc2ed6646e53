package live

import (
	"bytes"
	"context"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/datachannel"
	"github.com/pion/dtls/v2"
	"github.com/pion/dtls/v2/pkg/crypto/fingerprint"
	"github.com/pion/transport/v2/packetio"
)

// helloPatience is after how many datagrams we stop to wait for the rest of a hello.
const helloPatience = 16

const (
	// flightMost bounds the datagrams of our last flight that are kept; insistEvery and insistTimes say how it is repeated where the
	// connection's beginning looked like loss.
	flightMost  = 8
	insistEvery = 15 * time.Millisecond
	insistTimes = 8
)

// handshakeLimit bounds the bytes of DTLS that may wait to be read.
const handshakeLimit = 64 << 10

// direct is the connection to a viewer: ICE as a lite agent (RFC 8445 §2.5), DTLS, keys for SRTP, and a data channel for events
// where the viewer wants one. It costs one goroutine, four with the channel, and no copy of any media that is sent.
//
// Guards: nothing is answered but checks that carry the session's secret (RFC 8445 §7.3), and nothing but checks is looked at
// that does not come from an address which such a check has proved (Port.take).
type direct struct {
	port   *Port
	own    certificate
	reply  reply
	within time.Duration // bounds the handshake
	log    pionLog
	onRTCP func(compound []byte) // called by one goroutine at a time; must not block nor keep it
	// events serves the event channel until it ends or ctx does; used if the offer has a section for it.
	events func(ctx context.Context, c *datachannel.DataChannel)

	tries tries
	lossy bool // the connection's beginning looked like loss; set when it is up
	names atomic.Pointer[names]
	to    atomic.Pointer[net.UDPAddr] // where to send; nil before the first check
	heard atomic.Int64                // when, in Unix ns
	state atomic.Int32                // a link, but never shaky
	keys  atomic.Pointer[protection]
	in    *packetio.Buffer // DTLS

	control sync.Mutex // guards keys.inControl and plain, and is held while onRTCP is called
	plain   []byte     // room for what was decrypted
	sealed  []byte     // room for what is encrypted; the lane's
	changed atomic.Pointer[func()]
	cancel  context.CancelFunc
	done    chan struct{}
}

// names are both sides' credentials.
type names struct{ local, remote credentials }

// newDirect makes a connection that will answer the reply's offer for a viewer.
func (s *Stage) newDirect(r reply, v *Viewer) *direct {
	r.fingerprint = s.certificate.fingerprint
	d := &direct{
		port: s.port, own: s.certificate, reply: r, within: s.cfg.JoinWithin, log: pionLog{s.log},
		onRTCP: v.hear, events: v.converse, in: packetio.NewBuffer(), done: make(chan struct{}),
	}
	d.in.SetLimitSize(handshakeLimit)
	return d
}

// answer implements transport.
func (d *direct) answer(_ context.Context, o *offer) (string, error) {
	d.rename(credentials{o.ufrag, o.pwd})
	if d.cancel == nil {
		d.start()
	}
	d.reply.local = d.names.Load().local
	return d.reply.write(), nil
}

// start begins to wait for the peer.
func (d *direct) start() {
	d.heard.Store(time.Now().UnixNano())
	ctx, cancel := context.WithCancel(context.Background())
	d.cancel = cancel
	go func() {
		defer close(d.done)
		defer cancel()
		if err := d.run(ctx); err != nil && ctx.Err() == nil {
			d.log.log.Debug("viewer's connection failed", "err", err)
		}
		d.turn(failed)
	}()
}

// rename takes new local credentials for the remote ones, also when ICE restarts (RFC 8445 §9).
func (d *direct) rename(remote credentials) {
	n, old := &names{newCredentials(), remote}, ""
	if was := d.names.Swap(n); was != nil {
		old = was.local.ufrag
	}
	d.port.name(d, n.local.ufrag, old)
}

func (d *direct) turn(l link) {
	d.state.Store(int32(l))
	if f := d.changed.Load(); f != nil {
		(*f)()
	}
}

// check takes a connectivity check that names this session.
func (d *direct) check(raw []byte, from netip.AddrPort) {
	n := d.names.Load()
	reply, nominated, err := answerCheck(raw, n.local, n.remote, from)
	if err != nil {
		return
	}
	d.port.validate(d, from)
	d.heard.Store(time.Now().UnixNano())
	if to := d.to.Load(); to == nil || nominated && to.AddrPort() != from {
		d.to.Store(net.UDPAddrFromAddrPort(from))
	}
	for range d.tries.answer(time.Now()) {
		_, _ = d.port.socks[0].WriteToUDPAddrPort(reply, from) // the peer asks again
	}
}

// receive takes what is no check from an address of the peer's.
func (d *direct) receive(data []byte) {
	d.heard.Store(time.Now().UnixNano())
	switch kind := data[0]; {
	case kind >= 20 && kind <= 63:
		d.tries.heard(time.Now())
		_, _ = d.in.Write(data) // DTLS repeats what does not fit
	case kind >= 128 && kind <= 191 && len(data) > 1 && data[1] >= 192 && data[1] <= 223: // RFC 5761 §4
		d.receiveControl(data)
	}
}

func (d *direct) receiveControl(data []byte) {
	keys := d.keys.Load()
	if keys == nil {
		return
	}
	d.control.Lock()
	defer d.control.Unlock()
	plain, err := keys.inControl.DecryptRTCP(d.plain[:0], data, nil)
	if err != nil {
		return // forged or repeated
	}
	d.plain = plain
	d.onRTCP(plain)
}

// sendControl sends RTCP. It belongs to the viewer's lane.
func (d *direct) sendControl(compound []byte) {
	keys, to := d.keys.Load(), d.to.Load()
	if keys == nil || to == nil {
		return
	}
	if sealed, err := keys.outControl.EncryptRTCP(d.sealed[:0], compound, nil); err == nil {
		d.sealed = sealed
		_, _ = d.port.socks[0].WriteToUDP(sealed, to)
	}
}

// run shakes hands and then waits for the peer's goodbye.
func (d *direct) run(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { _ = d.in.Close() })
	defer stop()
	path, agree, err := d.await()
	if err != nil {
		return err
	}
	shaking, cancel := context.WithTimeout(ctx, d.within)
	defer cancel()
	begin := dtls.ServerWithContext
	if d.reply.offer.passive {
		begin = dtls.ClientWithContext
	}
	conn, err := begin(shaking, path, d.handshake(agree))
	if err != nil {
		return fmt.Errorf("shake hands: %w", err)
	}
	defer conn.Close()
	keys, err := newProtection(conn, d.reply.offer.passive)
	if err != nil {
		return err
	}
	if d.lossy = d.tries.suspicious(time.Now()); d.lossy {
		var insisting sync.WaitGroup
		ctx, cancel := context.WithCancel(ctx)
		insisting.Go(func() { path.insist(ctx) })
		defer insisting.Wait()
		defer cancel()
	}
	d.keys.Store(keys)
	d.turn(connected)
	if d.reply.offer.data != nil {
		if err := d.serveChannels(ctx, conn); err != nil {
			return err
		}
	}
	buf := make([]byte, receiveMTU)
	for {
		if _, err := conn.Read(buf); err != nil {
			return nil //nolint:nilerr // the peer said goodbye, or we did
		}
	}
}

// await reads the beginning of the peer's handshake, and returns the path on which DTLS reads it again.
func (d *direct) await() (*handshakePath, []dtls.SRTPProtectionProfile, error) {
	path := &handshakePath{d: d}
	if d.reply.offer.passive { // then the peer waits for us
		return path, preferred, nil
	}
	var h hello
	for {
		b := make([]byte, receiveMTU)
		n, err := d.in.Read(b)
		if err != nil {
			return nil, nil, fmt.Errorf("wait for a handshake: %w", err)
		}
		path.first = append(path.first, b[:n])
		if agree, done := h.add(b[:n]); done || len(path.first) == helloPatience {
			if !done {
				agree = preferred
			}
			return path, agree, nil
		}
	}
}

func (d *direct) handshake(protections []dtls.SRTPProtectionProfile) *dtls.Config {
	return &dtls.Config{
		Certificates:            []tls.Certificate{d.own.tls},
		SRTPProtectionProfiles:  protections,
		ClientAuth:              dtls.RequireAnyClientCert,
		InsecureSkipVerify:      true, // the fingerprint is what we know the peer by
		VerifyPeerCertificate:   d.verify,
		FlightInterval:          dtlsRetransmit,
		InsecureSkipVerifyHello: true, // ICE has already proved that the peer owns its address
		LoggerFactory:           d.log,
	}
}

// verify holds the peer's certificate against the fingerprint of its offer (RFC 8122 §5).
func (d *direct) verify(raw [][]byte, _ [][]*x509.Certificate) error {
	if len(raw) == 0 {
		return errors.New("the peer has no certificate")
	}
	c, err := x509.ParseCertificate(raw[0])
	if err != nil {
		return fmt.Errorf("read the peer's certificate: %w", err)
	}
	hash, err := fingerprint.HashFromString(d.reply.offer.hash)
	if err != nil || hash == crypto.MD5 || hash == crypto.SHA1 {
		return fmt.Errorf("a fingerprint of %s proves nothing", d.reply.offer.hash)
	}
	f, err := fingerprint.Fingerprint(c, hash)
	if err != nil || !strings.EqualFold(f, d.reply.offer.fingerprint) {
		return errors.New("the peer's certificate is not the one of its offer")
	}
	return nil
}

// link tells how the connection stands.
func (d *direct) link() link {
	l := link(d.state.Load())
	if l != connected {
		return l
	}
	switch silent := time.Since(time.Unix(0, d.heard.Load())); {
	case silent > disconnectAfter+failAfter:
		return failed
	case silent > disconnectAfter:
		return shaky
	}
	return connected
}

// watchLink has f called when the state changes. f must not block.
func (d *direct) watchLink(f func()) { d.changed.Store(&f) }

// close ends the connection, with a goodbye, and returns when nothing of it is left.
func (d *direct) close() error {
	if d.cancel != nil {
		d.cancel()
		<-d.done
		d.port.forget(d, d.names.Load().local.ufrag)
	}
	return d.in.Close() //nolint:wrapcheck // never fails
}

// handshakePath is a direct connection as DTLS sees it. first is read first.
type handshakePath struct {
	d     *direct
	first [][]byte

	mu       sync.Mutex
	flight   [][]byte // what we have sent since the peer was heard
	answered bool     // the peer was, since
}

func (p *handshakePath) Read(b []byte) (int, error) {
	if len(p.first) > 0 {
		n := copy(b, p.first[0])
		p.first = p.first[1:]
		return n, nil
	}
	n, err := p.d.in.Read(b)
	p.mu.Lock()
	p.answered = true
	p.mu.Unlock()
	return n, err //nolint:wrapcheck // for pion
}

func (p *handshakePath) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	to := p.d.to.Load()
	if to == nil {
		return len(b), nil
	}
	if p.answered {
		p.answered, p.flight = false, nil
	}
	if len(p.flight) < flightMost {
		p.flight = append(p.flight, bytes.Clone(b))
	}
	for range p.d.tries.shake(time.Now()) {
		_, _ = p.d.port.socks[0].WriteToUDP(b, to) // lost, like any datagram
	}
	return len(b), nil
}

// insist sends our last flight again for a while: unlike all before it, nothing of ours follows that would show it lost, so only
// the peer would ask for it, at intervals that double.
func (p *handshakePath) insist(ctx context.Context) {
	p.mu.Lock()
	flight := p.flight
	p.mu.Unlock()
	for range insistTimes {
		select {
		case <-time.After(insistEvery):
		case <-ctx.Done():
			return
		}
		for _, b := range flight {
			if to := p.d.to.Load(); to != nil {
				_, _ = p.d.port.socks[0].WriteToUDP(b, to)
			}
		}
	}
}

func (p *handshakePath) Close() error         { return p.d.in.Close() } //nolint:wrapcheck // for pion
func (p *handshakePath) LocalAddr() net.Addr  { return p.d.port.LocalAddr() }
func (p *handshakePath) RemoteAddr() net.Addr { return p.d.to.Load() }

func (p *handshakePath) SetDeadline(t time.Time) error     { return p.d.in.SetReadDeadline(t) } //nolint:wrapcheck // for pion
func (p *handshakePath) SetReadDeadline(t time.Time) error { return p.d.in.SetReadDeadline(t) } //nolint:wrapcheck // for pion
func (p *handshakePath) SetWriteDeadline(time.Time) error  { return nil }
