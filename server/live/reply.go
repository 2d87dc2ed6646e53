package live

import (
	"fmt"
	mathrand "math/rand/v2"
	"strings"
)

// URIs of the header extensions that we send.
const transportSequence = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"

// reply is what a viewer's session agrees to, a track or nil for each section of the offer.
type reply struct {
	offer       *offer
	local       credentials
	fingerprint string
	show        string
	tracks      map[*section]*DownTrack
}

// write makes the answer (RFC 8829 §5.3), without candidates.
func (r *reply) write() string {
	o := r.offer
	var b strings.Builder
	line := func(format string, a ...any) { fmt.Fprintf(&b, format+"\r\n", a...) }
	line("v=0")
	line("o=- %d 1 IN IP4 0.0.0.0", sessionNumber())
	line("s=-")
	line("t=0 0")
	line("a=group:BUNDLE %s", strings.Join(r.bundle(), " "))
	line("a=msid-semantic:WMS *")
	line("a=ice-lite")
	for _, s := range o.sections {
		r.section(line, s)
	}
	return b.String()
}

// transportSequence is the id of the transport-wide sequence number in a section, 0 if it is not agreed upon. It is for the
// picture with retransmissions of their own stream only (see head).
func (r *reply) transportSequence(s *section) uint8 {
	if d := r.tracks[s]; d == nil || d.repeat.Payload == 0 {
		return 0
	}
	return s.extensions[transportSequence]
}

// bundle lists the sections that are not refused.
func (r *reply) bundle() (mids []string) {
	for _, s := range r.offer.sections {
		if s.kind == application || len(r.formats(s)) > 0 {
			mids = append(mids, s.mid)
		}
	}
	return mids
}

// formats lists what the section is answered with: the codec of its track, and what repeats it; for a section that is
// to rest, any codec that we carry.
func (r *reply) formats(s *section) []Codec {
	if d := r.tracks[s]; d != nil {
		return d.formats()
	}
	for _, c := range s.codecs {
		if c.carried() {
			return []Codec{c}
		}
	}
	return nil
}

func (r *reply) section(line func(string, ...any), s *section) {
	if s.kind == application {
		line("m=application 9 UDP/DTLS/SCTP %s", dataFormat)
		r.transport(line, s)
		line("a=sctp-port:5000")
		line("a=max-message-size:%d", maxAsk)
		return
	}
	formats := r.formats(s)
	if len(formats) == 0 {
		line("m=%s 0 UDP/TLS/RTP/SAVPF %s", s.kind, strings.Join(s.formats, " "))
		line("c=IN IP4 0.0.0.0")
		line("a=mid:%s", s.mid)
		line("a=inactive")
		return
	}
	m := "m=" + s.kind + " 9 UDP/TLS/RTP/SAVPF"
	for _, c := range formats {
		m += fmt.Sprintf(" %d", c.Payload)
	}
	line("%s", m)
	r.transport(line, s)
	line("a=rtcp-mux")
	line("a=rtcp-rsize")
	for _, c := range formats {
		writeCodec(line, c, s)
	}
	d := r.tracks[s]
	if d == nil {
		line("a=inactive")
		return
	}
	if id := r.transportSequence(s); id != 0 {
		line("a=extmap:%d %s", id, transportSequence)
	}
	line("a=sendonly")
	line("a=msid:%s %s", r.show, s.kind)
	if d.repeat.Payload != 0 {
		line("a=ssrc-group:FID %d %d", d.ssrc, d.repeatSSRC)
	}
	line("a=ssrc:%d cname:%s", d.ssrc, r.show) // first: browsers take the first for the one of the media
	if d.repeat.Payload != 0 {
		line("a=ssrc:%d cname:%s", d.repeatSSRC, r.show)
	}
}

// transport writes what all sections of the bundle say about their connection.
func (r *reply) transport(line func(string, ...any), s *section) {
	line("c=IN IP4 0.0.0.0")
	line("a=mid:%s", s.mid)
	line("a=ice-ufrag:%s", r.local.ufrag)
	line("a=ice-pwd:%s", r.local.pwd)
	line("a=fingerprint:%s", r.fingerprint)
	line("a=setup:%s", map[bool]string{true: "active", false: "passive"}[r.offer.passive])
}

// writeCodec writes what is agreed upon about a format.
func writeCodec(line func(string, ...any), c Codec, s *section) {
	rate := fmt.Sprint(c.ClockRate)
	if c.Channels > 1 {
		rate += fmt.Sprintf("/%d", c.Channels)
	}
	line("a=rtpmap:%d %s/%s", c.Payload, c.Name(), rate)
	if c.Format != "" {
		line("a=fmtp:%d %s", c.Payload, c.Format)
	}
	for _, f := range understood {
		if s.feeds(&c, f) {
			line("a=rtcp-fb:%d %s", c.Payload, f)
		}
	}
}

// understood is the feedback that we act upon.
var understood = []string{"nack", "nack pli", "ccm fir", "transport-cc"}

// sessionNumber is what names a description for ever (RFC 8866 §5.2).
func sessionNumber() uint64 { return mathrand.Uint64() >> 2 }
