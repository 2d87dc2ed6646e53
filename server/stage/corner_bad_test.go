package stage_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"vitrine/server/stage"
	"vitrine/server/wire"
)

func TestWishesThatCannotBeHaveADefinedAnswer(t *testing.T) {
	call := func(to ...wire.BattleRoom) wire.StageWish {
		return wire.StageWish{Call: &wire.BattleInvite{To: to}}
	}
	b := wire.BattleRoom{Show: "b", Server: "https://two.example"}
	fresh := func(*hall) {}
	linked := func(h *hall) { h.link() }
	fighting := func(h *hall) { h.fight(short) }
	calling := func(h *hall) { h.must(0, call(b)) }
	id := wire.BattleID("a-1-loyw3v28")
	many := make([]wire.BattleRoom, 201)
	for name, c := range map[string]struct {
		before func(*hall)
		wish   wire.StageWish
		want   wire.Code
	}{
		"a battle with oneself":         {fresh, call(wire.BattleRoom{Show: "a"}), wire.Invalid},
		"a call to nobody":              {fresh, call(), wire.Invalid},
		"a call to ten":                 {fresh, call(many[:10]...), wire.Invalid},
		"a call to one twice":           {fresh, call(b, b), wire.Invalid},
		"a call to no show":             {fresh, call(wire.BattleRoom{Show: "No Show"}), wire.Invalid},
		"a call to no server":           {fresh, call(wire.BattleRoom{Show: "b", Server: "two.example"}), wire.Invalid},
		"a call to a path":              {fresh, call(wire.BattleRoom{Show: "b", Server: "https://two.example/x"}), wire.Invalid},
		"a call to a server with login": {fresh, call(wire.BattleRoom{Show: "b", Server: "https://u:p@two.example"}), wire.Invalid},
		"a call while one waits":        {calling, call(b), wire.Conflict},
		"a call while linked":           {linked, call(b), wire.Conflict},
		"a call to whom we blocked": {func(h *hall) {
			h.must(0, wire.StageWish{Desk: &wire.BattleDesk{Blocked: []wire.BattleRoom{b}}})
		}, call(b), wire.Conflict},
		"taking no call":               {fresh, wire.StageWish{TakeCall: &wire.BattleNamed{ID: "x"}}, wire.NotFound},
		"taking one's own call":        {calling, wire.StageWish{TakeCall: &wire.BattleNamed{ID: id}}, wire.NotFound},
		"dropping no call":             {fresh, wire.StageWish{DropCall: &wire.BattleNamed{ID: "x"}}, wire.NotFound},
		"seeking while linked":         {linked, wire.StageWish{Seek: &wire.BattleSeek{On: true}}, wire.Conflict},
		"seeking undisturbed":          {func(h *hall) { h.must(0, wire.StageWish{Desk: &wire.BattleDesk{Busy: true}}) }, wire.StageWish{Seek: &wire.BattleSeek{On: true}}, wire.Conflict},
		"challenging nobody":           {fresh, wire.StageWish{Challenge: &short}, wire.Conflict},
		"challenging in a fight":       {fighting, wire.StageWish{Challenge: &short}, wire.Conflict},
		"agreeing to nothing":          {linked, wire.StageWish{Agree: &wire.BattleRound{ID: id, Round: 1}}, wire.Conflict},
		"agreeing to round 0":          {linked, wire.StageWish{Agree: &wire.BattleRound{ID: id}}, wire.Invalid},
		"agreeing to an old round":     {func(h *hall) { h.link(); h.must(0, wire.StageWish{Challenge: &short}) }, wire.StageWish{Agree: &wire.BattleRound{ID: id, Round: 7}}, wire.Conflict},
		"agreeing twice":               {func(h *hall) { h.link(); h.must(0, wire.StageWish{Challenge: &short}) }, wire.StageWish{Agree: &wire.BattleRound{ID: id, Round: 1}}, wire.Conflict},
		"declining nothing":            {fighting, wire.StageWish{Decline: &wire.BattleRound{ID: id, Round: 1}}, wire.Conflict},
		"ending before it begins":      {linked, wire.StageWish{End: &wire.BattleRound{ID: id, Round: 1}}, wire.Conflict},
		"ending another battle":        {fighting, wire.StageWish{End: &wire.BattleRound{ID: "x", Round: 1}}, wire.NotFound},
		"ending another round":         {fighting, wire.StageWish{End: &wire.BattleRound{ID: id, Round: 2}}, wire.Conflict},
		"ending when its time is over": {func(h *hall) { h.fight(short); h.cut(1); h.run(40_000) }, wire.StageWish{End: &wire.BattleRound{ID: id, Round: 1}}, wire.Conflict},
		"unlinking from nobody":        {fresh, wire.StageWish{Unlink: &wire.BattleNamed{ID: id}}, wire.Conflict},
		"muting oneself":               {linked, wire.StageWish{Hear: &wire.BattleHear{Corner: "a", How: wire.HearNone}}, wire.NotFound},
		"hearing somehow":              {linked, wire.StageWish{Hear: &wire.BattleHear{Corner: "b@two.example", How: "loud"}}, wire.Invalid},
		"a desk with oneself":          {fresh, wire.StageWish{Desk: &wire.BattleDesk{Friends: []wire.BattleRoom{{Show: "a"}}}}, wire.Invalid},
		"a desk with one twice":        {fresh, wire.StageWish{Desk: &wire.BattleDesk{Friends: []wire.BattleRoom{b}, Blocked: []wire.BattleRoom{b}}}, wire.Invalid},
		"a desk that is full":          {fresh, wire.StageWish{Desk: &wire.BattleDesk{Friends: many}}, wire.Invalid},
	} {
		h := newHall(t, "one.example", "two.example")
		c.before(h)
		if err := h.wish(0, c.wish); wire.CodeOf(err) != c.want {
			t.Errorf("%s: %v, not %s", name, err, c.want)
		}
		if c.wish.Challenge == nil {
			if err := h.step(0, wire.StageInput{By: hallHost, Wish: &c.wish}); wire.CodeOf(err) != wire.Forbidden {
				t.Errorf("%s, by a viewer: %v", name, err)
			}
		}
	}
}

func TestARefusedWishDoesNotLetTimePassEither(t *testing.T) {
	for _, late := range []int64{1_000, 30_000, 45_000, 70_000, 700_000} {
		h := newHall(t, "one.example", "two.example")
		id := h.fight(short)
		h.gift(0, 1)
		h.media(1, false)
		h.run(100)
		h.now += late // and nobody ticks
		for i := range h.rooms {
			if err := h.wish(i, wire.StageWish{Agree: &wire.BattleRound{ID: id, Round: 9}}); err == nil {
				t.Errorf("room %d agreed to nothing", i)
			}
		}
	}
}

func TestTermsHaveBounds(t *testing.T) {
	h := newHall(t, "", "", "")
	h.link()
	weights := wire.BattleWeights{Coin: 1}
	for name, terms := range map[string]wire.BattleTerms{
		"a short fight":      {Fight: 29},
		"a long fight":       {Fight: 1801},
		"no fight":           {Push: 10},
		"a long push":        {Fight: 30, Push: 121},
		"a push before":      {Fight: 30, Push: -1},
		"a long lap":         {Fight: 30, Lap: 601},
		"two rounds":         {Rounds: 2},
		"a long penalty":     {Penalty: strings.Repeat("ü", 201)},
		"a penalty of bells": {Penalty: "\a"},
		"a dear coin":        {Weights: wire.BattleWeights{Coin: 10_001}},
		"a coin that takes":  {Weights: wire.BattleWeights{Coin: -1, Vote: 1}},
		"likes without most": {Weights: wire.BattleWeights{Like: 1}},
		"most without gain":  {Weights: wire.BattleWeights{LikesMost: 1}},
		"too many likes":     {Weights: wire.BattleWeights{Like: 1, LikesMost: 1_000_000_001}},
		"a team short":       {Teams: []int{0, 1}, Weights: weights},
		"one team":           {Teams: []int{0, 0, 0}},
		"a gap of teams":     {Teams: []int{0, 2, 0}},
		"a team below":       {Teams: []int{0, -1, 1}},
		"a team far off":     {Teams: []int{0, 1, 1 << 60}},
	} {
		if err := h.wish(0, wire.StageWish{Challenge: &terms}); wire.CodeOf(err) != wire.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhoCannotBeCalledSaysWhy(t *testing.T) {
	for reason, before := range map[string]func(*hall){
		stage.DropBusy: func(h *hall) { h.must(1, wire.StageWish{Desk: &wire.BattleDesk{Busy: true}}) },
		stage.DropRefused: func(h *hall) {
			h.must(1, wire.StageWish{Desk: &wire.BattleDesk{Blocked: []wire.BattleRoom{h.name(0, 1)}}})
		},
		stage.DropFighting: func(h *hall) {
			h.must(2, wire.StageWish{Call: &wire.BattleInvite{To: []wire.BattleRoom{h.name(1, 2)}}})
			h.run(100)
			h.must(1, wire.StageWish{TakeCall: &wire.BattleNamed{ID: h.rooms[1].s.Now(true).Calls[0].ID}})
			h.run(100)
		},
	} {
		h := newHall(t, "one.example", "two.example", "")
		before(h)
		said := ""
		h.must(0, wire.StageWish{Call: &wire.BattleInvite{To: []wire.BattleRoom{h.name(1, 0)}}})
		for range 3 {
			h.run(50)
			for _, m := range h.rooms[1].s.Letters() {
				var b struct{ Reason string }
				if err := json.Unmarshal(m.Body, &b); err == nil && b.Reason != "" {
					said = b.Reason
				}
			}
			for _, f := range h.mail {
				var b struct{ Reason string }
				if err := json.Unmarshal(f.letter.Body, &b); err == nil && f.to == 0 && b.Reason != "" {
					said = b.Reason
				}
			}
		}
		if said != reason || len(h.rooms[0].s.Now(true).Calls) != 0 {
			t.Errorf("said %q, not %q", said, reason)
		}
	}
}

func TestOfTwoWhoPressEndTheFirstThatTheRefereeNumbersHasLost(t *testing.T) {
	h := newHall(t, "one.example", "two.example")
	id := h.fight(short)
	h.must(1, wire.StageWish{End: &wire.BattleRound{ID: id, Round: 1}})
	h.must(0, wire.StageWish{End: &wire.BattleRound{ID: id, Round: 1}}) // is numbered before the other's letter comes
	h.run(500)
	for i := range h.rooms {
		if r := h.result(i); r == nil || r.Winner != 1 || r.Outcome != wire.BattleForfeited {
			t.Errorf("room %d: %+v", i, r)
		}
	}
	h.agree(true)
}

func TestLettersThatComeAgainChangeNothing(t *testing.T) {
	h := newHall(t, "one.example", "", "two.example")
	random := rand.New(rand.NewPCG(1, 2))
	check := func() {
		t.Helper()
		for _, i := range random.Perm(len(h.mail)) {
			f := h.mail[i]
			h.tick(f.to)
			before := h.doc(f.to)
			if err := h.step(f.to, wire.StageInput{Letter: f.letter}); err == nil && !bytes.Equal(before, h.doc(f.to)) {
				t.Fatalf("a letter that came again changed the room:\n%s\n%s\n%s", f.letter.Body, before, h.doc(f.to))
			}
		}
	}
	id := h.link()
	check()
	h.begin(short)
	check()
	h.gift(1, 3)
	h.run(2_000)
	check()
	h.run(40_000)
	check()
	h.must(2, wire.StageWish{Unlink: &wire.BattleNamed{ID: id}})
	h.run(1_000)
	check()
	h.must(0, wire.StageWish{Unlink: &wire.BattleNamed{ID: id}})
	h.run(1_000)
	check()
	if len(h.mail) < 20 {
		t.Errorf("only %d letters", len(h.mail))
	}
}

func TestForgedLettersAreRefused(t *testing.T) {
	h := newHall(t, "one.example", "two.example", "three.example")
	h.fight(short)
	h.gift(1, 2)
	h.run(3_000)
	refused := 0
	for _, f := range h.mail {
		for from := range h.rooms {
			if from == f.from || from == f.to {
				continue
			}
			m := *f.letter
			m.From = h.name(from, f.to)
			h.tick(f.to)
			before := h.doc(f.to)
			if err := h.step(f.to, wire.StageInput{Letter: &m}); err != nil {
				refused++
			} else if !bytes.Equal(before, h.doc(f.to)) {
				t.Fatalf("room %d wrote what %d might: %s", from, f.from, m.Body)
			}
		}
	}
	if refused < 5 {
		t.Errorf("only %d were refused", refused)
	}
	stranger := wire.BattleRoom{Show: "z", Server: "https://nowhere.example"}
	last := *h.mail[len(h.mail)-1].letter
	last.From = stranger
	if err := h.step(h.mail[len(h.mail)-1].to, wire.StageInput{Letter: &last}); wire.CodeOf(err) != wire.Forbidden {
		t.Errorf("a stranger's letter: %v", err)
	}
}

func TestAResultThatTheRefereeDidNotSignIsRefused(t *testing.T) {
	h := newHall(t, "one.example", "two.example")
	h.fight(short)
	h.gift(1, 2)
	for h.result(0) == nil {
		h.run(1)
	}
	h.send()
	i := slices.IndexFunc(h.flying, func(f flight) bool {
		return f.to == 1 && f.letter != nil && strings.Contains(string(f.letter.Body), `"outcome"`)
	})
	if i < 0 {
		t.Fatal("no result is on its way")
	}
	m := *h.flying[i].letter
	m.Body = []byte(strings.Replace(string(m.Body), `"winner":1`, `"winner":0`, 1))
	if err := h.step(1, wire.StageInput{Letter: &m}); wire.CodeOf(err) != wire.Invalid {
		t.Errorf("a changed result: %v", err)
	}
	h.run(1_000)
	h.agree(true)
}

func TestALetterThatLeavesSomethingOutWaitsForWhatIsMissing(t *testing.T) {
	h := newHall(t, "one.example", "two.example")
	h.link()
	h.must(0, wire.StageWish{Challenge: &short})
	letters := h.rooms[0].s.Letters()
	m := letters[len(letters)-1]
	m.From = h.name(0, 1)
	m.Body = []byte(strings.Replace(string(m.Body), `"seq":2`, `"seq":3`, 1))
	if err := h.step(1, wire.StageInput{Letter: &m}); err != nil {
		t.Error(err)
	}
	if b := h.battle(1); b.Seq != 1 || b.Phase != wire.BattleLinked {
		t.Errorf("after what comes later: %+v", b)
	}
	h.run(500)
	if b := h.battle(1); b.Seq != 2 || b.Phase != wire.BattleChallenged {
		t.Errorf("after what was missing: %+v", b)
	}
}

func TestEveryWayFromPhaseToPhaseIsGone(t *testing.T) {
	edges := map[string]int{}
	plain, series, nopush := short, short, short
	series.Rounds, nopush.Push = 3, 0
	for _, play := range []func(h *hall){
		func(h *hall) {
			h.fight(series)
			h.run(200_000)
			h.must(1, wire.StageWish{Unlink: &wire.BattleNamed{ID: h.battle(1).ID}})
			h.run(500)
		},
		func(h *hall) { h.fight(nopush); h.run(40_000) },
		func(h *hall) { h.link(); h.must(0, wire.StageWish{Challenge: &plain}); h.run(31_000) },
		func(h *hall) {
			h.link()
			h.must(0, wire.StageWish{Challenge: &plain})
			h.run(100)
			h.must(1, wire.StageWish{Decline: &wire.BattleRound{ID: h.battle(1).ID, Round: 1}})
			h.run(500)
		},
		func(h *hall) {
			h.link()
			h.must(0, wire.StageWish{Challenge: &plain})
			h.run(100)
			h.must(1, wire.StageWish{Agree: &wire.BattleRound{ID: h.battle(1).ID, Round: 1}})
			h.run(100)
			h.must(1, wire.StageWish{Unlink: &wire.BattleNamed{ID: h.battle(1).ID}})
			h.run(500)
		},
		func(h *hall) { lose(h, plain, 0) },
		func(h *hall) { lose(h, plain, 1_000) },
		func(h *hall) { lose(h, plain, 5_000) },
		func(h *hall) { lose(h, plain, 37_000) },
		func(h *hall) { lose(h, plain, 47_000) },
	} {
		h := newHall(t, "one.example", "two.example")
		play(h)
		for edge, n := range h.edges {
			edges[edge] += n
		}
	}
	for edge := range hallEdges {
		if edges[edge] == 0 {
			t.Errorf("nobody went %s", edge)
		}
	}
	t.Logf("%d edges: %v", len(edges), edges)
}

// lose challenges, and has the referee be lost so many ms after all have agreed; 0 for before that.
func lose(h *hall, terms wire.BattleTerms, after int64) {
	h.link()
	h.must(0, wire.StageWish{Challenge: &terms})
	h.run(100)
	if after > 0 {
		h.must(1, wire.StageWish{Agree: &wire.BattleRound{ID: h.battle(1).ID, Round: 1}})
		h.run(after)
	}
	h.rooms[0].asleep = true
	h.run(700_000)
}
