package reach_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"vitrine/server/reach"
)

// mailbox is a real SMTP server on loopback.
type mailbox struct {
	server *smtp.Server
	at     *net.TCPAddr
	roots  *x509.CertPool

	mu        sync.Mutex
	got       []delivery
	rcpt      error // what it answers to a receiver
	data      error // what it answers to a message
	user      string
	encrypted bool
}

type delivery struct {
	from, to, user string
	encrypted      bool
	body           []byte
}

func newMailbox(t *testing.T, change func(*mailbox)) *mailbox {
	t.Helper()
	m := &mailbox{}
	m.server = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &talk{mailbox: m, conn: c}, nil
	}))
	m.server.Domain = "mail.example.org"
	m.server.ErrorLog = mute{}
	m.server.TLSConfig, m.roots = certificate(t)
	if change != nil {
		change(m)
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m.at = l.Addr().(*net.TCPAddr)
	if m.encrypted {
		l = tls.NewListener(l, m.server.TLSConfig)
	}
	over := make(chan error)
	go func() { over <- m.server.Serve(l) }()
	t.Cleanup(func() { _ = m.server.Close(); <-over })
	return m
}

type mute struct{}

func (mute) Printf(string, ...any) {}
func (mute) Println(...any)        {}

// certificate makes an authority and its certificate for 127.0.0.1.
func certificate(t *testing.T) (*tls.Config, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, roots
}

// talk is one connection to the mailbox.
type talk struct {
	*mailbox
	conn           *smtp.Conn
	from, to, name string
}

func (s *talk) Reset()                                      {}
func (s *talk) Logout() error                               { return nil }
func (s *talk) Mail(from string, _ *smtp.MailOptions) error { s.from = from; return nil }

func (s *talk) Rcpt(to string, _ *smtp.RcptOptions) error { s.to = to; return s.rcpt }

func (s *talk) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *talk) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if s.user == "" || user != s.user || password != "right" {
			return smtp.ErrAuthFailed
		}
		s.name = user
		return nil
	}), nil
}

func (s *talk) Data(r io.Reader) error {
	body, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if s.data != nil {
		return s.data
	}
	_, encrypted := s.conn.TLSConnectionState()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got = append(s.got, delivery{s.from, s.to, s.name, encrypted, body})
	return nil
}

func (m *mailbox) settings(security reach.Security) reach.SMTP {
	return reach.SMTP{Host: "127.0.0.1", Port: m.at.Port, Security: security, Roots: m.roots, From: shop}
}
