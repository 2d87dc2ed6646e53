package chat_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"vitrine/server/chat"
	"vitrine/server/store"
	"vitrine/server/wire"
)

func staging(w wire.StageWish) wire.RoomRequest { return wire.RoomRequest{Stage: &w} }

func aliasOf(w *town, who chat.Who) wire.Alias { return chat.AliasOf(w.show, who.Person) }

func who(w *town, of chat.Who) *wire.StageWho { return &wire.StageWho{Who: aliasOf(w, of)} }

var (
	opens   = staging(wire.StageWish{Open: &wire.StageOpen{Open: true}})
	applies = staging(wire.StageWish{Apply: &wire.StageNote{Text: "about the pot"}})
)

// lets has somebody apply and be let on.
func (h *hub) lets(guest chat.Who) {
	h.w.t.Helper()
	h.does(guest, applies)
	h.does(host(), staging(wire.StageWish{Admit: who(h.w, guest)}))
}

// on is who is on the stage or on the way there, as the staff sees it.
func (h *hub) on() (names []string) {
	h.w.t.Helper()
	now, err := h.Staging(h.w.t.Context(), h.w.show)
	if err != nil {
		h.w.t.Fatal(err)
	}
	for _, g := range append(now.Guests, now.Applied...) {
		names = append(names, g.Name+" "+string(g.State))
	}
	return names
}

func TestAStageIsTheRoomsWhoeverIsItsHome(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			w := newTown(t, engine)
			one, other := w.hub(), w.hub()
			mei, kim := viewer("Mei"), viewer("Kim")
			if j := one.joins(mei, 0); j.State.Stage != nil || j.Stage != nil {
				t.Fatalf("before anything has happened the stage is %+v, %+v", j.State.Stage, j.Stage)
			}
			one.does(host(), opens)
			other.lets(mei)
			other.does(kim, applies)
			media := wire.StageInput{Media: &wire.StageMedia{Spot: wire.SpotID(aliasOf(w, mei)), Up: true}}
			if err := other.Stage(t.Context(), w.show, "", media); err != nil {
				t.Fatal(err)
			}
			one.kill()
			if j := other.joins(mei, 0); j.Stage == nil || j.Stage.State != wire.GuestLive || len(j.State.Stage.Applied) > 0 || j.State.Stage.Waiting != 1 {
				t.Errorf("after the home has moved, who is on stage sees %+v of %+v", j.Stage, j.State.Stage)
			}
			if j := other.joins(host(), 0); len(j.State.Stage.Applied) != 1 || j.State.Stage.Applied[0].Note != "about the pot" {
				t.Errorf("after the home has moved, the host sees %+v", j.State.Stage)
			}
			seen, err := other.Log(t.Context(), w.show, 0, 100, false)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range seen {
				if s := e.Staged; s != nil && (len(s.Now.Applied) > 0 || s.What == wire.StageApplied) {
					t.Errorf("viewers see %+v", e)
				}
			}
			awake, err := w.awake()
			if err != nil || awake {
				t.Errorf("the room counts as awake (%v): %v", awake, err)
			}
		})
	}
}

// awake says whether the room is one of those that go on by themselves.
func (w *town) awake() (bool, error) {
	list, err := w.db.(*store.Store).AwakeRooms(w.t.Context())
	return slices.Contains(list, w.show), err
}

func TestWhatEndsByItselfDoesSoWithoutAnybodyInTheRoom(t *testing.T) {
	w := newTown(t, engines[0])
	h := w.hub()
	h.does(host(), opens)
	h.lets(viewer("Mei"))
	if awake, err := w.awake(); err != nil || !awake {
		t.Fatalf("a room in which somebody is waited for is awake: %v, %v", awake, err)
	}
	w.passes(wire.ConnectWithin + time.Second)
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		awake, err := w.awake()
		if err != nil || time.Now().After(end) {
			t.Fatal("the place is kept for ever", err)
		}
		if !awake {
			break
		}
	}
	if on := h.on(); len(on) > 0 {
		t.Error("on stage are", on)
	}
}

func TestWhoMayNotSpeakDoesNotApplyAndWhoIsPutOutIsOffTheStage(t *testing.T) {
	w := newTown(t, engines[0])
	h := w.hub()
	mei, kim, lee := viewer("Mei"), viewer("Kim"), viewer("Lee")
	h.refused(wire.Conflict, mei, applies)
	h.does(host(), opens)
	for _, guest := range []chat.Who{mei, kim, lee} {
		h.says(guest, "hello")
	}
	h.does(host(), wire.RoomRequest{Silence: &wire.SilenceOne{Who: aliasOf(w, mei), Seconds: 60}})
	h.refused(wire.Forbidden, mei, applies)
	h.lets(kim)
	h.does(host(), wire.RoomRequest{Silence: &wire.SilenceOne{Who: aliasOf(w, kim), Ban: true}})
	if on := h.on(); len(on) > 0 {
		t.Error("after the ban on stage are", on)
	}
	h.refused(wire.Conflict, host(), staging(wire.StageWish{Invite: who(w, kim)}))
	h.lets(lee)
	if err := h.Erase(t.Context(), []wire.PersonID{lee.Person}); err != nil {
		t.Fatal(err)
	}
	if on := h.on(); len(on) > 0 {
		t.Error("after somebody was erased on stage are", on)
	}
	for _, e := range w.all() {
		if text, _ := json.Marshal(e); strings.Contains(string(text), "Lee") {
			t.Errorf("the log still names who was erased: %s", text)
		}
	}
	two := staging(wire.StageWish{Withdraw: &struct{}{}, Leave: &struct{}{}})
	h.refused(wire.Invalid, mei, two)
	zoe := viewer("Zoe")
	h.refused(wire.Forbidden, zoe, staging(wire.StageWish{Open: &wire.StageOpen{}}))
	h.refused(wire.Invalid, zoe, staging(wire.StageWish{Apply: &wire.StageNote{Text: strings.Repeat("a", wire.MaxNote+1)}}))
	if err := h.Stage(t.Context(), w.show, "", wire.StageInput{Wish: opens.Stage, Staff: true}); wire.CodeOf(err) != wire.Invalid {
		t.Error("a wish from outside the room is answered", err)
	}
}

// forgetful is a storage that does not store some commits, and says so.
type forgetful struct {
	chat.Storage
	fails atomic.Int32
}

func (f *forgetful) CommitRoom(ctx context.Context, b *chat.Batch) error {
	if f.fails.Add(-1) >= 0 {
		return errors.New("the disk is full")
	}
	return f.Storage.CommitRoom(ctx, b)
}

func TestWhatCouldNotBeStoredHasNotHappenedOnTheStage(t *testing.T) {
	w := newTown(t, engines[0])
	f := &forgetful{Storage: w.db}
	h := w.hubOn(f)
	mei := viewer("Mei")
	h.does(host(), opens)
	f.fails.Store(2)
	h.does(mei, applies) // at the third attempt
	if on := h.on(); len(on) != 1 {
		t.Errorf("one person has applied, and there are %v", on)
	}
	told := 0
	for _, e := range w.all() {
		if e.Staged != nil && e.Staged.What == wire.StageApplied {
			told++
		}
	}
	if told != 1 {
		t.Errorf("that somebody applied is told %d times", told)
	}
	f.fails.Store(100)
	if a := h.asks(viewer("Kim"), applies); a.Error == nil || a.Error.Code != wire.Unavailable {
		t.Errorf("what cannot be stored is answered %+v", a)
	}
	f.fails.Store(0)
	if on := h.on(); len(on) != 1 {
		t.Errorf("nobody else could apply, and there are %v", on)
	}
}

func TestAServerHearsOfAStageFromItsHomeAlone(t *testing.T) {
	w := newTown(t, engines[0])
	one, other := w.hub(), w.hub()
	one.does(host(), opens)
	other.does(viewer("Mei"), applies)
	one.kill()
	if on := other.on(); len(on) != 1 {
		t.Fatal("on stage are", on)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	var told []string
	for _, s := range w.stages {
		switch {
		case s == nil:
			told = append(told, "over")
		case len(s.Now.Applied) == 1:
			told = append(told, "applied")
		default:
			told = append(told, "open")
		}
	}
	if all := strings.Join(told, " "); all != "open applied over applied" {
		t.Errorf("the server was told: %s", all)
	}
}
