package chat

import (
	"time"

	"vitrine/server/wire"
)

const (
	// countEvery is how often viewers are told at most how many people are there and write, tallyEvery what else changes all the time.
	countEvery = time.Second
	tallyEvery = 500 * time.Millisecond
)

// gauges are what has changed beside the log and was not told yet. It belongs to one goroutine at a time.
type gauges struct {
	counts, tallies     *wire.RoomNow // nil for nothing
	countsAt, talliesAt time.Time     // when they were told last
	lines               int           // a second, as was noted last
}

// note takes what has changed; of each thing only the newest counts.
func (g *gauges) note(n *wire.RoomNow) {
	if n.Viewers != nil || n.Typing != nil {
		c := own(&g.counts)
		newer(&c.Viewers, n.Viewers)
		newer(&c.Typing, n.Typing)
	}
	if n.Likes == nil && n.Cheers == nil && n.Given == nil && len(n.Polls) == 0 && len(n.Questions) == 0 {
		return
	}
	t := own(&g.tallies)
	newer(&t.Likes, n.Likes)
	newer(&t.Cheers, n.Cheers)
	newer(&t.Given, n.Given)
	t.Polls = merge(t.Polls, n.Polls, func(p wire.Tally) int64 { return p.Poll })
	t.Questions = merge(t.Questions, n.Questions, func(q wire.Asks) int64 { return q.N })
}

func own(n **wire.RoomNow) *wire.RoomNow {
	if *n == nil {
		*n = &wire.RoomNow{}
	}
	return *n
}

func newer[T any](old **T, n *T) {
	if n != nil {
		*old = n
	}
}

// merge replaces what has the same number and adds what is new.
func merge[T any](list, with []T, number func(T) int64) []T {
next:
	for _, w := range with {
		for i := range list {
			if number(list[i]) == number(w) {
				list[i] = w
				continue next
			}
		}
		list = append(list, w)
	}
	return list
}

// hurry notes how many lines come a second, if they are more than are shown.
func (g *gauges) hurry(lines int) {
	if lines != g.lines {
		g.lines = lines
		g.note(&wire.RoomNow{Typing: &lines})
	}
}

// due takes what may be told now; nil for nothing. again is when to ask next even if nothing is noted, 0 for never.
func (g *gauges) due(now time.Time) (changed *wire.RoomNow, again time.Duration) {
	soon := func(d time.Duration) {
		if again == 0 || d < again {
			again = d
		}
	}
	if g.tallies != nil {
		if wait := g.talliesAt.Add(tallyEvery).Sub(now); wait > 0 {
			soon(wait)
		} else {
			changed, g.tallies, g.talliesAt = g.tallies, nil, now
		}
	}
	if g.counts != nil {
		if wait := g.countsAt.Add(countEvery).Sub(now); wait > 0 {
			soon(wait)
		} else {
			c := own(&changed)
			c.Viewers, c.Typing = g.counts.Viewers, g.counts.Typing
			g.counts, g.countsAt = nil, now
		}
	}
	if g.lines > 0 {
		soon(countEvery)
	}
	return changed, again
}
