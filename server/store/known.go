package store

import (
	"context"
	"fmt"
	"time"

	"vitrine/server/store/sqlc"
	"vitrine/server/wire"
)

// Known says since when a person is known, the zero time for never, and whether they follow the shop.
func (s *Store) Known(ctx context.Context, p wire.PersonID) (since time.Time, follows bool, err error) {
	k, err := s.query.KnownPerson(ctx, p)
	if err != nil {
		return since, false, fmt.Errorf("read since when a person is known: %w", err)
	}
	first := k.Made
	if first == 0 || k.Since > 0 && k.Since < first {
		first = k.Since
	}
	return timeOf(first), k.Follows == 1, nil
}

// Meet notes since when people are known, who are not already.
func (s *Store) Meet(ctx context.Context, since map[wire.PersonID]time.Time) error {
	list := make(rows, 0, len(since))
	for p, t := range since {
		list = append(list, []any{p, millis(t)})
	}
	return put(ctx, []step{{"who is known", list, s.query.Meet}})
}

// Follow has a person follow the shop, or no more.
func (s *Store) Follow(ctx context.Context, p wire.PersonID, follows bool, now time.Time) error {
	row := sqlc.FollowParams{Person: string(p), Since: millis(now)}
	if follows {
		row.Follows = 1
	}
	if err := s.query.Follow(ctx, row); err != nil {
		return fmt.Errorf("note who follows the shop: %w", err)
	}
	return nil
}

// Followers counts who follows the shop.
func (s *Store) Followers(ctx context.Context) (int64, error) {
	n, err := s.query.Followers(ctx)
	if err != nil {
		return 0, fmt.Errorf("count who follows the shop: %w", err)
	}
	return n, nil
}
