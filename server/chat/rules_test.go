package chat_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"vitrine/server/chat"
	"vitrine/server/store"
	"vitrine/server/wire"
)

func ptr[T any](v T) *T { return &v }

func poll(seconds int, options ...string) wire.RoomRequest {
	return wire.RoomRequest{Poll: &wire.StartPoll{Question: "Which next?", Options: options, Seconds: seconds}}
}

func vote(poll int64, option int) wire.RoomRequest {
	return wire.RoomRequest{Vote: &wire.Vote{Poll: poll, Option: option}}
}

func TestEverybodyHasOneVoteHoweverManyTheySendAtOnce(t *testing.T) {
	everyEngine(t, func(t *testing.T, w *town) {
		hubs := []*hub{w.hub(), w.hub()}
		n := hubs[0].does(host(), poll(60, "red", "blue"))
		var all sync.WaitGroup
		var mu sync.Mutex
		counted := 0
		for i := range 64 {
			all.Go(func() {
				who := viewer(fmt.Sprint("V", i/8)) // eight people, eight times each
				a := hubs[i%2].asks(who, vote(n, i%2))
				mu.Lock()
				defer mu.Unlock()
				switch {
				case a.Error == nil:
					counted++
				case a.Error.Code != wire.Conflict:
					t.Error("refused with", a.Error)
				}
			})
		}
		all.Wait()
		r, err := hubs[1].Poll(t.Context(), w.show, n)
		if err != nil || counted != 8 || len(r.Votes) != 8 || r.Counts[0]+r.Counts[1] != 8 {
			t.Errorf("%d counted, exported %+v, %v", counted, r, err)
		}
		hubs[0].kill()
		hubs[1].refused(wire.Conflict, viewer("V1"), vote(n, 0)) // another home knows it too
		if j := hubs[1].joins(viewer("V1"), 0); len(j.State.Polls) != 1 || j.State.Polls[0].Mine < 0 || j.State.Polls[0].Counts[0]+j.State.Polls[0].Counts[1] != 8 {
			t.Errorf("who comes back sees %+v", j.State.Polls)
		}
		w.passes(time.Minute)
		if e := hubs[1].refused(wire.Conflict, viewer("late"), vote(n, 0)); !strings.Contains(e.Text, "ended") {
			t.Error(e.Text)
		}
		log := w.all()
		if ended := log[len(log)-1].PollEnded; ended == nil || ended.Poll != n || ended.Counts[0]+ended.Counts[1] != 8 {
			t.Errorf("the log ends with %+v", log[len(log)-1])
		}
	})
}

func TestGiftsTakeNoMoreCoinsThanThereAre(t *testing.T) {
	everyEngine(t, func(t *testing.T, w *town) {
		hubs := []*hub{w.hub(), w.hub()}
		ann := viewer(fmt.Sprint("Ann of ", w.show))
		key := fmt.Sprint("stripe ", w.show)
		for range 3 { // the same top-up
			if err := hubs[0].Credit(t.Context(), ann.Person, 10, key); err != nil {
				t.Fatal(err)
			}
		}
		if err := hubs[0].Credit(t.Context(), ann.Person, 11, key); wire.CodeOf(err) != wire.KeyReused {
			t.Error("the key for another top-up:", err)
		}
		var all sync.WaitGroup
		var mu sync.Mutex
		given := 0
		for i := range 16 { // two shows at once, of one wallet
			all.Go(func() {
				q := wire.RoomRequest{ID: w.id(), Gift: &wire.GiveGift{Gift: "rose", Count: 1}}
				show := wire.ShowID(fmt.Sprint(w.show, "-", i%2))
				a := hubs[i/8].Do(t.Context(), show, ann, q)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case a.Error == nil:
					given++
				case a.Error.Code != wire.Conflict:
					t.Error("refused with", a.Error)
				}
			})
		}
		all.Wait()
		left, err := hubs[0].Coins(t.Context(), ann.Person)
		if err != nil || given != 10 || left != 0 {
			t.Errorf("%d given, %d left, %v", given, left, err)
		}
		if err := w.db.(*store.Store).AuditCoins(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestTheSameGiftInARowIsACombo(t *testing.T) {
	w := newTown(t, "SQLite")
	h, ann := w.hub(), viewer("Cora")
	if err := h.Credit(t.Context(), ann.Person, 100, "k"); err != nil {
		t.Fatal(err)
	}
	give := func(id wire.GiftID, count int) *wire.Gifted {
		n := h.does(ann, wire.RoomRequest{Gift: &wire.GiveGift{Gift: id, Count: count}})
		return w.all()[n-1].Gifted
	}
	if g := give("rose", 2); g.Combo != 2 || g.Coins != 2 {
		t.Errorf("%+v", g)
	}
	w.passes(5 * time.Second)
	if g := give("rose", 1); g.Combo != 3 {
		t.Errorf("in a row: %+v", g)
	}
	if g := give("coffee", 1); g.Combo != 1 || g.Coins != 5 {
		t.Errorf("another: %+v", g)
	}
	w.passes(11 * time.Second)
	if g := give("coffee", 1); g.Combo != 1 {
		t.Errorf("later: %+v", g)
	}
	if j := h.joins(ann, 0); j.Coins != 100-2-1-5-5 || *j.Now.Given != 13 {
		t.Errorf("left %d, given %d", j.Coins, *j.Now.Given)
	}
}

func TestLikesAreCountedExactlyAndNotLogged(t *testing.T) {
	w := newTown(t, "SQLite")
	a, b := w.hub(), w.hub()
	a.does(viewer("Ann"), say("hi"))
	for i := range 10 {
		for _, h := range []*hub{a, b} {
			if e := h.Do(t.Context(), w.show, viewer(fmt.Sprint(i)), wire.RoomRequest{Like: &wire.Like{Count: 5}}).Error; e != nil {
				t.Fatal(e)
			}
		}
	}
	for deadline := time.Now().Add(20 * time.Second); *b.joins(viewer("Ann"), 0).Now.Likes != 100; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("likes:", *b.joins(viewer("Ann"), 0).Now.Likes)
		}
	}
	b.does(viewer("Ann"), wire.RoomRequest{Cheer: &struct{}{}})
	a.refused(wire.Conflict, viewer("Ann"), wire.RoomRequest{Cheer: &struct{}{}})
	if j := a.joins(viewer("Ann"), 0); *j.Now.Cheers != 1 || j.Through != 1 {
		t.Errorf("%d cheers, %d events", *j.Now.Cheers, j.Through)
	}
}

func TestBadRequestsAreRefusedWithClearWords(t *testing.T) {
	w := newTown(t, "SQLite")
	h := w.hub()
	line := h.says(viewer("Ann"), "a line")
	gone := h.says(viewer("Ann"), "a line that goes")
	h.does(host(), wire.RoomRequest{Remove: &wire.Removed{Line: gone}})
	ended := h.does(host(), poll(0, "a", "b"))
	h.does(host(), wire.RoomRequest{EndPoll: &wire.Numbered{N: ended}})
	open := h.does(host(), poll(0, "a", "b"))
	long := strings.Repeat("x", wire.MaxLine+1)
	for _, c := range []struct {
		what string
		code wire.Code
		who  chat.Who
		q    wire.RoomRequest
	}{
		{"nothing", wire.Invalid, viewer("Ben"), wire.RoomRequest{}},
		{"two things", wire.Invalid, viewer("Ben"), wire.RoomRequest{Say: &wire.Say{Text: "x"}, Cheer: &struct{}{}}},
		{"two things of the staff", wire.Invalid, host(), wire.RoomRequest{Pin: &wire.Numbered{}, Modes: &wire.Modes{Pause: 2}}},
		{"an odd ID", wire.Invalid, viewer("Ben"), wire.RoomRequest{ID: "a b", Say: &wire.Say{Text: "x"}}},
		{"a long ID", wire.Invalid, viewer("Ben"), wire.RoomRequest{ID: strings.Repeat("a", 65), Say: &wire.Say{Text: "x"}}},
		{"an empty line", wire.Invalid, viewer("Ben"), say(" \n ")},
		{"an invisible line", wire.Invalid, viewer("Ben"), say("\u200b\u2060\u202e")},
		{"a long line", wire.Invalid, viewer("Ben"), say(long)},
		{"no UTF-8", wire.Invalid, viewer("Ben"), say("a\xff")},
		{"a reply to nothing", wire.NotFound, viewer("Ben"), wire.RoomRequest{Say: &wire.Say{Text: "x", Reply: 99}}},
		{"a reply below zero", wire.NotFound, viewer("Ben"), wire.RoomRequest{Say: &wire.Say{Text: "x", Reply: -1}}},
		{"a reply to a poll", wire.NotFound, viewer("Ben"), wire.RoomRequest{Say: &wire.Say{Text: "x", Reply: open}}},
		{"a reply to a removed line", wire.Conflict, viewer("Ben"), wire.RoomRequest{Say: &wire.Say{Text: "x", Reply: gone}}},
		{"another's name", wire.Conflict, viewer("Ben"), wire.RoomRequest{Name: ptr("ANN")}},
		{"a name that looks like another's", wire.Conflict, viewer("Ben"), wire.RoomRequest{Name: ptr("Аnn")}}, // Cyrillic А
		{"a host's name", wire.Forbidden, viewer("Ben"), wire.RoomRequest{Name: ptr("H0st")}},
		{"a name of signs", wire.Invalid, viewer("Ben"), wire.RoomRequest{Name: ptr("...")}},
		{"a long name", wire.Invalid, viewer("Ben"), wire.RoomRequest{Name: ptr(strings.Repeat("n", wire.MaxName+1))}},
		{"a vote in no poll", wire.NotFound, viewer("Ben"), vote(line, 0)},
		{"a vote after the end", wire.Conflict, viewer("Ben"), vote(ended, 0)},
		{"a vote for no option", wire.Invalid, viewer("Ben"), vote(open, 2)},
		{"a vote for less than none", wire.Invalid, viewer("Ben"), vote(open, -1)},
		{"a gift without money", wire.Conflict, viewer("Ben"), wire.RoomRequest{Gift: &wire.GiveGift{Gift: "rose", Count: 1}}},
		{"an unknown gift", wire.NotFound, viewer("Ben"), wire.RoomRequest{Gift: &wire.GiveGift{Gift: "moon", Count: 1}}},
		{"gifts below zero", wire.Invalid, viewer("Ben"), wire.RoomRequest{Gift: &wire.GiveGift{Gift: "rose", Count: -5}}},
		{"a vote for no question", wire.NotFound, viewer("Ben"), wire.RoomRequest{Second: &wire.Numbered{N: line}}},
		{"a report of nothing", wire.NotFound, viewer("Ben"), wire.RoomRequest{Report: &wire.ReportLine{Line: 77, Reason: "x"}}},
		{"a report of oneself", wire.Conflict, viewer("Ann"), wire.RoomRequest{Report: &wire.ReportLine{Line: line, Reason: "x"}}},
		{"likes below zero", wire.Invalid, viewer("Ben"), wire.RoomRequest{Like: &wire.Like{Count: -1}}},
		{"too many likes", wire.Invalid, viewer("Ben"), wire.RoomRequest{Like: &wire.Like{Count: wire.MaxLikes + 1}}},
		{"what the staff may", wire.Forbidden, viewer("Ben"), wire.RoomRequest{Pin: &wire.Numbered{N: line}}},
		{"what support may not", wire.Forbidden, chat.Who{Person: "p-sue", Role: "support"}, wire.RoomRequest{Pin: &wire.Numbered{N: line}}},
		{"a pin of nothing", wire.NotFound, host(), wire.RoomRequest{Pin: &wire.Numbered{N: 99}}},
		{"a pin of a removed line", wire.Conflict, host(), wire.RoomRequest{Pin: &wire.Numbered{N: gone}}},
		{"a second removal", wire.Conflict, host(), wire.RoomRequest{Remove: &wire.Removed{Line: gone}}},
		{"a poll of one option", wire.Invalid, host(), poll(0, "a")},
		{"a poll of the same option twice", wire.Invalid, host(), poll(0, "a", " a")},
		{"a poll of nine options", wire.Invalid, host(), poll(0, strings.Split("abcdefghi", "")...)},
		{"an endless poll", wire.Invalid, host(), poll(1<<40, "a", "b")},
		{"a second end", wire.Conflict, host(), wire.RoomRequest{EndPoll: &wire.Numbered{N: ended}}},
		{"no pause", wire.Invalid, host(), wire.RoomRequest{Modes: &wire.Modes{Pause: 0}}},
		{"a decision about nothing", wire.Conflict, host(), wire.RoomRequest{Judge: &wire.Judged{Held: line, Decision: wire.Publish}}},
		{"silence for nobody", wire.NotFound, host(), wire.RoomRequest{Silence: &wire.SilenceOne{Who: "nobody"}}},
		{"silence for the host", wire.Forbidden, host(), wire.RoomRequest{Silence: &wire.SilenceOne{Who: chat.AliasOf(w.show, "p-host")}}},
		{"a lift for who may speak", wire.Conflict, host(), wire.RoomRequest{Silence: &wire.SilenceOne{Who: chat.AliasOf(w.show, "p-Ann"), Lift: true}}},
	} {
		before := len(w.all())
		w.passes(3 * time.Second)
		if a := h.asks(c.who, c.q); a.Error == nil || a.Error.Code != c.code || len(a.Error.Text) < 10 {
			t.Errorf("%s: %+v", c.what, a.Error)
		}
		if after := len(w.all()); after != before {
			t.Errorf("%s made %d events", c.what, after-before)
		}
	}
}

func TestOneMessageAtATime(t *testing.T) {
	w := newTown(t, "SQLite")
	h, ann := w.hub(), viewer("Ann")
	h.does(ann, say("first"))
	for _, c := range []struct {
		after time.Duration
		wait  int64 // ms; 0 for said
	}{{0, 2000}, {500 * time.Millisecond, 1500}, {1499 * time.Millisecond, 1}, {time.Millisecond, 0}, {0, 2000}} {
		w.passes(c.after)
		a := h.asks(ann, say("again"))
		switch {
		case c.wait == 0 && a.Error != nil:
			t.Errorf("after %s: %+v", c.after, a.Error)
		case c.wait > 0 && (a.Error == nil || a.Error.Code != wire.RateLimited || a.Error.Wait != c.wait):
			t.Errorf("after %s: %+v", c.after, a.Error)
		}
	}
	h.does(viewer("Ben"), say("another may"))
	for range 5 {
		h.does(host(), say("the staff may"))
	}
	h.does(host(), wire.RoomRequest{Modes: &wire.Modes{Pause: 120}})
	w.passes(3 * time.Second)
	if e := h.refused(wire.RateLimited, ann, say("again")); e.Wait != 117_000 {
		t.Errorf("in slow mode: wait %d", e.Wait)
	}
	h.kill()
	if e := w.hub().refused(wire.RateLimited, ann, say("again")); e.Wait != 117_000 {
		t.Errorf("at another home: wait %d", e.Wait)
	}
}

func TestModesSayWhoMaySpeak(t *testing.T) {
	w := newTown(t, "SQLite")
	h := w.hub()
	mode := func(m wire.Modes) {
		m.Pause = 1
		h.does(host(), wire.RoomRequest{Modes: &m})
		w.passes(3 * time.Second)
	}
	mode(wire.Modes{Paused: true})
	h.refused(wire.Forbidden, viewer("Ann"), say("hi"))
	h.does(host(), say("a moment please"))
	mode(wire.Modes{Emoji: true})
	h.refused(wire.Forbidden, viewer("Ann"), say("hi 🎉"))
	h.does(viewer("Ann"), say("🎉👍🏽 👩‍👩‍👧"))
	mode(wire.Modes{Followers: true})
	h.refused(wire.Forbidden, viewer("Ann"), say("hi"))
	fan := viewer("Fan")
	fan.Follows = true
	h.does(fan, say("hi"))
}
