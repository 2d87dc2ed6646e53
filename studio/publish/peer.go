package publish

import (
	"fmt"
	"net"
	"net/url"
	"time"

	"github.com/pion/dtls/v2"
	"github.com/pion/ice/v2"
	"github.com/pion/interceptor"
	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v3"

	"vitrine/capture/frame"
)

// dtlsRetransmission is short because a handshake that loses a packet waits for it: with the default of a second, three of
// five joins at 70 % loss took longer than 20 s, with 50 ms nearly all took less than 2.
const dtlsRetransmission = 50 * time.Millisecond

// pathTimes says when a path counts as broken.
type pathTimes struct {
	// A path is called broken after disconnected without a packet from the server and given up after failed; the server's
	// answers to our keep-alives count, and those are asked for when nothing else comes.
	disconnected, failed, keepAlive time.Duration
	// heal is how long an ICE restart may take.
	heal time.Duration
}

// usualPathTimes has a studio back on a restarted server before its viewers look for the show (STALL in the page's player).
// The keep-alive is also how often pion looks at the path.
func usualPathTimes() pathTimes {
	return pathTimes{disconnected: 1750 * time.Millisecond, failed: 5 * time.Second, keepAlive: 250 * time.Millisecond, heal: 2 * time.Second}
}

// opusCodec is what the offer says about sound (RFC 7587). Lost sound is asked for again where the server does that.
func opusCodec() webrtc.RTPCodecParameters {
	return webrtc.RTPCodecParameters{
		RTPCodecCapability: webrtc.RTPCodecCapability{
			MimeType: webrtc.MimeTypeOpus, ClockRate: frame.SampleRate, Channels: 2,
			SDPFmtpLine:  "minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1",
			RTCPFeedback: []webrtc.RTCPFeedback{{Type: "nack"}, {Type: "transport-cc"}},
		},
		PayloadType: 111,
	}
}

// videoCodec is what the offer says about a picture codec, and its way into RTP (RFC 6184, RFC 7741).
func videoCodec(c frame.Codec) (webrtc.RTPCodecParameters, rtp.Payloader, error) {
	p := webrtc.RTPCodecParameters{
		RTPCodecCapability: webrtc.RTPCodecCapability{
			ClockRate: 90000,
			RTCPFeedback: []webrtc.RTCPFeedback{
				{Type: "nack"}, {Type: "nack", Parameter: "pli"}, {Type: "ccm", Parameter: "fir"}, {Type: "ccm", Parameter: "pause"}, {Type: "transport-cc"},
			},
		},
	}
	switch c {
	case frame.H264:
		p.MimeType, p.PayloadType = webrtc.MimeTypeH264, 102
		p.SDPFmtpLine = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"
		return p, &codecs.H264Payloader{}, nil
	case frame.VP8:
		// No picture IDs: they would have to go on over reconnects and take-overs, and receivers do without them.
		p.MimeType, p.PayloadType = webrtc.MimeTypeVP8, 96
		return p, &codecs.VP8Payloader{}, nil
	default:
		return p, nil, fmt.Errorf("cannot publish video codec %q", c)
	}
}

// repairedURI names the layer that a repair packet repairs (RFC 8852 §4.2). Servers that take simulcast look for it.
const repairedURI = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"

// newAPI sets pion up for one connection: codecs, header extensions, and nothing else. Answers to NACKs, congestion control and
// sender reports are our own: pion's reports take the moment of sending for the moment of capture, which parts sound and
// picture by their encoders' delays.
func newAPI(tracks []*track, paths pathTimes, loopback bool) (*webrtc.API, error) {
	m := &webrtc.MediaEngine{}
	for _, t := range tracks {
		if err := m.RegisterCodec(t.codec, t.Kind()); err != nil {
			return nil, fmt.Errorf("register %s: %w", t.codec.MimeType, err)
		}
		uris := []string{sdp.TransportCCURI}
		if t.rid != "" {
			uris = append(uris, sdp.SDESMidURI, sdp.SDESRTPStreamIDURI, repairedURI)
		}
		for _, uri := range uris {
			if err := m.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: uri}, t.Kind()); err != nil {
				return nil, fmt.Errorf("register %s: %w", uri, err)
			}
		}
	}
	e := settings(paths, loopback)
	return webrtc.NewAPI(webrtc.WithMediaEngine(m), webrtc.WithInterceptorRegistry(&interceptor.Registry{}), webrtc.WithSettingEngine(e)), nil
}

// settings are what every connection has in common.
func settings(paths pathTimes, loopback bool) (e webrtc.SettingEngine) {
	e.SetSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AES128_CM_HMAC_SHA1_80)
	e.SetDTLSRetransmissionInterval(dtlsRetransmission)
	e.SetICETimeouts(paths.disconnected, paths.failed, paths.keepAlive)
	e.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	e.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6})
	e.SetIncludeLoopbackCandidate(loopback)
	return e
}

// isLoopback reports whether the server runs on this machine, where the loopback interface may be the only path.
func isLoopback(u *url.URL) bool {
	host := u.Hostname()
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
