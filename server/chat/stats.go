package chat

import "sync/atomic"

// Stats are what a process's rooms have done since it started. Bytes are of frames before they are compressed; a frame counts once
// for each who was told. Messages, and questions, count where the room's home is; blocked ones are in no log.
type Stats struct {
	Homes                              int
	Published, Held, Blocked, Shadowed uint64
	Frames, Bytes, Slow                uint64
}

// counters count for Stats. They are safe for concurrent use.
type counters struct {
	published, held, blocked, shadowed atomic.Uint64
	frames, bytes, slow                atomic.Uint64
}

// outcomes counts what became of what people typed.
func (c *counters) outcomes(n map[Outcome]uint64) {
	c.published.Add(n[Publish])
	c.held.Add(n[Hold])
	c.blocked.Add(n[Block])
	c.shadowed.Add(n[Shadow])
}

// Stats are the process's.
func (h *Hub) Stats() Stats {
	c := h.counters
	s := Stats{
		Published: c.published.Load(), Held: c.held.Load(), Blocked: c.blocked.Load(), Shadowed: c.shadowed.Load(),
		Frames: c.frames.Load(), Bytes: c.bytes.Load(), Slow: c.slow.Load(),
	}
	for _, r := range h.open() {
		r.mu.Lock()
		if r.home != nil {
			s.Homes++
		}
		r.mu.Unlock()
	}
	return s
}
