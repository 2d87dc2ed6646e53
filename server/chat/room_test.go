package chat_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"vitrine/server/chat"
	"vitrine/server/wire"
)

// everyEngine runs a test on each.
func everyEngine(t *testing.T, test func(t *testing.T, w *town)) {
	for _, name := range engines {
		t.Run(name, func(t *testing.T) { test(t, newTown(t, name)) })
	}
}

// hears reads frames until one tells of an event.
func hears(t *testing.T, s *chat.Subscription, n int64) wire.RoomEvent {
	t.Helper()
	late := time.After(patience)
	for {
		select {
		case f, ok := <-s.Frames():
			if !ok {
				t.Fatalf("the subscription has ended (%v) before event %d", s.End(), n)
			}
			var frame wire.RoomFrame
			if err := json.Unmarshal(f.JSON, &frame); err != nil {
				t.Fatal(err)
			}
			for _, e := range frame.Events {
				if e.N == n {
					return e
				}
			}
		case <-late:
			t.Fatalf("event %d was not heard", n)
		}
	}
}

func TestWhatIsSaidIsHeardInAllProcessesAndComesBackByNumber(t *testing.T) {
	everyEngine(t, func(t *testing.T, w *town) {
		a, b := w.hub(), w.hub()
		sub, j, err := a.Join(t.Context(), w.show, viewer("Ann"), 0)
		if err != nil || len(j.Events) != 0 || j.Through != 0 || j.Me.Name != "Ann" {
			t.Fatalf("the first: %+v, %v", j, err)
		}
		defer sub.Close()
		far, _, err := b.Join(t.Context(), w.show, viewer("Ben"), 0)
		if err != nil {
			t.Fatal(err)
		}
		defer far.Close()
		n := b.does(viewer("Ben"), say("hello"))
		for _, s := range []*chat.Subscription{sub, far} {
			if e := hears(t, s, n); e.Said.Text != "hello" || e.By.Name != "Ben" || e.Media == 0 {
				t.Errorf("%+v", e)
			}
		}
		for i := range 60 {
			n = a.says(viewer("Ann"), fmt.Sprint("line ", i))
		}
		if j := b.joins(viewer("Cleo"), 0); len(j.Events) != 50 || j.Through != n || j.Events[49].N != n {
			t.Errorf("who comes new gets %d events through %d", len(j.Events), j.Through)
		}
		if j := b.joins(viewer("Ben"), 1); len(j.Events) != 60 || !j.Whole || j.Events[0].N != 2 {
			t.Errorf("who comes back gets %d events, whole: %v", len(j.Events), j.Whole)
		}
		a.kill()
		if got := b.says(viewer("Ben"), "still there"); got != n+1 {
			t.Errorf("after a process ended the next event is %d", got)
		}
		hears(t, far, n+1)
		w.all()
	})
}

func TestTheSameRequestIsDoneOnceInAnyProcess(t *testing.T) {
	everyEngine(t, func(t *testing.T, w *town) {
		a := w.hub()
		q := say("once")
		q.ID = "wish-1"
		n := a.does(viewer("Ann"), q)
		if again := a.does(viewer("Ann"), q); again != n {
			t.Errorf("again: event %d instead of %d", again, n)
		}
		if other := a.does(viewer("Ben"), q); other == n {
			t.Error("another's request with the same ID got the same answer")
		}
		a.kill()
		if again := w.hub().does(viewer("Ann"), q); again != n {
			t.Errorf("at another home: event %d instead of %d", again, n)
		}
		if len(w.all()) != 2 {
			t.Errorf("the log has %d events", len(w.all()))
		}
	})
}

func TestWhoIsThereIsCountedInAllProcesses(t *testing.T) {
	w := newTown(t, "SQLite")
	hubs := []*hub{w.hub(), w.hub()}
	var subs []*chat.Subscription
	for i, who := range []string{"Ann", "Ben", "Ben", "Cleo"} { // Ben has two pages
		sub, _, err := hubs[i/2%2].Join(t.Context(), w.show, viewer(who), 0)
		if err != nil {
			t.Fatal(err)
		}
		subs = append(subs, sub)
	}
	counts := func(want int) {
		t.Helper()
		for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
			got := *hubs[0].joins(viewer("Ann"), 0).Now.Viewers
			if got == want {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("%d are there instead of %d", got, want)
			}
		}
	}
	counts(4) // Ben is in two processes
	subs[3].Close()
	counts(3)
	hubs[1].kill()
	w.passes(15 * time.Second)
	counts(2)
	for _, s := range subs {
		s.Close()
	}
}
