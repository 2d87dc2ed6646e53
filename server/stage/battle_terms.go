package stage

import (
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"vitrine/server/wire"
)

// Bounds of what hosts agree on and say.
const (
	mostWeight, mostLikes = 10_000, 1_000_000_000
	mostListed            = 200 // friends, and blocked rooms
	mostPoints            = int64(1)<<53 - 1
	mostUnits             = int64(1_000_000_000_000)
)

var usual = wire.BattleWeights{Coin: 10, Vote: 20, Like: 1, LikesMost: 5000, Paid: 2}

// complete is terms with what is usual where they say nothing.
func complete(t wire.BattleTerms) wire.BattleTerms {
	if t.Fight == 0 && t.Push == 0 && t.Lap == 0 {
		t.Fight, t.Push, t.Lap = 300, 30, 180
	}
	if t.Rounds == 0 {
		t.Rounds = 1
	}
	if t.Weights == (wire.BattleWeights{}) {
		t.Weights = usual
	}
	t.Penalty = strings.TrimSpace(t.Penalty)
	if len(t.Teams) == 0 {
		t.Teams = nil
	}
	return t
}

// checkTerms says what is wrong with complete terms for so many corners.
func checkTerms(t *wire.BattleTerms, corners int) error {
	w := t.Weights
	switch {
	case t.Fight < 30 || t.Fight > 1800:
		return wire.Errorf(wire.Invalid, "a fight takes 30 to 1800 seconds; got %d", t.Fight)
	case t.Push < 0 || t.Push > 120:
		return wire.Errorf(wire.Invalid, "a final push takes 0 to 120 seconds; got %d", t.Push)
	case t.Lap < 0 || t.Lap > 600:
		return wire.Errorf(wire.Invalid, "a lap takes 0 to 600 seconds; got %d", t.Lap)
	case t.Rounds != 1 && t.Rounds != 3 && t.Rounds != 5:
		return wire.Errorf(wire.Invalid, "a battle is the best of 1, 3 or 5 rounds; got %d", t.Rounds)
	case !plain(t.Penalty) || utf8.RuneCountInString(t.Penalty) > wire.MaxPenalty:
		return wire.Errorf(wire.Invalid, "a penalty has at most %d characters, none of them control characters; make it shorter", wire.MaxPenalty)
	case slices.ContainsFunc([]int64{w.Coin, w.Vote, w.Like, w.Paid}, func(n int64) bool { return n < 0 || n > mostWeight }):
		return wire.Errorf(wire.Invalid, "a coin, a vote, a like and a unit of currency give 0 to %d points each", mostWeight)
	case w.LikesMost < 0 || w.LikesMost > mostLikes:
		return wire.Errorf(wire.Invalid, "likes give 0 to %d points a side at most; got %d", mostLikes, w.LikesMost)
	case w.Like > 0 && w.LikesMost == 0:
		return wire.Errorf(wire.Invalid, "likes give points: say how many a side at most (likesMost), or let a like give 0")
	case w.Coin == 0 && w.Vote == 0 && w.Like == 0 && w.Paid == 0:
		return wire.Errorf(wire.Invalid, "nothing gives points: let a coin, a vote, a like or a unit of currency give some")
	}
	return checkTeams(t.Teams, corners)
}

func checkTeams(teams []int, corners int) error {
	if teams == nil {
		return nil
	}
	if len(teams) != corners {
		return wire.Errorf(wire.Invalid, "teams are for %d hosts, and %d are linked: name a team for each", len(teams), corners)
	}
	n := slices.Max(teams) + 1
	for team := range min(n, corners+1) {
		if !slices.Contains(teams, team) {
			return wire.Errorf(wire.Invalid, "teams are numbered from 0 without gaps; nobody is in team %d", team)
		}
	}
	if slices.Min(teams) < 0 || n < 2 {
		return wire.Errorf(wire.Invalid, "there are two teams at least, numbered from 0")
	}
	return nil
}

// plain says whether text is UTF-8 without control characters and marks that turn its direction.
func plain(s string) bool { return utf8.ValidString(s) && !strings.ContainsFunc(s, odd) }

func odd(r rune) bool {
	return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}

// tame is foreign text as it may be shown: without what plain refuses, cut to so many characters.
func tame(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if odd(r) || r == utf8.RuneError {
			return -1
		}
		return r
	}, s)
	if r := []rune(s); len(r) > most {
		return string(r[:most])
	}
	return s
}

// known is a room as it is kept, seen from the server that is called own: without the name of that server, and with names that may be shown.
func known(r wire.BattleRoom, own string) (wire.BattleRoom, error) {
	if err := r.Show.Validate(); err != nil {
		return r, err
	}
	r.Server = strings.TrimSuffix(r.Server, "/")
	if r.Server == own {
		r.Server = ""
	}
	if r.Server != "" {
		u, err := url.Parse(r.Server)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || r.Server != u.Scheme+"://"+u.Host || len(r.Server) > 255 {
			return r, wire.Errorf(wire.Invalid, "a server is named like https://shop.example, without a path; got %q", tame(r.Server, 80))
		}
	}
	r.Name, r.Title = tame(r.Name, wire.MaxTitle), tame(r.Title, wire.MaxTitle)
	return r, nil
}

// same says whether two rooms are one, whatever they are called.
func same(a, b wire.BattleRoom) bool { return a.Show == b.Show && a.Server == b.Server }

// cornerOf names the corner of a room.
func cornerOf(r wire.BattleRoom) wire.CornerID {
	if r.Server == "" {
		return wire.CornerID(r.Show)
	}
	_, host, _ := strings.Cut(r.Server, "://")
	return wire.CornerID(string(r.Show) + "@" + host)
}

// desk keeps whom the host's battles are with.
func (t *play) desk(d wire.BattleDesk) error {
	if len(d.Friends) > mostListed || len(d.Blocked) > mostListed {
		return wire.Errorf(wire.Invalid, "there are at most %d friends and %d blocked hosts", mostListed, mostListed)
	}
	fresh := wire.BattleDesk{Busy: d.Busy, Found: d.Found}
	seen := map[wire.CornerID]bool{}
	for _, list := range []struct{ from, to *[]wire.BattleRoom }{{&d.Friends, &fresh.Friends}, {&d.Blocked, &fresh.Blocked}} {
		for _, r := range *list.from {
			r, err := known(r, t.s.room.Server)
			if err != nil {
				return err
			}
			switch {
			case t.self(r):
				return wire.Errorf(wire.Invalid, "a host is neither their own friend nor blocked by themselves: take %s from the list", r.Show)
			case seen[cornerOf(r)]:
				return wire.Errorf(wire.Invalid, "%s is listed twice: a host is a friend or blocked, once", cornerOf(r))
			}
			seen[cornerOf(r)] = true
			*list.to = append(*list.to, r)
		}
	}
	t.c.Desk = fresh
	if fresh.Busy {
		t.c.Seeking = 0
	}
	for _, k := range slices.Clone(t.c.Calls) {
		if !k.Ours && t.blocked(k.From) {
			t.refuse(k, DropRefused)
		}
	}
	return nil
}

// self says whether a room is this one.
func (t *play) self(r wire.BattleRoom) bool { return r.Show == t.s.room.Show && r.Server == "" }

func (t *play) blocked(r wire.BattleRoom) bool {
	return slices.ContainsFunc(t.c.Desk.Blocked, func(b wire.BattleRoom) bool { return same(b, r) })
}

// hearing says how an opponent is heard in this room.
func (t *play) hearing(h wire.BattleHear) error {
	l := t.c.Link
	switch {
	case l == nil:
		return errUnlinked()
	case h.Corner == l.Us || l.seat(h.Corner) == nil:
		return wire.Errorf(wire.NotFound, "no opponent is called %q", tame(string(h.Corner), 80))
	case h.How != wire.HearAll && h.How != wire.HearLess && h.How != wire.HearNone:
		return wire.Errorf(wire.Invalid, "an opponent is heard in full (\"\"), %q or %q; got %q", wire.HearLess, wire.HearNone, tame(string(h.How), 80))
	case l.Hears[h.Corner] == h.How:
		return nil
	}
	if l.Hears == nil {
		l.Hears = map[wire.CornerID]wire.Hearing{}
	}
	if l.Hears[h.Corner] = h.How; h.How == wire.HearAll {
		delete(l.Hears, h.Corner)
	}
	t.tell(wire.Battled{ID: l.ID, What: wire.BattleHeardChanged, Corner: h.Corner, Now: l.now()}, false)
	return nil
}

func errUnlinked() error {
	return wire.Errorf(wire.Conflict, "the host is linked with nobody: call somebody first")
}
