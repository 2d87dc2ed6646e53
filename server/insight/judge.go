package insight

import (
	"time"

	"vitrine/server/wire"
)

// Thresholds of the hops.
const (
	// everybody is the share of viewers from which on they suffer the same; sharedBy is from how many on that tells anything about the server's
	// line, because two or three may well be at one address.
	everybody = 0.6
	sharedBy  = 5
	// stalledBad is how long complete pictures may be missing at the server: a visible freeze in fifteen seconds, in ms a minute.
	stalledBad = 1200
	// unrepairedBad is the share of packets whose absence breaks pictures, one a second of a usual show, lossyFrom from when loss is called the reason.
	unrepairedBad = 0.003
	lossyFrom     = 0.03
	// quietBad is how long nothing may come, in ms: Opus and pictures come 30 to 100 times a second.
	quietBad = 1500
	// lateBad is how long the server may wait for a processor, in ms a minute: a tenth of the time. A queue of queuedBad ms, and
	// droppedBad of all packets, are seen by viewers.
	lateBad    = 6000
	queuedBad  = 80
	droppedBad = 0.005
	// busy is the share of a frame's time from which the encoder is at its end, missedBad the share of pictures that it may leave out: those are
	// the governor's of the studio. One that leaves out more than missedSome is short of time, as its computer may be, and so is the capture
	// on it: then the camera is not to blame.
	busy       = 0.9
	missedBad  = 0.05
	missedSome = 0.01
	// tripBad is a round trip, in ms, in which repair comes too late; deviceBad the share of frames that came and were not shown.
	tripBad   = 300
	deviceBad = 0.15
)

// judge names the guilty hop: the first, in the order of the package comment, whose own measurement is bad.
func judge(f figures) wire.Verdict {
	if f.all.Viewers == 0 {
		return verdict(wire.NoHop, wire.NobodyReports, because{})
	}
	if v, ok := judgeStudio(f); ok {
		return v
	}
	if f.all.Suffering == 0 {
		return verdict(wire.NoHop, wire.AllWell, because{"viewers": float64(f.all.Viewers)})
	}
	if share(f.all.Suffering, f.all.Viewers) >= everybody {
		for _, judge := range []func(figures) (wire.Verdict, bool){judgeLoss, judgeServer, judgeUplink, judgeLine} {
			if v, ok := judge(f); ok {
				return v
			}
		}
	}
	return judgeLastMile(f)
}

// judgeStudio looks at what players cannot see.
func judgeStudio(f figures) (wire.Verdict, bool) {
	c, e := f.hops.Capture, f.hops.Encode
	if c == nil || e == nil || c.Wanted == 0 {
		return wire.Verdict{}, false
	}
	slow := e.FPS < slowBad*c.Wanted
	strained := e.Reduced || f.encoder > missedBad || e.Time > busy*1000/c.Wanted
	switch {
	case c.Stopped:
		return verdict(wire.HopCapture, wire.CaptureGone, because{}), true
	case strained && slow:
		return verdict(wire.HopEncode, wire.EncodeSlow, because{"fps": e.FPS, "wanted": c.Wanted, "time": e.Time}), true
	case e.Reduced:
		return verdict(wire.HopEncode, wire.EncodeReduced, because{"height": float64(e.Height), "time": e.Time}), true
	case !strained && f.encoder <= missedSome && c.FPS > 0 && c.FPS < slowBad*c.Wanted:
		return verdict(wire.HopCapture, wire.CaptureSlow, because{"fps": c.FPS, "wanted": c.Wanted}), true
	}
	return wire.Verdict{}, false
}

func judgeServer(f figures) (wire.Verdict, bool) {
	s := f.hops.Server
	switch {
	case s == nil:
	case s.Late > lateBad || s.Queued > queuedBad:
		return verdict(wire.HopServer, wire.ServerLate, because{"late": float64(s.Late), "queued": float64(s.Queued), "cpu": s.CPU}), true
	case s.Dropped > droppedBad:
		return verdict(wire.HopServer, wire.ServerDrops, because{"dropped": s.Dropped}), true
	}
	return wire.Verdict{}, false
}

// judgeLoss looks for pictures that loss on the uplink broke or held up, and for an uplink that brings nothing.
func judgeLoss(f figures) (wire.Verdict, bool) {
	u := f.hops.Uplink
	switch {
	case f.absent:
		return verdict(wire.HopUplink, wire.UplinkGone, because{"quiet": 0}), true
	case !f.arrives:
	case u.Quiet > quietBad:
		return verdict(wire.HopUplink, wire.UplinkGone, because{"quiet": float64(u.Quiet)}), true
	case u.Loss >= lossyFrom && (f.broken() || f.held()):
		return verdict(wire.HopUplink, wire.UplinkLoss, because{"loss": u.Loss, "stalled": float64(u.Stalled)}), true
	}
	return wire.Verdict{}, false
}

// judgeUplink looks at how pictures arrive without loss. Where they were not made, which a studio of ours would have said, that is the
// encoder's.
func judgeUplink(f figures) (wire.Verdict, bool) {
	u := f.hops.Uplink
	switch {
	case !f.arrives:
	case f.broken() || f.held():
		return verdict(wire.HopUplink, wire.UplinkSlow, because{"fps": u.FPS, "sent": f.sent(), "stalled": float64(u.Stalled)}), true
	case u.Stalled > stalledBad && f.hops.Encode == nil:
		return verdict(wire.HopEncode, wire.EncodeSlow, because{"fps": u.FPS}), true
	}
	return wire.Verdict{}, false
}

// sent is how many pictures a second the studio says that it sends; 0 if it says nothing.
func (f figures) sent() float64 {
	if f.hops.Encode == nil {
		return 0
	}
	return f.hops.Encode.FPS
}

// broken says that packets or pictures are missing of those sent, held that pictures come late.
func (f figures) broken() bool {
	u := f.hops.Uplink
	return u.Unrepaired > unrepairedBad || u.FPS < slowBad*f.sent()
}

func (f figures) held() bool { return f.hops.Uplink.Stalled-f.hops.Uplink.Skipped > stalledBad }

// judgeLine takes what everybody suffers, while everything up to the server's socket is well, for the server's own line.
func judgeLine(f figures) (wire.Verdict, bool) {
	if f.all.Viewers < sharedBy || f.loss < lossyFrom && f.rtt < tripBad {
		return wire.Verdict{}, false
	}
	return verdict(wire.HopServer, wire.ServerLink, because{"suffering": float64(f.all.Suffering), "viewers": float64(f.all.Viewers), "loss": f.loss}), true
}

func judgeLastMile(f figures) wire.Verdict {
	with := func(h wire.Hop, finding wire.Finding, figures because) wire.Verdict {
		figures["suffering"], figures["viewers"] = float64(f.all.Suffering), float64(f.all.Viewers)
		return verdict(h, finding, figures)
	}
	few := share(f.all.Suffering, f.all.Viewers) < everybody
	switch {
	case f.loss >= lossyFrom:
		return with(wire.HopLastMile, wire.LinkLoss, because{"loss": f.loss, "rtt": float64(f.rtt)})
	case f.dropped > deviceBad:
		return with(wire.HopLastMile, wire.DeviceSlow, because{"dropped": f.dropped})
	case few || f.rtt >= tripBad || f.hops.LastMile != nil && f.hops.LastMile.Limited > 0:
		return with(wire.HopLastMile, wire.LinkSlow, because{"loss": f.loss, "rtt": float64(f.rtt)})
	}
	return with(wire.NoHop, wire.Unexplained, because{})
}

// because are the figures of a verdict, by name.
type because = map[string]float64

func verdict(h wire.Hop, f wire.Finding, figures because) wire.Verdict {
	return wire.Verdict{Hop: h, Finding: f, Figures: figures}
}

const (
	// raiseAfter is how long a hop must be the guilty one until it is named, liftAfter how long none until that is said.
	raiseAfter = 3 * time.Second
	liftAfter  = 5 * time.Second
)

// settled is the verdict that is told: it changes when another has held for a while. The zero value has told nothing.
type settled struct {
	told  wire.Verdict
	other wire.Hop // that would be told
	since time.Time
}

// take takes the verdict of the moment and returns the one to tell.
func (s *settled) take(v wire.Verdict, now time.Time) wire.Verdict {
	if s.told.Since.IsZero() {
		s.told = verdict(wire.NoHop, wire.NobodyReports, because{})
		s.told.Since = now
	}
	if v.Hop == s.told.Hop {
		if s.since = (time.Time{}); v.Finding == s.told.Finding || v.Hop != wire.NoHop {
			v.Since = s.told.Since
		} else {
			v.Since = now
		}
		s.told = v
		return s.told
	}
	if s.since.IsZero() || s.other != v.Hop {
		s.other, s.since = v.Hop, now
	}
	after := raiseAfter
	if v.Hop == wire.NoHop {
		after = liftAfter
	}
	if now.Sub(s.since) >= after {
		v.Since, s.told, s.since = s.since, v, time.Time{}
		s.told.Since = v.Since
	}
	return s.told
}
