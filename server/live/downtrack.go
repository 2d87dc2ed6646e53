package live

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v3"
)

const (
	// keyPatience is how long after a viewer's PLI we wait for the publisher's key frame before the cached one is sent again;
	// a publisher such as OBS never answers.
	keyPatience = 600 * time.Millisecond
	// longGroup is the length of the cached frames, in seconds, from which a newcomer makes us ask for a key frame, so that
	// those who join after it start quicker.
	longGroup = 1
	// resendsPerSecond bounds what one viewer may have us send again.
	resendsPerSecond = 2000
)

// phase is how far a DownTrack has come.
type phase int

const (
	waiting  phase = iota // for a key frame, or nothing sent yet
	bursting              // sending from the cache, cursor is the next index
	flowing               // sending what comes
)

// rtpWriter and rtcpWriter are what a DownTrack needs of its connection. Writes must not block for long.
type (
	rtpWriter interface {
		WriteRTP(h *rtp.Header, payload []byte) (int, error)
	}
	rtcpWriter interface {
		WriteRTCP([]rtcp.Packet) error
	}
)

// DownTrack is one track on its way to one viewer. As webrtc.TrackLocal it is bound while the answer is made; then it
// belongs to the lane it is attached to.
type DownTrack struct {
	codec   Codec
	show    string
	up      *UpTrack
	reports rtcpWriter

	writer rtpWriter // set by Bind, before the lane knows the track
	header rtp.Header

	forwarder *Forwarder
	phase     phase
	cursor    int64
	seen      uint64 // arrivals up to this one were sent by the burst
	packets   uint32 // sender's packet and octet count (RFC 3550 §6.4.1)
	octets    uint32
	resends   int // left in this second
	reportDue bool
	askedAt   time.Time // of the viewer's first PLI since a key frame was sent
}

func newDownTrack(c Codec, show string, up *UpTrack, reports rtcpWriter) *DownTrack {
	return &DownTrack{
		codec: c, show: show, up: up, reports: reports, resends: resendsPerSecond,
		forwarder: newForwarder(c.Video(), c.ClockRate, uint16(rand.Uint32())),
	}
}

// Bind implements webrtc.TrackLocal: it takes the payload type that the viewer gave to our codec.
func (d *DownTrack) Bind(c webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	for _, p := range c.CodecParameters() {
		if d.codec.Is(p.MimeType) {
			d.writer = c.WriteStream()
			d.header = rtp.Header{Version: 2, PayloadType: uint8(p.PayloadType), SSRC: uint32(c.SSRC())}
			return p, nil
		}
	}
	return webrtc.RTPCodecParameters{}, fmt.Errorf("bind %s: %w", d.codec.Name(), webrtc.ErrUnsupportedCodec)
}

// Unbind implements webrtc.TrackLocal. The lane has let the track go before its connection is closed.
func (d *DownTrack) Unbind(webrtc.TrackLocalContext) error { return nil }

// ID implements webrtc.TrackLocal.
func (d *DownTrack) ID() string { return d.Kind().String() }

// RID implements webrtc.TrackLocal.
func (d *DownTrack) RID() string { return "" }

// StreamID implements webrtc.TrackLocal. Tracks of one stream are played in sync.
func (d *DownTrack) StreamID() string { return d.show }

// Kind implements webrtc.TrackLocal.
func (d *DownTrack) Kind() webrtc.RTPCodecType {
	if d.codec.Video() {
		return webrtc.RTPCodecTypeVideo
	}
	return webrtc.RTPCodecTypeAudio
}

// start begins a newcomer's stream: with the cached key frame if there is one.
func (d *DownTrack) start(now time.Time) {
	if !d.codec.Video() {
		d.phase = flowing
		return
	}
	key, newest := d.up.cache.Key()
	if key == nil {
		d.up.RequestKey(now)
		return
	}
	d.burst(key, newest, now)
	if int32(newest.Time-key.Time) > longGroup*int32(d.codec.ClockRate) {
		d.up.RequestKey(now)
	}
}

func (d *DownTrack) burst(key, newest *Packet, now time.Time) {
	d.forwarder.Burst(key, newest, now)
	d.phase, d.cursor = bursting, key.Index
}

// pump sends up to n packets of the burst, using room for the list of them, and returns how many it sent.
func (d *DownTrack) pump(n int, room []*Packet, now time.Time) (packets, bytes int) {
	if key, newest := d.up.cache.Key(); key != nil && key.Index > d.cursor {
		d.burst(key, newest, now) // a newer key frame came: what lies before it needs no sending
	}
	list, next, seen, done := d.up.cache.From(d.cursor, n, room)
	for _, p := range list {
		k, b := d.send(p, now)
		packets, bytes = packets+k, bytes+b
	}
	d.cursor = next
	if done {
		d.phase, d.seen = flowing, seen
	}
	return packets, bytes
}

// recover goes on after packets for this track were lost on the way to its lane: at a key frame that is newer than all it
// got, or at the next one.
func (d *DownTrack) recover(now time.Time) {
	if d.phase != flowing {
		return // a burst reads the cache, where nothing is lost
	}
	d.forwarder.Break()
	d.phase = waiting
	key, newest := d.up.cache.Key()
	if key != nil && !d.forwarder.Passed(key) {
		d.burst(key, newest, now)
		return
	}
	d.up.RequestKey(now)
}

// offer sends a packet as it comes, unless the burst has to come first or has sent it.
func (d *DownTrack) offer(p *Packet, now time.Time) (packets, bytes int) {
	if d.phase == bursting || p.Arrival <= d.seen {
		return 0, 0
	}
	packets, bytes = d.send(p, now)
	if packets > 0 {
		d.phase = flowing
	}
	return packets, bytes
}

func (d *DownTrack) send(p *Packet, now time.Time) (packets, bytes int) {
	h, opens, ok := d.forwarder.Forward(p, now)
	if !ok {
		return 0, 0
	}
	if opens {
		d.askedAt, d.reportDue = time.Time{}, true
		if p.Parameters != nil {
			d.write(Header{h.Sequence - 1, h.Time}, p, true)
		}
	}
	return 1, d.write(h, p, false)
}

// write sends the packet, or its Parameters, under the header. Errors mean that the connection is going away, which its
// owner learns by itself.
func (d *DownTrack) write(h Header, p *Packet, sets bool) (bytes int) {
	payload := p.Payload
	d.header.SequenceNumber, d.header.Timestamp = h.Sequence, h.Time
	d.header.Marker, d.header.Padding = p.Marker, p.Padding
	if sets {
		payload, d.header.Marker, d.header.Padding = p.Parameters, false, false
	}
	_, _ = d.writer.WriteRTP(&d.header, payload)
	d.packets++
	d.octets += uint32(len(payload))
	return len(payload) + d.header.MarshalSize()
}

// resend answers a NACK (RFC 4585 §6.2.1) for one packet from the cache and reports whether it could.
func (d *DownTrack) resend(sequence uint16) bool {
	o, ok := d.forwarder.Lookup(sequence)
	if !ok || d.resends == 0 {
		return false
	}
	p := d.up.cache.Get(o.Index)
	if p == nil {
		return false
	}
	d.resends--
	d.write(o.Header(p), p, o.Sets)
	return true
}

// keyWanted handles a viewer's PLI or FIR. The publisher is asked first; if it does not answer, the cached key frame and what
// follows is sent again.
func (d *DownTrack) keyWanted(now time.Time) {
	d.up.RequestKey(now)
	switch {
	case d.phase != flowing:
	case d.askedAt.IsZero():
		d.askedAt = now
	case now.Sub(d.askedAt) > keyPatience:
		if key, newest := d.up.cache.Key(); key != nil {
			d.askedAt = time.Time{}
			d.burst(key, newest, now)
		}
	}
}

// report sends a sender report (RFC 3550 §6.4.1) made from the publisher's, so that the viewer plays sound and picture in
// the publisher's time. It does nothing before the first packet.
func (d *DownTrack) report(now time.Time) {
	c := d.up.clock.Load()
	if c == nil {
		return
	}
	offset, ok := d.forwarder.Offset(c.epoch)
	if !ok {
		return
	}
	ntp, ticks := c.read(now)
	d.reportDue = false
	_ = d.reports.WriteRTCP([]rtcp.Packet{&rtcp.SenderReport{
		SSRC: d.header.SSRC, NTPTime: ntp, RTPTime: ticks + offset, PacketCount: d.packets, OctetCount: d.octets,
	}})
}
