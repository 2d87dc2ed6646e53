package server

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/caddyserver/certmagic"
	"go.uber.org/zap"
)

// acme is how certificates are asked for; the zero value is Let's Encrypt on its usual ports. Only tests set it.
type acme struct {
	directory string
	roots     *x509.CertPool
	httpPort  int
}

// plainPort is where the CA calls, and where browsers do that were given no scheme.
func (a acme) plainPort() uint16 {
	if a.httpPort != 0 {
		return uint16(a.httpPort)
	}
	return 80
}

// security is what makes HTTP secure.
type security struct {
	config *tls.Config // nil: it is not
	// challenge wraps what answers on port 80; nil if that is not needed. start begins to get certificates.
	challenge func(http.Handler) http.Handler
	start     func(context.Context) error
	close     func()
}

// serve serves HTTP until it is shut down.
func (sec *security) serve(h *http.Server, l net.Listener) error {
	if sec.config == nil {
		return unencrypted(h, l)
	}
	h.TLSConfig = sec.config
	if err := h.ServeTLS(l, "", ""); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve HTTPS: %w", err)
	}
	return nil
}

func unencrypted(h *http.Server, l net.Listener) error {
	if err := h.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve HTTP: %w", err)
	}
	return nil
}

func (c Config) secure() bool { return c.Domain != "" || c.TLSCert != "" }

// security prepares TLS as configured. It neither listens nor asks anybody yet.
func (s *Server) security() (*security, error) {
	if s.cfg.Domain != "" {
		return s.magic(), nil
	}
	sec := &security{start: func(context.Context) error { return nil }, close: func() {}}
	if s.cfg.TLSCert != "" {
		f := &files{cert: s.cfg.TLSCert, key: s.cfg.TLSKey, log: s.log}
		f.changed()
		if err := f.load(); err != nil {
			return nil, err
		}
		sec.config = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: f.get}
	}
	return sec, nil
}

// magic has certmagic get and renew the domain's certificate.
func (s *Server) magic() *security {
	var config *certmagic.Config
	quiet := zap.NewNop() // what matters comes as an event
	cache := certmagic.NewCache(certmagic.CacheOptions{
		GetConfigForCert: func(certmagic.Certificate) (*certmagic.Config, error) { return config, nil }, Logger: quiet,
	})
	config = certmagic.New(cache, certmagic.Config{
		Storage: &certmagic.FileStorage{Path: filepath.Join(s.cfg.Data, "acme")}, Logger: quiet, OnEvent: s.certificateEvent,
	})
	host, port, _ := net.SplitHostPort(s.cfg.Listen) // Validate has read it
	n, _ := strconv.Atoi(port)
	issuer := certmagic.NewACMEIssuer(config, certmagic.ACMEIssuer{
		CA: s.cfg.acme.directory, TrustedRoots: s.cfg.acme.roots, Email: s.cfg.ACMEEmail, Agreed: true, Logger: quiet,
		ListenHost: host, AltHTTPPort: int(s.cfg.acme.plainPort()), AltTLSALPNPort: n, // where we listen already
	})
	config.Issuers = []certmagic.Issuer{issuer}
	t := config.TLSConfig()
	t.MinVersion = tls.VersionTLS12
	t.NextProtos = append([]string{"h2", "http/1.1"}, t.NextProtos...)
	return &security{
		config: t, challenge: issuer.HTTPChallengeHandler, close: cache.Stop,
		start: func(ctx context.Context) error { return config.ManageAsync(ctx, []string{s.cfg.Domain}) },
	}
}

func (s *Server) certificateEvent(_ context.Context, event string, data map[string]any) error {
	switch event {
	case "cert_obtained":
		s.log.Info("certificate obtained", "renewal", data["renewal"])
	case "cert_failed":
		s.log.Error("no certificate; trying again", "error", data["error"])
	}
	return nil
}

// files is a certificate in two files, read again when one of them changes.
type files struct {
	cert, key string
	log       *slog.Logger

	mu    sync.Mutex
	stamp [2]time.Time
	now   *tls.Certificate
}

// get implements tls.Config's GetCertificate. Files that do not fit together, as in the middle of a change, leave the old
// certificate in use.
func (f *files) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.changed() {
		if err := f.load(); err != nil {
			f.log.Error("the old certificate stays in use", "error", err)
		}
	}
	return f.now, nil
}

// changed tells whether the files are others than at the last look.
func (f *files) changed() bool {
	var stamp [2]time.Time
	for i, path := range []string{f.cert, f.key} {
		if s, err := os.Stat(path); err == nil {
			stamp[i] = s.ModTime()
		}
	}
	old := f.stamp
	f.stamp = stamp
	return old != stamp
}

func (f *files) load() error {
	c, err := tls.LoadX509KeyPair(f.cert, f.key)
	if err != nil {
		return fmt.Errorf("read certificate: %w", err)
	}
	f.now = &c
	return nil
}

// strict tells browsers to use https from now on (RFC 6797).
func strict(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Strict-Transport-Security", "max-age=31536000")
		next.ServeHTTP(w, r)
	})
}

// plain is what answers on port 80 of a domain: the CA's challenges, health, and for the rest where to go instead.
func (s *Server) plain(r *rooms, edge http.Handler) http.Handler {
	if r.plain == nil {
		return edge
	}
	host := s.cfg.Domain
	if port := address(r.http).Port(); port != 443 {
		host = net.JoinHostPort(host, strconv.Itoa(int(port)))
	}
	mux := http.NewServeMux()
	mux.Handle("/healthz", edge)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://"+host+r.URL.RequestURI(), http.StatusPermanentRedirect)
	})
	return r.sec.challenge(mux)
}
