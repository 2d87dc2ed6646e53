package live

import "encoding/binary"

const (
	mimeRED = "audio/red"
	// redMost bounds a payload with repetitions, so that the packet fits every path.
	redMost = 1120
	// redBlock and redSpan are the limits of the format: 10 bits of length, 14 of timestamp.
	redBlock = 1<<10 - 1
	redSpan  = 1<<14 - 1
)

// appendRED appends to out the payload (RFC 2198 §3) of a packet and as many of those before it, newest first in earlier, as fit,
// up to one with padding, which only a packet of its own can tell from sound.
// kind is the payload type of the sound itself.
func appendRED(out []byte, kind uint8, p *Packet, earlier []*Packet) []byte {
	n, size := 0, 1+len(p.Payload)
	for _, e := range earlier {
		if size += 4 + len(e.Payload); size > redMost || len(e.Payload) > redBlock || p.Time-e.Time > redSpan || e.Padding {
			break
		}
		n++
	}
	for i := n - 1; i >= 0; i-- {
		e := earlier[i]
		out = append(out, kind|0x80)
		head := (p.Time-e.Time)<<10 | uint32(len(e.Payload))
		out = append(out, byte(head>>16))
		out = binary.BigEndian.AppendUint16(out, uint16(head))
	}
	out = append(out, kind)
	for i := n - 1; i >= 0; i-- {
		out = append(out, earlier[i].Payload...)
	}
	return append(out, p.Payload...)
}
