package turn

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	pion "github.com/pion/turn/v5"
)

// validFor is how long credentials work: an evening. A viewer who watches longer joins again and gets new ones.
const validFor = 12 * time.Hour

// Credentials returns a user name and a password for one session, as draft-uberti-behave-turn-rest-00 §2.2 makes them.
func (s *Server) Credentials() (user, password string) {
	user = name(time.Now().Add(validFor))
	return user, s.password(user)
}

func name(until time.Time) string { return strconv.FormatInt(until.Unix(), 10) + ":" + rand.Text() }

func (s *Server) password(user string) string {
	h := hmac.New(sha1.New, s.cfg.Secret)
	h.Write([]byte(user))
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// authenticate returns the key that a user's messages must be signed with; pion compares in constant time.
func (s *Server) authenticate(r *pion.RequestAttributes) (user string, key []byte, ok bool) {
	until, _, _ := strings.Cut(r.Username, ":")
	if t, err := strconv.ParseInt(until, 10, 64); err != nil || time.Now().Unix() >= t {
		s.credentials.Add(1)
		return "", nil, false
	}
	return r.Username, pion.GenerateAuthKey(r.Username, realm, s.password(r.Username)), true
}

func (s *Server) authenticated(_, _ net.Addr, _, _, _, _ string, ok bool) {
	if !ok {
		s.credentials.Add(1)
	}
}

// places counts allocations: all, each user's, and those from each IP address.
type places struct {
	all       int
	users     map[string]int
	addresses map[netip.Addr]int
}

func (p *places) add(user string, from netip.Addr, n int) {
	p.all += n
	if p.users[user] += n; p.users[user] <= 0 {
		delete(p.users, user)
	}
	if p.addresses[from] += n; p.addresses[from] <= 0 {
		delete(p.addresses, from)
	}
}

// admit tells whether a user may have one more allocation. Requests that run at the same time may pass it together: the
// bounds are those of resources, not of rights.
func (s *Server) admit(user, _ string, from net.Addr) bool {
	s.mu.Lock()
	ok := s.allocations.all < s.cfg.Most && s.allocations.users[user] < mostAUser && s.allocations.addresses[host(from)] < s.cfg.MostAnAddress
	s.mu.Unlock()
	if !ok {
		s.quota.Add(1)
	}
	return ok
}

func (s *Server) allocated(from, _ net.Addr, _, user, _ string, _ net.Addr, _ int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.allocations.add(user, host(from), 1)
}

func (s *Server) freed(from, _ net.Addr, _, user, _ string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.allocations.add(user, host(from), -1)
}

// host is the IP address of a client.
func host(a net.Addr) netip.Addr {
	switch a := a.(type) {
	case *net.UDPAddr:
		return a.AddrPort().Addr().Unmap()
	case *net.TCPAddr:
		return a.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}
