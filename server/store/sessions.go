package store

import (
	"context"
	"fmt"
	"time"

	"vitrine/server/store/sqlc"
	"vitrine/server/trust"
	"vitrine/server/wire"
)

// PutSession implements trust.Sessions.
func (s *Store) PutSession(ctx context.Context, k trust.Session, instead trust.Hash) error {
	return s.within(ctx, func(q *sqlc.Queries) error {
		if err := q.EndSession(ctx, instead[:]); err != nil {
			return fmt.Errorf("end session: %w", err)
		}
		err := q.AddSession(ctx, sqlc.AddSessionParams{
			Token: k.Token[:], ID: k.ID, Person: k.Person, Epoch: k.Epoch, Made: millis(k.Made), Seen: millis(k.Seen),
			PasswordAt: millis(k.Proofs.Password), LinkAt: millis(k.Proofs.Link),
			PasskeyAt: millis(k.Proofs.Passkey), TotpAt: millis(k.Proofs.TOTP),
		})
		if err != nil {
			return fmt.Errorf("add session: %w", err)
		}
		return nil
	})
}

// Session implements trust.Sessions.
func (s *Store) Session(ctx context.Context, token trust.Hash) (trust.Session, trust.Person, error) {
	row, err := s.query.Session(ctx, token[:])
	if err := looked("session", err); err != nil {
		return trust.Session{}, trust.Person{}, err
	}
	return sessionOf(row.Session), personOf(row.Person), nil
}

// SessionsOf implements trust.Sessions.
func (s *Store) SessionsOf(ctx context.Context, person wire.PersonID) ([]trust.Session, error) {
	rows, err := s.query.SessionsOf(ctx, person)
	return each(rows, sessionOf), looked("sessions", err)
}

// TouchSession implements trust.Sessions.
func (s *Store) TouchSession(ctx context.Context, token trust.Hash, seen time.Time) error {
	if err := s.query.TouchSession(ctx, sqlc.TouchSessionParams{Token: token[:], Seen: millis(seen)}); err != nil {
		return fmt.Errorf("touch session: %w", err)
	}
	return nil
}

// DropSession implements trust.Sessions.
func (s *Store) DropSession(ctx context.Context, person wire.PersonID, id string) error {
	rows, err := s.query.DropSession(ctx, sqlc.DropSessionParams{Person: person, ID: id})
	return changed("session", rows, err)
}

// SweepSessions implements trust.Sessions.
func (s *Store) SweepSessions(ctx context.Context, seenBefore, madeBefore time.Time) error {
	return sweep("sessions", func(most int32) (int64, error) {
		return s.query.SweepSessions(ctx, sqlc.SweepSessionsParams{SeenBefore: millis(seenBefore), MadeBefore: millis(madeBefore), Most: most})
	})
}

// sweep removes rows so many at a time that who writes beside it does not wait long.
func sweep(what string, some func(most int32) (int64, error)) error {
	for {
		n, err := some(pageOf)
		if err != nil {
			return fmt.Errorf("sweep %s: %w", what, err)
		}
		if n < pageOf {
			return nil
		}
	}
}

// AddPasskey implements trust.Passkeys.
func (s *Store) AddPasskey(ctx context.Context, p trust.Passkey) error {
	added, err := s.query.AddPasskey(ctx, sqlc.AddPasskeyParams{
		ID: p.ID, Person: p.Person, Credential: p.Credential, Made: millis(p.Made), Used: millis(p.Used),
	})
	if err != nil {
		return fmt.Errorf("add passkey: %w", err)
	}
	if added == 0 {
		return wire.Errorf(wire.Conflict, "this passkey is known already")
	}
	return nil
}

// PasskeysOf implements trust.Passkeys.
func (s *Store) PasskeysOf(ctx context.Context, person wire.PersonID) ([]trust.Passkey, error) {
	rows, err := s.query.PasskeysOf(ctx, person)
	return each(rows, passkeyOf), looked("passkeys", err)
}

// UsePasskey implements trust.Passkeys.
func (s *Store) UsePasskey(ctx context.Context, p trust.Passkey) error {
	rows, err := s.query.UsePasskey(ctx, sqlc.UsePasskeyParams{ID: p.ID, Person: p.Person, Credential: p.Credential, Used: millis(p.Used)})
	return changed("passkey", rows, err)
}

// DropPasskey implements trust.Passkeys.
func (s *Store) DropPasskey(ctx context.Context, person wire.PersonID, id []byte) error {
	rows, err := s.query.DropPasskey(ctx, sqlc.DropPasskeyParams{Person: person, ID: id})
	return changed("passkey", rows, err)
}

// AddTicket implements trust.Tickets.
func (s *Store) AddTicket(ctx context.Context, t trust.Ticket) error {
	err := s.query.AddTicket(ctx, sqlc.AddTicketParams{
		Token: t.Token[:], Kind: t.Kind, Browser: t.Browser[:], Content: t.Content, Until: millis(t.Until),
	})
	if err != nil {
		return fmt.Errorf("add ticket: %w", err)
	}
	return nil
}

// TakeTicket implements trust.Tickets.
func (s *Store) TakeTicket(ctx context.Context, token trust.Hash, kind trust.TicketKind, browser trust.Hash) (trust.Ticket, error) {
	row, err := s.query.TakeTicket(ctx, sqlc.TakeTicketParams{Token: token[:], Kind: kind, Browser: browser[:]})
	if err := looked("ticket", err); err != nil {
		return trust.Ticket{}, err
	}
	return trust.Ticket{
		Token: token, Kind: row.Kind, Browser: browser, Content: row.Content, Until: timeOf(row.Until),
	}, nil
}

// SweepTickets implements trust.Tickets.
func (s *Store) SweepTickets(ctx context.Context, before time.Time) error {
	return sweep("tickets", func(most int32) (int64, error) {
		return s.query.SweepTickets(ctx, sqlc.SweepTicketsParams{Before: millis(before), Most: most})
	})
}

func sessionOf(r sqlc.Session) trust.Session {
	return trust.Session{
		Token: trust.Hash(r.Token), ID: r.ID, Person: r.Person, Epoch: r.Epoch, Made: timeOf(r.Made), Seen: timeOf(r.Seen),
		Proofs: trust.Proofs{
			Password: timeOf(r.PasswordAt), Link: timeOf(r.LinkAt), Passkey: timeOf(r.PasskeyAt), TOTP: timeOf(r.TotpAt),
		},
	}
}

func passkeyOf(r sqlc.Passkey) trust.Passkey {
	return trust.Passkey{ID: r.ID, Person: r.Person, Credential: r.Credential, Made: timeOf(r.Made), Used: timeOf(r.Used)}
}
