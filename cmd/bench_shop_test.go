package cmd

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"vitrine/server/shop"
	"vitrine/server/store"
	"vitrine/server/store/rig"
	"vitrine/server/wire"
)

// BenchmarkShop measures how many reservations of one product the shop decides and stores durably, beside PostgreSQL's own
// pgbench doing the same transaction, and beside itself with one request a transaction. Run it with -benchtime 1x.
func BenchmarkShop(b *testing.B) {
	pg := rig.Postgres(b)
	var stock float64
	b.Run("pgbench", func(b *testing.B) { stock = pgbench(b, pg) })
	b.Run("sqlite", func(b *testing.B) {
		benchStall(b, stock, func() store.Config { return store.Config{Folder: b.TempDir()} })
	})
	b.Run("postgres", func(b *testing.B) { benchStall(b, stock, func() store.Config { return store.Config{URL: pg.URL()} }) })
	b.Run("snapshot", func(b *testing.B) { snapshot(b, store.Config{URL: pg.URL()}) })
}

// benchStall measures the shop on an engine.
func benchStall(b *testing.B, stock float64, fresh func() store.Config) {
	engine := filepath.Base(b.Name())
	for _, c := range []struct {
		buyers    int
		p99, over string // goals
	}{{64, "<=50", ">=10"}, {512, "-", "-"}} {
		s := stall(b, fresh(), shop.Config{})
		l := s.load(c.buyers, 10*time.Second)
		s.close()
		name := fmt.Sprintf("shop_%s_%d", engine, c.buyers)
		line(name, l.rate, "1/s", "-")
		line(name+"_p50", l.at(50), "ms", "-")
		line(name+"_p99", l.at(99), "ms", c.p99)
		line(name+"_to_pgbench", l.rate/stock, "ratio", c.over)
	}
	s := stall(b, fresh(), shop.Config{Batch: 1})
	line("shop_"+engine+"_one_a_transaction_64", s.load(64, 5*time.Second).rate, "1/s", "-")
	s.close()
	rush(b, engine, fresh())
}

// counter is a shop with one product.
type counter struct {
	*shop.Shop
	b     *testing.B
	close func()
}

// stall opens a shop that has rings.
func stall(b *testing.B, at store.Config, c shop.Config) *counter {
	b.Helper()
	db, err := store.Open(b.Context(), at)
	if err != nil {
		b.Fatal(err)
	}
	c.Storage, c.Terms = db, shop.Terms{Currency: "EUR", Home: "DE"}
	s := &counter{b: b}
	if s.Shop, err = shop.New(c); err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	s.close = func() {
		cancel()
		if err := <-done; err != nil {
			b.Error(err)
		}
		if err := db.Close(); err != nil {
			b.Error(err)
		}
	}
	return s
}

// sells puts rings on sale.
func (s *counter) sells(stock int) {
	s.b.Helper()
	_, err := s.PutProduct(s.b.Context(), "host", wire.Product{ID: "ring", Title: "A ring", Variants: []wire.Variant{
		{ID: "ring", Price: wire.Money{Minor: 9900, Currency: "EUR"}, Stock: stock},
	}}, 0)
	if err != nil && wire.CodeOf(err) != wire.Precondition { // it is there
		s.b.Fatal(err)
	}
}

// wants reserves a ring, for somebody else every time.
func (s *counter) wants(buyer, n int) (wire.Reservation, error) {
	return s.Reserve(context.Background(), wire.PersonID(fmt.Sprintf("buyer-%d-%d", buyer, n)), wire.Reserve{
		ID: wire.ReservationID(fmt.Sprintf("wish-%06d-%012d", buyer, n)), Variant: "ring", Quantity: 1, Price: wire.Money{Minor: 9900, Currency: "EUR"},
	})
}

// loaded is what a load showed.
type loaded struct {
	rate float64
	took []time.Duration // sorted
}

// at is a percentile of the time to an answer, in ms.
func (l loaded) at(percent int) float64 {
	return float64(l.took[len(l.took)*percent/100].Microseconds()) / 1000
}

// load has buyers reserve rings, each the next as soon as the last is held.
func (s *counter) load(buyers int, during time.Duration) (l loaded) {
	s.b.Helper()
	s.sells(wire.MaxUnits)
	var mu sync.Mutex
	var all sync.WaitGroup
	began := time.Now()
	first := int(began.UnixNano() / 1e6 % 1e9 * 1000) // keys of no load before
	for buyer := range buyers {
		all.Go(func() {
			var mine []time.Duration
			for n := first; time.Since(began) < during; n++ {
				asked := time.Now()
				if r, err := s.wants(buyer, n); err != nil || r.State != wire.Held {
					s.b.Error(r, err)
					return
				}
				mine = append(mine, time.Since(asked))
			}
			mu.Lock()
			l.took = append(l.took, mine...)
			mu.Unlock()
		})
	}
	all.Wait()
	l.rate = float64(len(l.took)) / time.Since(began).Seconds()
	slices.Sort(l.took)
	return l
}

// rush has ten thousand buyers want the last ring at once.
func rush(b *testing.B, engine string, at store.Config) {
	const buyers = 10_000
	s := stall(b, at, shop.Config{})
	defer s.close()
	s.sells(1)
	var mu sync.Mutex
	answers := map[wire.Hold]int{}
	var all sync.WaitGroup
	ready := make(chan struct{})
	for buyer := range buyers {
		all.Go(func() {
			<-ready
			r, err := s.wants(buyer, 0)
			if err != nil {
				r.State = wire.Hold(wire.CodeOf(err))
			}
			mu.Lock()
			answers[r.State]++
			mu.Unlock()
		})
	}
	began := time.Now()
	close(ready)
	all.Wait()
	line("shop_"+engine+"_rush_seconds", time.Since(began).Seconds(), "s", "<=2")
	line("shop_"+engine+"_rush_winners", float64(answers[wire.Held]), "count", "<=1")
	line("shop_"+engine+"_rush_told_sold_out", float64(answers[wire.SoldOutHold]), "count", ">=9999")
}

// snapshot looks what an old snapshot, which keeps PostgreSQL from cleaning up, leaves of the rate.
func snapshot(b *testing.B, at store.Config) {
	s := stall(b, at, shop.Config{})
	defer s.close()
	s.load(64, 2*time.Second)
	before := s.load(64, 5*time.Second).rate
	c, err := pgx.Connect(b.Context(), at.URL)
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close(context.Background())
	tx, err := c.BeginTx(b.Context(), pgx.TxOptions{IsoLevel: pgx.RepeatableRead})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.Background()) }()
	if err := tx.QueryRow(b.Context(), "SELECT count(*) FROM stocks").Scan(new(int)); err != nil {
		b.Fatal(err)
	}
	s.load(64, 30*time.Second)
	after := s.load(64, 5*time.Second).rate
	line("shop_postgres_64_before_a_snapshot", before, "1/s", "-")
	line("shop_postgres_64_with_a_snapshot_of_30s", after, "1/s", "-")
	line("shop_postgres_share_with_an_old_snapshot", after/before, "ratio", ">=0.6")
}

// The identical transaction by pgbench: stock is taken if there is some, the reservation and its entry of the ledger are written,
// in records as long as ours. It is asked in two ways, as a transaction of three statements and as one statement.
const (
	pgbenchTables = `
CREATE TABLE stock (variant text PRIMARY KEY, left_ bigint NOT NULL, version bigint NOT NULL, doc text NOT NULL);
CREATE TABLE reserved (id text PRIMARY KEY, buyer text NOT NULL, state text NOT NULL, doc text NOT NULL);
CREATE INDEX reserved_of ON reserved (buyer);
CREATE TABLE entries (seq bigserial PRIMARY KEY, at bigint NOT NULL, kind text NOT NULL, show text NOT NULL, public text NOT NULL, private text NOT NULL, hash text NOT NULL);
INSERT INTO stock VALUES ('ring', 100000000, 0, repeat('s', 250));`
	pgbenchThree = `
\set buyer random(1, 1000)
BEGIN;
UPDATE stock SET left_ = left_ - 1, version = version + 1 WHERE variant = 'ring' AND left_ >= 1;
INSERT INTO reserved VALUES (gen_random_uuid()::text, 'buyer-' || :buyer, 'held', repeat('d', 420));
INSERT INTO entries (at, kind, show, public, private, hash) VALUES (0, 'reservation', '', repeat('p', 160), repeat('q', 150), repeat('h', 64));
COMMIT;`
	pgbenchOne = `
\set buyer random(1, 1000)
WITH taken AS (UPDATE stock SET left_ = left_ - 1, version = version + 1 WHERE variant = 'ring' AND left_ >= 1 RETURNING variant),
held AS (INSERT INTO reserved SELECT gen_random_uuid()::text, 'buyer-' || :buyer, 'held', repeat('d', 420) FROM taken)
INSERT INTO entries (at, kind, show, public, private, hash)
SELECT 0, 'reservation', '', repeat('p', 160), repeat('q', 150), repeat('h', 64) FROM taken;`
)

var tps = regexp.MustCompile(`tps = ([0-9.]+)`)

// pgbench is the better rate of the two, with 64 clients.
func pgbench(b *testing.B, pg *rig.Cluster) (best float64) {
	b.Helper()
	program, err := rig.Program("pgbench")
	if err != nil {
		b.Fatal(err)
	}
	rates := map[string]float64{}
	for _, name := range []string{"three", "one", "three", "one"} { // twice, since the machine has other things to do
		script := map[string]string{"three": pgbenchThree, "one": pgbenchOne}[name]
		at := pg.URL()
		c, err := pgx.Connect(b.Context(), at)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := c.Exec(b.Context(), pgbenchTables); err != nil {
			b.Fatal(err)
		}
		host, database := c.Config().Host, c.Config().Database
		if err := c.Close(b.Context()); err != nil {
			b.Fatal(err)
		}
		file := filepath.Join(b.TempDir(), name)
		if err := os.WriteFile(file, []byte(script), 0o644); err != nil {
			b.Fatal(err)
		}
		cmd := exec.Command(program, "-n", "-M", "prepared", "-c", "64", "-j", "2", "-T", "6", "-f", file, "-h", host, "-U", "postgres", database)
		cmd.Env = append(os.Environ(), "PGPASSWORD="+rig.Password)
		out, err := cmd.CombinedOutput()
		found := tps.FindSubmatch(out)
		if err != nil || found == nil {
			b.Fatalf("pgbench: %v\n%s", err, out)
		}
		rate, _ := strconv.ParseFloat(string(found[1]), 64)
		rates[name] = max(rates[name], rate)
	}
	line("shop_pgbench_three_statements_64", rates["three"], "1/s", "-")
	line("shop_pgbench_one_statement_64", rates["one"], "1/s", "-")
	return max(rates["three"], rates["one"])
}
