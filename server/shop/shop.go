// Package shop is the rules of selling: products and their stock, offers, reservations, the waiting list, orders and what their
// payments mean. It promises that no unit is sold twice, that nobody is told "sold out" while there are units, that nobody is
// charged twice, and that what is paid is delivered or given back; and it can prove it, because every change is an entry of an
// append-only, hash-chained ledger from which all of it can be computed again (see Audit).
//
// One goroutine, Run's, decides: the writer. It takes all requests that wait, at most Config.Batch of them, decides one after
// the other on the state in memory, and commits what they change in one transaction of the store (group commit); while that
// lasts the next batch gathers. Nobody gets an answer before its transaction is durable. A decision changes the state only by
// changes, which are also the ledger's entries; so the same code makes the state, and replays it.
//
// A store that another writer has written to refuses the batch, since the ledger's head is not what the batch goes on from.
// Then, and after any failure whose outcome is not known, the writer forgets its state and loads it anew. If it finds the batch in
// the ledger, its answers count; else it decides again.
//
// Its queue holds Config.Queue requests. When it is full a request waits with its context, at most a second, and is then told
// to try again: nothing was reserved. Payment providers are asked by the cashier, outside of any transaction.
package shop

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
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
	ready    chan struct{} // closed once the store was read
	ended    chan struct{}

	// Owned by Run:
	state *state // nil when it must be loaded
	doubt *doubt
	once  sync.Once
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
	return &Shop{c: c, requests: make(chan *request, c.Queue), ready: make(chan struct{}), ended: make(chan struct{}), till: newTill()}, nil
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

// write is the writer.
func (s *Shop) write(ctx context.Context) error {
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	batch := make([]*request, 0, s.c.Batch)
	s.settle(ctx, nil)
	for {
		batch = batch[:0]
		select {
		case <-ctx.Done():
			return ctx.Err()
		case r := <-s.requests:
			batch = s.gather(append(batch, r))
		case <-tick.C:
		}
		s.settle(ctx, batch)
	}
}

// gather takes what waits, as far as the batch has room. Those who were just answered get a chance to ask again first: without it
// half of them would wait for the batch after, and every batch would be half as large as it could be.
func (s *Shop) gather(batch []*request) []*request {
	for before := 0; len(batch) < s.c.Batch; {
		select {
		case r := <-s.requests:
			batch = append(batch, r)
		default:
			if before == len(batch) {
				return batch
			}
			before = len(batch)
			runtime.Gosched()
		}
	}
	return batch
}

// settle decides a batch and commits it, again and again until that is known to have happened, and answers.
func (s *Shop) settle(ctx context.Context, batch []*request) {
	pause := tryAfter
	var failed error
	for range tries {
		if failed != nil {
			s.c.Log.Warn("a batch is decided anew", "requests", len(batch), "error", failed)
			s.state = nil
			select {
			case <-ctx.Done():
			case <-time.After(pause):
			}
			pause *= 2
		}
		var answers []error
		working, done := context.WithTimeout(context.WithoutCancel(ctx), storeWithin) // what has begun is finished
		answers, failed = s.attempt(working, batch)
		done()
		if failed == nil {
			for i, r := range batch {
				r.answer <- answers[i]
			}
			return
		}
		if b, bug := errors.AsType[*broken](failed); bug {
			s.apart(ctx, batch, b)
			return
		}
		if ctx.Err() != nil {
			break
		}
	}
	s.state, s.doubt = nil, nil
	s.c.Log.Error("a batch could not be stored", "requests", len(batch), "error", failed)
	for _, r := range batch {
		r.answer <- &wire.Error{Code: wire.Unavailable, Text: "the shop cannot write at the moment; try again with the same key", RetryAfter: 2 * time.Second}
	}
}

// apart decides the requests of a batch one by one, since a decision has a bug: only the request that meets it is refused.
func (s *Shop) apart(ctx context.Context, batch []*request, b *broken) {
	s.state = nil
	if len(batch) < 2 {
		s.c.Log.Error("a decision cannot be", "requests", len(batch), "error", b)
	}
	if len(batch) == 1 {
		batch[0].answer <- &wire.Error{Code: wire.Internal, Text: "the shop cannot do this: nothing has changed; please tell the shop"}
		return
	}
	for _, r := range batch {
		s.settle(ctx, []*request{r})
	}
}

// attempt decides and commits a batch once. After an error the state is not what is stored.
func (s *Shop) attempt(ctx context.Context, batch []*request) ([]error, error) {
	if s.state == nil {
		saved, err := s.c.Storage.LoadShop(ctx)
		if err != nil {
			return nil, fmt.Errorf("load the shop: %w", err)
		}
		s.state = newState()
		s.state.take(saved)
		s.shelf.fill(s.state)
		s.till.fill(s.state)
		s.once.Do(func() { close(s.ready) })
	}
	if d := s.doubt; d != nil {
		stored, err := s.stored(ctx, d.batch.After)
		if err != nil {
			return nil, err
		}
		if s.doubt = nil; stored {
			s.c.Changed(d.batch)
			return d.answers, nil
		}
	}
	if err := s.ask(ctx, batch); err != nil {
		return nil, err
	}
	t := &tx{state: s.state, before: s.state.head, at: max(s.state.head.At, s.c.Now().UnixMilli()), holdFor: s.c.Hold.Milliseconds()}
	if err := t.tick(); err != nil {
		return nil, err
	}
	answers := make([]error, len(batch))
	for i, r := range batch {
		err := r.decide(t)
		if err == nil {
			err = t.serve()
		}
		if b, ok := errors.AsType[*broken](err); ok {
			return nil, b
		}
		answers[i] = err
	}
	if len(t.entries) > 0 {
		b := t.batch()
		if err := s.c.Storage.Commit(ctx, b); err != nil {
			s.doubt = &doubt{b, answers}
			return nil, fmt.Errorf("commit: %w", err)
		}
		s.publish(b)
	}
	s.state.forget()
	return answers, nil
}

// doubt is a batch of which nobody knows yet whether it is stored. If it is, its answers count: not all requests have a key by which
// they would get the same one when they are decided again.
type doubt struct {
	batch   *Batch
	answers []error
}

// stored says whether the ledger goes through a head.
func (s *Shop) stored(ctx context.Context, h Head) (is bool, err error) {
	if s.state.head.Seq <= h.Seq {
		return s.state.head == h, nil
	}
	err = s.c.Storage.Books(ctx, func(b Books) error {
		list, err := b.Entries(ctx, h.Seq-1, 1)
		is = err == nil && len(list) == 1 && list[0].Hash == h.Hash
		return err
	})
	return is, err
}

// publish shows everybody what was committed.
func (s *Shop) publish(b *Batch) {
	s.shelf.put(b)
	s.till.put(b, s.c.Now())
	s.c.Changed(b)
}

// ask reads what the batch needs and the state does not hold.
func (s *Shop) ask(ctx context.Context, batch []*request) error {
	var q Questions
	for _, r := range batch {
		one := r.asks(s.state)
		for _, id := range one.Reservations {
			if s.state.holds[id] == nil {
				q.Reservations = append(q.Reservations, id)
			}
		}
		for _, id := range one.Orders {
			if s.state.orders[id] == nil {
				q.Orders = append(q.Orders, id)
			}
		}
		q.Customers = append(q.Customers, one.Customers...)
		for _, b := range one.Buyers {
			q.Buyers = s.state.uncounted(q.Buyers, b)
		}
	}
	for b := range s.state.waits { // they are served when units come free
		q.Buyers = s.state.uncounted(q.Buyers, b)
	}
	if len(q.Reservations)+len(q.Orders)+len(q.Buyers)+len(q.Customers) == 0 {
		return nil
	}
	a, err := s.c.Storage.Ask(ctx, q)
	if err != nil {
		return fmt.Errorf("ask the store: %w", err)
	}
	s.state.learn(a)
	return nil
}

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
