package stage

import (
	"slices"

	"vitrine/server/wire"
)

// number gives e the next number, applies it here, and has it written to all others. When it ends the link for this room, or takes a corner
// out, the last letter about it is written at once.
func (t *play) number(e entry) {
	l := t.c.Link
	e.Seq = l.Seq + 1
	l.Log = append(l.Log, e)
	for i := range l.Peers {
		l.Peers[i].Dirty = true
	}
	switch {
	case l.ends(&e):
		t.flush()
	case e.What == wire.BattleUnlinked:
		i := slices.IndexFunc(l.Peers, func(p peer) bool { return p.ID == e.Corner })
		t.write(&l.Peers[i])
		t.c.lastTo(l.ID, l.Peers[i].Room, t.at+lost)
		l.former(e.Corner, l.Peers[i].N)
		l.Peers = slices.Delete(l.Peers, i, i+1)
		l.Leaving = slices.DeleteFunc(l.Leaving, func(k wire.CornerID) bool { return k == e.Corner })
	}
	t.put(&e)
}

// wake gives all others, after this room was not running for a while, the time to be heard of again.
func (t *play) wake() {
	l := t.c.Link
	if l == nil || t.at-t.c.At < asleep {
		return
	}
	for i := range l.Peers {
		l.Peers[i].Heard = t.at
	}
	if !l.referee() {
		return
	}
	l.Woke = t.at
	for i := range l.Seats {
		if s := l.Seats[i]; s.State == wire.CornerAway && s.Until > 0 {
			t.number(entry{At: t.at, What: wire.BattleCornerAway, Corner: s.ID, Until: t.at + grace})
		}
	}
}

// next is what happens next by itself in a battle that this room is the referee of; 0 for nothing.
func (l *link) next() (when int64, act func(t *play, when int64)) {
	sooner := func(at int64, do func(t *play, when int64)) {
		if at > 0 && (when == 0 || at < when) {
			when, act = at, do
		}
	}
	switch {
	case l.Phase == wire.BattleChallenged:
		sooner(l.Until, func(t *play, when int64) { t.number(entry{At: when, What: wire.BattleLapsed}) })
	case l.Phase == wire.BattleCounting:
		sooner(l.Until, func(t *play, when int64) {
			t.number(entry{At: when, What: wire.BattleFights, Until: when + int64(l.Terms.Fight)*1000})
		})
	case l.Phase == wire.BattleFight && l.Until < l.End:
		sooner(l.Until, func(t *play, when int64) { t.number(entry{At: when, What: wire.BattlePushes, Until: l.End}) })
	case l.Phase == wire.BattleLap:
		sooner(l.Until, (*play).lapOver)
	}
	if l.fighting() {
		for i := range l.Seats {
			if s := &l.Seats[i]; s.State == wire.CornerAway && s.Until < l.End {
				sooner(s.Until, (*play).awayTooLong)
			}
		}
	}
	for i := range l.Peers {
		if p := &l.Peers[i]; !p.Silent {
			sooner(p.Heard+silence, (*play).missed)
		}
		sooner(l.Peers[i].Heard+lost, (*play).lostOne)
	}
	return when, act
}

// pass does what time brings, in its order.
func (t *play) pass() {
	t.passCalls()
	t.passPosts()
	for l := t.c.Link; l != nil && l.referee(); l = t.c.Link {
		when, act := l.next()
		if when == 0 || when > t.at {
			return
		}
		act(t, when)
	}
	t.passReplica()
}

func (t *play) lapOver(when int64) {
	l := t.c.Link
	if l.goesOn() {
		t.number(entry{At: when, What: wire.BattleCounts, Round: l.Round + 1, Until: when + countdown})
		return
	}
	t.number(entry{At: when, What: wire.BattleLapOver})
}

// awayTooLong has all forfeit whose time is over at when.
func (t *play) awayTooLong(when int64) {
	for _, s := range slices.Clone(t.c.Link.Seats) {
		if s.State == wire.CornerAway && s.Until == when {
			l := t.c.Link
			if i := l.peer(s.ID); i >= 0 && l.Peers[i].Silent {
				l.Peers[i].Frozen = l.Round
			}
			t.number(entry{At: when, What: wire.BattleCornerGone, Corner: s.ID, Scores: l.scores(), Reason: "away"})
		}
	}
}

// missed notes of whom nothing has come.
func (t *play) missed(when int64) {
	for i := range t.c.Link.Peers {
		if p := &t.c.Link.Peers[i]; p.Heard+silence <= when {
			p.Silent = true
		}
	}
	t.watch(when)
}

// lostOne unlinks one who has not been heard for too long.
func (t *play) lostOne(when int64) {
	l := t.c.Link
	for i := range l.Peers {
		if p := &l.Peers[i]; p.Heard+lost <= when {
			p.Heard = when // a round that is counted just now ends first
			t.unlink(p.ID, when, "lost")
			return
		}
	}
}

// watch numbers who is away and who is back.
func (t *play) watch(when int64) {
	l := t.c.Link
	for _, s := range slices.Clone(l.Seats) {
		away := t.c.Down
		if i := l.peer(s.ID); i >= 0 {
			away = l.Peers[i].Silent || l.Peers[i].Down
		}
		switch {
		case away && s.State == wire.CornerHere:
			e := entry{At: when, What: wire.BattleCornerAway, Corner: s.ID}
			if l.fighting() && when < l.End {
				e.Until = when + grace
			}
			t.number(e)
		case !away && s.State == wire.CornerAway:
			t.number(entry{At: when, What: wire.BattleCornerBack, Corner: s.ID})
		}
	}
}

func (l *link) peer(id wire.CornerID) int {
	return slices.IndexFunc(l.Peers, func(p peer) bool { return p.ID == id })
}

// of is the peer whose room that is; -1 for none.
func (l *link) of(room wire.BattleRoom) int {
	return slices.IndexFunc(l.Peers, func(p peer) bool { return same(p.Room, room) })
}

// follow does, at the referee's, what follows from all that is known at this time.
func (t *play) follow() {
	l := t.c.Link
	if l == nil || !l.referee() {
		return
	}
	t.watch(t.at)
	t.best()
	if !l.fighting() {
		return
	}
	if t.at >= l.End {
		l.Mine.Done = true
	}
	switch {
	case l.counted(t.at) && (l.complete() || t.at >= max(l.End, l.Woke)+grace):
		outcome, winner := l.verdict()
		t.result(t.at, outcome, winner)
	case l.changed() && t.at >= l.ScoredAt+l.pace():
		l.ScoredAt = t.at
		t.number(entry{At: t.at, What: wire.BattleScored, Scores: l.scores()})
	}
}

// complete says whether all have told all that was given until the round's end.
func (l *link) complete() bool {
	for i := range l.Peers {
		p := &l.Peers[i]
		if p.Frozen != l.Round && (p.Tally.Round != l.Round || p.Tally.Upto < l.End) {
			return false
		}
	}
	return true
}

// scores are what is known of each corner's points. Who has forfeited counts no more when they hear of it; of whom nothing was heard at that
// time what was known then counts.
func (l *link) scores() []int64 {
	all := make([]int64, len(l.Seats))
	for i := range l.Seats {
		s := &l.Seats[i]
		all[i] = s.Score
		if k := l.peer(s.ID); k < 0 {
			all[i] = l.Mine.score(l.Terms.Weights)
		} else if l.Peers[k].Tally.Round == l.Round && l.Peers[k].Frozen != l.Round {
			all[i] = l.Peers[k].Tally.Score
		}
	}
	return all
}

func (l *link) changed() bool {
	for i, n := range l.scores() {
		if l.Seats[i].Score != n {
			return true
		}
	}
	return false
}

func (l *link) pace() int64 {
	if len(l.Log) > backlog {
		return slowPace
	}
	return pace
}

// verdict is how the round ends by its points.
func (l *link) verdict() (wire.BattleOutcome, int) {
	scores := l.scores()
	sum := make([]int64, len(l.Wins))
	standing := make([]bool, len(l.Wins))
	for i := range l.Seats {
		s := &l.Seats[i]
		sum[s.Team] = min(sum[s.Team]+scores[i], mostPoints)
		standing[s.Team] = standing[s.Team] || s.State != wire.CornerForfeit
	}
	for i := range l.Out {
		sum[l.Out[i].Team] = min(sum[l.Out[i].Team]+l.Out[i].Score, mostPoints)
	}
	winner, most, outcome := -1, int64(-1), wire.BattleVoid
	for team := range sum {
		switch {
		case !standing[team]:
		case sum[team] > most:
			winner, most, outcome = team, sum[team], wire.BattleWon
		case sum[team] == most:
			winner, outcome = -1, wire.BattleDrawn
		}
	}
	if winner >= 0 && l.teams(true) == 1 {
		outcome = wire.BattleForfeited
	}
	return outcome, winner
}

// unlink takes a corner out. Who leaves a challenge has declined it, and who leaves a fight has lost it; while a round is counted all wait for that.
func (t *play) unlink(id wire.CornerID, when int64, reason string) {
	l := t.c.Link
	switch {
	case l.counted(when):
		if !slices.Contains(l.Leaving, id) {
			l.Leaving = append(l.Leaving, id)
		}
		return
	case l.Phase == wire.BattleChallenged || l.Phase == wire.BattleCounting:
		t.number(entry{At: when, What: wire.BattleDeclined, Corner: id, Reason: reason})
	case l.fighting():
		if l.seat(id).State != wire.CornerForfeit {
			t.number(entry{At: when, What: wire.BattleCornerGone, Corner: id, Scores: l.scores(), Reason: reason})
		}
		if l.counted(when) { // nobody is left to fight with
			l.Leaving = append(l.Leaving, id)
			return
		}
		if id == l.Us {
			t.result(when, wire.BattleVoid, -1) // the referee is lost to those who go on
		}
	}
	t.number(entry{At: when, What: wire.BattleUnlinked, Corner: id, Reason: reason})
}
