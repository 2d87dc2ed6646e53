package publish

import "time"

// Pacing.
const (
	// paceAhead is how much faster than the estimate pictures leave: a key frame is many times an average picture and must not
	// hold up the next ones, yet not flood a slow link.
	paceAhead = 2.5
	// paceMost, in bits a second, keeps a key frame from overrunning the first small buffer on its way.
	paceMost  = 60_000_000
	paceLeast = 300_000
	// paceStep is the pause between two bursts.
	paceStep = 2 * time.Millisecond
)

// pacer spreads the packets of pictures over time. It is a bucket that fills at the pace and holds what paceStep brings; a
// packet may leave unless the bucket owes something. Pure.
type pacer struct {
	rate  float64 // bytes a second
	level float64 // bytes; below 0 after a packet larger than what was in it
	at    time.Duration
}

// set follows an estimate in bits a second; 0 means unknown.
func (p *pacer) set(estimate int) {
	bits := float64(paceMost)
	if estimate > 0 {
		bits = min(max(paceAhead*float64(estimate), paceLeast), paceMost)
	}
	p.rate = bits / 8
}

// open reports whether a packet may leave now.
func (p *pacer) open(now time.Duration) bool {
	p.level = min(p.level+p.rate*(now-p.at).Seconds(), p.rate*paceStep.Seconds())
	p.at = now
	return p.level >= 0
}

func (p *pacer) spend(bytes int) { p.level -= float64(bytes) }

// wait is how long until a packet may leave; never less than paceStep, so that packets leave in bursts and not one by one.
func (p *pacer) wait() time.Duration {
	return max(paceStep, time.Duration(-p.level/p.rate*float64(time.Second)))
}
