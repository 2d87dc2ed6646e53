package studio

import (
	"context"
	"errors"
	"fmt"
	"time"

	"vitrine/capture/frame"
	"vitrine/studio/mix"
)

// Music is how the background music plays.
type Music struct {
	// GainDB is added before the mix, MinMusicDB to MaxMusicDB.
	GainDB float64 `json:"gain_db"`
	Muted  bool    `json:"muted"`
	// Crossfade is how long one track goes over into the next, in seconds, 0 to MaxCrossfade.
	Crossfade int      `json:"crossfade"`
	Loop      mix.Loop `json:"loop"`
	// Duck has the music give way to the voice.
	Duck bool `json:"duck"`
	// Monitor has the host hear music and pads, never the own voice, on the chosen speaker.
	Monitor bool `json:"monitor"`
}

// Limits of the music. Pads have the same range of volume.
const (
	MinMusicDB   = -40
	MaxMusicDB   = 6
	MaxCrossfade = 12
	maxTracks    = 500

	outlineColumns = 400
	// A pause is short, because the host wants silence; a stop is an end, and sounds like one.
	playFade = 200 * time.Millisecond
	stopFade = time.Second
	padFade  = 200 * time.Millisecond
	// duckDepth is how far the music goes down below a voice.
	duckDepth = 12
	// monitorBlocks is how much sound may wait between the mixer and the host's speaker: late music would come back as an
	// echo that the canceller does not expect.
	monitorBlocks = 6
)

// Validate reports the first thing that is wrong.
func (m Music) Validate() error {
	switch {
	case !goodVolume(m.GainDB):
		return errVolume
	case m.Crossfade < 0 || m.Crossfade > MaxCrossfade:
		return fmt.Errorf("choose a crossfade of 0 to %d seconds", MaxCrossfade)
	case m.Loop != mix.LoopOff && m.Loop != mix.LoopOne && m.Loop != mix.LoopAll:
		return fmt.Errorf("the music cannot loop %q", m.Loop)
	}
	return nil
}

var (
	errVolume  = fmt.Errorf("choose a volume of %d to %d dB", MinMusicDB, MaxMusicDB)
	errNoTrack = errors.New("this track is no longer there")
	errNoMusic = errors.New("add music first")
)

func goodVolume(db float64) bool { return db >= MinMusicDB && db <= MaxMusicDB }

// loadMusic makes the deck and the pads follow the settings at the start.
func (s *Session) loadMusic() {
	for _, path := range s.settings.Tracks {
		s.music.waiting = append(s.music.waiting, unread{path, true})
	}
	s.readTrack()
	s.applyMusic()
	for i, db := range s.settings.Pads {
		s.sound.pads.SetVolume(i, db)
	}
}

func (s *Session) applyMusic() {
	m := s.settings.Music
	s.sound.deck.SetCrossfade(time.Duration(m.Crossfade) * time.Second)
	s.sound.deck.SetLoop(m.Loop)
	s.sound.setMusic(m)
	s.runMonitor()
}

// runMonitor plays music and pads on the host's speaker, if the host wants to hear them or cues the music, and those on stage.
func (s *Session) runMonitor() {
	m, device := &s.music, s.settings.Speaker
	on := s.settings.Music.Monitor || m.cued
	s.sound.setSilent(!on)
	on = on || s.stage.heard
	if on == m.monitor.running() && (!on || device == m.hears) {
		return
	}
	if m.monitor.running() {
		m.after = m.monitor.end()
	}
	if !on {
		s.sound.monitor.Store(nil)
		return
	}
	queue := frame.NewQueue(monitorBlocks)
	m.hears = device
	s.sound.monitor.Store(queue)
	s.start(&m.monitor, m.after, s.deviceName(frame.Speaker, device), func(ctx context.Context) error {
		return s.c.Devices.PlayAudio(ctx, device, queue)
	})
}

// PlayMusic plays, or goes on after a pause.
func (s *Session) PlayMusic(ctx context.Context) error {
	return s.onDeck(ctx, func(d *mix.Deck) { d.Play(playFade) })
}

// PauseMusic holds the music where it is.
func (s *Session) PauseMusic(ctx context.Context) error {
	return s.onDeck(ctx, func(d *mix.Deck) { d.Pause(playFade) })
}

// StopMusic fades the music out and goes to the track's beginning.
func (s *Session) StopMusic(ctx context.Context) error {
	return s.onDeck(ctx, func(d *mix.Deck) { d.Stop(stopFade) })
}

// NextTrack goes to the next track.
func (s *Session) NextTrack(ctx context.Context) error { return s.onDeck(ctx, (*mix.Deck).Next) }

// PreviousTrack goes to the track's beginning, or in its first seconds to the one before.
func (s *Session) PreviousTrack(ctx context.Context) error {
	return s.onDeck(ctx, (*mix.Deck).Previous)
}

// SeekMusic goes to a time of the track.
func (s *Session) SeekMusic(ctx context.Context, to time.Duration) error {
	return s.onDeck(ctx, func(d *mix.Deck) { d.Seek(to) })
}

func (s *Session) onDeck(ctx context.Context, f func(*mix.Deck)) error {
	return s.do(ctx, func() error {
		if len(s.music.tracks) == 0 {
			return errNoMusic
		}
		f(s.sound.deck)
		return nil
	})
}

// SetMusic changes how the music plays. Gain, mute and ducking take effect with the next block.
func (s *Session) SetMusic(ctx context.Context, m Music) error {
	if err := m.Validate(); err != nil {
		return err
	}
	return s.do(ctx, func() error {
		s.change(func(set *Settings) { set.Music = m })
		s.applyMusic()
		return nil
	})
}

// CueMusic has the host alone hear the music, on the chosen speaker, or gives it back to the show. It holds until the studio ends.
func (s *Session) CueMusic(ctx context.Context, on bool) error {
	return s.do(ctx, func() error {
		s.music.cued = on
		s.sound.deck.SetCued(on)
		s.runMonitor()
		return nil
	})
}

// musicStatus is what a snapshot shows of the music.
func (s *Session) musicStatus() MusicStatus {
	m, d := &s.music, s.sound.deck.State()
	st := MusicStatus{
		Reading: len(m.waiting), Current: d.Current, Playing: d.Playing, Cued: d.Cued, Position: d.Position, Length: d.Length,
		Pads: s.sound.pads.State(), Monitor: Idle, Listening: s.listening.track,
	}
	for i, t := range m.tracks {
		one := TrackStatus{ID: t.id, Title: t.title, Artist: t.artist, Length: d.Entries[i].Length, Problem: t.problem}
		if t.id == d.Current {
			st.Outline = t.outline
		}
		st.Tracks = append(st.Tracks, one)
	}
	switch {
	case m.monitor.failed:
		st.Monitor, st.MonitorProblem = Failed, m.monitor.problem
	case m.monitor.running():
		st.Monitor = Running
	}
	return st
}
