package reach_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"vitrine/server/reach"
	"vitrine/server/wire"
)

func TestTheGuardLetsOnlyPublicAddressesThrough(t *testing.T) {
	for reason, addresses := range map[string]string{
		"loopback":          "127.0.0.1 127.255.255.254 ::1",
		"unspecified":       "0.0.0.0 0.1.2.3 ::",
		"private":           "10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 fc00::1 fd12:3456::1",
		"link-local":        "169.254.0.1 fe80::1 fe80::1%eth0 febf::1",
		"site-local":        "fec0::1",
		"shared":            "100.64.0.1 100.127.255.255",
		"metadata":          "169.254.169.254 fd00:ec2::254 100.100.100.200 168.63.129.16 192.0.0.192 fe80::a9fe:a9fe",
		"multicast":         "224.0.0.1 239.255.255.255 ff02::1 ff0e::1",
		"broadcast":         "255.255.255.255 240.0.0.1",
		"documentation":     "192.0.2.1 198.51.100.1 203.0.113.1 2001:db8::1 3fff::1",
		"benchmarking":      "198.18.0.1 198.19.255.255",
		"mapped":            "::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254",
		"compatible":        "::127.0.0.1 ::8.8.8.8",
		"NAT64":             "64:ff9b::127.0.0.1 64:ff9b::a9fe:a9fe 64:ff9b:1::1 64:ff9b:1::8.8.8.8",
		"6to4":              "2002:7f00:1:: 2002:a00:1::1 2002:808:808::1",
		"Teredo":            "2001:0:4136:e378:8000:63bf:3fff:fdd2",
		"discard and SRv6":  "100::1 5f00::1",
		"unassigned":        "4000::1 ::1:2:3",
		"protocol":          "192.0.0.1 192.88.99.1 2001:1::1",
		"translated, local": "::ffff:0:127.0.0.1",
	} {
		for a := range strings.FieldsSeq(addresses) {
			if (reach.Guard{}).Permits(netip.MustParseAddr(a)) {
				t.Errorf("%s (%s) is let through", a, reason)
			}
		}
	}
	for a := range strings.FieldsSeq(`1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.1 100.63.255.255 100.128.0.1 126.255.255.255 128.0.0.1 169.253.1.1
		172.15.255.255 172.32.0.1 192.0.1.1 192.167.1.1 192.169.1.1 198.17.1.1 198.20.1.1 223.255.255.255 ::ffff:8.8.8.8 64:ff9b::8.8.8.8
		2001:4860:4860::8888 2606:4700:4700::1111 2a00:1450::1 2003::1`) {
		if !(reach.Guard{}).Permits(netip.MustParseAddr(a)) {
			t.Errorf("%s is refused", a)
		}
	}
	if (reach.Guard{}).Permits(netip.Addr{}) {
		t.Error("no address is let through")
	}
}

func TestAnOperatorOpensPlaces(t *testing.T) {
	g := reach.Guard{Allow: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("fd00:1::/64")}}
	for a, want := range map[string]bool{
		"10.1.2.3": true, "::ffff:10.1.2.3": true, "64:ff9b::10.1.2.3": true, "fd00:1::5": true,
		"10.2.0.1": false, "fd00:2::1": false, "127.0.0.1": false, "8.8.8.8": true,
	} {
		if g.Permits(netip.MustParseAddr(a)) != want {
			t.Errorf("%s: want %v", a, want)
		}
	}
}

func TestConnectionsAreRefusedByPortAndNetwork(t *testing.T) {
	for _, c := range []struct {
		ports            []uint16
		network, address string
		want             bool
	}{
		{nil, "tcp4", "8.8.8.8:443", true},
		{nil, "tcp6", "[2606:4700::1]:80", true},
		{nil, "tcp4", "8.8.8.8:22", false},
		{nil, "udp4", "8.8.8.8:443", false},
		{nil, "unix", "/run/docker.sock", false},
		{nil, "tcp4", "8.8.8.8", false},
		{[]uint16{1935}, "tcp4", "8.8.8.8:1935", true},
		{[]uint16{1935}, "tcp4", "8.8.8.8:443", false},
		{nil, "tcp6", "[fe80::1%lo]:443", false},
	} {
		if err := (reach.Guard{Ports: c.ports}).Control(c.network, c.address, nil); (err == nil) != c.want {
			t.Errorf("%s %s with ports %v: %v", c.network, c.address, c.ports, err)
		}
	}
}

func TestAURLIsCheckedBeforeItIsKept(t *testing.T) {
	for raw, want := range map[string]wire.Code{
		"https://example.com/hook": "", "http://example.com": "", "https://example.com:443/a?b=c": "", "https://[2606:4700::1]/": "",
		"ftp://example.com": wire.Invalid, "file:///etc/passwd": wire.Invalid, "gopher://example.com:443": wire.Invalid,
		"//example.com": wire.Invalid, "https://": wire.Invalid, "": wire.Invalid, "https://eva:pw@example.com": wire.Invalid,
		"https://example.com:22": wire.Invalid, "https://example.com:0": wire.Invalid, "https://example.com:99999": wire.Invalid,
		"https://127.0.0.1/": wire.Forbidden, "https://[::1]/": wire.Forbidden, "https://[::ffff:10.0.0.1]/": wire.Forbidden,
		"http://169.254.169.254/latest/meta-data": wire.Forbidden, "https://exa mple.com": wire.Invalid,
	} {
		if err := (reach.Guard{}).Check(raw); wire.CodeOf(err) != want {
			t.Errorf("%q: %v, want %q", raw, err, want)
		}
	}
}

// local is a guard for the server's port on 127.0.0.1 alone.
func local(t *testing.T, url string) (reach.Guard, string) {
	t.Helper()
	at := netip.MustParseAddrPort(strings.TrimPrefix(url, "http://"))
	return reach.Guard{Allow: []netip.Prefix{netip.PrefixFrom(at.Addr(), 32)}, Ports: []uint16{at.Port()}}, at.String()
}

func get(t *testing.T, c *http.Client, url string) (*http.Response, error) {
	t.Helper()
	defer c.CloseIdleConnections()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := c.Do(r)
	if err == nil {
		_ = answer.Body.Close()
	}
	return answer, err
}

func TestANameThatLeadsInsideIsRefusedAtTheConnection(t *testing.T) {
	var served atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { served.Add(1) }))
	defer s.Close()
	open, at := local(t, s.URL)
	shut := reach.Guard{Ports: open.Ports}
	if _, err := get(t, shut.Client(0), "http://"+strings.Replace(at, "127.0.0.1", "localhost", 1)); !errors.Is(err, reach.ErrRefused) {
		t.Errorf("by name: %v", err)
	}
	if _, err := get(t, shut.Client(0), s.URL); !errors.Is(err, reach.ErrRefused) {
		t.Errorf("by address: %v", err)
	}
	if served.Load() != 0 {
		t.Error("the server was reached")
	}
	if _, err := get(t, open.Client(0), s.URL); err != nil || served.Load() != 1 {
		t.Errorf("what an operator opened: %v", err)
	}
}

// TestANameThatChangesItsAddressIsRefused plays DNS rebinding: the name showed a public address when it was looked up before.
func TestANameThatChangesItsAddressIsRefused(t *testing.T) {
	var asked atomic.Int32
	ns, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	over := make(chan struct{})
	go func() {
		defer close(over)
		for b := make([]byte, 1500); ; {
			n, from, err := ns.ReadFrom(b)
			if err != nil {
				return
			}
			address := [4]byte{93, 184, 216, 34}
			if asked.Add(1) > 1 {
				address = [4]byte{127, 0, 0, 1}
			}
			_, _ = ns.WriteTo(answerDNS(b[:n], address), from)
		}
	}()
	defer func() { _ = ns.Close(); <-over }()
	d := (reach.Guard{}).Dialer()
	d.Resolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp4", ns.LocalAddr().String())
	}}
	ips, err := d.Resolver.LookupNetIP(t.Context(), "ip4", "rebind.example.")
	if err != nil || len(ips) != 1 || !(reach.Guard{}).Permits(ips[0]) {
		t.Fatalf("looked up %v, %v", ips, err)
	}
	if _, err := d.DialContext(t.Context(), "tcp4", "rebind.example.:80"); !errors.Is(err, reach.ErrRefused) {
		t.Errorf("got %v after %d questions", err, asked.Load())
	}
}

func answerDNS(question []byte, a [4]byte) []byte {
	var m dnsmessage.Message
	if m.Unpack(question) != nil || len(m.Questions) != 1 {
		return nil
	}
	m.Response, m.Additionals = true, nil
	m.Answers = []dnsmessage.Resource{{
		Header: dnsmessage.ResourceHeader{Name: m.Questions[0].Name, Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET},
		Body:   &dnsmessage.AResource{A: a},
	}}
	b, _ := m.Pack()
	return b
}

func TestRedirectsAreCountedAndLookedAtAgain(t *testing.T) {
	var s *httptest.Server
	s = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		to := map[string]string{
			"/once": "/end", "/loop": "/loop", "/file": "file:///etc/passwd", "/port": "http://127.0.0.1:1/",
			"/inside": strings.Replace(s.URL, "127.0.0.1", "127.0.0.2", 1), "/user": strings.Replace(s.URL, "//", "//a:b@", 1),
		}[r.URL.Path]
		if to != "" {
			http.Redirect(w, r, to, http.StatusFound)
		}
	}))
	defer s.Close()
	g, _ := local(t, s.URL)
	if answer, err := get(t, g.Client(2), s.URL+"/once"); err != nil || answer.StatusCode != 200 {
		t.Errorf("one redirect: %v", err)
	}
	if answer, err := get(t, g.Client(0), s.URL+"/once"); err != nil || answer.StatusCode != http.StatusFound {
		t.Errorf("no redirect is followed: %v", err)
	}
	for _, path := range []string{"/loop", "/file", "/port", "/inside", "/user"} {
		if _, err := get(t, g.Client(2), s.URL+path); err == nil {
			t.Errorf("%s was followed", path)
		}
	}
}

func TestARedirectDoesNotLeaveHTTPS(t *testing.T) {
	ask := func(url string) *http.Request { return httptest.NewRequest(http.MethodGet, url, nil) }
	follow := reach.Guard{}.Client(3).CheckRedirect
	if err := follow(ask("http://example.com/"), []*http.Request{ask("https://example.com/")}); err == nil {
		t.Error("it did")
	}
	if err := follow(ask("https://example.com/"), []*http.Request{ask("http://example.com/")}); err != nil {
		t.Error(err)
	}
}

func TestAProxyOfTheEnvironmentIsNotUsed(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:1")
	if tr := (reach.Guard{}).Client(0).Transport.(*http.Transport); tr.Proxy != nil {
		t.Error("there is a proxy")
	}
}

func TestAWebhookReachesARealServerThroughTheGuard(t *testing.T) {
	got := make(chan error, 1)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := make([]byte, 2)
		_, _ = r.Body.Read(body)
		got <- reach.Verify(secret, r.Header, body, time.Now())
		_, _ = w.Write(make([]byte, 1<<20)) // more than is read
	}))
	defer s.Close()
	g, _ := local(t, s.URL)
	r := newRig(nil)
	c := reach.New(reach.Config{
		Outbox: r.box, Open: opened, Post: r, Endpoints: at{r, s.URL}, Client: g.Client(0),
		Now: time.Now, Spread: func() float64 { return 0 }, Log: quiet(),
	})
	r.courier = c
	r.put("a-1")
	r.run()
	if err := <-got; err != nil {
		t.Error(err)
	}
	for waits := true; waits; _, waits = r.Reason(t, "a-1") {
		time.Sleep(time.Millisecond)
	}
	r.stop()
}

// at are endpoints at one real address.
type at struct {
	*rig
	url string
}

func (a at) Endpoint(context.Context, string) (reach.Endpoint, error) {
	return reach.Endpoint{URL: a.url, Secrets: []string{secret}}, nil
}
