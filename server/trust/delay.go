package trust

import "time"

// What wrong tries cost: some are free, then each doubles the wait.
const (
	freeTries        = 5
	freeTriesAddress = 20 // many people may share an address
	firstDelay       = time.Second
	longestDelay     = 15 * time.Minute
	forgetTries      = 24 * time.Hour
)

// tried is how often somebody was wrong.
type tried struct {
	failed      int
	until, last time.Time
}

// delays lets tries to guess something wait longer and longer. Whoever tries at an account so keeps its owner, too, from signing in by
// a password; links and passkeys are left to them. It is safe for concurrent use.
type delays struct{ recent[tried] }

func newDelays() *delays { return &delays{} }

// try counts a try at an account from an address as wrong, or says how long to wait (RateLimited), which counts nothing. It counts
// before it is known to be right, so that many at once are no way around it; forgive takes it back.
func (d *delays) try(now time.Time, account, address string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	a, b := d.at(account), d.at(address)
	if wait := max(a.until.Sub(now), b.until.Sub(now)); wait > 0 {
		return tooMany("too many tries: wait a little and try again, or take another way to sign in", wait)
	}
	a.count(now, freeTries)
	b.count(now, freeTriesAddress)
	return nil
}

func (t *tried) count(now time.Time, free int) {
	if now.Sub(t.last) >= forgetTries {
		t.failed = 0
	}
	t.failed++
	t.last = now
	if over := t.failed - free; over >= 0 {
		t.until = now.Add(min(firstDelay<<min(over, 20), longestDelay))
	}
}

// forgive takes back a try that was right. The account's wrong ones are forgotten, the address's are not: who has one account could
// else try at others for ever.
func (d *delays) forgive(account, address string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.forget(account)
	b := d.at(address)
	b.failed = max(0, b.failed-1)
	if b.failed < freeTriesAddress {
		b.until = time.Time{}
	}
}
