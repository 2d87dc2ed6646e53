package studio_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vitrine/capture/frame"
	"vitrine/effects"
	"vitrine/studio"
)

func undo(t *testing.T, ctx context.Context, s *studio.Session) studio.ChangeKind {
	t.Helper()
	c, err := s.Undo(ctx)
	must(t, err)
	return c.Kind
}

func TestWhatWasChangedLastIsTakenBackFirst(t *testing.T) {
	m := newMachine()
	m.effects = true
	onSession(t, m, func(ctx context.Context, s *studio.Session) {
		id, err := s.AddSource(ctx, "Camera", camera)
		must(t, err)
		states := []studio.Settings{}
		for i, change := range []func() error{
			func() error { return s.SetLook(ctx, effects.Look{Exposure: 50}) },
			func() error { return s.KeepPerson(ctx, "Mei") },
			func() error { return s.SetVoice(ctx, effects.CleanVoice().With(effects.Deeper)) },
			func() error { return s.RemoveSource(ctx, id) },
			func() error { return s.UsePerson(ctx, "Mei") },
			func() error {
				l := s.Snapshot().Settings.Look
				l.Background = effects.BlurBackground
				return s.SetLook(ctx, l)
			},
			func() error { return s.RemovePerson(ctx, "Mei") },
		} {
			states = append(states, s.Snapshot().Settings)
			must(t, change())
			if got := s.Snapshot().Undo.Seq; got != i+1 {
				t.Fatalf("after change %d the last that can be undone is %d", i+1, got)
			}
		}
		for i, want := range []studio.ChangeKind{
			studio.PersonRemoved, studio.BackgroundChanged, studio.PersonUsed, studio.SourceRemoved, studio.VoiceChanged,
			studio.PersonKept, studio.LookChanged,
		} {
			if got := undo(t, ctx, s); got != want {
				t.Fatalf("%s is undone, not %s", got, want)
			}
			got, want := s.Snapshot().Settings, states[len(states)-1-i]
			if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
				t.Fatalf("%+v after undo, it was %+v", got, want)
			}
		}
		wait(2 * time.Second)
		if m.previewed.Load() != 100 {
			t.Errorf("the picture keeps a look that was undone: a luma of %d", m.previewed.Load())
		}
	})
	kept, err := studio.ParseSettings(m.keep)
	must(t, err)
	if kept.Look != studio.Defaults().Look || len(kept.People) != 0 || len(kept.Sources) != 1 {
		t.Errorf("kept: %+v", kept)
	}
}

func TestDraggingAFaderIsOneStep(t *testing.T) {
	onSession(t, newMachine(), func(ctx context.Context, s *studio.Session) {
		look := s.Snapshot().Settings.Look
		drag := func(of *int, to ...int) {
			for _, v := range to {
				*of = v
				must(t, s.SetLook(ctx, look))
				wait(100 * time.Millisecond)
			}
		}
		first := look
		drag(&look.Blush, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51)
		second := look
		drag(&look.Lips, 20, 25, 30) // another at once
		third := look
		wait(time.Second)
		drag(&look.Lips, 35, 40) // the same later
		drag(&look.Eyes, 60, first.Eyes)
		for _, want := range []effects.Look{third, second, first} {
			undo(t, ctx, s)
			if got := s.Snapshot().Settings.Look; got != want {
				t.Fatalf("%+v after undo, not %+v", got, want)
			}
		}
		if c := s.Snapshot().Undo; c != (studio.Change{}) {
			t.Errorf("%+v is left, there and back is nothing", c)
		}
	})
}

func TestAGradeThatWasUndoneToIsWornEvenIfItsFileIsGone(t *testing.T) {
	m := newMachine()
	m.effects = true
	path := filepath.Join(t.TempDir(), "dark.cube")
	must(t, os.WriteFile(path, []byte("LUT_3D_SIZE 2\n"+strings.Repeat("0.2 0.2 0.2\n", 8)), 0o600))
	onSession(t, m, func(ctx context.Context, s *studio.Session) {
		_, err := s.AddSource(ctx, "Camera", camera)
		must(t, err)
		must(t, s.SetLook(ctx, effects.Look{Grade: path, GradeStrength: 100}))
		var refused studio.GradeError
		if err := s.SetLook(ctx, effects.Look{Grade: path + "s"}); !errors.As(err, &refused) || refused.Name != path+"s" {
			t.Errorf("a grade that is not there gives %v", err)
		}
		wait(2 * time.Second)
		dark := m.previewed.Load()
		must(t, s.SetLook(ctx, effects.Look{}))
		must(t, os.Remove(path))
		wait(2 * time.Second)
		if m.previewed.Load() == dark {
			t.Fatal("the grade changes nothing")
		}
		undo(t, ctx, s)
		wait(2 * time.Second)
		if got := m.previewed.Load(); got != dark || len(s.Snapshot().Notices) > 0 {
			t.Errorf("a luma of %d, it was %d; notices: %+v", got, dark, s.Snapshot().Notices)
		}
	})
}

func TestOnlySoMuchCanBeUndone(t *testing.T) {
	long(t)
	onSession(t, newMachine(), func(ctx context.Context, s *studio.Session) {
		for i := range 60 {
			must(t, s.SetLook(ctx, effects.Look{Blush: 1 + i}))
			wait(2 * time.Second)
		}
		n := 0
		for s.Snapshot().Undo.Kind != "" {
			undo(t, ctx, s)
			n++
		}
		if got := s.Snapshot().Settings.Look.Blush; n != 50 || got != 10 {
			t.Errorf("%d steps back to a blush of %d", n, got)
		}
	})
}

func TestASourceComesBackBesideWhatWasAddedMeanwhile(t *testing.T) {
	onSession(t, newMachine(), func(ctx context.Context, s *studio.Session) {
		first, err := s.AddSource(ctx, "A", camera)
		must(t, err)
		must(t, s.RemoveSource(ctx, first))
		for i := range 64 {
			_, err := s.AddSource(ctx, fmt.Sprint(i), frame.Input{Kind: frame.Synthetic})
			must(t, err)
		}
		if _, err := s.Undo(ctx); err == nil || s.Snapshot().Undo.Name != "A" {
			t.Fatal("a source too many is brought back, or forgotten")
		}
		must(t, s.RemoveSource(ctx, s.Snapshot().Settings.Sources[63].ID))
		undo(t, ctx, s)
		if err := s.Snapshot().Settings.Validate(); err != nil || len(s.Snapshot().Settings.Sources) != 64 {
			t.Fatal(err)
		}
	})
	onSession(t, newMachine(), func(ctx context.Context, s *studio.Session) {
		first, err := s.AddSource(ctx, "A", camera)
		must(t, err)
		must(t, s.RemoveSource(ctx, first))
		second, err := s.AddSource(ctx, "B", camera)
		must(t, err)
		undo(t, ctx, s)
		set := s.Snapshot().Settings
		if err := set.Validate(); err != nil || first != second || set.Sources[0].Name != "A" || set.Selected != set.Sources[0].ID {
			t.Errorf("%v: %+v", err, set.Sources)
		}
	})
}

func TestTheCardIsKeptAndCanBeUndone(t *testing.T) {
	onSession(t, newMachine(), func(ctx context.Context, s *studio.Session) {
		before := s.Snapshot().Settings.Card
		wanted := studio.Card{On: true, Corner: studio.TopRight, Timer: true, Language: "zh"}
		must(t, s.SetCard(ctx, wanted))
		must(t, s.SetCard(ctx, wanted)) // no step of its own
		if got := s.Snapshot(); got.Settings.Card != wanted || got.Undo.Kind != studio.CardChanged {
			t.Fatalf("the card is %+v, to undo is %+v", got.Settings.Card, got.Undo)
		}
		if s.SetCard(ctx, studio.Card{}) == nil {
			t.Error("a card without corner and language is taken")
		}
		b, err := s.Snapshot().Settings.Marshal()
		must(t, err)
		if kept, err := studio.ParseSettings(b); err != nil || kept.Card != wanted {
			t.Errorf("%+v is kept, %v", kept.Card, err)
		}
		done, err := s.Undo(ctx)
		must(t, err)
		if got := s.Snapshot(); done.Kind != studio.CardChanged || got.Settings.Card != before || got.Undo.Kind != "" {
			t.Errorf("after %+v the card is %+v", done, got.Settings.Card)
		}
	})
}
