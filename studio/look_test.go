package studio_test

import (
	"context"
	"testing"
	"time"

	"vitrine/capture/frame"
	"vitrine/effects"
	"vitrine/studio"
)

func TestTheLookGoesOutAndComparingShowsTheHostAloneThePictureBefore(t *testing.T) {
	m := newMachine()
	m.effects = true
	onSession(t, m, func(ctx context.Context, s *studio.Session) {
		_, err := s.AddSource(ctx, "Camera", camera)
		must(t, err)
		must(t, s.SetServer(ctx, evening))
		must(t, s.GoLive(ctx))
		must(t, s.SetLook(ctx, effects.Look{Exposure: 50}))
		wait(3 * time.Second)
		brighter := m.encoded.Load()
		if brighter <= 110 || m.previewed.Load() != brighter {
			t.Fatalf("viewers see a luma of %d, the host of %d, the camera gives 100", brighter, m.previewed.Load())
		}
		must(t, s.Compare(ctx, true))
		wait(time.Second)
		if m.previewed.Load() != 100 || m.encoded.Load() != brighter {
			t.Fatalf("comparing, viewers see a luma of %d, the host of %d", m.encoded.Load(), m.previewed.Load())
		}
		must(t, s.Compare(ctx, false))
		_, err = s.AddSource(ctx, "Screen", frame.Input{Kind: frame.Screen, Device: "screen"})
		must(t, err)
		must(t, s.SelectSource(ctx, s.Snapshot().Settings.Sources[1].ID))
		wait(time.Second)
		if m.encoded.Load() != 100 {
			t.Fatalf("a screen goes out with a luma of %d, it has 100", m.encoded.Load())
		}
	})
}

func TestALookAndAVoiceAreKeptUnderAName(t *testing.T) {
	onSession(t, newMachine(), func(ctx context.Context, s *studio.Session) {
		look := effects.Look{Temperature: 10}.With(effects.Radiant)
		must(t, s.SetLook(ctx, look))
		must(t, s.SetVoice(ctx, effects.Voice{}.With(effects.Deeper)))
		must(t, s.KeepPerson(ctx, " Mei "))
		must(t, s.SetLook(ctx, effects.Look{}))
		must(t, s.SetVoice(ctx, effects.CleanVoice()))
		must(t, s.KeepPerson(ctx, "Ben"))
		must(t, s.UsePerson(ctx, "Mei"))
		set := s.Snapshot().Settings
		if set.Look != look || set.Voice.Changer() != effects.Deeper || len(set.People) != 2 {
			t.Fatalf("Mei looks like %+v and sounds like %+v", set.Look, set.Voice)
		}
		must(t, s.RemovePerson(ctx, "Mei"))
		if s.UsePerson(ctx, "Mei") == nil || s.KeepPerson(ctx, " ") == nil {
			t.Error("nobody has a name")
		}
		if s.SetLook(ctx, effects.Look{Smooth: -1}) == nil || s.SetVoice(ctx, effects.Voice{Pitch: 99}) == nil {
			t.Error("a look or voice out of range is taken")
		}
	})
}

func TestAFileThatIsMissingOrNoVideoIsNotCalledADevice(t *testing.T) {
	m := newMachine()
	onSession(t, m, func(ctx context.Context, s *studio.Session) {
		for failure, want := range map[error]studio.Trouble{frame.ErrGone: studio.FileGone, frame.ErrFormat: studio.InputFailed} {
			m.setFailure("", failure)
			path := "/" + string(want)
			must(t, s.SetLook(ctx, effects.Look{Background: effects.ReplaceBackground, Backdrop: path}))
			wait(time.Second)
			n := s.Snapshot().Notices
			if len(n) == 0 || n[len(n)-1].Trouble != want || n[len(n)-1].Name != path {
				t.Errorf("for %v the host is told %+v", failure, n)
			}
			id, err := s.AddSource(ctx, "Clip", frame.Input{Kind: frame.File, URL: path})
			must(t, err)
			must(t, s.SelectSource(ctx, id))
			wait(time.Second)
			if got := s.Snapshot().Sources[0].Problem.Trouble; got != want {
				t.Errorf("for %v the source says %s", failure, got)
			}
			must(t, s.RemoveSource(ctx, id))
		}
	})
}
