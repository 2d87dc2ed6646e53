package turn

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

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

func TestA_relay_ends_with_all_that_it_serves(t *testing.T) {
	s, stop := launch(t, "127.0.0.1:0", Config{TLS: certificate(t)})
	for _, transport := range []string{"udp", "tcp", "tls"} {
		_, conn := allocate(t, s, transport)
		roundTrip(t, s, conn, "a message for it")
	}
	silent, err := net.Dial("tcp", s.at())
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	stop()
	if n := s.Stats().Connections; n != 0 {
		t.Errorf("%d connections are left", n)
	}
}

func TestA_relay_on_all_addresses_serves_both_families(t *testing.T) {
	media, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv6unspecified})
	if err != nil {
		t.Fatal(err)
	}
	defer media.Close()
	s, _ := launch(t, "[::]:0", Config{Media: media.LocalAddr().(*net.UDPAddr).AddrPort()})
	for _, host := range []string{"127.0.0.1", "::1"} {
		for _, transport := range []string{"udp", "tcp"} {
			t.Run(transport+" from "+host, func(t *testing.T) {
				user, password := s.Credentials()
				conn, err := clientAt(t, net.JoinHostPort(host, strconv.Itoa(int(s.Address().Port()))), transport, user, password).Allocate()
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				peer := &net.UDPAddr{IP: net.ParseIP(host), Port: int(s.cfg.Media.Port())}
				if _, err := conn.WriteTo([]byte("a message"), peer); err != nil {
					t.Fatal(err)
				}
				_ = media.SetReadDeadline(time.Now().Add(patience))
				n, from, err := media.ReadFrom(make([]byte, mtu))
				if err != nil || n != 9 {
					t.Fatalf("media got %d bytes, %v", n, err)
				}
				_, _ = media.WriteTo([]byte("an answer"), from)
				_ = conn.SetReadDeadline(time.Now().Add(patience))
				if n, from, err := conn.ReadFrom(make([]byte, mtu)); err != nil || n != 9 || from.String() != peer.String() {
					t.Errorf("got %d bytes from %v, %v", n, from, err)
				}
			})
		}
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

// BenchmarkRelay sends a packet of a picture there and back: twice through the relay, once through a client and an echo.
func BenchmarkRelay(b *testing.B) {
	s := start(b, Config{TLS: certificate(b)})
	for _, transport := range []string{"udp", "tcp", "tls"} {
		b.Run(transport, func(b *testing.B) {
			_, conn := allocate(b, s, transport)
			text := strings.Repeat("x", 1200)
			b.ReportAllocs()
			for b.Loop() {
				roundTrip(b, s, conn, text)
			}
		})
	}
}
