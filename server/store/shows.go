package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"vitrine/server/store/sqlc"
	"vitrine/server/wire"
)

// CreateShow adds an open show. If the name is taken the error has code Conflict.
func (s *Store) CreateShow(ctx context.Context, n wire.NewShow, token Hash) error {
	made, err := s.query.CreateShow(ctx, sqlc.CreateShowParams{
		ID: n.ID, Title: n.Title, State: wire.Open, Token: token[:], Created: s.now().UnixMilli(),
	})
	if err != nil {
		return fmt.Errorf("create show: %w", err)
	}
	if made == 0 {
		return wire.Errorf(wire.Conflict, "a show named %q exists already", n.ID)
	}
	return nil
}

// PutShow adds an open show, or gives an existing one the token and leaves the rest of it as it is. If the token is another
// show's the error has code Conflict.
func (s *Store) PutShow(ctx context.Context, n wire.NewShow, token Hash) error {
	err := s.query.PutShow(ctx, sqlc.PutShowParams{
		ID: n.ID, Title: n.Title, State: wire.Open, Token: token[:], Created: s.now().UnixMilli(),
	})
	if isDuplicate(err) {
		return wire.Errorf(wire.Conflict, "another show than %q has the same token", n.ID)
	}
	if err != nil {
		return fmt.Errorf("put show: %w", err)
	}
	return nil
}

// Show returns a show, never live, and its publishing token. If there is none the error has code NotFound.
func (s *Store) Show(ctx context.Context, id wire.ShowID) (show wire.Show, token Hash, err error) {
	row, err := s.query.Show(ctx, id)
	if errors.Is(err, sql.ErrNoRows) {
		return wire.Show{}, Hash{}, notFound(id)
	}
	if err != nil {
		return wire.Show{}, Hash{}, fmt.Errorf("read show: %w", err)
	}
	return wire.Show{ID: row.ID, Title: row.Title, State: row.State}, Hash(row.Token), nil
}

// ShowOf returns the show that the publishing token belongs to. If there is none the error has code NotFound.
func (s *Store) ShowOf(ctx context.Context, token Hash) (wire.Show, error) {
	row, err := s.query.ShowOf(ctx, token[:])
	if errors.Is(err, sql.ErrNoRows) {
		return wire.Show{}, wire.Errorf(wire.NotFound, "no show has this token")
	}
	if err != nil {
		return wire.Show{}, fmt.Errorf("read show: %w", err)
	}
	return wire.Show{ID: row.ID, Title: row.Title, State: row.State}, nil
}

// Shows returns all shows, the newest first.
func (s *Store) Shows(ctx context.Context) (shows []wire.Show, err error) {
	rows, err := s.query.Shows(ctx)
	if err != nil {
		return nil, fmt.Errorf("list shows: %w", err)
	}
	for _, row := range rows {
		shows = append(shows, wire.Show{ID: row.ID, Title: row.Title, State: row.State})
	}
	return shows, nil
}

// SetState opens or closes a show. If there is none the error has code NotFound.
func (s *Store) SetState(ctx context.Context, id wire.ShowID, state wire.ShowState) error {
	n, err := s.query.SetState(ctx, sqlc.SetStateParams{ID: id, State: state})
	if err != nil {
		return fmt.Errorf("set state of show: %w", err)
	}
	if n == 0 {
		return notFound(id)
	}
	return nil
}
