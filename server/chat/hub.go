package chat

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"vitrine/server/wire"
)

const (
	usualQuiet = 5 * time.Minute
	// joinedLines is how many lines one sees who comes new, joinedEvents how many events one gets who comes back.
	joinedLines, joinedEvents = 50, 500
)

// Hub has the rooms of a process. It is safe for concurrent use while Run runs.
type Hub struct {
	c       Config
	gifts   map[wire.GiftID]wire.Gift
	running chan struct{}
	process string // a name of this process, for its own requests
	*counters

	mu    sync.Mutex
	ctx   context.Context // Run's; nil before and after
	ended bool
	rooms map[wire.ShowID]*room
	work  sync.WaitGroup
}

// New makes a hub. It starts nothing. The error says what is wrong with the configuration.
func New(c Config) (*Hub, error) {
	if c.Storage == nil || c.Bus == nil || c.Subject == nil {
		return nil, errors.New("a room needs a storage, a bus and its subjects")
	}
	if c.Judge == nil {
		c.Judge = lenient{}
	}
	if c.Media == nil {
		c.Media = func(wire.ShowID) int64 { return 0 }
	}
	if c.Gifts == nil {
		c.Gifts = UsualGifts()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Quiet == 0 {
		c.Quiet = usualQuiet
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	h := &Hub{c: c, gifts: map[wire.GiftID]wire.Gift{}, running: make(chan struct{}), rooms: map[wire.ShowID]*room{}, process: freshName(), counters: &counters{}}
	for _, g := range c.Gifts {
		if g.Coins <= 0 {
			return nil, fmt.Errorf("gift %q costs %d coins: it must cost at least one", g.ID, g.Coins)
		}
		h.gifts[g.ID] = g
	}
	return h, nil
}

// lenient publishes everything.
type lenient struct{}

func (lenient) Judge(Text, time.Time) Judgement { return Judgement{Outcome: Publish} }
func (lenient) Learn(wire.ShowID, string, bool) {}

// Run has rooms until ctx ends. It returns once nothing that it started runs.
func (h *Hub) Run(ctx context.Context) error {
	h.mu.Lock()
	h.ctx = ctx
	h.mu.Unlock()
	close(h.running)
	<-ctx.Done()
	h.mu.Lock()
	h.ended = true
	h.mu.Unlock()
	h.work.Wait()
	return nil
}

// start runs something that the hub waits for at its end; not if that has come.
func (h *Hub) start(f func()) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ended {
		return false
	}
	h.work.Go(f)
	return true
}

// enter finds a room, or opens it. Until leave is called it stays.
func (h *Hub) enter(ctx context.Context, show wire.ShowID) (*room, error) {
	select {
	case <-h.running:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	h.mu.Lock()
	if h.ended {
		h.mu.Unlock()
		return nil, errClosing()
	}
	r := h.rooms[show]
	if r == nil {
		r = newRoom(h, show)
		h.rooms[show] = r
		h.work.Go(r.run)
	}
	r.using++
	h.mu.Unlock()
	select {
	case <-r.open:
		return r, nil
	case <-r.ctx.Done():
		h.leave(r)
		return nil, errClosing()
	case <-ctx.Done():
		h.leave(r)
		return nil, ctx.Err()
	}
}

func (h *Hub) leave(r *room) {
	h.mu.Lock()
	defer h.mu.Unlock()
	r.using--
	r.used = h.c.Now()
}

// retire lets go of a room that nobody has used for a while. It says whether it did.
func (h *Hub) retire(r *room) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if r.using > 0 || r.awake.Load() || r.crowd.present() > 0 || h.c.Now().Sub(r.used) < h.c.Quiet {
		return false
	}
	delete(h.rooms, r.show)
	return true
}

// Join lets somebody listen to a room. after is the newest event that they know, 0 for none. What is told from the moment of
// RoomJoined.Through on comes by the subscription; it may also tell what is older, which is to be passed over by its number. Who is
// banned is refused as Forbidden.
func (h *Hub) Join(ctx context.Context, show wire.ShowID, who Who, after int64) (*Subscription, wire.RoomJoined, error) {
	if who.Person == "" {
		return nil, wire.RoomJoined{}, errNameless()
	}
	r, err := h.enter(ctx, show)
	if err != nil {
		return nil, wire.RoomJoined{}, err
	}
	defer h.leave(r)
	alias := AliasOf(show, who.Person)
	sub := r.crowd.join(wire.Member{Alias: alias, Name: who.Name, Role: who.Role}, who.Person, who.Staff())
	joined, err := r.joined(ctx, who, after)
	if err != nil {
		sub.Close()
		return nil, wire.RoomJoined{}, err
	}
	joined.Gifts = h.c.Gifts
	joined.Clock = h.c.Now().UnixMilli()
	return sub, joined, nil
}

// Do does what somebody asks, and returns once that is durable. The same ID by the same person gets the same answer, in any process.
// If the answer is Unavailable, it is not known whether it was done: ask again with the same ID.
func (h *Hub) Do(ctx context.Context, show wire.ShowID, who Who, q wire.RoomRequest) wire.RoomAnswer {
	a := wire.RoomAnswer{ID: q.ID}
	err := shape(&q)
	if who.Person == "" {
		err = errNameless()
	}
	if err != nil {
		a.Error = roomError(err)
		return a
	}
	r, err := h.enter(ctx, show)
	if err != nil {
		a.Error = roomError(err)
		return a
	}
	defer h.leave(r)
	if q.Like != nil {
		if err := r.like(AliasOf(show, who.Person), q.Like.Count); err != nil {
			a.Error = roomError(err)
		}
		return a
	}
	said, err := r.ask(ctx, &call{Who: who, Media: h.c.Media(show), Request: &q})
	if err != nil {
		a.Error = roomError(err)
		return a
	}
	a.N, a.Error = said.N, said.Error
	return a
}

// Log reads a room's log after an event: at most most events. Without staff it is as all people see it, for a replay; with it, it is
// the record of all that the staff did.
func (h *Hub) Log(ctx context.Context, show wire.ShowID, after int64, most int, staff bool) ([]wire.RoomEvent, error) {
	list, err := h.c.Storage.ReadRoom(ctx, show, Span{After: after, Through: maxN, Most: most})
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(list, func(e wire.RoomEvent) bool { return e.Staff && !staff }), nil
}

func errNameless() error {
	return wire.Errorf(wire.Unauthenticated, "a room needs to know who asks: sign in, or come as a guest")
}

func errClosing() error {
	return &wire.Error{Code: wire.Unavailable, Text: "the server is closing: try again in a moment with the same id", RetryAfter: time.Second}
}

// roomError is an error as people in a room are told.
func roomError(err error) *wire.RoomError {
	if e, ok := errors.AsType[*wire.Error](err); ok {
		return &wire.RoomError{Code: e.Code, Text: e.Text, Wait: e.RetryAfter.Milliseconds(), Why: e.Why}
	}
	return &wire.RoomError{Code: wire.Unavailable, Text: "the room does not answer at the moment: try again with the same id", Wait: 1000}
}

// wireError is the other way round.
func wireError(e *wire.RoomError) error {
	return &wire.Error{Code: e.Code, Text: e.Text, RetryAfter: time.Duration(e.Wait) * time.Millisecond, Why: e.Why}
}
