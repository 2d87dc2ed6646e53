package chat

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vitrine/server/wire"
)

// heard is a frame and when it came.
type heard struct {
	wire.RoomFrame
	at time.Time
}

// hearing reads a subscription to its end.
type hearing struct {
	*Subscription
	mu     sync.Mutex
	frames []heard
}

func (h *hearing) listen(t *testing.T) {
	for f := range h.Frames() {
		var r wire.RoomFrame
		if err := json.Unmarshal(f.JSON, &r); err != nil {
			t.Error(err)
		}
		h.mu.Lock()
		h.frames = append(h.frames, heard{r, time.Now()})
		h.mu.Unlock()
	}
}

func (h *hearing) got() []heard {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.frames)
}

// numbers are those of all events that were heard, in the order of their coming.
func (h *hearing) numbers() (list []int64) {
	for _, f := range h.got() {
		for _, e := range f.Events {
			list = append(list, e.N)
		}
	}
	return list
}

// gathering is a crowd under test.
type gathering struct {
	*crowd
	t    *testing.T
	n    int64
	stop context.CancelFunc
	all  sync.WaitGroup
}

// gathers runs a test with a crowd, on a clock of its own.
func gathers(t *testing.T, test func(*gathering)) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		g := &gathering{crowd: newCrowd(time.Now, 0), t: t, stop: stop}
		g.all.Go(func() { g.run(ctx) })
		test(g)
		stop()
		g.all.Wait()
	})
}

func member(name string) *wire.Member { return &wire.Member{Alias: wire.Alias(name), Name: name} }

func (g *gathering) comes(name string, staff bool) *hearing {
	h := &hearing{Subscription: g.join(*member(name), wire.PersonID("person-"+name), staff)}
	g.all.Go(func() { h.listen(g.t) })
	return h
}

// next numbers an event.
func (g *gathering) next(e wire.RoomEvent) wire.RoomEvent {
	g.n++
	e.N = g.n
	return e
}

func (g *gathering) says(name, text string, mentions ...wire.Alias) int64 {
	e := g.next(wire.RoomEvent{By: member(name), Said: &wire.Said{Text: text, Mentions: mentions}})
	g.tell([]wire.RoomEvent{e}, nil)
	return e.N
}

func TestTheFirstEventGoesOutAtOnceAndWhatFollowsIsJoined(t *testing.T) {
	gathers(t, func(g *gathering) {
		v := g.comes("mei", false)
		time.Sleep(time.Second)
		began := time.Now()
		for i := range 10 { // 20 ms apart
			g.says("ana", fmt.Sprint(i))
			time.Sleep(20 * time.Millisecond)
		}
		time.Sleep(time.Second)
		var sizes []int
		for i, f := range v.got() {
			if d := f.at.Sub(began); d != time.Duration(i)*frameEvery {
				t.Errorf("frame %d comes after %v", i, d)
			}
			if last := f.Events[len(f.Events)-1].N; f.Through != last || f.Skipped != 0 || f.Clock == 0 {
				t.Errorf("%+v", f)
			}
			sizes = append(sizes, len(f.Events))
		}
		if !slices.Equal(sizes, []int{1, 4, 5}) && !slices.Equal(sizes, []int{1, 5, 4}) {
			t.Errorf("frames of %v events", sizes)
		}
	})
}

// TestAViewerOfABusyRoomGetsWhatOneCanReadAndAllThatConcernsThem has people write at random, of whom some are in the room.
func TestAViewerOfABusyRoomGetsWhatOneCanReadAndAllThatConcernsThem(t *testing.T) {
	for seed := range uint64(8) {
		gathers(t, func(g *gathering) {
			dice := rand.New(rand.NewPCG(seed, 1))
			viewers := map[string]*hearing{}
			for _, name := range []string{"p1", "p2", "nobody"} {
				viewers[name] = g.comes(name, false)
			}
			second, staff := g.comes("p1", false), g.comes("mod", true)
			must := map[string][]int64{} // by viewer
			var public, lines int
			writers := map[int64]string{}
			at := map[int64]time.Time{}
			plain := map[int64]bool{}
			for range 30 * 100 { // 30 s
				for range dice.IntN([]int{1, 2, 5, 9}[seed%4]) {
					e := g.next(wire.RoomEvent{By: member(fmt.Sprintf("p%d", dice.IntN(400)))})
					switch dice.IntN(100) {
					case 0:
						e.Announced = &wire.Announced{Text: "look"}
						must["all"] = append(must["all"], e.N)
					case 1:
						e.Held = &wire.Withheld{Text: "bad"}
						e.Staff = true
					case 2:
						e.By.Role = "host"
						e.Said = &wire.Said{Text: "hello"}
						must["all"] = append(must["all"], e.N)
					default:
						e.Said = &wire.Said{Text: "hi"}
						if dice.IntN(20) == 0 && e.N > 1 {
							e.Said.Reply = e.N - 1 - dice.Int64N(min(e.N-1, authorsOf/2))
							w := writers[e.Said.Reply]
							must[w] = append(must[w], e.N)
						}
						if dice.IntN(20) == 0 {
							e.Said.Mentions = []wire.Alias{"p2"}
							must["p2"] = append(must["p2"], e.N)
						}
						plain[e.N] = true
						lines++
					}
					must[string(e.By.Alias)] = append(must[string(e.By.Alias)], e.N)
					if e.Said != nil {
						writers[e.N] = string(e.By.Alias)
					}
					if !e.Staff {
						public++
					} else {
						must[string(e.By.Alias)] = nil // and is not what they get
					}
					at[e.N] = time.Now()
					g.tell([]wire.RoomEvent{e}, nil)
				}
				time.Sleep(10 * time.Millisecond)
			}
			time.Sleep(2 * time.Second)
			synctest.Wait()
			if all := staff.numbers(); len(all) != int(g.n) || !slices.IsSorted(all) {
				t.Errorf("staff got %d of %d", len(all), g.n)
			}
			for name, v := range viewers {
				numbers := v.numbers()
				for _, n := range slices.Concat(must[name], must["all"]) {
					if plain[n] && !slices.Contains(numbers, n) {
						t.Errorf("%s misses %d", name, n)
					}
				}
				through, have := int64(0), map[int64]bool{}
				for _, f := range v.got() {
					if f.Through > through {
						through = f.Through
						for _, n := range must[name] {
							if plain[n] && n <= through && !have[n] && !slices.ContainsFunc(f.Events, func(e wire.RoomEvent) bool { return e.N == n }) {
								t.Errorf("%s misses %d if the line is cut after %d", name, n, through)
							}
						}
					}
					for _, e := range f.Events {
						have[e.N] = true
					}
				}
				if unique := slices.Compact(slices.Sorted(slices.Values(numbers))); len(unique) != len(numbers) {
					t.Errorf("%s got %d events twice", name, len(numbers)-len(unique))
				}
			}
			if !slices.Equal(viewers["p1"].numbers(), second.numbers()) {
				t.Error("a person's two pages hear different things")
			}
			seen, skipped := 0, 0
			times := []time.Time{}
			for _, f := range viewers["nobody"].got() {
				skipped += f.Skipped
				for _, e := range f.Events {
					if seen++; e.Staff || e.Held != nil {
						t.Errorf("a viewer sees %+v", e)
					}
					if d := f.at.Sub(at[e.N]); d > frameEvery {
						t.Errorf("event %d comes after %v", e.N, d)
					}
					if plain[e.N] {
						times = append(times, f.at)
					}
				}
			}
			if seen+skipped != public {
				t.Errorf("%d were seen and %d skipped of %d", seen, skipped, public)
			}
			for i := linesMost; i < len(times); i++ {
				if d := times[i].Sub(times[i-linesMost]); d < time.Second {
					t.Errorf("%d lines in %v", linesMost+1, d)
					break
				}
			}
			if seed%4 == 3 && len(times) < 14*30 {
				t.Errorf("only %d of %d lines are shown in 30 s", len(times), lines)
			}
		})
	}
}

func TestALoudPersonDoesNotCrowdOthersOut(t *testing.T) {
	gathers(t, func(g *gathering) {
		v := g.comes("mei", false)
		for i := range 1000 { // 100 lines a second, every second one by the same person
			name := "loud"
			if i%2 == 0 {
				name = fmt.Sprintf("p%d", i%300)
			}
			g.says(name, "hi")
			time.Sleep(10 * time.Millisecond)
		}
		loud := 0
		for _, f := range v.got() {
			for _, e := range f.Events {
				if e.By.Alias == "loud" {
					loud++
				}
			}
		}
		if all := len(v.numbers()); loud > all/10 { // those of before the room was busy, all of them shown
			t.Errorf("%d of %d lines are the loud one's", loud, all)
		}
	})
}

func TestASlowReaderIsCutOffAndOthersAreNot(t *testing.T) {
	gathers(t, func(g *gathering) {
		slow := g.join(*member("slow"), "slow", false)
		v := g.comes("mei", false)
		for range queueOf + 5 {
			g.says("ana", "hi")
			time.Sleep(frameEvery)
		}
		if slow.End() != Slow || v.End() != Open || g.present() != 1 {
			t.Errorf("%v, %v, %d are here", slow.End(), v.End(), g.present())
		}
		n := 0
		for range slow.Frames() {
			n++
		}
		if n != queueOf || len(v.got()) != queueOf+5 {
			t.Errorf("the slow one got %d frames, the other %d", n, len(v.got()))
		}
		slow.Close()
		v.Close()
		v.Close()
		if slow.End() != Slow || v.End() != Left || g.present() != 0 {
			t.Errorf("%v, %v, %d are here", slow.End(), v.End(), g.present())
		}
	})
}

func TestWhoIsBannedIsToldAndGoneAndWhoIsShadowedDoesNotNotice(t *testing.T) {
	gathers(t, func(g *gathering) {
		bad, sly, mod := g.comes("bad", false), g.comes("sly", false), g.comes("mod", true)
		g.tell([]wire.RoomEvent{
			g.next(wire.RoomEvent{Staff: true, Silenced: &wire.Silenced{Who: *member("sly"), Shadow: true, Ban: true}}),
			g.next(wire.RoomEvent{Staff: true, Silenced: &wire.Silenced{Who: *member("bad"), Ban: true}}),
		}, nil)
		time.Sleep(time.Second)
		if bad.End() != Banned || len(bad.numbers()) != 1 || bad.got()[0].Events[0].N != 2 {
			t.Errorf("%v, %v", bad.End(), bad.numbers())
		}
		if sly.End() != Open || len(sly.got()) != 0 || len(mod.numbers()) != 2 {
			t.Errorf("%v, %v, %v", sly.End(), sly.got(), mod.numbers())
		}
		g.expel("person-sly")
		if sly.End() != Banned {
			t.Error(sly.End())
		}
		g.stop()
		g.all.Wait()
		if mod.End() != Over || g.join(*member("late"), "late", false).End() != Over {
			t.Error("a crowd that is over has people")
		}
	})
}

func TestPersonalNoticesGoToOnePersonAlone(t *testing.T) {
	gathers(t, func(g *gathering) {
		mei, ana := g.comes("mei", false), g.comes("ana", false)
		coins := int64(30)
		g.to("person-mei", wire.RoomFrame{Coins: &coins})
		g.to("person-gone", wire.RoomFrame{Coins: &coins})
		time.Sleep(time.Second)
		if got := mei.got(); len(got) != 1 || *got[0].Coins != 30 || len(ana.got()) != 0 {
			t.Errorf("%+v, %+v", got, ana.got())
		}
	})
}

func TestWhatChangesAllTheTimeIsToldRarelyAndItsNewestValueAlways(t *testing.T) {
	gathers(t, func(g *gathering) {
		v := g.comes("mei", false)
		for i := range 500 { // 5 s
			viewers, likes := i, int64(10*i)
			g.tell(nil, &wire.RoomNow{Viewers: &viewers, Likes: &likes, Polls: []wire.Tally{{Poll: int64(i % 2), Counts: []int64{int64(i)}}}})
			time.Sleep(10 * time.Millisecond)
		}
		time.Sleep(2 * time.Second)
		counts, tallies := 0, 0
		var last wire.RoomNow
		polls := map[int64]int64{}
		for _, f := range v.got() {
			if f.Now.Viewers != nil {
				counts++
				last.Viewers = f.Now.Viewers
			}
			if f.Now.Likes != nil {
				tallies++
				last.Likes = f.Now.Likes
			}
			for _, p := range f.Now.Polls {
				polls[p.Poll] = p.Counts[0]
			}
		}
		if counts > 6 || tallies > 11 || *last.Viewers != 499 || *last.Likes != 4990 || polls[0] != 498 || polls[1] != 499 {
			t.Errorf("%d counts, %d tallies, last %d %d %v", counts, tallies, *last.Viewers, *last.Likes, polls)
		}
	})
}

func TestHowManyWriteIsSaidWhenTheyAreMoreThanIsShown(t *testing.T) {
	gathers(t, func(g *gathering) {
		v := g.comes("mei", false)
		for i := range 300 {
			g.says(fmt.Sprint("p", i), "hi")
			time.Sleep(9700 * time.Microsecond) // never when a frame is due
		}
		time.Sleep(3 * time.Second)
		var said []int
		for _, f := range v.got() {
			if f.Now != nil && f.Now.Typing != nil {
				said = append(said, *f.Now.Typing)
			}
		}
		if len(said) < 3 || len(said) > 6 || slices.Max(said) < 90 || slices.Max(said) > 110 || said[len(said)-1] != 0 {
			t.Errorf("it is said that %v lines a second come", said)
		}
	})
}

func TestARoomThatCatchesUpSendsFramesThatEnd(t *testing.T) {
	gathers(t, func(g *gathering) {
		mod := g.comes("mod", true)
		var all []wire.RoomEvent
		for range 3*frameOf + 1 {
			all = append(all, g.next(wire.RoomEvent{By: member("ana"), Said: &wire.Said{Text: "hi"}}))
		}
		g.tell(all, nil)
		g.tell(all, nil) // what was told before is passed over
		time.Sleep(time.Second)
		if got := mod.got(); len(got) != 5 || got[4].Events != nil || // how many write is said at last
			len(mod.numbers()) != len(all) || got[0].Through != frameOf {
			t.Errorf("%d frames, %d events", len(got), len(mod.numbers()))
		}
	})
}

// TestPeopleComeAndGoWhileTheRoomTalks is for the race detector.
func TestPeopleComeAndGoWhileTheRoomTalks(t *testing.T) {
	c := newCrowd(time.Now, 0)
	ctx, stop := context.WithCancel(t.Context())
	var all sync.WaitGroup
	all.Go(func() { c.run(ctx) })
	all.Go(func() {
		for n := range int64(2000) {
			c.tell([]wire.RoomEvent{{N: n + 1, By: member("p1"), Said: &wire.Said{Text: "hi"}}}, &wire.RoomNow{})
			c.to("person-p2", wire.RoomFrame{})
			if n%100 == 0 {
				c.expel("person-p3")
				time.Sleep(time.Millisecond)
			}
		}
	})
	for i := range 4 {
		all.Go(func() {
			for range 300 {
				name := fmt.Sprint("p", i)
				s := c.join(*member(name), wire.PersonID("person-"+name), i == 0)
				select {
				case <-s.Frames():
				case <-time.After(time.Millisecond):
				}
				s.Close()
			}
		})
	}
	time.Sleep(300 * time.Millisecond)
	stop()
	all.Wait()
	if c.present() != 0 {
		t.Errorf("%d are left", c.present())
	}
}

// BenchmarkFrame is a frame of 30 lines to 5,000 viewers who read.
func BenchmarkFrame(b *testing.B) {
	c := newCrowd(time.Now, 0)
	var all sync.WaitGroup
	for i := range 5000 {
		s := c.join(*member(fmt.Sprint("p", i)), wire.PersonID(fmt.Sprint(i)), false)
		all.Go(func() {
			for range s.Frames() {
			}
		})
	}
	n, now := int64(0), time.Now()
	for b.Loop() {
		for range 30 {
			n++
			c.tell([]wire.RoomEvent{{N: n, At: 1, By: member(fmt.Sprint("p", n%5000)), Said: &wire.Said{Text: "What is the size of this ring?"}}}, nil)
		}
		now = now.Add(frameEvery)
		c.frame(now)
	}
	c.close(Closed)
	all.Wait()
}
