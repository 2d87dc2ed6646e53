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

const (
	// micBlocks is how much sound may wait between the microphone and the mixer.
	micBlocks = 5
	// weighEvery is after how many blocks the loudness is read: it changes no sooner.
	weighEvery = 10
)

// sound turns microphone blocks into the program's sound, one block at a time, on its own goroutine. It drives the clock.
type sound struct {
	clock *clock
	rack  *effects.Sound
	mic   *frame.Queue
	// air is where the program's sound goes during a show, nil before and after.
	air atomic.Pointer[audioOut]

	deck *mix.Deck
	pads mix.Pads
	// monitor is where music, pads and those on stage go for the host to hear, nil while they do not.
	monitor atomic.Pointer[frame.Queue]

	mu     sync.Mutex // guards what the owner reads and sets
	voice  mix.Strip
	music  mix.Strip
	cue    mix.Strip // the music while the host alone hears it
	ducker *mix.Ducker
	now    levels
	stage  stageSound
	silent bool      // the host does not hear music and pads
	heard  time.Time // when the last block came from the microphone

	// Owned by run:
	master   mix.Master
	loudness mix.Loudness
	weighed  int // blocks
	out      *audioOut
	// The blocks of a step: of the deck for the show and for the host alone, of the pads, and what the host hears in the next.
	song, cued, effect, played, key frame.Block
}

// levels is what the meters show.
type levels struct {
	voice, music, master mix.Level
	duck                 float64
	loudness             Loudness
	silence, lost        uint64
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
	return &sound{clock: c, rack: rack, mic: frame.NewQueue(micBlocks), deck: mix.NewDeck(), ducker: mix.NewDucker()}
}

// ownSounds are made once: they are the same in every session.
var ownSounds = sync.OnceValue(mix.Sounds)

// fillPads puts the studio's own sounds on the pads.
func (s *sound) fillPads() {
	for i, one := range ownSounds() {
		s.pads.Set(i, one)
	}
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
					s.count(&s.now.lost)
				}
			}
		case <-tick.C:
			for ctx.Err() == nil { // a machine that is too slow may never catch up
				pts, ok := s.clock.insert()
				if !ok {
					break
				}
				b = frame.Block{}
				s.count(&s.now.silence)
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
	s.mu.Lock()
	s.stage.take()
	s.mu.Unlock()
	far := s.play()
	s.rack.Process(b, far)
	s.deck.Take(&s.song, &s.cued)
	s.pads.Take(&s.effect)
	s.mu.Lock()
	s.mix(b)
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

// play gives the host's speaker its next block and returns it, because it comes back through the microphone; nil while the speaker
// is silent. It is the music of the step before, which had the voice to duck for, and those on stage now.
func (s *sound) play() *frame.Block {
	speaker := s.monitor.Load()
	if speaker == nil {
		return nil
	}
	add(&s.played, &s.stage.near)
	speaker.Put(&s.played)
	return &s.played
}

// mix makes the program of the voice in b: its strip, the music that gives way to it and to those on stage, the pads, the master. Those on stage are
// not in it, so that none of them hears themselves: everybody is heard from a track of their own.
func (s *sound) mix(b *frame.Block) {
	s.voice.Process(b)
	s.key = *b
	add(&s.key, &s.stage.near)
	s.ducker.Process(&s.song, &s.key)
	s.music.Process(&s.song)
	s.cue.Process(&s.cued)
	for i := range b {
		shared := s.song[i] + s.effect[i]
		s.played[i] = shared + s.cued[i]
		b[i] += shared
	}
	if s.silent {
		s.played = frame.Block{}
	}
	s.master.Process(b)
	s.loudness.Add(b)
	s.now.voice, s.now.music, s.now.master = s.voice.Meter.Level(), s.music.Meter.Level(), s.master.Meter.Level()
	s.now.duck = s.ducker.GainDB()
	if s.weighed++; s.weighed%weighEvery == 0 {
		s.now.loudness = Loudness{s.loudness.Momentary(), s.loudness.ShortTerm(), s.loudness.Integrated()}
	}
}

// route sends the sound to out from now on and closes the encoder it went to before.
func (s *sound) route(out *audioOut) {
	if s.out == out {
		return
	}
	if out != nil { // another program begins
		s.loudness.Reset()
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

// setMusic takes over gain, mute and ducking.
func (s *sound) setMusic(m Music) {
	s.mu.Lock()
	s.music.GainDB, s.music.Muted, s.ducker.DepthDB = m.GainDB, m.Muted, 0
	s.cue.GainDB = m.GainDB
	if m.Duck {
		s.ducker.DepthDB = duckDepth
	}
	s.mu.Unlock()
}

// setSilent keeps music and pads from the host's speaker.
func (s *sound) setSilent(on bool) {
	s.mu.Lock()
	s.silent = on
	s.mu.Unlock()
}

// levels is what the meters show.
func (s *sound) levels() levels {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now
	now.lost += s.mic.Dropped()
	return now
}

// lastHeard is when the microphone last delivered.
func (s *sound) lastHeard() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.heard
}
