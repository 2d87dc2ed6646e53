package chat

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"vitrine/server/wire"
)

// Kinds of records. Keys are numbers of events or aliases.
const (
	mainKind     = "room"
	pollKind     = "poll"
	questionKind = "question"
	silencedKind = "silenced"
	heldKind     = "held"
	personKind   = "person"
	goneKind     = "gone"
	stageKind    = "stage"
	// AwakeKind is of rooms whose stage goes on by itself, so that a process that begins may look for them.
	AwakeKind = "awake"
)

const (
	recentOf    = 512
	questionsOf = 50
	// goneAfter is when a process that does not tell who is there counts as gone.
	goneAfter = 12 * time.Second
)

// main is what a room has one of.
type main struct {
	Pinned    *wire.RoomEvent `json:"pinned,omitempty"`
	Announced string          `json:"announced,omitempty"`
	Showing   wire.Showing    `json:"showing"`
	ShowingAt int64           `json:"showingAt,omitempty"`
	Modes     wire.Modes      `json:"modes"`
	Likes     int64           `json:"likes"`
	Cheers    int64           `json:"cheers"`
	Given     int64           `json:"given"`
}

// poll is one that has not ended, question one that was not answered.
type poll struct {
	wire.Poll
	N      int64   `json:"n"`
	Counts []int64 `json:"counts"`
}

type question struct {
	N     int64       `json:"n"`
	By    wire.Member `json:"by"`
	Text  string      `json:"text"`
	Votes int         `json:"votes"`
	bag   bag         // what it is likened by
}

// silenced is somebody who may not speak, and by what they are known again.
type silenced struct {
	wire.Silenced
	Device  string `json:"device,omitempty"`
	Network string `json:"network,omitempty"`
}

// held is a message that waits for a moderator. Asks says that it was a question.
type held struct {
	Event     wire.RoomEvent `json:"event"`
	Asks      bool           `json:"asks,omitempty"`
	Reply     int64          `json:"reply,omitempty"`
	Escalated bool           `json:"escalated,omitempty"`
}

// person is somebody who has done something in the room.
type person struct {
	Person  wire.PersonID `json:"person"`
	Name    string        `json:"name"`
	Role    string        `json:"role,omitempty"`
	Device  string        `json:"device,omitempty"`
	Network string        `json:"network,omitempty"`
	Chosen  bool          `json:"chosen,omitempty"` // the name
	known   bool          // it is a record
}

// state is a room as its home knows it.
type state struct {
	head      Head
	main      main
	polls     map[int64]*poll
	questions map[int64]*question
	silenced  map[wire.Alias]*silenced
	held      map[int64]*held
	people    map[wire.Alias]*person
	folds     map[string]wire.Alias // of names
	gone      map[wire.Alias]*gone
	votes     map[int64]map[wire.Alias]int
	recent    []wire.RoomEvent
	said      map[wire.Alias]int64 // when somebody said something last
	combos    map[wire.Alias]combo
	staged    staged
}

// combo is the same gift in a row.
type combo struct {
	gift  wire.GiftID
	count int
	at    int64
}

func newState(saved *Saved) (*state, error) {
	s := &state{
		head: saved.Head, recent: saved.Recent, main: main{Modes: wire.Modes{Pause: wire.UsualPause}},
		polls: map[int64]*poll{}, questions: map[int64]*question{}, silenced: map[wire.Alias]*silenced{}, held: map[int64]*held{},
		people: map[wire.Alias]*person{}, folds: map[string]wire.Alias{}, gone: map[wire.Alias]*gone{}, votes: map[int64]map[wire.Alias]int{},
		said: map[wire.Alias]int64{}, combos: map[wire.Alias]combo{},
	}
	for _, r := range saved.Records {
		if err := s.take(r); err != nil {
			return nil, fmt.Errorf("read what a room's %s %q is: %w", r.Kind, r.Key, err)
		}
	}
	for _, v := range saved.Votes {
		s.vote(v)
	}
	for _, e := range s.recent {
		s.note(e)
	}
	return s, nil
}

func (s *state) take(r Record) (err error) {
	switch r.Kind {
	case mainKind:
		return json.Unmarshal(r.Doc, &s.main)
	case pollKind:
		return takeNumbered(r, s.polls)
	case questionKind:
		if err = takeNumbered(r, s.questions); err == nil {
			n, _ := strconv.ParseInt(r.Key, 10, 64)
			q := s.questions[n]
			q.bag = bagOf(q.Text)
		}
		return err
	case heldKind:
		return takeNumbered(r, s.held)
	case silencedKind:
		one := new(silenced)
		s.silenced[wire.Alias(r.Key)] = one
		return json.Unmarshal(r.Doc, one)
	case goneKind:
		one := new(gone)
		s.gone[wire.Alias(r.Key)] = one
		return json.Unmarshal(r.Doc, one)
	case stageKind:
		s.staged.doc = r.Doc
		return nil
	case AwakeKind:
		s.staged.awake = true
		return nil
	case personKind:
		one := &person{known: true}
		if err = json.Unmarshal(r.Doc, one); err == nil {
			s.people[wire.Alias(r.Key)] = one
			s.folds[fold(one.Name)] = wire.Alias(r.Key)
		}
		return err
	}
	return fmt.Errorf("there is no such kind")
}

func takeNumbered[V any](r Record, into map[int64]*V) error {
	n, err := strconv.ParseInt(r.Key, 10, 64)
	if err != nil {
		return err
	}
	into[n] = new(V)
	return json.Unmarshal(r.Doc, into[n])
}

func (s *state) vote(v VoteRow) {
	if s.votes[v.About] == nil {
		s.votes[v.About] = map[wire.Alias]int{}
	}
	s.votes[v.About][v.Alias] = v.Choice
}

// note keeps what rules want to know of an event.
func (s *state) note(e wire.RoomEvent) {
	if e.By == nil {
		return
	}
	if e.Said != nil || e.Asked != nil || e.Held != nil && e.Held.Line == 0 {
		s.said[e.By.Alias] = max(s.said[e.By.Alias], e.At)
	}
	if e.Gifted != nil {
		s.combos[e.By.Alias] = combo{e.Gifted.Gift, max(e.Gifted.Combo, e.Gifted.Count), e.At}
	}
}

// add keeps a new event.
func (s *state) add(e wire.RoomEvent) {
	if len(s.recent) >= 2*recentOf {
		s.recent = append([]wire.RoomEvent(nil), s.recent[recentOf:]...)
	}
	s.recent = append(s.recent, e)
	s.note(e)
}

// event finds one of the newest; nil for an older one.
func (s *state) event(n int64) *wire.RoomEvent {
	i, found := slices.BinarySearchFunc(s.recent, n, func(e wire.RoomEvent, n int64) int { return int(e.N - n) })
	if !found {
		return nil
	}
	return &s.recent[i]
}

// view is the state as somebody sees it.
func (s *state) view(who wire.Alias, staff bool) wire.RoomState {
	v := wire.RoomState{
		Pinned: s.main.Pinned, Announced: s.main.Announced, Showing: s.main.Showing, ShowingAt: s.main.ShowingAt, Modes: s.main.Modes,
		Polls: []wire.OpenPoll{}, Questions: []wire.OpenQuestion{}, Stage: s.staged.now(staff),
	}
	for _, n := range sorted(s.polls) {
		p := s.polls[n]
		mine, voted := s.votes[n][who]
		if !voted {
			mine = -1
		}
		v.Polls = append(v.Polls, wire.OpenPoll{Poll: p.Poll, N: n, Counts: slices.Clone(p.Counts), Mine: mine})
	}
	for _, q := range s.wanted() {
		_, mine := s.votes[q.N][who]
		v.Questions = append(v.Questions, wire.OpenQuestion{N: q.N, By: q.By, Text: q.Text, Votes: q.Votes, Mine: mine})
	}
	if !staff {
		return v
	}
	for _, n := range sorted(s.held) {
		v.Held = append(v.Held, s.held[n].Event)
	}
	for _, a := range sorted(s.silenced) {
		v.Silenced = append(v.Silenced, s.silenced[a].Silenced)
	}
	return v
}

// wanted are the open questions that are asked most.
func (s *state) wanted() []*question {
	list := make([]*question, 0, len(s.questions))
	for _, q := range s.questions {
		list = append(list, q)
	}
	slices.SortFunc(list, func(a, b *question) int {
		if a.Votes != b.Votes {
			return b.Votes - a.Votes
		}
		return int(a.N - b.N)
	})
	return list[:min(len(list), questionsOf)]
}

// now is all that changes beside the log.
func (s *state) now(here presence) wire.RoomNow {
	viewers := here.count()
	now := wire.RoomNow{Viewers: &viewers, Likes: new(s.main.Likes), Cheers: new(s.main.Cheers), Given: new(s.main.Given)}
	for _, n := range sorted(s.polls) {
		now.Polls = append(now.Polls, wire.Tally{Poll: n, Counts: slices.Clone(s.polls[n].Counts)})
	}
	for _, q := range s.wanted() {
		now.Questions = append(now.Questions, wire.Asks{N: q.N, Votes: q.Votes})
	}
	return now
}

// changes is what has changed since what was shown, which becomes now; nil for nothing.
func changes(shown *wire.RoomNow, now wire.RoomNow) *wire.RoomNow {
	var c wire.RoomNow
	was := *shown
	*shown = now
	if was.Viewers == nil {
		return &now
	}
	some := false
	if *was.Viewers != *now.Viewers {
		c.Viewers, some = now.Viewers, true
	}
	for _, one := range []struct {
		was, now *int64
		into     **int64
	}{{was.Likes, now.Likes, &c.Likes}, {was.Cheers, now.Cheers, &c.Cheers}, {was.Given, now.Given, &c.Given}} {
		if *one.was != *one.now {
			*one.into, some = one.now, true
		}
	}
	for _, p := range now.Polls {
		if !slices.ContainsFunc(was.Polls, func(o wire.Tally) bool { return o.Poll == p.Poll && slices.Equal(o.Counts, p.Counts) }) {
			c.Polls, some = append(c.Polls, p), true
		}
	}
	for _, q := range now.Questions {
		if !slices.Contains(was.Questions, q) {
			c.Questions, some = append(c.Questions, q), true
		}
	}
	if !some {
		return nil
	}
	return &c
}

// presence is how many people are in each process.
type presence map[string]struct {
	people int
	at     time.Time
}

func (p presence) note(from string, people int, now time.Time) {
	p[from] = struct {
		people int
		at     time.Time
	}{people, now}
	for name, one := range p {
		if now.Sub(one.at) > goneAfter {
			delete(p, name)
		}
	}
}

func (p presence) count() (n int) {
	for _, one := range p {
		n += one.people
	}
	return n
}

// seenBy is an event as somebody sees it; false for one that they do not. Who was shadowed, or waits for a moderator, sees what
// they said themselves.
func seenBy(e wire.RoomEvent, who wire.Alias, staff bool) (wire.RoomEvent, bool) {
	if staff || !e.Staff {
		return e, true
	}
	mine := e.By != nil && e.By.Alias == who
	switch {
	case e.Said != nil && mine:
		e.Staff = false
		return e, true
	case e.Held != nil && mine && e.Held.Line == 0:
		e.Staff, e.Held = false, &wire.Withheld{Text: e.Held.Text}
		return e, true
	case e.Silenced != nil && e.Silenced.Who.Alias == who && !e.Silenced.Shadow:
		e.Staff, e.By = false, nil
		return e, true
	}
	return wire.RoomEvent{}, false
}
