package stage_test

import (
	"encoding/json"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"vitrine/server/stage"
	"vitrine/server/wire"
)

func TestRoomsThatLoseLettersEndEqual(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		servers := []string{"one.example", "one.example", "two.example", "three.example"}[:rapid.IntRange(2, 4).Draw(t, "rooms")]
		h := newHall(t, servers...)
		for i, r := range h.rooms {
			if r.server != "one.example" {
				r.skew = rapid.Int64Range(-100_000, 100_000).Draw(t, "skew")
			}
			h.rooms[i] = r
		}
		h.crash = rapid.Bool().Draw(t, "crash")
		h.link()
		wild := func(from, to int) int64 {
			if d := rapid.Int64Range(-1_500, 4_000).Draw(t, "delay"); d >= -500 {
				return max(d, 0)
			}
			return -1
		}
		terms := wire.BattleTerms{Fight: 30, Push: 5, Lap: 2, Rounds: rapid.SampledFrom([]int{1, 3}).Draw(t, "best of")}
		h.delay = wild
		for range rapid.IntRange(5, 25).Draw(t, "things") {
			i := rapid.IntRange(0, len(h.rooms)-1).Draw(t, "room")
			b := h.battle(i)
			if b == nil {
				continue
			}
			round := &wire.BattleRound{ID: b.ID, Round: b.Round}
			switch rapid.IntRange(0, 9).Draw(t, "thing") {
			case 0, 1:
				_ = h.wish(i, wire.StageWish{Challenge: &terms})
			case 2, 3, 4:
				for i := range h.rooms {
					_ = h.wish(i, wire.StageWish{Agree: round})
				}
			case 5:
				_ = h.wish(i, wire.StageWish{End: round})
			case 6:
				h.media(i, rapid.Bool().Draw(t, "up"))
			case 7:
				h.gift(i, rapid.Int64Range(1, 9).Draw(t, "coins"))
			case 8:
				h.cut(i)
			case 9:
				h.delay = wild
			}
			h.run(rapid.Int64Range(0, 9_000).Draw(t, "ms"))
		}
		h.delay = func(int, int) int64 { return 20 }
		h.run(60_000)
		for range 10 { // what was numbered just now is on its way
			if !slices.ContainsFunc(h.rooms, func(r *hallRoom) bool { return len(r.lines) != len(h.rooms[0].lines) }) {
				break
			}
			h.run(50)
		}
		h.agree(true)
		for i := range h.rooms {
			if b := h.battle(i); b == nil || b.Seq != h.battle(0).Seq || b.Apart != 0 {
				t.Fatalf("room %d is not where room 0 is: %+v", i, b)
			}
		}
	})
}

// pk is what a battle should do when every letter comes at once, said as simply as can be. All is by place: room 0 is the referee.
type pk struct {
	phase          string
	round, played  int
	until          int64
	start, end     int64
	terms          wire.BattleTerms
	team           []int
	agreed         []bool
	down           []bool
	awayAt         []int64 // when who is away forfeits; 0 for not
	lost           []bool
	gave           [][3]int64 // gifts and votes, likes, minor units
	wins           []int
	outcome        wire.BattleOutcome
	winner         int
	final, decided bool
}

func newPK(n int) *pk {
	return &pk{phase: "linked", agreed: make([]bool, n), down: make([]bool, n), awayAt: make([]int64, n), lost: make([]bool, n), gave: make([][3]int64, n), team: make([]int, n)}
}

func (m *pk) score(i int) int64 {
	return m.gave[i][0] + min(m.gave[i][1], 5_000) + m.gave[i][2]/50
}

func (m *pk) fighting() bool { return m.phase == "fight" || m.phase == "push" }

// pass lets time pass, to now inclusive.
func (m *pk) pass(now int64) {
	for {
		next := m.until
		for i := range m.awayAt {
			if a := m.awayAt[i]; m.fighting() && a != 0 && !m.lost[i] && a < m.end && (next == 0 || a < next) {
				next = a
			}
		}
		if next == 0 || next > now {
			return
		}
		if m.fighting() && next != m.until {
			for i := range m.awayAt {
				if m.awayAt[i] == next {
					m.lost[i] = true
				}
			}
			m.conclude(next)
			continue
		}
		m.turn(next)
	}
}

// turn goes to the next phase.
func (m *pk) turn(at int64) {
	switch m.phase {
	case "challenged":
		m.phase, m.until = "linked", 0
	case "countdown":
		m.phase, m.until = "fight", at+int64(m.terms.Fight)*1000
		for i := range m.down {
			if m.awayAt[i] = 0; m.down[i] {
				m.awayAt[i] = at + 15_000
			}
		}
	case "fight":
		if m.phase, m.until = "push", m.end; m.terms.Push == 0 {
			m.finish(at)
		}
	case "push":
		m.finish(at)
	case "lap":
		if m.final {
			m.phase, m.until = "linked", 0
			return
		}
		m.count(at, m.round+1)
	}
}

func (m *pk) count(at int64, round int) {
	m.phase, m.round, m.until = "countdown", round, at+3_000
	m.start = m.until
	m.end = m.start + int64(m.terms.Fight+m.terms.Push)*1000
	m.gave = make([][3]int64, len(m.gave))
	m.lost = make([]bool, len(m.lost))
}

// finish ends the round, by points or because only one team is left.
func (m *pk) finish(at int64) {
	sums, left := map[int]int64{}, map[int]bool{}
	for i, team := range m.team {
		sums[team] += m.score(i)
		left[team] = left[team] || !m.lost[i]
	}
	m.winner, m.outcome = -1, wire.BattleVoid
	best, standing := int64(-1), 0
	for team, sum := range sums {
		if left[team] {
			standing++
			best = max(best, sum)
		}
	}
	for team, sum := range sums {
		if left[team] && sum == best {
			if m.outcome == wire.BattleVoid {
				m.winner, m.outcome = team, wire.BattleWon
			} else {
				m.winner, m.outcome = -1, wire.BattleDrawn
			}
		}
	}
	if standing == 1 && len(sums) > 1 {
		m.outcome = wire.BattleForfeited
	}
	m.played++
	if m.winner >= 0 {
		m.wins[m.winner]++
	}
	m.final = m.played == m.terms.Rounds || slices.Max(m.wins) > m.terms.Rounds/2
	m.phase, m.until, m.decided = "lap", at+int64(m.terms.Lap)*1000, true
}

func (m *pk) conclude(at int64) {
	left := map[int]bool{}
	for i, team := range m.team {
		if !m.lost[i] {
			left[team] = true
		}
	}
	if len(left) < 2 {
		m.finish(at)
	}
}

func (m *pk) challenge(i int, terms wire.BattleTerms, at int64) bool {
	if m.phase != "linked" {
		return false
	}
	m.phase, m.until, m.terms, m.played = "challenged", at+30_000, terms, 0
	m.round++
	teams := 0
	for k := range m.team {
		if m.team[k] = k; terms.Teams != nil {
			m.team[k] = terms.Teams[k]
		}
		m.agreed[k] = k == i
		m.gave[k] = [3]int64{}
		teams = max(teams, m.team[k]+1)
	}
	m.wins = make([]int, teams)
	return true
}

func (m *pk) agree(i int, at int64) bool {
	if m.phase != "challenged" || m.agreed[i] {
		return false
	}
	if m.agreed[i] = true; !slices.Contains(m.agreed, false) {
		m.count(at, m.round)
	}
	return true
}

func (m *pk) stop(i int, at int64) bool {
	if !m.fighting() || m.lost[i] {
		return false
	}
	m.lost[i] = true
	m.conclude(at)
	return true
}

func (m *pk) media(i int, up bool, at int64) {
	if m.down[i] == !up {
		return
	}
	if m.down[i], m.awayAt[i] = !up, 0; !up {
		m.awayAt[i] = at + 15_000
	}
}

func (m *pk) points(i, kind int, units, at int64) {
	if m.phase != "countdown" && !m.fighting() || at < m.start || at >= m.end || m.lost[i] {
		return
	}
	m.gave[i][kind] = max(m.gave[i][kind]+units, 0)
}

func TestBattlesGoAsTheModelSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 4).Draw(t, "rooms")
		h := newHall(t, []string{"one.example", "two.example", "one.example", "three.example"}[:n]...)
		h.delay = func(int, int) int64 { return 0 }
		h.link()
		m := newPK(n)
		for range rapid.IntRange(10, 60).Draw(t, "things") {
			walkPK(t, h, m)
			ms := rapid.SampledFrom([]int64{0, 0, 1, 999, 3_000, 9_000, 16_000}).Draw(t, "ms")
			h.run(ms)
			m.pass(h.now)
			comparePK(t, h, m, ms > 600)
		}
		h.agree(true)
	})
}

// walkPK does something, and has the model do it.
func walkPK(t *rapid.T, h *hall, m *pk) {
	i := rapid.IntRange(0, len(h.rooms)-1).Draw(t, "room")
	b := h.battle(i)
	ok := func(err error, want bool) {
		if (err == nil) != want {
			t.Fatalf("room %d, %s: %v; the model says %v", i, m.phase, err, want)
		}
	}
	switch thing := rapid.IntRange(0, 11).Draw(t, "thing"); thing {
	case 0, 1:
		terms := wire.BattleTerms{Fight: 30, Push: rapid.SampledFrom([]int{0, 5}).Draw(t, "push"), Lap: rapid.SampledFrom([]int{0, 9}).Draw(t, "lap"), Rounds: rapid.SampledFrom([]int{1, 3, 5}).Draw(t, "best of")}
		if len(h.rooms) == 4 && rapid.Bool().Draw(t, "teams") {
			terms.Teams = []int{1, 0, 0, 1}
		}
		ok(h.wish(i, wire.StageWish{Challenge: &terms}), m.challenge(i, terms, h.now))
	case 2, 3:
		ok(h.wish(i, wire.StageWish{Agree: &wire.BattleRound{ID: b.ID, Round: max(b.Round, 1)}}), m.agree(i, h.now))
	case 4:
		ok(h.wish(i, wire.StageWish{Decline: &wire.BattleRound{ID: b.ID, Round: max(b.Round, 1)}}), m.phase == "challenged")
		if m.phase == "challenged" {
			m.phase, m.until = "linked", 0
		}
	case 5:
		ok(h.wish(i, wire.StageWish{End: &wire.BattleRound{ID: b.ID, Round: max(b.Round, 1)}}), m.stop(i, h.now))
	case 6, 7:
		up := rapid.Bool().Draw(t, "up")
		h.media(i, up)
		m.media(i, up, h.now)
	default:
		kind := rapid.IntRange(0, 2).Draw(t, "kind")
		units := rapid.Int64Range(1, 4_000).Draw(t, "units")
		p := wire.StagePoints{Kind: []wire.PointsKind{wire.PointsVote, wire.PointsLike, wire.PointsOrder}[kind], Units: units}
		if kind == 2 && thing == 11 {
			p.Units, units = -units, -units
		}
		if h.points(i, p); kind == 0 {
			units *= 20
		}
		m.points(i, kind, units, h.now)
		h.run(1) // what is given in the very moment in which a round ends may have been counted or not
		m.pass(h.now)
	}
}

// comparePK compares what rooms show with what the model says. Scores are told a little later.
func comparePK(t *rapid.T, h *hall, m *pk, settled bool) {
	for i := range h.rooms {
		b := h.battle(i)
		if string(b.Phase) != m.phase || b.Round != m.round || b.Until != m.until {
			t.Fatalf("room %d is in %s, round %d until %d; the model in %s, round %d until %d", i, b.Phase, b.Round, b.Until, m.phase, m.round, m.until)
		}
		if m.phase == "lap" && (b.Result.Outcome != m.outcome || b.Result.Winner != m.winner || b.Result.Final != m.final || !slices.Equal(b.Wins, m.wins)) {
			t.Fatalf("room %d ends with %+v %v; the model with %s %d %v", i, b.Result, b.Wins, m.outcome, m.winner, m.wins)
		}
		for k, c := range b.Corners {
			if m.phase == "lap" && c.Score != m.score(k) || settled && m.fighting() && c.Score != m.score(k) {
				t.Fatalf("room %d shows %d points of %d; the model has %d", i, c.Score, k, m.score(k))
			}
			want := wire.CornerHere
			switch {
			case m.lost[k] && (m.fighting() || m.phase == "lap"):
				want = wire.CornerForfeit
			case m.down[k]:
				want = wire.CornerAway
			}
			if c.State != want {
				t.Fatalf("room %d shows %d %s in %s; the model says %s", i, k, c.State, m.phase, want)
			}
		}
	}
}

func FuzzAStageTakesAnyLetter(f *testing.F) {
	make := func(t failer) *hall {
		h := newHall(t, "one.example", "two.example")
		h.fight(wire.BattleTerms{Fight: 30, Rounds: 3})
		return h
	}
	h := make(f)
	for _, m := range h.mail {
		f.Add(m.to == 1, []byte(m.letter.Body))
	}
	h.run(60_000)
	for _, m := range h.mail {
		f.Add(m.to == 1, []byte(m.letter.Body))
	}
	docs := [][]byte{h.doc(0), h.doc(1)}
	f.Fuzz(func(t *testing.T, second bool, body []byte) {
		i := 0
		if second {
			i = 1
		}
		s, err := stage.New(h.rooms[i].room, docs[i], h.rooms[i].key)
		if err != nil {
			t.Fatal(err)
		}
		at := h.at(i)
		_, err = s.Step(wire.StageInput{At: at, Letter: &wire.StageLetter{ID: "x", From: h.name(1-i, i), To: h.name(i, 1-i), Body: body}})
		if after, failed := s.Doc(); failed != nil || err != nil && string(after) != string(docs[i]) {
			t.Fatalf("a refused letter (%v) changed the room, or it cannot be stored: %v", err, failed)
		}
		for range 20 { // whatever was taken, time goes on
			due := s.Due()
			if due == 0 {
				break
			}
			if at = max(at, due); true {
				if _, err := s.Step(wire.StageInput{At: at, Tick: true}); err != nil {
					t.Fatal(err)
				}
			}
			if due := s.Due(); due != 0 && due <= at {
				t.Fatalf("time stands still at %d", at)
			}
		}
		if _, err := json.Marshal(s.Now(true)); err != nil {
			t.Fatal(err)
		}
	})
}
