package chat_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vitrine/server/chat"
	"vitrine/server/store"
	"vitrine/server/wire"
)

// mortal is a storage whose process dies at one of its steps: before what it does, or after it and before it can tell.
type mortal struct {
	chat.Storage
	steps atomic.Int64 // that it lives yet
	after bool
	dead  atomic.Bool
	die   func()
}

var errDead = errors.New("the process is dead")

func (m *mortal) step(do func() error) error {
	if m.dead.Load() {
		return errDead
	}
	if m.steps.Add(-1) != 0 {
		return do()
	}
	if m.after {
		_ = do()
	}
	m.dead.Store(true)
	go m.die()
	return errDead
}

func (m *mortal) TakeRoom(ctx context.Context, show wire.ShowID, forget int64) (h chat.Head, err error) {
	err = m.step(func() (err error) { h, err = m.Storage.TakeRoom(ctx, show, forget); return err })
	return h, err
}

func (m *mortal) LoadRoom(ctx context.Context, show wire.ShowID) (s *chat.Saved, err error) {
	err = m.step(func() (err error) { s, err = m.Storage.LoadRoom(ctx, show); return err })
	return s, err
}

func (m *mortal) AskRoom(ctx context.Context, show wire.ShowID, q chat.Questions) (a chat.Answers, err error) {
	err = m.step(func() (err error) { a, err = m.Storage.AskRoom(ctx, show, q); return err })
	return a, err
}

func (m *mortal) CommitRoom(ctx context.Context, b *chat.Batch) error {
	return m.step(func() error { return m.Storage.CommitRoom(ctx, b) })
}

// fleet is two processes, one of which is replaced whenever it dies.
type fleet struct {
	w    *town
	mu   sync.Mutex
	hubs [2]*hub
}

// begin starts a process in a place, which dies after so many steps; 0 for never.
func (f *fleet) begin(place int, steps int64, after bool) {
	m := &mortal{Storage: f.w.db, after: after}
	m.steps.Store(steps)
	ready := make(chan struct{})
	var h *hub
	m.die = func() {
		<-ready
		h.kill()
		f.begin(place, 0, false)
	}
	h = f.w.hubOn(m)
	f.mu.Lock()
	f.hubs[place] = h
	f.mu.Unlock()
	close(ready)
}

func (f *fleet) any() *hub {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.hubs[rand.IntN(2)]
}

// insists asks with the same ID, wherever somebody lives, until there is an answer.
func (f *fleet) insists(ctx context.Context, who chat.Who, q wire.RoomRequest) wire.RoomAnswer {
	for {
		a := f.any().Do(ctx, f.w.show, who, q)
		if a.Error == nil || a.Error.Code != wire.Unavailable || ctx.Err() != nil {
			return a
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// listens hears a room until stop is closed and all is heard, coming back by number whenever it is cut off. It returns the numbers.
func (f *fleet) listens(ctx context.Context, who chat.Who, through func() int64) (heard []int64, err error) {
	last := int64(0)
	note := func(list []wire.RoomEvent) {
		for _, e := range list {
			if e.N > last {
				heard, last = append(heard, e.N), e.N
			}
		}
	}
	for ctx.Err() == nil {
		sub, j, err := f.any().Join(ctx, f.w.show, who, last)
		if err != nil {
			time.Sleep(5 * time.Millisecond)
			continue
		}
		if !j.Whole && last > 0 {
			return heard, fmt.Errorf("who comes back after %d gets no whole log", last)
		}
		if last > 0 {
			note(j.Events)
		}
		last = max(last, j.Through)
		for open := true; open && ctx.Err() == nil; {
			if end := through(); end > 0 && last >= end {
				sub.Close()
				return heard, nil
			}
			select {
			case frame, ok := <-sub.Frames():
				if open = ok; !ok {
					break
				}
				var fr wire.RoomFrame
				if err := json.Unmarshal(frame.JSON, &fr); err != nil {
					return heard, err
				}
				note(fr.Events)
			case <-time.After(50 * time.Millisecond):
			}
		}
	}
	return heard, ctx.Err()
}

// TestNothingIsLostOrDoubledWhenProcessesDieAtAnyStep has people speak and give gifts while processes die at each of their first steps.
func TestNothingIsLostOrDoubledWhenProcessesDieAtAnyStep(t *testing.T) {
	const furthest = 9
	var all sync.WaitGroup // they wait most of the time: more at once than there are processors
	defer all.Wait()
	for _, engine := range engines {
		db := newTown(t, engine).db
		t.Cleanup(func() {
			if err := db.(*store.Store).AuditCoins(context.Background()); err != nil {
				t.Error(err)
			}
		})
		try := func(name string, steps [2]int64, after bool, loses float64) {
			all.Go(func() {
				t.Run(engine+" "+name, func(t *testing.T) { died(townOn(t, db, wire.ShowID(name)), steps, after, loses) })
			})
		}
		for step := int64(1); step <= furthest; step++ {
			try(fmt.Sprintf("before-step-%d", step), [2]int64{step, step + 3}, false, 0)
			try(fmt.Sprintf("after-step-%d", step), [2]int64{step, step + 3}, true, 0)
		}
		try("on-a-bus-that-loses", [2]int64{7, 9}, true, 0.05)
	}
}

func died(w *town, steps [2]int64, after bool, loses float64) {
	t := w.t
	w.bus.lose(loses)
	f := &fleet{w: w}
	f.begin(0, steps[0], after)
	f.begin(1, steps[1], after)
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	const people, each = 4, 6
	for p := range people {
		lines := [2]chat.CoinLine{
			{Transfer: fmt.Sprint(w.show, p), Account: chat.Issue, Coins: -each / 2},
			{Transfer: fmt.Sprint(w.show, p), Account: chat.PersonAccount(viewer(fmt.Sprint(w.show, p)).Person), Coins: each / 2},
		}
		if err := w.db.Credit(ctx, lines); err != nil {
			t.Fatal(err)
		}
	}
	var end atomic.Int64
	var speak, listen sync.WaitGroup
	var heard [2][]int64
	for i := range heard {
		listen.Go(func() {
			var err error
			if heard[i], err = f.listens(ctx, chat.Who{Person: "p-eye", Role: "owner", Name: "Eye"}, end.Load); err != nil {
				t.Error("a listener:", err)
			}
		})
	}
	var mu sync.Mutex
	told := map[string]int64{} // what was acknowledged
	for p := range people {
		who := viewer(fmt.Sprint(w.show, p))
		speak.Go(func() {
			for i := range each {
				text := fmt.Sprint(p, " says ", i)
				q := say(text)
				if i%2 == 1 {
					text, q = "", wire.RoomRequest{Gift: &wire.GiveGift{Gift: "rose", Count: 1}}
				}
				q.ID = w.id()
				for {
					w.passes(3 * time.Second)
					a := f.insists(ctx, who, q)
					if a.Error == nil {
						mu.Lock()
						told[q.ID], told[text] = a.N, a.N
						mu.Unlock()
						break
					}
					if a.Error.Code != wire.RateLimited {
						t.Error("refused:", a.Error.Text)
						break
					}
				}
			}
		})
	}
	speak.Wait()
	log := w.all()
	end.Store(int64(len(log)))
	listen.Wait()
	if want := people * each; len(log) != want {
		t.Errorf("the log has %d events, and %d were acknowledged", len(log), want)
	}
	for _, e := range log {
		if e.Said != nil && told[e.Said.Text] != e.N {
			t.Errorf("%q is event %d, and was acknowledged as %d", e.Said.Text, e.N, told[e.Said.Text])
		}
	}
	for _, list := range heard {
		for i, n := range list {
			if i > 0 && n != list[i-1]+1 {
				t.Errorf("event %d was heard after %d", n, list[i-1])
			}
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, h := range f.hubs {
		h.kill()
	}
}

// untold is a storage whose process dies once it is doomed, after its next commit and before it can tell of it.
type untold struct {
	*mortal
	doomed atomic.Bool
}

func (u *untold) CommitRoom(ctx context.Context, b *chat.Batch) error {
	if u.doomed.Load() {
		u.steps.Store(1)
	}
	return u.mortal.CommitRoom(ctx, b)
}

func TestTheLastThingSaidIsHeardThoughItsProcessDiedBeforeItCouldTell(t *testing.T) {
	w := newTown(t, "SQLite")
	first := &untold{mortal: &mortal{Storage: w.db, after: true}}
	var home *hub
	first.die = func() { home.kill() }
	home = w.hubOn(first)
	other := w.hub()
	home.says(viewer("Ann"), "one") // it is the room's home now
	sub, j, err := other.Join(t.Context(), w.show, viewer("Bo"), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	first.doomed.Store(true)
	w.passes(3 * time.Second)
	q := say("two")
	q.ID = w.id()
	home.Do(t.Context(), w.show, viewer("Ann"), q)
	n := (&fleet{w: w, hubs: [2]*hub{other, other}}).insists(t.Context(), viewer("Ann"), q).N
	if n <= j.Through {
		t.Fatalf("who joined has heard of %d events, and the last one is %d", j.Through, n)
	}
	for late := time.After(patience); ; {
		select {
		case frame := <-sub.Frames():
			var fr wire.RoomFrame
			if err := json.Unmarshal(frame.JSON, &fr); err != nil {
				t.Fatal(err)
			}
			if len(fr.Events) > 0 && fr.Events[len(fr.Events)-1].N == n {
				return
			}
		case <-late:
			t.Fatalf("event %d is not heard", n)
		}
	}
}

func TestWhoListensAloneFarAwayHearsWhatTheBusLost(t *testing.T) {
	for _, who := range []chat.Who{viewer("Bo"), host()} {
		w := newTown(t, "SQLite")
		home, far := w.hub(), w.hub()
		home.says(viewer("Ann"), "one") // it is the room's home now
		sub, j, err := far.Join(t.Context(), w.show, who, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer sub.Close()
		w.bus.lose(1)
		n := home.says(viewer("Ann"), "two")
		w.bus.lose(0)
		if n <= j.Through {
			t.Fatalf("who joined has heard of %d events, and the last one is %d", j.Through, n)
		}
		hears(t, sub, n)
	}
}

func TestCountsThatTheBusLostAreHeardAllTheSame(t *testing.T) {
	w := newTown(t, "SQLite")
	home, far := w.hub(), w.hub()
	n := home.does(host(), poll(300, "red", "blue"))
	sub, _, err := far.Join(t.Context(), w.show, viewer("Bo"), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	votes := int64(0)
	for _, loses := range []float64{0, 1, 0} {
		w.bus.lose(loses)
		votes++
		home.does(viewer("Ann"+strconv.FormatInt(votes, 10)), vote(n, 1))
		w.bus.lose(0)
		hearsVotes(t, sub, n, votes)
	}
}

// hearsVotes waits until somebody has heard of so many votes for the second option of a poll.
func hearsVotes(t *testing.T, s *chat.Subscription, poll, votes int64) {
	t.Helper()
	late := time.After(patience)
	for {
		select {
		case f, ok := <-s.Frames():
			if !ok {
				t.Fatal("the subscription has ended:", s.End())
			}
			var frame wire.RoomFrame
			if err := json.Unmarshal(f.JSON, &frame); err != nil {
				t.Fatal(err)
			}
			if frame.Now != nil && slices.ContainsFunc(frame.Now.Polls, func(p wire.Tally) bool { return p.Poll == poll && p.Counts[1] == votes }) {
				return
			}
		case <-late:
			t.Fatalf("%d votes were not heard of", votes)
		}
	}
}
