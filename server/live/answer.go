package live

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/pion/sdp/v3"
)

// addresses lists where peers can reach a socket bound to local: its own address, or, if it is bound to all, those of the
// host's interfaces, and then the public ones. It begins with the address that the caller has just reached us at, if that is
// one of them: it works for sure. Loopback addresses are named only to callers on this host.
func addresses(local netip.AddrPort, public []netip.Addr, by Caller) ([]netip.Addr, error) {
	if a := local.Addr().Unmap(); !a.IsUnspecified() {
		return append([]netip.Addr{a}, public...), nil
	}
	all, err := net.InterfaceAddrs()
	if err != nil {
		return nil, fmt.Errorf("list the host's addresses: %w", err)
	}
	var list, loopback []netip.Addr
	for _, i := range all {
		prefix, err := netip.ParsePrefix(i.String())
		a := prefix.Addr().Unmap()
		switch {
		case err != nil || local.Addr().Is4() && !a.Is4() || a.IsLinkLocalUnicast():
		case a.IsLoopback():
			loopback = append(loopback, a)
		default:
			list = append(list, a)
		}
	}
	list = append(list, public...)
	if by.From.Unmap().IsLoopback() || len(list) == 0 {
		list = append(list, loopback...)
	}
	if i := slices.Index(list, by.To.Unmap()); i > 0 {
		list = slices.Insert(slices.Delete(list, i, i+1), 0, by.To.Unmap())
	}
	return list, nil
}

// candidates writes host candidates (RFC 8839 §5.1, priorities of RFC 8445 §5.1.2.1) for the addresses.
func candidates(at []netip.Addr, port uint16) (lines []string) {
	for i, a := range at {
		priority := 126<<24 | (0xffff-i)<<8 | 255
		lines = append(lines, fmt.Sprintf("%d 1 udp %d %s %d typ host", i+1, priority, a, port))
	}
	return lines
}

// finishAnswer puts the candidates into an answer, in the first section, which carries the bundle.
func finishAnswer(text string, lines []string) (string, error) {
	var d sdp.SessionDescription
	if err := d.UnmarshalString(text); err != nil {
		return "", fmt.Errorf("read own answer: %w", err)
	}
	for i, m := range d.MediaDescriptions {
		m.Attributes = without(m.Attributes, "candidate", "end-of-candidates")
		if i > 0 {
			continue
		}
		for _, l := range lines {
			m.WithValueAttribute("candidate", l)
		}
		m.WithPropertyAttribute("end-of-candidates")
	}
	out, err := d.Marshal()
	if err != nil {
		return "", fmt.Errorf("write own answer: %w", err)
	}
	return string(out), nil
}

// answerFragment is the part of an answer that an ICE restart changes (RFC 9725 §4.3.3, RFC 8840 §9).
func answerFragment(answer string) (string, error) {
	var d sdp.SessionDescription
	if err := d.UnmarshalString(answer); err != nil {
		return "", fmt.Errorf("read own answer: %w", err)
	}
	m := d.MediaDescriptions[0]
	var b strings.Builder
	b.WriteString("a=ice-lite\r\n")
	if g, ok := d.Attribute("group"); ok {
		fmt.Fprintf(&b, "a=group:%s\r\n", g)
	}
	fmt.Fprintf(&b, "m=%s 9 UDP/TLS/RTP/SAVPF 0\r\n", m.MediaName.Media)
	for _, a := range m.Attributes {
		switch a.Key {
		case "mid", "ice-ufrag", "ice-pwd", "candidate":
			fmt.Fprintf(&b, "a=%s:%s\r\n", a.Key, a.Value)
		}
	}
	b.WriteString("a=end-of-candidates\r\n")
	return b.String(), nil
}
