package shop

import "context"

// Entries are at most so many of the ledger's entries after one, as they were committed.
func (s *Shop) Entries(ctx context.Context, after int64, most int) (list []Entry, err error) {
	err = s.c.Storage.Books(ctx, func(b Books) error {
		list, err = b.Entries(ctx, after, most)
		return err
	})
	return list, err
}

// EachOrder calls each with all orders, the oldest first, until it returns an error.
func (s *Shop) EachOrder(ctx context.Context, each func(*Order) error) error {
	return s.c.Storage.Books(ctx, func(b Books) error { return b.EachOrder(ctx, each) })
}

// Audit audits the shop while it goes on.
func (s *Shop) Audit(ctx context.Context) (*Audited, error) { return Audit(ctx, s.c.Storage) }
