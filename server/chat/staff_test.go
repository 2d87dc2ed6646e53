package chat_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"vitrine/server/chat"
	"vitrine/server/wire"
)

func ask(text string) wire.RoomRequest { return wire.RoomRequest{Ask: &wire.AskHost{Text: text}} }

func report(line int64) wire.RoomRequest {
	return wire.RoomRequest{Report: &wire.ReportLine{Line: line, Reason: "it insults"}}
}

func judge(held int64, v wire.Decision) wire.RoomRequest {
	return wire.RoomRequest{Judge: &wire.Judged{Held: held, Decision: v}}
}

func (w *town) silence(name string, s wire.SilenceOne) wire.RoomRequest {
	s.Who = chat.AliasOf(w.show, viewer(name).Person)
	return wire.RoomRequest{Silence: &s}
}

func TestNearQuestionsAreJoinedAndAnsweredOnce(t *testing.T) {
	everyEngine(t, func(t *testing.T, w *town) {
		h := w.hub()
		first := h.does(viewer("Ann"), ask("is there a size M?"))
		joined := h.does(viewer("Ben"), ask("size M available?"))
		other := h.does(viewer("Cleo"), ask("how much is it?"))
		h.does(viewer("Dan"), wire.RoomRequest{Second: &wire.Numbered{N: joined}})
		h.refused(wire.Conflict, viewer("Ann"), wire.RoomRequest{Second: &wire.Numbered{N: first}})
		if log := w.all(); log[joined-1].Asked.Like != first {
			t.Errorf("%+v", log[joined-1].Asked)
		}
		h.kill()
		h = w.hub()
		j := h.joins(viewer("Ann"), 0)
		if q := j.State.Questions; len(q) != 2 || q[0].N != first || q[0].Votes != 3 || !q[0].Mine || q[1].N != other || q[1].Mine {
			t.Errorf("%+v", q)
		}
		n := h.does(host(), wire.RoomRequest{Answer: &wire.Answered{Question: joined, Text: "yes"}})
		if a := w.all()[n-1]; a.Answered.Question != first || a.Media == 0 {
			t.Errorf("%+v", a)
		}
		h.refused(wire.Conflict, viewer("Eve"), wire.RoomRequest{Second: &wire.Numbered{N: first}})
		if j := h.joins(viewer("Ann"), 0); len(j.State.Questions) != 1 {
			t.Errorf("%+v", j.State.Questions)
		}
	})
}

func TestWhatIsHeldWaitsForAModerator(t *testing.T) {
	everyEngine(t, func(t *testing.T, w *town) {
		h := w.hub()
		h.refused(wire.Forbidden, viewer("Ann"), say("block this"))
		held := h.says(viewer("Ann"), "hold this")
		refused := h.says(viewer("Ben"), "hold that")
		h.passesNothing(t, viewer("Cleo"))
		if j := h.joins(viewer("Ann"), held-1); j.Through != refused {
			t.Errorf("through %d", j.Through)
		}
		h.kill()
		h = w.hub()
		if j := h.joins(host(), 0); len(j.State.Held) != 2 || j.State.Held[0].Held.Text != "hold this" || j.State.Held[0].Held.Score != 0.9 {
			t.Errorf("the queue: %+v", j.State.Held)
		}
		escalated := h.does(host(), judge(held, wire.Escalate))
		h.refused(wire.Conflict, host(), judge(held, wire.Escalate))
		h.does(host(), judge(held, wire.Publish))
		h.refused(wire.Conflict, host(), judge(held, wire.Publish))
		h.does(host(), judge(refused, wire.Refuse))
		j := h.joins(viewer("Cleo"), 0)
		if len(j.Events) != 1 || j.Events[0].Said.Text != "hold this" || j.Events[0].By.Name != "Ann" {
			t.Errorf("published: %+v", j.Events)
		}
		if l := w.judge.lessons; len(l) != 2 || !l["hold this"] || l["hold that"] {
			t.Errorf("learned %v", l)
		}
		if log := w.all(); log[escalated-1].Judged.Decision != wire.Escalate || log[escalated-1].By.Name != "Mei" {
			t.Error("the log does not say who escalated")
		}
	})
}

// passesNothing fails if a viewer sees anything in the log.
func (h *hub) passesNothing(t *testing.T, who chat.Who) {
	t.Helper()
	if j := h.joins(who, 0); len(j.Events) != 0 || len(j.State.Held) != 0 {
		t.Errorf("a viewer sees %+v, %+v", j.Events, j.State.Held)
	}
}

func TestWhoIsShadowedDoesNotNotice(t *testing.T) {
	w := newTown(t, "SQLite")
	h := w.hub()
	first := h.says(viewer("Ann"), "hello")
	h.does(host(), w.silence("Ann", wire.SilenceOne{Shadow: true}))
	sub, _, err := h.Join(t.Context(), w.show, viewer("Ann"), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	n := h.says(viewer("Ann"), "can you hear me?")
	if e := hears(t, sub, n); e.Staff || e.Said.Text != "can you hear me?" {
		t.Errorf("the author hears %+v", e)
	}
	if j := h.joins(viewer("Ann"), first); len(j.Events) != 1 || j.Events[0].Staff {
		t.Errorf("the author comes back to %+v", j.Events)
	}
	if j := h.joins(viewer("Ben"), first); len(j.Events) != 0 {
		t.Errorf("another sees %+v", j.Events)
	}
	if j := h.joins(host(), first); len(j.Events) != 2 || !j.Events[1].Staff {
		t.Errorf("the staff sees %+v", j.Events)
	}
}

func TestSilenceAndBansEnd(t *testing.T) {
	everyEngine(t, func(t *testing.T, w *town) {
		h := w.hub()
		h.says(viewer("Ann"), "hello")
		h.does(host(), w.silence("Ann", wire.SilenceOne{Seconds: 60, Reason: "calm down"}))
		w.passes(10 * time.Second)
		if e := h.refused(wire.Forbidden, viewer("Ann"), say("why?")); e.Wait != 50_000 || !strings.Contains(e.Text, "calm down") {
			t.Errorf("%+v", e)
		}
		w.passes(time.Minute)
		h.does(viewer("Ann"), say("back again"))
		sub, _, err := h.Join(t.Context(), w.show, viewer("Ann"), 0)
		if err != nil {
			t.Fatal(err)
		}
		h.does(host(), w.silence("Ann", wire.SilenceOne{Seconds: 3600, Ban: true}))
		for range sub.Frames() { // until it is put out
		}
		if sub.End() != chat.Banned {
			t.Error("the subscription ended as", sub.End())
		}
		h.kill()
		h = w.hub()
		other := viewer("Not Ann")
		other.Device = viewer("Ann").Device
		for _, who := range []chat.Who{viewer("Ann"), other} {
			if _, _, err := h.Join(t.Context(), w.show, who, 0); wire.CodeOf(err) != wire.Forbidden {
				t.Error("who is banned joins:", err)
			}
			h.refused(wire.Forbidden, who, wire.RoomRequest{Cheer: &struct{}{}})
		}
		if j := h.joins(host(), 0); len(j.State.Silenced) != 1 || !j.State.Silenced[0].Ban {
			t.Errorf("%+v", j.State.Silenced)
		}
		h.does(host(), w.silence("Ann", wire.SilenceOne{Lift: true}))
		h.joins(other, 0)
		h.says(viewer("Ann"), "thanks")
	})
}

func TestReportsOfNewAccountsOnlyPutALineBeforeAModerator(t *testing.T) {
	everyEngine(t, func(t *testing.T, w *town) {
		h := w.hub()
		line := h.says(viewer("Ann"), "something")
		fresh := func(i int, network string) chat.Who {
			who := viewer(fmt.Sprint("N", i))
			who.Since, who.Network = time.UnixMilli(w.clock.Load()), network
			return who
		}
		queue := func() int { return len(h.joins(host(), 0).State.Held) }
		for i := range 20 {
			h.does(fresh(i, "one network"), report(line))
		}
		if queue() != 0 {
			t.Error("twenty new accounts of one network queue a line")
		}
		h.refused(wire.Conflict, fresh(0, "elsewhere"), report(line))
		for i := 20; i < 30; i++ {
			h.does(fresh(i, fmt.Sprint("network ", i)), report(line))
		}
		if queue() != 1 {
			t.Error("many reports do not queue a line")
		}
		if j := h.joins(viewer("Ben"), 0); len(j.Events) != 1 || j.Events[0].Said.Text != "something" {
			t.Errorf("reports alone did something: %+v", j.Events)
		}
		held := h.joins(host(), 0).State.Held[0].N
		h.does(host(), judge(held, wire.Refuse))
		if j := h.joins(viewer("Ben"), 0); len(j.Events) != 0 {
			t.Errorf("the line is still there: %+v", j.Events)
		}
		if e := w.all()[line-1]; e.Said.Text != "" {
			t.Error("the text is still in the log")
		}
		next := h.says(viewer("Ann"), "something else")
		h.does(fresh(25, "network 25"), report(next)) // was right before
		if queue() != 1 {
			t.Error("a trusted reporter's report does not queue a line")
		}
	})
}

func TestWhatTheStaffDoesIsSeenByWhoComesLater(t *testing.T) {
	everyEngine(t, func(t *testing.T, w *town) {
		h := w.hub()
		n := h.says(viewer("Ann"), "look @Mei and @Ben")
		ben := h.says(viewer("Ben"), "@ann yes")
		if log := w.all(); len(log[ben-1].Said.Mentions) != 1 || log[ben-1].Said.Mentions[0] != chat.AliasOf(w.show, "p-Ann") {
			t.Errorf("mentions: %+v", log[ben-1].Said)
		}
		h.does(host(), wire.RoomRequest{Pin: &wire.Numbered{N: n}})
		h.does(host(), wire.RoomRequest{Highlight: &wire.Numbered{N: ben}})
		h.does(host(), wire.RoomRequest{Announce: &wire.Announced{Text: "Sale!"}})
		h.does(host(), wire.RoomRequest{Show: &wire.Showing{Product: "vase"}})
		h.kill()
		h = w.hub()
		j := h.joins(viewer("Cleo"), 0)
		if s := j.State; s.Pinned == nil || s.Pinned.N != n || s.Announced != "Sale!" || s.Showing.Product != "vase" || s.ShowingAt == 0 || s.Modes.Pause != wire.UsualPause {
			t.Errorf("%+v", s)
		}
		if !j.Events[1].Said.Highlight {
			t.Error("the highlight is not in the history")
		}
		h.does(host(), wire.RoomRequest{Remove: &wire.Removed{Line: n, Reason: "old"}})
		if j := h.joins(viewer("Cleo"), 0); j.State.Pinned != nil || len(j.Events) != 1 {
			t.Errorf("after the removal: %+v, %+v", j.State.Pinned, j.Events)
		}
	})
}
