package server

import (
	"net"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pion/dtls/v2/pkg/protocol/handshake"
	"github.com/pion/stun"
	"golang.org/x/mod/semver"
)

// GHSA-34rh-wp3j-6cxc: stun v0.6.1 reads behind the end of a message whose last attribute is an empty XOR-MAPPED-ADDRESS or
// XOR-PEER-ADDRESS.
func TestNobody_reads_the_address_that_ends_pions_STUN(t *testing.T) {
	r := start(t, Config{TURNPort: freePort(t)})
	p := publish(r)
	v := watch(r)
	track := v.track()
	v.next(track)
	local, remote := attributeOf(p.pc.LocalDescription().SDP, "ice-ufrag"), attributeOf(p.pc.RemoteDescription().SDP, "ice-ufrag")
	key := attributeOf(p.pc.RemoteDescription().SDP, "ice-pwd")
	for _, at := range []string{r.at.Media.String(), r.at.TURN.String()} {
		c := must(net.Dial("udp", at))
		defer c.Close()
		for _, kind := range []stun.MessageType{stun.BindingRequest, stun.BindingSuccess, stun.BindingError, {Method: stun.MethodSend, Class: stun.ClassIndication}} {
			for _, attribute := range []stun.AttrType{stun.AttrXORMappedAddress, stun.AttrXORPeerAddress, stun.AttrXORRelayedAddress, stun.AttrMappedAddress} {
				for _, value := range [][]byte{nil, {0, 1}, {0, 1, 0, 9}} {
					bad := stun.RawAttribute{Type: attribute, Value: value}
					for _, m := range []*stun.Message{
						stun.MustBuild(stun.TransactionID, kind, stun.RawAttribute{Type: stun.AttrData, Value: []byte("four")}, bad),
						stun.MustBuild(stun.TransactionID, kind, bad, stun.NewUsername(remote+":"+local), stun.NewShortTermIntegrity(key), stun.Fingerprint),
					} {
						_, _ = c.Write(m.Raw)
					}
				}
			}
		}
	}
	p.delta()
	v.next(track)
}

func attributeOf(sdp, name string) string {
	_, rest, _ := strings.Cut(sdp, "a="+name+":")
	value, _, _ := strings.Cut(rest, "\r\n")
	return value
}

// CVE-2026-54908: dtls v2 reads behind the end of a ServerKeyExchange, but only if ECDHE_PSK was agreed upon, which nobody
// here offers. What can be agreed upon is read without harm, whatever its length.
func TestNo_key_exchange_ends_DTLS(t *testing.T) {
	const ecdhe = 4                                                 // dtls' own word for it is internal
	whole := append([]byte{3, 0, 29, 32}, make([]byte, 32)...)      // named curve, X25519, a key of 32 bytes
	whole = append(append(whole, 4, 3, 0, 70), make([]byte, 70)...) // SHA-256 with ECDSA, a signature of 70
	for n := range whole {
		for _, flip := range []byte{0, 1, 0xff} {
			b := slices.Clip(slices.Clone(whole[:n]))
			if n > 0 {
				b[n-1] ^= flip
			}
			m := handshake.MessageServerKeyExchange{KeyExchangeAlgorithm: ecdhe}
			_ = m.Unmarshal(b)
		}
	}
}

// TestModules_are_newer_than_what_their_advisories_name holds for those that README.md lists as fixed.
func TestModules_are_newer_than_what_their_advisories_name(t *testing.T) {
	mod := string(must(os.ReadFile("../go.mod")))
	for module, fixed := range map[string]string{
		"github.com/pion/webrtc/v3":   "v3.0.15", // CVE-2021-28681
		"github.com/pion/dtls/v2":     "v2.2.4",  // CVE-2022-29189, -29190, -29222, GHSA-4xgv-j62q-h3rj, GHSA-hxp2-xqf3-v83h
		"github.com/pion/interceptor": "v0.1.39", // CVE-2025-49140
		"github.com/pion/dtls/v3":     "v3.1.4",  // CVE-2026-26014, CVE-2026-54908
	} {
		m := regexp.MustCompile(`(?m)^\s*` + regexp.QuoteMeta(module) + ` (\S+)`).FindStringSubmatch(mod)
		if m == nil || semver.Compare(m[1], fixed) < 0 {
			t.Errorf("%s is %v, the advisory asks for %s", module, m, fixed)
		}
	}
}
