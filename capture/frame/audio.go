package frame

import (
	"sync"
	"time"
)

// Sound inside the studio always runs at SampleRate, in blocks of BlockSamples per channel.
const (
	SampleRate    = 48000
	BlockSamples  = 480
	BlockDuration = 10 * time.Millisecond
)

// Block is 10 ms of sound: BlockSamples stereo sample pairs, interleaved left, right, full scale ±1. Mono devices are
// heard on both sides. It is a value: passing it on copies it, so nobody shares samples.
type Block [2 * BlockSamples]float32

// Queue holds a few blocks of sound between a device and the mixer. A full queue drops its oldest block, an empty one
// gives silence; both are counted. One producer and one consumer, on any goroutines.
type Queue struct {
	mu      sync.Mutex
	ring    []Block
	head, n int
	dropped uint64
	ready   chan struct{}
}

// NewQueue returns a queue for the given number of blocks; 5 between a microphone and the mixer.
func NewQueue(blocks int) *Queue {
	return &Queue{ring: make([]Block, blocks), ready: make(chan struct{}, 1)}
}

// Put copies b into the queue. It never waits.
func (q *Queue) Put(b *Block) {
	q.mu.Lock()
	if q.n == len(q.ring) {
		q.head = (q.head + 1) % len(q.ring)
		q.n--
		q.dropped++
	}
	q.ring[(q.head+q.n)%len(q.ring)] = *b
	q.n++
	q.mu.Unlock()
	select {
	case q.ready <- struct{}{}:
	default:
	}
}

// Get copies the oldest block into b, or reports false and leaves b alone. It never waits.
func (q *Queue) Get(b *Block) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.n == 0 {
		return false
	}
	*b = q.ring[q.head]
	q.head = (q.head + 1) % len(q.ring)
	q.n--
	return true
}

// Ready delivers a value after one or more blocks were put.
func (q *Queue) Ready() <-chan struct{} { return q.ready }

// Len is the number of blocks waiting.
func (q *Queue) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.n
}

// Dropped is the number of blocks that were overwritten before anybody heard them.
func (q *Queue) Dropped() uint64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.dropped
}
