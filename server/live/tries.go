package live

import (
	"sync"
	"time"
)

const (
	// patientFor is how long a handshake is left to single datagrams. After that each is sent anewCopies times, as are the answers to
	// all checks after the first few, which need no luck: where most packets are lost, a few kilobytes more are what makes a
	// viewer see anything soon.
	patientFor  = 50 * time.Millisecond
	checksAlone = 2
	anewCopies  = 5
	// checksMany are more than a peer needs without loss.
	checksMany = 3
	// uneven is by how much two round trips must differ in length for loss to be suspected, suspicion the loss that is then expected
	// until it was measured.
	uneven    = 40 * time.Millisecond
	suspicion = 0.65
)

// tries counts how often a connection's beginning had to be tried, which is the first that is known of a viewer's losses. It may
// be used from anywhere.
type tries struct {
	mu                    sync.Mutex
	checks                int
	answered, hello, sent time.Time // the first check, the first datagram of the peer's handshake, the first of ours
}

// answer returns how often the answer to a check is to be sent.
func (t *tries) answer(now time.Time) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.hello.IsZero() {
		return 1
	}
	if t.checks++; t.checks == 1 {
		t.answered = now
	}
	if t.checks > checksAlone {
		return anewCopies
	}
	return 1
}

// heard notes that a datagram of the peer's handshake has come.
func (t *tries) heard(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.hello.IsZero() {
		t.hello = now
	}
}

// shake returns how often a datagram of our handshake is to be sent.
func (t *tries) shake(now time.Time) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.sent.IsZero() {
		t.sent = now
	}
	if now.Sub(t.sent) > patientFor {
		return anewCopies
	}
	return 1
}

// suspicious says whether the connection that is up now seems to lose packets: without loss, the first answer brings the peer's
// handshake and the first datagram of ours its end, each after one round trip.
func (t *tries) suspicious(now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.answered.IsZero() || t.hello.IsZero() || t.sent.IsZero() {
		return false
	}
	more := now.Sub(t.sent) - t.hello.Sub(t.answered)
	return more > uneven || more < -uneven && t.checks >= checksMany
}
