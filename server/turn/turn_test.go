package turn

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/pion/logging"
	pion "github.com/pion/turn/v5"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds every wait of a test; it is no measure of speed.
const patience = 20 * time.Second

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
	if !cfg.Media.IsValid() {
		cfg.Media = echo(t)
	}
	if cfg.Most == 0 {
		cfg.Most, cfg.MostAnAddress = 100, 100
	}
	cfg.Secret = []byte("a secret of the test")
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	udp, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(tcp.Addr().(*net.TCPAddr).AddrPort()))
	if err != nil {
		t.Fatal(err)
	}
	s := New(cfg, udp, tcp)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
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
	return s
}

func (s *Server) at() string { return s.tcp.Addr().String() }

// dial opens a client's way to the relay: "udp", "tcp" or "tls".
func dial(t testing.TB, s *Server, transport string) net.PacketConn {
	t.Helper()
	var conn net.PacketConn
	switch transport {
	case "udp":
		c, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		conn = c
	default:
		c, err := net.Dial("tcp", s.at())
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
	c, err := pion.NewClient(&pion.ClientConfig{
		TURNServerAddr: s.at(), Conn: dial(t, s, transport), Username: user, Password: password, Realm: realm,
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

func TestMedia_goes_through_the_relay(t *testing.T) {
	s := start(t, Config{TLS: certificate(t)})
	for _, transport := range []string{"udp", "tcp", "tls"} {
		t.Run(transport, func(t *testing.T) {
			_, conn := allocate(t, s, transport)
			for i := range 50 { // from indications to a channel, and every length of padding; RTP has at least 12 bytes
				roundTrip(t, s, conn, strings.Repeat("x", 12+i*23))
			}
		})
	}
}

func TestOnly_the_media_socket_is_a_peer(t *testing.T) {
	s := start(t, Config{Public: []netip.Addr{netip.MustParseAddr("203.0.113.5")}})
	c, conn := allocate(t, s, "udp")
	for name, peer := range map[string]string{
		"another host": "198.51.100.7", "a private host": "10.1.2.3", "a private host of 172.16": "172.16.0.1",
		"a private host of 192.168": "192.168.1.1", "a carrier's host": "100.64.0.1", "the cloud's secrets": "169.254.169.254",
		"another loopback address": "127.0.0.2", "nobody": "0.0.0.0", "everybody": "255.255.255.255", "a group": "224.0.0.1",
		"loopback of IPv6": "::1", "a unique local host": "fd00::1", "a link-local host": "fe80::1", "nobody of IPv6": "::",
		"a group of IPv6": "ff02::1", "another host of IPv6": "2001:db8::1", "NAT64": "64:ff9b::7f00:1",
	} {
		t.Run(name, func(t *testing.T) {
			before := s.Stats().RefusedPeers
			err := c.CreatePermission(&net.UDPAddr{IP: net.ParseIP(peer), Port: int(s.cfg.Media.Port())})
			if err == nil {
				t.Fatal("it is permitted")
			}
			if four := net.ParseIP(peer).To4() != nil; four && s.Stats().RefusedPeers == before {
				t.Errorf("it is not counted; the client is told %v", err)
			}
		})
	}
	t.Run("another port of the media's host", func(t *testing.T) {
		decoy, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		defer decoy.Close()
		before := s.Stats().RefusedPeers
		if _, err := conn.WriteTo([]byte("x"), decoy.LocalAddr()); err != nil {
			t.Fatal(err)
		}
		for end := time.Now().Add(patience); s.Stats().RefusedPeers == before; {
			if time.Now().After(end) {
				t.Fatal("it was not refused")
			}
			time.Sleep(time.Millisecond)
		}
		_ = decoy.SetReadDeadline(time.Now())
		if n, _, err := decoy.ReadFrom(make([]byte, 9)); !errors.Is(err, context.DeadlineExceeded) && err == nil {
			t.Errorf("it got %d bytes", n)
		}
	})
	t.Run("the public address is the media socket", func(t *testing.T) {
		_, conn := allocate(t, s, "udp")
		public := &net.UDPAddr{IP: net.IPv4(203, 0, 113, 5), Port: int(s.cfg.Media.Port())}
		if a := conn.LocalAddr().(*net.UDPAddr); !a.IP.Equal(public.IP) {
			t.Errorf("the relayed address is %v", a)
		}
		if _, err := conn.WriteTo([]byte("hello"), public); err != nil {
			t.Fatal(err)
		}
		_ = conn.SetReadDeadline(time.Now().Add(patience))
		n, from, err := conn.ReadFrom(make([]byte, mtu))
		if err != nil || n != 5 || from.String() != public.String() {
			t.Errorf("got %d bytes from %v, %v", n, from, err)
		}
	})
}

func TestAn_IPv4_address_in_disguise_is_refused(t *testing.T) {
	s := New(Config{Media: netip.MustParseAddrPort("127.0.0.1:9")}, nil, nil)
	if !s.permit(nil, net.IPv4(127, 0, 0, 1).To4()) || s.permit(nil, net.ParseIP("::ffff:127.0.0.1")) || s.permit(nil, nil) {
		t.Error("permit is wrong")
	}
}

func TestCredentials(t *testing.T) {
	s := start(t, Config{})
	good, password := s.Credentials()
	expired := name(time.Now())
	for title, c := range map[string]struct{ user, password string }{
		"expired":            {expired, s.password(expired)},
		"forged":             {name(time.Now().Add(validFor)), password},
		"of another secret":  {good, (&Server{cfg: Config{Secret: []byte("other")}}).password(good)},
		"prolonged":          {"9" + good, password},
		"without a time":     {"anybody", s.password("anybody")},
		"an empty user name": {"", s.password("")},
	} {
		t.Run(title, func(t *testing.T) {
			if _, err := client(t, s, "udp", c.user, c.password).Allocate(); err == nil {
				t.Error("they work")
			}
		})
	}
	if n := s.Stats().RefusedCredentials; n < 5 {
		t.Errorf("%d refusals are counted", n)
	}
	conn, err := client(t, s, "udp", good, password).Allocate()
	if err != nil {
		t.Fatalf("good ones: %v", err)
	}
	_ = conn.Close()
}

func TestQuotas(t *testing.T) {
	for title, c := range map[string]struct {
		cfg   Config
		works int
		same  bool // credentials
	}{
		"of a user":     {Config{Most: 100, MostAnAddress: 100}, mostAUser, true},
		"of an address": {Config{Most: 100, MostAnAddress: 3}, 3, false},
		"of all":        {Config{Most: 4, MostAnAddress: 100}, 4, false},
	} {
		t.Run(title, func(t *testing.T) {
			s := start(t, c.cfg)
			user, password := s.Credentials()
			var first net.PacketConn
			try := func() (net.PacketConn, error) {
				if !c.same {
					user, password = s.Credentials()
				}
				conn, err := client(t, s, "udp", user, password).Allocate()
				if err == nil {
					t.Cleanup(func() { _ = conn.Close() })
				}
				return conn, err
			}
			for i := range c.works {
				conn, err := try()
				if err != nil {
					t.Fatalf("the %dth: %v", i+1, err)
				}
				if first == nil {
					first = conn
				}
			}
			if _, err := try(); err == nil || s.Stats().RefusedQuota != 1 || s.Stats().Allocations != c.works {
				t.Fatalf("one more ends with %v; %+v", err, s.Stats())
			}
			if err := first.Close(); err != nil { // frees it
				t.Fatal(err)
			}
			if _, err := try(); err != nil {
				t.Errorf("in the place of one that has gone: %v", err)
			}
		})
	}
}

func TestConnections_are_bounded(t *testing.T) {
	s := start(t, Config{Most: 100, MostAnAddress: 2})
	for range 2 {
		allocate(t, s, "tcp")
	}
	c, err := net.Dial("tcp", s.at())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetReadDeadline(time.Now().Add(patience))
	if _, err := c.Read(make([]byte, 1)); errors.Is(err, context.DeadlineExceeded) || err == nil {
		t.Errorf("a third connection stays open: %v", err)
	}
}
