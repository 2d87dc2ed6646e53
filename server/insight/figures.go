package insight

import (
	"math"
	"slices"
	"time"

	"vitrine/server/wire"
)

// figures are all that a verdict is made of.
type figures struct {
	all        wire.Seen
	byProtocol map[wire.Protocol]wire.Seen
	hops       wire.Hops
	// loss and rtt are medians of those who suffer; dropped is the share of frames that came to them and were not shown.
	loss, dropped float64
	rtt           int
	// encoder is the share of pictures that the encoder had no time for.
	encoder float64
	// arrives says that the uplink was measured, absent that nobody sends the show although viewers are there.
	arrives, absent bool
}

// group collects what a group of viewers saw.
type group struct {
	seen                         wire.Seen
	latencies, rates             []float64
	freezing                     int
	watched, frozen, made, heard int // of the last minute
}

func (g *group) add(v *viewer, now, minute sum, suffers bool) {
	g.seen.Viewers++
	if suffers {
		g.seen.Suffering++
	}
	if now.freezes > 0 {
		g.freezing++
	}
	if v.latency > 0 {
		g.latencies = append(g.latencies, float64(v.latency.Milliseconds()))
	}
	if now.watched > 0 {
		g.rates = append(g.rates, now.fps())
	}
	g.watched += minute.watched
	g.frozen += minute.frozen
	g.made += minute.concealed
	g.heard += minute.samples
}

func (g *group) sum() wire.Seen {
	s := g.seen
	s.LatencyP50, s.LatencyP95 = int(quantile(g.latencies, 0.5)), int(quantile(g.latencies, 0.95))
	s.FPS = round(quantile(g.rates, 0.5), 10)
	s.Freezing = share(g.freezing, s.Viewers)
	s.Frozen = int(60_000 * share(g.frozen, g.watched))
	s.Concealed = share(g.made, g.heard)
	return s
}

// figures makes them of what is known, and forgets viewers who have said nothing for a minute.
func (s *show) figures(now time.Time) figures {
	f := figures{byProtocol: map[wire.Protocol]wire.Seen{}}
	f.hops.Uplink, f.hops.Server = s.ways()
	f.arrives = f.hops.Uplink != nil
	f.absent = len(s.measured) > 0 && s.measured[len(s.measured)-1].Source == 0
	f.encoder = s.tellsOf(&f, now)
	fps := 0.0
	if f.hops.Uplink != nil {
		fps = f.hops.Uplink.FPS
	}
	all, groups := &group{}, map[wire.Protocol]*group{}
	var last lastMile
	for name, v := range s.viewers {
		switch age := now.Sub(v.at); {
		case age > keptFor:
			delete(s.viewers, name)
			continue
		case age > silentFor:
			continue
		}
		recent, minute := v.since(now.Add(-seenFor)), v.since(now.Add(-keptFor))
		suffers := recent.suffers(fps)
		g := groups[v.protocol]
		if g == nil {
			g = &group{}
			groups[v.protocol] = g
		}
		g.add(v, recent, minute, suffers)
		all.add(v, recent, minute, suffers)
		last.add(v, recent, suffers)
	}
	f.all = all.sum()
	for p, g := range groups {
		f.byProtocol[p] = g.sum()
	}
	f.loss, f.rtt = round(quantile(last.badLoss, 0.5), 1000), int(quantile(last.badTrip, 0.5))
	f.dropped = round(share(last.dropped, last.dropped+last.shown), 1000)
	if f.all.Viewers > 0 {
		f.hops.LastMile = last.sum()
		if n := len(s.measured); n > 0 {
			f.hops.LastMile.Silent = max(0, s.measured[n-1].Viewers-f.byProtocol[wire.WHEP].Viewers)
		}
	}
	return f
}

// lastMile collects the ways to the viewers, and apart from them those of who suffers.
type lastMile struct {
	losses, trips, badLoss, badTrip []float64
	limited, shown, dropped         int
}

func (l *lastMile) add(v *viewer, s sum, suffers bool) {
	l.losses, l.trips = append(l.losses, v.loss), append(l.trips, float64(v.rtt))
	if v.limited {
		l.limited++
	}
	if suffers {
		l.badLoss, l.badTrip = append(l.badLoss, v.loss), append(l.badTrip, float64(v.rtt))
		l.shown += s.shown
		l.dropped += s.dropped
	}
}

func (l *lastMile) sum() *wire.LastMile {
	return &wire.LastMile{
		Loss: round(quantile(l.losses, 0.5), 1000), LossP95: round(quantile(l.losses, 0.95), 1000),
		RTT: int(quantile(l.trips, 0.5)), RTTP95: int(quantile(l.trips, 0.95)), Limited: l.limited,
	}
}

// ways are the uplink and the server over the time measured; nil before there are two measurements.
func (s *show) ways() (*wire.Uplink, *wire.Serving) {
	n := len(s.measured)
	if n < 2 {
		return nil, nil
	}
	a, b := s.measured[0], s.measured[n-1]
	span := b.at.Sub(a.at)
	server := &wire.Serving{
		Late: perMinute(b.Late-a.Late, span), Dropped: share(int(b.Dropped-a.Dropped), int(b.Dropped-a.Dropped+b.Sent-a.Sent)),
	}
	if b.Processors > 0 {
		server.CPU = round(float64(b.CPU-a.CPU)/float64(span)/float64(b.Processors), 1000)
	}
	if w := int(b.Waits - a.Waits); w > 0 {
		server.Queued = int((b.Waited - a.Waited).Milliseconds()) / w
	}
	return s.arrival(), server
}

// arrival adds up what came between every two measurements of one stream: viewers may turn to another size, which is another stream.
func (s *show) arrival() *wire.Uplink {
	var sum Measured
	var span time.Duration
	for i := 1; i < len(s.measured); i++ {
		a, b := s.measured[i-1], s.measured[i]
		if a.Source == 0 || a.Source != b.Source {
			continue
		}
		span += b.at.Sub(a.at)
		sum.Frames += b.Frames - a.Frames
		sum.Packets += b.Packets - a.Packets
		sum.Lost += b.Lost - min(a.Lost, b.Lost) // what only came late was not lost
		sum.Gone += b.Gone - a.Gone
		sum.Stalled += b.Stalled - a.Stalled
		sum.Skipped += b.Skipped - a.Skipped
	}
	if span == 0 {
		return nil
	}
	last := s.measured[len(s.measured)-1]
	return &wire.Uplink{
		FPS: round(float64(sum.Frames)/span.Seconds(), 10), Bitrate: last.Bitrate,
		Stalled: perMinute(sum.Stalled, span), Skipped: perMinute(sum.Skipped, span),
		Loss: round(share(int(sum.Lost), int(sum.Packets)), 1000), Unrepaired: round(share(int(sum.Gone), int(sum.Packets)), 10_000),
		Jitter: int(last.Jitter.Milliseconds()), Quiet: int(last.Quiet.Milliseconds()),
	}
}

// perMinute is a part of a span in ms a minute.
func perMinute(part, span time.Duration) int { return int(float64(part) / float64(span) * 60_000) }

// tellsOf fills in what the studio says, if it still does, and returns the share of pictures that its encoder had no time for.
func (s *show) tellsOf(f *figures, now time.Time) (missed float64) {
	n := len(s.studio)
	if n == 0 || now.Sub(s.studio[n-1].at) > toldFor {
		return 0
	}
	a, b := s.studio[0], s.studio[n-1]
	f.hops.Capture, f.hops.Encode = &b.Capture, &b.Encode
	if f.hops.Uplink == nil {
		f.hops.Uplink = &wire.Uplink{}
	}
	f.hops.Uplink.Way = &b.Way
	dropped, encoded := b.Encode.Dropped-a.Encode.Dropped, int(b.Encode.FPS*b.at.Sub(a.at).Seconds())
	if dropped < 0 { // it has begun anew
		dropped = b.Encode.Dropped
	}
	return share(dropped, dropped+encoded)
}

// quantile of values, which it sorts; 0 of none.
func quantile(list []float64, q float64) float64 {
	if len(list) == 0 {
		return 0
	}
	slices.Sort(list)
	return list[min(int(q*float64(len(list))), len(list)-1)]
}

// round to parts of one.
func round(x float64, parts float64) float64 { return math.Round(x*parts) / parts }
