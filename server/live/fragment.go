package live

import (
	"strings"

	"vitrine/server/wire"
)

const maxFragmentLines = 256

// fragment is what an SDP fragment (RFC 8840 §9) may tell us: new credentials, or candidates of which a lite agent needs
// only to know that they are well-formed.
type fragment struct {
	ufrag, pwd string
	candidates int
}

// readFragment checks a fragment. Its errors have code Invalid.
func readFragment(text string) (f fragment, err error) {
	lines := strings.Split(strings.TrimRight(text, "\r\n"), "\n")
	if len(lines) > maxFragmentLines {
		return f, wire.Errorf(wire.Invalid, "the fragment has more than %d lines", maxFragmentLines)
	}
	for i, line := range lines {
		if err := f.line(strings.TrimSuffix(line, "\r")); err != nil {
			return fragment{}, wire.Errorf(wire.Invalid, "line %d of the fragment: %s", i+1, err.Error())
		}
	}
	if f.ufrag == "" && f.pwd == "" && f.candidates == 0 && !strings.Contains(text, "a=end-of-candidates") {
		return f, wire.Errorf(wire.Invalid, "the fragment has neither candidates nor credentials")
	}
	if f.ufrag != "" || f.pwd != "" {
		return f, checkCredentials(f.ufrag, f.pwd)
	}
	return f, nil
}

func (f *fragment) line(line string) error {
	if len(line) < 2 || line[1] != '=' || strings.ContainsFunc(line, func(r rune) bool { return r < ' ' }) {
		return wire.Errorf(wire.Invalid, "not a line of SDP")
	}
	key, value, _ := strings.Cut(line[2:], ":")
	switch {
	case line[0] == 'm':
	case line[0] != 'a':
		return wire.Errorf(wire.Invalid, "a fragment has attributes and media lines only")
	case key == "ice-ufrag":
		return set(&f.ufrag, value)
	case key == "ice-pwd":
		return set(&f.pwd, value)
	case key == "candidate":
		f.candidates++
		if len(strings.Fields(value)) < 8 {
			return wire.Errorf(wire.Invalid, "a candidate has at least 8 fields")
		}
	}
	return nil
}

// set takes a value that may be repeated but not changed.
func set(to *string, value string) error {
	if *to != "" && *to != value {
		return wire.Errorf(wire.Invalid, "two different credentials; media must be bundled")
	}
	*to = value
	return nil
}
