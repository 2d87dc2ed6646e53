package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"vitrine/server/store/sqlc"
	"vitrine/server/trust"
	"vitrine/server/wire"
)

// within runs a transaction: all of what do writes is kept, or nothing if it fails.
func (s *Store) within(ctx context.Context, do func(q *sqlc.Queries) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	if err := do(s.query.WithTx(tx)); err != nil {
		_ = tx.Rollback() // what failed first says more
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// millis and timeOf are times as the database keeps them, which has 0 for the zero time.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func timeOf(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// looked explains a look for what is named: that it is not there has code NotFound.
func looked(what string, err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return wire.Errorf(wire.NotFound, "there is no such %s", what)
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", what, err)
	}
	return nil
}

// changed explains a change of one row: that it is not there has code NotFound.
func changed(what string, rows int64, err error) error {
	if err != nil {
		return fmt.Errorf("change %s: %w", what, err)
	}
	if rows == 0 {
		return looked(what, sql.ErrNoRows)
	}
	return nil
}

// AddPerson implements trust.People.
func (s *Store) AddPerson(ctx context.Context, p trust.Person, k trust.DataKey) error {
	return s.within(ctx, func(q *sqlc.Queries) error {
		added, err := q.AddPerson(ctx, sqlc.AddPersonParams{
			ID: p.ID, Role: p.Role, Account: p.Account, Email: p.Email, EmailIndex: p.Index, Password: p.Password,
			Totp: p.Secret, TotpStep: p.Step, Recovery: joined(p.Recovery), Epoch: p.Epoch, Made: millis(p.Made),
		})
		if err != nil {
			return fmt.Errorf("add person: %w", err)
		}
		if added == 0 {
			return wire.Errorf(wire.Conflict, "there is an account with this e-mail address already")
		}
		if err := q.AddKey(ctx, sqlc.AddKeyParams{Person: k.Person, Master: k.Master, Wrapped: k.Wrapped}); err != nil {
			return fmt.Errorf("add key of a person: %w", err)
		}
		return nil
	})
}

// Person implements trust.People.
func (s *Store) Person(ctx context.Context, id wire.PersonID) (trust.Person, error) {
	row, err := s.query.Person(ctx, id)
	return personOf(row), looked("person", err)
}

// Account implements trust.People.
func (s *Store) Account(ctx context.Context, index []byte) (trust.Person, error) {
	row, err := s.query.Account(ctx, index)
	return personOf(row), looked("account", err)
}

// Persons implements trust.People.
func (s *Store) Persons(ctx context.Context, account wire.PersonID) ([]trust.Person, error) {
	rows, err := s.query.Persons(ctx, account)
	return personsOf(rows), looked("persons of an account", err)
}

// Unclaimed implements trust.People.
func (s *Store) Unclaimed(ctx context.Context, index []byte) ([]trust.Person, error) {
	rows, err := s.query.Unclaimed(ctx, index)
	return personsOf(rows), looked("guests", err)
}

// Staff implements trust.People.
func (s *Store) Staff(ctx context.Context) ([]trust.Person, error) {
	rows, err := s.query.Staff(ctx)
	return personsOf(rows), looked("staff", err)
}

// ChangePerson implements trust.People.
func (s *Store) ChangePerson(ctx context.Context, p trust.Person) error {
	rows, err := s.query.ChangePerson(ctx, sqlc.ChangePersonParams{
		ID: p.ID, Version: p.Version, Role: p.Role, Password: p.Password, Totp: p.Secret, TotpStep: p.Step,
		Recovery: joined(p.Recovery), Epoch: p.Epoch,
	})
	if err != nil || rows > 0 {
		return changed("person", rows, err)
	}
	if _, err := s.Person(ctx, p.ID); err != nil {
		return err
	}
	return wire.Errorf(wire.Precondition, "this person was changed meanwhile: look again")
}

// Claim implements trust.People.
func (s *Store) Claim(ctx context.Context, index []byte, account wire.PersonID) error {
	if err := s.query.ClaimGuests(ctx, sqlc.ClaimGuestsParams{Account: account, EmailIndex: index}); err != nil {
		return fmt.Errorf("claim guests: %w", err)
	}
	return nil
}

// ErasePerson implements trust.People. SQLite overwrites what is deleted, but for its write-ahead log, which keeps it until that begins
// anew; PostgreSQL keeps it until its vacuum, and in its own log.
func (s *Store) ErasePerson(ctx context.Context, id wire.PersonID, at time.Time) error {
	if id == itself { // without its key the server would be silent
		return looked("person", sql.ErrNoRows)
	}
	return s.within(ctx, func(q *sqlc.Queries) error {
		emptied, err := q.EmptyPerson(ctx, sqlc.EmptyPersonParams{ID: id, Erased: millis(at), Nothing: []byte{}})
		if err != nil {
			return fmt.Errorf("erase person: %w", err)
		}
		if emptied == 0 { // erased already, or unknown
			_, err := q.Person(ctx, id)
			return looked("person", err)
		}
		for _, drop := range []func(context.Context, wire.PersonID) error{q.DropKey, q.DropSessions, q.DropPasskeys} {
			if err := drop(ctx, id); err != nil {
				return fmt.Errorf("erase what a person has: %w", err)
			}
		}
		return nil
	})
}

// Key implements trust.Keys.
func (s *Store) Key(ctx context.Context, person wire.PersonID) (trust.DataKey, error) {
	row, err := s.query.Key(ctx, person)
	return keyOf(row), looked("key", err)
}

// Rewrap implements trust.Keys.
func (s *Store) Rewrap(ctx context.Context, old, fresh trust.DataKey) error {
	err := s.query.Rewrap(ctx, sqlc.RewrapParams{Person: old.Person, Old: old.Wrapped, Master: fresh.Master, Wrapped: fresh.Wrapped})
	if err != nil {
		return fmt.Errorf("change key: %w", err)
	}
	return nil
}

// KeysBeside implements trust.Keys.
func (s *Store) KeysBeside(ctx context.Context, master string, limit int) ([]trust.DataKey, error) {
	rows, err := s.query.KeysBeside(ctx, sqlc.KeysBesideParams{Master: master, Most: int32(limit)})
	return each(rows, keyOf), looked("keys", err)
}

// each is a list made of another.
func each[A, B any](rows []A, of func(A) B) (list []B) {
	for _, r := range rows {
		list = append(list, of(r))
	}
	return list
}

func keyOf(r sqlc.Key) trust.DataKey {
	return trust.DataKey{Person: r.Person, Master: r.Master, Wrapped: r.Wrapped}
}

func personOf(r sqlc.Person) trust.Person {
	return trust.Person{
		ID: r.ID, Role: r.Role, Account: r.Account, Email: r.Email, Index: r.EmailIndex, Password: r.Password, Secret: r.Totp,
		Step: r.TotpStep, Recovery: parted(r.Recovery), Epoch: r.Epoch, Made: timeOf(r.Made), Erased: timeOf(r.Erased), Version: r.Version,
	}
}

// personsOf are persons in the order of their names, which is not the database's: that depends on its locale.
func personsOf(rows []sqlc.Person) []trust.Person {
	list := each(rows, personOf)
	slices.SortFunc(list, func(a, b trust.Person) int { return cmp.Compare(a.ID, b.ID) })
	return list
}

// joined are hashes one after the other, and parted those again.
func joined(list []trust.Hash) []byte {
	b := []byte{} // nil would be NULL
	for _, h := range list {
		b = append(b, h[:]...)
	}
	return b
}

func parted(b []byte) (list []trust.Hash) {
	for h := range slices.Chunk(b, len(trust.Hash{})) {
		list = append(list, trust.Hash(h))
	}
	return list
}
