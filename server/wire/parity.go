package wire

import "encoding/binary"

// Parity is how a studio protects pictures on the way to our server: for a few consecutive packets of a stream, Reed–Solomon
// shards, of which any as many as packets were lost bring those back. They travel as the payload of an RTP stream of their
// own, which both ends agree on by ParityAttribute: an offer with the SSRC as its value, answered with the same. Whoever does not
// know the attribute leaves it out, and never sees such a stream.
//
// The code is over GF(2⁸) with a Cauchy matrix. Its data shards are the packets as AppendShard writes them, padded with
// zeros to the longest.
type Parity struct {
	Stream  uint32 // SSRC of the packets
	First   uint16 // sequence number of the first of them
	Packets uint8  // how many they are, 1 to ParityPackets
	Shards  uint8  // how many shards there are for them, 1 to ParityShards
	Index   uint8  // which of those this is, from 0
}

const (
	// ParityAttribute is the session attribute of SDP.
	ParityAttribute = "x-vitrine-parity"
	// ParityPackets and ParityShards bound a group: a whole frame of usual size, and enough for it where most is lost.
	ParityPackets, ParityShards = 32, 64

	parityHeader = 9
	shardHeader  = 7
	shardMarker  = 1
)

// Append writes the parity's header, which the shard follows.
func (p Parity) Append(out []byte) []byte {
	out = binary.BigEndian.AppendUint32(out, p.Stream)
	out = binary.BigEndian.AppendUint16(out, p.First)
	return append(out, p.Packets, p.Shards, p.Index)
}

// ReadParity reads a header and returns the shard behind it. ok is false for what makes no sense.
func ReadParity(raw []byte) (p Parity, shard []byte, ok bool) {
	if len(raw) < parityHeader+shardHeader {
		return p, nil, false
	}
	p = Parity{binary.BigEndian.Uint32(raw), binary.BigEndian.Uint16(raw[4:]), raw[6], raw[7], raw[8]}
	if p.Packets < 1 || p.Packets > ParityPackets || p.Shards < 1 || p.Shards > ParityShards || p.Index >= p.Shards {
		return p, nil, false
	}
	return p, raw[parityHeader:], true
}

// AppendShard writes what must be known of a packet to make it again: RTP time, marker and payload.
func AppendShard(out []byte, time uint32, marker bool, payload []byte) []byte {
	flags := byte(0)
	if marker {
		flags = shardMarker
	}
	out = binary.BigEndian.AppendUint16(out, uint16(len(payload)))
	out = binary.BigEndian.AppendUint32(append(out, flags), time)
	return append(out, payload...)
}

// ReadShard reads what AppendShard wrote, padded or not. ok is false for what makes no sense.
func ReadShard(shard []byte) (time uint32, marker bool, payload []byte, ok bool) {
	if len(shard) < shardHeader {
		return 0, false, nil, false
	}
	n := int(binary.BigEndian.Uint16(shard))
	if n > len(shard)-shardHeader || shard[2] > shardMarker {
		return 0, false, nil, false
	}
	return binary.BigEndian.Uint32(shard[3:]), shard[2] == shardMarker, shard[shardHeader:][:n], true
}
