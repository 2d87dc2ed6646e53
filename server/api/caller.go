package api

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"vitrine/server/live"
)

// caller is who a request comes from, and the address of ours that it came to. Behind a trusted proxy, the caller is the
// last address in X-Forwarded-For that no trusted proxy has, and the address it came to is not known.
func (e *edge) caller(r *http.Request) live.Caller {
	from, _ := netip.ParseAddrPort(r.RemoteAddr) // net/http writes it; the zero address counts as one caller
	c := live.Caller{From: from.Addr().Unmap()}
	if !e.trusts(c.From) {
		if at, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr); ok {
			c.To = at.AddrPort().Addr()
		}
		return c
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		a, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil { // what is left of it could be anybody's
			return c
		}
		if c.From = a.Unmap(); !e.trusts(c.From) {
			return c
		}
	}
	return c
}

func (e *edge) trusts(a netip.Addr) bool {
	return slices.ContainsFunc(e.TrustedProxies, func(p netip.Prefix) bool { return p.Contains(a) })
}

// relayed names the relays in the answers to OPTIONS, for clients that want them before they make an offer; the answer to
// the offer itself is given them by join.
func (e *edge) relayed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodOptions {
			e.nameRelays(w, r)
		}
		next.ServeHTTP(w, r)
	})
}

// nameRelays writes a Link header a relay (RFC 9725 §4.6), each with the same credentials.
func (e *edge) nameRelays(w http.ResponseWriter, r *http.Request) {
	if e.Relays == nil {
		return
	}
	for _, l := range e.Relays(hostname(r.Host)) {
		w.Header().Add("Link", fmt.Sprintf(`<%s>; rel="ice-server"; username="%s"; credential="%s"; credential-type="password"`,
			l.URL, l.Username, l.Credential))
	}
}

// hostname is a Host header without its port and without the brackets of an IPv6 address.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return strings.Trim(host, "[]")
}
