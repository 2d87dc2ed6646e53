package api

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"vitrine/server/wire"
)

func TestA_caller_is_who_a_trusted_proxy_says(t *testing.T) {
	e := &edge{Config: Config{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}}}
	for name, c := range map[string]struct {
		from  string
		names []string
		want  string
	}{
		"no proxy":                             {"192.0.2.1:9", nil, "192.0.2.1"},
		"a stranger's word":                    {"192.0.2.1:9", []string{"198.51.100.7"}, "192.0.2.1"},
		"a proxy's word":                       {"10.0.0.1:9", []string{"198.51.100.7"}, "198.51.100.7"},
		"a proxy that calls from IPv6":         {"[::1]:9", []string{"2001:db8::1"}, "2001:db8::1"},
		"a proxy in IPv6's clothes":            {"[::ffff:10.0.0.1]:9", []string{"198.51.100.7"}, "198.51.100.7"},
		"a client's lie before it":             {"10.0.0.1:9", []string{"203.0.113.1, 198.51.100.7"}, "198.51.100.7"},
		"a lie in a header of its own":         {"10.0.0.1:9", []string{"203.0.113.1", "198.51.100.7"}, "198.51.100.7"},
		"proxies in a row":                     {"10.0.0.1:9", []string{"198.51.100.7, 10.0.0.3,10.0.0.2"}, "198.51.100.7"},
		"nonsense before a proxy":              {"10.0.0.1:9", []string{"unknown, 10.0.0.2"}, "10.0.0.2"},
		"nothing":                              {"10.0.0.1:9", nil, "10.0.0.1"},
		"a network that is all proxies itself": {"10.0.0.1:9", []string{"10.0.0.5"}, "10.0.0.5"},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.RemoteAddr = c.from
			r.Header["X-Forwarded-For"] = c.names
			if got := e.caller(r); got.From.String() != c.want {
				t.Errorf("got %v", got.From)
			}
		})
	}
}

func TestA_host_name_has_no_port(t *testing.T) {
	for host, want := range map[string]string{
		"shop.example": "shop.example", "shop.example:443": "shop.example", "[2001:db8::1]:443": "2001:db8::1", "[2001:db8::1]": "2001:db8::1", "": "",
	} {
		if got := hostname(host); got != want {
			t.Errorf("%q became %q", host, got)
		}
	}
}

// FuzzCaller: whatever a request says of itself, a stranger is who the network says, a proxy's client has an address, and a token
// is there or not.
func FuzzCaller(f *testing.F) {
	f.Add("198.51.100.7, 10.0.0.3", "Bearer x", "[2001:db8::1]:443")
	f.Add("::ffff:10.0.0.9,unknown,10.0.0.2", "bearer  ", "[[:]")
	f.Add("fe80::1%25eth0", "Basic eDp5", "")
	e := &edge{Config: Config{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}}
	f.Fuzz(func(t *testing.T, forwarded, authorization, host string) {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header["X-Forwarded-For"], r.Header["Authorization"] = []string{forwarded}, []string{authorization}
		r.RemoteAddr = "192.0.2.1:9"
		if got := e.caller(r).From.String(); got != "192.0.2.1" {
			t.Errorf("a stranger is taken for %s", got)
		}
		r.RemoteAddr = "10.0.0.1:9"
		if got := e.caller(r).From; !got.IsValid() || got.Is4In6() {
			t.Errorf("a proxy's client is %v", got)
		}
		if _, err := bearer(r); err != nil && wire.CodeOf(err) != wire.Unauthenticated {
			t.Error(err)
		}
		if got := hostname(host); len(got) > len(host) {
			t.Errorf("%q became %q", host, got)
		}
	})
}
