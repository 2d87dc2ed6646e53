// Package reachtest is the conformance test of outboxes: what a reach.Courier relies on. Whoever keeps letters runs it on their
// own, in SQL or in memory.
package reachtest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vitrine/server/reach"
)

// Box is an outbox under test.
type Box interface {
	reach.Outbox
	// Put writes letters down, as store does in the transaction of what they tell about. Their ids ascend, as those of version 7
	// of RFC 9562 do, so that an outbox may know by them which was written first.
	Put(t *testing.T, letters ...reach.Letter)
	// Reason returns what was noted last about a letter, and whether it still waits.
	Reason(t *testing.T, id string) (reason string, waits bool)
}

// start has no fraction of a millisecond: databases keep none.
var start = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// Shared checks outboxes of two servers on one store; pair makes such.
func Shared(t *testing.T, pair func(t *testing.T) (one, other Box)) {
	t.Run("one of two servers sends, and the other once that is gone", func(t *testing.T) {
		one, other := pair(t)
		one.Put(t, letter("a", "shop", 0), letter("b", "shop", time.Second))
		expect(t, one, 0, 9, "a")
		expect(t, other, 0, 9)
		expect(t, one, time.Minute, 9, "a")
		expect(t, other, time.Minute+70*time.Second, 9)
		must(t, one.Sent(t.Context(), "a"))
		expect(t, one, 2*time.Minute, 9, "b")
		expect(t, other, time.Hour, 9, "b")
		expect(t, one, time.Hour, 9)
		expect(t, one, 2*time.Hour, 9, "b")
	})
	t.Run("each kind has a server of its own", func(t *testing.T) {
		one, other := pair(t)
		m := letter("m", "shop", 0)
		m.Kind = reach.ByMail
		one.Put(t, m, letter("w", "shop", 0))
		expect(t, one, 0, 9, "w")
		if got := due(t, other, reach.ByMail, 0, 9); len(got) != 1 || got[0].ID != "m" {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("of two that ask at once one is told", func(t *testing.T) {
		one, other := pair(t)
		one.Put(t, letter("a", "shop", 0))
		var told atomic.Int32
		var wait sync.WaitGroup
		for _, b := range []Box{one, other} {
			wait.Go(func() {
				list, err := b.Due(t.Context(), reach.ByWebhook, start, 9)
				if err != nil {
					t.Error(err)
				}
				told.Add(int32(len(list)))
			})
		}
		wait.Wait()
		if told.Load() != 1 {
			t.Errorf("%d were told", told.Load())
		}
	})
}

func letter(id, to string, due time.Duration) reach.Letter {
	return reach.Letter{
		ID: id, Kind: reach.ByWebhook, To: to, Type: "order.paid", Body: []byte{0, 0xff, id[0]}, Due: start.Add(due),
	}
}

// Outbox checks outboxes; empty makes a new one.
func Outbox(t *testing.T, empty func(t *testing.T) Box) {
	for name, check := range map[string]func(*testing.T, Box){
		"a letter comes back as it was written":         whole,
		"a letter is not due before its time":           early,
		"every receiver shows the one that is due long": lanes,
		"kinds do not mix":                              kinds,
		"a sent letter does not come back":              sent,
		"a try in vain is counted and waits":            again,
		"a dead letter stays with its reason":           dead,
		"a letter that does not wait does not change":   done,
		"random histories agree with a model":           model,
	} {
		t.Run(name, func(t *testing.T) { check(t, empty(t)) })
	}
}

func due(t *testing.T, b Box, kind reach.Kind, at time.Duration, limit int) []reach.Letter {
	t.Helper()
	all, err := b.Due(t.Context(), kind, start.Add(at), limit)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func expect(t *testing.T, b Box, at time.Duration, limit int, want ...string) {
	t.Helper()
	var got []string
	for _, m := range due(t, b, reach.ByWebhook, at, limit) {
		got = append(got, m.ID)
	}
	if !slices.Equal(got, want) {
		t.Errorf("due at %s: %v, want %v", at, got, want)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func whole(t *testing.T, b Box) {
	want := letter("a", "shop", 0)
	b.Put(t, want)
	got := due(t, b, reach.ByWebhook, 0, 1)
	if len(got) != 1 || !got[0].Due.Equal(want.Due) {
		t.Fatalf("got %+v", got)
	}
	got[0].Due = want.Due
	if fmt.Sprintf("%+v", got[0]) != fmt.Sprintf("%+v", want) {
		t.Errorf("got %+v, want %+v", got[0], want)
	}
}

func early(t *testing.T, b Box) {
	b.Put(t, letter("a", "shop", time.Second))
	expect(t, b, time.Second-time.Millisecond, 9)
	expect(t, b, time.Second, 9, "a")
}

func lanes(t *testing.T, b Box) {
	b.Put(t, letter("x1", "x", 0), letter("x2", "x", 0), letter("y1", "y", 3), letter("z1", "z", 2*time.Second), letter("z2", "z", time.Second))
	expect(t, b, time.Minute, 9, "x1", "y1", "z2")
	expect(t, b, time.Minute, 2, "x1", "y1")
	must(t, b.Sent(t.Context(), "x1"))
	expect(t, b, time.Minute, 9, "x2", "y1", "z2")
}

func kinds(t *testing.T, b Box) {
	m := letter("m", "shop", 0)
	m.Kind = reach.ByMail
	b.Put(t, m, letter("w", "shop", time.Second))
	expect(t, b, time.Minute, 9, "w")
	if got := due(t, b, reach.ByMail, time.Minute, 9); len(got) != 1 || got[0].ID != "m" {
		t.Errorf("got %+v", got)
	}
}

func sent(t *testing.T, b Box) {
	b.Put(t, letter("a", "shop", 0))
	must(t, b.Sent(t.Context(), "a"))
	expect(t, b, time.Hour, 9)
}

func again(t *testing.T, b Box) {
	b.Put(t, letter("a", "shop", 0), letter("b", "shop", time.Second))
	must(t, b.Again(t.Context(), "a", start.Add(time.Minute), "it answered 500"))
	expect(t, b, 2*time.Second, 9, "b")
	must(t, b.Sent(t.Context(), "b"))
	must(t, b.Again(t.Context(), "a", start.Add(time.Hour), "it answered 501"))
	if got := due(t, b, reach.ByWebhook, time.Hour, 9); len(got) != 1 || got[0].Tries != 2 {
		t.Errorf("got %+v, want two tries", got)
	}
	if why, waits := b.Reason(t, "a"); why != "it answered 501" || !waits {
		t.Errorf("noted %q, waits %v", why, waits)
	}
}

func dead(t *testing.T, b Box) {
	b.Put(t, letter("a", "shop", 0))
	must(t, b.Dead(t.Context(), "a", "it is gone"))
	expect(t, b, time.Hour, 9)
	if why, waits := b.Reason(t, "a"); why != "it is gone" || waits {
		t.Errorf("noted %q, waits %v", why, waits)
	}
}

func done(t *testing.T, b Box) {
	b.Put(t, letter("a", "shop", 0), letter("b", "shop", 0))
	must(t, b.Sent(t.Context(), "a"))
	must(t, b.Dead(t.Context(), "b", "first"))
	for _, id := range []string{"a", "b", "never"} {
		must(t, b.Again(t.Context(), id, start, "late"))
		must(t, b.Dead(t.Context(), id, "late"))
		must(t, b.Sent(t.Context(), id))
	}
	expect(t, b, time.Hour, 9)
	if why, _ := b.Reason(t, "b"); why != "first" {
		t.Errorf("the reason became %q", why)
	}
}

// model compares with a list that is searched from end to end.
func model(t *testing.T, b Box) {
	random := rand.New(rand.NewPCG(1, 2))
	var list []reach.Letter
	for step := range 300 {
		at := time.Duration(random.IntN(60)) * time.Second
		if i := random.IntN(len(list) + 3); i >= len(list) {
			m := letter(fmt.Sprintf("l%03d", step), fmt.Sprintf("e%d", random.IntN(5)), at)
			b.Put(t, m)
			list = append(list, m)
		} else if random.IntN(2) == 0 {
			must(t, b.Again(t.Context(), list[i].ID, start.Add(at), "no"))
			list[i].Due = start.Add(at)
		} else {
			must(t, b.Sent(t.Context(), list[i].ID))
			list = slices.Delete(list, i, i+1)
		}
		now, limit := time.Duration(random.IntN(60))*time.Second, 1+random.IntN(6)
		expect(t, b, now, limit, heads(list, start.Add(now), limit)...)
	}
}

func heads(list []reach.Letter, now time.Time, limit int) (ids []string) {
	sorted := slices.Clone(list)
	slices.SortStableFunc(sorted, func(a, b reach.Letter) int { return a.Due.Compare(b.Due) })
	seen := map[string]bool{}
	for _, m := range sorted {
		if !seen[m.To] && !m.Due.After(now) && len(ids) < limit {
			seen[m.To] = true
			ids = append(ids, m.ID)
		}
	}
	return ids
}
