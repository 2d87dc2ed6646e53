package api

import (
	"context"
	"time"

	"vitrine/server/trust"
	"vitrine/server/wire"
)

// People are whom the shop knows beside those who have an account.
type People interface {
	// Known says since when somebody is known, the zero time for never, and whether they follow the shop.
	Known(ctx context.Context, p wire.PersonID) (since time.Time, follows bool, err error)
	// Meet notes that somebody is known from now on, if they are not already.
	Meet(ctx context.Context, p wire.PersonID, now time.Time) error
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

// meet finds out since when who has a socket is known, and whether they follow the shop by now. Who wants to say something is known
// from then on: those who only look are not written down.
func (k *seat) meet(ctx context.Context, says bool) error {
	if k.known == nil || k.who.Person == "" || k.who.Role != "" {
		return nil
	}
	since, follows, err := k.known.Known(ctx, k.who.Person)
	if err != nil {
		return err
	}
	k.who.Follows = follows
	if since.IsZero() {
		if since = time.Now(); says {
			err = k.known.Meet(ctx, k.who.Person, since)
		}
	}
	k.who.Since = since
	return err
}
