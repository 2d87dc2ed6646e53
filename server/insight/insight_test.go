package insight_test

import (
	"fmt"
	"testing"
	"time"

	"vitrine/server/insight"
	"vitrine/server/wire"
)

// evening is a made-up show: viewers who report every two seconds, a studio, and a server that is measured, on a made-up clock.
type evening struct {
	now      time.Time
	desk     *insight.Desk
	studio   *wire.StudioReport
	measured insight.Measured
	growth   insight.Measured // a second's
	left     wire.Encode      // what a second adds to the studio's sums
	viewers  []wire.PlayerReport
	links    []wire.LinkEvent
}

func newEvening(viewers int) *evening {
	e := &evening{now: time.Date(2026, 11, 21, 20, 0, 0, 0, time.UTC)}
	e.desk = insight.New(insight.Config{
		Now:     func() time.Time { return e.now },
		Measure: func(wire.ShowID) (insight.Measured, bool) { return e.measured, true },
	})
	e.studio = &wire.StudioReport{Capture: wire.Capture{Wanted: 30, FPS: 30}, Encode: wire.Encode{FPS: 30, Time: 7, Height: 720}, Way: wire.Way{RTT: 20}}
	e.left = wire.Encode{Pictures: 30}
	e.measured = insight.Measured{Viewers: viewers, Source: 1, Processors: 2}
	e.growth = insight.Measured{Frames: 30, Packets: 300, Sent: 300 * uint64(viewers), Waits: 30, CPU: 200 * time.Millisecond}
	for range viewers {
		e.viewers = append(e.viewers, wire.PlayerReport{
			Protocol: wire.WHEP, Span: 2000, Shown: 60, FPS: 30, Samples: 96_000, Buffer: 40, Decode: 3, RTT: 30,
		})
		e.links = append(e.links, wire.LinkEvent{RTT: 30})
	}
	return e
}

// spoil is what a fault does to viewers: a freeze of half a second in every report.
func (e *evening) spoil(viewers ...int) {
	for _, i := range viewers {
		e.viewers[i].Freezes, e.viewers[i].Frozen, e.viewers[i].Shown = 1, 500, 45
	}
}

func (e *evening) everybody() (all []int) {
	for i := range e.viewers {
		all = append(all, i)
	}
	return all
}

// pass lets seconds pass.
func (e *evening) pass(t *testing.T, seconds int) wire.Truth {
	t.Helper()
	for i := range seconds {
		e.now = e.now.Add(time.Second)
		m, g := &e.measured, e.growth
		m.Frames, m.Packets, m.Lost, m.Gone = m.Frames+g.Frames, m.Packets+g.Packets, m.Lost+g.Lost, m.Gone+g.Gone
		m.Stalled, m.Skipped, m.Late, m.CPU = m.Stalled+g.Stalled, m.Skipped+g.Skipped, m.Late+g.Late, m.CPU+g.CPU
		m.Sent, m.Dropped, m.Waits, m.Waited = m.Sent+g.Sent, m.Dropped+g.Dropped, m.Waits+g.Waits, m.Waited+g.Waited
		m.Quiet = g.Quiet
		if e.studio != nil {
			e.studio.Encode.Pictures += e.left.Pictures
			e.studio.Encode.Stalled += e.left.Stalled
			e.studio.Encode.Late += e.left.Late
		}
		if i%2 == 0 {
			for n, r := range e.viewers {
				h := insight.Heard{Report: r, Latency: 150 * time.Millisecond, Link: &e.links[n]}
				if err := e.desk.Player("evening", fmt.Sprint("viewer ", n), h); err != nil {
					t.Fatal(err)
				}
			}
			if e.studio != nil {
				e.desk.Studio("evening", *e.studio)
			}
		}
		e.desk.Look()
	}
	return e.desk.Truth("evening")
}

// The table is issue 6's: what is injected, and who is named.
func TestTheGuiltyHopIsNamed(t *testing.T) {
	for name, c := range map[string]struct {
		viewers int
		fault   func(*evening)
		hop     wire.Hop
		finding wire.Finding
	}{
		"nothing": {5, func(*evening) {}, wire.NoHop, wire.AllWell},
		"nobody":  {0, func(e *evening) { e.growth.Stalled = time.Second }, wire.NoHop, wire.NobodyReports},
		"a slow camera": {5, func(e *evening) {
			e.studio.Capture.FPS = 12
		}, wire.HopCapture, wire.CaptureSlow},
		"a camera that was pulled": {5, func(e *evening) { e.studio.Capture.Stopped = true }, wire.HopCapture, wire.CaptureGone},
		"an overloaded encoder": {5, func(e *evening) {
			e.studio.Encode.FPS, e.studio.Encode.Time, e.left.Pictures, e.growth.Frames = 14, 70, 14, 14
			e.studio.Capture.FPS = 20 // which it takes the processor from
		}, wire.HopEncode, wire.EncodeSlow},
		"an encoder that was given a smaller picture": {5, func(e *evening) {
			e.studio.Encode.Reduced, e.studio.Encode.Height = true, 360
		}, wire.HopEncode, wire.EncodeReduced},
		"a slow encoder of a studio that tells nothing": {3, func(e *evening) {
			e.studio = nil
			e.growth.Frames, e.growth.Stalled, e.growth.Skipped = 4, 800*time.Millisecond, 800*time.Millisecond
			e.spoil(e.everybody()...)
		}, wire.HopEncode, wire.EncodeLate},
		"a studio without a processor": {5, func(e *evening) {
			e.left = wire.Encode{Pictures: 12, Stalled: 600, Late: 550}
			e.studio.Capture.FPS, e.studio.Encode.FPS = 12, 12
			e.growth.Frames, e.growth.Stalled, e.growth.Skipped = 12, 620*time.Millisecond, 450*time.Millisecond
			e.spoil(e.everybody()...)
		}, wire.HopEncode, wire.EncodeSlow},
		"a studio that makes all pictures, in jolts": {5, func(e *evening) {
			e.left.Stalled = 200
			e.growth.Stalled = 210 * time.Millisecond
			e.spoil(e.everybody()...)
		}, wire.HopEncode, wire.EncodeLate},
		"a studio that is kept waiting after its encoder": {5, func(e *evening) {
			e.left.Late = 90
			e.growth.Stalled = 110 * time.Millisecond
			e.spoil(e.everybody()...)
		}, wire.HopEncode, wire.EncodeLate},
		"a studio that thinks too little of its uplink, for everything is late": {5, func(e *evening) { // as measured with six busy loops on two cores
			e.left.Stalled, e.left.Late, e.growth.Late = 16, 35, 31*time.Millisecond
			e.growth.Frames, e.growth.Stalled, e.growth.Skipped = 25, 120*time.Millisecond, 90*time.Millisecond
			e.spoil(e.everybody()...)
		}, wire.HopEncode, wire.EncodeLate},
		"a studio and an uplink that are late": {5, func(e *evening) {
			e.left.Stalled = 50
			e.growth.Stalled = 300 * time.Millisecond
			e.spoil(e.everybody()...)
		}, wire.HopUplink, wire.UplinkSlow},
		"an uplink that takes fewer pictures than were made": {5, func(e *evening) {
			e.growth.Frames = 12
			e.spoil(e.everybody()...)
		}, wire.HopUplink, wire.UplinkSlow},
		"loss on the uplink": {5, func(e *evening) {
			e.growth.Lost, e.growth.Gone, e.growth.Stalled, e.growth.Skipped = 90, 20, 300*time.Millisecond, 250*time.Millisecond
			e.spoil(e.everybody()...)
		}, wire.HopUplink, wire.UplinkLoss},
		"loss on the uplink that was repaired": {5, func(e *evening) { e.growth.Lost = 90 }, wire.NoHop, wire.AllWell},
		"a full queue on the uplink": {5, func(e *evening) {
			e.growth.Stalled = 300 * time.Millisecond
			e.spoil(e.everybody()...)
		}, wire.HopUplink, wire.UplinkSlow},
		"an uplink that is cut": {5, func(e *evening) {
			e.studio, e.growth.Frames, e.growth.Packets, e.growth.Quiet = nil, 0, 0, 4*time.Second
			e.spoil(e.everybody()...)
		}, wire.HopUplink, wire.UplinkGone},
		"a studio that is gone": {5, func(e *evening) {
			e.studio, e.measured.Source, e.growth.Frames = nil, 0, 0
			e.spoil(e.everybody()...)
		}, wire.HopUplink, wire.UplinkGone},
		"a server without a processor": {5, func(e *evening) {
			e.growth.Late, e.growth.Stalled = 400*time.Millisecond, 400*time.Millisecond // it finds all that comes late
			e.spoil(e.everybody()...)
		}, wire.HopServer, wire.ServerLate},
		"a server without a processor, which most viewers' buffers make good": {5, func(e *evening) {
			e.growth.Late, e.growth.Stalled = 400*time.Millisecond, 400*time.Millisecond
			e.links[0].RTT = 500
			e.spoil(0)
		}, wire.HopServer, wire.ServerLate},
		"a server that slept when pictures came": {5, func(e *evening) {
			e.growth.Late, e.growth.Stalled = 80*time.Millisecond, 90*time.Millisecond
			e.spoil(e.everybody()...)
		}, wire.HopServer, wire.ServerLate},
		"a studio and a server on one short computer": {5, func(e *evening) {
			e.left.Stalled, e.left.Late, e.growth.Late = 150, 120, 180*time.Millisecond
			e.growth.Stalled = 350 * time.Millisecond
			e.spoil(e.everybody()...)
		}, wire.HopServer, wire.ServerLate},
		"a server that is too late for pictures, and hears the studio": {5, func(e *evening) {
			e.growth.Frames, e.growth.Late, e.growth.Quiet = 0, 600*time.Millisecond, 4400*time.Millisecond
			e.spoil(e.everybody()...)
		}, wire.HopServer, wire.ServerLate},
		"a server that drops": {5, func(e *evening) {
			e.growth.Dropped = 100
			e.spoil(e.everybody()...)
		}, wire.HopServer, wire.ServerDrops},
		"a server behind a full line": {8, func(e *evening) {
			for i := range e.links {
				e.links[i].Loss = 0.2
			}
			e.spoil(e.everybody()...)
		}, wire.HopServer, wire.ServerLink},
		"one viewer's bad link": {5, func(e *evening) {
			e.links[3].Loss = 0.5
			e.spoil(3)
		}, wire.HopLastMile, wire.LinkLoss},
		"the only viewer's bad link": {1, func(e *evening) {
			e.viewers[0].Loss = 0.3
			e.spoil(0)
		}, wire.HopLastMile, wire.LinkLoss},
		"one viewer's narrow link": {5, func(e *evening) {
			e.links[0].RTT = 900
			e.spoil(0)
		}, wire.HopLastMile, wire.LinkSlow},
		"one viewer's bad link while the uplink has its troubles": {5, func(e *evening) {
			e.growth.Lost, e.growth.Stalled = 60, 30*time.Millisecond
			e.links[3].Loss = 0.5
			e.spoil(3)
		}, wire.HopLastMile, wire.LinkLoss},
		"a slow computer": {5, func(e *evening) {
			e.viewers[2].Shown, e.viewers[2].Dropped = 30, 30
		}, wire.HopLastMile, wire.DeviceSlow},
		"what nobody can explain": {3, func(e *evening) { e.spoil(e.everybody()...) }, wire.NoHop, wire.Unexplained},
		"made-up sound at one": {5, func(e *evening) {
			e.viewers[1].Concealed, e.links[1].Loss = 9600, 0.1
		}, wire.HopLastMile, wire.LinkLoss},
		"a page that nobody looks at": {5, func(e *evening) {
			e.spoil(1)
			e.viewers[1].Hidden = true
		}, wire.NoHop, wire.AllWell},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEvening(c.viewers)
			if got := e.pass(t, 20).Verdict; c.viewers > 0 && got.Finding != wire.AllWell {
				t.Fatalf("before, the verdict is %+v", got)
			}
			began := e.now
			c.fault(e)
			got := e.pass(t, 20)
			if got.Verdict.Hop != c.hop || got.Verdict.Finding != c.finding {
				t.Errorf("named %q for %s; figures %v, hops %+v, seen %+v", got.Verdict.Hop, got.Verdict.Finding, got.Verdict.Figures, got.Hops.Uplink, got.All)
			}
			if since := got.Verdict.Since.Sub(began); c.hop != wire.NoHop && (since < 0 || since > 8*time.Second) {
				t.Errorf("it is said to have begun after %v", since)
			}
		})
	}
}

func TestAVerdictDoesNotFlapAndNamesNobodyElseAtTheEndOfAFault(t *testing.T) {
	e := newEvening(4)
	well, growth := append([]wire.PlayerReport(nil), e.viewers...), e.growth
	var named []wire.Hop
	note := func() {
		if h := e.pass(t, 1).Verdict.Hop; len(named) == 0 || named[len(named)-1] != h {
			named = append(named, h)
		}
	}
	for range 20 {
		note()
	}
	for i := range 60 { // the uplink is bad for two seconds in every six
		e.growth, e.viewers = growth, append([]wire.PlayerReport(nil), well...)
		if i%6 < 2 {
			e.growth.Lost, e.growth.Stalled = 100, 600*time.Millisecond
			e.spoil(e.everybody()...)
		}
		note()
	}
	e.growth, e.viewers = growth, well
	for range 40 {
		note()
	}
	if want := []wire.Hop{wire.NoHop, wire.HopUplink, wire.NoHop}; fmt.Sprint(named) != fmt.Sprint(want) {
		t.Errorf("named in turn: %q", named)
	}
}

// Only the processors were short, for six seconds: fewer pictures were made, fewer came, and then all is as before. What left the encoder
// within the last second must not be held against what came over fifteen.
func TestAComputerThatWasShortForAWhileIsNotTakenForItsUplink(t *testing.T) {
	e := newEvening(2)
	left, growth, well := e.left, e.growth, append([]wire.PlayerReport(nil), e.viewers...)
	e.pass(t, 20)
	for second := range 40 {
		e.left, e.growth, e.viewers = left, growth, append([]wire.PlayerReport(nil), well...)
		e.studio.Encode.FPS = 30
		if second < 6 {
			e.left, e.studio.Encode.FPS = wire.Encode{Pictures: 4, Stalled: 700, Late: 600}, 4
			e.growth.Frames, e.growth.Stalled, e.growth.Skipped = 4, 720*time.Millisecond, 500*time.Millisecond
			e.spoil(e.everybody()...)
		}
		if got := e.pass(t, 1); got.Verdict.Hop != wire.NoHop && got.Verdict.Hop != wire.HopEncode {
			t.Fatalf("after %d s %q is named: %v", second, got.Verdict.Hop, got.Verdict.Figures)
		}
	}
}

func TestAllIsNotSaidToBeWellWhileViewersSuffer(t *testing.T) {
	e := newEvening(4)
	well, growth := append([]wire.PlayerReport(nil), e.viewers...), e.growth
	suffered := 0
	for second := range 60 {
		e.growth, e.viewers = growth, append([]wire.PlayerReport(nil), well...)
		switch {
		case second >= 15 && second < 30: // who is to blame is named after a while
			e.spoil(e.everybody()...)
			e.growth.Late = 400 * time.Millisecond
		case second == 50: // a freeze that is hardly seen
			for i := range e.viewers {
				e.viewers[i].Freezes, e.viewers[i].Frozen = 1, 190
			}
		}
		got := e.pass(t, 1)
		if got.All.Suffering > 0 {
			suffered++
		}
		if got.Verdict.Finding == wire.AllWell && (got.All.Suffering > 0 || got.All.Freezing > 0) {
			t.Errorf("after %d s all is well, and %d of %d suffer, %.0f %% of them from freezes", second, got.All.Suffering, got.All.Viewers, 100*got.All.Freezing)
		}
		if got.Verdict.Finding == wire.Unsettled && got.All.Suffering == 0 {
			t.Errorf("after %d s it is not known whose fault it is that nobody suffers", second)
		}
	}
	if suffered < 10 {
		t.Errorf("viewers suffered for %d s", suffered)
	}
}

func TestAStudioThatBeginsAnewIsNotHeldAgainstItsPast(t *testing.T) {
	e := newEvening(3)
	e.pass(t, 20)
	e.studio.Encode.Pictures = 0
	if got := e.pass(t, 20); got.Verdict.Finding != wire.AllWell || got.Hops.Encode.FPS < 29 || got.Hops.Encode.FPS > 31 {
		t.Errorf("said %+v of %+v", got.Verdict, got.Hops.Encode)
	}
}

func TestWhatIsSeenIsAggregatedOverViewersAndForgotten(t *testing.T) {
	e := newEvening(10)
	e.spoil(0, 1)
	e.viewers[2].Protocol = wire.HLS
	e.viewers[3].Concealed = 9600
	got := e.pass(t, 60)
	if got.All.Viewers != 10 || got.All.Suffering != 3 || got.All.Freezing != 0.2 || got.All.LatencyP50 != 160 || got.All.FPS != 30 {
		t.Errorf("seen by all: %+v", got.All)
	}
	if want := 60_000 * 2 * 500 / (10 * 2000); got.All.Frozen != want {
		t.Errorf("frozen for %d ms a minute, not %d", got.All.Frozen, want)
	}
	if got.All.Concealed != 0.01 || got.ByProtocol[wire.HLS].Viewers != 1 || got.ByProtocol[wire.WHEP].Viewers != 9 || got.Hops.LastMile.Silent != 1 {
		t.Errorf("%v concealed; by protocol %+v; %+v", got.All.Concealed, got.ByProtocol, got.Hops.LastMile)
	}
	if u := got.Hops.Uplink; u == nil || u.FPS != 30 || u.Way == nil || u.Way.RTT != 20 || got.Hops.Server.CPU != 0.1 {
		t.Errorf("the hops are %+v %+v", u, got.Hops.Server)
	}
	e.viewers, e.studio = nil, nil
	got = e.pass(t, 30)
	if got.All.Viewers != 0 || got.Verdict.Finding != wire.NobodyReports || got.Hops.Encode != nil {
		t.Errorf("half a minute after the last report: %+v %+v", got.All, got.Verdict)
	}
}

func TestAPlayerCannotReportTooOften(t *testing.T) {
	e := newEvening(1)
	h := insight.Heard{Report: e.viewers[0]}
	if err := e.desk.Player("evening", "a", h); err != nil {
		t.Fatal(err)
	}
	e.now = e.now.Add(500 * time.Millisecond)
	if err := e.desk.Player("evening", "a", h); wire.CodeOf(err) != wire.RateLimited {
		t.Errorf("the second in half a second: %v", err)
	}
	if err := e.desk.Player("evening", "b", h); err != nil {
		t.Errorf("another: %v", err)
	}
}

func BenchmarkLookAt5000Viewers(b *testing.B) {
	e := newEvening(5000)
	for range 30 {
		e.now = e.now.Add(2 * time.Second)
		for n, r := range e.viewers {
			_ = e.desk.Player("evening", fmt.Sprint(n), insight.Heard{Report: r, Latency: time.Second})
		}
	}
	for b.Loop() {
		e.desk.Look()
	}
}
