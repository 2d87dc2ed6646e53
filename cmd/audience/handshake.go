package main

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/pion/dtls/v2"
	"github.com/pion/dtls/v2/pkg/crypto/selfsign"
	"github.com/pion/srtp/v2"
	"github.com/pion/transport/v2/packetio"
)

// fingerprint is a certificate's hash as SDP writes it (RFC 8122 §5).
func fingerprint(der []byte) string {
	sum := sha256.Sum256(der)
	return "sha-256 " + strings.ReplaceAll(fmt.Sprintf("% X", sum[:]), " ", ":")
}

func newCertificate() (tls.Certificate, error) {
	c, err := selfsign.GenerateSelfSigned()
	if err != nil {
		return c, fmt.Errorf("make certificate: %w", err)
	}
	return c, nil
}

var (
	// lean is what the crowd offers: any other protection would cost it more than all else.
	lean = []dtls.SRTPProtectionProfile{dtls.SRTP_AEAD_AES_128_GCM}
	// browsers is what Chromium offers, in its order.
	browsers = []dtls.SRTPProtectionProfile{dtls.SRTP_AES128_CM_HMAC_SHA1_80, dtls.SRTP_AEAD_AES_256_GCM, dtls.SRTP_AEAD_AES_128_GCM}
)

// profiles are the protections that a handshake may agree upon.
var profiles = map[dtls.SRTPProtectionProfile]srtp.ProtectionProfile{
	dtls.SRTP_AEAD_AES_128_GCM:       srtp.ProtectionProfileAeadAes128Gcm,
	dtls.SRTP_AEAD_AES_256_GCM:       srtp.ProtectionProfileAeadAes256Gcm,
	dtls.SRTP_AES128_CM_HMAC_SHA1_80: srtp.ProtectionProfileAes128CmHmacSha1_80,
}

// shake shakes hands as the client (RFC 5764) with the server that has the fingerprint, and returns the keys of both ways.
func (c *crowd) shake(ctx context.Context, p *path, peer string) (conn *dtls.Conn, in, out *srtp.Context, err error) {
	conn, err = dtls.ClientWithContext(ctx, p, &dtls.Config{
		Certificates:           []tls.Certificate{c.certificate},
		SRTPProtectionProfiles: c.offers,
		InsecureSkipVerify:     true, // the fingerprint is what we know the server by
		VerifyPeerCertificate: func(raw [][]byte, _ [][]*x509.Certificate) error {
			if len(raw) == 0 || !strings.EqualFold(fingerprint(raw[0]), peer) {
				return errors.New("the server's certificate is not the one of its answer")
			}
			return nil
		},
	})
	if err != nil {
		return nil, nil, nil, fmt.Errorf("shake hands: %w", err)
	}
	agreed, _ := conn.SelectedSRTPProtectionProfile()
	cfg, state := srtp.Config{Profile: profiles[agreed]}, conn.ConnectionState()
	if err = cfg.ExtractSessionKeysFromDTLS(&state, true); err == nil {
		if in, err = srtp.CreateContext(cfg.Keys.RemoteMasterKey, cfg.Keys.RemoteMasterSalt, cfg.Profile); err == nil {
			out, err = srtp.CreateContext(cfg.Keys.LocalMasterKey, cfg.Keys.LocalMasterSalt, cfg.Profile)
		}
	}
	if err != nil {
		_ = conn.Close()
		return nil, nil, nil, fmt.Errorf("derive SRTP keys: %w", err)
	}
	return conn, in, out, nil
}

// path is a viewer's connection as DTLS sees it: what it reads was sorted out by the viewer's reader.
type path struct {
	*net.UDPConn
	in *packetio.Buffer
}

func (p *path) Read(b []byte) (int, error)        { return p.in.Read(b) }            //nolint:wrapcheck // for pion
func (p *path) Close() error                      { return p.in.Close() }            //nolint:wrapcheck // for pion
func (p *path) SetDeadline(t time.Time) error     { return p.in.SetReadDeadline(t) } //nolint:wrapcheck // for pion
func (p *path) SetReadDeadline(t time.Time) error { return p.in.SetReadDeadline(t) } //nolint:wrapcheck // for pion
