package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"vitrine/server/store/sqlc"
	"vitrine/server/wire"
)

// Setting returns the document of a name with its version; nil and 0 if nobody has set it.
func (s *Store) Setting(ctx context.Context, name string) (doc []byte, version int64, err error) {
	row, err := s.query.Setting(ctx, name)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, fmt.Errorf("read setting %s: %w", name, err)
	}
	return []byte(row.Doc), row.Version, nil
}

// PutSetting replaces the version of a document that somebody has seen, 0 for none. If there is another the error has code
// Precondition.
func (s *Store) PutSetting(ctx context.Context, name string, doc []byte, seen int64) error {
	put, err := s.query.PutSetting(ctx, sqlc.PutSettingParams{Name: name, Doc: string(doc), Seen: seen})
	if err != nil {
		return fmt.Errorf("store setting %s: %w", name, err)
	}
	if put == 0 {
		return wire.Errorf(wire.Precondition, "somebody else has changed this meanwhile: look at it again")
	}
	return nil
}
