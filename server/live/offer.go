package live

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"

	"vitrine/server/wire"
)

// role is what a session does.
type role int

const (
	publishing role = iota
	watching
)

// offer is an SDP offer (RFC 8829, RFC 3264) that was checked and reduced to what the stage uses.
type offer struct {
	text        string // without candidates
	ufrag, pwd  string
	passive     bool   // the peer wants to be the DTLS server
	hash        string // that the fingerprint of the peer's certificate is made with
	fingerprint string
	audio       *section
	video       *section
	data        *section   // the data channel that a viewer would like; nil if the offer has none
	sections    []*section // all, in order
	description sdp.SessionDescription
}

// section is one m= section of an offer.
type section struct {
	kind    string // "audio", "video" or "application"
	mid     string
	active  bool // its direction fits the role: media will flow if a codec is found
	formats []string
	codecs  []Codec
	// feedback lists its a=rtcp-fb lines, rids the simulcast streams that it sends.
	feedback, rids []string
	// extensions are the ids of the RTP header extensions by their URIs, as far as one-byte headers can carry them.
	extensions map[string]uint8
	// largest is the largest picture that it says it sends; zero where it does not say.
	largest Size
}

// application is the kind of a section for data channels, dataFormat its one format (RFC 8841 §4).
const (
	application = "application"
	dataFormat  = "webrtc-datachannel"
)

const (
	maxSections   = 4
	maxCodecs     = 128
	maxAttributes = 1024
)

// readOffer checks an offer. Its errors have code Invalid and say what is wrong with it.
func readOffer(text string, as role) (*offer, error) {
	o := &offer{}
	if err := o.description.UnmarshalString(text); err != nil {
		return nil, wire.Errorf(wire.Invalid, "the body is not a session description: %s", reason(err))
	}
	d := &o.description
	if n := len(d.MediaDescriptions); n == 0 || n > maxSections {
		return nil, wire.Errorf(wire.Invalid, "an offer has 1 to %d media sections; this one has %d", maxSections, n)
	}
	if _, lite := d.Attribute("ice-lite"); lite {
		return nil, wire.Errorf(wire.Invalid, "the offer is ice-lite, and so is this server: nobody would start the connection")
	}
	mids := map[string]bool{}
	for _, m := range d.MediaDescriptions {
		s, err := readSection(m, d.Attributes, as)
		if err != nil {
			return nil, err
		}
		if mids[s.mid] {
			return nil, wire.Errorf(wire.Invalid, "two media sections have the mid %q", s.mid)
		}
		mids[s.mid] = true
		slot := map[string]**section{"audio": &o.audio, "video": &o.video, application: &o.data}[s.kind]
		if *slot != nil {
			return nil, wire.Errorf(wire.Invalid, "the offer has more than one %s section", m.MediaName.Media)
		}
		*slot = s
		o.sections = append(o.sections, s)
	}
	if !o.audio.flows() && !o.video.flows() {
		return nil, wire.Errorf(wire.Invalid, "no media section of the offer has the right direction: %s", map[role]string{
			publishing: "a publisher sends (sendonly)", watching: "a viewer receives (recvonly)",
		}[as])
	}
	return o, o.readTransport()
}

func (s *section) flows() bool { return s != nil && s.active }

// readSection reads one m= section and writes its direction out.
func readSection(m *sdp.MediaDescription, session []sdp.Attribute, as role) (*section, error) {
	if k := m.MediaName.Media; k != "audio" && k != "video" && (k != application || as != watching || !carriesChannels(m)) {
		return nil, wire.Errorf(wire.Invalid, "the server takes audio and video sections, and data channels of viewers; the offer has %q", clip(k))
	}
	if len(m.MediaName.Formats) > maxCodecs || len(m.Attributes) > maxAttributes {
		return nil, wire.Errorf(wire.Invalid, "the offer's %s section lists too many formats or attributes", m.MediaName.Media)
	}
	s := &section{kind: m.MediaName.Media, formats: m.MediaName.Formats}
	s.mid, _ = m.Attribute("mid")
	if s.mid == "" || strings.ContainsAny(s.mid, " \t") {
		return nil, wire.Errorf(wire.Invalid, "the offer's %s section has no mid", m.MediaName.Media)
	}
	direction := readDirection(m, session)
	m.Attributes = append(without(m.Attributes, directions...), sdp.Attribute{Key: direction})
	s.active = s.kind != application && (direction == "sendrecv" || direction == map[role]string{publishing: "sendonly", watching: "recvonly"}[as])
	s.codecs, s.extensions, s.feedback, s.largest = readCodecs(m), readExtensions(m), readFeedback(m), readLargest(m)
	var err error
	s.rids, err = readLayers(m, as)
	return s, err
}

// carriesChannels reports whether the section offers data channels (RFC 8841).
func carriesChannels(m *sdp.MediaDescription) bool {
	_, port := m.Attribute("sctp-port")
	return port && slices.Equal(m.MediaName.Protos, []string{"UDP", "DTLS", "SCTP"}) && slices.Equal(m.MediaName.Formats, []string{dataFormat})
}

// readExtensions lists the header extensions of a section (RFC 8285 §5).
func readExtensions(m *sdp.MediaDescription) map[string]uint8 {
	ids := map[string]uint8{}
	for _, a := range m.Attributes {
		if a.Key != sdp.AttrKeyExtMap {
			continue
		}
		number, uri, _ := strings.Cut(a.Value, " ")
		number, _, _ = strings.Cut(number, "/")
		uri, _, _ = strings.Cut(uri, " ")
		if id, err := strconv.ParseUint(number, 10, 8); err == nil && id >= 1 && id <= 14 {
			ids[uri] = uint8(id)
		}
	}
	return ids
}

var directions = []string{"sendrecv", "sendonly", "recvonly", "inactive"}

// readDirection returns the direction of a section: its own, else the session's, else sendrecv (RFC 8866 §6.7).
func readDirection(m *sdp.MediaDescription, session []sdp.Attribute) string {
	for _, list := range [][]sdp.Attribute{m.Attributes, session} {
		for _, a := range list {
			if slices.Contains(directions, a.Key) {
				return a.Key
			}
		}
	}
	return "sendrecv"
}

// readCodecs lists a section's formats in its order of preference. Formats without a readable a=rtpmap are left out.
func readCodecs(m *sdp.MediaDescription) (codecs []Codec) {
	maps, formats := map[string]string{}, map[string]string{}
	for _, a := range m.Attributes {
		pt, rest, _ := strings.Cut(a.Value, " ")
		switch a.Key {
		case "rtpmap":
			maps[pt] = rest
		case "fmtp":
			formats[pt] = rest
		}
	}
	for _, pt := range m.MediaName.Formats {
		n, err := strconv.ParseUint(pt, 10, 7)
		name, rate, _ := strings.Cut(strings.TrimSpace(maps[pt]), "/")
		rate, channels, _ := strings.Cut(rate, "/")
		ticks, rateErr := strconv.ParseUint(rate, 10, 32)
		if err != nil || rateErr != nil || name == "" {
			continue
		}
		count, _ := strconv.ParseUint(channels, 10, 16)
		codecs = append(codecs, Codec{
			MimeType: m.MediaName.Media + "/" + name, ClockRate: uint32(ticks), Channels: uint16(count),
			Format: strings.TrimSpace(formats[pt]), Payload: uint8(n),
		})
	}
	return codecs
}

// readTransport checks what ICE and DTLS need, and leaves the candidates away.
func (o *offer) readTransport() error {
	d := &o.description
	o.ufrag, o.pwd = o.attribute("ice-ufrag"), o.attribute("ice-pwd")
	if err := checkCredentials(o.ufrag, o.pwd); err != nil {
		return err
	}
	kind, value, _ := strings.Cut(o.attribute("fingerprint"), " ")
	if kind == "" || len(value) < 2*20 {
		return wire.Errorf(wire.Invalid, "the offer has no DTLS fingerprint")
	}
	o.hash, o.fingerprint = strings.ToLower(kind), strings.TrimSpace(value)
	switch s := o.attribute("setup"); s {
	case "actpass", "active":
	case "passive":
		o.passive = true
	default:
		return wire.Errorf(wire.Invalid, "the offer's setup is %q; it must be actpass, active or passive", clip(s))
	}
	for _, m := range d.MediaDescriptions {
		m.Attributes = without(m.Attributes, "candidate", "end-of-candidates", "remote-candidates")
	}
	text, err := d.Marshal()
	if err != nil {
		return wire.Errorf(wire.Invalid, "the offer cannot be written down again: %s", reason(err))
	}
	o.text = string(text)
	return nil
}

// attribute returns an attribute of the first section, which carries a bundle's transport (RFC 8843), or of the session.
func (o *offer) attribute(key string) string {
	if v, ok := o.description.MediaDescriptions[0].Attribute(key); ok {
		return v
	}
	v, _ := o.description.Attribute(key)
	return v
}

// checkCredentials holds ICE credentials against RFC 8839 §5.4.
func checkCredentials(ufrag, pwd string) error {
	fits := func(s string, least int) bool {
		return len(s) >= least && len(s) <= 256 && !strings.ContainsFunc(s, func(r rune) bool {
			return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && r != '+' && r != '/' && r != '-' && r != '_' && r != '='
		})
	}
	if !fits(ufrag, 4) || !fits(pwd, 22) {
		return wire.Errorf(wire.Invalid, "ice-ufrag must have 4 to 256 characters and ice-pwd 22 to 256, of letters, digits, + and /")
	}
	return nil
}

// restart gives the offer new ICE credentials.
func (o *offer) restart(ufrag, pwd string) error {
	d := &o.description
	d.Attributes = without(d.Attributes, "ice-ufrag", "ice-pwd")
	for _, m := range d.MediaDescriptions {
		m.Attributes = without(m.Attributes, "ice-ufrag", "ice-pwd")
		m.WithICECredentials(ufrag, pwd)
	}
	text, err := d.Marshal()
	if err != nil {
		return wire.Errorf(wire.Invalid, "the offer cannot be written down again: %s", reason(err))
	}
	o.ufrag, o.pwd, o.text = ufrag, pwd, string(text)
	return nil
}

func without(attributes []sdp.Attribute, keys ...string) []sdp.Attribute {
	kept := make([]sdp.Attribute, 0, len(attributes))
next:
	for _, a := range attributes {
		for _, k := range keys {
			if a.Key == k {
				continue next
			}
		}
		kept = append(kept, a)
	}
	return kept
}

// clip shortens what a stranger sent, for an error text.
func clip(s string) string { return s[:min(len(s), 40)] }

// reason is an error's text, short and in one line.
func reason(err error) string {
	s := strings.Join(strings.Fields(strings.ToValidUTF8(err.Error(), "?")), " ")
	return s[:min(len(s), 200)]
}
