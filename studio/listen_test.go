package studio_test

import (
	"context"
	"testing"
	"time"

	"vitrine/capture/frame"
	"vitrine/studio"
	"vitrine/studio/mix"
)

// phones is the machine's second output.
const phones = "phones"

// inEar is how loud the headphones have been since it was last asked.
func (m *machine) inEar() (loud float64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.listened == nil {
		return 0
	}
	for b := (frame.Block{}); m.listened.Get(&b); {
		loud = max(loud, float64(b[0]))
	}
	return loud
}

func TestTheHostListensToATrackWhileAnotherIsOnAir(t *testing.T) {
	m := newMachine()
	onSession(t, m, func(ctx context.Context, s *studio.Session) {
		onAirWithMusic(t, ctx, s, m)
		_, before := m.hears()
		tracks := s.Snapshot().Music.Tracks
		one, two := tracks[0].ID, tracks[1].ID
		must(t, s.SetHeadphones(ctx, phones))
		must(t, s.ListenTo(ctx, two))
		wait(time.Second)
		near(t, "the headphones play", m.inEar(), tuneLevel*gain(-6))
		_, onAir := m.hears()
		near(t, "on air is still", onAir, before)
		st := s.Snapshot().Music
		if st.Listening != two || st.Current != one || !st.Playing || st.Monitor != studio.Idle || m.played != nil {
			t.Errorf("while the host listens: %+v", st)
		}

		must(t, s.StopMusic(ctx))
		wait(2 * time.Second)
		m.inEar()
		wait(100 * time.Millisecond)
		if _, onAir := m.hears(); onAir != 0 {
			t.Errorf("viewers hear what the host listens to, at %g", onAir)
		}
		near(t, "with nothing on air the headphones play", m.inEar(), tuneLevel*gain(-6))
		must(t, s.ListenTo(ctx, 0))
		wait(500 * time.Millisecond)
		m.inEar()
		wait(500 * time.Millisecond)
		if loud := m.inEar(); loud != 0 || s.Snapshot().Music.Listening != 0 {
			t.Errorf("afterwards the headphones play at %g", loud)
		}
	})
}

func TestListeningEndsWithItsTrack(t *testing.T) {
	m := newMachine()
	onSession(t, m, func(ctx context.Context, s *studio.Session) {
		onAirWithMusic(t, ctx, s, m)
		must(t, s.SetHeadphones(ctx, phones))
		two := s.Snapshot().Music.Tracks[1].ID
		must(t, s.ListenTo(ctx, two))
		wait(19 * time.Second)
		if s.Snapshot().Music.Listening != two {
			t.Error("it ends before the track")
		}
		wait(2 * time.Second)
		if s.Snapshot().Music.Listening != 0 {
			t.Error("it goes on after the track")
		}
		must(t, s.ListenTo(ctx, two))
		wait(time.Second)
		must(t, s.RemoveTrack(ctx, two))
		wait(time.Second)
		if s.Snapshot().Music.Listening != 0 || s.ListenTo(ctx, two) == nil {
			t.Error("a track that was removed is heard")
		}
	})
}

func TestAHostWithOneOutputHasNoFeedback(t *testing.T) {
	m := newMachine()
	onSession(t, m, func(ctx context.Context, s *studio.Session) {
		onAirWithMusic(t, ctx, s, m)
		one := s.Snapshot().Music.Tracks[0].ID
		for _, c := range []struct{ what, speaker, headphones string }{
			{"without headphones", "", ""},
			{"on the speaker", "desk", "desk"},
			{"on what the system takes as speaker", "", "desk"},
		} {
			must(t, s.SetSpeaker(ctx, c.speaker))
			must(t, s.SetHeadphones(ctx, c.headphones))
			if s.ListenTo(ctx, one) == nil {
				t.Errorf("the host listens %s", c.what)
			}
		}
		must(t, s.SetHeadphones(ctx, phones))
		must(t, s.ListenTo(ctx, one))
		wait(time.Second)
		must(t, s.SetSpeaker(ctx, phones))
		wait(time.Second)
		if s.Snapshot().Music.Listening != 0 {
			t.Error("the host listens on what has become the speaker")
		}
	})
}

func TestAPadPlaysTheHostsOwnSound(t *testing.T) {
	m := newMachine()
	var kept []byte
	onSession(t, m, func(ctx context.Context, s *studio.Session) {
		m.speak(0)
		must(t, s.SetServer(ctx, evening))
		must(t, s.GoLive(ctx))
		must(t, s.SetPad(ctx, 7, "/m/jingle.mp3"))
		must(t, s.SetPad(ctx, 1, "/m/gong.mp3"))
		must(t, s.SetPad(ctx, 2, "/m/bad.mp3"))
		wait(3 * time.Second)
		snap := s.Snapshot()
		pads := snap.Music.Pads
		if pads[7].Name != "jingle" || pads[7].Length != 20*time.Second || pads[1].Name != "gong" || pads[2].Name != "Drum roll" {
			t.Errorf("the pads: %+v", pads)
		}
		if n := snap.Notices; len(n) != 1 || n[0].Trouble != studio.MusicFailed || n[0].Name != "bad.mp3" {
			t.Errorf("the host was told %+v", n)
		}
		must(t, s.TriggerPad(ctx, 7))
		wait(time.Second)
		_, heard := m.hears()
		near(t, "viewers hear it at", heard, tuneLevel*gain(-8))
		must(t, s.StopPads(ctx))
		wait(3 * time.Second)
		kept = m.crash()
	})
	again := newMachine()
	again.keep = kept
	again.setFailure("/m/gong.mp3", frame.ErrGone)
	onSession(t, again, func(ctx context.Context, s *studio.Session) {
		wait(3 * time.Second)
		snap := s.Snapshot()
		if p := snap.Music.Pads; p[7].Length != 20*time.Second || p[1].Length != 0 || p[0].Name != "Applause" || snap.Settings.PadFiles[1] != "/m/gong.mp3" {
			t.Errorf("after a restart: %+v, %q", p, snap.Settings.PadFiles)
		}
		must(t, s.SetPad(ctx, 1, ""))
		must(t, s.SetPad(ctx, 7, ""))
		wait(time.Second)
		if snap := s.Snapshot(); snap.Music.Pads[1].Name != "Bell" || snap.Music.Pads[7].Length != 0 || snap.Settings.PadFiles != [mix.PadCount]string{} {
			t.Errorf("taken off again: %+v", snap.Music.Pads)
		}
		if s.SetPad(ctx, mix.PadCount, "/m/one.mp3") == nil {
			t.Error("a pad that is not there was accepted")
		}
	})
}
