package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"
)

const transportSequence = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"

// credentials are what one side of ICE knows itself by (RFC 8445 §5.3).
type credentials struct{ ufrag, pwd string }

func newCredentials() credentials {
	return credentials{ufrag: rand.Text()[:8], pwd: rand.Text()}
}

// offered is what every viewer takes: Opus, and H.264 or VP8 with retransmissions of their own stream, as browsers offer
// them. Candidates are left out, because the server learns our address from our checks; and we can only be the client of
// DTLS.
const offered = `v=0
o=- %d 1 IN IP4 0.0.0.0
s=-
t=0 0
a=group:BUNDLE 0 1
m=audio 9 UDP/TLS/RTP/SAVPF 111
c=IN IP4 0.0.0.0
a=mid:0
%[2]s
a=recvonly
a=rtpmap:111 opus/48000/2
a=fmtp:111 minptime=10;useinbandfec=1
a=rtcp-fb:111 nack
m=video 9 UDP/TLS/RTP/SAVPF 102 103 96 97
c=IN IP4 0.0.0.0
a=mid:1
%[2]s
a=recvonly
a=extmap:3 ` + transportSequence + `
a=rtpmap:102 H264/90000
a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f
a=rtcp-fb:102 nack
a=rtcp-fb:102 nack pli
a=rtcp-fb:102 transport-cc
a=rtpmap:103 rtx/90000
a=fmtp:103 apt=102
a=rtpmap:96 VP8/90000
a=rtcp-fb:96 nack
a=rtcp-fb:96 nack pli
a=rtcp-fb:96 transport-cc
a=rtpmap:97 rtx/90000
a=fmtp:97 apt=96
`

// offer writes an SDP offer (RFC 8829) to receive. fingerprint is that of our certificate, "sha-256 AB:CD:…".
func offer(own credentials, fingerprint string) string {
	section := fmt.Sprintf("a=ice-ufrag:%s\na=ice-pwd:%s\na=fingerprint:%s\na=setup:active\na=rtcp-mux\na=rtcp-rsize",
		own.ufrag, own.pwd, fingerprint)
	return strings.ReplaceAll(fmt.Sprintf(offered, mathrand.Uint64()>>2, section), "\n", "\r\n")
}

// answer is what a viewer uses of an SDP answer.
type answer struct {
	credentials
	fingerprint string
	candidates  []netip.AddrPort
	sections    []section // those that will flow
}

// section is a kind of media that the server sends.
type section struct {
	video           bool
	media, repeats  []uint8 // payload types: of the media, and of its retransmissions
	transportNumber uint8   // id of the header extension; 0 if not agreed upon
}

func readAnswer(text string) (a answer, err error) {
	var d sdp.SessionDescription
	if err := d.UnmarshalString(text); err != nil {
		return a, fmt.Errorf("read the answer: %w", err)
	}
	if len(d.MediaDescriptions) == 0 {
		return a, errors.New("the answer has no media")
	}
	attribute := func(key string) string {
		v, ok := d.MediaDescriptions[0].Attribute(key)
		if !ok {
			v, _ = d.Attribute(key)
		}
		return v
	}
	a.credentials = credentials{attribute("ice-ufrag"), attribute("ice-pwd")}
	a.fingerprint = attribute("fingerprint")
	for _, m := range d.MediaDescriptions {
		if _, flows := m.Attribute("sendonly"); flows && m.MediaName.Port.Value != 0 {
			a.sections = append(a.sections, readSection(m))
		}
		for _, at := range m.Attributes {
			if c, ok := readCandidate(at); ok && !slices.Contains(a.candidates, c) {
				a.candidates = append(a.candidates, c)
			}
		}
	}
	if len(a.sections) == 0 || len(a.candidates) == 0 || a.ufrag == "" || a.pwd == "" {
		return a, fmt.Errorf("the answer has %d flowing sections and %d candidates", len(a.sections), len(a.candidates))
	}
	return a, nil
}

func readSection(m *sdp.MediaDescription) section {
	s := section{video: m.MediaName.Media == "video"}
	for _, at := range m.Attributes {
		name, rest, _ := strings.Cut(at.Value, " ")
		n, err := strconv.ParseUint(name, 10, 7)
		switch {
		case err != nil:
		case at.Key == "rtpmap" && strings.HasPrefix(strings.ToLower(rest), "rtx/"):
			s.repeats = append(s.repeats, uint8(n))
		case at.Key == "rtpmap":
			s.media = append(s.media, uint8(n))
		case at.Key == "extmap" && rest == transportSequence:
			s.transportNumber = uint8(n)
		}
	}
	return s
}

// readCandidate reads a candidate attribute (RFC 8839 §5.1) of UDP.
func readCandidate(at sdp.Attribute) (netip.AddrPort, bool) {
	f := strings.Fields(at.Value)
	if at.Key != "candidate" || len(f) < 8 || f[1] != "1" || !strings.EqualFold(f[2], "udp") {
		return netip.AddrPort{}, false
	}
	c, err := netip.ParseAddrPort(net.JoinHostPort(f[4], f[5]))
	return c, err == nil
}
