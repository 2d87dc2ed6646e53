package server

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"

	"vitrine/server/api"
	"vitrine/server/turn"
)

const (
	// secretFile is in the data folder; relaysASession is how many allocations a session may come to: it tries UDP, TCP and TLS.
	secretFile     = "turn.secret"
	relaysASession = 3
)

// openRelay makes the TURN server on the host; nil if none is wanted.
func (s *Server) openRelay(ctx context.Context, host netip.Addr, media netip.AddrPort, certificate *tls.Config) (*turn.Server, error) {
	if s.cfg.TURNPort == 0 {
		return nil, nil
	}
	secret, err := secret(filepath.Join(s.cfg.Data, secretFile))
	if err != nil {
		return nil, err
	}
	at := netip.AddrPortFrom(host, uint16(s.cfg.TURNPort))
	tcp, err := listen(ctx, "TURN", at.String())
	if err != nil {
		return nil, err
	}
	udp, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(at))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("listen for TURN: %w", err), tcp.Close())
	}
	if certificate != nil {
		certificate = certificate.Clone()
		certificate.NextProtos = nil // a TURN client speaks none of HTTP's
	}
	return turn.New(turn.Config{
		Media: media, Public: s.cfg.PublicAddresses, Secret: secret, TLS: certificate,
		Most: relaysASession * s.cfg.MaxSessions, MostAnAddress: relaysASession * s.cfg.MaxPerAddress,
	}, udp, tcp), nil
}

// relays names the TURN server as a client should call it that knows us by the host name.
func (s *Server) relays(t *turn.Server) func(host string) []api.Relay {
	if t == nil {
		return nil
	}
	return func(host string) []api.Relay {
		user, password := t.Credentials()
		name := host
		switch {
		case s.cfg.Domain != "":
			name, host = s.cfg.Domain, s.cfg.Domain
		case len(s.cfg.PublicAddresses) > 0:
			name = s.cfg.PublicAddresses[0].String() // media goes there, whoever carries HTTP
		}
		port := strconv.Itoa(s.cfg.TURNPort)
		list := []api.Relay{
			{URL: "turn:" + net.JoinHostPort(name, port) + "?transport=udp"},
			{URL: "turn:" + net.JoinHostPort(name, port) + "?transport=tcp"},
		}
		if s.cfg.secure() { // by the name that the certificate has
			list = append(list, api.Relay{URL: "turns:" + net.JoinHostPort(host, port) + "?transport=tcp"})
		}
		for i := range list {
			list[i].Username, list[i].Credential = user, password
		}
		return list
	}
}

// secret reads the secret that credentials are made from; the first time, it makes one.
func secret(path string) ([]byte, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		b = []byte(rand.Text())
		err = os.WriteFile(path, b, 0o600)
	}
	if err == nil && len(b) == 0 {
		err = errors.New("it is empty")
	}
	if err != nil {
		return nil, fmt.Errorf("keep TURN's secret in %s: %w", path, err)
	}
	return b, nil
}
