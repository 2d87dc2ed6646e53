package bus

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"vitrine/server/wire"
)

// Subject names what is said about a show, such as Subject("evening", "events"). Each word becomes one token, whatever it
// holds, and different words become different subjects.
func Subject(show wire.ShowID, words ...string) string {
	var s strings.Builder
	s.WriteString("vitrine.show.")
	s.WriteString(token(string(show)))
	for _, w := range words {
		s.WriteByte('.')
		s.WriteString(token(w))
	}
	return s.String()
}

// token escapes what separates tokens or stands for others. An empty word, which NATS does not know, is a lone %.
func token(word string) string {
	if word == "" {
		return "%"
	}
	return strings.ReplaceAll(url.QueryEscape(word), ".", "%2E")
}

// Validate reports a URL that names no servers. Its errors hold nothing of the URL but the scheme, for the rest may be a password.
func (c Config) Validate() error {
	if c.URL == "" {
		if c.Credentials != "" {
			return errors.New("credentials of NATS need its URL")
		}
		return nil
	}
	for at := range strings.SplitSeq(c.URL, ",") {
		scheme, _, found := strings.Cut(strings.TrimSpace(at), "://")
		if !found || strings.ContainsFunc(scheme, func(r rune) bool { return r < 'a' || r > 'z' }) {
			return errors.New("the URL of NATS has no scheme: write nats://user:password@host:port, or tls:// for an encrypted line")
		}
		if scheme != "nats" && scheme != "tls" {
			return fmt.Errorf("the URL of NATS begins with %s://, which is not known here: write nats:// or tls://, or nothing for "+
				"the server inside", scheme)
		}
		if u, err := url.Parse(strings.TrimSpace(at)); err != nil || u.Hostname() == "" || u.Path != "" || u.RawQuery != "" {
			return errors.New("the URL of NATS cannot be read: write nats://user:password@host:port, several separated by commas, with " +
				"%-escapes for other signs than letters and digits in the password")
		}
	}
	return nil
}
