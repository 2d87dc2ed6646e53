package publish

import (
	"math/rand/v2"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"vitrine/capture/frame"
)

const (
	// maxPayload keeps an RTP packet at 1,200 bytes, which fits every path after SRTP, UDP and IPv6 or a tunnel.
	maxPayload = 1200 - 12
	rtpVersion = 2
)

// stream is one RTP stream (RFC 3550). Its time stamps are positions on the show's clock, so picture and sound that were
// taken together carry the same time however long their encoders took. It belongs to the sender's loop.
type stream struct {
	track     *track
	rate      int64 // of the RTP clock, in Hz
	payloader rtp.Payloader
	base      uint32 // random time stamp of position 0 (RFC 3550 §5.1)
	seq       uint16

	packets, octets uint32
}

func newStream(t *track, payloader rtp.Payloader) *stream {
	return &stream{
		track: t, rate: int64(t.codec.ClockRate), payloader: payloader, base: rand.Uint32(), seq: uint16(rand.Uint32()),
	}
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
}

// packetize splits a packet to RTP packets; the last one carries the marker of video.
func (s *stream) packetize(p *frame.Packet, marker bool) []outgoing {
	payloads := s.payloader.Payload(maxPayload, p.Data)
	out := make([]outgoing, len(payloads))
	ts := s.timestamp(p.PTS)
	for i, b := range payloads {
		out[i] = outgoing{
			header:  rtp.Header{Version: rtpVersion, Marker: marker && i == len(payloads)-1, SequenceNumber: s.seq, Timestamp: ts},
			payload: b,
		}
		s.seq++
	}
	return out
}

// write sends one packet and reports whether it went out. Before the connection stands and after it ended nothing does.
func (s *stream) write(p *outgoing) bool {
	b := s.track.bound.Load()
	if b == nil {
		return false
	}
	p.header.SSRC, p.header.PayloadType = b.ssrc, b.payloadType
	if _, err := b.out.WriteRTP(&p.header, p.payload); err != nil {
		return false
	}
	s.packets++
	s.octets += uint32(len(p.payload))
	return true
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
