package live

import (
	"encoding/binary"
	"slices"

	"github.com/pion/dtls/v2"
	"golang.org/x/crypto/cryptobyte"
)

// preferred are the protections that we agree to, best first: GCM costs a sixth of the other, which is for those without it.
var preferred = []dtls.SRTPProtectionProfile{dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AEAD_AES_256_GCM, dtls.SRTP_AES128_CM_HMAC_SHA1_80}

const (
	recordHeader    = 13 // RFC 6347 §4.1
	handshakeHeader = 12 // RFC 6347 §4.2.2
	helloMost       = 8 << 10
	extensionSRTP   = 14 // RFC 5764 §4.1.1
)

// hello puts the fragments of a ClientHello together, to see which protections it offers: DTLS would take the client's first,
// which with browsers is the one that costs most. Browsers' hellos do not fit one datagram. The zero value is ready.
type hello struct {
	body []byte
	have []bool
	left int
}

// add takes a datagram and returns what to agree to once that can be told: the best protection that is offered, or all of ours
// where the datagram is not what it should be.
func (h *hello) add(datagram []byte) (agree []dtls.SRTPProtectionProfile, done bool) {
	if len(datagram) < recordHeader+handshakeHeader || datagram[0] != 22 || datagram[recordHeader] != 1 {
		return preferred, true
	}
	f := datagram[recordHeader:]
	total, offset, length := number24(f[1:]), number24(f[6:]), number24(f[9:])
	f = f[handshakeHeader:]
	if h.body == nil && total <= helloMost {
		h.body, h.have, h.left = make([]byte, total), make([]bool, total), total
	}
	if total != len(h.body) || offset+length > total || length > len(f) {
		return preferred, true
	}
	copy(h.body[offset:], f[:length])
	for i := offset; i < offset+length; i++ {
		if !h.have[i] {
			h.have[i] = true
			h.left--
		}
	}
	if h.left > 0 {
		return nil, false
	}
	offered := srtpOffered(h.body)
	for _, p := range preferred {
		if slices.Contains(offered, p) {
			return []dtls.SRTPProtectionProfile{p}, true
		}
	}
	return preferred, true
}

func number24(b []byte) int { return int(binary.BigEndian.Uint32(b[:4]) >> 8) }

// srtpOffered reads the use_srtp extension of a ClientHello (RFC 6347 §4.2.1, RFC 5764 §4.1.1).
func srtpOffered(body []byte) (list []dtls.SRTPProtectionProfile) {
	s := cryptobyte.String(body)
	var session, cookie, suites, compression, extensions cryptobyte.String
	if !s.Skip(2+32) || !s.ReadUint8LengthPrefixed(&session) || !s.ReadUint8LengthPrefixed(&cookie) ||
		!s.ReadUint16LengthPrefixed(&suites) || !s.ReadUint8LengthPrefixed(&compression) || !s.ReadUint16LengthPrefixed(&extensions) {
		return nil
	}
	for !extensions.Empty() {
		var kind uint16
		var value, profiles cryptobyte.String
		if !extensions.ReadUint16(&kind) || !extensions.ReadUint16LengthPrefixed(&value) {
			return nil
		}
		if kind != extensionSRTP || !value.ReadUint16LengthPrefixed(&profiles) {
			continue
		}
		for p := uint16(0); profiles.ReadUint16(&p); {
			list = append(list, dtls.SRTPProtectionProfile(p))
		}
	}
	return list
}
