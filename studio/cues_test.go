package studio_test

import (
	"context"
	"math"
	"testing"
	"time"

	"vitrine/capture/frame"
	"vitrine/server/wire"
	"vitrine/studio"
)

func fought(what wire.BattleWhat, corner wire.CornerID, winner int) wire.RoomEvent {
	b := &wire.Battle{ID: "b", Us: "ours", Corners: []wire.BattleCorner{{ID: "theirs", Team: 0}, {ID: "ours", Team: 1}}}
	if what == wire.BattleResulted {
		b.Result = &wire.BattleResult{Battle: "b", Round: 1, Winner: winner}
	}
	return wire.RoomEvent{Battled: &wire.Battled{ID: "b", What: what, Corner: corner, Now: b}}
}

func stagedSo(what wire.StageWhat) wire.RoomEvent {
	return wire.RoomEvent{Staged: &wire.Staged{What: what}}
}

func TestEventsOfTheStageHaveTheirCuesAndTheHostsOwnDoingsHaveNone(t *testing.T) {
	ours := wire.StageNow{Calls: []wire.BattleCall{{ID: "b", Ours: true}}}
	theirs := wire.StageNow{Calls: []wire.BattleCall{{ID: "a", Ours: true}, {ID: "b"}}}
	for name, c := range map[string]struct {
		e    wire.RoomEvent
		now  wire.StageNow
		want studio.Cue
	}{
		"somebody applies":           {e: stagedSo(wire.StageApplied), want: studio.CueApplied},
		"somebody withdraws":         {e: stagedSo(wire.StageWithdrawn)},
		"somebody joins":             {e: stagedSo(wire.StageJoined)},
		"a call comes":               {e: fought(wire.BattleCalled, "theirs", 0), now: theirs, want: studio.CueCalled},
		"the host calls":             {e: fought(wire.BattleCalled, "ours", 0), now: ours},
		"a call lapses":              {e: fought(wire.BattleCallLapsed, "", 0)},
		"a challenge comes":          {e: fought(wire.BattleHasBegun, "theirs", 0), want: studio.CueChallenged},
		"the host challenges":        {e: fought(wire.BattleHasBegun, "ours", 0)},
		"the countdown":              {e: fought(wire.BattleCounts, "", 0), want: studio.CueCountdown},
		"the fight":                  {e: fought(wire.BattleFights, "", 0)},
		"a score":                    {e: fought(wire.BattleScored, "", 0)},
		"the final push":             {e: fought(wire.BattlePushes, "", 0), want: studio.CuePush},
		"a round is won":             {e: fought(wire.BattleResulted, "", 1), want: studio.CueWon},
		"a round is lost":            {e: fought(wire.BattleResulted, "", 0), want: studio.CueLost},
		"a round that nobody won":    {e: fought(wire.BattleResulted, "", -1)},
		"a result without a battle":  {e: wire.RoomEvent{Battled: &wire.Battled{What: wire.BattleResulted}}},
		"a challenge without one":    {e: wire.RoomEvent{Battled: &wire.Battled{What: wire.BattleHasBegun}}, want: studio.CueChallenged},
		"something else in the room": {e: wire.RoomEvent{}},
	} {
		if got := studio.CueOf(c.e, c.now); got != c.want {
			t.Errorf("%s: %q, not %q", name, got, c.want)
		}
	}
}

// loudness is the highest peak, and the highest energy within a tenth of a second.
func loudness(sound []frame.Block) (peak, energy float64) {
	const window = frame.SampleRate / 10 / frame.BlockSamples
	var blocks []float64
	for _, b := range sound {
		sum := 0.0
		for _, v := range b {
			peak = max(peak, math.Abs(float64(v)))
			sum += float64(v) * float64(v)
		}
		blocks = append(blocks, sum)
		last, lately := max(0, len(blocks)-window), 0.0
		for _, e := range blocks[last:] {
			lately += e
		}
		energy = max(energy, lately)
	}
	return peak, energy
}

func TestEveryCueIsHeardIsNoLouderThanAnOrderAndEndsWithoutAClick(t *testing.T) {
	most, strongest := loudness(studio.OrderSound())
	seen := map[int][]studio.Cue{}
	for _, c := range studio.Cues {
		sound := c.Sound()
		peak, energy := loudness(sound)
		t.Logf("%s: %d ms, peak %.3f of %.3f, energy %.0f %% of an order's", c, 10*len(sound), peak, most, 100*energy/strongest)
		if peak < 0.04 || peak > most || energy > strongest {
			t.Errorf("%s peaks at %.3f with %.2f, an order at %.3f with %.2f", c, peak, energy, most, strongest)
		}
		if end := sound[len(sound)-1][frame.BlockSamples*2-1]; math.Abs(float64(end)) > 0.001 {
			t.Errorf("%s ends at %v", c, end)
		}
		seen[len(sound)] = append(seen[len(sound)], c)
	}
	// The countdown ticks at 0, 1 and 2 s and says go at 3 s, when the fight begins.
	count := studio.CueCountdown.Sound()
	for s := range 4 {
		at := s * frame.SampleRate / frame.BlockSamples
		if _, tick := loudness(count[at : at+10]); tick < 1 {
			t.Errorf("nothing is heard at %d s: %v", s, tick)
		}
		if s > 0 {
			if _, still := loudness(count[at-10 : at]); still > 0.01 {
				t.Errorf("the tick before %d s has not died away: %v", s, still)
			}
		}
	}
	if d := time.Duration(3) * time.Second; d != wire.BattleCountdown {
		t.Errorf("the countdown takes %v", wire.BattleCountdown)
	}
}

func TestCuesAreHeardByTheHostOnceAtATimeAndCanBeSwitchedOff(t *testing.T) {
	onStage(t, wire.StageNow{}, func(ctx context.Context, s *studio.Session, m *machine) {
		n := int64(10)
		hears := func(e wire.RoomEvent) {
			n++
			e.N = n
			m.hall.frame(wire.RoomFrame{Through: n, Events: []wire.RoomEvent{e}})
		}
		played := func() *frame.Queue {
			wait(100 * time.Millisecond)
			m.mu.Lock()
			defer m.mu.Unlock()
			return m.played
		}
		hears(wire.RoomEvent{})
		if played() != nil {
			t.Fatal("nothing happened, and something plays")
		}
		hears(stagedSo(wire.StageApplied))
		first := played()
		if first == nil {
			t.Fatal("nobody hears that somebody applies")
		}
		hears(stagedSo(wire.StageApplied))
		if played() != first {
			t.Error("the same cue is heard twice at once")
		}
		hears(fought(wire.BattlePushes, "", 0))
		push := played()
		if push == first {
			t.Error("another cue is not heard")
		}
		if st := s.Snapshot(); st.Music.Monitor == studio.Running || st.Sound.Music.Peak > -80 {
			t.Errorf("a cue is in the show: %+v", st.Sound)
		}
		wait(5 * time.Second)

		must(t, s.SetCue(ctx, studio.CueApplied, false))
		must(t, s.SetCue(ctx, studio.CueApplied, false))
		if got := s.Snapshot().Settings.QuietCues; len(got) != 1 || got[0] != studio.CueApplied {
			t.Errorf("quiet are %q", got)
		}
		hears(stagedSo(wire.StageApplied))
		if played() != push {
			t.Error("a cue is heard though it is switched off")
		}
		must(t, s.PlayCue(ctx, studio.CueApplied))
		if played() == push {
			t.Error("a cue that is off cannot be tried")
		}
		must(t, s.SetCue(ctx, studio.CueApplied, true))
		if got := s.Snapshot().Settings.QuietCues; len(got) != 0 {
			t.Errorf("quiet are %q", got)
		}
		if s.SetCue(ctx, "drums", true) == nil || s.PlayCue(ctx, "drums") == nil {
			t.Error("a cue that is none is taken")
		}
		m.setFailure("speaker", frame.ErrBusy)
		must(t, s.PlayCue(ctx, studio.CueWon))
		wait(time.Second)
		if n := s.Snapshot().Notices; len(n) != 0 {
			t.Errorf("a busy speaker is a trouble: %v", n)
		}
	})
}
