package chat

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"vitrine/server/wire"
)

// tx is a batch that is being decided: the state, which decisions change as they go, and what must be stored of it. A decision
// checks all before it changes anything, so that one that is refused has changed nothing.
type tx struct {
	*state
	h        *home
	at       int64 // Unix ms
	media    int64
	batch    *Batch
	n        int64 // the newest event's number
	dirty    map[name]any
	answered map[RequestKey]int64
	older    map[int64]*wire.RoomEvent // events that the state no longer has
	votesOf  map[int64]map[wire.Alias]int
	coins    map[Account]int64
	reports  map[wire.PersonID]ReporterRow
	notices  []notice
	expelled []wire.PersonID
	lessons  []lesson
	outcomes map[Outcome]uint64
	stepped  bool // the stage
}

// name names a record.
type name struct{ kind, key string }

// lesson is a moderator's decision, for the judge.
type lesson struct {
	text    string
	publish bool
}

func newTx(h *home) *tx {
	return &tx{
		state: h.state, h: h, at: h.c.Now().UnixMilli(), n: h.state.head.N, dirty: map[name]any{}, answered: map[RequestKey]int64{},
		older: map[int64]*wire.RoomEvent{}, votesOf: map[int64]map[wire.Alias]int{}, coins: map[Account]int64{},
		reports: map[wire.PersonID]ReporterRow{}, outcomes: map[Outcome]uint64{}, media: h.c.Media(h.room.show), batch: &Batch{Show: h.room.show, Before: h.state.head},
	}
}

func (t *tx) now() time.Time { return time.UnixMilli(t.at) }

// learn reads what the batch needs and the state does not hold.
func (t *tx) learn(ctx context.Context, batch []*request) error {
	var q Questions
	for _, r := range batch {
		t.wants(r.call, &q)
	}
	if len(q.Requests)+len(q.Events)+len(q.Wallets)+len(q.Reporters)+len(q.Votes)+len(q.Holding) == 0 {
		return nil
	}
	a, err := t.h.c.Storage.AskRoom(ctx, t.h.room.show, q)
	if err != nil {
		return err
	}
	for _, r := range a.Requests {
		t.answered[r.RequestKey] = r.N
	}
	for _, e := range a.Events {
		t.older[e.N] = &e
	}
	for _, v := range a.Votes {
		t.noteVote(v)
	}
	maps.Copy(t.coins, a.Wallets)
	for _, r := range a.Reporters {
		t.reports[r.Person] = r
	}
	return t.learnMore(ctx, batch)
}

func (t *tx) noteVote(v VoteRow) {
	if t.votesOf[v.About] == nil {
		t.votesOf[v.About] = map[wire.Alias]int{}
	}
	t.votesOf[v.About][v.Alias] = v.Choice
}

// wants says what a call needs to be known.
func (t *tx) wants(c *call, q *Questions) {
	if key := keyOf(t.h.room.show, c); key.ID != "" {
		q.Requests = append(q.Requests, key)
	}
	if c.Erase {
		q.Holding = append(q.Holding, string(AliasOf(t.h.room.show, c.Who.Person)))
	}
	if c.Outside != nil && c.Outside.Input.Letter != nil {
		for _, name := range c.Outside.Input.Letter.Forget {
			q.Holding = append(q.Holding, fanOf(name))
		}
	}
	if c.Request == nil {
		return
	}
	r := c.Request
	line := func(n int64) {
		if n > 0 && n <= t.head.N && t.event(n) == nil {
			q.Events = append(q.Events, n)
		}
	}
	for _, n := range []*wire.Numbered{r.Pin, r.Highlight, r.Second, r.EndPoll} {
		if n != nil {
			line(n.N)
		}
	}
	switch {
	case r.Say != nil:
		line(r.Say.Reply)
	case r.Remove != nil:
		line(r.Remove.Line)
	case r.Answer != nil:
		line(r.Answer.Question)
	case r.Vote != nil:
		line(r.Vote.Poll)
	case r.Gift != nil:
		q.Wallets = append(q.Wallets, PersonAccount(c.Who.Person))
	case r.Report != nil:
		line(r.Report.Line)
		q.Votes = append(q.Votes, r.Report.Line)
		q.Reporters = append(q.Reporters, c.Who.Person)
	case r.Judge != nil:
		if h := t.held[r.Judge.Held]; h != nil && h.Event.Held.Line > 0 {
			line(h.Event.Held.Line)
			q.Votes = append(q.Votes, h.Event.Held.Line)
		}
	}
}

// keyOf is the key under which a call is answered once.
func keyOf(show wire.ShowID, c *call) RequestKey {
	switch {
	case c.Request != nil:
		return RequestKey{Who: string(AliasOf(show, c.Who.Person)), ID: c.Request.ID}
	case c.Outside != nil && c.Outside.ID != "":
		return RequestKey{Who: "server", ID: c.Outside.ID}
	case c.Pulse != nil && c.Pulse.Likes > 0:
		return RequestKey{Who: c.Pulse.From, ID: c.Pulse.ID}
	}
	return RequestKey{}
}

// answer decides a call, once.
func (t *tx) answer(r *request) answer {
	key := keyOf(t.h.room.show, r.call)
	if n, done := t.answered[key]; done && key.ID != "" {
		return answer{N: n}
	}
	var a answer
	var err error
	switch {
	case r.Request != nil:
		a.N, err = t.decide(r)
	case r.Enter:
		a.Joined, err = t.enter(r.Who)
	case r.Erase:
		t.erase(r.Who.Person)
	case r.Pulse != nil:
		a.N, err = t.n, t.pulse(r.Pulse)
		if h := t.h; h.counted > 0 && (r.Pulse.Epoch != h.epoch || r.Pulse.Count != h.counted) {
			now := h.shown
			a.Epoch, a.Count, a.Now = h.epoch, h.counted, &now
		}
	case r.Outside != nil:
		err = t.outside(r.Outside.Input)
	case r.Look:
		a.Stage = t.staged.now(true)
	default:
		err = wire.Errorf(wire.Invalid, "the request asks for nothing")
	}
	if err != nil {
		a.Error = roomError(err)
		return a
	}
	if key.ID != "" {
		t.answered[key] = a.N
		t.batch.Answers = append(t.batch.Answers, AnswerRow{key, a.N, t.at})
	}
	return a
}

// pulse takes what a process hands on.
func (t *tx) pulse(p *pulse) error {
	t.h.here.note(p.From, p.Viewers, t.h.c.Now())
	if p.Likes > 0 {
		t.main.Likes += p.Likes
		t.points(wire.StagePoints{Kind: wire.PointsLike, Units: p.Likes})
		t.putMain()
	}
	return nil
}

// emit adds an event to the log.
func (t *tx) emit(e wire.RoomEvent) int64 {
	t.n++
	e.N, e.At = t.n, t.at
	if e.Media == 0 {
		e.Media = t.media
	}
	t.batch.Events = append(t.batch.Events, e)
	t.add(e)
	return e.N
}

// line finds an event; nil for one that there is not.
func (t *tx) line(n int64) *wire.RoomEvent {
	if e := t.event(n); e != nil {
		return e
	}
	return t.older[n]
}

// change stores an event anew, and has it so from now on.
func (t *tx) change(e wire.RoomEvent) {
	if known := t.line(e.N); known != nil {
		*known = e
	}
	for i := range t.batch.Events {
		if t.batch.Events[i].N == e.N {
			t.batch.Events[i] = e
			return
		}
	}
	t.batch.Changed = slices.DeleteFunc(t.batch.Changed, func(o wire.RoomEvent) bool { return o.N == e.N })
	t.batch.Changed = append(t.batch.Changed, e)
}

func (t *tx) put(kind, key string, record any)          { t.dirty[name{kind, key}] = record }
func (t *tx) putNumbered(kind string, n int64, rec any) { t.put(kind, strconv.FormatInt(n, 10), rec) }
func (t *tx) dropNumbered(kind string, n int64)         { t.putNumbered(kind, n, nil) }
func (t *tx) putMain()                                  { t.put(mainKind, "", &t.main) }

// seal makes the batch what is to be stored, and says whether there is anything.
func (t *tx) seal() (bool, error) {
	b := t.batch
	if err := t.sealStage(); err != nil {
		return false, err
	}
	names := slices.SortedFunc(maps.Keys(t.dirty), func(a, b name) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.key, b.key))
	})
	for _, n := range names {
		r := Record{Kind: n.kind, Key: n.key}
		if record := t.dirty[n]; record != nil {
			doc, err := json.Marshal(record)
			if err != nil {
				return false, fmt.Errorf("write what a room's %s is: %w", n.kind, err)
			}
			r.Doc = doc
		}
		b.Records = append(b.Records, r)
	}
	b.After = Head{Turn: b.Before.Turn + 1, Epoch: b.Before.Epoch, N: t.n}
	return len(b.Events)+len(b.Changed)+len(b.Records)+len(b.Votes)+len(b.Answers)+len(b.Lines)+len(b.Reporters) > 0, nil
}

// tick does what time brings.
func (t *tx) tick() {
	for _, n := range sorted(t.polls) {
		if until := t.polls[n].Until; until > 0 && until <= t.at {
			t.endPoll(n, nil)
		}
	}
	for _, a := range sorted(t.silenced) {
		if until := t.silenced[a].Until; until > 0 && until <= t.at {
			delete(t.silenced, a)
			t.put(silencedKind, string(a), nil)
		}
	}
	t.tickStage()
	t.h.limits.forget(t.now())
}

// sorted are a map's keys in their order, so that the same requests make the same batch.
func sorted[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
