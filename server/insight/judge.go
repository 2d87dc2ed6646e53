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
	// stalledBad is how long complete pictures may be missing: a visible freeze in fifteen seconds, in ms a minute.
	stalledBad = 1200
	// unrepairedBad is the share of packets whose absence breaks pictures, one a second of a usual show, lossyFrom from when loss is called the reason.
	unrepairedBad = 0.003
	lossyFrom     = 0.03
	// quietBad is how long nothing may come: Opus and pictures come 30 to 100 times a second.
	quietBad = 1500 * time.Millisecond
	// lateBad is how long studio and server may wait for a processor, in ms a minute: a tenth of the time. A queue of queuedBad ms, and
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
		return unnamed(f.all)
	}
	if v, ok := judgeStudio(f); ok {
		return v
	}
	if f.all.Suffering == 0 {
		return unnamed(f.all)
	}
	if share(f.all.Suffering, f.all.Viewers) >= everybody {
		for _, judge := range []func(figures) (wire.Verdict, bool){judgeLoss, judgeLate, judgeServer, judgeStalls, judgeUplink, judgeLine} {
			if v, ok := judge(f); ok {
				return v
			}
		}
	}
	return judgeLastMile(f)
}

// unnamed is what is told of viewers while no hop is named.
func unnamed(all wire.Seen) wire.Verdict {
	switch {
	case all.Viewers == 0:
		return verdict(wire.NoHop, wire.NobodyReports, because{})
	case all.Suffering == 0:
		return verdict(wire.NoHop, wire.AllWell, because{"viewers": float64(all.Viewers)})
	}
	return verdict(wire.NoHop, wire.Unsettled, because{"suffering": float64(all.Suffering), "viewers": float64(all.Viewers)})
}

// judgeStudio looks at what players cannot see.
func judgeStudio(f figures) (wire.Verdict, bool) {
	c, e := f.hops.Capture, f.hops.Encode
	if c == nil || e == nil || c.Wanted == 0 {
		return wire.Verdict{}, false
	}
	slow := e.FPS < slowBad*c.Wanted
	strained := e.Reduced || f.encoder > missedBad || e.Time > busy*1000/c.Wanted || e.Late > lateBad
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

// judgeLate looks for who waits for a processor: on one computer with both, who waits longer.
func judgeLate(f figures) (wire.Verdict, bool) {
	studio, server := 0, 0
	if f.hops.Encode != nil {
		studio = f.hops.Encode.Late
	}
	if f.hops.Server != nil {
		server = f.hops.Server.Late
	}
	switch {
	case max(studio, server) <= lateBad:
		return wire.Verdict{}, false
	case studio > server:
		return f.studioLate()
	}
	return f.serverLate()
}

func judgeServer(f figures) (wire.Verdict, bool) {
	s := f.hops.Server
	switch {
	case s == nil:
	case s.Queued > queuedBad:
		return f.serverLate()
	case s.Dropped > droppedBad:
		return verdict(wire.HopServer, wire.ServerDrops, because{"dropped": s.Dropped}), true
	}
	return wire.Verdict{}, false
}

func (f figures) serverLate() (wire.Verdict, bool) {
	s := f.hops.Server
	return verdict(wire.HopServer, wire.ServerLate, because{"late": float64(s.Late), "queued": float64(s.Queued), "cpu": s.CPU}), true
}

func (f figures) studioLate() (wire.Verdict, bool) {
	figures := because{"stalled": float64(f.before())}
	if e := f.hops.Encode; e != nil {
		figures["late"] = float64(e.Late)
	}
	return verdict(wire.HopEncode, wire.EncodeLate, figures), true
}

// judgeStalls looks for who kept pictures that came late to the server, or did not make them. The uplink is to blame for what is most of
// it: what comes late also misleads the studio to think less of the way, and to leave out pictures that it would carry.
func judgeStalls(f figures) (wire.Verdict, bool) {
	if !f.arrives || f.hops.Uplink.Stalled <= stalledBad {
		return wire.Verdict{}, false
	}
	switch held, before, late := f.held(), f.before(), f.hops.Server.Late; {
	case held > before+late:
		return f.uplinkSlow()
	case late >= before:
		return f.serverLate()
	}
	return f.studioLate()
}

// judgeLoss looks for pictures that loss on the uplink broke or held up, and for an uplink that brings nothing.
func judgeLoss(f figures) (wire.Verdict, bool) {
	u := f.hops.Uplink
	switch {
	case f.absent:
		return verdict(wire.HopUplink, wire.UplinkGone, because{"quiet": 0}), true
	case !f.arrives:
	case f.cut:
		return verdict(wire.HopUplink, wire.UplinkGone, because{"quiet": float64(u.Quiet)}), true
	case u.Loss >= lossyFrom && (f.broken() || f.held() > stalledBad):
		return verdict(wire.HopUplink, wire.UplinkLoss, because{"loss": u.Loss, "stalled": float64(u.Stalled)}), true
	}
	return wire.Verdict{}, false
}

// judgeUplink looks for pictures that did not arrive, though little loss was seen.
func judgeUplink(f figures) (wire.Verdict, bool) {
	if !f.arrives || !f.broken() {
		return wire.Verdict{}, false
	}
	return f.uplinkSlow()
}

func (f figures) uplinkSlow() (wire.Verdict, bool) {
	return verdict(wire.HopUplink, wire.UplinkSlow, because{"fps": f.hops.Uplink.FPS, "sent": f.sent, "stalled": float64(max(f.held(), 0))}), true
}

// broken says that packets or pictures are missing of those sent.
func (f figures) broken() bool {
	u := f.hops.Uplink
	return u.Unrepaired > unrepairedBad || u.FPS < slowBad*f.sent
}

// held is for how long pictures were missing at the server that the studio had sent and the server was there to take, in ms a minute.
func (f figures) held() int { return f.hops.Uplink.Stalled - f.before() - f.hops.Server.Late }

// before is for how long they were missing already where they left the studio; by their own timestamps where it does not count.
func (f figures) before() int {
	if f.sent == 0 {
		return f.hops.Uplink.Skipped
	}
	return max(f.hops.Encode.Stalled, f.hops.Encode.Late)
}

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
	late, isLate := judgeLate(f) // those with a short buffer suffer first, and round trips are as long as the server sleeps
	switch {
	case f.loss >= lossyFrom:
		return with(wire.HopLastMile, wire.LinkLoss, because{"loss": f.loss, "rtt": float64(f.rtt)})
	case f.dropped > deviceBad:
		return with(wire.HopLastMile, wire.DeviceSlow, because{"dropped": f.dropped})
	case isLate:
		return late
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

// take takes the verdict of the moment, and what to tell while no hop is named, and returns the one to tell.
func (s *settled) take(v, unnamed wire.Verdict, now time.Time) wire.Verdict {
	if v.Hop == s.told.Hop {
		s.since = time.Time{}
		return s.tell(v, now)
	}
	if s.since.IsZero() || s.other != v.Hop {
		s.other, s.since = v.Hop, now
	}
	after := raiseAfter
	if v.Hop == wire.NoHop {
		after = liftAfter
	}
	if now.Sub(s.since) >= after {
		began := s.since
		s.since = time.Time{}
		return s.tell(v, began)
	}
	if s.told.Hop == wire.NoHop {
		return s.tell(unnamed, now)
	}
	return s.told
}

// tell tells a verdict from now on. One that goes on began when it did, and a hop's is one whatever is found there.
func (s *settled) tell(v wire.Verdict, began time.Time) wire.Verdict {
	v.Since = began
	if v.Hop == s.told.Hop && !s.told.Since.IsZero() && (v.Finding == s.told.Finding || v.Hop != wire.NoHop) {
		v.Since = s.told.Since
	}
	s.told = v
	return v
}
