package live

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"net/netip"

	"github.com/pion/stun"
)

// credentials are what one side of ICE knows itself by (RFC 8445 §5.3).
type credentials struct{ ufrag, pwd string }

func newCredentials() credentials {
	return credentials{ufrag: rand.Text()[:16], pwd: rand.Text() + rand.Text()[:8]}
}

// errNotOurs says that a STUN message is none that a lite agent answers.
var errNotOurs = errors.New("no binding request for this session")

// ufragOf returns the user name fragment by which a binding request names its receiver; "" for anything else.
func ufragOf(raw []byte) string {
	m := stun.Message{Raw: raw}
	if m.Decode() != nil || m.Type != stun.BindingRequest {
		return ""
	}
	name, err := m.Get(stun.AttrUsername)
	if err != nil {
		return ""
	}
	ufrag, _, _ := bytes.Cut(name, []byte(":"))
	return string(ufrag)
}

// answerCheck answers a connectivity check (RFC 8445 §7.3) as a lite agent: with where it came from. It fails with
// errNotOurs for a message that does not prove to come from the peer, which must not be answered. nominated says that the
// peer, which controls, chose this way.
func answerCheck(raw []byte, local, remote credentials, from netip.AddrPort) (reply []byte, nominated bool, err error) {
	m := &stun.Message{Raw: raw}
	if err := m.Decode(); err != nil {
		return nil, false, errNotOurs
	}
	name, err := m.Get(stun.AttrUsername)
	if err != nil || m.Type != stun.BindingRequest || string(name) != local.ufrag+":"+remote.ufrag {
		return nil, false, errNotOurs
	}
	key := stun.NewShortTermIntegrity(local.pwd)
	if key.Check(m) != nil {
		return nil, false, errNotOurs
	}
	r, err := stun.Build(stun.NewTransactionIDSetter(m.TransactionID), stun.BindingSuccess,
		&stun.XORMappedAddress{IP: from.Addr().AsSlice(), Port: int(from.Port())}, key, stun.Fingerprint)
	if err != nil {
		return nil, false, fmt.Errorf("answer a connectivity check: %w", err)
	}
	return r.Raw, m.Contains(stun.AttrUseCandidate), nil
}
