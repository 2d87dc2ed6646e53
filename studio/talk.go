package studio

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"vitrine/server/wire"
)

// talk is what was heard in one room, owned by the loop. Snapshots share its slices: what is in them never changes, they only grow
// at the end or are made anew.
type talk struct {
	room Room
	// showing is what viewers see as shown; the shop's.
	showing wire.Showing
	lines   []Line // that are remembered; the room's are the last of them
	// base is the number up to which everything was taken; early are numbers above it.
	base  int64
	early map[int64]bool
	// stage is as the room tells it, stageNews says that it was told since a snapshot was made.
	stage     wire.StageNow
	stageNews bool
	// mine is how far one is oneself on the way to the stage.
	mine  wire.StageMine
	news  bool  // since shown was made
	shown *Room // what snapshots hold
}

// Bounds of what is remembered of a room.
const (
	maxLines      = 400
	maxRemembered = 4000 // lines, for what is said about them later
	maxAttendees  = 100
	maxEnded      = 5
)

// public is the room for a snapshot, the same as long as nothing has changed.
func (t *talk) public() *Room {
	if t.news || t.shown == nil {
		now := t.room
		t.shown, t.news = &now, false
	}
	return t.shown
}

// join takes what the room says of itself. Events up to its state are only read; those behind it happen.
func (t *talk) join(j wire.RoomJoined, now time.Time) {
	r := &t.room
	if !j.Whole {
		t.lines, r.Lines, r.People = nil, nil, nil
	}
	r.Phase, r.Problem, r.Me, r.Moderates, r.Gifts = RoomHere, Problem{}, j.Me, j.Moderates, j.Gifts
	r.Clock = time.UnixMilli(j.Clock).Sub(now)
	s := j.State
	r.Pinned, r.Announced, r.Modes, t.showing = s.Pinned, s.Announced, s.Modes, s.Showing
	r.Polls, r.Questions, r.Silenced = s.Polls, s.Questions, s.Silenced
	r.Held = nil
	for _, e := range s.Held {
		r.Held = append(r.Held, Held{RoomEvent: e})
	}
	t.stage, t.stageNews, t.mine = wire.StageNow{}, true, wire.StageMine{}
	if s.Stage != nil {
		t.stage = *s.Stage
	}
	if j.Stage != nil {
		t.mine = *j.Stage
	}
	t.base, t.early = j.Through, map[int64]bool{}
	for _, e := range j.Events {
		if e.N <= j.Through {
			t.read(e)
		} else {
			t.take(e)
		}
	}
	t.count(&j.Now)
	t.news = true
}

// hear takes a frame, and returns the events that were new.
func (t *talk) hear(f wire.RoomFrame) (happened []wire.RoomEvent) {
	for _, e := range f.Events {
		if t.take(e) {
			happened = append(happened, e)
		}
	}
	if f.Through > t.base {
		t.base = f.Through
		maps.DeleteFunc(t.early, func(n int64, _ bool) bool { return n <= t.base })
	}
	if f.Stage != nil {
		t.mine = *f.Stage
	}
	t.count(f.Now)
	t.news = true
	return happened
}

// take takes an event once, and says whether it was new.
func (t *talk) take(e wire.RoomEvent) bool {
	if e.N <= t.base || t.early[e.N] {
		return false
	}
	t.early[e.N] = true
	t.read(e)
	t.happen(e)
	return true
}

// read makes a line of an event that people read, at the place of its number.
func (t *talk) read(e wire.RoomEvent) {
	r := &t.room
	if e.By != nil {
		r.People = met(r.People, *e.By, e.At)
	}
	if !readable(e) {
		return
	}
	at, there := t.find(e.N)
	if there {
		return
	}
	line := Line{RoomEvent: e, About: t.about(e)}
	if at == len(t.lines) {
		t.lines = append(t.lines, line) // nobody has seen what is behind the end
	} else {
		t.lines = slices.Insert(slices.Clone(t.lines), at, line)
	}
	t.lines = t.lines[max(0, len(t.lines)-maxRemembered):]
	t.tail()
	r.Heard++
}

// tail shows the newest lines.
func (t *talk) tail() { t.room.Lines = t.lines[max(0, len(t.lines)-maxLines):] }

// find is where a line is or would be.
func (t *talk) find(n int64) (at int, there bool) {
	return slices.BinarySearchFunc(t.lines, n, func(l Line, n int64) int { return cmp.Compare(l.N, n) })
}

// line is a line that is remembered; nil for none.
func (t *talk) line(n int64) *Line {
	if at, there := t.find(n); there {
		return &t.lines[at]
	}
	return nil
}

// edit changes a line that is remembered.
func (t *talk) edit(n int64, change func(*Line)) {
	if at, there := t.find(n); there {
		t.lines = slices.Clone(t.lines)
		change(&t.lines[at])
		t.tail()
	}
}

func readable(e wire.RoomEvent) bool {
	return e.Said != nil || e.Announced != nil && e.Announced.Text != "" || e.Asked != nil || e.Answered != nil || e.Polled != nil ||
		e.PollEnded != nil || e.Gifted != nil || e.Silenced != nil
}

// about is the text of what an event is about, "" for nothing known.
func (t *talk) about(e wire.RoomEvent) string {
	r := &t.room
	switch {
	case e.Said != nil && e.Said.Reply > 0:
		if l := t.line(e.Said.Reply); l != nil && l.Said != nil && l.By != nil && !l.Removed {
			return l.By.Name + ": " + l.Said.Text
		}
	case e.Answered != nil:
		if q := find(r.Questions, e.Answered.Question, questionN); q != nil {
			return q.Text
		}
		if l := t.line(e.Answered.Question); l != nil && l.Asked != nil {
			return l.Asked.Text
		}
	case e.PollEnded != nil:
		if p := find(r.Polls, e.PollEnded.Poll, pollN); p != nil {
			return p.Question
		}
	}
	return ""
}

// met puts somebody at the head of the people.
func met(people []Attendee, m wire.Member, at int64) []Attendee {
	next := make([]Attendee, 1, len(people)+1)
	next[0] = Attendee{Member: m, At: at}
	for _, p := range people {
		if p.Alias != m.Alias {
			next = append(next, p)
		}
	}
	return next[:min(len(next), maxAttendees)]
}

func questionN(q wire.OpenQuestion) int64 { return q.N }
func pollN(p wire.OpenPoll) int64         { return p.N }
func heldN(h Held) int64                  { return h.N }

// find is the entry with that number, nil for none.
func find[E any, K comparable](all []E, n K, number func(E) K) *E {
	if i := slices.IndexFunc(all, func(e E) bool { return number(e) == n }); i >= 0 {
		return &all[i]
	}
	return nil
}

// without is all but the entry with that number.
func without[E any](all []E, n int64, number func(E) int64) []E {
	if find(all, n, number) == nil {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), func(e E) bool { return number(e) == n })
}

// happen changes what is so in the room.
func (t *talk) happen(e wire.RoomEvent) {
	r := &t.room
	switch {
	case e.Removed != nil:
		t.remove(e.Removed.Line)
	case e.Highlighted != nil:
		t.edit(e.Highlighted.N, func(l *Line) {
			if l.Said != nil {
				lifted := *l.Said
				lifted.Highlight = true
				l.Said = &lifted
			}
		})
	case e.Pinned != nil:
		r.Pinned = t.pinned(e.Pinned.Line)
	case e.Announced != nil:
		r.Announced = e.Announced.Text
	case e.Showing != nil:
		t.showing = *e.Showing
	case e.Polled != nil:
		r.Polls = append(slices.Clone(r.Polls), wire.OpenPoll{Poll: *e.Polled, N: e.N, Counts: make([]int64, len(e.Polled.Options)), Mine: -1})
	case e.PollEnded != nil:
		t.endPoll(e)
	case e.Asked != nil && e.Asked.Like == 0 && e.By != nil:
		r.Questions = sorted(append(slices.Clone(r.Questions), wire.OpenQuestion{N: e.N, By: *e.By, Text: e.Asked.Text, Votes: 1}))
	case e.Answered != nil:
		r.Questions = without(r.Questions, e.Answered.Question, questionN)
	case e.Modes != nil:
		r.Modes = *e.Modes
	case e.Held != nil:
		r.Held = append(slices.Clone(r.Held), Held{RoomEvent: e})
	case e.Judged != nil && e.Judged.Decision == wire.Escalate:
		r.Held = slices.Clone(r.Held)
		if h := find(r.Held, e.Judged.Held, heldN); h != nil {
			h.Escalated = true
		}
	case e.Judged != nil:
		r.Held = without(r.Held, e.Judged.Held, heldN)
	case e.Staged != nil:
		t.stage, t.stageNews = e.Staged.Now, true
	case e.Battled != nil:
		t.fought(*e.Battled)
	case e.Silenced != nil:
		r.Silenced = slices.DeleteFunc(slices.Clone(r.Silenced), func(s wire.Silenced) bool { return s.Who.Alias == e.Silenced.Who.Alias })
		if !e.Silenced.Lifted {
			r.Silenced = append(r.Silenced, *e.Silenced)
		}
	}
}

// fought changes what is so in a battle. What happens to a call says nothing of a battle.
func (t *talk) fought(b wire.Battled) {
	was := t.stage.Battle
	switch {
	case b.Now != nil:
		now := *b.Now
		t.stage.Battle = &now
	case b.What == wire.BattleCalled || b.What == wire.BattleCallDropped || b.What == wire.BattleCallLapsed:
		return
	case was == nil || was.ID != b.ID:
		return
	case b.Scores == nil:
		t.stage.Battle = nil
	case len(b.Scores) == len(was.Corners):
		now := *was
		now.Seq, now.Corners = max(now.Seq, b.Seq), slices.Clone(was.Corners)
		for i, score := range b.Scores {
			now.Corners[i].Score = score
		}
		t.stage.Battle = &now
	}
	t.stageNews = true
}

func (t *talk) pinned(n int64) *wire.RoomEvent {
	if n == 0 {
		return nil
	}
	if l := t.line(n); l != nil {
		return &l.RoomEvent
	}
	return &wire.RoomEvent{N: n}
}

// remove takes a text out of sight, wherever it is.
func (t *talk) remove(n int64) {
	r := &t.room
	t.edit(n, func(l *Line) { l.Removed = true })
	if r.Pinned != nil && r.Pinned.N == n {
		r.Pinned = nil
	}
	r.Questions = without(r.Questions, n, questionN)
}

func (t *talk) endPoll(e wire.RoomEvent) {
	r := &t.room
	p := find(r.Polls, e.PollEnded.Poll, pollN)
	if p == nil {
		return
	}
	over := *p
	over.Counts = e.PollEnded.Counts
	r.Ended = slices.Insert(slices.Clone(r.Ended), 0, over)
	r.Ended = r.Ended[:min(len(r.Ended), maxEnded)]
	r.Polls = without(r.Polls, over.N, pollN)
}

// sorted puts the questions that most ask first, of these the oldest.
func sorted(q []wire.OpenQuestion) []wire.OpenQuestion {
	slices.SortStableFunc(q, func(a, b wire.OpenQuestion) int {
		return cmp.Or(cmp.Compare(b.Votes, a.Votes), cmp.Compare(a.N, b.N))
	})
	return q
}

// count takes figures; nil for none.
func (t *talk) count(n *wire.RoomNow) {
	if n == nil {
		return
	}
	r := &t.room
	put(&r.Viewers, n.Viewers)
	put(&r.Likes, n.Likes)
	put(&r.Given, n.Given)
	if len(n.Polls) > 0 {
		r.Polls = slices.Clone(r.Polls)
	}
	for _, tally := range n.Polls {
		if p := find(r.Polls, tally.Poll, pollN); p != nil {
			p.Counts = tally.Counts
		}
	}
	if len(n.Questions) == 0 {
		return
	}
	r.Questions = slices.Clone(r.Questions)
	for _, asks := range n.Questions {
		if q := find(r.Questions, asks.N, questionN); q != nil {
			q.Votes = asks.Votes
		}
	}
	sorted(r.Questions)
}

func put[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}
