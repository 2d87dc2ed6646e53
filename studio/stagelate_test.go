package studio_test

import (
	"context"
	"testing"
	"time"

	"vitrine/capture/frame"
	"vitrine/server/wire"
	"vitrine/studio"
)

func TestTheRoomIsToldHowLateItsStageIsSeenInTheProgram(t *testing.T) {
	now := wire.StageNow{Guests: []wire.StageGuest{guest(ada, wire.GuestLive)}}
	onStage(t, now, func(ctx context.Context, s *studio.Session, m *machine) {
		m.mu.Lock()
		m.script = func(ctx context.Context, m *machine, f studio.Feedback) error {
			f.Link(frame.Link{Phase: frame.LinkLive, RTT: 60 * time.Millisecond})
			<-ctx.Done()
			return nil
		}
		m.mu.Unlock()
		_, err := s.AddSource(ctx, "Camera", camera)
		must(t, err)
		must(t, s.GoLive(ctx))
		late := func() (all []int) {
			wait(3 * time.Second)
			for _, w := range m.hall.wishes() {
				if w.Late != nil {
					all = append(all, w.Late.Late)
				}
			}
			return all
		}
		if got := late(); len(got) != 0 {
			t.Errorf("without a program it tells %v", got)
		}
		now.Layout = wire.StageLayout{Program: true, Boxes: []wire.StageBox{{Spot: wire.HostSpot, W: 5000, H: 10000}, {Spot: adasSpot, X: 5000, W: 5000, H: 10000}}}
		m.hall.frame(staged(11, now))
		wait(1500 * time.Millisecond)
		// Half of her 40 ms, half of our 60, and at most a picture's 33 until the program has hers.
		told := m.hall.wishes()[0].Late
		if told == nil || told.Late < 50 || told.Late > 84 {
			t.Fatalf("it tells %+v", told)
		}
		now.Layout.Late = told.Late
		m.hall.frame(staged(12, now))
		before := len(late())
		if got := late(); len(got) != before {
			t.Errorf("what the room knows is told again: %v", got)
		}
	})
}
