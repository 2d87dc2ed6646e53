package server

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"vitrine/server/reach"
)

// Peer is another server whose hosts may meet ours: the operators of both have given each other what GET /api/stage/peer says.
type Peer struct {
	// URL is the first of the other server's Origins, without a path.
	URL string
	Key ed25519.PublicKey
}

// ParsePeer reads "https://host[:port]=KEY", with the key in base64.
func ParsePeer(s string) (Peer, error) {
	at, key, ok := strings.Cut(s, "=")
	raw, err := base64.StdEncoding.DecodeString(key)
	if !ok || err != nil {
		return Peer{}, errors.New("a server to trust is given as https://HOST=KEY, as its operator finds them at /api/stage/peer")
	}
	p := Peer{URL: at, Key: raw}
	return p, p.validate()
}

// validate lets http through for this computer only, where nobody listens in.
func (p Peer) validate() error {
	u, err := url.Parse(p.URL)
	if err != nil || u.Host == "" || p.URL != u.Scheme+"://"+u.Host || strings.ToLower(p.URL) != p.URL {
		return fmt.Errorf("the server to trust %q is no URL of the form https://host", p.URL)
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !isLocal(u.Hostname())) {
		return fmt.Errorf("the server to trust %q must be reached by https", p.URL)
	}
	if len(p.Key) != ed25519.PublicKeySize {
		return fmt.Errorf("the key of the server to trust %q has %d bytes instead of %d", p.URL, len(p.Key), ed25519.PublicKeySize)
	}
	return nil
}

// isLocal says whether a host is this computer.
func isLocal(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}

// validatePeers reports a peer that makes no sense, or is there twice.
func (c Config) validatePeers() error {
	var seen []string
	for _, p := range c.Peers {
		if err := p.validate(); err != nil {
			return err
		}
		if slices.Contains(seen, p.URL) || slices.Contains(c.Origins, p.URL) {
			return fmt.Errorf("the server to trust %q is there twice, or this one itself", p.URL)
		}
		seen = append(seen, p.URL)
	}
	return nil
}

// outside is the guard of what goes to peers: as strict as that of webhooks, with the ports that their URLs name.
func (c Config) outside() reach.Guard {
	g := c.Webhooks
	g.Ports = slices.Clone(g.Ports)
	if len(g.Ports) == 0 {
		g.Ports = []uint16{80, 443}
	}
	for _, p := range c.Peers {
		u, _ := url.Parse(p.URL) // it was checked
		if n, err := strconv.ParseUint(u.Port(), 10, 16); err == nil {
			g.Ports = append(g.Ports, uint16(n))
		}
	}
	return g
}
