package server

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vitrine/server/stage"
	"vitrine/server/wire"
)

// rounded is a thing of a round.
func rounded(what wire.BattleWhat, round int) func(wire.RoomEvent) bool {
	return func(e wire.RoomEvent) bool {
		return battled(what)(e) && e.Battled.Now != nil && e.Battled.Now.Round == round
	}
}

// score is what corners had last, as far as a room was told.
func (s *stander) score() []int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range slices.Backward(slices.Sorted(maps.Keys(s.events))) {
		if b := s.events[n].Battled; b != nil && b.Scores != nil {
			return b.Scores
		}
	}
	return nil
}

// parted is two hosts who fight from two servers, in one time that goes fast.
type parted struct {
	t        *testing.T
	one, two *land
	a, b     *side
	clock    func() time.Time
	id       wire.BattleID
}

// parts has nothing come through between the servers for so long by their clock, in which their viewers give, each to their own host. It returns
// before the network heals.
func (p *parted) parts(d time.Duration, a, b wire.GiftID) {
	p.t.Helper()
	told := p.b.fan.numbered()
	before := p.a.fan.score()
	p.one.way.shuts()
	p.two.way.shuts()
	heals := p.clock().Add(d)
	p.a.gives(a, 1)
	p.b.gives(b, 1)
	await(p.t, "the referee's room to tell of its own gift", func() bool { return p.a.fan.score()[0] != before[0] })
	await(p.t, "the time to pass", func() bool { return !p.clock().Before(heals) })
	if now := p.a.fan.score(); now[1] != before[1] {
		p.t.Errorf("over a network that is parted the score %v became %v", before, now)
	}
	if now := p.b.fan.numbered(); !maps.Equal(now, told) {
		p.t.Errorf("over a network that is parted came %v", now)
	}
}

func (p *parted) heals() {
	p.one.way.opens()
	p.two.way.opens()
}

// ends has both hosts press End at the same time.
func (p *parted) ends(round int) {
	p.t.Helper()
	var both sync.WaitGroup
	for _, s := range []*side{p.a, p.b} {
		both.Go(func() {
			a := s.host.wishes(wire.RoomRequest{Stage: &wire.StageWish{End: &wire.BattleRound{ID: p.id, Round: round}}})
			if a.Error != nil && a.Error.Code != wire.Conflict {
				p.t.Errorf("who presses End is told %+v", a.Error)
			}
		})
	}
	both.Wait()
}

// result is how a round ended in both rooms: the same bytes, signed by the referee's server.
func (p *parted) result(round int) wire.BattleResult {
	p.t.Helper()
	var texts [2]string
	var r wire.BattleResult
	for i, s := range []*side{p.a, p.b} {
		r = *s.fan.sees(fmt.Sprint("the result of round ", round), rounded(wire.BattleResulted, round)).Battled.Now.Result
		text, err := json.Marshal(r)
		if err != nil {
			p.t.Fatal(err)
		}
		texts[i] = string(text)
	}
	if err := stage.VerifyResult(r); err != nil || texts[0] != texts[1] || r.Signer != (signer{keyOf(p.t, p.one.folder)}).Key() {
		p.t.Errorf("round %d ended (%v) with\n%s\n%s", round, err, texts[0], texts[1])
	}
	return r
}

// forges has a room of each server that is not in the battle tell of it what would change it, by letters that are signed as they should be.
func (p *parted) forges() {
	p.t.Helper()
	now := time.Now().UnixMilli()
	here := fmt.Sprintf(`{"battle":%q,"n":9000,"s":%d,"here":{"got":1,"wishes":[{"n":1,"end":2}],"tally":{"round":2,"score":90000,"upto":%d}}}`, p.id, now, now)
	ref := fmt.Sprintf(`{"battle":%q,"n":9000,"s":%d,"ref":{"you":"x","entries":[{"seq":%d,"at":%d,"what":"unlinked","corner":"demo"}]}}`,
		p.id, now, len(p.a.fan.numbered())+1, now)
	drop := fmt.Sprintf(`{"battle":%q,"n":9000,"s":%d,"say":"drop"}`, p.id, now)
	for i, body := range []string{here, ref, drop} {
		for _, way := range [2][2]*land{{p.one, p.two}, {p.two, p.one}} {
			l := wire.StageLetter{
				ID: fmt.Sprint("forged.", i), From: wire.BattleRoom{Show: "other", Server: way[0].url()}, To: wire.BattleRoom{Show: "demo", Server: way[1].url()},
				Body: json.RawMessage(body),
			}
			if status := way[0].posts(way[1], []wire.StageLetter{l}, asSigned); status != http.StatusOK {
				p.t.Errorf("a forged letter is answered %d", status)
			}
		}
	}
}

// TestABattleOutlivesAPartitionOfTenSecondsAndEndsForWhoIsAwayForLonger goes four times as fast as its battle. Letters cannot come through a
// partition, nor break there; media can, by their own way.
func TestABattleOutlivesAPartitionOfTenSecondsAndEndsForWhoIsAwayForLonger(t *testing.T) {
	p := &parted{t: t, clock: quick(4)}
	p.one, p.two = twoLands(t, p.clock)
	p.a, p.b = p.one.side(p.one.folder, "demo", token), p.two.side(p.two.folder, "demo", token)
	p.b.room.Server, p.a.room.Server = p.two.url(), p.one.url()
	p.id = fight(p.a, p.b, wire.BattleTerms{Fight: 60, Rounds: 5, Lap: 3})
	p.told("cake", "coffee", 200, 50)

	p.parts(10*time.Second, "cake", "coffee")
	p.heals()
	p.both(400, 100)
	p.ends(1)
	if r := p.result(1); r.Outcome != wire.BattleForfeited || !maps.Equal(r.Scores, p.scores(400, 100)) || r.Final {
		t.Errorf("two hosts who press End at once end with %+v", r)
	}

	for _, s := range []*side{p.a, p.b} {
		s.fan.sees("the second round", rounded(wire.BattleFights, 2))
	}
	p.told("coffee", "cake", 50, 200)
	p.two.again(p.one)
	p.one.again(p.two)
	p.forges()
	p.parts(22*time.Second, "coffee", "cake")
	p.a.fan.sees("that who is away has lost", rounded(wire.BattleResulted, 2))
	a := p.b.host.wishes(wire.RoomRequest{Stage: &wire.StageWish{End: &wire.BattleRound{ID: p.id, Round: 2}}})
	if a.Error == nil || a.Error.Code != wire.Unavailable {
		t.Errorf("a host whose referee is not heard ends the round: %+v", a)
	}
	p.heals()
	if r := p.result(2); r.Outcome != wire.BattleForfeited || r.Winner != 0 || !maps.Equal(r.Scores, p.scores(100, 200)) {
		t.Errorf("who is away for longer than the grace ends with %+v", r)
	}

	p.a.host.does(wire.StageWish{Unlink: &wire.BattleNamed{ID: p.id}})
	for _, s := range []*side{p.a, p.b} {
		s.fan.sees("the end of the link", battled(wire.BattleUnlinked))
	}
	ended := p.a.fan.numbered()
	p.two.again(p.one)
	p.one.again(p.two)
	p.forges()
	for i, s := range []*side{p.a, p.b} {
		if x := s.fan.wishes(wire.RoomRequest{Say: &wire.Say{Text: "bye"}}); x.Error != nil {
			t.Fatal(x.Error)
		}
		s.fan.sees("what was said after all that", func(e wire.RoomEvent) bool { return e.Said != nil })
		if told := s.fan.numbered(); !maps.Equal(told, ended) || len(told) < 20 {
			t.Errorf("room %d was told\n%s\nand room 0 up to the end of the link\n%s", i, inOrder(told), inOrder(ended))
		}
	}
	for n := range int64(len(ended)) {
		if ended[n+1] == "" {
			t.Errorf("nothing has the number %d in\n%s", n+1, inOrder(ended))
		}
	}
}

func inOrder(told map[int64]string) (text string) {
	for _, n := range slices.Sorted(maps.Keys(told)) {
		text += fmt.Sprintln(n, told[n])
	}
	return text
}

// told has viewers of both give, and both rooms told of it.
func (p *parted) told(a, b wire.GiftID, wantA, wantB int64) {
	p.t.Helper()
	p.a.gives(a, 1)
	p.b.gives(b, 1)
	p.both(wantA, wantB)
}

func (p *parted) both(a, b int64) {
	p.t.Helper()
	for _, s := range []*side{p.a, p.b} {
		s.fan.scores(a, b)
	}
}

// scores are those of a result.
func (p *parted) scores(a, b int64) map[wire.CornerID]int64 {
	_, host, _ := strings.Cut(p.two.url(), "://")
	return map[wire.CornerID]int64{"demo": a, wire.CornerID("demo@" + host): b}
}

// pictured waits until somebody who watches has a key frame of the opponent.
func (s *side) pictured() {
	s.r.t.Helper()
	b := s.fan.sees("that the hosts are linked", battled(wire.BattleHasLinked)).Battled.Now
	media := b.Corners[slices.IndexFunc(b.Corners, func(c wire.BattleCorner) bool { return c.ID != b.Us })].Media
	p := receiving(s.r)
	offer := p.offer()
	await(s.r.t, "the opponent to be watched", func() bool {
		a, body := s.r.do(call{method: "POST", path: "/whep/" + media, kind: "application/sdp", body: offer})
		if a.StatusCode == http.StatusCreated {
			p.accept(a, body)
		}
		return a.StatusCode == http.StatusCreated
	})
	p.connect()
	for track := p.track(); ; {
		k := p.next(track).Payload // RFC 6184: an aggregation, which begins with the parameters, or a fragment, or a unit of its own
		if len(k) > 1 && (k[0]&31 == 5 || k[0]&31 == 24 || k[0]&31 == 28 && k[1]&31 == 5) {
			return
		}
	}
}

func TestACallThatIsTakenPutsBothHostsOnAirOnBothServers(t *testing.T) {
	one, two := twoLands(t, nil)
	a, b := one.side(one.folder, "demo", token), two.side(two.folder, "demo", token)
	b.room.Server, a.room.Server = two.url(), one.url()
	called := time.Now()
	a.host.does(wire.StageWish{Call: &wire.BattleInvite{To: []wire.BattleRoom{b.room}}})
	id := b.host.sees("the call", battled(wire.BattleCalled)).Battled.ID
	taken := time.Now()
	b.host.does(wire.StageWish{TakeCall: &wire.BattleNamed{ID: id}})
	var both sync.WaitGroup
	for i, s := range []*side{a, b} {
		both.Go(func() {
			s.pictured()
			t.Logf("viewers of room %d see the opponent %v after the call was taken, %v after the call", i, time.Since(taken), time.Since(called))
		})
	}
	both.Wait()
}
