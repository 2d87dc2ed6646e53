package server

import (
	"runtime"
	"time"

	"vitrine/server/insight"
	"vitrine/server/live"
	"vitrine/server/wire"
)

// measured is what the stage knows of a show, and of itself, for those who judge.
func measured(stage *live.Stage, id wire.ShowID) (insight.Measured, bool) {
	a, viewers, ok := stage.Arrival(id, time.Now())
	s := stage.Stats()
	return insight.Measured{
		Viewers: viewers, Source: a.Source, Frames: a.Frames, Packets: a.Packets, Lost: a.Lost, Gone: a.Gone,
		Stalled: a.Stalled, Skipped: a.Skipped, Bitrate: a.Bitrate, Quiet: a.Quiet, Jitter: a.Jitter,
		Sent: s.PacketsOut, Dropped: s.VideoDropped + s.AudioDropped, Waits: s.Waits, Waited: s.Waited, Late: s.Late,
		CPU: processorTime(), Processors: runtime.GOMAXPROCS(0),
	}, ok || viewers > 0
}

// reported hands a player's report from the stage to the desk. One that comes too soon after another is not taken.
func (r *rooms) reported(show wire.ShowID, session live.SessionID, said live.Said) {
	if _, spot := live.ShowOf(show); spot != wire.HostSpot {
		return // what a show's viewers see is told of the host's own picture
	}
	_ = r.truth.Player(show, string(session), insight.Heard{
		Report: said.Report, Latency: said.Latency, Link: &said.Link, Limited: said.Limited,
	})
}
