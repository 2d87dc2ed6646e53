package studio

import (
	"context"
	"time"

	"vitrine/capture/frame"
	"vitrine/server/wire"
)

// truthFor is how long the last word about the viewers is shown when no newer one comes.
const truthFor = 10 * time.Second

// reportShow tells the server, while the show is on air, how it leaves the studio, and takes back what its viewers see.
func (s *Session) reportShow(ctx context.Context) error {
	tick := time.NewTicker(wire.ReportEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if snap := s.Snapshot(); snap.Air.Phase == OnAir {
			s.report(ctx, snap)
		}
	}
}

func (s *Session) report(ctx context.Context, snap *Snapshot) {
	srv := snap.Settings.Server
	ask, cancel := context.WithTimeout(ctx, callTimeout)
	truth, err := s.c.Backstage.Report(ask, srv.Address, srv.Token, srv.Show, s.told(snap))
	cancel()
	s.post(ctx, func() {
		switch {
		case s.air.phase == OffAir:
			s.air.truth = nil
		case err == nil:
			s.air.truth, s.air.truthAt = &truth, time.Now()
		case time.Since(s.air.truthAt) > truthFor: // an older server knows no truth, a far one is not asked in vain for long
			s.air.truth = nil
		}
	})
}

// told is what the server is told of a snapshot, with counts as they are now: the server holds them against its own of now.
func (s *Session) told(snap *Snapshot) wire.StudioReport {
	p, link, left := snap.Program, snap.Air.Link, s.video.leaving()
	r := wire.StudioReport{
		Capture: wire.Capture{Wanted: float64(snap.Settings.Output.Format.FPS), Stopped: p.Showing == ShowingLast, Dropped: int(snap.Sound.Dropped)},
		Encode: wire.Encode{
			FPS: p.FPS, Time: float64(p.EncodeTime.Microseconds()) / 1000, Dropped: int(p.Dropped), Reduced: p.Reduced, Height: p.Format.Height,
			Pictures: int(left.Pictures), Stalled: int(left.Stalled.Milliseconds()), Late: int(time.Duration(s.late.Load()).Milliseconds()),
		},
		Way: wire.Way{
			RTT: int(link.RTT.Milliseconds()), Loss: min(max(link.LossPercent/100, 0), 1), Bandwidth: link.Estimate, Bitrate: link.Bitrate,
		},
	}
	for i, st := range snap.Sources {
		// Others have a pace of their own: a screen moves when something on it does.
		if k := snap.Settings.Sources[i].Input.Kind; st.Status == Running && (k == frame.Camera || k == frame.Synthetic) {
			r.Capture.FPS = st.FPS
		}
	}
	if snap.Settings.Output.Codec == "" { // sound alone
		r.Capture.Wanted = 0
	}
	return r
}
