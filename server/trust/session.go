package trust

import (
	"context"
	"encoding/base64"
	"time"

	"vitrine/server/wire"
)

// seenEvery is how exactly it is known when a session was last seen: no request writes more often.
const seenEvery = 5 * time.Minute

// lasts says how long a session of the role lives without a request, and in all.
func lasts(r Role) (idle, whole time.Duration) {
	if r.Staff() {
		return 12 * time.Hour, 7 * 24 * time.Hour
	}
	return 30 * 24 * time.Hour, 180 * 24 * time.Hour
}

// Visit is who a request comes from. The zero Visit is nobody.
type Visit struct {
	Session
	Role Role
	// At is when the request came.
	At time.Time
}

// Strong says that the visitor gave two proofs, or a passkey that checked who holds it.
func (v Visit) Strong() bool {
	p := v.Proofs
	return !p.Passkey.IsZero() || !p.TOTP.IsZero() && !(p.Password.IsZero() && p.Link.IsZero())
}

// Acts is the role whose rights the visitor has: a buyer's for staff that is not strong.
func (v Visit) Acts() Role {
	if v.Role.Staff() && !v.Strong() {
		return Buyer
	}
	return v.Role
}

// Fresh says whether the visitor proved themselves within that time: in any way, but where a second proof is what gives somebody
// of the staff their rights, in a way that is one.
func Fresh(v Visit, within time.Duration) bool {
	p := v.Proofs
	newest := later(p.Passkey, p.TOTP)
	if !v.Role.Staff() || !v.Strong() {
		newest = p.Newest()
	}
	return !newest.IsZero() && v.At.Sub(newest) <= within
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// Newest is when the newest proof was given, whichever it was; a zero time for none.
func (p Proofs) Newest() time.Time { return later(later(p.Passkey, p.TOTP), later(p.Password, p.Link)) }

func (p Proofs) with(o Proofs) Proofs {
	return Proofs{later(p.Password, o.Password), later(p.Link, o.Link), later(p.Passkey, o.Passkey), later(p.TOTP, o.TOTP)}
}

// NewToken makes a token of 256 random bits, in 43 characters that need no escaping in addresses and cookies.
func NewToken() Token { return Token(base64.RawURLEncoding.EncodeToString(random(32))) }

// newPerson makes the random name of a person.
func newPerson() wire.PersonID {
	return wire.PersonID("p" + base64.RawURLEncoding.EncodeToString(random(16)))
}

// Visit says whom a session's token belongs to: nobody, without an error, if it belongs to none that lasts.
func (g *Gate) Visit(ctx context.Context, t Token) (Visit, error) {
	now := g.Now()
	nobody := Visit{At: now}
	if t == "" {
		return nobody, nil
	}
	s, p, err := g.Storage.Session(ctx, t.Hash())
	if wire.CodeOf(err) == wire.NotFound {
		return nobody, nil
	}
	if err != nil {
		return nobody, trying("read session", err)
	}
	idle, whole := lasts(p.Role)
	if s.Epoch != p.Epoch || !p.Erased.IsZero() || now.Sub(s.Seen) >= idle || now.Sub(s.Made) >= whole {
		return nobody, nil
	}
	if now.Sub(s.Seen) >= seenEvery {
		if err := g.Storage.TouchSession(ctx, s.Token, now); err != nil {
			return nobody, trying("touch session", err)
		}
		s.Seen = now
	}
	return Visit{s, p.Role, now}, nil
}

// enter opens a session for a person who gave proofs just now, instead of the one that the request came with. The session of the
// same person goes on under a new token: what it proved still counts, and it does not live longer.
func (g *Gate) enter(ctx context.Context, c Caller, p Person, proofs Proofs) (Token, Visit, error) {
	before, err := g.Visit(ctx, c.Session)
	if err != nil {
		return "", Visit{}, err
	}
	if before.Person == p.ID {
		before.Proofs = before.Proofs.with(proofs)
		before.Epoch = p.Epoch
		return g.open(ctx, c, p, before.Session)
	}
	return g.open(ctx, c, p, Session{Made: g.Now(), Proofs: proofs})
}

// open keeps a session under a new token.
func (g *Gate) open(ctx context.Context, c Caller, p Person, s Session) (Token, Visit, error) {
	t := NewToken()
	s.Token, s.ID, s.Person, s.Epoch, s.Seen = t.Hash(), string(NewToken()[:16]), p.ID, p.Epoch, g.Now()
	if err := g.Storage.PutSession(ctx, s, c.Session.Hash()); err != nil {
		return "", Visit{}, trying("open session", err)
	}
	return t, Visit{s, p.Role, s.Seen}, nil
}

// SessionList returns the visitor's own sessions that last, the newest first.
func (g *Gate) SessionList(ctx context.Context, v Visit) (list []Session, err error) {
	all, err := g.Storage.SessionsOf(ctx, v.Person)
	if err != nil {
		return nil, trying("list sessions", err)
	}
	idle, whole := lasts(v.Role)
	for _, s := range all {
		if s.Epoch == v.Epoch && v.At.Sub(s.Seen) < idle && v.At.Sub(s.Made) < whole {
			list = append(list, s)
		}
	}
	return list, nil
}

// EndSession ends one of the visitor's own sessions: with the ID of this one, it signs out.
func (g *Gate) EndSession(ctx context.Context, v Visit, id string) error {
	return trying("end session", g.Storage.DropSession(ctx, v.Person, id))
}

// EndSessions ends all sessions of a person. The caller checks May(PeopleManage), unless it is the visitor themselves.
func (g *Gate) EndSessions(ctx context.Context, id wire.PersonID) error {
	_, err := g.change(ctx, id, func(p *Person) error { p.Epoch++; return nil })
	return err
}

// Sweep removes what cannot be used any more. Nothing breaks without it but the database grows; once an hour is often enough.
func (g *Gate) Sweep(ctx context.Context) error {
	now := g.Now()
	idle, whole := lasts(Buyer)
	if err := g.Storage.SweepSessions(ctx, now.Add(-idle), now.Add(-whole)); err != nil {
		return trying("sweep sessions", err)
	}
	return trying("sweep tickets", g.Storage.SweepTickets(ctx, now))
}
