package chat

import (
	"context"

	"vitrine/server/wire"
)

const (
	// pollsOf is how many polls are open at most, longestPoll how long one may last, in seconds.
	pollsOf, longestPoll = 3, 24 * 60 * 60
)

// startPoll starts a poll.
func (t *tx) startPoll(who actor, q wire.StartPoll) (int64, error) {
	text, err := clean("the poll's question", q.Question, wire.MaxLine)
	if err != nil {
		return 0, err
	}
	if len(q.Options) < 2 || len(q.Options) > wire.MaxOptions {
		return 0, wire.Errorf(wire.Invalid, "a poll has 2 to %d options; this one has %d", wire.MaxOptions, len(q.Options))
	}
	if q.Seconds < 0 || q.Seconds > longestPoll {
		return 0, wire.Errorf(wire.Invalid, "a poll lasts 1 to %d seconds, or with 0 until it is ended", longestPoll)
	}
	p := wire.Poll{Question: text}
	seen := map[string]bool{}
	for _, o := range q.Options {
		if o, err = clean("an option", o, wire.MaxOption); err != nil {
			return 0, err
		}
		if seen[o] {
			return 0, wire.Errorf(wire.Invalid, "two options of the poll are the same")
		}
		seen[o] = true
		p.Options = append(p.Options, o)
	}
	if len(t.polls) >= pollsOf {
		return 0, wire.Errorf(wire.Conflict, "%d polls are open: end one first", pollsOf)
	}
	if q.Seconds > 0 {
		p.Until = t.at + int64(q.Seconds)*1000
	}
	n := t.emit(wire.RoomEvent{By: &who.Member, Polled: &p})
	t.polls[n] = &poll{Poll: p, N: n, Counts: make([]int64, len(p.Options))}
	t.putNumbered(pollKind, n, t.polls[n])
	return n, nil
}

// openPoll finds a poll that has not ended.
func (t *tx) openPoll(n int64) (*poll, error) {
	if p := t.polls[n]; p != nil {
		return p, nil
	}
	if e := t.line(n); e != nil && e.Polled != nil {
		return nil, wire.Errorf(wire.Conflict, "this poll has ended").Because("poll_over")
	}
	return nil, wire.Errorf(wire.NotFound, "there is no poll %d", n)
}

// voteIn votes in a poll.
func (t *tx) voteIn(who actor, v wire.Vote) error {
	p, err := t.openPoll(v.Poll)
	if err != nil {
		return err
	}
	if v.Option < 0 || v.Option >= len(p.Options) {
		return wire.Errorf(wire.Invalid, "the poll has options 0 to %d", len(p.Options)-1)
	}
	if err := t.voteOnce(who, v.Poll, v.Option, "you have voted in this poll"); err != nil {
		return err
	}
	p.Counts[v.Option]++
	t.putNumbered(pollKind, v.Poll, p)
	return nil
}

// voteOnce notes a vote, which everybody has one of.
func (t *tx) voteOnce(who actor, about int64, choice int, twice string) error {
	if _, voted := t.votes[about][who.Alias]; voted {
		return wire.Errorf(wire.Conflict, "%s", twice).Because("voted")
	}
	v := VoteRow{About: about, Alias: who.Alias, Choice: choice, At: t.at}
	t.vote(v)
	t.batch.Votes = append(t.batch.Votes, v)
	return nil
}

// cheer votes for the host.
func (t *tx) cheer(who actor) error {
	if err := t.voteOnce(who, 0, 0, "you have cheered for this show"); err != nil {
		return err
	}
	t.main.Cheers++
	t.points(wire.StagePoints{Kind: wire.PointsVote, By: &who.Member, Units: 1})
	t.putMain()
	return nil
}

// stopPoll ends a poll by hand.
func (t *tx) stopPoll(who actor, n int64) (int64, error) {
	if _, err := t.openPoll(n); err != nil {
		return 0, err
	}
	return t.endPoll(n, &who.Member), nil
}

func (t *tx) endPoll(n int64, by *wire.Member) int64 {
	p := t.polls[n]
	delete(t.polls, n)
	delete(t.votes, n)
	t.dropNumbered(pollKind, n)
	return t.emit(wire.RoomEvent{By: by, PollEnded: &wire.PollEnded{Poll: n, Counts: p.Counts}})
}

// PollResult is a poll with all its votes, in the order in which they came.
type PollResult struct {
	wire.Poll
	N      int64
	At     int64 // when it was started, Unix ms
	Counts []int64
	Votes  []VoteRow
}

// Poll returns a poll for export. NotFound says that the event is none.
func (h *Hub) Poll(ctx context.Context, show wire.ShowID, n int64) (PollResult, error) {
	a, err := h.c.Storage.AskRoom(ctx, show, Questions{Events: []int64{n}, Votes: []int64{n}})
	if err != nil {
		return PollResult{}, err
	}
	if len(a.Events) == 0 || a.Events[0].Polled == nil {
		return PollResult{}, wire.Errorf(wire.NotFound, "there is no poll %d", n)
	}
	e := a.Events[0]
	r := PollResult{Poll: *e.Polled, N: n, At: e.At, Counts: make([]int64, len(e.Polled.Options)), Votes: a.Votes}
	for _, v := range a.Votes {
		r.Counts[v.Choice]++
	}
	return r, nil
}
