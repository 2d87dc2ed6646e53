package store

import (
	"fmt"
	"testing"
	"time"

	"vitrine/server/store/sqlc"
	"vitrine/server/trust"
	"vitrine/server/trust/trusttest"
)

var _ trust.Storage = (*Store)(nil)

func TestPeople_are_kept_as_trust_wants_it(t *testing.T) {
	for engine, fresh := range engines {
		t.Run(engine, func(t *testing.T) { trusttest.Conformance(t, openAt(t, fresh(t))) })
	}
}

func TestMore_is_swept_than_one_statement_removes(t *testing.T) {
	for engine, fresh := range engines {
		t.Run(engine, func(t *testing.T) {
			s, ctx := openAt(t, fresh(t)), t.Context()
			err := s.within(ctx, func(q *sqlc.Queries) error {
				for i := range 2*pageOf + 1 {
					token := trust.Token(fmt.Sprint(i)).Hash()
					if err := q.AddTicket(ctx, sqlc.AddTicketParams{Token: token[:], Browser: token[:], Content: token[:], Until: int64(i)}); err != nil {
						return err
					}
				}
				return nil
			})
			must(t, err)
			must(t, s.SweepTickets(ctx, time.UnixMilli(2*pageOf)))
			var left int
			must(t, s.db.QueryRowContext(ctx, "SELECT count(*) FROM tickets").Scan(&left))
			if left != 1 {
				t.Errorf("%d tickets are left, want 1", left)
			}
		})
	}
}
