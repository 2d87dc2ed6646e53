package stage

import (
	"slices"

	"vitrine/server/wire"
)

// entry is something in a battle that its referee has numbered. Times are by the referee's clock.
type entry struct {
	Seq    int64           `json:"seq"`
	At     int64           `json:"at"`
	What   wire.BattleWhat `json:"what"`
	Corner wire.CornerID   `json:"corner,omitempty"`
	Reason string          `json:"reason,omitempty"`
	Until  int64           `json:"until,omitempty"` // when the phase, or the time of who is away, ends
	Round  int             `json:"round,omitempty"`
	// Rooms are who is linked, as the referee's server names them, the referee first.
	Rooms  []wire.BattleRoom  `json:"rooms,omitempty"`
	Terms  *wire.BattleTerms  `json:"terms,omitempty"`
	Scores []int64            `json:"scores,omitempty"` // in the order of the corners
	Result *wire.BattleResult `json:"result,omitempty"`
}

// fits says what is wrong with e as the next thing in the battle; all rooms ask it, the referee too.
func (l *link) fits(e *entry) error {
	s := l.seat(e.Corner)
	ok := false
	switch e.What {
	case wire.BattleHasBegun:
		ok = l.Phase == wire.BattleLinked && s != nil && e.Round == l.Round+1 && e.Terms != nil && checkTerms(e.Terms, len(l.Seats)) == nil
	case wire.BattleAgreed:
		ok = l.Phase == wire.BattleChallenged && s != nil && !s.Agreed
	case wire.BattleDeclined:
		ok = s != nil && (l.Phase == wire.BattleChallenged || l.Phase == wire.BattleCounting)
	case wire.BattleLapsed:
		ok = l.Phase == wire.BattleChallenged
	case wire.BattleCounts:
		ok = l.Phase == wire.BattleChallenged && l.agreed() && e.Round == l.Round || l.Phase == wire.BattleLap && l.goesOn() && e.Round == l.Round+1
	case wire.BattleFights:
		ok = l.Phase == wire.BattleCounting
	case wire.BattlePushes:
		ok = l.Phase == wire.BattleFight && l.Terms.Push > 0
	case wire.BattleScored:
		ok = l.fighting() && len(e.Scores) == len(l.Seats)
	case wire.BattleResulted:
		ok = l.fighting() && l.fitsResult(e.Result)
	case wire.BattleLapOver:
		ok = l.Phase == wire.BattleLap
	case wire.BattleCornerAway:
		ok = s != nil && s.State != wire.CornerForfeit
	case wire.BattleCornerBack:
		ok = s != nil && s.State == wire.CornerAway
	case wire.BattleCornerGone:
		ok = l.fighting() && s != nil && s.State != wire.CornerForfeit && len(e.Scores) == len(l.Seats)
	case wire.BattleUnlinked:
		ok = s != nil
	}
	if !ok {
		return wire.Errorf(wire.Invalid, "a letter about battle %s tells of %q, which cannot follow what was told before it", l.ID, e.What)
	}
	return nil
}

func (l *link) fitsResult(r *wire.BattleResult) bool {
	if r == nil || r.Battle != l.ID || r.Round != l.Round || r.Signer != l.Key || len(r.Scores) != len(l.Seats)+len(l.Out) || r.Winner < -1 || r.Winner >= len(l.Wins) {
		return false
	}
	for i := range l.Seats {
		if _, ok := r.Scores[l.Seats[i].ID]; !ok {
			return false
		}
	}
	return l.Key == "" || VerifyResult(*r) == nil
}

// agreed says whether all have agreed to the challenge.
func (l *link) agreed() bool {
	return !slices.ContainsFunc(l.Seats, func(s seat) bool { return !s.Agreed })
}

// goesOn says whether the series has a further round.
func (l *link) goesOn() bool { return l.Result != nil && !l.Result.Final && l.teams(false) > 1 }

// teams counts those with a corner that is linked, and with standing, that has not forfeited.
func (l *link) teams(standing bool) int {
	seen := map[int]bool{}
	for i := range l.Seats {
		if !standing || l.Seats[i].State != wire.CornerForfeit {
			seen[l.Seats[i].Team] = true
		}
	}
	return len(seen)
}

// apply moves the link on by e, which fits; ref is the referee's time now.
func (l *link) apply(e *entry, ref int64) {
	l.Seq = e.Seq
	s := l.seat(e.Corner)
	switch e.What {
	case wire.BattleHasBegun:
		l.phase(wire.BattleChallenged, e)
		l.Round, l.Terms, l.Result, l.Played = e.Round, e.Terms, nil, 0
		l.seatTeams()
		s.Agreed = true
	case wire.BattleAgreed:
		s.Agreed = true
	case wire.BattleDeclined, wire.BattleLapsed:
		l.phase(wire.BattleLinked, e)
		l.Terms, l.Wins, l.Result = nil, nil, nil
	case wire.BattleCounts:
		l.count(e, ref)
	case wire.BattleFights, wire.BattlePushes:
		l.fight(e)
	case wire.BattleScored:
		l.score(e.Scores)
	case wire.BattleResulted:
		l.lap(e)
	case wire.BattleLapOver:
		l.phase(wire.BattleLinked, e)
		l.stand()
	case wire.BattleCornerAway:
		s.State, s.Until = wire.CornerAway, e.Until
	case wire.BattleCornerBack:
		s.State, s.Until = wire.CornerHere, 0
	case wire.BattleCornerGone:
		l.score(e.Scores)
		s.State, s.Until = wire.CornerForfeit, 0
		if l.teams(true) < 2 { // the round is over, and is counted
			l.Until, l.End = e.At, e.At
		}
	case wire.BattleUnlinked:
		l.leave(e.Corner)
	}
}

func (l *link) phase(p wire.BattlePhase, e *entry) { l.Phase, l.Since, l.Until = p, e.At, e.Until }

// seatTeams puts the corners into the teams of the terms, for a new series.
func (l *link) seatTeams() {
	teams := 0
	for i := range l.Seats {
		s := &l.Seats[i]
		s.Agreed, s.Team, s.Score, s.Best = false, i, 0, nil
		if l.Terms.Teams != nil {
			s.Team = l.Terms.Teams[i]
		}
		teams = max(teams, s.Team+1)
	}
	l.Wins = make([]int, teams)
}

// count begins a round's countdown. Its times are known from then on, so that a room counts points rightly that hears of the fight too late.
func (l *link) count(e *entry, ref int64) {
	l.phase(wire.BattleCounting, e)
	l.Round, l.Result, l.Out = e.Round, nil, nil
	l.Start = e.Until
	l.End = l.Start + int64(l.Terms.Fight+l.Terms.Push)*1000
	l.stand()
	for i := range l.Seats {
		l.Seats[i].Score, l.Seats[i].Best = 0, nil
	}
	l.Mine.begin(e.Round, max(l.Start, ref))
}

// stand forgives forfeits.
func (l *link) stand() {
	for i := range l.Seats {
		if l.Seats[i].State == wire.CornerForfeit {
			l.Seats[i].State = wire.CornerHere
		}
		l.Seats[i].Until = 0
	}
}

func (l *link) fight(e *entry) {
	if e.What == wire.BattlePushes {
		l.phase(wire.BattlePush, e)
		return
	}
	l.phase(wire.BattleFight, e)
	for i := range l.Seats {
		if l.Seats[i].State == wire.CornerAway {
			l.Seats[i].Until = e.At + grace
		}
	}
}

func (l *link) score(all []int64) {
	for i := range l.Seats {
		l.Seats[i].Score = all[i]
	}
}

func (l *link) lap(e *entry) {
	l.phase(wire.BattleLap, e)
	l.Result = e.Result
	l.Played++
	if e.Result.Winner >= 0 {
		l.Wins[e.Result.Winner]++
	}
	for i := range l.Seats {
		l.Seats[i].Score, l.Seats[i].Until = e.Result.Scores[l.Seats[i].ID], 0
	}
}

// leave takes a corner out. What it has given in the round stays in the result.
func (l *link) leave(id wire.CornerID) {
	i := slices.IndexFunc(l.Seats, func(s seat) bool { return s.ID == id })
	if l.fighting() {
		l.Out = append(l.Out, l.Seats[i])
	}
	delete(l.Hears, id)
	if len(l.Seats) > 2 && i > 0 {
		l.Seats = slices.Delete(l.Seats, i, i+1)
	}
}

// former remembers who was linked, and the newest of their letters.
func (l *link) former(id wire.CornerID, n int64) {
	if l.Former == nil {
		l.Former = map[wire.CornerID]int64{}
	}
	l.Former[id] = max(n, 1)
}

// ends says whether an entry ends the link for this room: its corner leaves, the referee does, or nobody else is left.
func (l *link) ends(e *entry) bool {
	return e.What == wire.BattleUnlinked && (e.Corner == l.Us || e.Corner == l.Seats[0].ID || len(l.Seats) == 2)
}

// put applies what was numbered, and tells the room.
func (t *play) put(e *entry) {
	l := t.c.Link
	over := l.ends(e)
	l.apply(e, t.at+l.Clock.Off)
	b := wire.Battled{ID: l.ID, Seq: e.Seq, What: e.What, Corner: e.Corner, Reason: e.Reason}
	switch {
	case e.What == wire.BattleScored:
		b.Scores = e.Scores
	case !over:
		b.Now = l.now()
	}
	t.tell(b, false)
	if over {
		t.unlinked()
	}
}

// unlinked ends the link for this room. What has not arrived goes on being sent for as long as it makes sense.
func (t *play) unlinked() {
	id, p := t.c.Link.ID, t.c.over(t.c.Link.ID)
	for _, other := range t.c.Link.Peers {
		p.heard(cornerOf(other.Room), other.N)
	}
	for who, n := range t.c.Link.Former {
		p.heard(who, n)
	}
	for i := range t.c.Posts {
		if p := &t.c.Posts[i]; p.Battle == id {
			p.Expires = t.at + lost
		}
	}
	t.c.Link = nil
}
