package chat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"

	"vitrine/server/wire"
)

const (
	batchOf, requestsOf = 512, 4096
	// batchEvery is how often a batch begins, at most: a busy room commits some requests together, who asks a quiet one does not wait.
	batchEvery = 10 * time.Millisecond
	// busyAfter is how long a request waits for a place in the queue.
	busyAfter = time.Second
	// tickEvery is how often ends are looked for while nobody asks, and how often counts are told.
	tickEvery = 200 * time.Millisecond
	// tries and tryAfter are how often a batch is decided anew, and the pause before, which doubles.
	tries    = 6
	tryAfter = 50 * time.Millisecond
	// storeWithin is how long the store may take for a batch, serveWithin the bus to hear requests.
	storeWithin = 10 * time.Second
	serveWithin = time.Second
)

// home is the writer of a room. The goroutine of run owns its state.
type home struct {
	room     *room
	c        *Config
	epoch    int64
	ctx      context.Context
	end      context.CancelFunc
	requests chan *request
	unsure   chan struct{} // whether it is still the home
	deaf     chan struct{} // closed when no more requests come by the bus
	ended    chan struct{}

	// Owned by run:
	state   *state // nil when it must be loaded
	doubt   *doubt
	here    presence
	limits  limits
	shown   wire.RoomNow // what was told last
	counted int64        // how often counts were told
	onStage bool         // the server was told of the stage
	told    bool         // something
}

// request is something to decide.
type request struct {
	*call
	answer  func(answer)
	judged  *Judgement // so that a text is judged once
	charged bool       // likewise
}

// doubt is a batch of which nobody knows yet whether it is stored. If it is, its answers count.
type doubt struct {
	tx      *tx
	answers []answer
}

func newHome(r *room) *home {
	h := &home{
		room: r, c: &r.hub.c, requests: make(chan *request, requestsOf), unsure: make(chan struct{}, 1),
		deaf: make(chan struct{}), ended: make(chan struct{}), here: presence{}, limits: newLimits(),
	}
	h.ctx, h.end = context.WithCancel(r.ctx)
	return h
}

// serve takes requests of other processes.
func (h *home) serve(back func()) {
	defer close(h.deaf)
	err := h.c.Bus.Serve(h.ctx, h.room.subject("home"), h.take, func() { back(); h.look() })
	if err != nil && h.ctx.Err() == nil {
		h.c.Log.Warn("a room is not served to other processes", "show", h.room.show, "error", err)
	}
}

// take queues a request from the bus. It does not wait.
func (h *home) take(payload []byte, reply func([]byte) error) {
	give := func(a answer) {
		text, err := json.Marshal(a)
		if err == nil {
			err = reply(text)
		}
		if err != nil { // it asks again
			h.c.Log.Debug("an answer was not sent", "show", h.room.show, "error", err)
		}
	}
	c := new(call)
	if err := json.Unmarshal(payload, c); err != nil {
		give(answer{Error: &wire.RoomError{Code: wire.Invalid, Text: "the request cannot be read"}})
		return
	}
	select {
	case h.requests <- &request{call: c, answer: give}:
	default:
		give(answer{Error: roomError(errBusy)})
	}
}

var errBusy = &wire.Error{Code: wire.Unavailable, Text: "the room is very busy: nothing was done, try again", RetryAfter: time.Second}

// do decides a request of this process.
func (h *home) do(ctx context.Context, c *call) (answer, error) {
	got := make(chan answer, 1)
	busy := time.NewTimer(busyAfter)
	defer busy.Stop()
	select {
	case h.requests <- &request{call: c, answer: func(a answer) { got <- a }}:
	case <-busy.C:
		return answer{}, errBusy
	case <-ctx.Done():
		return answer{}, ctx.Err()
	case <-h.ended:
		return answer{Moved: true}, nil
	}
	select {
	case a := <-got:
		return a, nil
	case <-ctx.Done():
		return answer{}, ctx.Err()
	case <-h.ended:
	}
	select {
	case a := <-got:
		return a, nil
	default:
		return answer{Moved: true}, nil
	}
}

// look has the writer look whether it is still the home.
func (h *home) look() {
	select {
	case h.unsure <- struct{}{}:
	default:
	}
}

// run is the writer. It ends when another home has begun, or the room ends here.
func (h *home) run() {
	defer h.close()
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	batch := make([]*request, 0, batchOf)
	var begun time.Time // the newest batch
	for going := h.settle(nil); going; {
		batch = batch[:0]
		select {
		case <-h.ctx.Done():
			return
		case <-h.unsure:
			going = h.still()
			continue
		case r := <-h.requests:
			time.Sleep(batchEvery - time.Since(begun))
			begun = time.Now()
			batch = h.gather(append(batch, r))
		case <-tick.C:
		}
		going = h.settle(batch)
	}
}

// close ends it: whoever waits asks elsewhere.
func (h *home) close() {
	h.room.leaveHome(h)
	h.end()
	<-h.deaf
	h.leaveStage()
	close(h.ended)
	for {
		select {
		case r := <-h.requests:
			r.answer(answer{Moved: true})
		default:
			return
		}
	}
}

// still asks the store whether this is still the home. If the store does not say, the next commit will.
func (h *home) still() bool {
	ctx, cancel := context.WithTimeout(h.ctx, storeWithin)
	defer cancel()
	head, err := h.c.Storage.RoomHead(ctx, h.room.show)
	return err != nil || head.Epoch == h.epoch
}

// gather takes what waits, as far as the batch has room, as the shop's writer does.
func (h *home) gather(batch []*request) []*request {
	for before := 0; len(batch) < batchOf; {
		select {
		case r := <-h.requests:
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

// settle decides a batch and commits it, again and again until that is known to have happened, and answers. It says whether this
// is still the home.
func (h *home) settle(batch []*request) bool {
	pause := tryAfter
	var failed error
	for range tries {
		if failed != nil {
			h.c.Log.Warn("a batch of a room is decided anew", "show", h.room.show, "requests", len(batch), "error", failed)
			h.state = nil
			sleep(h.ctx, pause)
			pause *= 2
		}
		working, done := context.WithTimeout(context.WithoutCancel(h.ctx), storeWithin) // what has begun is finished
		var answers []answer
		answers, failed = h.attempt(working, batch)
		done()
		if failed == nil {
			for i, r := range batch {
				r.answer(answers[i])
			}
			return true
		}
		if errors.Is(failed, ErrBehind) {
			for _, r := range batch {
				r.answer(answer{Moved: true})
			}
			return false
		}
		if h.ctx.Err() != nil {
			break
		}
	}
	h.state = nil
	if h.doubt != nil {
		h.doubt.answers = nil // nobody waits for them any more
	}
	if h.ctx.Err() == nil {
		h.c.Log.Error("a batch of a room could not be stored", "show", h.room.show, "requests", len(batch), "error", failed)
	}
	for _, r := range batch {
		r.answer(answer{Error: roomError(failed)})
	}
	return true
}

// attempt decides and commits a batch once. After an error the state is not what is stored.
func (h *home) attempt(ctx context.Context, batch []*request) ([]answer, error) {
	if h.state == nil {
		saved, err := h.c.Storage.LoadRoom(ctx, h.room.show)
		if err != nil {
			return nil, err
		}
		if saved.Head.Epoch != h.epoch {
			return nil, ErrBehind
		}
		if h.state, err = newState(saved); err == nil {
			err = h.state.staged.set(ctx, h.c, h.room.show)
		}
		if err != nil {
			h.state = nil
			return nil, err
		}
	}
	if d := h.doubt; d != nil {
		h.doubt = nil
		if h.state.head == d.tx.batch.After { // nobody else writes in this epoch
			h.tell(d.tx)
			h.stage(d.tx.stepped)
			if d.answers != nil {
				return d.answers, nil
			}
		}
	}
	if slices.ContainsFunc(batch, func(r *request) bool { return r.Known > h.state.head.N }) {
		return nil, ErrBehind // nobody but a home writes: another one has
	}
	t := newTx(h)
	if err := t.learn(ctx, batch); err != nil {
		return nil, err
	}
	t.tick()
	answers := make([]answer, len(batch))
	for i, r := range batch {
		answers[i] = t.answer(r)
	}
	changed, err := t.seal()
	if err != nil {
		return nil, err
	}
	if changed {
		if err := h.c.Storage.CommitRoom(ctx, t.batch); err != nil {
			if !errors.Is(err, ErrBehind) && !errors.Is(err, ErrShort) {
				h.doubt = &doubt{t, answers}
			}
			return nil, fmt.Errorf("commit: %w", err)
		}
		h.state.head = t.batch.After
	}
	h.tell(t)
	h.stage(t.stepped)
	return answers, nil
}

// tell tells everybody what was committed, and counts that have changed.
func (h *home) tell(t *tx) {
	news := told{Epoch: h.epoch, Head: h.state.head.N, Events: t.batch.Events, Notices: t.notices, Gone: t.expelled}
	now := h.state.now(h.here)
	if news.Now = changes(&h.shown, now); news.Now != nil {
		h.counted++
		news.Count = h.counted
	}
	h.room.hub.outcomes(t.outcomes)
	for _, learn := range t.lessons {
		h.c.Judge.Learn(h.room.show, learn.text, learn.publish)
	}
	if len(news.Events) > 0 || news.Now != nil || len(news.Notices)+len(news.Gone) > 0 || !h.told {
		h.told = true // a home that died before may have left something untold
		h.room.publish(news)
	}
}
