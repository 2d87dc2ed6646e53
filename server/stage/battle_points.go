package stage

import (
	"cmp"
	"slices"
	"strings"

	"vitrine/server/wire"
)

// tally is what was given to this room's host in a round. A room counts for its own side, by the referee's clock as it knows it, and tells the
// referee all of it each time, so that it does not matter which letters arrive.
type tally struct {
	Round int   `json:"round,omitempty"`
	From  int64 `json:"from,omitempty"` // since when it counts, by the referee's clock
	Sum   int64 `json:"sum,omitempty"`  // points of gifts and votes
	Likes int64 `json:"likes,omitempty"`
	Paid  int64 `json:"paid,omitempty"` // minor units
	// Keys are what was counted in the round, Before in the one before it.
	Keys   map[string]bool    `json:"keys,omitempty"`
	Before map[string]bool    `json:"before,omitempty"`
	Fans   map[wire.Alias]fan `json:"fans,omitempty"`
	Done   bool               `json:"done,omitempty"` // the referee is told that this is all
}

// fan is who gave points in the round. Who may be named is known elsewhere.
type fan struct {
	Name   string `json:"name"`
	Points int64  `json:"points,omitempty"`
	Paid   int64  `json:"paid,omitempty"`
}

// praised is by which names somebody was named to which other rooms.
type praised struct {
	Names []string          `json:"names"`
	Rooms []wire.BattleRoom `json:"rooms"`
}

// mostFans is how many are remembered in a round; points of others count, too, but they are not named.
const mostFans = 2000

// report is what a room tells of its tally. Upto is the referee's time, as the room knows it: nothing that was given before it is missing.
type report struct {
	Round int              `json:"round,omitempty"`
	Score int64            `json:"score,omitempty"`
	Upto  int64            `json:"upto,omitempty"`
	Best  []wire.BattleFan `json:"best,omitempty"`
}

// begin counts for another round.
func (y *tally) begin(round int, from int64) {
	*y = tally{Round: round, From: from, Before: y.Keys}
}

func (y *tally) score(w wire.BattleWeights) int64 {
	return min(y.Sum+y.Likes+paid(y.Paid, w), mostPoints)
}

// paid are the points of so many minor units: of whole units of currency's worth, rounded down once over all.
func paid(units int64, w wire.BattleWeights) int64 {
	return units/100*w.Paid + units%100*w.Paid/100
}

func checkPoints(p *wire.StagePoints) error {
	switch {
	case p.Kind != wire.PointsGift && p.Kind != wire.PointsVote && p.Kind != wire.PointsLike && p.Kind != wire.PointsOrder:
		return wire.Errorf(wire.Invalid, "points are for a gift, a vote, a like or an order; got %q", tame(string(p.Kind), 80))
	case p.Units == 0 || p.Units < 0 && p.Kind != wire.PointsOrder || p.Units > mostUnits || p.Units < -mostUnits:
		return wire.Errorf(wire.Invalid, "points are for 1 to %d units, and orders may take back as many; got %d", mostUnits, p.Units)
	}
	return nil
}

// points counts what gives points, if it was given in the round: from its start on, and before its end; at its end is too late. Of orders those count that
// were placed in the round, so that one which is cancelled takes back what it gave.
func (c *corner) points(at int64, p *wire.StagePoints) {
	l := c.Link
	if l == nil || !l.round() || l.Mine.Round != l.Round || l.seat(l.Us).State == wire.CornerForfeit {
		return
	}
	y, ref := &l.Mine, at+l.Clock.Off
	placed := ref
	if p.Order != 0 {
		placed = p.Order + l.Clock.Off
	}
	told := y.Done && !l.referee()
	if ref < y.From || ref >= l.End || told || p.Kind == wire.PointsOrder && (placed < y.From || placed >= l.End) || p.Key != "" && (y.Keys[p.Key] || y.Before[p.Key]) {
		return
	}
	if p.Key != "" {
		if y.Keys == nil {
			y.Keys = map[string]bool{}
		}
		y.Keys[p.Key] = true
	}
	y.count(l.Terms.Weights, p, c.Named)
	for i := range l.Peers {
		l.Peers[i].Soon = l.Peers[i].Soon || !l.referee()
	}
}

func (y *tally) count(w wire.BattleWeights, p *wire.StagePoints, named map[wire.Alias]bool) {
	var gave, money int64
	switch p.Kind {
	case wire.PointsGift:
		gave = p.Units * w.Coin
		y.Sum = min(y.Sum+gave, mostPoints)
	case wire.PointsVote:
		gave = p.Units * w.Vote
		y.Sum = min(y.Sum+gave, mostPoints)
	case wire.PointsLike:
		gave = min(p.Units*w.Like, w.LikesMost-y.Likes)
		y.Likes += gave
	case wire.PointsOrder:
		money = p.Units
		y.Paid = min(max(y.Paid+money, 0), mostUnits*100)
	}
	if p.By == nil {
		return
	}
	f, known := y.Fans[p.By.Alias]
	if !known && len(y.Fans) >= mostFans && !named[p.By.Alias] {
		return
	}
	if y.Fans == nil {
		y.Fans = map[wire.Alias]fan{}
	}
	f.Name, f.Points, f.Paid = p.By.Name, min(f.Points+gave, mostPoints), min(max(f.Paid+money, 0), mostUnits*100)
	y.Fans[p.By.Alias] = f
}

// best are who gave most of those who may be named, the first first.
func (y *tally) best(terms *wire.BattleTerms, named map[wire.Alias]bool) (fans []wire.BattleFan, aliases []wire.Alias) {
	if terms == nil {
		return nil, nil
	}
	type who struct {
		wire.BattleFan
		alias wire.Alias
	}
	var all []who
	for alias := range named {
		f, gave := y.Fans[alias]
		if n := min(f.Points+paid(f.Paid, terms.Weights), mostPoints); gave && n > 0 {
			all = append(all, who{wire.BattleFan{Name: f.Name, Points: n}, alias})
		}
	}
	slices.SortFunc(all, func(a, b who) int {
		return cmp.Or(cmp.Compare(b.Points, a.Points), strings.Compare(string(a.alias), string(b.alias)))
	})
	for _, w := range all[:min(len(all), 3)] {
		fans, aliases = append(fans, w.BattleFan), append(aliases, w.alias)
	}
	return fans, aliases
}

// named are who gave most for this room's host, as other rooms are told; it is noted that they are.
func (t *play) named() []wire.BattleFan {
	l := t.c.Link
	fans, aliases := l.Mine.best(l.Terms, t.c.Named)
	for i, who := range aliases {
		p := t.c.Praised[who]
		if !slices.Contains(p.Names, fans[i].Name) {
			p.Names = append(slices.Clip(p.Names), fans[i].Name)
		}
		for _, s := range l.Seats {
			if s.ID != l.Us && !slices.ContainsFunc(p.Rooms, func(r wire.BattleRoom) bool { return same(r, s.Room) }) {
				p.Rooms = append(slices.Clip(p.Rooms), wire.BattleRoom{Show: s.Room.Show, Server: s.Room.Server})
			}
		}
		if t.c.Praised == nil {
			t.c.Praised = map[wire.Alias]praised{}
		}
		t.c.Praised[who] = p
	}
	return fans
}

// report is what this room tells of its tally.
func (t *play) report() report {
	l := t.c.Link
	r := report{Round: l.Mine.Round, Upto: t.at + l.Clock.Off, Best: t.named()}
	if l.Terms != nil {
		r.Score = l.Mine.score(l.Terms.Weights)
	}
	return r
}

func (r *report) check() error {
	if r.Score < 0 || r.Score > mostPoints || len(r.Best) > 3 {
		return wire.Errorf(wire.Invalid, "a side has 0 to %d points and up to three who gave most", mostPoints)
	}
	return nil
}

// tamed is a report of another room as it may be shown.
func (r report) tamed() report {
	r.Best = slices.Clone(r.Best)
	for i := range r.Best {
		r.Best[i].Name = tame(r.Best[i].Name, wire.MaxTitle)
	}
	return r
}

// honour says whether somebody may be named. Who may not any more is named nowhere from then on.
func (t *play) honour(by *wire.Member, named bool) error {
	if by == nil || by.Alias == "" {
		return wire.Errorf(wire.Unauthenticated, "say who you are before you say whether you may be named")
	}
	if !named {
		t.unname(by.Alias)
		return nil
	}
	if t.c.Named == nil {
		t.c.Named = map[wire.Alias]bool{}
	}
	if !t.c.Named[by.Alias] {
		t.c.Named[by.Alias] = true
		t.renamed()
	}
	return nil
}

func (t *play) unname(who wire.Alias) {
	if t.c.Named[who] {
		delete(t.c.Named, who)
		t.renamed()
	}
}

// gone forgets who has left the room for good, and has other rooms do so. Their points stay.
func (t *play) gone(who wire.Alias) {
	t.unname(who)
	if t.c.Link != nil {
		delete(t.c.Link.Mine.Fans, who)
		t.flush() // so that it is told first that they are not named any more
	}
	p := t.c.Praised[who]
	delete(t.c.Praised, who)
	for _, r := range p.Rooms {
		for names := range slices.Chunk(p.Names, wire.MaxForget) {
			t.c.Wrote++
			t.post(post{Letter: wire.StageLetter{To: r, Forget: names}})
		}
	}
}

// called calls somebody otherwise from now on who has given.
func (t *play) called(m *wire.Member) {
	if t.c.Link == nil {
		return
	}
	fans := t.c.Link.Mine.Fans
	if f, gave := fans[m.Alias]; gave && f.Name != m.Name {
		f.Name = m.Name
		fans[m.Alias] = f
		t.renamed()
	}
}

// renamed tells who gave most anew.
func (t *play) renamed() {
	l := t.c.Link
	if l == nil {
		return
	}
	if !l.referee() {
		l.Peers[0].Dirty = true
	}
	t.best()
}

// best brings who gave most up to date: at the referee's of all, elsewhere of this room's host. It is not numbered.
func (t *play) best() {
	l := t.c.Link
	all := map[wire.CornerID][]wire.BattleFan{}
	for i := range l.Seats {
		all[l.Seats[i].ID] = l.Seats[i].Best
		if k := l.peer(l.Seats[i].ID); k >= 0 && l.referee() && l.Peers[k].Tally.Round == l.Round {
			all[l.Seats[i].ID] = l.Peers[k].Tally.Best
		}
	}
	t.honoured(all)
}

// honoured shows who gave most.
func (t *play) honoured(all map[wire.CornerID][]wire.BattleFan) {
	l := t.c.Link
	changed, given := false, false
	for i := range l.Seats {
		s := &l.Seats[i]
		fans := all[s.ID]
		if s.ID == l.Us {
			fans = nil
			if l.Mine.Round == l.Round {
				fans = t.named()
			}
		}
		if len(fans) > 3 || slices.Equal(fans, s.Best) {
			continue
		}
		gone := slices.ContainsFunc(s.Best, func(f wire.BattleFan) bool {
			return !slices.ContainsFunc(fans, func(g wire.BattleFan) bool { return g.Name == f.Name })
		})
		s.Best, changed, given = slices.Clone(fans), true, given || gone
	}
	if changed && l.referee() {
		for i := range l.Peers {
			l.Peers[i].Soon = true
			l.Peers[i].Dirty = l.Peers[i].Dirty || given
		}
	}
	if given {
		scores := make([]int64, len(l.Seats))
		for i := range l.Seats {
			scores[i] = l.Seats[i].Score
		}
		t.tell(wire.Battled{ID: l.ID, What: wire.BattleScored, Scores: scores, Now: l.now()}, false)
	}
}
