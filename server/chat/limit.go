package chat

import (
	"time"

	"vitrine/server/wire"
)

// pace is so many at once, and then one every so often.
type pace struct {
	burst int
	every time.Duration
}

// Paces of requests: of a person, of all who share a network, of names, of reports, and of likes.
var (
	personPace  = pace{20, 200 * time.Millisecond}
	networkPace = pace{400, 10 * time.Millisecond}
	namePace    = pace{3, 20 * time.Second}
	reportPace  = pace{10, 30 * time.Second}
	likePace    = pace{20, 100 * time.Millisecond}
)

// pacer knows for each key when it would have nothing behind it: the generic cell rate algorithm (ITU-T I.371).
type pacer map[string]time.Time

// take counts one, or returns how long to wait for it.
func (p pacer) take(key string, now time.Time, at pace) time.Duration {
	due := p[key]
	if due.Before(now) {
		due = now
	}
	if wait := due.Sub(now) - time.Duration(at.burst-1)*at.every; wait > 0 {
		return wait
	}
	p[key] = due.Add(at.every)
	return 0
}

// forget drops who has nothing behind them.
func (p pacer) forget(now time.Time) {
	for key, due := range p {
		if due.Before(now) {
			delete(p, key)
		}
	}
}

// limits keep floods from the writer. They are of a home: another one begins anew.
type limits struct {
	people, networks, names, reports pacer
	forgot                           time.Time
}

func newLimits() limits {
	return limits{people: pacer{}, networks: pacer{}, names: pacer{}, reports: pacer{}}
}

// charge counts a request.
func (l *limits) charge(who actor, now time.Time) error {
	if who.who.Staff() {
		return nil
	}
	wait := l.people.take(string(who.Alias), now, personPace)
	if network := who.who.Network; wait == 0 && network != "" {
		wait = l.networks.take(network, now, networkPace)
	}
	return tooFast(wait, "that was too much at once: wait a moment and try again")
}

func tooFast(wait time.Duration, text string) error {
	if wait <= 0 {
		return nil
	}
	return &wire.Error{Code: wire.RateLimited, Text: text, RetryAfter: wait}
}

// forget drops who has been quiet, now and then.
func (l *limits) forget(now time.Time) {
	if now.Sub(l.forgot) < time.Minute {
		return
	}
	l.forgot = now
	for _, p := range []pacer{l.people, l.networks, l.names, l.reports} {
		p.forget(now)
	}
}
