package publish

import (
	"strings"

	"github.com/pion/webrtc/v3"
)

// iceServers reads the STUN and TURN servers from Link headers (RFC 8288) as RFC 9725 §4.6 writes them:
//
//	<turn:turn.example:3478?transport=udp>; rel="ice-server"; username="u"; credential="c"; credential-type="password"
//
// Links of other relations and servers that nobody could use are skipped.
func iceServers(headers []string) (servers []webrtc.ICEServer) {
	for _, h := range headers {
		for h != "" && len(servers) < maxICEServers {
			var l link
			if l, h = nextLink(h); l.isICEServer() {
				servers = append(servers, l.server())
			}
		}
	}
	return servers
}

const maxICEServers = 8

type link struct {
	target string
	params map[string]string
}

func (l link) isICEServer() bool {
	scheme, _, _ := strings.Cut(l.target, ":")
	switch strings.ToLower(scheme) {
	case "stun", "stuns":
	case "turn", "turns":
		if l.params["username"] == "" || l.params["credential"] == "" {
			return false
		}
	default:
		return false
	}
	for rel := range strings.FieldsSeq(l.params["rel"]) {
		if strings.EqualFold(rel, "ice-server") {
			return true
		}
	}
	return false
}

func (l link) server() webrtc.ICEServer {
	s := webrtc.ICEServer{URLs: []string{l.target}}
	if u := l.params["username"]; u != "" {
		s.Username, s.Credential, s.CredentialType = u, l.params["credential"], webrtc.ICECredentialTypePassword
	}
	return s
}

// nextLink reads one link and returns what follows it. Text that is no link is skipped up to the next comma.
func nextLink(h string) (l link, rest string) {
	h = strings.TrimLeft(h, " \t,")
	target, after, ok := strings.Cut(strings.TrimPrefix(h, "<"), ">")
	if !strings.HasPrefix(h, "<") || !ok {
		_, rest, _ = strings.Cut(h, ",")
		return link{}, rest
	}
	l = link{target: strings.TrimSpace(target), params: map[string]string{}}
	rest = strings.TrimLeft(after, " \t")
	for strings.HasPrefix(rest, ";") {
		var name, value string
		name, value, rest = nextParam(rest[1:])
		if _, twice := l.params[name]; !twice && name != "" {
			l.params[name] = value
		}
	}
	_, rest, _ = strings.Cut(rest, ",")
	return l, rest
}

// nextParam reads name=value or name="quoted value" and returns what follows, which begins with ; or , or is empty.
func nextParam(s string) (name, value, rest string) {
	end := strings.IndexAny(s, "=;,")
	if end < 0 {
		return paramName(s), "", ""
	}
	name = paramName(s[:end])
	if s[end] != '=' {
		return name, "", s[end:]
	}
	s = strings.TrimLeft(s[end+1:], " \t")
	if strings.HasPrefix(s, `"`) {
		value, s = unquote(s[1:])
		if end = strings.IndexAny(s, ";,"); end < 0 {
			return name, value, ""
		}
		return name, value, s[end:]
	}
	if end = strings.IndexAny(s, ";,"); end < 0 {
		return name, strings.TrimSpace(s), ""
	}
	return name, strings.TrimSpace(s[:end]), s[end:]
}

func paramName(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// unquote reads a quoted-string (RFC 9110 §5.6.4) behind its opening quote.
func unquote(s string) (value, rest string) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return b.String(), s[i+1:]
		case s[i] == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String(), ""
}
