package reach_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"vitrine/server/reach"
	"vitrine/server/reach/reachtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTheOutboxInMemoryIsOne(t *testing.T) {
	reachtest.Outbox(t, func(*testing.T) reachtest.Box { return &box{} })
}

// box is an outbox in memory.
type box struct {
	mu      sync.Mutex
	letters []reach.Letter
	notes   map[string]string // the last reason
	dead    map[string]bool
	broken  error // what every call returns, if anything
}

func (b *box) Put(_ *testing.T, letters ...reach.Letter) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.letters = append(b.letters, letters...)
}

func (b *box) Due(_ context.Context, kind reach.Kind, now time.Time, limit int) (heads []reach.Letter, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	sorted := slices.Clone(b.letters)
	slices.SortStableFunc(sorted, func(a, b reach.Letter) int { return a.Due.Compare(b.Due) })
	for _, m := range sorted {
		seen := slices.ContainsFunc(heads, func(h reach.Letter) bool { return h.To == m.To })
		if m.Kind == kind && !m.Due.After(now) && !seen && len(heads) < limit {
			heads = append(heads, m)
		}
	}
	return heads, b.broken
}

// on changes a letter that waits; false takes it out.
func (b *box) on(ctx context.Context, id, reason string, change func(*reach.Letter) bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := errors.Join(ctx.Err(), b.broken); err != nil {
		return err
	}
	i := slices.IndexFunc(b.letters, func(m reach.Letter) bool { return m.ID == id })
	if i < 0 {
		return nil
	}
	if b.notes == nil {
		b.notes, b.dead = map[string]string{}, map[string]bool{}
	}
	b.notes[id] = reason
	if !change(&b.letters[i]) {
		b.letters = slices.Delete(b.letters, i, i+1)
	}
	return nil
}

func (b *box) Sent(ctx context.Context, id string) error {
	return b.on(ctx, id, "", func(*reach.Letter) bool { return false })
}

func (b *box) Again(ctx context.Context, id string, due time.Time, reason string) error {
	return b.on(ctx, id, reason, func(m *reach.Letter) bool {
		m.Tries, m.Due = m.Tries+1, due
		return true
	})
}

func (b *box) Dead(ctx context.Context, id, reason string) error {
	return b.on(ctx, id, reason, func(*reach.Letter) bool {
		b.dead[id] = true
		return false
	})
}

func (b *box) Reason(_ *testing.T, id string) (reason string, waits bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.notes[id], slices.ContainsFunc(b.letters, func(m reach.Letter) bool { return m.ID == id })
}

func (b *box) isDead(id string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.dead[id]
}

func (b *box) breaks(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.broken = err
}
