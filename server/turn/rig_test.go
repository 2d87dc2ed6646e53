package turn

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/pion/logging"
	pion "github.com/pion/turn/v5"
)

// patience bounds every wait of a test; it is no measure of speed.
const patience = time.Minute

// echo is a media socket that answers everything with itself.
func echo(t testing.TB) netip.AddrPort {
	t.Helper()
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		b := make([]byte, mtu)
		for {
			n, from, err := c.ReadFromUDPAddrPort(b)
			if err != nil {
				return
			}
			_, _ = c.WriteToUDPAddrPort(b[:n], from)
		}
	}()
	t.Cleanup(func() { _ = c.Close(); <-done })
	return c.LocalAddr().(*net.UDPAddr).AddrPort()
}

func certificate(t testing.TB) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
}

// start runs a relay on loopback until the test ends.
func start(t testing.TB, cfg Config) *Server {
	t.Helper()
	s, _ := launch(t, "127.0.0.1:0", cfg)
	return s
}

// launch runs a relay until it is stopped, at the latest when the test ends.
func launch(t testing.TB, at string, cfg Config) (s *Server, stop func()) {
	t.Helper()
	if !cfg.Media.IsValid() {
		cfg.Media = echo(t)
	}
	if cfg.Most == 0 {
		cfg.Most, cfg.MostAnAddress = 100, 100
	}
	cfg.Secret = []byte("a secret of the test")
	tcp, err := net.Listen("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	udp, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(tcp.Addr().(*net.TCPAddr).AddrPort()))
	if err != nil {
		t.Fatal(err)
	}
	s = New(cfg, udp, tcp)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("the relay ended with %v", err)
			}
		case <-time.After(patience):
			t.Error("the relay does not end")
		}
	})
	t.Cleanup(stop)
	return s, stop
}

func (s *Server) at() string { return s.tcp.Addr().String() }

// dial opens a client's way to the relay: "udp", "tcp" or "tls".
func dial(t testing.TB, at, transport string) net.PacketConn {
	t.Helper()
	var conn net.PacketConn
	switch transport {
	case "udp":
		host, _, _ := net.SplitHostPort(at)
		c, err := net.ListenPacket("udp", net.JoinHostPort(host, "0"))
		if err != nil {
			t.Fatal(err)
		}
		conn = c
	default:
		c, err := net.Dial("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		if transport == "tls" {
			c = tls.Client(c, &tls.Config{InsecureSkipVerify: true})
		}
		conn = pion.NewSTUNConn(c)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// client is a TURN client that has not allocated yet.
func client(t testing.TB, s *Server, transport, user, password string) *pion.Client {
	t.Helper()
	return clientAt(t, s.at(), transport, user, password)
}

func clientAt(t testing.TB, at, transport, user, password string) *pion.Client {
	t.Helper()
	c, err := pion.NewClient(&pion.ClientConfig{
		TURNServerAddr: at, Conn: dial(t, at, transport), Username: user, Password: password, Realm: realm,
		LoggerFactory: &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Listen(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// allocate makes an allocation with fresh credentials.
func allocate(t testing.TB, s *Server, transport string) (*pion.Client, net.PacketConn) {
	t.Helper()
	user, password := s.Credentials()
	c := client(t, s, transport, user, password)
	conn, err := c.Allocate()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return c, conn
}

// roundTrip sends through the relay and expects the same back from the media socket.
func roundTrip(t testing.TB, s *Server, conn net.PacketConn, text string) {
	t.Helper()
	media := net.UDPAddrFromAddrPort(s.cfg.Media)
	if _, err := conn.WriteTo([]byte(text), media); err != nil {
		t.Fatal(err)
	}
	if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, mtu)
	n, from, err := conn.ReadFrom(b)
	if err != nil || string(b[:n]) != text || from.String() != media.String() {
		t.Fatalf("got %q from %v, %v", b[:n], from, err)
	}
}
