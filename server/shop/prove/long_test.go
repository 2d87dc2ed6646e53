package prove_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"testing"
	"time"

	"vitrine/server/shop/prove"
)

var (
	long  = flag.Int("purchases", 0, "orders of the long proof; 0 leaves it out")
	notes = flag.String("notes", "", "where the long proof notes its rounds, to go on from them")
)

// aRound is how many orders one database gets. Its history is judged as a whole.
const aRound = 15_000

// round is a line of the notes.
type round struct {
	Round  int
	Engine string
	prove.Verdict
	Faults  map[string]int
	Seconds float64
}

// rounds reads the notes.
func rounds(t *testing.T) (list []round) {
	f, err := os.Open(*notes)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var r round
		if json.Unmarshal(lines.Bytes(), &r) != nil { // the end of a proof that was killed
			break
		}
		list = append(list, r)
	}
	return list
}

func (r round) note(t *testing.T) {
	line, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(*notes, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(append(line, '\n')); err != nil {
		t.Error(err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}

// TestNothingIsSoldTwiceInAMillionPurchases is `make prove-shop`: rounds on SQLite and PostgreSQL in turn, each a fresh database,
// with a fault every three seconds. What was done before is not done again.
func TestNothingIsSoldTwiceInAMillionPurchases(t *testing.T) {
	if *long == 0 {
		t.Skip("make prove-shop runs it")
	}
	done := rounds(t)
	orders := func() (n int) {
		for _, r := range done {
			n += r.Orders
		}
		return n
	}
	for n := len(done); orders() < *long; n++ {
		r := round{Round: n, Engine: []string{"SQLite", "PostgreSQL"}[n%2]}
		held := t.Run(fmt.Sprint(n), func(t *testing.T) {
			began := time.Now()
			e := begin(t, r.Engine == "PostgreSQL", fmt.Sprint(n), aRound, uint64(n))
			r.Verdict = *e.runs(192, aRound, uint64(n), 3*time.Second, 1000)
			r.Faults, r.Seconds = e.faults, time.Since(began).Seconds()
		})
		if !held && len(r.Found) == 0 {
			t.FailNow() // the round did not come to its end
		}
		r.note(t)
		done = append(done, r)
		fmt.Printf("round %d on %s: %d orders, %d paid, %d sold out, faults %v, broken %v, %.0f s; %d of %d orders\n", n, r.Engine, r.Orders, r.Paid, r.SoldOut,
			r.Faults, r.Found, r.Seconds, orders(), *long)
	}
	for _, engine := range []string{"SQLite", "PostgreSQL"} {
		table(t, engine, done)
	}
}

// table prints the sums of an engine's rounds.
func table(t *testing.T, engine string, done []round) {
	var s round
	s.Found, s.Faults = map[prove.Rule]int{}, map[string]int{}
	n := 0
	for _, r := range done {
		if r.Engine != engine {
			continue
		}
		n++
		s.Orders, s.Paid, s.SoldOut, s.Reservations = s.Orders+r.Orders, s.Paid+r.Paid, s.SoldOut+r.SoldOut, s.Reservations+r.Reservations
		s.Calls, s.Unknown, s.Entries, s.Seconds = s.Calls+r.Calls, s.Unknown+r.Unknown, s.Entries+r.Entries, s.Seconds+r.Seconds
		for rule, k := range r.Found {
			s.Found[rule] += k
		}
		for fault, k := range r.Faults {
			s.Faults[fault] += k
		}
	}
	fmt.Printf("\n%s: %d rounds in %.0f s\n", engine, n, s.Seconds)
	row := func(what string, k int) { fmt.Printf("  %-22s %10d\n", what, k) }
	row("orders", s.Orders)
	row("orders paid", s.Paid)
	row("reservations", s.Reservations)
	row("told sold out", s.SoldOut)
	row("calls", s.Calls)
	row("of unknown outcome", s.Unknown)
	row("ledger entries", s.Entries)
	for _, fault := range slices.Sorted(maps.Keys(s.Faults)) {
		row(fault, s.Faults[fault])
	}
	for _, rule := range prove.Rules {
		verdict := "holds"
		if s.Found[rule] > 0 {
			verdict = "BROKEN"
			t.Errorf("%s: %s was broken %d times", engine, rule, s.Found[rule])
		}
		fmt.Printf("  %-22s %10d  %s\n", rule, s.Found[rule], verdict)
	}
}
