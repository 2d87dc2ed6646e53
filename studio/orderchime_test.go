package studio_test

import (
	"context"
	"testing"
	"time"

	"vitrine/capture/frame"
	"vitrine/studio"
)

func TestANewOrderIsHeardByTheHostOnlyAndOnceAtATime(t *testing.T) {
	m := newMachine()
	onSession(t, m, func(ctx context.Context, s *studio.Session) {
		must(t, s.ChimeOrder(ctx))
		wait(100 * time.Millisecond)
		m.mu.Lock()
		first := m.played
		m.mu.Unlock()
		if first == nil {
			t.Fatal("nothing plays")
		}
		loud := float32(0)
		var block frame.Block
		for first.Get(&block) {
			for _, v := range block {
				loud = max(loud, v, -v)
			}
		}
		if loud < 0.05 || loud > 0.5 {
			t.Errorf("the sound peaks at %v", loud)
		}
		must(t, s.ChimeOrder(ctx))
		wait(100 * time.Millisecond)
		m.mu.Lock()
		again := m.played
		m.mu.Unlock()
		if again != first {
			t.Error("two sounds play at once")
		}
		if st := s.Snapshot(); st.Sound.Speaker == studio.Running || st.Music.Monitor == studio.Running {
			t.Errorf("the speaker test is %s, the monitor %s", st.Sound.Speaker, st.Music.Monitor)
		}
		wait(2 * time.Second)
		must(t, s.SetOrderChime(ctx, false))
		must(t, s.ChimeOrder(ctx))
		wait(100 * time.Millisecond)
		if m.mu.Lock(); m.played != first {
			t.Error("it is heard though it is switched off")
		}
		m.mu.Unlock()
		must(t, s.SetOrderChime(ctx, true))
		m.setFailure("speaker", frame.ErrBusy)
		must(t, s.ChimeOrder(ctx))
		wait(time.Second)
		if n := s.Snapshot().Notices; len(n) != 0 {
			t.Errorf("a busy speaker is a trouble: %v", n)
		}
	})
}
