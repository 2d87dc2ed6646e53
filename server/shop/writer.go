package shop

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"vitrine/server/wire"
)

// writer is what belongs to the goroutine that decides.
type writer struct {
	state  *state  // nil when it must be loaded
	open   *tx     // what was decided and is not being committed yet; nil for nothing
	flight *flight // what is being committed; nil for nothing
	doubt  *flight
	once   sync.Once
}

// flight is a batch on its way to the store, with the answers that are given when it has arrived.
type flight struct {
	*Batch
	requests []*request
	answers  []error
	parting  parting
	landed   chan error
}

// write is the writer.
func (s *Shop) write(ctx context.Context) error {
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	s.settle(ctx, nil)
	for {
		requests, landed := s.requests, chan error(nil)
		if s.open != nil && len(s.open.requests) >= s.c.Batch {
			requests = nil
		}
		if s.flight != nil {
			landed = s.flight.landed
		}
		select {
		case <-ctx.Done():
			if s.flight != nil {
				s.arrive(ctx, <-landed)
			}
			return ctx.Err()
		case err := <-landed:
			s.arrive(ctx, err)
		case r := <-requests:
			s.take(ctx, s.gather(r))
		case <-tick.C:
			s.take(ctx, nil)
		}
		s.launch(ctx)
	}
}

// gather takes what waits, as far as the batch has room. Those who were just answered get a chance to ask again first: without it
// half of them would wait for the batch after, and every batch would be half as large as it could be.
func (s *Shop) gather(first *request) []*request {
	batch, most := []*request{first}, s.c.Batch
	if s.open != nil {
		most -= len(s.open.requests)
	}
	for before := 0; len(batch) < most; {
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

// take decides requests on the state as it will be once all that was decided before is stored. If that cannot be, they are settled
// apart, each once, after those that were open before them.
func (s *Shop) take(ctx context.Context, list []*request) {
	var q Questions
	if s.state != nil {
		q = s.questions(list)
		if s.entangled(q) {
			if s.finish(ctx); s.state != nil {
				q = s.questions(list)
			}
		}
	}
	var before []*request
	if s.open != nil {
		before = s.open.requests // deciding adds those of the list
	}
	if s.state != nil {
		working, done := context.WithTimeout(context.WithoutCancel(ctx), storeWithin)
		defer done()
		if s.decide(working, list, q) == nil {
			return
		}
	}
	s.open = nil // or it would be committed though its state is broken
	s.finish(ctx)
	s.state = nil
	s.settle(ctx, slices.Concat(before, list))
}

// finish waits until all that was decided is stored.
func (s *Shop) finish(ctx context.Context) {
	for s.flight != nil || s.open != nil {
		s.launch(ctx)
		if s.flight != nil {
			s.arrive(ctx, <-s.flight.landed)
		}
	}
}

// launch has what was decided committed, once what was decided before is.
func (s *Shop) launch(ctx context.Context) {
	if s.open == nil || s.flight != nil {
		return
	}
	f := s.closed()
	if len(f.Entries) == 0 {
		s.confirm(f)
		return
	}
	s.flight = f
	working, done := context.WithTimeout(context.WithoutCancel(ctx), storeWithin) // what has begun is finished
	go func() {
		defer done()
		f.landed <- s.c.Storage.Commit(working, f.Batch)
	}()
}

// arrive hears what became of the batch on its way. If it did not arrive, what was decided after it is worth nothing either.
func (s *Shop) arrive(ctx context.Context, err error) {
	f := s.flight
	s.flight = nil
	if err == nil {
		s.confirm(f)
		return
	}
	s.c.Log.Warn("a batch is decided anew", "requests", len(f.requests), "error", err)
	var after []*request
	if s.open != nil {
		after = s.open.requests
	}
	s.state, s.open, s.doubt = nil, nil, f
	s.settle(ctx, f.requests)
	if len(after) > 0 {
		s.settle(ctx, after)
	}
}

// settle decides a batch and commits it, again and again until that is known to have happened, and answers. Nothing else is open
// or on its way.
func (s *Shop) settle(ctx context.Context, batch []*request) {
	pause := tryAfter
	var failed error
	for range tries {
		if failed != nil {
			s.c.Log.Warn("a batch is decided anew", "requests", len(batch), "error", failed)
			select {
			case <-ctx.Done():
			case <-time.After(pause):
			}
			pause *= 2
		}
		working, done := context.WithTimeout(context.WithoutCancel(ctx), storeWithin)
		failed = s.attempt(working, batch)
		done()
		if failed == nil {
			return
		}
		s.state, s.open = nil, nil
		if b, bug := errors.AsType[*broken](failed); bug {
			s.apart(ctx, batch, b)
			return
		}
		if ctx.Err() != nil {
			break
		}
	}
	s.doubt = nil
	s.c.Log.Error("a batch could not be stored", "requests", len(batch), "error", failed)
	for _, r := range batch {
		r.answer <- &wire.Error{Code: wire.Unavailable, Text: "the shop cannot write at the moment; try again with the same key", RetryAfter: 2 * time.Second}
	}
}

// apart decides the requests of a batch one by one, since a decision has a bug: only the request that meets it is refused.
func (s *Shop) apart(ctx context.Context, batch []*request, b *broken) {
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

// attempt decides and commits a batch once, and answers. After an error the state is not what is stored.
func (s *Shop) attempt(ctx context.Context, batch []*request) error {
	if s.state == nil {
		if err := s.load(ctx); err != nil {
			return err
		}
	}
	if d := s.doubt; d != nil {
		stored, err := s.stored(ctx, d.After)
		if err != nil {
			return err
		}
		if s.doubt = nil; stored {
			s.tallies.put(d.Batch)
			s.c.Changed(d.Batch)
			d.answer()
			return nil
		}
	}
	if err := s.decide(ctx, batch, s.questions(batch)); err != nil {
		return err
	}
	f := s.closed()
	if len(f.Entries) > 0 {
		if err := s.c.Storage.Commit(ctx, f.Batch); err != nil {
			s.doubt = f
			return fmt.Errorf("commit: %w", err)
		}
	}
	s.confirm(f)
	return nil
}

func (s *Shop) load(ctx context.Context) error {
	saved, err := s.c.Storage.LoadShop(ctx)
	if err != nil {
		return fmt.Errorf("load the shop: %w", err)
	}
	s.state = newState()
	s.state.take(saved)
	s.shelf.fill(s.state)
	s.till.fill(s.state)
	s.tallies.forget() // somebody else may have sold meanwhile
	s.once.Do(func() { close(s.ready) })
	return nil
}

// stored says whether the ledger goes through a head. A batch of which nobody knows whether it is stored is decided again only if it
// is not: not all requests have a key by which they would get the same answer.
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

// decide decides requests, which have these questions, after what is open already. After an error the state is worth nothing.
func (s *Shop) decide(ctx context.Context, list []*request, q Questions) error {
	if err := s.ask(ctx, q); err != nil {
		return err
	}
	if s.open == nil {
		s.open = &tx{state: s.state, before: s.state.head, holdFor: s.c.Hold.Milliseconds()}
	}
	t := s.open
	t.at = max(s.state.head.At, s.c.Now().UnixMilli())
	if err := t.tick(); err != nil {
		return err
	}
	for _, r := range list {
		err := r.decide(t)
		if err == nil {
			err = t.serve()
		}
		if b, ok := errors.AsType[*broken](err); ok {
			return b
		}
		t.requests, t.answers = append(t.requests, r), append(t.answers, err)
	}
	clear(s.state.ordersOf)
	return nil
}

// closed closes the open batch.
func (s *Shop) closed() *flight {
	t := s.open
	s.open = nil
	return &flight{Batch: t.batch(), requests: t.requests, answers: t.answers, parting: t.part(), landed: make(chan error, 1)}
}

// confirm shows everybody what was committed, and answers.
func (s *Shop) confirm(f *flight) {
	if len(f.Entries) > 0 {
		s.shelf.put(f.Batch)
		s.till.put(f.Batch, s.c.Now())
		s.tallies.put(f.Batch)
		s.c.Changed(f.Batch)
	}
	s.state.forget(f.parting)
	f.answer()
}

func (f *flight) answer() {
	for i, r := range f.requests {
		r.answer <- f.answers[i]
	}
}

// questions are what requests have to know, whether the state knows it or not, and who is served when units come free.
func (s *Shop) questions(list []*request) (q Questions) {
	for _, r := range list {
		one := r.asks(s.state)
		q.Reservations = append(q.Reservations, one.Reservations...)
		q.Orders = append(q.Orders, one.Orders...)
		q.Buyers = append(q.Buyers, one.Buyers...)
		q.Customers = append(q.Customers, one.Customers...)
	}
	for b := range s.state.late {
		q.Buyers = append(q.Buyers, b)
	}
	return q
}

// entangled says whether the store is asked for what it may not know yet: all orders of a customer, or all units of a buyer that
// have moved without being counted.
func (s *Shop) entangled(q Questions) bool {
	if s.open == nil && s.flight == nil {
		return false
	}
	unknown := func(b wire.PersonID) bool {
		return s.state.bought[b] == nil && (s.state.touched.buyers[b] || s.flight != nil && s.flight.parting.buyers[b])
	}
	return len(q.Customers) > 0 || slices.ContainsFunc(q.Buyers, unknown)
}

// ask reads what the state does not hold of what is asked.
func (s *Shop) ask(ctx context.Context, q Questions) error {
	q.Reservations = slices.DeleteFunc(q.Reservations, func(id wire.ReservationID) bool { return s.state.holds[id] != nil })
	q.Orders = slices.DeleteFunc(q.Orders, func(id wire.OrderID) bool { return s.state.orders[id] != nil })
	q.Buyers = s.state.uncounted(q.Buyers)
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
