package stage_test

import (
	"bytes"
	"slices"
	"testing"

	"vitrine/server/wire"
)

// cut parts the rooms: nothing comes from the rooms named to others, nor to them.
func (h *hall) cut(rooms ...int) {
	h.delay = func(from, to int) int64 {
		if slices.Contains(rooms, from) != slices.Contains(rooms, to) {
			return -1
		}
		return 20
	}
}

func TestAPartitionOfUpToFifteenSecondsHealsToEqualResults(t *testing.T) {
	for _, begins := range []int64{1_000, 20_000, 27_000, 32_000, 39_900} {
		for _, lasts := range []int64{10_000, 14_000} {
			h := newHall(t, "one.example", "two.example")
			h.rooms[1].skew = -4_000
			h.fight(short)
			h.run(begins - 200)
			h.cut(1)
			h.run(300)
			end := h.battle(0).Since + 40_000
			if h.battle(0).Phase == wire.BattlePush {
				end = h.battle(0).Until
			}
			gifts := int64(0)
			if h.now < end-100 {
				h.gift(1, 7) // given in time, and known there late
				gifts = 70
			}
			h.run(lasts)
			h.cut()
			h.run(30_000)
			for i := range h.rooms {
				if r := h.result(i); r == nil || r.Outcome == wire.BattleForfeited || r.Scores["b@two.example"] != gifts {
					t.Errorf("parted at %d for %d: room %d has %+v", begins, lasts, i, r)
				}
				if b := h.battle(i); b == nil || b.Apart != 0 || b.Corners[1].State != wire.CornerHere {
					t.Errorf("parted at %d for %d: room %d has not healed: %+v", begins, lasts, i, b)
				}
			}
			h.agree(true)
		}
	}
}

func TestAPartitionOfAMinuteForfeitsWhoIsNotHeardAndAllLearnIt(t *testing.T) {
	h := newHall(t, "one.example", "two.example")
	h.fight(short)
	h.cut(1)
	h.run(18_000)
	if b := h.battle(1); b.Apart == 0 || h.now-b.Apart < 15_000 || b.Phase != wire.BattleFight {
		t.Errorf("the corner does not know that it is apart: %+v", b)
	}
	if err := h.wish(1, wire.StageWish{End: &wire.BattleRound{ID: h.battle(1).ID, Round: 1}}); wire.CodeOf(err) != wire.Unavailable {
		t.Errorf("ending a round whose referee is lost: %v", err)
	}
	h.run(42_000)
	if r := h.result(0); r == nil || r.Outcome != wire.BattleForfeited || r.Winner != 0 {
		t.Fatalf("result: %+v", r)
	}
	h.cut()
	h.run(5_000)
	if b := h.battle(1); b.Apart != 0 || b.Phase != wire.BattleLinked || h.result(1).Signature != h.result(0).Signature {
		t.Errorf("after healing: %+v", b)
	}
	h.agree(true)
}

func TestWhoHasLostByNotBeingHeardBringsNoPointsWhenTheyAreBack(t *testing.T) {
	h := newHall(t, "", "", "two.example")
	h.fight(short)
	h.gift(1, 1)
	h.cut(2)
	h.gift(2, 7)
	h.run(25_000)
	h.cut()
	h.run(20_000)
	if r := h.result(2); r == nil || r.Outcome != wire.BattleWon || r.Winner != 1 || r.Scores["c@two.example"] != 0 {
		t.Errorf("result: %+v", r)
	}
	h.agree(true)
}

func TestWithoutARefereeTheLinkEndsAfterTenMinutes(t *testing.T) {
	h := newHall(t, "", "", "")
	h.fight(short)
	h.rooms[0].asleep = true
	h.run(590_000)
	if h.battle(1) == nil || h.battle(1).Apart == 0 {
		t.Fatal("ended too soon")
	}
	h.run(13_000)
	if h.battle(1) != nil || h.battle(2) != nil || h.result(1) != nil {
		t.Fatalf("the link lives: %+v", h.battle(1))
	}
	h.rooms[0].asleep = false
	h.run(30_000)
	if h.battle(0) != nil || h.result(1) != nil {
		t.Errorf("the referee that is back: %+v", h.battle(0))
	}
	for i := range h.rooms {
		if n := len(h.rooms[i].s.Letters()); n > 0 {
			t.Errorf("room %d goes on writing: %d letters", i, n)
		}
	}
}

func TestWhoIsNotHeardForTenMinutesIsUnlinked(t *testing.T) {
	h := newHall(t, "", "", "")
	h.link()
	h.cut(2)
	h.run(610_000)
	if len(h.battle(0).Corners) != 2 || len(h.battle(1).Corners) != 2 || h.battle(2) != nil {
		t.Fatalf("after ten minutes: %+v", h.battle(0))
	}
	h.cut()
	h.run(20_000)
	if h.battle(0) == nil || h.battle(2) != nil {
		t.Error("healing linked or unlinked somebody")
	}
}

func TestAHostMayUnlinkWhenTheRefereeIsLost(t *testing.T) {
	h := newHall(t, "", "")
	id := h.link()
	h.cut(1)
	h.must(1, wire.StageWish{Unlink: &wire.BattleNamed{ID: id}}) // waits for the referee
	h.run(20_000)
	if h.battle(1) != nil {
		t.Fatal("still linked")
	}
	h.cut()
	h.run(5_000)
	if h.battle(0) != nil {
		t.Error("the referee does not know of it")
	}
}

func TestARefereeThatWasDownCountsWhatTheOthersHave(t *testing.T) {
	h := newHall(t, "one.example", "two.example")
	h.fight(short)
	h.run(10_000)
	h.gift(0, 2)
	h.rooms[0].asleep = true
	h.gift(1, 5)
	h.run(45_000) // the round's end passes
	if b := h.battle(1); b.Phase != wire.BattleFight || b.Apart == 0 {
		t.Errorf("without the referee: %+v", b)
	}
	h.rooms[0].asleep = false
	h.reload(0)
	h.run(5_000)
	for i := range h.rooms {
		if r := h.result(i); r == nil || r.Outcome != wire.BattleWon || r.Winner != 1 || r.Scores["a"] != 20 || r.Scores["b@two.example"] != 50 {
			t.Errorf("room %d: %+v", i, r)
		}
	}
	h.agree(true)
}

// script is an evening with all that can happen, for tests that run it in several ways.
func script(h *hall) {
	terms := short
	terms.Rounds = 3
	h.rooms[2].skew = 2_500
	id := h.fight(terms)
	for i := range 24 {
		h.points(i%3, wire.StagePoints{Kind: wire.PointsGift, Key: string(rune('k' + i/2)), By: &wire.Member{Alias: wire.Alias(rune('a' + i)), Name: "Fan"}, Units: int64(i + 1)})
		if i == 4 {
			_ = h.step(1, wire.StageInput{By: &wire.Member{Alias: wire.Alias(rune('a' + 4)), Name: "Fan"}, Wish: &wire.StageWish{Honour: &wire.BattleHonour{Named: true}}})
		}
		h.run(90 + int64(i)*40)
	}
	h.media(2, false)
	h.cut(1)
	h.run(8_000)
	h.media(2, true)
	h.cut()
	h.run(60_000)
	h.must(2, wire.StageWish{End: &wire.BattleRound{ID: id, Round: 2}})
	h.run(1_000)
	h.must(1, wire.StageWish{Unlink: &wire.BattleNamed{ID: id}})
	h.run(30_000)
	h.must(0, wire.StageWish{Unlink: &wire.BattleNamed{ID: id}})
	h.run(5_000)
}

func TestARoomThatIsReadAgainAtAnyMomentGoesOnAsIfNothingHadBeen(t *testing.T) {
	h, crashing := newHall(t, "one.example", "", "two.example"), newHall(t, "one.example", "", "two.example")
	crashing.crash = true
	script(h)
	script(crashing)
	for i := range h.rooms {
		if !bytes.Equal(h.doc(i), crashing.doc(i)) || !slices.Equal(h.numbered(i), crashing.numbered(i)) || len(h.numbered(i)) < 15 {
			t.Errorf("room %d went another way:\n%s\n%s", i, h.doc(i), crashing.doc(i))
		}
	}
}
