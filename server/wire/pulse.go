package wire

import (
	"context"
	"time"
)

// pulseEvery is how often it is looked whether the process gets a processor when it wants one, pulseSlack how late it may be without
// counting.
const pulseEvery, pulseSlack = 20 * time.Millisecond, 20 * time.Millisecond

// Pulse tells until ctx ends by how much this process got a processor too late, each time that it did: what waits for it waited as long.
// Studio and server measure themselves with it.
func Pulse(ctx context.Context, late func(time.Duration)) {
	wait := time.NewTimer(pulseEvery)
	defer wait.Stop()
	for due := time.Now().Add(pulseEvery); ; due = time.Now().Add(pulseEvery) {
		select {
		case <-ctx.Done():
			return
		case <-wait.C:
		}
		if by := time.Since(due); by > pulseSlack {
			late(by)
		}
		wait.Reset(pulseEvery)
	}
}
