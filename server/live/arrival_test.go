package live

import (
	"encoding/json"
	"testing"
	"time"

	"vitrine/server/wire"
)

// frames gives the meter frames on a made-up clock: each entry is how long after the one before it is complete, and how far its own
// time is on.
func frames(a *arrival, steps ...[2]time.Duration) {
	now, ticks := time.Unix(1000, 0), uint32(1<<32-90_000) // over the edge of the clock
	for range 30 {
		a.completed(ticks, now)
		now, ticks = now.Add(time.Second/30), ticks+3000
	}
	now, ticks = now.Add(-time.Second/30), ticks-3000
	for _, s := range steps {
		now, ticks = now.Add(s[0]), ticks+uint32(s[1].Seconds()*90_000)
		a.completed(ticks, now)
	}
}

func TestStalls_are_told_from_pictures_that_were_not_made(t *testing.T) {
	const frame = time.Second / 30
	for name, c := range map[string]struct {
		steps            [][2]time.Duration
		stalled, skipped time.Duration
	}{
		"steady":               {[][2]time.Duration{{frame, frame}}, 0, 0},
		"a jolt nobody sees":   {[][2]time.Duration{{4 * frame, frame}}, 0, 0},
		"late":                 {[][2]time.Duration{{500 * time.Millisecond, frame}, {0, frame}, {0, frame}}, 500 * time.Millisecond, 0},
		"not made":             {[][2]time.Duration{{500 * time.Millisecond, 500 * time.Millisecond}}, 500 * time.Millisecond, 500 * time.Millisecond},
		"paused":               {[][2]time.Duration{{time.Minute, time.Minute}}, 0, 0},
		"one that comes again": {[][2]time.Duration{{frame, frame}, {frame, 0}, {frame, 2 * frame}}, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			a := arrival{rate: 90_000}
			frames(&a, c.steps...)
			if a.Stalled.Round(time.Millisecond) != c.stalled || a.Skipped.Round(time.Millisecond) != c.skipped {
				t.Errorf("stalled for %v, of which %v were not made", a.Stalled, a.Skipped)
			}
		})
	}
}

func TestWhat_a_player_reports_is_handed_on_with_what_the_server_knows(t *testing.T) {
	reported := make(chan Said, 1)
	s := startStage(t, Config{Reported: func(id wire.ShowID, session SessionID, r Said) {
		if id != "demo" || session == "" {
			t.Errorf("reported for %q by %q", id, session)
		}
		reported <- r
	}})
	publishLayers(t, s, "demo", "", "f", "h", "q")
	await(t, "the show", func() bool { return s.Show("demo").Live })
	l := listen(t, s, wire.Show{ID: "demo"}, h264)
	heard(l, "all sizes", func(e wire.LayersEvent) bool { return len(e.Layers) == 3 && e.Layers[0].Height > 0 })
	want := wire.PlayerReport{Protocol: wire.WHEP, Span: 2000, Shown: 60, FPS: 30, Playing: time.Now().Add(-time.Second).UnixMilli()}
	for _, r := range []wire.PlayerReport{{Protocol: "carrier pigeon", Span: 1}, want} { // the first is passed over
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.channel.SendText(string(text)); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case got := <-reported:
		if got.Report != want || got.Latency < time.Second || got.Latency > patience || got.Link.Redundancy != 1 {
			t.Errorf("reported %+v", got)
		}
	case <-time.After(patience):
		t.Fatal("the report was not handed on")
	}
	a, viewers, ok := s.Arrival("demo", time.Now())
	if !ok || viewers != 1 || a.Source == 0 || a.Packets == 0 || a.Lost != 0 {
		t.Errorf("the show comes as %+v to %d, %v", a, viewers, ok)
	}
	if _, _, ok := s.Arrival("nothing", time.Now()); ok {
		t.Error("a show that nobody sends is measured")
	}
}
