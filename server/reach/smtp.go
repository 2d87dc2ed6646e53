package reach

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/textproto"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/wneessen/go-mail"

	"vitrine/server/wire"
)

// Security is how the way to a mail server is encrypted.
type Security string

// Ways to encrypt. Secure, the default, is STARTTLS, or TLS from the first byte on port 465; without it no mail is sent. Only to a
// server on a loopback address it means Plain.
const (
	Secure   Security = ""
	StartTLS Security = "starttls"
	TLS      Security = "tls"
	Plain    Security = "none"
)

const tlsPort = 465 // RFC 8314 §3.3

// SMTP sends mails by a mail server (RFC 5321), one connection a mail. Use Validate before.
type SMTP struct {
	Host string
	Port int
	// User and Password sign in, where there are some. Unencrypted they are used only in ways that do not show them.
	User, Password string
	Security       Security
	// Roots are the authorities that the server's certificate is of; nil for the system's.
	Roots *x509.CertPool
	From  Sender
}

// Validate reports settings that cannot work.
func (s SMTP) Validate() error {
	switch s.Security {
	case Secure, StartTLS, TLS, Plain:
	default:
		return wire.Errorf(wire.Invalid, "the mail server's encryption is starttls, tls or none; got %q", s.Security)
	}
	if s.Host == "" || s.Port < 1 || s.Port > 65535 {
		return wire.Errorf(wire.Invalid, "the mail server needs a host and a port, as mail.example.com and 587")
	}
	if _, err := ascii(s.From.Address); err != nil {
		return wire.Errorf(wire.Invalid, "the sender of mails needs an e-mail address")
	}
	return nil
}

// security is what the setting comes to.
func (s SMTP) security() Security {
	if s.Security != Secure {
		return s.Security
	}
	if a, err := netip.ParseAddr(s.Host); s.Host == "localhost" || err == nil && a.Unmap().IsLoopback() {
		return Plain
	}
	if s.Port == tlsPort {
		return TLS
	}
	return StartTLS
}

// Post sends a mail once. What the server took is sent, even if it hangs up badly afterwards.
func (s SMTP) Post(ctx context.Context, id string, at time.Time, m Mail) error {
	msg, err := compose(s.From, id, at, m)
	if err != nil {
		return err
	}
	connect := dial{SMTP: s, ctx: ctx}
	client, err := s.client(&connect, m)
	if err != nil {
		return &failure{reason: "the settings of the mail server cannot work"}
	}
	defer connect.close()
	err = client.DialAndSendWithContext(ctx, msg)
	switch {
	case err == nil, msg.IsDelivered():
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case connect.conn == nil:
		return unreached("the mail server", err)
	}
	return refused(err)
}

func (s SMTP) client(d *dial, m Mail) (*mail.Client, error) {
	policy := map[Security]mail.TLSPolicy{
		StartTLS: mail.TLSMandatory,
		TLS:      mail.TLSOpportunistic, // the connection is encrypted already, which the client finds out
		Plain:    mail.NoTLS,
	}[s.security()]
	_, domain, _ := strings.Cut(s.From.Address, "@")
	options := []mail.Option{
		mail.WithPort(s.Port), mail.WithTLSPolicy(policy), mail.WithTLSConfig(s.tls()),
		mail.WithTimeout(mailLimit), mail.WithHELO(domain), mail.WithDialContextFunc(d.dial),
	}
	if s.User != "" {
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(s.User), mail.WithPassword(s.Password))
	}
	if !strings.ContainsFunc(m.To, func(r rune) bool { return r > unicode.MaxASCII }) {
		options = append(options, mail.WithoutSMTPUTF8()) // servers on the way need not know it then
	}
	client, err := mail.NewClient(s.Host, options...)
	if err != nil {
		return nil, fmt.Errorf("make SMTP client: %w", err)
	}
	return client, nil
}

func (s SMTP) tls() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, ServerName: s.Host, RootCAs: s.Roots}
}

// dial connects once and keeps the connection, which the library leaves open when a server refuses the beginning.
type dial struct {
	SMTP
	ctx  context.Context // of the whole mail
	conn net.Conn
	stop func() bool
}

func (d *dial) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	if d.security() == TLS {
		secure := tls.Client(conn, d.tls())
		if err := secure.HandshakeContext(ctx); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
		conn = secure
	}
	d.conn = conn
	d.stop = context.AfterFunc(d.ctx, func() { _ = conn.Close() }) // the library does not look at it once it is connected
	return conn, nil
}

// close hangs up, in the midst of a talk too.
func (d *dial) close() {
	if d.conn != nil {
		d.stop()
		_ = d.conn.Close() // closed already when all went well
	}
}

// refused says in words what a mail server answered. Its own words are left out: they hold addresses. An answer of 5xx to the
// receiver or the message is for good (RFC 5321 §4.2.1); to all before, it is about our settings, which can be mended.
func refused(err error) error {
	var sent *mail.SendError
	var answer *textproto.Error
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &sent) && sent.ErrorCode() > 0:
		about := sent.Reason == mail.ErrSMTPRcptTo || sent.Reason == mail.ErrSMTPData || sent.Reason == mail.ErrSMTPDataClose
		what := strings.TrimSpace(strconv.Itoa(sent.ErrorCode()) + " " + sent.EnhancedStatusCode())
		return &failure{reason: "the mail server answered " + what, final: about && sent.ErrorCode() >= 500}
	case errors.As(err, &answer):
		return &failure{reason: fmt.Sprintf("the mail server answered %d before it took the mail; are the settings right?", answer.Code)}
	case errors.As(err, &certificate):
		return unreached("the mail server", err)
	}
	return &failure{reason: "the mail server broke off, or does not speak as the settings say (encryption, user)"}
}
