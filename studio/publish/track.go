package publish

import (
	"encoding/binary"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/pion/interceptor"
	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v3"
)

// track hands the sender the way out that pion negotiated. pion's own tracks make the time stamps and the numbers
// themselves; here the sender does, from the show's clock.
type track struct {
	codec webrtc.RTPCodecParameters
	id    string
	// rid names the layer of simulcast (RFC 8851); "" without.
	rid   string
	bound atomic.Pointer[binding]
	// ready is closed when the track is bound for the first time.
	ready chan struct{}
	once  sync.Once
	// section is the mid of the section that describes the track; asked for when the connection stands.
	section func() string
}

// binding is what pion agreed with the server.
type binding struct {
	ssrc        uint32
	payloadType uint8
	out         webrtc.TrackLocalWriter
	// control reads what the server says about the track. pion's own way to it races with the end of the connection.
	control interceptor.RTCPReader
	// Numbers of the header extensions agreed on (RFC 8285), 0 for none: the section and the layer a packet belongs to, and its
	// place among the packets of all streams.
	mid, rid, transport uint8
	section             string
}

// extend writes the extensions into a header. The names tell the server what an SSRC it has not seen is; once it knows, they
// are left out.
func (b *binding) extend(h *rtp.Header, rid string, number uint16, named bool) {
	set := func(id uint8, value []byte) {
		if id > 0 && len(value) > 0 {
			_ = h.SetExtension(id, value) // fails only for values that one byte cannot count
		}
	}
	set(b.transport, binary.BigEndian.AppendUint16(nil, number))
	if named && rid != "" {
		set(b.mid, []byte(b.section))
		set(b.rid, []byte(rid))
	}
}

func newTrack(codec webrtc.RTPCodecParameters, id, rid string) *track {
	return &track{codec: codec, id: id, rid: rid, ready: make(chan struct{})}
}

const streamID = "vitrine"

// Bind implements webrtc.TrackLocal; pion calls it when the connection stands.
func (t *track) Bind(c webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	for _, p := range c.CodecParameters() {
		if strings.EqualFold(p.MimeType, t.codec.MimeType) {
			b := &binding{ssrc: uint32(c.SSRC()), payloadType: uint8(p.PayloadType), out: c.WriteStream(), control: c.RTCPReader()}
			for _, e := range c.HeaderExtensions() {
				switch e.URI {
				case sdp.SDESMidURI:
					b.mid, b.section = uint8(e.ID), t.section()
				case sdp.SDESRTPStreamIDURI:
					b.rid = uint8(e.ID)
				case sdp.TransportCCURI:
					b.transport = uint8(e.ID)
				}
			}
			t.bound.Store(b)
			t.once.Do(func() { close(t.ready) })
			return p, nil
		}
	}
	return webrtc.RTPCodecParameters{}, fmt.Errorf("bind %s: %w", t.codec.MimeType, webrtc.ErrUnsupportedCodec)
}

// Unbind implements webrtc.TrackLocal.
func (t *track) Unbind(webrtc.TrackLocalContext) error {
	t.bound.Store(nil)
	return nil
}

// ID implements webrtc.TrackLocal.
func (t *track) ID() string { return t.id }

// RID implements webrtc.TrackLocal.
func (t *track) RID() string { return t.rid }

// StreamID implements webrtc.TrackLocal. Sound and picture share it, which tells receivers to play them in step.
func (t *track) StreamID() string { return streamID }

// Kind implements webrtc.TrackLocal.
func (t *track) Kind() webrtc.RTPCodecType {
	if strings.HasPrefix(t.codec.MimeType, "audio/") {
		return webrtc.RTPCodecTypeAudio
	}
	return webrtc.RTPCodecTypeVideo
}
