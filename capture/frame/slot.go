package frame

import "sync"

// Slot holds at most one picture, the newest. Putting a picture releases the one it replaces and counts it as dropped: a
// slow consumer sees fewer pictures, never old ones. Any number of producers, one consumer.
type Slot struct {
	mu      sync.Mutex
	v       *Video
	put     uint64
	dropped uint64
	ready   chan struct{}
}

// NewSlot returns an empty slot.
func NewSlot() *Slot { return &Slot{ready: make(chan struct{}, 1)} }

// Put hands the caller's reference to the slot. It never waits.
func (s *Slot) Put(v *Video) {
	s.mu.Lock()
	old := s.v
	s.v = v
	s.put++
	if old != nil {
		s.dropped++
	}
	s.mu.Unlock()
	if old != nil {
		old.Release()
	}
	select {
	case s.ready <- struct{}{}:
	default:
	}
}

// Take returns the waiting picture, whose reference is now the caller's, or nil. It never waits.
func (s *Slot) Take() *Video {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.v
	s.v = nil
	return v
}

// Ready delivers a value after one or more pictures were put; Take may still return nil.
func (s *Slot) Ready() <-chan struct{} { return s.ready }

// Counts returns how many pictures were put and how many of them nobody took.
func (s *Slot) Counts() (put, dropped uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.put, s.dropped
}

// Drain releases a picture that nobody will take.
func (s *Slot) Drain() {
	if v := s.Take(); v != nil {
		v.Release()
	}
}
