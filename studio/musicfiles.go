package studio

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"vitrine/studio/mix"
)

// MusicEndings are how names of files end that are likely to be music.
var MusicEndings = []string{".mp3", ".flac", ".ogg", ".oga", ".wav"}

// IsMusic says by its name whether a file is likely to be music.
func IsMusic(path string) bool {
	return slices.Contains(MusicEndings, strings.ToLower(filepath.Ext(path)))
}

// music is the playlist and what is known of its files, owned by the loop. The deck plays it.
type music struct {
	tracks   []track
	waiting  []unread
	reading  bool
	measured mix.EntryID // whose outline is measured, or was
	stop     context.CancelFunc

	monitor runner
	hears   string            // the speaker that monitor runs
	after   chan struct{}     // its former user
	cued    bool              // the host alone hears the music
	padTurn [mix.PadCount]int // counts what was put on a pad
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
	s.notice(Problem{Trouble: MusicFailed, Name: filepath.Base(path), Detail: reason(path, err)})
}

// reason is an error about a file without the file's name, which is said beside it.
func reason(path string, err error) string {
	return strings.TrimPrefix(err.Error(), filepath.Base(path)+": ")
}

// followMusic takes over what the deck found out while it played, and measures the track that it came to.
func (s *Session) followMusic() {
	d := s.sound.deck.State()
	for i, e := range d.Entries { // in the order of the tracks
		t, problem := &s.music.tracks[i], ""
		if e.Err != nil {
			problem = reason(t.path, e.Err)
		}
		if problem != "" && t.problem == "" {
			s.musicFailed(t.path, e.Err)
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
func (s *Session) onTrack(ctx context.Context, id mix.EntryID, f func(i int) error) error {
	return s.do(ctx, func() error {
		i := s.findTrack(id)
		if i < 0 {
			return errNoTrack
		}
		return f(i)
	})
}

// RemoveTrack takes a track out of the playlist. If it plays, the next follows.
func (s *Session) RemoveTrack(ctx context.Context, id mix.EntryID) error {
	return s.onTrack(ctx, id, func(i int) error {
		s.sound.deck.Remove(id)
		s.music.tracks = slices.Delete(s.music.tracks, i, i+1)
		s.keepTracks()
		return nil
	})
}

// MoveTrack puts a track at another place in the playlist, counted from 0.
func (s *Session) MoveTrack(ctx context.Context, id mix.EntryID, to int) error {
	return s.onTrack(ctx, id, func(i int) error {
		s.sound.deck.Move(id, to)
		t := s.music.tracks[i]
		s.music.tracks = slices.Delete(s.music.tracks, i, i+1)
		s.music.tracks = slices.Insert(s.music.tracks, min(max(to, 0), len(s.music.tracks)), t)
		s.keepTracks()
		return nil
	})
}

// PlayTrack plays a track from its beginning.
func (s *Session) PlayTrack(ctx context.Context, id mix.EntryID) error {
	return s.onTrack(ctx, id, func(int) error {
		s.sound.deck.Go(id)
		s.sound.deck.Play(playFade)
		return nil
	})
}
