package live

import (
	"crypto/rand"
	"net/netip"
	"time"

	"vitrine/server/wire"
)

// Resource is a session as its address names it.
type Resource struct {
	// Publisher says that it is one of a publisher (WHIP), not of a viewer (WHEP).
	Publisher bool
	Show      wire.ShowID
	Session   SessionID
}

// A show may be published publishBurst times within publishWithin: enough for an encoder that connects anew every few
// seconds, and an end to one that does nothing else. Each session costs a DTLS handshake and displaces another.
const (
	publishBurst  = 20
	publishWithin = time.Minute
)

// busyFor is when somebody who found no place may come again.
const busyFor = 5 * time.Second

// reserve takes a place for a session, and claims its show, which runs from then on at least until release.
func (s *Stage) reserve(id wire.ShowID, as role, from netip.Addr) (*entry, error) {
	select {
	case <-s.ready:
	default:
		return nil, stopping()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, stopping()
	}
	if err := s.checkLimits(id, as, from); err != nil {
		return nil, err
	}
	if as == publishing {
		s.published[id] = append(s.published[id], time.Now())
	}
	show := s.shows[id]
	if show == nil {
		show = s.newShow(id)
		s.shows[id] = show
		s.group.Go(func() error { return show.run(s.ctx) })
	}
	show.claims++
	e := &entry{id: SessionID(rand.Text()), show: show, as: as, from: from, cuts: show.cuts}
	s.sessions[e.id] = e
	return e, nil
}

// checkLimits counts, sessions of seats beside the others. A join costs milliseconds, so a walk over some thousand entries does not matter.
func (s *Stage) checkLimits(id wire.ShowID, as role, from netip.Addr) error {
	viewers, same, all := 0, 0, 0
	for _, e := range s.sessions {
		if seat(e.show.id) != seat(id) {
			continue
		}
		all++
		if e.from == from {
			same++
		}
		if e.as == watching && e.show.id == id {
			viewers++
		}
	}
	mostSame, most := s.cfg.MaxPerAddress, s.cfg.MaxSessions
	if seat(id) {
		mostSame, most = mostSame*wire.MaxOnStage, s.cfg.MaxSeatSessions
	}
	refuse := func(c wire.Code, text string) error {
		return &wire.Error{Code: c, Text: text, RetryAfter: busyFor}
	}
	switch {
	case as == publishing && len(s.published[id]) >= publishBurst:
		return refuse(wire.RateLimited, "the show was published too often within a minute")
	case same >= mostSame:
		return refuse(wire.RateLimited, "too many sessions from this address")
	case as == watching && viewers >= s.cfg.MaxViewers:
		return refuse(wire.Unavailable, "the show has as many viewers as it may have")
	case all >= most:
		return refuse(wire.Unavailable, "the server has as many sessions as it may have")
	}
	return nil
}

// release ends a claim.
func (s *Stage) release(show *Show) {
	s.mu.Lock()
	show.claims--
	s.mu.Unlock()
}

// forget takes a show off the stage unless somebody is about to use it. It reports whether the show's loop may end.
func (s *Stage) forget(show *Show) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if show.claims > 0 {
		return false
	}
	delete(s.shows, show.id)
	return true
}

// complete makes a session known under its address.
func (s *Stage) complete(e *entry, p *peer) {
	s.mu.Lock()
	e.peer = p
	s.mu.Unlock()
}

// unregister frees a session's place. Those who ask for it are told why for a while, if there is a reason.
func (s *Stage) unregister(id SessionID, why *wire.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sessions, id)
	if why != nil {
		s.ended[id] = ending{why, time.Now()}
	}
}

func replaced() *wire.Error {
	return wire.Errorf(wire.Replaced, "another publisher has taken over this show")
}

// find returns the session behind an address.
func (s *Stage) find(at Resource) (*entry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.sessions[at.Session]
	if e != nil && e.peer != nil && e.show.id == at.Show && (e.as == publishing) == at.Publisher {
		return e, nil
	}
	if e, ok := s.ended[at.Session]; ok && time.Since(e.at) <= endedFor {
		return nil, e.why
	}
	return nil, wire.Errorf(wire.NotFound, "there is no such session")
}
