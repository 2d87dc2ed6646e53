package publish

import (
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"

	"vitrine/capture/frame"
)

const (
	// maxPayload keeps an RTP packet with its header extensions (16 bytes) at 1,200 bytes, which fits every path after SRTP,
	// UDP and IPv6 or a tunnel.
	maxPayload = 1200 - 12 - 16
	rtpVersion = 2
	// splitSlack is what a picture in equal parts needs a part beside its share: headers of fragments, and rounding.
	splitSlack = 8
	// overhead is what UDP, IPv4 and SRTP's tag add to a packet, in bytes.
	overhead = 28 + 16
	// introduction is how many packets of padding introduce a layer: pion takes one for its codec and one for its name.
	introduction = 2
	// mostPadding is what one byte can count.
	mostPadding = 255
)

// stream is one RTP stream (RFC 3550). Its time stamps are positions on the show's clock, so picture and sound that were
// taken together carry the same time however long their encoders took. It belongs to the sender's loop.
type stream struct {
	track     *track
	rate      int64 // of the RTP clock, in Hz
	payloader rtp.Payloader
	base      uint32 // random time stamp of position 0 (RFC 3550 §5.1)
	seq       uint16
	kept      [keptPackets]outgoing // what was sent, by sequence number
	// known is set once the server has reported on the stream: then it need not be named any more.
	known atomic.Bool

	packets, octets uint32
	last            time.Duration // position of the newest one sent
}

func newStream(t *track, payloader rtp.Payloader, base uint32) *stream {
	return &stream{track: t, rate: int64(t.codec.ClockRate), payloader: payloader, base: base, seq: uint16(rand.Uint32())}
}

// holdsSets reports whether a packet holds parameter sets of H.264 (RFC 6184 §5.2): alone, or those that belong together.
func (s *stream) holdsSets(o *outgoing) bool {
	const sps, pps, together = 7, 8, 24
	if _, ok := s.payloader.(*codecs.H264Payloader); !ok || o.header.Padding || len(o.payload) == 0 {
		return false
	}
	kind := o.payload[0] & 0x1f
	return kind == sps || kind == pps || kind == together
}

// has reports whether the stream has that SSRC.
func (s *stream) has(ssrc uint32) bool {
	b := s.track.bound.Load()
	return b != nil && b.ssrc == ssrc
}

// timestamp is the RTP time of a position on the show's clock.
func (s *stream) timestamp(pts time.Duration) uint32 {
	whole, part := int64(pts/time.Second), int64(pts%time.Second)
	return s.base + uint32(whole*s.rate+part*s.rate/int64(time.Second))
}

// outgoing is an RTP packet on its way.
type outgoing struct {
	header  rtp.Header
	payload []byte
	pts     time.Duration
	// transport is its number among the packets of all streams, if the server agreed to numbers.
	transport uint16
	numbered  bool
	// answered is until when requests for it are those that were answered already.
	answered time.Duration
}

// size is what the packet takes on the wire, in bytes.
func (o *outgoing) size() int { return o.header.MarshalSize() + len(o.payload) + overhead }

// packetize splits a packet to RTP packets; the last one carries the marker of video. Padding introduces a layer of
// simulcast, because servers built on pion spend the first packets of an unknown SSRC on finding out what it is.
func (s *stream) packetize(p *frame.Packet, marker bool) []outgoing {
	// Packets of one size are protected by shards of that size: with a short one at the end, shards would be for air.
	parts := (len(p.Data) + maxPayload - 1) / maxPayload
	payloads := s.payloader.Payload(uint16(min(len(p.Data)/max(parts, 1)+splitSlack, maxPayload)), p.Data)
	out := make([]outgoing, 0, introduction+len(payloads))
	if s.track.rid != "" && s.packets == 0 {
		for range introduction {
			out = append(out, s.padding(p.PTS))
		}
	}
	ts := s.timestamp(p.PTS)
	for i, b := range payloads {
		out = append(out, outgoing{
			header:  rtp.Header{Version: rtpVersion, Marker: marker && i == len(payloads)-1, SequenceNumber: s.seq, Timestamp: ts},
			payload: b, pts: p.PTS,
		})
		s.seq++
	}
	return out
}

// padding is a packet without content at a position on the show's clock (RFC 3550 §5.1).
func (s *stream) padding(pts time.Duration) outgoing {
	o := outgoing{
		header:  rtp.Header{Version: rtpVersion, Padding: true, SequenceNumber: s.seq, Timestamp: s.timestamp(pts)},
		payload: make([]byte, mostPadding), pts: pts,
	}
	o.payload[mostPadding-1] = mostPadding
	s.seq++
	return o
}

// write names and numbers a packet as agreed, keeps it, sends it, and reports whether it went out. Before the connection
// stands and after it ended nothing does.
func (s *stream) write(o *outgoing) bool {
	b := s.track.bound.Load()
	if b == nil {
		return false
	}
	o.header.SSRC, o.header.PayloadType = b.ssrc, b.payloadType
	b.extend(&o.header, s.track.rid, o.transport, !s.known.Load())
	o.numbered = b.transport > 0
	s.kept[o.header.SequenceNumber%keptPackets] = *o
	if _, err := b.out.WriteRTP(&o.header, o.payload); err != nil {
		return false
	}
	s.packets++
	s.octets += uint32(len(o.payload))
	s.last = o.pts
	return true
}

// rewrite sends a packet again as it was.
func (s *stream) rewrite(o *outgoing) bool {
	b := s.track.bound.Load()
	if b == nil {
		return false
	}
	_, err := b.out.WriteRTP(&o.header, o.payload)
	return err == nil
}

// report says which NTP time belongs to which RTP time (RFC 3550 §6.4.1); nil before the first packet.
func (s *stream) report(pts time.Duration, ntp uint64) []rtcp.Packet {
	b := s.track.bound.Load()
	if b == nil || s.packets == 0 {
		return nil
	}
	return []rtcp.Packet{
		&rtcp.SenderReport{SSRC: b.ssrc, NTPTime: ntp, RTPTime: s.timestamp(pts), PacketCount: s.packets, OctetCount: s.octets},
		&rtcp.SourceDescription{Chunks: []rtcp.SourceDescriptionChunk{{
			Source: b.ssrc, Items: []rtcp.SourceDescriptionItem{{Type: rtcp.SDESCNAME, Text: streamID}},
		}}},
	}
}

// ntpTime is t in NTP's 32.32 bit format (RFC 5905 §6).
func ntpTime(t time.Time) uint64 {
	const from1900to1970 = 2208988800
	sec := uint64(t.Unix() + from1900to1970)
	return sec<<32 | uint64(t.Nanosecond())<<32/uint64(time.Second)
}
