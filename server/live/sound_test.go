package live

import (
	"testing"

	"pgregory.net/rapid"
)

func TestNo_packet_is_too_odd_to_be_listened_to(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		packet := rapid.SliceOfN(rapid.Byte(), 0, 60).Draw(t, "packet")
		if len(packet) > 13 && rapid.Bool().Draw(t, "with extensions") {
			packet[0] = packet[0]&0xf0 | 0x10
			packet[12], packet[13] = 0xbe, 0xde
		}
		if audible(packet, rapid.Uint8Max(14).Draw(t, "id")) && len(packet) <= 12 {
			t.Fatal("there is sound in a header")
		}
	})
}
