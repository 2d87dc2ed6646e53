package remote

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"unicode"

	"vitrine/capture/frame"
	"vitrine/server/wire"
)

// AddressError says what is wrong with a server's address as the host typed it.
type AddressError struct{ err error }

func (e *AddressError) Error() string { return "server address: " + e.err.Error() }

// Fault is frame.FaultAddress.
func (e *AddressError) Fault() frame.Fault { return frame.FaultAddress }

// Address makes a web address of what a host typed. Without a scheme it is https, except on this machine (localhost,
// 127.0.0.0/8, ::1), where no certificate is to be had. A path stays, for servers behind a prefix; query, fragment and the
// slash at the end go. Errors are *AddressError.
func Address(typed string) (*url.URL, error) {
	u, err := address(strings.TrimSpace(typed))
	if err != nil {
		return nil, &AddressError{err}
	}
	return u, nil
}

func address(typed string) (*url.URL, error) {
	if typed == "" {
		return nil, errors.New("it is empty")
	}
	if !strings.Contains(typed, "://") {
		if ip := net.ParseIP(typed); ip != nil && ip.To4() == nil {
			typed = "[" + typed + "]"
		}
		typed = "//" + typed
	}
	u, err := url.Parse(typed)
	if err != nil {
		return nil, errors.New("it cannot be read") // url's error repeats the text, and with it any password
	}
	switch {
	case u.User != nil:
		return nil, errors.New("it must not hold a user or password")
	case !validHost(u.Hostname()):
		return nil, errors.New("it names no host")
	case !validPort(u):
		return nil, errors.New("its port is not a number from 1 to 65535")
	case u.Scheme == "" && isLocal(u.Hostname()):
		u.Scheme = "http"
	case u.Scheme == "":
		u.Scheme = "https"
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("%q is neither http nor https", u.Scheme)
	}
	base := &url.URL{Scheme: u.Scheme, Host: strings.ToLower(u.Host), Path: u.Path}
	base = base.JoinPath()
	base.Path = strings.TrimRight(base.Path, "/")
	return base, nil
}

// validHost takes IP addresses and names, international ones too.
func validHost(host string) bool {
	foreign := func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-._", r)
	}
	return host != "" && (net.ParseIP(host) != nil || !strings.ContainsFunc(host, foreign))
}

func validPort(u *url.URL) bool {
	if u.Port() == "" {
		return !strings.HasSuffix(u.Host, ":")
	}
	n, err := strconv.Atoi(u.Port())
	return err == nil && n >= 1 && n <= 65535
}

func isLocal(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// WHIP is where a show is published.
func WHIP(base *url.URL, id wire.ShowID) string { return base.JoinPath("whip", string(id)).String() }

// WHEP is where media are watched: a show's ID, or the name of somebody on a stage (wire.StageGuest.Media).
func WHEP(base *url.URL, media string) string { return base.JoinPath("whep", media).String() }

// Watch is a show's page.
func Watch(base *url.URL, id wire.ShowID) string { return base.JoinPath("watch", string(id)).String() }
