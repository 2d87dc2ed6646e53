package studio

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"

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
	errNoPad   = errors.New("there is no such pad")
	errNoMusic = errors.New("add music first")
)

func goodVolume(db float64) bool { return db >= MinMusicDB && db <= MaxMusicDB }

// IsMusic says by its name whether a file is likely to be music.
func IsMusic(path string) bool {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".mp3", ".flac", ".ogg", ".oga", ".wav":
		return true
	}
	return false
}

// music is the playlist and what is known of its files, owned by the loop. The deck plays it.
type music struct {
	tracks   []track
	waiting  []unread
	reading  bool
	measured mix.EntryID // whose outline is measured, or was
	stop     context.CancelFunc

	monitor runner
	hears   string        // the speaker that monitor runs
	after   chan struct{} // its former user
}

// track is a file of the playlist. Tracks stand in the deck's order.
type track struct {
	id                  mix.EntryID
	path, title, artist string
	problem             string
	outline             Outline
}

// unread is a file that waits to be read.
type unread struct {
	path string
	kept bool // it was in the playlist at the start: it stays even if it cannot be read, because a disk may come back
}

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

// runMonitor plays music and pads on the host's speaker, if the host wants to hear them.
func (s *Session) runMonitor() {
	m, on, device := &s.music, s.settings.Music.Monitor, s.settings.Speaker
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

// AddTracks appends music files to the playlist. It returns at once: the files are read one after the other, and of one that is
// no music the host is told why.
func (s *Session) AddTracks(ctx context.Context, paths []string) error {
	return s.do(ctx, func() error {
		m := &s.music
		if len(m.tracks)+len(m.waiting)+len(paths) > maxTracks {
			return fmt.Errorf("the playlist has at most %d tracks", maxTracks)
		}
		for _, path := range paths {
			m.waiting = append(m.waiting, unread{path: path})
		}
		s.keepTracks()
		s.readTrack()
		return nil
	})
}

// readTrack reads the first file that waits, beside the loop.
func (s *Session) readTrack() {
	m := &s.music
	if m.reading || len(m.waiting) == 0 {
		return
	}
	m.reading = true
	ctx, path := s.ctx, m.waiting[0].path
	s.group.Go(func() error {
		e, err := s.entry(path)
		s.post(ctx, func() {
			file := m.waiting[0]
			m.waiting, m.reading = m.waiting[1:], false
			s.addTrack(file, e, err)
			s.readTrack()
		})
		return nil
	})
}

// entry is what the deck plays of a file. It waits for the disk.
func (s *Session) entry(path string) (mix.Entry, error) {
	e := mix.Entry{Title: filepath.Base(path), Open: func() (mix.Player, error) { return s.c.Tracks.OpenTrack(path) }}
	t, err := s.c.Tracks.OpenTrack(path)
	if err != nil {
		return e, err
	}
	e.Title, e.Artist, e.Length = tidy(t.Title()), tidy(t.Artist()), t.Length()
	return e, t.Close()
}

// tidy makes a line of what a file says of itself.
func tidy(text string) string {
	line := strings.Join(strings.FieldsFunc(strings.ToValidUTF8(text, ""), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r)
	}), " ")
	runes := []rune(line)
	return string(runes[:min(len(runes), maxName)])
}

// addTrack takes a file that was read.
func (s *Session) addTrack(file unread, e mix.Entry, err error) {
	e.Err = err
	if err != nil && !file.kept {
		s.musicFailed(file.path, err)
	} else {
		id := s.sound.deck.Add(e)
		s.music.tracks = append(s.music.tracks, track{id: id, path: file.path, title: e.Title, artist: e.Artist})
	}
	s.keepTracks()
}

// keepTracks has the settings hold the playlist as it is.
func (s *Session) keepTracks() {
	var paths []string
	for _, t := range s.music.tracks {
		paths = append(paths, t.path)
	}
	for _, w := range s.music.waiting {
		paths = append(paths, w.path)
	}
	if !slices.Equal(paths, s.settings.Tracks) {
		s.change(func(set *Settings) { set.Tracks = paths })
	}
}

func (s *Session) musicFailed(path string, err error) {
	name := filepath.Base(path)
	s.notice(Problem{Trouble: MusicFailed, Name: name, Detail: strings.TrimPrefix(err.Error(), name+": ")})
}

// followMusic takes over what the deck found out while it played, and measures the track that it came to.
func (s *Session) followMusic() {
	d := s.sound.deck.State()
	for i := range s.music.tracks {
		t, problem := &s.music.tracks[i], ""
		for _, e := range d.Entries {
			if e.ID == t.id && e.Err != nil {
				problem = e.Err.Error()
				if t.problem == "" {
					s.musicFailed(t.path, e.Err)
				}
			}
		}
		t.problem = problem
	}
	if d.Current != s.music.measured {
		s.measureTrack(d.Current)
	}
}

// measureTrack draws a track's outline beside the loop.
func (s *Session) measureTrack(id mix.EntryID) {
	m := &s.music
	m.measured = id
	if m.stop != nil {
		m.stop()
		m.stop = nil
	}
	i := s.findTrack(id)
	if i < 0 || m.tracks[i].outline.Share == 1 {
		return
	}
	path := m.tracks[i].path
	ctx, stop := context.WithCancel(s.ctx)
	m.stop = stop
	s.group.Go(func() error {
		defer stop()
		err := s.c.Tracks.OutlineTrack(ctx, path, outlineColumns, func(share float64, peaks []Peak) {
			o := Outline{Share: share, Peaks: slices.Clone(peaks)}
			s.post(ctx, func() {
				if i := s.findTrack(id); i >= 0 {
					m.tracks[i].outline = o
				}
			})
		})
		if err != nil && ctx.Err() == nil {
			s.c.Log.Warn("measure music", "error", err) // what is wrong with the file is said when it plays
		}
		return nil
	})
}

func (s *Session) findTrack(id mix.EntryID) int {
	return slices.IndexFunc(s.music.tracks, func(t track) bool { return t.id == id })
}

// onTrack runs f on the loop with a track's place in the playlist.
func (s *Session) onTrack(ctx context.Context, id mix.EntryID, f func(i int)) error {
	return s.do(ctx, func() error {
		i := s.findTrack(id)
		if i < 0 {
			return errNoTrack
		}
		f(i)
		return nil
	})
}

// RemoveTrack takes a track out of the playlist. If it plays, the next follows.
func (s *Session) RemoveTrack(ctx context.Context, id mix.EntryID) error {
	return s.onTrack(ctx, id, func(i int) {
		s.sound.deck.Remove(id)
		s.music.tracks = slices.Delete(s.music.tracks, i, i+1)
		s.keepTracks()
	})
}

// MoveTrack puts a track at another place in the playlist, counted from 0.
func (s *Session) MoveTrack(ctx context.Context, id mix.EntryID, to int) error {
	return s.onTrack(ctx, id, func(i int) {
		s.sound.deck.Move(id, to)
		t := s.music.tracks[i]
		s.music.tracks = slices.Delete(s.music.tracks, i, i+1)
		s.music.tracks = slices.Insert(s.music.tracks, min(max(to, 0), len(s.music.tracks)), t)
		s.keepTracks()
	})
}

// PlayTrack plays a track from its beginning.
func (s *Session) PlayTrack(ctx context.Context, id mix.EntryID) error {
	return s.onTrack(ctx, id, func(int) {
		s.sound.deck.Go(id)
		s.sound.deck.Play(playFade)
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

// TriggerPad plays a pad's sound, counted from 0.
func (s *Session) TriggerPad(ctx context.Context, i int) error {
	if i < 0 || i >= mix.PadCount {
		return errNoPad
	}
	return s.do(ctx, func() error {
		s.sound.pads.Trigger(i)
		return nil
	})
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
	if i < 0 || i >= mix.PadCount {
		return errNoPad
	}
	if !goodVolume(db) {
		return errVolume
	}
	return s.do(ctx, func() error {
		s.change(func(set *Settings) { set.Pads[i] = db })
		s.sound.pads.SetVolume(i, db)
		return nil
	})
}

// musicStatus is what a snapshot shows of the music.
func (s *Session) musicStatus() MusicStatus {
	m, d := &s.music, s.sound.deck.State()
	st := MusicStatus{
		Reading: len(m.waiting), Current: d.Current, Playing: d.Playing, Position: d.Position, Length: d.Length,
		Pads: s.sound.pads.State(), Monitor: Idle,
	}
	for i, t := range m.tracks {
		one := TrackStatus{ID: t.id, Title: t.title, Artist: t.artist, Problem: t.problem}
		if i < len(d.Entries) && d.Entries[i].ID == t.id {
			one.Length = d.Entries[i].Length
		}
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
