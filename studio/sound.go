package studio

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"vitrine/capture/frame"
	"vitrine/effects"
	"vitrine/studio/mix"
)

// micBlocks is how much sound may wait between the microphone and the mixer.
const micBlocks = 5

// sound turns microphone blocks into the program's sound, one block at a time, on its own goroutine. It drives the clock.
type sound struct {
	clock *clock
	rack  *effects.Sound
	mic   *frame.Queue
	// air is where the program's sound goes during a show, nil before and after.
	air atomic.Pointer[audioOut]

	mu            sync.Mutex // guards what the owner reads and sets
	voice         mix.Strip
	voiceNow      mix.Level
	masterNow     mix.Level
	silence, lost uint64
	heard         time.Time // when the last block came from the microphone

	// Owned by run:
	master   mix.Master
	loudness mix.Loudness
	out      *audioOut
}

// audioOut is where the program's sound goes during a show. Its encoder belongs to the sound goroutine, which closes it
// when the show is over.
type audioOut struct {
	encoder AudioEncoder
	write   func(*frame.Packet)
	failed  func(error)
	flowing atomic.Bool // the link is live
}

func newSound(c *clock, rack *effects.Sound) *sound {
	return &sound{clock: c, rack: rack, mic: frame.NewQueue(micBlocks)}
}

// run mixes until ctx ends. Blocks are taken as they come; when none comes for longer than the clock allows, silence takes
// their place, so that the show never stands still because a microphone does.
func (s *sound) run(ctx context.Context) error {
	tick := time.NewTicker(frame.BlockDuration)
	defer tick.Stop()
	defer s.route(nil)
	var b frame.Block
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.mic.Ready():
			for s.mic.Get(&b) {
				if pts, ok := s.clock.accept(); ok {
					s.step(&b, pts, true)
				} else {
					s.count(&s.lost)
				}
			}
		case <-tick.C:
			for {
				pts, ok := s.clock.insert()
				if !ok {
					break
				}
				b = frame.Block{}
				s.count(&s.silence)
				s.step(&b, pts, false)
			}
		}
	}
}

func (s *sound) count(n *uint64) {
	s.mu.Lock()
	*n++
	s.mu.Unlock()
}

func (s *sound) step(b *frame.Block, pts time.Duration, heard bool) {
	s.rack.Process(b, nil)
	s.mu.Lock()
	s.voice.Process(b)
	s.master.Process(b)
	s.loudness.Add(b)
	s.voiceNow, s.masterNow = s.voice.Meter.Level(), s.master.Meter.Level()
	if heard {
		s.heard = time.Now()
	}
	s.mu.Unlock()
	s.route(s.air.Load())
	if s.out == nil || !s.out.flowing.Load() {
		return
	}
	p, err := s.out.encoder.Encode(b, pts)
	if err != nil {
		s.out.failed(err)
		return
	}
	if p != nil {
		s.out.write(p)
	}
}

// route sends the sound to out from now on and closes the encoder it went to before.
func (s *sound) route(out *audioOut) {
	if s.out == out {
		return
	}
	if s.out != nil {
		if err := s.out.encoder.Close(); err != nil {
			s.out.failed(err)
		}
	}
	s.out = out
}

// set takes over gain and mute.
func (s *sound) set(m Microphone) {
	s.mu.Lock()
	s.voice.GainDB, s.voice.Muted = m.GainDB, m.Muted
	s.mu.Unlock()
}

// levels is what the meters show.
func (s *sound) levels() (voice, master mix.Level, silence, dropped uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.voiceNow, s.masterNow, s.silence, s.lost + s.mic.Dropped()
}

// lastHeard is when the microphone last delivered.
func (s *sound) lastHeard() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.heard
}
