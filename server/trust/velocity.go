package trust

import (
	"net/netip"
	"slices"
	"time"

	"vitrine/server/wire"
)

// Purchase is who buys, as far as it is known. What is empty is not counted.
type Purchase struct {
	Person  wire.PersonID
	Session string     // Session.ID
	Address netip.Addr // counted by /64 for IPv6
	Card    string     // the payment provider's fingerprint of the card, never its number
}

// Velocity stops who buys faster than people do: by person, session, address or card. The zero Velocity allows 50 purchases in any
// 30 s. It remembers the keys used last, some ten thousands, and is safe for concurrent use.
type Velocity struct {
	Most   int
	Within time.Duration
	recent recent[[]time.Time] // when those purchases were, the oldest first
}

// Take counts a purchase, or refuses it with RateLimited and when to come back; a refused one is not counted.
func (v *Velocity) Take(now time.Time, p Purchase) error {
	most, within := v.Most, v.Within
	if most == 0 {
		most, within = 50, 30*time.Second
	}
	v.recent.mu.Lock()
	defer v.recent.mu.Unlock()
	var times []*[]time.Time
	var wait time.Duration
	for _, key := range p.keys() {
		t := v.recent.at(key)
		*t = slices.DeleteFunc(*t, func(at time.Time) bool { return now.Sub(at) >= within })
		if len(*t) >= most {
			wait = max(wait, (*t)[0].Add(within).Sub(now))
		}
		times = append(times, t)
	}
	if wait > 0 {
		return tooMany("this is faster than people buy: wait a little and go on", wait)
	}
	for _, t := range times {
		*t = append(*t, now)
	}
	return nil
}

func (p Purchase) keys() (keys []string) {
	if p.Person != "" {
		keys = append(keys, "person "+string(p.Person))
	}
	if p.Session != "" {
		keys = append(keys, "session "+p.Session)
	}
	if p.Address.IsValid() {
		keys = append(keys, "address "+network(p.Address))
	}
	if p.Card != "" {
		keys = append(keys, "card "+p.Card)
	}
	return keys
}
