package server

import (
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/pion/webrtc/v3"

	"vitrine/server/turn"
)

// freePort is one that nobody listens on, with UDP and TCP.
func freePort(t *testing.T) int {
	t.Helper()
	for range 20 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		port := l.Addr().(*net.TCPAddr).Port
		c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
		_ = l.Close()
		if err == nil {
			_ = c.Close()
			return port
		}
	}
	t.Fatal("no port is free")
	return 0
}

var iceServer = regexp.MustCompile(`^<(turns?:[^>]+)>; rel="ice-server"; username="([^"]+)"; credential="([^"]+)"; credential-type="password"$`)

// iceServers reads the Link headers of an answer.
func iceServers(t *testing.T, a *http.Response) (list []webrtc.ICEServer) {
	t.Helper()
	for _, l := range a.Header.Values("Link") {
		m := iceServer.FindStringSubmatch(l)
		if m == nil {
			t.Fatalf("the link is %q", l)
		}
		list = append(list, webrtc.ICEServer{URLs: []string{m[1]}, Username: m[2], Credential: m[3]})
	}
	return list
}

// TestMedia_is_relayed puts a publisher and a viewer behind the relay: stock pion peers that may use nothing else.
func TestMedia_is_relayed(t *testing.T) {
	cert, key := certify(t, t.TempDir(), 2)
	r := start(t, Config{TURNPort: freePort(t), TLSCert: cert, TLSKey: key})
	a := r.check(t, call{method: "OPTIONS", path: "/whep/demo"}, expect{204, "", map[string]string{"Access-Control-Expose-Headers": "Link"}})
	servers := iceServers(t, a)
	if len(servers) != 3 {
		t.Fatalf("the links are %v", servers)
	}
	for _, server := range servers {
		t.Run(server.URLs[0], func(t *testing.T) {
			r := *r
			r.t, r.relays = t, []webrtc.ICEServer{server}
			p := publish(&r)
			v := watch(&r)
			v.next(v.track())
			for who, x := range map[string]*peer{"the publisher": p, "the viewer": v} {
				pair, err := x.pc.SCTP().Transport().ICETransport().GetSelectedCandidatePair()
				if err != nil || pair == nil || pair.Local.Typ != webrtc.ICECandidateTypeRelay {
					t.Errorf("%s goes by %v, %v", who, pair, err)
				}
			}
			if n := r.metric("vitrine_turn_allocations"); n != 2 {
				t.Errorf("%v allocations are counted", n)
			}
			for _, x := range []*peer{p, v} {
				r.check(t, call{method: "DELETE", path: x.resource}, expect{200, "", nil})
				_ = x.pc.GracefulClose()
			}
			await(t, "the allocations to be given back", func() bool { return r.metric("vitrine_turn_allocations") == 0 })
		})
	}
}

// metric reads a number of the server.
func (r *running) metric(name string) (v float64) {
	r.t.Helper()
	_, body := r.do(call{method: "GET", path: "/metrics"})
	for line := range strings.Lines(body) {
		if text, ok := strings.CutPrefix(line, name+" "); ok {
			v = must(strconv.ParseFloat(strings.TrimSpace(text), 64))
			return v
		}
	}
	r.t.Fatalf("there is no metric %s", name)
	return 0
}

func TestRelays_are_named_as_clients_should_call_them(t *testing.T) {
	public := []netip.Addr{netip.MustParseAddr("203.0.113.5")}
	for name, c := range map[string]struct {
		cfg  Config
		want []string
	}{
		"by the name that the client used": {Config{}, []string{"turn:shop.test:3478?transport=udp", "turn:shop.test:3478?transport=tcp"}},
		"by the public address":            {Config{PublicAddresses: public}, []string{"turn:203.0.113.5:3478?transport=udp", "turn:203.0.113.5:3478?transport=tcp"}},
		"by the domain": {Config{Domain: "shop.example"}, []string{
			"turn:shop.example:3478?transport=udp", "turn:shop.example:3478?transport=tcp", "turns:shop.example:3478?transport=tcp",
		}},
		"with TLS by the certificate's name": {Config{PublicAddresses: public, TLSCert: "x", TLSKey: "y"}, []string{
			"turn:203.0.113.5:3478?transport=udp", "turn:203.0.113.5:3478?transport=tcp", "turns:shop.test:3478?transport=tcp",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			c.cfg.TURNPort = 3478
			s := must(New(c.cfg))
			var got []string
			for _, l := range s.relays(turn.New(turn.Config{}, nil, nil))("shop.test") {
				got = append(got, l.URL)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestWithout_a_relay_no_links_are_given(t *testing.T) {
	r := start(t, Config{})
	if a, _ := r.do(call{method: "OPTIONS", path: "/whep/demo"}); a.Header.Get("Link") != "" {
		t.Errorf("Link is %q", a.Header.Get("Link"))
	}
}

func TestThe_relays_secret_is_made_once_and_kept_private(t *testing.T) {
	path := filepath.Join(t.TempDir(), secretFile)
	first := must(secret(path))
	if again := must(secret(path)); string(again) != string(first) || len(first) < 20 {
		t.Errorf("it was %q and is %q", first, again)
	}
	if mode := must(os.Stat(path)).Mode(); mode != 0o600 {
		t.Errorf("its mode is %v", mode)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := secret(path); err == nil {
		t.Error("an empty secret is taken")
	}
}
