// Package shop is the rules of selling: products and their stock, offers, reservations, the waiting list, orders and what their
// payments mean. It promises that no unit is sold twice, that nobody is told "sold out" while there are units, that nobody is
// charged twice, and that what is paid is delivered or given back; and it can prove it, because every change is an entry of an
// append-only, hash-chained ledger from which all of it can be computed again (see Audit).
//
// One goroutine, Run's, decides: the writer. It takes all requests that wait, at most Config.Batch of them, decides one after
// the other on the state in memory, and has what they change committed in one transaction of the store (group commit); while that
// lasts it decides the next batch on the state as it will be. Nobody gets an answer, and nothing is shown, before its transaction
// and all before it are durable. A decision changes the state only by changes, which are also the ledger's entries; so the same
// code makes the state, and replays it.
//
// A store that another writer has written to refuses the batch, since the ledger's head is not what the batch goes on from.
// Then, and after any failure whose outcome is not known, the writer forgets its state with all that was decided on it, and loads it
// anew. If it finds the batch in the ledger, its answers count; else it decides again.
//
// Its queue holds Config.Queue requests. When it is full a request waits with its context, at most a second, and is then told
// to try again: nothing was reserved. Payment providers are asked by the cashier, outside of any transaction.
package shop

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"vitrine/server/wire"
)

const (
	usualBatch = 512
	usualQueue = 4096
	// busyAfter is how long a request waits for a place in the queue.
	busyAfter = time.Second
	// tickEvery is how often lapses are looked for while nobody asks.
	tickEvery = 100 * time.Millisecond
	// tries and tryAfter are how often a batch is decided anew, and the pause before, which doubles.
	tries    = 8
	tryAfter = 50 * time.Millisecond
	// storeWithin is how long the store may take for a batch.
	storeWithin = 15 * time.Second
)

// ErrBehind says that a batch does not go on from the store's newest entry.
var ErrBehind = errors.New("the ledger has entries that this writer does not know")

// Config is what a shop needs. Storage must be set.
type Config struct {
	Storage Storage
	Terms   Terms
	// Seal encrypts the contact of a person's order; nil keeps no contacts.
	Seal func(ctx context.Context, person wire.PersonID, order wire.OrderID, plain []byte) ([]byte, error)
	// Secret keys the hashes of requests, which would tell whoever reads the store whether a guess of an address is right.
	Secret []byte
	// Pay are the ways to pay.
	Pay map[wire.PayMethod]Provider
	// Stripe is its publishable key, where it is one of them.
	Stripe string
	// Now is the clock of lapses and ends.
	Now func() time.Time
	// Hold is how long units are held, wire.ShortestHold to wire.LongestHold; 0 means wire.UsualHold.
	Hold time.Duration
	// Batch is the most requests a transaction, Queue how many wait for one; 0 means 512 and 4096.
	Batch, Queue int
	// Changed is told after each commit what is so now. It is called by the writer and must not block.
	Changed func(*Batch)
	Log     *slog.Logger
}

// Shop is safe for concurrent use while Run runs.
type Shop struct {
	c        Config
	requests chan *request
	shelf    shelf
	till     till
	tallies  tallies
	ready    chan struct{} // closed once the store was read
	ended    chan struct{}

	writer
}

// request is something to decide.
type request struct {
	ctx    context.Context
	asks   func(*state) Questions
	decide func(*tx) error
	answer chan error
}

// New makes a shop. It starts nothing. The error says what is wrong with the configuration.
func New(c Config) (*Shop, error) {
	if c.Hold == 0 {
		c.Hold = wire.UsualHold
	}
	if c.Hold < wire.ShortestHold || c.Hold > wire.LongestHold {
		return nil, fmt.Errorf("units are held %s to %s; got %s", wire.ShortestHold, wire.LongestHold, c.Hold)
	}
	if c.Batch == 0 {
		c.Batch = usualBatch
	}
	if c.Queue == 0 {
		c.Queue = usualQueue
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Changed == nil {
		c.Changed = func(*Batch) {}
	}
	return &Shop{c: c, requests: make(chan *request, c.Queue), ready: make(chan struct{}), ended: make(chan struct{}), till: newTill(), tallies: newTallies()}, nil
}

// Run decides until ctx ends. It returns once nothing that it started runs.
func (s *Shop) Run(ctx context.Context) error {
	defer close(s.ended)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.write(ctx) })
	g.Go(func() error { return s.cash(ctx) })
	if err := g.Wait(); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// Ready is closed once products and offers have been read from the store: before, there seem to be none.
func (s *Shop) Ready() <-chan struct{} { return s.ready }

// do has the writer decide something, and returns once that is durable.
func do[T any](ctx context.Context, s *Shop, asks func(*state) Questions, decide func(*tx) (T, error)) (T, error) {
	var none, result T
	r := &request{ctx: ctx, asks: asks, answer: make(chan error, 1), decide: func(t *tx) error {
		if err := ctx.Err(); err != nil { // nobody waits for it any more
			return err
		}
		var err error
		result, err = decide(t)
		return err
	}}
	busy := time.NewTimer(busyAfter)
	defer busy.Stop()
	select {
	case s.requests <- r:
	case <-busy.C:
		return none, &wire.Error{Code: wire.Unavailable, Text: "the shop is very busy: nothing was reserved, try again", RetryAfter: time.Second}
	case <-ctx.Done():
		return none, ctx.Err()
	case <-s.ended:
		return none, errEnded()
	}
	select {
	case err := <-r.answer:
		if err != nil {
			return none, err
		}
		return result, nil
	case <-ctx.Done():
		return none, ctx.Err()
	case <-s.ended:
		return none, errEnded()
	}
}

func errEnded() error {
	return &wire.Error{Code: wire.Unavailable, Text: "the shop is closing: try again in a moment", RetryAfter: 2 * time.Second}
}
