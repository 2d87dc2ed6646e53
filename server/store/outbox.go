package store

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"vitrine/server/reach"
	"vitrine/server/store/sqlc"
)

const (
	// leaseLasts is how long a server sends letters alone after it last asked for some. It is longer than the longest try and the
	// note of what became of it, during which a busy line does not ask.
	leaseLasts = 90 * time.Second
	// leaseKept is how much of it may go by before it is renewed.
	leaseKept = 15 * time.Second
	// doneKept is how long it can be looked up what became of a letter.
	doneKept = 30 * 24 * time.Hour
	// secretKept is how long a replaced secret of an endpoint signs too.
	secretKept = 24 * time.Hour
)

// Outbox is the letters and endpoints as one server's courier sees them. Of several servers on one database one at a time sends the
// letters of a kind: only it is told that there are any (a lease, after Gray and Cheriton 1989). What it has when it is killed
// is sent by another 90 s later, or by itself as soon as it runs again. The servers' clocks agree to some seconds. It is safe for
// concurrent use.
type Outbox struct {
	store  *Store
	server string
	safe   Safe
}

// Outbox is the outbox of a server. Its name is the same after a restart and no other server's on this database, as its host and
// the address that it listens on. The safe has the secrets of endpoints.
func (s *Store) Outbox(server string, safe Safe) *Outbox { return &Outbox{s, server, safe} }

// AddLetter writes a letter down, whose body is sealed already. One with a name that is there changes nothing.
func (s *Store) AddLetter(ctx context.Context, l reach.Letter) error {
	err := s.query.AddLetter(ctx, sqlc.AddLetterParams{
		ID: l.ID, Kind: l.Kind, Recipient: l.To, Type: l.Type, Body: text(l.Body), Tries: int64(l.Tries), Due: millis(l.Due),
		Changed: s.now().UnixMilli(),
	})
	if err != nil {
		return fmt.Errorf("add letter: %w", err)
	}
	return nil
}

// text is bytes as they are kept in a text, because no word for bytes in JSON is both engines'.
func text(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

// Due implements reach.Outbox. A server that another sends for is told of none.
func (o *Outbox) Due(ctx context.Context, kind reach.Kind, now time.Time, limit int) ([]reach.Letter, error) {
	rows, err := o.due(ctx, kind, sqlc.DueMailsParams{Now: millis(now), Most: int32(limit)})
	if err != nil {
		return nil, fmt.Errorf("look for letters: %w", err)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	if sends, err := o.sends(ctx, kind, now); err != nil || !sends {
		return nil, err
	}
	letters := make([]reach.Letter, len(rows))
	for i, r := range rows {
		body, err := base64.StdEncoding.DecodeString(r.Body)
		if err != nil {
			return nil, fmt.Errorf("read letter %s: %w", r.ID, err)
		}
		letters[i] = reach.Letter{
			ID: r.ID, Kind: kind, To: r.Recipient, Type: r.Type, Body: body, Tries: int(r.Tries), Due: timeOf(r.Due),
		}
	}
	return letters, nil
}

func (o *Outbox) due(ctx context.Context, kind reach.Kind, q sqlc.DueMailsParams) ([]sqlc.DueMailsRow, error) {
	if kind == reach.ByMail {
		return o.store.query.DueMails(ctx, q)
	}
	rows, err := o.store.query.DueWebhooks(ctx, sqlc.DueWebhooksParams(q))
	return each(rows, func(r sqlc.DueWebhooksRow) sqlc.DueMailsRow { return sqlc.DueMailsRow(r) }), err
}

// sends says whether this server is the one that sends letters of the kind, and makes it that if there is none.
func (o *Outbox) sends(ctx context.Context, kind reach.Kind, now time.Time) (bool, error) {
	lease, err := o.store.query.Lease(ctx, kind)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return false, fmt.Errorf("read lease: %w", err)
	}
	until := now.Add(leaseLasts)
	if lease.Owner == o.server && timeOf(lease.Until).Add(leaseKept).After(until) {
		return true, nil
	}
	n, err := o.store.query.TakeLease(ctx, sqlc.TakeLeaseParams{Kind: kind, Owner: o.server, Until: millis(until), Now: millis(now)})
	if err != nil {
		return false, fmt.Errorf("take lease: %w", err)
	}
	return n > 0, nil
}

// Leave lets another server send at once. It is for when the courier has ended.
func (o *Outbox) Leave(ctx context.Context) error {
	if err := o.store.query.DropLeases(ctx, o.server); err != nil {
		return fmt.Errorf("leave the outbox: %w", err)
	}
	return nil
}

// Sent implements reach.Outbox.
func (o *Outbox) Sent(ctx context.Context, id string) error {
	return noted(o.store.query.Sent(ctx, sqlc.SentParams{ID: id, Changed: o.store.now().UnixMilli()}))
}

// Again implements reach.Outbox.
func (o *Outbox) Again(ctx context.Context, id string, due time.Time, reason string) error {
	return noted(o.store.query.Again(ctx, sqlc.AgainParams{ID: id, Due: millis(due), Reason: reason, Changed: o.store.now().UnixMilli()}))
}

// Dead implements reach.Outbox.
func (o *Outbox) Dead(ctx context.Context, id, reason string) error {
	return noted(o.store.query.Dead(ctx, sqlc.DeadParams{ID: id, Reason: reason, Changed: o.store.now().UnixMilli()}))
}

func noted(err error) error {
	if err != nil {
		return fmt.Errorf("note what became of a letter: %w", err)
	}
	return nil
}

// SweepLetters removes letters that were sent or given up 30 days ago. Once an hour is often enough.
func (s *Store) SweepLetters(ctx context.Context) error {
	before := s.now().Add(-doneKept).UnixMilli()
	return sweep("letters", func(most int32) (int64, error) {
		return s.query.SweepLetters(ctx, sqlc.SweepLettersParams{Before: before, Most: most})
	})
}
