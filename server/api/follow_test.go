package api

import (
	"testing"
	"time"

	"vitrine/server/trust"
	"vitrine/server/wire"
)

func TestFollowersAreCountedOnce(t *testing.T) {
	m := opens(t, nil)
	mei, guest, mod := m.signsIn("mei@example.com"), m.browser(), m.plays(trust.Moderator)
	count := func(want int64) {
		t.Helper()
		if f := gets[wire.Followers](mod, "GET", "/api/followers", nil); f.Count != want {
			t.Errorf("%d follow the shop, want %d", f.Count, want)
		}
	}
	for range 2 {
		gets[any](mei, "PUT", "/api/me/follow", nil)
	}
	gets[any](guest, "PUT", "/api/me/follow", nil)
	count(2)
	me := gets[wire.Person](mei, "GET", "/api/me", nil)
	since, follows, err := m.db.Known(t.Context(), me.ID)
	if err != nil || !follows || since.IsZero() {
		t.Error("the account is known", since, follows, err)
	}
	gets[any](mei, "DELETE", "/api/me/follow", nil)
	count(1)
	mei.refused(wire.Forbidden, "GET", "/api/followers", nil)
}

func TestWhoFollowsTheShopMaySpeakAtOnce(t *testing.T) {
	m := talks(t)
	host := m.browser()
	host.token = "evening" + showToken
	stage, _ := host.enters("evening")
	stage.sends(`{"id":"only","modes":{"pause":1,"followers":true}}`)
	expects(stage, func(a wire.RoomAnswer) bool { return a.ID == "only" && a.Error == nil })
	b := m.browser()
	p, _ := b.enters("evening")
	says := func(id string) *wire.RoomError {
		p.says(id, "Is it linen?")
		return expects(p, func(a wire.RoomAnswer) bool { return a.ID == id }).Error
	}
	if err := says("before"); err == nil || err.Code != wire.Forbidden {
		t.Error("who does not follow is answered", err)
	}
	gets[any](b, "PUT", "/api/me/follow", nil)
	if err := says("after"); err != nil {
		t.Error("who follows is answered", err)
	}
}

func TestPeopleAreKnownFromTheirFirstWordsOn(t *testing.T) {
	m := talks(t)
	ana, she := m.browser().enters("evening")
	mei, who := m.browser().enters("evening")
	mei.says("a", "Good evening!")
	expects(ana, says("Good evening!"))
	since := func(joined wire.RoomJoined) time.Time {
		p, here := m.hub.PersonOf("evening", joined.Me.Alias)
		if !here {
			t.Fatal("somebody in the room is nobody")
		}
		at, _, err := m.db.Known(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	for since(who).IsZero() {
		time.Sleep(time.Millisecond)
	}
	if at := since(she); !at.IsZero() {
		t.Errorf("who only looks on is known since %v", at)
	}
}
