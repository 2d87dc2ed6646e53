package stage

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"vitrine/server/wire"
)

// Times of a battle, ms.
const (
	grace     = int64(wire.StageGrace / 1e6)
	answer    = int64(wire.AnswerWithin / 1e6)
	countdown = int64(wire.BattleCountdown / 1e6)
	// Each room of a link writes to the referee, and the referee to each, every beat at least. Of whom nothing has come for as long as silence is
	// away. Who has not been heard for lost is unlinked. A room that let pass a time longer than asleep between two steps was not running.
	beat, silence, lost, asleep = int64(2_000), int64(5_000), int64(600_000), int64(10_000)
	// Scores are told once in a pace at most; in a slowPace while more than a backlog of numbered things has not arrived somewhere.
	pace, slowPace, backlog = int64(250), int64(2_000), 100
)

// link is a link of hosts with its battle, as one of its rooms knows it: what the referee has numbered, folded; and what the room needs to tell
// the others. Times are by the referee's clock but where it is said.
type link struct {
	ID     wire.BattleID           `json:"id"`
	Show   wire.ShowID             `json:"show"` // this room's
	Us     wire.CornerID           `json:"us"`
	Key    string                  `json:"key,omitempty"` // the referee's
	Seq    int64                   `json:"seq"`
	Phase  wire.BattlePhase        `json:"phase"`
	Seats  []seat                  `json:"seats"`            // the referee's first
	Out    []seat                  `json:"out,omitempty"`    // who left in the round
	Former map[wire.CornerID]int64 `json:"former,omitempty"` // who was linked, with the newest of their letters
	Round  int                     `json:"round,omitempty"`
	Terms  *wire.BattleTerms       `json:"terms,omitempty"`
	Since  int64                   `json:"since"`
	Until  int64                   `json:"until,omitempty"`
	Start  int64                   `json:"start,omitempty"` // the fight's
	End    int64                   `json:"end,omitempty"`   // the round's: what comes at that time, or later, gives no points
	Wins   []int                   `json:"wins,omitempty"`
	Played int                     `json:"played,omitempty"`
	Result *wire.BattleResult      `json:"result,omitempty"`

	Hears map[wire.CornerID]wire.Hearing `json:"hears,omitempty"`
	Mine  tally                          `json:"mine"`

	// Peers are the other rooms at the referee's, in no order that matters; the referee alone at all others'.
	Peers []peer `json:"peers"`
	// For the referee: what has not arrived everywhere, when scores were told, since when it has been awake, who wants to be unlinked when the
	// round is counted.
	Log      []entry         `json:"log,omitempty"`
	ScoredAt int64           `json:"scoredAt,omitempty"`
	Woke     int64           `json:"woke,omitempty"`
	Leaving  []wire.CornerID `json:"leaving,omitempty"`
	// For the others: what their host wishes that the referee has not dealt with, the number of the newest such wish, whether the referee
	// is lost, and its clock.
	Wishes []hostWish `json:"wishes,omitempty"`
	WishN  int64      `json:"wishN,omitempty"`
	Apart  bool       `json:"apart,omitempty"`
	Leave  bool       `json:"leave,omitempty"` // the host wants to be unlinked
	Clock  clock      `json:"clock"`
}

// seat is a corner as all know it; Until is by the referee's clock. Room is as this room's server names it.
type seat struct {
	ID     wire.CornerID    `json:"id"`
	Room   wire.BattleRoom  `json:"room"`
	State  wire.CornerState `json:"state"`
	Until  int64            `json:"until,omitempty"`
	Team   int              `json:"team"`
	Agreed bool             `json:"agreed,omitempty"`
	Score  int64            `json:"score,omitempty"`
	// Best is not numbered: a name that is taken back is gone at once, from what waits to be delivered, too.
	Best []wire.BattleFan `json:"best,omitempty"`
}

// clock is how the referee's clock differs from this room's, after Mills (RFC 5905, section 8): with t1 and t4, when this room wrote a
// letter and when the answer came, by its own clock, and t2 and t3, when that came to the referee and when it wrote the answer, by the referee's,
//
//	offset = ((t2-t1) + (t3-t4)) / 2, delay = (t4-t1) - (t3-t2).
//
// The offset's error is half the delay at most, when all of the delay was on one way; so the sample with the least delay is kept, and allowed
// 1 ms more for each second of its age, which is more than clocks drift. Rooms of one server have one clock: their offset is 0.
type clock struct {
	Off   int64 `json:"off,omitempty"` // to be added to this room's time, ms
	Delay int64 `json:"delay,omitempty"`
	At    int64 `json:"at,omitempty"` // of the sample; 0 for none
}

func (k *clock) sample(t1, t2, t3, t4 int64) {
	delay := (t4 - t1) - (t3 - t2)
	if t1 <= 0 || t2 <= 0 || delay < 0 || t3 < t2 || k.At != 0 && delay > k.Delay+(t4-k.At)/1000 {
		return
	}
	*k = clock{Off: ((t2 - t1) + (t3 - t4)) / 2, Delay: delay, At: t4}
}

// referee says whether this room is the referee.
func (l *link) referee() bool { return l.Us == l.Seats[0].ID }

// seat is the corner with that name; nil for none.
func (l *link) seat(id wire.CornerID) *seat {
	for i := range l.Seats {
		if l.Seats[i].ID == id {
			return &l.Seats[i]
		}
	}
	return nil
}

// fighting says whether a round is being fought or counted.
func (l *link) fighting() bool { return l.Phase == wire.BattleFight || l.Phase == wire.BattlePush }

// counted says whether a round's time is over, ref being the referee's time, while its result is not known.
func (l *link) counted(ref int64) bool { return l.fighting() && ref >= l.End }

// now is the link as its room's clients see it, by their server's clock.
func (l *link) now() *wire.Battle {
	b := &wire.Battle{
		ID: l.ID, Seq: l.Seq, Phase: l.Phase, Us: l.Us, Round: l.Round, Terms: l.Terms, Result: l.Result,
		Since: l.here(l.Since), Until: l.here(l.Until), Wins: slices.Clone(l.Wins),
	}
	if l.Apart {
		b.Apart = l.Peers[0].Heard
	}
	for i := range l.Seats {
		s := &l.Seats[i]
		b.Corners = append(b.Corners, wire.BattleCorner{
			ID: s.ID, Room: s.Room, State: s.State, Until: l.here(s.Until), Team: s.Team, Agreed: s.Agreed, Score: s.Score,
			Media: l.media(s), Heard: l.Hears[s.ID], Best: slices.Clone(s.Best),
		})
	}
	return b
}

// here is a time of the referee's by this room's clock.
func (l *link) here(ref int64) int64 {
	if ref == 0 {
		return 0
	}
	return ref - l.Clock.Off
}

// media is where a corner is watched from this room's server.
func (l *link) media(s *seat) string {
	if s.Room.Server == "" {
		return string(s.Room.Show)
	}
	sum := sha256.Sum256([]byte(s.ID))
	return string(l.Show) + "~at-" + hex.EncodeToString(sum[:8])
}

// due adds when the link wants an input.
func (l *link) due(d *soonest) {
	tally := l.round() && !l.Mine.Done
	for i := range l.Peers {
		p := &l.Peers[i]
		d.at(p.Wrote + beat)
		if p.Soon {
			d.at(p.Wrote + pace)
		}
		d.at(p.Heard + lost)
		switch {
		case !l.referee() && !l.Apart:
			d.at(p.Heard + grace)
		case l.referee() && !p.Silent:
			d.at(p.Heard + silence)
		}
	}
	if !l.referee() {
		if tally {
			d.at(l.here(l.End))
		}
		return
	}
	if when, _ := l.next(); when > 0 {
		d.at(when)
	}
	if l.fighting() {
		d.at(max(l.End, l.Woke) + grace)
		if tally {
			d.at(l.End)
		}
		if l.changed() {
			d.at(l.ScoredAt + l.pace())
		}
	}
}

// round says whether a round's points may be counted: they are from its countdown on, because what tells of the fight may come late.
func (l *link) round() bool { return l.Phase == wire.BattleCounting || l.fighting() }
