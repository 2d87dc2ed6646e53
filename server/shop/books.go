package shop

import (
	"context"
	"fmt"

	"vitrine/server/wire"
)

// Entries are at most so many of the ledger's entries after one, as they were committed.
func (s *Shop) Entries(ctx context.Context, after int64, most int) ([]Entry, error) {
	return s.c.Storage.Entries(ctx, after, most)
}

// EachOrder calls each with all orders, the oldest first, until it returns an error.
func (s *Shop) EachOrder(ctx context.Context, each func(*Order) error) error {
	return s.c.Storage.EachOrder(ctx, each)
}

// Audit audits the shop while it runs. What it finds wrong is only believed if nothing was written meanwhile; else it looks again, and
// says after a few times that the shop is too busy (Unavailable).
func (s *Shop) Audit(ctx context.Context) (*Audited, error) {
	const looks = 3
	for range looks {
		a, err := Audit(ctx, s.c.Storage)
		if err != nil {
			return nil, fmt.Errorf("audit: %w", err)
		}
		if len(a.Wrong) == 0 {
			return a, nil
		}
		later, err := s.c.Storage.Entries(ctx, a.Head.Seq, 1)
		if err != nil {
			return nil, fmt.Errorf("audit: %w", err)
		}
		if len(later) == 0 {
			return a, nil
		}
	}
	return nil, wire.Errorf(wire.Unavailable, "the shop is written to so often that it cannot be audited: audit it when it is quiet")
}
