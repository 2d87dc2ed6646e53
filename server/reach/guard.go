package reach

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"vitrine/server/wire"
)

// Guard keeps connections that others ask the server for (webhooks, pictures, restreams) out of the server's own network
// (server-side request forgery, CWE-918). It looks at the address of each connection as it is made, after names are resolved,
// so that a name cannot show one address to a check and lead to another (DNS rebinding). It is safe for concurrent use as
// long as its fields stay.
//
// It cannot know a network's own NAT64 prefixes, nor which public addresses are the operator's own.
type Guard struct {
	// Allow are places that an operator opens although they are private or reserved.
	Allow []netip.Prefix
	// Ports that may be connected to; 80 and 443 if there are none.
	Ports []uint16
}

// ErrRefused is what connections end with that a Guard does not let through.
var ErrRefused = wire.Errorf(wire.Forbidden, "the address is private, reserved or on a port that this server does not connect to; an operator can allow it")

var (
	webPorts = []uint16{80, 443}
	// unicast is what is given to hosts of the IPv6 internet (RFC 4291 §2.4 and IANA's registry).
	unicast = netip.MustParsePrefix("2000::/3")
	// nat64 holds IPv4 addresses in its last four bytes (RFC 6052).
	nat64 = netip.MustParsePrefix("64:ff9b::/96")
)

// closed are the special places of IANA's registries (RFC 6890 and its successors) in the internet's address space, and one
// cloud's metadata service that has a public address; the other clouds' are link-local, shared or private.
var closed = func() (all []netip.Prefix) {
	for p := range strings.FieldsSeq(`
		0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24
		192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 168.63.129.16/32
		2001::/23 2001:db8::/32 2002::/16 3fff::/20`) {
		all = append(all, netip.MustParsePrefix(p))
	}
	return all
}()

// Permits tells whether connections to the address are let through. An IPv4 address in an IPv6 one counts as itself.
func (g Guard) Permits(a netip.Addr) bool {
	a = a.WithZone("").Unmap()
	if nat64.Contains(a) {
		b := a.As16()
		a = netip.AddrFrom4([4]byte(b[12:]))
	}
	has := func(p netip.Prefix) bool { return p.Contains(a) }
	switch {
	case slices.ContainsFunc(g.Allow, has):
		return true
	case !a.IsValid() || a.Is6() && !unicast.Contains(a):
		return false
	}
	return !slices.ContainsFunc(closed, has)
}

// Control refuses connections, as the field Control of a net.Dialer.
func (g Guard) Control(network, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil || !strings.HasPrefix(network, "tcp") || !slices.Contains(g.ports(), to.Port()) || !g.Permits(to.Addr()) {
		return ErrRefused
	}
	return nil
}

func (g Guard) ports() []uint16 {
	if len(g.Ports) == 0 {
		return webPorts
	}
	return g.Ports
}

// Check reports what is wrong with a URL before it is kept: only http and https, a host, a port that is open, no user name and
// no address that is closed. A name is not looked up: what it leads to is seen when it is used.
func (g Guard) Check(raw string) error {
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" {
		return wire.Errorf(wire.Invalid, "this is no URL of the form https://host/path")
	}
	if u.User != nil {
		return wire.Errorf(wire.Invalid, "a user name or password does not belong in this URL")
	}
	port := map[string]uint16{"http": 80, "https": 443}[u.Scheme]
	if p := u.Port(); p != "" {
		n, _ := strconv.ParseUint(p, 10, 16) // 0 is no open port
		port = uint16(n)
	}
	if !slices.Contains(g.ports(), port) {
		return wire.Errorf(wire.Invalid, "this server connects to the ports %v only", g.ports())
	}
	if a, err := netip.ParseAddr(u.Hostname()); err == nil && !g.Permits(a) {
		return ErrRefused
	}
	return nil
}

// Dialer connects to what the guard lets through.
func (g Guard) Dialer() *net.Dialer {
	return &net.Dialer{Timeout: 10 * time.Second, Control: g.Control}
}

// Client is an HTTP client behind the guard. It follows so many redirects, each of which is looked at again, and with none a
// redirect is an answer like others. It knows no proxy, since that would connect to places unseen. Limit requests by their
// context.
func (g Guard) Client(redirects int) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DialContext:            g.Dialer().DialContext,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout:    10 * time.Second,
			IdleConnTimeout:        30 * time.Second,
			MaxIdleConnsPerHost:    1,
			MaxResponseHeaderBytes: 32 << 10,
			DisableCompression:     true,
			ForceAttemptHTTP2:      true,
		},
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			switch {
			case redirects == 0:
				return http.ErrUseLastResponse
			case len(via) > redirects:
				return wire.Errorf(wire.Invalid, "more than %d redirects", redirects)
			case via[0].URL.Scheme == "https" && r.URL.Scheme != "https":
				return wire.Errorf(wire.Forbidden, "a redirect leaves HTTPS")
			}
			return g.Check(r.URL.String())
		},
	}
}

// unreached says in words why a server could not be reached. What the error says itself holds addresses.
func unreached(who string, err error) error {
	var name *net.DNSError
	var certificate *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	var known *failure
	switch {
	case errors.As(err, &known):
		return known
	case errors.Is(err, context.DeadlineExceeded):
		return context.DeadlineExceeded
	case errors.Is(err, ErrRefused):
		return &failure{reason: who + " is at an address that this server does not connect to: private, reserved or on a closed port"}
	case errors.As(err, &name):
		return &failure{reason: who + " is at a name that cannot be looked up"}
	case errors.As(err, &authority):
		return &failure{reason: who + " has a TLS certificate of an unknown authority"}
	case errors.As(err, &host):
		return &failure{reason: who + " has a TLS certificate for another name"}
	case errors.As(err, &certificate):
		return &failure{reason: who + " has a TLS certificate that is not valid"}
	case errors.Is(err, syscall.ECONNREFUSED):
		return &failure{reason: who + " refused the connection"}
	}
	return &failure{reason: who + " could not be reached or broke off"}
}
