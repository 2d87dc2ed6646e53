package publish

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pion/sdp/v3"
)

// credentials are what an ICE restart changes.
type credentials struct{ ufrag, pwd string }

// fragment writes the ICE part of a local description as an SDP fragment (RFC 8840 §9): the credentials and the candidates
// of the first m= section, which carries all of a bundle. Candidates for which skip says true are left out.
func fragment(local string, skip func(candidate string) bool) (text string, candidates int, err error) {
	var d sdp.SessionDescription
	if err := d.UnmarshalString(local); err != nil {
		return "", 0, fmt.Errorf("read own description: %w", err)
	}
	if len(d.MediaDescriptions) == 0 {
		return "", 0, errors.New("own description has no media")
	}
	m := d.MediaDescriptions[0]
	c, err := credentialsOf(&d)
	if err != nil {
		return "", 0, err
	}
	mid, _ := m.Attribute("mid")
	var b strings.Builder
	fmt.Fprintf(&b, "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\n", c.ufrag, c.pwd)
	fmt.Fprintf(&b, "m=%s 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:%s\r\n", m.MediaName.Media, mid)
	for _, a := range m.Attributes {
		switch {
		case a.Key == "candidate" && !skip(a.Value):
			fmt.Fprintf(&b, "a=candidate:%s\r\n", a.Value)
			candidates++
		case a.Key == "end-of-candidates":
			b.WriteString("a=end-of-candidates\r\n")
		}
	}
	return b.String(), candidates, nil
}

// credentialsOf finds the credentials in the session or its first m= section.
func credentialsOf(d *sdp.SessionDescription) (c credentials, err error) {
	find := func(key string) string {
		if v, ok := d.Attribute(key); ok {
			return v
		}
		v, _ := d.MediaDescriptions[0].Attribute(key)
		return v
	}
	c = credentials{find("ice-ufrag"), find("ice-pwd")}
	if c.ufrag == "" || c.pwd == "" {
		return c, errors.New("description without ICE credentials")
	}
	return c, nil
}

// remoteFragment is what a server answers to an ICE restart.
type remoteFragment struct {
	credentials
	candidates []string
}

const maxCandidates = 64

// parseFragment reads an SDP fragment. It needs credentials and takes candidates; everything else is the old answer's.
func parseFragment(text string) (f remoteFragment, err error) {
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if !clean(line) {
			return f, errors.New("fragment with control characters")
		}
		switch {
		case strings.HasPrefix(line, "a=ice-ufrag:") && f.ufrag == "":
			f.ufrag = strings.TrimPrefix(line, "a=ice-ufrag:")
		case strings.HasPrefix(line, "a=ice-pwd:") && f.pwd == "":
			f.pwd = strings.TrimPrefix(line, "a=ice-pwd:")
		case strings.HasPrefix(line, "a=candidate:") && len(f.candidates) < maxCandidates:
			f.candidates = append(f.candidates, strings.TrimPrefix(line, "a=candidate:"))
		}
	}
	if f.ufrag == "" || f.pwd == "" {
		return f, errors.New("fragment without ICE credentials")
	}
	return f, nil
}

func clean(line string) bool {
	return !strings.ContainsFunc(line, func(r rune) bool { return r < ' ' })
}

// restarted is the answer that stands after an ICE restart: everything as it was, with the new credentials and, where the
// server sent some, its new candidates.
func restarted(answer string, f remoteFragment) (string, error) {
	var d sdp.SessionDescription
	if err := d.UnmarshalString(answer); err != nil {
		return "", fmt.Errorf("read the answer: %w", err)
	}
	d.Attributes = without(d.Attributes, "ice-ufrag", "ice-pwd")
	for _, m := range d.MediaDescriptions {
		m.Attributes = without(m.Attributes, "ice-ufrag", "ice-pwd")
		if len(f.candidates) > 0 {
			m.Attributes = without(m.Attributes, "candidate", "end-of-candidates")
		}
		m.WithValueAttribute("ice-ufrag", f.ufrag).WithValueAttribute("ice-pwd", f.pwd)
		for _, c := range f.candidates {
			m.WithValueAttribute("candidate", c)
		}
	}
	out, err := d.Marshal()
	if err != nil {
		return "", fmt.Errorf("write the answer: %w", err)
	}
	return string(out), nil
}

func without(attributes []sdp.Attribute, keys ...string) (kept []sdp.Attribute) {
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

// oneSource is an offer that names the SSRC of the first layer only. pion names all, which servers that do not know rids take
// for three pictures, or for a description of the old plan B; those that do know them need no SSRC.
func oneSource(offer string) (string, error) {
	var d sdp.SessionDescription
	if err := d.UnmarshalString(offer); err != nil {
		return "", fmt.Errorf("read own description: %w", err)
	}
	for _, m := range d.MediaDescriptions {
		var first string
		named := false
		m.Attributes = slices.DeleteFunc(m.Attributes, func(a sdp.Attribute) bool {
			switch a.Key {
			case "ssrc":
				ssrc, _, _ := strings.Cut(a.Value, " ")
				if first == "" {
					first = ssrc
				}
				return ssrc != first
			case "msid":
				again := named
				named = true
				return again
			}
			return false
		})
	}
	out, err := d.Marshal()
	if err != nil {
		return "", fmt.Errorf("write own description: %w", err)
	}
	return string(out), nil
}

// errHalfSimulcast says that a server answered simulcast without the extensions that tell layers apart: it would find no
// picture at all.
var errHalfSimulcast = errors.New("the server takes layers but cannot tell them apart")

// takenLayers reads which of the rids offered the answer takes, and whether as paused (RFC 8853 §5.2); none if the server
// takes a single stream.
func takenLayers(answer string) (taken map[string]bool, err error) {
	var d sdp.SessionDescription
	if err := d.UnmarshalString(answer); err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	for _, m := range d.MediaDescriptions {
		value, _ := m.Attribute("simulcast")
		fields := strings.Fields(value)
		for i := 0; i+1 < len(fields); i += 2 {
			if fields[i] != "recv" {
				continue
			}
			taken = map[string]bool{}
			for stream := range strings.SplitSeq(fields[i+1], ";") {
				rid, _, _ := strings.Cut(stream, ",") // the first of alternatives
				name, paused := strings.CutPrefix(rid, "~")
				taken[name] = paused
			}
			if !hasExtension(m, sdp.SDESMidURI) || !hasExtension(m, sdp.SDESRTPStreamIDURI) {
				return nil, errHalfSimulcast
			}
		}
	}
	return taken, nil
}

func hasExtension(m *sdp.MediaDescription, uri string) bool {
	for _, a := range m.Attributes {
		if fields := strings.Fields(a.Value); a.Key == "extmap" && len(fields) > 1 && fields[1] == uri {
			return true
		}
	}
	return false
}

// checkAnswer makes sure that the server takes all that was offered: a show whose picture nobody wants is no show.
func checkAnswer(answer string, sections int) error {
	var d sdp.SessionDescription
	if err := d.UnmarshalString(answer); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	if len(d.MediaDescriptions) != sections {
		return fmt.Errorf("the answer has %d media sections, %d were offered", len(d.MediaDescriptions), sections)
	}
	for _, m := range d.MediaDescriptions {
		_, inactive := m.Attribute("inactive")
		_, sendonly := m.Attribute("sendonly")
		if m.MediaName.Port.Value == 0 || inactive || sendonly {
			return fmt.Errorf("the server does not take our %s", m.MediaName.Media)
		}
	}
	return nil
}
