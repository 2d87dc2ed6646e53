package chat

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"vitrine/server/wire"
)

const (
	// askWithin bounds the way of a request to its answer; hearWithin that to a home, of which deaf ones in a row count as gone.
	askWithin  = 10 * time.Second
	hearWithin = 2 * time.Second
	deaf       = 2
	// againAfter is the pause before a home is asked again, which doubles up to againMost.
	againAfter, againMost = 20 * time.Millisecond, 500 * time.Millisecond
	// pulseEvery is how often likes and changes of presence are handed on, stillEvery how often presence is at the latest.
	pulseEvery, stillEvery = 250 * time.Millisecond, 5 * time.Second
	// readMost is how many events are read at a time, carryMost how many are published at a time.
	readMost, carryMost = 500, 64
	// answersKept is how long the same request gets the same answer.
	answersKept = 24 * time.Hour
)

// room is what this process has of a room. The goroutine of listen owns the cursor.
type room struct {
	hub  *Hub
	show wire.ShowID
	ctx  context.Context
	end  context.CancelFunc
	open chan struct{} // closed once crowd is there
	told chan told

	crowd  *crowd
	cursor int64 // the newest event that the crowd was told

	awake atomic.Bool // its home is here, and the stage goes on by itself

	using int       // guarded by the hub's mutex, as used
	used  time.Time // last

	mu     sync.Mutex // guards what follows
	home   *home
	taking chan struct{} // closed when the home that somebody begins has begun
	likes  int64
	liking pacer
	known  known
}

// known is which counts beside the log were heard of: of the home of an epoch the newest, and up to which none is missing.
type known struct{ epoch, newest, whole int64 }

// told is news of a room: what its home publishes. Head is the newest event that there is, 0 where more is to follow at once: who has not
// heard of it reads the log. Now is what has changed beside the log, and the Count-th such news of its home: who has missed one gets all
// counts with the answer to its next pulse. Lost says that something may have been missed.
type told struct {
	Epoch   int64            `json:"epoch"`
	Head    int64            `json:"head,omitempty"`
	Events  []wire.RoomEvent `json:"events,omitempty"`
	Now     *wire.RoomNow    `json:"now,omitempty"`
	Count   int64            `json:"count,omitempty"`
	Notices []notice         `json:"notices,omitempty"`
	Gone    []wire.PersonID  `json:"gone,omitempty"` // were erased
	lost    bool
	all     bool // Now is not only what has changed
}

// notice is what is told to one person only.
type notice struct {
	Person wire.PersonID  `json:"person"`
	Frame  wire.RoomFrame `json:"frame"`
}

// call is a request to a home: exactly one of the fields from Request on. Known is the newest event that was told where it comes from:
// a home that has not got as far is one no more.
type call struct {
	Who     Who               `json:"who"`
	Media   int64             `json:"media,omitempty"`
	Known   int64             `json:"known,omitempty"`
	Request *wire.RoomRequest `json:"request,omitempty"`
	Enter   bool              `json:"enter,omitempty"`
	Erase   bool              `json:"erase,omitempty"`
	Pulse   *pulse            `json:"pulse,omitempty"`
	Outside *outside          `json:"outside,omitempty"`
	Look    bool              `json:"look,omitempty"` // at the stage
}

// pulse is what a process hands on: how many people are there, and how much they liked since the pulse before; and which counts of which
// home it has heard of.
type pulse struct {
	From    string `json:"from"`
	ID      string `json:"id"`
	Viewers int    `json:"viewers"`
	Likes   int64  `json:"likes,omitempty"`
	Epoch   int64  `json:"epoch,omitempty"`
	Count   int64  `json:"count,omitempty"`
}

// answer answers a call. Moved says that this is not the room's home. Now is all counts, as they were told with the Count-th news of them,
// for whose pulse does not know these.
type answer struct {
	Epoch  int64            `json:"epoch,omitempty"`
	Count  int64            `json:"count,omitempty"`
	Now    *wire.RoomNow    `json:"now,omitempty"`
	Moved  bool             `json:"moved,omitempty"`
	N      int64            `json:"n,omitempty"`
	Error  *wire.RoomError  `json:"error,omitempty"`
	Joined *wire.RoomJoined `json:"joined,omitempty"`
	Stage  *wire.StageNow   `json:"stage,omitempty"`
}

// freshName is a name that nobody else has.
func freshName() string { return rand.Text() }

func newRoom(h *Hub, show wire.ShowID) *room {
	r := &room{hub: h, show: show, open: make(chan struct{}), told: make(chan told, 64), used: h.c.Now(), liking: pacer{}}
	r.ctx, r.end = context.WithCancel(h.ctx)
	return r
}

func (r *room) subject(word string) string { return r.hub.c.Subject(r.show, "room", word) }

// run has the room until the hub ends or nobody uses it.
func (r *room) run() {
	defer r.end()
	if !r.find() {
		return
	}
	close(r.open)
	g, ctx := errgroup.WithContext(r.ctx)
	g.Go(func() error { r.crowd.run(ctx); return nil })
	g.Go(func() error { r.listen(ctx); return nil })
	g.Go(func() error { r.pulses(ctx); return nil })
	g.Go(func() error {
		return r.hub.c.Bus.Follow(ctx, r.subject("events"), r.hear, func() { r.put(told{lost: true}) })
	})
	err := g.Wait()
	if err != nil && r.hub.ctx.Err() == nil {
		r.hub.c.Log.Error("a room has ended", "show", r.show, "error", err)
		r.hub.forget(r)
	}
}

// forget drops a room that has failed.
func (h *Hub) forget(r *room) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.rooms[r.show] == r {
		delete(h.rooms, r.show)
	}
}

// find reads where the log ends.
func (r *room) find() bool {
	for pause := againAfter; ; pause = min(2*pause, againMost) {
		head, err := r.hub.c.Storage.RoomHead(r.ctx, r.show)
		if err == nil {
			r.cursor, r.crowd = head.N, newCrowd(r.hub.c.Now, head.N)
			r.crowd.counters = r.hub.counters
			return true
		}
		if r.ctx.Err() != nil {
			return false
		}
		r.hub.c.Log.Warn("a room cannot be opened yet", "show", r.show, "error", err)
		sleep(r.ctx, pause)
	}
}

// sleep waits, or until ctx ends.
func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// hear takes what is published.
func (r *room) hear(payload []byte) {
	var t told
	if err := json.Unmarshal(payload, &t); err != nil {
		r.hub.c.Log.Warn("news of a room cannot be read", "show", r.show, "error", err)
		return
	}
	r.put(t)
}

// put hands news to the listener.
func (r *room) put(t told) {
	select {
	case r.told <- t:
	case <-r.ctx.Done():
	}
}

// publish tells this process and all others.
func (r *room) publish(t told) {
	r.put(t)
	for rest, first := t, true; first || len(rest.Events) > 0; first = false {
		part := rest
		part.Events = rest.Events[:min(carryMost, len(rest.Events))]
		rest = told{Epoch: t.Epoch, Head: t.Head, Events: rest.Events[len(part.Events):]}
		if len(rest.Events) > 0 {
			part.Head = 0
		}
		payload, err := json.Marshal(part)
		if err == nil {
			err = r.hub.c.Bus.Publish(r.subject("events"), payload)
		}
		if err != nil { // the others read the log
			r.hub.c.Log.Debug("news of a room was not published", "show", r.show, "error", err)
		}
	}
}

// listen tells the crowd what it hears, each event once and in order.
func (r *room) listen(ctx context.Context) {
	look := time.NewTicker(r.hub.c.Quiet/4 + time.Millisecond)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
			if r.hub.retire(r) {
				r.end()
				return
			}
		case t := <-r.told:
			r.tell(ctx, t)
		}
	}
}

func (r *room) tell(ctx context.Context, t told) {
	r.mu.Lock()
	home := r.home
	r.mu.Unlock()
	if home != nil && (t.Epoch > home.epoch || t.lost) {
		home.look()
	}
	gap := t.lost
	if len(t.Events) > 0 {
		for len(t.Events) > 0 && t.Events[0].N <= r.cursor {
			t.Events = t.Events[1:]
		}
		gap = gap || len(t.Events) > 0 && t.Events[0].N > r.cursor+1
	}
	if gap {
		r.catchUp(ctx)
		for len(t.Events) > 0 && t.Events[0].N <= r.cursor {
			t.Events = t.Events[1:]
		}
	}
	if n := len(t.Events); n > 0 && t.Events[0].N == r.cursor+1 {
		r.cursor = t.Events[n-1].N
		r.crowd.tell(t.Events, nil)
	}
	if t.Head > r.cursor {
		r.catchUp(ctx)
	}
	if t.Now != nil && r.counts(t) {
		r.crowd.tell(nil, t.Now)
	}
	for _, o := range t.Notices {
		r.crowd.to(o.Person, o.Frame)
	}
	for _, p := range t.Gone {
		r.crowd.expel(p)
	}
}

// counts says whether news of counts are new here, and notes them.
func (r *room) counts(t told) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	k := &r.known
	if t.Epoch > k.epoch {
		*k = known{epoch: t.Epoch}
	}
	if t.Epoch < k.epoch || t.Count < k.newest || t.Count == k.newest && !t.all {
		return false
	}
	if t.all || t.Count == k.whole+1 {
		k.whole = t.Count
	}
	k.newest = t.Count
	return true
}

// catchUp reads what the crowd was not told. If it cannot, the next news will find the gap again.
func (r *room) catchUp(ctx context.Context) {
	for {
		events, err := r.hub.c.Storage.ReadRoom(ctx, r.show, Span{After: r.cursor, Through: maxN, Most: readMost})
		if err != nil {
			r.hub.c.Log.Warn("a room's log cannot be read", "show", r.show, "error", err)
			return
		}
		if len(events) == 0 {
			return
		}
		r.cursor = events[len(events)-1].N
		r.crowd.tell(events, nil)
		if len(events) < readMost {
			return
		}
	}
}

// maxN is more than any event's number.
const maxN = 1 << 62

// like counts likes, which are handed on with the next pulse.
func (r *room) like(a wire.Alias, count int) error {
	if count < 1 || count > wire.MaxLikes {
		return wire.Errorf(wire.Invalid, "a request carries 1 to %d likes; this one has %d", wire.MaxLikes, count)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if wait := r.liking.take(string(a), r.hub.c.Now(), likePace); wait > 0 {
		return &wire.Error{Code: wire.RateLimited, Text: "that is a lot of love: the next likes count in a moment", RetryAfter: wait}
	}
	r.likes += int64(count)
	return nil
}

// pulses hands on likes and presence. What it has handed on counts once, however often it must ask.
func (r *room) pulses(ctx context.Context) {
	tick := time.NewTicker(pulseEvery)
	defer tick.Stop()
	var last time.Time
	viewers := 0
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		p := &pulse{From: r.hub.process, ID: freshName(), Viewers: r.crowd.watching()}
		r.mu.Lock()
		p.Likes, r.likes = r.likes, 0
		p.Epoch, p.Count = r.known.epoch, r.known.whole
		r.liking.forget(r.hub.c.Now())
		r.mu.Unlock()
		// Where only staff listens, the answer tells it too how far the log goes.
		if p.Likes == 0 && p.Viewers == viewers && (r.crowd.present() == 0 || time.Since(last) < stillEvery) {
			continue
		}
		for ctx.Err() == nil {
			if a, err := r.ask(ctx, &call{Pulse: p}); err == nil && a.Error == nil {
				r.put(told{Head: a.N, Epoch: a.Epoch, Now: a.Now, Count: a.Count, all: true}) // if all other news of it was lost
				break
			}
			sleep(ctx, pulseEvery)
		}
		last, viewers = time.Now(), p.Viewers
	}
}
