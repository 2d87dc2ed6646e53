package studio

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"vitrine/capture/frame"
	"vitrine/server/wire"
)

// Cue is a sound that tells the host what happens on the stage. Viewers do not hear it.
type Cue string

// Cues: somebody applies for the stage, another host calls, a battle is proposed, its countdown (three ticks a second apart, then go),
// its final push, and a round that is won or lost.
const (
	CueApplied    Cue = "applied"
	CueCalled     Cue = "called"
	CueChallenged Cue = "challenged"
	CueCountdown  Cue = "countdown"
	CuePush       Cue = "push"
	CueWon        Cue = "won"
	CueLost       Cue = "lost"
)

// Cues are all cues.
var Cues = []Cue{CueApplied, CueCalled, CueChallenged, CueCountdown, CuePush, CueWon, CueLost}

// CueOf says what an event sounds like to the host; "" for nothing. now is the stage after the event. What the host did themselves, a
// call or a challenge of their own, is not told to them.
func CueOf(e wire.RoomEvent, now wire.StageNow) Cue {
	switch {
	case e.Staged != nil && e.Staged.What == wire.StageApplied:
		return CueApplied
	case e.Battled != nil:
		return battleCue(e.Battled, now)
	}
	return ""
}

func battleCue(b *wire.Battled, now wire.StageNow) Cue {
	switch b.What {
	case wire.BattleCalled:
		if !slices.ContainsFunc(now.Calls, func(c wire.BattleCall) bool { return c.ID == b.ID && c.Ours }) {
			return CueCalled
		}
	case wire.BattleHasBegun:
		if b.Now == nil || b.Corner != b.Now.Us {
			return CueChallenged
		}
	case wire.BattleCounts:
		return CueCountdown
	case wire.BattlePushes:
		return CuePush
	case wire.BattleResulted:
		return resultCue(b.Now)
	}
	return ""
}

// resultCue tells who won a round from who lost it; a round that counts for nobody is quiet.
func resultCue(b *wire.Battle) Cue {
	if b == nil || b.Result == nil || b.Result.Winner < 0 {
		return ""
	}
	for _, c := range b.Corners {
		switch {
		case c.ID == b.Us && c.Team == b.Result.Winner:
			return CueWon
		case c.ID == b.Us:
			return CueLost
		}
	}
	return ""
}

// note is a tone of a cue: when it begins, in seconds, its pitch in hertz, its peak where full scale is 1, and how fast it dies away: to
// a third in 1/decay seconds.
type note struct{ start, hertz, loud, decay float64 }

// score is what a cue is played from, and how long it lasts in seconds.
func (c Cue) score() (seconds float64, notes []note) {
	switch c {
	case CueApplied: // a knock and a question
		return 0.6, []note{{0, 784, 0.10, 12}, {0.12, 988, 0.10, 8}}
	case CueCalled: // a telephone, twice
		for i := range 8 {
			notes = append(notes, note{0.08*float64(i) + 0.45*float64(i/4), 740 + 140*float64(i%2), 0.09, 16})
		}
		return 1.4, notes
	case CueChallenged: // a horn's fourth and fifth
		return 1.1, []note{{0, 523.3, 0.08, 7}, {0.18, 698.5, 0.08, 7}, {0.36, 1046.5, 0.10, 5}}
	case CueCountdown:
		return 3.7, []note{{0, 880, 0.11, 14}, {1, 880, 0.11, 14}, {2, 880, 0.11, 14}, {3, 1760, 0.11, 6}}
	case CuePush: // up in haste
		for i := range 6 {
			notes = append(notes, note{0.09 * float64(i), 660 * math.Pow(2, float64(i)/5), 0.08, 15})
		}
		return 0.9, notes
	case CueWon: // a major chord, upwards
		return 1.5, []note{{0, 523.3, 0.07, 6}, {0.12, 659.3, 0.07, 6}, {0.24, 784, 0.07, 6}, {0.36, 1046.5, 0.09, 3.5}}
	case CueLost: // a minor one, downwards
		return 1.3, []note{{0, 440, 0.09, 6}, {0.22, 349.2, 0.09, 6}, {0.44, 293.7, 0.10, 4}}
	}
	return 0, nil
}

// sound is the cue as it is heard, in both ears and no louder than the sound of an order, because the host is speaking; nothing for an
// unknown cue.
func (c Cue) sound() []frame.Block {
	seconds, notes := c.score()
	out := make([]frame.Block, int(seconds*frame.SampleRate/frame.BlockSamples))
	for _, n := range notes {
		from := int(n.start * frame.SampleRate)
		for i := from; i < len(out)*frame.BlockSamples; i++ {
			t := float64(i-from) / frame.SampleRate
			tone := math.Sin(2*math.Pi*n.hertz*t) + 0.25*math.Sin(4*math.Pi*n.hertz*t)*math.Exp(-t*8) // the octave above dies first
			v := float32(n.loud * (1 - math.Exp(-t*700)) * math.Exp(-t*n.decay) * tone)
			out[i/frame.BlockSamples][2*(i%frame.BlockSamples)] += v
			out[i/frame.BlockSamples][2*(i%frame.BlockSamples)+1] += v
		}
	}
	fade(out)
	return out
}

// fade ends a sound within its last 50 ms, so that it does not click.
func fade(out []frame.Block) {
	const samples = frame.SampleRate / 20
	all := len(out) * frame.BlockSamples
	for i := max(0, all-samples); i < all; i++ {
		k := float32(all-i) / samples
		out[i/frame.BlockSamples][2*(i%frame.BlockSamples)] *= k
		out[i/frame.BlockSamples][2*(i%frame.BlockSamples)+1] *= k
	}
}

// cueSounds are made once: they are the same in every session.
var cueSounds = sync.OnceValue(func() map[Cue][]frame.Block {
	all := map[Cue][]frame.Block{}
	for _, c := range Cues {
		all[c] = c.sound()
	}
	return all
})

// chiming says which sounds are heard now: cues, and "" for a new order. It is owned by the loop.
type chiming map[Cue]bool

// chime plays a sound on the host's speaker, which viewers do not hear, unless the same is heard already. A speaker that does not play
// leaves the host with what the window says. It belongs to the loop.
func (s *Session) chime(c Cue, sound []frame.Block) {
	if s.chiming[c] {
		return
	}
	if s.chiming == nil {
		s.chiming = chiming{}
	}
	s.chiming[c] = true
	device := s.settings.Speaker
	play, stop := context.WithTimeout(s.ctx, time.Duration(len(sound))*frame.BlockDuration+400*time.Millisecond)
	s.group.Go(func() error {
		defer stop()
		blocks := frame.NewQueue(len(sound))
		for i := range sound {
			blocks.Put(&sound[i])
		}
		if err := s.c.Devices.PlayAudio(play, device, blocks); err != nil && play.Err() == nil {
			s.c.Log.Info("a sound for the host was not played", "error", err)
		}
		s.post(s.ctx, func() { s.chiming[c] = false })
		return nil
	})
}

// chimeFor plays the cue of an event of the room, unless it is switched off; now is the stage after it. It belongs to the loop.
func (s *Session) chimeFor(e wire.RoomEvent, now wire.StageNow) {
	if c := CueOf(e, now); c != "" && !slices.Contains(s.settings.QuietCues, c) {
		s.chime(c, cueSounds()[c])
	}
}

// PlayCue plays a cue on the host's speaker, which viewers do not hear, though it is switched off: it is how the host gets to know it.
// Nothing is played while the same cue is heard.
func (s *Session) PlayCue(ctx context.Context, c Cue) error {
	sound := cueSounds()[c]
	if sound == nil {
		return fmt.Errorf("there is no sound %q", c)
	}
	return s.do(ctx, func() error {
		s.chime(c, sound)
		return nil
	})
}

// SetCue has a cue be heard when what it tells of happens, or not.
func (s *Session) SetCue(ctx context.Context, c Cue, on bool) error {
	if !slices.Contains(Cues, c) {
		return fmt.Errorf("there is no sound %q", c)
	}
	return s.do(ctx, func() error {
		s.change(func(set *Settings) {
			set.QuietCues = slices.DeleteFunc(slices.Clone(set.QuietCues), func(q Cue) bool { return q == c })
			if !on {
				set.QuietCues = append(set.QuietCues, c)
			}
		})
		return nil
	})
}
