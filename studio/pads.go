package studio

import (
	"context"
	"errors"
	"io"

	"vitrine/capture/frame"
	"vitrine/studio/mix"
)

var errNoPad = errors.New("there is no such pad")

func (s *Session) onPad(ctx context.Context, i int, f func()) error {
	if i < 0 || i >= mix.PadCount {
		return errNoPad
	}
	return s.do(ctx, func() error {
		f()
		return nil
	})
}

// TriggerPad plays a pad's sound, counted from 0.
func (s *Session) TriggerPad(ctx context.Context, i int) error {
	return s.onPad(ctx, i, func() { s.sound.pads.Trigger(i) })
}

// StopPads ends all pads' sounds.
func (s *Session) StopPads(ctx context.Context) error {
	return s.do(ctx, func() error {
		s.sound.pads.StopAll(padFade)
		return nil
	})
}

// SetPadVolume sets a pad's volume in dB, counted from 0.
func (s *Session) SetPadVolume(ctx context.Context, i int, db float64) error {
	if !goodVolume(db) {
		return errVolume
	}
	return s.onPad(ctx, i, func() {
		s.change(func(set *Settings) { set.Pads[i] = db })
		s.sound.pads.SetVolume(i, db)
	})
}

// SetPad puts the sound of a file on a pad, counted from 0, at most mix.PadLength of it, or with "" what the studio has for it. It returns at
// once: the file is read beside the show, and of one that is no sound the host is told why, and the pad stays as it was.
func (s *Session) SetPad(ctx context.Context, i int, path string) error {
	return s.onPad(ctx, i, func() {
		if path != "" {
			s.readPad(i, path)
			return
		}
		s.music.padTurn[i]++
		var own mix.Sound
		if all := ownSounds(); i < len(all) {
			own = all[i]
		}
		s.sound.pads.Set(i, own)
		s.change(func(set *Settings) { set.PadFiles[i] = "" })
	})
}

// loadPads reads the files that were on pads when the studio ended. One that is gone leaves its pad silent, not with another sound.
func (s *Session) loadPads() {
	for i, path := range s.settings.PadFiles {
		if path != "" {
			s.sound.pads.Set(i, mix.Sound{})
			s.readPad(i, path)
		}
	}
}

// readPad reads a file beside the loop and puts it on a pad, if nothing else was put there meanwhile.
func (s *Session) readPad(i int, path string) {
	s.music.padTurn[i]++
	ctx, turn := s.ctx, s.music.padTurn[i]
	s.group.Go(func() error {
		sound, err := s.padSound(path)
		s.post(ctx, func() {
			switch {
			case turn != s.music.padTurn[i]:
			case err != nil:
				s.musicFailed(path, err)
			default:
				s.sound.pads.Set(i, sound)
				s.change(func(set *Settings) { set.PadFiles[i] = path })
			}
		})
		return nil
	})
}

// padSound reads a sound into memory; what is too long fades out. It waits for the disk.
func (s *Session) padSound(path string) (mix.Sound, error) {
	t, err := s.c.Tracks.OpenTrack(path)
	if err != nil {
		return mix.Sound{}, err
	}
	defer t.Close() // it was only read
	sound := mix.Sound{Name: tidy(t.Title())}
	const most = int(mix.PadLength / frame.BlockDuration)
	for n := 0; n < most && err == nil; n++ {
		var b frame.Block
		if err = t.Read(&b); err == nil {
			sound.Samples = append(sound.Samples, b[:]...)
		}
	}
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return mix.Sound{}, err
	case len(sound.Samples) == 0:
		return mix.Sound{}, errors.New("there is nothing to hear")
	case err == nil: // cut
		tail := sound.Samples[len(sound.Samples)-2*frame.BlockSamples:]
		for i := range tail {
			tail[i] *= float32(len(tail)-i) / float32(len(tail))
		}
	}
	return sound, nil
}
