package live

import (
	"strconv"
	"strings"

	"github.com/pion/webrtc/v3"
)

// Codec is one coding as an offer lists it.
type Codec struct {
	MimeType  string // "audio/opus", "video/H264", "video/VP8"
	ClockRate uint32 // ticks a second
	Channels  uint16 // 0 for video
	Format    string // format parameters (a=fmtp), as offered
	Payload   uint8  // payload type, as offered
}

// Video reports whether the codec is one of pictures.
func (c Codec) Video() bool { return strings.HasPrefix(c.MimeType, "video/") }

// Name is the codec's name without its kind.
func (c Codec) Name() string {
	_, name, _ := strings.Cut(c.MimeType, "/")
	return name
}

// Is compares media types, which ignore case.
func (c Codec) Is(mimeType string) bool { return strings.EqualFold(c.MimeType, mimeType) }

// Param returns a format parameter; "" if there is none. Names ignore case.
func (c Codec) Param(name string) string {
	for pair := range strings.SplitSeq(c.Format, ";") {
		if k, v, _ := strings.Cut(strings.TrimSpace(pair), "="); strings.EqualFold(k, name) {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

// isPayload reports whether pt is the codec's payload type, as SDP writes it.
func (c Codec) isPayload(pt string) bool { return pt == strconv.Itoa(int(c.Payload)) }

// with appends a format parameter if it is not set.
func (c Codec) with(name, value string) Codec {
	if c.Param(name) == "" {
		if c.Format != "" {
			c.Format += ";"
		}
		c.Format += name + "=" + value
	}
	return c
}

// carried reports whether the stage forwards the codec: Opus (RFC 7587), VP8 (RFC 7741), and H.264 in the only packetization
// mode that all browsers take (RFC 6184 §5.4, non-interleaved).
func (c Codec) carried() bool {
	switch {
	case c.Is(webrtc.MimeTypeOpus):
		return c.ClockRate == 48000
	case c.Is(webrtc.MimeTypeVP8):
		return c.ClockRate == 90000
	case c.Is(webrtc.MimeTypeH264):
		return c.ClockRate == 90000 && c.Param("packetization-mode") == "1"
	}
	return false
}

// same reports whether a receiver that offers b can be sent a. H.264 profiles are left out: browsers decode more than they
// offer, and publishers send less than they declare.
func same(a, b Codec) bool {
	return a.carried() && b.carried() && a.Is(b.MimeType)
}

// profile is the profile part of H.264's profile-level-id (RFC 6184 §8.1), without the level.
func (c Codec) profile() string {
	id := strings.ToLower(c.Param("profile-level-id"))
	return id[:min(len(id), 4)]
}

// pick chooses from what a viewer offers the codec to send what the publisher sends: its profile if offered, else
// constrained baseline, baseline, or any.
func pick(published Codec, offered []Codec) (Codec, bool) {
	best, rank := Codec{}, 0
	for _, c := range offered {
		if !same(published, c) {
			continue
		}
		r := 1
		switch c.profile() {
		case published.profile():
			r = 4
		case "42e0":
			r = 3
		case "4200":
			r = 2
		}
		if r > rank {
			best, rank = c, r
		}
	}
	return best, rank > 0
}

func (c Codec) parameters(feedback []webrtc.RTCPFeedback) webrtc.RTPCodecParameters {
	return webrtc.RTPCodecParameters{
		PayloadType: webrtc.PayloadType(c.Payload),
		RTPCodecCapability: webrtc.RTPCodecCapability{
			MimeType: c.MimeType, ClockRate: c.ClockRate, Channels: c.Channels, SDPFmtpLine: c.Format, RTCPFeedback: feedback,
		},
	}
}
