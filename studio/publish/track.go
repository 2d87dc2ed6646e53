package publish

import (
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/pion/webrtc/v3"
)

// track hands the sender the way out that pion negotiated. pion's own tracks make the time stamps and the numbers
// themselves; here the sender does, from the show's clock.
type track struct {
	codec webrtc.RTPCodecParameters
	id    string
	bound atomic.Pointer[binding]
}

// binding is what pion agreed with the server.
type binding struct {
	ssrc        uint32
	payloadType uint8
	out         webrtc.TrackLocalWriter
}

const streamID = "vitrine"

// Bind implements webrtc.TrackLocal; pion calls it when the connection stands.
func (t *track) Bind(c webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	for _, p := range c.CodecParameters() {
		if strings.EqualFold(p.MimeType, t.codec.MimeType) {
			t.bound.Store(&binding{ssrc: uint32(c.SSRC()), payloadType: uint8(p.PayloadType), out: c.WriteStream()})
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

// RID implements webrtc.TrackLocal; there is no simulcast.
func (t *track) RID() string { return "" }

// StreamID implements webrtc.TrackLocal. Sound and picture share it, which tells receivers to play them in step.
func (t *track) StreamID() string { return streamID }

// Kind implements webrtc.TrackLocal.
func (t *track) Kind() webrtc.RTPCodecType {
	if strings.HasPrefix(t.codec.MimeType, "audio/") {
		return webrtc.RTPCodecTypeAudio
	}
	return webrtc.RTPCodecTypeVideo
}
