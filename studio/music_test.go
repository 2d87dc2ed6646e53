package studio_test

import (
	"context"
	"errors"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vitrine/capture/frame"
	"vitrine/studio"
	"vitrine/studio/mix"
)

// tune is a fake piece of music: a steady level whose sign differs between the sides, so that it can be told from the voice.
type tune struct {
	title  string
	blocks int
	at     int
}

const tuneLevel = 0.05

func (t *tune) Title() string         { return t.title }
func (t *tune) Artist() string        { return "Band" }
func (t *tune) Length() time.Duration { return time.Duration(t.blocks) * frame.BlockDuration }
func (t *tune) Close() error          { return nil }

func (t *tune) Seek(to time.Duration) error {
	t.at = int(to / frame.BlockDuration)
	return nil
}

func (t *tune) Read(b *frame.Block) error {
	if t.at >= t.blocks {
		return io.EOF
	}
	t.at++
	for i := range b {
		b[i] = tuneLevel * float32(1-2*(i%2))
	}
	return nil
}

// OpenTrack opens a tune of 20 s; files whose name says so are bad.
func (m *machine) OpenTrack(path string) (studio.Track, error) {
	name := filepath.Base(path)
	if err := m.failure(path); err != nil {
		return nil, err
	}
	if strings.HasPrefix(name, "bad") {
		return nil, errors.New(name + ": this is no music")
	}
	time.Sleep(50 * time.Millisecond) // a disk
	return &tune{title: strings.TrimSuffix(name, ".mp3"), blocks: 2000}, nil
}

func (m *machine) OutlineTrack(ctx context.Context, path string, columns int, progress func(float64, []studio.Peak)) error {
	peaks := make([]studio.Peak, columns)
	for i := range peaks {
		peaks[i] = studio.Peak{Min: -tuneLevel, Max: tuneLevel}
	}
	progress(0.5, peaks)
	if !rest(ctx, time.Second) {
		return nil
	}
	progress(1, peaks)
	return nil
}

// hears are the levels of voice and music in the block that the encoder got last.
func (m *machine) hears() (voice, music float64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := 0; i < len(m.heard); i += 2 {
		voice += math.Abs(float64(m.heard[i]+m.heard[i+1]) / 2)
		music += math.Abs(float64(m.heard[i]-m.heard[i+1]) / 2)
	}
	return voice / frame.BlockSamples, music / frame.BlockSamples
}

func (m *machine) speak(loud float32) {
	m.mu.Lock()
	m.loud = loud
	m.mu.Unlock()
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 0.01*tuneLevel+0.02*want {
		t.Errorf("%s at %.4f, want %.4f", what, got, want)
	}
}

func gain(db float64) float64 { return math.Pow(10, db/20) }

func titles(s *studio.Session) string {
	var all []string
	for _, t := range s.Snapshot().Music.Tracks {
		all = append(all, t.Title)
	}
	return strings.Join(all, ",")
}

func onAirWithMusic(t *testing.T, ctx context.Context, s *studio.Session, m *machine) {
	t.Helper()
	m.speak(0)
	must(t, s.SetServer(ctx, evening))
	must(t, s.GoLive(ctx))
	must(t, s.AddTracks(ctx, []string{"/m/one.mp3", "/m/two.mp3"}))
	wait(time.Second)
	must(t, s.SetMusic(ctx, studio.Music{GainDB: -6, Loop: mix.LoopAll, Duck: true}))
	must(t, s.PlayMusic(ctx))
	wait(2 * time.Second)
}

func TestMusicIsHeardGivesWayToTheVoiceAndComesBack(t *testing.T) {
	m := newMachine()
	onSession(t, m, func(ctx context.Context, s *studio.Session) {
		onAirWithMusic(t, ctx, s, m)
		voice, music := m.hears()
		near(t, "the voice of a silent host is", voice, 0)
		near(t, "the music is", music, tuneLevel*gain(-6))
		snap := s.Snapshot()
		if st := snap.Music; !st.Playing || st.Tracks[0].Title != "one" || st.Tracks[0].Artist != "Band" || st.Length != 20*time.Second || st.Position < time.Second {
			t.Errorf("the music says %+v", st)
		}
		if l := snap.Sound.Music.RMS; math.Abs(l-20*math.Log10(tuneLevel*gain(-6))) > 0.2 {
			t.Errorf("the music's meter shows %.1f dB", l)
		}

		m.speak(0.05)
		wait(500 * time.Millisecond)
		voice, music = m.hears()
		near(t, "the voice is", voice, 0.05)
		near(t, "below the voice the music is", music, tuneLevel*gain(-18))
		if d := s.Snapshot().Sound.DuckDB; d > -11.9 {
			t.Errorf("the snapshot says that the music is %.1f dB down", d)
		}
		m.speak(0)
		wait(1200 * time.Millisecond)
		_, music = m.hears()
		near(t, "after the last word the music is", music, tuneLevel*gain(-6))

		must(t, s.SetMusic(ctx, studio.Music{GainDB: -6, Loop: mix.LoopAll}))
		m.speak(0.05)
		wait(500 * time.Millisecond)
		_, music = m.hears()
		near(t, "with ducking off the music is", music, tuneLevel*gain(-6))
		must(t, s.SetMusic(ctx, studio.Music{GainDB: -6, Loop: mix.LoopAll, Muted: true}))
		wait(100 * time.Millisecond)
		voice, music = m.hears()
		near(t, "with the music muted the voice is", voice, 0.05)
		near(t, "muted music is", music, 0)
	})
}

func TestTheDeckIsDrivenByTheHost(t *testing.T) {
	m := newMachine()
	onSession(t, m, func(ctx context.Context, s *studio.Session) {
		if err := s.PlayMusic(ctx); err == nil {
			t.Error("an empty playlist plays")
		}
		onAirWithMusic(t, ctx, s, m)
		current := func() string {
			st := s.Snapshot().Music
			for _, t := range st.Tracks {
				if t.ID == st.Current {
					return t.Title
				}
			}
			return ""
		}
		must(t, s.NextTrack(ctx))
		wait(time.Second)
		if got := current(); got != "two" {
			t.Errorf("the next track is %q", got)
		}
		must(t, s.SeekMusic(ctx, 10*time.Second))
		must(t, s.PauseMusic(ctx))
		wait(time.Second)
		if st := s.Snapshot().Music; st.Playing || st.Position < 10*time.Second || st.Position > 11*time.Second {
			t.Errorf("paused at %v, playing %t", st.Position, st.Playing)
		}
		if _, music := m.hears(); music != 0 {
			t.Errorf("a pause sounds at %g", music)
		}
		must(t, s.StopMusic(ctx))
		wait(2 * time.Second)
		if st := s.Snapshot().Music; st.Position != 0 {
			t.Errorf("stopped at %v", st.Position)
		}
		one := s.Snapshot().Music.Tracks[0].ID
		must(t, s.PlayTrack(ctx, one))
		wait(time.Second)
		if _, music := m.hears(); current() != "one" || music == 0 {
			t.Errorf("%q is at %g", current(), music)
		}
		must(t, s.MoveTrack(ctx, one, 1))
		wait(time.Second)
		if got := titles(s); got != "two,one" {
			t.Errorf("moved: %s", got)
		}
		must(t, s.RemoveTrack(ctx, one))
		wait(time.Second)
		if got := titles(s); got != "two" || current() != "two" || s.RemoveTrack(ctx, one) == nil {
			t.Errorf("removed: %s, playing %s", got, current())
		}
		if o := s.Snapshot().Music.Outline; o.Share != 0.5 && o.Share != 1 || len(o.Peaks) != 400 || o.Peaks[0].Max != tuneLevel {
			t.Errorf("the outline: %g of %d columns", o.Share, len(o.Peaks))
		}
	})
}

func TestAFileThatIsNoMusicIsNamedAndTheRestPlays(t *testing.T) {
	m := newMachine()
	onSession(t, m, func(ctx context.Context, s *studio.Session) {
		must(t, s.AddTracks(ctx, []string{"/m/one.mp3", "/m/bad.mp3", "/m/two.mp3"}))
		wait(time.Second)
		if got := titles(s); got != "one,two" || s.Snapshot().Music.Reading != 0 {
			t.Errorf("the playlist is %s", got)
		}
		n := s.Snapshot().Notices
		if len(n) != 1 || n[0].Trouble != studio.MusicFailed || n[0].Name != "bad.mp3" || n[0].Detail != "this is no music" {
			t.Errorf("the host was told %+v", n)
		}
		m.setFailure("/m/two.mp3", errors.New("the disk is gone"))
		must(t, s.PlayMusic(ctx))
		must(t, s.NextTrack(ctx))
		wait(2 * time.Second)
		st := s.Snapshot()
		if !st.Music.Playing || st.Music.Current != st.Music.Tracks[0].ID || st.Music.Tracks[1].Problem == "" {
			t.Errorf("a track that is gone: %+v", st.Music)
		}
		if n := st.Notices; len(n) != 2 || n[1].Name != "two.mp3" || n[1].Detail != "the disk is gone" {
			t.Errorf("the host was told %+v", n)
		}
	})
}

func TestThePlaylistSurvivesARestart(t *testing.T) {
	m := newMachine()
	var kept []byte
	want := studio.Music{GainDB: -9, Crossfade: 5, Loop: mix.LoopOne, Monitor: true}
	onSession(t, m, func(ctx context.Context, s *studio.Session) {
		must(t, s.AddTracks(ctx, []string{"/m/one.mp3", "/m/two.mp3", "/m/three.mp3"}))
		must(t, s.SetMusic(ctx, want))
		must(t, s.SetPadVolume(ctx, 2, -3))
		wait(3 * time.Second)
		kept = m.crash()
	})
	again := newMachine()
	again.keep = kept
	again.setFailure("/m/two.mp3", errors.New("the disk is gone"))
	onSession(t, again, func(ctx context.Context, s *studio.Session) {
		wait(3 * time.Second)
		snap := s.Snapshot()
		if got := titles(s); got != "one,two.mp3,three" || snap.Settings.Music != want || snap.Music.Pads[2].VolumeDB != -3 {
			t.Errorf("after a restart: %s, %+v", got, snap.Settings.Music)
		}
		if snap.Music.Tracks[1].Problem == "" || len(snap.Notices) != 1 || snap.Notices[0].Name != "two.mp3" {
			t.Errorf("the file that is gone: %+v, %+v", snap.Music.Tracks[1], snap.Notices)
		}
		if !slices.Equal(snap.Settings.Tracks, []string{"/m/one.mp3", "/m/two.mp3", "/m/three.mp3"}) {
			t.Errorf("kept are %q", snap.Settings.Tracks)
		}
	})
}

func TestTheHostHearsMusicAndPadsButNeverTheVoice(t *testing.T) {
	m := newMachine()
	onSession(t, m, func(ctx context.Context, s *studio.Session) {
		onAirWithMusic(t, ctx, s, m)
		m.mu.Lock()
		if m.played != nil {
			t.Error("the speaker plays before the host wants to hear anything")
		}
		m.mu.Unlock()
		must(t, s.SetMusic(ctx, studio.Music{GainDB: -6, Loop: mix.LoopAll, Monitor: true}))
		m.speak(0.05)
		wait(time.Second)
		var b frame.Block
		if s.Snapshot().Music.Monitor != studio.Running || m.played == nil || !m.played.Get(&b) {
			t.Fatalf("the monitor is %s", s.Snapshot().Music.Monitor)
		}
		near(t, "the host hears on the left", float64(b[0]), tuneLevel*gain(-6))
		near(t, "and on the right", -float64(b[1]), tuneLevel*gain(-6))

		must(t, s.StopMusic(ctx))
		wait(2 * time.Second)
		must(t, s.TriggerPad(ctx, 1))
		wait(200 * time.Millisecond)
		if p := s.Snapshot().Music.Pads[1]; p.Name != "Bell" || !p.Playing {
			t.Errorf("the pad says %+v", p)
		}
		for m.played.Get(&b) {
		}
		wait(50 * time.Millisecond)
		if !m.played.Get(&b) || b == (frame.Block{}) {
			t.Error("the host does not hear the bell")
		}
		must(t, s.StopPads(ctx))
		wait(500 * time.Millisecond)
		if s.Snapshot().Music.Pads[1].Playing {
			t.Error("the bell still rings")
		}
		m.setFailure("speaker", frame.ErrBusy)
		must(t, s.SetSpeaker(ctx, "other"))
		wait(time.Second)
		if st := s.Snapshot().Music; st.Monitor != studio.Failed || st.MonitorProblem.Trouble != studio.DeviceBusy {
			t.Errorf("on a busy speaker: %s %+v", st.Monitor, st.MonitorProblem)
		}
		must(t, s.SetMusic(ctx, studio.Music{Loop: mix.LoopAll}))
		wait(time.Second)
		if st := s.Snapshot().Music; st.Monitor != studio.Idle {
			t.Errorf("switched off: %s", st.Monitor)
		}
	})
}

func TestCuedMusicIsHeardByTheHostAlone(t *testing.T) {
	m := newMachine()
	onSession(t, m, func(ctx context.Context, s *studio.Session) {
		onAirWithMusic(t, ctx, s, m)
		must(t, s.CueMusic(ctx, true))
		wait(time.Second)
		var b frame.Block
		if _, music := m.hears(); music != 0 || m.played == nil || !m.played.Get(&b) || !s.Snapshot().Music.Cued {
			t.Fatalf("viewers hear it at %g, the host on %v", music, m.played)
		}
		near(t, "the host hears", float64(b[0]), tuneLevel*gain(-6))
		must(t, s.CueMusic(ctx, false))
		wait(time.Second)
		_, music := m.hears()
		near(t, "given back to the show it is", music, tuneLevel*gain(-6))
		if got := s.Snapshot().Music; got.Cued || got.Monitor != studio.Idle {
			t.Errorf("afterwards: %+v", got)
		}
	})
}

func TestMusicSettingsAreChecked(t *testing.T) {
	m := newMachine()
	onSession(t, m, func(ctx context.Context, s *studio.Session) {
		good := studio.Defaults().Music
		for what, edit := range map[string]func(*studio.Music){
			"a volume without a number": func(m *studio.Music) { m.GainDB = math.NaN() },
			"too loud":                  func(m *studio.Music) { m.GainDB = 7 },
			"a minute's crossfade":      func(m *studio.Music) { m.Crossfade = 60 },
			"another loop":              func(m *studio.Music) { m.Loop = "twice" },
		} {
			bad := good
			edit(&bad)
			if s.SetMusic(ctx, bad) == nil {
				t.Errorf("%s was accepted", what)
			}
		}
		if s.TriggerPad(ctx, mix.PadCount) == nil || s.SetPadVolume(ctx, -1, 0) == nil || s.SetPadVolume(ctx, 0, 90) == nil {
			t.Error("a pad that is not there was accepted")
		}
		if s.AddTracks(ctx, make([]string, 501)) == nil {
			t.Error("501 tracks were accepted")
		}
	})
}
