package live

import (
	"slices"
	"strings"

	"github.com/pion/sdp/v3"

	"vitrine/server/wire"
)

// maxLayers bounds the sizes in which a publisher may send its picture.
const maxLayers = 4

// readLayers returns the RTP stream identifiers (RFC 8851) of the simulcast streams (RFC 8853) that a section sends, in its
// order, none for a section that sends one stream alone. It leaves in the section only what says so plainly: no alternatives,
// no restrictions, no streams to receive.
func readLayers(m *sdp.MediaDescription, as role) (rids []string, err error) {
	declared, list := map[string]bool{}, ""
	for _, a := range m.Attributes {
		fields := strings.Fields(a.Value)
		switch {
		case a.Key == "rid" && len(fields) > 1 && fields[1] == "send":
			declared[fields[0]] = true
		case a.Key == "simulcast":
			if i := slices.Index(fields, "send"); i >= 0 && i+1 < len(fields) {
				list = fields[i+1]
			}
		}
	}
	m.Attributes = without(m.Attributes, "rid", "simulcast")
	if list == "" || as != publishing || m.MediaName.Media != "video" {
		return nil, nil
	}
	for stream := range strings.SplitSeq(list, ";") {
		first, _, _ := strings.Cut(stream, ",")
		rid := strings.TrimPrefix(first, "~")
		if !declared[rid] || !fitsRID(rid) || slices.Contains(rids, rid) || len(rids) == maxLayers {
			return nil, wire.Errorf(wire.Invalid, "the offer's simulcast lists %q: it must list up to %d streams, each once and with its a=rid", clip(list), maxLayers)
		}
		rids = append(rids, rid)
	}
	writeLayers(m, rids)
	return rids, nil
}

// fitsRID holds a stream identifier against RFC 8852 §3.1 and what fits a one-byte header extension.
func fitsRID(rid string) bool {
	return rid != "" && len(rid) <= 16 && !strings.ContainsFunc(rid, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
}

// writeLayers tells pion of the streams. It wants a=msid with them, and knows their SSRCs by the header extensions alone.
func writeLayers(m *sdp.MediaDescription, rids []string) {
	m.Attributes = without(m.Attributes, "ssrc", "ssrc-group")
	if v, _ := m.Attribute("msid"); len(strings.Split(v, " ")) != 2 {
		m.Attributes = without(m.Attributes, "msid")
		m.WithValueAttribute("msid", "- video")
	}
	for _, rid := range rids {
		m.WithValueAttribute("rid", rid+" send")
	}
	m.WithValueAttribute("simulcast", "send "+strings.Join(rids, ";"))
}

// feeds reports whether the section offers an RTCP feedback (RFC 4585 §4.2) for the codec.
func (s *section) feeds(c *Codec, feedback string) bool {
	for _, line := range s.feedback {
		pt, what, _ := strings.Cut(line, " ")
		if what == feedback && (pt == "*" || c.isPayload(pt)) {
			return true
		}
	}
	return false
}

func readFeedback(m *sdp.MediaDescription) (lines []string) {
	for _, a := range m.Attributes {
		if a.Key == "rtcp-fb" {
			lines = append(lines, strings.Join(strings.Fields(a.Value), " "))
		}
	}
	return lines
}
