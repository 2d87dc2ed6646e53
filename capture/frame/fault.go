package frame

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/url"
)

// FaultOf says in one word why a call over the network failed. An error in the chain with a method Fault() Fault decides
// by itself; the standard library's errors about names, certificates and connections are told apart; anything else means
// that nobody answered.
func FaultOf(err error) Fault {
	var own interface{ Fault() Fault }
	switch {
	case err == nil:
		return FaultNone
	case errors.As(err, &own):
		return own.Fault()
	case isCertificate(err):
		return FaultCertificate
	case isAddress(err):
		return FaultAddress
	default:
		return FaultUnreachable
	}
}

func isCertificate(err error) bool {
	var (
		verification *tls.CertificateVerificationError
		authority    x509.UnknownAuthorityError
		hostname     x509.HostnameError
		invalid      x509.CertificateInvalidError
		roots        x509.SystemRootsError
	)
	return errors.As(err, &verification) || errors.As(err, &authority) || errors.As(err, &hostname) ||
		errors.As(err, &invalid) || errors.As(err, &roots)
}

// isAddress reports whether the address itself is wrong: no such name, not a web address, or https where http is spoken.
func isAddress(err error) bool {
	var (
		name   *net.DNSError
		addr   *net.AddrError
		parse  *url.Error
		record tls.RecordHeaderError
	)
	switch {
	case errors.As(err, &name):
		return name.IsNotFound
	case errors.As(err, &addr), errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return true
	case errors.As(err, &parse):
		return parse.Op == "parse"
	default:
		return false
	}
}
