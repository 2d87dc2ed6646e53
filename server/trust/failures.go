package trust

import (
	"slices"
	"time"
)

// failuresWithin is how long a failed payment counts.
const failuresWithin = time.Hour

// Failures counts failed payments for Try.Failed. The zero Failures is ready. It remembers the keys used last, some ten thousands, and
// is safe for concurrent use.
type Failures struct{ recent recent[[]time.Time] }

// Note counts a failed payment.
func (f *Failures) Note(now time.Time, p Purchase) {
	f.recent.mu.Lock()
	defer f.recent.mu.Unlock()
	for _, key := range p.keys() {
		t := f.recent.at(key)
		*t = append(still(*t, now), now)
	}
}

// Count is how many payments failed within the last hour by the person, the session, the address or the card, whichever had most.
func (f *Failures) Count(now time.Time, p Purchase) (n int) {
	f.recent.mu.Lock()
	defer f.recent.mu.Unlock()
	for _, key := range p.keys() {
		if e, ok := f.recent.all[key]; ok {
			n = max(n, len(still(e.Value.(*remembered[[]time.Time]).value, now)))
		}
	}
	return n
}

// still are the times that count yet.
func still(times []time.Time, now time.Time) []time.Time {
	first := slices.IndexFunc(times, func(at time.Time) bool { return now.Sub(at) < failuresWithin })
	if first < 0 {
		return nil
	}
	return times[first:]
}
