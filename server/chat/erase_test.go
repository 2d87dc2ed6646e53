package chat_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"vitrine/server/chat"
	"vitrine/server/wire"
)

func TestWhoIsErasedLeavesNumbersVotesAndCoinsBehind(t *testing.T) {
	everyEngine(t, func(t *testing.T, w *town) {
		home, far := w.hub(), w.hub()
		zelda, yves := viewer("Zelda"), viewer("Yves")
		home.says(yves, "good evening")
		if err := home.Credit(t.Context(), zelda.Person, 9, "erase-"+string(w.show)); err != nil {
			t.Fatal(err)
		}
		said := far.says(zelda, "my secret line")
		poll := home.does(host(), wire.RoomRequest{Poll: &wire.StartPoll{Question: "which?", Options: []string{"a", "b"}}})
		home.does(zelda, wire.RoomRequest{Vote: &wire.Vote{Poll: poll, Option: 1}})
		w.passes(10 * time.Second)
		asked := home.does(zelda, ask("is my secret size there?"))
		home.does(yves, wire.RoomRequest{Second: &wire.Numbered{N: asked}})
		w.passes(10 * time.Second)
		held := home.does(zelda, say("hold my secret"))
		called := home.says(yves, "@zelda look at this")
		home.does(host(), judge(held, wire.Escalate))
		home.does(host(), wire.RoomRequest{Pin: &wire.Numbered{N: said}})
		home.does(zelda, wire.RoomRequest{Gift: &wire.GiveGift{Gift: "rose", Count: 2}})
		home.does(zelda, report(called))
		sub, _, err := far.Join(t.Context(), w.show, zelda, 0)
		if err != nil {
			t.Fatal(err)
		}
		before := len(w.all())

		kept, err := far.Export(t.Context(), []wire.PersonID{zelda.Person})
		text, bad := json.Marshal(kept)
		if err != nil || bad != nil {
			t.Fatal(err, bad)
		}
		for _, want := range []string{"my secret line", "my secret size", "hold my secret", "it insults", `"choice":1`, `"coins":7`} {
			if !strings.Contains(string(text), want) {
				t.Errorf("the export lacks %q: %s", want, text)
			}
		}
		if strings.Contains(string(text), "good evening") {
			t.Error("the export tells what somebody else said")
		}

		for range 2 { // it may be done again, and by any process
			if err := far.Erase(t.Context(), []wire.PersonID{zelda.Person}); err != nil {
				t.Fatal(err)
			}
		}
		for range sub.Frames() { // until it ends
		}
		if sub.End() != chat.Banned {
			t.Error("who is erased is told on:", sub.End())
		}
		check := func(h *hub) {
			t.Helper()
			log := w.all()
			state, err := json.Marshal([]any{log, h.joins(host(), 0), h.joins(yves, 1)})
			if low := strings.ToLower(string(state)); err != nil || strings.Contains(low, "secret") || strings.Contains(low, "zelda") || strings.Contains(low, "it insults") {
				t.Errorf("it is still told: %s, %v", state, err)
			}
			if e := log[said-1]; e.N != said || e.By.Name != chat.Erased || e.Said == nil || e.Said.Text != "" {
				t.Errorf("the line became %+v", e)
			}
			if e := log[called-1]; e.Said.Text != "@Deleted look at this" || len(e.Said.Mentions) != 0 || e.By.Name != "Yves" {
				t.Errorf("who called them said %+v", e.Said)
			}
			if j := h.joins(yves, int64(before)); len(j.State.Questions) != 0 || j.State.Pinned != nil || j.State.Polls[0].Counts[1] != 1 {
				t.Errorf("the room is %+v", j.State)
			}
		}
		check(home)
		home.kill() // and with it what it remembers
		check(far)
		votes, err := far.Poll(t.Context(), w.show, poll)
		if err != nil || votes.Counts[1] != 1 || votes.Votes[0].Alias == chat.AliasOf(w.show, zelda.Person) {
			t.Errorf("the votes are %+v, %v", votes, err)
		}
		if coins, err := far.Coins(t.Context(), zelda.Person); coins != 7 || err != nil {
			t.Errorf("the wallet has %d, %v", coins, err)
		}
		far.refused(wire.Unauthenticated, zelda, say("I am back"))
		if _, _, err := far.Join(t.Context(), w.show, zelda, 0); wire.CodeOf(err) != wire.Unauthenticated {
			t.Error("who is erased comes back:", err)
		}
	})
}

func TestNamesAreTakenOutOfTextsAndNothingElseIs(t *testing.T) {
	line := wire.RoomEvent{N: 1, By: &wire.Member{Alias: "b", Name: "Ben"}, Said: &wire.Said{Text: "hi @ANN and @Ann Lee!", Mentions: []wire.Alias{"a", "c"}}}
	got, is := chat.Erasure{Who: "a", Names: []string{"Ann", "ann lee"}}.Redact(line)
	if !is || got.Said.Text != "hi @Deleted and @Deleted!" || len(got.Said.Mentions) != 1 || got.By.Name != "Ben" {
		t.Errorf("%v: %+v", is, got.Said)
	}
	if line.Said.Text != "hi @ANN and @Ann Lee!" || len(line.Said.Mentions) != 2 {
		t.Errorf("what was given became %+v", line.Said)
	}
	if _, is := (chat.Erasure{Who: "d", Names: []string{"An"}}).Redact(line); is {
		t.Error("it tells of somebody whom it does not name")
	}
}
