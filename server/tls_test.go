package server

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"testing"

	"github.com/letsencrypt/pebble/v2/ca"
	"github.com/letsencrypt/pebble/v2/db"
	"github.com/letsencrypt/pebble/v2/va"
	"github.com/letsencrypt/pebble/v2/wfe"
)

// handshake returns the serial number of the certificate that the server shows.
func (r *running) handshake(c *tls.Config) (*x509.Certificate, error) {
	conn, err := tls.Dial("tcp", r.at.HTTP.String(), c)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	return conn.ConnectionState().PeerCertificates[0], nil
}

func TestHTTP_is_encrypted_with_given_files(t *testing.T) {
	folder := t.TempDir()
	cert, key := certify(t, folder, 10)
	r := start(t, Config{TLSCert: cert, TLSKey: key})
	r.check(t, call{method: "GET", path: "/watch/demo"}, expect{200, "", map[string]string{"Strict-Transport-Security": "max-age=31536000"}})
	publish(r)
	v := watch(r)
	v.next(v.track())

	t.Run("old versions are refused", func(t *testing.T) {
		if _, err := r.handshake(&tls.Config{MaxVersion: tls.VersionTLS11}); err == nil {
			t.Error("TLS 1.1 is spoken")
		}
	})
	t.Run("HTTP/2 is spoken", func(t *testing.T) {
		transport := &http.Transport{ForceAttemptHTTP2: true}
		defer transport.CloseIdleConnections()
		a, err := (&http.Client{Transport: transport}).Get("https://" + r.at.HTTP.String() + "/healthz")
		if err != nil {
			t.Fatal(err)
		}
		_ = a.Body.Close()
		if a.ProtoMajor != 2 {
			t.Errorf("it is %s", a.Proto)
		}
	})
	t.Run("a broken file leaves the old certificate in use", func(t *testing.T) {
		if err := os.WriteFile(cert, []byte("nonsense"), 0o600); err != nil {
			t.Fatal(err)
		}
		if c, err := r.handshake(nil); err != nil || c.SerialNumber.Int64() != 10 {
			t.Errorf("got %v, %v", c, err)
		}
	})
	t.Run("new files are used", func(t *testing.T) {
		certify(t, folder, 11)
		if c, err := r.handshake(nil); err != nil || c.SerialNumber.Int64() != 11 {
			t.Errorf("got %v, %v", c, err)
		}
	})
}

// pebble runs Let's Encrypt's own test authority, which calls the ports for the two challenges.
func pebble(t *testing.T, httpPort, tlsPort int) (directory string, roots *x509.CertPool) {
	t.Helper()
	t.Setenv("PEBBLE_VA_NOSLEEP", "1")
	t.Setenv("PEBBLE_WFE_NONCEREJECT", "0")
	quiet, store := log.New(io.Discard, "", 0), db.NewMemoryStore()
	authority := ca.New(quiet, store, "", "ecdsa", 0, 1, map[string]ca.Profile{"default": {ValidityPeriod: 3600}})
	front := wfe.New(quiet, store, va.New(quiet, httpPort, tlsPort, false, "", store), authority, nil, false, false, 1, 1)
	s := httptest.NewTLSServer(front.Handler())
	t.Cleanup(s.Close)
	roots = x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return s.URL + wfe.DirectoryPath, roots
}

// TestA_domains_certificate_is_got uses each challenge alone: the other's port is dead.
func TestA_domains_certificate_is_got(t *testing.T) {
	for _, challenge := range []string{"http-01", "tls-alpn-01"} {
		t.Run(challenge, func(t *testing.T) {
			secure, plain, dead := freePort(t), freePort(t), freePort(t)
			var cfg Config
			if challenge == "http-01" {
				cfg.acme.directory, cfg.acme.roots = pebble(t, plain, dead)
			} else {
				cfg.acme.directory, cfg.acme.roots = pebble(t, dead, secure)
			}
			cfg.acme.httpPort = plain
			cfg.Domain, cfg.ACMEEmail, cfg.Listen = "localhost", "shop@example.org", net.JoinHostPort("127.0.0.1", strconv.Itoa(secure))
			r := start(t, cfg)
			await(t, "a certificate", func() bool {
				c, err := r.handshake(&tls.Config{InsecureSkipVerify: true, ServerName: "localhost"})
				return err == nil && c.VerifyHostname("localhost") == nil
			})
			r.scheme = "http"
			at := "http://127.0.0.1:" + strconv.Itoa(plain)
			r.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
			r.check(t, call{method: "GET", path: at + "/healthz"}, expect{200, "", nil})
			r.check(t, call{method: "POST", path: at + "/whep/demo?x=1"}, expect{308, "", map[string]string{
				"Location": "https://localhost:" + strconv.Itoa(secure) + "/whep/demo?x=1",
			}})
		})
	}
}
