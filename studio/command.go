package studio

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"vitrine/capture/frame"
)

var (
	errNoSource    = errors.New("this source is no longer there")
	errManySources = fmt.Errorf("a show has at most %d sources: remove one first", maxSources)
)

// applyAll makes the machine follow the settings.
func (s *Session) applyAll() {
	s.governor = newGovernor(s.settings.Output.Format, s.settings.Look)
	s.c.Rack.Picture.Spare(s.governor.thrift())
	s.pictures.setFormat(s.settings.Output.Format)
	s.video.configure(s.settings.Output, s.settings.Output.Format)
	s.runSource()
	s.runMic()
	s.follow()
	s.runPlugins()
}

// change edits a copy of the settings; they are kept within a second.
func (s *Session) change(edit func(*Settings)) {
	next := s.settings.clone()
	edit(&next)
	s.settings = next
	s.dirty = true
}

func (s *Session) find(id SourceID) int {
	return slices.IndexFunc(s.settings.Sources, func(src Source) bool { return src.ID == id })
}

func cleanName(name string) (string, error) {
	name = strings.TrimSpace(name)
	switch n := utf8.RuneCountInString(name); {
	case n == 0:
		return "", errors.New("give the source a name")
	case n > maxName || !utf8.ValidString(name):
		return "", fmt.Errorf("a source's name has at most %d characters", maxName)
	}
	return name, nil
}

// AddSource adds a source and selects it if it is the first.
func (s *Session) AddSource(ctx context.Context, name string, in frame.Input) (SourceID, error) {
	name, err := cleanName(name)
	if err != nil {
		return "", err
	}
	var id SourceID
	err = s.do(ctx, func() error {
		if len(s.settings.Sources) >= maxSources {
			return errManySources
		}
		id = s.addSource(name, in)
		return nil
	})
	return id, err
}

// freeID is an ID that no source has.
func (s *Session) freeID() (id SourceID) {
	for n := len(s.settings.Sources) + 1; id == "" || s.find(id) >= 0; n++ {
		id = SourceID(fmt.Sprintf("source-%d", n))
	}
	return id
}

func (s *Session) addSource(name string, in frame.Input) SourceID {
	id := s.freeID()
	s.change(func(set *Settings) {
		set.Sources = append(set.Sources, Source{ID: id, Name: name, Input: in})
		if set.Selected == "" {
			set.Selected = id
		}
	})
	s.runSource()
	return id
}

// RenameSource gives a source another name.
func (s *Session) RenameSource(ctx context.Context, id SourceID, name string) error {
	name, err := cleanName(name)
	if err != nil {
		return err
	}
	return s.do(ctx, func() error {
		i := s.find(id)
		if i < 0 {
			return errNoSource
		}
		s.change(func(set *Settings) { set.Sources[i].Name = name })
		return nil
	})
}

// RemoveSource removes a source; Undo brings it back. If it was selected its neighbour is shown.
func (s *Session) RemoveSource(ctx context.Context, id SourceID) error {
	return s.do(ctx, func() error {
		i := s.find(id)
		if i < 0 {
			return errNoSource
		}
		src, selected := s.settings.Sources[i], s.settings.Selected == id
		s.did(Change{Kind: SourceRemoved, Name: src.Name}, func() error { return s.bringBack(src, i, selected) })
		s.change(func(set *Settings) {
			set.Sources = slices.Delete(set.Sources, i, i+1)
			if set.Selected == id {
				set.Selected = ""
				if n := len(set.Sources); n > 0 {
					set.Selected = set.Sources[min(i, n-1)].ID
				}
			}
		})
		s.runSource()
		return nil
	})
}

// bringBack puts a source back where it was. What was added meanwhile may bear its ID.
func (s *Session) bringBack(src Source, at int, selected bool) error {
	if len(s.settings.Sources) >= maxSources {
		return errManySources
	}
	if s.find(src.ID) >= 0 {
		src.ID = s.freeID()
	}
	s.change(func(set *Settings) {
		set.Sources = slices.Insert(set.Sources, min(at, len(set.Sources)), src)
		if selected {
			set.Selected = src.ID
		}
	})
	s.runSource()
	return nil
}

// MoveSource puts a source at another place in the list, counted from 0.
func (s *Session) MoveSource(ctx context.Context, id SourceID, to int) error {
	return s.do(ctx, func() error {
		i := s.find(id)
		if i < 0 {
			return errNoSource
		}
		s.change(func(set *Settings) {
			src := set.Sources[i]
			set.Sources = slices.Delete(set.Sources, i, i+1)
			set.Sources = slices.Insert(set.Sources, min(max(to, 0), len(set.Sources)), src)
		})
		return nil
	})
}

// SelectSource shows a source; a file that has ended begins again. The picture before it stands until its first picture.
func (s *Session) SelectSource(ctx context.Context, id SourceID) error {
	return s.do(ctx, func() error {
		if s.find(id) < 0 {
			return errNoSource
		}
		if s.settings.Selected != id {
			s.change(func(set *Settings) { set.Selected = id })
		}
		s.runSource()
		return nil
	})
}

// PauseSource holds the shown file or stream at its picture, or lets it go on.
func (s *Session) PauseSource(ctx context.Context, id SourceID, on bool) error {
	return s.do(ctx, func() error {
		if s.inputs.source != id || s.inputs.play == nil {
			return errors.New("only the source that is shown can be paused")
		}
		if k := s.inputs.input.Kind; k != frame.File && k != frame.Stream {
			return errors.New("only a file or a stream can be paused")
		}
		s.inputs.play.SetPaused(on)
		return nil
	})
}

// SetMicrophone changes the device, channels, gain or mute. Gain and mute take effect with the next block.
func (s *Session) SetMicrophone(ctx context.Context, m Microphone) error {
	if err := m.Validate(); err != nil {
		return err
	}
	return s.do(ctx, func() error {
		reopen := m.Device != s.settings.Microphone.Device || m.Channels != s.settings.Microphone.Channels
		s.change(func(set *Settings) { set.Microphone = m })
		if reopen {
			s.runMic()
		} else {
			s.sound.set(m)
		}
		s.followGuest()
		return nil
	})
}

// SetSpeaker chooses the output.
func (s *Session) SetSpeaker(ctx context.Context, device string) error {
	return s.do(ctx, func() error {
		s.change(func(set *Settings) { set.Speaker = device })
		s.runMonitor()
		return nil
	})
}

// TestSpeaker plays a chime of 1.4 s on the chosen output, left then right. The snapshot says how it went.
func (s *Session) TestSpeaker(ctx context.Context) error {
	return s.do(ctx, func() error {
		if s.speaker.stop != nil {
			s.speaker.stop()
		}
		sound := chime()
		play, stop := context.WithTimeout(s.ctx, time.Duration(len(sound))*frame.BlockDuration+400*time.Millisecond)
		run := s.speaker.run + 1
		s.speaker = speakerState{status: Running, stop: stop, run: run}
		device := s.settings.Speaker
		name := s.deviceName(frame.Speaker, device)
		s.group.Go(func() error {
			defer stop()
			blocks := frame.NewQueue(len(sound))
			for i := range sound {
				blocks.Put(&sound[i])
			}
			err := s.c.Devices.PlayAudio(play, device, blocks)
			s.post(s.ctx, func() {
				if s.speaker.run != run {
					return
				}
				s.speaker.status, s.speaker.stop = Idle, nil
				if err != nil {
					s.speaker.status, s.speaker.problem = Failed, deviceProblem(name, err)
				}
			})
			return nil
		})
		return nil
	})
}

// SetOutput changes how the show is encoded. On air the codec stays, because viewers would have to join again; all else
// takes effect with the next picture, the sound's bitrate when the show goes on air next.
func (s *Session) SetOutput(ctx context.Context, o Output) error {
	if err := o.Validate(); err != nil {
		return err
	}
	return s.do(ctx, func() error {
		if on := s.air.phase != OffAir || s.guest != nil; on && o.Codec != s.settings.Output.Codec {
			return errors.New("the codec cannot change on air: end the show first, or leave the stage")
		}
		reopen := o.Format != s.settings.Output.Format
		s.change(func(set *Settings) { set.Output = o })
		s.governor = newGovernor(o.Format, s.settings.Look)
		s.c.Rack.Picture.Spare(s.governor.thrift())
		s.pictures.setFormat(o.Format)
		s.video.configure(o, o.Format)
		s.c.Uplink.Expect(s.bitrate())
		if i := s.find(s.settings.Selected); reopen && i >= 0 {
			s.openSource(s.settings.Sources[i])
		}
		return nil
	})
}

// SetAppearance keeps the window's language ("en", "zh", "") and theme ("light", "dark", "").
func (s *Session) SetAppearance(ctx context.Context, language, theme string) error {
	return s.do(ctx, func() error {
		s.change(func(set *Settings) { set.Language, set.Theme = language, theme })
		return nil
	})
}

// DismissNotice removes a notice.
func (s *Session) DismissNotice(ctx context.Context, seq int) error {
	return s.do(ctx, func() error {
		s.notices = slices.DeleteFunc(slices.Clone(s.notices), func(n Notice) bool { return n.Seq == seq })
		return nil
	})
}
