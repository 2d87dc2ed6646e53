package stage_test

import (
	"testing"

	"vitrine/server/stage"
	"vitrine/server/wire"
)

func TestTwoHostsOfTwoServersFightFromTheCallToTheRematch(t *testing.T) {
	h := newHall(t, "one.example", "two.example:8443")
	h.rooms[1].skew = 7_300 // the clocks differ
	id := h.link()
	a, b := h.battle(0), h.battle(1)
	if a.Us != "a" || b.Us != "b@two.example:8443" || a.Corners[0].ID != "a" || b.Corners[0].ID != "a" || b.Corners[1].ID != b.Us {
		t.Errorf("corners are not the same in both rooms: %+v, %+v", a, b)
	}
	if a.Corners[0].Media != "a" || len(a.Corners[1].Media) != len("a~at-")+16 || b.Corners[1].Media != "b" || b.Corners[0].Room.Server != "https://one.example" {
		t.Errorf("media of corners: %+v, %+v", a.Corners, b.Corners)
	}
	terms := wire.BattleTerms{Penalty: " sings "}
	h.must(1, wire.StageWish{Challenge: &terms})
	h.run(100)
	if a = h.battle(0); a.Phase != wire.BattleChallenged || a.Terms.Penalty != "sings" || a.Terms.Fight != 300 || a.Until-a.Since != 30_000 || a.Corners[0].Agreed || !a.Corners[1].Agreed {
		t.Fatalf("challenged: %+v", a)
	}
	h.must(0, wire.StageWish{Agree: &wire.BattleRound{ID: id, Round: 1}})
	h.run(3_100)
	a, b = h.battle(0), h.battle(1)
	if a.Phase != wire.BattleFight || a.Until-a.Since != 300_000 || b.Until-7_300-a.Until > 1 || a.Until-b.Until+7_300 > 1 {
		t.Fatalf("the fight ends at %d here and %d there", a.Until, b.Until)
	}
	h.gift(0, 3)
	h.gift(1, 5)
	h.run(2_000)
	if a = h.battle(0); a.Corners[0].Score != 30 || a.Corners[1].Score != 50 {
		t.Fatalf("scores: %+v", a.Corners)
	}
	h.run(a.Until - h.now + 100)
	if h.battle(0).Phase != wire.BattlePush || h.battle(1).Phase != wire.BattlePush {
		t.Fatal("no final push")
	}
	h.run(30_100)
	r := h.result(1)
	if r == nil || r.Outcome != wire.BattleWon || r.Winner != 1 || !r.Final || r.Scores["a"] != 30 || r.Scores["b@two.example:8443"] != 50 || r.Signer != newKey(0).Key() {
		t.Fatalf("result: %+v", r)
	}
	if r.Scores["a"]++; stage.VerifyResult(*r) == nil {
		t.Error("a changed result passes for signed")
	}
	r.Scores["a"]--
	h.run(180_000)
	if b = h.battle(1); b.Phase != wire.BattleLinked || b.Wins[1] != 1 {
		t.Fatalf("after the lap: %+v", b)
	}
	h.begin(short)
	if h.battle(1).Round != 2 {
		t.Errorf("the rematch is round %d", h.battle(1).Round)
	}
	h.must(1, wire.StageWish{Unlink: &wire.BattleNamed{ID: id}})
	h.run(500)
	if r := h.result(0); r.Outcome != wire.BattleForfeited || r.Winner != 0 || h.battle(0) != nil || h.battle(1) != nil {
		t.Errorf("who unlinks has lost: %+v", r)
	}
	h.agree(true)
}

func TestABestOfThreeGoesOnByItselfUntilSomebodyHasWonTwo(t *testing.T) {
	h := newHall(t, "", "")
	terms := short
	terms.Rounds = 3
	h.fight(terms)
	for round, winner := range []int{1, 0, 1} {
		if b := h.battle(0); b.Round != round+1 || b.Phase != wire.BattleFight {
			t.Fatalf("round %d: %+v", round+1, b)
		}
		h.gift(winner, 1)
		h.run(40_100)
		if r := h.result(1); r.Winner != winner || r.Final != (round == 2) {
			t.Fatalf("result: %+v", r)
		}
		h.run(23_200)
	}
	if b := h.battle(1); b.Phase != wire.BattleLinked || b.Wins[0] != 1 || b.Wins[1] != 2 {
		t.Errorf("after three rounds: %+v", b)
	}
	h.agree(true)
}

func TestTeamsWinTogetherAndWhoIsLeftFightsOn(t *testing.T) {
	h := newHall(t, "", "x.example", "x.example", "y.example")
	terms := short
	terms.Teams = []int{0, 1, 0, 1}
	id := h.fight(terms)
	h.gift(0, 1)
	h.gift(1, 4)
	h.gift(2, 5)
	h.gift(3, 1)
	h.run(1_000)
	h.must(1, wire.StageWish{End: &wire.BattleRound{ID: id, Round: 1}}) // its team goes on, with what it gave
	h.run(1_000)
	if c := h.battle(3).Corners[1]; c.State != wire.CornerForfeit || c.Score != 40 {
		t.Fatalf("who ended: %+v", c)
	}
	h.gift(1, 100) // too late for who has lost
	h.must(2, wire.StageWish{Unlink: &wire.BattleNamed{ID: id}})
	h.run(1_000)
	if len(h.battle(0).Corners) != 3 || h.battle(2) != nil || h.battle(1).Phase != wire.BattleFight {
		t.Fatalf("after one has left: %+v", h.battle(0))
	}
	h.run(40_000)
	if r := h.result(3); r.Outcome != wire.BattleWon || r.Winner != 0 || r.Scores["c@x.example"] != 50 || r.Scores["b@x.example"] != 40 || len(r.Scores) != 4 {
		t.Errorf("result: %+v", r)
	}
	h.agree(false)
}

func TestOnlyWhoTookTheCallIsLinked(t *testing.T) {
	h := newHall(t, "", "x.example", "", "y.example")
	h.must(0, wire.StageWish{Call: &wire.BattleInvite{To: []wire.BattleRoom{h.name(1, 0), h.name(2, 0), h.name(3, 0)}}})
	h.run(100)
	id := h.rooms[0].s.Now(true).Calls[0].ID
	h.must(1, wire.StageWish{TakeCall: &wire.BattleNamed{ID: id}})
	h.must(2, wire.StageWish{DropCall: &wire.BattleNamed{ID: id}})
	h.run(10_000)
	if h.battle(0) != nil || len(h.rooms[2].s.Now(true).Calls) != 0 {
		t.Fatal("linked before all have answered")
	}
	h.run(20_500)
	if a, b := h.battle(0), h.battle(1); a == nil || b == nil || len(a.Corners) != 2 || h.battle(2) != nil || h.battle(3) != nil || len(h.rooms[3].s.Now(true).Calls) != 0 {
		t.Fatalf("linked: %+v, %+v", a, b)
	}
	h.agree(false)
}

func TestWhoSeeksIsLinkedWithoutAQuestion(t *testing.T) {
	h := newHall(t, "", "")
	for i := range 2 {
		h.must(i, wire.StageWish{Seek: &wire.BattleSeek{On: true}})
	}
	if h.rooms[0].s.Now(true).Seeking != h.now || h.rooms[0].s.Now(false).Seeking != 0 {
		t.Error("seeking is for the staff")
	}
	for i := range 2 {
		other := h.name(1-i, i)
		if err := h.step(i, wire.StageInput{Match: &other}); err != nil {
			t.Fatal(err)
		}
	}
	h.run(200)
	if h.battle(0) == nil || h.battle(1) == nil || h.battle(1).Corners[0].ID != "a" || h.rooms[1].s.Now(true).Seeking != 0 {
		t.Errorf("matched: %+v, %+v", h.battle(0), h.battle(1))
	}
}

func TestAnOpponentIsHeardAsTheRoomLikes(t *testing.T) {
	h := newHall(t, "", "")
	h.link()
	h.must(1, wire.StageWish{Hear: &wire.BattleHear{Corner: "a", How: wire.HearNone}})
	if h.battle(1).Corners[0].Heard != wire.HearNone || h.battle(0).Corners[0].Heard != wire.HearAll {
		t.Error("muted in the wrong room")
	}
	if last := h.rooms[1].log[len(h.rooms[1].log)-1]; last.What != wire.BattleHeardChanged || last.Seq != 0 {
		t.Errorf("told: %+v", last)
	}
	h.must(1, wire.StageWish{Hear: &wire.BattleHear{Corner: "a"}})
	if h.battle(1).Corners[0].Heard != wire.HearAll {
		t.Error("still muted")
	}
}

func TestWhoseMediaAreGoneForLongHasLost(t *testing.T) {
	for who := range 2 {
		h := newHall(t, "one.example", "two.example")
		h.fight(short)
		h.media(who, false)
		h.run(500)
		for i := range h.rooms {
			if c := h.battle(i).Corners[who]; c.State != wire.CornerAway || c.Until-h.at(i) < 14_000 || c.Until-h.at(i) > 15_000 {
				t.Fatalf("away: %+v at %d", c, h.at(i))
			}
		}
		h.run(14_000)
		h.media(who, true)
		h.run(1_000)
		if c := h.battle(1 - who).Corners[who]; c.State != wire.CornerHere || c.Until != 0 {
			t.Fatalf("back: %+v", c)
		}
		h.media(who, false)
		h.run(15_500)
		if r := h.result(1 - who); r == nil || r.Outcome != wire.BattleForfeited || r.Winner != 1-who {
			t.Fatalf("result: %+v", r)
		}
		h.run(20_000)
		if c := h.battle(0).Corners[who]; c.State != wire.CornerAway || h.battle(0).Phase != wire.BattleLinked {
			t.Fatalf("after the lap: %+v", c)
		}
		h.agree(true)
	}
}

func TestNobodyLeftIsNobodysRound(t *testing.T) {
	h := newHall(t, "", "")
	h.media(0, false)
	h.media(1, false)
	h.fight(short)
	h.run(16_000)
	if r := h.result(1); r == nil || r.Outcome != wire.BattleVoid || r.Winner != -1 {
		t.Errorf("result: %+v", r)
	}
	h.agree(true)
}

func TestTheRefereeWhoLeavesThreeVoidsTheRound(t *testing.T) {
	h := newHall(t, "", "", "")
	id := h.fight(short)
	h.must(0, wire.StageWish{Unlink: &wire.BattleNamed{ID: id}})
	h.run(1_000)
	for i := range h.rooms {
		if r := h.result(i); r == nil || r.Outcome != wire.BattleVoid || h.battle(i) != nil {
			t.Errorf("room %d: %+v, %+v", i, r, h.battle(i))
		}
	}
	h.agree(true)
}

func TestHostsLeaveALinkOneAfterTheOther(t *testing.T) {
	h := newHall(t, "one.example", "one.example", "two.example", "three.example")
	id := h.link()
	for left := range 3 {
		h.must(3-left, wire.StageWish{Unlink: &wire.BattleNamed{ID: id}})
		h.run(500)
		for i := range h.rooms {
			if b, linked := h.battle(i), left < 2 && i < 3-left; (b != nil) != linked || linked && len(b.Corners) != 3-left {
				t.Fatalf("after %d have left, room %d has %+v", left+1, i, b)
			}
		}
	}
	h.agree(false)
	for _, m := range h.mail { // what they wrote comes again, late
		h.land(m)
	}
	h.run(500)
	for i := range h.rooms {
		if b := h.battle(i); b != nil {
			t.Errorf("room %d is linked again: %+v", i, b)
		}
	}
}
