package api

import (
	"context"
	"maps"
	"time"

	"vitrine/server/trust"
	"vitrine/server/wire"
)

// People are whom the shop knows beside those who have an account.
type People interface {
	// Known says since when somebody is known, the zero time for never, and whether they follow the shop.
	Known(ctx context.Context, p wire.PersonID) (since time.Time, follows bool, err error)
	// Meet notes since when people are known, who are not already.
	Meet(ctx context.Context, since map[wire.PersonID]time.Time) error
	Follow(ctx context.Context, p wire.PersonID, follows bool, now time.Time) error
	Followers(ctx context.Context) (int64, error)
}

// following is how people follow the shop.
func (e *edge) following() {
	add(e, operation{method: "PUT", path: "/api/me/follow", action: trust.RoomJoin, does: "Follow the shop"}, e.follow)
	add(e, operation{method: "DELETE", path: "/api/me/follow", action: trust.RoomJoin, does: "Follow the shop no more"}, e.unfollow)
	add(e, operation{method: "GET", path: "/api/followers", action: trust.ChatModerate, does: "How many follow the shop"}, e.followers)
}

func (e *edge) follow(ctx context.Context, v *visitor, _ *nothing) (*nothing, error) {
	return nil, e.People.Follow(ctx, v.buyer(), true, e.Gate.Now())
}

func (e *edge) unfollow(ctx context.Context, v *visitor, _ *nothing) (*nothing, error) {
	return nil, e.People.Follow(ctx, v.buyer(), false, e.Gate.Now())
}

func (e *edge) followers(ctx context.Context, _ *visitor, _ *nothing) (*reply[wire.Followers], error) {
	n, err := e.People.Followers(ctx)
	return replied(wire.Followers{Count: n}, err)
}

// meet finds out since when who has a seat is known, and whether they follow the shop by now.
func (k *seat) meet(ctx context.Context) error {
	if k.known == nil || k.who.Person == "" || k.who.Role != "" {
		return nil
	}
	since, follows, err := k.known.Known(ctx, k.who.Person)
	if err != nil {
		return err
	}
	if k.who.Follows = follows; k.who.Since.IsZero() {
		k.who.Since = since
	}
	if k.who.Since.IsZero() {
		k.new, k.who.Since = true, time.Now()
	}
	return nil
}

// speaks notes that somebody new wants to say something: they are known from then on. Those who only look are not written down.
func (k *seat) speaks() {
	if !k.new {
		return
	}
	k.new = false
	k.mu.Lock()
	defer k.mu.Unlock()
	k.newcomers[k.who.Person] = k.who.Since
}

// meetNew writes down who is new. Those for whom that fails are kept for the next time.
func (s *Sockets) meetNew(ctx context.Context) {
	s.mu.Lock()
	list := s.newcomers
	s.newcomers = map[wire.PersonID]time.Time{}
	s.mu.Unlock()
	if len(list) == 0 || s.known.Meet(ctx, list) == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.Copy(s.newcomers, list)
}
