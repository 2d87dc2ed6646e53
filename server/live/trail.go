package live

import (
	"sort"
	"time"
)

// trailLength is how many packets a trail holds: those of a high picture for as long as the last copy takes.
const trailLength = 1 << 10

// trail is the picture's packets of the last moments and when they were sent, so that copies of them can be sent later to
// viewers whose losses ask for them. It costs the same for one such viewer as for all. It belongs to its lane.
type trail struct {
	packets [trailLength]*Packet
	at      [trailLength]time.Time
	next    int // of all packets ever added
	done    time.Time
}

func (t *trail) add(list []*Packet, now time.Time) {
	for _, p := range list {
		t.packets[t.next%trailLength], t.at[t.next%trailLength] = p, now
		t.next++
	}
}

// repeat sends the copies that have fallen due since it was called last.
func (t *trail) repeat(downs []*DownTrack, now time.Time) {
	from := t.done
	t.done = now
	most := 0
	for _, d := range downs {
		most = max(most, d.guard.shield().Copies)
	}
	if from.IsZero() || now.Sub(from) > copyEvery {
		from = now.Add(-copyEvery)
	}
	for n := 1; n <= most; n++ {
		back := time.Duration(n) * copyEvery
		first, end := t.since(from.Add(-back)), t.since(now.Add(-back))
		for _, d := range downs {
			if d.guard.shield().Copies < n {
				continue
			}
			for i := first; i < end; i++ {
				if p := t.packets[i%trailLength]; p.From == d.up {
					d.copy(p)
				}
			}
		}
	}
}

// since is the number of the first packet that was added after the time.
func (t *trail) since(at time.Time) int {
	oldest := max(0, t.next-trailLength)
	return oldest + sort.Search(t.next-oldest, func(i int) bool { return t.at[(oldest+i)%trailLength].After(at) })
}
