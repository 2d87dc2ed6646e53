package frame

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

type ownFault struct{ error }

func (ownFault) Fault() Fault { return FaultClosed }

func TestFaultOf_tells_network_errors_apart(t *testing.T) {
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	trusted := x509.NewCertPool()
	trusted.AddCert(server.Certificate())
	far := func() time.Time { return server.Certificate().NotAfter.Add(time.Hour) }

	get := func(url string, c *tls.Config) error {
		transport := &http.Transport{TLSClientConfig: c}
		defer transport.CloseIdleConnections()
		r, err := (&http.Client{Transport: transport}).Get(url)
		if err == nil {
			_ = r.Body.Close()
		}
		return err
	}
	for name, c := range map[string]struct {
		err  error
		want Fault
	}{
		"none":              {nil, FaultNone},
		"own":               {fmt.Errorf("publish: %w", ownFault{errors.New("closed")}), FaultClosed},
		"trusted":           {get(server.URL, &tls.Config{RootCAs: trusted}), FaultNone},
		"untrusted":         {get(server.URL, nil), FaultCertificate},
		"expired":           {get(server.URL, &tls.Config{RootCAs: trusted, Time: far}), FaultCertificate},
		"other name":        {get(server.URL, &tls.Config{RootCAs: trusted, ServerName: "elsewhere.invalid"}), FaultCertificate},
		"https to http":     {get(strings.Replace(plain.URL, "http:", "https:", 1), nil), FaultAddress},
		"refused":           {get(gone.URL, nil), FaultUnreachable},
		"no such name":      {&net.DNSError{Err: "no such host", Name: "shop.invalid", IsNotFound: true}, FaultAddress},
		"no name server":    {&net.DNSError{Err: "server misbehaving", Name: "shop.example", IsTemporary: true}, FaultUnreachable},
		"not an address":    {get("http://a b", nil), FaultAddress},
		"something unknown": {errors.New("boom"), FaultUnreachable},
	} {
		if got := FaultOf(c.err); got != c.want {
			t.Errorf("%s: %q, want %q (%v)", name, got, c.want, c.err)
		}
	}
}
