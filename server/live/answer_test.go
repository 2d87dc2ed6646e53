package live

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
)

func TestPeers_are_told_where_they_can_reach_us(t *testing.T) {
	parse := netip.MustParseAddr
	public := []netip.Addr{parse("203.0.113.1")}
	lan, here := parse("192.168.1.9"), parse("127.0.0.1")
	t.Run("a socket of one address names it, and the public one", func(t *testing.T) {
		got, err := addresses(netip.MustParseAddrPort("192.168.1.2:9"), public, Caller{lan, lan})
		if want := []netip.Addr{parse("192.168.1.2"), public[0]}; err != nil || !slices.Equal(got, want) {
			t.Errorf("got %v, %v", got, err)
		}
	})
	for name, any := range map[string]string{"of IPv4": "0.0.0.0:9", "of both": "[::]:9"} {
		t.Run("a socket of all addresses "+name, func(t *testing.T) {
			local := netip.MustParseAddrPort(any)
			near, err := addresses(local, public, Caller{here, here})
			if err != nil || !slices.Contains(near, here) || !slices.Contains(near, public[0]) {
				t.Errorf("a caller on this host is told %v, %v", near, err)
			}
			far, err := addresses(local, public, Caller{lan, lan})
			if err != nil || slices.Contains(far, here) || !slices.Contains(far, public[0]) {
				t.Errorf("a caller elsewhere is told %v, %v", far, err)
			}
			if near[0] != here {
				t.Errorf("a caller that reached %v is told %v", here, near)
			}
			for _, a := range near {
				if a.IsUnspecified() || a.IsLinkLocalUnicast() || local.Addr().Is4() && !a.Is4() {
					t.Errorf("%v is no address to call", a)
				}
			}
		})
	}
	t.Run("candidates have falling priorities", func(t *testing.T) {
		got := candidates([]netip.Addr{lan, parse("2001:db8::1")}, 5000)
		want := []string{"1 1 udp 2130706431 192.168.1.9 5000 typ host", "2 1 udp 2130706175 2001:db8::1 5000 typ host"}
		if !slices.Equal(got, want) {
			t.Errorf("got %s", strings.Join(got, "\n"))
		}
	})
}
