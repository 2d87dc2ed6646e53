package stage_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"vitrine/server/wire"
)

func TestPointsAreCountedAsTheTermsSay(t *testing.T) {
	ann := &wire.Member{Alias: "ann", Name: "Ann"}
	start := int64(0) // the fight's
	for name, c := range map[string]struct {
		points []wire.StagePoints
		want   int64
	}{
		"a gift":                     {[]wire.StagePoints{{Kind: wire.PointsGift, Units: 3, By: ann}}, 30},
		"a vote":                     {[]wire.StagePoints{{Kind: wire.PointsVote, Units: 1}}, 20},
		"likes, up to their most":    {[]wire.StagePoints{{Kind: wire.PointsLike, Units: 4_990}, {Kind: wire.PointsLike, Units: 100}, {Kind: wire.PointsLike, Units: 1}}, 5_000},
		"an order":                   {[]wire.StagePoints{{Kind: wire.PointsOrder, Units: 1_999, Order: 1_000}}, 39},
		"parts of units together":    {[]wire.StagePoints{{Kind: wire.PointsOrder, Units: 25}, {Kind: wire.PointsOrder, Units: 25}}, 1},
		"an order that is cancelled": {[]wire.StagePoints{{Kind: wire.PointsOrder, Key: "o", Units: 2_000, Order: 500}, {Kind: wire.PointsOrder, Key: "o-", Units: -2_000, Order: 500}}, 0},
		"an order of before":         {[]wire.StagePoints{{Kind: wire.PointsOrder, Key: "o", Units: 2_000, Order: -1_000}}, 0},
		"an old order's cancelling":  {[]wire.StagePoints{{Kind: wire.PointsOrder, Units: 5_000, Order: 10}, {Kind: wire.PointsOrder, Units: -2_000, Order: -1}}, 100},
		"the same twice":             {[]wire.StagePoints{{Kind: wire.PointsGift, Key: "g", Units: 3}, {Kind: wire.PointsGift, Key: "g", Units: 3}}, 30},
		"never less than nothing":    {[]wire.StagePoints{{Kind: wire.PointsOrder, Units: -5_000}, {Kind: wire.PointsVote, Units: 1}}, 20},
		"as many as there are": {[]wire.StagePoints{
			{Kind: wire.PointsGift, Units: 1_000_000_000_000}, {Kind: wire.PointsOrder, Units: 1_000_000_000_000},
		}, 10_000_000_000_000 + 20_000_000_000},
	} {
		for side := range 2 {
			h := newHall(t, "", "two.example")
			h.rooms[1].skew = 5_000
			h.fight(short)
			start = h.battle(side).Since
			h.run(1_500)
			for _, p := range c.points {
				if p.Order != 0 {
					p.Order += start
				}
				h.points(side, p)
			}
			h.run(45_000)
			if r := h.result(1 - side); r == nil || r.Scores[h.battle(0).Corners[side].ID] != c.want {
				t.Errorf("%s, side %d: %+v, not %d", name, side, r, c.want)
			}
		}
	}
}

func TestWhatIsGivenAtTheEndIsTooLateAndBeforeItIsNot(t *testing.T) {
	for side := range 2 {
		h := newHall(t, "one.example", "two.example")
		h.rooms[1].skew = -60_000
		h.fight(short)
		start := h.battle(side).Since
		if start != h.battle(0).Since+h.rooms[side].skew {
			t.Fatalf("the clock's offset is not known: %d", start-h.battle(0).Since)
		}
		h.run(start + 40_000 - h.at(side) - 1)
		h.gift(side, 1)
		h.run(1)
		h.gift(side, 10)
		h.run(1)
		h.gift(side, 100)
		h.run(5_000)
		if r := h.result(0); r.Scores[h.battle(0).Corners[side].ID] != 10 {
			t.Errorf("side %d: %+v", side, r)
		}
		h.agree(true)
	}
}

func TestTheResultWaitsForWhatWasGivenInTimeAndNotForEver(t *testing.T) {
	h := newHall(t, "one.example", "two.example")
	h.fight(short)
	end := h.battle(0).Since + 40_000
	h.run(end - h.now - 1_000)
	h.cut(1)
	h.gift(1, 9)
	h.run(12_000)
	if h.result(0) != nil {
		t.Fatal("the result was signed before all was counted")
	}
	h.cut()
	h.run(2_000)
	if r := h.result(0); r == nil || r.Scores["b@two.example"] != 90 {
		t.Fatalf("what was given in time, and came late: %+v", r)
	}
	h = newHall(t, "one.example", "two.example")
	h.fight(short)
	h.run(end - h.now - 1_000)
	h.cut(1)
	h.gift(1, 9)
	h.run(17_000)
	r := h.result(0)
	if r == nil || r.At != end+15_000 || r.Outcome != wire.BattleDrawn {
		t.Fatalf("after the grace: %+v", r)
	}
	h.cut()
	h.run(3_000)
	if h.result(1) == nil || h.result(1).Scores["b@two.example"] != 0 {
		t.Errorf("what came after the result: %+v", h.result(1))
	}
	h.agree(true)
}

func TestWhatWasGivenBeforeTheOtherGaveUpCounts(t *testing.T) {
	for side := range 2 {
		h := newHall(t, "one.example", "two.example")
		id := h.fight(short)
		h.gift(side, 1)
		h.run(1_000)
		h.gift(side, 1)
		h.run(1)
		h.gift(side, 2)
		h.must(1-side, wire.StageWish{End: &wire.BattleRound{ID: id, Round: 1}})
		h.run(1_000)
		if r := h.result(side); r == nil || r.Outcome != wire.BattleForfeited || r.Winner != side || r.Scores[h.battle(0).Corners[side].ID] != 40 {
			t.Errorf("side %d: %+v", side, r)
		}
		h.agree(true)
	}
}

func TestNobodyForfeitsWhileTheRoundIsCounted(t *testing.T) {
	h := newHall(t, "one.example", "two.example")
	id := h.fight(short)
	h.gift(0, 9)
	h.run(31_000)
	h.media(0, false)
	h.run(h.battle(0).Until - h.now - 100)
	h.cut(1)
	h.run(13_000)
	if b := h.battle(0); b.Phase != wire.BattlePush || b.Corners[0].State != wire.CornerAway {
		t.Fatalf("while it is counted: %+v", b)
	}
	h.must(0, wire.StageWish{Unlink: &wire.BattleNamed{ID: id}}) // waits until it is
	if h.battle(0) == nil {
		t.Fatal("unlinked before the round was counted")
	}
	h.cut()
	h.run(3_000)
	if r := h.result(1); r == nil || r.Outcome != wire.BattleWon || r.Winner != 0 || h.battle(0) != nil || h.battle(1) != nil {
		t.Errorf("result: %+v", r)
	}
	h.agree(true)
}

func TestScoresAreToldFourTimesASecondAtMost(t *testing.T) {
	h := newHall(t, "", "two.example")
	h.fight(short)
	for i := range 400 {
		h.gift(i%2, 1)
		h.run(20)
	}
	h.run(1_000)
	for i, r := range h.rooms {
		if n := len(r.scored); n < 20 || n > 38 {
			t.Errorf("room %d tells scores %d times in 9 s", i, n)
		}
	}
	for i, at := range h.rooms[0].scored[1:] {
		if at-h.rooms[0].scored[i] < 250 {
			t.Errorf("scores after %d ms", at-h.rooms[0].scored[i])
		}
	}
	if b := h.battle(1); b.Corners[0].Score != 2_000 || b.Corners[1].Score != 2_000 {
		t.Errorf("scores: %+v", b.Corners)
	}
	h.agree(true)
}

func TestWhoGaveMostIsNamedOnlyIfTheyLikeAndNoLongerThanThey(t *testing.T) {
	h := newHall(t, "", "two.example")
	fan := func(i int) *wire.Member {
		return &wire.Member{Alias: wire.Alias("fan" + string(rune('0'+i))), Name: "Fan " + string(rune('0'+i))}
	}
	honour := func(i int, named bool) {
		t.Helper()
		if err := h.step(1, wire.StageInput{By: fan(i), Wish: &wire.StageWish{Honour: &wire.BattleHonour{Named: named}}}); err != nil {
			t.Fatal(err)
		}
	}
	h.fight(short)
	for i := range 6 {
		h.points(1, wire.StagePoints{Kind: wire.PointsGift, Units: int64(i + 1), By: fan(i)})
		if i != 4 {
			honour(i, true)
		}
	}
	h.run(2_000)
	for i := range h.rooms {
		if best := h.battle(i).Corners[1].Best; len(best) != 3 || best[0] != (wire.BattleFan{Name: "Fan 5", Points: 60}) || best[1].Name != "Fan 3" || best[2].Name != "Fan 2" {
			t.Fatalf("room %d names %+v", i, best)
		}
	}
	h.run(40_000)
	honour(5, false)
	h.run(3_000)
	if err := h.step(1, wire.StageInput{Gone: fan(3).Alias}); err != nil {
		t.Fatal(err)
	}
	h.run(3_000)
	for i, r := range h.rooms {
		if best := h.battle(i).Corners[1].Best; len(best) != 3 || best[0].Name != "Fan 2" {
			t.Errorf("room %d names %+v", i, best)
		}
		if h.result(i).Scores["b@two.example"] != 210 {
			t.Errorf("points of who is not named: %+v", h.result(i))
		}
		for _, m := range r.s.Letters() {
			if strings.Contains(string(m.Body), "Fan 5") || strings.Contains(string(m.Body), "Fan 4") {
				t.Errorf("a letter names who does not want to be: %s", m.Body)
			}
		}
		last, err := json.Marshal(r.log[len(r.log)-1])
		if err != nil || strings.Contains(string(last), "Fan 5") || strings.Contains(string(last), "Fan 3") {
			t.Errorf("the room was not told: %s", last)
		}
	}
	if forgot := h.rooms[0].forgot; !slices.Equal(forgot, []string{"Fan 3"}) {
		t.Errorf("the other room was asked to forget %q", forgot)
	}
}

func TestWhoIsErasedIsForgottenWhereTheyWereNamedByAllTheirNamesAndHoweverLate(t *testing.T) {
	h := newHall(t, "", "", "two.example", "three.example")
	id := h.fight(short)
	mei := &wire.Member{Alias: "mei", Name: "Mei"}
	ana := &wire.Member{Alias: "ana", Name: "Ana"} // who is not named
	if err := h.step(1, wire.StageInput{By: mei, Wish: &wire.StageWish{Honour: &wire.BattleHonour{Named: true}}}); err != nil {
		t.Fatal(err)
	}
	for _, who := range []*wire.Member{mei, ana} {
		h.points(1, wire.StagePoints{Kind: wire.PointsGift, Units: 5, By: who})
	}
	h.run(1_000)
	mei.Name = "Mei Lin"
	if err := h.step(1, wire.StageInput{Named: mei}); err != nil {
		t.Fatal(err)
	}
	h.run(1_000)
	for i := range h.rooms {
		if best := h.battle(i).Corners[1].Best; len(best) != 1 || best[0] != (wire.BattleFan{Name: "Mei Lin", Points: 50}) {
			t.Fatalf("room %d names %+v after somebody has another name", i, best)
		}
	}
	h.run(60_000)
	for i := range 3 {
		h.must(3-i, wire.StageWish{Unlink: &wire.BattleNamed{ID: id}})
		h.run(500)
	}
	h.cut(3)
	for _, who := range []*wire.Member{mei, ana} {
		if err := h.step(1, wire.StageInput{Gone: who.Alias}); err != nil {
			t.Fatal(err)
		}
	}
	h.run(3_600_000)
	if forgot := h.rooms[3].forgot; forgot != nil {
		t.Fatalf("over a network that is parted came %q", forgot)
	}
	h.cut()
	h.run(5_000)
	for i, r := range h.rooms {
		want := []string{"Mei", "Mei Lin"}
		if i == 1 {
			want = nil
		}
		if !slices.Equal(r.forgot, want) || len(r.s.Letters()) > 0 {
			t.Errorf("room %d was asked to forget %q; %d letters wait", i, r.forgot, len(r.s.Letters()))
		}
		if strings.Contains(string(h.doc(i)), "Mei") {
			t.Errorf("room %d remembers: %s", i, h.doc(i))
		}
	}
}
