package chat

import "sync"

// Frame is a RoomFrame as all who get it share it. It is safe for concurrent use, and nobody changes its JSON.
type Frame struct {
	JSON []byte

	once sync.Once
	made any
	err  error
}

// Made is what prepare made of the frame when it was called first, for all who share it: the edge's prepared message.
func (f *Frame) Made(prepare func(text []byte) (any, error)) (any, error) {
	f.once.Do(func() { f.made, f.err = prepare(f.JSON) })
	return f.made, f.err
}

// Ending is why a subscription ended.
type Ending int

// Endings.
const (
	Open   Ending = iota // it has not ended
	Left                 // by Close
	Slow                 // frames were not read: it may be joined again from the newest event known
	Banned               // the person may not be here
	Closed               // the room is
	Over                 // this process ends
)

// Subscription is one way to somebody in a room: a page or studio has one, so that a person may have several. It is safe for
// concurrent use.
type Subscription struct {
	crowd  *crowd
	who    *attendee
	next   *Subscription // of the same person
	at     int           // where it is in its ring
	staff  bool
	frames chan *Frame
	end    Ending
}

// Frames are what is told, in order; closed at the end, when End says why. It may hold frames then.
func (s *Subscription) Frames() <-chan *Frame { return s.frames }

// End is why it has ended; Open as long as it has not.
func (s *Subscription) End() Ending {
	s.crowd.mu.Lock()
	defer s.crowd.mu.Unlock()
	return s.end
}

// Put queues a frame for this subscription alone, in its place among what is told; after the end it does nothing.
func (s *Subscription) Put(f *Frame) {
	s.crowd.mu.Lock()
	defer s.crowd.mu.Unlock()
	if s.end == Open {
		s.crowd.put(s, f)
	}
}

// Close ends it. It may be called twice.
func (s *Subscription) Close() {
	s.crowd.mu.Lock()
	defer s.crowd.mu.Unlock()
	s.crowd.drop(s, Left)
}
