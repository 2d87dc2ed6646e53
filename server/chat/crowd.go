package chat

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"vitrine/server/wire"
)

const (
	// frameEvery is the least time between two frames to the same subscribers.
	frameEvery = 100 * time.Millisecond
	// queueOf is how many frames may wait for a subscriber; one more, and it is cut off.
	queueOf = 64
	// frameOf is how many events a frame holds at most, so that a room that catches up with its log sends no message without end.
	frameOf = 512
	// authorsOf is of how many lines the newest frames know who wrote them, to tell those who are answered.
	authorsOf = 2048
)

// attendee is a person in the room, with a list of subscriptions.
type attendee struct {
	person wire.PersonID
	alias  wire.Alias
	staff  bool
	first  *Subscription
}

// crowd is who in one room is served by this process. What is told it notes under a leaf mutex and never waits; one goroutine, run,
// makes frames of it. The first event after a quiet time goes out at once, what comes within 100 ms after a frame is joined to the
// next. A frame is marshalled once for all viewers and once for all staff.
//
// Staff gets every event. Viewers get a sample of the lines (see sampler). What concerns somebody and is not in the sample — their own
// lines, those that name them or answer theirs, that they were silenced — goes to them in a frame of their own, after the frame of
// all that has the same Through, so that who has seen Through has seen all up to it. Clients put events in the order of
// their numbers, each once.
//
// The queue of a subscriber has 64 frames, 6 s of a busy room; who has a full one is cut off at once and may come back by number.
type crowd struct {
	now  func() time.Time // what frames are stamped with
	wake chan struct{}

	mu      sync.Mutex // guards what follows
	over    Ending     // Open as long as it is not
	pending []wire.RoomEvent
	gauges  gauges
	through int64
	sampler sampler
	authors map[int64]wire.Alias // of lines
	lines   []int64              // whose authors are known, a ring
	oldest  int                  // of lines
	// rings are the subscriptions: viewers, staff.
	rings   [2][]*Subscription
	people  map[wire.PersonID]*attendee
	aliases map[wire.Alias]*attendee
}

// newCrowd makes a crowd, which is told what comes after an event. It starts nothing.
func newCrowd(now func() time.Time, through int64) *crowd {
	return &crowd{
		now: now, wake: make(chan struct{}, 1), through: through, authors: map[int64]wire.Alias{},
		people: map[wire.PersonID]*attendee{}, aliases: map[wire.Alias]*attendee{},
	}
}

// join adds somebody, who gets what is told from now on, and maybe some of what was told just before. After the end it returns a
// subscription that is over.
func (c *crowd) join(m wire.Member, person wire.PersonID, staff bool) *Subscription {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := &Subscription{crowd: c, staff: staff, frames: make(chan *Frame, queueOf)}
	if c.over != Open {
		s.end = c.over
		close(s.frames)
		return s
	}
	if s.who = c.people[person]; s.who == nil {
		s.who = &attendee{person: person, alias: m.Alias, staff: staff}
		c.people[person], c.aliases[m.Alias] = s.who, s.who
	}
	s.next, s.who.first = s.who.first, s
	r := c.ring(staff)
	s.at = len(*r)
	*r = append(*r, s)
	return s
}

func (c *crowd) ring(staff bool) *[]*Subscription {
	if staff {
		return &c.rings[1]
	}
	return &c.rings[0]
}

// drop ends a subscription. The mutex is held.
func (c *crowd) drop(s *Subscription, why Ending) {
	if s.end != Open {
		return
	}
	s.end = why
	close(s.frames)
	r := c.ring(s.staff)
	last := len(*r) - 1
	(*r)[s.at] = (*r)[last]
	(*r)[s.at].at = s.at
	(*r)[last] = nil
	*r = (*r)[:last]
	at := &s.who.first
	for *at != s {
		at = &(*at).next
	}
	if *at = s.next; s.who.first == nil {
		delete(c.people, s.who.person)
		delete(c.aliases, s.who.alias)
	}
}

// put queues a frame, or cuts off who has too many. The mutex is held.
func (c *crowd) put(s *Subscription, f *Frame) {
	select {
	case s.frames <- f:
	default:
		c.drop(s, Slow)
	}
}

// present is how many people are here.
func (c *crowd) present() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.people)
}

// watching is how many of them are not of the staff.
func (c *crowd) watching() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, a := range c.people {
		if !a.staff {
			n++
		}
	}
	return n
}

// tell takes committed events, in the order of their numbers, and what has changed beside the log; nil for nothing. Events that were
// told before are passed over. It never waits.
func (c *crowd) tell(events []wire.RoomEvent, now *wire.RoomNow) {
	c.mu.Lock()
	known := c.through
	if n := len(c.pending); n > 0 {
		known = c.pending[n-1].N
	}
	for _, e := range events {
		if e.N > known {
			c.pending, known = append(c.pending, e), e.N
		}
	}
	if now != nil {
		c.gauges.note(now)
	}
	c.mu.Unlock()
	c.awake()
}

func (c *crowd) awake() {
	select {
	case c.wake <- struct{}{}:
	default: // it will look anyway
	}
}

// to tells somebody something, before what is told to all next.
func (c *crowd) to(person wire.PersonID, f wire.RoomFrame) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if a := c.people[person]; a != nil {
		c.give(a, f, true)
	}
}

// give queues a frame for somebody's viewers' subscriptions, and for those of the staff if they are to have it too. The mutex is held.
func (c *crowd) give(a *attendee, f wire.RoomFrame, staff bool) {
	one := framed(f)
	for s := a.first; s != nil; {
		next := s.next // which putting may cut
		if staff || !s.staff {
			c.put(s, one)
		}
		s = next
	}
}

// framed marshals a frame.
func framed(f wire.RoomFrame) *Frame {
	text, err := json.Marshal(f)
	if err != nil {
		panic(err) // it holds plain values
	}
	return &Frame{JSON: text}
}

// expel ends a person's subscriptions after what they were told.
func (c *crowd) expel(person wire.PersonID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if a := c.people[person]; a != nil {
		c.throwOut(a)
	}
}

func (c *crowd) throwOut(a *attendee) {
	for a.first != nil {
		c.drop(a.first, Banned)
	}
}

// run makes frames of what is told, until ctx ends; then all subscriptions are over, without what was not framed yet.
func (c *crowd) run(ctx context.Context) {
	defer c.close(Over)
	timer := time.NewTimer(0)
	defer timer.Stop()
	var last time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.wake:
		case <-timer.C:
		}
		now := time.Now() // not c.now: a pace is no time of day
		if wait := last.Add(frameEvery).Sub(now); wait > 0 {
			timer.Reset(wait)
			continue
		}
		sent, again := c.frame(now)
		if sent {
			last = now
		}
		if again > 0 {
			timer.Reset(again)
		}
	}
}

// close ends all subscriptions, and those that are made later.
func (c *crowd) close(why Ending) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.over = why
	for _, r := range c.rings {
		for _, s := range slices.Clone(r) {
			c.drop(s, why)
		}
	}
}

// frame tells what is pending. It returns whether there was anything, and after which time it is to be called again even if nothing
// is told until then; 0 for never.
func (c *crowd) frame(now time.Time) (sent bool, again time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gauges.hurry(c.sampler.load(now))
	changed, again := c.gauges.due(now)
	for len(c.pending) > 0 || changed != nil {
		events, since := c.pending[:min(frameOf, len(c.pending))], c.through
		if c.pending = c.pending[len(events):]; len(events) > 0 {
			c.through = events[len(events)-1].N
		}
		c.all(events, since, changed, now)
		changed, sent = nil, true
	}
	c.pending = nil // the frames are marshalled: let the events go
	return sent, again
}

// all tells everybody of events since a number, and of what else has changed. The mutex is held.
func (c *crowd) all(events []wire.RoomEvent, since int64, changed *wire.RoomNow, now time.Time) {
	f := wire.RoomFrame{Through: c.through, Events: events, Now: changed, Clock: c.now().UnixMilli()}
	c.share(c.rings[1], f)
	seen, left := c.sampler.choose(events, now)
	c.tellConcerned(events, since, left)
	if f.Events, f.Skipped = seen, len(left); len(seen)+len(left) > 0 || changed != nil {
		c.share(c.rings[0], f)
	}
}

// share queues one frame for all of a ring.
func (c *crowd) share(ring []*Subscription, f wire.RoomFrame) {
	if len(ring) == 0 {
		return
	}
	one := framed(f)
	for i := len(ring) - 1; i >= 0; i-- { // backwards: who is cut off is replaced by the last, who has it already
		c.put(ring[i], one)
	}
}

// tellConcerned tells people of what concerns them and will be left out of the frame of all, and has those leave who were banned. They
// are told before all, and that they know the log up to since: who is cut off between the two frames gets it again.
func (c *crowd) tellConcerned(events []wire.RoomEvent, since int64, left []wire.RoomEvent) {
	own := map[*attendee][]wire.RoomEvent{}
	add := func(to wire.Alias, e wire.RoomEvent) {
		a := c.aliases[to]
		if a == nil {
			return
		}
		if list := own[a]; len(list) == 0 || list[len(list)-1].N != e.N {
			own[a] = append(list, e)
		}
	}
	for _, e := range events {
		if e.Said != nil && e.By != nil {
			c.remember(e.N, e.By.Alias)
		}
		if to := concerned(e); e.Staff {
			if own, ok := seenBy(e, to, false); ok {
				add(to, own)
			}
		}
	}
	for _, e := range left {
		if e.By != nil {
			add(e.By.Alias, e)
		}
		if e.Said != nil {
			for _, to := range e.Said.Mentions {
				add(to, e)
			}
			add(c.authors[e.Said.Reply], e)
		}
	}
	for a, list := range own {
		slices.SortFunc(list, func(x, y wire.RoomEvent) int { return cmp.Compare(x.N, y.N) })
		c.give(a, wire.RoomFrame{Through: since, Events: list}, false)
	}
	for _, e := range events {
		if s := e.Silenced; s != nil && s.Ban && !s.Shadow && !s.Lifted {
			if a := c.aliases[s.Who.Alias]; a != nil {
				c.throwOut(a)
			}
		}
	}
}

// concerned is whom an event of the staff's concerns besides, "" for nobody.
func concerned(e wire.RoomEvent) wire.Alias {
	switch {
	case e.Silenced != nil:
		return e.Silenced.Who.Alias
	case e.By != nil:
		return e.By.Alias
	}
	return ""
}

// remember notes who wrote a line, and forgets the oldest.
func (c *crowd) remember(n int64, by wire.Alias) {
	if len(c.lines) < authorsOf {
		c.lines = append(c.lines, n)
	} else {
		delete(c.authors, c.lines[c.oldest])
		c.lines[c.oldest] = n
		c.oldest = (c.oldest + 1) % authorsOf
	}
	c.authors[n] = by
}
