package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"vitrine/server/wire"
)

// CreateShow adds an open show. If the name is taken the error has code Conflict.
func (s *Store) CreateShow(ctx context.Context, n wire.NewShow, token Hash) error {
	_, err := s.db.ExecContext(ctx, "INSERT INTO shows (id, title, state, token, created) VALUES (?, ?, ?, ?, ?)",
		n.ID, n.Title, wire.Open, token[:], s.now().UnixMilli())
	var e *sqlite.Error
	if errors.As(err, &e) && e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY {
		return wire.Errorf(wire.Conflict, "a show named %q exists already", n.ID)
	}
	if err != nil {
		return fmt.Errorf("create show: %w", err)
	}
	return nil
}

// PutShow adds an open show, or gives an existing one the token and leaves the rest of it as it is.
func (s *Store) PutShow(ctx context.Context, n wire.NewShow, token Hash) error {
	_, err := s.db.ExecContext(ctx, `INSERT INTO shows (id, title, state, token, created) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET token = excluded.token`, n.ID, n.Title, wire.Open, token[:], s.now().UnixMilli())
	var e *sqlite.Error
	if errors.As(err, &e) && e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE {
		return wire.Errorf(wire.Conflict, "another show than %q has the same token", n.ID)
	}
	if err != nil {
		return fmt.Errorf("put show: %w", err)
	}
	return nil
}

// Show returns a show, never live, and its publishing token. If there is none the error has code NotFound.
func (s *Store) Show(ctx context.Context, id wire.ShowID) (show wire.Show, token Hash, err error) {
	var b []byte
	err = s.db.QueryRowContext(ctx, "SELECT id, title, state, token FROM shows WHERE id = ?", id).
		Scan(&show.ID, &show.Title, &show.State, &b)
	if errors.Is(err, sql.ErrNoRows) {
		return wire.Show{}, Hash{}, notFound(id)
	}
	if err != nil {
		return wire.Show{}, Hash{}, fmt.Errorf("read show: %w", err)
	}
	return show, Hash(b), nil
}

// ShowOf returns the show that the publishing token belongs to. If there is none the error has code NotFound.
func (s *Store) ShowOf(ctx context.Context, token Hash) (show wire.Show, err error) {
	err = s.db.QueryRowContext(ctx, "SELECT id, title, state FROM shows WHERE token = ?", token[:]).
		Scan(&show.ID, &show.Title, &show.State)
	if errors.Is(err, sql.ErrNoRows) {
		return wire.Show{}, wire.Errorf(wire.NotFound, "no show has this token")
	}
	if err != nil {
		return wire.Show{}, fmt.Errorf("read show: %w", err)
	}
	return show, nil
}

// Shows returns all shows, the newest first.
func (s *Store) Shows(ctx context.Context) (shows []wire.Show, err error) {
	rows, err := s.db.QueryContext(ctx, "SELECT id, title, state FROM shows ORDER BY created DESC, id")
	if err != nil {
		return nil, fmt.Errorf("list shows: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var w wire.Show
		if err := rows.Scan(&w.ID, &w.Title, &w.State); err != nil {
			return nil, fmt.Errorf("list shows: %w", err)
		}
		shows = append(shows, w)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list shows: %w", err)
	}
	return shows, nil
}

// SetState opens or closes a show. If there is none the error has code NotFound.
func (s *Store) SetState(ctx context.Context, id wire.ShowID, state wire.ShowState) error {
	r, err := s.db.ExecContext(ctx, "UPDATE shows SET state = ? WHERE id = ?", state, id)
	if err != nil {
		return fmt.Errorf("set state of show: %w", err)
	}
	n, err := r.RowsAffected()
	if err != nil {
		return fmt.Errorf("set state of show: %w", err)
	}
	if n == 0 {
		return notFound(id)
	}
	return nil
}
