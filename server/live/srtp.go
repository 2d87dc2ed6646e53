package live

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"fmt"

	"github.com/pion/dtls/v2"
	"github.com/pion/srtp/v2"
)

// tagLength is the most that protection adds to a packet (RFC 7714 §14.2).
const tagLength = 16

// profiles are the protections that a handshake may agree upon.
var profiles = map[dtls.SRTPProtectionProfile]srtp.ProtectionProfile{
	dtls.SRTP_AEAD_AES_128_GCM:       srtp.ProtectionProfileAeadAes128Gcm,
	dtls.SRTP_AEAD_AES_256_GCM:       srtp.ProtectionProfileAeadAes256Gcm,
	dtls.SRTP_AES128_CM_HMAC_SHA1_80: srtp.ProtectionProfileAes128CmHmacSha1_80,
}

// sealer protects one viewer's RTP (RFC 3711). It belongs to the viewer's lane.
type sealer struct {
	aead  cipher.AEAD
	salt  [12]byte
	nonce [12]byte
	// plain protects where GCM was not agreed upon; nil otherwise.
	plain *srtp.Context
	tag   int
}

// protection is all keys of a connection, one half a direction.
type protection struct {
	out *sealer
	// outControl and inControl protect RTCP.
	outControl, inControl *srtp.Context
}

// newProtection derives the keys that the DTLS handshake agreed upon (RFC 5764 §4.2).
func newProtection(c *dtls.Conn, client bool) (*protection, error) {
	agreed, _ := c.SelectedSRTPProtectionProfile()
	profile, ok := profiles[agreed]
	if !ok {
		return nil, fmt.Errorf("no common SRTP profile (%#x)", uint16(agreed))
	}
	state, cfg := c.ConnectionState(), srtp.Config{Profile: profile}
	if err := cfg.ExtractSessionKeysFromDTLS(&state, client); err != nil {
		return nil, fmt.Errorf("derive SRTP keys: %w", err)
	}
	k := cfg.Keys
	out, err := newSealer(profile, k.LocalMasterKey, k.LocalMasterSalt)
	if err != nil {
		return nil, err
	}
	p := &protection{out: out}
	if p.outControl, err = srtp.CreateContext(k.LocalMasterKey, k.LocalMasterSalt, profile); err != nil {
		return nil, fmt.Errorf("make SRTCP keys: %w", err)
	}
	if p.inControl, err = srtp.CreateContext(k.RemoteMasterKey, k.RemoteMasterSalt, profile); err != nil {
		return nil, fmt.Errorf("make SRTCP keys: %w", err)
	}
	return p, nil
}

func newSealer(profile srtp.ProtectionProfile, key, salt []byte) (*sealer, error) {
	if profile == srtp.ProtectionProfileAes128CmHmacSha1_80 {
		c, err := srtp.CreateContext(key, salt, profile)
		if err != nil {
			return nil, fmt.Errorf("make SRTP keys: %w", err)
		}
		return &sealer{plain: c, tag: 10}, nil
	}
	s := &sealer{tag: tagLength}
	sessionKey, err := derive(key, salt, 0, len(key))
	if err != nil {
		return nil, err
	}
	sessionSalt, err := derive(key, salt, 2, len(salt))
	if err != nil {
		return nil, err
	}
	copy(s.salt[:], sessionSalt)
	block, err := aes.NewCipher(sessionKey)
	if err != nil {
		return nil, fmt.Errorf("make SRTP cipher: %w", err)
	}
	if s.aead, err = cipher.NewGCM(block); err != nil {
		return nil, fmt.Errorf("make SRTP cipher: %w", err)
	}
	return s, nil
}

// derive makes a session key of a master key (RFC 3711 §4.3.1 and §4.3.3, with a derivation rate of 0).
func derive(key, salt []byte, label byte, length int) ([]byte, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("derive SRTP key: %w", err)
	}
	var x [aes.BlockSize]byte
	copy(x[:14], salt)
	x[7] ^= label
	out := make([]byte, (length+aes.BlockSize-1)/aes.BlockSize*aes.BlockSize)
	cipher.NewCTR(block, x[:]).XORKeyStream(out, out)
	return out[:length], nil
}

// seal protects, in place, a packet whose header, of headerLen bytes, is in the clear, and whose last s.tag bytes are room
// for the tag. number is its sequence number with the roll-over count above it. It reports false if it could not, which
// only an impossible header can cause.
func (s *sealer) seal(packet []byte, headerLen int, number int64) bool {
	end := len(packet) - s.tag
	if s.plain != nil {
		out, err := s.plain.EncryptRTP(nil, packet[:end], nil)
		return err == nil && copy(packet, out) == len(packet)
	}
	// RFC 7714 §8.1: two zero bytes, SSRC, roll-over count, sequence number, all turned by the salt.
	n := &s.nonce
	*n = [12]byte{}
	copy(n[2:6], packet[8:12])
	binary.BigEndian.PutUint32(n[6:10], uint32(number>>16))
	binary.BigEndian.PutUint16(n[10:12], uint16(number))
	for i := range n {
		n[i] ^= s.salt[i]
	}
	s.aead.Seal(packet[headerLen:headerLen], n[:], packet[headerLen:end], packet[:headerLen])
	return true
}
