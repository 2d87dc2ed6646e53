package stage_test

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"maps"
	"slices"
	"testing"

	"vitrine/server/wire"
)

// copy is the hall as it is, to be gone on with apart from it. What is in the air is left out.
func (h *hall) copy() *hall {
	c := *h
	c.flying, c.mail = slices.Clip(h.flying), nil
	c.rooms = nil
	for i, r := range h.rooms {
		h.doc(i)
		r.shared = true
		fresh := *r
		fresh.log, fresh.lines, fresh.scored = slices.Clip(r.log), slices.Clip(r.lines), slices.Clip(r.scored)
		fresh.tried, fresh.wins, fresh.phase, fresh.seq = maps.Clone(r.tried), maps.Clone(r.wins), maps.Clone(r.phase), maps.Clone(r.seq)
		c.rooms = append(c.rooms, &fresh)
	}
	return &c
}

// key tells halls apart: by what is stored, what was told, and what old letters are in the air.
func (h *hall) key() [sha256.Size]byte {
	sum := sha256.New()
	for i, r := range h.rooms {
		fmt.Fprintf(sum, "%s\n%d\n", h.doc(i), h.at(i))
		if n := len(r.lines); n > 0 {
			fmt.Fprintf(sum, "%d %s\n", n, r.lines[n-1])
		}
	}
	for _, f := range h.flying {
		fmt.Fprintf(sum, "%d %s\n", f.to, f.letter.ID)
	}
	return [sha256.Size]byte(sum.Sum(nil))
}

// mostOld is how many letters stay in the air after they have come, or have been replaced by newer ones: those may come again, or late.
const mostOld = 2

// moves are all that can happen in a hall of two rooms: what hosts wish, points, media, letters that come, once or again, acknowledged or not, in
// any order or never, and time.
//
// few leaves out what is seldom: challenges, answers to them, media, and letters that are not acknowledged; so the search goes deeper.
func (h *hall) moves(few bool) (all []func(*hall)) {
	b := h.name(1, 0)
	for i := range h.rooms {
		now := h.rooms[i].s.Now(true)
		wish := func(w wire.StageWish) {
			all = append(all, func(h *hall) { _ = h.wish(i, w) })
		}
		if now.Battle == nil {
			if i == 0 {
				wish(wire.StageWish{Call: &wire.BattleInvite{To: []wire.BattleRoom{b}}})
			}
			for _, k := range now.Calls {
				wish(wire.StageWish{TakeCall: &wire.BattleNamed{ID: k.ID}})
				wish(wire.StageWish{DropCall: &wire.BattleNamed{ID: k.ID}})
			}
		} else {
			round := &wire.BattleRound{ID: now.Battle.ID, Round: now.Battle.Round}
			wish(wire.StageWish{End: round})
			all = append(all, func(h *hall) { h.gift(i, int64(i+1)) })
			if i == 1 || !few {
				wish(wire.StageWish{Unlink: &wire.BattleNamed{ID: round.ID}})
			}
			if !few {
				wish(wire.StageWish{Challenge: &wire.BattleTerms{Fight: 30, Rounds: 1}})
				wish(wire.StageWish{Agree: round})
				wish(wire.StageWish{Decline: round})
				for _, up := range []bool{false, true} {
					all = append(all, func(h *hall) { h.media(i, up) })
				}
			}
		}
		for _, m := range h.rooms[i].s.Letters() {
			to := h.find(i, m.To)
			m.From = h.name(i, to)
			for _, arrived := range []bool{false, true} {
				if few && !arrived {
					continue
				}
				all = append(all, func(h *hall) {
					if err := h.step(to, wire.StageInput{Letter: &m}); err != nil {
						h.t.Fatalf("a true letter was refused: %v\n%s", err, m.Body)
					}
					h.flying = append(h.flying, flight{to: to, letter: &m})
					if arrived {
						_ = h.step(i, wire.StageInput{Sent: []string{m.ID}})
					}
				})
			}
		}
		if due := h.rooms[i].s.Due(); due != 0 {
			all = append(all, func(h *hall) {
				h.now = max(h.now, due-h.rooms[i].skew)
				h.tick(i)
			})
		}
	}
	for _, f := range h.flying {
		all = append(all, func(h *hall) { _ = h.step(f.to, wire.StageInput{Letter: f.letter}) })
	}
	return all
}

// halls is how many the search sees from each beginning. go test -halls 20000 goes further than is quick.
var halls = flag.Int("halls", 800, "halls that the search of all ways sees from each beginning")

// search goes all ways from h, the shortest first, until it has seen so many halls; every so many it lets the network heal, and all must end
// equal.
func search(h *hall, few bool, most int) (seen, depth, healed int) {
	known := map[[sha256.Size]byte]bool{h.key(): true}
	for front := []*hall{h}; len(front) > 0 && len(known) < most; depth++ {
		var next []*hall
		for _, at := range front {
			if len(known) >= most {
				break
			}
			for _, move := range at.moves(few) {
				to := at.copy()
				move(to)
				if len(to.flying) > mostOld {
					to.flying = to.flying[len(to.flying)-mostOld:]
				}
				key := to.key()
				if known[key] {
					continue
				}
				known[key] = true
				to.agree(false)
				next = append(next, to)
				if len(known)%50 == 0 {
					healed++
					heal(to.copy())
				}
			}
		}
		front = next
	}
	return len(known), depth, healed
}

// heal lets all that waits come, and checks that all rooms are where the referee is.
func heal(h *hall) {
	h.flying = nil
	h.run(10_000)
	h.agree(false)
	a, b := h.battle(0), h.battle(1)
	if (a == nil) != (b == nil) || a != nil && (a.Seq != b.Seq || a.Phase != b.Phase || a.Apart != 0 || b.Apart != 0) {
		h.t.Fatalf("after healing: %+v, %+v\n%s\n%s", a, b, h.doc(0), h.doc(1))
	}
}

func TestAllWaysOfTwoRoomsKeepTheLaws(t *testing.T) {
	for name, start := range map[string]func(h *hall){
		"nothing yet": func(*hall) {},
		"linked":      func(h *hall) { h.link() },
		"challenged": func(h *hall) {
			h.link()
			h.must(1, wire.StageWish{Challenge: &wire.BattleTerms{Fight: 30, Rounds: 1}})
			h.run(100)
		},
		"fighting": func(h *hall) { h.fight(wire.BattleTerms{Fight: 30, Rounds: 3}) },
		"just before its end": func(h *hall) {
			h.fight(wire.BattleTerms{Fight: 30, Rounds: 3})
			h.run(h.battle(0).Until - h.now - 1)
		},
		"just before its end, and parted": func(h *hall) {
			h.fight(wire.BattleTerms{Fight: 30, Rounds: 1})
			h.cut(1)
			h.run(h.battle(0).Until - h.now - 1)
			h.cut()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, few := range []bool{false, true} {
				h := newHall(t, "", "two.example")
				start(h)
				seen, depth, healed := search(h, few, *halls)
				t.Logf("few %v: %d halls, all up to %d moves, healed %d", few, seen, depth-1, healed)
			}
		})
	}
}
